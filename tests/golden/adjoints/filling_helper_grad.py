import numpy as np


def filling_helper_grad(x, weights):
    """Gradient of filling_helper (functions.py:174) with respect to x, weights."""
    # forward sweep
    powers = np.empty(len(weights))
    powers[0] = 1.0
    t = range(1, len(powers))
    for k in t:
        powers[k] = powers.item(k - 1) * x
    # reverse sweep
    # return np.dot(weights, powers)
    weights_bar = powers.copy()
    powers_bar = weights.copy()
    x_bar = 0.0
    for k in reversed(t):
        # out[k] = out[k - 1] * x
        powers_bar_k = powers_bar[k]
        powers_bar[k] = 0.0
        powers_bar[k - 1] += powers_bar_k * x
        x_bar += powers_bar_k * powers[k - 1]
    return x_bar, weights_bar
