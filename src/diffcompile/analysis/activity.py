"""Which values need a cotangent: those that depend on what is differentiated *and* reach the result."""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import partial

from diffcompile.analysis.aliasing import INTO_ITEMS, Aliases
from diffcompile.analysis.effects import writes
from diffcompile.analysis.references import describes
from diffcompile.analysis.types import Type, may_carry_derivative
from diffcompile.ir.core import Function, Op, Operand, Prim, Value, walk
from diffcompile.rules import registry


@dataclass(slots=True)
class Activity:
    """Memory is active as a whole class; a number is active by itself."""

    aliases: Aliases
    types: dict[Value, Type]
    varied: set[Hashable] = field(default_factory=set)
    useful: set[Hashable] = field(default_factory=set)

    def key(self, operand: Operand) -> Hashable:
        """Return what activity is recorded for: a value, or the class of the memory that it refers to."""
        node = self.aliases.of(operand)
        return operand if node is None else node

    def is_varied(self, operand: Operand) -> bool:
        """Tell whether ``operand`` depends on what is differentiated."""
        return isinstance(operand, Value) and any(key in self.varied for key in self.aliases.keys(operand))

    def is_useful(self, operand: Operand) -> bool:
        """Tell whether the result depends on ``operand``."""
        return isinstance(operand, Value) and any(key in self.useful for key in self.aliases.keys(operand))

    def is_active(self, operand: Operand) -> bool:
        """Tell whether ``operand`` has a cotangent."""
        return (
            isinstance(operand, Value)
            and may_carry_derivative(self.types[operand])
            and self.is_varied(operand)
            and self.is_useful(operand)
        )


def find_activity(
    function: Function, types: dict[Value, Type], aliases: Aliases, inputs: set[Value], outputs: set[Value]
) -> Activity:
    """Return which values of ``function`` are active for these inputs and outputs."""
    activity = Activity(aliases, types)
    ops = list(walk(function.body))
    for value in inputs:
        activity.varied.update(activity.aliases.keys(value))
    _until_stable(activity.varied, partial(_spread_varied, activity), ops)
    for value in outputs:
        activity.useful.update(activity.aliases.keys(value))
    _until_stable(activity.useful, partial(_spread_useful, activity), ops[::-1])
    return activity


def _until_stable(facts: set[Hashable], spread: Callable[[Op], None], ops: list[Op]) -> None:
    before = -1
    while before != len(facts):
        before = len(facts)
        for op in ops:
            spread(op)


def _edges(op: Op) -> list[tuple[Operand, Value]]:
    """Return which values take over which operands in a region operation."""
    edges: list[tuple[Operand, Value]] = []
    if op.callee is Prim.IF:
        for region in op.regions:
            edges += zip(region.results, op.results, strict=True)
        return edges
    lead = 1 if op.callee is Prim.FOR else 0
    stops = int(op.may_stop)
    body = op.regions[-1]
    for number, result in enumerate(op.results):
        for source in (op.operands[number + lead], body.results[number + stops]):
            edges.append((source, result))
            edges += [(source, region.params[number + lead]) for region in op.regions]
    return edges


def _spread_varied(activity: Activity, op: Op) -> None:
    varied = activity.varied
    if op.regions:
        for source, target in _edges(op):
            if activity.is_varied(source) and may_carry_derivative(activity.types[target]):
                varied.update(activity.aliases.keys(target)[:1])
        return
    if not any(map(activity.is_varied, op.operands)):
        return
    if _constant(op):
        return
    for result in op.results:
        if may_carry_derivative(activity.types[result]):
            varied.add(activity.key(result))
    if writes(op) and any(map(activity.is_varied, op.operands[1:])):
        into = activity.aliases.keys(op.operands[0]) if op.callee in INTO_ITEMS else [activity.key(op.operands[0])]
        varied.update(into)


def _spread_useful(activity: Activity, op: Op) -> None:
    useful = activity.useful
    if op.regions:
        for source, target in _edges(op):
            if activity.is_useful(target):
                useful.update(activity.aliases.keys(source))
        return
    if _constant(op):
        return
    reaches = any(map(activity.is_useful, op.results)) or (writes(op) and activity.is_useful(op.operands[0]))
    if reaches:
        for operand in op.operands:
            if isinstance(operand, Value):
                useful.update(activity.aliases.keys(operand))


def _constant(op: Op) -> bool:
    """Tell whether the results of ``op`` carry no derivative, or it cancels (:mod:`diffcompile.passes.shifts`)."""
    if op.attrs.get("constant"):
        return True
    if op.callee is getattr and describes(op):
        return True
    try:
        return op.callee in registry.NONDIFFERENTIABLE or op.callee in _CONSTANT
    except TypeError:
        return False


_CONSTANT = {
    len,
    isinstance,
    int,
    bool,
    str,
    range,
    slice,
    operator.not_,
    operator.is_,
    operator.is_not,
    operator.contains,
}
