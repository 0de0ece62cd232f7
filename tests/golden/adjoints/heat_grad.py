import numpy as np


def heat_grad(u, alpha, steps):
    """Gradient of heat (functions.py:77) with respect to u, alpha."""
    # forward sweep
    u = u.copy()
    saved_sum = []
    for _ in range(steps):
        t = u[2:] - 2.0 * u[1:-1] + u[:-2]
        saved_sum.append(t)
        u[1:-1] += alpha * t
    # reverse sweep
    # return np.sum(u**2)
    u_bar = 2.0 * u
    alpha_bar = 0.0
    for _ in reversed(range(steps)):
        # u[1:-1] += alpha * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        t = u_bar[1:-1] * alpha
        alpha_bar += np.dot(u_bar[1:-1], saved_sum.pop())
        u_bar[:-2] += t
        u_bar[2:] += t
        u_bar[1:-1] -= 2.0 * t
    return u_bar, alpha_bar
