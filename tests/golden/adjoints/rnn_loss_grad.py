import numpy as np


def rnn_loss_grad(w, u, b, xs, target):
    """Gradient of rnn_loss (functions.py:38) with respect to w, u, b."""
    # forward sweep
    h = np.zeros(w.shape[0])
    saved_h = []
    saved_difference = []
    for t in range(xs.shape[0]):
        saved_h.append(h)
        h = np.tanh(w @ h + u @ xs[t] + b)
        saved_difference.append(h - target[t])
    # reverse sweep
    # loss += np.sum((h - target[t]) ** 2)
    w_bar = np.zeros_like(w)
    u_bar = np.zeros_like(u)
    b_bar = np.zeros_like(b)
    h_bar = np.zeros_like(h)
    for t in reversed(range(xs.shape[0])):
        tmp = saved_difference.pop()
        # loss += np.sum((h - target[t]) ** 2)
        h_bar_1 = h_bar + 2.0 * tmp
        # h = np.tanh(w @ h + u @ xs[t] + b)
        tmp = h_bar_1 * (1.0 - h * h)
        b_bar += tmp
        u_bar += np.outer(tmp, xs[t])
        h = saved_h.pop()
        h_bar = w.T @ tmp
        w_bar += np.outer(tmp, h)
    return w_bar, u_bar, b_bar
