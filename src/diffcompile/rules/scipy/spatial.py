"""Distances between points, by the metrics of numbers: not those of truth values, nor functions of the user's."""
# ruff: noqa: N803 - names are what they are

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import spatial
from scipy.spatial import distance

from diffcompile import runtime_scipy
from diffcompile.rules.registry import adjoint, definition, linear, sample
from diffcompile.rules.sampling import normal

METRICS = (
    "euclidean", "sqeuclidean", "cityblock", "chebyshev", "cosine", "correlation", "canberra", "braycurtis",
)  # fmt: skip
WEIGHTED = ("euclidean", "sqeuclidean", "cityblock", "cosine", "correlation", "canberra", "braycurtis")
"""Those of them in which the weights have a derivative."""
WEIGHTS = np.array([0.5, 1.25, 2.0])
INVERSE = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.25], [0.0, 0.25, 1.5]])


@adjoint(
    distance.cdist,
    samples=lambda: [
        *(sample(normal(4, 3), normal(5, 3), metric) for metric in METRICS),
        sample(normal(4, 3), normal(5, 3), "minkowski", p=3.0),
        sample(normal(2, 1), normal(3, 1), metric="minkowski"),
        sample(normal(4, 3), normal(5, 3), "minkowski", p=1.5, w=WEIGHTS),
        sample(normal(4, 3), normal(5, 3), "seuclidean", V=WEIGHTS),
        sample(normal(4, 3), normal(5, 3), "mahalanobis", VI=INVERSE),
        sample(np.abs(normal(4, 3)), np.abs(normal(5, 3)), "jensenshannon"),
        *(sample(normal(4, 3), normal(5, 3), metric, w=WEIGHTS) for metric in WEIGHTED),
        sample(normal(4, 3), normal(5, 3), "minkowski", p=3.0, w=WEIGHTS),
    ],
)
def _cdist(
    ct: Any, y: Any, XA: Any, XB: Any, metric: Any = "euclidean", *, p: float = 2.0, w: Any = None, V: Any = None,
    VI: Any = None,
) -> Any:  # fmt: skip
    bars = runtime_scipy.cdist_adjoint(ct, y, XA, XB, metric, p, w, V, VI)
    return bars[0], bars[1], None, None, bars[2], bars[3], bars[4]


@adjoint(
    distance.pdist,
    samples=lambda: [
        *(sample(normal(5, 3), metric) for metric in METRICS),
        sample(normal(5, 3), "minkowski", p=3.0),
        sample(normal(5, 3), "seuclidean", V=WEIGHTS),
        sample(normal(5, 3), "mahalanobis", VI=INVERSE),
        sample(np.abs(normal(5, 3)), "jensenshannon"),
        *(sample(normal(5, 3), metric, w=WEIGHTS) for metric in WEIGHTED),
    ],
)
def _pdist(
    ct: Any, y: Any, X: Any, metric: Any = "euclidean", *, p: float = 2.0, w: Any = None, V: Any = None, VI: Any = None
) -> Any:
    bars = runtime_scipy.pdist_adjoint(ct, y, X, metric, p, w, V, VI)
    return bars[0], None, None, bars[1], bars[2], bars[3]


@adjoint(
    distance.squareform,
    samples=lambda: [sample(normal(6)), sample(distance.squareform(normal(6)), checks=False)],
)
def _squareform(ct: Any, y: Any, X: Any, force: str = "no", checks: bool = True) -> Any:
    return (runtime_scipy.squareform_adjoint(ct, X),)


linear(distance.squareform, names="X")


@adjoint(
    distance.euclidean,
    samples=lambda: [
        sample(normal(3), normal(3)),
        sample(normal(3), normal(3), w=WEIGHTS),
    ],
)
def _euclidean(ct: Any, y: Any, u: Any, v: Any, w: Any = None) -> Any:
    bars = runtime_scipy.pair_adjoint(ct, y, u, v, "euclidean", w=w)
    return bars[0], bars[1], bars[2]


@adjoint(
    distance.sqeuclidean,
    samples=lambda: [
        sample(normal(3), normal(3)),
        sample(normal(3), normal(3), w=WEIGHTS),
    ],
)
def _sqeuclidean(ct: Any, y: Any, u: Any, v: Any, w: Any = None) -> Any:
    bars = runtime_scipy.pair_adjoint(ct, y, u, v, "sqeuclidean", w=w)
    return bars[0], bars[1], bars[2]


@adjoint(
    distance.cityblock,
    samples=lambda: [
        sample(normal(3), normal(3)),
        sample(normal(3), normal(3), w=WEIGHTS),
    ],
)
def _cityblock(ct: Any, y: Any, u: Any, v: Any, w: Any = None) -> Any:
    bars = runtime_scipy.pair_adjoint(ct, y, u, v, "cityblock", w=w)
    return bars[0], bars[1], bars[2]


@adjoint(distance.chebyshev, samples=lambda: [sample(normal(3), normal(3))])
def _chebyshev(ct: Any, y: Any, u: Any, v: Any) -> Any:
    bars = runtime_scipy.pair_adjoint(ct, y, u, v, "chebyshev")
    return bars[0], bars[1]


@adjoint(
    distance.cosine,
    samples=lambda: [sample(normal(3), normal(3)), sample(normal(3), normal(3), WEIGHTS)],
)
def _cosine(ct: Any, y: Any, u: Any, v: Any, w: Any = None) -> Any:
    bars = runtime_scipy.pair_adjoint(ct, y, u, v, "cosine", w=w)
    return bars[0], bars[1], bars[2]


@adjoint(
    distance.minkowski,
    samples=lambda: [
        sample(normal(3), normal(3)),
        sample(normal(3), normal(3), 3),
        sample(normal(3), normal(3), 3, w=WEIGHTS),
    ],
)
def _minkowski(ct: Any, y: Any, u: Any, v: Any, p: Any = 2, w: Any = None) -> Any:
    bars = runtime_scipy.pair_adjoint(ct, y, u, v, "minkowski", p, w)
    return bars[0], bars[1], None, bars[2]


# --- of SciPy's older names: a norm knows that its slope at 0 is 0 ---


@definition(
    spatial.minkowski_distance,
    samples=lambda: [sample(normal(4, 3), normal(3)), *(sample(normal(3), normal(3), p) for p in (1, 3.0))],
)
def minkowski_distance(x: Any, y: Any, p: Any = 2.0) -> Any:
    """Return ``scipy.spatial.minkowski_distance(x, y, p)``."""
    return np.linalg.norm(np.asarray(y) - np.asarray(x), p, axis=-1)


@definition(
    spatial.minkowski_distance_p,
    samples=lambda: [sample(normal(4, 3), normal(3)), sample(normal(3), normal(3), np.inf)],
)
def minkowski_distance_p(x: Any, y: Any, p: Any = 2.0) -> Any:
    """Return ``scipy.spatial.minkowski_distance_p(x, y, p)``: powers of the distances."""
    apart = np.abs(np.asarray(y) - np.asarray(x))
    if p == np.inf:
        return np.max(apart, axis=-1)
    return np.sum(apart, axis=-1) if p == 1 else np.sum(apart**p, axis=-1)


@definition(
    spatial.distance_matrix,
    samples=lambda: [sample(normal(4, 3), normal(2, 3)), sample(normal(4, 3), normal(2, 3), 1.0)],
)
def distance_matrix(x: Any, y: Any, p: Any = 2.0, threshold: Any = 1000000) -> Any:
    """Return ``scipy.spatial.distance_matrix(x, y, p)``."""
    x, y = np.asarray(x), np.asarray(y)
    if np.shape(x)[-1] != np.shape(y)[-1]:
        raise ValueError("x and y contain points of another number of dimensions")
    return minkowski_distance(np.expand_dims(x, 1), np.expand_dims(y, 0), p)
