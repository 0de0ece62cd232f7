"""Functions that make arrays from sizes, values and sequences."""

# The parameters of rules have the names of those of the callees:
# ruff: noqa: N803

from __future__ import annotations

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.infer.operands import (
    FLOAT_DTYPE,
    INT_DTYPE,
    DType,
    array_of,
    broadcast_dims,
    inexact,
    promote,
)
from diffcompile.analysis.infer.sizes import compound, dim_of, longer, product, shape_dims, sized
from diffcompile.analysis.infer.table import constant, given_dtype, is_none, one_axis, rule, unknown
from diffcompile.analysis.types import ONE, UNKNOWN_DIM, Array, Dim, Scalar, Static, Tup, Type, plain


@rule(np.zeros, np.ones, np.empty)
def _allocate(shape: Type, dtype: Type | None = None, order: Type | None = None) -> Type:
    return Array(given_dtype(dtype, FLOAT_DTYPE), shape_dims(shape))


@rule(np.full)
def _full(shape: Type, fill_value: Type, dtype: Type | None = None, order: Type | None = None) -> Type:
    default = array_of(fill_value).dtype if is_none(dtype) else None
    return Array(given_dtype(dtype, default), shape_dims(shape))


@rule(np.zeros_like, np.ones_like, np.empty_like, dynamic.zeros_in_layout)
def _like(
    a: Type,
    dtype: Type | None = None,
    order: Type | None = None,
    subok: Type | None = None,
    shape: Type | None = None,
) -> Type:
    array = array_of(a)
    dims = array.dims if is_none(shape) or shape is None else shape_dims(shape)
    return Array(given_dtype(dtype, array.dtype), dims)


@rule(np.full_like)
def _full_like(a: Type, fill_value: Type, *rest: Type, **keywords: Type) -> Type:
    return _like(a, *rest, **keywords)


@rule(
    np.array, np.asarray, np.ascontiguousarray, np.asfortranarray, np.copy, np.asanyarray, np.asarray_chkfinite,
    np.ndarray.copy,
)  # fmt: skip
def as_array(a: Type, dtype: Type | None = None, *_: Type, **keywords: Type) -> Type:
    """Return the type of a conversion to an array."""
    array = array_of(a)
    least = constant(keywords.get("ndmin"), 0)
    if least and array.dims is not None and len(array.dims) < least:
        return Array(given_dtype(dtype, array.dtype), (*(ONE,) * (least - len(array.dims)), *array.dims))
    return Array(given_dtype(dtype, array.dtype), None if least and array.dims is None else array.dims)


@rule(np.ascontiguousarray, np.asfortranarray)
def _contiguous(a: Type, dtype: Type | None = None) -> Type:
    array = array_of(a)
    return Array(given_dtype(dtype, array.dtype), (ONE,) if array.dims == () else array.dims)


@rule(np.ndarray.copy, np.copy, dynamic.copy_in_layout)
def _copy(a: Type, *_: Type, **__: Type) -> Type:
    return array_of(a)


@rule(np.arange)
def _arange(
    start: Type,
    stop: Type | None = None,
    step: Type | None = None,
    dtype: Type | None = None,
    **keywords: Type,
) -> Type:
    given = [array_of(t) for t in (start, stop, step) if t is not None and not is_none(t)]
    default = promote(*given, Array(INT_DTYPE, ()))
    first, last = (Static(0), start) if is_none(stop) else (start, stop)
    assert last is not None
    return Array(given_dtype(dtype, default), (_steps(first, last, step),))


def _steps(start: Type, stop: Type, step: Type | None) -> Dim:
    """Return the axis of ``range(start, stop, step)``."""
    stride = constant(step, 1) if step is None or isinstance(step, Static) else None
    if stride is None and is_none(step):
        stride = 1
    if not isinstance(stride, int) or not all(_whole(t) for t in (start, stop)):
        return UNKNOWN_DIM
    if isinstance(start, Static) and isinstance(stop, Static):
        return sized(len(range(int(start.value), int(stop.value), stride)))
    if stride == 1 and isinstance(start, Static) and start.value == 0:
        return dim_of(stop)
    if stride == 1 and isinstance(start, Static) and start.value > 0:
        return longer(dim_of(stop), -int(start.value))
    bounds = [
        ("at", int(t.value)) if isinstance(t, Static) else getattr(t, "symbol", None) for t in (start, stop)
    ]
    return Dim(compound("range", *bounds, stride))


def _whole(t: Type) -> bool:
    t = plain(t)
    return isinstance(t, Scalar) and t.kind == "i"


def _spaced(ends: list[Array], num: Type | None, axis: Type | None, dtype: DType | None) -> Type:
    dims = broadcast_dims(*ends)
    if dims is None:
        return Array(dtype, None)
    number = one_axis(axis, len(dims) + 1, 0)
    return Array(dtype, (*dims[:number], dim_of(num or Static(50)), *dims[number:]))


@rule(np.linspace)
def _linspace(
    start: Type, stop: Type, num: Type | None = None, endpoint: Type | None = None, retstep: Type | None = None,
    dtype: Type | None = None, axis: Type | None = None,
) -> Type:  # fmt: skip
    if constant(retstep, False):
        raise unknown()
    ends = [array_of(start), array_of(stop)]
    return _spaced(ends, num, axis, given_dtype(dtype, inexact(promote(*ends))))


@rule(np.logspace)
def _logspace(
    start: Type, stop: Type, num: Type | None = None, endpoint: Type | None = None, base: Type | None = None,
    dtype: Type | None = None, axis: Type | None = None,
) -> Type:  # fmt: skip
    ends = [array_of(start), array_of(stop)]
    if base is not None and not (
        isinstance(base, Static) or (isinstance(base, Scalar) and base.dtype is None)
    ):
        raise unknown()
    return _spaced(ends, num, axis, given_dtype(dtype, inexact(promote(*ends))))


@rule(np.geomspace)
def _geomspace(
    start: Type, stop: Type, num: Type | None = None, endpoint: Type | None = None, dtype: Type | None = None,
    axis: Type | None = None,
) -> Type:  # fmt: skip
    ends = [array_of(start), array_of(stop)]
    return _spaced(ends, num, axis, given_dtype(dtype, promote(*ends, Array(FLOAT_DTYPE, ()))))


@rule(np.eye)
def _eye(
    N: Type,
    M: Type | None = None,
    k: Type | None = None,
    dtype: Type | None = None,
    *_: Type,
    **__: Type,
) -> Type:
    columns = N if M is None or is_none(M) else M
    return Array(given_dtype(dtype, FLOAT_DTYPE), (dim_of(N), dim_of(columns)))


@rule(np.identity)
def _identity(n: Type, dtype: Type | None = None) -> Type:
    return _eye(n, dtype=dtype)


@rule(np.tri)
def _tri(N: Type, M: Type | None = None, k: Type | None = None, dtype: Type | None = None) -> Type:
    return _eye(N, M, k, dtype)


@rule(np.indices)
def _indices(dimensions: Type, dtype: Type | None = None, sparse: Type | None = None) -> Type:
    dims = shape_dims(dimensions)
    if not is_none(sparse) or dims is None:
        raise unknown()
    return Array(given_dtype(dtype, INT_DTYPE), (sized(len(dims)), *dims))


@rule(np.diag_indices)
def _diag_indices(n: Type, ndim: Type | None = None) -> Type:
    return Tup((Array(INT_DTYPE, (dim_of(n),)),) * constant(ndim, 2))


@rule(np.tril_indices, np.triu_indices, np.tril_indices_from, np.triu_indices_from)
def _triangle_indices(n: Type, k: Type | None = None, m: Type | None = None) -> Type:
    return Tup((Array(INT_DTYPE, (UNKNOWN_DIM,)),) * 2)


@rule(np.diag_indices_from)
def _diag_indices_from(arr: Type) -> Type:
    dims = array_of(arr).dims
    if not dims:
        raise unknown()
    return Tup((Array(INT_DTYPE, (dims[0],)),) * len(dims))


@rule(np.meshgrid)
def _meshgrid(
    *xi: Type, indexing: Type | None = None, sparse: Type | None = None, copy: Type | None = None
) -> Type:
    arrays = [array_of(x) for x in xi]
    sizes = [UNKNOWN_DIM if array.dims is None else product(array.dims) for array in arrays]
    places = list(range(len(sizes)))
    if constant(indexing, "xy") == "xy" and len(sizes) > 1:
        places[:2] = 1, 0
    whole = [sizes[place] for place in places]
    if not constant(sparse, False):
        return Tup(tuple(Array(array.dtype, tuple(whole)) for array in arrays))
    return Tup(
        tuple(
            Array(
                array.dtype,
                tuple(dim if place == number else ONE for dim, place in zip(whole, places, strict=True)),
            )
            for number, array in enumerate(arrays)
        )
    )


@rule(np.ix_)
def _ix(*args: Type) -> Type:
    arrays = [array_of(arg) for arg in args]
    found = []
    for number, array in enumerate(arrays):
        if array.dtype is None or array.dims is None or len(array.dims) != 1:
            raise unknown()
        mask = array.dtype.kind == "b"
        dim = UNKNOWN_DIM if mask else array.dims[0]
        dtype = INT_DTYPE if mask or dim.key == 0 or not (dim.not_one or dim == ONE) else array.dtype
        dims = [ONE] * len(arrays)
        dims[number] = dim
        found.append(Array(None if dtype != array.dtype and not mask else dtype, tuple(dims)))
    return Tup(tuple(found))
