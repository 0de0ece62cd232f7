"""Functions that join arrays, and those that take them apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from diffcompile.analysis.infer.operands import array_of, counted, parts_of, promote, value_of
from diffcompile.analysis.infer.shaping import at_least
from diffcompile.analysis.infer.sizes import equal_dims, product, sized, total
from diffcompile.analysis.infer.table import given_dtype, is_none, one_axis, refuse_out, rule, unknown
from diffcompile.analysis.types import BOTTOM, UNKNOWN_DIM, Array, Dim, Lst, Static, Tup, Type


def concatenated(parts: list[Array], axis: Type | None, whole: bool, dtype: Type | None = None) -> Array:
    """Return the type of arrays joined along an axis; there may be more than are known unless ``whole``."""
    found = given_dtype(dtype, promote(*parts))
    if is_none(axis) and axis is not None:
        dims = [product(part.dims) if part.dims is not None else UNKNOWN_DIM for part in parts]
        return Array(found, (total(dims) if whole else UNKNOWN_DIM,))
    known = [part.dims for part in parts if part.dims is not None]
    if not known:
        return Array(found, None)
    number = one_axis(axis, len(known[0]), 0)
    along = total([dims[number] for dims in known]) if whole and len(known) == len(parts) else UNKNOWN_DIM
    rest = equal_dims(*((*dims[:number], *dims[number + 1 :]) for dims in known))
    return Array(found, (*rest[:number], along, *rest[number:]))


def _is_whole(arrays: Type) -> bool:
    """Tell whether all arrays of a sequence are known one by one."""
    return isinstance(arrays, Tup) or (isinstance(arrays, Array) and isinstance(counted(arrays).key, int))


@rule(np.concatenate)
def _concatenate(
    arrays: Type,
    axis: Type | None = None,
    out: Type | None = None,
    *,
    dtype: Type | None = None,
    casting: Type | None = None,
) -> Type:
    refuse_out(out)
    return concatenated(parts_of(arrays), axis, _is_whole(arrays), dtype)


@rule(np.stack)
def _stack(
    arrays: Type,
    axis: Type | None = None,
    out: Type | None = None,
    *,
    dtype: Type | None = None,
    casting: Type | None = None,
) -> Type:
    refuse_out(out)
    parts = parts_of(arrays)
    found = given_dtype(dtype, promote(*parts))
    known = [part.dims for part in parts if part.dims is not None]
    if not known:
        return Array(found, None)
    dims = equal_dims(*known)
    number = one_axis(axis, len(dims) + 1, 0)
    return Array(found, (*dims[:number], counted(arrays), *dims[number:]))


def _side_by_side(
    axis: int | None, prepare: Callable[[tuple[Dim, ...]], tuple[Dim, ...]]
) -> Callable[..., Type]:
    def rule_of_stack(tup: Type, *, dtype: Type | None = None, casting: Type | None = None) -> Type:
        parts = [
            Array(part.dtype, None if part.dims is None else prepare(part.dims)) for part in parts_of(tup)
        ]
        number = axis
        if number is None:  # along the first axis if that is all there is
            ranks = {part.rank for part in parts}
            if None in ranks:
                return Array(given_dtype(dtype, promote(*parts)), None)
            number = 0 if ranks == {1} else 1
        return concatenated(parts, Static(number), _is_whole(tup), dtype)

    return rule_of_stack


def _raised(rank: int) -> Callable[[tuple[Dim, ...]], tuple[Dim, ...]]:
    def prepare(dims: tuple[Dim, ...]) -> tuple[Dim, ...]:
        return at_least(rank, dims) or ()

    return prepare


def _column(dims: tuple[Dim, ...]) -> tuple[Dim, ...]:
    return (*(dims or (sized(1),)), sized(1)) if len(dims) < 2 else dims  # noqa: PLR2004


rule(np.vstack)(_side_by_side(0, _raised(2)))
rule(np.hstack)(_side_by_side(None, _raised(1)))
rule(np.dstack)(_side_by_side(2, _raised(3)))
rule(np.column_stack)(_side_by_side(1, _column))


@rule(np.append)
def _append(arr: Type, values: Type, axis: Type | None = None) -> Type:
    return concatenated([array_of(arr), array_of(values)], Static(None) if axis is None else axis, True)


@rule(np.block)
def _block(arrays: Type) -> Type:
    if not isinstance(arrays, Lst):
        raise unknown()
    return Array(promote(*_leaves(arrays)), None)


def _leaves(arrays: Type) -> list[Array]:
    if isinstance(arrays, Lst) and arrays.item is not BOTTOM:
        return _leaves(arrays.item)
    if isinstance(arrays, Tup):
        raise unknown()  # np.block takes lists only
    return [array_of(arrays)]


@rule(np.unstack)
def _unstack(x: Type, *, axis: Type | None = None) -> Type:
    array = array_of(x)
    if array.dims is None:
        raise unknown()
    number = one_axis(axis, len(array.dims), 0)
    size = array.dims[number].key
    if not isinstance(size, int):
        raise unknown()
    return Tup((value_of(array.dtype, (*array.dims[:number], *array.dims[number + 1 :])),) * size)


# -- functions that return lists ----------------------------------------------------------------------------

LISTS: dict[object, Callable[..., Type]] = {}


def _parts_along(axis: int | None) -> Callable[..., Type]:
    def item(ary: Type, indices_or_sections: Type, given: Type | None = None, **keywords: Type) -> Type:
        array = array_of(ary)
        if array.dims is None:
            return Array(array.dtype, None)
        number = axis if axis is not None else one_axis(keywords.get("axis", given), len(array.dims), 0)
        if axis == 1 and len(array.dims) == 1:
            number = 0
        return Array(array.dtype, (*array.dims[:number], UNKNOWN_DIM, *array.dims[number + 1 :]))

    return item


LISTS.update({np.split: _parts_along(None), np.array_split: _parts_along(None), np.vsplit: _parts_along(0)})
LISTS.update({np.hsplit: _parts_along(1), np.dsplit: _parts_along(2)})
