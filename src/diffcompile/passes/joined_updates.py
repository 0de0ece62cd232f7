"""Contributions to the same items are added to each other first, and to the items once.

    before: x_bar[:-1] += s; x_bar[1:] += t; x_bar[:-1] -= u
    after:  x_bar[1:] += t; x_bar[:-1] += s - u

An update of a part of an array costs two views and a pass over memory that is not contiguous. Only in the reverse
sweep, where the order of contributions means nothing.
"""

from __future__ import annotations

import operator
from collections.abc import Hashable
from dataclasses import replace
from typing import Any

from diffcompile.analysis.aliasing import AliasClass, Aliases, find_aliases
from diffcompile.analysis.infer import infer, same_shape
from diffcompile.analysis.references import is_reference
from diffcompile.analysis.types import Array, Scalar, Static, Type, plain
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value, walk
from diffcompile.passes.clean import place_of
from diffcompile.passes.turns import PRODUCTS
from diffcompile.passes.versions import referred

SIGNS = (operator.add, operator.sub)


def join_updates(function: Function, types: dict[Value, Type]) -> Function:
    """Return ``function`` with updates of the same items in its reverse sweep joined."""
    if sum(op.callee in (Prim.UPDATE, Prim.UPDATE_ITEM) for op in walk(function.body)) < 2:  # noqa: PLR2004
        return function
    joining = _Joining(types, find_aliases(function, types))
    body = joining.block(function.body, inside=False)
    return replace(function, body=body) if joining.done else function


class _Joining:
    def __init__(self, types: dict[Value, Type], aliases: Aliases) -> None:
        self.types = types
        self.aliases = aliases
        self.makers: dict[Value, Op] = {}
        self.done = False

    def block(self, block: Block, *, inside: bool) -> Block:
        ops: list[Op] = []
        waiting: dict[Hashable, list[int]] = {}
        """Updates that nothing has looked at the result of, by place."""
        groups: list[list[int]] = []
        for old in block.ops:
            op = old
            if op.callee is Prim.SECTION:
                inside = op.attrs["title"] == "reverse sweep"
            if op.regions:
                op = replace(op, regions=tuple(self.block(region, inside=inside) for region in op.regions))
            self.makers.update(dict.fromkeys(op.results, op))
            place = self.place(op) if inside else None
            ops.append(op)
            if place is None:
                self.forget(op, waiting, ops)
                continue
            read = {self.aliases.of(operand) for operand in op.operands[1:]} - {None}
            self.forget_classes(read, waiting, ops)
            if place in waiting and self.alike(ops[waiting[place][0]].operands[-1], op.operands[-1]):
                waiting[place].append(len(ops) - 1)
            elif place not in waiting and self.is_term(op.operands[-1]):
                waiting[place] = [len(ops) - 1]
                groups.append(waiting[place])
        new: dict[int, list[Op]] = {}
        for group in groups:
            if len(group) > 1:
                new.update((number, []) for number in group[:-1])
                self.done = True
                new[group[-1]] = self.joined([ops[number] for number in group])
        return replace(block, ops=tuple(made for number, op in enumerate(ops) for made in new.get(number, [op])))

    def place(self, op: Op) -> Hashable:
        """Return which items an update adds to; None if it is no such update."""
        if op.callee not in (Prim.UPDATE, Prim.UPDATE_ITEM) or op.attrs["op"] not in SIGNS:
            return None
        base = op.operands[0]
        if not isinstance(base, Value) or not isinstance(plain(self.types[base]), Array):
            return None
        if op.callee is Prim.UPDATE_ITEM:
            index = place_of(op.operands[1], self.makers)
            return None if index is None else (base, index)
        view = self.makers.get(base)
        if view is None or view.callee is not operator.getitem or not is_reference(view, self.types):
            return None
        index = place_of(view.operands[1], self.makers)
        return None if index is None else (view.operands[0], index)

    def forget(self, op: Op, waiting: dict[Hashable, list[int]], ops: list[Op]) -> None:
        """Leave updates alone of memory that an operation looks at or changes."""
        if not waiting or (not op.regions and is_reference(op, self.types)):
            return
        inner = (op, *(other for region in op.regions for other in walk(region)))
        found: set[AliasClass | None] = {self.aliases.of(operand) for other in inner for operand in other.operands}
        found |= {self.aliases.of(result) for region in op.regions for result in region.results}
        self.forget_classes(found, waiting, ops)

    def forget_classes(
        self, found: set[AliasClass | None], waiting: dict[Hashable, list[int]], ops: list[Op]
    ) -> None:
        for place, numbers in list(waiting.items()):
            if self.aliases.of(ops[numbers[0]].operands[0]) in found:
                del waiting[place]

    def joined(self, updates: list[Op]) -> list[Op]:
        """Return the operations that stand for several updates."""
        counts: dict[Value, int] = {}
        for op in updates:
            value = op.operands[-1]
            assert isinstance(value, Value)
            counts[value] = counts.get(value, 0) + (1 if op.attrs["op"] is operator.add else -1)
        made: list[Op] = []
        total: Value | None = None
        negative = all(count <= 0 for count in counts.values())
        for value, count in sorted(counts.items(), key=lambda item: item[1] < 0):
            if count == 0:
                continue
            term = value if abs(count) == 1 else self.emit(made, operator.mul, *self.scaled(value, abs(count)))
            if total is None:
                total = term
            else:
                total = self.emit(made, operator.add if negative or count > 0 else operator.sub, total, term)
        if total is None:
            return []
        last = updates[-1]
        sign = operator.sub if negative else operator.add
        return [*made, replace(last, operands=(*last.operands[:-1], total), attrs={**last.attrs, "op": sign})]

    def scaled(self, value: Value, count: int) -> tuple[Operand, Operand]:
        """Return a number and what it is multiplied with, which must still be what it was."""
        op = self.makers.get(value)
        if op is not None and op.callee is operator.mul and isinstance(op.operands[0], Const):
            factor = op.operands[0].value
            if type(factor) is float and not self.is_written(op.operands[1]):
                return Const(count * factor), op.operands[1]
        return Const(float(count)), value

    def emit(self, ops: list[Op], callee: Any, left: Operand, right: Operand) -> Value:
        types = [self.types[o] if isinstance(o, Value) else Static(o.value) for o in (left, right)]
        result = Value()
        self.types[result] = infer(callee, types, {})
        ops.append(Op(callee, (left, right), (result,)))
        return result

    def is_term(self, value: Operand) -> bool:
        """Tell whether a contribution is a number or an array that stays as it is, and cheap to add to another."""
        if not isinstance(value, Value):
            return False
        t = plain(self.types[value])
        if self.is_written(value) or self.is_product(value):
            return False
        if isinstance(t, Scalar):
            return t.kind == "f" and t.dtype != "?"
        return isinstance(t, Array) and t.dtype is not None and t.dtype.kind in "fc"

    def is_written(self, operand: Operand) -> bool:
        """Tell whether somebody writes to the memory of a value."""
        node = self.aliases.of(referred(operand, self.makers)) if isinstance(operand, Value) else None
        return node is not None and node.written

    def alike(self, x: Operand, y: Operand) -> bool:
        """Tell whether two contributions are numbers, or arrays of one shape and dtype."""
        if not isinstance(x, Value) or not isinstance(y, Value) or not self.is_term(y):
            return False
        left, right = plain(self.types[x]), plain(self.types[y])
        if isinstance(left, Scalar) and isinstance(right, Scalar):
            return left.dtype == right.dtype
        return (
            isinstance(left, Array)
            and isinstance(right, Array)
            and same_shape(left, right)
            and left.dtype == right.dtype
        )

    def is_product(self, operand: Operand) -> bool:
        """Tell whether it is better to add a contribution where it is made: see :mod:`diffcompile.passes.turns`."""
        op = self.makers.get(operand) if isinstance(operand, Value) else None
        return op is not None and op.callee in PRODUCTS and isinstance(plain(self.types[op.result]), Array)


__all__ = ["join_updates"]
