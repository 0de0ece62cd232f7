import numpy as np
from diffcompile.runtime import larger


def single_precision_grad(w, x):
    """Gradient of single_precision (functions.py:215) with respect to w."""
    # forward sweep
    t = x @ w
    h = np.maximum(t, 0)
    # reverse sweep
    # return np.sum(h * h) / 2
    h_bar = 2.0 * (h / 2)
    # h = np.maximum(x @ w, 0)
    w_bar = x.T @ (h_bar * larger(t, 0))
    return w_bar
