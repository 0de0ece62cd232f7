"""Checks of what only shows at run time; each raises where the generated code would not hold."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from diffcompile.dynamic.structures import attributes, has_attributes
from diffcompile.errors import UnsupportedError


def check_overlap(target: Any, source: Any) -> None:
    """Raise where NumPy would copy overlapping one-dimensional items one by one, without a buffer.

    Raises:
        UnsupportedError: ``target[...] = source`` reads items that it has already written.
    """
    if not isinstance(source, np.ndarray) or target.ndim != 1 or source.ndim < 1:
        return
    packed = target.strides[0] == target.itemsize and source.strides[-1] == source.itemsize
    if packed or target.strides[0] * source.strides[-1] < 0 or not np.shares_memory(target, source):
        return
    written = target.__array_interface__["data"][0] + target.strides[0] * np.arange(target.size)
    read = source.__array_interface__["data"][0] + source.strides[-1] * np.arange(source.shape[-1])
    read = np.broadcast_to(read, written.shape)
    order = np.argsort(written, kind="stable")
    places = np.searchsorted(written[order], read)
    places = order[np.minimum(places, target.size - 1)]
    if not np.any((written[places] == read) & (places != np.arange(target.size))):
        return  # no item is read for another one; the order in which NumPy copies does not matter
    raise UnsupportedError(
        "an array is assigned to an overlapping strided part of itself",
        why="NumPy copies such items one by one, so that later items see earlier ones",
        advice="copy the right side first: a[::2] = a[:n].copy()",
    )


def same_length(items: list[Any], count: int, go_on: bool) -> None:
    """Check at the end of a trip, after which the loop may go on, that a list has as many items as before.

    Raises:
        UnsupportedError: it has not.
    """
    if go_on and len(items) != count:
        raise UnsupportedError(
            "a loop changes the length of the list that it goes over",
            why="how many trips it makes is settled when it starts",
            advice="go over a copy, or use `while` and an index",
        )


def check_place(items: list[Any], place: int, pops: bool) -> None:
    """Raise what a store to ``items[place]`` raises, or the pop of that item, where there is none.

    Raises:
        IndexError: there is none.
    """
    if not -len(items) <= place < len(items):
        if pops:
            raise IndexError("pop index out of range" if items else "pop from empty list")
        raise IndexError("list assignment index out of range")


def check_item(x: Any, index: Any, value: Any) -> None:
    """Raise what ``x[index] = value`` raises, and leave ``x`` as it is.

    Raises:
        UnsupportedError: ``x`` has a method of its own for that.
    """
    if isinstance(x, dict):
        hash(index)
    elif isinstance(x, np.ndarray):
        if not x.flags.writeable:
            raise ValueError("assignment destination is read-only")
        part = x[index]
        if isinstance(part, np.ndarray):
            as_strided(np.empty(1, x.dtype), part.shape, (0,) * part.ndim)[...] = value
        else:
            np.empty(1, x.dtype)[0] = value
    elif isinstance(x, list):
        x.copy()[index] = value
    elif hasattr(type(x), "__setitem__"):
        raise UnsupportedError(
            f"an item is stored to a {type(x).__name__} in a `try` block",
            why="what this object is, was not known when the code was compiled",
            advice="annotate the argument, or store it after the block",
        )
    else:
        x[index] = value


def check_in_place(update: Callable[..., Any], x: Any, *args: Any) -> None:
    """Raise what ``update(x, *args)``, such as ``x += y``, raises, and leave the array ``x`` as it is."""
    if not x.flags.writeable:
        raise ValueError("output array is read-only")
    update(x.copy(), *args)


def check_item_in_place(update: Callable[[Any, Any], Any], x: Any, index: Any, value: Any) -> None:
    """Raise what ``x[index] += value``, or another ``update``, raises, and leave the array ``x`` as it is."""
    part = x[index]
    check_item(x, index, update(part.copy() if isinstance(part, np.ndarray) else part, value))


def check_array(x: Any, name: str) -> None:
    """Raise where ``x.name`` is not the method of an array or a number, as which it is differentiated.

    Raises:
        UnsupportedError: ``x`` is something else.
    """
    if not (hasattr(x, "__array_ufunc__") or isinstance(x, int | float | complex | np.number | np.bool_)):
        raise UnsupportedError(
            f"the method `{name}` of a {type(x).__name__} was taken for that of an array",
            why="what this object is, was not known when the code was compiled",
            advice="annotate the argument, or make the object in the function",
        )


def check_not_asked(x: Any, cls: type, method: str) -> None:
    """Raise where ``x`` is, or holds, an instance whose ``method``, which Python calls by itself, stores something.

    Raises:
        UnsupportedError: it is, or does.
    """
    parts = [x]
    seen: set[int] = set()
    while parts:
        part = parts.pop()
        if isinstance(part, cls):
            raise UnsupportedError(
                f"`{method}` of {cls.__name__} stores something, and is called where Python calls it by itself",
                why="the derivative would not see what it stores",
                advice=f"call the method, or let `{method}` leave everything as it is",
            )
        if isinstance(part, list | tuple | dict) and id(part) not in seen:
            seen.add(id(part))
            parts += part.values() if isinstance(part, dict) else part


def check_bound(x: Any, name: str) -> None:
    """Check that a variable has a value, for which None stands in generated code.

    Raises:
        UnboundLocalError: it has none.
    """
    if x is None:
        raise UnboundLocalError(f"cannot access local variable {name!r} where it is not associated with a value")


def check_name(name: str, methods: tuple[str, ...], others: tuple[str, ...], has_default: object, cls: str) -> None:
    """Check that a computed name is that of one of the methods that the code chooses from, or of nothing at all.

    Raises:
        UnsupportedError: it is that of something else.
        AttributeError: there is nothing of this name, and no default.
    """
    if name in methods:
        return
    if name in others or str(name).startswith("__"):
        raise UnsupportedError(
            f"`getattr` with a computed name finds {name!r}, which is no method of {cls}",
            advice="write the attribute out",
        )
    if not has_default:
        raise AttributeError(f"{cls!r} object has no attribute {name!r}")


def check_described(x: Any, name: str) -> None:
    """Check that what was read as the shape or the like of an array is not a number that an object holds.

    Raises:
        UnsupportedError: it is, and it may depend on what is differentiated.
    """
    if has_attributes(x) and isinstance(getattr(x, name), float | complex | np.inexact | np.ndarray):
        raise UnsupportedError(
            f"the attribute `{name}` of a {type(x).__name__} was taken for that of an array",
            why="what this object is, was not known when the code was compiled",
            advice="annotate the argument, or make the object in the function",
        )


def check_inexact(x: Any) -> None:
    """Raise where ``x`` is an array of integers or the like: what is stored there is cut off, and has no derivative.

    Raises:
        UnsupportedError: it is one.
    """
    dtype = getattr(x, "dtype", None)
    if dtype is not None and getattr(dtype, "kind", "f") not in "fc":
        raise UnsupportedError(
            f"a number that is differentiated is stored in an array of dtype {dtype}",
            why="it loses its fraction there; what the array holds was not known when the code was compiled",
            advice="make the array with dtype=float",
        )


def distinct(*arrays: Any) -> None:
    """Raise ValueError where two arguments share memory that the function writes to, or are one list or dict."""
    for number, first in enumerate(arrays):
        for second in arrays[number + 1 :]:
            both = isinstance(first, np.ndarray) and isinstance(second, np.ndarray)
            one = first is second and (isinstance(first, list | dict) or has_attributes(first))
            if one or (both and np.may_share_memory(first, second)):
                raise ValueError("two arguments share memory, and the function writes to one of them: pass copies")


def distinct_parts(container: Any) -> None:
    """Check that no list, dict or array is in ``container`` twice: a deep copy would keep that.

    Raises:
        UnsupportedError: one is.
    """
    seen: set[int] = set()
    pending = list(container.values() if isinstance(container, dict) else container)
    while pending:
        part = pending.pop()
        if isinstance(part, list | dict | np.ndarray):
            if id(part) in seen:
                raise UnsupportedError(
                    "a deep copy of something that holds the same list or array twice is not supported"
                )
            seen.add(id(part))
        if isinstance(part, list | tuple | dict):
            pending += part.values() if isinstance(part, dict) else part


def check_key(key: Any) -> None:
    """Check that ``key``, which depends on what is differentiated, is no number that has a derivative.

    Raises:
        UnsupportedError: it is, or holds one.
    """
    parts = key if isinstance(key, tuple) else (key,)
    if any(isinstance(part, float | complex | np.inexact) for part in parts):
        raise UnsupportedError(
            "a dict is asked for a key that depends on what is differentiated",
            why="the dict is not made in the function: what earlier calls stored there carries no derivative",
            advice="call what computes the value; or give stop_gradient(key), if the dict is a table",
        )


def check_kind(x: Any, kind: str, rank: int, name: str) -> None:
    """Check that an attribute is after a call what it was before: a float, a bool, an integer, an array of a dtype.

    Raises:
        UnsupportedError: it is something else, for which the code was not compiled.
    """
    kinds = {"f": float, "b": bool | np.bool_, "i": int | np.integer, "any": object}
    if kind in kinds:
        fits = isinstance(x, kinds[kind]) and not (kind == "i" and isinstance(x, bool))
    else:
        fits = isinstance(x, np.ndarray) and str(x.dtype) == kind and x.ndim == rank
    if not fits:
        raise UnsupportedError(
            f"a function that is called recursively leaves {type(x).__name__} in the attribute {name!r}, which was of "
            "another type before",
            advice="keep one kind of value in each attribute",
        )


def separate_parts(result: Any) -> None:
    """Check that no two parts of what a call returned are one list or dict, or arrays that share memory.

    Raises:
        UnsupportedError: they are, and the program writes to them: their cotangents would have to be one as well.
    """
    seen: set[int] = set()
    ranges: list[tuple[int, int]] = []
    pending = [result]
    shared = False
    while pending:
        part = pending.pop()
        held = has_attributes(part) and not isinstance(part, BaseException | np.ndarray)
        if isinstance(part, list | dict) or held:
            shared |= id(part) in seen
            seen.add(id(part))
        if isinstance(part, np.ndarray):
            if part.size:
                ranges.append(np.lib.array_utils.byte_bounds(part))
        elif isinstance(part, list | tuple):
            pending += part
        elif isinstance(part, dict) or held:
            pending += (part if isinstance(part, dict) else attributes(part)).values()
        if shared:
            break
    ranges.sort()
    if shared or any(before[1] > after[0] for before, after in itertools.pairwise(ranges)):
        raise UnsupportedError(
            "a function that is called recursively or through a variable returns one array or list twice",
            why="it is written to, and the cotangents of the two would have to be one as well",
            advice="return a copy of one of them",
        )


def has_keys(mapping: dict[Any, Any], names: tuple[Any, ...]) -> None:
    """Check that a dict has the keys that the code was compiled for.

    Raises:
        UnsupportedError: there are others, as keys were added or taken out on some paths only.
    """
    if set(mapping) != set(names):
        raise UnsupportedError(
            f"the code was compiled for a dict with the keys {list(names)}, but it has {list(mapping)}",
            why="keys are added or taken out on some paths only, or through another name",
            advice="give all keys a value from the start",
        )


def count_of(x: Any) -> int:
    """Return how often a list is repeated that is multiplied with ``x``, of which nothing was known before.

    Raises:
        UnsupportedError: it is an array, and the product is one as well.
        TypeError: it is no whole number.
    """
    if isinstance(x, np.ndarray):
        raise UnsupportedError(
            "a list is multiplied with an array of which nothing was known when the code was compiled",
            advice="make the list an array: np.asarray(items)",
        )
    return operator.index(x)


def check_count(count: int, least: int, most: int | None, name: str) -> None:
    """Check that a function gets as many arguments from behind a ``*`` as it takes.

    Raises:
        TypeError: there are too few, or too many.
    """
    if count < least or (most is not None and count > most):
        raise TypeError(f"{name}() takes {least} to {most} of the arguments behind `*` but {count} were given")


def check_keywords(
    options: dict[str, Any], needed: tuple[str, ...], allowed: tuple[str, ...] | None, taken: tuple[str, ...], name: str
) -> None:
    """Check that a function gets the arguments from behind a ``**`` that it takes; None allows any.

    Raises:
        TypeError: there are others, or some are missing or given already.
    """
    for key in options:
        if key in taken or (allowed is not None and key not in allowed):
            raise TypeError(f"{name}() got an unexpected or second argument {key!r}")
    for key in needed:
        if key not in options:
            raise TypeError(f"{name}() missing argument {key!r}")


def check_immutable(x: Any, name: str, place: str = "") -> None:
    """Check that ``x op= y`` makes a new value, as it does of a number: other names for ``x`` keep the old one.

    Raises:
        UnsupportedError: ``x`` is an array, or something else that has ``__{name}__``.
    """
    if hasattr(type(x), f"__{name}__"):
        raise UnsupportedError(
            f"a {type(x).__name__} is changed in place, and another name for it is used later"
            + (f" ({place})" if place else ""),
            why="when the code was compiled it was not known whether this is a number",
            advice="write `x = x + y`, or `x[...] += y` for an array; or annotate the argument",
        )
