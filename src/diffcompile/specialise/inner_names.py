"""Lists in lists that a recursive call changes: it works on copies, so that nobody else may have a name for them.

    row = rows[0]
    fill(rows)          # works on a copy of rows, and of rows[0], and rows gets what became of them
    return sum(row)     # what it was before
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from diffcompile.analysis.aliasing import Aliases, find_aliases
from diffcompile.errors import UnsupportedError
from diffcompile.ir.core import Block, Function, Op, Operand, Prim, Value

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def checked(spec: Specialiser, function: Function) -> Function:
    """Return a program, unless it looks at such a list by another name behind the call.

    Raises:
        UnsupportedError: it does.
    """
    if not spec.inner_written:
        return function
    aliases = find_aliases(function, spec.types)
    order = _Order(function.body)
    for result, operand, name in spec.inner_written:
        if result not in order.made:
            continue  # what was walked is not there
        for value in _other_names(aliases, operand):
            if order.is_used_behind(value, result):
                op = order.made[result]
                raise UnsupportedError(
                    f"{name} calls itself and changes lists or arrays in its argument, one of which has another name",
                    span=op.span,
                    why="such a call works on copies of them",
                    advice="take the list or array out of its container again behind the call",
                )
    return function


def _other_names(aliases: Aliases, operand: Operand) -> list[Value]:
    """Return what refers to something that a container holds, or holds it too."""
    node = aliases.of(operand)
    inner = set(node.chain()[1:]) if node is not None else set()
    own = node.root() if node is not None else None
    return [
        value
        for value in list(aliases.nodes)
        if (found := aliases.of(value)) is not None and found.root() is not own and inner & set(found.chain())
    ]


class _Order:
    """When values are made and used, in the order of the text, and the loops around."""

    def __init__(self, body: Block) -> None:
        self.made: dict[Value, Op] = {}
        self.places: dict[Value, int] = {}
        self.uses: dict[Operand, list[int]] = {}
        self.loops: list[tuple[int, int]] = []
        self.clock = 0
        self.block(body)

    def block(self, block: Block) -> None:
        self.places.update((param, self.clock) for param in block.params)
        for op in block.ops:
            self.clock += 1
            start = self.clock
            self.use(op.operands)
            for region in op.regions:
                self.block(region)
            if op.callee in (Prim.FOR, Prim.WHILE):
                self.loops.append((start, self.clock))
            self.clock += 1
            for result in op.results:
                self.made[result], self.places[result] = op, self.clock
        self.clock += 1
        self.use(block.results)

    def use(self, operands: tuple[Operand, ...]) -> None:
        for operand in operands:
            self.uses.setdefault(operand, []).append(self.clock)

    def is_used_behind(self, value: Value, result: Value) -> bool:
        """Tell whether a value that was there before an operation is used after it."""
        at, born = self.places[result], self.places.get(value, 0)
        if born >= at:
            return False
        last = max(self.uses.get(value, [0]))
        around = [(start, end) for start, end in self.loops if start <= at <= end and not start <= born <= end]
        return last > at or any(start <= use for start, _ in around for use in self.uses.get(value, []))
