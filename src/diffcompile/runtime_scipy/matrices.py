"""Linear algebra: cotangents that need a loop, or depend on options."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg

from diffcompile import runtime
from diffcompile.errors import UnsupportedError
from diffcompile.runtime.linalg import refuse_turned, tied


def matrix(a: Any) -> Any:
    """Return ``a`` if it is one matrix.

    Raises:
        UnsupportedError: it is a stack of matrices.
    """
    if np.ndim(a) != 2:  # noqa: PLR2004 - a rank
        raise UnsupportedError(
            "a stack of matrices has no derivative rule here: use the function of numpy.linalg"
        )
    return a


def outer(left: Any, right: Any) -> Any:
    """Return ``left @ right.T`` for two vectors, or two matrices of as many columns."""
    return np.outer(left, right) if np.ndim(left) == 1 else left @ np.swapaxes(right, -1, -2)


def solve_stack_adjoint(
    ct: Any, x: Any, a: Any, b: Any, lower: Any, assume_a: Any, transposed: Any
) -> tuple[Any, Any]:
    """Return the cotangents of stacks ``a`` and ``b`` in ``x = scipy.linalg.solve(a, b)``, if all of ``a`` is read.

    A vector ``b`` is the right side of all systems.
    """
    of_vector = np.ndim(b) == 1
    ct, x = (np.expand_dims(ct, -1), np.expand_dims(x, -1)) if of_vector else (ct, x)
    b_bar = solve_transposed(a, ct, lower, assume_a, transposed)
    a_bar = -x @ np.swapaxes(b_bar, -1, -2) if transposed else -b_bar @ np.swapaxes(x, -1, -2)
    b_bar = b_bar[..., 0] if of_vector else b_bar
    return runtime.unbroadcast(a_bar, np.shape(a)), runtime.unbroadcast(b_bar, np.shape(b))


def solve_transposed(a: Any, ct: Any, lower: Any, assume_a: Any, transposed: Any) -> Any:
    """Return what ``scipy.linalg.solve`` of the transposed matrices gives, of complex ones too."""
    if transposed or not np.iscomplexobj(a):
        return linalg.solve(a, ct, lower=lower, assume_a=assume_a, transposed=not transposed)
    flipped = {"upper triangular": "lower triangular", "lower triangular": "upper triangular"}
    structure = flipped.get(assume_a, assume_a)
    return linalg.solve(np.swapaxes(a, -1, -2), ct, lower=not lower, assume_a=structure)


def product(a_dot: Any, x: Any, b: Any) -> Any:
    """Return ``a_dot @ x``, where ``x`` holds vectors if ``b`` is one, whatever the rank of ``a_dot``."""
    if np.ndim(b) == 1 and np.ndim(x) > 1:
        return (a_dot @ np.expand_dims(x, -1))[..., 0]
    return a_dot @ x


def solve_each(a: Any, right: Any, b: Any, lower: Any, assume_a: Any, transposed: Any) -> Any:
    """Return ``scipy.linalg.solve(a, right)``, where ``right`` holds a vector for each matrix if ``b`` is one."""
    if np.ndim(b) == 1 and np.ndim(right) > 1:
        right = np.expand_dims(right, -1)
        return linalg.solve(a, right, lower=lower, assume_a=assume_a, transposed=transposed)[..., 0]
    return linalg.solve(a, right, lower=lower, assume_a=assume_a, transposed=transposed)


def triangle(full: Any, lower: Any, unit_diagonal: Any = False) -> Any:
    """Return the triangle of a cotangent that belongs to entries that are read."""
    offset = int(bool(unit_diagonal))
    return np.tril(full, -offset) if lower else np.triu(full, offset)


def folded(full: Any, lower: Any) -> Any:
    """Return the cotangent of the one triangle that is read of a symmetric matrix."""
    both = full + np.swapaxes(full, -1, -2)
    return triangle(both - full * np.eye(np.shape(full)[-1], dtype=full.dtype), lower)


def structured(full: Any, structure: Any, lower: Any) -> Any:
    """Return the cotangent of what ``scipy.linalg.solve`` or ``inv`` reads of a matrix of a given structure.

    Raises:
        UnsupportedError: the structure is Hermitian and complex, or one for which there is no rule.
    """
    if structure is None or structure in ("gen", "general"):
        return full
    if structure in ("sym", "symmetric", "her", "hermitian", "pos", "positive definite"):
        if np.iscomplexobj(full) and structure not in ("sym", "symmetric"):
            raise UnsupportedError("there is no derivative rule for a complex Hermitian matrix here")
        return folded(full, lower)
    if structure in ("upper triangular", "lower triangular"):
        return triangle(full, structure[0] == "l")
    if structure == "diagonal":
        return full * np.eye(np.shape(full)[-1], dtype=full.dtype)
    raise UnsupportedError(f"there is no derivative rule for assume_a={structure!r}")


def lu_adjoint(lower_bar: Any, upper_bar: Any, low: Any, up: Any) -> Any:
    """Return the cotangent of ``low @ up`` for unit lower trapezoidal ``low`` and upper trapezoidal ``up``.

    The square part is that of S. de Hoog, R. Anderssen and M. Lukas, Differentiation of matrix functionals using
    triangular factorization, 2011; the rows or columns that follow it are solved for in terms of it.
    """
    count = np.shape(up)[0]
    square_low, square_up = low[:count], up[:, :count]
    low_bar, up_bar = lower_bar[:count], upper_bar[:, :count]
    parts = []
    if np.shape(low)[0] > count:
        rest = linalg.solve_triangular(square_up, lower_bar[count:].T).T
        up_bar = up_bar - low[count:].T @ rest
        parts.append(rest)
    if np.shape(up)[1] > count:
        rest = linalg.solve_triangular(
            square_low, upper_bar[:, count:], trans=1, lower=True, unit_diagonal=True
        )
        low_bar = low_bar - rest @ up[:, count:].T
        parts.append(rest)
    inner = np.tril(square_low.T @ low_bar, -1) + np.triu(up_bar @ square_up.T)
    inner = linalg.solve_triangular(square_low, inner, trans=1, lower=True, unit_diagonal=True)
    full = linalg.solve_triangular(square_up, inner.T).T
    return np.concatenate([full, *parts], axis=0 if np.shape(low)[0] > count else 1)


def permutation(pivots: Any) -> Any:
    """Return the order of rows that successive interchanges by ``pivots`` give."""
    order = np.arange(len(pivots))
    for row, other in enumerate(np.asarray(pivots).astype(int)):  # lu_solve takes numbers that are whole as well
        order[[row, other]] = order[[other, row]]
    return order


def lu_factor_adjoint(ct: Any, factor: Any, pivots: Any, a: Any) -> Any:
    """Return the cotangent of a square ``a`` in ``factor, pivots = scipy.linalg.lu_factor(a)``.

    Raises:
        UnsupportedError: ``a`` is not square.
    """
    if np.ndim(a) != 2 or np.shape(a)[0] != np.shape(a)[1]:  # noqa: PLR2004 - a rank
        raise UnsupportedError("lu_factor has a derivative rule for one square matrix only")
    low = np.tril(factor, -1) + np.eye(len(factor), dtype=factor.dtype)
    permuted = lu_adjoint(np.tril(ct, -1), np.triu(ct), low, np.triu(factor))
    a_bar = np.empty_like(permuted)
    a_bar[permutation(pivots)] = permuted
    return a_bar


def lu_solve_adjoint(b_bar: Any, x: Any, factors: Any, trans: Any) -> Any:
    """Return the cotangent of the packed factors in ``x = scipy.linalg.lu_solve(factors, b, trans)``."""
    factor, pivots = factors
    low = np.tril(factor, -1) + np.eye(len(factor), dtype=factor.dtype)
    full = (-outer(x, b_bar) if trans else -outer(b_bar, x))[permutation(pivots)]
    return np.tril(full @ np.triu(factor).T, -1) + np.triu(low.T @ full)


def cho_solve_adjoint(b_bar: Any, x: Any, factors: Any) -> Any:
    """Return the cotangent of the factor in ``x = scipy.linalg.cho_solve(factors, b)``."""
    factor, lower = factors
    full = -outer(b_bar, x)
    both = full + full.T
    return np.tril(both @ np.tril(factor)) if lower else np.triu(np.triu(factor) @ both)


def cho_factor_adjoint(ct: Any, factor: Any, lower: Any) -> Any:
    """Return the cotangent of ``a`` in ``scipy.linalg.cho_factor(a)``, which leaves the other triangle as it is."""
    read = runtime.cholesky_adjoint(triangle(ct, lower), triangle(factor, lower), not lower)
    return read + triangle(ct, not lower, True)


def generalised_eigh_adjoint(ct: Any, result: Any, lower: Any) -> tuple[Any, Any]:
    """Return the cotangents of ``a`` and ``b`` in ``w, v = scipy.linalg.eigh(a, b)``, in the triangles that are read.

    From ``v.T (da - w db) v`` for the values, with vectors normalised to ``v.T b v = 1``; real matrices only.
    """
    w, v = result
    if np.iscomplexobj(v):
        raise UnsupportedError("there is no derivative rule for a complex generalised eigenvalue problem")
    w_bar, v_bar = ct
    of_a = np.zeros_like(v) if w_bar is None else np.diag(w_bar)
    projected = np.zeros_like(v)
    if v_bar is not None:
        projected = v.T @ v_bar
        ties = tied(w)
        refuse_turned("eigh", ties, w_bar, projected)
        gaps = np.where(ties | np.eye(len(w), dtype=bool), 0.0, w[None, :] - w[:, None])
        of_a = of_a + np.where(gaps == 0.0, 0.0, projected / np.where(gaps == 0.0, 1.0, gaps))
    of_b = of_a * w + 0.5 * np.diag(np.diag(projected))
    return _symmetrised(v @ of_a @ v.T, lower), _symmetrised(-v @ of_b @ v.T, lower)


def _symmetrised(full: Any, lower: Any) -> Any:
    return folded(0.5 * (full + full.T), lower)


def transposed_bands(l_and_u: Any, ab: Any) -> Any:
    """Return the transpose of a matrix in the storage of ``scipy.linalg.solve_banded``, in that storage."""
    low, up = l_and_u
    bands = np.zeros_like(ab)
    for row in range(low + up + 1):
        offset = up - row  # of the diagonal: a[i, i + offset] is in column i + offset
        bands[low + up - row] = np.roll(ab[row], -offset)
        if offset > 0:
            bands[low + up - row, len(ab[row]) - offset :] = 0
        elif offset < 0:
            bands[low + up - row, :-offset] = 0
    return bands


def banded_adjoint(b_bar: Any, x: Any, l_and_u: Any, ab: Any) -> Any:
    """Return the cotangent of the bands in ``x = scipy.linalg.solve_banded(l_and_u, ab, b)``."""
    low, up = l_and_u
    left, right = (np.reshape(part, (len(part), -1)) for part in (b_bar, x))
    size = np.shape(ab)[1]
    bands = np.zeros(np.shape(ab), np.result_type(ab, left))
    for row in range(low + up + 1):
        offset = up - row
        first, last = max(offset, 0), min(size, size + offset)
        if first < last:
            terms = left[first - offset : last - offset] * right[first:last]
            bands[row, first:last] = -np.sum(terms, axis=1)
    return bands


def hermitian_banded_adjoint(b_bar: Any, x: Any, ab: Any, lower: Any) -> Any:
    """Return the cotangent of the bands in ``x = scipy.linalg.solveh_banded(ab, b)`` for real numbers."""
    if np.iscomplexobj(ab):
        raise UnsupportedError("there is no derivative rule for a complex Hermitian matrix here")
    count, size = np.shape(ab)
    left, right = (np.reshape(part, (len(part), -1)) for part in (b_bar, x))
    bands = np.zeros(np.shape(ab), np.result_type(ab, left))
    for k in range(min(count, size)):
        terms = np.sum(left[k:] * right[: size - k] + left[: size - k] * right[k:], axis=1)
        terms = -(0.5 if k == 0 else 1.0) * terms
        if lower:
            bands[k, : size - k] = terms
        else:
            bands[count - 1 - k, k:] = terms
    return bands


def diagonal_sums(ct: Any, count: int, upper: bool = False) -> Any:
    """Return the sums along the diagonals below (or above) and including the main one, from that outward."""
    if upper:
        ct = ct.T
    return np.array([np.sum(np.diagonal(ct, -k)) for k in range(count)], dtype=ct.dtype)


def _require_one(ct: Any, name: str) -> None:
    if np.ndim(ct) > 2:  # noqa: PLR2004 - a rank
        raise UnsupportedError(f"{name} of stacks has no derivative rule", advice="make the matrices one by one")


def circulant_sums(ct: Any) -> Any:
    """Return the sums over the entries that an element of a circulant matrix fills."""
    _require_one(ct, "circulant")
    size = len(ct)
    rows = np.arange(size)
    return np.array([np.sum(ct[(rows + k) % size, rows]) for k in range(size)], dtype=ct.dtype)


def toeplitz_adjoint(ct: Any, c: Any, r: Any) -> tuple[Any, Any]:
    """Return the cotangents of column and row in ``scipy.linalg.toeplitz(c, r)``; the row's first entry is not read."""
    _require_one(ct, "toeplitz")
    c_bar = diagonal_sums(ct, np.size(c))
    if r is None:
        above = diagonal_sums(ct, np.size(c), True)
        if np.iscomplexobj(c):  # the row is the conjugate
            above = np.conj(above)
        above[:1] = 0
        return np.reshape(c_bar + above, np.shape(c)), None
    r_bar = diagonal_sums(ct, np.size(r), True)
    r_bar[:1] = 0
    return np.reshape(c_bar, np.shape(c)), np.reshape(r_bar, np.shape(r))


def hankel_adjoint(ct: Any, c: Any, r: Any) -> tuple[Any, Any]:
    """Return the cotangents of column and row in ``scipy.linalg.hankel(c, r)``; the row's first entry is not read."""
    rows, columns = np.shape(ct)
    flipped = ct[::-1]
    sums = np.array([np.sum(np.diagonal(flipped, k)) for k in range(1 - rows, columns)], dtype=ct.dtype)
    c_bar = sums[:rows]
    if r is None:
        return np.reshape(c_bar, np.shape(c)), None
    r_bar = np.concatenate([np.zeros(1, ct.dtype), sums[rows:]])
    return np.reshape(c_bar, np.shape(c)), np.reshape(r_bar, np.shape(r))


def block_diag_adjoint(ct: Any, blocks: Any) -> tuple[Any, ...]:
    """Return the blocks of a cotangent of ``scipy.linalg.block_diag(*blocks)``, in the shapes of these."""
    row = column = 0
    parts = []
    for block in blocks:
        if np.ndim(block) > 2:  # noqa: PLR2004 - a rank
            raise UnsupportedError("block_diag of stacks has no derivative rule")
        rows, columns = np.shape(np.atleast_2d(block))
        parts.append(np.reshape(ct[row : row + rows, column : column + columns], np.shape(block)))
        row, column = row + rows, column + columns
    return tuple(parts)


def solve_toeplitz_adjoint(ct: Any, x: Any, c_or_cr: Any) -> tuple[Any, Any]:
    """Return the cotangents of ``c_or_cr`` and ``b`` in ``x = scipy.linalg.solve_toeplitz(c_or_cr, b)``."""
    pair = isinstance(c_or_cr, tuple)
    c, r = c_or_cr if pair else (c_or_cr, None)
    row = np.concatenate([c[:1], np.conj(c[1:]) if r is None else r[1:]])  # the first entry of r is not read
    b_bar = linalg.solve_toeplitz((row, c), ct)
    bars = toeplitz_adjoint(-outer(b_bar, x), c, r)
    return (bars if pair else bars[0]), b_bar


def lu_of_matrix_adjoint(ct: Any, result: Any, a: Any, permute_l: Any, p_indices: Any) -> Any:
    """Return the cotangent of ``a`` in ``scipy.linalg.lu(a)``, whatever form the permutation comes in."""
    if np.size(a) == 0:
        return np.zeros_like(a)
    if permute_l:
        order = linalg.lu(a, p_indices=True)[0]
        low, up = result
        low_bar, up_bar = ct
        low, low_bar = low[inverse_order(order)], low_bar[inverse_order(order)]
    else:
        first, low, up = result
        _, low_bar, up_bar = ct
        order = first if p_indices else np.argmax(first, axis=1)
    return lu_adjoint(np.tril(low_bar, -1), np.triu(up_bar), low, up)[order]


def inverse_order(order: Any) -> Any:
    """Return the order that takes ``order`` back."""
    inverse = np.empty_like(order)
    inverse[order] = np.arange(len(order))
    return inverse


def eigh_adjoint(
    ct: Any, result: Any, a: Any, b: Any, lower: Any, eigvals_only: Any, kind: int
) -> tuple[Any, Any]:
    """Return the cotangents of ``a`` and ``b`` in ``scipy.linalg.eigh``; that of ``b`` is None if it was left out."""
    if kind != 1:
        raise UnsupportedError("generalised eigenvalue problems have a derivative rule for type=1 only")
    if eigvals_only:
        result = linalg.eigh(a, b, lower=lower)
        ct = (ct, None)
    if b is None:
        return runtime.eigh_adjoint(ct, result, "L" if lower else "U"), None
    return generalised_eigh_adjoint(ct, result, lower)


def qr_adjoint(ct: Any, result: Any, a: Any, mode: str) -> Any:
    """Return the cotangent of ``a`` in ``scipy.linalg.qr(a, mode=mode)``.

    Raises:
        UnsupportedError: the mode is "raw", or the result has columns that ``a`` does not determine.
    """
    modes = {"full": "complete", "economic": "reduced"}
    if mode == "r":  # below its square part the triangle has rows of zeros
        q, r = linalg.qr(a, mode="economic")
        return runtime.qr_adjoint((np.zeros_like(q), ct[0][..., : np.shape(r)[-2], :]), (q, r), a, "reduced")
    if mode not in modes:
        raise UnsupportedError(f"scipy.linalg.qr has no derivative rule for {mode=}: use numpy.linalg.qr")
    return runtime.qr_adjoint(ct, result, a, modes[mode])


def completed(a_dot: Any, structure: Any, lower: Any) -> Any:
    """Return the tangent of the matrix that ``scipy.linalg`` makes of the part of ``a`` that it reads.

    Raises:
        UnsupportedError: as :func:`structured` does.
    """
    read = structured(np.ones(np.shape(a_dot), a_dot.dtype), structure, lower)
    part = np.where(read == 0, 0, a_dot)
    if structure in ("sym", "symmetric", "her", "hermitian", "pos", "positive definite"):
        return part + np.swapaxes(part, -1, -2) - part * np.eye(np.shape(part)[-1], dtype=part.dtype)
    return part


def cholesky_tangent(factor: Any, a_dot: Any, lower: Any) -> Any:
    """Return the tangent of ``factor = scipy.linalg.cholesky(a, lower)``, which reads one triangle of ``a``."""
    part = triangle(a_dot, lower)
    diagonal = np.eye(np.shape(part)[-1], dtype=part.dtype)
    full = part + _transposed(part) - np.real(part) * diagonal
    low = factor if lower else _transposed(factor)
    half = linalg.solve_triangular(low, full, lower=True)
    inner = linalg.solve_triangular(low, _transposed(half), lower=True)
    moved = low @ (np.tril(inner) - 0.5 * inner * diagonal)
    return moved if lower else _transposed(moved)


def _transposed(a: Any) -> Any:
    return np.swapaxes(np.conj(a), -1, -2)
