def seidel_grad(a, steps):
    """Gradient of seidel (functions.py:68) with respect to a."""
    # forward sweep
    a = a.copy()
    n = a.shape[0]
    for _ in range(steps):
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                a[i, j] = (
                    a.item(i - 1, j) + a.item(i, j - 1) + a.item(i, j) + a.item(i, j + 1) + a.item(i + 1, j)
                ) / 5.0
    # reverse sweep
    # return np.sum(a * a)
    a_bar = 2.0 * a
    for _ in reversed(range(steps)):
        for i in reversed(range(1, n - 1)):
            for j in reversed(range(1, n - 1)):
                # a[i, j] = (a[i - 1, j] + a[i, j - 1] + a[i, j] + a[i, j + 1] + a[i + 1, j]) / 5.0
                tmp = a_bar[i, j] / 5.0
                a_bar[i + 1, j] += tmp
                a_bar[i, j + 1] += tmp
                a_bar[i, j] = tmp
                a_bar[i, j - 1] += tmp
                a_bar[i - 1, j] += tmp
    return a_bar
