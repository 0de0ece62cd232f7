import numpy as np


def solve_triangular_grad(l, b):
    """Gradient of solve_triangular (functions.py:47) with respect to l, b."""
    # forward sweep
    n = len(b)
    x = np.zeros(n)
    for i in range(n):
        s = b.item(i)
        for j in range(i):
            s -= l.item(i, j) * x.item(j)
        x[i] = s / l[i, i]
    # reverse sweep
    # return np.sum(x * x)
    l_bar = np.zeros_like(l)
    b_bar = np.zeros(len(b))
    x_bar = 2.0 * x
    for i in reversed(range(n)):
        # x[i] = s / l[i, i]
        s_bar = x_bar[i] / l[i, i]
        l_bar[i, i] = -(s_bar * x[i])
        for j in reversed(range(i)):
            # s -= l[i, j] * x[j]
            x_bar[j] -= s_bar * l[i, j]
            l_bar[i, j] = -(s_bar * x[j])
        # s = b[i]
        b_bar[i] = s_bar
    return l_bar, b_bar
