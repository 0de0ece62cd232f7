def factorisation_grad(u, v, ratings, mask, penalty):
    """Gradient of factorisation (functions.py:153) with respect to u, v."""
    # forward sweep
    error = mask * (u @ v.T - ratings)
    # reverse sweep
    t = 2.0 * penalty
    # return np.sum(error**2) + penalty * (np.sum(u * u) + np.sum(v * v))
    error_bar = 2.0 * error
    # error = mask * (u @ v.T - ratings)
    t_1 = error_bar * mask
    u_bar = u * t + t_1 @ v
    v_bar = v * t + t_1.T @ u
    return u_bar, v_bar
