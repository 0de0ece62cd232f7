"""``show``: what it prints, that it runs and writes nothing, and how the command refuses."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import diffcompile
from cli.helping import MODEL, Show, refused
from diffcompile import grad, value_and_grad
from diffcompile.cli import main
from diffcompile.pipeline import STAGES

# -- what is printed ---


SETTLE = ("--arg", "w=float64[3,3]", "--arg", "x=float64[3]", "--arg", "n=int")


def test_code_is_what_a_call_compiles(model: Path, monkeypatch: pytest.MonkeyPatch, show: Show) -> None:
    monkeypatch.syspath_prepend(model.parent)
    import model as module  # noqa: PLC0415 - the file made above

    sizes = ("--arg", "w=float64[k,k]", "--arg", "x=float64[k]", "--arg", "n=int")  # a call sees that they agree
    for make, options in ((grad, ()), (value_and_grad, ("--value",))):
        gradient = make(module.settle, argnums=(0, 1))
        gradient(np.eye(3), np.ones(3), 4)
        assert show("settle", "--wrt", "w,x", *sizes, *options) == gradient.source


def test_code_for_unknown_types_computes_the_same(
    model: Path, monkeypatch: pytest.MonkeyPatch, show: Show
) -> None:
    monkeypatch.syspath_prepend(model.parent)
    import model as module  # noqa: PLC0415 - the file made above

    rng = np.random.default_rng(5)
    for shapes in (((3, 3), (3,)), ((2, 3), (3, 4)), ((3,), (3, 2)), ((3,), (3,))):
        w, x = (rng.normal(size=shape) for shape in shapes)
        scope: dict[str, Callable[..., object]] = {}
        exec(show("loss"), scope)
        np.testing.assert_allclose(scope["loss_grad"](w, x), grad(module.loss)(w, x), rtol=1e-12)


def test_stages_lead_from_the_text_to_the_code(show: Show) -> None:
    texts = {stage: show("settle", "--stage", stage, *SETTLE) for stage in STAGES}
    assert len(set(texts.values())) >= len(STAGES) - 1  # a pass may have nothing to do
    assert texts["source"] == MODEL[MODEL.index("def settle") : MODEL.index("\n\n\ndef loss")] + "\n"
    assert texts["ast"].startswith("FunctionDef(\n  name='settle'")
    assert "name='np'" in texts["ssa"]
    assert "numpy.tanh" not in texts["ssa"]
    assert "%w: float64[:,:]" in texts["typed"]
    assert "numpy.tanh" in texts["typed"]
    assert "numpy.outer" in texts["adjoint"]
    assert len(texts["optimised"]) <= len(texts["adjoint"])
    assert "w_bar += np.outer" in texts["code"]


def test_early_stages_of_a_function_without_derivative(model: Path, show: Show) -> None:
    assert "function unknown" in show("unknown", "--stage", "ssa")
    assert "%m: int" in show("unknown", "--stage", "typed")
    assert "class Local" in show("caught", "--stage", "source")
    assert "ClassDef(" in show("caught", "--stage", "ast")
    assert "a statement in a class" in refused("show", f"{model}:caught", "--stage", "ssa")


def test_functions_are_found_by_module_and_in_packages(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = model.parent / "pack"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "below.py").write_text("from .side import twice\n\n\ndef f(x: float):\n    return twice(x)\n")
    (package / "side.py").write_text("def twice(x):\n    return 2.0 * x\n")
    monkeypatch.chdir(model.parent)
    for target in ("pack.below:f", "pack/below.py:f", f"{package / 'below.py'}:f"):
        result = CliRunner().invoke(main, ["show", target])
        assert result.exit_code == 0, result.output
        assert result.stdout.endswith("    return 2.0\n")


def test_methods(show: Show) -> None:
    assert "def energy_grad(self, x):" in show("Spring.energy", "--arg", "x=float64[3]")
    assert show("Spring.energy", "--wrt", "0") == show("Spring.energy", "--wrt", "x")
    assert "self" not in show("Spring.square", "--arg", "x=float64[3]")
    assert "with respect to x" in show("Spring.of", "--arg", "x=float64[3]")
    assert "def energy_grad(self, x):" in show("spring.energy", "--arg", "x=float64[3]")


def test_a_decorated_function_is_seen_through(show: Show) -> None:
    assert "3.0 * x ** 2" in show("decorated", "--arg", "x=float64[3]")


def test_annotations_and_defaults_give_types(show: Show) -> None:
    typed = show("annotated", "--stage", "typed")
    assert "%n: int, %x: float64[...], %scale: float" in typed
    assert "numpy.mean" in typed
    assert "numpy.sum" not in typed  # the default of `mode` decides
    assert "with respect to x" in show("annotated")  # the first that is not an int
    other = show("annotated", "--stage", "typed", "--arg", 'mode="sum"', "--arg", "x=float32[:]")
    assert "%x: float32[:]" in other
    assert "numpy.sum" in other
    assert "2.0 * x\n" in show("scalar")


def test_nothing_is_run_or_written(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model.write_text("print('imported')\n" + MODEL)
    before = {path: path.stat().st_mtime_ns for path in model.parent.rglob("*")}
    monkeypatch.chdir(model.parent)
    result = CliRunner().invoke(main, ["show", "model:settle"])
    assert result.exit_code == 0, result.output
    assert result.stderr.startswith("imported\nnote: ")
    assert "imported" not in result.stdout
    assert "print('it runs')\n" in result.stdout
    assert "it runs" not in result.stdout.splitlines()
    assert {path: path.stat().st_mtime_ns for path in model.parent.rglob("*")} == before


def test_a_real_process(model: Path) -> None:
    def run(*args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "ignore", "-m", "diffcompile", *args]
        environment = {**os.environ, "PYTHONPATH": str(Path(diffcompile.__file__).parents[1])}
        return subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=model.parent, env=environment
        )

    shown = run("show", "model.py:scalar", "--value")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "2.0 * x" in shown.stdout
    assert run("show", "model:scalar", "--value").stdout == shown.stdout
    missing = run("show", "model:scaler")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert missing.stderr == "Error: model has no function 'scaler'; did you mean 'scalar'?\n"
    assert "show" in run("--help").stdout
    assert not list(model.parent.rglob("__pycache__"))


# -- refusals ---


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("nothing.py:f", "there is no file nothing.py"),
        ("no_such_module_at_all:f", "there is no module 'no_such_module_at_all'"),
        ("model.py", "is not of the form module:function"),
        ("model.py", "model.py:caught  or  model.py:many"),
        ("model.py:", "is not of the form module:function"),
        (":f", "is not of the form module:function"),
        ("model.py:los", "did you mean 'loss'?"),
        ("model.py:q", "model.py has no function 'q'; it has settle, loss"),
        ("model.py:Spring", "is a class: name one of its methods; it has energy, square, of"),
        ("model.py:Spring.force", "model.py.Spring has no function 'force'"),
        ("model.py:number", "is not a Python function but of type int"),
        ("model.py:np.pi", "is not a Python function"),
        ("failing.py:f", "importing failing.py failed: ZeroDivisionError: division by zero"),
        ("leaving.py:f", "importing leaving.py failed: SystemExit: 3"),
        ("needing.py:f", "importing needing.py failed: ModuleNotFoundError: No module named 'no_such_dependency'"),
        ("broken.py:f", "importing broken.py failed: SyntaxError"),
        ("open.py:f", "open.py:2\n    return x * (x\n               ^"),
        ("model.py:caught", "a statement in a class that is defined in a function is not supported"),
        ("model.py:many", "2 constructs are not supported"),
    ],
)
def test_refused_targets(model: Path, monkeypatch: pytest.MonkeyPatch, target: str, message: str) -> None:
    folder = model.parent
    (folder / "failing.py").write_text("x = 1\nx / 0\n")
    (folder / "leaving.py").write_text("import sys\nsys.exit(3)\n")
    (folder / "needing.py").write_text("import no_such_dependency\n")
    (folder / "broken.py").write_text("def f(:\n")
    (folder / "open.py").write_text("def f(x):\n    return x * (x\n")
    monkeypatch.chdir(folder)
    assert message in refused("show", target)


def test_types_that_are_not_known_are_told_beside_the_code(model: Path) -> None:
    """The hint goes to stderr, and only where the code is what was asked for."""
    found = CliRunner().invoke(main, ["show", f"{model}:settle", "--arg", "n=int"])
    assert found.exit_code == 0
    assert "nothing is known of w, x;" in found.stderr
    assert '--arg "w=..." --arg "x=..."' in found.stderr
    assert "note" not in found.stdout
    assert CliRunner().invoke(main, ["show", f"{model}:settle", "--stage", "ssa"]).stderr == ""
    assert CliRunner().invoke(main, ["show", f"{model}:scalar"]).stderr == ""


def test_a_failing_import_says_where(model: Path) -> None:
    model.write_text("import numpy as np\n\nnp.zeros(2).reshape(3)\n")
    assert f"{model}:3" in refused("show", f"{model}:f")


def test_a_refusal_points_into_the_file(model: Path) -> None:
    message = refused("show", f"{model}:caught")
    line = MODEL.splitlines().index("        import math") + 1
    what = "a statement in a class that is defined in a function is not supported"
    assert f"UnsupportedError: {what}\n  {model}:{line}\n" in message
    assert "^" in message
    assert "try: define it at module level" in message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--wrt", "q"), "settle has no parameter 'q'; it has w, x, n"),
        (("--wrt", "3"), "settle has no parameter '3'"),
        (("--wrt", "-1"), "settle has no parameter '-1'"),
        (("--wrt", "w,0"), "w is named twice"),
        (("--wrt", "n", "--arg", "n=int"), "cannot differentiate with respect to n: its type is int"),
        (("--wrt", "w", "--arg", "w=int64[3,3]"), "its type is int64[:,:]"),
        (("--wrt", "w", "--arg", "w=None"), "its type is None"),
        (("--arg", "q=float"), "settle has no parameter 'q'"),
        (("--arg", "w"), "'w' is not of the form name=type"),
        (("--arg", "w=float", "--arg", "w=float"), "w is given twice"),
        (("--arg", "w=flaot64[3]"), "w: 'flaot64' is neither a type nor a dtype"),
        (("--arg", "w=float64[3"), "w: 'float64[3' describes no type"),
        (("--arg", "w=float64[-3]"), "'-3' is no size of an axis"),
        (("--stage", "parsed"), "'parsed' is not one of"),
    ],
)
def test_refused_options(model: Path, options: tuple[str, ...], message: str) -> None:
    assert message in refused("show", f"{model}:settle", *options)


def test_an_output_that_is_no_number(model: Path) -> None:
    model.write_text("def f(x: float):\n    return 'text'\n")
    assert "TypeError: grad needs a function that returns one real number" in refused("show", f"{model}:f")


def test_a_function_without_parameters(model: Path) -> None:
    model.write_text("def f():\n    return 1.0\n")
    assert "f has no parameter that can be differentiated" in refused("show", f"{model}:f")


# -- more than one stage ---


def test_a_difference_of_two_stages(show: Show) -> None:
    text = show("settle", "--diff", "adjoint", "optimised", *SETTLE)
    assert text.startswith("--- adjoint\n+++ optimised\n@@ ")
    assert any(line.startswith("-") and "numpy.sum" in line for line in text.splitlines())
    assert not show("settle", "--diff", "code", "code", *SETTLE)


def test_side_by_side_puts_quoted_lines_beside_their_originals(show: Show) -> None:
    lines = show("settle", "--side-by-side", *SETTLE).splitlines()
    assert lines[0].split() == ["source", "│", "code"]
    assert any(line.split("│")[0].strip() == "return np.sum(y * y)" for line in lines)
    (beside,) = [line for line in lines if line.startswith("        y = np.tanh(w @ y)")]
    assert "y = np.tanh(w @ y)" in beside.split("│")[1]
    two = show("settle", "--side-by-side", "--diff", "adjoint", "optimised", *SETTLE).splitlines()
    assert sum(line.split("│")[0].strip() == line.split("│")[-1].strip() for line in two) > 5


def test_nothing_is_lost_where_columns_wrap(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    wide = show("settle", *SETTLE)
    narrow = show("settle", "--side-by-side", *SETTLE).splitlines()[2:]
    assert max(map(len, narrow)) <= 60
    right = "".join(line.partition("│")[2].strip() for line in narrow)
    assert right.replace(" ", "") == "".join(wide.split())


def test_colour_is_only_for_terminals(model: Path) -> None:
    target = f"{model}:settle"
    plain = CliRunner().invoke(main, ["show", target, *SETTLE]).stdout
    assert "\x1b" not in plain
    coloured = CliRunner().invoke(main, ["show", target, *SETTLE, "--color", "always"]).stdout
    assert "\x1b[35mdef\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain
    forced = CliRunner().invoke(main, ["show", target, *SETTLE], env={"FORCE_COLOR": "1"}).stdout
    assert forced == coloured
    assert "\x1b" not in CliRunner().invoke(main, ["show", target], env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).stdout


def test_values_give_types_and_live_objects(show: Show) -> None:
    assert show("settle", "--set", "w=np.eye(3)", "--set", "x=np.ones(3)", "--set", "n=4") == show("settle", *SETTLE)
    assert "with respect to x" in show("Spring.energy", "--set", "self=Spring()", "--arg", "x=float64[3]")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--set", "w=np.eyes(3)"), "--set: w=np.eyes(3): AttributeError"),
        (("--set", "w"), "'w' is not of the form name=expression"),
        (("--set", "q=1"), "has no parameter 'q'"),
        (("--size", "n=many"), "'many' is no length"),
        (("--diff", "code", "nothing"), "'nothing' is not one of"),
    ],
)
def test_refused_values(model: Path, options: tuple[str, ...], message: str) -> None:
    assert message in refused("show", f"{model}:settle", *options)


def test_the_traceback_is_there_for_who_asks(model: Path) -> None:
    model.write_text("import numpy as np\n\nnp.zeros(2).reshape(3)\n")
    plain = refused("show", f"{model}:f")
    result = CliRunner().invoke(main, ["show", f"{model}:f", "--traceback"])
    assert result.exit_code == 2
    assert "Traceback (most recent call last)" in result.stderr
    assert result.stderr.endswith(plain)


def test_forward_mode(show: Show) -> None:
    code = show("settle", "--mode", "forward", *SETTLE)
    assert "def settle_tangent(w, x, n, w_dot):" in code
    stages = [show("settle", "--mode", "forward", "--stage", stage, *SETTLE) for stage in STAGES]
    assert all(stages)
    assert "w_dot" in stages[STAGES.index("adjoint")]


def test_a_wrong_command_is_corrected() -> None:
    assert "No such command 'shwo'. Did you mean 'show'?" in refused("shwo")


def test_backends(model: Path, show: Show) -> None:
    assert show("settle", *SETTLE, "--backend", "numpy") == show("settle", *SETTLE)
    result = CliRunner().invoke(main, ["show", f"{model}:settle", *SETTLE, "--backend", "numba"])
    assert result.exit_code == 2
    assert "the backend 'numba' is not there yet: leave it out" in result.output


def test_backend_of_a_gradient() -> None:
    with pytest.raises(ValueError, match="the backend 'numba' is not there yet"):
        grad(lambda x: x, backend="numba")


def test_imports_of_many_names_go_over_several_lines(tmp_path: Path) -> None:
    """Code for every type takes many helpers; it is still no wider than a page."""
    path = tmp_path / "heat.py"
    path.write_text(
        "import numpy as np\n\ndef heat(k, u, steps):\n    for _ in range(steps):\n"
        "        u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])\n    return np.sum(u**2)\n"
    )
    result = CliRunner().invoke(main, ["show", f"{path}:heat"])
    assert result.exit_code == 0
    head = result.stdout.partition("def heat_grad")[0]
    assert "from diffcompile.dynamic import (\n    add" in head
    assert max(map(len, head.splitlines())) <= 110
    compile(result.stdout, "heat_grad.py", "exec")


def test_what_types_decide_of_a_condition_is_not_asked(show: Show) -> None:
    text = show("loss", "--arg", "x=float64[:,:]")
    assert "np.ndim(w) == 2" in text
    assert "and True" not in text and "and False" not in text


def test_keys_that_are_numbers_have_no_brackets(tmp_path: Path) -> None:
    file = tmp_path / "keyed.py"
    file.write_text("def keyed(x: float, k: int) -> float:\n    d = {0: x, -1: x * x, 2: x}\n    return d[k]\n")
    text = CliRunner().invoke(main, ["show", f"{file}:keyed"]).stdout
    assert "d = {0: x, -1: x * x, 2: x}" in text
