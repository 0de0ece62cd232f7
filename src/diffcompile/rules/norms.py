"""Rules of norms of vectors and matrices."""



from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import Sample, adjoint, sample
from diffcompile.rules.sampling import normal


def _norm_samples() -> list[Sample]:
    x, cube, v = normal(3, 4), normal(2, 3, 4), normal(5)
    vector_orders: list[Any] = [None, 1, 2, 3, 1.5, 0.5, -1, np.inf, -np.inf, 0]
    matrix_orders: list[Any] = ["fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf]
    return [
        *(sample(v, order) for order in vector_orders),
        *(sample(x, ord=order, axis=1) for order in vector_orders),
        *(sample(x, order) for order in matrix_orders),
        *(sample(cube, ord=order, axis=(2, 0), keepdims=True) for order in matrix_orders),
        *(sample(cube, ord=order, axis=(-2, -1)) for order in matrix_orders),
        sample(x),
        sample(cube),
        sample(cube, keepdims=True),
        sample(cube, axis=(0, 2)),
        sample(cube, None, 1, True),
        sample(np.zeros(3)),
        sample(np.zeros((2, 0)), axis=1),
        sample(v.astype(np.float32)),
        sample(v.astype(np.float32), np.inf),
        sample(v.astype(np.float32), 3),
        sample(x.astype(np.float32), "nuc"),
        sample(x.astype(np.float32), 2),
        sample(x.astype(np.float32), 1),
        sample(v + 1j * normal(5)),
        sample(v + 1j * normal(5), 3),
        sample(x + 1j * normal(3, 4), "nuc"),
        sample(x + 1j * normal(3, 4), 2),
    ]


@adjoint(np.linalg.norm, samples=_norm_samples)
def _norm(ct: Any, y: Any, x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Any:
    return (runtime.norm_adjoint(ct, y, x, ord, axis, keepdims),)


def _vector_norm_samples() -> list[Sample]:
    x, cube = normal(3, 4), normal(2, 3, 4)
    return [
        sample(x),
        sample(x, axis=0, ord=3),
        sample(cube, axis=(0, 2), keepdims=True, ord=np.inf),
        sample(cube, axis=(0, 2), ord=1),
        sample(x.astype(np.float32)),
    ]


@adjoint(np.linalg.vector_norm, samples=_vector_norm_samples)
def _vector_norm(ct: Any, y: Any, x: Any, *, axis: Any = None, keepdims: Any = False, ord: Any = 2) -> Any:
    ct = runtime.restore_axes(ct, x, axis, keepdims)
    y = runtime.restore_axes(y, x, axis, keepdims)
    return (runtime.vector_norm_adjoint(ct, y, x, ord, axis),)


def _matrix_norm_samples() -> list[Sample]:
    x, cube = normal(3, 4), normal(2, 3, 4)
    return [
        sample(x),
        sample(cube, ord="nuc"),
        sample(cube, keepdims=True, ord=2),
        sample(x.astype(np.float32), ord=1),
    ]


@adjoint(np.linalg.matrix_norm, samples=_matrix_norm_samples)
def _matrix_norm(ct: Any, y: Any, x: Any, *, keepdims: Any = False, ord: Any = "fro") -> Any:
    return (runtime.norm_adjoint(ct, y, x, ord, (-2, -1), keepdims),)
