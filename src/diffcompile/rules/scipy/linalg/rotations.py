"""Rotations that fit best, polar decompositions and the null space.

A unitary factor ``u`` of ``a = u p`` turns by ``x`` with ``p x + x p = u* da - da* u``, which has a solution where
singular values are equal and the derivatives of the singular vectors have none (N. Higham, Functions of matrices,
2008, section 8.1).
"""
# ruff: noqa: N803, N806 - names are what they are

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg

from diffcompile import runtime_scipy
from diffcompile.rules.registry import adjoint, definition, sample, tangent
from diffcompile.rules.sampling import complex_normal, normal, positive_definite


@adjoint(
    runtime_scipy.unitary_factor,
    samples=lambda: [
        sample(normal(3, 3)),
        sample(2.0 * np.eye(3)[[1, 0, 2]]),
        sample(np.array([[1.0, 2.0], [0.5, 1.5]])),
        sample(complex_normal(3, 3)),
    ],
)
def _unitary_factor(ct: Any, u: Any, a: Any) -> Any:
    back = np.conj(u.T)
    turned = runtime_scipy.rotation(back @ a, 2.0 * back @ np.conj(ct))
    return (np.conj(u @ turned),)


@tangent(runtime_scipy.unitary_factor)
def _unitary_factor_tangent(u: Any, a: Any, *, a_dot: Any = None) -> Any:
    back = np.conj(u.T)
    return u @ runtime_scipy.rotation(back @ a, 2.0 * back @ a_dot)


@adjoint(
    runtime_scipy.rotation,
    samples=lambda: [
        sample(positive_definite(3, 3), normal(3, 3)),
        sample(np.array([[2.0, 0.0], [0.0, 0.5]]), normal(2, 2)),
        sample(positive_definite(2, 2) + 0j, complex_normal(2, 2)),
    ],
)
def _rotation(ct: Any, x: Any, p: Any, k: Any) -> Any:
    k_bar = runtime_scipy.rotation(p, np.conj(ct))
    p_bar = -(k_bar @ np.conj(x.T) + np.conj(x.T) @ k_bar)
    return np.conj(p_bar), np.conj(k_bar)


@tangent(runtime_scipy.rotation)
def _rotation_tangent(x: Any, p: Any, k: Any, *, p_dot: Any = None, k_dot: Any = None) -> Any:
    moved = np.zeros_like(x)
    if p_dot is not None:
        part = p_dot - runtime_scipy.skew(p_dot)
        moved = moved - part @ x - x @ part
    if k_dot is not None:
        moved = moved + k_dot
    return runtime_scipy.rotation(p, moved)


@definition(
    linalg.orthogonal_procrustes,
    samples=lambda: [
        sample(normal(5, 3), normal(5, 3)),
        sample(normal(3, 3), normal(3, 3) - np.mean(normal(3, 3), 0)),
        sample(complex_normal(4, 2), complex_normal(4, 2)),
    ],
)
def orthogonal_procrustes(A: Any, B: Any, check_finite: bool = True) -> Any:
    """Return ``scipy.linalg.orthogonal_procrustes(A, B)``: a rotation that takes ``A`` to ``B``, and a scale."""
    A, B = np.asarray(A), np.asarray(B)
    if np.ndim(A) != 2 or np.shape(A) != np.shape(B):  # noqa: PLR2004 - a rank
        raise ValueError(f"the shapes of A and B differ ({np.shape(A)} vs {np.shape(B)}), or are none of matrices")
    product = (B.T @ np.conj(A)).T
    rotated = runtime_scipy.unitary_factor(product)
    return rotated, np.sum(np.real(np.conj(rotated) * product))


@definition(
    linalg.polar,
    samples=lambda: [
        sample(positive_definite(3, 3)),
        sample(2.0 * np.eye(3)),
        sample(normal(3, 3), side="left"),
        sample(normal(4, 2)),
        sample(normal(2, 4), "left"),
        sample(complex_normal(3, 2)),
    ],
)
def polar(a: Any, side: str = "right") -> Any:
    """Return ``scipy.linalg.polar(a, side)``."""
    if side not in ("right", "left"):
        raise ValueError("`side` must be either 'right' or 'left'")
    a = np.asarray(a)
    rows, columns = np.shape(a)
    if rows > columns:
        q, r = np.linalg.qr(a)
        u = q @ runtime_scipy.unitary_factor(r)
    elif rows < columns:
        q, r = np.linalg.qr(np.conj(a.T))
        u = np.conj((q @ runtime_scipy.unitary_factor(r)).T)
    else:
        u = runtime_scipy.unitary_factor(a)
    p = np.conj(u.T) @ a if side == "right" else a @ np.conj(u.T)
    return u, p


@adjoint(
    linalg.null_space,
    samples=lambda: [sample(normal(2, 3)), sample(normal(1, 2))],
)
def _null_space(
    ct: Any, z: Any, A: Any, rcond: Any = None, *, overwrite_a: bool = False, check_finite: bool = True,
    lapack_driver: str = "gesdd",
) -> Any:  # fmt: skip
    runtime_scipy.check_basis(z, np.conj(ct))
    inverse = np.linalg.pinv(runtime_scipy.matrix(A), runtime_scipy.null_cutoff(A, rcond))
    return (-np.conj(np.conj(inverse.T) @ np.conj(ct) @ np.conj(z.T)),)


@tangent(linalg.null_space)
def _null_space_tangent(
    z: Any, A: Any, rcond: Any = None, *, overwrite_a: bool = False, check_finite: bool = True,
    lapack_driver: str = "gesdd", A_dot: Any = None,
) -> Any:  # fmt: skip
    if np.shape(z)[1] > 1 or np.iscomplexobj(z):  # a phase, too, is chosen
        runtime_scipy.refuse_basis()
    inverse = np.linalg.pinv(runtime_scipy.matrix(A), runtime_scipy.null_cutoff(A, rcond))
    return -inverse @ (A_dot @ z)
