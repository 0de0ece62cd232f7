import numpy as np


def horner_grad(c, x):
    """Gradient of horner (functions.py:130) with respect to c, x."""
    # forward sweep
    t = range(len(c))[::-1]
    saved_y = []
    y = 0.0
    for k in t:
        saved_y.append(y)
        y = y * x + c[k]
    # reverse sweep
    # y = y * x + c[k]
    c_bar = np.zeros(len(c))
    y_bar = 1.0
    x_bar = 0.0
    for k in reversed(t):
        # y = y * x + c[k]
        c_bar[k] += y_bar
        y_bar_1 = y_bar * x
        y = saved_y.pop()
        x_bar += y_bar * y
        y_bar = y_bar_1
    return c_bar, x_bar
