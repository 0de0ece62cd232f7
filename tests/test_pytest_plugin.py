"""The pytest plugin, run in a pytest of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import diffcompile.testing.collecting  # noqa: F401 - once, and not in each of the runs
from testing.fakes import differentiator

pytest_plugins = ["pytester"]


@pytest.fixture
def run(pytester: pytest.Pytester, request: pytest.FixtureRequest) -> Any:
    """Run a test file with the plugin and strict markers."""
    installed = request.config.pluginmanager.has_plugin("diffcompile")
    load = [] if installed else ["-p", "diffcompile.pytest_plugin"]
    load += ["-p", "no:hypothesispytest"]  # imports itself at the end of each run, a second every time

    def run_file(text: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(text)
        return pytester.runpytest_inprocess(*load, "--strict-markers", *options)

    return run_file


@pytest.fixture
def wrong_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every gradient with respect to the first argument three times itself."""
    source = "def loss_grad(w):\n    # return np.sum(w * w)\n    w_bar = 6.0 * w\n    return w_bar\n"
    fake = differentiator(lambda w, *rest: (6.0 * w, *rest), source=source)
    monkeypatch.setattr("diffcompile.api.value_and_grad", fake)


LOSS = """\
import numpy as np
import pytest

def loss(w, s=1.0):
    return np.sum(w * w) * s
"""


def test_fixture_passes(run: Any) -> None:
    """The fixture takes the arguments one after the other and the options by keyword."""
    result = run(
        LOSS
        + """
def test_all(gradcheck):
    gradcheck(loss, np.ones(3))

def test_options(gradcheck):
    gradcheck(loss, np.ones(3), 2.0, argnums=("w", 1), rtol=1e-8, atol=1e-8)
"""
    )
    result.assert_outcomes(passed=2)


def test_fixture_fails(run: Any, wrong_compiler: None) -> None:
    """The report names the argument, the index, both numbers and the generated line."""
    result = run(LOSS + "\ndef test_wrong(gradcheck):\n    gradcheck(loss, np.array([1.0, 2.0]))\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*GradientMismatch: the gradient of loss (*:4) with respect to w is wrong",
            "*w[[]1]  * 4 * 12 * 8  *",
            "*3      w_bar = 6.0 * w",
        ]
    )
    # the report shows the test, not the inside of the checker
    result.stdout.no_fnmatch_line("*def check_grads*")


MARKED = (
    LOSS
    + """
@pytest.fixture
def point():
    return np.array([1.0, 2.0])

@pytest.mark.gradcheck(args=(np.array([1.0, 2.0]),))
def test_returned():
    return loss

@pytest.mark.gradcheck(fun=loss, args=lambda: (np.array([1.0, 2.0]),), argnums="w")
def test_named(): ...

@pytest.mark.gradcheck(loss, args=(np.array([1.0, 2.0]),))
def test_named_by_position(): ...

@pytest.mark.gradcheck
def test_from_fixture(point):
    return loss, (point,)

@pytest.mark.gradcheck(args=(np.array([1.0, 2.0]),))
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_parametrised(scale):
    return lambda w: loss(w)

class TestInClass:
    @pytest.mark.gradcheck(args=(np.array([1.0, 2.0]),))
    def test_method(self):
        return loss
"""
)


def test_marker_passes(run: Any) -> None:
    """The function is returned or named; the arguments are a tuple, made by a function, or returned."""
    run(MARKED).assert_outcomes(passed=7)


def test_marker_takes_arguments_as_the_fixture_does(run: Any) -> None:
    mark = "\n@pytest.mark.gradcheck(loss, np.ones(2), argnums={})\ndef test_it(): ...\n"
    run(LOSS + mark.format(0)).assert_outcomes(passed=1)
    run(LOSS + mark.format(1)).stdout.fnmatch_lines(["*called without argument 1; its arguments are w"])


def test_marker_fails(run: Any, wrong_compiler: None) -> None:
    """Each of these tests really checks."""
    run(MARKED).assert_outcomes(failed=7)


def test_several_markers_are_several_checks(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gradient that is right at one point and wrong at another fails."""
    right_at_one = differentiator(lambda w: (np.where(w < 1.5, 2.0 * w, 0.0),))
    monkeypatch.setattr("diffcompile.api.value_and_grad", right_at_one)
    one = "@pytest.mark.gradcheck(fun=loss, args=(np.ones(2),))\n"
    two = "@pytest.mark.gradcheck(fun=loss, args=(2.0 * np.ones(2),))\n"
    result = run(f"{LOSS}\n{one}def test_right(): ...\n\n{one}{two}def test_both(): ...\n")
    result.assert_outcomes(passed=1, failed=1)


def test_failing_body_fails_first(run: Any) -> None:
    """An assertion in the body of a marked test counts."""
    result = run(
        LOSS + "\n@pytest.mark.gradcheck(fun=loss, args=(np.ones(2),))\ndef test_it():\n    assert 0\n"
    )
    result.assert_outcomes(failed=1)


@pytest.mark.parametrize(
    ("marker", "returned", "words"),
    [
        ("()", "None", "must return a function"),
        ("()", "3", "this one returned 3"),
        ("()", "(loss,)", "must return a function"),
        ("(args=3)", "loss", "args must be a tuple of arguments, not 3"),
        ("(args=(np.ones(2),), order=3)", "loss", "order is 1 or 2"),
        ("(args=(np.ones(2),), modes=('sideways',))", "loss", "modes are 'rev' and 'fwd'"),
        ("(args=(np.ones(2),), tolerance=2)", "loss", "gradcheck: there is no option 'tolerance'; there are rtol, *"),
    ],
)
def test_misuse_is_told(run: Any, marker: str, returned: str, words: str) -> None:
    """What is missing or wrong in a marker is said in the report."""
    result = run(f"{LOSS}\n@pytest.mark.gradcheck{marker}\ndef test_it():\n    return {returned}\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*{words}*"])


def test_unmarked_tests_are_left_alone(run: Any) -> None:
    """Other tests run as ever."""
    result = run("def test_plain():\n    assert 1\n\ndef test_bad():\n    assert 0\n")
    result.assert_outcomes(passed=1, failed=1)


def test_marker_and_fixture_are_documented(run: Any) -> None:
    """``pytest --markers`` and ``pytest --fixtures`` show them."""
    run("", "--markers").stdout.fnmatch_lines(["@pytest.mark.gradcheck(*"])
    run("", "--fixtures").stdout.fnmatch_lines(["gradcheck*", "*Check the gradient of a function*"])


def test_the_plugin_loads_neither_compiler_nor_numpy() -> None:
    """A project that does not use the plugin does not pay for it."""
    program = (
        "import sys, diffcompile.pytest_plugin\n"
        "print([m for m in sys.modules if m in ('numpy', 'gast', 'diffcompile.api', 'diffcompile.testing.battery')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--gradcheck-rtol=abc", "gradcheck_rtol: cannot read 'abc'"),
        ("--gradcheck-atol=-1", "it is a positive number"),
        ("--gradcheck-order=3", "gradcheck_order: cannot read '3': it is 1 or 2"),
        ("--gradcheck-modes=x", "it is rev, fwd, or both"),
        ("--gradcheck-directions=0", "there is at least one"),
        ("--gradcheck-backend=numba", "it is numpy"),
    ],
)
def test_mistakes_in_settings_are_told_once(pytester: pytest.Pytester, option: str, words: str) -> None:
    pytester.makepyfile("def test_nothing(): pass\n")
    result = pytester.runpytest_inprocess(option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *{words}*"])
