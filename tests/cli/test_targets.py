"""Targets that are no plain functions, places that cannot be written to, and readers that go away."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import diffcompile
from cli.helping import answer
from diffcompile.cli.group import main

MODULE = '''
import functools
import numpy as np


def twice(f):
    @functools.wraps(f)
    def wrapped(*args, **kwargs):
        return 2.0 * f(*args, **kwargs)
    return wrapped


@twice
def decorated(x: float, k: float = 3.0):
    return k * x * x


@functools.lru_cache
def cached(x: float):
    return x * x


class Scale:
    def __init__(self, k=2.0):
        self.k = k

    def __call__(self, x: float):
        return self.k * x * x

    @twice
    def method(self, x: float):
        return self.k * x


scale = Scale()
part = functools.partial(lambda k, x: k * x * x, 3.0)


def keywords(x: float, /, y: float = 2.0, *, z: float = 3.0):
    return x * y * z


def anything(*xs, **named):
    return xs[0] * named["a"]
'''
MODULE += "\n\ndef wide(x: float):\n    return " + " + ".join(f"x * {k}.0" for k in range(1, 400)) + "\n"


@pytest.fixture
def place(tmp_path: Path) -> str:
    path = tmp_path / "odd.py"
    path.write_text(MODULE)
    return str(path)


def refused(*words: str) -> str:
    """Return what the command says that refuses to do something."""
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    return result.output


@pytest.mark.parametrize(
    ("name", "header", "line"),
    [
        ("decorated", "def decorated_grad(x, k):", "x_bar = 2.0 * (k * x) + 2.0 * x * k"),
        ("cached", "def cached_grad(x):", "x_bar = 2.0 * x"),
        ("scale", "def __call_grad(self, x):", "x_bar = 2.0 * (k * x)"),
        ("Scale.method", "def method_grad(self, x):", "# return self.k * x\n"),
        ("part", "def lambda_grad(x):", "argument_0"),
        ("wide", "def wide_grad(x):", "return 79800.0"),
    ],
)
def test_what_stands_for_a_function(place: str, name: str, header: str, line: str) -> None:
    text = answer("show", f"{place}:{name}")
    assert header in text
    assert line in text


@pytest.mark.parametrize("name", ["decorated", "cached", "scale", "part", "keywords", "wide"])
def test_checked(place: str, name: str) -> None:
    text = answer("check", f"{place}:{name}", "--set", "x=2.0")
    assert "the gradient is the numerical one" in text
    assert "failed" not in text


def test_functions_that_are_not_written_in_python() -> None:
    assert "math.cos(x)" in answer("show", "math:sin", "--arg", "x=float")
    assert "def sum_grad(a):" in answer("show", "numpy:sum", "--arg", "a=float64[3]")
    assert "def arctan2_grad(x1, x2):" in answer("show", "numpy:arctan2", "--arg", "x1=float", "--arg", "x2=float")


def test_any_number_of_arguments(place: str) -> None:
    assert "try: a function that names its arguments" in refused("show", f"{place}:anything")


@pytest.mark.parametrize("command", ["export", "explore", "graph"])
def test_no_folder_to_write_to(place: str, tmp_path: Path, command: str) -> None:
    suffix = {"export": "py", "explore": "html", "graph": "svg"}[command]
    path = tmp_path / "nowhere" / f"out.{suffix}"
    assert refused(command, f"{place}:cached", "-o", str(path)) == f"Error: {path}: no such file or directory\n"


def test_pictures_are_svg(place: str, tmp_path: Path) -> None:
    assert "only SVG is written" in refused("graph", f"{place}:cached", "-o", str(tmp_path / "out.png"))
    assert not (tmp_path / "out.png").exists()


def test_rules_by_the_usual_name() -> None:
    assert answer("rules", "np.linalg.in*") == answer("rules", "numpy.linalg.in*")
    assert "numpy.linalg.inv" in answer("rules", "np.linalg.in*")


def _run(place: str, ending: str) -> subprocess.CompletedProcess[str]:
    source = Path(diffcompile.__file__).parents[1]
    command = f"PYTHONPATH='{source}' '{sys.executable}' -m diffcompile show '{place}:cached' {ending}"
    return subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of a shell")
@pytest.mark.parametrize("ending", ["| true", ">&-"])
def test_nobody_reads(place: str, ending: str) -> None:
    found = _run(place, ending)
    assert "Error" not in found.stderr, found.stderr
