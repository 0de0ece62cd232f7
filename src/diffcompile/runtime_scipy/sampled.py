"""Integrals of sampled functions, and splines."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import integrate

from diffcompile.errors import UnsupportedError
from diffcompile.runtime import as_cotangent


def simpson_adjoint(ct: Any, y: Any, x: Any, dx: Any, axis: int) -> tuple[Any, Any, Any]:
    """Return the cotangents of ``y``, ``x`` and ``dx`` in ``scipy.integrate.simpson(y, x=x, dx=dx, axis=axis)``.

    The integral is linear in ``y``, with weights that :func:`simpson_slopes` differentiates.
    """
    if np.ndim(x) > 1:
        raise UnsupportedError("simpson has a derivative rule for one line of abscissae only")
    weights = integrate.simpson(np.eye(np.shape(y)[axis]), x=x, dx=dx, axis=-1)
    y_bar = np.moveaxis(np.expand_dims(ct, -1) * weights, -1, axis)
    if x is None:
        return y_bar, None, as_cotangent(np.sum(ct * integrate.simpson(y, dx=1.0, axis=axis)), dx)
    of_weights = np.sum(np.reshape(np.expand_dims(ct, -1) * np.moveaxis(y, axis, -1), (-1, np.size(x))), axis=0)
    return y_bar, simpson_slopes(x).T @ of_weights, 0.0


def simpson_slopes(x: Any) -> Any:
    """Return the derivatives of the weights of Simpson's rule, a row each, in the abscissae ``x``.

    Three points with the distances ``h`` and ``k`` have the weights ``(h + k) (2 - k/h) / 6``, ``(h + k)^3 / (6 h k)``
    and ``(h + k) (2 - h/k) / 6``; where a last point is left over, K. V. Cartwright's correction (Journal of
    Mathematical Sciences and Mathematics Education 12, 2017) adds the integral of a parabola over its interval.
    """
    size = np.size(x)
    slopes = np.zeros((size, size))
    if size == 2:  # noqa: PLR2004 - one interval, one trapezoid
        return np.array([[-0.5, 0.5], [-0.5, 0.5]])
    widths = np.diff(x)

    def add(first: int, in_h: Any, in_k: Any) -> None:
        """Add derivatives of three weights in the distances between the points from ``first`` on."""
        rows = slice(first, first + 3)
        slopes[rows, first] -= in_h
        slopes[rows, first + 1] += np.subtract(in_h, in_k)
        slopes[rows, first + 2] += in_k

    for first in range(0, size - 2, 2):
        h, k = widths[first : first + 2]
        both = h + k
        add(
            first,
            [(2 - k / h + both * k / h**2) / 6, both**2 * (2 * h - k) / (6 * h**2 * k), (2 - h / k - both / k) / 6],
            [(2 - k / h - both / h) / 6, both**2 * (2 * k - h) / (6 * h * k**2), (2 - h / k + both * h / k**2) / 6],
        )
    if size % 2 == 0:
        h, k = widths[-2:]
        both = h + k
        add(
            size - 3,
            [k**3 * (2 * h + k) / (6 * h**2 * both**2), -(k**2) / (6 * h**2), k**2 / (6 * both**2)],
            [-(k**2) * (3 * h + 2 * k) / (6 * h * both**2), (2 * k + 3 * h) / (6 * h), _last_slope(h, k)],
        )
    return slopes


def _last_slope(h: Any, k: Any) -> Any:
    """Return the derivative of ``(2 k^2 + 3 h k) / (6 (h + k))`` in ``k``."""
    return (4 * k + 3 * h) / (6 * (h + k)) - (2 * k**2 + 3 * h * k) / (6 * (h + k) ** 2)


def romb_adjoint(ct: Any, y: Any, dx: Any, axis: int) -> tuple[Any, Any]:
    """Return the cotangents of ``y`` and ``dx`` in ``scipy.integrate.romb(y, dx, axis)``, linear in either."""
    weights = integrate.romb(np.eye(np.shape(y)[axis]), dx, axis=-1)
    y_bar = np.moveaxis(np.expand_dims(ct, -1) * weights, -1, axis)
    return y_bar, as_cotangent(np.sum(ct * integrate.romb(y, 1.0, axis=axis)), dx)


def trapezoid_adjoint(ct: Any, y: Any, x: Any, dx: Any, axis: int) -> tuple[Any, Any, Any]:
    """Return the cotangents of ``y``, ``x`` (or None) and ``dx`` in ``scipy.integrate.trapezoid``."""
    return _areas_adjoint(np.expand_dims(ct, axis), y, x, dx, axis)


def cumulative_trapezoid_adjoint(
    ct: Any, y: Any, x: Any, dx: Any, axis: int, initial: Any
) -> tuple[Any, Any, Any]:
    """Return the cotangents of ``y``, ``x`` (or None) and ``dx`` in ``scipy.integrate.cumulative_trapezoid``."""
    if initial is not None:
        ct = np.take(ct, np.arange(1, np.shape(y)[axis]), axis)
    later = np.flip(np.cumsum(np.flip(ct, axis), axis), axis)
    return _areas_adjoint(later, y, x, dx, axis)


def _areas_adjoint(areas_bar: Any, y: Any, x: Any, dx: Any, axis: int) -> tuple[Any, Any, Any]:
    """Return the cotangents of ``y``, ``x`` and ``dx`` in the areas below the pieces of a polygon."""
    y, areas_bar = np.moveaxis(y, axis, -1), np.moveaxis(areas_bar, axis, -1)
    if x is not None and np.ndim(x) > 1:
        raise UnsupportedError("trapezoids have a derivative rule for one line of abscissae only")
    widths = dx if x is None else np.diff(x)
    halves = 0.5 * areas_bar * widths
    y_bar = np.zeros(y.shape, np.result_type(y, halves))
    y_bar[..., 1:] += halves
    y_bar[..., :-1] += halves
    widths_bar = 0.5 * areas_bar * (y[..., 1:] + y[..., :-1])
    if x is None:
        return np.moveaxis(y_bar, -1, axis), None, as_cotangent(np.sum(widths_bar), dx)
    widths_bar = np.reshape(widths_bar, (-1, len(x) - 1)).sum(0)
    x_bar = np.zeros(len(x), widths_bar.dtype)
    x_bar[1:] += widths_bar
    x_bar[:-1] -= widths_bar
    return np.moveaxis(y_bar, -1, axis), x_bar, 0.0


def spline_adjoint(ct: Any, spline: Any, x: Any, nu: Any, extrapolate: Any) -> Any:
    """Return the cotangent of ``x`` in ``spline(x, nu, extrapolate)``, whose values may be arrays."""
    slope = spline(x, nu + 1, extrapolate)
    return np.sum(ct * slope, axis=_value_axes(spline, x, slope))


def spline_tangent(direction: Any, spline: Any, x: Any, nu: Any, extrapolate: Any) -> Any:
    """Return the tangent of ``spline(x, nu, extrapolate)`` where ``x`` moves in ``direction``, of the same shape."""
    slope = spline(x, nu + 1, extrapolate)
    return slope * np.expand_dims(direction, _value_axes(spline, x, slope))


def _value_axes(spline: Any, x: Any, y: Any) -> tuple[int, ...]:
    """Return the axes of ``y = spline(x)`` that are not those of ``x``, which stand at ``spline.axis``."""
    after = spline.axis + np.ndim(x)
    return (*range(spline.axis), *range(after, np.ndim(y)))
