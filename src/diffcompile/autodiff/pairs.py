"""Calls that are not inlined: the forward sweep keeps a pullback, the reverse sweep calls it."""

from __future__ import annotations

import operator
from typing import Any

from diffcompile import calling, dynamic
from diffcompile.analysis.types import ANY, NUMBER, Array, Scalar, Tup, Type, plain
from diffcompile.autodiff.captured_changes import check_captured
from diffcompile.autodiff.modes import Mode
from diffcompile.autodiff.rule_application import RuleApplication
from diffcompile.autodiff.staging import matched_type
from diffcompile.ir.core import Const, Op, Prim, Value
from diffcompile.specialise.items import Item


class Pairs(RuleApplication):
    """Calls of pairs."""

    def pair(self, op: Op) -> None:
        """A call that is not inlined: the forward sweep keeps a pullback, the reverse sweep calls it."""
        ct = self.take(op.result)
        if ct is None:
            return
        skipped = 0 if isinstance(op.callee, calling.Callee) else 1  # -1 is the function itself
        if skipped and self.active(op.operands[0]):
            check_captured(op, self.primal, self.aliases)
        asked = op.callee.asked if isinstance(op.callee, calling.Callee) else ()
        moving = [number for number, o in enumerate(op.operands) if self.active(o) and number not in asked]
        wrt = tuple(number - skipped for number in moving)
        if self.again and has_derivative(op):
            self.rewrites.replaced[op] = [op]
            self.derived_pair(op, wrt, skipped, ct)
            return
        forward: Any = (
            calling.Forward(op.callee, wrt) if isinstance(op.callee, calling.Callee) else calling.DynamicForward(wrt)
        )
        both, pullback = Value(), Value("pullback")
        for value in (both, pullback):
            self.types[value] = ANY
        call = Op(forward, op.operands, (both,), {"keywords": op.keywords} if op.keywords else {}, (), op.span)
        attrs = {"before": 2, "starred": False, "after": 0}
        self.rewrites.replaced[op] = [call, Op(Prim.UNPACK, (both,), (op.result, pullback), attrs, (), op.span)]
        reads = op.operands
        if self.modes.of(op.result) is Mode.MEMORY:  # the pullback may read what the call returned
            reads = (*op.operands, op.result)
            if not isinstance(self.types[op.result], Array):
                self.rewrites.replaced[op].append(Op(dynamic.separate_parts, (op.result,), (), {}, (), op.span))
        cts = self.emit(Prim.CALL, pullback, self.stage.operand(ct), t=ANY, reads=reads)
        for number, position in enumerate(wrt):
            operand = op.operands[position + skipped]
            assert isinstance(operand, Value)
            part = self.emit(operator.getitem, cts, Const(number), t=NUMBER)
            t = plain(self.types[operand])
            if isinstance(t, Array | Scalar):
                part = self.emit(dynamic.match, part, operand, t=matched_type(t))
            self.accumulate(operand, part)

    def derived_pair(self, op: Op, wrt: tuple[int, ...], skipped: int, ct: Item) -> None:
        """A call in a derivative that is differentiated again: the reverse sweep calls the pullback as a function."""
        operands = [op.operands[number + skipped] for number in wrt]
        types: list[Type] = []
        for operand in operands:
            t = plain(self.types[operand])  # type: ignore[index]
            types.append(matched_type(t) if isinstance(t, Array | Scalar) else ANY)
        callee = derivative(op, "pullback", wrt)
        cts = self.emit(callee, *op.operands, self.stage.operand(ct), t=Tup(tuple(types)))
        for number, (operand, t) in enumerate(zip(operands, types, strict=True)):
            self.accumulate(operand, self.emit(operator.getitem, cts, Const(number), t=t))


def has_derivative(op: Op) -> bool:
    """Tell whether a derivative of the call is a function that has derivatives in turn."""
    return type(op.callee) in (calling.Callee, calling.Derived) or op.callee in calling.FOUND


def derivative(op: Op, kind: str, wrt: tuple[int, ...]) -> calling.Callee:
    """Return the pullback or the tangent of a call as a function."""
    if isinstance(op.callee, calling.Callee):
        return calling.derived(op.callee, kind, wrt)
    return calling.DynamicDerived(kind, wrt, op.keywords, len(op.operands) - 1)
