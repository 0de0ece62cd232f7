"""Which names a piece of a syntax tree binds and reads."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import gast

from diffcompile.frontend.nodes import children, nodes_under

_NESTED = (gast.FunctionDef, gast.AsyncFunctionDef, gast.Lambda, gast.ClassDef)
COMPREHENSIONS = (gast.ListComp, gast.SetComp, gast.DictComp, gast.GeneratorExp)


def assigned(statements: list[Any], skip: Callable[[Any], bool] | None = None) -> set[str]:
    """Return the names that ``statements`` bind, not counting those in nested scopes and in nodes to ``skip``."""
    names: set[str] = set()
    pending = [(statement, False) for statement in statements]
    while pending:
        node, inside = pending.pop()
        if skip is not None and skip(node):
            continue
        if isinstance(node, gast.FunctionDef | gast.AsyncFunctionDef | gast.ClassDef):
            names.add(node.name)
        if isinstance(node, _NESTED):
            continue
        if isinstance(node, gast.NamedExpr) and isinstance(node.target, gast.Name):
            names.add(node.target.id)
        elif isinstance(node, gast.Name) and isinstance(node.ctx, gast.Store | gast.Del) and not inside:
            names.add(node.id)
        elif isinstance(node, gast.Import | gast.ImportFrom):
            names.update(alias.asname or alias.name.split(".")[0] for alias in node.names)
        inside = inside or isinstance(node, COMPREHENSIONS)
        pending += [(child, inside) for child in children(node)]
    return names


def last_assignments(statements: list[Any]) -> dict[str, int]:
    """Return for each name the last line on which ``statements`` bind it."""
    lines: dict[str, int] = {}
    pending = list(statements)
    while pending:
        node = pending.pop()
        if isinstance(node, gast.Name) and isinstance(node.ctx, gast.Store):
            lines[node.id] = max(lines.get(node.id, 0), getattr(node, "lineno", 0) or 0)
        if not isinstance(node, (*_NESTED, *COMPREHENSIONS)):
            pending += children(node)
    return lines


def last_definitions(statements: list[Any]) -> dict[str, int]:
    """Return for each name the last line on which ``statements`` define a function or class of that name."""
    lines: dict[str, int] = {}
    pending = list(statements)
    while pending:
        node = pending.pop()
        if isinstance(node, gast.FunctionDef | gast.AsyncFunctionDef | gast.ClassDef):
            lines[node.name] = max(lines.get(node.name, 0), node.lineno or 0)
        else:
            pending += children(node)
    return lines


def free_names(node: Any) -> set[str]:
    """Return the names that a nested function reads and does not bind."""
    args = node.args
    bound = {argument.id for argument in (*args.posonlyargs, *args.args, *args.kwonlyargs)}
    bound |= {extra.id for extra in (args.vararg, args.kwarg) if extra is not None}
    body = [gast.Expr(node.body)] if isinstance(node, gast.Lambda) else node.body
    bound |= assigned(body)
    read: set[str] = set()
    pending = list(body)
    while pending:
        part = pending.pop()
        if isinstance(part, _NESTED) and not isinstance(part, gast.ClassDef):
            read |= free_names(part)
            pending += [*part.args.defaults, *(default for default in part.args.kw_defaults if default is not None)]
            continue
        if isinstance(part, gast.Name) and isinstance(part.ctx, gast.Load):
            read.add(part.id)
        if isinstance(part, gast.ClassDef):
            read.update(getattr(part, "shared", {}).values())
        pending += children(part)
    return read - bound


def seen_by_class(node: Any) -> set[str]:
    """Return the names that a class reads, those that its methods do not bind included."""
    found: set[str] = set()
    pending = children(node)
    while pending:
        part = pending.pop()
        if isinstance(part, gast.FunctionDef | gast.AsyncFunctionDef | gast.Lambda):
            found |= seen_by_method(part)
            pending += [*part.args.defaults, *(default for default in part.args.kw_defaults if default is not None)]
            pending += getattr(part, "decorator_list", [])
            continue
        if isinstance(part, gast.Name) and isinstance(part.ctx, gast.Load):
            found.add(part.id)
        pending += children(part)
    return found


def seen_by_method(node: Any) -> set[str]:
    """Return the names of functions around that a method reads or assigns."""
    return free_names(node) | {
        name for part in nodes_under(node) if isinstance(part, gast.Nonlocal) for name in part.names
    }


def display_name(variable: str) -> str:
    """Return what a variable is called in generated code; flags lose their ``$`` and number."""
    if not variable.startswith("$"):
        return variable
    kind = re.sub(r"\d+$", "", variable[1:])
    return {"go": "go_on"}.get(kind, kind)


def failing_on_none(statements: list[Any]) -> set[int]:
    """Return the names in these statements that cannot be None where they are read: arithmetic, items, calls."""
    found: list[Any] = []
    for statement in statements:
        for part in nodes_under(statement):
            match part:
                case gast.BinOp():
                    found += [part.left, part.right]
                case gast.UnaryOp() if not isinstance(part.op, gast.Not):
                    found.append(part.operand)
                case gast.AugAssign():
                    found += [part.target, part.value]
                case gast.Subscript() | gast.Starred():
                    found.append(part.value)
                case gast.Call():
                    found.append(part.func)
                case gast.For():
                    found.append(part.iter)
                case gast.Compare() if all(isinstance(o, gast.Lt | gast.LtE | gast.Gt | gast.GtE) for o in part.ops):
                    found += [part.left, *part.comparators]
    return {id(part) for part in found if isinstance(part, gast.Name)}
