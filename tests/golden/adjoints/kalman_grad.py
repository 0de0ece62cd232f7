import numpy as np
from diffcompile.dynamic import match
from diffcompile.runtime import cofactors


def kalman_grad(q, r, f, h, zs):
    """Gradient of kalman (functions.py:137) with respect to q, r."""
    # forward sweep
    m = np.zeros(f.shape[0])
    p = np.eye(f.shape[0])
    saved_p = []
    saved_product = []
    saved_s = []
    saved_e = []
    saved_solve = []
    saved_product_1 = []
    saved_solve_1 = []
    saved_det = []
    for i in range(len(zs)):
        z = zs[i]
        m = f @ m
        p = f @ p @ f.T + q
        saved_p.append(p)
        t = h @ p
        t_1 = t @ h.T
        saved_product.append(t_1)
        s = t_1 + r
        saved_s.append(s)
        e = z - h @ m
        saved_e.append(e)
        t = np.linalg.solve(s, t)
        saved_solve.append(t)
        gain = t.T
        m = m + gain @ e
        t = gain @ h
        saved_product_1.append(t)
        p = p - t @ p
        saved_solve_1.append(np.linalg.solve(s, e))
        saved_det.append(np.linalg.det(s))
    # reverse sweep
    # loglik -= 0.5 * (e @ np.linalg.solve(s, e) + np.log(np.linalg.det(s)))
    q_bar = np.zeros_like(q)
    r_bar = np.zeros_like(r)
    m_bar = np.zeros_like(m)
    p_bar = np.zeros_like(p)
    for _ in reversed(range(len(zs))):
        t = saved_det.pop()
        s = saved_s.pop()
        t_1 = saved_solve_1.pop()
        e = saved_e.pop()
        # loglik -= 0.5 * (e @ np.linalg.solve(s, e) + np.log(np.linalg.det(s)))
        t_2 = np.linalg.solve(s.T, -0.5 * e)
        p = saved_p.pop()
        # p = p - gain @ h @ p
        t_3 = p_bar - saved_product_1.pop().T @ p_bar
        t_4 = saved_solve.pop()
        # m = m + gain @ e
        gain_bar = np.outer(m_bar, e) - p_bar @ p.T @ h.T
        e_bar = t_2 - 0.5 * t_1 + t_4 @ m_bar
        # gain = np.linalg.solve(s, h @ p).T
        t_5 = np.linalg.solve(s.T, gain_bar.T)
        s_bar = -0.5 / t * cofactors(s, t) - np.outer(t_2, t_1) - t_5 @ t_4.T
        # e = z - h @ m
        m_bar = m_bar - h.T @ e_bar
        # s = h @ p @ h.T + r
        t = match(s_bar, saved_product.pop())
        r_bar += match(s_bar, r)
        p_bar = t_3 + h.T @ (t_5 + t @ h)
        # p = f @ p @ f.T + q
        q_bar += p_bar
        p_bar = f.T @ (p_bar @ f)
        # m = f @ m
        m_bar = f.T @ m_bar
    return q_bar, r_bar
