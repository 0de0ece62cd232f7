"""Distances between points."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.spatial import distance


def cdist_adjoint(ct: Any, d: Any, xa: Any, xb: Any, metric: Any, p: float = 2.0) -> tuple[Any, Any]:
    """Return the cotangents of ``xa`` (n, k) and ``xb`` (m, k) in ``d = scipy.spatial.distance.cdist(xa, xb, metric)``.

    Between equal points a distance that is not smooth there has the derivative 0.

    Raises:
        NotImplementedError: there is no rule for the metric.
    """
    if metric == "cosine":
        return _cosine_adjoint(ct, xa, xb)
    if metric in ("euclidean", "sqeuclidean"):
        weights = (
            2.0 * ct if metric == "sqeuclidean" else np.where(d == 0, 0.0, ct / np.where(d == 0, 1.0, d))
        )
        centre = np.mean(xb, axis=0)
        near_a, near_b = xa - centre, xb - centre
        xa_bar = np.sum(weights, 1)[:, None] * near_a - weights @ near_b
        xb_bar = np.sum(weights, 0)[:, None] * near_b - weights.T @ near_a
        return xa_bar, xb_bar
    gaps = xa[:, None, :] - xb[None, :, :]
    size = np.abs(gaps)
    if metric == "cityblock" or (metric == "minkowski" and p == 1):
        slopes = np.sign(gaps)
    elif metric == "minkowski":
        ratio = size / np.where(d == 0, 1.0, d)[..., None]
        slopes = np.sign(gaps) * np.where(size == 0, 0.0, ratio) ** (p - 1.0)
    elif metric == "chebyshev":
        farthest = size == np.max(size, axis=-1, keepdims=True)
        slopes = np.sign(gaps) * farthest / np.sum(farthest, axis=-1, keepdims=True)
    else:
        raise NotImplementedError(f"distances have no derivative rule for {metric=}")
    terms = ct[..., None] * slopes
    return np.sum(terms, axis=1), -np.sum(terms, axis=0)


def _cosine_adjoint(ct: Any, xa: Any, xb: Any) -> tuple[Any, Any]:
    size_a, size_b = (np.linalg.norm(x, axis=1, keepdims=True) for x in (xa, xb))
    unit_a, unit_b = xa / size_a, xb / size_b
    cosines = unit_a @ unit_b.T
    xa_bar = (np.sum(ct * cosines, 1)[:, None] * unit_a - ct @ unit_b) / size_a
    xb_bar = (np.sum(ct * cosines, 0)[:, None] * unit_b - ct.T @ unit_a) / size_b
    return xa_bar, xb_bar


def pdist_adjoint(ct: Any, d: Any, x: Any, metric: Any, p: float = 2.0) -> Any:
    """Return the cotangent of ``x`` (n, k) in ``d = scipy.spatial.distance.pdist(x, metric)``."""
    return cdist_adjoint(distance.squareform(ct), distance.squareform(d), x, x, metric, p)[0]


def pair_adjoint(ct: Any, d: Any, u: Any, v: Any, metric: str, p: float = 2.0) -> tuple[Any, Any]:
    """Return the cotangents of two points in the distance ``d`` between them."""
    u_bar, v_bar = cdist_adjoint(np.reshape(ct, (1, 1)), np.reshape(d, (1, 1)), u[None], v[None], metric, p)
    return u_bar[0], v_bar[0]


def squareform_adjoint(ct: Any, x: Any) -> Any:
    """Return the cotangent of ``x`` in ``scipy.spatial.distance.squareform(x)``; of a matrix one triangle is read."""
    if np.ndim(x) == 1:
        above = np.triu_indices(len(ct), 1)
        return ct[above] + ct.T[above]
    x_bar = np.zeros(np.shape(x), ct.dtype)
    x_bar[np.triu_indices(len(x), 1)] = ct
    return x_bar
