"""Functions that vary fast beside their arguments: right gradients pass, wrong ones do not."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcompile import adjoint, check_grads
from diffcompile.testing.compare import GradientMismatch, InconclusiveCheck
from diffcompile.testing.numerical import directional_derivative


def wave(x: float) -> float:
    return math.sin(1e3 * x)


def fraction(x: float) -> float:
    return (x % 1.0) * 2.0


def many(x: Any) -> Any:
    return np.sum(np.sin(x))


RIGHT: list[tuple[Callable[..., Any], Any]] = [
    (wave, 1e3), (wave, 0.3), (fraction, 1e5 + 0.3), (many, np.array([1e6, 1e8])), (lambda x: x**20, 1e3),
]  # fmt: skip


@pytest.mark.parametrize(("fun", "x"), RIGHT)
def test_right_gradients_of_fast_functions_pass(fun: Callable[..., Any], x: Any) -> None:
    check_grads(fun, (x,))


def test_derivatives_of_fast_functions_are_found_with_short_steps() -> None:
    for scale in (500.0, 1e3, 1.3e3):
        found = directional_derivative(wave, (1e3,), [scale])
        assert found.value == pytest.approx(1e3 * math.cos(1e6) * scale, rel=1e-5)
        assert not found.trouble


@pytest.mark.parametrize("x", (1e3, 0.3))
def test_wrong_gradients_of_fast_functions_do_not(x: float) -> None:
    def wrong(x: float) -> float:
        return math.sin(1e3 * x)

    adjoint(wrong)(lambda ct, y, x: (1.001e3 * ct * math.cos(1e3 * x),))
    with pytest.raises(GradientMismatch):
        check_grads(lambda x: wrong(x) * 1.0, (x,), modes=("rev",))


def test_derivatives_that_are_lost_in_narrow_numbers_are_found() -> None:
    """Plateaus of float32 are no proof that a derivative is zero."""

    def narrow(x: Any) -> Any:
        return x.astype(np.float32).astype(np.float64)

    adjoint(narrow)(lambda ct, y, x: (0.0 * ct,))
    with pytest.raises(GradientMismatch):
        check_grads(lambda x: np.sum(2.0 * narrow(x)) + np.sum(x), (np.array([1.1, 2.3]),), modes=("rev",))


def test_steps_and_stairs_cannot_be_decided() -> None:
    with pytest.raises(InconclusiveCheck):
        check_grads(lambda x: np.sum(np.where(x > 1.0, 1.0, 0.0) + x), (np.ones(2),))
    with pytest.raises(InconclusiveCheck):
        check_grads(lambda x: np.sum(np.floor(x * 1e4) / 1e4 + x * x), (np.array([1.23456, 2.3]),))


def test_large_derivatives_raise_no_warnings() -> None:
    check_grads(lambda x: 1e200 * x * x, (1.0,))
