"""What a loop computes anew in each trip, and is always the same, is computed before the loop.

    before: for k in range(n): y = y + 0.5 * h * f(y)
    after:  t = 0.5 * h
            for k in range(n): y = y + t * f(y)

The reverse sweep gains twice: it reads the value instead of computing it again, and what flows to ``h`` is multiplied
once, behind the loop. Only arithmetic that cannot fail is moved, as the loop may have no trip; and none of whole
numbers, which are places and read best where they are used.
"""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import Any

from diffcompile.analysis.aliasing import AliasClass, find_aliases
from diffcompile.analysis.effects import writes
from diffcompile.analysis.infer import same_shape
from diffcompile.analysis.types import Array, Scalar, Type, plain
from diffcompile.ir.core import Block, Function, Op, Operand, Prim, Value, blocks, walk

_ARITHMETIC: set[Any] = {operator.add, operator.sub, operator.mul, operator.neg}
_LOOPS = (Prim.FOR, Prim.WHILE)


def hoist(function: Function, types: dict[Value, Type]) -> Function:
    """Return ``function`` with arithmetic that is the same in all trips of a loop before the loop."""
    if not any(op.callee in _LOOPS for op in walk(function.body)):
        return function
    return replace(function, body=_Hoisting(function, types).block(function.body))


class _Hoisting:
    """A walk from the inner loops to the outer ones."""

    def __init__(self, function: Function, types: dict[Value, Type]) -> None:
        self.types = types
        self.aliases = find_aliases(function, types)
        self.handed_out = {node.root() for result in function.body.results if (node := self.aliases.of(result))}

    def block(self, block: Block) -> Block:
        ops: list[Op] = []
        for old in block.ops:
            op = replace(old, regions=tuple(map(self.block, old.regions))) if old.regions else old
            if op.callee in _LOOPS:
                moved, op = self.loop(op)
                ops += moved
            ops.append(op)
        return replace(block, ops=tuple(ops))

    def loop(self, loop: Op) -> tuple[list[Op], Op]:
        """Return what is computed before a loop, and the loop."""
        changing = {result for region in loop.regions for op in walk(region) for result in op.results}
        changing.update(param for region in loop.regions for block in blocks(region) for param in block.params)
        written = {
            node.root()
            for region in loop.regions
            for op in walk(region)
            if writes(op)
            for operand in op.operands[:2]
            if (node := self.aliases.of(operand)) is not None
        }
        moved: list[Op] = []
        regions = []
        for region in loop.regions:
            kept = []
            for op in region.ops:
                if self.may_move(op, written) and changing.isdisjoint(op.operands):
                    moved.append(op)
                    changing.discard(op.result)
                else:
                    kept.append(op)
            regions.append(replace(region, ops=tuple(kept)))
        return moved, replace(loop, regions=tuple(regions)) if moved else loop

    def may_move(self, op: Op, written: set[AliasClass]) -> bool:
        """Tell whether an operation is arithmetic on numbers, or on arrays of one shape, to which nobody writes."""
        if op.callee not in _ARITHMETIC or op.attrs:
            return False
        types = [plain(self.types[operand]) for operand in op.operands if isinstance(operand, Value)]
        made = plain(self.types[op.result])
        if isinstance(made, Scalar):
            return made.kind in "fc" and all(isinstance(t, Scalar) for t in types)
        if not isinstance(made, Array) or made.owner is not None or made.dtype is None or made.dtype.kind not in "fc":
            return False
        if not all(isinstance(t, Scalar) or (isinstance(t, Array) and same_shape(t, made)) for t in types):
            return False
        node = self.aliases.of(op.result)
        if node is not None and (node.root().written or node.root() in self.handed_out):
            return False
        return not any(self.reads(operand, written) for operand in op.operands)

    def reads(self, operand: Operand, written: set[AliasClass]) -> bool:
        node = self.aliases.of(operand)
        return node is not None and node.root() in written


__all__ = ["hoist"]
