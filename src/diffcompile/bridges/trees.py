"""Nested arguments of other libraries: find what is an array of theirs, and put something else in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def collect(tree: Any, wanted: Callable[[Any], bool], found: list[Any]) -> None:
    """Append the parts of nested tuples, lists and dicts that are ``wanted``, in a fixed order."""
    if wanted(tree):
        found.append(tree)
    elif isinstance(tree, tuple | list):
        for item in tree:
            collect(item, wanted, found)
    elif isinstance(tree, dict):
        for item in tree.values():
            collect(item, wanted, found)


def replaced(tree: Any, wanted: Callable[[Any], bool], values: list[Any]) -> Any:
    """Return ``tree`` with the next of ``values``, which are taken out, for each part that is ``wanted``.

    >>> replaced((1, [2, "a"]), lambda part: isinstance(part, int), [10, 20])
    (10, [20, 'a'])
    """
    if wanted(tree):
        return values.pop(0)
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(replaced(item, wanted, values) for item in tree))
    if isinstance(tree, tuple | list):
        return type(tree)([replaced(item, wanted, values) for item in tree])
    if isinstance(tree, dict):
        return {key: replaced(item, wanted, values) for key, item in tree.items()}
    return tree


def parts_at(tree: Any, like: Any, wanted: Callable[[Any], bool], found: list[Any]) -> None:
    """Append the parts of ``tree`` at the places where ``like`` has what is ``wanted``; None where there is nothing."""
    if wanted(like):
        found.append(tree)
    elif isinstance(like, tuple | list):
        for number, item in enumerate(like):
            parts_at(None if tree is None else tree[number], item, wanted, found)
    elif isinstance(like, dict):
        for key, item in like.items():
            parts_at(None if tree is None else tree[key], item, wanted, found)
