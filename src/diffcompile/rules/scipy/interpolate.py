"""Splines and piecewise polynomials, in the points at which they are read and in what they are made of."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import interpolate

from diffcompile import runtime_scipy
from diffcompile.errors import UnsupportedError
from diffcompile.rules.registry import Sample, adjoint, definition, linear, nondifferentiable, sample, tangent
from diffcompile.rules.scipy import scattered
from diffcompile.rules.scipy.curves import Basis, Pieces
from diffcompile.rules.scipy.tables import Grid, Table

__all__ = ["scattered"]

X = np.array([0.0, 0.5, 1.5, 2.0, 3.5])
Y = np.array([0.5, -1.0, 2.0, 1.5, 0.25])
AT = np.array([0.25, 1.75, 3.0])


def _samples(make: Any) -> list[Sample]:
    spline = make(X, Y)
    several = make(X, np.stack([Y, Y * Y], axis=1))
    rows = make(X, np.stack([Y, Y * Y, 1.0 - Y]), axis=1)
    return [
        sample(spline, AT),
        sample(rows, AT),
        sample(spline, 1.25),
        sample(spline, AT, 1),
        sample(several, AT),
        sample(rows, np.stack([AT, AT - 0.5])),
        sample(rows, 1.25),
        sample(spline, np.array([[-0.5, 4.0]])),
    ]


@adjoint(
    interpolate.PPoly.__call__,
    samples=lambda: [*_samples(interpolate.CubicSpline), *_samples(interpolate.PchipInterpolator)],
)
def _piecewise(ct: Any, y: Any, self: Any, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
    return None, runtime_scipy.spline_adjoint(ct, self, x, nu, extrapolate)


@adjoint(interpolate.BSpline.__call__, samples=lambda: _samples(interpolate.make_interp_spline))
def _spline(ct: Any, y: Any, self: Any, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
    return None, runtime_scipy.spline_adjoint(ct, self, x, nu, extrapolate)


@tangent(interpolate.PPoly.__call__)
@tangent(interpolate.BSpline.__call__)
def _spline_tangent(y: Any, self: Any, x: Any, nu: int = 0, extrapolate: Any = None, *, x_dot: Any = None) -> Any:
    return runtime_scipy.spline_tangent(x_dot, self, x, nu, extrapolate)


SPLINE = interpolate.CubicSpline(X, Y)
ROWS = interpolate.make_interp_spline(X, np.stack([Y, Y * Y]), axis=1)


@adjoint(
    runtime_scipy.spline_adjoint,
    samples=lambda: [sample(AT, SPLINE, AT, 0, None), sample(np.stack([AT, Y[:3]]), ROWS, AT, 1, None)],
)
def _spline_adjoint(bar: Any, y: Any, ct: Any, spline: Any, x: Any, nu: Any, extrapolate: Any) -> Any:
    x_bar = bar * runtime_scipy.spline_adjoint(ct, spline, x, nu + 1, extrapolate)
    return runtime_scipy.spline_tangent(bar, spline, x, nu, extrapolate), None, x_bar, None, None


@tangent(runtime_scipy.spline_adjoint)
def _spline_adjoint_tangent(
    y: Any, ct: Any, spline: Any, x: Any, nu: Any, extrapolate: Any, *, ct_dot: Any = None, x_dot: Any = None
) -> Any:
    moved: Any = 0.0
    if ct_dot is not None:
        moved = runtime_scipy.spline_adjoint(ct_dot, spline, x, nu, extrapolate)
    if x_dot is not None:
        moved = moved + x_dot * runtime_scipy.spline_adjoint(ct, spline, x, nu + 1, extrapolate)
    return moved


@adjoint(
    runtime_scipy.spline_tangent,
    samples=lambda: [sample(Y[:3], SPLINE, AT, 0, None), sample(Y[:3], ROWS, AT, 1, None)],
)
def _spline_along(ct: Any, y: Any, direction: Any, spline: Any, x: Any, nu: Any, extrapolate: Any) -> Any:
    x_bar = direction * runtime_scipy.spline_adjoint(ct, spline, x, nu + 1, extrapolate)
    return runtime_scipy.spline_adjoint(ct, spline, x, nu, extrapolate), None, x_bar, None, None


@tangent(runtime_scipy.spline_tangent)
def _spline_along_tangent(
    y: Any, direction: Any, spline: Any, x: Any, nu: Any, extrapolate: Any, *,
    direction_dot: Any = None, x_dot: Any = None,
) -> Any:  # fmt: skip
    moved: Any = 0.0
    if direction_dot is not None:
        moved = runtime_scipy.spline_tangent(direction_dot, spline, x, nu, extrapolate)
    if x_dot is not None:
        moved = moved + runtime_scipy.spline_tangent(x_dot * direction, spline, x, nu + 1, extrapolate)
    return moved


# --- coefficients that move ---

COEFFICIENTS = np.array([[0.5, -1.0, 2.0, 1.5], [0.25, 0.75, -0.5, 1.0], [1.0, -0.25, 0.5, 2.0]])
KNOTS = (0.0, 0.0, 0.0, 0.0, 1.0, 2.5, 3.5, 3.5, 3.5, 3.5)
BREAKS = tuple(X)
"""Tuples, since they are constants."""
WEIGHTS = np.array([0.5, -1.0, 2.0, 1.5, 0.25, -0.5])
PAIRS = np.stack([WEIGHTS, WEIGHTS**2], axis=1)
BEYOND = np.array([[-0.5, 1.25], [0.75, 4.1]])


def _pieces_samples() -> list[Sample]:
    return [
        sample(COEFFICIENTS, BREAKS, AT),
        sample(COEFFICIENTS, BREAKS, AT, 1),
        sample(COEFFICIENTS, BREAKS, BEYOND),
        sample(COEFFICIENTS, BREAKS, BEYOND, 0, "periodic"),
        sample(np.stack([COEFFICIENTS, COEFFICIENTS**2], axis=2), BREAKS, 1.25),
        sample(COEFFICIENTS, BREAKS, AT, 3),
    ]


@adjoint(runtime_scipy.pieces_at, samples=_pieces_samples)
def _pieces(ct: Any, y: Any, c: Any, breaks: Any, x: Any, nu: int = 0, extrapolate: Any = True) -> Any:
    slope = runtime_scipy.pieces_at(c, breaks, x, nu + 1, extrapolate)
    x_bar = np.sum(np.reshape(ct * slope, runtime_scipy.rows_shape(x, ct)), axis=-1)
    return runtime_scipy.pieces_adjoint(ct, c, breaks, x, nu, extrapolate), None, x_bar


@tangent(runtime_scipy.pieces_at)
def _pieces_tangent(
    y: Any, c: Any, breaks: Any, x: Any, nu: int = 0, extrapolate: Any = True, *, c_dot: Any = None, x_dot: Any = None
) -> Any:
    moved: Any = 0.0
    if c_dot is not None:
        moved = runtime_scipy.pieces_at(c_dot, breaks, x, nu, extrapolate)
    if x_dot is not None:
        slope = runtime_scipy.pieces_at(c, breaks, x, nu + 1, extrapolate)
        moved = moved + slope * np.reshape(x_dot, np.shape(x) + (1,) * (np.ndim(y) - np.ndim(x)))
    return moved


@adjoint(
    runtime_scipy.pieces_adjoint,
    samples=lambda: [
        sample(AT, COEFFICIENTS, BREAKS, AT),
        sample(AT, COEFFICIENTS, BREAKS, AT, 1),
        sample(BEYOND, COEFFICIENTS, BREAKS, BEYOND),
    ],
)
def _pieces_again(
    c_ct: Any, y: Any, ct: Any, c: Any, breaks: Any, x: Any, nu: int = 0, extrapolate: Any = True
) -> Any:
    slope = runtime_scipy.pieces_at(c_ct, breaks, x, nu + 1, extrapolate)
    x_bar = np.sum(np.reshape(ct * slope, runtime_scipy.rows_shape(x, ct)), axis=-1)
    return runtime_scipy.pieces_at(c_ct, breaks, x, nu, extrapolate), np.zeros_like(c), None, x_bar


def _basis_samples() -> list[Sample]:
    return [
        sample(WEIGHTS, KNOTS, 3, AT),
        sample(WEIGHTS, KNOTS, 3, AT, 1),
        sample(PAIRS, KNOTS, 3, BEYOND),
        sample(WEIGHTS, KNOTS, 3, 1.25),
        sample(WEIGHTS, KNOTS, 3, BEYOND, 0, "periodic"),
    ]


@adjoint(runtime_scipy.basis_at, samples=_basis_samples)
def _basis(
    ct: Any, y: Any, c: Any, knots: Any, degree: int, x: Any, nu: int = 0, extrapolate: Any = True
) -> Any:
    slope = runtime_scipy.basis_at(c, knots, degree, x, nu + 1, extrapolate)
    x_bar = np.sum(np.reshape(ct * slope, runtime_scipy.rows_shape(x, ct)), axis=-1)
    return runtime_scipy.basis_adjoint(ct, c, knots, degree, x, nu, extrapolate), None, None, x_bar


@tangent(runtime_scipy.basis_at)
def _basis_tangent(
    y: Any, c: Any, knots: Any, degree: int, x: Any, nu: int = 0, extrapolate: Any = True,
    *, c_dot: Any = None, x_dot: Any = None,
) -> Any:  # fmt: skip
    moved: Any = 0.0
    if c_dot is not None:
        moved = runtime_scipy.basis_at(c_dot, knots, degree, x, nu, extrapolate)
    if x_dot is not None:
        slope = runtime_scipy.basis_at(c, knots, degree, x, nu + 1, extrapolate)
        moved = moved + slope * np.reshape(x_dot, np.shape(x) + (1,) * (np.ndim(y) - np.ndim(x)))
    return moved


@adjoint(
    runtime_scipy.basis_adjoint,
    samples=lambda: [sample(AT, WEIGHTS, KNOTS, 3, AT), sample(BEYOND, WEIGHTS, KNOTS, 3, BEYOND, 1)],
)
def _basis_again(
    c_ct: Any, y: Any, ct: Any, c: Any, knots: Any, degree: int, x: Any, nu: int = 0, extrapolate: Any = True
) -> Any:
    slope = runtime_scipy.basis_at(c_ct, knots, degree, x, nu + 1, extrapolate)
    x_bar = np.sum(np.reshape(ct * slope, runtime_scipy.rows_shape(x, ct)), axis=-1)
    values = runtime_scipy.basis_at(c_ct, knots, degree, x, nu, extrapolate)
    return values, np.zeros_like(c), None, None, x_bar


# --- what goes through given values is linear in them ---

ENDS = (
    "not-a-knot", "natural", "clamped", ((1, 0.5), (2, -1.0)), ("natural", (1, 0.25)),
)  # fmt: skip


@adjoint(
    runtime_scipy.cubic_coefficients,
    samples=lambda: [*(sample(Y, BREAKS, ends) for ends in ENDS), sample(np.stack([Y, Y * Y], axis=1), BREAKS)],
)
def _cubic(ct: Any, y: Any, values: Any, x: Any, bc_type: Any = "not-a-knot") -> Any:
    return (runtime_scipy.cubic_adjoint(ct, x, bc_type),)


@tangent(runtime_scipy.cubic_coefficients)
def _cubic_tangent(y: Any, values: Any, x: Any, bc_type: Any = "not-a-knot", *, values_dot: Any = None) -> Any:
    return runtime_scipy.cubic_part(values_dot, x, bc_type)


@adjoint(runtime_scipy.cubic_part, samples=lambda: [sample(Y, BREAKS), sample(Y, BREAKS, "natural")])
def _cubic_part(ct: Any, y: Any, values: Any, x: Any, bc_type: Any = "not-a-knot") -> Any:
    return (runtime_scipy.cubic_adjoint(ct, x, bc_type),)


@adjoint(runtime_scipy.cubic_adjoint, samples=lambda: [sample(np.reshape(np.arange(16.0), (4, 4)), BREAKS)])
def _cubic_again(y_ct: Any, y: Any, ct: Any, x: Any, bc_type: Any = "not-a-knot") -> Any:
    return (runtime_scipy.cubic_part(y_ct, x, bc_type),)


FLAT = (None, ((1, 0.5),))
"""A slope that is given at the end, where one condition is missing."""


@adjoint(
    runtime_scipy.interpolating_coefficients,
    samples=lambda: [
        sample(Y, BREAKS, 3),
        sample(np.stack([Y, Y * Y], axis=1), BREAKS, 1),
        sample(Y, BREAKS, 2, FLAT),
        sample(Y, BREAKS, 3, "natural"),
    ],
)
def _interpolating(ct: Any, y: Any, values: Any, x: Any, degree: int, bc_type: Any = None) -> Any:
    return (runtime_scipy.interpolating_adjoint(ct, x, degree, bc_type),)


@tangent(runtime_scipy.interpolating_coefficients)
def _interpolating_tangent(
    y: Any, values: Any, x: Any, degree: int, bc_type: Any = None, *, values_dot: Any = None
) -> Any:
    return runtime_scipy.interpolating_part(values_dot, x, degree, bc_type)


@adjoint(runtime_scipy.interpolating_part, samples=lambda: [sample(Y, BREAKS, 2, FLAT)])
def _interpolating_part(ct: Any, y: Any, values: Any, x: Any, degree: int, bc_type: Any = None) -> Any:
    return (runtime_scipy.interpolating_adjoint(ct, x, degree, bc_type),)


@adjoint(runtime_scipy.interpolating_adjoint, samples=lambda: [sample(Y, BREAKS, 3)])
def _interpolating_again(y_ct: Any, y: Any, ct: Any, x: Any, degree: int, bc_type: Any = None) -> Any:
    return (runtime_scipy.interpolating_part(y_ct, x, degree, bc_type),)


linear(runtime_scipy.cubic_part, runtime_scipy.interpolating_part, names="values")
linear(
    runtime_scipy.pieces_adjoint, runtime_scipy.basis_adjoint, runtime_scipy.cubic_adjoint,
    runtime_scipy.interpolating_adjoint, names="ct",
)  # fmt: skip
nondifferentiable(
    runtime_scipy.interpolating_knots, runtime_scipy.fitpack_knots, reason="knots that move have no derivative rule"
)  # fmt: skip
nondifferentiable(runtime_scipy.grid_cells, runtime_scipy.grid_rows)


@definition(interpolate.PPoly, always=True)
def _ppoly(c: Any, x: Any, extrapolate: Any = True) -> Any:
    return Pieces(np.asarray(c), x, True if extrapolate is None else extrapolate)


@definition(interpolate.BSpline, always=True)
def _bspline(t: Any, c: Any, k: Any, extrapolate: Any = True) -> Any:
    return Basis(t, np.asarray(c), k, extrapolate)


@definition(interpolate.CubicSpline, always=True)
def _cubic_spline(x: Any, y: Any, axis: Any = 0, bc_type: Any = "not-a-knot", extrapolate: Any = None) -> Any:
    ends = isinstance(bc_type, str) and bc_type == "periodic"
    beyond = ("periodic" if ends else True) if extrapolate is None else extrapolate
    values = np.moveaxis(np.asarray(y), axis, 0)
    return Pieces(runtime_scipy.cubic_coefficients(values, x, bc_type), x, beyond, axis % np.ndim(values))


@definition(interpolate.CubicHermiteSpline, always=True)
def _hermite_spline(x: Any, y: Any, dydx: Any, axis: Any = 0, extrapolate: Any = None) -> Any:
    values, slopes = (np.moveaxis(np.asarray(given), axis, 0) for given in (y, dydx))
    return _hermite_pieces(np.asarray(x), values, slopes, extrapolate, axis % np.ndim(values))


def _hermite_pieces(x: Any, y: Any, slopes: Any, extrapolate: Any, axis: int) -> Any:
    """Return the cubic polynomials with given values and slopes at their ends."""
    widths = np.reshape(np.diff(x), (-1,) + (1,) * (np.ndim(y) - 1))
    secants = np.diff(y, axis=0) / widths
    bend = (slopes[:-1] + slopes[1:] - 2.0 * secants) / widths
    c = np.stack((bend / widths, (secants - slopes[:-1]) / widths - bend, slopes[:-1], y[:-1]))
    return Pieces(c, x, True if extrapolate is None else extrapolate, axis)


@definition(interpolate.PchipInterpolator, always=True)
def _monotone_spline(x: Any, y: Any, axis: Any = 0, extrapolate: Any = None) -> Any:
    """Slopes are weighted harmonic means of the secants (Fritsch and Butland, SIAM J. Sci. Stat. Comput. 5, 1984)."""
    x, y = np.asarray(x), np.moveaxis(np.asarray(y), axis, 0)
    place = axis % np.ndim(y)
    widths = np.reshape(np.diff(x), (-1,) + (1,) * (np.ndim(y) - 1))
    secants = np.diff(y, axis=0) / widths
    if len(x) == 2:  # noqa: PLR2004 - a straight line
        return _hermite_pieces(x, y, np.concatenate((secants, secants)), extrapolate, place)
    left, right = secants[:-1], secants[1:]
    agree = left * right > 0.0
    weight, other = 2.0 * widths[1:] + widths[:-1], widths[1:] + 2.0 * widths[:-1]
    mean = weight / np.where(agree, left, 1.0) + other / np.where(agree, right, 1.0)
    inner = np.where(agree, (weight + other) / np.where(agree, mean, 1.0), 0.0)
    first = _end_slope(widths[0], widths[1], secants[0], secants[1])
    last = _end_slope(widths[-1], widths[-2], secants[-1], secants[-2])
    return _hermite_pieces(x, y, np.concatenate((first[None], inner, last[None])), extrapolate, place)


@definition(interpolate.Akima1DInterpolator, always=True)
def _akima_spline(x: Any, y: Any, axis: Any = 0, *, method: Any = "akima", extrapolate: Any = None) -> Any:
    """Slopes are means of the secants, weighted by how they change (Akima, J. ACM 17, 1970)."""
    x, y = np.asarray(x), np.moveaxis(np.asarray(y), axis, 0)
    beyond = False if extrapolate is None else extrapolate
    secants = np.diff(y, axis=0) / np.reshape(np.diff(x), (-1,) + (1,) * (np.ndim(y) - 1))
    if len(x) == 2:  # noqa: PLR2004 - a straight line
        return _hermite_pieces(x, y, np.concatenate((secants, secants)), beyond, axis % np.ndim(y))
    left, right = 2.0 * secants[0] - secants[1], 2.0 * secants[-1] - secants[-2]
    outer_left, outer_right = 2.0 * left - secants[0], 2.0 * right - secants[-1]
    m = np.concatenate((outer_left[None], left[None], secants, right[None], outer_right[None]))
    turns = np.abs(np.diff(m, axis=0))
    if method == "makima":
        turns = turns + 0.5 * np.abs(m[1:] + m[:-1])
    after, before = turns[2:], turns[:-2]
    both = after + before
    clear = both > 1e-9 * np.max(both)
    share = before / np.where(clear, both, 1.0)
    slopes = np.where(clear, m[1:-2] + share * (m[2:-1] - m[1:-2]), 0.5 * (m[3:] + m[:-3]))
    return _hermite_pieces(x, y, slopes, beyond, axis % np.ndim(y))


def _end_slope(width: Any, beside: Any, secant: Any, next_secant: Any) -> Any:
    """Return the slope of a parabola at an end, cut so that the curve stays monotone."""
    slope = ((2.0 * width + beside) * secant - width * next_secant) / (width + beside)
    turns = np.sign(slope) != np.sign(secant)
    steep = (np.sign(secant) != np.sign(next_secant)) & (np.abs(slope) > 3.0 * np.abs(secant))
    return np.where(turns, 0.0, np.where(steep, 3.0 * secant, slope))


@definition(interpolate.make_interp_spline, always=True)
def _through_values(
    x: Any, y: Any, k: Any = 3, t: Any = None, bc_type: Any = None, axis: Any = 0, check_finite: Any = True
) -> Any:
    if t is not None:
        raise UnsupportedError("make_interp_spline with knots has no derivative rule")
    values = np.moveaxis(np.asarray(y), axis, 0)
    knots = runtime_scipy.interpolating_knots(x, k, bc_type)
    c = runtime_scipy.interpolating_coefficients(values, x, k, bc_type)
    beyond = "periodic" if isinstance(bc_type, str) and bc_type == "periodic" else True
    return Basis(knots, c, k, beyond, axis % np.ndim(values))


@definition(interpolate.interp1d, always=True)
def _table(
    x: Any, y: Any, kind: Any = "linear", axis: Any = -1, copy: Any = True, bounds_error: Any = None,
    fill_value: Any = np.nan, assume_sorted: Any = False,
) -> Any:  # fmt: skip
    x, y = np.asarray(x), np.asarray(y)
    if not assume_sorted:
        order = np.argsort(x, kind="mergesort")
        x, y = x[order], np.take(y, order, axis=axis)
    return Table(x, y, kind, axis, bounds_error, fill_value)


@definition(interpolate.RegularGridInterpolator, always=True)
def _grid(
    points: Any, values: Any, method: Any = "linear", bounds_error: Any = True, fill_value: Any = np.nan
) -> Any:
    return Grid(points, np.asarray(values), method, bounds_error, fill_value)


@definition(interpolate.interpn)
def _on_grid(
    points: Any, values: Any, xi: Any, method: Any = "linear", bounds_error: Any = True, fill_value: Any = np.nan
) -> Any:
    return Grid(points, np.asarray(values), method, bounds_error, fill_value)(xi)


@definition(
    interpolate.splev,
    samples=lambda: [
        sample(AT, interpolate.splrep(X, Y)),
        sample(AT, interpolate.splrep(X, Y), 1),
        sample(np.array([-0.5, 1.25, 4.0]), interpolate.splrep(X, Y), ext=3),
        sample(np.array([-0.5, 1.25, 4.0]), interpolate.splrep(X, Y), ext=1),
    ],
)
def _splev(x: Any, tck: Any, der: Any = 0, ext: Any = 0) -> Any:
    if isinstance(tck, interpolate.BSpline | Basis):
        return tck(x, der)
    knots, c, degree = tck
    low, high = knots[degree], knots[-degree - 1]
    points = np.asarray(x)
    if ext == 3:  # noqa: PLR2004 - SciPy's code for the value at the end
        points = np.clip(points, low, high)
    values = runtime_scipy.basis_at(c[: len(knots) - degree - 1], knots, degree, points, der, True)
    if ext == 1:
        values = np.where((points >= low) & (points <= high), values, 0.0)
    return values


@definition(
    interpolate.splint,
    samples=lambda: [sample(0.5, 2.75, interpolate.splrep(X, Y)), sample(-1.0, 9.0, interpolate.splrep(X, Y))],
)
def _splint(a: Any, b: Any, tck: Any) -> Any:
    if isinstance(tck, interpolate.BSpline | Basis):
        return tck.integrate(a, b)
    knots, c, degree = tck
    return Basis(knots, np.asarray(c), degree, False).integrate(a, b)
