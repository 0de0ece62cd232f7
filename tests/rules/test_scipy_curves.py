"""Splines that are made in the program, of numbers that are differentiated, and read at points that move."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import DiffCompileError, grad, jvp
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


PROGRAMS = [
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


@pytest.mark.parametrize("fun", [cubic, monotone, several, through], ids=lambda fun: fun.__name__)
def test_second_derivative(fun: Any) -> None:
    check(lambda y, at: np.sum(grad(fun)(y, at) ** 2), Y, AT)
    check(lambda y, at: np.sum(grad(fun, argnums=1)(y, at) ** 2), Y, AT)


def test_breaks_that_move_are_refused() -> None:
    with pytest.raises(DiffCompileError, match="has no derivative rule for its argument number"):
        grad(lambda x: interpolate.CubicSpline(x, Y)(1.0))(X)
