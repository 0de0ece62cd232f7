"""Distributions of positive numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special, stats

from diffcompile import runtime_scipy
from diffcompile.rules.scipy.special.distributions import (
    _f_density,
    _f_slope_d,
    _f_slope_n,
    _gamma_density,
)
from diffcompile.rules.scipy.stats.location_scale import densities, probabilities

POSITIVE = (0.6, 3.0)
SHAPE = (1.5, 4.0)
ROOT = math.sqrt(2.0 / math.pi)


def register(distribution: Any, score: Any, density: Any) -> None:
    """Register the methods of a distribution without shape parameters."""
    densities(distribution, score, x=POSITIVE)
    probabilities(distribution, density, x=POSITIVE)


def _positive(z: Any, density: Any) -> Any:
    return np.where(np.less(z, 0.0), 0.0, density)


register(stats.expon, lambda z: -1.0 + 0.0 * z, lambda z: _positive(z, np.exp(-np.maximum(z, 0.0))))
register(stats.rayleigh, lambda z: 1.0 / z - z, lambda z: _positive(z, z * np.exp(-0.5 * z * z)))
register(stats.halfnorm, lambda z: -z, lambda z: _positive(z, ROOT * np.exp(-0.5 * z * z)))
register(stats.maxwell, lambda z: 2.0 / z - z, lambda z: _positive(z, ROOT * z * z * np.exp(-0.5 * z * z)))
register(
    stats.halfcauchy,
    lambda z: -2.0 * z / (1.0 + z * z),
    lambda z: _positive(z, 2.0 / (math.pi * (1.0 + z * z))),
)

densities(
    stats.gamma,
    lambda z, a: (a - 1.0) / z - 1.0,
    lambda z, a: np.log(z) - special.digamma(a),
    x=POSITIVE,
    shapes=(SHAPE,),
)
probabilities(
    stats.gamma,
    lambda z, a: _positive(z, _gamma_density(a, np.maximum(z, 0.0))),
    lambda z, a: runtime_scipy.gammainc_slope(a, np.maximum(z, 0.0)),
    x=POSITIVE,
    shapes=(SHAPE,),
)
densities(
    stats.chi2,
    lambda z, df: (0.5 * df - 1.0) / z - 0.5,
    lambda z, df: 0.5 * (np.log(0.5 * z) - special.digamma(0.5 * df)),
    x=POSITIVE,
    shapes=(SHAPE,),
)
probabilities(
    stats.chi2,
    lambda z, df: _positive(z, 0.5 * _gamma_density(0.5 * df, np.maximum(0.5 * z, 0.0))),
    lambda z, df: 0.5 * runtime_scipy.gammainc_slope(0.5 * df, np.maximum(0.5 * z, 0.0)),
    x=POSITIVE,
    shapes=(SHAPE,),
)
densities(
    stats.invgamma,
    lambda z, a: (1.0 / z - a - 1.0) / z,
    lambda z, a: -np.log(z) - special.digamma(a),
    x=POSITIVE,
    shapes=(SHAPE,),
)
probabilities(
    stats.invgamma,
    lambda z, a: np.where(np.less_equal(z, 0.0), 0.0, _gamma_density(a, 1.0 / _safe(z)) / _safe(z) ** 2),
    lambda z, a: np.where(np.less_equal(z, 0.0), 0.0, -runtime_scipy.gammainc_slope(a, 1.0 / _safe(z))),
    x=POSITIVE,
    shapes=(SHAPE,),
)


def _safe(z: Any) -> Any:
    """Return ``z``, 1 where it is not positive."""
    return np.where(np.less_equal(z, 0.0), 1.0, z)


def _log_normal(z: Any, s: Any) -> Any:
    return np.exp(-0.5 * (np.log(z) / s) ** 2) / (s * z * math.sqrt(2.0 * math.pi))


densities(
    stats.lognorm,
    lambda z, s: -(1.0 + np.log(z) / (s * s)) / z,
    lambda z, s: (np.log(z) ** 2 / (s * s) - 1.0) / s,
    x=POSITIVE,
    shapes=((0.5, 1.5),),
)
probabilities(
    stats.lognorm,
    lambda z, s: np.where(np.less_equal(z, 0.0), 0.0, _log_normal(_safe(z), s)),
    lambda z, s: np.where(
        np.less_equal(z, 0.0), 0.0, -_log_normal(_safe(z), s) * _safe(z) * np.log(_safe(z)) / s
    ),
    x=POSITIVE,
    shapes=((0.5, 1.5),),
)
densities(
    stats.weibull_min,
    lambda z, c: (c - 1.0 - c * z**c) / z,
    lambda z, c: 1.0 / c + np.log(z) * (1.0 - z**c),
    x=POSITIVE,
    shapes=(SHAPE,),
)
probabilities(
    stats.weibull_min,
    lambda z, c: np.where(np.less_equal(z, 0.0), 0.0, c * _safe(z) ** (c - 1.0) * np.exp(-(_safe(z) ** c))),
    lambda z, c: np.where(
        np.less_equal(z, 0.0), 0.0, np.exp(-(_safe(z) ** c)) * _safe(z) ** c * np.log(_safe(z))
    ),
    x=POSITIVE,
    shapes=(SHAPE,),
)
densities(
    stats.pareto,
    lambda z, b: -(b + 1.0) / z,
    lambda z, b: 1.0 / b - np.log(z),
    x=(2.0, 4.0),
    shapes=(SHAPE,),
)
probabilities(
    stats.pareto,
    lambda z, b: np.where(np.less(z, 1.0), 0.0, b * np.maximum(z, 1.0) ** (-b - 1.0)),
    lambda z, b: np.where(np.less(z, 1.0), 0.0, np.maximum(z, 1.0) ** -b * np.log(np.maximum(z, 1.0))),
    x=(2.0, 4.0),
    shapes=(SHAPE,),
)


def _f_of_n(z: Any, n: Any, d: Any) -> Any:
    gammas = special.digamma(0.5 * (n + d)) - special.digamma(0.5 * n)
    total = d + n * z
    return 0.5 * (np.log(n * z / total) + 1.0 + gammas - (n + d) * z / total)


def _f_of_d(z: Any, n: Any, d: Any) -> Any:
    gammas = special.digamma(0.5 * (n + d)) - special.digamma(0.5 * d)
    total = d + n * z
    return 0.5 * (np.log(d / total) + 1.0 + gammas - (n + d) / total)


densities(
    stats.f,
    lambda z, n, d: (0.5 * n - 1.0) / z - 0.5 * n * (n + d) / (d + n * z),
    _f_of_n,
    _f_of_d,
    x=POSITIVE,
    shapes=(SHAPE, SHAPE),
)
probabilities(
    stats.f,
    lambda z, n, d: np.where(np.less_equal(z, 0.0), 0.0, _f_density(n, d, _safe(z))),
    lambda z, n, d: np.where(np.less_equal(z, 0.0), 0.0, _f_slope_n(n, d, _safe(z))),
    lambda z, n, d: np.where(np.less_equal(z, 0.0), 0.0, _f_slope_d(n, d, _safe(z))),
    x=POSITIVE,
    shapes=(SHAPE, SHAPE),
)
