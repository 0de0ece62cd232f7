"""Functions that give the elements of one array another shape or order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcompile.analysis.infer.operands import array_of, native
from diffcompile.analysis.infer.sizes import (
    broadcast,
    compound,
    dim_of,
    dim_scalar,
    length_symbol,
    longer,
    product,
    shape_dims,
    sized,
)
from diffcompile.analysis.infer.table import constant, is_none, one_axis, rule, some_axes, unknown
from diffcompile.analysis.types import NUMBER, ONE, UNKNOWN_DIM, Array, Dim, Scalar, Static, Tup, Type, plain


def rearranged(a: Type, dims: tuple[Dim, ...] | None) -> Type:
    """Return the type of an array with other axes; from a number NumPy may make a number or an array."""
    if not dims and (isinstance(plain(a), Scalar) or a is NUMBER):
        return NUMBER
    return Array(array_of(a).dtype, dims)


# -- order of axes ------------------------------------------------------------------------------------------


@rule(np.transpose, np.permute_dims)
def transpose(a: Type, axes: Type | None = None) -> Type:
    """Return the type of ``np.transpose(a, axes)``."""
    dims = array_of(a).dims
    if dims is None:
        return rearranged(a, None)
    if is_none(axes):
        return rearranged(a, dims[::-1])
    if not isinstance(axes, Tup):
        return rearranged(a, (UNKNOWN_DIM,) * len(dims))
    return rearranged(a, tuple(dims[number] for number in some_axes(axes, len(dims))))


@rule(np.ndarray.transpose)
def _transpose_method(self: Type, *axes: Type) -> Type:
    return transpose(
        self, Tup(axes) if axes and isinstance(plain(axes[0]), Scalar) else axes[0] if axes else None
    )


@rule(np.matrix_transpose, np.linalg.matrix_transpose)
def _matrix_transpose(x: Type) -> Type:
    dims = array_of(x).dims
    return rearranged(x, None if dims is None else (*dims[:-2], dims[-1], dims[-2]))


@rule(np.swapaxes)
def _swapaxes(a: Type, axis1: Type, axis2: Type) -> Type:
    dims = array_of(a).dims
    if dims is None:
        return rearranged(a, None)
    order = list(dims)
    first, second = one_axis(axis1, len(dims)), one_axis(axis2, len(dims))
    order[first], order[second] = order[second], order[first]
    return rearranged(a, tuple(order))


@rule(np.moveaxis)
def _moveaxis(a: Type, source: Type, destination: Type) -> Type:
    dims = array_of(a).dims
    if dims is None or not all(isinstance(t, Static | Tup) for t in (source, destination)):
        return rearranged(a, None if dims is None else (UNKNOWN_DIM,) * len(dims))
    places = np.moveaxis(np.empty(tuple(range(len(dims)))), constant(source), constant(destination)).shape
    return rearranged(a, tuple(dims[number] for number in places))


@rule(np.rollaxis)
def _rollaxis(a: Type, axis: Type, start: Type | None = None) -> Type:
    dims = array_of(a).dims
    if dims is None:
        return rearranged(a, None)
    places = np.rollaxis(np.empty(tuple(range(len(dims)))), constant(axis), constant(start, 0)).shape
    return rearranged(a, tuple(dims[number] for number in places))


@rule(np.rot90)
def _rot90(m: Type, k: Type | None = None, axes: Type | None = None) -> Type:
    dims = array_of(m).dims
    times = constant(k, 1)
    if dims is None:
        return rearranged(m, None)
    first, second = some_axes(axes, len(dims)) if axes is not None else (0, 1)
    order = list(dims)
    if times % 2:
        order[first], order[second] = order[second], order[first]
    return rearranged(m, tuple(order))


@rule(np.flip, np.flipud, np.fliplr, np.roll)
def _same(m: Type, *rest: Type, **keywords: Type) -> Type:
    array = array_of(m)
    return array if array.dims else rearranged(NUMBER, array.dims)


@rule(np.triu, np.tril)
def _triangle(m: Type, k: Type | None = None) -> Type:
    array = array_of(m)
    if not array.dims:
        return Array(array.dtype if array.dtype is not None and array.dtype.isnative else None, None)
    if len(array.dims) == 1:
        return Array(native(array.dtype), array.dims * 2)
    return Array(array.dtype, array.dims)


# -- shapes -------------------------------------------------------------------------------------------------


@rule(np.reshape)
def _reshape(a: Type, shape: Type, order: Type | None = None, **_: Type) -> Type:
    array = array_of(a)
    if not isinstance(shape, Tup):
        if not isinstance(plain(shape), Scalar):
            return rearranged(a, None)
        shape = Tup((shape,))
    return rearranged(a, tuple(_asked(array, shape, number) for number in range(len(shape.items))))


def _asked(array: Array, shape: Tup, number: int) -> Dim:
    """Return the axis that one size of a new shape asks for: -1 takes what the others leave."""
    size = shape.items[number]
    if isinstance(size, Static):
        return _left_over(array, shape, number) if size.value < 0 else dim_of(size)
    dim = dim_of(size)
    if dim.key is None or length_symbol(dim.key) == getattr(size, "symbol", None):  # a length: not negative
        return dim
    return _function_of_shape(array, shape, number)


def _left_over(array: Array, shape: Tup, number: int) -> Dim:
    if array.dims is None:
        return UNKNOWN_DIM
    others = [dim_of(item) for place, item in enumerate(shape.items) if place != number]
    if not others:
        return product(array.dims)
    return _function_of_shape(array, shape, number)


def _function_of_shape(array: Array, shape: Tup, number: int) -> Dim:
    if array.dims is None:
        return UNKNOWN_DIM
    asked: list[Any] = [t.value if isinstance(t, Static) else getattr(t, "symbol", None) for t in shape.items]
    whole: list[Any] = [dim.key for dim in array.dims]
    if all(isinstance(key, int) for key in (*asked, *whole)):
        others = math.prod(size for place, size in enumerate(asked) if place != number)
        return sized(math.prod(whole) // others)
    return Dim(
        compound("reshape", number, tuple(asked), tuple(whole)) if None not in (*asked, *whole) else None
    )


@rule(np.ndarray.reshape)
def _reshape_method(self: Type, *shape: Type, **keywords: Type) -> Type:
    return _reshape(self, shape[0] if len(shape) == 1 else Tup(shape))


@rule(np.ravel, np.ndarray.flatten)
def _ravel(a: Type, *_: Type, **__: Type) -> Type:
    array = array_of(a)
    return Array(array.dtype, (UNKNOWN_DIM if array.dims is None else product(array.dims),))


@rule(np.expand_dims)
def _expand_dims(a: Type, axis: Type) -> Type:
    dims = array_of(a).dims
    if dims is None:
        return rearranged(a, None)
    given = axis if isinstance(axis, Tup) else Tup((axis,))
    places = some_axes(given, len(dims) + len(given.items))
    rest = iter(dims)
    return Array(
        array_of(a).dtype, tuple(ONE if k in places else next(rest) for k in range(len(dims) + len(places)))
    )


@rule(np.squeeze)
def _squeeze(a: Type, axis: Type | None = None) -> Type:
    dims = array_of(a).dims
    if dims is None:
        return rearranged(a, None)
    if not is_none(axis):
        gone = some_axes(axis, len(dims))
    elif all(dim == ONE or dim.not_one for dim in dims):
        gone = tuple(number for number, dim in enumerate(dims) if dim == ONE)
    else:
        return rearranged(a, None)
    return rearranged(a, tuple(dim for number, dim in enumerate(dims) if number not in gone))


def at_least(rank: int, dims: tuple[Dim, ...] | None) -> tuple[Dim, ...] | None:
    """Return the axes of ``np.atleast_1d`` and its like."""
    if dims is None or len(dims) >= rank:
        return dims
    match rank, dims:
        case 1, ():
            return (ONE,)
        case 2, _:
            return (ONE, *(dims or (ONE,)))
        case 3, (rows, columns):
            return (rows, columns, ONE)
    return (ONE, *(dims or (ONE,)), ONE)


def _at_least(rank: int) -> Any:
    def rule_of_rank(*arys: Type) -> Type:
        found = tuple(Array(array_of(a).dtype, at_least(rank, array_of(a).dims)) for a in arys)
        return found[0] if len(found) == 1 else Tup(found)

    return rule_of_rank


rule(np.atleast_1d)(_at_least(1))
rule(np.atleast_2d)(_at_least(2))
rule(np.atleast_3d)(_at_least(3))


@rule(np.broadcast_to)
def _broadcast_to(array: Type, shape: Type, subok: Type | None = None) -> Type:
    return Array(array_of(array).dtype, shape_dims(shape))


@rule(np.broadcast_shapes)
def _broadcast_shapes(*args: Type) -> Type:
    known = [dims for arg in args if (dims := shape_dims(arg)) is not None]
    if len(known) < len(args):
        raise unknown()
    return Tup(tuple(map(dim_scalar, broadcast(*known))))


@rule(np.broadcast_arrays)
def _broadcast_arrays(*args: Type, subok: Type | None = None) -> Type:
    arrays = [array_of(arg) for arg in args]
    known = [array.dims for array in arrays if array.dims is not None]
    dims = broadcast(*known) if len(known) == len(arrays) else None
    return Tup(tuple(Array(array.dtype, dims) for array in arrays))


@rule(np.resize)
def _resize(a: Type, new_shape: Type) -> Type:
    return rearranged(a, shape_dims(new_shape))


# -- diagonals ----------------------------------------------------------------------------------------------


@rule(np.diagonal)
def _diagonal(
    a: Type, offset: Type | None = None, axis1: Type | None = None, axis2: Type | None = None
) -> Type:
    array = array_of(a)
    if array.dims is None:
        return rearranged(a, None)
    rank = len(array.dims)
    gone = one_axis(axis1, rank, 0), one_axis(axis2, rank, 1)
    rest = tuple(dim for number, dim in enumerate(array.dims) if number not in gone)
    return Array(array.dtype, (*rest, _diagonal_dim(array.dims[gone[0]], array.dims[gone[1]], offset)))


@rule(np.linalg.diagonal)
def _linalg_diagonal(x: Type, *, offset: Type | None = None) -> Type:
    return _diagonal(x, offset, Static(-2), Static(-1))


def _diagonal_dim(rows: Dim, columns: Dim, offset: Type | None) -> Dim:
    k = constant(offset, 0)
    if rows.key is not None and rows.key == columns.key:
        return longer(rows, -abs(k))
    if isinstance(rows.key, int) and isinstance(columns.key, int):
        return sized(min(rows.key + min(k, 0), columns.key - max(k, 0)))
    return Dim(compound("function", "diagonal", rows.key, columns.key, k))


@rule(np.diag)
def _diag(v: Type, k: Type | None = None) -> Type:
    array = array_of(v)
    if array.dims is None:
        return Array(array.dtype, None)
    if len(array.dims) == 1:
        side = longer(array.dims[0], abs(constant(k, 0)))
        return Array(array.dtype, (side, side))
    return _diagonal(v, k)


@rule(np.diagflat)
def _diagflat(v: Type, k: Type | None = None) -> Type:
    array = array_of(v)
    side = UNKNOWN_DIM if array.dims is None else longer(product(array.dims), abs(constant(k, 0)))
    return Array(array.dtype, (side, side))


# -- repetition ---------------------------------------------------------------------------------------------


def _times(dim: Dim, count: Type) -> Dim:
    """Return the axis that holds ``dim`` several times."""
    return product((dim, dim_of(count))) if isinstance(plain(count), Scalar) else UNKNOWN_DIM


@rule(np.tile)
def _tile(A: Type, reps: Type) -> Type:  # noqa: N803
    array = array_of(A)
    if array.dims is None or (not isinstance(reps, Tup) and not isinstance(plain(reps), Scalar)):
        return Array(array.dtype, None)
    counts = reps.items if isinstance(reps, Tup) else (reps,)
    rank = max(len(array.dims), len(counts))
    counts = ((Static(1),) * (rank - len(counts))) + counts
    dims = (ONE,) * (rank - len(array.dims)) + array.dims
    return Array(array.dtype, tuple(map(_times, dims, counts)))


@rule(np.repeat)
def _repeat(a: Type, repeats: Type, axis: Type | None = None) -> Type:
    array = array_of(a)
    count = repeats if isinstance(plain(repeats), Scalar) else None
    if array.dims is None:
        return Array(array.dtype, (UNKNOWN_DIM,) if is_none(axis) else None)
    if is_none(axis):
        return Array(array.dtype, (_times(product(array.dims), count) if count is not None else UNKNOWN_DIM,))
    number = one_axis(axis, len(array.dims))
    dims = list(array.dims)
    dims[number] = _times(dims[number], count) if count is not None else UNKNOWN_DIM
    return Array(array.dtype, tuple(dims))


@rule(np.pad)
def _pad(array: Type, pad_width: Type, mode: Type | None = None, **_: Type) -> Type:
    x = array_of(array)
    if x.dims is None:
        return Array(x.dtype, None)
    try:
        widths = np.broadcast_to(np.asarray(constant(pad_width)), (len(x.dims), 2)).tolist()
    except (TypeError, ValueError):
        return Array(x.dtype, (UNKNOWN_DIM,) * len(x.dims))
    return Array(
        x.dtype,
        tuple(longer(dim, before + after) for dim, (before, after) in zip(x.dims, widths, strict=True)),
    )


@rule(np.delete)
def _delete(arr: Type, obj: Type, axis: Type | None = None) -> Type:
    return _resized_along(arr, axis)


@rule(np.insert)
def _insert(arr: Type, obj: Type, values: Type, axis: Type | None = None) -> Type:
    return _resized_along(arr, axis)


def _resized_along(arr: Type, axis: Type | None) -> Type:
    x = array_of(arr)
    if is_none(axis):
        return Array(x.dtype, (UNKNOWN_DIM,))
    if x.dims is None:
        return Array(x.dtype, None)
    number = one_axis(axis, len(x.dims))
    return Array(x.dtype, (*x.dims[:number], UNKNOWN_DIM, *x.dims[number + 1 :]))
