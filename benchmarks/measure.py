"""Times, memory and sizes of one program: everything side by side, so that what else the machine does matters less."""

from __future__ import annotations

import ast
import copy
import gc
import inspect
import statistics
import textwrap
import time
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.programs import Program
from diffcompile import grad

ROUNDS = 15
LONG_ENOUGH = 4e-3
"""Seconds that the calls of one variant in one round last at least."""
PATIENCE = 3.0
"""Seconds for all rounds of one variant, about."""


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
        def text(number: float) -> str:
            return f"{number:.2f}" if number < 10 else f"{number:.0f}"

        return f"{text(self.median)} ({text(self.low)}-{text(self.high)})"


@dataclass
class Result:
    """What was measured of one program."""

    program: Program
    size: int
    seconds: dict[str, list[float]]
    """Of one call, for each variant and round."""
    missing: dict[str, str]
    compile_seconds: float
    lines: int
    primal_lines: int
    memory: dict[str, int]
    differences: int
    error: float
    sizes: list[tuple[int, float, float]] = field(default_factory=list)
    """Size, seconds of the primal and of the gradient."""

    def ratio(self, above: str, below: str) -> Ratio | None:
        """Return the ratio of two variants, or None if one is missing."""
        if above not in self.seconds or below not in self.seconds:
            return None
        return Ratio.of(self.seconds[above], self.seconds[below])

    def median(self, name: str) -> float:
        """Return the median time of a variant."""
        return statistics.median(self.seconds[name])


def measure(program: Program, size: int | None = None, rounds: int = ROUNDS, *, with_peers: bool = True) -> Result:
    """Measure a program at a size."""
    size = program.size if size is None else size
    args = program.make(size)
    gradient = grad(program.primal, argnums=program.argnums)
    start = time.process_time()
    ours = gradient(*args)
    first = time.process_time() - start
    start = time.process_time()
    gradient(*args)
    compile_seconds = first - (time.process_time() - start)
    variants: dict[str, Callable[[], Any]] = {
        "primal": _primal(program, args),
        "ours": lambda: gradient(*args),
        "hand": lambda: program.adjoint(*args),
    }
    missing = {}
    for name, call in (peers.gradients(program, args) if with_peers else {}).items():
        if isinstance(call, str):
            missing[name] = call
        else:
            variants[name] = call
    return Result(
        program,
        size,
        side_by_side(variants, rounds),
        missing,
        compile_seconds,
        code_lines(gradient.source),
        code_lines(textwrap.dedent(inspect.getsource(program.primal))),
        {name: peak(variants[name]) for name in ("primal", "ours", "hand")},
        peers.finite_differences(program, args),
        difference(ours, program.adjoint(*args)),
    )


def _primal(program: Program, args: tuple[Any, ...]) -> Callable[[], Any]:
    """Return a call of the primal; arguments that it writes to are copied, as a gradient must."""
    before = copy.deepcopy(args)
    used = copy.deepcopy(args)
    program.primal(*used)
    written = [difference(a, b) > 0.0 for a, b in zip(before, used, strict=True)]
    if not any(written):
        return lambda: program.primal(*args)
    return lambda: program.primal(*(a.copy() if w else a for a, w in zip(args, written, strict=True)))


def side_by_side(variants: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Return seconds of a call for each variant and round; each round runs every variant once."""
    calls: dict[str, int] = {}
    wanted: dict[str, int] = {}
    for name, call in variants.items():
        call()
        number = 1
        while (seconds := _timed(call, number)) < LONG_ENOUGH:
            number *= 4 if seconds < LONG_ENOUGH / 8 else 2
        calls[name] = number
        wanted[name] = max(3, min(rounds, int(PATIENCE / seconds)))
    found: dict[str, list[float]] = {name: [] for name in variants}
    for turn in range(rounds):
        for name, call in variants.items():
            if turn < wanted[name]:
                found[name].append(_timed(call, calls[name]) / calls[name])
    return found


def _timed(call: Callable[[], Any], number: int) -> float:
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


def code_lines(source: str) -> int:
    """Return the number of lines of code: no comments, blank lines, docstrings or imports."""
    tree = ast.parse(source)
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
            lines.update(range(node.lineno, max(last, node.lineno) + 1))
    text = source.splitlines()
    return sum(1 for number in lines if text[number - 1].strip() and not text[number - 1].strip().startswith("#"))


def difference(left: Any, right: Any) -> float:
    """Return the largest difference of two structures of numbers, relative to the largest number."""
    a, b = (np.concatenate([leaf.ravel() for leaf in _leaves(side)]) for side in (left, right))
    if a.size == 0:
        return 0.0
    return float(np.max(np.abs(a - b)) / max(1e-300, np.max(np.abs(b))))


def _leaves(value: Any) -> list[np.ndarray[Any, Any]]:
    if isinstance(value, tuple | list):
        return [leaf for item in value for leaf in _leaves(item)] or [np.zeros(0)]
    return [np.asarray(value, float)]
