def square_root_grad(a, tol):
    """Gradient of square_root (functions.py:112) with respect to a."""
    # forward sweep
    saved_x = []
    x = a
    while abs(x * x - a) > tol:
        saved_x.append(x)
        x = 0.5 * (x + a / x)
    # reverse sweep
    x_bar = 1.0
    a_bar = 0.0
    for x in reversed(saved_x):
        # x = 0.5 * (x + a / x)
        t = 0.5 * x_bar
        t_1 = t / x
        x_bar = t - t_1 * (a / x)
        a_bar += t_1
    # while abs(x * x - a) > tol:
    a_bar += x_bar
    return a_bar
