import numpy as np


def histogram_grad(values, bins, n):
    """Gradient of histogram (functions.py:180) with respect to values."""
    # forward sweep
    counts = np.zeros(n)
    np.add.at(counts, bins, values)
    # reverse sweep
    # return np.sum(counts**2)
    counts_bar = 2.0 * counts
    # np.add.at(counts, bins, values)
    values_bar = counts_bar[bins].copy()
    return values_bar
