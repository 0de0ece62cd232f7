"""What a store overwrites, saved and put back; views that may be written to."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.dynamic.structures import SlotFields, fields, has_attributes


def last_writes(index: Any, shape: tuple[int, ...]) -> Any:
    """Return which entries of ``a[index] = v`` are not overwritten by a later entry of the same store."""
    probe = np.empty(shape, dtype=np.intp)
    selected = probe[index].shape
    numbers = np.arange(int(np.prod(selected)), dtype=np.intp).reshape(selected)
    probe[index] = numbers
    result: Any = probe[index] == numbers
    return result


class _Missing:
    """Marks a key that was not there."""


_MISSING = _Missing()


def save_item(container: Any, index: Any) -> Any:
    """Return a copy of ``container[index]`` for :func:`restore_item`."""
    if isinstance(container, dict | SlotFields):
        return container.get(index, _MISSING)
    old = container[index]
    return old.copy() if isinstance(old, np.ndarray) and isinstance(container, np.ndarray) else old


def restore_item(container: Any, index: Any, saved: Any) -> None:
    """Take a store back."""
    if saved is _MISSING:
        del container[index]
    else:
        container[index] = saved


def save_place(container: dict[Any, Any], key: Any) -> tuple[Any, int]:
    """Return ``container[key]`` and its place in the order of the keys, for :func:`restore_place`."""
    return container[key], list(container).index(key)


def restore_place(container: dict[Any, Any], key: Any, saved: tuple[Any, int]) -> None:
    """Take back that an item was deleted: loops over a dict follow the order of its keys."""
    value, place = saved
    later = list(container.items())[place:]
    for other, _ in later:
        del container[other]
    container[key] = value
    container.update(later)


def diagonal_view(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return ``np.diagonal(a, ...)`` as a view that can be written to."""
    view = np.diagonal(a, offset, axis1, axis2)
    view.flags.writeable = True
    return view


def last_diagonal_view(x: Any, /, *, offset: int = 0) -> Any:
    """Return ``np.linalg.diagonal(x, ...)`` as a view that can be written to."""
    return diagonal_view(x, offset, -2, -1)


def diag_view(v: Any, k: int = 0) -> Any:
    """Return ``np.diag(v, k)`` of a matrix as a view that can be written to."""
    return diagonal_view(v, k) if np.ndim(v) == 2 else np.diag(v, k)  # noqa: PLR2004


def arrangement(bar: Any, arrays: tuple[bool, ...], back: int = -1, level: int = 0) -> Any:
    """Return which shadows the container ``bar`` holds where, for :func:`rearrange`; numbers do not count.

    Args:
        bar: The shadow of a container.
        arrays: For each level of containers in it, whether the arrays there are shadows of memory, too. What is below
            the last level are values, which change.
        back: The level that comes after the last one, where structures hold themselves.
        level: The level of ``bar``.
    """
    level = back if level == len(arrays) else level
    if level < 0 or not isinstance(bar, list | dict):
        return bar, None
    kept = list | dict | np.ndarray if arrays[level] else list | dict
    items = bar.items() if isinstance(bar, dict) else enumerate(bar)
    found = {key: arrangement(part, arrays, back, level + 1) for key, part in items if isinstance(part, kept)}
    return bar, (found, len(bar))


def rearrange(bar: Any, arranged: Any) -> None:
    """Put the shadows in the container ``bar`` back where they were: the primal has moved what they belong to."""
    if arranged[1] is None:
        return
    parts, size = arranged[1]
    if parts and isinstance(bar, list):
        bar[size:] = [0.0] * (size - len(bar))
    for key, part in parts.items():
        bar[key] = part[0]
        rearrange(part[0], part)


Contents = list[tuple[Any, Any]]
"""References, each with a copy of what it holds."""


def contents(*memory: Any) -> Contents:
    """Return what memory holds now, for :func:`put_back`: arrays, and what lists, dicts and objects refer to."""
    found: Contents = []
    seen: set[int] = set()
    pending = list(memory)
    while pending:
        part = pending.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, np.ndarray):
            if part.flags.writeable:
                found.append((part, part.copy()))
            elif isinstance(part.base, np.ndarray):
                pending.append(part.base)  # what is seen through the diagonal, say, is written to elsewhere
        elif isinstance(part, list | set):
            found.append((part, part.copy()))
            pending += part
        elif isinstance(part, dict):
            found.append((part, dict(part)))
            pending += part.values()
        elif isinstance(part, tuple):
            pending += part
        elif has_attributes(part):
            held = dict(fields(part))
            found.append((part, held))
            pending += held.values()
    return found


def put_back(kept: Contents) -> None:
    """Give memory what it held when :func:`contents` was called; every reference to it stays."""
    for part, held in kept:
        if isinstance(part, np.ndarray):
            if part.flags.writeable:  # else it is a view of what is put back by another name
                part[...] = held
        elif isinstance(part, list):
            part[:] = held
        else:
            target: Any = part if isinstance(part, dict | set) else fields(part)
            target.clear()
            target.update(held)
