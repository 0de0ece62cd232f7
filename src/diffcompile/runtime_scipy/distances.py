"""Distances between points."""
# ruff: noqa: N803 - names are what they are

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.spatial import distance

POWERS = {"euclidean": 2.0, "sqeuclidean": 2.0, "cityblock": 1.0}
"""Of metrics that are sums of powers of the gaps, in which weights are factors of the coordinates."""


def cdist_adjoint(
    ct: Any, d: Any, xa: Any, xb: Any, metric: Any, p: float = 2.0, w: Any = None, V: Any = None, VI: Any = None
) -> tuple[Any, Any]:
    """Return the cotangents of ``xa`` (n, k) and ``xb`` (m, k) in ``d = scipy.spatial.distance.cdist(xa, xb, metric)``.

    Between equal points a distance that is not smooth there has the derivative 0. The weights ``w``, the variances
    ``V`` and the inverse ``VI`` of the covariance are constants.

    Raises:
        NotImplementedError: there is no rule for the metric, or it takes its variances from the points.
    """
    if metric == "seuclidean" and V is not None:
        metric, w = "euclidean", 1.0 / np.asarray(V, float)
    if w is not None and (metric in POWERS or metric == "minkowski"):
        factors = np.asarray(w, float) ** (1.0 / POWERS.get(metric, p))
        bars = cdist_adjoint(ct, d, xa * factors, xb * factors, metric, p)
        return bars[0] * factors, bars[1] * factors
    if w is not None:
        raise NotImplementedError(f"weighted distances have no derivative rule for {metric=}")
    if metric == "cosine":
        return _cosine_adjoint(ct, xa, xb)
    if metric == "correlation":
        centred = (x - np.mean(x, axis=1, keepdims=True) for x in (xa, xb))
        bars = _cosine_adjoint(ct, *centred)
        return bars[0] - np.mean(bars[0], axis=1, keepdims=True), bars[1] - np.mean(bars[1], axis=1, keepdims=True)
    if metric in ("euclidean", "sqeuclidean"):
        weights = 2.0 * ct if metric == "sqeuclidean" else np.where(d == 0, 0.0, ct / np.where(d == 0, 1.0, d))
        centre = np.mean(xb, axis=0)
        near_a, near_b = xa - centre, xb - centre
        xa_bar = np.sum(weights, 1)[:, None] * near_a - weights @ near_b
        xb_bar = np.sum(weights, 0)[:, None] * near_b - weights.T @ near_a
        return xa_bar, xb_bar
    slopes_a, slopes_b = _slopes(d, xa[:, None, :], xb[None, :, :], metric, p, VI)
    return np.sum(ct[..., None] * slopes_a, axis=1), np.sum(ct[..., None] * slopes_b, axis=0)


def _slopes(d: Any, a: Any, b: Any, metric: Any, p: float, VI: Any) -> tuple[Any, Any]:
    """Return how each distance depends on the coordinates of both points, (n, m, k)."""
    gaps = a - b
    size = np.abs(gaps)
    apart = np.where(d == 0, 1.0, d)[..., None]
    if metric == "cityblock" or (metric == "minkowski" and p == 1):
        slopes = np.sign(gaps)
    elif metric == "minkowski":
        slopes = np.sign(gaps) * np.where(size == 0, 0.0, size / apart) ** (p - 1.0)
    elif metric == "chebyshev":
        farthest = size == np.max(size, axis=-1, keepdims=True)
        slopes = np.sign(gaps) * farthest / np.sum(farthest, axis=-1, keepdims=True)
    elif metric == "mahalanobis" and VI is not None:
        slopes = gaps @ (0.5 * (np.asarray(VI) + np.transpose(VI))) / apart
    elif metric == "canberra":
        whole = np.abs(a) + np.abs(b)
        whole = np.where(whole == 0, 1.0, whole)
        return (
            np.sign(gaps) / whole - size * np.sign(a) / whole**2,
            -np.sign(gaps) / whole - size * np.sign(b) / whole**2,
        )
    elif metric == "braycurtis":
        whole = np.sum(np.abs(a + b), axis=-1, keepdims=True)
        same = np.sum(size, axis=-1, keepdims=True) * np.sign(a + b) / whole**2
        return np.sign(gaps) / whole - same, -np.sign(gaps) / whole - same
    elif metric == "jensenshannon":
        return _divergence_slopes(apart, d, a, b)
    else:
        raise NotImplementedError(f"distances have no derivative rule for {metric=}")
    return slopes, -slopes


def _divergence_slopes(apart: Any, d: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """Return those of the root of the Jensen-Shannon divergence: the points are scaled to sums of 1."""
    shares = [x / np.sum(x, axis=-1, keepdims=True) for x in (a, b)]
    middle = 0.5 * (shares[0] + shares[1])
    found = []
    for x, share in zip((a, b), shares, strict=True):
        slope = np.where(share > 0, np.log(np.where(share > 0, share, 1.0) / np.where(share > 0, middle, 1.0)), 0.0)
        slope = np.where(d[..., None] == 0, 0.0, 0.25 * slope / apart)
        found.append((slope - np.sum(slope * share, axis=-1, keepdims=True)) / np.sum(x, axis=-1, keepdims=True))
    return found[0], found[1]


def _cosine_adjoint(ct: Any, xa: Any, xb: Any) -> tuple[Any, Any]:
    size_a, size_b = (np.linalg.norm(x, axis=1, keepdims=True) for x in (xa, xb))
    unit_a, unit_b = xa / size_a, xb / size_b
    cosines = unit_a @ unit_b.T
    xa_bar = (np.sum(ct * cosines, 1)[:, None] * unit_a - ct @ unit_b) / size_a
    xb_bar = (np.sum(ct * cosines, 0)[:, None] * unit_b - ct.T @ unit_a) / size_b
    return xa_bar, xb_bar


def pdist_adjoint(
    ct: Any, d: Any, x: Any, metric: Any, p: float = 2.0, w: Any = None, V: Any = None, VI: Any = None
) -> Any:
    """Return the cotangent of ``x`` (n, k) in ``d = scipy.spatial.distance.pdist(x, metric)``."""
    return cdist_adjoint(distance.squareform(ct), distance.squareform(d), x, x, metric, p, w, V, VI)[0]


def pair_adjoint(
    ct: Any, d: Any, u: Any, v: Any, metric: str, p: float = 2.0, w: Any = None, VI: Any = None
) -> tuple[Any, Any]:
    """Return the cotangents of two points in the distance ``d`` between them."""
    ct, d, u, v = np.reshape(ct, (1, 1)), np.reshape(d, (1, 1)), np.asarray(u)[None], np.asarray(v)[None]
    u_bar, v_bar = cdist_adjoint(ct, d, u, v, metric, p, w, VI=VI)
    return u_bar[0], v_bar[0]


def squareform_adjoint(ct: Any, x: Any) -> Any:
    """Return the cotangent of ``x`` in ``scipy.spatial.distance.squareform(x)``; of a matrix one triangle is read."""
    if np.ndim(x) == 1:
        above = np.triu_indices(len(ct), 1)
        return ct[above] + ct.T[above]
    x_bar = np.zeros(np.shape(x), ct.dtype)
    x_bar[np.triu_indices(len(x), 1)] = ct
    return x_bar
