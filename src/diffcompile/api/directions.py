"""Many cotangents or tangents at once: structures whose arrays have one more axis, the first.

A value of shape ``(3,)`` has ``n`` directions of shape ``(n, 3)``, a number ``n`` directions of shape ``(n,)``, a
structure a structure of these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from diffcompile import watch
from diffcompile.api.differentiated import Differentiated
from diffcompile.batching import NotBatchableError
from diffcompile.dynamic import OneByOneError, attributes, has_attributes, twin_of
from diffcompile.pipeline import Compiled
from diffcompile.signature import type_key

ORDER = "each array of it needs one more axis, the first, for the directions"


class ManyDirections:
    """Finds code that takes many directions at once, where there can be such code."""

    def __init__(self, one: Differentiated, compiled: dict[Any, Compiled]) -> None:
        self.twin: Differentiated = object.__new__(type(one))
        vars(self.twin).update(vars(one))
        self.twin._batched = True
        self.twin._latest = None
        self.twin._compiled = compiled
        self.refused: dict[Any, str] = {}
        """Why one direction is taken after another, by the types of the arguments."""

    @property
    def source(self) -> str:
        """The text of the code.

        Raises:
            RuntimeError: there is none.
        """
        latest = self.twin._latest
        if latest is None:
            raise RuntimeError("; ".join(self.refused.values()) or "there was no call with batched=True")
        return latest.source

    def find(self, values: list[Any]) -> Compiled | None:
        """Return the code, None if one direction must be taken after another."""
        key = tuple(map(type_key, values)) if self.refused else None
        if key is not None and key in self.refused:
            return None
        try:
            return self.twin._find(values)
        except NotBatchableError as error:
            watch.one_by_one(self.twin._display, str(error))
            self.refused[tuple(map(type_key, values))] = str(error)
            return None


    def run(self, compiled: Compiled, values: list[Any], seeds: Sequence[Any]) -> Any:
        """Return what the code returns, None if it finds that one direction must be taken after another."""
        try:
            return compiled.function(*values, *(read() for read in compiled.live_globals), *seeds)
        except OneByOneError as error:
            self._refuse(values, str(error))
            return None

    def _refuse(self, values: list[Any], reason: str) -> None:
        watch.one_by_one(self.twin._display, reason)
        self.refused[tuple(map(type_key, values))] = reason


def many_directions(one: Differentiated, compiled: dict[Any, Compiled]) -> ManyDirections:
    """Return the code of ``one`` for many directions; it is kept in ``compiled``."""
    kept: dict[Any, ManyDirections] = one.__dict__.setdefault("_many", {})
    if None not in kept:
        kept[None] = ManyDirections(one, compiled)
    return kept[None]


def is_float(x: Any) -> bool:
    """Tell whether ``x`` is a number of floating point."""
    return isinstance(x, float | complex | np.inexact) and not isinstance(x, bool)


def count(given: Sequence[Any], primals: Sequence[Any], what: str) -> int:
    """Return how many directions there are.

    Raises:
        ValueError: nothing tells, or the parts of ``given`` do not agree.
    """
    lengths = {np.shape(leaf)[0] if np.ndim(leaf) else -1 for leaf in _leaves(list(given), list(primals))}
    if -1 in lengths:
        raise ValueError(f"a {what} has no axes: with batched=True {ORDER}")
    if len(lengths) != 1:
        told = f"they have {', '.join(map(str, sorted(lengths)))} directions" if lengths else "all of them are None"
        raise ValueError(f"with batched=True all {what}s have the same number of directions, but {told}")
    return int(lengths.pop())


def _leaves(given: Any, x: Any) -> Iterator[Any]:
    """Yield what is given for each array and number of floating point in ``x``, but None."""
    if given is None:
        return
    if isinstance(x, np.ndarray) or is_float(x):
        yield given
    elif isinstance(x, list | tuple):
        if isinstance(given, list | tuple) and len(given) == len(x):
            for part, item in zip(given, x, strict=True):
                yield from _leaves(part, item)
    elif isinstance(x, dict):
        if isinstance(given, dict):
            for key, item in x.items():
                yield from _leaves(given.get(key), item)
    elif has_attributes(x):
        for name, item in attributes(x).items():
            yield from _leaves(getattr(given, name, None), item)


def many_like(given: Any, x: Any, n: int, name: str) -> Any:
    """Return ``n`` directions as generated code expects them: the structure, shapes and dtypes of ``x``.

    Raises:
        ValueError: they have another structure or shape.
        TypeError: they are complex, and ``x`` is not.
    """
    if isinstance(x, np.ndarray) or is_float(x):
        dtype = np.result_type(x) if not isinstance(x, np.ndarray) or x.dtype.kind in "fc" else np.dtype(float)
        if given is None:
            return np.zeros((n, *np.shape(x)), dtype)
        if np.shape(given) != (n, *np.shape(x)):
            raise ValueError(f"{n} directions of {name} have shape {(n, *np.shape(x))}, not {np.shape(given)}")
        if np.iscomplexobj(given) and dtype.kind == "f":
            raise TypeError(f"the directions of {name} are complex, {name} is not")
        return np.asarray(given, dtype)
    if isinstance(x, int | np.number):
        return np.zeros(n)
    if isinstance(x, list | tuple):
        parts = [None] * len(x) if given is None else list(given)
        if len(parts) != len(x):
            raise ValueError(f"the directions of {name} have {len(parts)} items, {name} has {len(x)}")
        found = [many_like(part, item, n, f"{name}[{k}]") for k, (part, item) in enumerate(zip(parts, x, strict=True))]
        return type(x)(*found) if hasattr(x, "_fields") else type(x)(found)
    if isinstance(x, dict):
        mine = {} if given is None else given
        if not set(mine) <= set(x):
            raise ValueError(f"the directions of {name} have keys that it has not: {sorted(set(mine) - set(x))}")
        return {key: many_like(mine.get(key), item, n, f"{name}[{key!r}]") for key, item in x.items()}
    if not isinstance(x, str) and has_attributes(x):
        return _with_attributes(
            x, lambda part, value, label: many_like(part, value, n, f"{name}.{label}"), given
        )
    return None


def _with_attributes(x: Any, function: Callable[[Any, Any, str], Any], other: Any) -> Any:
    twin = twin_of(x)
    for name, value in attributes(x).items():
        object.__setattr__(twin, name, function(getattr(other, name, None), value, name))
    return twin


def taken(many: Any, x: Any, k: int) -> Any:
    """Return direction ``k`` of what :func:`many_like` returned for ``x``."""
    if many is None:
        return None
    if isinstance(x, np.ndarray):
        return many[k]
    if is_float(x):
        return type(x)(many[k])
    if isinstance(x, int | np.number):
        return 0.0
    if isinstance(x, list | tuple):
        parts = [taken(part, item, k) for part, item in zip(many, x, strict=True)]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    if isinstance(x, dict):
        return {key: taken(many[key], item, k) for key, item in x.items()}
    return _with_attributes(x, lambda part, value, _: taken(part, value, k), many)


def stacked(ones: Sequence[Any], x: Any) -> Any:
    """Return the directions ``ones``, each in the structure of ``x``, in one structure of arrays."""
    first = ones[0]
    if first is None:
        return None
    if isinstance(x, np.ndarray) or is_float(x):
        return np.stack(ones) if np.ndim(first) else np.array(ones, np.result_type(x))
    if isinstance(x, int | np.number):
        return np.array(ones)
    if isinstance(x, list | tuple):
        parts = [stacked([one[k] for one in ones], item) for k, item in enumerate(x)]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    if isinstance(x, dict):
        return {key: stacked([one[key] for one in ones], item) for key, item in x.items()}
    if has_attributes(x):
        twin = twin_of(first)
        for name, value in attributes(x).items():
            object.__setattr__(twin, name, stacked([getattr(one, name) for one in ones], value))
        return twin
    return None


def owned(many: Any, x: Any, seeds: Sequence[Any]) -> Any:
    """Return directions that generated code computed: in the dtypes of ``x``, in memory that nobody else has."""
    if isinstance(x, np.ndarray) or is_float(x):
        if isinstance(x, np.ndarray) and x.dtype.kind not in "fc":
            return many
        dtype = np.result_type(x)
        have = np.asarray(many)
        have = np.real(have) if dtype.kind == "f" else have
        if have.dtype == dtype and have.base is None and have.flags.writeable and all(have is not s for s in seeds):
            return have
        return have.astype(dtype)
    if isinstance(x, list | tuple) and isinstance(many, list | tuple):
        parts = [owned(part, item, seeds) for part, item in zip(many, x, strict=True)]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    return many


def first_of(many: Any, n: int) -> Any:
    """Return the first ``n`` directions."""
    if isinstance(many, np.ndarray):
        return many[:n]
    if isinstance(many, list | tuple):
        parts = [first_of(part, n) for part in many]
        return type(many)(*parts) if hasattr(many, "_fields") else type(many)(parts)
    if isinstance(many, dict):
        return {key: first_of(part, n) for key, part in many.items()}
    if many is not None and has_attributes(many):
        return _with_attributes(many, lambda _, value, __: first_of(value, n), many)
    return many


__all__ = ["count", "first_of", "many_directions", "many_like", "owned", "stacked", "taken"]
