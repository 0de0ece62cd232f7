"""Solvers and integrals: functions that close over active values, and `args=`."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad, jvp
from rules.test_scipy_programs import check

optimize = pytest.importorskip("scipy.optimize")
integrate = pytest.importorskip("scipy.integrate")


def kepler(e: Any, m: Any) -> Any:
    """Kepler's equation, through a closure."""
    return optimize.brentq(lambda x: x - e * np.sin(x) - m, 0.0, 3.0) ** 2


def equation(x: Any, p: Any, q: Any) -> Any:
    return x**3 + p * x - q


def by_arguments(p: Any, q: Any) -> Any:
    return optimize.brentq(equation, 0.0, 5.0, args=(p, q)) * p


def by_newton(p: Any, q: Any) -> Any:
    return optimize.newton(equation, 1.0, args=(p, q), tol=1e-14)


def by_newton_with_slope(p: Any, q: Any) -> Any:
    def slope(x: Any, p: Any, q: Any) -> Any:
        return 3.0 * x**2 + p

    return optimize.newton(equation, 1.0, fprime=slope, args=(p, q), tol=1e-14)


def scalar_root(p: Any, q: Any) -> Any:
    found = optimize.root_scalar(equation, args=(p, q), bracket=(0.0, 5.0))
    return found.root + found.root**2


def iterated(p: Any, q: Any) -> Any:
    return optimize.fixed_point(lambda x: np.cos(p * x) + 0.1 * q, 0.5, xtol=1e-14)


def system(p: Any, q: Any) -> Any:
    def residual(x: Any) -> Any:
        return np.array([x[0] ** 2 + p * x[1] - 2.0, x[1] * q - np.sin(x[0])])

    found = optimize.root(residual, np.array([1.0, 1.0]), tol=1e-13)
    return np.sum(found.x * np.array([1.0, 3.0]))


def listed_system(p: Any, q: Any) -> Any:
    x = optimize.fsolve(
        lambda x: [x[0] + p * x[1] ** 2 - 2.0, x[1] - q * np.sin(x[0])], [1.0, 1.0], xtol=1e-13
    )
    return x[0] * x[1]


def least(p: Any, q: Any) -> Any:
    def energy(x: Any) -> Any:
        return np.sum((x - p) ** 4 + q * x**2)

    def slope(x: Any) -> Any:
        return 4.0 * (x - p) ** 3 + 2.0 * q * x

    found = optimize.minimize(energy, np.zeros(3), jac=slope, method="BFGS", tol=1e-12)
    return np.sum(found.x * np.array([1.0, 2.0, 3.0]))


def area(p: Any, q: Any) -> Any:
    value, _ = integrate.quad(lambda t: np.exp(-p * t) * np.sin(q * t), 0.0, 2.0)
    return value


def moving_ends(p: Any, q: Any) -> Any:
    return integrate.quad(lambda t, a: np.sin(a * t * t), p, p + q, args=(p,))[0]


def gaussian_tail(p: Any, q: Any) -> Any:
    return integrate.quad(lambda t: np.exp(-p * t * t) * q, 0.0, np.inf)[0]


PROGRAMS = [
    by_arguments, by_newton, by_newton_with_slope, scalar_root, iterated, system, listed_system, least, area,
    moving_ends, gaussian_tail, kepler,
]  # fmt: skip


@pytest.mark.parametrize("fun", PROGRAMS, ids=lambda fun: fun.__name__)
def test_gradient(fun: Any) -> None:
    check(fun, 0.5, 1.25)


@pytest.mark.parametrize("fun", PROGRAMS, ids=lambda fun: fun.__name__)
def test_tangent(fun: Any) -> None:
    _, slope = jvp(fun, (0.5, 1.25), (1.0, -0.5))
    bars = grad(fun, argnums=(0, 1))(0.5, 1.25)
    assert float(slope) == pytest.approx(bars[0] - 0.5 * bars[1], rel=1e-8)


def test_vectors_of_parameters() -> None:
    def equilibrium(w: Any, b: Any) -> Any:
        x = optimize.fixed_point(lambda x: np.tanh(w @ x + b), np.zeros(3), xtol=1e-14, method="iteration")
        return np.sum(x * x)

    rng = np.random.default_rng(2)
    check(equilibrium, 0.3 * rng.normal(size=(3, 3)), rng.normal(size=3))


def test_root_inside_a_loop() -> None:
    def chain(p: Any) -> Any:
        x = p
        for _ in range(3):
            x = optimize.brentq(lambda y, x=x: y + y**3 - x, -9.0, 9.0)
        return x

    check(chain, 2.5)


def test_integral_of_an_array() -> None:
    def total(w: Any) -> Any:
        return integrate.quad(lambda t: np.sum(np.cos(w * t)), 0.0, 1.0)[0]

    check(total, np.array([0.5, 1.5, 2.5]))


# --- minima: the equation is that of the slope, which the compiler finds itself ---

# of an energy with the matrix A + p I and the vector b + q the minimum is known, and so is its value
MATRIX, VECTOR = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([1.0, -0.5])


def closed_form(p: Any, q: Any) -> Any:
    x = np.linalg.solve(MATRIX + p * np.eye(2), VECTOR + q)
    return x[0] - 3.0 * x[1] ** 2 - 0.5 * np.sum(x * (VECTOR + q))


def energy_at(x: Any, p: Any, q: Any) -> Any:
    return 0.5 * x @ (MATRIX + p * np.eye(2)) @ x - np.sum(x * (VECTOR + q))


def minimum_by_closure(p: Any, q: Any) -> Any:
    found = optimize.minimize(lambda x: energy_at(x, p, q), np.zeros(2), tol=1e-9)
    return found.x[0] - 3.0 * found.x[1] ** 2 + found.fun


def minimum_by_arguments(p: Any, q: Any) -> Any:
    found = optimize.minimize(energy_at, np.zeros(2), args=(p, q), method="BFGS", tol=1e-9)
    return found.x[0] - 3.0 * found.x[1] ** 2 + found.fun


def minimum_with_slope(p: Any, q: Any) -> Any:
    def slope(x: Any) -> Any:
        return (MATRIX + p * np.eye(2)) @ x - VECTOR - q

    found = optimize.minimize(lambda x: energy_at(x, p, q), np.zeros(2), jac=slope, tol=1e-12)
    return found.x[0] - 3.0 * found.x[1] ** 2 + found.fun


def minimum_of_a_pair(p: Any, q: Any) -> Any:
    def both(x: Any) -> Any:
        return energy_at(x, p, q), (MATRIX + p * np.eye(2)) @ x - VECTOR - q

    found = optimize.minimize(both, np.zeros(2), jac=True, tol=1e-12)
    return found.x[0] - 3.0 * found.x[1] ** 2 + found.fun


def keyword_only(x: Any, *rest: Any, shift: Any = 0.0) -> Any:
    return energy_at(x, rest[0], rest[1] + shift)


def minimum_of_a_partial(p: Any, q: Any) -> Any:
    found = optimize.minimize(functools.partial(keyword_only, shift=0.25), np.zeros(2), args=(p, q - 0.25), tol=1e-9)
    return found.x[0] - 3.0 * found.x[1] ** 2 + found.fun


def minimum_of_arrays_of_one_item() -> tuple[Any, Any]:
    def of_items(p: Any, q: Any) -> Any:
        found = optimize.minimize(lambda x: (x - p) ** 2 * (1.0 + q) + x * q, 0.5, tol=1e-12)
        return found.x[0] ** 2 + found.fun

    def by_hand(p: Any, q: Any) -> Any:
        x = p - 0.5 * q / (1.0 + q)
        return x**2 + (x - p) ** 2 * (1.0 + q) + x * q

    return of_items, by_hand


def test_minimum_of_a_function_that_returns_an_array_of_one_item() -> None:
    of_items, by_hand = minimum_of_arrays_of_one_item()
    found, expected = (grad(fun, argnums=(0, 1))(0.5, 1.25) for fun in (of_items, by_hand))
    assert found == pytest.approx(expected, rel=1e-5)


MINIMA = [minimum_by_closure, minimum_by_arguments, minimum_with_slope, minimum_of_a_pair, minimum_of_a_partial]


@pytest.mark.parametrize("fun", MINIMA, ids=lambda fun: fun.__name__)
def test_minima_have_the_derivative_of_their_closed_form(fun: Any) -> None:
    expected = grad(closed_form, argnums=(0, 1))(0.5, 1.25)
    found = grad(fun, argnums=(0, 1))(0.5, 1.25)
    assert fun(0.5, 1.25) == pytest.approx(closed_form(0.5, 1.25), rel=1e-6)
    assert found == pytest.approx(expected, rel=1e-5)
    _, slope = jvp(fun, (0.5, 1.25), (1.0, -0.5))
    assert float(slope) == pytest.approx(expected[0] - 0.5 * expected[1], rel=1e-5)


DESIGN = np.vander(np.linspace(0.0, 1.0, 7), 3)
TIGHT = {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15}


def fitted_line(y: Any) -> Any:
    found = optimize.least_squares(lambda c: DESIGN @ c - y, np.zeros(3), **TIGHT)
    return np.sum(found.x**2) + found.cost


def fitted_by_hand(y: Any) -> Any:
    c = np.linalg.lstsq(DESIGN, y, rcond=None)[0]
    return np.sum(c**2) + 0.5 * np.sum((DESIGN @ c - y) ** 2)


def test_least_squares_of_a_line() -> None:
    y = np.random.default_rng(3).normal(size=7)
    np.testing.assert_allclose(grad(fitted_line)(y), grad(fitted_by_hand)(y), rtol=1e-5, atol=1e-5)


def test_least_squares_that_are_not_linear_and_do_not_fit() -> None:
    times = np.linspace(0.0, 1.0, 9)

    def residuals(c: Any, y: Any) -> Any:
        return [c[0] * np.exp(-c[1] * t) - value for t, value in zip(times, y, strict=True)]

    def constants(y: Any) -> Any:
        c = optimize.least_squares(residuals, np.array([1.0, 1.0]), args=(y,), loss="linear", **TIGHT).x
        return c[0] * c[1]

    y = 2.0 * np.exp(-1.5 * times) + 0.1 * np.sin(9.0 * times)
    found = grad(constants)(y)
    step = 1e-4
    for k in range(9):
        unit = np.eye(9)[k] * step
        expected = (constants(y + unit) - constants(y - unit)) / (2.0 * step)
        assert found[k] == pytest.approx(expected, rel=2e-4, abs=2e-4)


def test_fields_that_are_asked_for() -> None:
    def root(p: Any) -> Any:
        found = optimize.root(lambda y: y**3 - p, np.ones(2))
        return np.sum(found.x) if "x" in found else 0.0

    np.testing.assert_allclose(grad(root)(np.array([1.0, 8.0])), [1.0 / 3.0, 1.0 / 12.0], rtol=1e-8)
    with pytest.raises(UnsupportedError, match="has such a field is not known"):
        grad(lambda p: float("jac" in optimize.root(lambda y: y - p, np.ones(1))) * p[0])(np.ones(1))


def test_refused() -> None:
    def with_constraints(p: Any) -> Any:
        return np.sum(
            optimize.minimize(
                lambda x: np.sum((x - p) ** 2),
                np.zeros(2),
                jac=lambda x: 2.0 * (x - p),
                constraints={"type": "eq", "fun": lambda x: np.sum(x) - 1.0},
            ).x
        )

    with pytest.raises(UnsupportedError, match="this loss= of least_squares has no derivative rule"):
        grad(lambda p: optimize.least_squares(lambda x: x - p, np.zeros(1), loss=np.log1p).x[0])(0.5)
    with pytest.raises(UnsupportedError, match="constraints= has no derivative rule"):
        grad(with_constraints)(0.5)
    with pytest.raises(UnsupportedError, match="golden with full_output= has no derivative rule"):
        grad(lambda p: optimize.golden(lambda x: (x - p) ** 2, full_output=True)[0])(0.5)


# --- differential equations ---


def oscillator(y: Any, t: Any, k: Any, damping: Any) -> Any:
    return [y[1], -k * y[0] - damping * y[1]]


def swings(k: Any, damping: Any) -> Any:
    t = np.linspace(0.0, 2.0, 5)
    y = integrate.odeint(oscillator, [1.0, 0.0], t, args=(k, damping), rtol=1e-11, atol=1e-12)
    return np.sum(y[:, 0] ** 2) + y[-1, 1]


def starts(k: Any, y0: Any) -> Any:
    def flow(t: Any, y: Any) -> Any:
        return np.array([y[1] * np.cos(t), -k * np.sin(y[0])])

    found = integrate.solve_ivp(
        flow, (0.5, 2.0), y0, t_eval=np.array([1.0, 1.5, 2.0]), rtol=1e-11, atol=1e-12
    )
    return np.sum(found.y * np.array([[1.0, 2.0, 3.0], [0.5, -1.0, 2.0]]))


def ends(k: Any, y0: Any) -> Any:
    found = integrate.solve_ivp(
        lambda t, y: -k * y + t, (0.0, 1.0), y0, rtol=1e-11, atol=1e-12, method="LSODA"
    )
    return np.sum(found.y[:, -1] ** 2)


def by_time_first(k: Any, y0: Any) -> Any:
    y = integrate.odeint(
        lambda t, y: np.sin(k * t) - y**2, y0, [0.0, 0.5, 1.0], tfirst=True, rtol=1e-11, atol=1e-12
    )
    return np.sum(y)


@pytest.mark.parametrize("fun", [swings, starts, ends, by_time_first], ids=lambda fun: fun.__name__)
def test_differential_equation(fun: Any) -> None:
    check(fun, 1.5, 0.25 if fun is swings else np.array([0.5, 1.25]), tolerance=1e-7)


def test_active_times_are_refused() -> None:
    def reads(t: Any) -> Any:
        return integrate.odeint(lambda y, s: -y, [1.0], [0.0, t])[-1, 0]

    with pytest.raises(UnsupportedError, match="t=, which is active"):
        grad(reads)(0.5)


def test_initial_state_made_of_parameters() -> None:
    def orbit(a: Any, b: Any) -> Any:
        y = integrate.odeint(
            oscillator, [a, b * a], np.array([0.0, 1.0]), args=(2.0, 0.1), rtol=1e-11, atol=1e-12
        )
        return y[-1, 0] * y[-1, 1]

    def fitted(rates: Any) -> Any:
        error = 0.0
        for start in (0.5, 1.0):
            found = integrate.solve_ivp(
                lambda t, y: -rates * y, (0.0, 1.0), rates * start, rtol=1e-11, atol=1e-12
            )
            error += np.sum((found.y[:, -1] - 0.25) ** 2)
        return error

    check(orbit, 0.5, 1.5, tolerance=1e-7)
    check(fitted, np.array([0.5, 1.5]), tolerance=1e-7)


def _iterated_residual(p: Any) -> Any:
    def residual(x: Any) -> Any:
        y = x.copy()
        for _ in range(3):
            y = np.tanh(y) * p + 0.1 * x[::-1]
        return 3.0 * x - y - np.array([p, 1.0])

    return np.sum(optimize.fsolve(residual, np.zeros(2), xtol=1e-13) * np.array([1.0, 2.0]))


def _stored_residual(p: Any) -> Any:
    def residual(x: Any) -> Any:
        a = x.copy()
        b = x * p
        for _ in range(3):
            b[:] = a * a * 0.3
            b[0] *= a[1]
            a, b = b, a
        a[1] = a[1] * a[0]
        return a + x - p

    return np.sum(optimize.root(residual, np.full(2, 0.6), tol=1e-13).x * np.array([1.0, 2.0]))


@pytest.mark.parametrize("solve", [_iterated_residual, _stored_residual])
def test_equations_with_loops_and_stores(solve: Any) -> None:
    """The Jacobian of the equations takes a pullback for each of them: the sweeps must not use anything up."""
    step = 1e-5
    expected = (solve(0.7 + step) - solve(0.7 - step)) / (2 * step)
    assert grad(solve)(0.7) == pytest.approx(expected, rel=1e-8)


class Valve:
    """Solves for what it keeps, and changes what the equation reads."""

    def __init__(self, a: Any) -> None:
        self.a = a * 1.0
        self.w = 0.0

    def step(self, p: Any) -> None:
        self.w = optimize.newton(lambda r: r**3 * self.a - p, 1.0, tol=1e-14)
        self.a = self.w + 0.1 * self.a

    def both(self, p: Any) -> Any:
        found = optimize.fsolve(lambda r: r**3 * self.a - p, np.ones(2))
        self.w = found
        self.a[0] = found[1]
        found[:] = found * 2.0
        return found


def valves(t: Any, p: Any) -> Any:
    made = [Valve(t), Valve(p)]
    for valve in made:
        valve.step(t + p)
        valve.step(2.0)
    return made[0].w * made[1].w


def one_valve(t: Any, p: Any) -> Any:
    valve = Valve(np.array([t, p]))
    first = valve.both(p + 1.0)
    return np.sum((first + valve.both(2.0 * t)) * valve.w * valve.a)


@pytest.mark.parametrize("fun", [valves, one_valve], ids=lambda fun: fun.__name__)
def test_the_equation_reads_an_object_that_changes(fun: Any) -> None:
    check(fun, 1.3, 0.4)
