"""Iterators with a place, in terms of the language itself: see :mod:`diffcompile.specialise.cursors`."""

from __future__ import annotations

import math
import sys
from typing import Any

from diffcompile import dynamic


def length(items: Any) -> Any:
    """``math.hypot(*items)``"""
    return math.dist(items, [0.0] * len(items))


def asked(iterator: Any) -> Any:
    """Go over an object that has a ``__next__``."""
    while True:
        try:
            item = iterator.__next__()
        except StopIteration:
            return
        yield item


def advanced_or(iterator: Any, default: Any) -> Any:
    """``next(iterator, default)`` of a user's iterator."""
    try:
        return iterator.__next__()
    except StopIteration:
        return default


class Placed:
    """An iterator that knows whether there is more without being asked for it."""

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        if not self.more():  # type: ignore[attr-defined]
            raise StopIteration
        return self.take()  # type: ignore[attr-defined]


class Cursor(Placed):
    """``iter`` of something with items by number."""

    def __init__(self, items: Any) -> None:
        self.items = items
        self.place = 0

    def more(self) -> Any:
        return self.place < len(self.items)

    def take(self) -> Any:
        item = self.items[self.place]
        self.place += 1
        return item


class ListCursor(Cursor):
    """``iter`` of a list, which may grow: an iterator that has come to the end has no more then, either."""

    def more(self) -> Any:
        if self.place < len(self.items):
            return True
        self.place = sys.maxsize
        return False


class Backwards(Placed):
    """``reversed`` of something with items by number."""

    def __init__(self, items: Any) -> None:
        self.items = items
        self.place = len(items)

    def more(self) -> Any:
        return self.place > 0

    def take(self) -> Any:
        self.place -= 1
        return self.items[self.place]


class Asked(Placed):
    """A user's iterator, which is asked for the next item to know whether there is one."""

    def __init__(self, iterator: Any) -> None:
        self.iterator = iterator

    def more(self) -> Any:
        try:
            self.item = self.iterator.__next__()
        except StopIteration:
            return False
        return True

    def take(self) -> Any:
        return self.item


class Numbered(Placed):
    """``enumerate``"""

    def __init__(self, iterator: Any, start: Any) -> None:
        self.iterator = iterator
        self.number = start

    def more(self) -> Any:
        return self.iterator.more()

    def take(self) -> Any:
        number = self.number
        self.number += 1
        return number, self.iterator.take()


class Single(Placed):
    """``zip`` of one"""

    def __init__(self, iterator: Any) -> None:
        self.iterator = iterator

    def more(self) -> Any:
        return self.iterator.more()

    def take(self) -> Any:
        return (self.iterator.take(),)


class Pairs(Placed):
    """``zip`` of two: the item of the first is gone where the second has no more."""

    def __init__(self, first: Any, second: Any) -> None:
        self.first = first
        self.second = second

    def more(self) -> Any:
        if not self.first.more():
            return False
        self.item = self.first.take()
        return self.second.more()

    def take(self) -> Any:
        return self.item, self.second.take()


class Triples(Placed):
    """``zip`` of three"""

    def __init__(self, first: Any, second: Any, third: Any) -> None:
        self.both = Pairs(first, second)
        self.third = third

    def more(self) -> Any:
        if not self.both.more():
            return False
        self.items = self.both.take()
        return self.third.more()

    def take(self) -> Any:
        return *self.items, self.third.take()


class Counter(Placed):
    """``itertools.count``"""

    def __init__(self, start: Any, step: Any) -> None:
        self.number = start
        self.step = step

    def more(self) -> Any:
        return True

    def take(self) -> Any:
        number = self.number
        self.number += self.step
        return number


class Cycle(Placed):
    """``itertools.cycle``: it asks for the items as it goes over them first, and keeps them."""

    def __init__(self, iterator: Any) -> None:
        self.iterator = iterator
        self.kept: list[Any] = []
        self.first = True
        self.place = 0

    def more(self) -> Any:
        if self.first:
            if self.iterator.more():
                self.item = self.iterator.take()
                self.kept.append(self.item)
                return True
            self.first = False
        if len(self.kept) == 0:
            return False
        self.item = self.kept[self.place]
        self.place = (self.place + 1) % len(self.kept)
        return True

    def take(self) -> Any:
        return self.item


class Group(Placed):
    """One of the groups of ``itertools.groupby``."""

    def __init__(self, items: Any, place: Any, end: Any) -> None:
        self.items = items
        self.place = place
        self.end = end

    def more(self) -> Any:
        return self.place < self.end

    def take(self) -> Any:
        item = self.items[self.place]
        self.place += 1
        return item


def grouped(items: Any, keys: Any) -> Any:
    """``itertools.groupby``: of a group nothing is left once the next one is asked for."""
    first, count = 0, len(keys)
    while first < count:
        key, end = keys[first], first + 1
        while end < count and keys[end] == key:
            end += 1
        group = Group(items, first, end)
        yield key, group
        group.place = end
        first = end


def remaining(iterator: Any) -> Any:
    """Go over what an iterator still has."""
    while iterator.more():
        yield iterator.take()


def taken_or(iterator: Any, default: Any) -> Any:
    """``next(iterator, default)``"""
    return iterator.take() if iterator.more() else default


def replaced_items(mapping: Any, other: Any) -> None:
    """Let a dict hold what another one holds, in its order."""
    mapping.clear()
    mapping.update(other)


def update_from_found(mapping: Any, other: Any) -> None:
    """Store the items of what may be a mapping or hold pairs, as only shows at run time."""
    if hasattr(other, "keys"):
        for key in dynamic.keys(other):
            mapping[key] = other[key]
    else:
        for key, value in other:
            mapping[key] = value


def item_or_missing(mapping: Any, items: Any, key: Any) -> Any:
    """``items[key]`` of a class derived from ``dict`` that has a ``__missing__``."""
    return items[key] if key in items else mapping.__missing__(key)
