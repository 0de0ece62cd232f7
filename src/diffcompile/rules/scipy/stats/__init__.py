"""Distributions of ``scipy.stats``: densities, distribution functions, quantiles and their logarithms.

The rules are those of bound methods: ``scipy.stats.norm.logpdf`` is equal to itself, however often it is looked up.
"""

from diffcompile.rules.scipy.stats import (
    comparing,
    descriptive,
    discrete,
    multivariate,
    on_an_interval,
    on_the_line,
    positive,
    scores,
    smoothed,
)

from diffcompile.rules.scipy.stats import moments  # isort: skip - of what those above know
from diffcompile.rules.scipy.stats import frozen  # isort: skip

__all__ = [
    "comparing", "descriptive", "discrete", "frozen", "moments", "multivariate", "on_an_interval", "on_the_line",
    "positive", "scores", "smoothed",
]  # fmt: skip
