"""Adjoint of padding with what is computed from an array: ramps, odd reflections and statistics of its ends."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.runtime.quantiles import quantile_adjoint, quantile_places
from diffcompile.runtime.reductions import extremum_adjoint
from diffcompile.runtime.repeating import _pad_pairs


def pad_statistics_adjoint(
    ct: Any, array: Any, pad_width: Any, mode: Any, reflect_type: str, stat_length: Any, end_values: Any
) -> Any:
    """Return the cotangent of an array that ``np.pad`` continued with ramps, reflections at a point, or statistics.

    ``np.pad`` goes from axis to axis. Along one of them a ramp, a mean or an odd reflection is linear, and its
    matrix is what it makes of the unit vectors; a maximum, minimum or median hands its cotangent to where it is.
    """
    pairs = _pad_pairs(pad_width, np.ndim(array))
    lengths = _pad_pairs(stat_length, np.ndim(array)) if stat_length is not None else [(None, None)] * np.ndim(array)
    widths = [[pair if k == axis else (0, 0) for k in range(np.ndim(array))] for axis, pair in enumerate(pairs)]
    stages = [np.asarray(array)]
    for axis, width in enumerate(widths[:-1]):
        options: dict[str, Any] = {"stat_length": [lengths[axis]] * np.ndim(array)} if stat_length is not None else {}
        stages.append(np.pad(stages[-1], width, mode, **options) if mode in _CHOICES else stages[-1])
    for axis in reversed(range(np.ndim(array))):
        along = np.moveaxis(ct, axis, -1)
        if mode in _CHOICES:
            along = _pad_choice_adjoint(along, np.moveaxis(stages[axis], axis, -1), pairs[axis], mode, lengths[axis])
        else:
            options = {"stat_length": [lengths[axis]] * 2} if stat_length is not None else {}
            if mode in ("reflect", "symmetric"):
                options = {"reflect_type": reflect_type}
            units = np.eye(np.shape(array)[axis], dtype=np.result_type(array))
            along = along @ np.pad(units, [(0, 0), pairs[axis]], mode, **options).T
        ct = np.moveaxis(along, -1, axis)
    return ct


_CHOICES = ("maximum", "minimum", "median")
_STATISTICS = (*_CHOICES, "mean")


def _pad_choice_adjoint(ct: Any, x: Any, pair: tuple[int, int], mode: str, lengths: tuple[Any, Any]) -> Any:
    """Return the cotangent of ``x``, padded along its last axis with a statistic of each end."""
    before, size = pair[0], np.shape(x)[-1]
    bar = np.array(ct[..., before : before + size])
    ends = (
        (np.sum(ct[..., :before], axis=-1), slice(0, min(lengths[0] or size, size))),
        (np.sum(ct[..., before + size :], axis=-1), slice(max(size - (lengths[1] or size), 0), size)),
    )
    for end, where in ends:
        chunk = x[..., where]
        if mode == "median":
            bar[..., where] += quantile_adjoint(end, chunk, 0.5, quantile_places(chunk, 0.5, -1))
        else:
            y = np.max(chunk, axis=-1) if mode == "maximum" else np.min(chunk, axis=-1)
            bar[..., where] += extremum_adjoint(end, y, chunk, -1, False, None, True)[0]
    return bar


def pad_tangent(
    array_dot: Any, array: Any, pad_width: Any, mode: Any, reflect_type: str, stat_length: Any
) -> Any:
    """Return the tangent of ``np.pad`` for all modes but "constant"."""
    options: dict[str, Any] = {} if stat_length is None else {"stat_length": stat_length}
    if mode in ("reflect", "symmetric"):
        options = {"reflect_type": reflect_type}
    if mode not in _CHOICES:
        return np.pad(array_dot, pad_width, mode, **options)
    pairs = _pad_pairs(pad_width, np.ndim(array))
    lengths = _pad_pairs(stat_length, np.ndim(array)) if stat_length is not None else [(None, None)] * np.ndim(array)
    x, x_dot = np.asarray(array), array_dot
    for axis, pair in enumerate(pairs):
        along, along_dot = np.moveaxis(x, axis, -1), np.moveaxis(x_dot, axis, -1)
        along_dot = _pad_choice_tangent(along_dot, along, pair, mode, lengths[axis])
        x_dot = np.moveaxis(along_dot, -1, axis)
        width = [pair if k == axis else (0, 0) for k in range(x.ndim)]
        extra = {} if stat_length is None else {"stat_length": [lengths[axis]] * x.ndim}
        x = np.pad(x, width, mode, **extra)
    return x_dot


def _pad_choice_tangent(x_dot: Any, x: Any, pair: tuple[int, int], mode: str, lengths: tuple[Any, Any]) -> Any:
    """Return the tangent of ``x``, padded along its last axis with a statistic of each end."""
    size = np.shape(x)[-1]
    parts = [x_dot]
    wheres = (slice(0, min(lengths[0] or size, size)), slice(max(size - (lengths[1] or size), 0), size))
    for where, count in zip(wheres, pair, strict=True):
        chunk, chunk_dot = x[..., where], x_dot[..., where]
        if mode == "median":
            order = np.argsort(chunk, axis=-1, kind="stable")
            moved = np.take_along_axis(chunk_dot, order, axis=-1)
            last = np.shape(chunk)[-1] - 1
            edge = 0.5 * (moved[..., last // 2] + moved[..., (last + 1) // 2])
        else:
            y = np.max(chunk, axis=-1, keepdims=True) if mode == "maximum" else np.min(chunk, axis=-1, keepdims=True)
            chosen = np.equal(chunk, y)
            edge = np.sum(chosen * chunk_dot, axis=-1) / np.sum(chosen, axis=-1)
        padding = np.repeat(edge[..., None], count, axis=-1).astype(x_dot.dtype)
        parts = [padding, *parts] if where is wheres[0] else [*parts, padding]
    return np.concatenate(parts, axis=-1)
