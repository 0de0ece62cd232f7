"""What the reverse sweep takes from its lists: which of the takings may be written where the value is used.

    before: t = saved_test.pop()
            if t:
    after:  if saved_test.pop():

A list that the reverse sweep takes from in one place, and that is put into elsewhere, is seen by nobody else, so that
within its trip the taking may be done at any time, but once.
"""

from __future__ import annotations

from diffcompile.ir.core import Block, Function, Op, Prim, Value, blocks


class Takings:
    """The lists of a function of which nothing is done but to put and to take, the latter in one place."""

    def __init__(self, function: Function) -> None:
        self.lists: set[Value] = set()
        """Lists that only ``append`` and ``pop`` see."""
        self.once: set[Op] = set()
        """Takings from a list that is taken from nowhere else."""
        users: dict[Value, list[Op | None]] = {}
        made: list[Value] = []
        homes: dict[Op, Block] = {}
        for block in blocks(function.body):
            homes.update(dict.fromkeys(block.ops, block))
            for op in block.ops:
                if op.callee is Prim.LIST and not op.operands:
                    made.append(op.result)
                for operand in op.operands:
                    if isinstance(operand, Value):
                        users.setdefault(operand, []).append(op)
            for result in block.results:
                if isinstance(result, Value):
                    users.setdefault(result, []).append(None)
        for list_ in made:
            found = users.get(list_, [])
            if all(use is not None and self._puts_or_takes(use, list_) for use in found):
                self.lists.add(list_)
                taking = [use for use in found if use is not None and use.callee is list.pop]
                putting = {homes[use] for use in found if use is not None and use.callee is list.append}
                if len(taking) == 1 and putting.isdisjoint(blocks(homes[taking[0]])):
                    self.once.add(taking[0])

    def _puts_or_takes(self, op: Op, list_: Value) -> bool:
        if op.operands[0] is not list_ or list_ in op.operands[1:]:
            return False
        return op.callee is list.append or (op.callee is list.pop and len(op.operands) == 1)


__all__ = ["Takings"]
