"""Turn ``yield`` into a question: does the consumer go on?

    yield v        if not <yield v>:
    rest               return
                   rest

and ``yield from items`` into a loop. The loop that consumes the generator is then walked where it yields.
"""

from __future__ import annotations

from typing import Any

import gast

_NESTED = (gast.FunctionDef, gast.AsyncFunctionDef, gast.Lambda)


def yields(body: list[Any]) -> bool:
    """Tell whether a function with this body is a generator."""
    pending = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, gast.Yield | gast.YieldFrom):
            return True
        if not isinstance(node, _NESTED):
            pending += gast.iter_child_nodes(node)
    return False


def ask_consumer(body: list[Any]) -> list[Any]:
    """Return the body of a generator with its yields as questions."""
    return [statement for old in body for statement in _statement(old)]


def _statement(node: Any) -> list[Any]:
    for name in ("body", "orelse", "finalbody"):
        part = getattr(node, name, None)
        if isinstance(part, list) and not isinstance(node, _NESTED):
            setattr(node, name, ask_consumer(part))
    for handler in getattr(node, "handlers", ()):
        handler.body = ask_consumer(handler.body)
    if not isinstance(node, gast.Expr):
        return [node]
    if isinstance(node.value, gast.Yield):
        return [_question(node)]
    if isinstance(node.value, gast.YieldFrom):
        item = gast.Name("$item", gast.Store(), None, None)
        value = gast.Yield(gast.Name("$item", gast.Load(), None, None))
        for part in (item, value, value.value):
            _place(part, node)
        loop = gast.For(item, node.value.value, [_question(_place(gast.Expr(value), node))], [], None)
        return [_place(loop, node)]
    return [node]


def _question(node: Any) -> Any:
    test = _place(gast.UnaryOp(gast.Not(), node.value), node)
    leave = _place(gast.Return(None), node)
    question = _place(gast.If(test, [leave], []), node)
    question.original = node
    return question


def _place(node: Any, at: Any) -> Any:
    gast.copy_location(node, at)
    node.end_lineno, node.end_col_offset = at.end_lineno, at.end_col_offset
    return node
