import numpy as np


def softmax_cross_entropy_grad(logits, labels):
    """Gradient of softmax_cross_entropy (functions.py:31) with respect to logits."""
    # forward sweep
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    t = np.exp(shifted)
    t_1 = np.sum(t, axis=1)
    # reverse sweep
    logits_bar = np.zeros_like(shifted)
    # return np.mean(log_sum - picked)
    t_2 = np.size(t_1)
    picked_bar = np.broadcast_to(-(1.0 / t_2), t_1.shape)
    # picked = shifted[np.arange(len(labels)), labels]
    np.add.at(logits_bar, (np.arange(len(labels)), labels), picked_bar)
    # log_sum = np.log(np.sum(np.exp(shifted), axis=1))
    logits_bar += (1.0 / t_1 / t_2)[:, None] * t
    return logits_bar
