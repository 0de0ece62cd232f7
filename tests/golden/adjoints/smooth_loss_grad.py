from diffcompile.runtime import sign


def smooth_loss_grad(r, delta):
    """Gradient of smooth_loss (functions.py:105) with respect to r."""
    # reverse sweep
    if abs(r) <= delta:
        r_bar = r
    else:
        r_bar = delta * sign(r)
    return r_bar
