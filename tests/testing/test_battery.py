"""The questions about a gradient: each is answered with no where it should be, by gradients that a test makes up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcompile.testing.battery import examine
from diffcompile.testing.compare import GradientMismatch, InconclusiveCheck
from testing.fakes import differentiator


def energy(x, y):
    return np.sum(x * x * y)


def point() -> tuple[Any, Any]:
    return np.array([0.5, -1.0, 2.0]), np.array([1.5, 3.0, -2.0])


def slope(x, y):
    return 2.0 * x * y, x * x


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Replace ``value_and_grad`` by gradients that the test gives."""

    def replace(gradient: Any, **options: Any) -> None:
        monkeypatch.setattr("diffcompile.api.value_and_grad", differentiator(gradient, **options))

    return replace


def outcomes(fun: Callable[..., Any], args: tuple[Any, ...], **options: Any) -> dict[str, str]:
    return {answer.question: answer.outcome for answer in examine(fun, args, **options).answers}


def test_every_question_is_asked_and_answered_with_yes() -> None:
    questions = "repeatable arguments value form gradient pullback repeated layout aliased symmetry product forward"
    assert outcomes(energy, point(), order=2, modes=("rev", "fwd")) == dict.fromkeys(questions.split(), "passed")


def test_outputs_that_are_no_scalars() -> None:
    """The inner products agree: ``<v, J u> = <J^T v, u>``, also for nested results."""

    def several(w, x):
        return np.tanh(w @ x), {"norm": np.sum(x * x)}, 3

    rng = np.random.default_rng(1)
    found = outcomes(several, (rng.normal(size=(2, 3)), rng.normal(size=3)), order=2)
    assert set(found.values()) <= {"passed", "skipped"}
    assert found["gradient"] == found["symmetry"] == "passed"


def test_float32_and_structures() -> None:
    net = {"w": np.ones((2, 3), np.float32), "b": (np.zeros(2, np.float32), 0.5)}

    def loss(net, x):
        return np.sum(np.tanh(net["w"] @ x + net["b"][0])) * net["b"][1]

    found = outcomes(loss, (net, np.ones(3, np.float32)))
    assert set(found.values()) <= {"passed", "skipped"}


def test_one_array_for_two_arguments(pretend: Any) -> None:
    """A gradient that goes wrong where its arguments are one array."""

    def wrong(x, y):
        first, second = slope(x, y)
        return (first * 2.0, second) if x is y else (first, second)

    pretend(wrong)
    found = outcomes(energy, point())
    assert found["aliased"] == "failed"
    assert found["gradient"] == found["layout"] == "passed"


def test_another_layout(pretend: Any) -> None:
    """A gradient that reads memory as if it were contiguous."""

    def wrong(x, y):
        first, second = slope(x, y)
        return first, second if y.flags.c_contiguous else second * 0.0

    pretend(wrong)
    found = outcomes(energy, point())
    assert found["layout"] == "failed"
    assert found["gradient"] == "passed"


def test_a_call_that_changes_the_next(pretend: Any) -> None:
    calls: list[int] = []

    def wrong(x, y):
        calls.append(1)
        first, second = slope(x, y)
        return first * (1.0 + (len(calls) > 1) * 1e-15), second

    pretend(wrong)
    assert outcomes(energy, point())["repeated"] == "failed"


def test_right_at_the_point_and_nowhere_else(pretend: Any) -> None:
    """What was computed for the first arguments is returned for others."""
    first = slope(*point())
    pretend(lambda x, y: (first[0].copy(), first[1].copy()))
    found = outcomes(energy, point(), order=2)
    assert found["gradient"] == "passed"
    assert found["repeated"] == "failed"


def test_a_hessian_that_is_not_symmetric(pretend: Any) -> None:
    """A field that is no gradient differs from one to second order."""
    x0, _ = point()

    def wrong(x, y):
        first, second = slope(x, y)
        twist = np.roll(x - x0, 1)
        return first + 3.0 * twist, second

    pretend(wrong)
    found = examine(energy, point(), order=2)
    (answer,) = [answer for answer in found.answers if answer.question == "symmetry"]
    assert answer.outcome == "failed"
    assert "is not the gradient of anything: <u, H v> = " in answer.text


def test_values_arguments_and_forms(pretend: Any) -> None:
    pretend(slope, value=1.0)
    assert outcomes(energy, point())["value"] == "failed"

    def careless(x, y):
        y[0] += 1.0
        return slope(x, y)

    pretend(careless)
    assert outcomes(energy, point())["arguments"] == "failed"
    pretend(lambda x, y: (slope(x, y)[0].astype(np.float32), slope(x, y)[1]))
    assert outcomes(energy, point())["form"] == "failed"


def test_the_first_wrong_answer_is_raised_before_what_is_unknown(pretend: Any) -> None:
    pretend(lambda x, y: (x, y))
    with pytest.raises(GradientMismatch, match="with respect to"):
        examine(energy, point()).raise_for_failure()
    counter = iter(range(100))
    with pytest.raises(InconclusiveCheck, match="two calls with the same arguments"):
        examine(lambda x: x * next(counter), (1.0,)).raise_for_failure()


def test_a_kink_of_the_second_derivative_is_no_noise() -> None:
    assert outcomes(lambda x, y: abs(x) * y + x, (0.0, 0.0))["gradient"] == "passed"


def test_entries_for_a_table() -> None:
    found = examine(energy, point())
    entries = found.entries(4)
    assert len(entries) == 4
    assert {entry.name[0] for entry in entries} <= {"x", "y"}
    assert max(entry.error for entry in entries) < 1e-12


def test_complex_numbers_are_not_passed_unseen() -> None:
    z = np.array([1.0 + 2.0j, 3.0])
    for args in ((z,), ({"a": np.ones(2), "z": z},)):
        with pytest.raises(TypeError, match="holds complex numbers, whose derivatives are not looked at here"):
            examine(lambda p: np.sum(np.abs(p["z"] if isinstance(p, dict) else p) ** 2), args, argnums=0)
