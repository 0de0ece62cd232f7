"""Seconds and bytes of calls, and ratios of seconds."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

LONG_ENOUGH = 4e-3
"""Seconds that the calls of one variant in one round last at least."""
PATIENCE = 3.0
"""Seconds for all rounds of one variant, about."""
FEWEST = 3
"""Rounds of a variant, however long they last."""

Timer = Callable[[int], float]
"""From a number of calls to their seconds."""


@dataclass(frozen=True)
class Ratio:
    """The median of ratios within rounds, and the quartiles."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, above: Sequence[float], below: Sequence[float]) -> Ratio:
        """Return the ratio of the times of two variants, round by round."""
        ratios = [a / b for a, b in zip(above, below, strict=False)]
        low, median, high = np.quantile(ratios, [0.25, 0.5, 0.75])
        return cls(float(median), float(low), float(high))

    def __str__(self) -> str:
        return f"{short(self.median)} ({short(self.low)}-{short(self.high)})"


def short(number: float) -> str:
    """Return a ratio with as many digits as mean something."""
    return f"{number:.2f}" if number < 9.995 else f"{number:.0f}" if number < 9999.5 else f"{number:.0e}"


def side_by_side(variants: dict[str, Timer], rounds: int) -> dict[str, list[float]]:
    """Return seconds of a call for each variant and round; each round runs every variant once."""
    calls: dict[str, int] = {}
    wanted: dict[str, int] = {}
    for name, timer in variants.items():
        number = 1
        while (seconds := timer(number)) < LONG_ENOUGH:
            number *= 4 if seconds < LONG_ENOUGH / 8 else 2
        calls[name] = number
        wanted[name] = max(FEWEST, min(rounds, int(PATIENCE / seconds)))
    found: dict[str, list[float]] = {name: [] for name in variants}
    for turn in range(rounds):
        for name, timer in variants.items():
            if turn < wanted[name]:
                found[name].append(timer(calls[name]) / calls[name])
    return found


def timed(call: Callable[[], Any], number: int) -> float:
    """Return the processor time of a number of calls."""
    gc.collect()
    gc.disable()
    try:
        start = time.process_time()
        for _ in range(number):
            call()
        return time.process_time() - start
    finally:
        gc.enable()


def peak(call: Callable[[], Any]) -> int:
    """Return the most bytes that a call holds at once."""
    gc.collect()
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
