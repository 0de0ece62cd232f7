"""What the forward sweep must do beside the primal: collected while the reverse sweep is built, applied at the end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from diffcompile.ir.core import Block, Op, Operand, Prim, Value


class Undo:
    """Callee of a placeholder: where the reverse sweep passes a write, and may have to take it back."""

    def __repr__(self) -> str:
        return "undo"

    def __call__(self, *args: Any) -> None:
        raise AssertionError("a placeholder is never run")


UNDO = Undo()


@dataclass(slots=True)
class Carried:
    """A value that a loop of the forward sweep carries in addition."""

    init: Operand
    params: tuple[Value, ...]
    """One for each region of the loop."""
    next: Operand
    result: Value


@dataclass(slots=True)
class Rewrites:
    """Insertions into the forward sweep, keyed by its ops and blocks."""

    before: dict[Op, list[Op]] = field(default_factory=dict)
    after: dict[Op, list[Op]] = field(default_factory=dict)
    replaced: dict[Op, list[Op]] = field(default_factory=dict)
    at_start: dict[Block, list[Op]] = field(default_factory=dict)
    at_end: dict[Block, list[Op]] = field(default_factory=dict)
    exports: dict[Op, list[tuple[Value, Operand, Operand]]] = field(default_factory=dict)
    """For an ``IF``: a new result and what the two branches yield for it."""
    carried: dict[Op, list[Carried]] = field(default_factory=dict)

    def apply(self, block: Block) -> Block:
        """Return ``block`` with everything inserted."""
        ops = list(self.at_start.get(block, ()))
        for op in block.ops:
            ops += self.before.get(op, ())
            if op in self.replaced:
                ops += self.replaced[op]
            else:
                ops.append(self._op(op) if op.regions else op)
            ops += self.after.get(op, ())
        ops += self.at_end.get(block, ())
        return Block(block.params, tuple(ops), block.results)

    def _op(self, op: Op) -> Op:
        regions = [self.apply(region) for region in op.regions]
        if op.callee is Prim.IF:
            exports = self.exports.get(op, [])
            then, other = regions
            return replace(
                op,
                results=op.results + tuple(result for result, _, _ in exports),
                regions=(
                    replace(then, results=then.results + tuple(value for _, value, _ in exports)),
                    replace(other, results=other.results + tuple(value for _, _, value in exports)),
                ),
            )
        extra = self.carried.get(op, [])
        for number, region in enumerate(regions):
            params = region.params + tuple(carried.params[number] for carried in extra)
            results = region.results
            if number == len(regions) - 1:
                results += tuple(carried.next for carried in extra)
            regions[number] = Block(params, region.ops, results)
        return replace(
            op,
            operands=op.operands + tuple(carried.init for carried in extra),
            results=op.results + tuple(carried.result for carried in extra),
            regions=tuple(regions),
        )
