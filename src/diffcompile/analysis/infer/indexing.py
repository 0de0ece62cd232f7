"""Items: what indexing takes of arrays, tuples, lists and dicts."""

from __future__ import annotations

import operator

import numpy as np

from diffcompile.analysis.infer.arithmetic import INT, emptied
from diffcompile.analysis.infer.operands import (
    BOOL_DTYPE,
    INT_DTYPE,
    array_of,
    is_numeric,
    scalar_of,
    value_of,
)
from diffcompile.analysis.infer.sizes import broadcast, slice_dim
from diffcompile.analysis.infer.table import constant, is_none, one_axis, refuse_out, rule, spread, unknown
from diffcompile.analysis.types import (
    ANY,
    BOTTOM,
    NUMBER,
    ONE,
    RANGE,
    SLICE,
    STRING,
    UNKNOWN_DIM,
    Array,
    Dct,
    Dim,
    Lst,
    Scalar,
    SliceOf,
    Static,
    Tup,
    Type,
    join,
    plain,
)


@rule(operator.getitem)
def getitem(base: Type, index: Type) -> Type:
    """Return the type of ``base[index]``."""
    base, index = spread(base), spread(index)
    match base:
        case Array():
            return _array_item(base, index)
        case Tup():
            return _tuple_item(base, index)
        case Lst():
            if index is SLICE or isinstance(index, SliceOf):
                emptied(base)
                return base
            return base.item if isinstance(plain(index), Scalar) else ANY
        case Dct():
            return base.field(index.value) if isinstance(index, Static) else _any_field(base)
        case Scalar() if base.dtype is not None:  # one of NumPy's numbers, which is an array without axes
            return _array_item(array_of(base), index)
    if base is RANGE and isinstance(plain(index), Scalar):
        return INT
    if base is RANGE and (index is SLICE or isinstance(index, SliceOf)):
        return RANGE
    if base is STRING or (isinstance(base, Static) and isinstance(base.value, str)):
        return STRING
    return NUMBER if base is NUMBER else ANY


def new_axes(base: Type, index: Type) -> tuple[int, ...] | None:
    """Return where an index puts new axes, if it does nothing else: ``(1,)`` for ``x[:, None]``; else None."""
    if not isinstance(base, Array) or base.dims is None:
        return None
    if isinstance(index, Static) and isinstance(index.value, tuple):
        index = Tup(tuple(map(Static, index.value)))
    parts = index.items if isinstance(index, Tup) and index.cls is None else (index,)
    new = tuple(place for place, part in enumerate(parts) if is_none(part))
    others = [part for part in parts if not is_none(part)]
    whole = all(isinstance(part, SliceOf) and all(map(is_none, part.parts)) for part in others)
    return new if new and whole and len(others) <= len(base.dims) else None


def _tuple_item(base: Tup, index: Type) -> Type:
    if isinstance(index, Static) and isinstance(index.value, int):
        number = index.value
        return base.items[number] if -len(base.items) <= number < len(base.items) else ANY
    if isinstance(index, SliceOf):
        return Tup(base.items[slice(*(constant(part) for part in index.parts))])
    if not isinstance(plain(index), Scalar):
        return ANY
    return _any_of(base.items)


def _any_field(base: Dct) -> Type:
    cell = base.cell.root()
    return cell.item if cell.fields is None else _any_of(tuple(cell.fields.values()))


def _any_of(items: tuple[Type, ...]) -> Type:
    result: Type = BOTTOM
    for item in items:
        result = join(result, item)
    return result


def elements(t: Type) -> Type:
    """Return the type of what iterating over ``t`` yields."""
    t = spread(t)
    if (
        isinstance(t, Array | Lst | Tup)
        or t is RANGE
        or t is STRING
        or (isinstance(t, Static) and isinstance(t.value, str))
    ):
        return getitem(t, INT)
    return ANY


# -- arrays -------------------------------------------------------------------------------------------------


def _array_item(base: Array, index: Type) -> Type:
    if not is_numeric(base) and base.dtype is not None and base.dtype.names is not None:
        return ANY
    parts = index.items if isinstance(index, Tup) else (index,)
    taken = index_result(base, parts)
    if taken is None:
        return _vague_item(base, parts)
    if not taken and any(_is_ellipsis(part) for part in parts):
        return Array(base.dtype, ())
    return Array(base.dtype, taken) if taken else scalar_of(base.dtype)


def _vague_item(base: Array, parts: tuple[Type, ...]) -> Type:
    if not is_numeric(base):
        return ANY
    if any(
        isinstance(part, SliceOf) or part is SLICE or _is_ellipsis(part) or _is_new_axis(part)
        for part in parts
    ):
        return Array(base.dtype, None)
    return NUMBER


def _is_ellipsis(part: Type) -> bool:
    return isinstance(part, Static) and part.value is Ellipsis


def _is_new_axis(part: Type) -> bool:
    return isinstance(part, Static) and part.value is None


def _is_integer(part: Type) -> bool:
    return isinstance(t := plain(part), Scalar) and t.kind == "i"


def _index_array(part: Type) -> Array | None:
    """Return the array that an index is, with dtype and axes known; None for another index."""
    if _is_truth(part):
        return Array(BOOL_DTYPE, ())
    if not isinstance(part, Array | Lst | Tup):
        return None
    array = array_of(part)
    if array.dims is None or not is_numeric(array):
        raise unknown()
    if array.dtype is None:
        if isinstance(part, Lst) and isinstance(item := plain(part.item), Scalar) and item.kind == "i":
            return Array(INT_DTYPE, array.dims)  # as an index the empty list is one of integers
        if len(array.dims) == 1:  # a mask or positions: either takes one axis and gives one
            return Array(BOOL_DTYPE, (UNKNOWN_DIM,))
        raise unknown()
    if array.dtype.kind not in "iub":
        raise unknown()
    return array


def index_result(base: Array, parts: tuple[Type, ...]) -> tuple[Dim, ...] | None:
    """Return the axes of ``base[parts]``, or None where they are not known."""
    if base.dims is None:
        return None
    try:
        return _index_dims(base.dims, parts)
    except TypeError:
        return None


def _index_dims(axes: tuple[Dim, ...], parts: tuple[Type, ...]) -> tuple[Dim, ...]:
    arrays = [_index_array(part) for part in parts]
    consumed = sum(map(_consumed, parts, arrays))
    if consumed > len(axes):
        raise unknown()
    if not any(map(_is_ellipsis, parts)):
        parts, arrays = (*parts, Static(Ellipsis)), [*arrays, None]
    advanced = any(array is not None and (array.dims or _is_mask(array)) for array in arrays)
    dims: list[Dim] = []
    picked: list[tuple[Dim, ...]] = []
    place, apart, adjacent = 0, False, False
    axis = 0
    for part, array in zip(parts, arrays, strict=True):
        count = len(axes) - consumed if _is_ellipsis(part) else _consumed(part, array)
        if array is not None or _is_integer(part):  # beside an index array an integer is one too
            if not picked:
                place = len(dims)
            apart = apart or bool(picked and not adjacent)
            picked.append(_picked(array))
        elif _is_ellipsis(part):
            dims += axes[axis : axis + count]
        elif _is_new_axis(part):
            dims.append(ONE)
        else:
            dims.append(slice_dim(axes[axis], part) if isinstance(part, SliceOf) else UNKNOWN_DIM)
        adjacent = array is not None or _is_integer(part)
        axis += count
    if not advanced:
        return tuple(dims)
    place = 0 if apart else place
    return (*dims[:place], *broadcast(*picked), *dims[place:])


def _is_truth(part: Type) -> bool:
    """Tell whether an index is one truth value: it takes no axis, and brings one of length 0 or 1."""
    return isinstance(t := plain(part), Scalar) and t.kind == "b"


def _is_mask(array: Array) -> bool:
    return array.dtype is not None and array.dtype.kind == "b"


def _picked(array: Array | None) -> tuple[Dim, ...]:
    """Return the axes that an integer, an array of integers or a mask brings into the broadcast."""
    if array is None or array.dims is None:
        return ()
    return (UNKNOWN_DIM,) if array.dtype is not None and array.dtype.kind == "b" else array.dims


def _consumed(part: Type, array: Array | None) -> int:
    """Return how many axes an index takes; raises TypeError if unknown."""
    if _is_ellipsis(part) or _is_new_axis(part):
        return 0
    if array is not None:
        assert array.dims is not None and array.dtype is not None
        return len(array.dims) if array.dtype.kind == "b" else 1
    if isinstance(part, SliceOf) or part is SLICE or _is_integer(part):
        return 1
    raise unknown()


# -- functions that take items ------------------------------------------------------------------------------


@rule(np.take)
def _take(
    a: Type, indices: Type, axis: Type | None = None, out: Type | None = None, mode: Type | None = None
) -> Type:
    refuse_out(out)
    array, places = array_of(a), array_of(indices)
    if places.dims is None or array.dims is None:
        return NUMBER
    if is_none(axis):
        return value_of(array.dtype, places.dims)
    number = one_axis(axis, len(array.dims))
    return value_of(array.dtype, (*array.dims[:number], *places.dims, *array.dims[number + 1 :]))


@rule(np.take_along_axis)
def _take_along_axis(arr: Type, indices: Type, axis: Type | None = Static(-1)) -> Type:  # noqa: B008
    array, places = array_of(arr), array_of(indices)
    if array.dims is None or places.dims is None:
        return Array(array.dtype, None)
    if is_none(axis):
        return Array(array.dtype, places.dims)
    number = one_axis(axis, len(array.dims))
    dims = list(broadcast(array.dims, places.dims))
    dims[number] = places.dims[number]
    return Array(array.dtype, tuple(dims))


@rule(np.compress)
def _compress(condition: Type, a: Type, axis: Type | None = None, out: Type | None = None) -> Type:
    refuse_out(out)
    array = array_of(a)
    if is_none(axis):
        return Array(array.dtype, (UNKNOWN_DIM,))
    if array.dims is None:
        return Array(array.dtype, None)
    number = one_axis(axis, len(array.dims))
    return Array(array.dtype, (*array.dims[:number], UNKNOWN_DIM, *array.dims[number + 1 :]))


@rule(np.ndarray.compress)
def _compress_method(self: Type, condition: Type, axis: Type | None = None, out: Type | None = None) -> Type:
    return _compress(condition, self, axis, out)


@rule(np.extract)
def _extract(condition: Type, arr: Type) -> Type:
    return Array(array_of(arr).dtype, (UNKNOWN_DIM,))
