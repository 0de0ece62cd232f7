"""Heaps and sorted lists of the standard library, written out: items move, and their derivatives with them."""

from __future__ import annotations

import bisect
import heapq
from typing import Any

from diffcompile.rules.registry import definition, nondifferentiable, sample

nondifferentiable(bisect.bisect_left, bisect.bisect_right, reason="its result is a place")


def _rise(heap: Any, place: Any, top: Any) -> None:
    """Move the item at ``place`` up to where its parent is not greater, or to ``top``."""
    item = heap[place]
    while place > top:
        above = (place - 1) // 2
        if not item < heap[above]:
            break
        heap[place] = heap[above]
        place = above
    heap[place] = item


def _sink(heap: Any, place: Any) -> None:
    """Move the item at ``place`` down to a leaf, past the smaller child each time, and up again to where it belongs.

    That is the way of the standard library: equal items come out in the order in which they do there.
    """
    top = place
    item = heap[place]
    child = 2 * place + 1
    while child < len(heap):
        if child + 1 < len(heap) and not heap[child] < heap[child + 1]:
            child = child + 1
        heap[place] = heap[child]
        place = child
        child = 2 * place + 1
    heap[place] = item
    _rise(heap, place, top)


@definition(
    heapq.heappush,
    samples=lambda: [sample([0.5, 1.5, 0.75], 0.25), sample([0.5, 1.5, 0.75], 2.0), sample([], 1.0)],
)
def heappush(heap: Any, item: Any) -> None:
    """Do ``heapq.heappush(heap, item)``."""
    heap.append(item)
    _rise(heap, len(heap) - 1, 0)


@definition(heapq.heappop, samples=lambda: [sample([0.5, 1.5, 0.75, 2.0, 1.75]), sample([0.5])])
def heappop(heap: Any) -> Any:
    """Return ``heapq.heappop(heap)``."""
    last = heap.pop()
    if len(heap) == 0:
        return last
    first = heap[0]
    heap[0] = last
    _sink(heap, 0)
    return first


@definition(heapq.heapify, samples=lambda: [sample([2.5, 0.5, 3.0, 1.5, 0.25, 4.0, 0.75]), sample([])])
def heapify(x: Any) -> None:
    """Do ``heapq.heapify(x)``."""
    for place in reversed(range(len(x) // 2)):
        _sink(x, place)


@definition(heapq.heapreplace, samples=lambda: [sample([0.5, 1.5, 0.75, 2.0], 1.75), sample([0.5, 1.5], 0.25)])
def heapreplace(heap: Any, item: Any) -> Any:
    """Return ``heapq.heapreplace(heap, item)``."""
    first = heap[0]
    heap[0] = item
    _sink(heap, 0)
    return first


@definition(
    heapq.heappushpop,
    samples=lambda: [sample([0.5, 1.5, 0.75, 2.0], 1.75), sample([0.5, 1.5], 0.25), sample([], 1.0)],
)
def heappushpop(heap: Any, item: Any) -> Any:
    """Return ``heapq.heappushpop(heap, item)``."""
    if len(heap) > 0 and heap[0] < item:
        first = heap[0]
        heap[0] = item
        _sink(heap, 0)
        return first
    return item


@definition(
    heapq.nsmallest,
    samples=lambda: [sample(2, [2.5, 0.5, 1.5]), sample(5, [2.5, 0.5], key=abs), sample(-1, [1.0])],
)
def nsmallest(n: Any, iterable: Any, key: Any = None) -> Any:
    """Return ``heapq.nsmallest(n, iterable, key)``."""
    return sorted(iterable, key=key)[: max(n, 0)]


@definition(
    heapq.nlargest,
    samples=lambda: [sample(2, [2.5, 0.5, 1.5]), sample(5, [2.5, -0.5], key=abs), sample(0, [1.0])],
)
def nlargest(n: Any, iterable: Any, key: Any = None) -> Any:
    """Return ``heapq.nlargest(n, iterable, key)``."""
    return sorted(iterable, key=key, reverse=True)[: max(n, 0)]


@definition(bisect.insort_right, samples=lambda: [sample([0.5, 1.5, 1.5, 2.0], 1.5), sample([], 1.0)])
def insort_right(a: Any, x: Any) -> None:
    """Do ``bisect.insort(a, x)``."""
    a.insert(bisect.bisect_right(a, x), x)


@definition(bisect.insort_left, samples=lambda: [sample([0.5, 1.5, 1.5, 2.0], 1.5), sample([], 1.0)])
def insort_left(a: Any, x: Any) -> None:
    """Do ``bisect.insort_left(a, x)``."""
    a.insert(bisect.bisect_left(a, x), x)
