"""Exported modules: checked arguments, helpers that come along, refusals, and files that go stale."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from cli.helping import answer, refused
from diffcompile import grad
from diffcompile.cli import main

MODULE = """\
import numpy as np
from diffcompile import checkpoint

TABLE = np.array([1.0, np.inf, -2.5])
LARGE = np.zeros(5000)
SCALE = 3.0


class Box:
    factor = 2.0


BOX = Box()


def clip(x, low, high):
    return np.minimum(np.maximum(x, low), high)


def heat(k, u, steps=3):
    for _ in range(steps):
        u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def several(w, x, *, mode="mean"):
    y = clip(w @ x, -1.0, 1.0)
    if mode == "mean":
        return np.mean(y)
    return np.sum(y) * SCALE


def reads(x):
    return np.sum(x * np.where(np.isfinite(TABLE), TABLE, 0.0))


def reads_much(x):
    return np.sum(x * LARGE)


def object_of(x):
    return np.sum(x) * BOX.factor


def factorial(x, n):
    return x if n < 1 else x * factorial(x, n - 1)


def snapshots(x, n: int):
    for _ in checkpoint(range(n)):
        x = np.sin(x)
    return x


def caught(x):
    try:
        y = np.log(x)
    except FloatingPointError:
        y = x
    return y


def wide(x):
    return np.linalg.norm(np.einsum("ij,kj->ik", x, x)) + np.prod(x) + np.sum(np.sort(x, axis=None) ** 3)


def loose(x):
    return np.sum(np.sin(x))


def net(layers, x):
    for w, b in layers:
        x = np.tanh(w @ x + b)
    return np.sum(x)
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "primal.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_alone(folder: Path, program: str) -> str:
    """Run a program in a process that cannot import the package."""
    head = "import sys\nfor name in ('diffcompile', 'gast', 'astor'):\n    sys.modules[name] = None\n"
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", head + program], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


HEAT = ("export", "primal.py:heat", "--arg", "k=float", "--arg", "u=float64[n]", "--arg", "steps=int")


def test_a_module_runs_alone(module: Path) -> None:
    """In a process without the package; with the default of the primal, and its own copy of the array."""
    result = CliRunner().invoke(main, [*HEAT, "-o", "heat_grad.py"])
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    program = (
        "import numpy as np, heat_grad\nu = np.array([0.0, 1.0, 0.0, 0.0])\n"
        "print(heat_grad.heat_grad(0.1, u), heat_grad.heat_grad(0.1, u, steps=2), u.tolist())\n"
        "print([m for m in sys.modules if m.startswith('scipy')], heat_grad.__all__)\n"
    )
    first, second = run_alone(module, program).splitlines()
    scope: dict[str, Any] = {}
    exec(compile(MODULE, str(module / "primal.py"), "exec"), scope)
    u = np.array([0.0, 1.0, 0.0, 0.0])
    expected = [grad(scope["heat"])(0.1, u), grad(scope["heat"])(0.1, u, 2)]
    assert [float(number) for number in first.split(" [")[0].split()] == expected
    assert first.endswith("[0.0, 1.0, 0.0, 0.0]")
    assert second == "[] ['heat_grad']"


def load(text: str) -> Any:
    scope: dict[str, Any] = {}
    exec(compile(text, "<exported>", "exec"), scope)
    return scope[scope["__all__"][0]]


def test_arguments_are_checked(module: Path) -> None:
    """What the code was not made for is refused, not computed."""
    heat_grad = load(answer(*HEAT))
    u = np.ones(4)
    for args, words in (
        ((1, u), "k must be a float"),
        ((0.1, u.astype(np.float32)), "u must be float64"),
        ((0.1, np.ones((2, 2))), "u must be float64"),
        ((0.1, [1.0, 2.0]), "u must be float64"),
        ((0.1, u, 2.0), "steps must be an int"),
        ((0.1, u, True), "steps must be an int"),
    ):
        with pytest.raises(TypeError, match=words):
            heat_grad(*args)


def test_shapes_and_options_are_checked(module: Path) -> None:
    types = ("--arg", "w=float64[m,n]", "--arg", "x=float64[n]")
    text = answer("export", "primal.py:several", "--wrt", "w,x", *types, "--value")
    function = load(text)
    w, x = np.full((2, 3), 0.1), np.ones(3)
    value, (w_bar, x_bar) = function(w, x)
    assert value == pytest.approx(0.3)
    assert w_bar == pytest.approx(np.full((2, 3), 0.5))
    assert x_bar == pytest.approx(np.full(3, 0.1))
    with pytest.raises(TypeError, match="mode must be 'mean'"):
        function(w, x, mode="sum")
    with pytest.raises(TypeError, match=r"x\.shape\[0\] must be w\.shape\[1\]"):
        function(w, np.ones(1))
    with pytest.raises(TypeError, match="positional"):
        function(w, x, "mean")
    shaped = load(answer("export", "primal.py:loose", "--arg", "x=float64[1,3]"))
    with pytest.raises(TypeError, match=r"x\.shape\[0\] must be 1"):
        shaped(np.ones((2, 3)))
    with pytest.raises(TypeError, match=r"x\.shape\[1\] must not be 1"):
        shaped(np.ones((1, 1)))


def test_written_arguments_must_not_be_shared(module: Path) -> None:
    (module / "primal.py").write_text("import numpy as np\n\n\ndef f(x, y):\n    x += y\n    return np.sum(x * y)\n")
    function = load(answer("export", "primal.py:f", "--arg", "x=float64[:]", "--arg", "y=float64[:]"))
    x = np.ones(3)
    with pytest.raises(ValueError, match="share memory"):
        function(x, x)
    assert function(x, x.copy()).tolist() == [1.0, 1.0, 1.0]


def test_nested_arguments(module: Path) -> None:
    layers_type = "layers=list[(float64[:,:], float64[:])]"
    text = answer("export", "primal.py:net", "--arg", layers_type, "--arg", "x=float64[:]")
    assert "layers: list[tuple[NDArray[np.float64], NDArray[np.float64]]]" in text
    function = load(text)
    layers = [(np.eye(2), np.zeros(2)), (np.eye(2), np.ones(2))]
    (w_bar, b_bar), _ = function(layers, np.array([0.1, 0.2]))
    assert w_bar.shape == (2, 2)
    assert b_bar.shape == (2,)
    for wrong, words in (
        (tuple(layers), "layers must be a list"),
        ([np.eye(2)], "must be a tuple of 2"),
        ([(np.eye(2), 1.0)], "must be float64"),
    ):
        with pytest.raises(TypeError, match=words):
            function(wrong, np.ones(2))


def test_helpers_come_along(module: Path) -> None:
    """Runtime helpers of several modules, with what these need, in a module that imports NumPy alone."""
    text = answer("export", "primal.py:wide", "--arg", "x=float64[n,n]")
    (module / "wide_grad.py").write_text(text)
    program = "import numpy as np, wide_grad\nx = np.array([[0.5, 1.0], [2.0, -1.0]])\n"
    found = np.array(eval(run_alone(module, program + "print(wide_grad.wide_grad(x).tolist())\n")))
    scope: dict[str, Any] = {}
    exec(compile(MODULE, str(module / "primal.py"), "exec"), scope)
    expected = grad(scope["wide"])(np.array([[0.5, 1.0], [2.0, -1.0]]))
    assert found.tolist() == expected.tolist()


def test_globals_are_written_down_or_refused(module: Path) -> None:
    text = answer("export", "primal.py:reads", "--arg", "x=float64[:]")
    assert "TABLE = np.array([1.0, np.inf, -2.5], dtype=np.float64)" in text
    assert load(text)(np.ones(3)).tolist() == [1.0, 0.0, -2.5]
    message = refused("export", "primal.py:reads_much", "--arg", "x=float64[:]")
    assert "LARGE cannot be written out" in message
    assert "make it a parameter of the function" in message


def test_pairs_and_what_they_call_come_along(module: Path) -> None:
    """More of them in ``test_export_pairs``."""
    recursive = load(answer("export", "primal.py:factorial", "--arg", "x=float"))
    assert recursive(2.0, 3) == 32.0
    looped = load(answer("export", "primal.py:snapshots", "--arg", "x=float", "--value"))
    value, slope = looped(0.5, 2)
    assert (value, slope) == pytest.approx((np.sin(np.sin(0.5)), np.cos(np.sin(0.5)) * np.cos(0.5)))
    assert load(answer("export", "primal.py:caught", "--arg", "x=float"))(2.0) == 0.5


def test_the_same_text_every_time_and_in_any_process(module: Path) -> None:
    first = answer(*HEAT)
    command = [sys.executable, "-W", "ignore", "-m", "diffcompile", *HEAT]
    environment = {**os.environ, "PYTHONHASHSEED": "99", "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    again = subprocess.run(command, capture_output=True, text=True, check=True, cwd=module, env=environment)
    assert again.stdout == first


def test_stale_files_are_found(module: Path) -> None:
    """``--check`` runs the command at the head of the file again."""
    assert CliRunner().invoke(main, [*HEAT, "-o", "heat_grad.py"]).exit_code == 0
    assert answer("export", "--check", "heat_grad.py") == "heat_grad.py is up to date\n"
    assert answer(*HEAT, "-o", "heat_grad.py", "--check") == "heat_grad.py is up to date\n"
    text = (module / "primal.py").read_text()
    (module / "primal.py").write_text(text.replace("2.0 * u[1:-1]", "1.9 * u[1:-1]"))
    result = CliRunner().invoke(main, ["export", "--check", "heat_grad.py"])
    assert result.exit_code == 1
    assert "-        t = u[2:] - 2.0 * u[1:-1] + u[:-2]\n+        t = u[2:] - 1.9 * u[1:-1] + u[:-2]\n" in result.stdout
    assert result.stderr == "heat_grad.py is stale\n"
    assert "no command at its head" in refused("export", "--check", "primal.py")
    assert "No such file" in refused("export", "--check", "nothing.py")


def test_exported_code_passes_a_type_checker(module: Path) -> None:
    api = pytest.importorskip("mypy.api")
    (module / "heat_grad.py").write_text(answer(*HEAT))
    (module / "use.py").write_text(
        "import numpy as np\nfrom heat_grad import heat_grad\n\nfound: float = heat_grad(0.1, np.ones(3), steps=2)\n"
        'wrong: str = heat_grad("0.1", np.ones(3))\n'
    )
    out, _, _ = api.run([str(module / "use.py"), "--no-error-summary", "--cache-dir", str(module / "cache")])
    lines = [line for line in out.splitlines() if "use.py" in line and "error" in line]
    assert len(lines) == 2, out
    assert all("use.py:5" in line for line in lines)
