"""Measure the programs and write the report: ``python -m benchmarks``.

``--only NAME`` measures some programs; without ``--out`` the report goes to the terminal. The whole report:

    python -m benchmarks --sizes --out docs/performance.md --chart docs/pictures/performance.png
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
from benchmarks.measure import ROUNDS, measure  # noqa: E402
from benchmarks.peers import MAKERS  # noqa: E402
from benchmarks.programs import ALL, Program  # noqa: E402
from benchmarks.workers import Worker  # noqa: E402

PATIENCE = 90.0
"""Seconds that another system has for a call, the first one, which compiles, among them."""


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="programs to measure", default=None)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--peers", nargs="*", choices=MAKERS, default=list(MAKERS), help="other systems")
    parser.add_argument("--no-peers", action="store_true", help="only the primal, ours and the one by hand")
    parser.add_argument("--patience", type=float, default=PATIENCE, help="seconds for a call of another system")
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
    measure(warm, warm.small, 1)  # imports and first uses are not what is measured
    workers = {} if options.no_peers else {name: Worker(name, options.patience) for name in options.peers}
    results = []
    try:
        for program in chosen:
            print(f"{program.name} ...", file=sys.stderr, flush=True)
            result = measure(program, None, options.rounds, workers)
            if options.sizes:
                rounds = max(5, options.rounds // 2)
                result.sizes = [(size, measure(program, size, rounds)) for size in _sizes(program)]
                result.sizes.append((program.size, result))
            results.append(result)
            if options.out is not None:  # a run that is interrupted leaves a report
                report.write(results, options.out, options.chart)
    finally:
        for worker in workers.values():
            worker.stop()
    if options.out is None:
        print(report.write(results, None, options.chart))


def _sizes(program: Program) -> list[int]:
    """Return three sizes below that of the program, in equal ratios."""
    least = max(program.small, program.size // 8)
    step = (program.size / least) ** (1 / 3)
    return [round(least * step**power) for power in range(3)]


if __name__ == "__main__":
    main()
