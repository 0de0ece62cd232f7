"""Adjoints of functions that repeat, pad, insert or delete elements."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcompile.errors import UnsupportedError


def scatter_add(ct: Any, places: Any, shape: tuple[int, ...]) -> Any:
    """Add each element of ``ct`` to its place (counted through the flattened array) in zeros of ``shape``."""
    bar = np.zeros(math.prod(shape), np.result_type(ct))
    np.add.at(bar, np.ravel(places), np.ravel(ct))
    return np.reshape(bar, shape)


def _places(shape: tuple[int, ...]) -> Any:
    """Number the elements of an array of ``shape``."""
    return np.reshape(np.arange(math.prod(shape)), shape)


def repeat_adjoint(ct: Any, shape: tuple[int, ...], repeats: Any, axis: int | None = None) -> Any:
    """Return the cotangent of an array of ``shape`` whose elements ``np.repeat`` repeated along ``axis``."""
    inner = (math.prod(shape),) if axis is None else shape
    axis = 0 if axis is None else axis % len(shape)
    size = inner[axis]
    if np.size(repeats) == 1:
        each = int(np.reshape(repeats, ()))
        blocks = np.reshape(ct, (*inner[:axis], size, each, *inner[axis + 1 :]))
        return np.reshape(np.sum(blocks, axis=axis + 1), shape)
    bar = np.zeros(inner, np.result_type(ct))
    used = np.flatnonzero(repeats)
    if used.size:
        starts = (np.cumsum(repeats) - repeats)[used]
        np.moveaxis(bar, axis, 0)[used] = np.add.reduceat(np.moveaxis(ct, axis, 0), starts, axis=0)
    return np.reshape(bar, shape)


def tile_adjoint(ct: Any, shape: tuple[int, ...], reps: Any) -> Any:
    """Return the cotangent of an array of ``shape`` that ``np.tile`` laid ``reps`` times side by side."""
    counts = [int(n) for n in np.atleast_1d(reps)]
    counts = [1] * (len(shape) - len(counts)) + counts
    inner = (1,) * (len(counts) - len(shape)) + shape
    tiles = np.reshape(ct, [n for pair in zip(counts, inner, strict=True) for n in pair])
    return np.reshape(np.sum(tiles, axis=tuple(range(0, 2 * len(inner), 2))), shape)


def _pad_pairs(pad_width: Any, rank: int) -> list[tuple[int, int]]:
    """Return the widths before and after each axis, in any spelling that ``np.pad`` takes."""
    if isinstance(pad_width, dict):
        widths = np.zeros((rank, 2), np.intp)
        for axis, width in pad_width.items():
            widths[axis] = width
    else:
        widths = np.broadcast_to(np.asarray(pad_width, np.intp), (rank, 2))
    return [(int(before), int(after)) for before, after in widths]


def _interior(shape: tuple[int, ...], pad_width: Any) -> tuple[slice, ...]:
    pairs = _pad_pairs(pad_width, len(shape))
    return tuple(slice(before, before + size) for size, (before, _) in zip(shape, pairs, strict=True))


def unpad(ct: Any, shape: tuple[int, ...], pad_width: Any) -> Any:
    """Return the part of ``ct`` that the array of ``shape`` had before ``np.pad`` put constants around it."""
    return ct[_interior(shape, pad_width)] if shape else ct


def pad_constant_adjoint(ct: Any, shape: tuple[int, ...], pad_width: Any, constant_values: Any) -> Any:
    """Return the cotangent of what ``np.pad`` put around an array of ``shape``: the last axis was padded last."""
    form = np.shape(constant_values)
    if not form:
        rim = np.array(ct)
        rim[_interior(shape, pad_width)] = 0
        return np.sum(rim)
    sums = np.zeros((len(shape), 2), np.result_type(ct))
    pairs = _pad_pairs(pad_width, len(shape))
    for axis in reversed(range(len(shape))):
        along = np.moveaxis(ct, axis, 0)
        before, end = pairs[axis][0], pairs[axis][0] + shape[axis]
        sums[axis, 0], sums[axis, 1] = np.sum(along[:before]), np.sum(along[end:])
        ct = np.moveaxis(along[before:end], 0, axis)
    wide = (1,) * (2 - len(form)) + form
    spread = tuple(axis for axis, size in enumerate(wide) if size == 1)
    return np.reshape(np.sum(sums, axis=spread), form)


def _add_rows(x: Any, places: Any, rows: Any) -> None:
    """Add each of ``rows`` to its place in ``x``: by slices where there are few, as ``np.add.at`` is slow."""
    if len(places) * 8 < np.size(x):
        for place, row in zip(places, rows, strict=True):
            x[place] += row
    else:
        np.add.at(x, places, rows)


def pad_adjoint(
    ct: Any, shape: tuple[int, ...], pad_width: Any, mode: Any, reflect_type: str = "even"
) -> Any:
    """Return the cotangent of an array of ``shape`` that ``np.pad`` continued with its own elements."""
    if mode not in ("edge", "reflect", "symmetric", "wrap") or reflect_type != "even":
        raise UnsupportedError(f"np.pad has no derivative here for {mode=}, {reflect_type=}")
    ct = np.array(ct)
    for axis, (size, pair) in enumerate(zip(shape, _pad_pairs(pad_width, len(shape)), strict=True)):
        source = np.pad(np.arange(size), pair, mode=mode)
        before, end = pair[0], pair[0] + size
        along = np.moveaxis(ct, axis, 0)
        inside = along[before:end]
        _add_rows(inside, source[:before], along[:before])
        _add_rows(inside, source[end:], along[end:])
        ct = np.moveaxis(inside, 0, axis)
    return ct


def insert_adjoint(
    ct: Any, shape: tuple[int, ...], obj: Any, values_shape: tuple[int, ...], axis: int | None
) -> tuple[Any, Any]:
    """Return the cotangents of ``arr`` and ``values`` in ``np.insert(arr, obj, values, axis)``.

    Inserting the numbers of the elements in place of the elements tells where each of them went.
    """
    places = np.insert(_places(shape), obj, -1 - _places(values_shape), axis)
    kept = places >= 0
    arr_bar = scatter_add(ct[kept], places[kept], shape)
    return arr_bar, scatter_add(ct[~kept], -1 - places[~kept], values_shape)


def delete_adjoint(ct: Any, shape: tuple[int, ...], obj: Any, axis: int | None) -> Any:
    """Return the cotangent of an array of ``shape`` from which ``np.delete`` took slices away."""
    bar = np.zeros(shape, np.result_type(ct))
    if axis is None:
        bar.reshape(-1)[np.delete(np.arange(bar.size), obj)] = ct
    else:
        along = np.moveaxis(bar, axis, 0)
        along[np.delete(np.arange(shape[axis]), obj)] = np.moveaxis(ct, axis, 0)
    return bar
