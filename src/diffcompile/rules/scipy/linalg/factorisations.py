"""Inverses, determinants, norms and factorisations; of a symmetric matrix one triangle is read, and has a cotangent."""
# Ranks are what they are; branches that the compiler folds are written as branches:
# ruff: noqa: PLR2004, SIM108

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg

from diffcompile import runtime, runtime_scipy
from diffcompile.rules.registry import Sample, adjoint, definition, sample
from diffcompile.rules.sampling import complex_normal, normal, positive_definite, well_conditioned


@adjoint(
    linalg.inv,
    samples=lambda: [
        sample(well_conditioned(3, 3)),
        sample(np.triu(well_conditioned(3, 3)), assume_a="upper triangular"),
        sample(well_conditioned(3, 3, dtype=np.float32)),
        sample(well_conditioned(3, 3) + 0.3j * normal(3, 3)),
    ],
)
def _inv(
    ct: Any,
    y: Any,
    a: Any,
    overwrite_a: bool = False,
    check_finite: bool = True,
    *,
    assume_a: Any = None,
    lower: bool = False,
) -> Any:
    transposed = np.swapaxes(y, -1, -2)
    a_bar = -transposed @ ct @ transposed
    if assume_a is not None:
        a_bar = runtime_scipy.structured(a_bar, assume_a, lower)
    return (a_bar,)


@adjoint(
    linalg.det,
    samples=lambda: [
        sample(normal(3, 3)),
        sample(normal(2, 3, 3)),
        sample(np.diag([1.0, 0.0, 2.0])),
        sample(complex_normal(3, 3)),
    ],
)
def _det(ct: Any, y: Any, a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    return (np.expand_dims(ct, (-2, -1)) * runtime.cofactors(a, y),)


@adjoint(
    linalg.pinv,
    samples=lambda: [sample(normal(4, 3)), sample(normal(3, 4)), sample(complex_normal(4, 3))],
)
def _pinv(ct: Any, y: Any, a: Any, *, atol: Any = None, rtol: Any = None, check_finite: bool = True) -> Any:
    return (runtime.pinv_adjoint(ct, y, a),)


def _hermitian(a: Any, lower: bool) -> Any:
    """Return the Hermitian matrix of which one triangle is read."""
    part = np.tril(a, -1) if lower else np.triu(a, 1)
    return part + np.swapaxes(np.conj(part), -1, -2) + np.real(a) * np.eye(np.shape(a)[-1], dtype=np.real(a).dtype)


@definition(
    linalg.pinvh,
    samples=lambda: [sample(normal(3, 3)), sample(normal(3, 3), lower=False), sample(complex_normal(3, 3))],
)
def pinvh(a: Any, atol: Any = None, rtol: Any = None, lower: bool = True, *, check_finite: bool = True) -> Any:
    """Return ``scipy.linalg.pinvh(a, atol, rtol, lower)``."""
    return linalg.pinv(_hermitian(np.asarray(a), lower), atol=atol, rtol=rtol)


@adjoint(
    linalg.norm,
    samples=lambda: [
        sample(normal(4)),
        sample(normal(3, 4)),
        sample(normal(3, 4), 2),
        sample(normal(3, 4), "nuc"),
        sample(normal(3, 4), 1, axis=0),
        sample(normal(3, 4), axis=1, keepdims=True),
    ],
)
def _norm(
    ct: Any,
    y: Any,
    a: Any,
    ord: Any = None,
    axis: Any = None,
    keepdims: bool = False,
    check_finite: bool = True,
) -> Any:
    return (runtime.norm_adjoint(ct, y, a, ord, axis, keepdims),)


def _definite_samples() -> list[Sample]:
    skew = 0.2j * (np.tri(3, k=-1) - np.tri(3, k=-1).T)
    return [
        sample(positive_definite(3, 3)),
        sample(positive_definite(3, 3), lower=True),
        sample(positive_definite(3, 3), True),
        sample(positive_definite(3, 3, dtype=np.float32)),
        sample(positive_definite(3, 3) + skew, lower=True),
    ]


@adjoint(linalg.cholesky, samples=_definite_samples)
def _cholesky(
    ct: Any, y: Any, a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    return (runtime.cholesky_adjoint(ct, y, not lower),)


@adjoint(linalg.cho_factor, samples=lambda: _definite_samples()[:3])
def _cho_factor(
    ct: Any, y: Any, a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    return (runtime_scipy.cho_factor_adjoint(ct[0], y[0], lower),)


@adjoint(
    linalg.lu_factor,
    samples=lambda: [sample(normal(4, 4)), sample(complex_normal(3, 3)), sample(normal(1, 1))],
)
def _lu_factor(ct: Any, y: Any, a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    return (runtime_scipy.lu_factor_adjoint(ct[0], y[0], y[1], a),)


@adjoint(
    linalg.lu,
    samples=lambda: [
        sample(normal(4, 4)),
        sample(normal(5, 3)),
        sample(normal(3, 5)),
        sample(normal(4, 3), permute_l=True),
        sample(normal(3, 3), p_indices=True),
    ],
)
def _lu(
    ct: Any,
    y: Any,
    a: Any,
    permute_l: bool = False,
    overwrite_a: bool = False,
    check_finite: bool = True,
    p_indices: bool = False,
) -> Any:
    if np.ndim(a) != 2:
        a = runtime_scipy.matrix(a)
    return (runtime_scipy.lu_of_matrix_adjoint(ct, y, a, permute_l, p_indices),)


APART = np.array([[1.0, 0.5, 0.25], [0.5, 6.0, -0.75], [0.25, -0.75, 15.0]])
"""Symmetric, with eigenvalues so far apart that small changes do not turn the vectors round."""


@adjoint(
    linalg.eigh,
    samples=lambda: [
        sample(APART),
        sample(APART, lower=False),
        sample(APART, eigvals_only=True),
        sample(APART, positive_definite(3, 3)),
        sample(APART, positive_definite(3, 3), lower=False),
        sample(APART.astype(np.float32)),
    ],
)
def _eigh(
    ct: Any,
    y: Any,
    a: Any,
    b: Any = None,
    *,
    lower: bool = True,
    eigvals_only: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    type: int = 1,
    check_finite: bool = True,
    driver: Any = None,
) -> Any:
    return runtime_scipy.eigh_adjoint(ct, y, a, b, lower, eigvals_only, type)


@adjoint(
    linalg.eigvalsh,
    samples=lambda: [
        sample(positive_definite(3, 3)),
        sample(positive_definite(3, 3), lower=False),
        sample(normal(3, 3) + np.diag([1.0, 5.0, 9.0]), positive_definite(3, 3)),
    ],
)
def _eigvalsh(
    ct: Any,
    y: Any,
    a: Any,
    b: Any = None,
    *,
    lower: bool = True,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    type: int = 1,
    check_finite: bool = True,
    driver: Any = None,
) -> Any:
    return runtime_scipy.eigh_adjoint(ct, y, a, b, lower, True, type)


@definition(linalg.eigvals, samples=lambda: [sample(normal(3, 3)), sample(complex_normal(3, 3)), sample(APART)])
def eigvals(a: Any, *, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """Return ``scipy.linalg.eigvals(a)``, which are complex numbers."""
    return np.linalg.eigvals(a) + 0j


@definition(linalg.eig, samples=lambda: [sample(normal(3, 3)), sample(complex_normal(3, 3)), sample(APART)])
def eig(a: Any, *, overwrite_a: bool = False, overwrite_b: bool = False, check_finite: bool = True) -> Any:
    """Return ``scipy.linalg.eig(a)``: values, which are complex, and vectors, real if all values are."""
    values, vectors = np.linalg.eig(a)
    return values + 0j, vectors


@adjoint(
    linalg.svd,
    samples=lambda: [
        sample(normal(3, 3)),
        sample(normal(4, 3), full_matrices=False),
        sample(normal(3, 4), False),
        sample(normal(4, 3), compute_uv=False),
    ],
)
def _svd(
    ct: Any,
    y: Any,
    a: Any,
    full_matrices: bool = True,
    compute_uv: bool = True,
    overwrite_a: bool = False,
    check_finite: bool = True,
    lapack_driver: str = "gesdd",
) -> Any:
    if compute_uv:
        a_bar = runtime.svd_adjoint(ct, y)
    else:
        a_bar = runtime.singular_values_adjoint(ct, a)
    return (a_bar,)


@adjoint(linalg.svdvals, samples=lambda: [sample(normal(4, 3)), sample(normal(3, 3, dtype=np.float32))])
def _svdvals(ct: Any, y: Any, a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    return (runtime.singular_values_adjoint(ct, a),)


@adjoint(
    linalg.qr,
    samples=lambda: [
        sample(normal(3, 3)),
        sample(normal(4, 3), mode="economic"),
        sample(normal(3, 5)),
        sample(complex_normal(4, 3), mode="economic"),
    ],
)
def _qr(
    ct: Any,
    y: Any,
    a: Any,
    overwrite_a: bool = False,
    lwork: Any = None,
    mode: str = "full",
    check_finite: bool = True,
) -> Any:
    return (runtime_scipy.qr_adjoint(ct, y, a, mode),)
