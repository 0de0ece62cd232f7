"""Solvers, determinants and factorisations.

The formulas are those of M. B. Giles, Collected matrix derivative results for forward and reverse mode
algorithmic differentiation, 2008, where nothing else is cited. ``cholesky``, ``eigh`` and ``eigvalsh`` read
one triangle of their argument. Only that triangle gets a cotangent: this is the derivative of the program.
"""
# Ranks and names are what they are; branches that the compiler folds are written as branches:
# ruff: noqa: N803, PLR2004, SIM108

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import adjoint, sample
from diffcompile.rules.sampling import complex_normal, normal, positive_definite, well_conditioned

# --- solving ---


@adjoint(
    np.linalg.solve,
    samples=lambda: [
        sample(well_conditioned(3, 3), normal(3)),
        sample(well_conditioned(3, 3), normal(3, 2)),
        sample(well_conditioned(2, 3, 3), normal(2, 3, 4)),
        sample(well_conditioned(2, 3, 3), normal(3)),
        sample(well_conditioned(2, 1, 3, 3), normal(4, 3, 2)),
        sample(well_conditioned(3, 3), normal(2, 3, 4)),
        sample(normal(0, 0), normal(0)),
        sample(well_conditioned(3, 3, dtype=np.float32), normal(3, dtype=np.float32)),
        sample(well_conditioned(3, 3) + 0.3j * normal(3, 3), complex_normal(3)),
    ],
)
def _solve(ct: Any, result: Any, a: Any, b: Any) -> Any:
    if np.ndim(a) == 2 and np.ndim(b) == 1:
        b_bar = np.linalg.solve(a.T, ct)
        a_bar = -np.outer(b_bar, result)
    elif np.ndim(a) == 2 and np.ndim(b) == 2:
        b_bar = np.linalg.solve(a.T, ct)
        a_bar = -b_bar @ result.T
    else:
        bars = runtime.solve_adjoint(ct, result, a, b)
        a_bar = bars[0]
        b_bar = bars[1]
    return a_bar, b_bar


@adjoint(
    np.linalg.inv,
    samples=lambda: [
        sample(well_conditioned(3, 3)),
        sample(well_conditioned(2, 3, 3)),
        sample(normal(0, 0)),
        sample(well_conditioned(3, 3, dtype=np.float32)),
        sample(well_conditioned(3, 3) + 0.3j * normal(3, 3)),
    ],
)
def _inv(ct: Any, result: Any, a: Any) -> Any:
    if np.ndim(a) == 2:
        a_bar = -result.T @ ct @ result.T
    else:
        transposed = np.swapaxes(result, -1, -2)
        a_bar = -transposed @ ct @ transposed
    return (a_bar,)


@adjoint(
    np.linalg.pinv,
    samples=lambda: [
        sample(normal(4, 3)),
        sample(normal(3, 4)),
        sample(normal(2, 4, 3)),
        sample(normal(4, 3, dtype=np.float32)),
        sample(complex_normal(4, 3)),
        sample(well_conditioned(3, 3), hermitian=True),
        sample(np.diag([1.0 + 0.0j, 2.0, 3.0]) + 0.3j * normal(3, 3), hermitian=True),
    ],
)
def _pinv(ct: Any, result: Any, a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    if hermitian:
        a_bar = runtime.hermitian_pinv_adjoint(ct, result, a)
    else:
        a_bar = runtime.pinv_adjoint(ct, result, a)
    return (a_bar,)


@adjoint(
    np.linalg.lstsq,
    samples=lambda: [
        sample(normal(5, 3), normal(5)),
        sample(normal(5, 3), normal(5, 2)),
        sample(normal(3, 5), normal(3)),
        sample(normal(5, 3, dtype=np.float32), normal(5, dtype=np.float32)),
        sample(complex_normal(5, 3), complex_normal(5)),
    ],
)
def _lstsq(ct: Any, result: Any, a: Any, b: Any, rcond: Any = None) -> Any:
    bars = runtime.lstsq_adjoint(ct, result, a, b, rcond)
    return bars[0], bars[1]


@adjoint(
    np.linalg.tensorinv,
    samples=lambda: [sample(normal(2, 3, 6)), sample(normal(4, 2, 2), ind=1)],
)
def _tensorinv(ct: Any, result: Any, a: Any, ind: int = 2) -> Any:
    return (runtime.tensorinv_adjoint(ct, result, np.shape(a), ind),)


@adjoint(
    np.linalg.tensorsolve,
    samples=lambda: [sample(normal(2, 3, 6), normal(2, 3)), sample(normal(4, 2, 2), normal(4))],
)
def _tensorsolve(ct: Any, result: Any, a: Any, b: Any) -> Any:
    bars = runtime.tensorsolve_adjoint(ct, result, a, b)
    return bars[0], bars[1]


# --- determinants ---


@adjoint(
    np.linalg.det,
    samples=lambda: [
        sample(normal(3, 3)),
        sample(normal(2, 3, 3)),
        sample(np.outer(normal(3), normal(3)) + np.outer(normal(3), normal(3))),
        sample(np.zeros((2, 2))),
        sample(np.array([[1.0, 2.0], [2.0, 4.0]])),
        sample(np.stack([np.diag([1.0, 0.0, 2.0]), normal(3, 3)])),
        sample(np.diag([1.0 + 1.0j, 0.0, 2.0j])),
        sample(normal(1, 1)),
        sample(normal(3, 3, dtype=np.float32)),
        sample(complex_normal(3, 3)),
    ],
)
def _det(ct: Any, result: Any, a: Any) -> Any:
    if np.ndim(a) == 2:
        a_bar = ct * runtime.cofactors(a, result)
    else:
        a_bar = np.expand_dims(ct, (-2, -1)) * runtime.cofactors(a, result)
    return (a_bar,)


@adjoint(
    runtime.cofactors,
    samples=lambda: [
        # a determinant of 0 for all of them: what the other branch does with it is not looked at
        sample(normal(3, 3), 0),
        sample(normal(2, 3, 3), np.array([0, 0])),
        sample(np.ones((3, 3)), 0),
        sample(np.diag([2.0, 0.0, 0.0]), 0),
        sample(normal(1, 1), 0),
        sample(complex_normal(3, 3), 0),
    ],
)
def _cofactors(ct: Any, y: Any, a: Any, det: Any) -> Any:
    return runtime.cofactors_moved(ct, a), np.zeros_like(det)


@adjoint(
    np.linalg.slogdet,
    samples=lambda: [
        sample(normal(3, 3)),
        sample(normal(2, 3, 3)),
        sample(well_conditioned(3, 3, dtype=np.float32)),
        sample(complex_normal(3, 3)),
    ],
)
def _slogdet(ct: Any, result: Any, a: Any) -> Any:
    if np.ndim(a) == 2 and not np.iscomplexobj(a):
        a_bar = ct[1] * np.linalg.inv(a).T
    else:
        a_bar = runtime.slogdet_adjoint(ct, result, a)
    return (a_bar,)


# --- factorisations ---


@adjoint(
    np.linalg.cholesky,
    samples=lambda: [
        sample(positive_definite(3, 3)),
        sample(positive_definite(2, 3, 3)),
        sample(positive_definite(3, 3), upper=True),
        sample(positive_definite(1, 1)),
        sample(positive_definite(3, 3, dtype=np.float32)),
        sample(positive_definite(3, 3) + 0.2j * (np.tri(3, k=-1) - np.tri(3, k=-1).T)),
        sample(positive_definite(3, 3) + 0.2j * (np.tri(3, k=-1) - np.tri(3, k=-1).T), upper=True),
    ],
)
def _cholesky(ct: Any, result: Any, a: Any, *, upper: bool = False) -> Any:
    return (runtime.cholesky_adjoint(ct, result, upper),)


@adjoint(
    np.linalg.eigh,
    samples=lambda: [
        sample(positive_definite(3, 3)),
        sample(positive_definite(2, 3, 3)),
        sample(positive_definite(3, 3), UPLO="U"),
        sample(positive_definite(1, 1)),
        sample(positive_definite(3, 3, dtype=np.float32)),
    ],
)
def _eigh(ct: Any, result: Any, a: Any, UPLO: str = "L") -> Any:
    return (runtime.eigh_adjoint(ct, result, UPLO),)


@adjoint(
    np.linalg.eigvalsh,
    samples=lambda: [
        sample(positive_definite(3, 3)),
        sample(positive_definite(2, 3, 3), "U"),
        sample(positive_definite(3, 3, dtype=np.float32)),
        sample(positive_definite(3, 3) + 0.2j * (np.tri(3, k=-1) - np.tri(3, k=-1).T)),
    ],
)
def _eigvalsh(ct: Any, result: Any, a: Any, UPLO: str = "L") -> Any:
    return (runtime.eigvalsh_adjoint(ct, a, UPLO),)


@adjoint(
    np.linalg.svd,
    samples=lambda: [
        sample(normal(3, 3)),
        sample(normal(4, 3), full_matrices=False),
        sample(normal(3, 4), full_matrices=False),
        sample(normal(2, 4, 3), full_matrices=False),
        sample(normal(4, 3), compute_uv=False),
        sample(complex_normal(3, 4), compute_uv=False),
        sample(well_conditioned(3, 3, dtype=np.float32), compute_uv=False),
    ],
)
def _svd(ct: Any, result: Any, a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    if compute_uv:
        a_bar = runtime.svd_adjoint(ct, result)
    else:
        a_bar = runtime.singular_values_adjoint(ct, a)
    return (a_bar,)


@adjoint(np.linalg.svdvals, samples=lambda: [sample(normal(4, 3)), sample(normal(2, 3, 3))])
def _svdvals(ct: Any, result: Any, x: Any) -> Any:
    return (runtime.singular_values_adjoint(ct, x),)


@adjoint(
    np.linalg.qr,
    samples=lambda: [
        sample(normal(3, 3)),
        sample(normal(4, 3)),
        sample(normal(3, 5)),
        sample(normal(2, 4, 3)),
        sample(normal(4, 3), mode="r"),
        sample(normal(3, 5), "complete"),
        sample(well_conditioned(3, 3, dtype=np.float32)),
        sample(complex_normal(4, 3)),
    ],
)
def _qr(ct: Any, result: Any, a: Any, mode: str = "reduced") -> Any:
    return (runtime.qr_adjoint(ct, result, a, mode),)
