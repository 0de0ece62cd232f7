"""Which variables statements need."""

from __future__ import annotations

from typing import Any

import gast

from diffcompile.frontend.lower.names import COMPREHENSIONS, assigned
from diffcompile.frontend.nodes import children


def read(node: Any) -> set[str]:
    """Return the names that an expression reads, without those that a comprehension or lambda in it binds."""
    if isinstance(node, gast.Name):
        return {node.id} if isinstance(node.ctx, gast.Load) else set()
    found: set[str] = set()
    for part in children(node):
        found |= read(part)
    if isinstance(node, COMPREHENSIONS):
        first = node.generators[0].iter
        bound = {
            part.id for generator in node.generators for part in _names(generator.target)
        }
        return (found - bound) | read(first)
    if isinstance(node, gast.Lambda):
        args = node.args
        return found - {one.id for one in (*args.posonlyargs, *args.args, *args.kwonlyargs)}
    return found


def _names(node: Any) -> list[Any]:
    if isinstance(node, gast.Name):
        return [node]
    return [name for part in children(node) for name in _names(part)]


def live_before(statements: list[Any], after: set[str]) -> set[str]:
    """Return the variables that are needed before statements, if those ``after`` are needed behind them."""
    live = set(after)
    for statement in reversed(statements):
        live = _before(statement, live)
    return live


def _before(node: Any, after: set[str]) -> set[str]:
    match node:
        case gast.If():
            return live_before(node.body, after) | live_before(node.orelse, after) | read(node.test)
        case gast.While():
            live = after | live_before(node.orelse, after) | read(node.test)
            live |= live_before(node.body, live)
            return live | live_before(node.body, live)
        case gast.For():
            live = after | live_before(node.orelse, after)
            bound = assigned([gast.Assign([node.target], gast.Constant(None, None), None)])
            live |= (live_before(node.body, live) - bound) | read(node.target)
            return live | (live_before(node.body, live) - bound) | read(node.iter)
        case gast.With():
            live = live_before(node.body, after)
            for item in reversed(node.items):
                if item.optional_vars is not None:
                    live = (live - _stored(item.optional_vars)) | read(item.optional_vars)
                live |= read(item.context_expr)
            return live
        case gast.Try():
            handled = set(after)
            for handler in node.handlers:
                handled |= live_before(handler.body, after | live_before(node.finalbody, after))
                handled |= read(handler.type) if handler.type is not None else set()
            whole = live_before([*node.body, *node.orelse, *node.finalbody], after)
            return whole | handled | live_before(node.finalbody, after)
        case gast.AugAssign():
            names = {node.target.id} if isinstance(node.target, gast.Name) else read(node.target)
            return after | names | read(node.value)
    return (after - assigned([node])) | read(node)


def _stored(target: Any) -> set[str]:
    return {name.id for name in _names(target) if isinstance(name.ctx, gast.Store)}
