"""Systems of differences: what follows from ``x - y <= c`` (Pratt, 1977) is a question of shortest paths.

Multiples of a variable are variables of their own. What is known of ``i - j`` is known of ``2 * i - 2 * j``, twice.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

import numpy as np

from diffcompile.ir.core import Value


@dataclass(frozen=True, slots=True)
class Multiple:
    """A variable times a factor of at least 2."""

    value: Value
    factor: int


Variable = Value | Multiple
Affine = tuple[Variable | None, int]
"""A variable, or none, plus a constant."""


def times(number: Affine | None, factor: int) -> Affine | None:
    """Return a number times a positive factor."""
    if number is None or factor <= 0:
        return None
    variable, constant = number
    if variable is None or factor == 1:
        return variable, constant * factor
    if isinstance(variable, Multiple):
        return Multiple(variable.value, variable.factor * factor), constant * factor
    return Multiple(variable, factor), constant * factor


def plus(left: Affine | None, right: Affine | None) -> Affine | None:
    """Return the sum of two numbers, None if that has two variables."""
    if left is None or right is None or (left[0] is not None and right[0] is not None):
        return None
    return (right[0] if left[0] is None else left[0]), left[1] + right[1]


def base(variable: Variable) -> Value:
    """Return the variable that something is a multiple of."""
    return variable.value if isinstance(variable, Multiple) else variable


@dataclass(frozen=True, slots=True)
class Times:
    """A multiple in a system: of the variable that is called ``name`` there."""

    name: Hashable
    factor: int


@dataclass(slots=True)
class Constraints:
    """Upper bounds of differences."""

    edges: list[tuple[Hashable, Hashable, float]] = field(default_factory=list)

    def add(self, left: Hashable, right: Hashable, bound: float) -> None:
        """Require ``left - right <= bound``."""
        self.edges.append((right, left, bound))

    def bound(self, left: Hashable, right: Hashable) -> float:
        """Return a bound of ``left - right``: minus infinity if the constraints contradict each other."""
        nodes = {node for edge in self.edges for node in edge[:2]}
        distance: dict[Hashable, float] = {right: 0.0}
        for _ in range(len(nodes) + 1):
            changed = False
            for source, target, weight in self.edges:
                if source in distance and distance[source] + weight < distance.get(target, np.inf):
                    distance[target] = distance[source] + weight
                    changed = True
            if not changed:
                return distance.get(left, np.inf)
        return -np.inf

    def relate(self, names: Iterable[Hashable]) -> None:
        """Add what is known of the variables to what is known of their multiples among ``names``."""
        terms = list(dict.fromkeys(name for name in names if name is not None))
        if not any(isinstance(term, Times) for term in terms):
            return
        found: list[tuple[Hashable, Hashable, float]] = []
        parts = [(term, *((term.name, term.factor) if isinstance(term, Times) else (term, 1))) for term in terms]
        for left, one, many in parts:
            if many > 1:
                found.append((left, None, many * self.bound(one, None)))
                found.append((None, left, many * self.bound(None, one)))
            for right, other, number in parts:
                if left is right or (many == 1 and number == 1):
                    continue
                if many == number:
                    found.append((left, right, many * self.bound(one, other)))
                elif one == other:  # a multiple of the one variable
                    gap = many - number
                    at_most = self.bound(one, None) if gap > 0 else self.bound(None, one)
                    found.append((left, right, abs(gap) * at_most))
        for left, right, bound in found:
            if bound < np.inf:
                self.add(left, right, bound)
