def factorisation_grad(u, v, ratings, mask, penalty):
    """Gradient of factorisation (functions.py:153) with respect to u, v."""
    # forward sweep
    error = mask * (u @ v.T - ratings)
    # reverse sweep
    # return np.sum(error**2) + penalty * (np.sum(u * u) + np.sum(v * v))
    error_bar = 2.0 * error
    # error = mask * (u @ v.T - ratings)
    t = error_bar * mask
    u_bar = 2.0 * (penalty * u) + t @ v
    v_bar = 2.0 * (penalty * v) + t.T @ u
    return u_bar, v_bar
