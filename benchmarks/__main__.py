"""Measure the programs and write the report: ``python -m benchmarks``.

``--only NAME`` measures some programs; without ``--out`` the report goes to the terminal.
"""

from __future__ import annotations

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import argparse  # noqa: E402
import sys  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from pathlib import Path  # noqa: E402

from benchmarks import report  # noqa: E402
from benchmarks.measure import Result, measure  # noqa: E402
from benchmarks.programs import ALL, Program  # noqa: E402


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="programs to measure", default=None)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--no-peers", action="store_true", help="only the primal, ours and the one by hand")
    parser.add_argument("--sizes", action="store_true", help="four sizes of each program")
    parser.add_argument("--out", type=Path, default=None, help="where to write the report, in Markdown")
    parser.add_argument("--chart", type=Path, default=None, help="where to draw the chart (needs matplotlib)")
    options = parser.parse_args(argv)
    names = [program.name for program in ALL]
    unknown = set(options.only or ()) - set(names)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    chosen = [program for program in ALL if options.only is None or program.name in options.only]
    warm = next(program for program in ALL if program.name == "small")
    measure(warm, warm.small, 1, with_peers=False)  # imports and first uses are not what is measured
    results = []
    for program in chosen:
        print(f"{program.name} ...", file=sys.stderr, flush=True)
        result = measure(program, None, options.rounds, with_peers=not options.no_peers)
        if options.sizes:
            result.sizes = [_at(program, program.size // part, options.rounds) for part in (8, 4, 2)]
            result.sizes.append((program.size, result.median("primal"), result.median("ours")))
        results.append(result)
    text = report.write(results, options.out, options.chart)
    if options.out is None:
        print(text)


def _at(program: Program, size: int, rounds: int) -> tuple[int, float, float]:
    size = max(size, program.small)
    result: Result = measure(program, size, max(3, rounds // 3), with_peers=False)
    return size, result.median("primal"), result.median("ours")


if __name__ == "__main__":
    main()
