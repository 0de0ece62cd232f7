import numpy as np


def double_buffering_grad(x, n):
    """Gradient of double_buffering (functions.py:83) with respect to x."""
    # forward sweep
    a = x.copy()
    b = np.zeros_like(x)
    saved_b = []
    saved = []
    for _ in range(n):
        saved_b.append(b)
        t = 0.5 * (a[2:] + a[:-2])
        saved_b_1 = b[1:-1].copy()
        saved.append((t, a[1:-1], saved_b_1))
        b[1:-1] = t * a[1:-1]
        a, b = b, a
    # reverse sweep
    b_bar = np.zeros_like(b)
    # return np.sum(a)
    a_bar = np.full_like(a, 1.0)
    for _ in reversed(range(n)):
        b = saved_b.pop()
        product, a, saved_b_1 = saved.pop()
        # b[1:-1] = 0.5 * (a[2:] + a[:-2]) * a[1:-1]
        b[1:-1] = saved_b_1
        t = a_bar[1:-1] * a
        t_1 = a_bar[1:-1] * product
        a_bar[1:-1] = 0.0
        b_bar[1:-1] += t_1
        t = 0.5 * t
        b_bar[2:] += t
        b_bar[:-2] += t
        a_bar, b_bar = b_bar, a_bar
    return a_bar
