import numpy as np


def solve_triangular_grad(l, b):
    """Gradient of solve_triangular (functions.py:47) with respect to l, b."""
    # forward sweep
    n = len(b)
    x = np.zeros(n)
    saved_ratio = []
    saved_x = []
    for i in range(n):
        s = b[i]
        for j in range(i):
            t = x[j]
            saved_x.append(t)
            s -= l[i, j] * t
        t = s / l[i, i]
        saved_ratio.append(t)
        x[i] = t
    # reverse sweep
    # return np.sum(x * x)
    l_bar = np.zeros_like(l)
    b_bar = np.zeros_like(b)
    x_bar = 2.0 * x
    for i in reversed(range(n)):
        # x[i] = s / l[i, i]
        t = x_bar[i]
        x_bar[i] = 0.0
        t_1 = l[i, i]
        s_bar = t / t_1
        t_2 = saved_ratio.pop()
        l_bar[i, i] -= t * (t_2 / t_1)
        for j in reversed(range(i)):
            t = saved_x.pop()
            # s -= l[i, j] * x[j]
            x_bar[j] -= s_bar * l[i, j]
            l_bar[i, j] -= s_bar * t
        # s = b[i]
        b_bar[i] += s_bar
    return l_bar, b_bar
