"""Distributions on the whole line."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special, stats

from diffcompile.rules.scipy.special.distributions import _t_density, _t_slope
from diffcompile.rules.scipy.stats.location_scale import densities, probabilities

LINE = (-2.0, 2.0)
SHAPE = (1.5, 4.0)
NORMAL = 1.0 / math.sqrt(2.0 * math.pi)


def register(distribution: Any, score: Any, density: Any) -> None:
    """Register the methods of a distribution without shape parameters."""
    densities(distribution, score, x=LINE)
    probabilities(distribution, density, x=LINE)


register(stats.norm, lambda z: -z, lambda z: NORMAL * np.exp(-0.5 * z * z))
register(stats.cauchy, lambda z: -2.0 * z / (1.0 + z * z), lambda z: 1.0 / (math.pi * (1.0 + z * z)))
register(stats.logistic, lambda z: -np.tanh(0.5 * z), lambda z: special.expit(z) * special.expit(-z))
register(stats.laplace, lambda z: -np.sign(z), lambda z: 0.5 * np.exp(-np.abs(z)))
register(stats.gumbel_r, lambda z: np.exp(-z) - 1.0, lambda z: np.exp(-z - np.exp(-z)))
register(stats.gumbel_l, lambda z: 1.0 - np.exp(z), lambda z: np.exp(z - np.exp(z)))
register(stats.hypsecant, lambda z: -np.tanh(z), lambda z: 1.0 / (math.pi * np.cosh(z)))


def _t_of_df(z: Any, df: Any) -> Any:
    square = z * z
    gammas = special.digamma(0.5 * (df + 1.0)) - special.digamma(0.5 * df)
    return 0.5 * (gammas - 1.0 / df - np.log1p(square / df) + (df + 1.0) * square / (df * (df + square)))


densities(stats.t, lambda z, df: -(df + 1.0) * z / (df + z * z), _t_of_df, x=LINE, shapes=(SHAPE,))
probabilities(
    stats.t,
    lambda z, df: _t_density(df, z),
    lambda z, df: _t_slope(df, z),
    x=LINE,
    shapes=(SHAPE,),
)


def _ratio(z: Any) -> Any:
    """Return the normal density divided by the normal distribution function."""
    return math.sqrt(2.0 / math.pi) / special.erfcx(-z / math.sqrt(2.0))


densities(
    stats.skewnorm,
    lambda z, a: a * _ratio(a * z) - z,
    lambda z, a: z * _ratio(a * z),
    x=LINE,
    shapes=(SHAPE,),
)

probabilities(
    stats.skewnorm,
    lambda z, a: 2.0 * NORMAL * np.exp(-0.5 * z * z) * special.ndtr(a * z),
    lambda z, a: -np.exp(-0.5 * z * z * (1.0 + a * a)) / (math.pi * (1.0 + a * a)),
    x=LINE,
    shapes=(SHAPE,),
)
densities(
    stats.exponnorm,
    lambda z, k: _ratio(z - 1.0 / k) - 1.0 / k,
    lambda z, k: (z + _ratio(z - 1.0 / k)) / k**2 - 1.0 / k - 1.0 / k**3,
    x=LINE,
    shapes=(SHAPE,),
)

densities(
    stats.vonmises,
    lambda z, kappa: -kappa * np.sin(z),
    lambda z, kappa: np.cos(z) - special.i1e(kappa) / special.i0e(kappa),
    x=LINE,
    shapes=(SHAPE,),
)
