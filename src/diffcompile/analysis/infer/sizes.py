"""Arithmetic on the lengths of axes.

The value of a symbol is an exact integer, which may be negative (``n - 5``). The length of an axis with key
``k`` is the value of ``k``, or 0 if that is negative, as slices and ``np.arange`` have it; so ``len(x)`` is
``("length", k)`` where ``k`` may be negative, and does not fold with what is added to it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from diffcompile.analysis.infer.table import unknown
from diffcompile.analysis.types import (
    ONE,
    UNKNOWN_DIM,
    Array,
    Dim,
    Scalar,
    SliceOf,
    Static,
    Tup,
    Type,
    evaluated,
    plain,
    same_dim,
)

DEEPEST = 5
"""Keys of keys are given up beyond this depth, so that a long program does not make long keys."""
_BASE = ("arg", "axis", "value")
_NEVER_NEGATIVE = (
    "arg",
    "axis",
    "length",
    "broadcast",
    "product",
    "sum",
    "slice",
    "range",
    "reshape",
    "function",
)


def keyed(key: Hashable, not_one: bool = False) -> Dim:
    """Return the axis with a key, whose length may be known."""
    size = evaluated(key)
    if size is None:
        return Dim(key, not_one)
    return ONE if max(size, 0) == 1 else Dim(key, True)


def integer_symbol(kind: str, left: Type, right: Type) -> Hashable | None:
    """Return the symbol of an integer computed from two, if it follows from the sizes of arguments."""
    key = compound(kind, *(t.value if isinstance(t, Static) else getattr(t, "symbol", None) for t in (left, right)))
    return key if key is not None and evaluated(key) is not None else None


def sized(size: int) -> Dim:
    """Return the axis of a length that is known; negative means empty."""
    return ONE if size == 1 else Dim(max(int(size), 0), True)


def compound(*parts: Hashable) -> Hashable | None:
    """Return the key of a length that is a function of others; None if one is unknown or it is too deep."""
    if any(part is None for part in parts) or _depth(parts) > DEEPEST:
        return None
    return parts


def _depth(key: Hashable) -> int:
    if not isinstance(key, tuple) or (key and key[0] in _BASE):
        return 0
    return 1 + max(map(_depth, key), default=0)


def offset_key(key: Hashable, offset: int) -> Hashable:
    """Return the symbol of an integer that is greater than ``key`` by ``offset``."""
    match key:
        case int():
            return key + offset
        case ("offset", base, int(by)):
            key, offset = base, by + offset
    return key if offset == 0 else ("offset", key, offset)


def length_symbol(key: Hashable) -> Hashable:
    """Return the symbol of the integer that is the length of an axis with this key."""
    if isinstance(key, int):
        return max(key, 0)
    return key if key is None or _never_negative(key) else ("length", key)


def _never_negative(key: Hashable) -> bool:
    match key:
        case ("offset", base, int(by)):
            return by > 0 and _never_negative(base)
        case (str(tag), *_):
            return tag in _NEVER_NEGATIVE
    return False


def key_of_length(symbol: Hashable) -> Hashable:
    """Return the key of an axis whose length is the integer behind a symbol."""
    match symbol:
        case ("length", key):
            return key
        case ("offset", ("length", key), int(by)) if by < 0:
            return offset_key(key, by)  # cutting off what is cut off already
    return symbol


def dim_scalar(dim: Dim) -> Type:
    """Return the type of the integer that is the length of an axis."""
    if isinstance(dim.key, int):
        return Static(max(dim.key, 0))
    return Scalar("i", None, length_symbol(dim.key))


def dim_of(t: Type) -> Dim:
    """Return the axis whose length is the integer ``t``."""
    if isinstance(t, Static) and isinstance(t.value, int | np.integer):
        return sized(int(t.value))
    symbol = getattr(t, "symbol", None)
    return keyed(key_of_length(symbol)) if symbol is not None else UNKNOWN_DIM


def longer(dim: Dim, by: int) -> Dim:
    """Return an axis that is longer by a number, or shorter (but never negative) by a negative one."""
    if by == 0:
        return dim
    if isinstance(dim.key, int):
        return sized(max(dim.key, 0) + by)
    if dim.key is None:
        return Dim(None, by > 1)
    if by < 0:
        return keyed(offset_key(dim.key, by))
    return keyed(key_of_length(offset_key(length_symbol(dim.key), by)), by > 1)


def product(dims: Sequence[Dim]) -> Dim:
    """Return the axis that runs over all elements of some axes."""
    dims = [dim for dim in dims if dim != ONE]
    if len(dims) <= 1:
        return dims[0] if dims else ONE
    if all(isinstance(dim.key, int) for dim in dims):
        return sized(math.prod(dim.key for dim in dims if isinstance(dim.key, int)))
    return keyed(compound("product", *(dim.key for dim in dims)), any(dim.not_one for dim in dims))


def total(dims: Sequence[Dim]) -> Dim:
    """Return the axis that is made by joining some axes end to end."""
    known = sum(max(dim.key, 0) for dim in dims if isinstance(dim.key, int))
    others = [dim for dim in dims if not isinstance(dim.key, int)]
    if not others:
        return sized(known)
    if len(others) == 1:
        return longer(others[0], known)
    return Dim(compound("sum", known, *(dim.key for dim in others)), known > 1)


def function_of(name: str, dim: Dim, *constants: Hashable) -> Dim:
    """Return the axis whose length is some function of another's."""
    return Dim(compound("function", name, dim.key, *map(_tagged, constants)))


def _tagged(constant: Hashable) -> Hashable:
    return ("constant", type(constant).__name__, constant)


def broadcast_dim(left: Dim, right: Dim) -> Dim:
    """Return the axis that two axes are broadcast to."""
    if left == ONE or same_dim(left, right):
        return right
    if right == ONE or left.not_one:
        return left
    if right.not_one:
        return right
    return Dim(compound("broadcast", left.key, right.key))


def broadcast(*operands: tuple[Dim, ...]) -> tuple[Dim, ...]:
    """Return the axes of a broadcast."""
    result: tuple[Dim, ...] = ()
    for dims in operands:
        rank = max(len(result), len(dims))
        left = (ONE,) * (rank - len(result)) + result
        right = (ONE,) * (rank - len(dims)) + dims
        result = tuple(map(broadcast_dim, left, right))
    return result


def equal_dims(*operands: tuple[Dim, ...]) -> tuple[Dim, ...]:
    """Return the axes of arrays that are known to have one shape, taking what is known of each."""
    return tuple(max(dims, key=_knowledge) for dims in zip(*operands, strict=True))


def _knowledge(dim: Dim) -> int:
    return 2 * isinstance(dim.key, int) + (dim.key is not None) + dim.not_one


def shape_dims(t: Type) -> tuple[Dim, ...] | None:
    """Return the axes that a shape argument asks for, or None."""
    if isinstance(t, Tup):
        return tuple(map(dim_of, t.items))
    return (dim_of(t),) if isinstance(plain(t), Scalar) else None


def shape_type(t: Type) -> Type:
    """Return the type of ``np.shape(x)``."""
    t = plain(t)
    if isinstance(t, Scalar):
        return Tup(())
    if isinstance(t, Array) and t.dims is not None:
        return Tup(tuple(map(dim_scalar, t.dims)))
    raise unknown()


# -- slices -------------------------------------------------------------------------------------------------


Bound = tuple[str, Any]
"""A part of a slice: ``("at", number or None)``, or ``("symbol", the symbol of an integer)``."""
_LEFT_OUT: Bound = ("at", None)


def slice_dim(dim: Dim, part: SliceOf) -> Dim:
    """Return the axis that a slice takes of an axis."""
    bounds = [bound for t in part.parts if (bound := _bound(t)) is not None]
    if len(bounds) != 3:  # noqa: PLR2004
        return UNKNOWN_DIM
    start, stop, step = bounds
    if step == _LEFT_OUT:
        step = ("at", 1)
    if step == ("at", 1) and start == _LEFT_OUT:
        start = ("at", 0)
    if (step, start, stop) in ((("at", 1), ("at", 0), _LEFT_OUT), (("at", -1), _LEFT_OUT, _LEFT_OUT)):
        return dim
    if dim.key is None:
        return UNKNOWN_DIM
    if step == ("at", 1) and start[0] == "at" and start[1] >= 0:
        cut = _cut_off_at_the_end(dim, stop)
        if cut is not None:
            return longer(dim, -cut - start[1])
    if isinstance(dim.key, int) and all(tag == "at" for tag, _ in (start, stop, step)):
        return sized(len(range(*slice(start[1], stop[1], step[1]).indices(dim.key))))
    return keyed(compound("slice", dim.key, start, stop, step))


def _bound(t: Type) -> Bound | None:
    """Return a part of a slice, None if it is not known."""
    if isinstance(t, Static):
        return ("at", None if t.value is None else operator.index(t.value))
    symbol = getattr(t, "symbol", None)
    return None if symbol is None else ("symbol", symbol)


def _cut_off_at_the_end(dim: Dim, stop: Bound) -> int | None:
    """Return how many elements before the end a slice stops, if known."""
    tag, bound = stop
    if tag == "at":
        return 0 if bound is None else -bound if bound < 0 else None
    whole = length_symbol(dim.key)
    # a stop of n - 3 is negative for n < 3, and then counts from the end: n = 2 cuts off one element, not three
    return next((cut for cut in (0, 1, 2) if bound == offset_key(whole, -cut)), None)
