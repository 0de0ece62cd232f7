"""The numbers in a structure as one vector: its parts, its unit vectors, and the rows of a matrix."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from diffcompile.api.directions import many_like
from diffcompile.operators import like

AT_ONCE = 2**18
"""So many numbers one array has in a sweep of many directions: more of these do not make it faster, but larger."""


def is_floating(x: Any) -> bool:
    """Tell whether ``x`` is a number or an array of floating point."""
    if isinstance(x, np.ndarray):
        return x.dtype.kind in "fc"
    return isinstance(x, float | complex | np.inexact)


def flat(moved: Any, x: Any) -> Any:
    """Return the numbers of a tangent or cotangent of ``x`` as a vector."""
    parts = [np.ravel(part) for part in leaves(like(moved, x, "a derivative"))]
    return np.concatenate(parts) if parts else np.zeros(0)


def leaves(x: Any) -> Iterator[Any]:
    """Yield the floating-point numbers and arrays in a structure."""
    if is_floating(x):
        yield x
    elif isinstance(x, list | tuple):
        for item in x:
            yield from leaves(item)
    elif isinstance(x, dict):
        for item in x.values():
            yield from leaves(item)
    elif dataclasses.is_dataclass(x) and not isinstance(x, type):
        for field in dataclasses.fields(x):
            yield from leaves(getattr(x, field.name))


def filled(x: Any, parts: Iterator[Any]) -> Any:
    """Return the structure of ``x`` with the next of ``parts`` in place of each leaf, None in place of what is none."""
    if is_floating(x):
        return next(parts)
    if isinstance(x, list | tuple):
        found = [filled(item, parts) for item in x]
        return type(x)(*found) if hasattr(x, "_fields") else type(x)(found)
    if isinstance(x, dict):
        return {key: filled(item, parts) for key, item in x.items()}
    if dataclasses.is_dataclass(x) and not isinstance(x, type):
        changes = {field.name: filled(getattr(x, field.name), parts) for field in dataclasses.fields(x)}
        return dataclasses.replace(x, **changes)
    return None


def units(
    xs: list[Any], others: list[Any], *, one_by_one: bool
) -> Iterator[tuple[list[Any], int | None]]:
    """Yield the unit vectors of the space of ``xs``, in its structure: one each time, or several and how many.

    ``others`` is what a sweep returns directions of: an array of one of them with many directions is to be of a size
    that is good for the caches, and for the memory.
    """
    parts_of = [leaf for x in xs for leaf in leaves(x)]
    total = sum(map(np.size, parts_of))
    largest = max([1, *(np.size(leaf) for x in (*xs, *others) for leaf in leaves(x))])
    step = 1 if one_by_one else max(1, AT_ONCE // largest)
    for start in range(0, total, step):
        n = min(step, total - start)
        parts = []
        first = -start  # where the numbers of a leaf begin, as counted in this chunk
        for leaf in parts_of:
            size = np.size(leaf)
            block = np.zeros((n, size), np.result_type(leaf))
            inside = np.arange(max(first, 0), min(first + size, n))
            block[inside, inside - first] = 1.0
            parts.append(np.reshape(block, (n, *np.shape(leaf))))
            first += size
        blocks = iter(parts)
        if one_by_one:
            alone = (part[0] for part in blocks)
            yield [like(filled(x, alone), x, "the argument") for x in xs], None
        else:
            yield [many_like(filled(x, blocks), x, n, "the argument") for x in xs], n


def rows(moved: Any, x: Any, several: int | None) -> Any:
    """Return tangents or cotangents of ``x`` as the rows of a matrix: one, or ``several``."""
    if several is None:
        return flat(moved, x)[None]
    parts = []
    for part, leaf in _pairs(moved, x):
        if np.iscomplexobj(part) and not np.iscomplexobj(leaf):
            raise TypeError("the derivative of a real number is complex: its argument is")
        parts.append(np.reshape(part, (several, np.size(leaf))).astype(np.result_type(leaf), copy=False))
    return np.concatenate(parts, axis=1) if parts else np.zeros((several, 0))


def _pairs(moved: Any, x: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the floating-point numbers and arrays in ``x`` with what ``moved`` holds for them."""
    if is_floating(x):
        yield moved, x
    elif isinstance(x, list | tuple):
        for part, item in zip(moved, x, strict=True):
            yield from _pairs(part, item)
    elif isinstance(x, dict):
        for key, item in x.items():
            yield from _pairs(moved[key], item)
    elif dataclasses.is_dataclass(x) and not isinstance(x, type):
        for field in dataclasses.fields(x):
            yield from _pairs(getattr(moved, field.name), getattr(x, field.name))


def split(matrix: Any, sizes: list[tuple[tuple[int, ...], int]], lead: tuple[int, ...]) -> Iterator[Any]:
    """Yield the columns that belong to each input, in its shape after the shape ``lead`` of the output."""
    start = 0
    for shape, size in sizes:
        part = matrix[:, start : start + size] if matrix.shape[1] else np.zeros((matrix.shape[0], size))
        start += size
        shaped = np.reshape(part, (*lead, *shape))
        yield shaped if shaped.ndim else shaped[()]


__all__ = ["filled", "flat", "is_floating", "leaves", "rows", "split", "units"]
