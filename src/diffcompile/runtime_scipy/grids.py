"""Cells of regular grids; the places of all axes stand in one array, one axis after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from diffcompile.errors import UnsupportedError


def check_grid(points: Sequence[Any], shape: tuple[int, ...]) -> None:
    """Raise what a ``RegularGridInterpolator`` raises, and refuse places that descend.

    Raises:
        ValueError: places and values do not fit together.
        UnsupportedError: places do not ascend.
    """
    if len(points) > len(shape):
        raise ValueError(f"There are {len(points)} point arrays, but values has {len(shape)} dimensions")
    for number, places in enumerate(points):
        if len(places) != shape[number]:
            raise ValueError(f"There are {len(places)} points and {shape[number]} values on dimension {number}")
        if len(places) < 2 or not np.all(np.diff(places) > 0.0):  # noqa: PLR2004 - a cell has two ends
            raise UnsupportedError("an axis of a grid that does not ascend, or has one place, has no derivative rule")


def grid_sizes(points: Sequence[Any]) -> Any:
    """Return how many places each axis has."""
    return np.array([len(places) for places in points])


def grid_firsts(sizes: Any) -> Any:
    """Return where the places of each axis begin."""
    return np.cumsum(sizes) - sizes


def grid_cells(places: Any, sizes: Any, points: Any) -> Any:
    """Return the number along each axis of the cell of each of the ``points`` (..., axes); the nearest one outside."""
    cells = np.zeros(np.shape(points), int)
    for axis, (first, size) in enumerate(zip(grid_firsts(sizes), sizes, strict=True)):
        found = np.searchsorted(places[first : first + size], points[..., axis], "right") - 1
        cells[..., axis] = np.clip(found, 0, size - 2)
    return cells


def grid_rows(cells: Any, sizes: Any) -> Any:
    """Return the numbers of values, counted as they lie in memory, at corners ``cells`` (..., axes)."""
    return np.ravel_multi_index(tuple(np.moveaxis(cells, -1, 0)), tuple(sizes))


def bits(number: int, count: int) -> Any:
    """Return the ``count`` lowest bits of a number, as truth values."""
    return (number >> np.arange(count)) % 2 == 1
