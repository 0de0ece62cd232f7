"""The table of type rules, and what they need to read arguments that are known when the code is compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompile.analysis.types import Array, Scalar, Static, Tup, Type, constant_type

Rule = Callable[..., Type]
TABLE: dict[Any, Rule] = {}


def rule(*callees: Any) -> Callable[[Rule], Rule]:
    """Register the decorated function, which has the parameters of the callees, as their type rule."""

    def add(function: Rule) -> Rule:
        TABLE.update(dict.fromkeys(callees, function))
        return function

    return add


def unknown(why: str = "not known when the code is compiled") -> TypeError:
    """Return what a rule raises where it cannot tell the type: the answer is then ``ANY``."""
    return TypeError(why)


def constant(t: Type | None, default: Any = None) -> Any:
    """Return the object behind a static type; ``default`` if it was not given; else raise TypeError."""
    if t is None:
        return default
    if isinstance(t, Static):
        return t.value
    if isinstance(t, Tup):
        return tuple(constant(item) for item in t.items)
    raise unknown()


def is_none(t: Type | None) -> bool:
    """Tell whether an argument was left out or is None."""
    return t is None or (isinstance(t, Static) and t.value is None)


def refuse_out(*outs: Type | None) -> None:
    """Raise TypeError if a result is asked to be written into an array."""
    if not all(map(is_none, outs)):
        raise unknown()


def spread(t: Type) -> Type:
    """Return a tuple that is known as a whole in terms of its parts."""
    if type(t) is Static and type(t.value) is tuple:
        return Tup(tuple(spread(Static(part)) for part in t.value))
    return t


def given_dtype(t: Type | None, default: np.dtype[Any] | None) -> np.dtype[Any] | None:
    """Return the dtype that an argument names; one only known at run time is taken to be of numbers."""
    if is_none(t):
        return default
    return np.dtype(t.value) if isinstance(t, Static) else None


def one_axis(axis: Type | None, rank: int, default: int | None = None) -> int:
    """Return the non-negative axis that an argument names; raises TypeError if unknown."""
    number = constant(axis, default)
    if not isinstance(number, int | np.integer) or not -rank <= number < rank:
        raise unknown()
    return int(number) % rank


def some_axes(axis: Type | None, rank: int) -> tuple[int, ...]:
    """Return the non-negative axes that an argument names, all for None; raises TypeError if unknown."""
    numbers = constant(axis)
    if numbers is None:
        return tuple(range(rank))
    return tuple(
        one_axis(Static(number), rank) for number in (numbers if isinstance(numbers, tuple) else (numbers,))
    )


def rank_of(t: Type) -> int | None:
    """Return the number of axes of a number or array, if known."""
    if isinstance(t, Array):
        return t.rank
    if isinstance(t, Scalar) or (isinstance(t, Static) and isinstance(constant_type(t.value), Scalar)):
        return 0
    return None
