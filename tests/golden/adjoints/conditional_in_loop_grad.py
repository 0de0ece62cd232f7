import math
import numpy as np


def conditional_in_loop_grad(x, threshold):
    """Gradient of conditional_in_loop (functions.py:205) with respect to x."""
    # reverse sweep
    # total += math.exp(x[i])
    x_bar = np.zeros(len(x))
    for i in reversed(range(len(x))):
        # if x[i] > threshold:
        x_i = x.item(i)
        if x_i > threshold:
            # total += x[i] ** 2
            x_bar[i] = 2.0 * x_i
        else:
            # total += math.exp(x[i])
            x_bar[i] = math.exp(x_i)
    return x_bar
