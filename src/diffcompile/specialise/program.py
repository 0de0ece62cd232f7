"""What the specialiser returns, and what it remembers from run to run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from diffcompile.analysis.types import Cell, Type
from diffcompile.errors import Span
from diffcompile.ir.core import Function, Value
from diffcompile.specialise.items import Item


@dataclass(frozen=True, slots=True)
class Guard:
    """Something that the generated code relies on: ``read()`` must give what it gave when the code was made.

    ``read`` is a ``functools.partial``, so that another process can be told what is read.
    """

    read: Callable[[], Any]
    holds: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Is:
    """The test of a guard: is it still the same object?"""

    value: Any

    def __call__(self, now: Any) -> bool:
        return now is self.value


def constant(value: Any) -> Any:
    """Return ``value``: how something is read that cannot change."""
    return value


@dataclass(slots=True)
class Program:
    """A function specialised to a signature, with the facts found on the way."""

    function: Function
    types: dict[Value, Type]
    guards: list[Guard] = field(default_factory=list)
    live_globals: list[tuple[Value, str, Callable[[], Any]]] = field(default_factory=list)
    """Parameters after the declared ones that are read from the surroundings at each call."""
    structure: Item | None = None
    """The returned value in terms of the function's results, where it is a tuple."""
    names: dict[Value, str] = field(default_factory=dict)
    """What temporaries are called in generated code."""
    changed: tuple[str, ...] = ()
    """Names of attributes that the function stores to objects that it was given."""


@dataclass(slots=True)
class Memory:
    """What survives from one run of the specialiser to the next, until nothing changes."""

    cells: dict[Any, Cell] = field(default_factory=dict)
    outside: dict[int, tuple[Any, Type]] = field(default_factory=dict)
    """Containers of the caller's, by identity, and their types."""
    paths: dict[Any, int] = field(default_factory=dict)
    opened: bool = False
    """The objects that arguments hold in containers were looked at."""
    real: set[type] = field(default_factory=set)
    """Classes whose instances are made at run time, and may change wherever they are kept."""
    followed_anyway: frozenset[Any] = frozenset()
    """Functions that are followed even where nothing active seems to go in: they see memory that holds it."""
    written_out: bool = False
    """Calls into which nothing active goes are inlined if they return containers: something is stored in these."""
    hasty: bool = False
    """What is not supported is refused at once if another try, with such calls inlined, may do better."""
    storing: set[Any] = field(default_factory=set)
    """The code of functions that store attributes, or call one that does."""
    paired: set[Any] = field(default_factory=set)
    """The code of functions that are called as pairs."""
    stacked: dict[Any, Any] = field(default_factory=dict)
    """The code of recursive functions that are written as loops, and the functions that they become with others."""
    probed: bool = False
    """What such loops hand on was found out, with what is not there yet for nothing."""
    stacking: bool = False
    """All recursive functions are, as far as this can be done."""
    recursive: bool = False
    """A function that calls itself is called as a pair."""
    returning: set[Any] = field(default_factory=set)
    """Functions that return containers, and are called as they stand."""
    shared: set[Any] = field(default_factory=set)
    """Calls that make iterators which several calls go on with, and displays of functions that are lists."""
    sharing: set[Any] = field(default_factory=set)
    """The code of functions whose loops share their variables with the functions that they make."""
    kept: set[Any] = field(default_factory=set)
    """Marks of loops whose lists and dicts are not taken apart, as something else changes them."""
    data: set[type] = field(default_factory=set)
    """Classes whose instances were made for use as data."""
    vague: set[str] = field(default_factory=set)
    """Methods that Python may ask for of what has no known type."""
    asking: list[Any] = field(default_factory=list)
    """The methods of which it is being found out whether they store anything."""
    storing_texts: dict[tuple[type, Any], bool] = field(default_factory=dict)
    """Methods whose texts were read for that."""
    local_classes: dict[Any, list[Any]] = field(default_factory=dict)
    """Classes that statements in functions have made, in their order: the next walk has the same."""
    simple_texts: dict[tuple[type, Any], bool] = field(default_factory=dict)
    """Methods at whose code a glance was taken before."""

    def calls_to(self, place: Span | None) -> list[Span]:
        """Return the calls on the way from a place in inlined code to the program, if there is one way only."""
        if place is None:
            return []
        above = {number: key for key, number in self.paths.items()}
        holding = [number for number, (_, _, code) in above.items() if _holds(code, place)]
        starts = {number: above[number][2].source.node.lineno for number in holding}
        inmost = max(starts.values(), default=0)  # functions may stand in functions
        ways = {self._way(above, number) for number in holding if starts[number] == inmost}
        return list(ways.pop()) if len(ways) == 1 else []

    @staticmethod
    def _way(above: dict[int, Any], number: int) -> tuple[Span, ...]:
        way: list[Span] = []
        while number in above:
            number, span, _ = above[number]
            if span is not None:
                way.append(span)
        return tuple(way)


def _holds(code: Any, place: Span) -> bool:
    """Tell whether a place is in the text of a function."""
    source = code.source
    end = getattr(source.node, "end_lineno", None) or source.node.lineno
    return bool(source.path == place.path and source.node.lineno <= place.line <= end)
