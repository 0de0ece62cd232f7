"""Displays that a call makes an array of are tuples: nobody else sees them, and each part has a type of its own.

    before: %9: list[float] = list(%4, %8); %10: float64[:] = numpy.array(%9)
    after:  %9: (float, float) = tuple(%4, %8); %10: float64[2] = numpy.array(%9)

So the array has a size that is known, and its cotangent goes to the parts one by one (`autodiff/collected.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from diffcompile.analysis.types import Array, Lst, Scalar, Static, Tup, plain
from diffcompile.ir.core import Const, Prim, Value
from diffcompile.specialise.items import Item, TupleItem

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

COLLECTING = frozenset((np.array, np.asarray, np.stack, np.vstack, np.hstack, np.column_stack, np.concatenate))
"""What makes an array of the parts of a list or a tuple, whichever it is."""
MOST_PARTS = 16
"""How many numbers or arrays such a display may have: each of them takes its part of the cotangent."""
_NEAR = 60
"""How many operations back a display is looked for."""


def written_out(spec: Specialiser, args: list[Item]) -> list[Item]:
    """Return the arguments of a collecting call, with a tuple in the place of a list that was just written out."""
    found = _as_tuple(spec, args[0]) if args else None
    return args if found is None or len(_leaves(found)) > MOST_PARTS else [found, *args[1:]]


def _as_tuple(spec: Specialiser, item: Item) -> TupleItem | None:
    if isinstance(item, TupleItem):
        return _of_parts(spec, item.items)
    if not isinstance(item, Value) or not isinstance(spec.types[item], Lst):
        return None
    made = None
    for op in reversed(spec.ops[-_NEAR:]):
        if item in op.results:
            made = op
            break
        if item in op.operands and op.callee is not Prim.LIST:
            return None
        if op.regions:
            return None
    if made is None or made.callee is not Prim.LIST or not made.operands or made.attrs.get("starred"):
        return None
    return _of_parts(spec, made.operands)


def _of_parts(spec: Specialiser, operands: Sequence[Item]) -> TupleItem | None:
    parts: list[Item] = []
    for part in operands:
        nested = isinstance(part, TupleItem) or isinstance(plain(spec.type(part)), Lst)
        inner = _as_tuple(spec, part) if nested else part
        if inner is None or not _is_part(spec, inner):
            return None
        parts.append(inner)
    return TupleItem(tuple(parts))


def _is_part(spec: Specialiser, part: Item) -> bool:
    if isinstance(part, TupleItem):
        return True
    t = plain(spec.type(part))
    if isinstance(part, Const):
        return isinstance(t, Scalar | Static) and isinstance(part.value, int | float | complex | np.number)
    if isinstance(t, Tup):
        return False
    return isinstance(t, Scalar | Array)


def _leaves(item: Item) -> list[Item]:
    if isinstance(item, TupleItem):
        return [leaf for part in item.items for leaf in _leaves(part)]
    return [item]


__all__ = ["COLLECTING", "written_out"]
