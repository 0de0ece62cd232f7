import math
import numpy as np
from diffcompile.dynamic import diag_view


def cholesky_logdet_grad(a):
    """Gradient of cholesky_logdet (functions.py:58) with respect to a."""
    # forward sweep
    n = a.shape[0]
    l = np.zeros((n, n))
    saved_sqrt = []
    for j in range(n):
        l_part = l[j, :j]
        t = math.sqrt(a[j, j] - np.dot(l_part, l_part))
        saved_sqrt.append(t)
        l[j, j] = t
        for i in range(j + 1, n):
            l[i, j] = (a[i, j] - np.dot(l[i, :j], l_part)) / l[j, j]
    # reverse sweep
    # return 2.0 * np.sum(np.log(np.diag(l)))
    a_bar = np.zeros_like(a)
    l_bar = np.zeros_like(l)
    diag_view(l_bar)[...] = 2.0 * (1.0 / np.diag(l))
    for j in reversed(range(n)):
        l_bar_part = l_bar[j, :j]
        l_part = l[j, :j]
        for i in reversed(range(j + 1, n)):
            # l[i, j] = (a[i, j] - np.dot(l[i, :j], l[j, :j])) / l[j, j]
            t = l_bar[i, j] / l[j, j]
            l_bar[j, j] -= t * l[i, j]
            l_bar_part -= t * l[i, :j]
            l_bar[i, :j] -= t * l_part
            a_bar[i, j] = t
        # l[j, j] = math.sqrt(a[j, j] - np.dot(l[j, :j], l[j, :j]))
        t = 0.5 * l_bar[j, j] / saved_sqrt.pop()
        l_bar_part -= l_part * (2.0 * t)
        a_bar[j, j] = t
    return a_bar
