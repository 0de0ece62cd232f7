"""Rules of what runs along an axis: sums, means, products, extrema, norms, running sums, differences."""

# ruff: noqa: PLW0108 - a rule is inlined, a helper that it is handed over bare would be called

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import Sample, Samples, adjoint, sample
from diffcompile.rules.sampling import normal


def _over_axes(*, initial: bool = False, where: bool = True, **extra: Any) -> Samples:
    """Return samples of a reduction over no, one, negative and several axes, kept and dropped."""

    def build() -> list[Sample]:
        x, cube = normal(3, 4), normal(2, 3, 4)
        samples = [
            sample(x, **extra),
            sample(normal(5), axis=0, **extra),
            sample(x, axis=-1, **extra),
            sample(x, 0, **extra),
            sample(x, axis=0, keepdims=True, **extra),
            sample(x, keepdims=True, **extra),
            sample(cube, axis=(0, -1), **extra),
            sample(cube, axis=(2, 1), keepdims=True, **extra),
            sample(normal(), **extra) if not extra else sample(normal(3), **extra),
            sample(normal(0, 3), axis=1, **extra),
            sample(normal(3, 4, dtype=np.float32), axis=1, **extra),
            sample(normal(4, dtype=np.float32), **extra),
        ]
        if where:
            mask = np.array([[True, False, True, True], [False, True, True, False], [True, True, True, True]])
            start = {"initial": 0.0} if initial else {}
            samples += [
                sample(x, where=mask, **start, **extra),
                sample(x, axis=1, where=mask, keepdims=True, **start, **extra),
                sample(cube, axis=(0, 2), where=mask[0], **start, **extra),
            ]
        if initial:
            samples += [sample(x, axis=0, initial=0.5), sample(x, initial=0.75, keepdims=True)]
        return samples

    return build


# --- sums and means ---


@adjoint(np.sum, samples=_over_axes(initial=True))
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
        a_bar = runtime.as_cotangent(a_bar, a)
    return a_bar, None, None, None, None, initial_bar


@adjoint(np.nansum, samples=lambda: [*_over_axes(initial=True)(), *_with_nan()])
def _nansum(
    ct: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False,
    initial: Any = None, where: Any = True,
) -> Any:  # fmt: skip
    initial_bar = np.sum(ct)
    if axis is not None and not keepdims:
        ct = np.expand_dims(ct, axis)
    a_bar = np.where(np.logical_and(where, ~np.isnan(a)), ct, 0.0)
    if dtype is not None:
        a_bar = runtime.as_cotangent(a_bar, a)
    return a_bar, None, None, None, None, initial_bar


@adjoint(np.mean, samples=_over_axes())
def _mean(
    ct: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False,
    *, where: Any = True,
) -> Any:  # fmt: skip
    if axis is not None and not keepdims:
        ct = np.expand_dims(ct, axis)
    if where is not True:
        share = ct / runtime.reduced_count(a, axis, where)
        a_bar = runtime.as_cotangent(np.broadcast_to(np.where(where, share, 0.0), np.shape(a)), a)
    elif axis is None:
        a_bar = np.broadcast_to(ct / np.size(a), np.shape(a))
    else:
        a_bar = np.broadcast_to(ct / runtime.axis_size(a, axis), np.shape(a))
    if dtype is not None:
        a_bar = runtime.as_cotangent(a_bar, a)
    return (a_bar,)


@adjoint(np.nanmean, samples=lambda: [*_over_axes()(), *_with_nan()])
def _nanmean(
    ct: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False,
    *, where: Any = True,
) -> Any:  # fmt: skip
    if axis is not None and not keepdims:
        ct = np.expand_dims(ct, axis)
    present = np.logical_and(where, ~np.isnan(a))
    a_bar = np.where(present, ct / runtime.reduced_count(a, axis, present), 0.0)
    return (runtime.as_cotangent(a_bar, a),)


def _with_nan() -> list[Sample]:
    x = normal(3, 4)
    x[0, 1] = x[2, 3] = np.nan
    return [sample(x), sample(x, axis=0), sample(x, axis=(0, 1)), sample(x.astype(np.float32), axis=1)]


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


# --- variance ---


def _variance_samples() -> list[Sample]:
    x = normal(3, 4)
    mask = np.array([[True, False, True, True], [True, True, True, False], [True, True, True, True]])
    return [
        *_over_axes(where=False)(),
        *_over_axes(where=False, ddof=1)(),
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
        a_bar = (2.0 / (count - ddof - correction)) * ct * centered
        mean_bar = None
    else:
        a_bar, mean_bar = runtime.masked_var_adjoint(ct, a, axis, ddof + correction, where, mean)
    if dtype is not None:
        a_bar = runtime.as_cotangent(a_bar, a)
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
        a_bar = (1.0 / (count - ddof - correction)) * ct * centered
        mean_bar = None
    else:
        a_bar, mean_bar = runtime.masked_var_adjoint(0.5 * ct, a, axis, ddof + correction, where, mean)
    if dtype is not None:
        a_bar = runtime.as_cotangent(a_bar, a)
    return a_bar, None, None, None, None, None, None, mean_bar


# --- products and extrema ---


def _with_zeros() -> list[Sample]:
    x = normal(4, 5)
    x[0, 1] = x[2, 1] = x[1, 3] = x[3, 3] = x[3, 4] = 0.0
    return [sample(x), sample(x, axis=0), sample(x, axis=1, keepdims=True), sample(x[2]), sample(x[3])]


@adjoint(np.prod, samples=lambda: [*_over_axes(initial=True)(), *_with_zeros()])
def _prod(
    ct: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False,
    initial: Any = None, where: Any = True,
) -> Any:  # fmt: skip
    a_bar, initial_bar = runtime.prod_adjoint(ct, a, axis, keepdims, initial, where)
    if dtype is not None:
        a_bar = runtime.as_cotangent(a_bar, a)
    return a_bar, None, None, None, None, initial_bar


@adjoint(np.nanprod, samples=lambda: [*_over_axes(initial=True)(), *_with_zeros(), *_with_nan()])
def _nanprod(
    ct: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False,
    initial: Any = None, where: Any = True,
) -> Any:  # fmt: skip
    present = np.logical_and(where, ~np.isnan(a))
    a_bar, initial_bar = runtime.prod_adjoint(ct, a, axis, keepdims, initial, present)
    if dtype is not None:
        a_bar = runtime.as_cotangent(a_bar, a)
    return a_bar, None, None, None, None, initial_bar


def _extremum_samples(bound: float) -> Samples:
    """Return samples of an extremum whose neutral element is ``bound``."""

    def build() -> list[Sample]:
        x = normal(3, 4)
        mask = np.array([[True, False, True, True], [False, True, True, False], [True, True, True, True]])
        return [
            *_over_axes(where=False)(),
            sample(x, initial=bound, where=mask),
            sample(x, axis=1, initial=bound, where=mask, keepdims=True),
            sample(x, axis=0, initial=0.1),
            sample(x, initial=2.0 * bound),
            sample(x, initial=-2.0 * bound),
        ]

    return build


@adjoint(np.nanmax, samples=lambda: [*_extremum_samples(-9.0)(), *_with_nan()])
@adjoint(np.amax, samples=_extremum_samples(-9.0))
@adjoint(np.max, samples=_extremum_samples(-9.0))
@adjoint(np.nanmin, samples=lambda: [*_extremum_samples(9.0)(), *_with_nan()])
@adjoint(np.amin, samples=_extremum_samples(9.0))
@adjoint(np.min, samples=_extremum_samples(9.0))
def _extremum(
    ct: Any, y: Any, a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = None,
    where: Any = True,
) -> Any:  # fmt: skip
    a_bar, initial_bar = runtime.extremum_adjoint(ct, y, a, axis, keepdims, initial, where)
    return a_bar, None, None, None, initial_bar


@adjoint(np.ptp, samples=_over_axes(where=False))
def _ptp(ct: Any, y: Any, a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    return (runtime.ptp_adjoint(ct, a, axis, keepdims),)


# --- running sums, products and extrema ---


def _along_axis() -> list[Sample]:
    return [
        sample(normal(5)),
        sample(normal(5), 0),
        sample(normal(3, 4)),
        sample(normal(3, 4), axis=1),
        sample(normal(2, 3, 4), axis=-2),
        sample(normal()),
        sample(normal(0)),
        sample(normal(2, 0), axis=0),
        sample(normal(3, 4, dtype=np.float32), axis=0),
    ]


@adjoint(np.cumsum, samples=_along_axis)
def _cumsum(ct: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    if axis is None:
        a_bar = np.reshape(np.cumsum(ct[::-1])[::-1], np.shape(a))
    else:
        a_bar = np.flip(np.cumsum(np.flip(ct, axis), axis=axis), axis)
    if dtype is not None:
        a_bar = runtime.as_cotangent(a_bar, a)
    return (a_bar,)


@adjoint(np.nancumsum, samples=lambda: [*_along_axis(), *_with_nan()[:2]])
def _nancumsum(ct: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    (a_bar,) = _cumsum(ct, y, a, axis, dtype, out)
    return (np.where(np.isnan(a), 0.0, a_bar),)


@adjoint(
    np.cumprod, samples=lambda: [*_along_axis(), *_with_zeros()[:2], sample(_with_zeros()[0].args[0], axis=1)]
)
def _cumprod(ct: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    a_bar = runtime.cumprod_adjoint(ct, y, a, axis)
    if dtype is not None:
        a_bar = runtime.as_cotangent(a_bar, a)
    return (a_bar,)


# --- reductions and accumulations of ufuncs, which run over the first axis unless told otherwise ---


def _ufunc_samples() -> list[Sample]:
    return [
        sample(normal(5)),
        sample(normal(3, 4)),
        sample(normal(3, 4), axis=1),
        sample(normal(2, 3, 4), -1),
        sample(normal(3, 4, dtype=np.float32)),
    ]


def _ufunc_reduce_samples() -> list[Sample]:
    return [
        *_ufunc_samples(),
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


@adjoint(np.logaddexp.reduce, samples=_ufunc_reduce_samples)
def _logaddexp_reduce(
    ct: Any, y: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: Any = False
) -> Any:
    if axis is not None and not keepdims:
        ct = np.expand_dims(ct, axis)
        y = np.expand_dims(y, axis)
    return (ct * np.exp(runtime.log_ratio(array, y)),)


@adjoint(np.add.accumulate, samples=_ufunc_samples)
def _add_accumulate(ct: Any, y: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    return _cumsum(ct, y, array, axis, dtype, out)


@adjoint(np.multiply.accumulate, samples=_ufunc_samples)
def _multiply_accumulate(
    ct: Any, y: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None
) -> Any:
    return _cumprod(ct, y, array, axis, dtype, out)


@adjoint(np.maximum.accumulate, samples=_ufunc_samples)
@adjoint(np.minimum.accumulate, samples=_ufunc_samples)
def _extremum_accumulate(
    ct: Any, y: Any, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None
) -> Any:
    return (runtime.running_extremum_adjoint(ct, y, axis),)


# --- norms ---


def _norm_samples() -> list[Sample]:
    x, cube, v = normal(3, 4), normal(2, 3, 4), normal(5)
    vector_orders: list[Any] = [None, 1, 2, 3, 1.5, 0.5, -1, np.inf, -np.inf, 0]
    matrix_orders: list[Any] = ["fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf]
    return [
        *(sample(v, order) for order in vector_orders),
        *(sample(x, ord=order, axis=1) for order in vector_orders),
        *(sample(x, order) for order in matrix_orders),
        *(sample(cube, ord=order, axis=(2, 0), keepdims=True) for order in matrix_orders),
        *(sample(cube, ord=order, axis=(-2, -1)) for order in matrix_orders),
        sample(x),
        sample(cube),
        sample(cube, keepdims=True),
        sample(cube, axis=(0, 2)),
        sample(cube, None, 1, True),
        sample(np.zeros(3)),
        sample(np.zeros((2, 0)), axis=1),
        sample(v.astype(np.float32)),
        sample(v.astype(np.float32), np.inf),
        sample(v.astype(np.float32), 3),
        sample(x.astype(np.float32), "nuc"),
        sample(x.astype(np.float32), 2),
        sample(x.astype(np.float32), 1),
        sample(v + 1j * normal(5)),
        sample(v + 1j * normal(5), 3),
        sample(x + 1j * normal(3, 4), "nuc"),
        sample(x + 1j * normal(3, 4), 2),
    ]


@adjoint(np.linalg.norm, samples=_norm_samples)
def _norm(ct: Any, y: Any, x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Any:
    return (runtime.norm_adjoint(ct, y, x, ord, axis, keepdims),)


def _vector_norm_samples() -> list[Sample]:
    x, cube = normal(3, 4), normal(2, 3, 4)
    return [
        sample(x),
        sample(x, axis=0, ord=3),
        sample(cube, axis=(0, 2), keepdims=True, ord=np.inf),
        sample(cube, axis=(0, 2), ord=1),
        sample(x.astype(np.float32)),
    ]


@adjoint(np.linalg.vector_norm, samples=_vector_norm_samples)
def _vector_norm(ct: Any, y: Any, x: Any, *, axis: Any = None, keepdims: Any = False, ord: Any = 2) -> Any:
    ct = runtime.restore_axes(ct, x, axis, keepdims)
    y = runtime.restore_axes(y, x, axis, keepdims)
    return (runtime.vector_norm_adjoint(ct, y, x, ord, axis),)


def _matrix_norm_samples() -> list[Sample]:
    x, cube = normal(3, 4), normal(2, 3, 4)
    return [
        sample(x),
        sample(cube, ord="nuc"),
        sample(cube, keepdims=True, ord=2),
        sample(x.astype(np.float32), ord=1),
    ]


@adjoint(np.linalg.matrix_norm, samples=_matrix_norm_samples)
def _matrix_norm(ct: Any, y: Any, x: Any, *, keepdims: Any = False, ord: Any = "fro") -> Any:
    return (runtime.norm_adjoint(ct, y, x, ord, (-2, -1), keepdims),)


# --- differences and integrals along an axis ---


def _diff_samples() -> list[Sample]:
    x, v = normal(3, 4), normal(5)
    return [
        sample(v),
        sample(v, 2),
        sample(v, n=0),
        sample(v, n=7),
        sample(x, axis=0),
        sample(x, n=2, axis=-1),
        sample(v, prepend=0.5),
        sample(x, axis=0, prepend=normal(2, 4), append=0.25),
        sample(x, 2, 1, normal(3, 1), normal(3, 2)),
        sample(normal(0)),
        sample(x.astype(np.float32)),
    ]


@adjoint(np.diff, samples=_diff_samples)
def _diff(
    ct: Any, y: Any, a: Any, n: Any = 1, axis: Any = -1, prepend: Any = None, append: Any = None
) -> Any:
    a_bar, prepend_bar, append_bar = runtime.diff_adjoint(ct, a, n, axis, prepend, append)
    return a_bar, None, None, prepend_bar, append_bar


@adjoint(np.ediff1d, samples=lambda: [sample(normal(5)), sample(normal(2, 3)), sample(normal(1))])
def _ediff1d(ct: Any, y: Any, ary: Any) -> Any:
    return (np.reshape(runtime.spread_difference(ct, 0), np.shape(ary)),)


def _trapezoid_samples() -> list[Sample]:
    y, x = normal(3, 4), np.array([0.0, 0.4, 1.1, 1.5])
    return [
        sample(y[0]),
        sample(y),
        sample(y, dx=0.25, axis=0),
        sample(y, x),
        sample(y, x[:3], axis=0),
        sample(y, x + 0.1 * y),
        sample(y, x=0.1 * y, axis=0),
        sample(y, dx=np.array([0.1, 0.2, 0.3])),
        sample(y.astype(np.float32)),
        sample(y.astype(np.float32), x.astype(np.float32)),
    ]


@adjoint(np.trapezoid, samples=_trapezoid_samples)
def _trapezoid(ct: Any, result: Any, y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> Any:
    return runtime.trapezoid_adjoint(ct, y, x, dx, axis)


@adjoint(
    np.bincount,
    samples=lambda: [
        sample(np.array([0, 2, 2, 5]), normal(4)),
        sample(np.array([0, 2, 2, 5]), weights=normal(4), minlength=9),
        sample(np.array([1, 1])),
    ],
)
def _bincount(ct: Any, y: Any, x: Any, weights: Any = None, minlength: Any = 0) -> Any:
    return None, None if weights is None else np.take(ct, x)
