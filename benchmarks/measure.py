"""Times, memory and sizes of one program: everything side by side, so that what else the machine does matters less."""

from __future__ import annotations

import ast
import copy
import inspect
import statistics
import textwrap
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.programs import Program
from benchmarks.timing import Ratio, Timer, peak, side_by_side, timed
from benchmarks.workers import NoTimeError, Worker
from diffcompile import grad

ROUNDS = 15
SOME = 8
"""Components by finite differences that are computed; their time stands for all."""
AGREEMENT = 1e-8
"""How far, relative to the largest number, a system's gradient may be from the one by hand."""


@dataclass
class Result:
    """What was measured of one program."""

    program: Program
    size: int
    seconds: dict[str, list[float]]
    """Of one call, for each variant and round."""
    missing: dict[str, str]
    """Why other systems have no time."""
    compile_seconds: float
    compiling: dict[str, float]
    """Seconds of the first call in other systems, all threads."""
    lines: int
    primal_lines: int
    memory: dict[str, int]
    components: int
    """Of the gradient."""
    error: float
    sizes: list[tuple[int, Result]] = field(default_factory=list)
    """The program at other sizes."""

    def ratio(self, above: str, below: str) -> Ratio | None:
        """Return the ratio of two variants, or None if one is missing."""
        if above not in self.seconds or below not in self.seconds:
            return None
        return Ratio.of(self.seconds[above], self.seconds[below])

    def median(self, name: str) -> float:
        """Return the median time of a variant."""
        return statistics.median(self.seconds[name])


def measure(
    program: Program, size: int | None = None, rounds: int = ROUNDS, workers: Mapping[str, Worker] | None = None
) -> Result:
    """Measure a program at a size, beside other systems and finite differences if there are workers."""
    size = program.size if size is None else size
    args = program.make(size)
    gradient = grad(program.primal, argnums=program.argnums)
    start = time.process_time()
    ours = gradient(*args)
    first = time.process_time() - start
    start = time.process_time()
    gradient(*args)
    compile_seconds = first - (time.process_time() - start)
    by_hand = program.adjoint(*args)
    primal = preserving(program, args)
    calls: dict[str, Callable[[], Any]] = {
        "primal": lambda: primal(*args),
        "ours": lambda: gradient(*args),
        "hand": lambda: program.adjoint(*args),
    }
    variants: dict[str, Timer] = {name: partial(timed, call) for name, call in calls.items()}
    missing: dict[str, str] = {}
    compiling: dict[str, float] = {}
    components = peers.components(program, args)
    if workers:
        some = min(SOME, components)
        few = partial(timed, peers.differences(program, primal, args, some))
        variants["differences"] = lambda number: few(number) * (components + 1) / (some + 1)
    for name, worker in (workers or {}).items():
        try:
            found, seconds = worker.prepare(program.name, size)
            error = difference(found, by_hand)
            if not error < AGREEMENT:
                raise NoTimeError(f"another gradient: the difference is {error:.0e}")
            compiling[name] = seconds
            worker.seconds(1)
            variants[name] = worker.seconds
        except NoTimeError as failure:
            missing[name] = str(failure)
    return Result(
        program,
        size,
        side_by_side(variants, rounds),
        missing,
        compile_seconds,
        compiling,
        code_lines(gradient.source),
        code_lines(textwrap.dedent(inspect.getsource(program.primal))),
        {name: peak(call) for name, call in calls.items()},
        components,
        difference(ours, by_hand),
    )


def preserving(program: Program, args: tuple[Any, ...]) -> Callable[..., Any]:
    """Return the primal; arguments that it writes to are copied, as a gradient must."""
    before = copy.deepcopy(args)
    used = copy.deepcopy(args)
    program.primal(*used)
    written = [difference(a, b) > 0.0 for a, b in zip(before, used, strict=True)]
    if not any(written):
        return program.primal
    return lambda *args: program.primal(*(a.copy() if w else a for a, w in zip(args, written, strict=True)))


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
