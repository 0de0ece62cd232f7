"""Heaps and sorted lists of the standard library, whose items move."""

# written as users write it, not as a linter likes it

import bisect
import enum
import heapq
import typing

import numpy as np

from corpus.registry import case, normal


@case(args=lambda: (np.array([0.5, 1.2, -0.7, 2.1, 0.1]),), argnums=0)
def heap_of_tuples(x):
    """Tuples with a key, a number and a value go through a heap."""
    heap = []
    for i, v in enumerate(x):
        heapq.heappush(heap, (abs(v), i, v * v))
    return heapq.heappop(heap)[2] * 3 + heapq.heappop(heap)[2] + heap[0][0] * len(heap)


@case(args=lambda: (np.array([0.5, 1.2, -0.7, 2.1, 0.1]),), argnums=0)
def heap_of_numbers(x):
    """A list becomes a heap; items are replaced, pushed and popped."""
    heap = [v * v for v in x]
    heapq.heapify(heap)
    total = heapq.heapreplace(heap, x[1] * 3) + 2 * heapq.heappushpop(heap, x[2])
    total += sum(heapq.nlargest(2, heap)) * heapq.nsmallest(1, heap)[0]
    return total + sum((i + 1) * v for i, v in enumerate(heap))


@case(args=lambda: (np.array([0.5, 1.2, -0.7, 2.1]),), argnums=0)
def kept_in_order(x):
    """Items are inserted where they belong."""
    items = []
    for v in x:
        bisect.insort(items, v * v)
    place = bisect.bisect_left(items, 1.0)
    bisect.insort_left(items, x[0] * x[3])
    return sum((i + 1) * v for i, v in enumerate(items)) + items[place] ** 2


@case(args=lambda: (normal(1, 5) ** 2 + 0.1,), argnums=0)
def shortest_way(x):
    """Dijkstra's algorithm: the length of the shortest way depends on the edges that it takes."""
    edges = {0: [(1, x[0]), (2, x[1])], 1: [(2, x[2]), (3, x[3])], 2: [(3, x[4])], 3: []}
    best = {0: 0.0}
    waiting = [(0.0, 0)]
    while waiting:
        length, place = heapq.heappop(waiting)
        if length > best.get(place, 1e9):
            continue
        for goal, edge in edges[place]:
            through = length + edge
            if through < best.get(goal, 1e9):
                best[goal] = through
                heapq.heappush(waiting, (through, goal))
    return best[3] ** 2 + best[2]


class Kind(enum.Enum):
    """Members with a method."""

    A = 1
    B = 2

    def apply(self, v):
        return v**self.value


class Pair(typing.NamedTuple):
    """One field has a default."""

    x: float
    y: float = 3.0

    def norm(self):
        return self.x**2 + self.y


@case(args=lambda: (normal(3, 3),), argnums=0)
def members_of_an_enumeration(x):
    """A class of constants is gone over, by itself and beside an array."""
    total = sum(kind.apply(v) for kind, v in zip(Kind, x, strict=False))
    for kind in Kind:
        total += kind.apply(x[0]) * kind.value
    return total + Kind["B"].apply(x[1]) * len(Kind)


@case(args=lambda: (normal(4, 3),), argnums=0)
def default_of_a_named_tuple(x):
    """A field that is left out, and one that is replaced."""
    first = Pair(x[0])
    second = first._replace(y=x[1])
    a, b = second
    return first.norm() * second.norm() + a * b * second[0] + first.y * x[2]
