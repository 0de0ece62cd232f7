"""Functions of functions: what they do with the function that they are given, written out."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from diffcompile.rules.registry import definition, sample
from diffcompile.rules.sampling import distinct, normal

LATTICE = np.array([2.5, -1.0, 0.5, 1.75, 2.5])


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


def vectorised(function: Any, cores: Any, names: Any, dtypes: Any, *args: Any) -> Any:
    """Return what ``np.vectorize(function)`` returns for arguments, the last of which are given by ``names``.

    ``cores`` tells for each argument how many of its last axes go to one call, and None if it goes to each call whole.
    """
    given = tuple(a if core is None else np.asarray(a) for a, core in zip(args, cores, strict=True))
    shape = np.broadcast_shapes(*[_around(a, core) for a, core in zip(given, cores, strict=True) if core is not None])
    rows = tuple(a if core is None else _rows(a, core, shape) for a, core in zip(given, cores, strict=True))
    results = []
    first = len(args) - len(names)
    for k in range(math.prod(shape)):
        items = tuple(a if core is None else a[k] for a, core in zip(rows, cores, strict=True))
        results.append(function(*items[:first], **{name: v for name, v in zip(names, items[first:], strict=True)}))  # noqa: C416
    if dtypes is not None and len(dtypes) == 1:
        if len(results) == 0:
            return np.zeros(shape, dtypes[0])
        return _whole(results, shape, dtypes[0])
    if isinstance(results[0], tuple):
        parts = range(len(results[0]))
        return tuple(_whole([r[j] for r in results], shape, None if dtypes is None else dtypes[j]) for j in parts)
    return _whole(results, shape, None)


def _around(a: Any, core: int) -> Any:
    """Return the shape of an array without its last axes."""
    return np.shape(a)[: np.ndim(a) - core]


def _rows(a: Any, core: int, shape: Any) -> Any:
    """Return an array with one axis before its last ones, which goes over ``shape``."""
    if core == 0:
        return np.ravel(np.broadcast_to(a, shape))
    last = np.shape(a)[np.ndim(a) - core :]
    return np.reshape(np.broadcast_to(a, shape + last), (math.prod(shape), *last))


def _whole(results: Any, shape: Any, dtype: Any) -> Any:
    """Return results of calls as one array, of the dtype of the first if none is given."""
    found = np.stack(results)
    if dtype is None:
        dtype = np.asarray(results[0]).dtype
    return np.reshape(found.astype(dtype), shape + np.shape(found)[1:])


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


# --- sets of numbers: what is chosen is where it came from ---


@definition(np.union1d, samples=lambda: [sample(distinct(4), distinct(3)), sample(distinct(2, 2), [0.5, 9.5])])
def union1d(ar1: Any, ar2: Any) -> Any:
    """Return ``np.union1d(ar1, ar2)``."""
    return np.unique(np.concatenate((ar1, ar2), axis=None))


@definition(np.intersect1d, samples=lambda: [sample(LATTICE, LATTICE[1:] + 0.0), sample(LATTICE, [0.5, 9.5])])
def intersect1d(ar1: Any, ar2: Any, assume_unique: Any = False) -> Any:
    """Return ``np.intersect1d(ar1, ar2)``: the numbers of ``ar1``."""
    values = np.unique(ar1)
    return values[np.isin(values, ar2)]


@definition(np.setdiff1d, samples=lambda: [sample(LATTICE, LATTICE[1:3]), sample(distinct(4), distinct(3))])
def setdiff1d(ar1: Any, ar2: Any, assume_unique: Any = False) -> Any:
    """Return ``np.setdiff1d(ar1, ar2)``."""
    values = np.ravel(ar1) if assume_unique else np.unique(ar1)
    return values[np.isin(values, ar2, invert=True)]


@definition(np.setxor1d, samples=lambda: [sample(LATTICE, LATTICE[1:3]), sample(LATTICE, np.array([0.5, 9.5]))])
def setxor1d(ar1: Any, ar2: Any, assume_unique: Any = False) -> Any:
    """Return ``np.setxor1d(ar1, ar2)``."""
    first, second = np.unique(ar1), np.unique(ar2)
    return np.sort(
        np.concatenate((first[np.isin(first, second, invert=True)], second[np.isin(second, first, invert=True)]))
    )


@definition(
    np.histogram_bin_edges,
    samples=lambda: [
        sample(distinct(8), 4),
        sample(distinct(8), bins=3, range=(-1.0, 1.0)),
        sample(distinct(8), "sqrt"),
    ],
)
def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    """Return ``np.histogram_bin_edges(a, bins, range)``."""
    return np.histogram(a, bins, range, None, weights)[1]


@definition(np.ndenumerate)
def ndenumerate(arr: Any) -> Any:
    """Return what ``np.ndenumerate(arr)`` goes over: pairs of an index and an item."""
    arr = np.asarray(arr)
    return [(place, arr[place]) for place in np.ndindex(np.shape(arr))]


def parameter_count(fun: Any) -> int:
    """Stand for the number of parameters of ``fun`` that are given by position."""
    raise AssertionError("the compiler knows what it means")
