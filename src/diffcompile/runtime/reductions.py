"""Adjoints of reductions and of running totals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcompile.runtime.broadcasting import as_cotangent, unbroadcast


def axis_size(x: Any, axis: Any) -> int:
    """Return how many elements of ``x`` a reduction over ``axis`` takes together."""
    shape = np.shape(x)
    if axis is None:
        return math.prod(shape)
    return math.prod(shape[k] for k in (axis if isinstance(axis, tuple) else (axis,)))


def reduced_count(x: Any, axis: Any, where: Any) -> Any:
    """Return how many elements a masked reduction takes together, with reduced axes of length 1."""
    return np.sum(np.broadcast_to(where, np.shape(x)), axis=axis, keepdims=True)


def restore_axes(y: Any, x: Any, axis: Any, keepdims: Any) -> Any:
    """Return ``y``, reduced from ``x`` over ``axis``, with its reduced axes as axes of length 1."""
    if axis is None:
        return np.reshape(y, (1,) * np.ndim(x))
    return y if keepdims else np.expand_dims(y, axis)


def masked_var_adjoint(ct: Any, a: Any, axis: Any, ddof: Any, where: Any, mean: Any) -> tuple[Any, Any]:
    """Return the cotangents of ``a`` and ``mean`` for ``np.var`` with a mask or a given mean."""
    count = reduced_count(a, axis, where) - ddof
    about = np.mean(a, axis=axis, keepdims=True, where=where) if mean is None else mean
    a_bar = np.where(where, (2.0 * ct / count) * np.conj(a - about), 0.0)
    mean_bar = None if mean is None else unbroadcast(-a_bar, np.shape(mean))
    return as_cotangent(a_bar, a), mean_bar


def prod_adjoint(ct: Any, a: Any, axis: Any, keepdims: Any, initial: Any, where: Any) -> tuple[Any, Any]:
    """Return the cotangents of ``a`` and ``initial`` for ``np.prod``, right where factors are 0."""
    ct = restore_axes(ct, a, axis, keepdims)
    factors = a if where is True else np.where(where, a, np.ones_like(a))
    if np.all(factors):
        product = np.prod(factors, axis=axis, keepdims=True)
        others = product / factors
    else:
        product = np.prod(factors, axis=axis, keepdims=True)
        others = other_factors(factors, axis)
    initial_bar = np.sum(ct * product)
    if initial is not None:
        others = others * initial
    a_bar = ct * others
    return a_bar if where is True else np.where(where, a_bar, 0.0), initial_bar


def other_factors(a: Any, axis: Any) -> Any:
    """Return for each factor of ``np.prod(a, axis)`` the product of the others, without a division."""
    if axis is None:
        return np.reshape(_other_factors(np.reshape(a, (1, np.size(a)))), np.shape(a))
    if not isinstance(axis, tuple):
        return np.moveaxis(_other_factors(np.moveaxis(a, axis, -1)), -1, axis)
    last = tuple(range(-len(axis), 0))
    moved = np.moveaxis(a, axis, last)
    rows = np.reshape(moved, (*np.shape(moved)[: np.ndim(a) - len(axis)], -1))
    return np.moveaxis(np.reshape(_other_factors(rows), np.shape(moved)), last, axis)


def _other_factors(rows: Any) -> Any:
    """Return for each factor along the last axis the product of the others: of those before and those behind."""
    ends = np.ones_like(rows[..., :1])
    before = np.concatenate((ends, np.cumprod(rows, axis=-1)), axis=-1)[..., :-1]
    behind = np.concatenate((ends, np.cumprod(np.flip(rows, -1), axis=-1)), axis=-1)[..., :-1]
    return before * np.flip(behind, -1)


def _kept_shape(a: Any, axis: Any) -> tuple[int, ...]:
    """Return the shape of a reduction of ``a`` over ``axis`` with reduced axes of length 1."""
    if axis is None:
        return (1,) * int(a.ndim)
    shape = list(a.shape)
    if shape:  # of a number, NumPy takes the axis 0 as well
        for k in axis if isinstance(axis, tuple) else (axis,):
            shape[k] = 1
    return tuple(shape)


def extremum_share(ct: Any, y: Any, a: Any, axis: Any, keepdims: Any) -> Any:
    """Return the cotangent of ``a`` for ``y = np.max(a, axis, keepdims=keepdims)`` or a minimum: ties share equally."""
    if not isinstance(a, np.ndarray):
        return extremum_adjoint(ct, y, a, axis, keepdims, None, True)[0]
    shape = _kept_shape(a, axis)
    y = y.reshape(shape) if isinstance(y, np.ndarray) else np.reshape(y, shape)
    ct = ct.reshape(shape) if isinstance(ct, np.ndarray) else np.reshape(ct, shape)
    chosen = np.equal(a, y)
    count = np.add.reduce(chosen, axis=axis, dtype=a.dtype.type, keepdims=True)
    return np.multiply(ct / np.maximum(count, 1), chosen, dtype=a.dtype.type)


def extremum_adjoint(
    ct: Any, y: Any, a: Any, axis: Any, keepdims: Any, initial: Any, where: Any
) -> tuple[Any, Any]:
    """Return the cotangents of ``a`` and ``initial`` for a maximum or minimum: ties share equally."""
    if initial is None and where is True and isinstance(a, np.ndarray):
        return extremum_share(ct, y, a, axis, keepdims), None
    ct = restore_axes(ct, a, axis, keepdims)
    y = restore_axes(y, a, axis, keepdims)
    chosen = np.equal(a, y) & where
    count = np.sum(chosen, axis=axis, keepdims=True)
    if initial is None:
        initial_bar = None
    else:
        count = count + np.equal(initial, y)
        initial_bar = np.sum(ct * np.equal(initial, y) / np.maximum(count, 1))
    share = ct / np.maximum(count, 1).astype(np.result_type(a))
    return share * chosen, initial_bar


def ptp_adjoint(ct: Any, a: Any, axis: Any, keepdims: Any) -> Any:
    """Return the cotangent of ``a`` for ``np.ptp``, the largest less the smallest."""
    ct = restore_axes(ct, a, axis, keepdims)
    high = extremum_adjoint(ct, np.max(a, axis=axis, keepdims=True), a, axis, True, None, True)[0]
    return high - extremum_adjoint(ct, np.min(a, axis=axis, keepdims=True), a, axis, True, None, True)[0]


def cumprod_adjoint(ct: Any, y: Any, a: Any, axis: Any) -> Any:
    """Return the cotangent of ``a`` for ``y = np.cumprod(a, axis)``, right where factors are 0.

    Without a division: of the factors before, times a sum over all that comes after, which is a recurrence.
    """
    along = 0 if axis is None else axis
    factors = np.ravel(a) if axis is None else a
    if np.all(np.not_equal(factors, 0)):
        bar = np.flip(np.cumsum(np.flip(ct * y, along), axis=along), along) / factors
    else:
        cts = np.moveaxis(ct, along, 0)
        rows = np.moveaxis(factors, along, 0)
        before = np.ones_like(rows)
        for k in range(1, len(rows)):
            before[k] = before[k - 1] * rows[k - 1]
        after = np.zeros_like(cts)
        after[-1:] = cts[-1:]
        for k in range(len(rows) - 2, -1, -1):
            after[k] = cts[k] + rows[k + 1] * after[k + 1]
        bar = np.moveaxis(before * after, 0, along)
    return np.reshape(bar, np.shape(a))


def running_extremum_adjoint(ct: Any, y: Any, axis: int) -> Any:
    """Return the adjoint of ``y = np.maximum.accumulate(a, axis)``: a value comes from where it was first."""
    y = np.moveaxis(np.asarray(y), axis, 0)
    fresh = np.ones(y.shape, bool)
    fresh[1:] = y[1:] != y[:-1]
    steps = np.reshape(np.arange(y.shape[0]), (-1,) + (1,) * (y.ndim - 1))
    source = np.maximum.accumulate(np.where(fresh, steps, 0), axis=0)
    a_bar = np.zeros(y.shape, np.result_type(ct))
    rest = np.indices(y.shape)[1:]
    np.add.at(a_bar, (source, *rest), np.moveaxis(np.asarray(ct), axis, 0))
    return np.moveaxis(a_bar, 0, axis)


def average_adjoint(
    ct: Any, y: Any, a: Any, axis: Any, weights: Any, keepdims: Any, returned: bool
) -> tuple[Any, Any]:
    """Return the cotangents of ``a`` and ``weights`` for a weighted ``np.average``."""
    total_bar: Any = 0
    if returned:
        (ct, total_bar), y = ct, y[0]
        total_bar = restore_axes(total_bar, a, axis, keepdims)
    ct = restore_axes(ct, a, axis, keepdims)
    y = restore_axes(y, a, axis, keepdims)
    if np.shape(weights) == np.shape(a):
        scale = ct / np.sum(weights, axis=axis, keepdims=True)
        return scale * weights, scale * (a - y) + total_bar
    # the weights have one axis for each averaged axis of ``a``, in the order in which these are named
    axes = tuple(k % np.ndim(a) for k in (axis if isinstance(axis, tuple) else (axis,)))
    others = tuple(k for k in range(np.ndim(a)) if k not in axes)
    order = np.argsort(axes)
    spread = np.expand_dims(np.transpose(weights, order), others)
    scale = ct / np.sum(spread, axis=axes, keepdims=True)
    spread_bar = np.sum(scale * (a - y) + total_bar, axis=others)
    return scale * spread, np.transpose(spread_bar, np.argsort(order))
