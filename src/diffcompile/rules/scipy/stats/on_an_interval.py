"""Distributions on an interval."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special, stats

from diffcompile import runtime_scipy
from diffcompile.rules.scipy.special.distributions import _beta_density
from diffcompile.rules.scipy.stats.location_scale import densities, probabilities

INSIDE = (0.3, 0.6)
SHAPE = (1.5, 4.0)

densities(stats.uniform, lambda z: 0.0 * z, x=INSIDE)
probabilities(
    stats.uniform, lambda z: np.where(np.less(z, 0.0), 0.0, np.where(np.greater(z, 1.0), 0.0, 1.0)), x=INSIDE
)


def _unit(z: Any) -> Any:
    return np.clip(z, 0.0, 1.0)


def _outside(z: Any) -> Any:
    return np.not_equal(z, np.clip(z, 0.0, 1.0))


densities(
    stats.beta,
    lambda z, a, b: (a - 1.0) / z - (b - 1.0) / (1.0 - z),
    lambda z, a, b: np.log(z) - special.digamma(a) + special.digamma(a + b),
    lambda z, a, b: np.log1p(-z) - special.digamma(b) + special.digamma(a + b),
    x=INSIDE,
    shapes=(SHAPE, SHAPE),
)
probabilities(
    stats.beta,
    lambda z, a, b: np.where(_outside(z), 0.0, _beta_density(a, b, _unit(z))),
    lambda z, a, b: runtime_scipy.betainc_slope_a(a, b, _unit(z)),
    lambda z, a, b: runtime_scipy.betainc_slope_b(a, b, _unit(z)),
    x=INSIDE,
    shapes=(SHAPE, SHAPE),
)


def _log_mass(a: Any, b: Any) -> Any:
    """Return the logarithm of the normal probability of ``[a, b]``, computed in the tail where that is small."""
    right = np.greater(a, 0.0)
    high = special.log_ndtr(np.where(right, -a, b))
    low = special.log_ndtr(np.where(right, -b, a))
    return high + np.log1p(-np.exp(low - high))


def _at_end(z: Any, a: Any, b: Any) -> Any:
    return np.exp(-0.5 * z * z - 0.5 * math.log(2.0 * math.pi) - _log_mass(a, b))


densities(
    stats.truncnorm,
    lambda z, a, b: -z,
    lambda z, a, b: _at_end(a, a, b),
    lambda z, a, b: -_at_end(b, a, b),
    x=INSIDE,
    shapes=((-2.0, -1.0), (1.0, 2.0)),
)


def _between(z: Any, a: Any, b: Any) -> Any:
    return np.greater(z, a) & np.less(z, b)


def _share(low: Any, high: Any, a: Any, b: Any) -> Any:
    """Return the part of the probability of ``[a, b]`` that lies between ``low`` and ``high``."""
    return np.exp(_log_mass(low, high) - _log_mass(a, b))


probabilities(
    stats.truncnorm,
    lambda z, a, b: np.where(_between(z, a, b), _at_end(z, a, b), 0.0),
    lambda z, a, b: np.where(_between(z, a, b), -_at_end(a, a, b) * _share(np.clip(z, a, b), b, a, b), 0.0),
    lambda z, a, b: np.where(_between(z, a, b), -_at_end(b, a, b) * _share(a, np.clip(z, a, b), a, b), 0.0),
    x=INSIDE,
    shapes=((-2.0, -1.0), (1.0, 2.0)),
)
