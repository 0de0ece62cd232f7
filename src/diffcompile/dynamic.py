"""Helpers of generated code for what only shows at run time: structures, ranks, copies. A leaf: NumPy only."""

from __future__ import annotations

import copy
import dataclasses
import functools
import itertools
import threading
import types
from collections.abc import Sequence
from typing import Any

import numpy as np

from diffcompile.errors import UnsupportedError

_NO_RECORDS = (
    type, types.ModuleType, types.FunctionType, types.MethodType, types.BuiltinFunctionType, np.ufunc,
    functools.partial, BaseException,
)  # fmt: skip


def has_attributes(x: Any) -> bool:
    """Tell whether ``x`` is an instance of a user's class, whose attributes may be numbers and arrays."""
    return hasattr(x, "__dict__") and not isinstance(x, _NO_RECORDS)


def as_sequence(iterable: Any) -> Any:
    """Return ``iterable`` if it has a length and numbered items, else a list of its items."""
    return iterable if isinstance(iterable, Sequence | np.ndarray) else list(iterable)


def stop_gradient(x: Any) -> Any:
    """Return ``x`` itself, as a constant for differentiation."""
    return x


def zeros_like(x: Any) -> Any:
    """Return a zero cotangent for ``x``: an array of zeros, 0.0, or a mutable structure of these.

    Tuples become lists, so that items can be accumulated; what carries no derivative becomes None.
    """
    if x is LOST:
        return 0.0
    if isinstance(x, np.ndarray):
        return np.zeros_like(x, dtype=None if x.dtype.kind in "fc" else float)
    if isinstance(x, list | tuple):
        return [zeros_like(item) for item in x]
    if isinstance(x, dict):
        return {key: zeros_like(item) for key, item in x.items()}
    if dataclasses.is_dataclass(x) and not isinstance(x, type):
        return {name: zeros_like(getattr(x, name)) for name in _record_names(x)}
    if isinstance(x, float | complex | int | np.number):
        return 0.0
    if has_attributes(x):
        return {name: zeros_like(value) for name, value in vars(x).items()}
    return None


def slots_like(x: Any) -> Any:
    """Return zero cotangents for the parts of a container ``x``: like :func:`zeros_like`, but None for an array."""
    if isinstance(x, np.ndarray):
        return None
    if isinstance(x, list | tuple):
        return [slots_like(item) for item in x]
    if isinstance(x, dict):
        return {key: slots_like(item) for key, item in x.items()}
    return zeros_like(x)


def add(x_bar: Any, ct: Any) -> Any:
    """Return the sum of two cotangents of the same value; None and 0.0 are zero for every structure."""
    if x_bar is None or (isinstance(x_bar, float) and x_bar == 0.0 and not isinstance(ct, float)):
        return ct
    if ct is None:
        return x_bar
    if isinstance(x_bar, list | tuple):
        if isinstance(ct, float) and ct == 0.0:
            return x_bar
        return [add(mine, theirs) for mine, theirs in zip(x_bar, ct, strict=True)]
    if isinstance(x_bar, dict):
        if isinstance(ct, float) and ct == 0.0:
            return x_bar
        return {key: add(x_bar.get(key), ct.get(key)) for key in {**x_bar, **ct}}
    return x_bar + ct


def match(ct: Any, x: Any) -> Any:
    """Return ``ct`` with the shape and dtype of ``x``, summed over the axes along which ``x`` was broadcast."""
    if ct is None:
        return 0.0 if x is None else zeros_like(x)  # None stands for a variable that is not bound yet
    if isinstance(x, list | tuple):
        if isinstance(ct, list | tuple):
            if len(ct) != len(x):
                raise UnsupportedError(
                    "an operator joined or repeated lists that were only known to be lists when it ran",
                    advice="use `extend`, or a display such as [*left, *right]",
                )
            return ct
        x = np.asarray(x)
    shape = np.shape(x)
    if np.shape(ct) != shape:
        ct = np.asarray(ct)
        extra = ct.ndim - len(shape)
        if extra > 0:
            ct = ct.sum(axis=tuple(range(extra)))
        stretched = tuple(
            axis for axis, size in enumerate(shape) if size == 1 and ct.ndim > axis and ct.shape[axis] != 1
        )
        if stretched and ct.ndim == len(shape):
            ct = ct.sum(axis=stretched, keepdims=True)
        if ct.shape != shape:
            ct = ct.reshape(shape) if ct.size == np.size(x) else np.broadcast_to(ct, shape)
    if isinstance(x, float):
        return ct.real if isinstance(ct, complex) else ct[()] if isinstance(ct, np.ndarray) else ct
    dtype = getattr(x, "dtype", None)
    ct_dtype = getattr(ct, "dtype", None)
    if dtype is not None and dtype.kind in "fc" and ct_dtype is not None and ct_dtype != dtype:
        if dtype.kind == "f" and ct_dtype.kind == "c":
            ct = ct.real
        return ct.astype(dtype)
    return ct


def settle(ct: Any, x: Any) -> Any:
    """Return ``ct``, or zeros in the structure of ``x`` where 0.0 stands for these."""
    if isinstance(ct, float) and ct == 0.0 and not isinstance(x, float):
        return zeros_like(x)
    return ct


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


def add_item(x_bar: Any, index: Any, ct: Any) -> None:
    """Do ``x_bar[index] += ct`` where ``index`` may name an item twice."""
    if isinstance(x_bar, np.ndarray):
        np.add.at(x_bar, index, ct)
    else:
        x_bar[index] = _filled(x_bar[index], ct)


def _filled(slot: Any, ct: Any) -> Any:
    """Return the sum of what is in a slot and ``ct``; an empty slot gets a copy, as nothing else may refer to it."""
    if slot is None:
        return own(ct)
    if isinstance(slot, list) and isinstance(ct, list | tuple):
        return [_filled(mine, theirs) for mine, theirs in zip(slot, ct, strict=True)]
    if isinstance(slot, dict) and isinstance(ct, dict):
        return {**slot, **{key: _filled(slot.get(key), item) for key, item in ct.items()}}
    return add(slot, ct)


def add_items(x_bar: Any, cts: Any) -> None:
    """Add to each item of the container ``x_bar`` the cotangent at the same place, arrays in place."""
    if cts is None or (isinstance(cts, float) and cts == 0.0):
        return
    for key, ct in cts.items() if isinstance(cts, dict) else enumerate(cts):
        old = x_bar[key]
        if isinstance(old, np.ndarray):
            old += ct
        elif isinstance(old, list | dict) and ct is not None:
            add_items(old, ct)
        else:
            x_bar[key] = add(old, ct.copy() if isinstance(ct, np.ndarray) else ct)


def instance(cls: Any, **attributes: Any) -> Any:
    """Return an instance of ``cls`` with these attributes; its ``__init__`` is not run."""
    if issubclass(cls, dict):  # whose attributes are its items
        record = cls.__new__(cls)
        record.update(attributes)
        return record
    made = object.__new__(cls)
    for name, value in attributes.items():
        object.__setattr__(made, name, value)
    return made


def attempt(body: Any, caught: Any) -> Any:
    """Run ``body()`` and return the error of a class ``caught`` that it raised, or None."""
    try:
        body()
    except caught as error:
        return error
    return None


class _Lost:
    """A variable whose value is not known, as a ``try`` block failed after it had assigned it."""

    def _refuse(self, *args: Any) -> Any:
        raise UnsupportedError(
            "a variable is used that a failed `try` block had assigned",
            why="how far the block came is not known when the derivative is computed",
            advice="assign it after the block, or in each handler",
        )

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __pow__ = _refuse
    __rpow__ = __neg__ = __bool__ = __float__ = __int__ = __len__ = __iter__ = __getitem__ = __call__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __array__ = __abs__ = __matmul__ = __rmatmul__ = __mod__ = __rmod__ = _refuse
    __eq__ = __ne__ = __index__ = __complex__ = __contains__ = _refuse
    __hash__ = object.__hash__


LOST = _Lost()
_OPEN = threading.local()


def _open_managers() -> list[Any]:
    if not hasattr(_OPEN, "managers"):
        _OPEN.managers = []
    managers: list[Any] = _OPEN.managers
    return managers


def enter(manager: Any) -> Any:
    """Enter a context, and return what ``as`` binds."""
    value = type(manager).__enter__(manager)
    _open_managers().append(manager)
    return value


def leave(manager: Any) -> None:
    """Leave a context after its block has run to its end."""
    _open_managers().remove(manager)
    type(manager).__exit__(manager, None, None, None)


def unwinding(function: Any) -> Any:
    """Return ``function`` such that the contexts that it has entered are left when it raises."""

    @functools.wraps(function)
    def unwound(*args: Any) -> Any:
        managers = _open_managers()
        before = len(managers)
        try:
            return function(*args)
        except BaseException as error:
            while len(managers) > before:
                manager = managers.pop()
                type(manager).__exit__(manager, type(error), error, error.__traceback__)
            raise

    return unwound


def fail(error: Any, message: str) -> Any:
    """Raise what the program raises here."""
    raise error(message)


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


def with_item(x_bar: Any, x: Any, index: Any, ct: Any) -> Any:
    """Return the cotangent ``x_bar`` of ``x`` with ``ct`` added to its item ``index``; ``x_bar`` itself stays."""
    fresh = zeros_like(x)
    if not isinstance(fresh, np.ndarray | list | dict):  # a NumPy scalar indexed by ()
        return add(x_bar, match(ct, x))
    add_item(fresh, index, ct)
    return add(x_bar, fresh)


def zeros_if_copied(v_bar: Any, a_bar: Any) -> Any:
    """Return the shadow ``v_bar`` if it is a view of ``a_bar``, and zeros of its shape if it had to be a copy."""
    return v_bar if np.may_share_memory(v_bar, a_bar) else np.zeros_like(v_bar)


def add_if_copied(a_bar: Any, v_bar: Any, a: Any, order: str = "C") -> None:
    """Hand the cotangent ``v_bar`` of what may be a reshaped copy of ``a`` back to ``a_bar`` and clear it."""
    if not np.may_share_memory(a_bar, v_bar):
        a_bar += v_bar.reshape(np.shape(a), order=order)
        v_bar[...] = 0.0


def gradient(x_bar: Any, x: Any) -> Any:
    """Return the cotangent of an argument as the caller expects it: the structure, shapes and dtypes of ``x``."""
    if isinstance(x, np.ndarray):
        if x_bar is None:
            return np.zeros_like(x)
        if type(x_bar) is np.ndarray and x_bar.shape == x.shape and x_bar.dtype == x.dtype:
            return x_bar if x_bar.flags.writeable and x_bar.base is None else x_bar.copy()
        return np.array(match(x_bar, x), dtype=x.dtype)
    if isinstance(x, float | int):
        if x_bar is None:
            return 0.0
        if isinstance(x, np.generic):  # a float64 is a float
            return type(x)(x_bar)
        scalar: Any = np.asarray(x_bar)
        return scalar.dtype.type(scalar.reshape(())[()]).item()
    if isinstance(x, complex | np.number):
        number: Any = type(x)
        return number(0.0 if x_bar is None else x_bar)
    return _structure(x_bar, x)


def _record_names(x: Any) -> list[str]:
    """Return the names of the fields of a data class, and of further attributes that a subclass stores."""
    return list(dict.fromkeys([*(field.name for field in dataclasses.fields(x)), *getattr(x, "__dict__", ())]))


def _structure(x_bar: Any, x: Any) -> Any:
    if isinstance(x, tuple | list):
        bars = [None] * len(x) if x_bar is None or isinstance(x_bar, float) else x_bar
        parts = [gradient(bar, item) for bar, item in zip(bars, x, strict=True)]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    if isinstance(x, dict):
        bars = x_bar if isinstance(x_bar, dict) else {}
        return {key: gradient(bars.get(key), item) for key, item in x.items()}
    if dataclasses.is_dataclass(x) and not isinstance(x, type):
        bars = x_bar if isinstance(x_bar, dict) else {}
        record = copy.copy(x)
        for name in _record_names(x):  # past `__init__` and `__setattr__`: some fields are not for them
            object.__setattr__(record, name, gradient(bars.get(name), getattr(x, name)))
        return record
    if has_attributes(x) and x_bar is not None:
        twin = copy.copy(x)
        for name, value in vars(x).items():
            setattr(twin, name, gradient(x_bar.get(name), value))
        return twin
    return None


def loose(x_bar: Any) -> Any:
    """Return a gradient as the cotangent that it came from: with dicts in place of objects."""
    if isinstance(x_bar, float | np.ndarray):
        return x_bar
    if isinstance(x_bar, list | tuple):
        return [loose(item) for item in x_bar]
    if isinstance(x_bar, dict):
        return {key: loose(item) for key, item in x_bar.items()}
    if has_attributes(x_bar):
        return {name: loose(value) for name, value in vars(x_bar).items()}
    return x_bar


def own(x: Any) -> Any:
    """Return a copy of an argument that the function may write to."""
    return x.copy() if isinstance(x, np.ndarray) else copy.deepcopy(x)


def distinct(*arrays: Any) -> None:
    """Raise ValueError where two arguments share memory that the function writes to, or are one list or dict."""
    for number, first in enumerate(arrays):
        for second in arrays[number + 1 :]:
            both = isinstance(first, np.ndarray) and isinstance(second, np.ndarray)
            if (both and np.may_share_memory(first, second)) or (first is second and isinstance(first, list | dict)):
                raise ValueError("two arguments share memory, and the function writes to one of them: pass copies")



def last_writes(index: Any, shape: tuple[int, ...]) -> Any:
    """Return which entries of ``a[index] = v`` are not overwritten by a later entry of the same store."""
    probe = np.empty(shape, dtype=np.intp)
    selected = probe[index].shape
    numbers = np.arange(int(np.prod(selected)), dtype=np.intp).reshape(selected)
    probe[index] = numbers
    result: Any = probe[index] == numbers
    return result


def add_slice(x_bar: list[Any], index: slice, cts: Any) -> None:
    """Add cotangents of a slice of a list to that of the list."""
    if cts is None:
        return
    for number, ct in zip(range(*index.indices(len(x_bar))), cts, strict=True):
        x_bar[number] = _filled(x_bar[number], ct)


class _Missing:
    """Marks a key that was not there."""


_MISSING = _Missing()


def save_item(container: Any, index: Any) -> Any:
    """Return a copy of ``container[index]`` for :func:`restore_item`."""
    if isinstance(container, dict):
        return container.get(index, _MISSING)
    old = container[index]
    return old.copy() if isinstance(old, np.ndarray) and isinstance(container, np.ndarray) else old


def restore_item(container: Any, index: Any, saved: Any) -> None:
    """Take a store back."""
    if saved is _MISSING:
        del container[index]
    else:
        container[index] = saved


def distinct_parts(container: Any) -> None:
    """Check that no list, dict or array is in ``container`` twice: a deep copy would keep that.

    Raises:
        UnsupportedError: one is.
    """
    parts = list(container.values() if isinstance(container, dict) else container)
    shared = [part for part in parts if isinstance(part, list | dict | np.ndarray)]
    if len({id(part) for part in shared}) < len(shared):
        raise UnsupportedError("a deep copy of something that holds the same list or array twice is not supported")


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


def check_immutable(x: Any, name: str) -> None:
    """Check that ``x op= y`` makes a new value, as it does of a number: other names for ``x`` keep the old one.

    Raises:
        UnsupportedError: ``x`` is an array, or something else that has ``__{name}__``.
    """
    if hasattr(type(x), f"__{name}__"):
        raise UnsupportedError(
            f"a {type(x).__name__} is changed in place, and another name for it is used later",
            why="when the code was compiled it was not known whether this is a number",
            advice="write `x = x + y`, or `x[...] += y` for an array; or annotate the argument",
        )


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


def scalar_output(y: Any) -> Any:
    """Return ``y`` if it is a real number; raise TypeError otherwise, as a gradient needs one."""
    if np.shape(y) != () or not np.issubdtype(np.asarray(y).dtype, np.floating):
        what = f"an array of shape {np.shape(y)}" if np.shape(y) else f"{type(y).__name__}"
        raise TypeError(
            f"grad needs a function that returns one real number, but it returned {what}; use vjp, or reduce the result"
        )
    return y


def diagonal_view(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return ``np.diagonal(a, ...)`` as a view that can be written to."""
    view = np.diagonal(a, offset, axis1, axis2)
    view.flags.writeable = True
    return view


def diag_view(v: Any, k: int = 0) -> Any:
    """Return ``np.diag(v, k)`` of a matrix as a view that can be written to."""
    return diagonal_view(v, k) if np.ndim(v) == 2 else np.diag(v, k)  # noqa: PLR2004


def fold_list(cts: Any, items: list[Any]) -> list[Any]:
    """Return the cotangent of ``items`` from that of ``items * n``."""
    total: list[Any] = [0.0] * len(items)
    for number, ct in enumerate(cts):
        total[number % len(items)] = add(total[number % len(items)], ct)
    return total


def part_of_list(cts: Any, first: list[Any], of_first: bool) -> Any:
    """Return the cotangent of one of two lists from that of ``first + second``."""
    return cts[: len(first)] if of_first else cts[len(first) :]


def no_tangent(x: Any) -> Any:
    """Return a zero tangent for ``x``, in its structure: tuples stay tuples, objects stay objects."""
    if isinstance(x, np.ndarray):
        return np.zeros_like(x, dtype=None if x.dtype.kind in "fc" else float)
    if isinstance(x, float | complex | int | np.number):
        return 0.0
    return _mapped(no_tangent, x)


def _mapped(function: Any, x: Any, *others: Any) -> Any:
    """Apply ``function`` to the parts of a structure, and of others like it; None for what has no parts."""
    if isinstance(x, list | tuple):
        parts = [function(*items) for items in zip(x, *others, strict=True)]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    if isinstance(x, dict):
        return {key: function(item, *(other[key] for other in others)) for key, item in x.items()}
    if hasattr(x, "__dict__") and not callable(x) and not isinstance(x, type):
        twin = copy.copy(x)
        for name, value in vars(x).items():
            object.__setattr__(twin, name, function(value, *(getattr(other, name) for other in others)))
        return twin
    return None


def tangent(x_dot: Any, x: Any) -> Any:
    """Return the tangent ``x_dot`` of ``x`` with its shape and dtype; what is real has a real tangent."""
    shape = np.shape(x)
    if np.iscomplexobj(x_dot) and not np.iscomplexobj(x):
        x_dot = np.real(x_dot)
    if np.shape(x_dot) != shape:
        x_dot = np.broadcast_to(x_dot, shape)
    dtype = getattr(x, "dtype", None)
    if dtype is not None and dtype.kind in "fc" and getattr(x_dot, "dtype", dtype) != dtype:
        x_dot = x_dot.astype(dtype)
    return x_dot


def checked_tangent(x_dot: Any, x: Any) -> Any:
    """Return ``x_dot``, the tangent of ``x``, in its dtype; raise ValueError where its shape is another one."""
    if isinstance(x, list | tuple | dict) or hasattr(x, "__dict__"):
        return x_dot
    if np.shape(x_dot) != np.shape(x):
        raise ValueError(f"a tangent has shape {np.shape(x_dot)}, its primal {np.shape(x)}")
    return tangent(x_dot, x)


def shadow(x_dot: Any, x: Any) -> Any:
    """Return the tangent of ``x``, which will be written to, in memory of its own that is laid out as ``x`` is."""
    if not isinstance(x, np.ndarray):
        return own(x_dot)
    result = np.zeros_like(x, dtype=None if x.dtype.kind in "fc" else float)
    result[...] = x_dot if np.iscomplexobj(result) else np.real(x_dot)
    return result


def check_same_sharing(view: Any, base: Any, view_dot: Any, base_dot: Any) -> None:
    """Raise where a reshaped array shares memory with its base, and its tangent does not, or the other way round.

    Raises:
        UnsupportedError: the layouts of an array and of its tangent differ.
    """
    if np.may_share_memory(view, base) != np.may_share_memory(view_dot, base_dot):
        raise UnsupportedError(
            "an array that is written to is laid out in memory in another way than its tangent, and reshaped",
            advice="copy it first: np.reshape(x.copy(), ...)",
        )


def share(bar: Any, part: Any) -> Any:
    """Return what of the cotangent ``bar`` of a sum belongs to ``part``, which None and 0.0 say is zero."""
    if part is None:
        return None
    if isinstance(part, np.ndarray | np.generic | float | complex):
        return match(bar, part) if isinstance(bar, np.ndarray | np.generic | float | complex) else 0.0
    return bar


def item_share(bar: Any, index: Any, ct: Any) -> Any:
    """Return the cotangent of ``ct``, which was added to the item ``index``."""
    if isinstance(bar, dict):
        return share(bar.get(index), ct)
    if isinstance(bar, list | tuple):
        return share(bar[index], ct)
    return match(bar[index] if isinstance(bar, np.ndarray) and bar.ndim else bar, ct)


def own_share(bar: Any, part: Any) -> Any:
    """Return :func:`share` in memory of its own."""
    return own(share(bar, part))


def together(bar: Any) -> Any:
    """Return a nested list of cotangents as one array."""
    return np.asarray(bar) if isinstance(bar, list | tuple) else bar
