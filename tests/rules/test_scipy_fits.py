"""Fits, searches for minima, and what is read of the results of solvers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad, jvp, value_and_grad
from rules.checking import slope_at_zero

optimize = pytest.importorskip("scipy.optimize")

TIMES = np.linspace(0.0, 1.0, 8)
DATA = 2.0 * np.exp(-1.3 * TIMES) + 0.05 * np.sin(20.0 * TIMES)
WAY = np.cos(np.arange(8.0))
TIGHT = {"ftol": 1e-14, "xtol": 1e-14, "gtol": 1e-14}


def decay(t: Any, a: Any, b: Any) -> Any:
    return a * np.exp(-b * t)


def curve(y: Any) -> Any:
    constants, spread = optimize.curve_fit(decay, TIMES, y, **TIGHT)
    return np.sum(constants**2) + np.sum(spread)


def weighted_curve(y: Any) -> Any:
    return optimize.curve_fit(decay, TIMES, y, [1.0, 1.0], sigma=0.1 + TIMES, absolute_sigma=True, **TIGHT)[1][0, 1]


def correlated_curve(y: Any) -> Any:
    spread = np.eye(8) + 0.1
    return optimize.curve_fit(lambda t, a, b: a / (1.0 + b * t), TIMES, y, p0=np.ones(2), sigma=spread, **TIGHT)[0][1]


def bounded_curve(y: Any) -> Any:
    return optimize.curve_fit(lambda t, a, b: a * np.exp(-b * t), TIMES, y, bounds=(0.0, [1.9, 4.0]), **TIGHT)[0][1]


def plain_fit(y: Any) -> Any:
    found, status = optimize.leastsq(lambda p, y: decay(TIMES, p[0], p[1]) - y, [1.0, 1.0], args=(y,), **TIGHT)
    return found[0] * found[1] + status


def spread_of_fit(y: Any) -> Any:
    found = optimize.leastsq(lambda p: decay(TIMES, *p) - y, np.ones(2), full_output=True, **TIGHT)
    return np.sum(found[1]) + np.sum(found[2]["fvec"] ** 3)


def residuals_of_fit(y: Any) -> Any:
    found = optimize.least_squares(lambda p: decay(TIMES, p[0], p[1]) - y, np.ones(2), **TIGHT)
    return np.sum(found.fun**3) + np.sum(found["jac"] ** 2) + found.cost


def by_hand(y: Any, scale: Any) -> Any:
    """Return the slopes of the residuals and the residuals, by Gauss and Newton's method.

    What SciPy says of the spread is as of its last step but one, and by differences.
    """
    p = np.array([2.0, 1.3])
    for _ in range(50):
        rows = np.stack([np.exp(-p[1] * TIMES), -p[0] * TIMES * np.exp(-p[1] * TIMES)], axis=1) / scale[:, None]
        off = (decay(TIMES, p[0], p[1]) - y) / scale
        p = p - np.linalg.solve(rows.T @ rows, rows.T @ off)
    return rows, off


def weighted_by_hand(y: Any) -> Any:
    rows, _ = by_hand(y, 0.1 + TIMES)
    return np.linalg.inv(rows.T @ rows)[0, 1]


def spread_by_hand(y: Any) -> Any:
    rows, off = by_hand(y, np.ones(8))
    return np.sum(np.linalg.inv(rows.T @ rows)) + np.sum(off**3)


def residuals_by_hand(y: Any) -> Any:
    rows, off = by_hand(y, np.ones(8))
    return np.sum(off**3) + np.sum(rows**2) + 0.5 * np.sum(off**2)


BY_HAND = {
    "weighted_curve": weighted_by_hand, "spread_of_fit": spread_by_hand, "residuals_of_fit": residuals_by_hand,
}  # fmt: skip
FITS = [curve, weighted_curve, correlated_curve, bounded_curve, plain_fit, spread_of_fit, residuals_of_fit]


@pytest.mark.parametrize("fun", FITS, ids=lambda fun: fun.__name__)
def test_fit(fun: Any) -> None:
    truth = BY_HAND.get(fun.__name__, fun)
    expected = slope_at_zero(lambda t: float(truth(DATA + 0.01 * t * WAY))) / 0.01
    assert value_and_grad(fun)(DATA)[0] == pytest.approx(truth(DATA), rel=1e-6)
    assert float(np.sum(grad(fun)(DATA) * WAY)) == pytest.approx(expected, rel=1e-4)
    assert float(jvp(fun, (DATA,), (WAY,))[1]) == pytest.approx(expected, rel=1e-4)


def test_second_derivative_of_a_fit() -> None:
    def along(y: Any) -> Any:
        return np.sum(grad(curve)(y) * WAY)

    expected = slope_at_zero(lambda t: float(along(DATA + 0.01 * t * WAY))) / 0.01
    assert float(np.sum(grad(along)(DATA) * WAY)) == pytest.approx(expected, rel=1e-4)


def energy(x: Any, a: Any) -> Any:
    return np.sum((x - a) ** 2 + 0.1 * x**4)


def energy_slope(x: Any, a: Any) -> Any:
    return 2.0 * (x - a) + 0.4 * x**3


def place(a: Any) -> Any:
    """Where :func:`energy` is least, by Cardano's formula."""
    root = np.sqrt(a**2 * 6.25 + 125.0 / 27.0)
    return np.cbrt(2.5 * a + root) + np.cbrt(2.5 * a - root)


SEARCHES = {
    "brent": lambda a: optimize.brent(energy, args=(a,), tol=1e-10),
    "golden": lambda a: optimize.golden(energy, args=(a,), tol=1e-8),
    "fminbound": lambda a: optimize.fminbound(energy, 0.0, 2.0, args=(a,), xtol=1e-10),
    "minimize_scalar": lambda a: optimize.minimize_scalar(lambda x: energy(x, a)).x,
    "by key": lambda a: optimize.minimize_scalar(energy, args=(a,), method="golden")["x"],
    "bounded": lambda a: optimize.minimize_scalar(energy, bounds=(0.0, 2.0), args=(a,)).x,
    "fmin": lambda a: optimize.fmin(energy, [0.5], args=(a,), disp=False, xtol=1e-10, ftol=1e-14)[0],
    "fmin_bfgs": lambda a: optimize.fmin_bfgs(energy, [0.5], args=(a,), disp=False)[0],
    "fmin_cg": lambda a: optimize.fmin_cg(energy, [0.5], fprime=energy_slope, args=(a,), disp=False)[0],
    "fmin_powell": lambda a: optimize.fmin_powell(energy, [0.5], args=(a,), disp=False, xtol=1e-10)[0],
    "differential_evolution": lambda a: optimize.differential_evolution(energy, [(0.0, 2.0)], args=(a,), rng=1).x[0],
    "broyden1": lambda a: optimize.broyden1(lambda x: energy_slope(x, a), [0.5], f_tol=1e-12)[0],
    "newton_krylov": lambda a: optimize.newton_krylov(lambda x: energy_slope(x, a), [0.5], f_tol=1e-12)[0],
    "full output": lambda a: optimize.brentq(energy_slope, 0.0, 2.0, args=(a,), full_output=True)[0],
    "fsolve": lambda a: optimize.fsolve(energy_slope, [0.5], args=(a,), full_output=True)[0][0],
    "slope beside": lambda a: optimize.root_scalar(
        lambda x: (energy_slope(x, a), 2.0 + 1.2 * x**2), x0=1.0, fprime=True
    ).root,
    "Jacobian beside": lambda a: optimize.root(
        lambda x: (energy_slope(x, a), np.diag(2.0 + 1.2 * x**2)), [1.0], jac=True
    )["x"][0],
    "get": lambda a: optimize.root(energy_slope, [1.0], args=(a,)).get("x")[0],
}


@pytest.mark.parametrize("name", SEARCHES)
def test_search(name: str) -> None:
    fun = SEARCHES[name]
    assert grad(fun)(0.7) == pytest.approx(grad(place)(0.7), rel=1e-4)
    assert float(jvp(fun, (0.7,), (2.0,))[1]) == pytest.approx(2.0 * grad(place)(0.7), rel=1e-4)


def test_second_derivatives_of_searches() -> None:
    for name in ("minimize_scalar", "golden", "slope beside", "Jacobian beside"):
        assert grad(grad(SEARCHES[name]))(0.7) == pytest.approx(grad(grad(place))(0.7), rel=1e-4)


def test_minimum_at_its_bound() -> None:
    def held(a: Any) -> Any:
        found = optimize.minimize_scalar(energy, bounds=(0.0, 0.3), args=(a,))
        return 5.0 * found.x + found.fun

    assert grad(held)(0.7) == pytest.approx(2.0 * (0.7 - 0.3), rel=1e-4)
    near = grad(lambda a: optimize.minimize_scalar(lambda x: (x - a) ** 2, bounds=(0.0, 1.0)).x)
    assert near(3e-5) == pytest.approx(1.0)
    assert near(-3e-5) == pytest.approx(0.0)


def test_complex_roots() -> None:
    def root(a: Any) -> Any:
        z = optimize.newton(lambda z, a: z**2 + 1.0 + a, 0.1 + 1j, args=(a,))
        return np.real(z * (2.0 - 3.0j))

    assert grad(root)(0.3) == pytest.approx(1.5 / np.sqrt(1.3))
    assert grad(grad(root))(0.3) == pytest.approx(-0.75 * 1.3**-1.5)

    def fixed(a: Any) -> Any:
        return np.abs(optimize.fixed_point(lambda z: 1j * a * z + 1.0, 0.5 + 0.1j)) ** 2

    assert grad(fixed)(0.3) == pytest.approx(-2.0 * 0.3 / (1.0 + 0.3**2) ** 2)


def test_fields_without_a_rule() -> None:
    with pytest.raises(UnsupportedError, match="`hess_inv` of what minimize returns has no derivative rule"):
        grad(lambda a: optimize.minimize(energy, [0.5], args=(a,)).hess_inv[0, 0])(0.7)
    with pytest.raises(UnsupportedError, match="no second derivative"):
        grad(grad(bounded_curve))(DATA)
