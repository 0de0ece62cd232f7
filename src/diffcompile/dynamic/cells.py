"""Shadows of what may be a number or memory: a number has a cell, an array without axes that is added to.

A cell is a shadow like any other: it is carried round loops, out of branches and held by the shadows of containers
as the number is by the containers. It belongs to the number, so that a new number has a new cell.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.dynamic.cotangents import match, settle
from diffcompile.dynamic.items import add_item, add_items
from diffcompile.dynamic.lost import LOST, Failure
from diffcompile.dynamic.saving import contents, last_writes, restore_item
from diffcompile.dynamic.structures import SlotFields, attributes, has_attributes, zeros_in_layout
from diffcompile.errors import UnsupportedError

_NUMBERS = (float, complex, int, np.number)


def cell(x: Any) -> Any:
    """Return a cell for the cotangent of the number ``x``."""
    return np.zeros((), complex if isinstance(x, complex | np.complexfloating) else float)


def celled_zeros(x: Any) -> Any:
    """Return zeros for ``x`` as :func:`diffcompile.dynamic.zeros_like` does, with a cell for each number."""
    if isinstance(x, _NUMBERS) or x is LOST:
        return cell(x)
    if isinstance(x, np.ndarray):
        return zeros_in_layout(x)
    if isinstance(x, Failure):
        return [cell(0.0) if item is None else celled_zeros(item) for item in x]
    if isinstance(x, list | tuple):
        return [celled_zeros(item) for item in x]
    if isinstance(x, SlotFields):
        return {name: celled_zeros(value) for name, value in x.items()}
    if isinstance(x, dict) or has_attributes(x):
        items = x if isinstance(x, dict) else attributes(x)
        return {key: celled_zeros(item) for key, item in items.items()}
    return None


def fresh_shadow(x: Any) -> Any:
    """Return the shadow of ``x``, which an operation has just computed.

    Raises:
        UnsupportedError: ``x`` is a container; what it holds has shadows already.
    """
    if isinstance(x, list | tuple | dict) or (has_attributes(x) and not isinstance(x, np.ndarray)):
        raise UnsupportedError(
            f"a {type(x).__name__} comes where a number or an array was expected, and something in it is written to",
            why="when the code was compiled its type was not known",
            advice="annotate the argument, or give its type with --arg",
        )
    return celled_zeros(x)


def number_shadow(x: Any) -> Any:
    """Return the shadow of ``x``, which a call that is not inlined has returned.

    Raises:
        UnsupportedError: it is an array or a container, which others may hold.
    """
    if isinstance(x, np.ndarray | list | tuple | dict) or has_attributes(x):
        raise UnsupportedError(
            "a function that is called recursively or through a variable shares an array that is written to",
            why="such a call does not hand over what becomes of its arguments",
            advice="return a new array instead, or write a loop",
        )
    return celled_zeros(x)


def unshared_shadow(x: Any, *given: Any) -> Any:
    """Return the shadow of ``x``, which a function of NumPy without a rule has made of ``given``.

    Raises:
        UnsupportedError: ``x`` is a container, or sees memory of what was given.
    """
    for other in given:
        if isinstance(other, list | tuple | dict) or has_attributes(other):
            other = [part for part, _ in contents(other) if isinstance(part, np.ndarray)]  # noqa: PLW2901
        for array in other if isinstance(other, list) else [other]:
            if isinstance(x, np.ndarray) and isinstance(array, np.ndarray) and np.may_share_memory(x, array):
                raise UnsupportedError("a view that a function without a rule returns is written to", advice="copy it")
    return fresh_shadow(x)


def part_shadow(x_bar: Any, index: Any, part: Any) -> Any:
    """Return the shadow of ``part``, which is ``x[index]``: a view of an array, what a container holds, or a cell."""
    if x_bar is None:
        return celled_zeros(part)
    if isinstance(x_bar, np.ndarray):
        found = x_bar[index]
        if isinstance(found, np.ndarray) and not x_bar.ndim:
            raise UnsupportedError("a view of what may be a number is written to", advice="use np.array")
        if isinstance(found, np.ndarray) and np.may_share_memory(found, x_bar):
            return found
        return fresh_shadow(part)
    if isinstance(x_bar, np.flatiter):  # its parts are copies
        return fresh_shadow(part)
    if isinstance(index, slice):
        return [part_shadow(x_bar, k, item) for k, item in zip(range(*index.indices(len(x_bar))), part, strict=True)]
    if isinstance(x_bar, dict) and index not in x_bar:
        raise UnsupportedError(
            f"the derivative flows to {index!r} of an object that does not store it",
            why="it is computed when it is asked for, and which object that is, is only known at run time",
            advice="keep the object in a variable, or make it a method",
        )
    found = x_bar[index] = slot_shadow(x_bar[index], part)
    return found


def slot_shadow(slot: Any, part: Any) -> Any:
    """Return the shadow of ``part``, given what the shadow of its container holds for it."""
    if isinstance(slot, np.ndarray | list | dict):
        return slot
    if isinstance(part, np.ndarray) and part.dtype.kind in "fc":
        raise UnsupportedError(
            "an array that no derivative was to flow to comes where one is written to",
            why="when the code was compiled its type was not known",
            advice="annotate the argument, or give its type with --arg",
        )
    return celled_zeros(part)


def filled_shadow(x_bar: Any, index: Any, slot: Any, part: Any) -> Any:
    """Return ``slot``, the shadow of ``part``, which is ``x[index]``; one for an array that came to an empty slot."""
    if isinstance(slot, np.ndarray) or not isinstance(part, np.ndarray):
        return slot
    x_bar[index] = np.zeros_like(part)
    return x_bar[index]


def hand_back(x_bar: Any, part_bar: Any, index: Any) -> None:
    """Add the shadow of ``x[index]``, a number or a copy, to the array ``x_bar`` and clear it; a view stays."""
    whole = x_bar.base if isinstance(x_bar, np.flatiter) else x_bar
    if isinstance(whole, np.ndarray) and isinstance(part_bar, np.ndarray) and not np.may_share_memory(whole, part_bar):
        add_item(x_bar, index, part_bar)
        part_bar[...] = 0.0


def place_shadow(x_bar: Any, index: Any, part_bar: Any) -> None:
    """Let the shadow of a container hold ``part_bar``, as the container does; arrays hold copies."""
    if isinstance(x_bar, list | dict):
        if isinstance(index, slice):
            raise UnsupportedError("a slice of a list of unknown type is replaced", advice="build a new list")
        x_bar[index] = part_bar


def withdrawn(x_bar: Any, index: Any, part: Any) -> Any:
    """Return what of ``x_bar`` belongs to ``part``, which was stored in ``x[index]``, in memory of its own."""
    if isinstance(x_bar, np.ndarray):
        if isinstance(part, list | tuple | dict):
            raise UnsupportedError("a list is stored in an array of unknown type", advice="use np.array")
        ct = np.array(x_bar[index])
        if any(isinstance(place, list | np.ndarray) for place in (index if isinstance(index, tuple) else (index,))):
            ct *= last_writes(index, x_bar.shape)
        return match(ct, part)
    ct = number_in(x_bar[index])
    return match(ct, part) if isinstance(part, np.ndarray | np.generic | float | complex) else settle(ct, part)


def withdraw(x_bar: Any, part_bar: Any, index: Any, part: Any) -> None:
    """Add to ``part_bar`` what the array ``x_bar`` got of it; the shadow of a container holds it anyway."""
    if isinstance(x_bar, np.ndarray):
        ct = withdrawn(x_bar, index, part)
        x_bar[index] = 0.0
        add_items(part_bar, ct)


def restore_slot(x_bar: Any, index: Any, saved: Any) -> None:
    """Let the shadow of a container hold ``saved`` again; what an array got was withdrawn, from itself perhaps."""
    if isinstance(x_bar, list | dict):
        restore_item(x_bar, index, saved)


def number_in(x_bar: Any) -> Any:
    """Return the number in a cell; anything else as it is."""
    return x_bar[()] if isinstance(x_bar, np.ndarray) and not x_bar.ndim else x_bar


def sequence_shadow(x_bar: Any, x: Any) -> Any:
    """Return the shadow of the items of ``x``, which a loop goes over."""
    if isinstance(x, list | tuple | np.ndarray):
        return x_bar
    raise UnsupportedError(
        f"a loop goes over a {type(x).__name__} of unknown type, and something in it is written to",
        advice="make it a list first",
    )


def view_shadow(view: Any, x_bar: Any, x: Any, y: Any) -> Any:
    """Return the shadow of ``y``, a function of ``x`` that returns a view of arrays: ``view`` if it is one here."""
    if isinstance(x, np.ndarray):
        if isinstance(y, list | tuple):
            raise UnsupportedError("a list of views is made of what is of unknown type", advice="index the array")
        return view if np.may_share_memory(x, y) and np.may_share_memory(view, x_bar) else fresh_shadow(y)
    if not isinstance(x, _NUMBERS):
        raise UnsupportedError(
            f"a {type(x).__name__} comes where an array was expected, and something in it is written to",
            why="when the code was compiled its type was not known",
            advice="annotate the argument, or give its type with --arg",
        )
    return fresh_shadow(y)


def view_back(x_bar: Any, y_bar: Any, x: Any) -> None:
    """Add the shadow of what is made of a number ``x``, and holds it, to that of ``x`` and clear it."""
    if isinstance(x, np.ndarray):
        if isinstance(y_bar, np.ndarray) and y_bar.size and not np.may_share_memory(x_bar, y_bar):
            raise UnsupportedError(
                "a reshaped copy of what is of unknown type is written to", advice="copy the array first"
            )
        return
    if isinstance(y_bar, np.ndarray):
        if y_bar.size != 1:
            raise UnsupportedError("a view of what is of unknown type is written to", advice="use np.array")
        x_bar += y_bar.reshape(())
        y_bar[...] = 0.0


__all__ = [
    "cell", "celled_zeros", "fresh_shadow", "hand_back", "number_in", "number_shadow", "part_shadow", "place_shadow",
    "sequence_shadow", "slot_shadow", "unshared_shadow", "view_back", "view_shadow", "withdraw", "withdrawn",
]  # fmt: skip
