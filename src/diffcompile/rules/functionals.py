"""Functions of functions: what they do with the function that they are given, written out."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from diffcompile.rules.registry import definition, sample
from diffcompile.rules.sampling import normal


@definition(functools.reduce)
def reduce(function: Any, iterable: Any, *initial: Any) -> Any:
    """Return ``functools.reduce(function, iterable, initial)``."""
    items = [item for item in iterable]  # noqa: C416 - an iterator has no items by number
    first = 0
    if len(initial) == 0:
        total = items[0]
        first = 1
    else:
        total = initial[0]
    for k in range(first, len(items)):
        total = function(total, items[k])
    return total


@definition(
    np.apply_along_axis,
    samples=lambda: [
        sample(np.sum, 0, normal(3, 4)),
        sample(np.cumsum, 1, normal(3, 4)),
        sample(np.diff, 1, normal(2, 3, 4)),
        sample(np.flip, -1, normal(5)),
    ],
)
def apply_along_axis(func1d: Any, axis: Any, arr: Any, *args: Any) -> Any:
    """Return ``np.apply_along_axis(func1d, axis, arr, *args)``."""
    arr = np.asarray(arr)
    moved = np.moveaxis(arr, axis, -1)
    lead = np.shape(moved)[:-1]
    rows = np.reshape(moved, (-1, np.shape(moved)[-1]))
    results = []
    for k in range(len(rows)):
        results.append(func1d(rows[k], *args))
    stacked = np.stack(results)
    whole = np.reshape(stacked, lead + np.shape(stacked)[1:])
    first = axis % np.ndim(arr)
    extra = np.ndim(stacked) - 1
    return np.moveaxis(whole, tuple(range(len(lead), len(lead) + extra)), tuple(range(first, first + extra)))


@definition(np.fromiter, samples=lambda: [sample([0.5, 1.5], float), sample((0.5, 1.5, 2.5), np.float64, 2)])
def fromiter(iter: Any, dtype: Any, count: Any = -1) -> Any:
    """Return ``np.fromiter(iter, dtype, count)``."""
    items = np.array([item for item in iter], dtype)  # noqa: C416 - an iterator has no items by number
    return items if count < 0 else items[:count]


def vectorised(function: Any, *args: Any) -> Any:
    """Return ``np.vectorize(function)(*args)`` for up to three arguments."""
    results = []
    shape = np.shape(args[0])
    if len(args) == 1:
        first = np.ravel(args[0])
        for k in range(len(first)):
            results.append(function(first[k]))
    elif len(args) == 2:  # noqa: PLR2004 - a case for each number
        shape = np.broadcast_shapes(np.shape(args[0]), np.shape(args[1]))
        first = np.ravel(np.broadcast_to(args[0], shape))
        second = np.ravel(np.broadcast_to(args[1], shape))
        for k in range(len(first)):
            results.append(function(first[k], second[k]))
    else:
        shape = np.broadcast_shapes(np.shape(args[0]), np.shape(args[1]), np.shape(args[2]))
        first = np.ravel(np.broadcast_to(args[0], shape))
        second = np.ravel(np.broadcast_to(args[1], shape))
        third = np.ravel(np.broadcast_to(args[2], shape))
        for k in range(len(first)):
            results.append(function(first[k], second[k], third[k]))
    found = np.stack(results)
    return np.reshape(found.astype(np.asarray(results[0]).dtype), shape)


def sort_numbers(iterable: Any, reverse: Any = False) -> Any:
    """Return ``sorted(iterable)`` of numbers."""
    items = [item for item in iterable]  # noqa: C416 - an iterator has no items by number
    keys = np.array(items)
    order = np.argsort(-keys if reverse else keys, kind="stable")
    return [items[int(k)] for k in order]


def sort_by_key(iterable: Any, key: Any, reverse: Any = False) -> Any:
    """Return ``sorted(iterable, key=key)`` for a key that is a number."""
    items = [item for item in iterable]  # noqa: C416 - an iterator has no items by number
    keys = np.array([key(item) for item in items])
    order = np.argsort(-keys if reverse else keys, kind="stable")
    return [items[int(k)] for k in order]
