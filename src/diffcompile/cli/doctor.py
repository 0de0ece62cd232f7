"""``diffcompile doctor``: whether the installation works, what of it is optional, and what is missing."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click

import diffcompile
from diffcompile.cli.failures import Command, Failed, describe_failure

NEEDED = {"numpy": "2.0", "gast": "0.6", "astor": "0.8.1", "click": "8.2"}
OPTIONAL = {
    "pytest": "the plugin",
    "hypothesis": "strategies for gradient checks",
    "scipy": "rules for scipy.special, optimisers",
    "numba": "functions that it has compiled",
    "torch": "to_torch",
    "jax": "to_jax",
    "dask": "map_gradients on a cluster",
}
LEAST_PYTHON = (3, 11)
EXAMPLE = "import numpy as np\n\n\ndef energy(x):\n    y = np.tanh(x)\n    y[0] *= 2.0\n    return np.sum(y * y)\n"


@click.command(cls=Command)
def doctor() -> None:
    """Look at the installation: versions, optional packages, one gradient from end to end.

    Exit status 1 where something is wrong.
    """
    problems = 0

    def report(name: str, state: str, text: str) -> None:
        nonlocal problems
        problems += state == "wrong"
        mark = {"ok": click.style("ok   ", fg="green"), "wrong": click.style("WRONG", fg="red", bold=True)}
        click.echo(f"{mark.get(state, '-    ')} {name:12} {text}")

    version = platform.python_version()
    fits = sys.version_info >= LEAST_PYTHON
    report("python", "ok" if fits else "wrong", f"{version} ({sys.executable})" + ("" if fits else "; 3.11 is needed"))
    report("diffcompile", "ok", f"{diffcompile.__version__} ({Path(diffcompile.__file__).parent})")
    for name, least in NEEDED.items():
        found = version_of(name)
        enough = found is not None and release(found) >= release(least)
        report(name, "ok" if enough else "wrong", found or "not there")
        if not enough:
            click.echo(f"      try: pip install '{name}>={least}'")
    for name, purpose in OPTIONAL.items():
        found = version_of(name)
        report(name, "ok" if found else "-", found or f"not there; only needed for {purpose}")
    for name, trial in (("rules", _rules), ("plugin", _plugin), ("compiler", _compiler)):
        try:
            report(name, "ok", trial())
        except Exception as error:  # whatever is wrong with an installation
            report(name, "wrong", describe_failure(error))
    for name in sorted(os.environ):
        if name.startswith("DIFFCOMPILE_"):
            report(name, "-", f"= {os.environ[name]!r}")
    if problems:
        raise Failed(f"{problems} problem{'s' if problems > 1 else ''}")


def version_of(name: str) -> str | None:
    """Return the version of an installed package."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def release(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version.

    >>> release("2.1.0rc1")
    (2, 1, 0)
    """
    numbers = []
    for part in version.split("."):
        digits = "".join(c for k, c in enumerate(part) if part[: k + 1].isdigit())
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)


def _rules() -> str:
    importlib.import_module("diffcompile.rules")
    registry = importlib.import_module("diffcompile.rules.registry")
    return f"{len(registry.ELEMENTWISE) + len(registry.ADJOINT)} derivative rules"


def _plugin() -> str:
    points = importlib.metadata.entry_points(group="pytest11")
    if not any(point.value.startswith("diffcompile.") for point in points):
        raise RuntimeError("the pytest plugin is not registered: is the package installed, or only on the path?")
    return "pytest finds the plugin"


def _compiler() -> str:
    """Differentiate a function of a file that was written now, and check the result."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "energy.py"
        path.write_text(EXAMPLE)
        scope: dict[str, Callable[..., object]] = {}
        exec(compile(EXAMPLE, str(path), "exec"), scope)
        np = importlib.import_module("numpy")
        diffcompile.check_grads(scope["energy"], (np.linspace(0.1, 1.0, 4),))
    return f"a gradient was compiled and checked in {time.perf_counter() - start:.2f} s"
