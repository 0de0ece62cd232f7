"""Tangents of what is no product of the tangent and a slope: running products, order statistics, averages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from diffcompile.runtime.quantiles import quantile_rise, quantile_step


def extremum_tangent(
    a_dot: Any, initial_dot: Any, y: Any, a: Any, axis: Any, keepdims: Any, initial: Any, where: Any
) -> Any:
    """Return the tangent of a maximum or minimum with ``initial``: ties share equally, one of them is ``initial``."""
    kept = y if keepdims or axis is None else np.expand_dims(y, axis)
    chosen = np.equal(a, kept) & where
    count = np.sum(chosen, axis=axis, keepdims=keepdims) + np.equal(initial, y)
    moved: Any = 0.0
    if a_dot is not None:
        moved = np.sum(a_dot * chosen, axis=axis, keepdims=keepdims)
    if initial_dot is not None:
        moved = moved + initial_dot * np.equal(initial, y)
    return (moved / np.maximum(count, 1)).astype(np.result_type(y))


def cumprod_tangent(a_dot: Any, y: Any, a: Any, axis: Any) -> Any:
    """Return the tangent of ``y = np.cumprod(a, axis)``, right where factors are 0."""
    if axis is None:
        return cumprod_tangent(np.ravel(a_dot), y, np.ravel(a), 0)
    if np.all(a):
        return y * np.cumsum(a_dot / a, axis=axis)
    y, a, a_dot = (np.moveaxis(np.asarray(part), axis, 0) for part in (y, a, a_dot))
    y_dot = np.empty_like(y)
    for k in range(len(y)):
        y_dot[k] = a_dot[k] if k == 0 else y_dot[k - 1] * a[k] + y[k - 1] * a_dot[k]
    return np.moveaxis(y_dot, 0, axis)


def running_extremum_tangent(a_dot: Any, y: Any, axis: int) -> Any:
    """Return the tangent of ``y = np.maximum.accumulate(a, axis)``: a value comes from where it was first."""
    y = np.moveaxis(np.asarray(y), axis, 0)
    fresh = np.ones(y.shape, bool)
    fresh[1:] = y[1:] != y[:-1]
    steps = np.reshape(np.arange(y.shape[0]), (-1,) + (1,) * (y.ndim - 1))
    source = np.maximum.accumulate(np.where(fresh, steps, 0), axis=0)
    return np.moveaxis(np.take_along_axis(np.moveaxis(np.asarray(a_dot), axis, 0), source, 0), 0, axis)


def sort_tangent(a_dot: Any, a: Any, axis: int | None = -1) -> Any:
    """Return the tangent of ``np.sort(a, axis)``."""
    if axis is None:
        return sort_tangent(np.ravel(a_dot), np.ravel(a), 0)
    return np.take_along_axis(a_dot, np.argsort(a, axis=axis, kind="stable"), axis)


def partition_tangent(a_dot: Any, result: Any, a: Any, axis: int | None = -1) -> Any:
    """Return the tangent of ``result = np.partition(a, kth, axis)``: sorting both shows which is which."""
    if axis is None:
        return partition_tangent(np.ravel(a_dot), result, np.ravel(a), 0)
    ranks = np.argsort(np.argsort(result, axis=axis, kind="stable"), axis=axis, kind="stable")
    return np.take_along_axis(sort_tangent(a_dot, a, axis), ranks, axis)


def quantile_tangent(a_dot: Any, q_dot: Any, result: Any, a: Any, q: Any, places: Any) -> Any:
    """Return the tangent of ``result = np.quantile(a, q)``; a tangent that is None is zero.

    ``places`` are what :func:`diffcompile.runtime.quantile_places` returns.
    """
    moved: Any = 0.0
    if a_dot is not None:
        step = quantile_step(q, places)
        moved = np.take(a_dot, places[0]) * (places[2] - step) + np.take(a_dot, places[1]) * (places[3] + step)
    if q_dot is not None:
        moved = moved + quantile_rise(a, places) * np.reshape(q_dot, (-1, 1)) * places[4]
    return np.reshape(moved, np.shape(result))


def average_tangent(
    a_dot: Any, weights_dot: Any, y: Any, a: Any, axis: Any, weights: Any, keepdims: Any, returned: bool
) -> Any:
    """Return the tangent of a weighted ``np.average``; a tangent that is None is zero."""
    average = y[0] if returned else y
    if np.shape(weights) != np.shape(a):
        # the weights have one axis for each averaged axis of ``a``, in the order in which these are named
        axes = tuple(k % np.ndim(a) for k in (axis if isinstance(axis, tuple) else (axis,)))
        others = tuple(k for k in range(np.ndim(a)) if k not in axes)
        order = np.argsort(axes)

        def spread(w: Any) -> Any:
            return np.broadcast_to(np.expand_dims(np.transpose(w, order), others), np.shape(a))

        weights = spread(weights)
        weights_dot = None if weights_dot is None else spread(weights_dot)
    total = np.sum(weights, axis=axis, keepdims=keepdims)
    moved: Any = 0.0
    total_dot = np.zeros_like(total)
    if a_dot is not None:
        moved = np.sum(weights * a_dot, axis=axis, keepdims=keepdims)
    if weights_dot is not None:
        total_dot = np.sum(weights_dot, axis=axis, keepdims=keepdims)
        moved = moved + np.sum(weights_dot * a, axis=axis, keepdims=keepdims) - average * total_dot
    return (moved / total, total_dot) if returned else moved / total


def multi_dot_tangent(arrays_dot: Sequence[Any], arrays: Sequence[Any]) -> Any:
    """Return the tangent of ``np.linalg.multi_dot(arrays)``: one product for each array."""
    total: Any = 0.0
    for k, moved in enumerate(arrays_dot):
        total = total + np.linalg.multi_dot([*arrays[:k], moved, *arrays[k + 1 :]])
    return total


def product_tangent(factors_dot: Any, start_dot: Any, factors: Any, start: Any) -> Any:
    """Return the tangent of ``math.prod(factors, start=start)``; a tangent that is None is zero."""
    product, moved = start, 0.0 if start_dot is None else start_dot
    for k, factor in enumerate(factors):
        moved = moved * factor + (0.0 if factors_dot is None else product * factors_dot[k])
        product = product * factor
    return moved


def dist_tangent(p_dot: Any, q_dot: Any, y: Any, p: Any, q: Any) -> Any:
    """Return the tangent of ``y = math.dist(p, q)``, 0 where the points are one; a tangent that is None is zero."""
    if not y:
        return 0.0
    moved = 0.0
    for k in range(len(p)):
        step = (0.0 if p_dot is None else p_dot[k]) - (0.0 if q_dot is None else q_dot[k])
        moved += (p[k] - q[k]) * step
    return float(moved / y)
