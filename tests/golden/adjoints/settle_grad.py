import numpy as np
from diffcompile.runtime import sum_of_outers


def settle_grad(w, x, n):
    """Gradient of settle (functions.py:11) with respect to w."""
    # forward sweep
    saved_y = []
    y = x
    for _ in range(n):
        saved_y.append(y)
        y = np.tanh(w @ y)
    # reverse sweep
    # return np.sum(y * y)
    w_bar = np.zeros_like(w)
    y_bar = 2.0 * y
    factors = []
    ys = []
    for _ in reversed(range(n)):
        # y = np.tanh(w @ y)
        t = y_bar * (1.0 - y * y)
        y = saved_y.pop()
        y_bar = w.T @ t
        factors.append(t)
        ys.append(y)
    # y = np.tanh(w @ y)
    w_bar += sum_of_outers(factors, ys)
    return w_bar
