"""Branches that are cut: what is left does not ask again what the cut has decided."""

from __future__ import annotations

import math

from diffcompile.errors import UnsupportedError
from diffcompile.ir.core import Function, walk
from diffcompile.ir.evaluator import evaluate
from diffcompile.passes.refusals import cut
from diffcompile.specialise import Program
from passes.rewriting import rewritten, text


def without_tanh(program: Program) -> Function:
    """Cut off the branches in which a hyperbolic tangent is taken."""
    op = next(op for op in walk(program.function.body) if getattr(op.callee, "__name__", "") == "tanh")
    shorter = cut(program.function, UnsupportedError("tanh", span=op.span))
    assert shorter is not None
    return shorter


def test_condition_that_is_asked_again() -> None:
    def before(x: float, n: int) -> float:
        c = n > 3
        if c:
            x = math.tanh(x)
        if c:
            x = x * 2.0
            if not n:
                x = x + 1.0
        else:
            x = x * 3.0
            if c:
                x = x * 5.0
        y = x
        for _ in range(n):
            y = y * (7.0 if c else x)
        return y

    function = rewritten(before, without_tanh, 0.3, 2)
    shown = text(function)
    assert shown.count("if(") == 1, shown
    assert "3.0" in shown and not any(number in shown for number in ("2.0", "5.0", "7.0"))
    assert evaluate(function, (0.3, 2)) == before(0.3, 2)
