"""What depends on the directions: a seed, all that is computed from it, and the memory that it is stored in.

Memory goes as a whole, as in :mod:`diffcompile.analysis.activity`: where one reference of an alias class holds
something of a direction, each array of that class has an axis for the directions, from its allocation on. What is
computed of a shape alone depends on no direction.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from diffcompile.analysis.aliasing import Aliases, find_aliases
from diffcompile.analysis.effects import writes
from diffcompile.analysis.types import RANGE, SLICE, STRING, SliceOf, Static, Type
from diffcompile.ir.core import Function, Op, Operand, Prim, Value, walk

ATTRIBUTES = {"shape", "ndim", "size", "dtype", "itemsize", "nbytes"}
SHAPES: set[Any] = {np.shape, np.ndim, np.size, np.result_type, np.iscomplexobj, np.isrealobj, len, isinstance, type}
"""Callees that see no more of an array than its shape and its dtype."""


@dataclass(slots=True)
class Reach:
    """Which values have an axis for the directions."""

    aliases: Aliases
    types: dict[Value, Type]
    found: set[Hashable] = field(default_factory=set)

    def has(self, operand: Operand) -> bool:
        """Tell whether ``operand``, or something that it holds, has an axis for the directions."""
        if operand not in self.types or _carries_nothing(self.types[operand]):
            return False  # a constant, or a value that is not of the program
        return any(key in self.found for key in self.aliases.keys(operand))

    def add(self, values: Iterable[Operand]) -> None:
        """Record that values have an axis for the directions."""
        for value in values:
            if isinstance(value, Value):
                self.found.add(self.aliases.keys(value)[0])


def find_reach(function: Function, types: dict[Value, Type], seeds: Iterable[Value]) -> Reach:
    """Return what depends on ``seeds``."""
    reach = Reach(find_aliases(function, types), types)
    reach.add(seeds)
    ops = list(walk(function.body))
    before = -1
    while before != len(reach.found):
        before = len(reach.found)
        for op in ops:
            _spread(reach, op)
    return reach


def looks_at_shapes(op: Op) -> bool:
    """Tell whether ``op`` sees no more of its operands than shapes and dtypes."""
    if op.callee is getattr:
        return getattr(op.operands[1], "value", None) in ATTRIBUTES
    try:
        return op.callee in SHAPES
    except TypeError:
        return False


def _spread(reach: Reach, op: Op) -> None:
    if op.regions:
        for group in groups(op):
            if any(map(reach.has, group)):
                reach.add(group)
        if op.callee is Prim.FOR and reach.has(op.operands[0]):
            reach.add(op.regions[0].params[:1])
        return
    if looks_at_shapes(op) or not any(map(reach.has, op.operands)):
        return
    if writes(op):
        if any(map(reach.has, op.operands[1:])):
            reach.add(op.operands[:1])
        if reach.has(op.operands[0]):
            reach.add(op.results)
        return
    reach.add(op.results)


def groups(op: Op) -> list[tuple[Operand, ...]]:
    """Return, for each result of an operation with regions, what it may be: all have the axis or none has."""
    if op.callee is Prim.IF:
        return [
            (result, *(region.results[number] for region in op.regions)) for number, result in enumerate(op.results)
        ]
    lead = 1 if op.callee is Prim.FOR else 0
    stops = int(op.may_stop)
    return [
        (
            result,
            op.operands[number + lead],
            op.regions[-1].results[number + stops],
            *(region.params[number + lead] for region in op.regions),
        )
        for number, result in enumerate(op.results)
    ]


def _carries_nothing(t: Type) -> bool:
    if isinstance(t, Static):
        return not isinstance(t.value, int | float | complex)
    return isinstance(t, SliceOf) or t in (STRING, SLICE, RANGE)


__all__ = ["Reach", "find_reach", "groups", "looks_at_shapes"]
