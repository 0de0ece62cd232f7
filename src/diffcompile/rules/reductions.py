"""Rules of what reduces an axis: sums, means, variances, products, extrema."""

# ruff: noqa: PLW0108 - a rule is inlined, a helper that it is handed over bare would be called

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.axis_samples import over_axes, ufunc_samples, with_nan, with_zeros
from diffcompile.rules.registry import Sample, Samples, adjoint, sample
from diffcompile.rules.sampling import complex_normal, normal


@adjoint(np.sum, samples=over_axes(initial=True))
def _sum(
    ct: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False,
    initial: Any = None, where: Any = True,
) -> Any:  # fmt: skip
    initial_bar = np.sum(ct)
    if axis is not None and not keepdims:
        ct = np.expand_dims(ct, axis)
    a_bar = np.broadcast_to(ct, np.shape(a))
    if where is not True:
        a_bar = np.where(where, a_bar, 0.0)
    if dtype is not None:
        a_bar = runtime.cast_adjoint(a_bar, y, a)
    return a_bar, None, None, None, None, initial_bar


@adjoint(np.nansum, samples=lambda: [*over_axes(initial=True)(), *with_nan()])
def _nansum(
    ct: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False,
    initial: Any = None, where: Any = True,
) -> Any:  # fmt: skip
    initial_bar = np.sum(ct)
    if axis is not None and not keepdims:
        ct = np.expand_dims(ct, axis)
    a_bar = np.where(np.logical_and(where, ~np.isnan(a)), ct, 0.0)
    if dtype is not None:
        a_bar = runtime.cast_adjoint(a_bar, y, a)
    return a_bar, None, None, None, None, initial_bar


@adjoint(np.mean, samples=over_axes())
def _mean(
    ct: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False,
    *, where: Any = True,
) -> Any:  # fmt: skip
    if axis is not None and not keepdims:
        ct = np.expand_dims(ct, axis)
    if where is not True:
        share = ct / runtime.reduced_count(a, axis, where)
        a_bar = runtime.as_cotangent(np.where(where, np.broadcast_to(share, np.shape(a)), 0.0), a)
    elif axis is None:
        a_bar = np.broadcast_to(ct / np.size(a), np.shape(a))
    else:
        a_bar = np.broadcast_to(ct / runtime.axis_size(a, axis), np.shape(a))
    if dtype is not None:
        a_bar = runtime.cast_adjoint(a_bar, y, a)
    return (a_bar,)


@adjoint(np.nanmean, samples=lambda: [*over_axes()(), *with_nan()])
def _nanmean(
    ct: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False,
    *, where: Any = True,
) -> Any:  # fmt: skip
    if axis is not None and not keepdims:
        ct = np.expand_dims(ct, axis)
    present = np.logical_and(where, ~np.isnan(a))
    a_bar = np.where(present, ct / runtime.reduced_count(a, axis, present), 0.0)
    return (runtime.as_cotangent(a_bar, a),)


@adjoint(np.average, samples=lambda: _average_samples())
def _average(
    ct: Any,
    y: Any,
    a: Any,
    axis: Any = None,
    weights: Any = None,
    returned: bool = False,
    *,
    keepdims: Any = False,
) -> Any:
    if weights is None:
        if returned:
            ct = ct[0]
        if axis is not None and not keepdims:
            ct = np.expand_dims(ct, axis)
        a_bar = np.broadcast_to(ct / runtime.axis_size(a, axis), np.shape(a))
        weights_bar = None
    else:
        a_bar, weights_bar = runtime.average_adjoint(ct, y, a, axis, weights, keepdims, returned)
    return a_bar, None, weights_bar


def _average_samples() -> list[Sample]:
    a, w = normal(3, 4), 1.5 + 0.2 * normal(3, 4)
    cube = normal(2, 3, 4)
    narrow = a.astype(np.float32)
    return [
        sample(a),
        sample(a, 1),
        sample(a, axis=0, keepdims=True),
        sample(a, weights=w),
        sample(a, axis=-1, weights=w),
        sample(a, axis=0, weights=w[:, 0]),
        sample(a, axis=-1, weights=w[0], keepdims=True),
        sample(cube, axis=(0, 2), weights=w[:2, :]),
        sample(cube, axis=(2, 0), weights=w[:2, :].T),
        sample(narrow, axis=0, weights=w[:, 0].astype(np.float32)),
        sample(a, axis=0, weights=w[:, 0], returned=True),
        sample(a, axis=0, returned=True),
    ]


def _variance_samples() -> list[Sample]:
    x = normal(3, 4)
    mask = np.array([[True, False, True, True], [True, True, True, False], [True, True, True, True]])
    return [
        *over_axes(where=False)(),
        *over_axes(where=False, ddof=1)(),
        sample(complex_normal(3, 4)),
        sample(complex_normal(3, 4), axis=0, ddof=1),
        sample(complex_normal(3, 4), axis=1, where=mask),
        sample(complex_normal(3, 4), axis=1, mean=complex_normal(3, 1)),
        sample(x, axis=0, correction=1),
        sample(x, axis=1, where=mask),
        sample(x, axis=1, where=mask, ddof=1, keepdims=True),
        sample(x, axis=1, mean=np.mean(x, axis=1, keepdims=True)),
        sample(x, axis=1, mean=np.ones((3, 1)), keepdims=True),
    ]


@adjoint(np.var, samples=_variance_samples)
def _var(
    ct: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = False, *, where: Any = True, mean: Any = None, correction: Any = 0,
) -> Any:  # fmt: skip
    if axis is not None and not keepdims:
        ct = np.expand_dims(ct, axis)
    if where is True and mean is None:
        count = np.size(a) if axis is None else runtime.axis_size(a, axis)
        centered = a - np.mean(a, axis=axis, keepdims=True)
        if np.iscomplexobj(a):
            centered = np.conj(centered)
        a_bar = (2.0 / (count - ddof - correction)) * ct * centered
        mean_bar = None
    else:
        a_bar, mean_bar = runtime.masked_var_adjoint(ct, a, axis, ddof + correction, where, mean)
    if dtype is not None:
        a_bar = runtime.cast_adjoint(a_bar, y, a)
    return a_bar, None, None, None, None, None, None, mean_bar


@adjoint(np.std, samples=_variance_samples)
def _std(
    ct: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0,
    keepdims: Any = False, *, where: Any = True, mean: Any = None, correction: Any = 0,
) -> Any:  # fmt: skip
    ct = runtime.divide_or_zero(ct, y)
    if axis is not None and not keepdims:
        ct = np.expand_dims(ct, axis)
    if where is True and mean is None:
        count = np.size(a) if axis is None else runtime.axis_size(a, axis)
        centered = a - np.mean(a, axis=axis, keepdims=True)
        if np.iscomplexobj(a):
            centered = np.conj(centered)
        a_bar = (1.0 / (count - ddof - correction)) * ct * centered
        mean_bar = None
    else:
        a_bar, mean_bar = runtime.masked_var_adjoint(0.5 * ct, a, axis, ddof + correction, where, mean)
    if dtype is not None:
        a_bar = runtime.cast_adjoint(a_bar, y, a)
    return a_bar, None, None, None, None, None, None, mean_bar


@adjoint(np.prod, samples=lambda: [*over_axes(initial=True)(), *with_zeros()])
def _prod(
    ct: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False,
    initial: Any = None, where: Any = True,
) -> Any:  # fmt: skip
    a_bar, initial_bar = runtime.prod_adjoint(ct, a, axis, keepdims, initial, where)
    if dtype is not None:
        a_bar = runtime.cast_adjoint(a_bar, y, a)
    return a_bar, None, None, None, None, initial_bar


@adjoint(np.nanprod, samples=lambda: [*over_axes(initial=True)(), *with_zeros(), *with_nan()])
def _nanprod(
    ct: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False,
    initial: Any = None, where: Any = True,
) -> Any:  # fmt: skip
    present = np.logical_and(where, ~np.isnan(a))
    a_bar, initial_bar = runtime.prod_adjoint(ct, a, axis, keepdims, initial, present)
    if dtype is not None:
        a_bar = runtime.cast_adjoint(a_bar, y, a)
    return a_bar, None, None, None, None, initial_bar


def _extremum_samples(bound: float) -> Samples:
    """Return samples of an extremum whose neutral element is ``bound``."""

    def build() -> list[Sample]:
        x = normal(3, 4)
        mask = np.array([[True, False, True, True], [False, True, True, False], [True, True, True, True]])
        return [
            *over_axes(where=False)(),
            sample(x, initial=bound, where=mask),
            sample(x, axis=1, initial=bound, where=mask, keepdims=True),
            sample(x, axis=0, initial=0.1),
            sample(x, initial=2.0 * bound),
            sample(x, initial=-2.0 * bound),
        ]

    return build


@adjoint(np.nanmax, samples=lambda: [*_extremum_samples(-9.0)(), *with_nan()])
@adjoint(np.amax, samples=_extremum_samples(-9.0))
@adjoint(np.max, samples=_extremum_samples(-9.0))
@adjoint(np.nanmin, samples=lambda: [*_extremum_samples(9.0)(), *with_nan()])
@adjoint(np.amin, samples=_extremum_samples(9.0))
@adjoint(np.min, samples=_extremum_samples(9.0))
def _extremum(
    ct: Any, y: Any, a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = None,
    where: Any = True,
) -> Any:  # fmt: skip
    if initial is None and where is True:
        return runtime.extremum_share(ct, y, a, axis, keepdims), None, None, None, None
    a_bar, initial_bar = runtime.extremum_adjoint(ct, y, a, axis, keepdims, initial, where)
    return a_bar, None, None, None, initial_bar


@adjoint(np.ptp, samples=over_axes(where=False))
def _ptp(ct: Any, y: Any, a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    return (runtime.ptp_adjoint(ct, a, axis, keepdims),)


def _ufunc_reduce_samples() -> list[Sample]:
    return [
        *ufunc_samples(),
        sample(normal(3, 4), axis=None),
        sample(normal(3, 4), axis=(0, 1), keepdims=True),
    ]


@adjoint(np.add.reduce, samples=_ufunc_reduce_samples)
def _add_reduce(
    ct: Any, y: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False,
    initial: Any = None, where: Any = True,
) -> Any:  # fmt: skip
    return _sum(ct, y, array, axis, dtype, out, keepdims, initial, where)


@adjoint(np.multiply.reduce, samples=_ufunc_reduce_samples)
def _multiply_reduce(
    ct: Any, y: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False,
    initial: Any = None, where: Any = True,
) -> Any:  # fmt: skip
    return _prod(ct, y, array, axis, dtype, out, keepdims, initial, where)


@adjoint(np.maximum.reduce, samples=_ufunc_reduce_samples)
@adjoint(np.minimum.reduce, samples=_ufunc_reduce_samples)
def _extremum_reduce(
    ct: Any, y: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False,
    initial: Any = None, where: Any = True,
) -> Any:  # fmt: skip
    a_bar, initial_bar = runtime.extremum_adjoint(ct, y, array, axis, keepdims, initial, where)
    return a_bar, None, None, None, None, initial_bar


def _log_reduce_samples() -> list[Sample]:
    x = normal(3, 4)
    chosen = x > np.mean(x)
    return [
        *_ufunc_reduce_samples(),
        sample(x, axis=1, initial=0.5, keepdims=True),
        sample(x, axis=0, where=chosen, initial=-1.0),
        sample(x, axis=(0, 1), where=chosen),
    ]


@adjoint(np.logaddexp.reduce, samples=_log_reduce_samples)
def _logaddexp_reduce(
    ct: Any, y: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False,
    initial: Any = None, where: Any = True,
) -> Any:  # fmt: skip
    if axis is not None and not keepdims:
        ct = np.expand_dims(ct, axis)
        y = np.expand_dims(y, axis)
    array_bar = ct * np.exp(runtime.log_ratio(array, y))
    if where is not True:
        array_bar = np.where(where, array_bar, 0.0)
    if initial is None:
        return (array_bar,)
    return array_bar, None, None, None, None, np.sum(ct * np.exp(runtime.log_ratio(initial, y)))
