"""Adjoints of interpolation and convolution."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.runtime.repeating import scatter_add


def _interp_cells(x: Any, xp: Any) -> tuple[Any, Any, Any, Any]:
    """Return the neighbours of each ``x`` in ``xp``, their distance (never 0) and the place between."""
    x, xp = np.asarray(x), np.asarray(xp)
    last = len(xp) - 1
    low = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, max(last - 1, 0))
    high = np.minimum(low + 1, last)
    width = np.where(high > low, xp[high] - xp[low], 1)
    return low, high, width, np.clip((x - xp[low]) / width, 0, 1)


def _interp_inside(x: Any, xp: Any) -> Any:
    return np.greater_equal(x, xp[0]) & np.less_equal(x, xp[-1])


def interp_slope(x: Any, xp: Any, fp: Any) -> Any:
    """Return the derivative of ``np.interp(x, xp, fp)`` with respect to ``x``."""
    low, high, width, _ = _interp_cells(x, xp)
    fp = np.asarray(fp)
    return np.where(_interp_inside(x, xp), (fp[high] - fp[low]) / width, 0)


def interp_adjoint_xp(ct: Any, x: Any, xp: Any, fp: Any) -> Any:
    """Return the cotangent of ``xp`` in ``np.interp(x, xp, fp)``."""
    low, high, _, t = _interp_cells(x, xp)
    pull = -ct * interp_slope(x, xp, fp)
    return scatter_add(pull * (1 - t), low, np.shape(xp)) + scatter_add(pull * t, high, np.shape(xp))


def interp_adjoint_fp(ct: Any, x: Any, xp: Any, left: Any = None, right: Any = None) -> Any:
    """Return the cotangent of ``fp`` in ``np.interp(x, xp, fp, left, right)``."""
    low, high, _, t = _interp_cells(x, xp)
    if left is not None:
        ct = np.where(np.less(x, xp[0]), 0, ct)
    if right is not None:
        ct = np.where(np.greater(x, xp[-1]), 0, ct)
    return scatter_add(ct * (1 - t), low, np.shape(xp)) + scatter_add(ct * t, high, np.shape(xp))


def _unfold(ct: Any, other: Any, size: int, start: int) -> Any:
    """Return the cotangent of the operand with ``size`` elements of the full convolution with ``other``.

    ``ct`` belongs to the part of the full convolution that begins at ``start``.
    """
    full = np.zeros(size + np.size(other) - 1, np.result_type(ct))
    full[start : start + np.size(ct)] = ct
    return np.convolve(full, np.atleast_1d(other)[::-1], "valid")


def convolve_adjoint(ct: Any, x: Any, other: Any, mode: str = "full") -> Any:
    """Return the cotangent of the operand ``x`` that ``np.convolve`` folded with ``other``."""
    short = min(np.size(x), np.size(other))
    start = _start(mode, short, (short - 1) // 2)
    return np.reshape(_unfold(ct, other, np.size(x), start), np.shape(x))


def _start(mode: Any, short: int, centre: int) -> int:
    """Return where a convolution in ``mode``, a name or a number, begins in the full one."""
    if mode in ("full", 2):
        return 0
    return centre if mode in ("same", 1) else short - 1


def _correlate_start(a: Any, v: Any, mode: str) -> int:
    """Return where the result of ``np.correlate`` begins in the full one; a longer ``v`` swaps them."""
    short = min(np.size(a), np.size(v))
    centre = short // 2 if np.size(v) > np.size(a) else (short - 1) // 2
    return _start(mode, short, centre)


def correlate_adjoint_left(ct: Any, a: Any, v: Any, mode: str = "valid") -> Any:
    """Return the cotangent of ``a`` in ``np.correlate(a, v, mode)``, a convolution with ``conj(v)[::-1]``."""
    flipped = np.conj(np.atleast_1d(v)[::-1])
    return np.reshape(_unfold(ct, flipped, np.size(a), _correlate_start(a, v, mode)), np.shape(a))


def correlate_adjoint_right(ct: Any, a: Any, v: Any, mode: str = "valid") -> Any:
    """Return the cotangent of ``v`` in ``np.correlate(a, v, mode)``."""
    v_bar = np.conj(_unfold(ct, a, np.size(v), _correlate_start(a, v, mode))[::-1])
    return np.reshape(v_bar, np.shape(v))
