"""Positions in lists: what slices, orders and negative numbers mean."""

from __future__ import annotations

import itertools
from typing import Any


def gone_over(items: Any) -> Any:
    """Return what ``*items`` gives, apart from ``items``."""
    return items if isinstance(items, tuple) else list(items)


def spread_out(mapping: Any) -> Any:
    """Return what ``**mapping`` gives, apart from ``mapping``."""
    return dict(mapping)


def keys(mapping: Any) -> list[Any]:
    """Return the keys of a dict as a list."""
    return list(mapping)


def ascending(keys: list[Any], backwards: Any = False) -> list[int]:
    """Return the positions of ``keys`` in ascending order, as ``sorted`` orders: equal keys stay as they are."""
    return sorted(range(len(keys)), key=keys.__getitem__, reverse=bool(backwards))


def extreme_position(keys: list[Any], largest: Any) -> int:
    """Return the position of the first smallest key, or of the first largest.

    Raises:
        ValueError: there is no key.
    """
    return (max if largest else min)(range(len(keys)), key=keys.__getitem__)


def contiguous(where: slice, size: int) -> tuple[int, int]:
    """Return the start and the number of the items of a list of ``size`` that ``items[where]`` without a step means."""
    start, stop, _ = where.indices(size)
    return start, max(stop - start, 0)


def positions(where: slice, size: int, count: int) -> list[int]:
    """Return the positions that ``items[where] = values`` writes to, for ``count`` values.

    Raises:
        ValueError: a slice with a step has another number of items.
    """
    places = list(range(*where.indices(size)))
    if len(places) != count:
        raise ValueError(f"attempt to assign sequence of size {count} to extended slice of size {len(places)}")
    return places


def descending_positions(where: slice, size: int) -> list[int]:
    """Return the positions of ``items[where]``, the last first."""
    return sorted(range(*where.indices(size)), reverse=True)


def insertion_place(place: int, size: int) -> int:
    """Return where ``insert(place, item)`` puts an item into a list of ``size``."""
    return max(place + size, 0) if place < 0 else min(place, size)


def shortest(rows: Any) -> int:
    """Return the length of the shortest of ``rows``, 0 if there is none: as many items has ``zip(*rows)``."""
    return min(map(len, rows), default=0)


def place_from_start(place: int, size: int) -> int:
    """Return the place of an item of a list of ``size`` counted from the start."""
    return place + size if place < 0 else place


def index_sets(kind: str, sizes: tuple[int, ...], count: int) -> list[tuple[int, ...]]:
    """Return the index tuples of ``itertools.product``, ``combinations`` and the like of sequences of these sizes."""
    if kind == "product":
        return list(itertools.product(*map(range, sizes * count)))
    return list(getattr(itertools, kind)(range(sizes[0]), count))


def slice_indices(part: slice, count: int) -> tuple[int, int, int]:
    """Return ``part.indices(count)``."""
    return part.indices(count)
