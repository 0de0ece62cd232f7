"""Adjoints of differences and of the trapezoidal rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.runtime.broadcasting import unbroadcast


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
    y_bar = np.zeros(y.shape, middle_bar.dtype)
    y_bar[..., :-1] += middle_bar
    y_bar[..., 1:] += middle_bar
    step_bar = unbroadcast(0.5 * ct * (y[..., 1:] + y[..., :-1]), np.shape(step))
    if x is None:
        return np.moveaxis(y_bar, -1, axis), None, step_bar
    x_bar = spread_difference(step_bar, -1)
    return np.moveaxis(y_bar, -1, axis), x_bar if np.ndim(x) == 1 else np.moveaxis(x_bar, -1, axis), None
