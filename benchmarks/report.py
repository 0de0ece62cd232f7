"""The report: tables in Markdown and a chart."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Result
from benchmarks.timing import Ratio, short

PEERS = ("autograd", "jax", "torch")
OTHERS = (*PEERS, "differences")
NAMES = {"autograd": "autograd", "jax": "JAX jit", "torch": "PyTorch", "differences": "finite differences"}
INTRODUCTION = """\
# Performance

Made by `python -m benchmarks --sizes --out docs/performance.md --chart docs/pictures/performance.png`, in one run.

- Every ratio is the median, over rounds, of the ratio of two times measured in the same round, one after the other; in
  parentheses the quartiles.
- One thread each, and processor time, on {machine} that other programs used as well. The quartiles
  tell how much that matters; a quiet machine would give narrower ones.
- *By hand* is a gradient that an expert would write in NumPy, in `benchmarks/programs`; tests compare it with finite
  differences and with the generated one.
- Other systems run in processes of their own, in turns with ours, and their gradients are compared with the one by
  hand before they are timed. A program that writes to arrays is written for them as their users would: with lists and
  `concatenate` for autograd and PyTorch (`benchmarks/programs/functional.py`), with `fori_loop`, `scan` and `.at` for
  `jax.jit` (`with_jax.py`). Compilation is not in the times.
- *Differences* are one-sided finite differences, of which a few components are computed and timed for all.

{versions}.
"""


def geometric_mean(numbers: Iterable[float]) -> float:
    """Return the geometric mean."""
    logs = [math.log(number) for number in numbers]
    return math.exp(sum(logs) / len(logs)) if logs else math.nan


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, its columns but the first aligned to the right."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        first, *rest = (
            cell.ljust(width) if number == 0 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "| " + " | ".join([first, *rest]) + " |"

    rule = "|" + "|".join("-" * (width + 2) if n == 0 else "-" * (width + 1) + ":" for n, width in enumerate(widths))
    return "\n".join([line(header), rule + "|", *map(line, rows)])


def write(results: Sequence[Result], path: Path | None = None, chart: Path | None = None) -> str:
    """Return the report; with a path, write it there, and the chart beside it."""
    parts = [
        INTRODUCTION.format(machine=f"{platform.machine()}, {os.cpu_count()} processors", versions=_versions(results)),
        _summary(results),
        "## Time\n\nSeconds of the primal, and ratios.\n",
        _times(results),
    ]
    if any(r.ratio(other, "ours") for r in results for other in OTHERS):
        parts += ["## Beside other systems\n\nTheir time over ours: above 1 ours is faster.\n", _beside(results)]
    parts += [
        "## Code, compile time and memory\n\nPeak memory is that of one call, by `tracemalloc`, over the hand-written "
        "gradient's. *error* is the largest difference to it, relative. *jax* is the processor time of its first "
        "call, tracing and compiling.\n",
        _sizes(results),
    ]
    if any(result.sizes for result in results):
        parts += [
            "## Cost against size\n\nGradient over primal, and in brackets over the one by hand.\n",
            _growth(results),
        ]
    parts += [_absent(results)]
    if chart is not None:
        draw(results, chart)
        where = chart if path is None else Path(os.path.relpath(chart, path.parent))
        parts.insert(2, f"![Gradients over gradients written by hand]({where.as_posix()})\n")
    text = "\n\n".join(part.strip("\n") for part in parts if part) + "\n"
    if path is not None:
        path.write_text(text)
    return text


def _versions(results: Sequence[Result]) -> str:
    used = {name for r in results for name in r.seconds}
    names = ["numpy", *(name for name in PEERS if name in used)]
    return ", ".join([f"Python {platform.python_version()}", *(f"{n} {metadata.version(n)}" for n in names)])


def _summary(results: Sequence[Result]) -> str:
    over_hand = [ratio.median for r in results if (ratio := r.ratio("ours", "hand"))]
    above = sum(ratio > 1.3 for ratio in over_hand)
    lines = [
        f"- {len(results)} programs; over gradients by hand: geometric mean {geometric_mean(over_hand):.2f}, "
        f"largest {max(over_hand):.2f}, {above} above 1.3."
    ]
    for kind in ("arrays", "slices", "scalars", "tiny"):
        found = [ratio.median for r in results if r.program.kind == kind and (ratio := r.ratio("ours", "primal"))]
        if found:
            lines.append(
                f"- Over the primal, {kind}: geometric mean {geometric_mean(found):.2f}, largest {max(found):.2f}."
            )
    for other in OTHERS:
        found = [ratio.median for r in results if (ratio := r.ratio(other, "ours"))]
        if found:
            kinds = ", ".join(_by_kind(results, other))
            lines.append(
                f"- {NAMES[other]} over ours: geometric mean {geometric_mean(found):.1f} ({kinds}), from "
                f"{short(min(found))} to {short(max(found))}; slower than ours in {sum(f > 1.0 for f in found)} of "
                f"{len(found)}."
            )
    memory = [r.memory["ours"] / r.memory["hand"] for r in results]
    growth = [r.lines / r.primal_lines for r in results]
    lines.append(
        f"- Compile time: at most {max(r.compile_seconds for r in results):.2f} s. Peak memory over that by hand: "
        f"geometric mean {geometric_mean(memory):.2f}, largest {max(memory):.2f}. Lines over lines of the primal: "
        f"geometric mean {geometric_mean(growth):.1f}, at most {max(growth):.1f}."
    )
    return "\n".join(lines)


def _by_kind(results: Sequence[Result], other: str) -> list[str]:
    found = []
    for kind in ("arrays", "slices", "scalars", "tiny"):
        ratios = [ratio.median for r in results if r.program.kind == kind and (ratio := r.ratio(other, "ours"))]
        if ratios:
            found.append(f"{kind} {short(geometric_mean(ratios))}")
    return found


def _times(results: Sequence[Result]) -> str:
    rows = []
    for r in results:
        ours = [str(r.ratio("ours", "primal")), str(r.ratio("hand", "primal")), str(r.ratio("ours", "hand"))]
        rows.append([r.program.name, r.program.kind, _time(r.median("primal")), *ours])
    return table(["program", "kind", "primal", "ours / primal", "by hand / primal", "ours / by hand"], rows)


def _beside(results: Sequence[Result]) -> str:
    rows = [
        [r.program.name, *(str(r.ratio(other, "ours") or "-") for other in OTHERS), f"{r.components:,}"]
        for r in results
    ]
    return table(["program", *OTHERS, "components"], rows)


def _sizes(results: Sequence[Result]) -> str:
    rows = [
        [
            r.program.name,
            str(r.primal_lines),
            str(r.lines),
            f"{r.lines / r.primal_lines:.1f}",
            f"{r.compile_seconds:.3f}",
            f"{r.compiling['jax']:.2f}" if "jax" in r.compiling else "-",
            f"{r.memory['ours'] / 1e6:.2f}",
            f"{r.memory['ours'] / r.memory['hand']:.2f}",
            f"{r.error:.0e}",
        ]
        for r in results
    ]
    header = ["program", "lines", "generated", "ratio", "compile s", "jax", "peak MB", "over hand", "error"]
    return table(header, rows)


def _growth(results: Sequence[Result]) -> str:
    rows = [
        [
            r.program.name,
            *(
                f"{size:,}: {_median(at.ratio('ours', 'primal'))} [{_median(at.ratio('ours', 'hand'))}]"
                for size, at in r.sizes
            ),
        ]
        for r in results
        if r.sizes
    ]
    count = max(len(row) for row in rows)
    rows = [row + [""] * (count - len(row)) for row in rows]
    return table(["program", *["size: ratio"] * (count - 1)], rows)


def _median(ratio: Ratio | None) -> str:
    return "-" if ratio is None else short(ratio.median)


def _absent(results: Sequence[Result]) -> str:
    lines = []
    for peer in PEERS:
        reasons: dict[str, list[str]] = {}
        for r in results:
            if peer in r.missing:
                reasons.setdefault(r.missing[peer], []).append(r.program.name)
        lines += [f"- {NAMES[peer]}, {', '.join(names)}: {reason}." for reason, names in reasons.items()]
    return "## What is not there\n\n" + "\n".join(lines) if lines else ""


def _time(seconds: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 1.0 or unit == "µs":
            return f"{seconds * factor:.3g} {unit}"
    raise AssertionError


def draw(results: Sequence[Result], path: Path) -> None:
    """Draw each system's time over that of the gradient by hand."""
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("Agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415

    height = 0.26 * len(results) + 1.5
    sizes = any(r.sizes for r in results)
    figure, both = plt.subplots(1, 1 + sizes, figsize=(12 if sizes else 8, height), layout="constrained", squeeze=False)
    axes = both[0, 0]
    places = np.arange(len(results))[::-1]
    marks = (("ours", "o", "diffcompile"), ("primal", "|", "primal"), ("autograd", "x", "autograd"),
             ("jax", "^", "JAX jit"), ("torch", "s", "PyTorch"), ("differences", "+", "differences"))  # fmt: skip
    for name, mark, label in marks:
        found = [(ratio.median, place) for r, place in zip(results, places, strict=True)
                 if (ratio := r.ratio(name, "hand"))]  # fmt: skip
        if found:
            axes.plot(*zip(*found, strict=True), mark, label=label, ms=6 if name == "ours" else 5)
    axes.axvline(1.0, color="0.5", lw=0.8)
    axes.set_xscale("log")
    axes.set_yticks(places, [r.program.name for r in results])
    axes.set_xlabel("time over that of a gradient written by hand")
    axes.legend(loc="lower right", fontsize=8)
    axes.grid(axis="x", alpha=0.3)
    if sizes:
        _draw_growth(results, both[0, 1])
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _draw_growth(results: Sequence[Result], axes: Any) -> None:
    """Draw the cost of a gradient, in primals, against the time of the primal, a line a program."""
    colours = {"arrays": "C0", "slices": "C1", "scalars": "C2", "tiny": "C3"}
    for r in results:
        found = [(at.median("primal"), ratio.median) for _, at in r.sizes if (ratio := at.ratio("ours", "primal"))]
        axes.plot(*zip(*found, strict=True), ".-", color=colours[r.program.kind], lw=0.9)
    for kind, colour in colours.items():
        axes.plot([], [], ".-", color=colour, label=kind)
    axes.set_xscale("log")
    axes.set_ylim(0.0, None)
    axes.set_xlabel("seconds of the primal, four sizes each")
    axes.set_ylabel("gradient over primal")
    axes.legend(fontsize=8)
    axes.grid(alpha=0.3)
