"""A function with a rule that is wrong, for a look at how the plugin reports it."""

import numpy as np

from diffcompile import elementwise, gradcheckable


def softplus(x):
    """Return log(1 + exp(x)), which is smooth and positive."""
    return np.logaddexp(x, 0.0)


elementwise(softplus, lambda y, x: 1.0 / (1.0 + np.exp(x)))  # it should be exp(-x)


@gradcheckable(example=(np.array([0.5, -1.0, 2.0]), 2.0))
def barrier(x, weight):
    """Return a weighted sum of softplus."""
    return weight * np.sum(softplus(x) ** 2)
