"""Gradients of functions from packages: compile time, and gradient over primal: ``python -m benchmarks.packages``.

The functions are those of ``tests/packages``, unmodified, with arguments that are a few numbers: interpreted code, of
which each statement costs about the same. ``--out FILE`` writes the table in Markdown. Cases whose package is missing
are left out.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diffcompile import grad

ROOT = Path(__file__).resolve().parents[1]
NAMES = (
    "filterpy.kalman_filter", "filterpy.runge_kutta", "ahrs.quaternion_product", "simple_pid.pid_loop",
    "numpy_financial.fv", "py_vollib.implied_volatility", "py_vollib.option_price_in_python",
    "transforms3d.euler_angles", "bezier.bezier_length", "scipy.secant_method", "astral.eq_of_time",
    "geographiclib.geodesic_distance", "utm.easting", "PyAstronomy.kepler_equation", "thermofeel.calculate_wbt",
    "pvlib.sun_position", "fluids.Colebrook", "fluids.isothermal_gas", "chemicals.COSTALD",
    "psychrolib.wet_bulb", "pymeeus.mars_distance", "orbit_predictor.orbital_elements", "rowan.rotated",
    "pytransform3d.axis_and_angle", "galpy.miyamoto_nagai_potential", "burnman.birch_murnaghan",
    "chempy.debye_huckel", "statsmodels.robust_norms", "quantecon.lyapunov", "chemicals.flash",
)  # fmt: skip
ROUNDS = 7
LONG_ENOUGH = 0.01
"""Seconds that the calls of one round last at least."""


@dataclass(frozen=True)
class Row:
    """What was measured of one function, in seconds."""

    name: str
    compiling: float
    primal: float
    gradient: float
    ratio: float
    """The median of the ratios within rounds."""
    low: float
    high: float


def measure(case: Any, rounds: int = ROUNDS) -> Row:
    """Compile a case and time it: primal and gradient in turns, so that what else the machine does hits both."""
    fun = case.build()
    fun(*case.args)
    gradient = grad(fun, argnums=case.argnums)
    start = time.perf_counter()
    gradient(*case.args)
    compiling = time.perf_counter() - start
    counts = [_count(function, case.args) for function in (fun, gradient)]
    pairs = [(_time(fun, case.args, counts[0]), _time(gradient, case.args, counts[1])) for _ in range(rounds)]
    ratios = sorted(after / before for before, after in pairs)
    quarter = len(ratios) // 4
    return Row(
        case.name,
        compiling,
        statistics.median(before for before, _ in pairs),
        statistics.median(after for _, after in pairs),
        statistics.median(ratios),
        ratios[quarter],
        ratios[-1 - quarter],
    )


def _time(function: Callable[..., Any], args: tuple[Any, ...], count: int) -> float:
    start = time.perf_counter()
    for _ in range(count):
        function(*args)
    return (time.perf_counter() - start) / count


def _count(function: Callable[..., Any], args: tuple[Any, ...]) -> int:
    return max(1, int(LONG_ENOUGH / max(_time(function, args, 1), 1e-7)))


def table(rows: Sequence[Row]) -> str:
    """Return the rows in Markdown, slowest ratio last."""
    lines = [
        "| function | compiled in | primal | gradient | gradient / primal (quartiles) |",
        "|---|---:|---:|---:|---:|",
    ]
    for row in sorted(rows, key=lambda row: row.ratio):
        quartiles = f"{row.ratio:.1f} ({row.low:.1f}-{row.high:.1f})"
        times = f"{1e6 * row.primal:.0f} µs | {1e6 * row.gradient:.0f} µs"
        lines.append(f"| {row.name} | {row.compiling:.1f} s | {times} | {quartiles} |")
    middle = statistics.median(row.ratio for row in rows)
    compiling = statistics.median(row.compiling for row in rows)
    lines += ["", f"The median of {len(rows)} functions is {middle:.1f}; of the time to compile {compiling:.1f} s."]
    return "\n".join(lines) + "\n"


def main(argv: Sequence[str] | None = None) -> None:
    """Measure the functions and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=NAMES, help="which of the cases of tests/packages")
    parser.add_argument("--out", type=Path, default=None, help="where to write the page")
    options = parser.parse_args(argv)
    sys.path.insert(0, str(ROOT / "tests"))
    from packages import CASES  # noqa: PLC0415 - the tests are not a package that is installed

    warnings.simplefilter("ignore")
    rows = []
    for case in CASES:
        if case.name in options.only:
            print(f"{case.name} ...", file=sys.stderr, flush=True)
            try:
                rows.append(measure(case))
            except ImportError:
                continue
    text = f"{_survey(CASES)}\n{table(rows)}"
    if options.out is None:
        print(text)
    else:
        options.out.write_text(f"{HEAD}\n{text}")


def _survey(cases: Sequence[Any]) -> str:
    """Return how many functions of how many packages are differentiated."""
    from packages.refused import REFUSED  # noqa: PLC0415

    packages = {case.package for case in cases}
    return (
        f"Of {len(cases)} functions of {len(packages)} packages {len(cases) - len(REFUSED)} are differentiated and "
        f"agree with extrapolated differences, {len(REFUSED)} are refused; `tests/packages/refused.py` says why.\n"
    )


HEAD = """# Functions from packages

`tests/packages` differentiates functions and classes of packages from PyPI as they are. Here are some of them: how long
the first call takes, which compiles, and what a later one costs beside the primal. They are programs of scalar Python
code, in which a statement of the reverse sweep costs about as much as one of the primal.

Made by `python -m benchmarks.packages --out docs/packages.md`, on a machine of two cores that ran other programs at the
same time: the ratios are medians of rounds in which primal and gradient take turns; the times in themselves say little.
"""

if __name__ == "__main__":
    main()
