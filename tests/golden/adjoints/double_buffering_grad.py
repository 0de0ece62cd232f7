import numpy as np


def double_buffering_grad(x, n):
    """Gradient of double_buffering (functions.py:83) with respect to x."""
    # forward sweep
    a = x.copy()
    x_bar = np.zeros_like(a)
    b = np.zeros_like(x)
    b_bar = np.zeros_like(b)
    saved_b_bar = []
    saved_b = []
    saved_a_bar = []
    saved_a_bar_1 = []
    saved_product = []
    saved_a = []
    saved_a_bar_2 = []
    saved_b_1 = []
    a_bar = x_bar
    for _ in range(n):
        saved_b.append(b)
        saved_b_bar.append(b_bar)
        saved_a_bar.append(a_bar[2:])
        saved_a_bar_1.append(a_bar[:-2])
        t = 0.5 * (a[2:] + a[:-2])
        saved_product.append(t)
        saved_a.append(a[1:-1])
        saved_a_bar_2.append(a_bar[1:-1])
        t = t * a[1:-1]
        saved_b_1.append(b[1:-1].copy())
        b[1:-1] = t
        a, b, a_bar, b_bar = b, a, b_bar, a_bar
    # reverse sweep
    # return np.sum(a)
    a_bar += 1.0
    for _ in reversed(range(n)):
        b = saved_b.pop()
        saved_b_2 = saved_b_1.pop()
        # b[1:-1] = 0.5 * (a[2:] + a[:-2]) * a[1:-1]
        b[1:-1] = saved_b_2
        b_bar = saved_b_bar.pop()
        t = saved_a.pop()
        t = b_bar[1:-1] * t
        t_1 = saved_product.pop()
        t_1 = b_bar[1:-1] * t_1
        b_bar[1:-1] = 0.0
        t_2 = saved_a_bar_2.pop()
        t_2 += t_1
        t = 0.5 * t
        t_1 = saved_a_bar.pop()
        t_1 += t
        t_1 = saved_a_bar_1.pop()
        t_1 += t
    return x_bar
