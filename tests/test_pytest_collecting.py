"""``pytest --gradcheck``: marked functions are tests, wrong rules are caught, noise and kinks are no passes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import hypothesis.strategies as st  # once, and not in each of the runs
import pytest

import diffcompile.testing.collecting
from diffcompile import gradcheckable

pytest_plugins = ["pytester"]

QUICK = ("-p", "no:xdist", "-p", "no:hypothesispytest", "-p", "no:cacheprovider")
"""What costs a second every time, and is of no use here."""


@pytest.fixture
def run(pytester: pytest.Pytester, request: pytest.FixtureRequest) -> Any:
    """Run pytest over a module, which is not named like a test."""
    installed = request.config.pluginmanager.has_plugin("diffcompile")
    load = [] if installed else ["-p", "diffcompile.pytest_plugin"]

    def run_file(text: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(model=HEAD + text)
        return pytester.runpytest_inprocess(*load, "--strict-markers", *QUICK, *options)

    return run_file


HEAD = """\
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffcompile import adjoint, elementwise, grad, gradcheckable

"""
GOOD = """
@gradcheckable(example=(np.array([0.5, -1.0]), 2.0))
def marked(x, scale):
    return scale * np.sum(np.tanh(x))

@gradcheckable(example=lambda: (np.array([0.5, -1.0]),), order=2, directions=5)
@grad
def decorated(x):
    return np.sum(x**3)

@grad(argnums="y")
def annotated(n: int, y: NDArray[np.float64], option: str = "fast") -> float:
    return n * np.sum(np.sin(y))

@grad
def bare(x):
    return np.sum(x)

@gradcheckable
def vector(x: NDArray[np.float64], a: float) -> tuple[NDArray[np.float64], float]:
    return a * np.sin(x), a * a

class Model:
    def __init__(self, k): self.k = k

    @gradcheckable(example=lambda: (Model(3.0), np.ones(2)), argnums="x")
    def energy(self, x):
        return 0.5 * self.k * np.sum(x**2)

    @staticmethod
    @gradcheckable(example=(1.5,))
    def square(x):
        return x * x

    @classmethod
    @gradcheckable(example=(1.5,))
    def cube(cls, x):
        return x * x * x

def unmarked(x):
    return np.abs(x)
"""


def test_marked_functions_are_tests(run: Any) -> None:
    """Decorated functions and methods; what has no arguments is skipped visibly."""
    result = run(GOOD, "--gradcheck", "-v", "-rs")
    result.assert_outcomes(passed=7, skipped=1)
    names = set(re.findall(r"::gradcheck\[([\w.]+)\] PASSED", result.stdout.str()))
    assert names == {"marked", "decorated", "annotated", "vector", "Model.energy", "Model.square", "Model.cube"}
    result.stdout.fnmatch_lines(["*no value for x: it has no annotation; try @gradcheckable(example=*"])


def test_only_where_it_is_asked_for(run: Any) -> None:
    """Without the option nothing is collected, or imported."""
    assert run("raise SystemExit('imported')\n# grad\n").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_packages_are_found_by_name(pytester: pytest.Pytester, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that is not under the collected paths."""
    package = pytester.mkpydir("far_package")
    text = HEAD + "@gradcheckable(example=(1.0,))\ndef f(x):\n    return x * x\n"
    (package / "deep.py").write_text(text)
    (package / "other.py").write_text("raise SystemExit('nothing of interest here')\n")
    monkeypatch.syspath_prepend(pytester.path)
    pytester.mkdir("empty")
    run("", "empty", "--gradcheck-packages=far_package").assert_outcomes(passed=1)
    pytester.makeini("[pytest]\ngradcheck_packages = far_package\n")
    run("", "empty", "--gradcheck").assert_outcomes(passed=1)
    assert run("", "empty").ret == pytest.ExitCode.NO_TESTS_COLLECTED
    missing = run("", "--gradcheck-packages=no_such_package")
    assert missing.ret == pytest.ExitCode.USAGE_ERROR
    missing.stderr.fnmatch_lines(["*there is no package 'no_such_package'*"])


def custom(rule: str, body: str = "np.sin(x) * x", partials: str = "") -> str:
    """Return a module with a function ``own`` that has a rule, right or wrong, and one to check that calls it."""
    return f"""
def own(x):
    return {body}

{rule}

@gradcheckable(example=(np.array([0.5, -1.0, 2.0]),), order=2)
def loss(x):
    return np.sum(own(x) ** 2)
"""


RIGHT = "elementwise(own, lambda y, x: np.cos(x) * x + np.sin(x))"
SLOPE = "(np.cos(x) * x + np.sin(x))"
WRONG = {
    "sign": "elementwise(own, lambda y, x: np.sin(x) - np.cos(x) * x)",
    "a term is missing": "elementwise(own, lambda y, x: np.cos(x) * x)",
    "slightly off": f"elementwise(own, lambda y, x: 1.00001 * {SLOPE})",
    "zero": "elementwise(own, lambda y, x: 0.0 * x)",
    "not a number": "elementwise(own, lambda y, x: np.nan * x)",
    **{
        kind: f"@adjoint(own)\ndef rule(ct, y, x):\n    return ({result},)"
        for kind, result in {
            "wrong in one entry": f"ct * np.where(x > 1.5, 0.0, {SLOPE})",
            "cotangent forgotten": SLOPE,
            "cotangent squared": f"ct * np.abs(ct) * {SLOPE}",
            "wrong shape": f"(ct * {SLOPE})[:2]",
            "wrong dtype": f"(ct * {SLOPE}).astype(np.float32)",
        }.items()
    },
}


def test_a_right_rule_passes(run: Any) -> None:
    run(custom(RIGHT), "--gradcheck").assert_outcomes(passed=1)


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_rules_are_caught(run: Any, kind: str) -> None:
    """Every wrong rule is a failure, and the report says which function it is and how to run the check again."""
    result = run(custom(WRONG[kind]), "--gradcheck")
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert "loss" in text
    assert 'pytest --gradcheck "model.py::gradcheck[loss]"' in text
    assert "model.py:loss" in text


OPAQUE = """
calls = []
memory = np.zeros(3)

def own(x):
    return x * x
"""
STATEFUL = {
    "counts its calls": "calls.append(1)\n    return (ct * 2.0 * x * (1.0 if len(calls) < 2 else 0.0),)",
    "writes to its argument": "x *= 1.5\n    return (ct * 2.0 * x,)",
    "remembers the first point": "memory[:] = np.where(memory == 0.0, x, memory)\n    return (ct * 2.0 * memory,)",
}


@pytest.mark.parametrize("kind", STATEFUL)
def test_rules_with_a_memory_are_caught(run: Any, kind: str) -> None:
    """A rule that is right at the first call only, or leaves something behind."""
    helper = f"def slope(ct, x):\n    {STATEFUL[kind]}\n"
    rule = (
        "from diffcompile import nondifferentiable\nnondifferentiable(slope)\n"
        "@adjoint(own)\ndef rule(ct, y, x):\n    return slope(ct, x)\n"
    )
    loss = "@gradcheckable(example=(np.array([0.5, -1.0, 2.0]),))\ndef loss(x):\n    return np.sum(own(x))\n"
    result = run(OPAQUE + helper + rule + loss, "--gradcheck")
    assert result.parseoutcomes().get("failed") == 1, result.stdout.str()


ROUGH = {
    "noise": ("return np.sum(x**2) + 1e-7 * np.floor(9.0 * np.sin(1e6 * np.sum(x)))", "noise of about"),
    "float32 inside": ("return float(np.sum(x.astype(np.float32) ** 2))", "cannot be checked"),
    "random": ("return np.sum(x**2) + 1e-12 * np.random.default_rng().normal()", "two calls with the same arguments"),
    "kink": ("return np.sum(np.abs(x - np.array([0.5, 0.0, 0.0])))", "a kink: the one-sided derivatives are"),
    "maximum": ("return np.max(np.abs(x) * np.array([4.0, 2.0, 1.0]))", "a kink: the one-sided derivatives are"),
    "jump": ("return np.sum(x) if np.sum(x) >= 1.5 else np.sum(x) + 1.0", "cannot be checked"),
    "border": ("return np.sum(np.sqrt(x - np.array([0.5, -2.0, 0.0])))", "cannot be checked"),
}


@pytest.mark.parametrize("kind", ROUGH)
def test_rough_functions_are_no_passes(run: Any, kind: str) -> None:
    """Noise, kinks, jumps and borders are reported as such."""
    body, words = ROUGH[kind]
    text = f"@gradcheckable(example=(np.array([0.5, -1.0, 2.0]),))\ndef rough(x):\n    {body}\n"
    result = run(text, "--gradcheck", "-W", "ignore")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"*InconclusiveCheck: *{words}*"])


def test_strategies_step_round_kinks(run: Any) -> None:
    """Draws at a kink are drawn again; a wrong rule is still found."""
    text = """
from hypothesis import strategies as st

floats = st.sampled_from([-1.5, -0.5, 0.0, 0.25, 3.0])

@gradcheckable(strategy=st.tuples(floats, floats))
def folded(x, y):
    return abs(x) * y + x

@gradcheckable(strategy=st.tuples(st.just(0.0)))
def always(x):
    return abs(x)

def own(x):
    return x * x * x

elementwise(own, lambda y, x: 3.0 * x * x if False else np.where(x == 3.0, 0.0, 3.0 * x * x))

@gradcheckable(strategy=st.tuples(floats))
def wrong(x):
    return own(x)
"""
    result = run(text, "--gradcheck", "-v")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*no draw of the strategy can be checked*", "*x * 27 *", "*at 3.0*"])


@pytest.mark.parametrize("example", [st.tuples(st.floats(1, 2)), (st.floats(1, 2),)])
def test_a_strategy_is_no_example(example: Any) -> None:
    with pytest.raises(TypeError, match="pass it as strategy="):
        gradcheckable(lambda x: x, example=example)


def test_any_draw_of_a_strategy_can_be_checked(run: Any) -> None:
    """Draws close to a kink are drawn again; two ways to fail are one report, of the simplest arguments."""
    text = """
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

arrays = hnp.arrays(np.float64, st.integers(1, 3), elements=st.floats(-3, 3))

@gradcheckable(strategy=st.tuples(arrays))
def folded(x):
    return np.sum(np.abs(x))

def own(x):
    return np.exp(x)

elementwise(own, lambda y, x: np.where(x > 2.0, 0.0, y))

@gradcheckable(strategy=st.tuples(arrays))
def wrong(x):
    return np.sum(own(x))

@gradcheckable(strategy=st.floats(0.5, 1.0))
def loose(x):
    return x
"""
    result = run(text, "--gradcheck")
    result.assert_outcomes(passed=1, failed=2)
    words = "gradcheckable: a strategy draws tuples of arguments, not*"
    result.stdout.fnmatch_lines(["GradientMismatch: *wrong*", "at [[]*]", f"*{words}"])
    result.stdout.no_fnmatch_line("*Exception Group*")


MISTAKES = {
    "example=(1.0, 2.0)": "gradcheckable: these are no arguments of asked: too many positional arguments",
    "example=(1,)": "TypeError: no argument of asked (*model.py:*) holds a float or an array of floats",
    "example=(1.0,), argnums='y'": "ValueError: asked (*) is called without argument 'y'; its arguments are x",
    "example=(1.0,), modes='back'": "ValueError: modes are 'rev' and 'fwd', not ('back',)",
    "example=(1.0,), oder=2": "gradcheck: there is no option 'oder'; there are rtol, *",
    "example=lambda: 1 / 0": "E   ZeroDivisionError: division by zero",
    "example=(-1.0,)": "E * ValueError: below zero",
}


@pytest.mark.parametrize("given", MISTAKES)
def test_mistakes_are_told_without_the_checker(run: Any, given: str) -> None:
    """Neither pytest's own code nor that of the checker is shown."""
    body = "    if x < 0.0:\n        raise ValueError('below zero')\n    return x * 1.0\n"
    result = run(f"@gradcheckable({given})\ndef asked(x):\n{body}", "--gradcheck")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([MISTAKES[given].replace("[", "[[]")])
    for hidden in ("*_hookexec*", "*def runtest*", "*def examine*", "*_Trial*"):
        result.stdout.no_fnmatch_line(hidden)


def test_settings_come_from_code_then_command_line_then_ini(run: Any, pytester: pytest.Pytester) -> None:
    """A gradient that is off by 1e-5 passes with a tolerance of 1e-3, wherever that is set."""
    off = custom(WRONG["slightly off"])
    run(off, "--gradcheck", "--gradcheck-rtol=1e-3", "--gradcheck-order=1").assert_outcomes(passed=1)
    pytester.makeini("[pytest]\ngradcheck_rtol = 1e-3\n")
    run(off, "--gradcheck").assert_outcomes(passed=1)
    run(off, "--gradcheck", "--gradcheck-rtol=1e-8").assert_outcomes(failed=1)
    run(off.replace("order=2", "rtol=1e-9"), "--gradcheck").assert_outcomes(failed=1)
    test = "def test_it(gradcheck):\n    gradcheck(loss, np.ones(3){})\n"
    run(off + test.format(""), "model.py::test_it").assert_outcomes(passed=1)
    run(off + test.format(", rtol=1e-9"), "model.py::test_it").assert_outcomes(failed=1)
    bad = run(off, "--gradcheck", "--gradcheck-rtol=tight")
    bad.stderr.fnmatch_lines(["*gradcheck_rtol: cannot read 'tight'*"])
    run(off.replace("order=2", "tolerance=2"), "--gradcheck").assert_outcomes(failed=1)


def test_what_cannot_be_compiled_is_a_readable_failure(run: Any) -> None:
    body = "    try:\n        return x\n    except* ValueError:\n        raise\n"
    text = f"@gradcheckable(example=(1.0,))\ndef f(x):\n{body}"
    result = run(text, "--gradcheck")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["UnsupportedError: *", "*model.py:*", "*try:*"])
    result.stdout.no_fnmatch_line("*def examine*")


def test_a_module_that_does_not_import_is_an_error(run: Any) -> None:
    result = run("import no_such_module  # grad\n", "--gradcheck")
    result.assert_outcomes(errors=1)


def test_it_works_on_several_workers(
    pytester: pytest.Pytester, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under xdist every worker collects the same items."""
    pytest.importorskip("xdist")
    monkeypatch.setenv("PYTHONPATH", str(Path(diffcompile.__file__).parents[1]))
    installed = request.config.pluginmanager.has_plugin("diffcompile")
    load = [] if installed else ["-p", "diffcompile.pytest_plugin"]
    pytester.makepyfile(model=HEAD + GOOD + custom(WRONG["sign"]))
    result = pytester.runpytest_subprocess(*load, "--gradcheck", "-n", "2", *QUICK[2:])
    result.assert_outcomes(passed=7, skipped=1, failed=1)


def test_it_can_be_switched_off(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """``-p no:diffcompile`` takes the options away."""
    monkeypatch.setenv("PYTHONPATH", str(Path(diffcompile.__file__).parents[1]))
    pytester.makepyfile("def test_it():\n    assert 1\n")
    result = pytester.runpytest_subprocess("-p", "no:diffcompile", "--gradcheck")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
