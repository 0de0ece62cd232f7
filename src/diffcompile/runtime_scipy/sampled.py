"""Integrals of sampled functions, and splines."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import integrate

from diffcompile.errors import UnsupportedError


def simpson_adjoint(ct: Any, y: Any, x: Any, dx: Any, axis: int) -> Any:
    """Return the cotangent of ``y`` in ``scipy.integrate.simpson(y, x=x, dx=dx, axis=axis)``, which is linear in it."""
    if np.ndim(x) > 1:
        raise UnsupportedError("simpson has a derivative rule for one line of abscissae only")
    weights = integrate.simpson(np.eye(np.shape(y)[axis]), x=x, dx=dx, axis=-1)
    return np.moveaxis(np.expand_dims(ct, -1) * weights, -1, axis)


def romb_adjoint(ct: Any, y: Any, dx: Any, axis: int) -> Any:
    """Return the cotangent of ``y`` in ``scipy.integrate.romb(y, dx, axis)``, which is linear in it."""
    weights = integrate.romb(np.eye(np.shape(y)[axis]), dx, axis=-1)
    return np.moveaxis(np.expand_dims(ct, -1) * weights, -1, axis)


def trapezoid_adjoint(ct: Any, y: Any, x: Any, dx: Any, axis: int) -> tuple[Any, Any]:
    """Return the cotangents of ``y`` and ``x`` (or None) in ``scipy.integrate.trapezoid``."""
    return _areas_adjoint(np.expand_dims(ct, axis), y, x, dx, axis)


def cumulative_trapezoid_adjoint(
    ct: Any, y: Any, x: Any, dx: Any, axis: int, initial: Any
) -> tuple[Any, Any]:
    """Return the cotangents of ``y`` and ``x`` (or None) in ``scipy.integrate.cumulative_trapezoid``."""
    if initial is not None:
        ct = np.take(ct, np.arange(1, np.shape(y)[axis]), axis)
    later = np.flip(np.cumsum(np.flip(ct, axis), axis), axis)
    return _areas_adjoint(later, y, x, dx, axis)


def _areas_adjoint(areas_bar: Any, y: Any, x: Any, dx: Any, axis: int) -> tuple[Any, Any]:
    """Return the cotangents of ``y`` and ``x`` in the areas below the pieces of a polygon."""
    y, areas_bar = np.moveaxis(y, axis, -1), np.moveaxis(areas_bar, axis, -1)
    if x is not None and np.ndim(x) > 1:
        raise UnsupportedError("trapezoids have a derivative rule for one line of abscissae only")
    widths = dx if x is None else np.diff(x)
    halves = 0.5 * areas_bar * widths
    y_bar = np.zeros(y.shape, np.result_type(y, halves))
    y_bar[..., 1:] += halves
    y_bar[..., :-1] += halves
    x_bar = None
    if x is not None:
        widths_bar = 0.5 * areas_bar * (y[..., 1:] + y[..., :-1])
        widths_bar = np.reshape(widths_bar, (-1, len(x) - 1)).sum(0)
        x_bar = np.zeros(len(x), widths_bar.dtype)
        x_bar[1:] += widths_bar
        x_bar[:-1] -= widths_bar
    return np.moveaxis(y_bar, -1, axis), x_bar


def spline_slope(spline: Any, x: Any, nu: Any, extrapolate: Any) -> Any:
    """Return the derivative of ``spline(x, nu, extrapolate)`` with respect to ``x``."""
    return spline(x, nu + 1, extrapolate)


def spline_adjoint(ct: Any, spline: Any, x: Any, nu: Any, extrapolate: Any) -> Any:
    """Return the cotangent of ``x`` in ``spline(x, nu, extrapolate)``, whose values may be arrays."""
    terms = ct * spline_slope(spline, x, nu, extrapolate)
    return np.reshape(terms, (*np.shape(x), -1)).sum(-1)
