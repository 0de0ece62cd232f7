"""Adjoints of covariances and histograms."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.runtime.broadcasting import as_cotangent
from diffcompile.runtime.differences import spread_difference


def _variables(m: Any, rowvar: bool) -> Any:
    """Return the data with a row for each variable."""
    x = np.array(m, ndmin=2)
    return x.T if not rowvar and np.ndim(m) != 1 and x.shape[0] != 1 else x


def _as_given(x_bar: Any, m: Any, rowvar: bool) -> Any:
    """Undo :func:`_variables` for a cotangent."""
    flipped = not rowvar and np.ndim(m) != 1 and np.array(m, ndmin=2).shape[0] != 1
    return as_cotangent(np.reshape(x_bar.T if flipped else x_bar, np.shape(m)), m)


def cov_adjoint(
    ct: Any, m: Any, y: Any, rowvar: bool, bias: bool, ddof: Any, fweights: Any, aweights: Any
) -> tuple[Any, Any]:
    """Return the cotangents of ``m`` and ``y`` in ``np.cov(m, y, ...)``.

    With the deviations ``d`` the covariance is ``d @ (w * d.conj()).T / n``; the derivative of the mean
    drops out, because deviations sum to zero.
    """
    x = _variables(m, rowvar)
    first = len(x)
    if y is not None:
        x = np.concatenate((x, _variables(y, rowvar)))
    weights = np.ones(x.shape[1], np.real(x).dtype)
    for given in (fweights, aweights):
        if given is not None:
            weights = weights * given
    total = np.sum(weights)
    if ddof is None:
        ddof = 0 if bias else 1
    if ddof and aweights is not None:
        ddof = ddof * np.sum(weights * aweights) / total
    deviations = x - (x @ weights / total)[:, None]
    ct = np.reshape(ct, (len(x), len(x)))
    x_bar = (ct @ np.conj(deviations) + np.conj(ct.T @ deviations)) * (weights / (total - ddof))
    y_bar = None if y is None else _as_given(x_bar[first:], y, rowvar)
    return _as_given(x_bar[:first], m, rowvar), y_bar


def corrcoef_adjoint(ct: Any, result: Any, x: Any, y: Any, rowvar: bool) -> tuple[Any, Any]:
    """Return the cotangents of ``x`` and ``y`` in ``np.corrcoef(x, y)``: a covariance over standard deviations."""
    size = 1 if np.ndim(result) == 0 else len(result)
    variances = np.real(np.reshape(np.diagonal(np.reshape(np.cov(x, y, rowvar), (size, size))), -1))
    ct, result = np.reshape(ct, (size, size)), np.reshape(result, (size, size))
    scale = np.sqrt(variances)
    cov_bar = ct / (scale[:, None] * scale)
    weighted = np.real(ct * result)
    own = (np.sum(weighted, axis=0) + np.sum(weighted, axis=1)) / (2.0 * variances)
    return cov_adjoint(cov_bar - np.diag(own), x, y, rowvar, False, None, None, None)


def histogram_adjoint(
    ct: Any, result: Any, a: Any, bins: Any, range: Any, density: Any, weights: Any
) -> tuple[Any, Any, Any, Any]:
    """Return the cotangents of ``a``, ``bins``, ``range`` and ``weights`` in ``np.histogram``."""
    given = bins if np.ndim(bins) == 1 else 0
    columns, edge_bars, weights_bar = histogramdd_adjoint(
        (ct[0], [ct[1]]), (result[0], [result[1]]), [np.ravel(a)], [given], [range], density, weights
    )
    a_bar = as_cotangent(np.reshape(columns[0], np.shape(a)), a)
    if np.ndim(bins) == 1:
        return a_bar, as_cotangent(edge_bars[0], bins), None, weights_bar
    if range is None:
        return a_bar, None, None, weights_bar
    part = np.linspace(0.0, 1.0, len(edge_bars[0]))
    range_bar = np.stack([np.sum(edge_bars[0] * (1.0 - part)), np.sum(edge_bars[0] * part)])
    return a_bar, None, as_cotangent(range_bar, range), weights_bar


def histogramdd_adjoint(
    ct: Any, result: Any, columns: Any, bins: Any, ranges: Any, density: Any, weights: Any
) -> tuple[list[Any], list[Any], Any]:
    """Return the cotangents of the coordinates, of the edges and of the weights of a histogram.

    The numbers move with the edges only through the width of the bins (``density``); edges that were not
    given move with the smallest and the largest coordinate.
    """
    hist, edges = result
    hist_bar = np.zeros(np.shape(hist)) if ct[0] is None else ct[0]
    edge_bars = [np.zeros(len(e)) if b is None else b for e, b in zip(edges, ct[1], strict=True)]
    inside, where = _counted(edges, columns)
    if density:
        volume = np.ones(np.shape(hist))
        for axis, edge in enumerate(edges):
            volume = volume * np.expand_dims(np.diff(edge), _others(hist, axis))
        total = np.sum(inside if weights is None else np.where(inside, np.ravel(weights), 0.0))
        spread = hist_bar * hist
        edge_bars = [
            bar - spread_difference(np.sum(spread, axis=_others(hist, axis)) / np.diff(edge), 0)
            for axis, (edge, bar) in enumerate(zip(edges, edge_bars, strict=True))
        ]
        hist_bar = hist_bar / (volume * total) - np.sum(spread) / total
    weights_bar = None
    if weights is not None:
        flat = np.where(inside, np.asarray(hist_bar)[where], 0.0)
        weights_bar = as_cotangent(np.reshape(flat, np.shape(weights)), weights)
    column_bars = [
        _ends_adjoint(bar, x) if np.ndim(given) == 0 and span is None else np.zeros(np.shape(x))
        for bar, x, given, span in zip(edge_bars, columns, bins, ranges, strict=True)
    ]
    return column_bars, edge_bars, weights_bar


def _counted(edges: Any, columns: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return which points lie in a histogram, and in which bin (0 for the others), by its edges on each axis."""
    inside = np.ones(np.shape(columns[0]), bool)
    places = []
    for edge, x in zip(edges, columns, strict=True):
        place = np.searchsorted(edge, x, "right") - 1
        places.append(np.where(np.equal(x, edge[-1]), len(edge) - 2, place))
        inside = inside & (edge[0] <= x) & (x <= edge[-1])
    return inside, tuple([np.where(inside, place, 0) for place in places])


def _others(hist: Any, axis: int) -> tuple[int, ...]:
    """Return the axes of a histogram but one."""
    return tuple([k for k in range(np.ndim(hist)) if k != axis])


def _ends_adjoint(edge_bar: Any, x: Any) -> Any:
    """Return the cotangent of ``x`` for edges spread evenly between its smallest and largest value."""
    x_bar = np.zeros(np.shape(x))
    if np.size(x) == 0:
        return x_bar
    part = np.linspace(0.0, 1.0, len(edge_bar))
    for value, share in ((np.min(x), 1.0 - part), (np.max(x), part)):
        chosen = np.equal(x, value)
        x_bar += chosen * (np.sum(edge_bar * share) / np.sum(chosen))
    return x_bar


def histogram2d_adjoint(
    ct: Any, result: Any, x: Any, y: Any, bins: Any, range: Any, density: Any, weights: Any
) -> tuple[Any, Any, Any, Any]:
    """Return the cotangents of ``x``, ``y``, ``bins`` and ``weights`` in ``np.histogram2d``."""
    shared = _is_sequence(bins) and len(bins) > 2  # one line of edges for both
    given = [bins, bins] if shared else _of_each(bins, 2)
    columns = [np.asarray(x), np.asarray(y)]
    bars, edge_bars, weights_bar = histogramdd_adjoint(
        (ct[0], ct[1:]), (result[0], result[1:]), columns, given, _of_each(range, 2), density, weights
    )
    bins_bar = as_cotangent(edge_bars[0] + edge_bars[1], bins) if shared else _edges_bar(edge_bars, bins)
    return as_cotangent(bars[0], x), as_cotangent(bars[1], y), bins_bar, weights_bar


def points_histogram_adjoint(
    ct: Any, result: Any, points: Any, bins: Any, range: Any, density: Any, weights: Any
) -> tuple[Any, Any, Any]:
    """Return the cotangents of the points, of ``bins`` and of ``weights`` in ``np.histogramdd``.

    Points are the rows of an array of rank 2, or are given by their coordinates, one after the other.
    """
    by_row = isinstance(points, np.ndarray) and np.ndim(points) == 2
    rows = np.asarray(points).T if by_row else np.atleast_2d(np.asarray(points))
    columns = list(rows)
    given, spans = _of_each(bins, len(columns)), _of_each(range, len(columns))
    edges_bar = ct[1] if ct[1] is not None else [None] * len(columns)
    bars, edge_bars, weights_bar = histogramdd_adjoint(
        (ct[0], edges_bar), result, columns, given, spans, density, weights
    )
    points_bar = np.stack(bars, axis=1) if by_row else np.reshape(np.stack(bars), np.shape(points))
    return as_cotangent(points_bar, points), _edges_bar(edge_bars, bins), weights_bar


def _is_sequence(bins: Any) -> bool:
    return isinstance(bins, list | tuple) or np.ndim(bins) > 0


def _of_each(option: Any, count: int) -> list[Any]:
    """Return what an option says of each axis of a histogram."""
    return list(option) if _is_sequence(option) else [option] * count


def _edges_bar(edge_bars: list[Any], bins: Any) -> Any:
    """Return the cotangent of edges in ``bins``, a number or a line of edges for each axis; None for numbers alone."""
    if not _is_sequence(bins) or all(np.ndim(given) == 0 for given in bins):
        return None
    if isinstance(bins, np.ndarray):
        return np.stack(edge_bars)
    parts = [
        None if np.ndim(given) == 0 else as_cotangent(bar, given) for bar, given in zip(edge_bars, bins, strict=True)
    ]
    return tuple(parts) if isinstance(bins, tuple) else parts
