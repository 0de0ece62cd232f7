"""Forward mode and what is built from it: :func:`jvp`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcompile.api import Differentiated
from diffcompile.api.arguments import refuse_carried
from diffcompile.api.directions import count, first_of, many_directions, many_like, owned, stacked, taken
from diffcompile.dynamic import Moved, attributes, has_attributes, moved, moved_tuple, twin_of
from diffcompile.owners import is_carried
from diffcompile.pipeline import Compiled, Request, compile_gradient, rebuilt
from diffcompile.specialise.derivatives import push, register
from diffcompile.specialise.functions import function_code


def jvp(
    fun: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], *, batched: bool = False
) -> tuple[Any, Any]:
    """Return ``fun(*primals)`` and its derivative in the direction of ``tangents``.

    Args:
        fun: A Python function.
        primals: Its positional arguments.
        tangents: One for each primal, of its structure and shape; None for a primal that does not move.
        batched: There are many directions: each array in ``tangents``, of shape ``(k, ...)``, holds one in each row.

    Returns:
        The value and its tangent, which has the structure of the value. What carries no derivative in it (an integer,
        a string) has the tangent None. If ``batched``, each array of the tangent has a row for each direction. All of
        them are computed at once, in code of their own; a program that cannot be written so takes one after another.

    Raises:
        UnsupportedError: ``fun`` is outside the differentiable subset.
        MissingRuleError: it calls a function without a rule for forward mode.
        TypeError: an argument with a tangent is not made of floating-point numbers.
        ValueError: the tangents do not have the structure and the shapes of the primals.
    """
    moving = tuple(number for number, tangent in enumerate(tangents) if tangent is not None)
    try:
        push = _pushforward(fun, moving)
    except TypeError:  # not hashable
        push = Pushforward(fun, moving)
    return push(primals, tangents, batched=batched)


class Pushforward(Differentiated):
    """The derivative of a function in given directions, by forward mode, for arguments whose tangent is not None."""

    _may_be_constant = True
    _carries = True

    def __init__(self, fun: Callable[..., Any], moving: tuple[int, ...]) -> None:
        super().__init__(fun, moving, "numpy")

    def __call__(
        self, primals: Sequence[Any], tangents: Sequence[Any], *, batched: bool = False
    ) -> tuple[Any, Any]:
        """Return the value and its tangent, or if ``batched`` its tangents."""
        if len(primals) != len(tangents):
            raise ValueError(f"{len(primals)} primals, but {len(tangents)} tangents")
        if self._fits is not None:
            twin, primals, _ = self._fitted(tuple(primals), {}, complete=False)
            return twin(primals, tangents, batched=batched)  # type: ignore[no-any-return]
        values = self._bind(tuple(primals), {})
        given = [None] * len(self._prefix) + list(tangents)
        if batched:
            return self._along_many(values, [given[number] for number in self._wrt])
        dots = [like(given[number], values[number], self._names[number]) for number in self._wrt]
        compiled = self._find(values)
        outputs, moved = self._halves(self._run(compiled, values, dots))
        dots = [finished(dot, value) for value, dot in zip(outputs, moved, strict=True)]
        return rebuilt(compiled.structure, outputs), rebuilt(compiled.structure, dots)

    def _along_many(self, values: list[Any], given: list[Any]) -> tuple[Any, Any]:
        """Return the value and its tangents in many directions."""
        refuse_carried(values)
        moving = [values[number] for number in self._wrt]
        n = count(given, moving, "tangent")
        wide = max(n, 1)
        parts = given if n else [None] * len(given)
        names = [self._names[number] for number in self._wrt]
        seeds = [many_like(part, x, wide, name) for part, x, name in zip(parts, moving, names, strict=True)]
        many = many_directions(self, {})
        compiled = many.find(values) if self._wrt else None
        results = many.run(compiled, values, seeds) if compiled is not None else None
        if compiled is not None and results is not None:
            outputs, dots = self._halves(results)
            found = [several(owned(dot, y, seeds), y) for dot, y in zip(dots, outputs, strict=True)]
        else:
            compiled = self._find(values)
            ones = []
            for k in range(wide):
                along = [like(taken(d, x, k), x, name) for d, x, name in zip(seeds, moving, names, strict=True)]
                outputs, dots = self._halves(self._run(compiled, values, along))
                ones.append([finished(dot, y) for dot, y in zip(dots, outputs, strict=True)])
            found = [stacked(dots, y) for dots, y in zip(zip(*ones, strict=True), outputs, strict=True)]
        tangents = found if n else [first_of(dot, 0) for dot in found]
        return rebuilt(compiled.structure, outputs), rebuilt(compiled.structure, tangents)

    def _run(self, compiled: Compiled, values: list[Any], dots: list[Any]) -> Any:
        return compiled.function(*values, *(read() for read in compiled.live_globals), *dots)

    def _halves(self, results: Any) -> tuple[list[Any], list[Any]]:
        half = len(results) // 2
        return list(results[:half]), list(results[half:])

    @property
    def batched_source(self) -> str:
        """The generated text for many directions, as that of :class:`diffcompile.api.Pullback`."""
        return many_directions(self, {}).source

    def _compile(self, values: list[Any]) -> Compiled:
        code = function_code(self._fun)
        request = Request(code, self._types(values), self._wrt, True, examples=values, forward=True, cached=True)
        request.batched = self._batched
        return compile_gradient(request)


@functools.lru_cache(maxsize=256)
def _pushforward(fun: Callable[..., Any], moving: tuple[int, ...]) -> Pushforward:
    return Pushforward(fun, moving)


def like(tangent: Any, x: Any, name: str) -> Any:
    """Return ``tangent`` as generated code expects it: the structure, shapes and dtypes of ``x``.

    Raises:
        ValueError: it has another structure or shape.
    """
    if isinstance(x, np.ndarray):
        if tangent is None:
            return np.zeros_like(x, dtype=None if x.dtype.kind in "fc" else float)
        if np.shape(tangent) != x.shape:
            raise ValueError(f"the tangent of {name} has shape {np.shape(tangent)}, the argument {x.shape}")
        if np.iscomplexobj(tangent) and x.dtype.kind == "f":
            raise TypeError(f"the tangent of {name} is complex, the argument is not")
        return np.asarray(tangent, x.dtype if x.dtype.kind in "fc" else float)
    if is_carried(type(x)):
        return _carried_like(tangent, x, name)
    if isinstance(x, float | complex | np.inexact) and not isinstance(x, bool):
        return _number(tangent, x, name)
    if isinstance(x, int | np.generic | str) or x is None:
        return 0.0 if isinstance(x, int | np.number) else None
    return _structure_like(tangent, x, name)


def _carried_like(tangent: Any, x: Any, name: str) -> Any:
    """Return the tangent of an array that is not NumPy's, which is one of its class."""
    dtype = x.dtype if x.dtype.kind in "fc" else np.dtype(float)
    if tangent is None:
        return np.zeros_like(x, dtype=dtype)
    if type(tangent) is not type(x):
        if not isinstance(tangent, int | float | complex | np.number) or x.shape != ():
            package = type(x).__module__.partition(".")[0]
            raise TypeError(f"{name} is an array of {package}, and its tangent must be one too")
        tangent = np.full_like(x, tangent, dtype=dtype if not isinstance(tangent, complex) else complex)
    if tangent.shape != x.shape:
        raise ValueError(f"the tangent of {name} has shape {tangent.shape}, the argument {x.shape}")
    if tangent.dtype.kind == "c" and dtype.kind == "f":
        raise TypeError(f"the tangent of {name} is complex, the argument is not")
    return tangent if tangent.dtype == dtype else tangent.astype(dtype)


def several(tangents: Any, x: Any) -> Any:
    """Return the tangents of a result in many directions, None for what carries no derivative."""
    if isinstance(x, np.ndarray):
        return tangents if x.dtype.kind in "fc" else None
    if isinstance(x, int | np.generic | str) and not isinstance(x, np.inexact):
        return None
    if isinstance(x, list | tuple) and isinstance(tangents, list | tuple):
        parts = [several(part, item) for part, item in zip(tangents, x, strict=True)]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    return tangents


def finished(tangent: Any, x: Any) -> Any:
    """Return the tangent of a result as the caller expects it: its dtype, and None for what carries no derivative."""
    if isinstance(x, np.ndarray):
        return tangent if x.dtype.kind in "fc" else None
    if is_carried(type(x)):
        return _carried_like(tangent, x, "the result") if x.dtype.kind in "fc" else None
    if isinstance(x, int | np.generic | str) and not isinstance(x, np.inexact):
        return None
    if isinstance(x, float | complex | np.inexact):
        return tangent if type(tangent) is type(x) else _number(tangent, x, "the result")
    if isinstance(x, list | tuple) and isinstance(tangent, list | tuple):
        parts = [finished(part, item) for part, item in zip(tangent, x, strict=True)]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    if isinstance(x, dict) and isinstance(tangent, dict):
        return {key: finished(tangent[key], item) for key, item in x.items()}
    if isinstance(tangent, Moved) and not isinstance(x, Moved):
        twin = twin_of(x)
        for name, part in attributes(tangent).items():
            object.__setattr__(twin, name, finished(part, getattr(x, name, None)))
        return twin
    return tangent


def _number(tangent: Any, x: Any, name: str) -> Any:
    if tangent is None:
        return type(x)(0.0)
    if is_carried(type(tangent)) and tangent.shape == ():
        tangent = tangent.item()
    if np.shape(tangent) != ():
        raise ValueError(f"the tangent of {name} has shape {np.shape(tangent)}, the argument is a number")
    value = np.asarray(tangent)[()]
    if np.iscomplexobj(value) and not np.iscomplexobj(x):
        raise TypeError(f"the tangent of {name} is complex, the argument is not")
    return type(x)(value)


def _structure_like(tangent: Any, x: Any, name: str) -> Any:
    if isinstance(x, list | tuple):
        parts = [None] * len(x) if tangent is None else list(tangent)
        if len(parts) != len(x):
            raise ValueError(f"the tangent of {name} has {len(parts)} items, the argument {len(x)}")
        found = [like(part, item, f"{name}[{k}]") for k, (part, item) in enumerate(zip(parts, x, strict=True))]
        return moved_tuple(type(x))(*found) if hasattr(x, "_fields") else type(x)(found)
    if isinstance(x, dict):
        given = {} if tangent is None else tangent
        if not set(given) <= set(x):
            raise ValueError(f"the tangent of {name} has keys that the argument has not: {sorted(set(given) - set(x))}")
        return {key: like(given.get(key), item, f"{name}[{key!r}]") for key, item in x.items()}
    if has_attributes(x):
        given = {key: None if tangent is None else getattr(tangent, key) for key in attributes(x)}
        return moved(type(x), {key: like(given[key], value, f"{name}.{key}") for key, value in attributes(x).items()})
    return None


register(jvp, push)

__all__ = ["Pushforward", "jvp", "like"]
