"""Which values to save and which to compute again: a minimum cut.

Each value that is wanted is either saved, at a price, or computed again, at another, and then its operands must be
there: saved or computed again themselves. The cheapest choice is a minimum cut of a graph with two nodes for each
value, *there* and *again*; a maximum flow finds it (Dinitz, 1970).

    Example: where ``d = a - b`` and ``p = d * d`` may each be saved for 9 or computed again for 4, and ``a`` and ``b``
    are not there and saved for 9 each, the cheapest is to save ``d`` and to compute ``p`` again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

ENDLESS = float("inf")
SOURCE, SINK = "source", "sink"


def cheapest(
    wanted: Iterable[Any], save: Mapping[Any, float], redo: Mapping[Any, tuple[float, Sequence[Any]]]
) -> set[Any]:
    """Return the values to save; what else is wanted, or takes part in what is wanted, is to be computed again.

    Args:
        wanted: what has to be there.
        save: the price of saving each value.
        redo: the price of computing a value again, and which of the values in ``save`` that takes.

    """
    network = Network()
    for value, price in save.items():
        network.edge(("there", value), ("again", value) if value in redo else SINK, price)
    for value, (price, operands) in redo.items():
        network.edge(("again", value), SINK, price)
        for operand in operands:
            network.edge(("again", value), ("there", operand), ENDLESS)
    for value in wanted:
        network.edge(SOURCE, ("there", value), ENDLESS)
    near = network.cut()
    return {value for value in save if ("there", value) in near and ("again", value) not in near}


class Network:
    """A directed graph whose edges have capacities."""

    def __init__(self) -> None:
        self.ways: dict[Any, dict[Any, float]] = {SOURCE: {}, SINK: {}}
        """What can still flow from one node to another."""

    def edge(self, start: Any, end: Any, capacity: float) -> None:
        """Add an edge."""
        self.ways.setdefault(start, {})[end] = capacity
        self.ways.setdefault(end, {}).setdefault(start, 0.0)

    def cut(self) -> Mapping[Any, int]:
        """Let as much flow as possible; return the nodes on the source's side of the minimum cut nearest to it."""
        while SINK in (level := self._levels()):
            left = {node: list(ends) for node, ends in self.ways.items()}
            path = [SOURCE]
            while path:
                node = path[-1]
                if node is SINK:
                    path = self._pushed(path)
                elif left[node]:
                    end = left[node][-1]
                    if self.ways[node][end] > 0.0 and level.get(end) == level[node] + 1:
                        path.append(end)
                    else:
                        left[node].pop()
                else:
                    path.pop()
                    if path:
                        left[path[-1]].pop()
        return level

    def _levels(self) -> dict[Any, int]:
        """Return the distance from the source of each node that more can flow to."""
        level = {SOURCE: 0}
        frontier = [SOURCE]
        while frontier:
            reached = []
            for node in frontier:
                for end, capacity in self.ways[node].items():
                    if capacity > 0.0 and end not in level:
                        level[end] = level[node] + 1
                        reached.append(end)
            frontier = reached
        return level

    def _pushed(self, path: list[Any]) -> list[Any]:
        """Let flow along a path what can; return the part of the path before the first edge that is full now."""
        edges = list(pairwise(path))
        amount = min(self.ways[start][end] for start, end in edges)
        full = len(edges)
        for number, (start, end) in reversed(list(enumerate(edges))):
            self.ways[start][end] -= amount
            self.ways[end][start] += amount
            if self.ways[start][end] <= 0.0:
                full = number
        return path[: full + 1]
