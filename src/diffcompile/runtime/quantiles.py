"""Adjoints of order statistics: each quantile is a mean of two neighbours among the sorted values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcompile.runtime.shaping import inverse_permutation

_MORE_THAN_COUNT = {
    "linear": -1.0,
    "weibull": 1.0,
    "hazen": 0.0,
    "median_unbiased": 1.0 / 3.0,
    "normal_unbiased": 0.25,
    "interpolated_inverted_cdf": 0.0,
}
"""How many steps from one sorted value to the next a quantile makes as ``q`` goes from 0 to 1, less their count
(Hyndman and Fan 1996: ``1 - alpha - beta``). The other methods jump."""


def quantile_adjoint(
    ct: Any, a: Any, q: Any, axis: Any = None, method: Any = "linear", weights: Any = None, skip_nan: bool = False
) -> tuple[Any, Any]:
    """Return the cotangents of ``a`` and ``q`` in ``np.quantile(a, q, axis)``, or in ``np.nanquantile``.

    NumPy itself tells between which sorted values a quantile lies: as the quantile of 0, 1, 2 ...
    """
    a, q = np.asarray(a), np.asarray(q)
    axes = range(a.ndim) if axis is None else [k % a.ndim for k in np.atleast_1d(axis)]
    rest = [k for k in range(a.ndim) if k not in axes]
    order = [*rest, *axes]
    kept = [a.shape[k] for k in rest]
    size = math.prod(a.shape[k] for k in axes)
    rows = np.reshape(np.transpose(a, order), (math.prod(kept), size))
    cts = np.reshape(ct, (q.size, rows.shape[0]))
    ranks = np.argsort(rows, axis=1, kind="stable")
    values = np.take_along_axis(rows, ranks, axis=1)
    counts = np.sum(~np.isnan(values), axis=1) if skip_nan else np.full(rows.shape[0], size)
    bar, q_bar = np.zeros(rows.shape, a.dtype), np.zeros(q.size, np.result_type(q, np.float32))
    for count, which in _groups(counts, weights is not None):
        places = np.arange(float(count))
        if weights is None:
            place = np.quantile(places, np.ravel(q), method=method)
        else:
            spread = np.broadcast_to(_along(weights, a.shape, axes), a.shape)
            own = np.reshape(np.transpose(spread, order), rows.shape)[which[0], ranks[which[0], :count]]
            place = np.quantile(places, np.ravel(q), method=method, weights=own)
        low = np.clip(np.floor(place).astype(np.intp), 0, count - 1)
        high = np.minimum(low + 1, count - 1)
        weight = (place - low).astype(a.dtype)
        np.add.at(bar, (which[:, None], low), cts.T[which] * (1 - weight))
        np.add.at(bar, (which[:, None], high), cts.T[which] * weight)
        if method in _MORE_THAN_COUNT and weights is None:
            steps = count + _MORE_THAN_COUNT[method]
            moves = ((place > 0) & (place < count - 1)) | (method == "linear")
            slope = np.sum(cts.T[which] * (values[which][:, high] - values[which][:, low]), axis=0)
            q_bar += slope * steps * moves
    a_bar = np.empty_like(bar)
    np.put_along_axis(a_bar, ranks, bar, axis=1)
    a_bar = np.transpose(np.reshape(a_bar, [a.shape[k] for k in order]), inverse_permutation(order))
    return a_bar, np.reshape(q_bar, q.shape).astype(q.dtype if q.dtype.kind == "f" else float)


def _groups(counts: Any, single: bool) -> Any:
    """Yield each number of values with the rows that have so many; with weights, row by row."""
    for count in np.unique(counts[counts > 0]):
        which = np.flatnonzero(counts == count)
        for part in which[:, None] if single else [which]:
            yield int(count), part


def _along(weights: Any, shape: tuple[int, ...], axes: Any) -> Any:
    """Return weights of one axis with as many axes as the data have."""
    if np.shape(weights) == shape:
        return weights
    return np.expand_dims(weights, tuple(k for k in range(len(shape)) if k not in axes))
