"""Nodes of syntax trees: giving new ones a place, and what a name in them stands for."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import gast

from diffcompile.frontend.source import Source


def placed(node: Any, at: Any) -> Any:
    """Give a new node, and the new ones in it, the place of ``at``; nothing of the user's is touched."""
    pending = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, gast.stmt | gast.expr) and getattr(part, "lineno", None) is None:
            gast.copy_location(part, at)
            part.end_lineno, part.end_col_offset = at.lineno, at.col_offset + 1
            pending += gast.iter_child_nodes(part)
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
