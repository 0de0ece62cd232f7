"""Tangents of factorisations. Only the triangle that a function reads moves its result."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcompile.errors import UnsupportedError
from diffcompile.runtime.linalg import _adjoint_matrix as adjoint_matrix
from diffcompile.runtime.linalg import _reciprocal_differences as reciprocal_differences
from diffcompile.runtime.linalg import _reciprocals as reciprocals
from diffcompile.runtime.linalg import _times_diagonal as times_diagonal
from diffcompile.runtime.linalg import refuse_turned, tied


def _diagonal(x: Any) -> Any:
    return np.diagonal(x, axis1=-2, axis2=-1)


def _from_triangle(a_dot: Any, lower: bool) -> Any:
    """Return the Hermitian tangent that a function sees which reads one triangle."""
    strict = np.tril(a_dot, -1) if lower else np.triu(a_dot, 1)
    diagonal = np.real(a_dot) * np.eye(np.shape(a_dot)[-1], dtype=np.real(a_dot).dtype)
    return strict + adjoint_matrix(strict) + diagonal


def solve_tangent(a_dot: Any, b_dot: Any, x: Any, a: Any, b: Any) -> Any:
    """Return the tangent of ``x = np.linalg.solve(a, b)``; a tangent that is None is zero (Giles 2008, 2.3.1)."""
    vector = np.ndim(b) == 1
    if vector:
        x = np.expand_dims(x, -1)
        b_dot = None if b_dot is None else np.expand_dims(b_dot, -1)
    moved = 0.0 if b_dot is None else b_dot
    if a_dot is not None:
        moved = moved - a_dot @ x
    x_dot = np.linalg.solve(a, moved)
    return x_dot[..., 0] if vector else x_dot


def cholesky_tangent(a_dot: Any, factor: Any, upper: bool = False) -> Any:
    """Return the tangent of ``factor = np.linalg.cholesky(a)``.

    I. Murray, Differentiation of the Cholesky decomposition, 2016, equation 8.
    """
    lower = adjoint_matrix(factor) if upper else factor
    half = np.linalg.solve(lower, _from_triangle(a_dot, not upper))
    inner = np.tril(adjoint_matrix(np.linalg.solve(lower, adjoint_matrix(half))))
    inner = inner - 0.5 * inner * np.eye(np.shape(inner)[-1], dtype=np.real(inner).dtype)
    moved = lower @ inner
    return adjoint_matrix(moved) if upper else moved


def between_vectors(a_dot: Any, v: Any, uplo: Any = "L") -> Any:
    """Return the tangent of a Hermitian matrix of which one triangle is read, in the basis of its vectors ``v``."""
    return adjoint_matrix(v) @ _from_triangle(a_dot, uplo.upper() == "L") @ v


def eigenvalues_tangent(inner: Any) -> Any:
    """Return the tangent of ``w`` in ``w, v = np.linalg.eigh(a)`` (Giles 2008, 3.1)."""
    return np.real(_diagonal(inner))


def eigenvectors_tangent(inner: Any, w: Any, v: Any) -> Any:
    """Return the tangent of ``v`` in ``w, v = np.linalg.eigh(a)`` (Giles 2008, 3.1).

    Raises:
        UnsupportedError: vectors of equal eigenvalues turn.
    """
    ties = tied(w)
    refuse_turned("eigh", ties, None, inner)
    return v @ (reciprocal_differences(w, ties) * inner)


def eigvalsh_tangent(a_dot: Any, a: Any, uplo: Any = "L") -> Any:
    """Return the tangent of ``np.linalg.eigvalsh(a)``."""
    return eigenvalues_tangent(between_vectors(a_dot, np.linalg.eigh(a, uplo)[1], uplo))


def singular_values_tangent(a_dot: Any, a: Any) -> Any:
    """Return the tangent of the singular values of ``a``."""
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return values_tangent(a_dot, u, vh)


def values_tangent(a_dot: Any, u: Any, vh: Any) -> Any:
    """Return the tangent of ``s`` in ``u, s, vh = np.linalg.svd(a)``."""
    count = min(np.shape(u)[-1], np.shape(vh)[-2])
    u, vh = u[..., :count], vh[..., :count, :]
    return np.real(_diagonal(adjoint_matrix(u) @ a_dot @ adjoint_matrix(vh)))


def left_vectors_tangent(a_dot: Any, result: Any) -> Any:
    """Return the tangent of ``u`` in ``u, s, vh = np.linalg.svd(a)``; nan for the vectors that complete the basis.

    J. Townsend, Differentiating the singular value decomposition, 2016; for complex numbers also Z.-Q. Wan
    and S.-X. Zhang, Automatic differentiation for complex valued SVD, 2019.

    Raises:
        UnsupportedError: vectors of equal singular values turn.
    """
    full_u, s, full_vh = result
    count = np.shape(s)[-1]
    u, v = full_u[..., :count], adjoint_matrix(full_vh[..., :count, :])
    inner = adjoint_matrix(u) @ a_dot @ v
    across = adjoint_matrix(inner)
    ties = tied(s)
    refuse_turned("svd", ties, None, inner, across)
    gaps = reciprocal_differences(s * s, ties)
    u_dot = u @ (gaps * (times_diagonal(inner, s) + np.expand_dims(s, -1) * across))
    if np.shape(u)[-2] > count:  # else the vectors span all
        u_dot = u_dot + times_diagonal(a_dot @ v - u @ inner, reciprocals(s))
    return _completed(u_dot, full_u)


def right_vectors_tangent(a_dot: Any, result: Any) -> Any:
    """Return the tangent of ``vh`` in ``u, s, vh = np.linalg.svd(a)``, as :func:`left_vectors_tangent` does."""
    full_u, s, full_vh = result
    count = np.shape(s)[-1]
    u, v = full_u[..., :count], adjoint_matrix(full_vh[..., :count, :])
    inner = adjoint_matrix(u) @ a_dot @ v
    across = adjoint_matrix(inner)
    ties = tied(s)
    refuse_turned("svd", ties, None, inner, across)
    turned = reciprocal_differences(s * s, ties) * (np.expand_dims(s, -1) * inner + times_diagonal(across, s))
    inverse = reciprocals(s)
    if np.iscomplexobj(inner):
        turned = turned - 1j * np.imag(inner) * np.eye(count) * np.expand_dims(inverse, -2)
    v_dot = v @ turned
    if np.shape(v)[-2] > count:
        v_dot = v_dot + times_diagonal(adjoint_matrix(a_dot) @ u - v @ across, inverse)
    return adjoint_matrix(_completed(v_dot, adjoint_matrix(full_vh)))


def _completed(moved: Any, basis: Any) -> Any:
    """Append tangents nan for the vectors that only complete ``basis``: any rotation of them would do as well."""
    missing = np.shape(basis)[-1] - np.shape(moved)[-1]
    if not missing:
        return moved
    unknown = np.full((*np.shape(moved)[:-1], missing), math.nan, moved.dtype)
    return np.concatenate([moved, unknown], axis=-1)


def qr_tangent(a_dot: Any, result: Any, a: Any, mode: str = "reduced") -> Any:
    """Return the tangents of ``q, r = np.linalg.qr(a)``, or of ``r`` alone.

    S. Walter and L. Lehmann, Algorithmic differentiation of linear algebra functions, 2010.
    """
    rows, columns = np.shape(a)[-2:]
    if mode == "raw" or (mode == "complete" and rows > columns):
        raise UnsupportedError(f"np.linalg.qr has no derivative here for {mode=}, shape {np.shape(a)}")
    q, r = np.linalg.qr(a) if mode == "r" else result
    square = r[..., :rows]
    moved = adjoint_matrix(np.linalg.solve(adjoint_matrix(square), adjoint_matrix(a_dot[..., :rows])))
    inner = adjoint_matrix(q) @ moved
    below = np.tril(inner, -1)
    skew = below - adjoint_matrix(below)
    if np.iscomplexobj(inner):
        skew = skew + 1j * np.imag(inner) * np.eye(np.shape(inner)[-1])
    r_dot = adjoint_matrix(q) @ a_dot - skew @ r
    r_dot = np.triu(r_dot)
    return r_dot if mode == "r" else (q @ skew + moved - q @ inner, r_dot)


def pinv_tangent(a_dot: Any, inverse: Any, a: Any) -> Any:
    """Return the tangent of ``inverse = np.linalg.pinv(a)``.

    G. Golub and V. Pereyra, The differentiation of pseudo-inverses, 1973, equation 4.12.
    """
    transposed, moved = adjoint_matrix(inverse), adjoint_matrix(a_dot)
    left = inverse @ (transposed @ (moved - (moved @ a) @ inverse))
    right = ((moved - inverse @ (a @ moved)) @ transposed) @ inverse
    return left + right - inverse @ a_dot @ inverse


def lstsq_tangent(a_dot: Any, b_dot: Any, result: Any, a: Any, b: Any, rcond: Any = None) -> tuple[Any, ...]:
    """Return the tangents of ``x, residuals, rank, s = np.linalg.lstsq(a, b)``; a tangent that is None is zero."""
    x, residuals, _, s = result
    columns, x_columns = (b[:, None], x[:, None]) if np.ndim(b) == 1 else (b, x)
    if rcond is None:
        rcond = max(np.shape(a)) * np.finfo(np.result_type(a, b)).eps
    inverse = np.linalg.pinv(a, rcond)
    x_dot = np.zeros_like(x_columns)
    rest_dot = np.zeros_like(columns)
    s_dot = np.zeros_like(s)
    if b_dot is not None:
        rest_dot = rest_dot + np.reshape(b_dot, np.shape(columns))
        x_dot = x_dot + inverse @ rest_dot
    if a_dot is not None:
        x_dot = x_dot + pinv_tangent(a_dot, inverse, a) @ columns
        rest_dot = rest_dot - a_dot @ x_columns
        s_dot = singular_values_tangent(a_dot, a)
    rest = np.conj(columns - a @ x_columns)
    residuals_dot = np.real(np.sum(2 * rest * rest_dot, axis=0)) if np.size(residuals) else np.zeros_like(residuals)
    return np.reshape(x_dot, np.shape(x)), residuals_dot, 0, s_dot


def tensorinv_tangent(a_dot: Any, result: Any, ind: int = 2) -> Any:
    """Return the tangent of ``result = np.linalg.tensorinv(a, ind)``."""
    rows = math.prod(np.shape(a_dot)[:ind])
    inverse = np.reshape(result, (-1, rows))
    return np.reshape(-inverse @ np.reshape(a_dot, (rows, -1)) @ inverse, np.shape(result))


def tensorsolve_tangent(a_dot: Any, b_dot: Any, x: Any, a: Any, b: Any) -> Any:
    """Return the tangent of ``x = np.linalg.tensorsolve(a, b)``; a tangent that is None is zero."""
    matrix = np.reshape(a, (np.size(b), -1))
    moved: Any = 0.0 if b_dot is None else np.ravel(b_dot)
    if a_dot is not None:
        moved = moved - np.reshape(a_dot, np.shape(matrix)) @ np.ravel(x)
    return np.reshape(np.linalg.solve(matrix, moved), np.shape(x))


def slogdet_tangent(a_dot: Any, result: Any, a: Any) -> tuple[Any, Any]:
    """Return the tangents of ``sign, logdet = np.linalg.slogdet(a)``; the sign moves if ``a`` is complex."""
    moved = np.trace(np.linalg.solve(a, a_dot), axis1=-2, axis2=-1)
    if np.iscomplexobj(moved):
        return result[0] * 1j * np.imag(moved), np.real(moved)
    return np.zeros_like(result[0]), moved


def matrix_power_tangent(a_dot: Any, a: Any, n: int) -> Any:
    """Return the tangent of ``np.linalg.matrix_power(a, n)``, which stands in the power of a block matrix.

    ``[[a, a_dot], [0, a]] ** n`` is ``[[a ** n, tangent], [0, a ** n]]``, for negative powers too.
    """
    size = np.shape(a)[-1]
    top = np.concatenate([a, a_dot], axis=-1)
    bottom = np.concatenate([np.zeros_like(a), a], axis=-1)
    return np.linalg.matrix_power(np.concatenate([top, bottom], axis=-2), n)[..., :size, size:]
