import numpy as np


def closure_grad(x, rate):
    """Gradient of closure (functions.py:158) with respect to x, rate."""
    # forward sweep
    saved_y = []
    saved_sin = []
    y = x
    for _ in range(3):
        saved_y.append(y)
        t = np.sin(y)
        saved_sin.append(t)
        y = y - rate * t
    # reverse sweep
    # return np.sum(y)
    y_bar = np.broadcast_to(1.0, x.shape)
    rate_bar = 0.0
    for _ in reversed(range(3)):
        # return y - rate * np.sin(y)
        rate_bar -= np.dot(y_bar, saved_sin.pop())
        y = saved_y.pop()
        y_bar = y_bar - y_bar * rate * np.cos(y)
    x_bar = y_bar.copy()
    return x_bar, rate_bar
