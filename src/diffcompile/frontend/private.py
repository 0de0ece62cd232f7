"""Private names: in the body of a class ``C``, ``__x`` is ``_C__x`` (Python's reference, "private name mangling")."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import gast

FIELDS: dict[type, str] = {
    gast.Name: "id",
    gast.Attribute: "attr",
    gast.FunctionDef: "name",
    gast.AsyncFunctionDef: "name",
    gast.MatchAs: "name",
    gast.MatchStar: "name",
    gast.MatchMapping: "rest",
}
"""Where a node holds a name that Python mangles; names of keywords in calls stay as they are."""


def with_class(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Yield the nodes of a tree, each with the name of the innermost class around it, or ``""``."""
    pending = [(tree, "")]
    while pending:
        node, owner = pending.pop()
        yield node, owner
        inside = node.name if isinstance(node, ast.ClassDef) else owner
        pending += [(part, inside) for part in reversed(list(ast.iter_child_nodes(node)))]


def mangled(name: str, owner: str) -> str:
    """Return ``name`` as Python knows it in the class ``owner``."""
    owner = owner.lstrip("_")
    private = name.startswith("__") and not name.endswith("__") and "." not in name
    return f"_{owner}{name}" if private and owner else name


def mangle(function: Any, owner: str) -> None:
    """Write out the private names in a function of the class ``owner``; its own name is not one of them."""
    for node in gast.walk(function) if owner.lstrip("_") else ():
        field = FIELDS.get(type(node))
        if field is not None and node is not function:
            name = getattr(node, field)
            if name is not None:
                setattr(node, field, mangled(name, owner))
        elif isinstance(node, gast.Global | gast.Nonlocal):
            node.names = [mangled(name, owner) for name in node.names]
        elif isinstance(node, gast.alias) and (node.asname or node.name).startswith("__"):
            node.asname = mangled(node.asname or node.name, owner)
