import numpy as np
from diffcompile.runtime import extremum_adjoint


def softmax_cross_entropy_grad(logits, labels):
    """Gradient of softmax_cross_entropy (functions.py:31) with respect to logits."""
    # forward sweep
    t = np.max(logits, axis=1, keepdims=True)
    shifted = logits - t
    t_1 = np.exp(shifted)
    t_2 = np.sum(t_1, axis=1)
    # reverse sweep
    shifted_bar = np.zeros_like(shifted)
    # return np.mean(log_sum - picked)
    t_3 = np.size(t_2)
    picked_bar = np.broadcast_to(-(1.0 / t_3), t_2.shape)
    # picked = shifted[np.arange(len(labels)), labels]
    np.add.at(shifted_bar, (np.arange(len(labels)), labels), picked_bar)
    # log_sum = np.log(np.sum(np.exp(shifted), axis=1))
    shifted_bar += (1.0 / t_2 / t_3)[:, None] * t_1
    # shifted = logits - np.max(logits, axis=1, keepdims=True)
    a_bar, _ = extremum_adjoint(np.sum(-shifted_bar, axis=1, keepdims=True), t, logits, 1, True, None, True)
    logits_bar = shifted_bar + a_bar
    return logits_bar
