"""Splines whose coefficients move: their values, and what each coefficient has to do with them."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import interpolate

from diffcompile.errors import UnsupportedError

# --- polynomials in pieces: c[j, i] stands at (x - breaks[i]) ** (k - 1 - j) ---


def rows_shape(x: Any, y: Any) -> tuple[int, ...]:
    """Return the shape in which values ``y`` at ``x`` have one axis behind those of ``x``."""
    points = np.shape(x)
    return (*points, int(np.prod(np.shape(y)[len(points) :])))


def pieces_at(c: Any, breaks: Any, x: Any, nu: int = 0, extrapolate: Any = True) -> Any:
    """Return derivative ``nu`` at ``x`` of polynomials ``c`` (k, m, ...) between ``breaks`` (m + 1)."""
    return interpolate.PPoly(c, breaks, extrapolate)(x, nu)


def pieces_adjoint(ct: Any, c: Any, breaks: Any, x: Any, nu: int = 0, extrapolate: Any = True) -> Any:
    """Return the cotangent of ``c`` in ``pieces_at(c, breaks, x, nu, extrapolate)``.

    Raises:
        UnsupportedError: the breaks descend.
    """
    if breaks[-1] < breaks[0]:
        raise UnsupportedError("polynomials between breaks that descend have no derivative rule")
    order, count = np.shape(c)[:2]
    rest = np.shape(c)[2:]
    points = np.ravel(x)
    rows = np.reshape(ct, (len(points), *rest))
    if extrapolate == "periodic":
        points = breaks[0] + (points - breaks[0]) % (breaks[-1] - breaks[0])
    elif not extrapolate:
        inside = (points >= breaks[0]) & (points <= breaks[-1])
        points, rows = points[inside], rows[inside]
    piece = np.clip(np.searchsorted(breaks, points, "right") - 1, 0, count - 1)
    steps = np.reshape(points - np.asarray(breaks)[piece], (-1,) + (1,) * len(rest))
    c_bar = np.zeros(np.shape(c), np.result_type(rows, steps))
    for place in range(order - nu):
        power = order - 1 - place
        factor = float(np.prod(np.arange(power, power - nu, -1)))
        np.add.at(c_bar[place], piece, factor * steps ** (power - nu) * rows)
    return c_bar


# --- splines by their basis ---


def basis_at(c: Any, knots: Any, degree: int, x: Any, nu: int = 0, extrapolate: Any = True) -> Any:
    """Return derivative ``nu`` at ``x`` of the spline with coefficients ``c`` (n, ...) over ``knots``."""
    return interpolate.BSpline(knots, c, degree, extrapolate)(x, nu)


def basis_adjoint(
    ct: Any, c: Any, knots: Any, degree: int, x: Any, nu: int = 0, extrapolate: Any = True
) -> Any:
    """Return the cotangent of ``c`` in ``basis_at(c, knots, degree, x, nu, extrapolate)``."""
    count = len(knots) - degree - 1
    weights = interpolate.BSpline(knots, np.eye(count), degree, extrapolate)(np.ravel(x), nu)
    if extrapolate is False:
        weights = np.nan_to_num(weights)
    rows = np.reshape(ct, (len(weights), int(np.prod(np.shape(c)[1:]))))
    c_bar = np.zeros((np.shape(c)[0], rows.shape[1]), np.result_type(weights, rows))
    c_bar[:count] = weights.T @ np.where(np.isnan(rows), 0.0, rows) if extrapolate is False else weights.T @ rows
    return np.reshape(c_bar, np.shape(c))


# --- coefficients of what goes through given values: linear in them ---


def cubic_coefficients(y: Any, x: Any, bc_type: Any = "not-a-knot") -> Any:
    """Return the coefficients of ``scipy.interpolate.CubicSpline(x, y, bc_type=bc_type)``."""
    return interpolate.CubicSpline(x, y, bc_type=bc_type).c


def cubic_adjoint(ct: Any, x: Any, bc_type: Any = "not-a-knot") -> Any:
    """Return the cotangent of ``y`` in ``cubic_coefficients(y, x, bc_type)``."""
    return np.tensordot(_cubic_matrix(x, bc_type), ct, ((0, 1), (0, 1)))


def cubic_part(y: Any, x: Any, bc_type: Any = "not-a-knot") -> Any:
    """Return what ``y`` alone adds to its coefficients: boundary values that are given add the rest."""
    return np.tensordot(_cubic_matrix(x, bc_type), y, 1)


def _cubic_matrix(x: Any, bc_type: Any) -> Any:
    """Return how coefficient (k, i) depends on value number j, (4, n - 1, n)."""
    count = len(x)
    if isinstance(bc_type, str) and bc_type == "periodic":  # the last value is the first
        whole = np.eye(count)
        whole[-1] = whole[0]
        whole[:, -1] = 0.0
        return interpolate.CubicSpline(x, whole, bc_type=bc_type).c
    free = bc_type
    if not isinstance(bc_type, str):
        free = [one if isinstance(one, str) else (one[0], np.zeros(count)) for one in bc_type]
    return interpolate.CubicSpline(x, np.eye(count), bc_type=free).c


def interpolating_knots(x: Any, degree: int, bc_type: Any = None) -> Any:
    """Return the knots of ``scipy.interpolate.make_interp_spline(x, y, degree, bc_type=bc_type)``."""
    return interpolate.make_interp_spline(x, np.zeros(len(x)), degree, bc_type=_without_values(bc_type, ())).t


def interpolating_coefficients(y: Any, x: Any, degree: int, bc_type: Any = None) -> Any:
    """Return the coefficients of ``scipy.interpolate.make_interp_spline(x, y, degree, bc_type=bc_type)``."""
    return interpolate.make_interp_spline(x, y, degree, bc_type=bc_type).c


def interpolating_part(y: Any, x: Any, degree: int, bc_type: Any = None) -> Any:
    """Return what ``y`` alone adds to its coefficients: boundary values that are given add the rest."""
    return np.tensordot(_interpolating_matrix(x, degree, bc_type), y, 1)


def interpolating_adjoint(ct: Any, x: Any, degree: int, bc_type: Any = None) -> Any:
    """Return the cotangent of ``y`` in ``interpolating_coefficients(y, x, degree, bc_type)``."""
    return np.tensordot(_interpolating_matrix(x, degree, bc_type), ct, ((0,), (0,)))


def _interpolating_matrix(x: Any, degree: int, bc_type: Any) -> Any:
    """Return how coefficient i depends on value number j."""
    whole = np.eye(len(x))
    if isinstance(bc_type, str) and bc_type == "periodic":  # the last value is the first
        whole[-1] = whole[0]
        whole[:, -1] = 0.0
    free = _without_values(bc_type, (len(x),))
    return interpolate.make_interp_spline(x, whole, degree, bc_type=free).c


def _without_values(bc_type: Any, shape: tuple[int, ...]) -> Any:
    """Return the conditions at the ends with zeros as their values."""
    if bc_type is None or isinstance(bc_type, str):
        return bc_type
    free: list[Any] = []
    for end in bc_type:
        named = end is None or isinstance(end, str)
        free.append(end if named else [(order, np.zeros(shape)) for order, _ in end])
    return tuple(free)
