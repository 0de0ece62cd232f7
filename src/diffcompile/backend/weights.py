"""What a statement does to memory: how large the arrays are that it makes, for good and in passing."""

from __future__ import annotations

import operator

from diffcompile.analysis.effects import INPLACE_OPERATORS
from diffcompile.analysis.prices import elements
from diffcompile.analysis.references import is_reference
from diffcompile.analysis.types import Array, plain
from diffcompile.backend.folding import Folding
from diffcompile.backend.releases import Weight
from diffcompile.ir.core import Op, Prim, Value

ELIDING = {operator.add, operator.sub, operator.mul, operator.truediv, operator.neg}
LARGE = 32 * 1024
"""From this many numbers on NumPy writes the result of an operator over a temporary operand."""


def weight(work: Folding, op: Op) -> Weight:
    """Return the weight of an operation that is written as a statement."""
    highest, made = _needs(work, op)
    if len(op.results) != 1 or op.regions:
        return Weight(0, highest)
    if op.callee in INPLACE_OPERATORS and isinstance(op.operands[0], Value):
        return Weight(0, highest - made, source=work.names.get(op.operands[0], ""))
    node = work.aliases.of(op.result)
    others = [value for value in node.members if value is not op.result] if node is not None else []
    owned = node is not None and not node.extern and node not in work.held
    if node is not None and not node.flows:
        owned = owned and all(work.makers.get(other) in work.inlined for other in others)
    return Weight(made, highest - made, owned)


def _needs(work: Folding, op: Op) -> tuple[int, int]:
    """Return how many numbers are alive at most while an expression is evaluated, and how many when it is done."""
    highest = held = 0
    temporary: list[int] = []
    for operand in op.operands:
        maker = work.makers.get(operand) if isinstance(operand, Value) else None
        if maker is not None and maker in work.inlined:
            inner, own = _needs(work, maker)
            highest = max(highest, held + inner)
            held += own
            temporary.append(own)
    made = _fresh(work, op)
    if made >= LARGE and made in temporary and op.callee in ELIDING:
        return highest, made
    if not made and op.results and isinstance(plain(work.types[op.results[0]]), Array):
        return highest, held  # a view keeps what it sees
    return max(highest, held + made), made


def _fresh(work: Folding, op: Op) -> int:
    """Return how many numbers the new array has that an operation makes, 0 if it makes none."""
    if len(op.results) != 1 or isinstance(op.callee, Prim) or op.callee in (operator.getitem, list.pop):
        return 0
    if op.callee in INPLACE_OPERATORS or is_reference(op, work.types):
        return 0
    t = plain(work.types[op.result])
    return elements(t) if isinstance(t, Array) else 0


__all__ = ["weight"]
