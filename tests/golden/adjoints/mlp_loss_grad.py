import numpy as np
from diffcompile.dynamic import gradient


def mlp_loss_grad(params, x, target):
    """Gradient of mlp_loss (functions.py:18) with respect to params."""
    # forward sweep
    w1, b1, w2, b2 = params
    h = np.tanh(x @ w1 + b1)
    t = h @ w2
    out = t + b2
    # reverse sweep
    # return np.mean((out - target) ** 2)
    out_bar = (out - target) * (2.0 / np.size(t))
    # out = h @ w2 + b2
    b2_bar = np.sum(out_bar, axis=0)
    h_bar = out_bar @ w2.T
    w2_bar = h.T @ out_bar
    # h = np.tanh(x @ w1 + b1)
    t = h_bar * (1.0 - h * h)
    b1_bar = np.sum(t, axis=0)
    w1_bar = x.T @ t
    params_bar = gradient((w1_bar, b1_bar, w2_bar, b2_bar), params)
    return params_bar
