import numpy as np


def nested_loops_grad(a, b):
    """Gradient of nested_loops (functions.py:186) with respect to a, b."""
    # forward sweep
    n, m = a.shape
    # reverse sweep
    # total += row * row
    a_bar = np.zeros_like(a)
    b_bar = np.zeros(len(b))
    for i in range(n):
        # forward sweep
        row = 0.0
        for j in range(m):
            row += a[i, j] * b[j]
        # reverse sweep
        # total += row * row
        row_bar = 2.0 * row
        for j in reversed(range(m)):
            # row += a[i, j] * b[j]
            b_bar[j] += row_bar * a[i, j]
            a_bar[i, j] = row_bar * b[j]
    return a_bar, b_bar
