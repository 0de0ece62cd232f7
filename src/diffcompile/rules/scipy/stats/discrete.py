"""Discrete distributions: derivatives in their real parameters. In a count there is none."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special, stats

from diffcompile.rules.registry import elementwise, unknown
from diffcompile.rules.scipy.samples import Operand, mixed
from diffcompile.rules.scipy.special.distributions import _beta_density, _gamma_density

MEAN = (0.5, 4.0)
UNIT = (0.2, 0.8)


def masses(
    distribution: Any, score: Any, like: Any, *operands: Operand, before: tuple[Any, ...] = ()
) -> None:
    """Register ``logpmf`` and ``pmf``; ``score(k, *shapes)`` is the derivative of the logarithm in the last shape."""
    skipped = (unknown,) * (len(operands) - 1 - len(before))
    elementwise(
        distribution.logpmf,
        *skipped,
        *(_log_partial(other) for other in before),
        _log_partial(score),
        unknown,
        samples=mixed(*operands, [0], single=False),
        like=like,
    )
    elementwise(
        distribution.pmf,
        *skipped,
        *(_partial(other) for other in before),
        _partial(score),
        unknown,
        samples=mixed(*operands, [0], single=False),
        like=like,
    )


def _log_partial(score: Any) -> Any:
    return lambda y, k, *rest: np.where(np.isneginf(y), 0.0, score(k - rest[-1], *rest[:-1]))


def _partial(score: Any) -> Any:
    return lambda y, k, *rest: np.where(np.equal(y, 0.0), 0.0, y * score(k - rest[-1], *rest[:-1]))


def steps(distribution: Any, slope: Any, like: Any, *operands: Operand) -> None:
    """Register ``cdf``, ``sf`` and ``logcdf`` with the derivative ``slope(k, *shapes)`` in the last shape."""
    skipped = (unknown,) * (len(operands) - 1)
    samples = mixed(*operands, [0], single=False)
    elementwise(
        distribution.cdf,
        *skipped,
        lambda y, k, *rest: slope(np.floor(k - rest[-1]), *rest[:-1]),
        unknown,
        samples=samples,
        like=like,
    )
    elementwise(
        distribution.sf,
        *skipped,
        lambda y, k, *rest: -slope(np.floor(k - rest[-1]), *rest[:-1]),
        unknown,
        samples=samples,
        like=like,
    )
    elementwise(
        distribution.logcdf,
        *skipped,
        lambda y, k, *rest: slope(np.floor(k - rest[-1]), *rest[:-1]) * np.exp(-np.maximum(y, -700.0)),
        unknown,
        samples=samples,
        like=like,
    )


def _count_and_mean(k: Any, mu: Any, loc: Any = 0) -> Any: ...


def _count_and_chance(k: Any, p: Any, loc: Any = 0) -> Any: ...


def _count_of_chances(k: Any, n: Any, p: Any, loc: Any = 0) -> Any: ...


def _poisson_slope(k: Any, mu: Any) -> Any:
    return np.where(np.less(k, 0), 0.0, -_gamma_density(np.maximum(k, 0) + 1.0, mu))


def _binomial_slope(k: Any, n: Any, p: Any) -> Any:
    inside = np.greater_equal(k, 0) & np.less(k, n)
    safe = np.where(inside, k, 0)
    return np.where(inside, -_beta_density(np.where(inside, n - safe, 1.0), safe + 1.0, 1.0 - p), 0.0)


COUNTS = [0, 1, 2, 5]
masses(stats.poisson, lambda k, mu: k / mu - 1.0, _count_and_mean, COUNTS, MEAN)
steps(stats.poisson, _poisson_slope, _count_and_mean, COUNTS, MEAN)
masses(stats.bernoulli, lambda k, p: k / p - (1.0 - k) / (1.0 - p), _count_and_chance, [0, 1], UNIT)
masses(stats.geom, lambda k, p: 1.0 / p - (k - 1.0) / (1.0 - p), _count_and_chance, [1, 2, 5], UNIT)
masses(stats.binom, lambda k, n, p: k / p - (n - k) / (1.0 - p), _count_of_chances, COUNTS, [6, 9], UNIT)
steps(stats.binom, _binomial_slope, _count_of_chances, COUNTS, [3, 9], UNIT)
masses(
    stats.nbinom,
    lambda k, n, p: n / p - k / (1.0 - p),
    _count_of_chances,
    COUNTS,
    MEAN,
    UNIT,
    before=(lambda k, n, p: special.digamma(k + n) - special.digamma(n) + np.log(p),),
)
