"""Cotangents of parts: of items, slices and views of containers and arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.dynamic.cotangents import add, check_operators, match, share, zeros_like
from diffcompile.dynamic.structures import own, parts_like
from diffcompile.errors import UnsupportedError


def add_item(x_bar: Any, index: Any, ct: Any) -> None:
    """Do ``x_bar[index] += ct`` where ``index`` may name an item twice."""
    if isinstance(x_bar, np.ndarray):
        np.add.at(x_bar, index, ct)
    elif isinstance(x_bar, np.flatiter):
        places = np.arange(len(x_bar))[index]
        where = np.unravel_index(places, x_bar.base.shape) if x_bar.base.ndim else ()
        np.add.at(x_bar.base, where, np.sum(ct) if where == () else ct)
    else:
        x_bar[index] = _filled(_slot(x_bar, index), ct)


def give_item(x_bar: Any, index: Any, ct: Any) -> None:
    """Do ``x_bar[index] += ct`` for a container; nobody else has ``ct``, so that an empty slot takes it as it is."""
    old = x_bar[index]
    if old is None and not isinstance(ct, list | tuple):
        x_bar[index] = ct
    else:
        x_bar[index] = _given(old, ct)


def _given(slot: Any, ct: Any) -> Any:
    """Return the sum of what is in a slot and ``ct``, which nobody else has; an empty slot becomes ``ct``."""
    if slot is None:
        return [_given(None, item) for item in ct] if isinstance(ct, list | tuple) else ct
    if isinstance(slot, list) and isinstance(ct, list | tuple):
        return [_given(mine, theirs) for mine, theirs in zip(slot, ct, strict=True)]
    if isinstance(slot, dict) and isinstance(ct, dict):
        return parts_like(slot, {**slot, **{key: _given(slot.get(key), item) for key, item in ct.items()}})
    return add(slot, ct)


def _filled(slot: Any, ct: Any) -> Any:
    """Return the sum of what is in a slot and ``ct``; an empty slot gets a copy, as nothing else may refer to it."""
    if slot is None:
        return own(ct)
    if isinstance(slot, list) and isinstance(ct, list | tuple):
        return [_filled(mine, theirs) for mine, theirs in zip(slot, ct, strict=True)]
    if isinstance(slot, dict) and isinstance(ct, dict):
        return parts_like(slot, {**slot, **{key: _filled(slot.get(key), item) for key, item in ct.items()}})
    return add(slot, ct)


def add_items(x_bar: Any, cts: Any) -> None:
    """Add to each item of the container ``x_bar`` the cotangent at the same place, arrays in place.

    Raises:
        UnsupportedError: it is a number, to which nothing can be added in place.
    """
    if cts is None or (isinstance(cts, float) and cts == 0.0):
        return
    if isinstance(cts, np.ndarray) and cts.dtype == object and cts.shape == () and not cts.item():
        return  # what np.zeros_like makes of None, which a failed block leaves
    if isinstance(x_bar, np.ndarray):
        x_bar += cts
        return
    if not isinstance(x_bar, list | dict):
        raise UnsupportedError(
            "a number comes where an array that is written to may come as well",
            why="the branch that was taken decides which it is",
            advice="copy the array first, or make the number one: np.asarray(x)",
        )
    if not isinstance(cts, list | tuple | dict) and np.ndim(cts) == 0:
        raise UnsupportedError(
            "the class of an object says what an operation makes of it, and the object is differentiated",
            why="of the object nothing is known when the code is compiled",
            advice="keep the object in a variable of its own, or call a method of it",
        )
    for key, ct in cts.items() if isinstance(cts, dict) else enumerate(cts):
        if isinstance(x_bar, dict) and key not in x_bar and not _flows(ct):
            continue  # data of a class, of whose object the code knows all attributes
        old = _slot(x_bar, key)
        if isinstance(old, np.ndarray):
            old += ct
        elif isinstance(old, list | dict) and ct is not None:
            add_items(old, ct)
        else:
            x_bar[key] = add(old, ct.copy() if isinstance(ct, np.ndarray) else ct)


def _flows(ct: Any) -> bool:
    """Tell whether a cotangent, or one of its parts, is not zero."""
    if isinstance(ct, list | tuple | dict):
        return any(map(_flows, ct.values() if isinstance(ct, dict) else ct))
    return ct is not None and bool(np.any(ct))


def add_in_place(x_bar: Any, index: Any, ct: Any) -> None:
    """Do ``x_bar[index] += ct`` where the arrays in ``x_bar[index]`` are shadows that have other names as well."""
    slot = None if isinstance(x_bar, np.ndarray | np.flatiter) else _slot(x_bar, index)
    if isinstance(slot, list | dict | np.ndarray):
        add_items(slot, ct)
    else:
        add_item(x_bar, index, ct)


def _slot(x_bar: Any, index: Any) -> Any:
    """Return ``x_bar[index]``, the cotangent of an item, or of an attribute of an object."""
    try:
        return x_bar[index]
    except KeyError:
        raise UnsupportedError(
            f"the derivative flows to {index!r} of an object that does not store it",
            why="it is computed when it is asked for, and which object that is, is only known at run time",
            advice="keep the object in a variable, or make it a method",
        ) from None


def with_item(x_bar: Any, x: Any, index: Any, ct: Any) -> Any:
    """Return the cotangent ``x_bar`` of ``x`` with ``ct`` added to its item ``index``; ``x_bar`` itself stays.

    Raises:
        UnsupportedError: ``x`` is neither an array nor a container, and has items nevertheless.
    """
    fresh = zeros_like(x)
    if isinstance(x, list | tuple):
        check_operators(x)
    if not isinstance(fresh, np.ndarray | list | dict):
        if not isinstance(x, np.generic):  # which may be indexed by (), None and ...
            raise UnsupportedError(
                f"the derivative flows to an item of a {type(x).__name__}",
                why="its cotangent is not known to have items",
                advice="make an array or a list of it first",
            )
        return add(x_bar, match(ct, x))
    add_item(fresh, index, ct)
    return add(x_bar, fresh)


def zeros_if_copied(v_bar: Any, a_bar: Any) -> Any:
    """Return the shadow ``v_bar`` if it is a view of ``a_bar``, and zeros of its shape if it had to be a copy."""
    return v_bar if np.may_share_memory(v_bar, a_bar) else np.zeros_like(v_bar)


def add_if_copied(a_bar: Any, v_bar: Any, a: Any, order: str = "C") -> None:
    """Hand the cotangent ``v_bar`` of what may be a reshaped copy of ``a`` back to ``a_bar`` and clear it."""
    if not isinstance(a_bar, np.ndarray):
        raise UnsupportedError("an array of the items of a list or tuple is written to", advice="use np.array")
    if not np.may_share_memory(a_bar, v_bar):  # the shadow lies in memory as the array does
        if order == "K" and v_bar.ndim == 1:
            axes = sorted(range(a_bar.ndim), key=lambda axis: -abs(a_bar.strides[axis]))
            a_bar.transpose(axes)[...] += v_bar.reshape([a_bar.shape[axis] for axis in axes])
        elif order in ("F", "C"):
            a_bar += v_bar.reshape(np.shape(a), order=order)
        else:
            a_bar += v_bar.reshape(np.shape(a), order="F" if a_bar.flags.fnc else "C")
        v_bar[...] = 0.0


def spread_if_copied(v_bar: Any, a_bar: Any, order: str = "C") -> None:
    """Hand ``a_bar`` to ``v_bar``: the reverse of :func:`add_if_copied`, which adds the second to the first."""
    if np.may_share_memory(a_bar, v_bar):
        return
    if order == "K" and v_bar.ndim == 1:
        axes = sorted(range(a_bar.ndim), key=lambda axis: -abs(a_bar.strides[axis]))
        v_bar[...] = a_bar.transpose(axes).reshape(-1)
    else:
        order = order if order in ("F", "C") else "F" if a_bar.flags.fnc else "C"
        v_bar[...] = a_bar.reshape(np.shape(v_bar), order=order)


def add_slice(x_bar: list[Any], index: slice, cts: Any) -> None:
    """Add cotangents of a slice of a list to that of the list."""
    if cts is None:
        return
    for number, ct in zip(range(*index.indices(len(x_bar))), cts, strict=True):
        x_bar[number] = _filled(x_bar[number], ct)


def fold_list(cts: Any, items: list[Any]) -> list[Any]:
    """Return the cotangent of ``items`` from that of ``items * n``."""
    total: list[Any] = [0.0] * len(items)
    for number, ct in enumerate(cts):
        total[number % len(items)] = add(total[number % len(items)], ct)
    return total


def part_of_list(cts: Any, first: list[Any], of_first: bool) -> Any:
    """Return the cotangent of one of two lists from that of ``first + second``."""
    return cts[: len(first)] if of_first else cts[len(first) :]


def item_share(bar: Any, index: Any, ct: Any) -> Any:
    """Return the cotangent of ``ct``, which was added to the item ``index``."""
    if isinstance(bar, dict):
        return share(bar.get(index), ct)
    if isinstance(bar, list | tuple):
        return share(bar[index], ct)
    return match(bar[index] if isinstance(bar, np.ndarray) and bar.ndim else bar, ct)
