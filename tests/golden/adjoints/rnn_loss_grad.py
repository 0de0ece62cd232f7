import numpy as np
from diffcompile.runtime import sum_of_outers


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
    b_bar = np.zeros(len(b))
    factors = []
    xs_parts = []
    hs = []
    h_bar = np.zeros_like(h)
    for t in reversed(range(xs.shape[0])):
        # loss += np.sum((h - target[t]) ** 2)
        h_bar = h_bar + 2.0 * saved_difference.pop()
        # h = np.tanh(w @ h + u @ xs[t] + b)
        tmp = h_bar * (1.0 - h * h)
        b_bar += tmp
        factors.append(tmp)
        xs_parts.append(xs[t])
        h = saved_h.pop()
        h_bar = w.T @ tmp
        hs.append(h)
    # h = np.tanh(w @ h + u @ xs[t] + b)
    u_bar += sum_of_outers(factors, xs_parts)
    w_bar += sum_of_outers(factors, hs)
    return w_bar, u_bar, b_bar
