"""A cast to a dtype that is only known when the program runs: what becomes a whole number has no tangent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import grad, jvp

Y = np.array([-0.8, 0.35, 1.4])


def stepped(y: Any) -> Any:
    """The first result of np.vectorize says that all are whole numbers."""
    return 1.0 * np.sum(np.vectorize(lambda u: 0 if u < 0 else u * u)(y))


def kind(y: Any) -> Any:
    return np.asarray([0 if y[0] < 0 else 1.0][0]).dtype


def by_method(y: Any) -> Any:
    return 1.0 * np.sum(y.astype(kind(y)))


def by_function(y: Any) -> Any:
    return 1.0 * np.sum(np.asarray(y, kind(y)))


def by_keyword(y: Any) -> Any:
    return 1.0 * np.sum(np.array(y, dtype=kind(y)))


def filled(y: Any) -> Any:
    return 1.0 * np.sum(np.full(3, y[2], kind(y)))


def summed(y: Any) -> Any:
    return 1.0 * np.sum(y, dtype=kind(y))


@pytest.mark.parametrize("fun", [stepped, by_method, by_function, by_keyword, filled, summed])
def test_whole_numbers_do_not_move(fun: Any) -> None:
    _, slope = jvp(fun, (Y,), (np.ones(3),))
    assert slope == 0.0
    np.testing.assert_array_equal(grad(fun)(Y), np.zeros(3))


@pytest.mark.parametrize("fun", [stepped, by_method, by_function, by_keyword, filled, summed])
def test_other_numbers_do(fun: Any) -> None:
    x = np.abs(Y)
    _, slope = jvp(fun, (x,), (np.ones(3),))
    assert slope == pytest.approx(np.sum(grad(fun)(x)))
    assert abs(slope) > 1.0
