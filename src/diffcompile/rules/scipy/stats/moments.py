"""Means, variances and entropies of distributions, and what follows from them.

Each is one of the standard form and its shape parameters, moved and scaled; where SciPy takes no such parameters the
results are not a number.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special, stats

from diffcompile.errors import UnsupportedError
from diffcompile.rules.registry import OBJECTS, Sample, definition, has_rule, sample

Standard = Callable[..., Any]
EULER = float(np.euler_gamma)
BOTH = "mv"


def parameters_of(distribution: Any, *first: str) -> Callable[..., Any]:
    """Return a function with the parameters of a method of a distribution: ``first``, shapes, location and scale."""

    def like(*args: Any) -> Any:
        raise AssertionError("never called")

    names = distribution.shapes.split(", ") if distribution.shapes else ()
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    ends = [inspect.Parameter("loc", kind, default=0.0)]
    if isinstance(distribution, stats.rv_continuous):
        ends.append(inspect.Parameter("scale", kind, default=1.0))
    given = [*(inspect.Parameter(name, kind) for name in (*first, *names)), *ends]
    like.__signature__ = inspect.Signature(given)  # type: ignore[attr-defined]
    return like


def moments(
    distribution: Any, mean: Standard, variance: Standard, *shapes: float, entropy: Standard | None = None
) -> None:
    """Register ``mean``, ``var``, ``std``, ``stats`` and, where it is known, ``entropy``.

    ``mean(*shapes)`` and ``variance(*shapes)`` are those of the standard form; ``shapes`` are samples.
    """
    scaled = isinstance(distribution, stats.rv_continuous)
    like = parameters_of(distribution)

    def valid(shape: Any, scale: Any) -> Any:
        return distribution._argcheck(*shape) & (scale > 0)

    def mean_of(*args: Any) -> Any:
        shape, loc, scale = (args[:-2], args[-2], args[-1]) if scaled else (args[:-1], args[-1], 1.0)
        return np.where(valid(shape, scale), loc + scale * mean(*shape), np.nan)[()]

    def variance_of(*args: Any) -> Any:
        shape, loc, scale = (args[:-2], args[-2], args[-1]) if scaled else (args[:-1], args[-1], 1.0)
        return np.where(valid(shape, scale), scale * scale * variance(*shape) + 0.0 * loc, np.nan)[()]

    def deviation_of(*args: Any) -> Any:
        return np.sqrt(variance_of(*args))

    def both_of(*args: Any, moments: Any = BOTH) -> Any:
        if moments == "m":
            return mean_of(*args)
        if moments == "v":
            return variance_of(*args)
        if moments != BOTH:
            raise UnsupportedError("of the moments of a distribution the mean and the variance have derivative rules")
        return mean_of(*args), variance_of(*args)

    def samples() -> list[Sample]:
        ends = (0.25, 1.5) if scaled else (2.0,)
        arrays = tuple(np.array([part, 1.25 * part]) for part in shapes[:1])
        return [sample(*shapes, *ends), sample(*shapes), sample(*arrays, *shapes[1:], *ends)]

    definition(distribution.mean, samples=samples, like=like)(mean_of)
    definition(distribution.var, samples=samples, like=like)(variance_of)
    definition(distribution.std, samples=samples, like=like)(deviation_of)
    definition(distribution.stats, samples=samples, like=like)(both_of)
    if entropy is not None:
        definition(distribution.entropy, samples=samples, like=like)(_entropy(entropy, valid))


def quantiles(distribution: Any) -> None:
    """Register ``median`` and ``interval`` of a distribution whose quantiles have derivatives."""

    def median_of(*args: Any) -> Any:
        return distribution.ppf(0.5, *args)

    def interval_of(confidence: Any, *args: Any) -> Any:
        return distribution.ppf(0.5 - 0.5 * confidence, *args), distribution.ppf(0.5 + 0.5 * confidence, *args)

    definition(distribution.median, like=parameters_of(distribution))(median_of)
    definition(distribution.interval, like=parameters_of(distribution, "confidence"))(interval_of)


def _entropy(entropy: Standard, valid: Standard) -> Standard:
    def entropy_of(*args: Any) -> Any:
        shape, scale = args[:-2], args[-1]
        return np.where(valid(shape, scale), entropy(*shape) + np.log(scale), np.nan)[()]

    return entropy_of


def _no_shape(value: float) -> Standard:
    return lambda: value


def _of_t(df: Any) -> Any:
    half = 0.5 * (df + 1.0)
    return half * (special.digamma(half) - special.digamma(0.5 * df)) + 0.5 * np.log(df) + special.betaln(0.5 * df, 0.5)


def _beta_variance(a: Any, b: Any) -> Any:
    return a * b / ((a + b) ** 2 * (a + b + 1.0))


def _of_beta(a: Any, b: Any) -> Any:
    own = special.betaln(a, b) - (a - 1.0) * special.digamma(a) - (b - 1.0) * special.digamma(b)
    return own + (a + b - 2.0) * special.digamma(a + b)


def _above(x: Any, least: float, found: Any, otherwise: float) -> Any:
    """Return ``found(x)`` where ``x`` is above ``least``, which is not computed elsewhere."""
    return np.where(x > least, found(np.where(x > least, x, least + 1.0)), otherwise)


def _f_variance(a: Any, b: Any) -> Any:
    return _above(b, 4.0, lambda b: 2.0 * b**2 * (a + b - 2.0) / (a * (b - 2.0) ** 2 * (b - 4.0)), np.inf)


def _of_gamma(a: Any) -> Any:
    return a + special.gammaln(a) + (1.0 - a) * special.digamma(a)


def _skew(a: Any) -> Any:
    return math.sqrt(2.0 / math.pi) * a / np.sqrt(1.0 + a * a)


LINE_ENTROPY = 0.5 * math.log(2.0 * math.pi * math.e)
WITHOUT_SHAPE = (
    (stats.norm, 0.0, 1.0, LINE_ENTROPY),
    (stats.expon, 1.0, 1.0, 1.0),
    (stats.uniform, 0.5, 1.0 / 12.0, 0.0),
    (stats.laplace, 0.0, 2.0, math.log(2.0) + 1.0),
    (stats.logistic, 0.0, math.pi**2 / 3.0, 2.0),
    (stats.gumbel_r, EULER, math.pi**2 / 6.0, EULER + 1.0),
    (stats.gumbel_l, -EULER, math.pi**2 / 6.0, EULER + 1.0),
    (stats.rayleigh, math.sqrt(math.pi / 2.0), 2.0 - math.pi / 2.0, EULER / 2.0 + 1.0 - 0.5 * math.log(2.0)),
    (stats.halfnorm, math.sqrt(2.0 / math.pi), 1.0 - 2.0 / math.pi, 0.5 * math.log(math.pi / 2.0) + 0.5),
    (stats.maxwell, 2.0 * math.sqrt(2.0 / math.pi), 3.0 - 8.0 / math.pi, EULER + 0.5 * math.log(2.0 * math.pi) - 0.5),
)
for _one, _mean, _variance, _entropy_of_one in WITHOUT_SHAPE:
    moments(_one, _no_shape(_mean), _no_shape(_variance), entropy=_no_shape(_entropy_of_one))

moments(stats.gamma, lambda a: a, lambda a: a, 1.75,
        entropy=_of_gamma)  # fmt: skip
moments(stats.chi2, lambda df: df, lambda df: 2.0 * df, 2.75,
        entropy=lambda df: math.log(2.0) + _of_gamma(0.5 * df))  # fmt: skip
moments(stats.beta, lambda a, b: a / (a + b), _beta_variance, 1.75, 2.5, entropy=_of_beta)
moments(stats.t, lambda df: np.where(df > 1.0, 0.0, np.inf),
        lambda df: _above(df, 2.0, lambda df: df / (df - 2.0), np.inf), 4.25, entropy=_of_t)  # fmt: skip
moments(stats.lognorm, lambda s: np.exp(0.5 * s * s), lambda s: np.exp(s * s) * np.expm1(s * s), 0.75,
        entropy=lambda s: LINE_ENTROPY + np.log(s))  # fmt: skip
moments(stats.weibull_min, lambda c: special.gamma(1.0 + 1.0 / c),
        lambda c: special.gamma(1.0 + 2.0 / c) - special.gamma(1.0 + 1.0 / c) ** 2, 1.75,
        entropy=lambda c: EULER - EULER / c - np.log(c) + 1.0)  # fmt: skip
moments(stats.pareto, lambda b: _above(b, 1.0, lambda b: b / (b - 1.0), np.inf),
        lambda b: _above(b, 2.0, lambda b: b / (b - 2.0) / (b - 1.0) ** 2, np.inf), 3.25,
        entropy=lambda b: 1.0 + 1.0 / b - np.log(b))  # fmt: skip
moments(stats.invgamma, lambda a: _above(a, 1.0, lambda a: 1.0 / (a - 1.0), np.inf),
        lambda a: _above(a, 2.0, lambda a: 1.0 / ((a - 1.0) ** 2 * (a - 2.0)), np.inf), 3.25,
        entropy=lambda a: a - (a + 1.0) * special.digamma(a) + special.gammaln(a))  # fmt: skip
moments(stats.f, lambda a, b: _above(b, 2.0, lambda b: b / (b - 2.0), np.inf) + 0.0 * a, _f_variance, 3.25, 6.5)
moments(stats.invgauss, lambda mu: mu, lambda mu: mu**3, 1.25)
moments(stats.triang, lambda c: (c + 1.0) / 3.0, lambda c: (1.0 - c + c * c) / 18.0, 0.375,
        entropy=lambda c: 0.5 - math.log(2.0) + 0.0 * c)  # fmt: skip
moments(stats.skewnorm, _skew, lambda a: 1.0 - _skew(a) ** 2, 1.25)
moments(stats.poisson, lambda mu: mu, lambda mu: mu, 1.75)
moments(stats.bernoulli, lambda p: p, lambda p: p * (1.0 - p), 0.375)
moments(stats.binom, lambda n, p: n * p, lambda n, p: n * p * (1.0 - p), 6.0, 0.375)
moments(stats.geom, lambda p: 1.0 / p, lambda p: (1.0 - p) / p**2, 0.375)
moments(stats.nbinom, lambda n, p: n * (1.0 - p) / p, lambda n, p: n * (1.0 - p) / p**2, 3.5, 0.375)

for _known in [one for one in OBJECTS.values() if isinstance(one, stats.rv_continuous)]:
    if has_rule(_known.ppf):
        quantiles(_known)
