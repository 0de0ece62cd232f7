"""Rules of matrices without symmetry: eigenvalues and vectors, condition numbers; products with vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import Sample, adjoint, nondifferentiable, sample
from diffcompile.rules.sampling import complex_normal, normal, well_conditioned


def _matrices() -> list[Sample]:
    spread = np.diag([1.0, 2.5, 4.0])
    return [
        sample(spread + 0.3 * normal(3, 3)),
        sample(np.array([[1.0, 2.0, 0.1], [-2.0, 1.2, 0.3], [0.2, 0.1, 3.0]])),
        sample(spread + 0.3 * complex_normal(3, 3)),
        sample(spread + 0.3 * normal(2, 3, 3)),
        sample(normal(1, 1)),
        sample((spread + 0.3 * normal(3, 3)).astype(np.float32)),
    ]


@adjoint(np.linalg.eig, samples=_matrices)
def _eig(ct: Any, result: Any, a: Any) -> Any:
    return (runtime.as_cotangent(runtime.eig_adjoint(ct, result), a),)


@adjoint(np.linalg.eigvals, samples=_matrices)
def _eigvals(ct: Any, result: Any, a: Any) -> Any:
    return (runtime.eigvals_adjoint(ct, result, a),)


@adjoint(
    np.linalg.cond,
    samples=lambda: [
        *(sample(well_conditioned(3, 3), p) for p in (None, 2, -2, "fro", "nuc", 1, -1, np.inf, -np.inf)),
        sample(normal(4, 3)),
        sample(normal(4, 1)),
        sample(normal(2, 1, 3), -2),
        sample(well_conditioned(2, 3, 3)),
        sample(well_conditioned(2, 3, 3), "fro"),
        sample(complex_normal(3, 3)),
        sample(well_conditioned(3, 3, dtype=np.float32)),
    ],
)
def _cond(ct: Any, result: Any, x: Any, p: Any = None) -> Any:
    return (runtime.cond_adjoint(ct, x, p),)


nondifferentiable(np.linalg.matrix_rank, reason="its result is a whole number")


if hasattr(np, "matvec"):

    @adjoint(
        np.matvec,
        samples=lambda: [
            sample(normal(3, 4), normal(4)),
            sample(normal(2, 3, 4), normal(4)),
            sample(normal(3, 4), normal(5, 4)),
            sample(normal(2, 3, 4), normal(2, 4)),
            sample(complex_normal(3, 4), complex_normal(4)),
            sample(normal(3, 4, dtype=np.float32), normal(4, dtype=np.float32)),
        ],
    )
    def _matvec(ct: Any, y: Any, x1: Any, x2: Any) -> Any:
        if np.ndim(x1) == 2 and np.ndim(x2) == 1:  # noqa: PLR2004
            x1_bar = np.outer(ct, x2)
            x2_bar = x1.T @ ct
        else:
            x1_bar = runtime.unbroadcast(ct[..., :, None] * x2[..., None, :], np.shape(x1))
            x2_bar = runtime.unbroadcast((np.swapaxes(x1, -1, -2) @ ct[..., None])[..., 0], np.shape(x2))
        return x1_bar, x2_bar

    @adjoint(
        np.vecmat,
        samples=lambda: [
            sample(normal(3), normal(3, 4)),
            sample(normal(3), normal(2, 3, 4)),
            sample(normal(5, 3), normal(3, 4)),
            sample(complex_normal(3), complex_normal(3, 4)),
            sample(normal(3, dtype=np.float32), normal(3, 4, dtype=np.float32)),
        ],
    )
    def _vecmat(ct: Any, y: Any, x1: Any, x2: Any) -> Any:
        if np.ndim(x1) == 1 and np.ndim(x2) == 2:  # noqa: PLR2004
            x1_bar = np.conj(x2 @ ct)
            x2_bar = np.outer(np.conj(x1), ct)
        else:
            x1_bar = runtime.unbroadcast(np.conj((x2 @ ct[..., None])[..., 0]), np.shape(x1))
            x2_bar = runtime.unbroadcast(np.conj(x1)[..., :, None] * ct[..., None, :], np.shape(x2))
        return x1_bar, x2_bar
