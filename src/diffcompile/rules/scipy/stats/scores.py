"""Densities of further distributions: the derivative of each logarithm in ``z``, then in every shape parameter."""

from __future__ import annotations

import math

import numpy as np
from scipy import special, stats

from diffcompile.rules.scipy.stats.location_scale import densities

LINE = (-2.5, 2.5)
POSITIVE = (0.6, 3.0)
INSIDE = (0.35, 0.58)
"""With the samples of location and scale between 0 and 1."""
SHAPE = (1.5, 4.0)
SMALL = (0.2, 0.4)

# --- without shape parameters ---

densities(stats.arcsine, lambda z: 0.5 / (1.0 - z) - 0.5 / z, x=INSIDE)
densities(stats.levy, lambda z: 0.5 / z**2 - 1.5 / z, x=POSITIVE)
densities(stats.levy_l, lambda z: -1.5 / z - 0.5 / z**2, x=(-3.0, -0.6))
densities(stats.wald, lambda z: 0.5 / z**2 - 0.5 - 1.5 / z, x=POSITIVE)
densities(stats.semicircular, lambda z: -z / (1.0 - z**2), x=INSIDE)
densities(stats.cosine, lambda z: -np.sin(z) / (1.0 + np.cos(z)), x=INSIDE)
densities(stats.anglit, lambda z: -2.0 * np.tan(2.0 * z), x=(0.1, 0.4))
densities(stats.moyal, lambda z: 0.5 * np.exp(-z) - 0.5, x=LINE)
densities(stats.halflogistic, lambda z: -np.tanh(0.5 * z), x=POSITIVE)
densities(stats.gibrat, lambda z: -(np.log(z) + 1.0) / z, x=POSITIVE)

# --- of positive numbers ---

densities(
    stats.invgauss, lambda z, mu: 0.5 / z**2 - 0.5 / mu**2 - 1.5 / z, lambda z, mu: (z - mu) / mu**3,
    x=POSITIVE, shapes=(SHAPE,),
)  # fmt: skip
densities(
    stats.recipinvgauss, lambda z, mu: 0.5 / (mu * z) ** 2 - 0.5 - 0.5 / z, lambda z, mu: (1.0 / mu - z) / (z * mu**2),
    x=POSITIVE, shapes=(SHAPE,),
)  # fmt: skip
densities(
    stats.genpareto,
    lambda z, c: -(1.0 + c) / (1.0 + c * z),
    lambda z, c: np.log1p(c * z) / c**2 - (1.0 + 1.0 / c) * z / (1.0 + c * z),
    x=POSITIVE,
    shapes=(SMALL,),
)
densities(
    stats.nakagami,
    lambda z, nu: (2.0 * nu - 1.0) / z - 2.0 * nu * z,
    lambda z, nu: np.log(nu) + 1.0 - special.digamma(nu) + 2.0 * np.log(z) - z**2,
    x=POSITIVE,
    shapes=(SHAPE,),
)
densities(
    stats.burr,
    lambda z, c, d: (c * (d + 1.0) / (1.0 + z**c) - c - 1.0) / z,
    lambda z, c, d: 1.0 / c - np.log(z) + (d + 1.0) * np.log(z) / (1.0 + z**c),
    lambda z, c, d: 1.0 / d - np.log1p(z**-c),
    x=POSITIVE,
    shapes=(SHAPE, SHAPE),
)
densities(
    stats.burr12,
    lambda z, c, d: (c - 1.0 - (d + 1.0) * c * z**c / (1.0 + z**c)) / z,
    lambda z, c, d: 1.0 / c + np.log(z) - (d + 1.0) * z**c * np.log(z) / (1.0 + z**c),
    lambda z, c, d: 1.0 / d - np.log1p(z**c),
    x=POSITIVE,
    shapes=(SHAPE, SHAPE),
)
densities(
    stats.fisk,
    lambda z, c: (c - 1.0 - 2.0 * c * z**c / (1.0 + z**c)) / z,
    lambda z, c: 1.0 / c + np.log(z) - 2.0 * z**c * np.log(z) / (1.0 + z**c),
    x=POSITIVE,
    shapes=(SHAPE,),
)
densities(
    stats.mielke,
    lambda z, k, s: (k - 1.0 - (s + k) * z**s / (1.0 + z**s)) / z,
    lambda z, k, s: 1.0 / k + np.log(z) - np.log1p(z**s) / s,
    lambda z, k, s: k * np.log1p(z**s) / s**2 - (1.0 + k / s) * z**s * np.log(z) / (1.0 + z**s),
    x=POSITIVE,
    shapes=(SHAPE, SHAPE),
)
densities(
    stats.gompertz,
    lambda z, c: 1.0 - c * np.exp(z),
    lambda z, c: 1.0 / c - np.expm1(z),
    x=POSITIVE,
    shapes=(SMALL,),
)
densities(
    stats.betaprime,
    lambda z, a, b: (a - 1.0) / z - (a + b) / (1.0 + z),
    lambda z, a, b: np.log(z) - np.log1p(z) - special.digamma(a) + special.digamma(a + b),
    lambda z, a, b: special.digamma(a + b) - np.log1p(z) - special.digamma(b),
    x=POSITIVE,
    shapes=(SHAPE, SHAPE),
)
densities(
    stats.alpha,
    lambda z, a: (a - 1.0 / z) * -1.0 / z**2 - 2.0 / z,
    lambda z, a: 1.0 / z - a - np.exp(-0.5 * a**2) / (math.sqrt(2.0 * math.pi) * special.ndtr(a)),
    x=POSITIVE,
    shapes=(SHAPE,),
)
densities(
    stats.chi,
    lambda z, df: (df - 1.0) / z - z,
    lambda z, df: np.log(z) - 0.5 * math.log(2.0) - 0.5 * special.digamma(0.5 * df),
    x=POSITIVE,
    shapes=(SHAPE,),
)
densities(
    stats.exponpow,
    lambda z, b: (b - 1.0) / z - b * z ** (b - 1.0) * np.expm1(z**b),
    lambda z, b: 1.0 / b + np.log(z) * (1.0 - z**b * np.expm1(z**b)),
    x=(0.6, 1.2),
    shapes=((1.1, 1.5),),
)
densities(
    stats.exponweib,
    lambda z, a, c: (c - 1.0 + c * z**c * ((a - 1.0) / np.expm1(z**c) - 1.0)) / z,
    lambda z, a, c: 1.0 / a + np.log(-np.expm1(-(z**c))),
    lambda z, a, c: 1.0 / c + np.log(z) * (1.0 + z**c * ((a - 1.0) / np.expm1(z**c) - 1.0)),
    x=(0.6, 1.6),
    shapes=(SHAPE, (1.2, 2.0)),
)
densities(
    stats.gengamma,
    lambda z, a, c: (c * a - 1.0 - c * z**c) / z,
    lambda z, a, c: c * np.log(z) - special.digamma(a),
    lambda z, a, c: 1.0 / c + (a - z**c) * np.log(z),
    x=POSITIVE,
    shapes=(SHAPE, (1.2, 2.0)),
)
densities(
    stats.loglaplace,
    lambda z, c: (np.where(z < 1.0, c, -c) - 1.0) / z,
    lambda z, c: 1.0 / c + np.where(z < 1.0, np.log(z), -np.log(z)),
    x=POSITIVE,
    shapes=(SHAPE,),
)
densities(
    stats.lomax,
    lambda z, c: -(c + 1.0) / (1.0 + z),
    lambda z, c: 1.0 / c - np.log1p(z),
    x=POSITIVE,
    shapes=(SHAPE,),
)
densities(
    stats.foldnorm,
    lambda z, c: c * np.tanh(c * z) - z,
    lambda z, c: z * np.tanh(c * z) - c,
    x=POSITIVE,
    shapes=(SHAPE,),
)
densities(
    stats.rice,
    lambda z, b: 1.0 / z - z + b * special.i1e(z * b) / special.i0e(z * b),
    lambda z, b: z * special.i1e(z * b) / special.i0e(z * b) - b,
    x=POSITIVE,
    shapes=(SHAPE,),
)
densities(
    stats.fatiguelife,
    lambda z, c: 1.0 / (z + 1.0) - 0.5 * (1.0 - 1.0 / z**2) / c**2 - 1.5 / z,
    lambda z, c: (z - 1.0) ** 2 / (z * c**3) - 1.0 / c,
    x=POSITIVE,
    shapes=(SHAPE,),
)
densities(
    stats.invweibull,
    lambda z, c: (c * z**-c - c - 1.0) / z,
    lambda z, c: 1.0 / c - np.log(z) + z**-c * np.log(z),
    x=POSITIVE,
    shapes=(SHAPE,),
)
densities(
    stats.halfgennorm,
    lambda z, b: -b * z ** (b - 1.0),
    lambda z, b: 1.0 / b + special.digamma(1.0 / b) / b**2 - z**b * np.log(z),
    x=POSITIVE,
    shapes=((1.2, 2.0),),
)
densities(
    stats.truncexpon,
    lambda z, b: -1.0 + 0.0 * z,
    lambda z, b: 0.0 * z - 1.0 / np.expm1(b),
    x=INSIDE,
    shapes=(SHAPE,),
)

for _one in (stats.loguniform, stats.reciprocal):
    densities(
        _one,
        lambda z, a, b: -1.0 / z + 0.0 * (a + b),
        lambda z, a, b: 1.0 / (a * np.log(b / a)) + 0.0 * z,
        lambda z, a, b: -1.0 / (b * np.log(b / a)) + 0.0 * z,
        x=(0.9, 1.6),
        shapes=((0.1, 0.3), (3.0, 4.0)),
    )

# --- of numbers between 0 and 1 ---

densities(
    stats.powerlaw, lambda z, a: (a - 1.0) / z, lambda z, a: 1.0 / a + np.log(z), x=INSIDE, shapes=(SHAPE,)
)
densities(
    stats.triang,
    lambda z, c: np.where(z < c, 1.0 / z, -1.0 / (1.0 - z)),
    lambda z, c: np.where(z < c, -1.0 / c, 1.0 / (1.0 - c)),
    x=INSIDE,
    shapes=((0.02, 0.05),),
)
densities(
    stats.bradford,
    lambda z, c: -c / (1.0 + c * z),
    lambda z, c: 1.0 / c - 1.0 / ((1.0 + c) * np.log1p(c)) - z / (1.0 + c * z),
    x=INSIDE,
    shapes=(SHAPE,),
)
densities(
    stats.johnsonsb,
    lambda z, a, b: -(1.0 - 2.0 * z + b * (a + b * special.logit(z))) / (z * (1.0 - z)),
    lambda z, a, b: -a - b * special.logit(z),
    lambda z, a, b: 1.0 / b - (a + b * special.logit(z)) * special.logit(z),
    x=INSIDE,
    shapes=(SMALL, SHAPE),
)

# --- of all numbers ---

densities(
    stats.loggamma, lambda z, c: c - np.exp(z), lambda z, c: z - special.digamma(c), x=LINE, shapes=(SHAPE,)
)
densities(
    stats.gennorm,
    lambda z, beta: -beta * np.abs(z) ** (beta - 1.0) * np.sign(z),
    lambda z, beta: 1.0 / beta + special.digamma(1.0 / beta) / beta**2 - special.xlogy(np.abs(z) ** beta, np.abs(z)),
    x=LINE,
    shapes=(SHAPE,),
)
densities(
    stats.dweibull,
    lambda z, c: ((c - 1.0) - c * np.abs(z) ** c) / z,
    lambda z, c: 1.0 / c + np.log(np.abs(z)) * (1.0 - np.abs(z) ** c),
    x=POSITIVE,
    shapes=(SHAPE,),
)
densities(
    stats.dgamma,
    lambda z, a: (a - 1.0) / z - np.sign(z),
    lambda z, a: np.log(np.abs(z)) - special.digamma(a),
    x=(-3.0, -0.6),
    shapes=(SHAPE,),
)
densities(
    stats.johnsonsu,
    lambda z, a, b: -z / (z**2 + 1.0) - (a + b * np.arcsinh(z)) * b / np.sqrt(z**2 + 1.0),
    lambda z, a, b: -a - b * np.arcsinh(z),
    lambda z, a, b: 1.0 / b - (a + b * np.arcsinh(z)) * np.arcsinh(z),
    x=LINE,
    shapes=(SMALL, SHAPE),
)
densities(
    stats.genlogistic,
    lambda z, c: (c + 1.0) * special.expit(-z) - 1.0,
    lambda z, c: 1.0 / c - np.logaddexp(0.0, -z),
    x=LINE,
    shapes=(SHAPE,),
)
densities(
    stats.laplace_asymmetric,
    lambda z, kappa: np.where(z >= 0.0, -kappa, 1.0 / kappa),
    lambda z, kappa: np.where(z >= 0.0, -z, -z / kappa**2) - (kappa**2 - 1.0) / (kappa * (kappa**2 + 1.0)),
    x=LINE,
    shapes=(SHAPE,),
)
densities(
    stats.powernorm,
    lambda z, c: -z - (c - 1.0) * np.exp(-0.5 * z**2 - special.log_ndtr(-z)) / math.sqrt(2.0 * math.pi),
    lambda z, c: 1.0 / c + special.log_ndtr(-z),
    x=LINE,
    shapes=(SHAPE,),
)
densities(
    stats.weibull_max,
    lambda z, c: (c - 1.0 - c * (-z) ** c) / z,
    lambda z, c: 1.0 / c + np.log(-z) * (1.0 - (-z) ** c),
    x=(-3.0, -0.6),
    shapes=(SHAPE,),
)
