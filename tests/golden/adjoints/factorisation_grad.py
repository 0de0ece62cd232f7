def factorisation_grad(u, v, ratings, mask, penalty):
    """Gradient of factorisation (functions.py:153) with respect to u, v."""
    # forward sweep
    t = v.T
    error = mask * (u @ t - ratings)
    # reverse sweep
    # return np.sum(error**2) + penalty * (np.sum(u * u) + np.sum(v * v))
    error_bar = 2.0 * error
    # error = mask * (u @ v.T - ratings)
    t_1 = error_bar * mask
    u_bar = 2.0 * (penalty * u) + t_1 @ t.T
    v_bar = 2.0 * (penalty * v) + (u.T @ t_1).T
    return u_bar, v_bar
