"""Splines that are made in the program, of numbers that are differentiated, and read at points that move."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import DiffCompileError, check_grads, grad, jvp, value_and_grad
from rules.test_scipy_programs import check

interpolate = pytest.importorskip("scipy.interpolate")

X = np.array([0.0, 0.5, 1.5, 2.0, 3.5, 4.0])
Y = np.array([0.5, -1.0, 2.0, 1.5, 0.25, -0.75])
AT = np.array([[0.25, 1.75], [3.0, 4.5]])
KNOTS = np.array([0.0, 0.0, 0.0, 0.0, 1.0, 2.5, 3.5, 3.5, 3.5, 3.5])
WEIGHTS = np.cos(np.arange(4.0)).reshape(2, 2)


def cubic(y: Any, at: Any) -> Any:
    return np.sum(interpolate.CubicSpline(X, y)(at) * WEIGHTS)


def natural(y: Any, at: Any) -> Any:
    curve = interpolate.CubicSpline(X, y, bc_type="natural", extrapolate=True)
    return np.sum(curve(at, 1) * WEIGHTS) + curve.integrate(0.25, at[1, 0])


def closed(y: Any, at: Any) -> Any:
    rounded = np.concatenate((y, y[:1]))
    return np.sum(interpolate.CubicSpline(np.append(X, 5.0), rounded, bc_type="periodic")(at - 3.0) * WEIGHTS)


def pulled(y: Any, at: Any) -> Any:
    return np.sum(interpolate.CubicSpline(X, y, bc_type=((1, 0.5), (2, -1.0)))(at) ** 2)


def monotone(y: Any, at: Any) -> Any:
    return np.sum(interpolate.PchipInterpolator(X, y)(at) * WEIGHTS)


def two_points(y: Any, at: Any) -> Any:
    return np.sum(interpolate.PchipInterpolator(X[:2], y[:2])(at) * WEIGHTS)


def hermite(y: Any, at: Any) -> Any:
    return np.sum(interpolate.CubicHermiteSpline(X, y, y**2).derivative()(at) * WEIGHTS)


def pieces(y: Any, at: Any) -> Any:
    curve = interpolate.PPoly(np.reshape(y, (3, 2)), X[:3])
    return np.sum(curve(at) * WEIGHTS) + np.sum(curve.antiderivative()(at)) + curve.derivative(2)(at[0, 0])


def inside_only(y: Any, at: Any) -> Any:
    return np.sum(interpolate.PPoly(np.reshape(y, (3, 2)), X[:3], extrapolate=False)(at[0] * 0.5))


def basis(y: Any, at: Any) -> Any:
    curve = interpolate.BSpline(KNOTS, y, 3)
    return np.sum(curve(at) * WEIGHTS) + curve.integrate(at[0, 0], 4.0) + np.sum(curve.derivative()(at, 1))


def several(y: Any, at: Any) -> Any:
    curve = interpolate.BSpline(KNOTS, np.stack([y, y**2], axis=1), 3)
    return np.sum(curve(at) * WEIGHTS[..., None]) + np.sum(curve.tck[1])


def through(y: Any, at: Any) -> Any:
    return np.sum(interpolate.make_interp_spline(X, y, k=3)(at) * WEIGHTS)


def old_style(y: Any, at: Any) -> Any:
    tck = (KNOTS, y, 3)
    values = interpolate.splev(at, tck, ext=3) + interpolate.splev(at, tck, 1, ext=1) * interpolate.splev(at, tck)
    return np.sum(values * WEIGHTS) + interpolate.splint(0.5, at[0, 1], tck)


def along_an_axis(y: Any, at: Any) -> Any:
    rows = np.stack([y, y**2])
    curves = (
        interpolate.CubicSpline(X, rows, axis=1)(at), interpolate.CubicSpline(X, rows, axis=-1).derivative()(at),
        interpolate.PchipInterpolator(X, rows, axis=1)(at), interpolate.make_interp_spline(X, rows, axis=1)(at),
        interpolate.Akima1DInterpolator(X, rows, axis=1, extrapolate=True)(at), interpolate.interp1d(X, rows)(0.8 * at),
        interpolate.CubicHermiteSpline(X, rows, rows**2, axis=1)(at),
        interpolate.KroghInterpolator(X, rows, axis=1)(at),
    )  # fmt: skip
    assert all(np.shape(curve) == (2, 2, 2) for curve in curves)
    return sum(np.sum(curve * WEIGHTS) for curve in curves)


def at_its_ends(y: Any, at: Any) -> Any:
    half = interpolate.make_interp_spline(X, y, k=2, bc_type=(None, [(1, 0.5)]))
    return np.sum(interpolate.make_interp_spline(X, y, bc_type="natural")(at) * WEIGHTS) + np.sum(half(at) ** 2)


def akima(y: Any, at: Any) -> Any:
    one = interpolate.Akima1DInterpolator(X, y)(at[0])
    return np.sum(one**2) + np.sum(interpolate.Akima1DInterpolator(X, y + 0.1 * X**2, method="makima")(at[1] - 2.0))


def table(y: Any, at: Any) -> Any:
    values = interpolate.interp1d(X, y)(0.8 * at) + interpolate.interp1d(X[::-1], y, fill_value="extrapolate")(at)
    filled = interpolate.interp1d(X, y, bounds_error=False, fill_value=(y[0], 2.0 * y[-1]))(2.1 * at - 2.0)
    for kind in ("cubic", "quadratic", "zero", "nearest", "next", "previous"):
        values = values + interpolate.interp1d(X, y, kind=kind)(0.8 * at)
    return np.sum(values * WEIGHTS) + np.sum(filled**2)


def over_a_grid(y: Any, at: Any) -> Any:
    values = np.reshape(y, (3, 2))
    grid = interpolate.RegularGridInterpolator((X[:3], X[:2]), values, bounds_error=False, fill_value=None)
    inner = interpolate.interpn((X[:3], X[:2]), np.stack([values, values**2], axis=-1), at[0] * np.array([0.5, 0.1]))
    near = interpolate.RegularGridInterpolator((X[:3], X[:2]), values, "nearest", False, y[0])((at[0], 0.2 * at[1]))
    return np.sum(grid(at) ** 2) + np.sum(inner**2) + np.sum(near**2)


def through_points(y: Any, at: Any) -> Any:
    curve = interpolate.BarycentricInterpolator(X, y)
    return np.sum(curve(at) * WEIGHTS) + interpolate.krogh_interpolate(X, y, at[0, 0], 1) + np.sum(curve(X[1:3]))


def fitpack(y: Any, at: Any) -> Any:
    curve = interpolate.UnivariateSpline(X, y, s=0)
    values = interpolate.splev(at, interpolate.splrep(X, y, k=4), 1) + curve.derivative()(at)
    ends = interpolate.InterpolatedUnivariateSpline(X, y, ext="const")(at)
    return np.sum((values + ends) * WEIGHTS) + curve.integral(0.5, at[0, 1])


def radial(y: Any, at: Any) -> Any:
    places = np.stack([X, X**2 / 4.0], axis=1)
    plates = interpolate.RBFInterpolator(places, y, smoothing=0.1)(at)
    return np.sum(plates**2) + np.sum(interpolate.RBFInterpolator(at, y[:2], kernel="gaussian", epsilon=0.7)(places))


PROGRAMS = [
    along_an_axis, at_its_ends, akima, table, over_a_grid, through_points, fitpack, radial,
    cubic, natural, closed, pulled, monotone, two_points, hermite, pieces, inside_only, basis, several, through,
    old_style,
]  # fmt: skip


@pytest.mark.parametrize("fun", PROGRAMS, ids=lambda fun: fun.__name__)
def test_gradient(fun: Any) -> None:
    check(fun, Y, AT)


@pytest.mark.parametrize("fun", PROGRAMS, ids=lambda fun: fun.__name__)
def test_tangent(fun: Any) -> None:
    bars = grad(fun, argnums=(0, 1))(Y, AT)
    dots = np.sin(np.arange(6.0)), np.sin(1.0 + np.arange(4.0)).reshape(2, 2)
    value, slope = jvp(fun, (Y, AT), dots)
    assert value == pytest.approx(fun(Y, AT), rel=1e-12)
    assert slope == pytest.approx(sum(np.sum(bar * dot) for bar, dot in zip(bars, dots, strict=True)), rel=1e-9)


TWICE = [cubic, monotone, several, through, akima, over_a_grid, through_points]


@pytest.mark.parametrize("fun", TWICE, ids=lambda fun: fun.__name__)
def test_second_derivative(fun: Any) -> None:
    check(lambda y, at: np.sum(grad(fun)(y, at) ** 2), Y, AT)
    check(lambda y, at: np.sum(grad(fun, argnums=1)(y, at) ** 2), Y, AT)


def test_breaks_that_move_are_refused() -> None:
    with pytest.raises(DiffCompileError, match="has no derivative rule for its argument number"):
        grad(lambda x: interpolate.CubicSpline(x, Y)(1.0))(X)
    with pytest.raises(DiffCompileError, match="the roots of a spline"):
        grad(lambda y: np.sum(interpolate.CubicSpline(X, y).roots()))(Y)
    with pytest.raises(DiffCompileError, match="has no derivative rule"):
        grad(lambda y: interpolate.UnivariateSpline(X, y)(1.0))(Y)


def test_no_points() -> None:
    def read(at: Any) -> Any:
        pieces = interpolate.PPoly(at[None], X[:3])
        curves = interpolate.CubicSpline(X, Y), interpolate.make_interp_spline(X, Y), pieces
        return sum(np.sum(curve(at[:0])) for curve in curves) + np.sum(at**2)

    np.testing.assert_allclose(grad(read)(Y[:2]), 2.0 * Y[:2])
    through_nothing = grad(lambda y: np.sum(interpolate.make_interp_spline(X, y)(np.zeros((0, 2)))) + y[0])
    np.testing.assert_allclose(through_nothing(Y), np.eye(6)[0])


def test_values_out_of_range() -> None:
    def outside(y: Any) -> Any:
        return interpolate.interp1d(X, y)(9.0)

    with pytest.raises(ValueError, match="above the interpolation range"):
        value_and_grad(outside)(Y)


def smoothed(y: Any, at: Any) -> Any:
    curve = interpolate.make_smoothing_spline(X, np.stack([y, y * y], axis=1), w=np.exp(Y), lam=0.3)
    return np.sum(curve(at)) + np.sum(curve.derivative()(at) ** 2)


def of_least_squares(y: Any, at: Any) -> Any:
    knots = np.array([0.0, 0.0, 0.0, 2.0, 4.0, 4.0, 4.0])
    return np.sum(interpolate.make_lsq_spline(X, y, knots, k=2, w=np.exp(Y))(at) * WEIGHTS)


@pytest.mark.parametrize("fun", [smoothed, of_least_squares], ids=lambda fun: fun.__name__)
def test_splines_that_do_not_go_through_their_values(fun: Any) -> None:
    check_grads(fun, (Y, AT), order=2)


@pytest.mark.parametrize("make", [interpolate.CubicSpline, interpolate.make_interp_spline], ids=["pieces", "basis"])
@pytest.mark.parametrize("at", [np.array([0.25, 1.75, 3.0]), AT, 1.25], ids=["line", "table", "number"])
def test_a_spline_from_elsewhere_with_values_along_another_axis(make: Any, at: Any) -> None:
    """Three rows at three points: the axes must not be taken for each other."""
    curve = make(X, np.stack([Y, Y**2, np.sin(Y)]), axis=1)
    size = np.size(curve(at))

    def energy(at: Any) -> Any:
        return np.sum(curve(at) ** 2 * np.reshape(np.arange(1.0, size + 1.0), np.shape(curve(at))))

    check_grads(energy, (at,), order=2)
    check_grads(lambda at: np.sum(curve(at, 1) * np.cos(curve(at))), (at,), order=2)


def test_a_penalty_that_depends_on_the_values_is_refused() -> None:
    with pytest.raises(DiffCompileError, match="has no derivative rule"):
        grad(lambda y: interpolate.make_smoothing_spline(X, y)(0.5))(Y)
