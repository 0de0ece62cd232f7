"""Polynomials through points, FITPACK's splines through values, and monomials."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from scipy import interpolate

from diffcompile.errors import UnsupportedError


def node_weights(kind: str, nodes: Any, x: Any, nu: int = 0) -> Any:
    """Return by which weight each of the values at ``nodes`` counts in derivative ``nu`` at ``x`` (..., nodes)."""
    whole = np.eye(len(nodes))
    if kind == "krogh":
        curve = interpolate.KroghInterpolator(nodes, whole)
    else:
        curve = interpolate.BarycentricInterpolator(nodes, whole, rng=0)
    return curve(x) if nu == 0 else curve.derivative(x, nu)


def check_nodes(nodes: Any) -> None:
    """Refuse nodes that repeat, at which derivatives are given.

    Raises:
        UnsupportedError: there are some.
    """
    if len(np.unique(nodes)) != len(nodes):
        raise UnsupportedError("a polynomial through nodes that repeat has no derivative rule")


def fitpack_knots(x: Any, degree: int) -> Any:
    """Return the knots of ``scipy.interpolate.splrep(x, y, k=degree)``."""
    return interpolate.splrep(x, np.zeros(len(x)), k=degree)[0]


def fitpack_coefficients(values: Any, x: Any, degree: int) -> Any:
    """Return the coefficients of ``scipy.interpolate.splrep(x, values, k=degree)``, with the zeros behind them."""
    return interpolate.splrep(x, values, k=degree)[1]


def fitpack_adjoint(ct: Any, x: Any, degree: int) -> Any:
    """Return the cotangent of the values in ``fitpack_coefficients(values, x, degree)``."""
    return np.stack([interpolate.splrep(x, unit, k=degree)[1] for unit in np.eye(len(x))]) @ ct


def fitpack_smoothed(x: Any, y: Any, w: Any, k: int, s: Any) -> Any:
    """Return ``scipy.interpolate.splrep(x, y, w, k=k, s=s)``; it has no derivative rule: its knots depend on ``y``."""
    return interpolate.splrep(x, y, w, k=k, s=s)


def monomials(axes: int, degree: int) -> Any:
    """Return the powers (monomials, axes) of all monomials up to a degree."""
    found = [
        np.bincount(np.array(chosen, int), minlength=axes)
        for total in range(degree + 1)
        for chosen in itertools.combinations_with_replacement(range(axes), total)
    ]
    return np.array(found, int).reshape(len(found), axes)


def smoothing_knots(x: Any) -> Any:
    """Return the knots of ``make_smoothing_spline``, which are those of the points."""
    return interpolate.make_smoothing_spline(x, np.zeros(len(x)), lam=1.0).t


def smoothing_coefficients(x: Any, y: Any, w: Any) -> Any:
    """Return the coefficients of a smoothing spline that chooses its penalty; they have no derivative rule."""
    return interpolate.make_smoothing_spline(x, y, w).c


def smoothing_matrix(x: Any, w: Any, lam: Any) -> Any:
    """Return what takes values to the coefficients of their smoothing spline, which are linear in them."""
    return interpolate.make_smoothing_spline(x, np.eye(len(x)), w, lam).c


def least_squares_matrix(x: Any, t: Any, k: int, w: Any) -> Any:
    """Return what takes values to the coefficients of ``make_lsq_spline``."""
    return interpolate.make_lsq_spline(x, np.eye(len(x)), t, k, w).c
