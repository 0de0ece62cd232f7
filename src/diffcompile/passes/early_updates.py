"""What is added to an array is added as soon as it is made, so that it need not wait in memory, nor have a name.

    before: t = 0.1 * u_bar[1:-1]                after:  t = 0.1 * u_bar[1:-1]
            t_1 = 0.2 * u_bar[1:-1]                      u_bar[1:-1] -= 0.2 * u_bar[1:-1]
            u_bar[2:] += t                               u_bar[2:] += t
            u_bar[:-2] += t                              u_bar[:-2] += t
            u_bar[1:-1] -= t_1

Only past other contributions, whose order means nothing.
"""

from __future__ import annotations

import operator
from collections import Counter
from dataclasses import replace

from diffcompile.analysis.aliasing import AliasClass, Aliases, find_aliases
from diffcompile.analysis.references import is_reference
from diffcompile.analysis.types import Array, Type, plain
from diffcompile.ir.core import Block, Function, Op, Operand, Prim, Value, blocks, walk
from diffcompile.passes.joined_updates import SIGNS
from diffcompile.rules import registry

UPDATES = (Prim.UPDATE, Prim.UPDATE_ITEM)
INDICES = (slice, Prim.TUPLE)


def update_early(function: Function, types: dict[Value, Type]) -> Function:
    """Return ``function`` with contributions added to parts of arrays where they are made."""
    if sum(op.callee in UPDATES for op in walk(function.body)) < 2:  # noqa: PLR2004 - nothing to be moved past
        return function
    uses: Counter[Operand] = Counter()
    for block in blocks(function.body):
        uses.update(block.results)
        for op in block.ops:
            uses.update(op.operands)
    return replace(function, body=_Moving(types, find_aliases(function, types), uses).block(function.body))


class _Moving:
    def __init__(self, types: dict[Value, Type], aliases: Aliases, uses: Counter[Operand]) -> None:
        self.types = types
        self.aliases = aliases
        self.uses = uses

    def block(self, block: Block, *, inside: bool = False) -> Block:
        """Return a block, and those in it, with its updates moved; only ``inside`` of a reverse sweep."""
        ops: list[Op] = []
        for old in block.ops:
            op = old
            if op.callee is Prim.SECTION:
                inside = op.attrs["title"] == "reverse sweep"
            if op.regions:
                op = replace(op, regions=tuple(self.block(region, inside=inside) for region in op.regions))
            place, along = self.place(op, ops) if inside else (len(ops), [])
            if place < len(ops):
                ops = [*ops[:place], *along, op, *(other for other in ops[place:] if other not in along)]
            else:
                ops.append(op)
        return replace(block, ops=tuple(ops))

    def place(self, update: Op, ops: list[Op]) -> tuple[int, list[Op]]:
        """Return where among the operations before it an update may stand, and which of these go there with it.

        It stands behind the one that makes what it adds, if it may; what makes its index goes along.
        """
        stays: tuple[int, list[Op]] = (len(ops), [])
        if not self.is_update(update) or self.uses[update.operands[-1]] != 1:
            return stays
        node = self.aliases.of(update.operands[0])
        if node is None or node.flows:
            return stays
        index: set[Operand] = set(update.operands[:-1])
        along: list[Op] = []
        for number in range(len(ops) - 1, -1, -1):
            op = ops[number]
            if update.operands[-1] in op.results:
                return (number + 1, along) if op.callee in registry.ELEMENTWISE else stays
            if not index.isdisjoint(op.results):
                if op.callee not in INDICES and not (op.callee is operator.getitem and is_reference(op, self.types)):
                    return stays
                along.insert(0, op)
                index.update(op.operands)
            elif not self.may_pass(op, node):
                return stays
        return stays

    def is_update(self, op: Op) -> bool:
        """Tell whether an operation adds an array to an array, or to a part of one."""
        if op.callee not in UPDATES or op.attrs["op"] not in SIGNS:
            return False
        both = op.operands[0], op.operands[-1]
        arrays = (plain(self.types[o]) if isinstance(o, Value) else None for o in both)
        return all(isinstance(t, Array) and t.dtype is not None and t.dtype.kind in "fc" for t in arrays)

    def may_pass(self, op: Op, node: AliasClass) -> bool:
        """Tell whether an update of a class of arrays may as well come before ``op``: another one, or a view.

        What computes in between stays where it is, as its operands may have to be named for it otherwise.
        """
        if op.callee in UPDATES and op.attrs["op"] in SIGNS and self.aliases.of(op.operands[0]) is not None:
            return all(self.aliases.of(operand) is not node for operand in op.operands[1:])
        return op.callee in INDICES or (op.callee is operator.getitem and is_reference(op, self.types))


__all__ = ["update_early"]
