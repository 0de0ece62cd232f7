"""Rules of diagonals and triangles."""
# Branches that the compiler folds are written as branches:
# ruff: noqa: SIM108

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import adjoint, sample
from diffcompile.rules.sampling import complex_normal, normal


@adjoint(
    np.diag,
    samples=lambda: [
        sample(normal(3)),
        sample(normal(3), 1),
        sample(normal(2), k=-2),
        sample(normal(3, 3)),
        sample(normal(3, 4), 1),
        sample(normal(3, 4), -5),
        sample(normal(0)),
        sample(normal(3, dtype=np.float32)),
        sample(normal(3, 2, dtype=np.float32)),
        sample(complex_normal(2, 2)),
    ],
)
def _diag(ct: Any, result: Any, v: Any, k: int = 0) -> Any:
    if np.ndim(v) == 1:
        v_bar = np.diagonal(ct, k)
    else:
        v_bar = runtime.diagonal_adjoint(ct, np.shape(v), k)
    return (v_bar,)


@adjoint(
    np.diagflat,
    samples=lambda: [
        sample(normal(3)),
        sample(normal(2, 2), 1),
        sample(normal(), k=-1),
        sample(normal(3, dtype=np.float32)),
    ],
)
def _diagflat(ct: Any, result: Any, v: Any, k: int = 0) -> Any:
    return (np.reshape(np.diagonal(ct, k), np.shape(v)),)


@adjoint(
    np.diagonal,
    samples=lambda: [
        sample(normal(3, 3)),
        sample(normal(3, 4), 1),
        sample(normal(3, 4), offset=-1),
        sample(normal(2, 3, 4)),
        sample(normal(2, 3, 4), 1, 2, 0),
        sample(normal(2, 3, 3), axis1=-2, axis2=-1),
        sample(normal(0, 2)),
        sample(normal(3, 3, dtype=np.float32)),
    ],
)
def _diagonal(ct: Any, result: Any, a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return (runtime.diagonal_adjoint(ct, np.shape(a), offset, axis1, axis2),)


@adjoint(np.linalg.diagonal, samples=lambda: [sample(normal(3, 4)), sample(normal(2, 3, 3), offset=1)])
def _linalg_diagonal(ct: Any, result: Any, x: Any, *, offset: int = 0) -> Any:
    return (runtime.diagonal_adjoint(ct, np.shape(x), offset, -2, -1),)


def _triangle_samples() -> list[Any]:
    return [
        sample(normal(3, 3)),
        sample(normal(3, 4), 1),
        sample(normal(2, 3, 3), k=-1),
        sample(normal(3)),
        sample(normal(0, 3)),
        sample(normal(3, 3, dtype=np.float32)),
    ]


@adjoint(np.triu, samples=_triangle_samples)
def _triu(ct: Any, result: Any, m: Any, k: int = 0) -> Any:
    m_bar = np.triu(ct, k)
    if np.ndim(m) == 1:
        m_bar = np.sum(m_bar, axis=0)  # a vector is broadcast to the rows of a square matrix
    return (m_bar,)


@adjoint(np.tril, samples=_triangle_samples)
def _tril(ct: Any, result: Any, m: Any, k: int = 0) -> Any:
    m_bar = np.tril(ct, k)
    if np.ndim(m) == 1:
        m_bar = np.sum(m_bar, axis=0)
    return (m_bar,)
