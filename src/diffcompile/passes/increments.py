"""A store of what was there and something more adds in place.

    before: a[1:-1] = a[1:-1] + k * (a[2:] + a[:-2] - 2.0 * a[1:-1])
    after:  a[1:-1] += k * (a[2:] + a[:-2] - 2.0 * a[1:-1])

On the primal: the sum needs no memory of its own, and its derivative hands on the cotangent of what is added, and that
is all. Parts of arrays of real numbers only; single numbers are quicker read, added and stored.
"""

from __future__ import annotations

import operator
from dataclasses import replace

import numpy as np

from diffcompile.analysis.aliasing import Aliases, find_aliases
from diffcompile.analysis.effects import is_pure, writes
from diffcompile.analysis.infer import same_shape
from diffcompile.analysis.references import is_reference
from diffcompile.analysis.types import Array, Scalar, Type, plain
from diffcompile.ir.core import Block, Function, Op, Operand, Prim, Value, blocks, walk
from diffcompile.passes.clean import place_of

SUMS = {operator.add: operator.add, operator.sub: operator.sub, np.add: operator.add, np.subtract: operator.sub}


def add_in_place(function: Function, types: dict[Value, Type]) -> Function:
    """Return ``function`` with sums that are stored where their first term was read added in place."""
    if not any(op.callee is operator.setitem for op in walk(function.body)):
        return function
    uses: dict[Operand, int] = {}
    for block in blocks(function.body):
        for operand in (*(operand for op in block.ops for operand in op.operands), *block.results):
            uses[operand] = uses.get(operand, 0) + 1
    return replace(function, body=_Increments(types, find_aliases(function, types), uses).block(function.body))


class _Increments:
    def __init__(self, types: dict[Value, Type], aliases: Aliases, uses: dict[Operand, int]) -> None:
        self.types = types
        self.aliases = aliases
        self.uses = uses

    def block(self, block: Block) -> Block:
        """Return a block, and those in it, with additions in place."""
        made: dict[Value, tuple[int, Op]] = {}
        makers: dict[Value, Op] = {}
        ops: list[Op | None] = []
        for number, old in enumerate(block.ops):
            op = replace(old, regions=tuple(map(self.block, old.regions))) if old.regions else old
            made.update(dict.fromkeys(op.results, (number, op)))
            makers.update(dict.fromkeys(op.results, op))
            found = self.increment(op, number, block, made, makers) if op.callee is operator.setitem else None
            if found is not None:
                place, op = found
                ops[place] = None
            ops.append(op)
        return replace(block, ops=tuple(op for op in ops if op is not None))

    def increment(
        self, store: Op, number: int, block: Block, made: dict[Value, tuple[int, Op]], makers: dict[Value, Op]
    ) -> tuple[int, Op] | None:
        """Return the update that a store is, and the place of the sum that it does without; None if it is none."""
        base, index, value = store.operands
        if not isinstance(value, Value) or value not in made or self.uses[value] != 1:
            return None
        place, total = made[value]
        if total.callee not in SUMS or len(total.operands) != 2:  # noqa: PLR2004
            return None
        wanted = place_of(index, makers)
        pairs = [total.operands] if SUMS[total.callee] is operator.sub else [total.operands, total.operands[::-1]]
        for load, more in pairs:
            start, read = made.get(load, (0, None)) if isinstance(load, Value) else (0, None)
            if read is None or read.callee is not operator.getitem or read.operands[0] is not base or wanted is None:
                continue
            if place_of(read.operands[1], makers) != wanted or not self.is_real_part(load, value, base, more):
                continue
            if is_reference(read, self.types) and self.is_left_alone(block.ops[start + 1 : number], base, more):
                attrs = {"op": SUMS[total.callee]}
                return place, Op(Prim.UPDATE_ITEM, (base, index, more), (), attrs, (), total.span)
        return None

    def is_real_part(self, load: Operand, total: Value, base: Operand, more: Operand) -> bool:
        """Tell whether part of an array of real numbers is added to, and keeps its dtype and its shape."""
        whole, part, t = self.types_of(base), self.types_of(load), self.types_of(total)
        if not (isinstance(whole, Array) and isinstance(part, Array) and isinstance(t, Array)):
            return False
        if whole.dtype is None or whole.dtype.kind != "f" or not whole.dtype == part.dtype == t.dtype:
            return False
        added = self.types_of(more)
        real = not isinstance(more, Value) or (
            isinstance(added, Scalar) or (isinstance(added, Array) and added.dtype is not None)
        )
        return real and bool(part.dims) and same_shape(part, t)

    def types_of(self, operand: Operand) -> Type | None:
        return plain(self.types[operand]) if isinstance(operand, Value) else None

    def is_left_alone(self, between: tuple[Op, ...], *operands: Operand) -> bool:
        """Tell whether nothing is written to the memory of ``operands`` in between."""
        nodes = {self.aliases.of(operand) for operand in operands} - {None}
        for outer in between:
            for op in (outer, *(inner for region in outer.regions for inner in walk(region))):
                if not (writes(op) or not is_pure(op)) or op.callee is Prim.SECTION:
                    continue
                if any(node in nodes for operand in op.operands if (node := self.aliases.of(operand)) is not None):
                    return False
        return True


__all__ = ["add_in_place"]
