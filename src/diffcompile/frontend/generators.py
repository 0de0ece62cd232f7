"""Turn ``yield`` into a question: does the consumer go on?

    yield v        if not <yield v>:
    rest               return
                   rest

and ``yield from items`` into a loop. The loop that consumes the generator is then walked where it yields. One that
stops in the middle of a ``try`` block is refused when the program runs: what the block does then, Python decides when
nobody refers to the generator any more.
"""

from __future__ import annotations

from typing import Any

import gast

from diffcompile.dynamic import refuse
from diffcompile.frontend.nodes import children

_NESTED = (gast.FunctionDef, gast.AsyncFunctionDef, gast.Lambda)


def yields(body: list[Any]) -> bool:
    """Tell whether a function with this body is a generator."""
    pending = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, gast.Yield | gast.YieldFrom):
            return True
        if not isinstance(node, _NESTED):
            pending += children(node)
    return False


def ask_consumer(body: list[Any], trying: bool = False) -> list[Any]:
    """Return the body of a generator, or of a ``try`` block in it, with its yields as questions."""
    return [statement for old in body for statement in _statement(old, trying)]


def _statement(node: Any, trying: bool) -> list[Any]:
    trying = trying or isinstance(node, gast.Try)
    for name in ("body", "orelse", "finalbody"):
        part = getattr(node, name, None)
        if isinstance(part, list) and not isinstance(node, _NESTED):
            setattr(node, name, ask_consumer(part, trying))
    for handler in getattr(node, "handlers", ()):
        handler.body = ask_consumer(handler.body, trying)
    if not isinstance(node, gast.Expr):
        return [node]
    if isinstance(node.value, gast.Yield):
        return [_question(node, trying)]
    if isinstance(node.value, gast.YieldFrom):
        item = gast.Name("$item", gast.Store(), None, None)
        value = gast.Yield(gast.Name("$item", gast.Load(), None, None))
        for part in (item, value, value.value):
            _place(part, node)
        loop = gast.For(item, node.value.value, [_question(_place(gast.Expr(value), node), trying)], [], None)
        return [_place(loop, node)]
    return [node]


def _question(node: Any, trying: bool) -> Any:
    test = _place(gast.UnaryOp(gast.Not(), node.value), node)
    leave = _place(gast.Expr(_place(_stopped(), node)) if trying else gast.Return(None), node)
    question = _place(gast.If(test, [leave], []), node)
    question.original = node
    return question


def _stopped() -> Any:
    what = "a loop leaves a generator in the middle of a `try` block"
    said = [gast.Constant(part, None) for part in (what, "", "make a list of its items first")]
    return gast.Call(gast.Constant(refuse, None), said, [])


def _place(node: Any, at: Any) -> Any:
    gast.copy_location(node, at)
    node.end_lineno, node.end_col_offset = at.end_lineno, at.end_col_offset
    return node
