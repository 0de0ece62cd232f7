"""The object that an exported method is bound to: what its gradient reads of it is written down."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence
from typing import Any

from diffcompile.export.inline import ExportError, literal
from diffcompile.export.kinds import attributes

Read = dict[str, Any]
"""What is read of an object: attributes by name, of an object in it again such a dict, else an expression."""


def written_down(definition: ast.FunctionDef, parameter: str, value: Any) -> str | None:
    """Return an expression for what ``definition`` reads of its ``parameter``, which is ``value``.

    None if it is more than attributes that can be written down: a method, a property, an object that is used as a
    whole, an array in two places.

    >>> from types import SimpleNamespace
    >>> code = ast.parse("def f(self, x): return self.a * x + self.part.b").body[0]
    >>> written_down(code, "self", SimpleNamespace(a=2.0, part=SimpleNamespace(b=1)))
    'SimpleNamespace(a=2.0, part=SimpleNamespace(b=1))'
    """
    whole = {node for node in ast.walk(definition) if isinstance(node, ast.Name) and node.id == parameter}
    read: Read = {}
    shared: dict[int, tuple[str, ...]] = {}
    inside: set[ast.AST] = set()
    for node in ast.walk(definition):
        names, base = _chain(node)
        if node in inside or base not in whole:
            continue
        inside.update(ast.walk(node))
        if not _note(read, names, value, shared):
            return None
    return _namespace(read) if whole <= inside else None


def _chain(node: ast.AST) -> tuple[list[str], ast.AST]:
    """Return the names of ``x.a.b`` and the node of ``x``; of anything else no names."""
    names: list[str] = []
    while isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        names.insert(0, node.attr)
        node = node.value
    return names, node if names else ast.Pass()


def _note(read: Read, names: Sequence[str], value: Any, shared: dict[int, tuple[str, ...]]) -> bool:
    """Note that ``value.a.b...`` is read; tell whether it can be written down."""
    for number, name in enumerate(names):
        if name not in attributes(value) and not _is_constant_of_class(value, name):
            return False
        value = getattr(value, name)
        try:
            text = literal(name, value)
        except ExportError:
            read = read.setdefault(name, {})
            continue
        plain = isinstance(value, int | float | complex | str | bytes | None)
        place = tuple(names[: number + 1])
        if not plain and shared.setdefault(id(value), place) != place:
            return False  # one object there, two here
        read[name] = text
        return True
    return False


def _is_constant_of_class(value: Any, name: str) -> bool:
    """Tell whether an attribute is one of the class that is nothing but a value."""
    missing = object()
    found = inspect.getattr_static(value, name, missing)
    return found is not missing and not hasattr(type(found), "__get__")


def _namespace(read: Read) -> str:
    parts = (f"{name}={_namespace(part) if isinstance(part, dict) else part}" for name, part in read.items())
    return f"SimpleNamespace({', '.join(parts)})"
