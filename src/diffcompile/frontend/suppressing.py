"""Turn ``with contextlib.suppress(...)`` into the ``try`` that it stands for.

    with suppress(KeyError):      try:
        body                          body
                                  except KeyError:
                                      pass
"""

from __future__ import annotations

import contextlib
from collections.abc import Container
from typing import Any

import gast

from diffcompile.frontend.nodes import calls, nodes_under, placed
from diffcompile.frontend.source import Source

_NESTED = (gast.FunctionDef, gast.AsyncFunctionDef, gast.ClassDef)


def remove_suppressing(body: list[Any], source: Source, own: Container[str]) -> list[Any]:
    """Return ``body`` without such blocks; ``own`` are the variables of the program.

    The tree is changed in place.
    """
    return [_statement(node, source, own) for node in body]


def _statement(node: Any, source: Source, own: Container[str]) -> Any:
    if isinstance(node, _NESTED):
        return node
    for name in ("body", "orelse", "finalbody"):
        part = getattr(node, name, None)
        if isinstance(part, list):
            setattr(node, name, remove_suppressing(part, source, own))
    for handler in getattr(node, "handlers", ()):
        handler.body = remove_suppressing(handler.body, source, own)
    return _with(node, list(node.items), source, own) if isinstance(node, gast.With) else node


def _with(node: Any, items: list[Any], source: Source, own: Container[str]) -> Any:
    number = next((k for k, item in enumerate(items) if _suppresses(item, source, own)), None)
    if number is None or any(isinstance(part, gast.Try) for statement in node.body for part in nodes_under(statement)):
        return node  # a variable that a failed block in the block assigned would be of no known type
    found, rest = items[number], items[number + 1 :]
    body = [_with(placed(gast.With(rest, node.body, None), node), rest, source, own)] if rest else node.body
    errors = gast.Tuple(found.context_expr.args, gast.Load())
    tried: Any = gast.Try(body, [gast.ExceptHandler(errors, None, [gast.Pass()])], [], [])
    if number:
        tried = gast.With(items[:number], [placed(tried, node)], None)
    return placed(tried, node)


def _suppresses(item: Any, source: Source, own: Container[str]) -> bool:
    call = item.context_expr
    if item.optional_vars is not None or not calls(call, contextlib.suppress, source, own):
        return False
    return not call.keywords and not any(isinstance(part, gast.Starred) for part in call.args)
