"""Second derivatives through solvers and integrals: two steps of Newton's method, and a rule with nodes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad, hessian, hvp, jvp
from rules.checking import slope_at_zero

optimize = pytest.importorskip("scipy.optimize")
integrate = pytest.importorskip("scipy.integrate")


def cubic_root(p: Any) -> Any:
    return optimize.brentq(lambda u: u**3 + p * u - 1.3, 0.0, 2.0)


def with_arguments(p: Any) -> Any:
    return optimize.root_scalar(lambda u, a: u**3 + a * u - 1.3, args=(p,), bracket=(0.0, 2.0)).root ** 2


def two_equations(p: Any) -> Any:
    found = optimize.root(
        lambda u: np.array([u[0] ** 2 + p * u[1] - 2.0, u[1] * 2.0 - np.sin(u[0] * p)]), np.ones(2), tol=1e-13
    )
    return np.sum(found.x * np.array([1.0, 3.0]))


def listed(p: Any) -> Any:
    x = optimize.fsolve(lambda x: [x[0] + p * x[1] ** 2 - 2.0, x[1] - p * np.sin(x[0])], [1.0, 1.0], xtol=1e-13)
    return x[0] * x[1]


def by_newton(p: Any) -> Any:
    return optimize.newton(lambda u: u**3 + p * u - 1.3, 0.5, tol=1e-14)


def fixed(p: Any) -> Any:
    return p * optimize.fixed_point(lambda x: np.cos(p * x), 0.5, xtol=1e-14)


def place_of_minimum(p: Any) -> Any:
    return optimize.minimize(lambda u: np.sum((u - p) ** 4 + u**2), np.zeros(2), tol=1e-9).x[0]


def value_of_minimum(p: Any) -> Any:
    return optimize.minimize(lambda u, a: np.sum((u - a) ** 4 + u**2), np.zeros(2), args=(p,), tol=1e-9).fun


def by_its_slope(p: Any) -> Any:
    def slope(u: Any) -> Any:
        return 4.0 * (u - p) ** 3 + 2.0 * u

    return optimize.minimize(lambda u: np.sum((u - p) ** 4 + u**2), np.zeros(2), jac=slope, tol=1e-12).x[0]


def with_its_slope(p: Any) -> Any:
    def energy(u: Any) -> Any:
        return np.sum((u - p) ** 4 + u**2), 4.0 * (u - p) ** 3 + 2.0 * u

    return optimize.minimize(energy, np.zeros(2), jac=True, tol=1e-12).x[0]


def fitted(p: Any) -> Any:
    tight = {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15}
    found = optimize.least_squares(
        lambda u: np.array([u[0] - p, u[0] * u[1] - 2.0, u[1] ** 2 - p]), np.ones(2), **tight
    )
    return found.x[1]


def area(p: Any) -> Any:
    return integrate.quad(lambda t: np.exp(-p * t * t), 0.0, 2.0)[0]


def moving_ends(p: Any) -> Any:
    return integrate.quad(lambda t, a: np.sin(a * t * t), p, p * p + 1.0, args=(p,))[0]


def to_infinity(p: Any) -> Any:
    return integrate.quad(lambda t, k: np.exp(-p * t * k), p, np.inf, args=(p + 1.0,))[0]


def from_infinity(p: Any) -> Any:
    return integrate.quad(lambda t: t * np.exp(p * t), -np.inf, p)[0]


def backwards(p: Any) -> Any:
    return integrate.quad(lambda t: np.exp(-p * t * t), np.inf, p)[0]


def over_the_line(p: Any) -> Any:
    return integrate.quad(lambda t: 1.0 / (p + t * t), -np.inf, np.inf)[0]


PROGRAMS = [
    cubic_root, with_arguments, two_equations, listed, by_newton, fixed, place_of_minimum, value_of_minimum,
    by_its_slope, with_its_slope, fitted, area, moving_ends, to_infinity, from_infinity, backwards, over_the_line,
]  # fmt: skip


@pytest.mark.parametrize("fun", PROGRAMS, ids=lambda fun: fun.__name__)
def test_second_derivative(fun: Any) -> None:
    first = grad(fun)
    expected = slope_at_zero(lambda t: float(first(0.7 + 0.01 * t))) / 0.01
    assert grad(grad(fun))(0.7) == pytest.approx(expected, rel=2e-4)
    value, bend = jvp(grad(fun), (0.7,), (1.0,))
    assert value == pytest.approx(first(0.7), rel=1e-6)
    assert bend == pytest.approx(expected, rel=2e-4)


def test_third_derivative() -> None:
    """Of the root of u**3 + p u - 1.3, which two steps have exactly."""
    second = grad(grad(cubic_root))
    third = grad(grad(grad(cubic_root)))
    assert third(0.7) == pytest.approx((second(0.7001) - second(0.6999)) / 2e-4, rel=1e-6)


def test_hessian_and_its_products() -> None:
    def energy(w: Any) -> Any:
        return np.sum(optimize.fixed_point(lambda x: np.tanh(w * x + 0.5), np.zeros(3), xtol=1e-14) ** 2)

    w = np.array([0.25, -0.5, 0.75])
    matrix = hessian(energy)(w)
    v = np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(hvp(energy)(w, v), matrix @ v, rtol=1e-9)
    columns = [slope_at_zero(lambda t, u=u: grad(energy)(w + 0.01 * t * u) @ v) / 0.01 for u in np.eye(3)]
    np.testing.assert_allclose(columns, matrix @ v, rtol=1e-6)


def test_an_end_that_turns_out_to_be_infinite_is_refused() -> None:
    def tail(p: Any, end: Any) -> Any:
        return integrate.quad(lambda t: np.exp(-p * t * t), 0.0, end)[0]

    def bend(p: Any, end: Any) -> Any:
        return grad(tail)(p, end)

    assert grad(bend)(0.7, 9.0) == pytest.approx(0.375 * np.sqrt(np.pi) * 0.7**-2.5, rel=1e-9)
    with pytest.raises(UnsupportedError, match="no second derivative"):
        grad(bend)(0.7, np.inf)

