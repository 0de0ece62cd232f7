def scaled_slice_grad(y):
    """Gradient of scaled_slice (functions.py:92) with respect to y."""
    # forward sweep
    y = y.copy()
    r = y[1:3]
    r *= 2
    # reverse sweep
    # return np.sum(y * y)
    y_bar = 2.0 * y
    r_bar = y_bar[1:3]
    # r *= 2
    r_bar *= 2
    return y_bar
