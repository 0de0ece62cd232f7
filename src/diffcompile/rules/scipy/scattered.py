"""Interpolation by polynomials through points and by radial functions, and FITPACK's splines through values."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import interpolate

from diffcompile import runtime_scipy
from diffcompile.errors import UnsupportedError
from diffcompile.rules.registry import adjoint, definition, linear, sample, tangent
from diffcompile.rules.scipy.curves import Basis, placed

X = np.array([0.0, 0.5, 1.5, 2.0, 3.5])
BREAKS = tuple(X)
AT = np.array([0.25, 1.5, 3.0])
Y = np.array([0.5, -1.0, 2.0, 1.5, 0.25])

# --- polynomials: each value has a weight, which depends on the point ---


@adjoint(
    runtime_scipy.node_weights,
    samples=lambda: [sample("krogh", BREAKS, AT), sample("barycentric", BREAKS, 1.25, 1)],
)
def _weights(ct: Any, y: Any, kind: str, nodes: Any, x: Any, nu: int = 0) -> Any:
    return None, None, np.sum(ct * runtime_scipy.node_weights(kind, nodes, x, nu + 1), axis=-1)


@tangent(runtime_scipy.node_weights)
def _weights_tangent(y: Any, kind: str, nodes: Any, x: Any, nu: int = 0, *, x_dot: Any = None) -> Any:
    return runtime_scipy.node_weights(kind, nodes, x, nu + 1) * np.reshape(x_dot, (*np.shape(x), 1))


class Nodes:
    """The polynomial through values ``y`` at ``x``: SciPy's ``BarycentricInterpolator`` and ``KroghInterpolator``."""

    def __init__(self, kind: Any, x: Any, y: Any, axis: Any) -> None:
        runtime_scipy.check_nodes(x)
        self.kind = kind
        self.xi = x
        self.yi = np.moveaxis(y, axis, 0)
        self.axis = axis % np.ndim(y)

    def __call__(self, x: Any) -> Any:
        """Return the values at ``x``."""
        return self.derivative(x, 0)

    def derivative(self, x: Any, der: Any = 1) -> Any:
        """Return derivative ``der`` at ``x``."""
        weights = runtime_scipy.node_weights(self.kind, self.xi, np.asarray(x), der)
        return placed(np.tensordot(weights, self.yi, 1), x, self.axis)


@definition(interpolate.BarycentricInterpolator, always=True)
def _barycentric(xi: Any, yi: Any, axis: Any = 0) -> Any:
    return Nodes("barycentric", xi, np.asarray(yi), axis)


@definition(interpolate.KroghInterpolator, always=True)
def _krogh(xi: Any, yi: Any, axis: Any = 0) -> Any:
    return Nodes("krogh", xi, np.asarray(yi), axis)


@definition(interpolate.barycentric_interpolate)
def _barycentric_at(xi: Any, yi: Any, x: Any, axis: Any = 0, *, der: Any = 0) -> Any:
    return Nodes("barycentric", xi, np.asarray(yi), axis).derivative(x, der)


@definition(interpolate.krogh_interpolate)
def _krogh_at(xi: Any, yi: Any, x: Any, der: Any = 0, axis: Any = 0) -> Any:
    return Nodes("krogh", xi, np.asarray(yi), axis).derivative(x, der)


# --- FITPACK: where a spline goes through all values its knots depend on the points alone ---


@adjoint(runtime_scipy.fitpack_coefficients, samples=lambda: [sample(Y, BREAKS, 3), sample(Y, BREAKS, 2)])
def _coefficients(ct: Any, y: Any, values: Any, x: Any, degree: int) -> Any:
    return (runtime_scipy.fitpack_adjoint(ct, x, degree),)


@adjoint(runtime_scipy.fitpack_adjoint, samples=lambda: [sample(np.arange(9.0), BREAKS, 3)])
def _coefficients_again(y_ct: Any, y: Any, ct: Any, x: Any, degree: int) -> Any:
    return (runtime_scipy.fitpack_coefficients(y_ct, x, degree),)


linear(runtime_scipy.fitpack_coefficients, names="values")
linear(runtime_scipy.fitpack_adjoint, names="ct")


@definition(interpolate.splrep, always=True)
def _splrep(
    x: Any, y: Any, w: Any = None, xb: Any = None, xe: Any = None, k: Any = 3, task: Any = 0, s: Any = None,
    t: Any = None, full_output: Any = 0, per: Any = 0,
) -> Any:  # fmt: skip
    if xb is not None or xe is not None or t is not None or task or full_output or per:
        raise UnsupportedError("splrep has a derivative rule for x, y, w, k and s alone")
    if w is not None or (s is not None and s != 0):
        found = runtime_scipy.fitpack_smoothed(x, y, w, k, s)
        return found[0], found[1], k
    return runtime_scipy.fitpack_knots(x, k), runtime_scipy.fitpack_coefficients(np.asarray(y), x, k), k


class Univariate:
    """A spline ``(knots, coefficients, degree)`` through values: SciPy's ``InterpolatedUnivariateSpline``."""

    def __init__(self, tck: Any, ext: Any) -> None:
        self.tck = tck
        self.ext = {"extrapolate": 0, "zeros": 1, "raise": 2, "const": 3}[ext] if isinstance(ext, str) else ext

    def __call__(self, x: Any, nu: Any = 0, ext: Any = None) -> Any:
        """Return derivative ``nu`` at ``x``."""
        return interpolate.splev(np.asarray(x), self.tck, nu, self.ext if ext is None else ext)

    def derivative(self, n: Any = 1) -> Any:
        """Return derivative ``n``, itself a spline."""
        return self._basis().derivative(n)

    def antiderivative(self, n: Any = 1) -> Any:
        """Return an integral, which is 0 at the first knot."""
        return self._basis().antiderivative(n)

    def integral(self, a: Any, b: Any) -> Any:
        """Return the integral from ``a`` to ``b``; outside of the knots nothing is added."""
        return interpolate.splint(a, b, self.tck)

    def get_coeffs(self) -> Any:
        """Return the coefficients."""
        knots, c, degree = self.tck
        return c[: len(knots) - degree - 1]

    def _basis(self) -> Any:
        if self.ext != 0:
            raise UnsupportedError("the derivative of a spline with ext= has no derivative rule")
        knots, c, degree = self.tck
        return Basis(knots, c[: len(knots) - degree - 1], degree, True)


@definition(interpolate.InterpolatedUnivariateSpline, always=True)
def _through(x: Any, y: Any, w: Any = None, *, k: Any = 3, ext: Any = 0, check_finite: Any = False) -> Any:
    return Univariate(interpolate.splrep(x, y, k=k), ext)


@definition(interpolate.UnivariateSpline, always=True)
def _univariate(
    x: Any, y: Any, w: Any = None, *, k: Any = 3, s: Any = None, ext: Any = 0, check_finite: Any = False
) -> Any:
    return Univariate(interpolate.splrep(x, y, w, k=k, s=len(x) if s is None else s), ext)


# --- least squares: with given knots, or a given penalty, coefficients are linear in the values ---


@definition(interpolate.make_smoothing_spline, always=True)
def _smoothing(x: Any, y: Any, w: Any = None, lam: Any = None, *, axis: Any = 0) -> Any:
    values = np.moveaxis(np.asarray(y), axis, 0)
    knots = np.ravel(np.array(runtime_scipy.smoothing_knots(x), float))
    if lam is None:  # the penalty depends on the values
        return Basis(knots, runtime_scipy.smoothing_coefficients(x, values, w), 3, True, axis % np.ndim(values))
    matrix = np.reshape(np.array(runtime_scipy.smoothing_matrix(x, w, lam), float), (len(x) + 2, len(x)))
    return Basis(knots, np.tensordot(matrix, values, 1), 3, True, axis % np.ndim(values))


@definition(interpolate.make_lsq_spline, always=True)
def _of_least_squares(
    x: Any, y: Any, t: Any, k: Any = 3, w: Any = None, axis: Any = 0, check_finite: Any = True, *, method: Any = "qr"
) -> Any:
    values = np.moveaxis(np.asarray(y), axis, 0)
    matrix = np.reshape(np.array(runtime_scipy.least_squares_matrix(x, t, k, w), float), (len(t) - k - 1, len(x)))
    return Basis(np.asarray(t), np.tensordot(matrix, values, 1), k, True, axis % np.ndim(values))


# --- radial functions ---

LEAST_DEGREE = {"multiquadric": 0, "linear": 0, "thin_plate_spline": 1, "cubic": 1, "quintic": 2}


def radial(kernel: str, x: Any, y: Any) -> Any:
    """Return a radial function of the distances of points ``x`` from points ``y``."""
    squares = np.sum((x[:, None, :] - y[None, :, :]) ** 2, axis=-1)
    if kernel == "gaussian":
        return np.exp(-squares)
    if kernel == "multiquadric":
        return -np.sqrt(squares + 1.0)
    if kernel == "inverse_multiquadric":
        return 1.0 / np.sqrt(squares + 1.0)
    if kernel == "inverse_quadratic":
        return 1.0 / (squares + 1.0)
    apart = squares > 0.0
    safe = np.where(apart, squares, 1.0)
    if kernel == "linear":
        return np.where(apart, -np.sqrt(safe), 0.0)
    if kernel == "cubic":
        return np.where(apart, safe**1.5, 0.0)
    if kernel == "quintic":
        return np.where(apart, -(safe**2.5), 0.0)
    if kernel == "thin_plate_spline":
        return np.where(apart, 0.5 * safe * np.log(safe), 0.0)
    raise ValueError("`kernel` is not one of those of RBFInterpolator")


class Radial:
    """Values ``d`` at scattered points ``y``: SciPy's ``RBFInterpolator``."""

    def __init__(self, y: Any, d: Any, smoothing: Any, kernel: Any, epsilon: Any, degree: Any) -> None:
        if epsilon is None and kernel not in ("linear", "thin_plate_spline", "cubic", "quintic"):
            raise ValueError("`epsilon` must be specified for this kernel")
        self.kernel = kernel
        self.scale = 1.0 if epsilon is None else epsilon
        self.powers = runtime_scipy.monomials(
            np.shape(y)[1], max(LEAST_DEGREE.get(kernel, -1), 0) if degree is None else degree
        )
        low, high = np.min(y, axis=0), np.max(y, axis=0)
        self.middle = 0.5 * (high + low)
        self.width = np.where(high > low, 0.5 * (high - low), 1.0)
        self.y = y
        count, terms = np.shape(y)[0], len(self.powers)
        matrix = radial(kernel, y * self.scale, y * self.scale) + np.diag(np.broadcast_to(smoothing, (count,)))
        tail = self._polynomials(y)
        whole = np.block([[matrix, tail], [tail.T, np.zeros((terms, terms))]])
        rest = np.shape(d)[1:]
        right = np.concatenate((np.reshape(d, (count, -1)), np.zeros((terms, int(np.prod(rest))))))
        self.coefficients = np.linalg.solve(whole, right)
        self.rest = rest

    def __call__(self, x: Any) -> Any:
        """Return the values at points ``x``, one a row."""
        x = np.asarray(x)
        basis = np.concatenate((radial(self.kernel, x * self.scale, self.y * self.scale), self._polynomials(x)), axis=1)
        return np.reshape(basis @ self.coefficients, (np.shape(x)[0], *self.rest))

    def _polynomials(self, x: Any) -> Any:
        return np.prod(((x - self.middle) / self.width)[:, None, :] ** self.powers[None], axis=-1)


@definition(interpolate.RBFInterpolator, always=True)
def _radial(
    y: Any, d: Any, neighbors: Any = None, smoothing: Any = 0.0, kernel: Any = "thin_plate_spline",
    epsilon: Any = None, degree: Any = None,
) -> Any:  # fmt: skip
    if neighbors is not None:
        raise UnsupportedError("RBFInterpolator with neighbors= has no derivative rule")
    return Radial(np.asarray(y), np.asarray(d), smoothing, kernel, epsilon, degree)
