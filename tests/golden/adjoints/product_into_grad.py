import numpy as np


def product_into_grad(a, b):
    """Gradient of product_into (functions.py:98) with respect to a, b."""
    # forward sweep
    c = np.empty_like(a)
    c[...] = np.multiply(a, b)
    c = c + a
    # reverse sweep
    # return np.sum(np.sin(c))
    c_bar = np.cos(c)
    # np.multiply(a, b, out=c)
    b_bar = c_bar * a
    a_bar = c_bar + c_bar * b
    return a_bar, b_bar
