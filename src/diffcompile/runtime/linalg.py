"""Adjoints of solvers and decompositions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcompile.errors import UnsupportedError
from diffcompile.runtime.broadcasting import unbroadcast

# Derivatives of complex factorisations are mostly stated for gradients, the conjugates of cotangents: the
# functions below conjugate what comes in and what goes out. On real numbers that does nothing.


def _adjoint_matrix(x: Any) -> Any:
    """Return the conjugate transpose of stacked matrices."""
    return np.conj(np.swapaxes(x, -1, -2))


def _times_diagonal(x: Any, d: Any) -> Any:
    """Return ``x @ diag(d)`` for stacks of matrices and of vectors."""
    return x * np.expand_dims(d, -2)


def tied(w: Any) -> Any:
    """Tell at ``[i, j]`` whether two of the eigenvalues or singular values ``w`` are equal but for rounding."""
    size = np.shape(w)[-1]
    largest = np.max(np.abs(w), axis=-1, initial=0.0)
    gaps = np.abs(np.expand_dims(w, -2) - np.expand_dims(w, -1))
    close = gaps <= 4 * size * np.finfo(np.result_type(w)).eps * np.expand_dims(largest, (-2, -1))
    return close & ~np.eye(size, dtype=bool)


def refuse_turned(what: str, ties: Any, w_bar: Any, *overlaps: Any) -> None:
    """Refuse the derivative in vectors of equal values.

    Which vectors they are is chance; and as the values part, the vectors turn by what the cotangents at this one
    matrix do not tell: ``v @ diag(g(w)) @ v.T`` has a derivative, and its vectors and values have none. Where the
    cotangents of all of them are alike, nothing turns.

    Raises:
        UnsupportedError: a result depends on such vectors.
    """
    if not np.any(ties):
        return
    turned = np.zeros(np.shape(ties), bool)
    for overlap in overlaps:
        turned = turned | (np.abs(overlap) > 1e-9 * np.max(np.abs(overlap)))
    if w_bar is not None:
        apart = np.abs(np.expand_dims(w_bar, -2) - np.expand_dims(w_bar, -1))
        turned = turned | (apart > 1e-9 * np.max(np.abs(w_bar)))
    if np.any(ties & turned):
        raise UnsupportedError(f"{what} has no derivative in the vectors of equal values", advice=TIES)


TIES = "use the values alone, or a function of the whole matrix: a power, a solution, scipy.linalg.sqrtm, logm or polar"


def _reciprocal_differences(w: Any, ties: Any) -> Any:
    """Return ``1 / (w[j] - w[i])`` at ``[i, j]``, and 0 on the diagonal and where two values are ``ties``."""
    gaps = np.expand_dims(w, -2) - np.expand_dims(w, -1)
    same = ties | np.equal(gaps, 0)
    return np.where(same, 0, 1 / np.where(same, 1, gaps))


def _reciprocals(s: Any) -> Any:
    """Return ``1 / s`` of singular values, and 0 where they are 0 but for rounding."""
    largest = np.expand_dims(np.max(s, axis=-1, initial=0.0), -1)
    none = s <= 4 * np.shape(s)[-1] * np.finfo(np.result_type(s)).eps * largest
    return np.where(none, 0, 1 / np.where(none, 1, s))


def _triangle_gradient(full: Any, lower: bool) -> Any:
    """Return the gradient in the one triangle that is read, from that of the whole Hermitian matrix."""
    full = full + _adjoint_matrix(full)
    triangle = np.tril(full, -1) if lower else np.triu(full, 1)
    return np.conj(triangle + full * 0.5 * np.eye(np.shape(full)[-1], dtype=np.result_type(full)))


def solve_adjoint(ct: Any, x: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """Return the cotangents of stacked ``a`` and ``b`` in ``np.linalg.solve(a, b)`` (Giles 2008, 2.3.1)."""
    shape = np.shape(b)
    vector = len(shape) == 1
    if vector:
        ct, x, shape = np.expand_dims(ct, -1), np.expand_dims(x, -1), (*shape, 1)
    b_bar = np.linalg.solve(np.swapaxes(a, -1, -2), ct)
    a_bar = unbroadcast(-b_bar @ np.swapaxes(x, -1, -2), np.shape(a))
    return a_bar, np.reshape(unbroadcast(b_bar, shape), np.shape(b))


def cofactors(a: Any, det: Any) -> Any:
    """Return the derivatives of ``det = np.linalg.det(a)``, for singular matrices too.

    By ``det * inv(a).T`` where there is an inverse, else from the singular values:
    ``det(u) det(vh) conj(u) s' conj(vh)`` with the products of all the other singular values in ``s'``.
    """
    if np.all(np.not_equal(det, 0)):
        return np.expand_dims(det, (-2, -1)) * np.swapaxes(np.linalg.inv(a), -1, -2)
    u, s, vh = np.linalg.svd(a)
    size = np.shape(s)[-1]
    others = np.where(np.eye(size, dtype=bool), np.ones((), s.dtype), np.expand_dims(s, -2))
    scale = np.linalg.det(u) * np.linalg.det(vh)
    rotated = _times_diagonal(np.conj(u), np.prod(others, axis=-1)) @ np.conj(vh)
    return np.expand_dims(scale, (-2, -1)) * rotated


def cofactors_moved(a_dot: Any, a: Any) -> Any:
    """Return the tangent of ``cofactors(a, det)``, which is linear in ``a_dot`` and its own adjoint.

    Without a division: of a diagonal matrix it is made of the products of all but two of the singular values.
    """
    u, s, vh = np.linalg.svd(a)
    size = np.shape(s)[-1]
    same = np.eye(size, dtype=bool)
    left_out = same[:, None, :] | same[None, :, :]
    others = np.prod(np.where(left_out, np.ones((), s.dtype), np.expand_dims(s, (-3, -2))), axis=-1)
    others = np.where(same, 0.0, others)
    inner = _adjoint_matrix(u) @ a_dot @ _adjoint_matrix(vh)
    along = np.sum(others * np.expand_dims(np.diagonal(inner, axis1=-2, axis2=-1), -2), axis=-1)
    moved = _times_diagonal(np.eye(size), along) - others * np.swapaxes(inner, -1, -2)
    scale = np.linalg.det(u) * np.linalg.det(vh)
    return np.expand_dims(scale, (-2, -1)) * (np.conj(u) @ moved @ np.conj(vh))


def slogdet_adjoint(ct: Any, result: Any, a: Any) -> Any:
    """Return the cotangent of ``a`` in ``np.linalg.slogdet(a)``; the sign moves if ``a`` is complex."""
    sign_bar, logdet_bar = ct
    scale = logdet_bar
    if np.iscomplexobj(a):
        scale = scale - 1j * np.real(1j * sign_bar * result[0])
    return np.expand_dims(scale, (-2, -1)) * np.swapaxes(np.linalg.inv(a), -1, -2)


def cholesky_adjoint(ct: Any, factor: Any, upper: bool = False) -> Any:
    """Return the cotangent of ``a`` in ``factor = np.linalg.cholesky(a)``, in the triangle that is read.

    I. Murray, Differentiation of the Cholesky decomposition, 2016.
    """
    gradient = np.conj(ct)
    if upper:
        factor, gradient = _adjoint_matrix(factor), _adjoint_matrix(gradient)
    transposed = _adjoint_matrix(factor)
    inner = np.tril(transposed @ gradient)
    inner = inner - 0.5 * inner * np.eye(np.shape(factor)[-1], dtype=np.result_type(inner))
    half = np.linalg.solve(transposed, inner)
    full = _adjoint_matrix(np.linalg.solve(transposed, _adjoint_matrix(half)))
    return _triangle_gradient(0.5 * (full + _adjoint_matrix(full)), not upper)


def eigh_adjoint(ct: Any, result: Any, uplo: Any = "L") -> Any:
    """Return the cotangent of ``a`` in ``w, v = np.linalg.eigh(a)``, in the triangle that is read.

    Giles 2008, 3.1, with a symmetric result.

    Raises:
        UnsupportedError: a result depends on the vectors of equal eigenvalues.
    """
    w, v = result
    w_bar, v_bar = ct
    inner = np.zeros(np.shape(v), np.result_type(v))
    if v_bar is not None:
        overlap = _adjoint_matrix(v) @ np.conj(v_bar)
        ties = tied(w)
        refuse_turned("eigh", ties, w_bar, overlap)
        inner = _reciprocal_differences(w, ties) * overlap
    if w_bar is not None:
        inner = inner + _times_diagonal(np.eye(np.shape(w)[-1], dtype=np.result_type(w)), w_bar)
    full = v @ inner @ _adjoint_matrix(v)
    return _triangle_gradient(0.5 * (full + _adjoint_matrix(full)), uplo.upper() == "L")


def eigvalsh_adjoint(ct: Any, a: Any, uplo: Any = "L") -> Any:
    """Return the cotangent of ``a`` in ``np.linalg.eigvalsh(a)``, in the triangle that is read."""
    return eigh_adjoint((ct, None), np.linalg.eigh(a, uplo), uplo)


def svd_adjoint(ct: Any, result: Any) -> Any:
    """Return the cotangent of ``a`` in ``u, s, vh = np.linalg.svd(a)``.

    J. Townsend, Differentiating the singular value decomposition, 2016; for complex numbers also Z.-Q. Wan
    and S.-X. Zhang, Automatic differentiation for complex valued SVD, 2019.

    Raises:
        UnsupportedError: a result depends on the vectors of equal singular values, or on those that complete a basis.
    """
    u, s, vh = result
    u_bar, s_bar, vh_bar = ct
    rows, columns = np.shape(u)[-2], np.shape(vh)[-1]
    count = np.shape(s)[-1]
    completed = (u_bar is not None and np.any(u_bar[..., count:])) or (
        vh_bar is not None and np.any(vh_bar[..., count:, :])
    )
    if completed:  # any rotation of these vectors would do as well
        raise UnsupportedError("np.linalg.svd has no derivative in the vectors that complete its bases")
    u, vh = u[..., :count], vh[..., :count, :]
    v = _adjoint_matrix(vh)
    inverse = _reciprocals(s)
    ties = tied(s)
    gaps = _reciprocal_differences(s * s, ties)
    values_bar = s_bar if u_bar is not None or vh_bar is not None else None  # of values alone the order is a kink
    inner = np.zeros_like(vh[..., :, :count])
    outside = np.zeros((), np.result_type(u))
    if s_bar is not None:
        inner = inner + _times_diagonal(np.eye(count, dtype=np.result_type(s)), s_bar)
    if u_bar is not None:
        u_bar = np.conj(u_bar[..., :count])
        overlap = _adjoint_matrix(u) @ u_bar
        refuse_turned("svd", ties, values_bar, overlap)
        skew = gaps * overlap
        inner = inner + _times_diagonal(skew + _adjoint_matrix(skew), s)
        if rows > count:  # else the vectors span all
            outside = outside + _times_diagonal(u_bar - u @ overlap, inverse) @ vh
    if vh_bar is not None:
        v_bar = np.swapaxes(vh_bar[..., :count, :], -1, -2)
        overlap = vh @ v_bar
        refuse_turned("svd", ties, values_bar, overlap)
        skew = gaps * overlap
        inner = inner + np.expand_dims(s, -1) * (skew + _adjoint_matrix(skew))
        if np.iscomplexobj(overlap):
            phase = _adjoint_matrix(overlap) - overlap
            inner = inner + 0.5 * _times_diagonal(np.eye(count) * phase, inverse)
        if columns > count:
            outside = outside + _times_diagonal(u, inverse) @ _adjoint_matrix(v_bar - v @ overlap)
    return np.conj(u @ inner @ vh + outside)


def singular_values_adjoint(ct: Any, a: Any) -> Any:
    """Return the cotangent of ``a`` in its singular values."""
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return np.conj(_times_diagonal(u, ct) @ vh)


def qr_adjoint(ct: Any, result: Any, a: Any, mode: str = "reduced") -> Any:
    """Return the cotangent of ``a`` in ``q, r = np.linalg.qr(a)``, or in ``r`` alone.

    S. Walter and L. Lehmann, Algorithmic differentiation of linear algebra functions, 2010; the columns of a
    wide matrix that follow the square part only enter ``r``.
    """
    rows, columns = np.shape(a)[-2:]
    if mode == "raw" or (mode == "complete" and rows > columns):
        raise UnsupportedError(f"np.linalg.qr has no derivative here for {mode=}, shape {np.shape(a)}")
    q, r = np.linalg.qr(a) if mode == "r" else result
    q_bar, r_bar = (None, ct) if mode == "r" else ct
    q_bar = np.zeros(np.shape(q), np.result_type(q)) if q_bar is None else np.conj(q_bar)
    r_bar = np.zeros(np.shape(r), np.result_type(r)) if r_bar is None else np.conj(r_bar)
    square = r[..., :rows]
    square_bar, rest_bar = np.split(r_bar, [rows], axis=-1)
    q_bar = q_bar + a[..., rows:] @ _adjoint_matrix(rest_bar)
    inner = square @ _adjoint_matrix(square_bar) - _adjoint_matrix(q_bar) @ q
    below = np.tril(inner, -1)
    diagonal = np.real(inner) * np.eye(np.shape(inner)[-1], dtype=np.real(inner).dtype)
    inner = below + _adjoint_matrix(below) + diagonal
    first = _adjoint_matrix(np.linalg.solve(square, _adjoint_matrix(q_bar + q @ inner)))
    return np.conj(np.concatenate([first, q @ rest_bar], axis=-1))


def pinv_adjoint(ct: Any, inverse: Any, a: Any) -> Any:
    """Return the cotangent of ``a`` in ``inverse = np.linalg.pinv(a)``.

    G. Golub and V. Pereyra, The differentiation of pseudo-inverses, 1973, equation 4.12.
    """
    gradient = _adjoint_matrix(np.conj(ct))
    transposed = _adjoint_matrix(inverse)
    left = gradient - a @ (inverse @ gradient)
    right = gradient - (gradient @ inverse) @ a
    a_bar = left @ inverse @ transposed + transposed @ inverse @ right
    return np.conj(a_bar - transposed @ _adjoint_matrix(gradient) @ transposed)


def lstsq_adjoint(ct: Any, result: Any, a: Any, b: Any, rcond: Any = None) -> tuple[Any, Any]:
    """Return the cotangents of ``a`` and ``b`` in ``x, residuals, rank, s = np.linalg.lstsq(a, b)``."""
    x_bar, residuals_bar, _, s_bar = ct
    x = result[0]
    columns, x_columns = (b[:, None], x[:, None]) if np.ndim(b) == 1 else (b, x)
    if rcond is None:
        rcond = max(np.shape(a)) * np.finfo(np.result_type(a, b)).eps
    a_bar = np.zeros(np.shape(a), np.result_type(a))
    b_bar = np.zeros(np.shape(columns), np.result_type(b))
    if x_bar is not None:
        x_bar = np.reshape(x_bar, np.shape(x_columns))
        inverse = np.linalg.pinv(a, rcond)
        a_bar = a_bar + pinv_adjoint(x_bar @ columns.T, inverse, a)
        b_bar = b_bar + inverse.T @ x_bar
    if residuals_bar is not None and np.size(residuals_bar):
        rest = 2 * residuals_bar * np.conj(columns - a @ x_columns)
        a_bar = a_bar - rest @ x_columns.T
        b_bar = b_bar + rest
    if s_bar is not None:
        a_bar = a_bar + singular_values_adjoint(s_bar, a)
    return a_bar, np.reshape(b_bar, np.shape(b))


def tensorinv_adjoint(ct: Any, result: Any, shape: tuple[int, ...], ind: int = 2) -> Any:
    """Return the cotangent of an array of ``shape`` in ``result = np.linalg.tensorinv(a, ind)``."""
    rows = math.prod(shape[:ind])
    transposed = np.reshape(result, (-1, rows)).T
    return np.reshape(-transposed @ np.reshape(ct, (-1, rows)) @ transposed, shape)


def tensorsolve_adjoint(ct: Any, x: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """Return the cotangents of ``a`` and ``b`` in ``x = np.linalg.tensorsolve(a, b)``."""
    b_bar = np.linalg.solve(np.reshape(a, (np.size(b), -1)).T, np.ravel(ct))
    return np.reshape(-np.outer(b_bar, x), np.shape(a)), np.reshape(b_bar, np.shape(b))
