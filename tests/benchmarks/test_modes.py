"""The benchmark of second derivatives and Jacobians runs, notices what is wrong, and writes what it found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import modes
from diffcompile import jacobian

STEP = 1e-5


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(modes, "LONG_ENOUGH", 1e-4)
    rng = np.random.default_rng(0)
    ws = rng.normal(size=(3, 4, 4))
    sizes = {
        "rosenbrock": (rng.normal(size=6),), "network": (rng.normal(size=(4, 4)), rng.normal(size=4)),
        "likelihood": (rng.normal(size=3), rng.normal(size=(5, 3)), np.ones(5)),
        "layers": (rng.normal(size=4), ws), "reaction": (rng.normal(size=12),), "membrane": (rng.normal(size=(5, 5)),),
    }  # fmt: skip
    problems = [replace(problem, args=sizes[problem.fun.__name__], peers=False) for problem in modes.problems()]
    monkeypatch.setattr(modes, "problems", lambda: problems)
    return problems


def test_every_problem_is_right(small):
    for problem in small:
        v = np.random.default_rng(1).normal(size=problem.args[0].shape)
        found = modes.dense(modes.ours(problem, v)(), problem)
        fun = modes.bound(problem.fun, np)

        def along(direction, fun=fun, problem=problem):
            x, *rest = problem.args
            return (np.asarray(fun(x + direction, *rest)) - np.asarray(fun(x - direction, *rest))) / (2 * STEP)

        if problem.kind == "gradient":
            assert np.sum(found * v) == pytest.approx(along(STEP * v), rel=1e-6)
        elif "jacobian" in problem.kind:
            np.testing.assert_allclose(found @ v, along(STEP * v), rtol=1e-6, atol=1e-8)
        else:
            gradient = modes.ours(replace(problem, kind="gradient"), v)
            x, *rest = problem.args
            ends = []
            for sign in (1, -1):
                moved = replace(problem, kind="gradient", args=(x + sign * STEP * v, *rest))
                ends.append(modes.ours(moved, v)())
            expected = (ends[0] - ends[1]) / (2 * STEP)
            product = found if problem.kind == "hvp" else (found @ v.ravel()).reshape(v.shape)
            np.testing.assert_allclose(product, expected, rtol=1e-5, atol=1e-7)
            assert np.shape(gradient()) == v.shape


def test_the_report_goes_between_its_marks(small, tmp_path):
    path = tmp_path / "page.md"
    path.write_text("before\n<!-- modes -->\nold\n<!-- end of modes -->\nafter\n")
    modes.main(["--rounds", "2", "--only", "Rosenbrock", "--out", str(path)])
    text = path.read_text()
    assert text.startswith("before\n<!-- modes -->\n| problem |")
    assert text.endswith("<!-- end of modes -->\nafter\n")
    assert "old" not in text
    assert "| Rosenbrock, n = 200 | hessian | " in text
    assert "A product with the Hessian, in gradients:" in text


def test_a_system_that_differs_is_noticed(small, monkeypatch):
    problem = replace(small[0], peers=True)
    monkeypatch.setitem(modes.MAKERS, "wrong", lambda problem, v: lambda: np.zeros(problem.args[0].shape))
    with pytest.raises(AssertionError, match="wrong"):
        modes.measure(problem, ["diffcompile", "wrong"], 1)


def test_times_and_ratios():
    timed = modes.Timed(modes.problems()[0], {"diffcompile": [1.0, 2.0, 4.0], "jax": [3.0, 4.0, 4.0]})
    assert timed.median("diffcompile") == 2.0
    assert timed.ratio("jax") == 2.0
    assert [modes.shown(s) for s in (2.0, 0.0125, 3.25e-5)] == ["2 s", "12.5 ms", "32.5 µs"]
    assert jacobian(lambda x: x * 2)(np.ones(2)).tolist() == [[2.0, 0.0], [0.0, 2.0]]
