"""Distributions with parameters, ``scipy.stats.norm(loc, scale)``: the compiler reads these methods, not SciPy's."""

from __future__ import annotations

from typing import Any

from scipy import stats

from diffcompile.rules.registry import COPIES, OBJECTS, definition
from diffcompile.rules.scipy.stats.moments import BOTH


class Frozen:
    """What ``distribution(*args, **kwds)`` returns."""

    def __init__(self, dist: Any, args: Any, kwds: Any) -> None:
        self.dist = dist
        self.args = args
        self.kwds = kwds

    def cdf(self, x: Any) -> Any:
        """Return the distribution function."""
        return self.dist.cdf(x, *self.args, **self.kwds)

    def logcdf(self, x: Any) -> Any:
        """Return the logarithm of the distribution function."""
        return self.dist.logcdf(x, *self.args, **self.kwds)

    def sf(self, x: Any) -> Any:
        """Return the complement of the distribution function."""
        return self.dist.sf(x, *self.args, **self.kwds)

    def logsf(self, x: Any) -> Any:
        """Return the logarithm of the complement."""
        return self.dist.logsf(x, *self.args, **self.kwds)

    def ppf(self, q: Any) -> Any:
        """Return the quantile of ``q``."""
        return self.dist.ppf(q, *self.args, **self.kwds)

    def isf(self, q: Any) -> Any:
        """Return the quantile of ``1 - q``."""
        return self.dist.isf(q, *self.args, **self.kwds)

    def stats(self, moments: Any = BOTH) -> Any:
        """Return mean and variance."""
        return self.dist.stats(*self.args, moments=moments, **self.kwds)

    def mean(self) -> Any:
        """Return the mean."""
        return self.dist.mean(*self.args, **self.kwds)

    def var(self) -> Any:
        """Return the variance."""
        return self.dist.var(*self.args, **self.kwds)

    def std(self) -> Any:
        """Return the standard deviation."""
        return self.dist.std(*self.args, **self.kwds)

    def median(self) -> Any:
        """Return the median."""
        return self.dist.median(*self.args, **self.kwds)

    def entropy(self) -> Any:
        """Return the differential entropy."""
        return self.dist.entropy(*self.args, **self.kwds)

    def interval(self, confidence: Any = None) -> Any:
        """Return the ends of the interval around the median with this probability."""
        return self.dist.interval(confidence, *self.args, **self.kwds)

    def moment(self, order: Any = None) -> Any:
        """Return a moment."""
        return self.dist.moment(order, *self.args, **self.kwds)

    def support(self) -> Any:
        """Return the ends of the support."""
        return self.dist.support(*self.args, **self.kwds)

    def rvs(self, size: Any = None, random_state: Any = None) -> Any:
        """Draw random numbers."""
        return self.dist.rvs(*self.args, size=size, random_state=random_state, **self.kwds)


class FrozenDensity(Frozen):
    """That of a continuous distribution."""

    def pdf(self, x: Any) -> Any:
        """Return the density."""
        return self.dist.pdf(x, *self.args, **self.kwds)

    def logpdf(self, x: Any) -> Any:
        """Return the logarithm of the density."""
        return self.dist.logpdf(x, *self.args, **self.kwds)


class FrozenMass(Frozen):
    """That of a distribution of whole numbers."""

    def pmf(self, k: Any) -> Any:
        """Return the probability of ``k``."""
        return self.dist.pmf(k, *self.args, **self.kwds)

    def logpmf(self, k: Any) -> Any:
        """Return the logarithm of the probability of ``k``."""
        return self.dist.logpmf(k, *self.args, **self.kwds)


def _same(one: Any, copy: Any) -> bool:
    """Tell whether a distribution was made as another one was: what is frozen holds such a copy."""
    return type(one) is type(copy) and one._updated_ctor_param() == copy._updated_ctor_param()


def _freeze(distribution: Any) -> None:
    kind = FrozenDensity if isinstance(distribution, stats.rv_continuous) else FrozenMass

    def frozen(*args: Any, **kwds: Any) -> Any:
        return kind(distribution, args, kwds)

    definition(distribution, always=True)(frozen)
    COPIES[type(distribution)] = _same
    definition(distribution.freeze, always=True)(frozen)


for _distribution in [one for one in OBJECTS.values() if isinstance(one, stats.rv_continuous | stats.rv_discrete)]:
    _freeze(_distribution)
