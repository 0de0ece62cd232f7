"""The errors for callees that have no derivative rule, in both modes."""

from __future__ import annotations

import types
from typing import Any

from diffcompile import calling
from diffcompile.errors import MissingRuleError, NoSourceError, UnsupportedError
from diffcompile.frontend.source import read_source
from diffcompile.ir.core import Op, Prim
from diffcompile.ir.printer import callee_name
from diffcompile.rules import registry

_OWN = ("diffcompile.dynamic", "diffcompile.runtime")
_SECOND: dict[Any, tuple[str, str]] = {
    calling.CheckpointedLoop: ("a checkpointed loop", "differentiate twice without `checkpoint`"),
    calling.Recomputed: ("a function that is checkpointed", "differentiate twice without `checkpoint`"),
    calling.Attempt: ("the block of a `try`", "test the condition with `if`"),
    Prim.CALL: ("what is checkpointed, or a `try` block,", "do without it in what is differentiated twice"),
}
"""What is called, if its pullback is not code that could be differentiated; `Prim.CALL` calls such a pullback."""


def missing_rule(op: Op, mode: str) -> MissingRuleError | UnsupportedError:
    """Return the error for a callee without a rule for a mode, ``adjoint`` or ``tangent``."""
    kept = type(op.callee.callee) if isinstance(op.callee, calling.Forward | calling.Tangent) else op.callee
    if kept in _SECOND:
        what, advice = _SECOND[kept]
        return UnsupportedError(
            f"a second derivative through {what} is not supported",
            span=op.span,
            why="the first one is compiled when it is reached",
            advice=advice,
        )
    name = callee_name(op.callee)
    if str(getattr(op.callee, "__module__", "")).startswith(_OWN):
        return MissingRuleError(
            f"the derivative of this line calls {name}, which has no {mode} in its turn",
            span=op.span,
            advice="use hvp, or jvp of the gradient: forward mode over reverse mode" if mode == "adjoint" else "",
        )
    if mode == "tangent" and registry.has_rule(op.callee):
        return MissingRuleError(
            f"{name} has a rule for reverse mode, but none for forward mode",
            span=op.span,
            why="its argument has a tangent, and the result depends on it",
            advice=f"register one (`@diffcompile.tangent({name})`, `diffcompile.linear`), or use reverse mode",
        )
    problem = MissingRuleError(
        f"{name} has neither a derivative rule nor Python source that could be differentiated",
        span=op.span,
        why="an active value is passed to it, and the result depends on what it returns",
        advice=f"register a rule: `@diffcompile.{mode}({name})` or `diffcompile.elementwise({name}, ...)`",
    )
    callee = op.callee
    problem.callee = callee if isinstance(callee, types.FunctionType) and _has_source(callee) else None
    return problem


def _has_source(fun: types.FunctionType) -> bool:
    try:
        read_source(fun)
    except NoSourceError:
        return False
    return True


def refused_keywords(op: Op) -> UnsupportedError:
    """Return the error for keywords that a rule does not know."""
    return UnsupportedError(
        f"{callee_name(op.callee)} with {', '.join(op.keywords)}= has no derivative rule",
        span=op.span,
        advice="leave the keyword out, or write the operation in two steps",
    )
