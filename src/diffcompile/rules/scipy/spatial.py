"""Distances between points: the metrics euclidean, sqeuclidean, cityblock, minkowski, chebyshev and cosine."""
# ruff: noqa: N803 - names are what they are

from __future__ import annotations

from typing import Any

from scipy.spatial import distance

from diffcompile import runtime_scipy
from diffcompile.rules.registry import adjoint, linear, sample
from diffcompile.rules.sampling import normal

METRICS = ("euclidean", "sqeuclidean", "cityblock", "chebyshev", "cosine")


@adjoint(
    distance.cdist,
    samples=lambda: [
        *(sample(normal(4, 3), normal(5, 3), metric) for metric in METRICS),
        sample(normal(4, 3), normal(5, 3), "minkowski", p=3.0),
        sample(normal(2, 1), normal(3, 1), metric="minkowski"),
    ],
)
def _cdist(ct: Any, y: Any, XA: Any, XB: Any, metric: Any = "euclidean", *, p: float = 2.0) -> Any:
    bars = runtime_scipy.cdist_adjoint(ct, y, XA, XB, metric, p)
    return bars[0], bars[1]


@adjoint(
    distance.pdist,
    samples=lambda: [
        *(sample(normal(5, 3), metric) for metric in METRICS),
        sample(normal(5, 3), "minkowski", p=3.0),
    ],
)
def _pdist(ct: Any, y: Any, X: Any, metric: Any = "euclidean", *, p: float = 2.0) -> Any:
    return (runtime_scipy.pdist_adjoint(ct, y, X, metric, p),)


@adjoint(
    distance.squareform,
    samples=lambda: [sample(normal(6)), sample(distance.squareform(normal(6)), checks=False)],
)
def _squareform(ct: Any, y: Any, X: Any, force: str = "no", checks: bool = True) -> Any:
    return (runtime_scipy.squareform_adjoint(ct, X),)


linear(distance.squareform, names="X")


@adjoint(distance.euclidean, samples=lambda: [sample(normal(3), normal(3))])
def _euclidean(ct: Any, y: Any, u: Any, v: Any) -> Any:
    bars = runtime_scipy.pair_adjoint(ct, y, u, v, "euclidean")
    return bars[0], bars[1]


@adjoint(distance.sqeuclidean, samples=lambda: [sample(normal(3), normal(3))])
def _sqeuclidean(ct: Any, y: Any, u: Any, v: Any) -> Any:
    bars = runtime_scipy.pair_adjoint(ct, y, u, v, "sqeuclidean")
    return bars[0], bars[1]


@adjoint(distance.cityblock, samples=lambda: [sample(normal(3), normal(3))])
def _cityblock(ct: Any, y: Any, u: Any, v: Any) -> Any:
    bars = runtime_scipy.pair_adjoint(ct, y, u, v, "cityblock")
    return bars[0], bars[1]


@adjoint(distance.chebyshev, samples=lambda: [sample(normal(3), normal(3))])
def _chebyshev(ct: Any, y: Any, u: Any, v: Any) -> Any:
    bars = runtime_scipy.pair_adjoint(ct, y, u, v, "chebyshev")
    return bars[0], bars[1]


@adjoint(distance.cosine, samples=lambda: [sample(normal(3), normal(3))])
def _cosine(ct: Any, y: Any, u: Any, v: Any) -> Any:
    bars = runtime_scipy.pair_adjoint(ct, y, u, v, "cosine")
    return bars[0], bars[1]


@adjoint(distance.minkowski, samples=lambda: [sample(normal(3), normal(3)), sample(normal(3), normal(3), 3)])
def _minkowski(ct: Any, y: Any, u: Any, v: Any, p: Any = 2) -> Any:
    bars = runtime_scipy.pair_adjoint(ct, y, u, v, "minkowski", p)
    return bars[0], bars[1]
