"""Rules of order statistics: medians, quantiles and percentiles, with and without NaN."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import Sample, adjoint, nondifferentiable, sample
from diffcompile.rules.sampling import distinct

nondifferentiable(runtime.quantile_places)

METHODS = (
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull",
    "median_unbiased", "normal_unbiased", "lower", "higher", "midpoint", "nearest",
)  # fmt: skip


def _quantile_samples() -> list[Sample]:
    return [
        sample(distinct(7), 0.3),
        sample(distinct(6), 0.5),
        sample(distinct(3, 4), np.array([0.2, 0.7]), axis=1),
        sample(distinct(3, 4), np.array([[0.2, 0.7]]), axis=0, keepdims=True),
        sample(distinct(2, 3, 4), 0.4, axis=(0, -1)),
        sample(distinct(2, 3, 4), 0.4, axis=(2, 0), keepdims=True),
        sample(distinct(1), 0.3),
        *(sample(distinct(7), 0.31, method=method) for method in METHODS),
        sample(distinct(3, 5), np.array([0.08, 0.55]), axis=1, method="weibull"),
        sample(distinct(7), 0.3, method="inverted_cdf", weights=np.array([1.0, 2.0, 0.5, 1.0, 3.0, 1.0, 1.0])),
        sample(distinct(3, 4), 0.45, axis=1, method="inverted_cdf", weights=np.array([1, 2, 3, 1])),
    ]


def _percent(cases: list[Sample]) -> list[Sample]:
    return [sample(case.args[0], 100 * case.args[1], **case.kwargs) for case in cases]


def _median_samples() -> list[Sample]:
    return [
        sample(distinct(7)),
        sample(distinct(6)),
        sample(distinct(3, 4)),
        sample(distinct(3, 4), 0),
        sample(distinct(2, 3, 4), axis=(0, -1), keepdims=True),
        sample(distinct(6, dtype=np.float32)),
        sample(distinct(3, 4), 1, None, True, True),
    ]


@adjoint(np.median, samples=_median_samples)
def _median(
    ct: Any, result: Any, a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
    keepdims: bool = False,
) -> Any:  # fmt: skip
    places = runtime.quantile_places(a, 0.5, axis)
    return (runtime.quantile_adjoint(ct, a, 0.5, places),)


@adjoint(
    np.quantile,
    samples=lambda: [*_quantile_samples(), sample(distinct(7, dtype=np.float32), np.float32(0.3))],
)
def _quantile(
    ct: Any, result: Any, a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
    method: str = "linear", keepdims: bool = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    places = runtime.quantile_places(a, q, axis, method, weights)
    q_bar = runtime.quantile_level_adjoint(ct, a, q, places)
    return runtime.quantile_adjoint(ct, a, q, places), q_bar, None, None, None, None, None, np.zeros_like(weights)


@adjoint(np.percentile, samples=lambda: _percent(_quantile_samples()))
def _percentile(
    ct: Any, result: Any, a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
    method: str = "linear", keepdims: bool = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    level = np.true_divide(q, 100)
    places = runtime.quantile_places(a, level, axis, method, weights)
    q_bar = runtime.quantile_level_adjoint(ct, a, level, places) / 100
    return runtime.quantile_adjoint(ct, a, level, places), q_bar, None, None, None, None, None, np.zeros_like(weights)


# --- leaving NaN out ---


def _with_holes(*shape: int) -> Any:
    x = distinct(*shape)
    x.flat[1] = np.nan
    return x


def _nan_median_samples() -> list[Sample]:
    return [
        *_median_samples(),
        sample(_with_holes(7)),
        sample(_with_holes(3, 4), axis=1),
        sample(_with_holes(3, 4), axis=0, keepdims=True),
    ]


def _nan_quantile_samples() -> list[Sample]:
    return [
        *(case for case in _quantile_samples() if "weights" not in case.kwargs or "axis" not in case.kwargs),
        sample(_with_holes(7), 0.3),
        sample(_with_holes(7), 0.3, method="inverted_cdf", weights=np.array([1.0, 2.0, 0.5, 1.0, 3.0, 1.0, 1.0])),
        sample(_with_holes(3, 4), np.array([0.2, 0.7]), axis=1),
        sample(_with_holes(3, 4), 0.3, axis=0, keepdims=True, method="hazen"),
    ]


@adjoint(np.nanmedian, samples=_nan_median_samples)
def _nanmedian(
    ct: Any, result: Any, a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
    keepdims: bool = False,
) -> Any:  # fmt: skip
    places = runtime.quantile_places(a, 0.5, axis, "linear", None, True)
    return (runtime.quantile_adjoint(ct, a, 0.5, places),)


@adjoint(np.nanquantile, samples=_nan_quantile_samples)
def _nanquantile(
    ct: Any, result: Any, a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
    method: str = "linear", keepdims: bool = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    places = runtime.quantile_places(a, q, axis, method, weights, True)
    q_bar = runtime.quantile_level_adjoint(ct, a, q, places)
    return runtime.quantile_adjoint(ct, a, q, places), q_bar, None, None, None, None, None, np.zeros_like(weights)


@adjoint(np.nanpercentile, samples=lambda: _percent(_nan_quantile_samples()))
def _nanpercentile(
    ct: Any, result: Any, a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
    method: str = "linear", keepdims: bool = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    level = np.true_divide(q, 100)
    places = runtime.quantile_places(a, level, axis, method, weights, True)
    q_bar = runtime.quantile_level_adjoint(ct, a, level, places) / 100
    return runtime.quantile_adjoint(ct, a, level, places), q_bar, None, None, None, None, None, np.zeros_like(weights)
