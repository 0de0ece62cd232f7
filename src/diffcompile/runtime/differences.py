"""Adjoints of differences and of the trapezoidal rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.runtime.broadcasting import as_cotangent, unbroadcast


def spread_difference(ct: Any, axis: int) -> Any:
    """Return the adjoint of ``np.diff(a, axis=axis)``: one element longer along ``axis``."""
    widths = [(0, 0)] * np.ndim(ct)
    widths[axis] = (1, 1)
    return -np.diff(np.pad(ct, widths), axis=axis)


def diff_adjoint(ct: Any, a: Any, n: int, axis: int, prepend: Any, append: Any) -> tuple[Any, Any, Any]:
    """Return the cotangents of ``a``, ``prepend`` and ``append`` for ``np.diff``."""

    def length(part: Any) -> int:
        return 0 if part is None else np.shape(part)[axis] if np.ndim(part) else 1

    lead, own, tail = length(prepend), length(a), length(append)
    if n < lead + own + tail:
        for _ in range(n):
            ct = spread_difference(ct, axis)
    else:
        shape = list(np.shape(a))
        shape[axis] = lead + own + tail
        ct = np.zeros(shape, np.result_type(ct))
    first, middle, last = np.split(ct, [lead, lead + own], axis=axis)
    return (
        middle,
        None if prepend is None else unbroadcast(first, np.shape(prepend)),
        None if append is None else unbroadcast(last, np.shape(append)),
    )


def trapezoid_adjoint(ct: Any, y: Any, x: Any, dx: Any, axis: int) -> tuple[Any, Any, Any]:
    """Return the cotangents of ``y``, ``x`` and ``dx`` for ``np.trapezoid``."""
    ct = np.expand_dims(ct, axis)
    y = np.moveaxis(np.asarray(y), axis, -1)
    ct = np.moveaxis(ct, axis, -1)
    if x is None:
        step = dx
    elif np.ndim(x) == 1:
        step = np.diff(x)
    else:
        step = np.diff(np.moveaxis(np.asarray(x), axis, -1), axis=-1)
    middle_bar = np.broadcast_to(0.5 * ct * step, (*y.shape[:-1], y.shape[-1] - 1))
    end = np.zeros((*y.shape[:-1], 1), middle_bar.dtype)
    y_bar = np.concatenate((middle_bar, end), axis=-1) + np.concatenate((end, middle_bar), axis=-1)
    step_bar = unbroadcast(0.5 * ct * (y[..., 1:] + y[..., :-1]), np.shape(step))
    if x is None:
        return np.moveaxis(y_bar, -1, axis), None, step_bar
    x_bar = spread_difference(step_bar, -1)
    return np.moveaxis(y_bar, -1, axis), x_bar if np.ndim(x) == 1 else np.moveaxis(x_bar, -1, axis), None


def gradient_adjoint(ct: Any, f: Any, spacings: tuple[Any, ...], axis: Any, edge_order: int) -> tuple[Any, ...]:
    """Return the cotangents of ``f`` and of the spacings in ``np.gradient(f, *spacings)``."""
    rank = np.ndim(f)
    axes = tuple(range(rank)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    shared = len(spacings) != len(axes)  # one for all axes, or none
    f_bar: Any = np.zeros(np.shape(f), np.result_type(f, 1.0))
    bars = []
    for number, along in enumerate(axes):
        spacing = (spacings[0] if spacings else 1.0) if shared else spacings[number]
        part = ct if len(axes) == 1 and not isinstance(ct, list | tuple) else ct[number]
        if part is None:
            bars.append(np.zeros(np.shape(spacing)))
            continue
        own, bar = _gradient_along(np.moveaxis(part, along, -1), np.moveaxis(f, along, -1), spacing, edge_order)
        f_bar = f_bar + np.moveaxis(own, -1, along)
        bars.append(bar)
    if not spacings:
        return (f_bar,)
    if shared:
        return f_bar, sum(bars)
    return tuple([f_bar] + bars)  # noqa: RUF005 - this can be differentiated, whatever the number of bars


def slopes_adjoint(ct: Any, f: Any, spacings: tuple[Any, ...], axis: Any, edge_order: int) -> Any:
    """Return the cotangent of ``f`` in ``np.gradient(f, *spacings)``."""
    return gradient_adjoint(ct, f, spacings, axis, edge_order)[0]


def slopes_along(f_bar: Any, spacings: tuple[Any, ...], axis: Any, edge_order: int) -> Any:
    """Return ``np.gradient(f_bar, *spacings)``."""
    return np.gradient(f_bar, *spacings, axis=axis, edge_order=edge_order)  # type: ignore[call-overload]


def _gradient_along(ct: Any, f: Any, spacing: Any, edge_order: int) -> tuple[Any, Any]:
    """Return the cotangents of ``f`` and of its spacing for differences along the last axis.

    Inside, a difference is the mean of the slopes on both sides, each weighted with the width of the other;
    at the ends it is one slope, or two extrapolated.
    """
    widths = np.diff(spacing) if np.ndim(spacing) else np.full(np.shape(f)[-1] - 1, spacing, np.result_type(f, spacing))
    slopes = np.diff(f) / widths
    slopes_bar = np.zeros(np.shape(slopes), np.result_type(slopes))
    widths_bar = np.zeros(np.shape(slopes), np.result_type(slopes))
    inside, left, right = ct[..., 1:-1], widths[:-1], widths[1:]
    share = inside / (left + right)
    slopes_bar[..., :-1] += share * right
    slopes_bar[..., 1:] += share * left
    mean = (slopes[..., :-1] * right + slopes[..., 1:] * left) / (left + right)
    widths_bar[..., :-1] += share * (slopes[..., 1:] - mean)
    widths_bar[..., 1:] += share * (slopes[..., :-1] - mean)
    for end, near, far in ((0, 0, 1), (-1, -1, -2)):
        slopes_bar[..., near] += ct[..., end]
        if edge_order == 2:
            both = widths[near] + widths[far]
            bend = slopes[..., near] - slopes[..., far]
            slopes_bar[..., near] += ct[..., end] * widths[near] / both
            slopes_bar[..., far] -= ct[..., end] * widths[near] / both
            widths_bar[..., near] += ct[..., end] * bend * widths[far] / both**2
            widths_bar[..., far] -= ct[..., end] * bend * widths[near] / both**2
    steps_bar = slopes_bar / widths
    widths_bar -= steps_bar * slopes
    widths_bar = np.sum(widths_bar, axis=tuple(range(widths_bar.ndim - 1)))
    f_bar = spread_difference(steps_bar, -1)
    return f_bar, spread_difference(widths_bar, 0) if np.ndim(spacing) else np.sum(widths_bar)


def ediff1d_adjoint(ct: Any, ary: Any, to_end: Any, to_begin: Any) -> tuple[Any, Any, Any]:
    """Return the cotangents of the array and of the two ends in ``np.ediff1d``."""
    first = 0 if to_begin is None else np.size(to_begin)
    inside = max(np.size(ary) - 1, 0)
    ary_bar = spread_difference(ct[first : first + inside], 0) if inside else np.zeros(np.size(ary))
    ary_bar = np.reshape(ary_bar, np.shape(ary))
    end_bar = None if to_end is None else as_cotangent(np.reshape(ct[first + inside :], np.shape(to_end)), to_end)
    if to_begin is None:
        return ary_bar, end_bar, None
    return ary_bar, end_bar, as_cotangent(np.reshape(ct[:first], np.shape(to_begin)), to_begin)
