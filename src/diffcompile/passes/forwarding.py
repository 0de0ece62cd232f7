"""What was just stored is not loaded again.

    before: b[1:-1] = t; a[1:-1] = b[1:-1]
    after:  b[1:-1] = t; a[1:-1] = t

If nothing else reads ``b``, it is dead then. On the primal: an array less is an array of cotangents less, and its loads
and stores in reverse. Numbers are forwarded by :mod:`diffcompile.passes.common`.
"""

from __future__ import annotations

import operator
from collections.abc import Hashable
from dataclasses import replace

from diffcompile.analysis.aliasing import AliasClass, Aliases, find_aliases
from diffcompile.analysis.effects import is_pure, writes
from diffcompile.analysis.infer import getitem, same_shape
from diffcompile.analysis.references import is_reference
from diffcompile.analysis.types import Array, Static, Type, plain
from diffcompile.ir.core import Block, Function, Op, Operand, Value, walk
from diffcompile.passes.clean import place_of

Place = tuple[Operand, Hashable]


def forward_stores(function: Function, types: dict[Value, Type]) -> Function:
    """Return ``function`` with loads of what was stored just before replaced by that."""
    if not any(op.callee is operator.setitem for op in walk(function.body)):
        return function
    forwarding = _Forwarding(types, find_aliases(function, types))
    return replace(function, body=forwarding.block(function.body))


class _Forwarding:
    def __init__(self, types: dict[Value, Type], aliases: Aliases) -> None:
        self.types = types
        self.aliases = aliases
        self.makers: dict[Value, Op] = {}

    def block(self, block: Block) -> Block:
        stored: dict[Place, Value] = {}
        now: dict[Operand, Operand] = {}
        ops: list[Op] = []
        for number, old in enumerate(block.ops):
            op = replace(old, operands=tuple(now.get(operand, operand) for operand in old.operands)) if now else old
            if op.regions:
                op = replace(op, regions=tuple(map(self.block, op.regions)))
            self.makers.update(dict.fromkeys(op.results, op))
            ops.append(op)
            if op.callee is operator.getitem:
                value = stored.get((op.operands[0], place_of(op.operands[1], self.makers)))
                if value is not None and self.is_read_soon(old, block, number):
                    now[old.result] = value
                    ops.pop()
            self.forget(op, stored)
            if op.callee is operator.setitem and isinstance(op.operands[2], Value) and self.is_kept(op):
                place = place_of(op.operands[1], self.makers)
                if place is not None:
                    stored[op.operands[0], place] = op.operands[2]
        return replace(block, ops=tuple(ops), results=tuple(now.get(result, result) for result in block.results))

    def forget(self, op: Op, stored: dict[Place, Value]) -> None:
        written = {self.aliases.of(operand) for operand in self.written(op)}
        for place in [place for place in stored if self.aliases.of(place[0]) in written]:
            del stored[place]

    def written(self, op: Op) -> list[Operand]:
        """Return what an operation, or one inside it, writes to."""
        inner = (op, *(other for region in op.regions for other in walk(region)))
        return [operand for other in inner if writes(other) or not is_pure(other) for operand in other.operands]

    def is_kept(self, store: Op) -> bool:
        """Tell whether a store keeps its value just as it is, and nobody ever writes to that."""
        base, index, value = store.operands
        t, have = self.type(base), self.type(value)
        if not isinstance(t, Array) or not isinstance(have, Array) or have.dtype is None or have.dtype != t.dtype:
            return False
        node = self.aliases.of(value)
        if node is None or node.written or node.flows or node.extern:
            return False
        return same_shape(getitem(t, self.type(index)), have)

    def type(self, operand: Operand) -> Type:
        return plain(self.types[operand]) if isinstance(operand, Value) else Static(operand.value)

    def is_read_soon(self, load: Op, block: Block, number: int) -> bool:
        """Tell whether a load is only read, in its block, before anything is written to its memory."""
        mine = self.aliases.of(load.result)
        left = _uses(load.result, block)
        for op in block.ops[number + 1 :]:
            if load.result in op.operands:
                if op.regions or (is_reference(op, self.types) and op.operands[0] is load.result):
                    return False
                if writes(op) and (op.callee is not operator.setitem or load.result in op.operands[:2]):
                    return False
                if writes(op) and not isinstance(self.type(op.operands[0]), Array):
                    return False  # a list or a dict would hold the view itself
                if not writes(op) and (not is_pure(op) or not self.lets_go_of(mine, op)):
                    return False
                left -= op.operands.count(load.result)
            if left == 0:
                return True
            if any(self.aliases.of(operand) is mine for operand in self.written(op)):
                return False
        return False

    def lets_go_of(self, node: AliasClass | None, op: Op) -> bool:
        """Tell whether no result of ``op`` refers to memory of a class, or holds something that does."""
        return node is None or not any(key is node for result in op.results for key in self.aliases.keys(result))


def _uses(value: Value, block: Block) -> int:
    count = block.results.count(value)
    for op in block.ops:
        count += op.operands.count(value)
        for region in op.regions:
            count += region.results.count(value)
            for inner in walk(region):
                count += inner.operands.count(value) + sum(r.results.count(value) for r in inner.regions)
    return count


__all__ = ["forward_stores"]
