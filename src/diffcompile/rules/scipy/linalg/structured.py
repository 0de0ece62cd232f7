"""Matrices that are built of vectors and blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg

from diffcompile import runtime_scipy
from diffcompile.rules.registry import adjoint, sample
from diffcompile.rules.sampling import normal


@adjoint(
    linalg.toeplitz,
    samples=lambda: [
        sample(normal(4)),
        sample(normal(4), normal(3)),
        sample(normal(2), normal(5)),
        sample(normal(3, dtype=np.float32)),
    ],
)
def _toeplitz(ct: Any, y: Any, c: Any, r: Any = None) -> Any:
    bars = runtime_scipy.toeplitz_adjoint(ct, c, r)
    return bars[0], bars[1]


@adjoint(linalg.circulant, samples=lambda: [sample(normal(4)), sample(normal(1))])
def _circulant(ct: Any, y: Any, c: Any) -> Any:
    return (runtime_scipy.circulant_sums(ct),)


@adjoint(
    linalg.hankel,
    samples=lambda: [sample(normal(4)), sample(normal(4), normal(3)), sample(normal(2), normal(5))],
)
def _hankel(ct: Any, y: Any, c: Any, r: Any = None) -> Any:
    bars = runtime_scipy.hankel_adjoint(ct, c, r)
    return bars[0], bars[1]


@adjoint(
    linalg.block_diag,
    samples=lambda: [
        sample(normal(2, 3), normal(1, 2), normal(2, 2)),
        sample(normal(2), 1.5, normal(1, 1)),
    ],
)
def _block_diag(ct: Any, y: Any, *arrs: Any) -> Any:
    return runtime_scipy.block_diag_adjoint(ct, arrs)


@adjoint(linalg.khatri_rao, samples=lambda: [sample(normal(2, 3), normal(4, 3))])
def _khatri_rao(ct: Any, y: Any, a: Any, b: Any) -> Any:
    blocks = np.reshape(ct, (np.shape(a)[0], np.shape(b)[0], np.shape(a)[1]))
    return np.sum(blocks * b, axis=1), np.sum(blocks * np.expand_dims(a, 1), axis=0)
