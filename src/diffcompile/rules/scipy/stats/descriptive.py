"""Numbers that describe a sample, ``scipy.stats.zscore`` to ``describe``, in terms of means and sums."""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

import numpy as np
from scipy import special, stats

from diffcompile.errors import UnsupportedError
from diffcompile.rules.registry import Sample, definition, sample
from diffcompile.rules.sampling import distinct, normal

EPS = float(np.finfo(np.float64).eps)
ABOUT_MEDIAN = 0.6744897501960817
"""The median of the absolute value of a standard normal number."""
BETWEEN_QUARTILES = 1.3489795003921634
WITH_GAPS = "functions of scipy.stats have a derivative rule for nan_policy='propagate' alone"


def checked(nan_policy: Any) -> None:
    """Refuse to leave out what is not a number."""
    if nan_policy != "propagate":
        raise UnsupportedError(WITH_GAPS)


def reduced(found: Any, axis: Any, keepdims: Any) -> Any:
    """Return a result whose reduced axes are still there with or without them."""
    return found if keepdims else np.squeeze(found, axis)[()]


def counted(a: Any, axis: Any) -> Any:
    """Return how many numbers there are along an axis, or some of them, or all."""
    if axis is None:
        return np.size(a)
    axes = axis if isinstance(axis, tuple) else (axis,)
    return math.prod([np.shape(a)[k] for k in axes])


def central(a: Any, order: Any, axis: Any) -> Any:
    """Return a central moment; the reduced axes are still there."""
    return np.mean((a - np.mean(a, axis=axis, keepdims=True)) ** order, axis=axis, keepdims=True)


def _whole(**more: Any) -> list[Sample]:
    return [
        sample(1.5 + np.abs(normal(6)), **more),
        sample(1.5 + np.abs(normal(4, 3)), axis=1, **more),
        sample(1.5 + np.abs(normal(4, 3)), axis=None, **more),
    ]


def _also_kept() -> list[Sample]:
    return [*_whole(), sample(1.5 + np.abs(normal(4, 3)), axis=0, keepdims=True)]


# --- scores ---


def _scores(scores: Any, a: Any, axis: Any, ddof: Any) -> Any:
    return (scores - np.mean(a, axis=axis, keepdims=True)) / np.std(a, axis=axis, ddof=ddof, keepdims=True)


@definition(stats.zscore, samples=lambda: [*_whole(), *_whole(ddof=1)])
def zscore(a: Any, axis: Any = 0, ddof: Any = 0, nan_policy: Any = "propagate") -> Any:
    """Return ``scipy.stats.zscore(a, axis, ddof)``."""
    checked(nan_policy)
    a = np.asarray(a)
    mean = np.mean(a, axis=axis, keepdims=True)
    deviation = np.std(a, axis=axis, ddof=ddof, keepdims=True)
    return (a - mean) / np.where(deviation > np.abs(EPS * mean), deviation, np.nan)


@definition(stats.zmap, samples=lambda: [sample(normal(3), normal(5)), sample(normal(2, 3), normal(4, 3), ddof=1)])
def zmap(scores: Any, compare: Any, axis: Any = 0, ddof: Any = 0, nan_policy: Any = "propagate") -> Any:
    """Return ``scipy.stats.zmap(scores, compare, axis, ddof)``."""
    checked(nan_policy)
    return _scores(np.asarray(scores), np.asarray(compare), axis, ddof)


@definition(stats.gzscore, samples=_whole)
def gzscore(a: Any, *, axis: Any = 0, ddof: Any = 0, nan_policy: Any = "propagate") -> Any:
    """Return ``scipy.stats.gzscore(a)``."""
    return zscore(np.log(np.asarray(a)), axis, ddof, nan_policy)


# --- means ---


def _averaged(a: Any, weights: Any, axis: Any) -> Any:
    if weights is None:
        return np.mean(a, axis=axis, keepdims=True)
    weights = np.asarray(weights)
    if np.ndim(weights) != np.ndim(a):
        raise UnsupportedError("weights of a mean need the shape of the numbers to have a derivative rule")
    return np.sum(a * weights, axis=axis, keepdims=True) / np.sum(weights + 0.0 * a, axis=axis, keepdims=True)


def _weighted() -> list[Sample]:
    return [*_also_kept(), sample(1.5 + np.abs(normal(4)), weights=np.array([1.0, 2.0, 0.5, 1.5]))]


@definition(stats.gmean, samples=_weighted)
def gmean(
    a: Any, axis: Any = 0, dtype: Any = None, weights: Any = None, *, nan_policy: Any = "propagate",
    keepdims: Any = False,
) -> Any:  # fmt: skip
    """Return ``scipy.stats.gmean(a, axis, weights=weights)``."""
    checked(nan_policy)
    return np.exp(reduced(_averaged(np.log(np.asarray(a)), weights, axis), axis, keepdims))


@definition(stats.hmean, samples=_weighted)
def hmean(
    a: Any, axis: Any = 0, dtype: Any = None, *, weights: Any = None, nan_policy: Any = "propagate",
    keepdims: Any = False,
) -> Any:  # fmt: skip
    """Return ``scipy.stats.hmean(a, axis, weights=weights)`` of positive numbers."""
    checked(nan_policy)
    a = np.asarray(a)
    inverse = 1.0 / np.where(a >= 0.0, a, np.nan)
    return 1.0 / reduced(_averaged(inverse, weights, axis), axis, keepdims)


@definition(stats.pmean, samples=lambda: [sample(*case.args, 3, **case.kwargs) for case in _weighted()])
def pmean(
    a: Any, p: Any, *, axis: Any = 0, dtype: Any = None, weights: Any = None, nan_policy: Any = "propagate",
    keepdims: Any = False,
) -> Any:  # fmt: skip
    """Return ``scipy.stats.pmean(a, p)`` of positive numbers."""
    checked(nan_policy)
    a = np.asarray(a)
    if p == 0:
        return gmean(a, axis, None, weights, keepdims=keepdims)
    a = np.where(a >= 0.0, a, np.nan)
    return reduced(_averaged(a**p, weights, axis), axis, keepdims) ** (1.0 / p)


@definition(stats.trim_mean, samples=lambda: [sample(distinct(10), 0.1), sample(distinct(10, 2), 0.2, axis=None)])
def trim_mean(
    a: Any, proportiontocut: Any, axis: Any = 0, *, nan_policy: Any = "propagate", keepdims: Any = False
) -> Any:
    """Return ``scipy.stats.trim_mean(a, proportiontocut, axis)``."""
    checked(nan_policy)
    a = np.asarray(a)
    if keepdims:
        raise UnsupportedError("trim_mean with keepdims= has no derivative rule")
    rows = np.ravel(a) if axis is None else np.moveaxis(a, axis, 0)
    cut = int(proportiontocut * np.shape(rows)[0])
    if 2 * cut >= np.shape(rows)[0]:
        raise ValueError("Proportion too big.")
    return np.mean(np.sort(rows, axis=0)[cut : np.shape(rows)[0] - cut], axis=0)


# --- spread and shape ---


@definition(stats.sem, samples=_also_kept)
def sem(a: Any, axis: Any = 0, ddof: Any = 1, nan_policy: Any = "propagate", *, keepdims: Any = False) -> Any:
    """Return ``scipy.stats.sem(a, axis, ddof)``."""
    checked(nan_policy)
    a = np.asarray(a)
    found = np.std(a, axis=axis, ddof=ddof, keepdims=True) / math.sqrt(counted(a, axis))
    return reduced(found, axis, keepdims)


@definition(stats.variation, samples=lambda: [*_also_kept(), *_whole(ddof=1)])
def variation(
    a: Any, axis: Any = 0, nan_policy: Any = "propagate", ddof: Any = 0, *, keepdims: Any = False
) -> Any:
    """Return ``scipy.stats.variation(a, axis, ddof=ddof)``."""
    checked(nan_policy)
    a = np.asarray(a)
    found = np.std(a, axis=axis, ddof=ddof, keepdims=True) / np.mean(a, axis=axis, keepdims=True)
    return reduced(found, axis, keepdims)


@definition(stats.gstd, samples=_also_kept)
def gstd(a: Any, axis: Any = 0, ddof: Any = 1, *, keepdims: Any = False, nan_policy: Any = "propagate") -> Any:
    """Return ``scipy.stats.gstd(a, axis, ddof)``."""
    checked(nan_policy)
    return np.exp(reduced(np.std(np.log(np.asarray(a)), axis=axis, ddof=ddof, keepdims=True), axis, keepdims))


def _of_order(a: Any, order: Any, axis: Any, center: Any, keepdims: Any) -> Any:
    if order < 0 or order != int(order):
        raise ValueError("All elements of `order` must be integral.")
    around = np.mean(a, axis=axis, keepdims=True) if center is None else center
    if order == 1 and center is None:
        return reduced(0.0 * around, axis, keepdims)
    return reduced(np.mean((a - around) ** int(order), axis=axis, keepdims=True), axis, keepdims)


@definition(
    stats.moment,
    samples=lambda: [*_also_kept(), *_whole(order=3), *_whole(order=[2, 3]), *_whole(order=2, center=1.5)],
)
def moment(
    a: Any, order: Any = 1, axis: Any = 0, nan_policy: Any = "propagate", *, center: Any = None, keepdims: Any = False
) -> Any:
    """Return ``scipy.stats.moment(a, order, axis)``."""
    checked(nan_policy)
    a = np.asarray(a)
    if np.ndim(order) == 0:
        return _of_order(a, order, axis, center, keepdims)
    return np.stack([_of_order(a, one, axis, center, keepdims) for one in order])


def _skewness(a: Any, axis: Any, bias: Any) -> Any:
    n, mean = counted(a, axis), np.mean(a, axis=axis, keepdims=True)
    second, third = central(a, 2, axis), central(a, 3, axis)
    second = np.where(second > (EPS * mean) ** 2, second, np.nan)
    found = third / second**1.5
    return found if bias or n < 3 else math.sqrt((n - 1.0) * n) / (n - 2.0) * found  # noqa: PLR2004


def _excess(a: Any, axis: Any, bias: Any) -> Any:
    n, mean = counted(a, axis), np.mean(a, axis=axis, keepdims=True)
    second, fourth = central(a, 2, axis), central(a, 4, axis)
    second = np.where(second > (EPS * mean) ** 2, second, np.nan)
    found = fourth / second**2.0
    if bias or n < 4:  # noqa: PLR2004
        return found - 3.0
    return 1.0 / (n - 2) / (n - 3) * ((n**2 - 1.0) * found - 3 * (n - 1) ** 2.0)


@definition(stats.skew, samples=lambda: [*_also_kept(), *_whole(bias=False)])
def skew(
    a: Any, axis: Any = 0, bias: Any = True, nan_policy: Any = "propagate", *, keepdims: Any = False
) -> Any:
    """Return ``scipy.stats.skew(a, axis, bias)``."""
    checked(nan_policy)
    return reduced(_skewness(np.asarray(a), axis, bias), axis, keepdims)


@definition(stats.kurtosis, samples=lambda: [*_also_kept(), *_whole(bias=False), *_whole(fisher=False)])
def kurtosis(
    a: Any, axis: Any = 0, fisher: Any = True, bias: Any = True, nan_policy: Any = "propagate", *,
    keepdims: Any = False,
) -> Any:  # fmt: skip
    """Return ``scipy.stats.kurtosis(a, axis, fisher, bias)``."""
    checked(nan_policy)
    found = reduced(_excess(np.asarray(a), axis, bias), axis, keepdims)
    return found if fisher else found + 3.0


Description = namedtuple("Description", ["nobs", "minmax", "mean", "variance", "skewness", "kurtosis"])


@definition(
    stats.describe,
    samples=lambda: [sample(distinct(6)), sample(distinct(4, 3), 1), sample(distinct(2, 3), None, 0)],
)
def describe(
    a: Any, axis: Any = 0, ddof: Any = 1, bias: Any = True, nan_policy: Any = "propagate"
) -> Any:
    """Return ``scipy.stats.describe(a, axis, ddof, bias)``."""
    checked(nan_policy)
    a = np.asarray(a)
    if axis is None:
        a, axis = np.ravel(a), 0
    ends = np.min(a, axis=axis), np.max(a, axis=axis)
    mean, variance = np.mean(a, axis=axis), np.var(a, axis=axis, ddof=ddof)
    shape = skew(a, axis, bias), kurtosis(a, axis, True, bias)
    return Description(np.shape(a)[axis], ends, mean, variance, shape[0], shape[1])


@definition(
    stats.median_abs_deviation,
    samples=lambda: [sample(distinct(5)), sample(distinct(5, 4), 1, scale="normal"), sample(distinct(3, 3), axis=None)],
)
def median_abs_deviation(
    x: Any, axis: Any = 0, center: Any = None, scale: Any = 1.0, nan_policy: Any = "propagate", *,
    keepdims: Any = False,
) -> Any:  # fmt: skip
    """Return ``scipy.stats.median_abs_deviation(x, axis, scale=scale)``."""
    checked(nan_policy)
    if center is not None:
        raise UnsupportedError("median_abs_deviation with center= has no derivative rule")
    x = np.asarray(x)
    gaps = np.abs(x - np.median(x, axis=axis, keepdims=True))
    found = reduced(np.median(gaps, axis=axis, keepdims=True), axis, keepdims)
    return found / (ABOUT_MEDIAN if scale == "normal" else scale)


@definition(stats.iqr, samples=lambda: [sample(distinct(7)), sample(distinct(7, 2), 0, (10, 80), "normal")])
def iqr(
    x: Any, axis: Any = None, rng: Any = (25, 75), scale: Any = 1.0, nan_policy: Any = "propagate",
    interpolation: Any = "linear", keepdims: Any = False,
) -> Any:  # fmt: skip
    """Return ``scipy.stats.iqr(x, axis, rng, scale)``."""
    checked(nan_policy)
    low, high = min(rng[0], rng[1]), max(rng[0], rng[1])
    upper = np.percentile(x, high, axis=axis, method=interpolation, keepdims=keepdims)
    lower = np.percentile(x, low, axis=axis, method=interpolation, keepdims=keepdims)
    return (upper - lower) / (BETWEEN_QUARTILES if scale == "normal" else scale)


@definition(stats.kstat, samples=lambda: [sample(np.array([1.0, 2.0, 4.0, 8.0, 7.0]), n) for n in (1, 2, 3, 4)])
def kstat(data: Any, n: Any = 2, *, axis: Any = None, nan_policy: Any = "propagate", keepdims: Any = False) -> Any:
    """Return ``scipy.stats.kstat(data, n)``."""
    checked(nan_policy)
    data = np.asarray(data)
    if n not in (1, 2, 3, 4):
        raise ValueError("k-statistics only supported for 1<=n<=4")
    size = counted(data, axis)
    first = np.mean(data, axis=axis, keepdims=True)
    if n == 1:
        return reduced(first, axis, keepdims)
    second = central(data, 2, axis)
    if n == 2:  # noqa: PLR2004
        return reduced(second * (size / (size - 1.0)), axis, keepdims)
    if n == 3:  # noqa: PLR2004
        return reduced(central(data, 3, axis) * (size**2 / ((size - 1.0) * (size - 2.0))), axis, keepdims)
    fourth = (size + 1.0) * central(data, 4, axis) - 3.0 * (size - 1.0) * second**2
    return reduced(fourth * (size**2 / ((size - 1.0) * (size - 2.0) * (size - 3.0))), axis, keepdims)


# --- within limits ---


def _inside(a: Any, limits: Any, inclusive: Any) -> Any:
    low, high = limits
    within = np.ones(np.shape(a), bool)
    if low is not None:
        within = within & ((a >= low) if inclusive[0] else (a > low))
    if high is not None:
        within = within & ((a <= high) if inclusive[1] else (a < high))
    return within


def _spread_within(a: Any, limits: Any, inclusive: Any, axis: Any, ddof: Any) -> Any:
    within = np.ones(np.shape(a), bool) if limits is None else _inside(a, limits, inclusive)
    n = np.sum(within, axis=axis, keepdims=True)
    mean = np.sum(np.where(within, a, 0.0), axis=axis, keepdims=True) / n
    return np.sum(np.where(within, (a - mean) ** 2, 0.0), axis=axis, keepdims=True) / (n - ddof), n


def _limited() -> list[Sample]:
    return [sample(distinct(7)), sample(distinct(7, 2), (-1.0, 1.0), (False, True)), sample(distinct(9), (None, 0.5))]


@definition(stats.tmean, samples=_limited)
def tmean(
    a: Any, limits: Any = None, inclusive: Any = (True, True), axis: Any = None, *, nan_policy: Any = "propagate",
    keepdims: Any = False,
) -> Any:  # fmt: skip
    """Return ``scipy.stats.tmean(a, limits, inclusive, axis)``."""
    checked(nan_policy)
    a = np.asarray(a)
    within = np.ones(np.shape(a), bool) if limits is None else _inside(a, limits, inclusive)
    total = np.sum(np.where(within, a, 0.0), axis=axis, keepdims=True)
    return reduced(total / np.sum(within, axis=axis, keepdims=True), axis, keepdims)


@definition(stats.tvar, samples=_limited)
def tvar(
    a: Any, limits: Any = None, inclusive: Any = (True, True), axis: Any = 0, ddof: Any = 1, *,
    nan_policy: Any = "propagate", keepdims: Any = False,
) -> Any:  # fmt: skip
    """Return ``scipy.stats.tvar(a, limits, inclusive, axis, ddof)``."""
    checked(nan_policy)
    variance, _ = _spread_within(np.asarray(a), limits, inclusive, axis, ddof)
    return reduced(variance, axis, keepdims)


@definition(stats.tstd, samples=_limited)
def tstd(
    a: Any, limits: Any = None, inclusive: Any = (True, True), axis: Any = 0, ddof: Any = 1, *,
    nan_policy: Any = "propagate", keepdims: Any = False,
) -> Any:  # fmt: skip
    """Return ``scipy.stats.tstd(a, limits, inclusive, axis, ddof)``."""
    checked(nan_policy)
    variance, _ = _spread_within(np.asarray(a), limits, inclusive, axis, ddof)
    return np.sqrt(reduced(variance, axis, keepdims))


@definition(stats.tsem, samples=_limited)
def tsem(
    a: Any, limits: Any = None, inclusive: Any = (True, True), axis: Any = 0, ddof: Any = 1, *,
    nan_policy: Any = "propagate", keepdims: Any = False,
) -> Any:  # fmt: skip
    """Return ``scipy.stats.tsem(a, limits, inclusive, axis, ddof)``."""
    checked(nan_policy)
    variance, n = _spread_within(np.asarray(a), limits, inclusive, axis, ddof)
    return reduced(np.sqrt(variance / n), axis, keepdims)


# --- on a circle ---


def _resultant(samples: Any, period: Any, axis: Any) -> Any:
    angles = samples * (2.0 * math.pi / period)
    return np.mean(np.sin(angles), axis=axis, keepdims=True), np.mean(np.cos(angles), axis=axis, keepdims=True)


@definition(stats.circmean, samples=lambda: [*_also_kept(), *_whole(high=5.0, low=1.0)])
def circmean(
    samples: Any, high: Any = 2.0 * math.pi, low: Any = 0, axis: Any = None, nan_policy: Any = "propagate", *,
    keepdims: Any = False,
) -> Any:  # fmt: skip
    """Return ``scipy.stats.circmean(samples, high, low, axis)``."""
    checked(nan_policy)
    across, along = _resultant(np.asarray(samples), high - low, axis)
    angle = reduced(np.arctan2(across, along), axis, keepdims)
    return (angle * ((high - low) / (2.0 * math.pi)) - low) % (high - low) + low


@definition(stats.circvar, samples=_also_kept)
def circvar(
    samples: Any, high: Any = 2.0 * math.pi, low: Any = 0, axis: Any = None, nan_policy: Any = "propagate", *,
    keepdims: Any = False,
) -> Any:  # fmt: skip
    """Return ``scipy.stats.circvar(samples, high, low, axis)``."""
    checked(nan_policy)
    across, along = _resultant(np.asarray(samples), high - low, axis)
    return 1.0 - reduced(np.minimum(np.hypot(across, along), 1.0), axis, keepdims)


@definition(stats.circstd, samples=lambda: [*_also_kept(), *_whole(normalize=True)])
def circstd(
    samples: Any, high: Any = 2.0 * math.pi, low: Any = 0, axis: Any = None, nan_policy: Any = "propagate", *,
    normalize: Any = False, keepdims: Any = False,
) -> Any:  # fmt: skip
    """Return ``scipy.stats.circstd(samples, high, low, axis)``."""
    checked(nan_policy)
    across, along = _resultant(np.asarray(samples), high - low, axis)
    length = np.minimum(np.hypot(across, along), 1.0)
    found = reduced(np.sqrt(-2.0 * np.log(length)), axis, keepdims)
    return found if normalize else found * ((high - low) / (2.0 * math.pi))


# --- information ---


@definition(
    stats.entropy,
    samples=lambda: [*_also_kept(), sample(np.abs(normal(4)), np.abs(normal(4)), 2), sample(np.array([0.5, 0.0]))],
)
def entropy(
    pk: Any, qk: Any = None, base: Any = None, axis: Any = 0, *, nan_policy: Any = "propagate", keepdims: Any = False
) -> Any:
    """Return ``scipy.stats.entropy(pk, qk, base, axis)``."""
    checked(nan_policy)
    pk = np.asarray(pk)
    pk = pk / np.sum(pk, axis=axis, keepdims=True)
    if qk is None:
        parts = special.entr(pk)
    else:
        qk = np.asarray(qk)
        parts = special.rel_entr(pk, qk / np.sum(qk, axis=axis, keepdims=True))
    found = reduced(np.sum(parts, axis=axis, keepdims=True), axis, keepdims)
    return found if base is None else found / np.log(base)
