"""Fits and minima with bounds, and with losses that are not linear."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad, jvp
from rules.checking import slope_at_zero

optimize = pytest.importorskip("scipy.optimize")

TIGHT = {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15}
WEIGHTS = np.array([1.0, -2.0, 3.0])


def energy(u: Any, p: Any) -> Any:
    """Its minimum without bounds is near (1.2, -0.3, 0.4) for p = 0.5."""
    return np.sum((u - np.array([1.2, -0.3, 0.4]) * (0.5 + p)) ** 2) + p * u[0] * u[1] * u[2] + 0.25 * u[0] * u[2]


def boxed(p: Any) -> Any:
    found = optimize.minimize(energy, np.full(3, 0.5), args=(p,), bounds=[(0.0, 0.8)] * 3, tol=1e-12)
    return np.sum(found.x * WEIGHTS)


def boxed_value(p: Any) -> Any:
    return optimize.minimize(energy, np.full(3, 0.5), args=(p,), bounds=[(0.0, 0.8)] * 3, tol=1e-12).fun


def from_below(p: Any) -> Any:
    found = optimize.minimize(
        lambda u: energy(u, p), np.full(3, 0.5), method="L-BFGS-B", bounds=[(None, 0.7), (-5.0, None), (None, None)],
        tol=1e-12,
    )  # fmt: skip
    return np.sum(found.x * WEIGHTS)


def out_of_reach(p: Any) -> Any:
    found = optimize.minimize(lambda u: energy(u, p), np.full(3, 0.5), bounds=[(-9.0, 9.0)] * 3, tol=1e-12)
    return np.sum(found.x * WEIGHTS)


def residuals(u: Any, p: Any) -> Any:
    t = np.array([0.0, 0.5, 1.0, 1.5])
    return u[0] * np.exp(-u[1] * t) - np.array([2.0, 1.1, 0.4 + p, 0.9])


def held(p: Any) -> Any:
    found = optimize.least_squares(residuals, [1.0, 0.5], args=(p,), bounds=([0.0, 0.0], [1.7, 3.0]), **TIGHT)
    return found.x[0] + 2.0 * found.x[1]


def held_cost(p: Any) -> Any:
    return optimize.least_squares(residuals, [1.0, 0.5], args=(p,), bounds=(0.0, [1.7, 3.0]), **TIGHT).cost


def soft(p: Any) -> Any:
    found = optimize.least_squares(residuals, [1.0, 0.5], args=(p,), loss="soft_l1", **TIGHT)
    return found.x[0] + 2.0 * found.x[1] + found.cost


def cauchy(p: Any) -> Any:
    found = optimize.least_squares(residuals, [1.0, 0.5], args=(p,), loss="cauchy", **TIGHT)
    return found.x[0] + 2.0 * found.x[1] + found.cost


def huber(p: Any) -> Any:
    found = optimize.least_squares(lambda u: 3.0 * residuals(u, p), [1.0, 0.5], loss="huber", **TIGHT)
    return found.x[0] + 2.0 * found.x[1] + found.cost


def arctan(p: Any) -> Any:
    found = optimize.least_squares(residuals, [1.0, 0.5], args=(p,), loss="arctan", **TIGHT)
    return found.x[0] + 2.0 * found.x[1] + found.cost


PROGRAMS = [boxed, boxed_value, from_below, out_of_reach, held, held_cost, soft, cauchy, huber, arctan]


@pytest.mark.parametrize("fun", PROGRAMS, ids=lambda fun: fun.__name__)
def test_derivative(fun: Any) -> None:
    expected = slope_at_zero(lambda t: float(fun(0.5 + 0.1 * t))) / 0.1
    found = grad(fun)(0.5)
    assert found == pytest.approx(expected, rel=3e-4, abs=1e-5)
    assert abs(found) > 1e-3
    value, slope = jvp(fun, (0.5,), (2.0,))
    assert value == pytest.approx(float(fun(0.5)), rel=1e-9)
    assert slope == pytest.approx(2.0 * found, rel=1e-8)


def test_what_a_bound_holds_does_not_move() -> None:
    def first(p: Any) -> Any:
        return optimize.minimize(energy, np.full(3, 0.5), args=(p,), bounds=[(0.0, 0.8)] * 3, tol=1e-12).x[0]

    assert first(0.5) == pytest.approx(0.8)
    assert grad(first)(0.5) == 0.0


def test_bounds_that_move_are_refused() -> None:
    def limit(p: Any) -> Any:
        return optimize.minimize(lambda u: energy(u, 0.5), np.full(3, 0.5), bounds=[(0.0, p)] * 3).x[0]

    with pytest.raises(UnsupportedError, match="bounds="):
        grad(limit)(0.8)


def test_second_derivatives_are_refused() -> None:
    for fun in (boxed, soft):
        with pytest.raises(UnsupportedError, match="no second derivative"):
            grad(lambda p, fun=fun: grad(fun)(p))(0.5)


def test_a_loss_of_the_users_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="loss="):
        grad(lambda p: optimize.least_squares(residuals, [1.0, 0.5], args=(p,), loss="huber", f_scale=0.1).x[0])(0.5)
