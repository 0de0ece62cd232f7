"""A reverse loop that takes a saved number in each trip goes over the numbers themselves.

    before: for _ in reversed(range(n)): y = saved_y.pop(); ...
    after:  for y in reversed(saved_y): ...

A list of saved values is filled by the forward sweep and emptied by the reverse sweep. A loop beside the place where
the list was made takes all of it, so that its trips and the items of the list agree. That is quicker than a call of
``pop`` in each trip, and how one would write it. Arrays are still taken one by one: their memory is free at once.
"""

from __future__ import annotations

import operator
from collections.abc import Collection
from dataclasses import replace

from diffcompile.analysis.types import RANGE, Scalar, Tup, Type, plain
from diffcompile.ir.core import Block, Function, Op, Operand, Prim, Value, blocks
from diffcompile.passes.dead_code import eliminate_dead_code

_COUNTING = {range, reversed, slice, operator.getitem, operator.add}
"""What counted the trips."""
MOST = 3
"""So many lists one loop goes over at once: the line is to be read."""


def replay(function: Function, types: dict[Value, Type], saved: Collection[Value]) -> Function:
    """Return ``function`` with loops that go over lists of saved numbers.

    Args:
        function: The forward and the reverse sweep.
        types: The types of its values; those of new values are added.
        saved: The lists that the storage of residuals has made, which the reverse sweep leaves empty.
    """
    work = _Replays(function, types, saved)
    if not work.taking:
        return function
    replayed = replace(function, body=work.block(function.body))
    return eliminate_dead_code(replayed, lambda op: op.callee in _COUNTING)


class _Replays:
    """Which lists are only appended to, and taken from in one place."""

    def __init__(self, function: Function, types: dict[Value, Type], saved: Collection[Value]) -> None:
        self.types = types
        self.taking: dict[Value, list[Op]] = {}
        """From a list of saved numbers to the operations that take from it."""
        self.read: set[Value] = set()
        other: set[Operand] = set()
        for block in blocks(function.body):
            self.read.update(result for result in block.results if isinstance(result, Value))
            for op in block.ops:
                self.read.update(operand for operand in op.operands if isinstance(operand, Value))
                first = op.operands[0] if op.operands else None
                if op.callee is list.pop and len(op.operands) == 1 and isinstance(first, Value):
                    self.taking.setdefault(first, []).append(op)
                elif op.callee is list.append:
                    other.add(op.operands[1])
                else:
                    other.update(op.operands)
            other.update(block.results)
        for made in list(self.taking):
            if made not in saved or made in other or len(self.taking[made]) > 1:
                del self.taking[made]

    def block(self, block: Block) -> Block:
        """Return a block with its loops, and those in it, changed."""
        made = {op.result for op in block.ops if op.callee is Prim.LIST and not op.operands}
        ops: list[Op] = []
        for old in block.ops:
            op = replace(old, regions=tuple(map(self.block, old.regions))) if old.regions else old
            ops += self.loop(op, made) if op.callee is Prim.FOR and not op.may_stop else [op]
        return replace(block, ops=tuple(ops))

    def loop(self, op: Op, made: set[Value]) -> list[Op]:
        """Return a loop over the lists among ``made`` that its trips take from, behind what makes its iterable."""
        body = op.regions[0]
        number, *carried = body.params
        taking = [inner for inner in body.ops if inner.callee is list.pop]
        if number in self.read or not 0 < len(taking) <= MOST or not all(self.takes_all(one, made) for one in taking):
            return [op]
        before = [Op(reversed, inner.operands, (self.new(RANGE),), span=op.span) for inner in taking]
        ops = tuple(inner for inner in body.ops if inner not in taking)
        if len(taking) == 1:
            item = taking[0].result
        else:
            items = tuple(inner.result for inner in taking)
            item = self.new(Tup(tuple(self.types[value] for value in items)))
            ops = (Op(Prim.UNPACK, (item,), items, {"before": len(items), "starred": False, "after": 0}), *ops)
            iterators = tuple(made.result for made in before)
            before.append(Op(zip, iterators, (self.new(RANGE),), span=op.span))
        body = replace(body, params=(item, *carried), ops=ops)
        return [*before, replace(op, operands=(before[-1].result, *op.operands[1:]), regions=(body,))]

    def takes_all(self, op: Op, made: set[Value]) -> bool:
        """Tell whether ``op`` takes a number from a list among ``made`` that nobody else takes from."""
        first = op.operands[0]
        alone = isinstance(first, Value) and first in made and first in self.taking
        return alone and isinstance(plain(self.types[op.result]), Scalar)

    def new(self, t: Type) -> Value:
        """Return a new value of a type."""
        value = Value()
        self.types[value] = t
        return value


__all__ = ["replay"]
