"""Functions that make arrays from sizes, values and sequences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from diffcompile.analysis.infer.operands import (
    FLOAT_DTYPE,
    INT_DTYPE,
    DType,
    array_of,
    broadcast_dims,
    inexact,
    numeric_operand,
    promote,
)
from diffcompile.analysis.infer.sizes import compound, dim_of, length_symbol, longer, product, shape_dims, sized
from diffcompile.analysis.infer.table import constant, given_dtype, is_none, rank_of, rule, unknown
from diffcompile.analysis.types import ONE, UNKNOWN_DIM, Array, Dim, Scalar, Static, Tup, Type, plain


@rule(np.zeros, np.ones, np.empty)
def _allocate(shape: Type, dtype: Type | None = None, order: Type | None = None) -> Type:
    return Array(given_dtype(dtype, FLOAT_DTYPE), shape_dims(shape))


@rule(np.full)
def _full(shape: Type, fill_value: Type, dtype: Type | None = None, order: Type | None = None) -> Type:
    default = array_of(fill_value).dtype if is_none(dtype) else None
    return Array(given_dtype(dtype, default), shape_dims(shape))


@rule(np.zeros_like, np.ones_like, np.empty_like)
def _like(
    a: Type, dtype: Type | None = None, order: Type | None = None, subok: Type | None = None, shape: Type | None = None
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


@rule(np.ndarray.copy, np.copy)
def _copy(a: Type, *_: Type, **__: Type) -> Type:
    return array_of(a)


@rule(np.arange)
def _arange(
    start: Type, stop: Type | None = None, step: Type | None = None, dtype: Type | None = None, **keywords: Type
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
    bounds = [("at", int(t.value)) if isinstance(t, Static) else getattr(t, "symbol", None) for t in (start, stop)]
    return Dim(compound("range", *bounds, stride))


def _whole(t: Type) -> bool:
    t = plain(t)
    return isinstance(t, Scalar) and t.kind == "i"


@rule(np.linspace, np.logspace, np.geomspace)
def _spaced(start: Type, stop: Type, num: Type | None = None, endpoint: Type | None = None, *rest: Type, **keywords: Type) -> Type:
    if rest or not keywords.keys() <= {"dtype", "axis", "base"} or not is_none(keywords.get("axis")):
        raise unknown()
    ends = [array_of(t) for t in (start, stop)]
    base = keywords.get("base")
    if any(end.dims is None for end in ends) or (base is not None and rank_of(base) != 0):
        raise unknown()
    dims = broadcast_dims(*ends)
    assert dims is not None
    single = all(end.dtype == FLOAT_DTYPE and end.dtype is not None for end in ends)
    return Array(given_dtype(keywords.get("dtype"), FLOAT_DTYPE if single else None), (dim_of(num or Static(50)), *dims))


@rule(np.eye)
def _eye(
    N: Type, M: Type | None = None, k: Type | None = None, dtype: Type | None = None, *_: Type, **__: Type  # noqa: N803
) -> Type:
    columns = N if M is None or is_none(M) else M
    return Array(given_dtype(dtype, FLOAT_DTYPE), (dim_of(N), dim_of(columns)))


@rule(np.identity)
def _identity(n: Type, dtype: Type | None = None) -> Type:
    return _eye(n, dtype=dtype)  # type: ignore[no-any-return]


@rule(np.tri)
def _tri(N: Type, M: Type | None = None, k: Type | None = None, dtype: Type | None = None) -> Type:  # noqa: N803
    return _eye(N, M, k, dtype)  # type: ignore[no-any-return]


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
def _meshgrid(*xi: Type, indexing: Type | None = None, sparse: Type | None = None, copy: Type | None = None) -> Type:
    if not is_none(sparse):
        raise unknown()
    arrays = [array_of(x) for x in xi]
    if any(array.dims is None for array in arrays):
        raise unknown()
    dims = [product(array.dims or ()) for array in arrays]
    if constant(indexing, "xy") == "xy" and len(dims) > 1:
        dims[:2] = dims[1::-1]
    return Tup(tuple(Array(array.dtype, tuple(dims)) for array in arrays))


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


def _sequence_dtype(arrays: Sequence[Array]) -> DType | None:
    return inexact(promote(*arrays))


__all__ = ["Any", "length_symbol", "numeric_operand"]
