"""``del`` of large arrays that the rest of a gradient function does not use, where that lowers its peak of memory.

    before: y_bar = 2.0 * (weight * y); t = y_bar / s; x_bar = t * w
    after:  y_bar = 2.0 * (weight * y); del y; t = y_bar / s; x_bar = t * w

A variable keeps its array until the function returns. Which ``del`` are worth a line is found by adding up, statement
by statement, the sizes of the arrays that are alive, as far as these are known: a wrong guess costs memory, no more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import gast

from diffcompile.frontend.nodes import nodes_under

LARGE = 1000
"""How many numbers an array has at least that is released."""
WORTH = 0.95
"""To what part of what it was the peak has to come down."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What a statement does to memory, in numbers."""

    made: int = 0
    """Of the new array that it binds to a variable."""
    passing: int = 0
    """Of the largest array that it makes and forgets."""
    owned: bool = False
    """No other variable sees the new array."""
    source: str = ""
    """The variable whose memory it takes over."""


def with_releases(statements: list[Any]) -> list[Any]:
    """Return the statements of a function with ``del`` among them; each has its weight as an attribute."""
    candidates = _candidates(statements)
    if not candidates:
        return statements
    before, after = _peak(statements, {}), _peak(statements, candidates)
    if after > WORTH * before:
        return statements
    kept = dict(candidates)
    for name in sorted(candidates, key=lambda name: (_size(statements, name), name)):
        fewer = {other: place for other, place in kept.items() if other != name}
        if _peak(statements, fewer) * WORTH <= after:
            kept = fewer
    found: list[Any] = []
    for number, statement in enumerate(statements):
        found.append(statement)
        names = sorted(name for name, place in kept.items() if place == number)
        if names:
            deletion = gast.Delete([gast.Name(name, gast.Del(), None, None) for name in names])
            deletion.origin = getattr(statement, "origin", None)
            found.append(deletion)
    return found


def _weight(statement: Any) -> Weight:
    found = getattr(statement, "weight", None)
    return found if isinstance(found, Weight) else Weight()


def _bound(statement: Any) -> str | None:
    """Return the variable that a plain assignment binds."""
    targets = statement.targets if isinstance(statement, gast.Assign) else []
    return targets[0].id if len(targets) == 1 and isinstance(targets[0], gast.Name) else None


def _size(statements: Sequence[Any], name: str) -> int:
    return max((_weight(one).made for one in statements if _bound(one) == name), default=0)


def _candidates(statements: Sequence[Any]) -> dict[str, int]:
    """Return variables that hold a large array of their own, and the last statement that mentions each."""
    last: dict[str, int] = {}
    for number, statement in enumerate(statements):
        for node in nodes_under(statement):
            if isinstance(node, gast.Name):
                last[node.id] = number
    found = {}
    for statement in statements:
        name, weight = _bound(statement), _weight(statement)
        if name is not None and weight.owned and weight.made >= LARGE:
            found[name] = last[name]
        elif name is not None:
            found.pop(name, None)
    taken = {_weight(statement).source for statement in statements}
    return {name: place for name, place in found.items() if place < len(statements) - 1 and name not in taken}


def _peak(statements: Sequence[Any], released: dict[str, int]) -> int:
    """Return the most numbers that are alive at once."""
    alive: dict[str, int] = {}
    highest = 0
    for number, statement in enumerate(statements):
        weight, name = _weight(statement), _bound(statement)
        inner = dict(_bindings(statement))
        passing = max((_weight(one).passing for one in _inside(statement)), default=weight.passing)
        alive.update({one: size for one, size in inner.items() if size > alive.get(one, 0)})
        highest = max(highest, sum(alive.values()) + weight.made + passing)
        if name is not None:
            alive[name] = alive.pop(weight.source, 0) if weight.source else weight.made
        for one in _at(released, number):
            alive.pop(one, None)
    return highest


def _at(released: dict[str, int], number: int) -> Collection[str]:
    return [name for name, place in released.items() if place == number]


def _inside(statement: Any) -> Iterator[Any]:
    """Yield a statement and those inside it."""
    yield statement
    for part in (*getattr(statement, "body", ()), *getattr(statement, "orelse", ())):
        yield from _inside(part)


def _bindings(statement: Any) -> Iterator[tuple[str, int]]:
    """Yield the arrays that the statements inside a loop or a branch bind."""
    for inner in _inside(statement):
        name = _bound(inner)
        if inner is not statement and name is not None:
            yield name, _weight(inner).made


__all__ = ["Weight", "with_releases"]
