"""Check that a program is well formed: run after every pass, always."""

from __future__ import annotations

from diffcompile.errors import VerificationError
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value


def verify(function: Function, stage: str = "") -> Function:
    """Return ``function`` unchanged, or raise :class:`VerificationError` that names the stage and the op."""
    _Verifier(stage or function.name).block(function.body)
    return function


class _Verifier:
    def __init__(self, stage: str) -> None:
        self.stage = stage
        self.defined: set[Value] = set()
        self.visible: set[Value] = set()

    def fail(self, problem: str, op: Op | None = None) -> None:
        where = "" if op is None else f" at {op.callee!r}" + (f" ({op.span.text.strip()})" if op.span else "")
        raise VerificationError(f"after {self.stage}: {problem}{where}")

    def block(self, block: Block) -> None:
        entered = list(block.params)
        for param in block.params:
            self.define(param, None)
        for op in block.ops:
            for operand in op.operands:
                if operand not in self.visible:
                    self.use(operand, op)
            self.regions(op)
            for result in op.results:
                self.define(result, op)
            entered.extend(op.results)
        for operand in block.results:
            self.use(operand, None)
        self.visible.difference_update(entered)

    def define(self, value: Value, op: Op | None) -> None:
        if value in self.defined:
            self.fail(f"{value.name or 'a temporary'} is defined twice", op)
        self.defined.add(value)
        self.visible.add(value)

    def use(self, operand: Operand, op: Op | None) -> None:
        if isinstance(operand, Const):
            return
        if operand not in self.visible:
            self.fail(f"{operand.name or 'a temporary'} is used where it is not defined", op)

    def regions(self, op: Op) -> None:
        if not op.regions and type(op.callee) is not Prim:
            return
        stops = int(op.may_stop)
        match op.callee:
            case Prim.IF:
                self.arity(op, len(op.operands) == 1 and len(op.regions) == 2)  # noqa: PLR2004 - then, else
                for region in op.regions:
                    self.arity(op, not region.params and len(region.results) == len(op.results))
            case Prim.FOR:
                self.arity(op, len(op.regions) == 1 and len(op.operands) == len(op.results) + 1)
                (body,) = op.regions
                self.arity(op, len(body.params) == len(op.results) + 1)
                self.arity(op, len(body.results) == len(op.results) + stops)
            case Prim.WHILE:
                self.arity(op, len(op.regions) == 2 and len(op.operands) == len(op.results))  # noqa: PLR2004 - test, body
                condition, body = op.regions
                self.arity(op, len(condition.params) == len(body.params) == len(op.results))
                self.arity(op, len(condition.results) == 1 and len(body.results) == len(op.results) + stops)
            case Prim.DERIVE:
                self.arity(op, len(op.regions) == 1 and len(op.operands) >= len(op.regions[0].params))
            case _:
                self.arity(op, not op.regions)
        for region in op.regions:
            self.block(region)

    def arity(self, op: Op, holds: bool) -> None:
        if not holds:
            self.fail("operands, parameters and results do not match", op)
