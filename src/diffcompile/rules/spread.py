"""Rules of variances without NaN, covariances, correlations and histograms."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import Sample, adjoint, definition, sample
from diffcompile.rules.sampling import complex_normal, distinct, normal


def _with_holes(*shape: int) -> Any:
    x = normal(*shape)
    x.flat[1] = np.nan
    return x


def _nanvar_samples() -> list[Sample]:
    return [
        sample(normal(5)),
        sample(_with_holes(5)),
        sample(_with_holes(3, 4), axis=1),
        sample(_with_holes(3, 4), 0, ddof=1),
        sample(_with_holes(3, 4), axis=(0, 1), keepdims=True),
        sample(_with_holes(3, 4), axis=1, correction=1),
        sample(_with_holes(3, 4), axis=1, where=np.array([True, True, False, True])),
        sample(normal(3, 4, dtype=np.float32), axis=0),
    ]


@adjoint(np.nanvar, samples=_nanvar_samples)
def _nanvar(
    ct: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = False, *, where: Any = True, correction: Any = None,
) -> Any:  # fmt: skip
    if correction is not None:
        ddof = correction
    if axis is not None and not keepdims:
        ct = np.expand_dims(ct, axis)
    present = np.logical_and(where, ~np.isnan(a))
    count = runtime.reduced_count(a, axis, present) - ddof
    deviations = a - np.nanmean(a, axis=axis, keepdims=True, where=where)
    return (runtime.as_cotangent(np.where(present, 2.0 * ct / count * deviations, 0.0), a),)


@adjoint(np.nanstd, samples=_nanvar_samples)
def _nanstd(
    ct: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = False, *, where: Any = True, correction: Any = None,
) -> Any:  # fmt: skip
    ct = runtime.divide_or_zero(0.5 * ct, y)
    return _nanvar(ct, y, a, axis, dtype, out, ddof, keepdims, where=where, correction=correction)


def _cov_samples() -> list[Sample]:
    m = normal(3, 5)
    return [
        sample(m),
        sample(m, rowvar=False),
        sample(m, normal(2, 5)),
        sample(normal(5), normal(5)),
        sample(normal(5)),
        sample(normal(5, 1), rowvar=False),
        sample(m, normal(3, 2), False),
        sample(m, bias=True),
        sample(m, None, True, False, 0),
        sample(m, ddof=2, fweights=np.array([1, 2, 1, 3, 1])),
        sample(m, aweights=np.array([0.5, 2.0, 1.0, 0.25, 1.0])),
        sample(m, fweights=np.array([1, 2, 1, 3, 1]), aweights=np.array([0.5, 2.0, 1.0, 0.25, 1.0])),
        sample(complex_normal(2, 4)),
        sample(normal(2, 5, dtype=np.float32)),
    ]


@adjoint(np.cov, samples=lambda: [case for case in _cov_samples() if "aweights" not in case.kwargs])
def _cov(
    ct: Any, result: Any, m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None,
    fweights: Any = None, aweights: Any = None, *, dtype: Any = None,
) -> Any:  # fmt: skip
    bars = runtime.cov_adjoint(ct, m, y, rowvar, bias, ddof, fweights, aweights)
    return bars[0], bars[1]


@definition(
    np.cov, form=("aweights",), samples=lambda: [case for case in _cov_samples() if "aweights" in case.kwargs]
)
def _weighted_cov(
    m: Any, y: Any = None, rowvar: Any = True, bias: Any = False, ddof: Any = None, fweights: Any = None,
    aweights: Any = None, *, dtype: Any = None,
) -> Any:  # fmt: skip
    """Return the covariance with weights of the observations."""
    x = np.atleast_2d(np.asarray(m, dtype))
    if not rowvar and np.ndim(m) != 1:
        x = x.T
    if y is not None:
        more = np.atleast_2d(np.asarray(y, dtype))
        if not rowvar and np.shape(more)[0] != 1:
            more = more.T
        x = np.concatenate((x, more))
    w = np.asarray(aweights) * 1.0
    if fweights is not None:
        w = w * fweights
    total = np.sum(w)
    if ddof is None:
        ddof = 0 if bias else 1
    count = total - ddof * np.sum(w * aweights) / total
    deviations = x - np.sum(x * w, axis=1, keepdims=True) / total
    return np.squeeze((deviations @ np.conj(deviations * w).T) / count)


@adjoint(
    np.corrcoef,
    samples=lambda: [
        sample(normal(3, 5)),
        sample(normal(5), normal(5)),
        sample(normal(5, 3), rowvar=False),
        sample(normal(2, 5), normal(1, 5)),
        sample(normal(5)),
        sample(complex_normal(3, 5)),
        sample(normal(2, 5), complex_normal(1, 5)),
        sample(normal(2, 5, dtype=np.float32)),
    ],
)
def _corrcoef(ct: Any, result: Any, x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    bars = runtime.corrcoef_adjoint(ct, result, x, y, rowvar)
    return bars[0], bars[1]


# --- histograms: numbers jump with the values that are counted, and follow their weights ---

EDGES = np.array([-1.5, -0.25, 0.3, 1.25, 2.0])


@adjoint(
    np.histogram,
    samples=lambda: [
        sample(distinct(8), EDGES, weights=normal(8)),
        sample(distinct(2, 4), EDGES, density=True, weights=1.0 + normal(2, 4) ** 2),
        sample(distinct(8), 3, (-1.0, 1.0), None, normal(8)),
        sample(distinct(8), bins=4, density=True),
        sample(distinct(8), bins=EDGES, density=True),
        sample(distinct(8), "sqrt"),
        sample(distinct(8), 3, (-2.25, 1.5), True),
    ],
)
def _histogram(
    ct: Any, result: Any, a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    bars = runtime.histogram_adjoint(ct, result, a, bins, range, density, weights)
    return bars[0], bars[1], bars[2], None, bars[3]


@adjoint(
    np.histogram2d,
    samples=lambda: [
        sample(distinct(8), distinct(8), [2, EDGES], weights=normal(8)),
        sample(distinct(8), distinct(8), 2, [[-1, 1], [-1, 1]], True, 1.0 + normal(8) ** 2),
        sample(distinct(8), distinct(8), [EDGES, 3], density=True),
        sample(distinct(8), distinct(8), bins=(2, 3), density=True),
        sample(distinct(8), distinct(8), np.array([2, 3]), density=True, weights=1.0 + normal(8) ** 2),
    ],
)
def _histogram2d(
    ct: Any, result: Any, x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    bars = runtime.histogram2d_adjoint(ct, result, x, y, bins, range, density, weights)
    return bars[0], bars[1], bars[2], None, None, bars[3]


@adjoint(
    np.histogramdd,
    samples=lambda: [
        sample(distinct(8, 2), [2, EDGES], weights=normal(8)),
        sample(distinct(8, 3), 2, [[-3, 3], [-3, 3], [-3, 2]], True, 1.0 + normal(8) ** 2),
        sample(distinct(8, 1), 3, density=True),
        sample([distinct(2), distinct(2) ** 2], (2, EDGES), density=True, weights=1.0 + normal(2) ** 2),
    ],
)
def _histogramdd(
    ct: Any, result: Any, sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    bars = runtime.points_histogram_adjoint(ct, result, sample, bins, range, density, weights)
    return bars[0], bars[1], None, None, bars[2]
