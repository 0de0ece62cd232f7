"""Adjoints of functions that join arrays or cut them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from diffcompile.runtime.shaping import reshape_each


def split_like(ct: Any, arrays: Any, axis: int | None = 0) -> Any:
    """Cut ``ct`` along ``axis`` into the shapes of ``arrays``: the cotangents of ``np.concatenate``."""
    bars = []
    start = 0
    for array in arrays:
        shape = np.shape(array)
        if axis is None:
            stop = start + math.prod(shape)
            bars.append(np.reshape(ct[start:stop], shape))
        else:
            stop = start + shape[axis]
            bars.append(ct[(*(slice(None),) * (axis % len(shape)), slice(start, stop))])
        start = stop
    return np.asarray(bars) if isinstance(arrays, np.ndarray) else list(map(narrowed, bars, arrays))


def narrowed(ct: Any, x: Any) -> Any:
    """Return ``ct`` in single precision, if ``x`` was joined in it to something wider."""
    have, want = np.result_type(ct), np.asarray(x).dtype if isinstance(x, list | tuple) else np.result_type(x)
    if have == want or want.kind not in "fc":
        return ct
    return (np.real(ct) if want.kind == "f" else ct).astype(want)


def unstack_like(ct: Any, arrays: Any, axis: int = 0) -> Any:
    """Take ``ct`` apart along ``axis``: the cotangents of ``np.stack``."""
    ct = np.moveaxis(ct, axis, 0)
    return ct if isinstance(arrays, np.ndarray) else list(map(narrowed, ct, arrays))


def vstack_adjoint(ct: Any, arrays: Any) -> Any:
    """Return the cotangents of the arrays of ``np.vstack``."""
    return _split_promoted(ct, arrays, [np.atleast_2d(array) for array in arrays], 0)


def hstack_adjoint(ct: Any, arrays: Any) -> Any:
    """Return the cotangents of the arrays of ``np.hstack``."""
    promoted = [np.atleast_1d(array) for array in arrays]
    return _split_promoted(ct, arrays, promoted, min(promoted[0].ndim - 1, 1))


def dstack_adjoint(ct: Any, arrays: Any) -> Any:
    """Return the cotangents of the arrays of ``np.dstack``."""
    return _split_promoted(ct, arrays, [np.atleast_3d(array) for array in arrays], 2)


def column_stack_adjoint(ct: Any, arrays: Any) -> Any:
    """Return the cotangents of the arrays of ``np.column_stack``."""
    promoted = [np.atleast_2d(array).T if np.ndim(array) < 2 else array for array in arrays]
    return _split_promoted(ct, arrays, promoted, 1)


def _split_promoted(ct: Any, arrays: Any, promoted: Sequence[Any], axis: int) -> Any:
    bars = reshape_each(split_like(ct, promoted, axis), arrays)
    if isinstance(arrays, np.ndarray):
        return np.asarray(bars)
    return np.stack(bars) if hasattr(arrays, "ndim") else bars


def block_adjoint(ct: Any, arrays: Any) -> Any:
    """Return the cotangents of the nested lists of ``np.block``, nested alike."""

    def depth(part: Any) -> int:
        return 1 + depth(part[0]) if isinstance(part, list) else 0

    def extent(part: Any, axis: int) -> int:
        """Return the size along ``axis`` (from the end) of what ``part`` becomes."""
        if not isinstance(part, list):
            return int(np.shape(part)[axis]) if np.ndim(part) >= -axis else 1
        sizes = [extent(member, axis) for member in part]
        return sum(sizes) if depth(part) == -axis else sizes[0]

    def cut(ct: Any, part: Any) -> Any:
        if not isinstance(part, list):
            return narrowed(np.reshape(ct, np.shape(part)), part)
        axis = -depth(part)
        places = np.cumsum([0, *(extent(member, axis) for member in part)])
        along = np.moveaxis(ct, axis, 0)
        pieces = [along[i:j] for i, j in itertools.pairwise(places)]
        return [cut(np.moveaxis(piece, 0, axis), member) for piece, member in zip(pieces, part, strict=True)]

    return cut(ct, arrays)


def split_adjoint(cts: Sequence[Any], shape: tuple[int, ...], sections: Any, axis: int = 0) -> Any:
    """Return the cotangent of an array of ``shape`` split at ``sections``; the parts may overlap."""
    bar = np.zeros(shape, np.result_type(*cts))
    for part, ct in zip(np.array_split(bar, sections, axis), cts, strict=True):
        np.add(part, ct, out=part)
    return bar
