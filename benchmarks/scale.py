"""How compile time, generated code and run time grow with the program: ``python benchmarks/scale.py``.

Prints three tables in Markdown:

- a straight line of up to 10,000 statements: seconds to compile its gradient, and how they grow;
- a chain of up to 1,000 helpers, each calling the next one;
- ``x = x * sin(x)``, n times over: size of the generated gradient and its run time, beside the size of the
  expression that SymPy's ``diff`` returns: expression swell.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import sympy

from diffcompile import value_and_grad

LONG_ENOUGH = 2e-3
"""Seconds that a timed loop must last."""
POINT = 1.8
"""Above pi / 2, where repeating ``x * sin(x)`` neither explodes nor ends at zero."""


@dataclass(frozen=True)
class Measurement:
    """One program: its size, what compiling it took, and what came out."""

    size: int
    seconds: float
    characters: int
    lines: int
    run_seconds: float
    primal_seconds: float
    error: float
    """The relative error of the gradient against a derivative computed by hand beside the program."""


def straight_line(size: int) -> str:
    """Return a function of ``size`` statements, each with a name of its own and none idle."""
    lines = ["import math", "", "", "def f(x):", "    v0 = 0.5 * x"]
    for index in range(1, size - 1):
        before, earlier = f"v{index - 1}", f"v{max(index - 3, 0)}"
        sign = "+-"[index % 2]  # by turns, so that the derivative stays near that of the first statement
        lines.append(f"    v{index} = {before} {sign} 0.01 * math.sin({earlier})")
    lines.append(f"    return v{max(size - 2, 0)}")
    return "\n".join(lines) + "\n"


def chain(depth: int) -> str:
    """Return ``depth`` functions, each of which calls the next one; ``f`` is the first."""
    lines = ["import math", ""]
    for index in reversed(range(depth)):
        name = "f" if index == 0 else f"f{index}"
        inner = "math.sin(x)" if index == depth - 1 else f"f{index + 1}(0.999 * x)"
        lines += ["", f"def {name}(x):", f"    y = {inner}", "    return y + 0.001 * x * y", ""]
    return "\n".join(lines)


def swell(repeats: int) -> str:
    """Return a function that does ``x = x * sin(x)`` again and again, written out."""
    body = ["    x = x * math.sin(x)"] * repeats
    return "\n".join(["import math", "", "", "def f(x):", *body, "    return x", ""])


def derivative_by_complex_step(source: str) -> float:
    """Return the derivative of a program's ``f`` at `POINT`, from its text run on a complex number."""
    namespace: dict[str, Any] = {}
    exec(source.replace("import math", "import cmath as math"), namespace)
    return float(namespace["f"](complex(POINT, 1e-30)).imag / 1e-30)


@contextlib.contextmanager
def imported(source: str) -> Iterator[ModuleType]:
    """Write a module to a file and import it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "program.py"
        path.write_text(source)
        spec = importlib.util.spec_from_file_location("program", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module


@contextlib.contextmanager
def deeper_recursion(calls: int) -> Iterator[None]:
    """Allow this many nested calls more: 1,000 are past Python's limit, differentiated or not."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(limit + calls)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def measure(source: str, size: int, calls: int = 0) -> Measurement:
    """Compile the gradient of a program's ``f`` and run it."""
    with imported(source) as module, deeper_recursion(4 * calls):
        start = time.perf_counter()
        gradient = value_and_grad(module.f)
        _, slope = gradient(POINT)
        seconds = time.perf_counter() - start
        expected = derivative_by_complex_step(source)
        return Measurement(
            size=size,
            seconds=seconds,
            characters=len(gradient.source),
            lines=gradient.source.count("\n"),
            run_seconds=best_seconds(lambda: gradient(POINT)),
            primal_seconds=best_seconds(lambda: module.f(POINT)),
            error=abs(slope - expected) / abs(expected),
        )


def best_seconds(action: Callable[[], object], repeats: int = 7) -> float:
    """Return the shortest time of several runs, each long enough to be measured."""
    number = 1
    while True:
        start = time.perf_counter()
        for _ in range(number):
            action()
        if time.perf_counter() - start > LONG_ENOUGH:
            break
        number *= 4
    best = math.inf
    for _ in range(repeats):
        start = time.perf_counter()
        for _ in range(number):
            action()
        best = min(best, (time.perf_counter() - start) / number)
    return best


def sympy_operations(repeats: int) -> tuple[int, float]:
    """Return the operations in SymPy's derivative of ``x = x * sin(x)`` repeated, and its seconds."""
    start = time.perf_counter()
    x = sympy.Symbol("x")
    value = x
    for _ in range(repeats):
        value = value * sympy.sin(value)
    return int(sympy.count_ops(sympy.diff(value, x))), time.perf_counter() - start


def growth(measurements: Sequence[Measurement]) -> list[float]:
    """Return the ratios of the compile time of a statement to that in the program before."""
    return [
        (after.seconds / before.seconds) / (after.size / before.size)
        for before, after in pairwise(measurements)
    ]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, its columns aligned to the right."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True)) + " |"

    rule = "|" + "|".join("-" * (width + 1) + ":" for width in widths) + "|"
    return "\n".join([line(header), rule, *map(line, rows)])


def compile_table(kind: str, measurements: Sequence[Measurement]) -> str:
    """Return the table of compile times of one kind of program."""
    ratios = ["", *(f"{ratio:.2f}" for ratio in growth(measurements))]
    rows = [
        [
            f"{m.size:,}",
            f"{m.seconds:.2f}",
            f"{1e3 * m.seconds / m.size:.3f}",
            ratio,
            f"{m.lines:,}",
            f"{m.run_seconds / m.primal_seconds:.1f}",
            f"{m.error:.0e}",
        ]
        for m, ratio in zip(measurements, ratios, strict=True)
    ]
    header = [kind, "compile s", "ms each", "growth", "lines out", "run time / primal", "relative error"]
    return table(header, rows)


def swell_table(measurements: Sequence[Measurement], sympy_until: int) -> str:
    """Return the table of sizes and run times of ``x = x * sin(x)`` repeated."""
    rows = []
    for m in measurements:
        operations, seconds = sympy_operations(m.size) if m.size <= sympy_until else (None, None)
        rows.append(
            [
                f"{m.size:,}",
                f"{m.characters:,}",
                f"{m.lines:,}",
                f"{m.characters / m.size:.0f}",
                f"{1e6 * m.run_seconds:.1f}",
                f"{1e6 * m.run_seconds / m.size:.2f}",
                "-" if operations is None else f"{operations:,}",
                "-" if seconds is None else f"{seconds:.2f}",
                f"{m.error:.0e}",
            ]
        )
    sizes = ["n", "characters", "lines", "characters / n"]
    header = [*sizes, "run µs", "µs / n", "SymPy operations", "SymPy s", "relative error"]
    return table(header, rows)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--statements", type=int, nargs="+", default=[1250, 2500, 5000, 10_000])
    parser.add_argument("--depths", type=int, nargs="+", default=[125, 250, 500, 1000])
    parser.add_argument("--repeats", type=int, nargs="+", default=[2, 4, 6, 8, 10, 12, 30, 100, 300, 1000])
    parser.add_argument("--sympy-until", type=int, default=12, help="the largest n to give to SymPy")
    options = parser.parse_args(argv)

    measure(straight_line(10), 10)  # imports and first uses are not what is measured
    print("Growth is the ratio of compile time each to that of the row above: 1 where time is linear.\n")
    print("A straight line of statements:\n")
    print(compile_table("statements", [measure(straight_line(n), n) for n in options.statements]), flush=True)
    print("\nA chain of helpers, each calling the next:\n")
    print(compile_table("helpers", [measure(chain(n), n, calls=n) for n in options.depths]), flush=True)
    print("\n`x = x * sin(x)`, repeated n times:\n")
    print(swell_table([measure(swell(n), n) for n in options.repeats], options.sympy_until), flush=True)


if __name__ == "__main__":
    main()
