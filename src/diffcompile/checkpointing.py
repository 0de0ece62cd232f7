"""Checkpointing: store little in the forward sweep, and compute again what the reverse sweep needs.

    for t in checkpoint(range(n), snapshots=20):        while checkpoint(error > 1e-9, budget="200MB"):
        y = step(y, t)                                      y, error = step(y)

    @checkpoint
    def layer(x, w): ...

A loop of ``n`` trips stores its variables at some trips only, *snapshots*. With at least as many of these as the square
root of ``n`` (the default) each trip runs twice: once forwards, once more beside what it saves. With fewer, the places
are those of Griewank and Walther, Algorithm 799: Revolve (ACM TOMS 26, 2000), which need fewest trips.

How many trips a ``while`` loop has shows at its end. Its snapshots are taken at equal distances; if there are too
many, every other one is dropped, and the distance doubled. If there are fewer than the square root of the trips, half
of the places are free at the end, for the places of Revolve between the others.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, overload

import numpy as np

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}


@overload
def checkpoint(what: Iterable[T], *, snapshots: int | None = None, budget: int | str | None = None) -> Iterable[T]: ...
@overload
def checkpoint(
    what: bool | np.bool[bool], *, snapshots: int | None = None, budget: int | str | None = None
) -> bool: ...
@overload
def checkpoint(what: F) -> F: ...
def checkpoint(what: Any, *, snapshots: int | None = None, budget: int | str | None = None) -> Any:
    """Return an iterable, condition or function whose differentiation stores little; it is the same otherwise.

    Args:
        what: The iterable of a ``for`` loop, with a length; the condition of a ``while`` loop; or a function, whose
            calls store their arguments alone.
        snapshots: How many times the variables that a loop carries are stored; by default about the square root of the
            number of trips.
        budget: Bytes for these, a number or a text such as ``"200MB"``.

    Raises:
        ValueError: there is no room for one snapshot, or both limits are given.
    """
    if snapshots is not None or budget is not None:
        check_limits(snapshots, budget)
    if isinstance(what, (bool, np.bool)) or isinstance(what, Iterable):  # noqa: SIM101 - it is asked in each trip
        return what
    if not callable(what):
        raise TypeError(f"checkpoint takes an iterable, a truth value or a function, not {type(what).__name__}")
    if snapshots is not None or budget is not None:
        raise ValueError("a function stores its arguments alone: it takes neither snapshots= nor budget=")
    function: Callable[..., Any] = what

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    call.__checkpointed__ = function  # type: ignore[attr-defined]
    return call


def check_limits(snapshots: int | None, budget: int | str | None) -> None:
    """Check the limits of a loop.

    Raises:
        ValueError: there is no room for one snapshot, or both are given.
    """
    if snapshots is not None and budget is not None:
        raise ValueError("give either snapshots= or budget=, not both")
    if snapshots is not None and snapshots < 1:
        raise ValueError(f"a loop needs at least one snapshot, not {snapshots}")
    if budget is not None:
        bytes_of(budget)


def bytes_of(budget: int | str) -> int:
    """Return a number of bytes that may be written with a unit."""
    if isinstance(budget, int):
        return budget
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*", budget)
    if found is None or found.group(2).lower() not in _UNITS:
        raise ValueError(f"{budget!r} is no number of bytes: write 200_000_000, '200MB' or '1.5GiB'")
    return int(float(found.group(1)) * _UNITS[found.group(2).lower()])


def reach(snapshots: int, repeats: int) -> int:
    """Return how many trips can be reversed if each runs at most ``repeats`` times before it is reversed."""
    return math.comb(snapshots + repeats, snapshots) if repeats >= 0 else 0


def advance(trips: int, snapshots: int) -> int:
    """Return where the next snapshot is best: after how many of ``trips``, with ``snapshots`` in all, the one here too.

    The trips before it will be reversed with all snapshots and one repetition less, those behind it with one snapshot
    less.
    """
    repeats = 1
    while reach(snapshots, repeats) < trips:
        repeats += 1
    return max(1, min(reach(snapshots, repeats - 1), trips - reach(snapshots - 1, repeats - 1)))


def fewest_trips(trips: int, snapshots: int) -> int:
    """Return how many trips must run, beside those that are reversed, to reverse ``trips`` with so many snapshots."""
    repeats = 0
    while reach(snapshots, repeats) < trips:
        repeats += 1
    return repeats * trips - reach(snapshots + 1, repeats - 1)
