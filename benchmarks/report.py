"""The report: tables in Markdown and a chart."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.measure import Result

PEERS = ("autograd", "jax", "torch")
INTRODUCTION = """\
# Benchmarks

Made by `python -m benchmarks`, in one run. Every ratio is the median, over rounds, of the ratio of two times measured
in the same round, one after the other; in parentheses the quartiles. One thread; processor time, as other programs may
run on the machine. *by hand* is a gradient that an expert would write in NumPy, in `benchmarks/programs`; tests compare
it with finite differences and with the generated one.

{machine}
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
    machine = f"{platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}."
    parts = [
        INTRODUCTION.format(machine=machine),
        _summary(results),
        "## Time\n\nSeconds of the primal, and ratios. The last three columns are times of that system over ours.\n",
        _times(results),
        "## Code, compile time and memory\n\nPeak memory is that of one call, by `tracemalloc`, over the hand-written "
        "gradient's. *error* is the largest difference to it, relative. *differences* is how many calls of the primal "
        "a gradient by finite differences takes.\n",
        _sizes(results),
    ]
    if any(result.sizes for result in results):
        parts += ["## Cost against size\n\nGradient over primal.\n", _growth(results)]
    parts += [_absent(results)]
    if chart is not None:
        draw(results, chart)
        parts.insert(2, f"![Gradients over gradients written by hand]({chart.name})\n")
    text = "\n\n".join(part.strip("\n") for part in parts if part) + "\n"
    if path is not None:
        path.write_text(text)
    return text


def _summary(results: Sequence[Result]) -> str:
    over_hand = [ratio.median for r in results if (ratio := r.ratio("ours", "hand"))]
    lines = [
        f"- {len(results)} programs; over gradients by hand: geometric mean {geometric_mean(over_hand):.2f}, "
        f"largest {max(over_hand):.2f}."
    ]
    for kind in ("arrays", "slices", "scalars", "tiny"):
        found = [ratio.median for r in results if r.program.kind == kind and (ratio := r.ratio("ours", "primal"))]
        if found:
            lines.append(
                f"- Over the primal, {kind}: geometric mean {geometric_mean(found):.2f}, largest {max(found):.2f}."
            )
    for peer in PEERS:
        found = [ratio.median for r in results if (ratio := r.ratio(peer, "ours"))]
        if found:
            lines.append(
                f"- {peer} over ours: geometric mean {geometric_mean(found):.1f}, from {min(found):.2f} to "
                f"{max(found):.0f}, {len(found)} programs."
            )
    memory = [r.memory["ours"] / r.memory["hand"] for r in results]
    lines.append(
        f"- Compile time: at most {max(r.compile_seconds for r in results):.2f} s. Peak memory over that by hand: "
        f"geometric mean {geometric_mean(memory):.2f}, largest {max(memory):.2f}. Lines over lines of the primal: at "
        f"most {max(r.lines / r.primal_lines for r in results):.1f}."
    )
    return "\n".join(lines)


def _times(results: Sequence[Result]) -> str:
    rows = []
    for r in results:
        ours = [str(r.ratio("ours", "primal")), str(r.ratio("hand", "primal")), str(r.ratio("ours", "hand"))]
        others = [str(ratio) if (ratio := r.ratio(peer, "ours")) else "-" for peer in PEERS]
        rows.append([r.program.name, r.program.kind, _time(r.median("primal")), *ours, *others])
    header = ["program", "kind", "primal", "ours / primal", "by hand / primal", "ours / by hand", *PEERS]
    return table(header, rows)


def _sizes(results: Sequence[Result]) -> str:
    rows = [
        [
            r.program.name,
            str(r.primal_lines),
            str(r.lines),
            f"{r.lines / r.primal_lines:.1f}",
            f"{r.compile_seconds:.3f}",
            f"{r.memory['ours'] / 1e6:.2f}",
            f"{r.memory['ours'] / r.memory['hand']:.2f}",
            f"{r.error:.0e}",
            f"{r.differences:,}",
        ]
        for r in results
    ]
    header = ["program", "lines", "generated", "ratio", "compile s", "peak MB", "over hand", "error", "differences"]
    return table(header, rows)


def _growth(results: Sequence[Result]) -> str:
    rows = [
        [r.program.name, *(f"{size:,}: {ours / primal:.2f}" for size, primal, ours in r.sizes)]
        for r in results
        if r.sizes
    ]
    count = max(len(row) for row in rows)
    rows = [row + [""] * (count - len(row)) for row in rows]
    return table(["program", *[""] * (count - 1)], rows)


def _absent(results: Sequence[Result]) -> str:
    lines = []
    for peer in PEERS:
        reasons: dict[str, list[str]] = {}
        for r in results:
            if peer in r.missing:
                reasons.setdefault(r.missing[peer], []).append(r.program.name)
        lines += [f"- {peer}, {', '.join(names)}: {reason}." for reason, names in reasons.items()]
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

    figure, axes = plt.subplots(figsize=(9, 0.28 * len(results) + 1.5), layout="constrained")
    places = np.arange(len(results))[::-1]
    marks = (("ours", "o", "diffcompile"), ("primal", "|", "primal"), ("autograd", "x", "autograd"),
             ("jax", "^", "JAX jit"), ("torch", "s", "PyTorch"))  # fmt: skip
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
    figure.savefig(path)
    plt.close(figure)
