"""Distances between points."""
# ruff: noqa: N803 - names are what they are

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.spatial import distance

from diffcompile.errors import UnsupportedError


def cdist_adjoint(
    ct: Any, d: Any, xa: Any, xb: Any, metric: Any, p: float = 2.0, w: Any = None, V: Any = None, VI: Any = None
) -> tuple[Any, Any, Any, Any, Any]:
    """Return the cotangents in ``d = scipy.spatial.distance.cdist(xa, xb, metric)``, where d is (n, m).

    They are those of ``xa`` (n, k), ``xb`` (m, k), the weights ``w`` (k), the variances ``V`` (k) and the inverse
    ``VI`` (k, k) of the covariance, None for those that are None. Between equal points a distance that is not smooth
    there has the derivative 0.

    Raises:
        UnsupportedError: there is no rule for the metric, or it takes its variances from the points.
    """
    if metric == "seuclidean" and V is not None:
        variances = np.asarray(V, float)
        xa_bar, xb_bar, w_bar = _weighted_adjoint(ct, d, xa, xb, "euclidean", p, 1.0 / variances)
        return xa_bar, xb_bar, None, -w_bar / variances**2, None
    if metric == "mahalanobis" and VI is not None:
        xa_bar, xb_bar = _plain_adjoint(ct, d, xa, xb, metric, p, np.asarray(VI, float))
        gaps = xa[:, None, :] - xb[None, :, :]
        shares = np.where(d == 0, 0.0, 0.5 * ct / np.where(d == 0, 1.0, d))
        return xa_bar, xb_bar, None, None, np.einsum("nm,nmi,nmj->ij", shares, gaps, gaps)
    if w is None:
        xa_bar, xb_bar = _plain_adjoint(ct, d, xa, xb, metric, p, None)
        return xa_bar, xb_bar, None, None, None
    xa_bar, xb_bar, w_bar = _weighted_adjoint(ct, d, xa, xb, metric, p, np.asarray(w, float))
    return xa_bar, xb_bar, w_bar, None, None


def _weighted_adjoint(ct: Any, d: Any, xa: Any, xb: Any, metric: Any, p: float, w: Any) -> tuple[Any, Any, Any]:
    """Return the cotangents of both points and of the weights."""
    if metric == "canberra":
        a, b = xa[:, None, :], xb[None, :, :]
        slopes_a, slopes_b = _slopes(d, a, b, metric, p, None)
        whole = np.abs(a) + np.abs(b)
        terms = np.abs(a - b) / np.where(whole == 0, 1.0, whole)
        weights = ct[..., None] * w
        w_bar = np.sum(ct[..., None] * terms, axis=(0, 1))
        return np.sum(weights * slopes_a, axis=1), np.sum(weights * slopes_b, axis=0), w_bar
    power = _power_of_weights(metric, p)
    factors = w**power
    whole = np.sum(w)
    near_a, near_b = xa, xb
    if metric == "correlation":
        near_a = xa - np.sum(w * xa, axis=1, keepdims=True) / whole
        near_b = xb - np.sum(w * xb, axis=1, keepdims=True) / whole
    plain = "cosine" if metric == "correlation" else metric
    scaled_a, scaled_b = _plain_adjoint(ct, d, near_a * factors, near_b * factors, plain, p, None)
    factors_bar = np.sum(scaled_a * near_a, axis=0) + np.sum(scaled_b * near_b, axis=0)
    w_bar = factors_bar * power * np.where(w == 0, 0.0, factors / np.where(w == 0, 1.0, w))
    xa_bar, xb_bar = scaled_a * factors, scaled_b * factors
    if metric == "correlation":
        sum_a, sum_b = np.sum(xa_bar, axis=1, keepdims=True), np.sum(xb_bar, axis=1, keepdims=True)
        w_bar = w_bar - (np.sum(sum_a * near_a, axis=0) + np.sum(sum_b * near_b, axis=0)) / whole
        xa_bar, xb_bar = xa_bar - sum_a * w / whole, xb_bar - sum_b * w / whole
    return xa_bar, xb_bar, w_bar


def _power_of_weights(metric: Any, p: float) -> float:
    """Return which power of the weights is a factor of the coordinates."""
    if metric == "minkowski":
        return 1.0 / p
    if metric in ("cityblock", "braycurtis"):
        return 1.0
    if metric in ("euclidean", "sqeuclidean", "cosine", "correlation"):
        return 0.5
    raise UnsupportedError(f"weighted distances have no derivative rule for {metric=}")


def _plain_adjoint(ct: Any, d: Any, xa: Any, xb: Any, metric: Any, p: float, VI: Any) -> tuple[Any, Any]:
    """Return the cotangents of both points, without weights."""
    if metric == "cosine":
        return _cosine_adjoint(ct, xa, xb)
    if metric == "correlation":
        near_a, near_b = xa - np.mean(xa, axis=1, keepdims=True), xb - np.mean(xb, axis=1, keepdims=True)
        bars = _cosine_adjoint(ct, near_a, near_b)
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
        raise UnsupportedError(f"distances have no derivative rule for {metric=}")
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
) -> tuple[Any, Any, Any, Any]:
    """Return those of ``x`` (n, k), ``w``, ``V`` and ``VI`` in ``scipy.spatial.distance.pdist(x, metric)``."""
    bars = cdist_adjoint(distance.squareform(0.5 * ct), distance.squareform(d), x, x, metric, p, w, V, VI)
    return bars[0] + bars[1], bars[2], bars[3], bars[4]


def pair_adjoint(
    ct: Any, d: Any, u: Any, v: Any, metric: str, p: float = 2.0, w: Any = None, V: Any = None, VI: Any = None
) -> tuple[Any, Any, Any, Any, Any]:
    """Return the cotangents of two points, ``w``, ``V`` and ``VI`` in the distance ``d`` between them."""
    ct, d, u, v = np.reshape(ct, (1, 1)), np.reshape(d, (1, 1)), np.asarray(u)[None], np.asarray(v)[None]
    bars = cdist_adjoint(ct, d, u, v, metric, p, w, V, VI)
    return bars[0][0], bars[1][0], bars[2], bars[3], bars[4]


def squareform_adjoint(ct: Any, x: Any) -> Any:
    """Return the cotangent of ``x`` in ``scipy.spatial.distance.squareform(x)``; of a matrix one triangle is read."""
    if np.ndim(x) == 1:
        above = np.triu_indices(len(ct), 1)
        return ct[above] + ct.T[above]
    x_bar = np.zeros(np.shape(x), ct.dtype)
    x_bar[np.triu_indices(len(x), 1)] = ct
    return x_bar
