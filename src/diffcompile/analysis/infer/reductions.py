"""Functions that take elements along axes together."""

from __future__ import annotations

import functools

import numpy as np

from diffcompile import runtime
from diffcompile.analysis.infer.operands import (
    BOOL_DTYPE,
    FLOAT_DTYPE,
    INT_DTYPE,
    DType,
    array_of,
    inexact,
    native,
    promote,
    real,
    scalar_of,
    value_of,
)
from diffcompile.analysis.infer.sizes import broadcast, longer, product, total
from diffcompile.analysis.infer.table import (
    Rule,
    constant,
    given_dtype,
    is_none,
    one_axis,
    rank_of,
    refuse_out,
    rule,
    some_axes,
    unknown,
)
from diffcompile.analysis.types import (
    NUMBER,
    ONE,
    STRING,
    UNKNOWN_DIM,
    Array,
    Scalar,
    Static,
    Tup,
    Type,
    plain,
    same_dtype,
)


def reduced(dtype: DType | None, x: Array, axis: Type | None, keepdims: Type | None) -> Type:
    """Return the type of a result without the axes that were reduced."""
    kept = bool(constant(keepdims, False))
    if is_none(axis) and not kept:
        return scalar_of(dtype)
    if x.dims is None:
        return NUMBER
    axes = some_axes(axis, len(x.dims) or 1)  # numbers may be reduced over axis 0
    if kept:
        return value_of(dtype, tuple(ONE if number in axes else dim for number, dim in enumerate(x.dims)))
    return value_of(dtype, tuple(dim for number, dim in enumerate(x.dims) if number not in axes))


@functools.lru_cache(maxsize=256)
def accumulator(ufunc: np.ufunc, dtype: DType) -> DType:
    """Return the dtype in which a ufunc sums up: small integers in large ones."""
    blank = None
    return ufunc.resolve_dtypes((blank, dtype, blank), reduction=True)[2]


def _accumulated(ufunc: np.ufunc, a: Array, dtype: Type | None) -> DType | None:
    return given_dtype(dtype, accumulator(ufunc, a.dtype) if a.dtype is not None else None)


def _accumulating(ufunc: np.ufunc) -> Rule:
    def total(
        a: Type, axis: Type | None = None, dtype: Type | None = None, out: Type | None = None,
        keepdims: Type | None = None, initial: Type | None = None, where: Type | None = None,
    ) -> Type:  # fmt: skip
        refuse_out(out)
        x = array_of(a)
        return reduced(_accumulated(ufunc, x, dtype), x, axis, keepdims)

    return total


rule(np.sum, np.nansum)(_accumulating(np.add))
rule(np.prod, np.nanprod)(_accumulating(np.multiply))


def _method_of_ufunc(ufunc: np.ufunc) -> Rule:
    def reduce(
        array: Type, axis: Type | None = None, dtype: Type | None = None, out: Type | None = None,
        keepdims: Type | None = None, initial: Type | None = None, where: Type | None = None,
    ) -> Type:  # fmt: skip
        refuse_out(out)
        x = array_of(array)
        return reduced(_accumulated(ufunc, x, dtype), x, Static(0) if axis is None else axis, keepdims)

    return reduce


def _accumulate_of_ufunc(ufunc: np.ufunc) -> Rule:
    def accumulate(
        array: Type, axis: Type | None = None, dtype: Type | None = None, out: Type | None = None
    ) -> Type:
        refuse_out(out)
        x = array_of(array)
        return Array(_accumulated(ufunc, x, dtype), x.dims)

    return accumulate


for _ufunc in (
    np.add,
    np.multiply,
    np.maximum,
    np.minimum,
    np.fmax,
    np.fmin,
    np.logical_and,
    np.logical_or,
    np.logaddexp,
):
    rule(_ufunc.reduce)(_method_of_ufunc(_ufunc))
    rule(_ufunc.accumulate)(_accumulate_of_ufunc(_ufunc))


@rule(np.mean, np.nanmean)
def _mean(
    a: Type, axis: Type | None = None, dtype: Type | None = None, out: Type | None = None,
    keepdims: Type | None = None, where: Type | None = None,
) -> Type:  # fmt: skip
    refuse_out(out)
    x = array_of(a)
    return reduced(given_dtype(dtype, native(inexact(x.dtype))), x, axis, keepdims)


@rule(np.var, np.std, np.nanvar, np.nanstd)
def _variance(
    a: Type, axis: Type | None = None, dtype: Type | None = None, out: Type | None = None, ddof: Type | None = None,
    keepdims: Type | None = None, where: Type | None = None, mean: Type | None = None, correction: Type | None = None,
) -> Type:  # fmt: skip
    refuse_out(out)
    x = array_of(a)
    return reduced(real(given_dtype(dtype, native(inexact(x.dtype)))), x, axis, keepdims)


@rule(np.max, np.min, np.amax, np.amin, np.nanmax, np.nanmin)
def _extremum(
    a: Type, axis: Type | None = None, out: Type | None = None, keepdims: Type | None = None,
    initial: Type | None = None, where: Type | None = None,
) -> Type:  # fmt: skip
    refuse_out(out)
    x = array_of(a)
    return reduced(native(x.dtype), x, axis, keepdims)


@rule(np.ptp)
def _ptp(a: Type, axis: Type | None = None, out: Type | None = None, keepdims: Type | None = None) -> Type:
    return _extremum(a, axis, out, keepdims)


@rule(np.any, np.all)
def _any_all(
    a: Type,
    axis: Type | None = None,
    out: Type | None = None,
    keepdims: Type | None = None,
    where: Type | None = None,
) -> Type:
    refuse_out(out)
    return reduced(BOOL_DTYPE, array_of(a), axis, keepdims)


@rule(np.argmax, np.argmin, np.nanargmax, np.nanargmin)
def _arg_extremum(
    a: Type, axis: Type | None = None, out: Type | None = None, keepdims: Type | None = None
) -> Type:
    refuse_out(out)
    return reduced(INT_DTYPE, array_of(a), axis, keepdims)


@rule(np.count_nonzero)
def _count_nonzero(a: Type, axis: Type | None = None, keepdims: Type | None = None) -> Type:
    if is_none(axis) and is_none(keepdims):
        array_of(a)
        return Scalar("i", "?")
    return reduced(INT_DTYPE, array_of(a), axis, keepdims)


@rule(np.average)
def _average(
    a: Type, axis: Type | None = None, weights: Type | None = None, returned: Type | None = None,
    keepdims: Type | None = None,
) -> Type:  # fmt: skip
    if returned is not None:
        raise unknown()
    x = array_of(a)
    dtype = native(inexact(x.dtype))
    if weights is not None and not is_none(weights):
        dtype = inexact(promote(x, array_of(weights)))
    return reduced(dtype, x, axis, keepdims)


@rule(np.median, np.nanmedian)
def _median(
    a: Type, axis: Type | None = None, out: Type | None = None, overwrite_input: Type | None = None,
    keepdims: Type | None = None,
) -> Type:  # fmt: skip
    refuse_out(out)
    x = array_of(a)
    return _with_axes(reduced(native(inexact(x.dtype)), x, axis, keepdims), x, keepdims)


def _with_axes(found: Type, x: Array, keepdims: Type | None) -> Type:
    """Of a number, with its axes kept, some functions make an array without axes."""
    return NUMBER if not x.dims and keepdims is not None else found


_CONTINUOUS = (
    "linear", "hazen", "weibull", "median_unbiased", "normal_unbiased", "interpolated_inverted_cdf",
)  # fmt: skip


@rule(runtime.extremum_share)
def _extremum_share(ct: Type, y: Type, a: Type, axis: Type, keepdims: Type) -> Type:
    t = plain(a)
    if not isinstance(t, Array) or t.owner is not None or t.dtype is None or t.dtype.kind != "f":
        raise unknown()
    return value_of(native(t.dtype), t.dims)


@rule(runtime.quantile_places)
def _quantile_places(a: Type, q: Type, *_: Type) -> Type:
    dims, dtype = (UNKNOWN_DIM, UNKNOWN_DIM), array_of(a).dtype
    weight = Array(dtype if dtype is not None and dtype.kind == "f" else None, dims)
    level = Array(FLOAT_DTYPE if same_dtype(array_of(q).dtype, FLOAT_DTYPE) else None, (UNKNOWN_DIM, ONE))
    place = Array(INT_DTYPE, dims)
    return Tup((place, place, weight, weight, weight, level))


@rule(np.quantile, np.percentile, np.nanquantile, np.nanpercentile)
def _quantile(
    a: Type, q: Type, axis: Type | None = None, out: Type | None = None, overwrite_input: Type | None = None,
    method: Type | None = None, keepdims: Type | None = None, *, weights: Type | None = None,
) -> Type:  # fmt: skip
    refuse_out(out)
    x, places = array_of(a), array_of(q)
    exact = same_dtype(x.dtype, FLOAT_DTYPE) and (method is None or constant(method) in _CONTINUOUS)
    dtype = FLOAT_DTYPE if exact else None
    found = reduced(dtype, x, axis, keepdims)
    if places.dims == ():
        return found if exact or isinstance(found, Array) else NUMBER
    if places.dims is None or not isinstance(found, Array):
        return Array(dtype, places.dims) if is_none(axis) and is_none(keepdims) and places.dims else NUMBER
    return Array(dtype, None if found.dims is None else (*places.dims, *found.dims))


# -- running results ----------------------------------------------------------------------------------------


def _running(ufunc: np.ufunc) -> Rule:
    def running(
        a: Type, axis: Type | None = None, dtype: Type | None = None, out: Type | None = None
    ) -> Type:
        refuse_out(out)
        x = array_of(a)
        found = _accumulated(ufunc, x, dtype)
        if not (is_none(axis) or isinstance(axis, Static | Scalar)):
            return Array(found, None)  # it may be None
        if x.dims is None:
            return Array(found, (UNKNOWN_DIM,) if is_none(axis) else None)
        return Array(found, (product(x.dims),) if is_none(axis) or not x.dims else x.dims)

    return running


rule(np.cumsum, np.nancumsum)(_running(np.add))
rule(np.cumprod, np.nancumprod)(_running(np.multiply))


@rule(np.diff)
def _diff(
    a: Type,
    n: Type | None = None,
    axis: Type | None = None,
    prepend: Type | None = None,
    append: Type | None = None,
) -> Type:
    x = array_of(a)
    times = constant(n, 1)
    ends = [array_of(end) for end in (prepend, append) if end is not None]
    if not x.dims or same_dtype(x.dtype, BOOL_DTYPE) or times == 0:
        raise unknown()
    number = one_axis(axis, len(x.dims), -1)
    dims = list(x.dims)
    if any(end.dims is None for end in ends):
        dims[number] = UNKNOWN_DIM
    else:
        dims[number] = total([dims[number], *((end.dims[number] if end.dims else ONE) for end in ends)])
    for _ in range(times):
        dims[number] = longer(dims[number], -1)
    return Array(promote(x, *ends), tuple(dims))


@rule(np.ediff1d)
def _ediff1d(ary: Type, to_end: Type | None = None, to_begin: Type | None = None) -> Type:
    x = array_of(ary)
    whole = is_none(to_end) and is_none(to_begin) and x.dims is not None
    return Array(native(x.dtype), (longer(product(x.dims or ()), -1) if whole else UNKNOWN_DIM,))


@rule(np.trapezoid)
def _trapezoid(y: Type, x: Type | None = None, dx: Type | None = None, axis: Type | None = None) -> Type:
    values = array_of(y)
    if values.dims is None:
        return NUMBER
    number = one_axis(axis, len(values.dims), -1)
    dims = tuple(dim for other, dim in enumerate(values.dims) if other != number)
    dtype = inexact(promote(values))
    if x is not None and not is_none(x):
        spacing = array_of(x)
        dtype = inexact(promote(values, spacing))
        if spacing.dims is None:
            return NUMBER
        if len(spacing.dims) > 1:
            places = broadcast(spacing.dims, values.dims)
            number = number - len(values.dims) + len(places)
            dims = tuple(dim for other, dim in enumerate(places) if other != number)
    elif dx is not None:
        dtype = inexact(promote(values, dx)) if rank_of(dx) == 0 else None
    return value_of(dtype, dims)


@rule(np.bincount)
def _bincount(x: Type, weights: Type | None = None, minlength: Type | None = None) -> Type:
    return Array(INT_DTYPE if is_none(weights) else FLOAT_DTYPE, (UNKNOWN_DIM,))


# -- norms --------------------------------------------------------------------------------------------------


@rule(np.linalg.norm)
def _norm(x: Type, ord: Type | None = None, axis: Type | None = None, keepdims: Type | None = None) -> Type:
    if ord is not None and not isinstance(plain(ord), Static | Scalar) and plain(ord) is not STRING:
        raise unknown()  # an axis in the wrong place: NumPy lets it pass
    array = array_of(x)
    return reduced(native(real(inexact(array.dtype))), array, axis, keepdims)


@rule(np.linalg.vector_norm)
def _vector_norm(
    x: Type, *, axis: Type | None = None, keepdims: Type | None = None, ord: Type | None = None
) -> Type:
    return _norm(x, None, axis, keepdims)


@rule(np.linalg.matrix_norm)
def _matrix_norm(x: Type, *, keepdims: Type | None = None, ord: Type | None = None) -> Type:
    return _norm(x, None, Tup((Static(-2), Static(-1))), keepdims)
