"""Functions of matrices.

An analytic function of a block triangular matrix holds its derivative: ``f([[a, e], [0, a]])`` is ``f(a)`` on the
diagonal, and the derivative of ``f`` at ``a`` in the direction ``e`` above it (N. Higham, Functions of matrices, 2008,
theorem 3.6). The cotangent is the derivative at the transpose, in the direction of the cotangent of the result.
"""

# ruff: noqa: N803 - names are what they are

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg

from diffcompile import runtime_scipy
from diffcompile.rules.registry import Sample, adjoint, sample
from diffcompile.rules.sampling import normal, positive_definite


def _samples() -> list[Sample]:
    return [
        sample(normal(3, 3)),
        sample(normal(1, 1)),
        sample(normal(3, 3) + 0.3j * normal(3, 3)),
    ]


def _definite() -> list[Sample]:
    return [
        sample(positive_definite(3, 3) + 0.3 * normal(3, 3)),
        sample(positive_definite(2, 2) + 0.1j * normal(2, 2)),
    ]


def _doubled(a: Any, ct: Any) -> Any:
    """Return the transpose of ``a`` twice on the diagonal, with ``ct`` above."""
    at = np.swapaxes(a, -1, -2)
    above = np.concatenate([at, ct], -1)
    below = np.concatenate([np.zeros_like(at), at], -1)
    return np.concatenate([above, below], -2)


def _corner(big: Any) -> Any:
    half = np.shape(big)[-1] // 2
    return big[..., :half, half:]


@adjoint(
    linalg.expm,
    samples=lambda: [*_samples(), sample(normal(2, 3, 3)), sample(normal(3, 3, dtype=np.float32))],
)
def _expm(ct: Any, y: Any, A: Any) -> Any:
    return (_corner(linalg.expm(_doubled(A, ct))),)


@adjoint(linalg.logm, samples=_definite)
def _logm(ct: Any, y: Any, A: Any) -> Any:
    return (_corner(linalg.logm(_doubled(A, ct))),)


@adjoint(linalg.sqrtm, samples=_definite)
def _sqrtm(ct: Any, y: Any, A: Any) -> Any:
    root = runtime_scipy.matrix(y).T
    return (linalg.solve_sylvester(root, root, ct),)


@adjoint(linalg.sinm, samples=_samples)
def _sinm(ct: Any, y: Any, A: Any) -> Any:
    return (_corner(linalg.sinm(_doubled(A, ct))),)


@adjoint(linalg.cosm, samples=_samples)
def _cosm(ct: Any, y: Any, A: Any) -> Any:
    return (_corner(linalg.cosm(_doubled(A, ct))),)


@adjoint(linalg.tanm, samples=lambda: [sample(0.3 * normal(3, 3))])
def _tanm(ct: Any, y: Any, A: Any) -> Any:
    return (_corner(linalg.tanm(_doubled(A, ct))),)


@adjoint(linalg.sinhm, samples=_samples)
def _sinhm(ct: Any, y: Any, A: Any) -> Any:
    return (_corner(linalg.sinhm(_doubled(A, ct))),)


@adjoint(linalg.coshm, samples=_samples)
def _coshm(ct: Any, y: Any, A: Any) -> Any:
    return (_corner(linalg.coshm(_doubled(A, ct))),)


@adjoint(linalg.tanhm, samples=lambda: [sample(0.3 * normal(3, 3))])
def _tanhm(ct: Any, y: Any, A: Any) -> Any:
    return (_corner(linalg.tanhm(_doubled(A, ct))),)


@adjoint(
    linalg.fractional_matrix_power,
    samples=lambda: [sample(positive_definite(3, 3) + 0.3 * normal(3, 3), 0.25)],
)
def _fractional_matrix_power(ct: Any, y: Any, A: Any, t: Any) -> Any:
    t_bar = np.sum(ct * (y @ linalg.logm(A)))
    return _corner(linalg.fractional_matrix_power(_doubled(A, ct), t)), t_bar
