"""Nested structures of arrays and floats, such as arguments and gradients are.

The *leaves* of nested tuples, lists, dicts, named tuples, dataclasses and other instances of users' classes are
floating-point arrays in them; everything else is handed on as it is.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from diffcompile.dynamic import attributes, has_attributes, instance


@dataclass(frozen=True, slots=True)
class Leaf:
    """A differentiable part of an argument: where it is, as one would write it, and what it holds."""

    path: str
    value: Any


def is_leaf(value: Any) -> bool:
    """Tell whether ``value`` is a float or a floating-point array."""
    if isinstance(value, np.ndarray | np.generic):
        return bool(np.issubdtype(value.dtype, np.floating))
    return isinstance(value, float)


def leaves(tree: Any, path: str = "") -> list[Leaf]:
    """Return the differentiable leaves of a nested structure, in a fixed order.

    >>> [leaf.path for leaf in leaves({"w": 1.5, "n": 3, "deep": (2.0, [0.5])}, "p")]
    ["p['w']", "p['deep'][0]", "p['deep'][1][0]"]
    """
    if is_leaf(tree):
        return [Leaf(path, tree)]
    return [leaf for part, child in _children(tree) for leaf in leaves(child, path + part)]


def numbers(tree: Any, path: str = "") -> list[Leaf]:
    """Return the floating-point leaves of a nested structure, and the complex ones among them.

    >>> [leaf.path for leaf in numbers({"w": 1.5, "z": (2j, 3)}, "p")]
    ["p['w']", "p['z'][0]"]
    """
    inexact = isinstance(tree, np.ndarray | np.generic) and np.issubdtype(tree.dtype, np.inexact)
    if inexact or isinstance(tree, float | complex):
        return [Leaf(path, tree)]
    return [leaf for part, child in _children(tree) for leaf in numbers(child, path + part)]


def rebuild(tree: Any, values: Iterator[Any]) -> Any:
    """Return a copy of ``tree`` with the next of ``values`` for its leaves; other arrays are copied, too."""
    if is_leaf(tree):
        return next(values)
    if isinstance(tree, np.ndarray):
        return tree.copy(order="K")
    parts = [rebuild(child, values) for _, child in _children(tree)]
    if isinstance(tree, dict):
        return dict(zip(tree, parts, strict=True))
    if isinstance(tree, list | tuple):
        return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)
    if _is_instance(tree):
        # not `replace`: __init__ and __post_init__ have run already, and a field may be excluded from __init__
        return instance(type(tree), **dict(zip(_names(tree), parts, strict=True)))
    return tree


def copy_tree(tree: Any) -> Any:
    """Return a copy of a nested structure that shares no array with it."""
    return rebuild(tree, iter([copy_leaf(leaf.value) for leaf in leaves(tree)]))


def difference_in_structure(expected: Any, found: Any, path: str = "") -> str | None:
    """Say where ``found`` departs from the structure, shapes and dtypes of ``expected``; None if nowhere.

    Only what is differentiable is compared: the gradient with respect to an int may be anything.
    """
    if is_leaf(expected):
        return _difference_of_leaves(expected, found, path)
    if not leaves(expected):
        return None
    if type(found) is not type(expected):
        return f"{path or 'the gradient'} is a {type(found).__name__}, not a {type(expected).__name__}"
    ours, theirs = dict(_children(expected)), dict(_children(found))
    odd = [part for part in [*ours, *theirs] if part not in ours or part not in theirs]
    if odd:
        return f"{path}{odd[0]} is {'missing' if odd[0] in ours else 'too many'}"
    problems = (difference_in_structure(child, theirs[part], path + part) for part, child in ours.items())
    return next((problem for problem in problems if problem), None)


def first_change(before: Any, after: Any, path: str) -> str | None:
    """Return where ``after`` differs from ``before`` in structure or in any bit; None if nowhere.

    What is neither a number, a text, an array nor a container of these is not looked into.
    """
    if isinstance(before, np.ndarray | np.generic | float | int | str | None):
        same = type(before) is type(after) and (before is after or _same_bits(before, after))
        return None if same else path
    ours, theirs = list(_children(before)), list(_children(after))
    if type(before) is not type(after) or [part for part, _ in ours] != [part for part, _ in theirs]:
        return path
    changes = (
        first_change(old, new, path + part) for (part, old), (_, new) in zip(ours, theirs, strict=True)
    )
    return next((change for change in changes if change), None)


def _same_bits(a: Any, b: Any) -> bool:
    x, y = np.asarray(a), np.asarray(b)
    return x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes()


def parts_like(value: Any, like: Any) -> list[Any]:
    """Return the parts of ``value`` at the places where ``like`` has its leaves, whatever they are."""
    if is_leaf(like):
        return [value]
    theirs = dict(_children(value))
    return [part for place, child in _children(like) for part in parts_like(theirs.get(place), child)]


def _difference_of_leaves(expected: Any, found: Any, path: str) -> str | None:
    where = path or "the gradient"
    if isinstance(expected, np.ndarray) and expected.ndim and not isinstance(found, np.ndarray):
        return f"{where} is a {type(found).__name__}, not an array"
    if not is_leaf(found):
        return f"{where} is {found!r}, not a number"
    if np.shape(found) != np.shape(expected):
        return f"{where} has shape {np.shape(found)}, not {np.shape(expected)}"
    if np.asarray(found).dtype != np.asarray(expected).dtype:
        return f"{where} has dtype {np.asarray(found).dtype}, not {np.asarray(expected).dtype}"
    return None


def _is_instance(value: Any) -> bool:
    """Tell whether ``value`` is an instance of a data class or of another class that somebody wrote in Python."""
    if type(value) is SimpleNamespace or (dataclasses.is_dataclass(value) and not isinstance(value, type)):
        return True
    root = type(value).__module__.partition(".")[0]
    library = root in sys.stdlib_module_names - {"__main__"} or root in ("numpy", "scipy", "builtins", "diffcompile")
    return not library and has_attributes(value) and type(value).__new__ is object.__new__  # type: ignore[comparison-overlap]


def _names(value: Any) -> list[str]:
    fields = [field.name for field in dataclasses.fields(value)] if dataclasses.is_dataclass(value) else []
    return list(dict.fromkeys([*fields, *attributes(value)]))


def _children(tree: Any) -> Iterator[tuple[str, Any]]:
    """Yield the parts of a container, each with what to write behind the container to reach it."""
    if isinstance(tree, dict):
        yield from ((f"[{key!r}]", child) for key, child in tree.items())
    elif isinstance(tree, tuple) and hasattr(tree, "_fields"):
        yield from ((f".{name}", child) for name, child in zip(tree._fields, tree, strict=True))
    elif isinstance(tree, tuple | list):
        yield from ((f"[{k}]", child) for k, child in enumerate(tree))
    elif _is_instance(tree):
        yield from ((f".{name}", getattr(tree, name)) for name in _names(tree))


def copy_leaf(value: Any) -> Any:
    """Return a copy of an array, and a number as it is."""
    return value.copy(order="K") if isinstance(value, np.ndarray) else value
