import numpy as np
from diffcompile.dynamic import match
from diffcompile.runtime import cofactors


def kalman_grad(q, r, f, h, zs):
    """Gradient of kalman (functions.py:137) with respect to q, r."""
    # forward sweep
    m = np.zeros(f.shape[0])
    p = np.eye(f.shape[0])
    saved = []
    for i in range(len(zs)):
        z = zs[i]
        m = f @ m
        p_1 = f @ p @ f.T + q
        t = h @ p_1
        t_1 = t @ h.T
        s = t_1 + r
        e = z - h @ m
        t = np.linalg.solve(s, t)
        gain = t.T
        m = m + gain @ e
        t_2 = gain @ h
        p = p_1 - t_2 @ p_1
        saved.append((p_1, t_1, s, e, t, t_2, np.linalg.solve(s, e), np.linalg.det(s)))
    # reverse sweep
    # loglik -= 0.5 * (e @ np.linalg.solve(s, e) + np.log(np.linalg.det(s)))
    q_bar = np.zeros_like(q)
    r_bar = np.zeros_like(r)
    m_bar = np.zeros_like(m)
    p_bar = np.zeros_like(p)
    for _ in reversed(range(len(zs))):
        p, product, s, e, solve, product_1, solve_1, det = saved.pop()
        # loglik -= 0.5 * (e @ np.linalg.solve(s, e) + np.log(np.linalg.det(s)))
        t = np.linalg.solve(s.T, -0.5 * e)
        # m = m + gain @ e
        gain_bar = np.outer(m_bar, e) - p_bar @ p.T @ h.T
        e_bar = t - 0.5 * solve_1 + solve @ m_bar
        # gain = np.linalg.solve(s, h @ p).T
        t_1 = np.linalg.solve(s.T, gain_bar.T)
        s_bar = -0.5 / det * cofactors(s, det) - np.outer(t, solve_1) - t_1 @ solve.T
        # e = z - h @ m
        m_bar = m_bar - h.T @ e_bar
        # s = h @ p @ h.T + r
        r_bar += match(s_bar, r)
        p_bar = p_bar - product_1.T @ p_bar + h.T @ (t_1 + match(s_bar, product) @ h)
        # p = f @ p @ f.T + q
        q_bar += p_bar
        p_bar = f.T @ (p_bar @ f)
        # m = f @ m
        m_bar = f.T @ m_bar
    return q_bar, r_bar
