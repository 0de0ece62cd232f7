"""Nodes of syntax trees: giving new ones a place, and what a name in them stands for."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

import gast

from diffcompile.frontend.source import Source


def children(node: Any) -> list[Any]:
    """Return the nodes right under ``node``, in the order of the text."""
    found: list[Any] = []
    for name in node._fields:
        inner = getattr(node, name, None)
        if isinstance(inner, list):
            found += [one for one in inner if isinstance(one, gast.AST)]
        elif isinstance(inner, gast.AST) and name != "ctx":
            found.append(inner)
    return found


def nodes_under(node: Any) -> Iterator[Any]:
    """Yield ``node`` and all nodes under it, those that are near it first."""
    pending = [node]
    for part in pending:  # which grows
        pending += children(part)
        yield part


def placed(node: Any, at: Any) -> Any:
    """Give a new node, and the new ones in it, the place of ``at``; nothing of the user's is touched."""
    pending = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, gast.stmt | gast.expr) and getattr(part, "lineno", None) is None:
            gast.copy_location(part, at)
            part.end_lineno, part.end_col_offset = at.lineno, at.col_offset + 1
            pending += children(part)
    return node


def calls(node: Any, function: Any, source: Source, own: Container[str]) -> bool:
    """Tell whether an expression calls ``function``, by a name that is not one of the program's ``own``."""
    if not isinstance(node, gast.Call):
        return False
    path, root = [], node.func
    while isinstance(root, gast.Attribute):
        path.append(root.attr)
        root = root.value
    if not isinstance(root, gast.Name) or root.id in own:
        return False
    try:
        found = source.scope.lookup(root.id)
    except NameError:
        return False
    for attribute in reversed(path):
        found = getattr(found, attribute, None)
    return found is function
