"""Order statistics: each quantile is a mean of two neighbours among the sorted values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcompile.runtime.broadcasting import as_cotangent
from diffcompile.runtime.repeating import scatter_add

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


def quantile_places(
    a: Any, q: Any, axis: Any = None, method: Any = "linear", weights: Any = None, skip_nan: bool = False
) -> tuple[Any, ...]:
    """Return which two values the quantiles of ``a`` are means of, and with which weights.

    NumPy itself tells between which sorted values a quantile lies: as the quantile of 0, 1, 2 ...

    Returns:
        The places of both in the flattened array and the weights of both, which are 0 where there are no values; how
        fast the weight of the second grows with ``q``: each with a row for each ``q``. And ``q``, as a column.
    """
    a, q = np.asarray(a), np.asarray(q)
    axes = range(a.ndim) if axis is None else [k % a.ndim for k in np.atleast_1d(axis)]
    rest = [k for k in range(a.ndim) if k not in axes]
    order = [*rest, *axes]
    kept = [a.shape[k] for k in rest]
    size = math.prod(a.shape[k] for k in axes)

    def rows_of(x: Any) -> Any:
        return np.reshape(np.transpose(x, order), (math.prod(kept), size))

    rows, numbers = rows_of(a), rows_of(np.reshape(np.arange(a.size), a.shape))
    ranks = np.argsort(rows, axis=1, kind="stable")
    own = None if weights is None else rows_of(np.broadcast_to(_along(weights, a.shape, axes), a.shape))
    counts = np.sum(~np.isnan(rows), axis=1) if skip_nan else np.full(rows.shape[0], size)
    first, second = np.zeros((2, q.size, rows.shape[0]), np.intp)
    below, above, rate = np.zeros((3, q.size, rows.shape[0]), a.dtype if a.dtype.kind == "f" else float)
    for count, which in _groups(counts, weights is not None):
        extra = {} if own is None else {"weights": own[which[0], ranks[which[0], :count]]}
        place = np.quantile(np.arange(float(count)), np.ravel(q), method=method, **extra)
        low = np.clip(np.floor(place).astype(np.intp), 0, count - 1)
        high = np.minimum(low + 1, count - 1)
        first[:, which] = numbers[which[:, None], ranks[which[:, None], low]].T
        second[:, which] = numbers[which[:, None], ranks[which[:, None], high]].T
        above[:, which] = (place - low)[:, None]
        below[:, which] = 1.0 - (place - low)[:, None]
        if method in _MORE_THAN_COUNT and weights is None:
            moves = ((place > 0) & (place < count - 1)) | (method == "linear")
            rate[:, which] = ((count + _MORE_THAN_COUNT[method]) * moves)[:, None]
    return first, second, below, above, rate, np.reshape(q + 0.0, (-1, 1))


def quantile_step(q: Any, places: Any) -> Any:
    """Return how much the weights are to change from those in ``places``: 0, but for its derivative in ``q``."""
    return as_cotangent(places[4] * (np.reshape(q, (-1, 1)) - places[5]), places[4])


def quantile_adjoint(ct: Any, a: Any, q: Any, places: Any) -> Any:
    """Return the cotangent of ``a`` in ``np.quantile(a, q)``, from what :func:`quantile_places` returns."""
    step = quantile_step(q, places)
    ct = np.reshape(ct, np.shape(step))
    size = (np.size(a),)
    low_bar = scatter_add(ct * (places[2] - step), places[0], size)
    bar = low_bar + scatter_add(ct * (places[3] + step), places[1], size)
    return np.reshape(bar, np.shape(a))


def quantile_level_adjoint(ct: Any, a: Any, q: Any, places: Any) -> Any:
    """Return the cotangent of ``q`` in ``np.quantile(a, q)``, from what :func:`quantile_places` returns."""
    rate = places[4]
    terms = np.reshape(ct, np.shape(rate)) * quantile_rise(a, places) * rate
    return as_cotangent(np.reshape(np.sum(terms, axis=1), np.shape(q)), q)


def quantile_rise(a: Any, places: Any) -> Any:
    """Return how far apart the two values are that quantiles are means of; 0 where a quantile does not move."""
    return np.where(np.not_equal(places[4], 0), np.take(a, places[1]) - np.take(a, places[0]), 0.0)


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
