"""Adjoints of eigenvalues and eigenvectors of matrices without symmetry, and of what is made of singular values."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.runtime.broadcasting import as_cotangent
from diffcompile.runtime.linalg import (
    _adjoint_matrix,
    _reciprocal_differences,
    _times_diagonal,
    _triangle_gradient,
    pinv_adjoint,
    refuse_turned,
    tied,
)
from diffcompile.runtime.norms import norm_adjoint


def eig_adjoint(ct: Any, result: Any) -> Any:
    """Return the cotangent of ``a`` in ``w, v = np.linalg.eig(a)``.

    Giles 2008, 3.1, for vectors of any length; then for vectors of length 1 whose largest component is real,
    which is how LAPACK chooses among their multiples.

    Raises:
        UnsupportedError: a result depends on the vectors of equal eigenvalues.
    """
    w, v = result
    w_bar, v_bar = ct
    if np.size(v) == 0:
        return np.zeros_like(v)
    inner = np.zeros(np.shape(v), np.result_type(v))
    if v_bar is not None:
        largest = np.argmax(np.abs(v), axis=-2)[..., None, :]
        turn = np.imag(np.sum(v_bar * v, axis=-2, keepdims=True)) / np.real(np.take_along_axis(v, largest, -2))
        rows = np.reshape(np.arange(np.shape(v)[-2]), (-1, 1))
        free_bar = v_bar - 1j * turn * np.equal(rows, largest)
        free_bar = free_bar - np.sum(free_bar * v, axis=-2, keepdims=True) * np.conj(v)
        overlap = np.swapaxes(v, -1, -2) @ free_bar
        ties = tied(w)
        refuse_turned("eig", ties, w_bar, overlap)
        inner = _reciprocal_differences(w, ties) * overlap
    if w_bar is not None:
        inner = inner + _times_diagonal(np.eye(np.shape(w)[-1]), w_bar)
    transposed = np.swapaxes(v, -1, -2)
    return np.linalg.solve(transposed, inner @ transposed)


def eigvals_adjoint(ct: Any, w: Any, a: Any) -> Any:
    """Return the cotangent of ``a`` in ``w = np.linalg.eigvals(a)``."""
    if np.size(w) == 0:
        return np.zeros_like(a)
    values, vectors = np.linalg.eig(a)
    match = np.argmin(np.abs(w[..., :, None] - values[..., None, :]), axis=-1)  # eig may order them otherwise
    ordered = np.zeros(np.shape(values), np.result_type(ct, values))
    np.put_along_axis(ordered, match, ct, axis=-1)
    return as_cotangent(eig_adjoint((ordered, None), (values, vectors)), a)


def hermitian_pinv_adjoint(ct: Any, inverse: Any, a: Any) -> Any:
    """Return the cotangent of the lower triangle of ``a`` in ``np.linalg.pinv(a, hermitian=True)``."""
    lower = np.tril(a, -1)
    whole = lower + _adjoint_matrix(lower) + np.real(a) * np.eye(np.shape(a)[-1], dtype=np.real(a).dtype)
    full = np.conj(pinv_adjoint(ct, inverse, whole))
    return _triangle_gradient(0.5 * (full + _adjoint_matrix(full)), True)


def cond_adjoint(ct: Any, x: Any, p: Any) -> Any:
    """Return the cotangent of ``x`` in ``np.linalg.cond(x, p)``: a norm times that of the inverse."""
    if p is None or p in (2, -2):
        u, s, vh = np.linalg.svd(x, full_matrices=False)
        first, last = s[..., 0], s[..., -1]
        s_bar = np.zeros(np.shape(s), np.result_type(s))
        if p == -2:
            first, last = last, first
        top, bottom = ct / last, -ct * first / last**2
        s_bar[..., 0] += bottom if p == -2 else top
        s_bar[..., -1] += top if p == -2 else bottom  # which is the same one, if there is one only
        return np.conj((u * s_bar[..., None, :]) @ vh)
    inverse = np.linalg.inv(x)
    sizes = [np.linalg.norm(part, p, (-2, -1), True) for part in (x, inverse)]
    ct = np.asarray(ct)[..., None, None]
    inverse_bar = norm_adjoint(ct * sizes[0], sizes[1], inverse, p, (-2, -1), True)
    transposed = np.swapaxes(inverse, -1, -2)
    return norm_adjoint(ct * sizes[1], sizes[0], x, p, (-2, -1), True) - transposed @ inverse_bar @ transposed
