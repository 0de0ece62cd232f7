"""Distributions of ``scipy.stats``: densities, distribution functions, quantiles and their logarithms.

The rules are those of bound methods: ``scipy.stats.norm.logpdf`` is equal to itself, however often it is looked up.
"""

from diffcompile.rules.scipy.stats import (
    discrete,
    multivariate,
    on_an_interval,
    on_the_line,
    positive,
    scores,
)

__all__ = ["discrete", "multivariate", "on_an_interval", "on_the_line", "positive", "scores"]
