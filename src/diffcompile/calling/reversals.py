"""Reverse sweeps over what is computed again: what checkpointed calls do, in generated code and in exported modules.

A ``function`` here is called for its value, and has ``run(wrt, args)``, which returns the result and the pullback.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from diffcompile.calling.pairs import Made, check_alone
from diffcompile.checkpointing import advance, bytes_of, check_limits
from diffcompile.dynamic import add


def recomputed(function: Any, wrt: tuple[int, ...], args: tuple[Any, ...]) -> Made:
    """Return the result of a call that keeps its arguments alone, and a pullback that computes it again."""

    def pullback(ct: Any) -> tuple[Any, ...]:
        found: tuple[Any, ...] = function.run(wrt, args)[1](ct)
        return found

    return function(*args), pullback


def loop_value(function: Any, written: Sequence[int], args: tuple[Any, ...]) -> Any:
    """Run a checkpointed loop: ``args`` are what it captures, its items, what it carries, and its two limits."""
    check_loop(written, args)
    result = function(*args[:-2])
    return (_own(result[0], args), *result[1:]) if written else _own(result, args)


def loop_pair(function: Any, place: int, written: tuple[int, ...], wrt: tuple[int, ...], args: tuple[Any, ...]) -> Made:
    """Return what a checkpointed loop carries at its end, and the pullback; its items are the argument ``place``."""
    check_loop(written, args)
    reversal = _Reversal(function, place, written, wrt, args)
    return reversal.forward(), reversal.pullback


def check_loop(written: Sequence[int], args: tuple[Any, ...]) -> None:
    """Raise UnsupportedError where two variables of the loop see the memory that it writes to."""
    for number in written:
        check_alone(
            args,
            number,
            "a checkpointed loop writes to an array, and reads or carries another one that shares memory with it",
            "use one variable: `u[1:]` for `tail`; or copy",
        )


State = tuple[Any, ...]
"""What captured arrays hold that the loop writes to, then what it carries."""


SMALL = 2**16
"""So many bytes may be saved for trips that are reversed at once, whatever the limits: each call takes microseconds."""
PER_TRIP = 32
"""How many times what a loop carries a trip saves, as a guess."""


class _Reversal:
    """One run of a loop forwards, and then backwards."""

    def __init__(
        self, function: Any, place: int, written: tuple[int, ...], wrt: tuple[int, ...], args: tuple[Any, ...]
    ) -> None:
        self.written = written
        self.function = function
        self.place = place
        self.wrt = wrt
        self.captured = args[:place]
        self.items = args[place]
        self.start = (*(args[number].copy() for number in self.written), *args[place + 1 : -2])
        self.trips = len(self.items)
        """Of a ``while`` loop, how many there are shows when it has run."""
        self.endless = self.trips == sys.maxsize
        self.snapshots = self.limit(*args[-2:])
        self.free = self.snapshots
        self.kept: list[tuple[int, State]] = []
        """Snapshots: the trip before which they were taken, and what the loop carried."""
        self.segment = 1
        """How far snapshots are from each other in two levels: so many trips are reversed at once. In many levels 1."""
        self.few = max(1, SMALL // (PER_TRIP * max(1, sum(map(_size, self.start)))))
        """How many trips are reversed at once in many levels."""
        if not self.endless and self.snapshots * self.snapshots >= self.trips:
            self.segment = max(1, math.ceil(self.trips / self.snapshots))

    def limit(self, snapshots: int | None, budget: int | str | None) -> int:
        """Return how many snapshots there is room for; 0 for as many as fit the trips of a ``while`` loop."""
        check_limits(snapshots, budget)
        if budget is not None:
            snapshots = max(1, bytes_of(budget) // max(1, sum(map(_size, self.start))))
        if self.endless:
            return snapshots or 0
        if snapshots is None:
            snapshots = math.isqrt(max(0, self.trips - 1)) + 1
        return max(1, min(snapshots, self.trips))

    def arguments(self, state: State, first: int, last: int) -> tuple[Any, ...]:
        """Return the arguments of a call that runs some trips."""
        captured = list(self.captured)
        for number, content in zip(self.written, state, strict=False):
            captured[number] = content
        return (*captured, self.items[first:last], *state[len(self.written) :])

    def advanced(self, state: State, first: int, last: int) -> State:
        """Return what is carried before trip ``last``, given what was before ``first``."""
        if first == last:
            return state
        result: tuple[Any, ...] = self.function(*self.arguments(state, first, last))
        following = (*result[1:], *result[0]) if self.written else result
        self.check(following, last)
        return following

    def check(self, state: State, last: int) -> None:
        """Raise RuntimeError if a ``while`` loop that runs again has stopped before trip ``last``."""
        if self.endless and last <= self.trips and self.counted(state) != last:
            raise RuntimeError("a checkpointed loop stopped earlier when it ran again: its condition must not change")

    def counted(self, state: State) -> int:
        """Return how many trips a ``while`` loop has made."""
        return int(state[len(self.written)])

    def forward(self) -> tuple[Any, ...]:
        """Run the loop, and take the first snapshots; return what is carried, and what it leaves in arrays."""
        self.keep(0, self.start)
        if self.endless:
            return self.ended(self.run_until_it_stops())
        if self.segment > 1:
            for first in range(self.segment, self.trips, self.segment):
                self.keep(first, self.advanced(self.kept[-1][1], first - self.segment, first))
        else:
            self.descend(self.trips)
        place, state = self.kept[-1]
        return self.ended(self.advanced(state, place, self.trips))

    def ended(self, state: State) -> tuple[Any, ...]:
        """Return what is carried at the end, and what the loop leaves in arrays, in memory of its own."""
        shared = [value for _, stored in self.kept for value in stored]
        end = _own(state, (*self.captured, *shared))
        arrays = len(self.written)
        return (end[arrays:], *end[:arrays]) if arrays else end

    def run_until_it_stops(self) -> State:
        """Run a ``while`` loop, with snapshots at a distance that doubles; return what is carried at its end."""
        place, state, distance = 0, self.start, 1
        self.trips = 0  # none is known to run again
        while True:
            following = (place // distance + 1) * distance
            state = self.advanced(state, place, following)
            if self.counted(state) < following:
                break
            place = following
            self.kept.append((place, state))
            if len(self.kept) > (self.snapshots or 2 * distance):
                del self.kept[1::2]
                distance *= 2
        self.trips = self.counted(state)
        if self.kept[-1][0] == self.trips > 0:
            self.kept.pop()
        if distance <= (self.snapshots or distance):
            self.segment = distance
        elif len(self.kept) > (self.snapshots + 1) // 2:
            del self.kept[1::2]
        self.free = max(0, self.snapshots - len(self.kept))
        return state

    def keep(self, place: int, state: State) -> None:
        self.kept.append((place, state))
        self.free -= 1

    def descend(self, end: int) -> None:
        """Place what snapshots are free between the last one and trip ``end``."""
        while self.free and end - self.kept[-1][0] > self.few:
            place, state = self.kept[-1]
            following = place + self.few * advance(math.ceil((end - place) / self.few), self.free + 1)
            self.keep(following, self.advanced(state, place, following))

    def pullback(self, ct: Any) -> tuple[Any, ...]:
        """Return the cotangents of the arguments, from the last trip to the first."""
        kept, free = list(self.kept), self.free
        read = [number for number in self.wrt if number < self.place and number not in self.written]
        bars: dict[int, Any] = dict.fromkeys(read)
        state_bar = self.parts(ct)
        end = self.trips
        while end > 0:
            self.descend_from(end)
            place, state = self.kept[-1]
            first = place if self.segment > 1 else max(place, end - self.few)
            self.reverse(self.advanced(state, place, first), first, end, bars, state_bar)
            end = first
            if end == place:
                self.kept.pop()
                self.free += 1
        self.kept, self.free = kept, free  # it may be called again
        places = {number: position for position, number in enumerate(self.positions())}
        return tuple(bars[number] if number in bars else state_bar[places[number]] for number in self.wrt)

    def positions(self) -> list[int]:
        """Return which arguments of the loop's code the parts of a state are."""
        arrays = len(self.written)
        return [*self.written, *(self.place + 1 + number for number in range(len(self.start) - arrays))]

    def parts(self, ct: Any) -> list[Any]:
        """Return the cotangents of the parts of the state at the end, given that of the result."""
        missing = not isinstance(ct, tuple | list)
        if not self.written:
            return [None] * len(self.start) if missing else list(ct)
        carried, *contents = [None] * (1 + len(self.written)) if missing else ct
        rest = list(carried) if isinstance(carried, tuple | list) else [None] * (len(self.start) - len(contents))
        return [*contents, *rest]

    def descend_from(self, end: int) -> None:
        if self.segment == 1:
            self.descend(end)

    def reverse(
        self, state: State, first: int, last: int, bars: dict[int, Any], state_bar: list[Any]
    ) -> None:
        """Take the cotangents from behind trips ``first`` to ``last`` to before them."""
        positions = self.positions()
        inner = (*bars, *(number for number, value in zip(positions, state, strict=True) if _moves(value)))
        result, pull = self.function.run(inner, self.arguments(state, first, last))
        self.check((*result[1:], *result[0]) if self.written else result, last)
        arrays = len(self.written)
        ct = (tuple(state_bar[arrays:]), *state_bar[:arrays]) if arrays else tuple(state_bar)
        found = dict(zip(inner, pull(ct), strict=True))
        for number, bar in bars.items():
            bars[number] = add(bar, found[number])
        state_bar[:] = [found.get(number) for number in positions]


def _own(result: tuple[Any, ...], others: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return what a loop carries at its end in memory of its own."""
    arrays = [other for other in others if isinstance(other, np.ndarray)]

    def own(value: Any) -> Any:
        shared = isinstance(value, np.ndarray) and any(np.may_share_memory(value, array) for array in arrays)
        return value.copy() if shared else value

    return tuple(map(own, result))


def _moves(value: Any) -> bool:
    """Tell whether what a loop carries may have a derivative."""
    return isinstance(value, float | complex | np.inexact) or (
        isinstance(value, np.ndarray) and value.dtype.kind in "fc"
    )


def _size(value: Any) -> int:
    return value.nbytes if isinstance(value, np.ndarray | np.generic) else 32


__all__ = ["check_loop", "loop_pair", "loop_value", "recomputed"]
