"""Arguments made up from a description of their types: reproducible, finite, and away from the usual kinks.

Floats are normal numbers pushed away from zero; integers are small and positive; sizes that nobody gave are small, and
different for axes of different names, so that a mixed-up axis shows.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable
from typing import Any

import numpy as np

from diffcompile.analysis.types import (
    NUMBER,
    RANGE,
    STRING,
    Array,
    Dct,
    Lst,
    Obj,
    Scalar,
    Static,
    Tup,
    Type,
    plain,
)

Sizes = dict[str, int]
"""Lengths of axes by name."""
FIRST_SIZE = 3
ITEMS = 2
"""How many items a list gets."""
APART = 0.1
"""Floats keep this distance from zero."""
INTEGER = 3


class CannotMake(ValueError):  # noqa: N818 - it is caught and told as a question to the user
    """No argument can be made from what is known of its type."""


def from_description(text: str, rng: np.random.Generator, sizes: Sizes) -> Any:
    """Return a value of the type that ``text`` describes (see :mod:`diffcompile.describe`).

    A literal (``3``, ``2.5``, ``"fast"``, ``None``) stands for itself. ``sizes`` gives the lengths of named axes, and
    gets those that are chosen here.

    >>> from_description("(int, 2.5, 'fast')", np.random.default_rng(0), {})
    (3, 2.5, 'fast')
    """
    return _from_node(ast.parse(text.strip(), mode="eval").body, rng, sizes)


def _from_node(node: ast.expr, rng: np.random.Generator, sizes: Sizes) -> Any:
    match node:
        case ast.Name(id=name):
            return _named(name, rng)
        case ast.Subscript(value=ast.Name(id="list"), slice=item):
            return [_from_node(item, rng, sizes) for _ in range(ITEMS)]
        case ast.Subscript(value=ast.Name(id="tuple"), slice=ast.Tuple(elts=parts)) | ast.Tuple(elts=parts):
            return tuple(_from_node(part, rng, sizes) for part in parts)
        case ast.Subscript(value=ast.Name(id="tuple"), slice=part):
            return (_from_node(part, rng, sizes),)
        case ast.Subscript(value=ast.Name(id=name), slice=axes):
            parts = axes.elts if isinstance(axes, ast.Tuple) else [axes]
            return _numbers(np.dtype(name), tuple(_length(part, sizes) for part in parts), rng)
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return {key.value: _from_node(value, rng, sizes) for key, value in pairs if isinstance(key, ast.Constant)}
    return ast.literal_eval(node)


def _length(node: ast.expr, sizes: Sizes) -> int:
    match node:
        case ast.Constant(value=int(number)):
            return number
        case ast.Name(id=name):
            return sizes.setdefault(name, FIRST_SIZE + len(sizes))
    return FIRST_SIZE  # `:` and `...`


def _named(name: str, rng: np.random.Generator) -> Any:
    match name:
        case "float" | "number":
            return float(_floats((), rng))
        case "int":
            return INTEGER
        case "bool":
            return True
        case "complex":
            return complex(_floats((), rng), _floats((), rng))
        case "range":
            return range(INTEGER)
        case "array":
            return _floats((FIRST_SIZE,), rng)
        case "any" | "str":
            raise CannotMake(f"{name!r} does not say which value to take")
    return _numbers(np.dtype(name), (), rng)[()]


def _floats(shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    drawn = rng.normal(size=shape)
    return drawn + np.copysign(APART, drawn)


def _numbers(dtype: np.dtype[Any], shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    match dtype.kind:
        case "f":
            return np.asarray(_floats(shape, rng)).astype(dtype)
        case "c":
            return np.asarray(_floats(shape, rng) + 1j * _floats(shape, rng)).astype(dtype)
        case "b":
            return np.asarray(rng.integers(0, 2, size=shape)).astype(dtype)
    return np.asarray(rng.integers(1, FIRST_SIZE + 1, size=shape)).astype(dtype)


def from_type(t: Type, rng: np.random.Generator) -> Any:
    """Return a value of type ``t``, an annotation's for instance; arrays of unknown rank get one axis.

    Raises:
        CannotMake: the type leaves open what kind of value there is.
    """
    if isinstance(t, Static):
        return t.value
    t = plain(t)
    match t:
        case Scalar(kind="f", dtype=None) | Scalar(kind="f", dtype="?"):
            return float(_floats((), rng))
        case Scalar(dtype=None):
            return {"i": INTEGER, "b": True}.get(t.kind, 1.0 + 0.5j)
        case Scalar(dtype=str(name)):
            return _numbers(np.dtype(name), (), rng)[()]
        case Array():
            dims: dict[Hashable, int] = {}
            shape = (FIRST_SIZE,) if t.dims is None else tuple(_dim_length(dim.key, dims) for dim in t.dims)
            return _numbers(t.dtype or np.dtype(float), shape, rng)
        case Tup():
            items = [from_type(item, rng) for item in t.items]
            return tuple(items) if t.cls is None else t.cls(*items)
        case Lst():
            return [from_type(t.item, rng) for _ in range(ITEMS)]
        case Dct() if t.cell.root().fields is not None:
            return {name: from_type(item, rng) for name, item in (t.cell.root().fields or {}).items()}
        case Obj(cls=cls):
            raise CannotMake(f"an object of type {cls.__name__} cannot be made up")
    if t is RANGE:
        return range(INTEGER)
    if t is NUMBER:
        return float(_floats((), rng))
    raise CannotMake("which text?" if t is STRING else "nothing is known about its type")


def _dim_length(key: Hashable, dims: dict[Hashable, int]) -> int:
    if isinstance(key, int):
        return key
    return dims.setdefault(key, FIRST_SIZE + len(dims)) if key is not None else FIRST_SIZE
