"""``check`` and ``bench``: numbers for a function that is called, and exit statuses for scripts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.helping import answer, refused
from diffcompile.cli import main

MODULE = """\
import numpy as np
from numpy.typing import NDArray
from diffcompile import elementwise, grad, gradcheckable


def own(x):
    return x * x

elementwise(own, lambda y, x: np.where(x > 2.0, 0.0, 2.0 * x))


@gradcheckable(example=lambda: (np.array([0.5, 1.0, 3.0]), "fast"), rtol=1e-7)
def wrong(x, mode):
    return np.sum(own(x))


@grad
def right(x: NDArray[np.float64], a: float, n: int = 3) -> float:
    return a * np.sum(x**n)


def kink(x):
    return abs(x)


class Spring:
    def __init__(self, k=2.0):
        self.k = k

    def energy(self, x: NDArray[np.float64]):
        return 0.5 * self.k * np.sum(x**2)


def raises(x: float):
    raise RuntimeError("no weather today")


def root(x: "float64[3]"):
    return np.sum(np.sqrt(x) * x[0])


def domain(x: "float64[4]"):
    r = np.sqrt(x)
    return np.sum(np.where(x > 0, r, 0.0) * x)
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "numbers_.py"
    path.write_text(MODULE)
    return path


def test_a_right_gradient(module: Path) -> None:
    """Arguments are made from annotations and defaults; the table shows the entries."""
    text = answer("check", f"{module}:right")
    assert "  a = " in text
    assert "  n = 3" in text
    assert "passed       the gradient is the numerical one" in text
    assert "failed" not in text
    rows = [line for line in text.splitlines() if "good to" in line]
    assert len(rows) == 4
    assert all(float(row.replace(", ", ",").split()[3]) < 1e-12 for row in rows)


def test_a_wrong_gradient(module: Path) -> None:
    """Exit status 1; the entry, both numbers and the generated lines."""
    text = answer("check", f"{module}:wrong", status=1)
    assert "failed       the gradient is the numerical one" in text
    assert "wrong: the gradient of wrong" in text
    assert "x[2]" in text
    assert "rtol=1e-07" in text
    assert "x_bar = " in text
    assert "passed" in answer("check", f"{module}:wrong", "--set", "x=np.ones(2)")


def test_what_cannot_be_decided_is_no_pass(module: Path) -> None:
    text = answer("check", f"{module}:kink", "--arg", "x=0.0", status=1)
    assert "cannot be decided: " in text
    assert "a kink: the one-sided derivatives are" in text


def test_options(module: Path) -> None:
    target = f"{module}:right"
    assert "good to" not in answer("check", target, "--entries", "0")
    assert "the Hessian is symmetric" in answer("check", target, "--order", "2")
    assert answer("check", target, "--seed", "1") != answer("check", target)
    assert "  a  " not in answer("check", target, "--wrt", "x")


def test_methods(module: Path) -> None:
    assert "passed" in answer("check", f"{module}:Spring.energy", "--set", "self=Spring(3.0)")
    assert "which object is self?\n  try: --set self=Spring(...)" in refused("check", f"{module}:Spring.energy")


def test_what_is_missing_is_asked_for(module: Path) -> None:
    message = refused("check", f"{module}:kink")
    assert "which value of x? (it has neither an annotation nor a default)" in message
    assert "--arg x=float64[3,4]" in message


def test_the_users_exception_is_one_message(module: Path) -> None:
    message = refused("check", f"{module}:raises")
    line = MODULE.splitlines().index('    raise RuntimeError("no weather today")') + 1
    assert f"RuntimeError: no weather today\n  {module}:{line}\n    raise RuntimeError(" in message
    assert "\n  try: --traceback" in message
    result = CliRunner().invoke(main, ["check", f"{module}:raises", "--traceback"])
    assert "Traceback (most recent call last)" in result.stderr


def test_sizes_of_named_axes(module: Path) -> None:
    text = answer("check", f"{module}:right", "--arg", "x=float64[n]", "--size", "n=2", "--wrt", "x")
    assert sum("good to" in line for line in text.splitlines()) == 2
    assert "no axis is called 'm': the axes are n" in refused(
        "check", f"{module}:right", "--arg", "x=float64[n]", "--size", "m=2"
    )


def test_bench(module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diffcompile.cli.bench.LEAST", 0.0)
    lines = answer("bench", f"{module}:right").splitlines()
    assert [line.split()[0] for line in lines] == ["compiling", "time", "function", "gradient", "both"]
    ratios = [float(line.split()[3]) for line in lines[2:]]
    assert ratios[0] == 1.0
    assert min(ratios[1:]) > 0.0


def test_where_the_function_is_not_finite_the_advice_fits(module: Path) -> None:
    with pytest.warns(RuntimeWarning):
        result = CliRunner().invoke(main, ["check", f"{module}:root", "--set", "x=np.array([0.0, 1.0, 2.0])"])
    assert result.exit_code == 1
    assert "the function is not finite around it" in result.stdout
    assert "a root or a quotient at 0" in result.stdout and "gradient_norms" in result.stdout


def test_a_warning_is_shown_once(module: Path) -> None:
    """The check calls the function, and code that was generated from it, many times."""
    command = [sys.executable, "-m", "diffcompile", "check", f"{module}:domain"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stderr.count("RuntimeWarning: invalid value encountered in sqrt") == 1
    assert "r = np.sqrt(x)" in done.stderr
