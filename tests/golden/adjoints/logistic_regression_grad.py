import numpy as np
from diffcompile.dynamic import match
from diffcompile.runtime import log_ratio


def logistic_regression_grad(w, x, y, penalty):
    """Gradient of logistic_regression (functions.py:25) with respect to w."""
    # forward sweep
    z = x @ w
    t = -y * z
    # reverse sweep
    # z = x @ w
    w_bar = (
        w * (2.0 * penalty)
        - x.T @ (match(np.broadcast_to(1.0 / np.size(y), y.shape) * np.exp(log_ratio(t, np.logaddexp(0.0, t))), t) * y)
    )
    return w_bar
