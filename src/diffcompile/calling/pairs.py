"""What a call of a pair needs at run time, in generated code and in exported modules: nothing of the compiler."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from diffcompile.dynamic import loose
from diffcompile.errors import UnsupportedError

Structure = tuple[Any, ...] | None
"""Of a nested tuple: the structures of its parts, None for what is no tuple."""
Made = tuple[Any, Callable[[Any], tuple[Any, ...]]]
"""A result and its pullback, which takes a cotangent and returns one for each differentiated argument."""
DISCRETE = (bool, int, np.bool_, np.integer)
"""Classes of numbers without derivatives."""


def paired(forward: Callable[..., Any], structure: Structure, args: Sequence[Any]) -> Made:
    """Call a generated ``forward``, which knows results and cotangents one by one: return them structured."""
    parts, pullback = forward(*args)

    def structured(ct: Any) -> tuple[Any, ...]:
        return tuple(map(loose, pullback(*leaves(structure, ct))))

    return rebuilt(structure, iter(parts)), structured


def leaves(structure: Structure, value: Any) -> list[Any]:
    """Return the parts of a nested tuple that are no tuples; 0.0 and None are zero everywhere.

    >>> leaves((None, (None, None)), (1, (2, 3)))
    [1, 2, 3]
    """
    if structure is None:
        return [value]
    parts = [value] * len(structure) if is_zero(value) else value
    if not isinstance(parts, tuple | list) or len(parts) != len(structure):
        given = f"{len(parts)} parts" if isinstance(parts, tuple | list) else type(parts).__name__
        raise ValueError(f"the cotangent of a result of {len(structure)} parts is {given}")
    return [leaf for part, inner in zip(structure, parts, strict=True) for leaf in leaves(part, inner)]


def rebuilt(structure: Structure, parts: Iterator[Any]) -> Any:
    """Return the nested tuple of these parts."""
    if structure is None:
        return next(parts)
    return tuple(rebuilt(part, parts) for part in structure)


def is_zero(ct: Any) -> bool:
    """Tell whether a cotangent or tangent is zero, whatever the value is."""
    return ct is None or (isinstance(ct, float) and ct == 0.0)


def spread(wrt: Sequence[int], cts: dict[int, Any]) -> tuple[Any, ...]:
    """Return a cotangent for each of the arguments ``wrt``: zero for those that have none."""
    return tuple(cts.get(number, 0.0) for number in wrt)


def without_counts(made: Made, wrt: Sequence[int], args: Sequence[Any]) -> Made:
    """Return a result and its pullback such that what came as something unknown, and is a count, gets no share."""
    result, pullback = made
    real = [number for number in wrt if not isinstance(args[number], DISCRETE)]

    def moving(ct: Any) -> tuple[Any, ...]:
        found = dict(zip(wrt, pullback(ct), strict=True))
        return spread(wrt, {number: found[number] for number in real})

    return result, moving


class Written:
    """A function and its pair as they were written out, for one choice of arguments to differentiate."""

    def __init__(self, primal: Callable[..., Any], pair: Callable[..., Made], wrt: tuple[int, ...]) -> None:
        self.primal = primal
        self.pair = pair
        self.wrt = wrt

    def __call__(self, *args: Any) -> Any:
        """Call the primal."""
        return self.primal(*args)

    def run(self, wrt: tuple[int, ...], args: tuple[Any, ...]) -> Made:
        """Return the result and the pullback with respect to the arguments ``wrt``, some of those that are known."""
        result, pullback = self.pair(*args)
        if wrt == self.wrt:
            return result, pullback

        def chosen(ct: Any) -> tuple[Any, ...]:
            found = dict(zip(self.wrt, pullback(ct), strict=True))
            return tuple(found[number] for number in wrt)

        return result, chosen


def check_alone(args: Sequence[Any], number: int, what: str, advice: str) -> None:
    """Raise UnsupportedError where another argument sees the array or list that a function writes to."""
    written = args[number]
    lists = lists_in(written) if isinstance(written, list | dict) else set()
    arrays = arrays_in(written)
    for other, arg in enumerate(args):
        if other == number or not isinstance(arg, np.ndarray | list | tuple | dict):
            continue
        shared = any(np.may_share_memory(mine, theirs) for mine in arrays for theirs in arrays_in(arg))
        if shared or not lists.isdisjoint(lists_in(arg)):
            raise UnsupportedError(what, advice=advice)


def check_all_alone(name: str, args: Sequence[Any], written: Sequence[int]) -> None:
    """Raise UnsupportedError where another argument of a pair sees what it writes to."""
    for number in written:
        check_alone(
            args,
            number,
            f"{name} calls itself with two arguments that share memory, and writes to one of them",
            "pass a copy of the other one",
        )


def lists_in(arg: Any) -> set[int]:
    """Return the identities of the lists and dicts in an argument."""
    found: set[int] = set()
    if isinstance(arg, list | dict):
        found.add(id(arg))
    if isinstance(arg, list | tuple | dict):
        for part in arg.values() if isinstance(arg, dict) else arg:
            if isinstance(part, list | tuple | dict):
                found |= lists_in(part)
    return found


def arrays_in(arg: Any) -> list[np.ndarray[Any, Any]]:
    """Return the arrays in an argument."""
    if isinstance(arg, np.ndarray):
        return [arg]
    if isinstance(arg, tuple | list):
        return [array for part in arg for array in arrays_in(part)]
    if isinstance(arg, dict):
        return [array for part in arg.values() for array in arrays_in(part)]
    return []


__all__ = [
    "DISCRETE",
    "Made",
    "Structure",
    "Written",
    "check_all_alone",
    "check_alone",
    "is_zero",
    "leaves",
    "paired",
    "rebuilt",
    "spread",
    "without_counts",
]
