"""Calls that are not inlined: the forward sweep keeps a pullback, the reverse sweep calls it."""

from __future__ import annotations

import operator
from typing import Any

from diffcompile import calling, dynamic
from diffcompile.analysis.types import ANY, NUMBER, Array, Scalar, plain
from diffcompile.autodiff.rule_application import RuleApplication
from diffcompile.autodiff.staging import matched_type
from diffcompile.ir.core import Const, Op, Prim, Value


class Pairs(RuleApplication):
    """Calls of pairs."""

    def pair(self, op: Op) -> None:
        """A call that is not inlined: the forward sweep keeps a pullback, the reverse sweep calls it."""
        ct = self.take(op.result)
        if ct is None:
            return
        skipped = 0 if isinstance(op.callee, calling.Callee) else 1  # -1 is the function itself
        wrt = tuple(number - skipped for number, o in enumerate(op.operands) if self.active(o))
        forward: Any = (
            calling.Forward(op.callee, wrt) if isinstance(op.callee, calling.Callee) else calling.DynamicForward(wrt)
        )
        both, pullback = Value(), Value("pullback")
        for value in (both, pullback):
            self.types[value] = ANY
        call = Op(forward, op.operands, (both,), {"keywords": op.keywords} if op.keywords else {}, (), op.span)
        attrs = {"before": 2, "starred": False, "after": 0}
        self.rewrites.replaced[op] = [call, Op(Prim.UNPACK, (both,), (op.result, pullback), attrs, (), op.span)]
        cts = self.emit(Prim.CALL, pullback, self.stage.operand(ct), t=ANY, reads=op.operands)
        for number, position in enumerate(wrt):
            operand = op.operands[position + skipped]
            assert isinstance(operand, Value)
            part = self.emit(operator.getitem, cts, Const(number), t=NUMBER)
            t = plain(self.types[operand])
            if isinstance(t, Array | Scalar):
                part = self.emit(dynamic.match, part, operand, t=matched_type(t))
            self.accumulate(operand, part)
