"""How fast generated gradients are, beside the primal, a gradient written by hand, and other systems."""
