"""Products with sparse matrices whose entries are constants, and solving with them."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

from diffcompile import dynamic, runtime, runtime_scipy
from diffcompile.errors import UnsupportedError
from diffcompile.rules.registry import Sample, adjoint, definition, linear, sample, tangent
from diffcompile.rules.sampling import normal, well_conditioned
from diffcompile.rules.scipy import iterated
from diffcompile.rules.scipy.entries import Entries, indices

__all__ = ["iterated"]


def _samples() -> list[Sample]:
    dense = normal(4, 3) * (np.abs(normal(4, 3)) > 0.4)  # noqa: PLR2004 - some zeros
    return [
        sample(make(dense), other)
        for make in (sparse.csr_array, sparse.csc_matrix, sparse.coo_array)
        for other in (normal(3), normal(3, 2))
    ]


@adjoint(sparse.csr_array.__matmul__, samples=_samples)
def _matmul(ct: Any, y: Any, self: Any, other: Any) -> Any:
    return None, runtime_scipy.sparse_product(ct, self)


@adjoint(sparse.csr_matrix.__mul__, samples=lambda: _samples()[2:4])
def _mul(ct: Any, y: Any, self: Any, other: Any) -> Any:
    return None, runtime_scipy.sparse_product(ct, self, other)


@adjoint(sparse.csr_array.dot, samples=_samples)
def _dot(ct: Any, y: Any, self: Any, other: Any) -> Any:
    return None, runtime_scipy.sparse_product(ct, self, other)


@adjoint(
    sparse.csr_array.__rmatmul__,
    samples=lambda: [sample(case.args[0].T, case.args[1].T) for case in _samples()],
)
def _rmatmul(ct: Any, y: Any, self: Any, other: Any) -> Any:
    return None, runtime_scipy.sparse_product(ct.T, self.T).T


@adjoint(
    runtime_scipy.sparse_product,
    samples=lambda: [
        sample(normal(4), sparse.csr_array(normal(4, 3))),
        sample(normal(4, 2), sparse.coo_matrix(normal(4, 3)), np.ones((3, 2))),
    ],
)
def _sparse_product(bar: Any, y: Any, ct: Any, matrix: Any, x: Any = ()) -> Any:
    return runtime_scipy.sparse_product(bar, matrix.T), None, dynamic.zeros_like(x)


@adjoint(
    runtime_scipy.solve,
    samples=lambda: [
        sample(normal(4), sparse.csc_array(well_conditioned(4, 4))),
        sample(normal(4, 2), sparse.csr_matrix(well_conditioned(4, 4))),
        sample(normal(4, 1), sparse.csr_array(well_conditioned(4, 4))),
    ],
)
def _spsolve(ct: Any, y: Any, b: Any, matrix: Any) -> Any:
    b_bar = runtime_scipy.solve(ct, runtime_scipy.turned(matrix))
    return (runtime.as_cotangent(np.reshape(b_bar, np.shape(b)), b),)


for product in (
    sparse.csr_array.__matmul__,
    sparse.csr_array.__rmatmul__,
    sparse.csr_matrix.__mul__,
    sparse.csr_array.dot,
):
    linear(product, names="other")
linear(runtime_scipy.sparse_product, names="ct", form="x")
linear(runtime_scipy.solve, names="b")


# --- matrices whose entries are differentiated ---

ROWS, COLUMNS = np.array([0, 0, 1, 2, 2, 3, 2]), np.array([0, 2, 1, 0, 2, 1, 2])
DIAGONAL = np.arange(3)


@adjoint(
    runtime_scipy.entries_product,
    samples=lambda: [
        sample(normal(7), ROWS, COLUMNS, (4, 3), normal(3)),
        sample(normal(7), ROWS, COLUMNS, (4, 3), normal(3, 2)),
        sample(normal(3), DIAGONAL, DIAGONAL, (3, 3), normal(3)),
    ],
)
def _entries_product(ct: Any, y: Any, data: Any, rows: Any, columns: Any, shape: Any, x: Any) -> Any:
    x_bar = runtime_scipy.entries_product(data, columns, rows, (shape[1], shape[0]), ct)
    return runtime_scipy.product_share(ct, rows, columns, x), None, None, None, x_bar


linear(runtime_scipy.entries_product, names=("data", "x"), separately=True)


@adjoint(
    runtime_scipy.entries_solution,
    samples=lambda: [
        sample(2.0 + normal(7) ** 2, np.append(ROWS[:4], [2, 1, 0]), np.append(COLUMNS[:4], [2, 2, 1]), (3, 3), b)
        for b in (normal(3), normal(3, 2), normal(3, 1))
    ],
)
def _entries_solution(ct: Any, y: Any, data: Any, rows: Any, columns: Any, shape: Any, b: Any) -> Any:
    b_bar = runtime_scipy.entries_solution(data, columns, rows, (shape[1], shape[0]), ct)
    return -runtime_scipy.product_share(b_bar, rows, columns, y), None, None, None, np.reshape(b_bar, np.shape(b))


@tangent(runtime_scipy.entries_solution)
def _entries_solution_tangent(
    y: Any, data: Any, rows: Any, columns: Any, shape: Any, b: Any, *, data_dot: Any = None, b_dot: Any = None
) -> Any:
    moved: Any = 0.0
    if b_dot is not None:
        moved = np.reshape(b_dot, np.shape(y))
    if data_dot is not None:
        moved = moved - runtime_scipy.entries_product(data_dot, rows, columns, shape, y)
    return runtime_scipy.entries_solution(data, rows, columns, shape, moved)


def _of_dense(matrix: Any, is_matrix: bool) -> Any:
    """Return a dense matrix as a sparse one: an item that is zero here need not be zero beside here."""
    matrix = np.asarray(matrix)
    if np.ndim(matrix) != 2:  # noqa: PLR2004
        raise UnsupportedError("a sparse array of an active array is not supported unless that has two axes")
    height, width = np.shape(matrix)
    rows, columns = np.repeat(np.arange(height), width), np.tile(np.arange(width), height)
    return Entries(np.ravel(matrix), rows, columns, (height, width), is_matrix, "sum")


def _by_rows(arg1: Any, shape: Any, is_matrix: bool, copy: Any) -> Any:
    if isinstance(arg1, Entries):
        return arg1.of_class(is_matrix).tocsr()
    if not isinstance(arg1, tuple):
        return _of_dense(arg1, is_matrix)
    if len(arg1) != 3:  # noqa: PLR2004 - data, indices, indptr
        return _as_given(arg1, shape, is_matrix, copy).tocsr()
    data, columns, starts = arg1
    data = np.asarray(data)
    rows = runtime_scipy.compressed_places(columns, starts)
    if copy:
        data = data.copy()
    return Entries(data, rows, columns, runtime_scipy.size_of(shape, rows, columns), is_matrix, "csr")


def _by_columns(arg1: Any, shape: Any, is_matrix: bool, copy: Any) -> Any:
    if isinstance(arg1, Entries):
        return arg1.of_class(is_matrix).tocsc()
    if not isinstance(arg1, tuple):
        return _of_dense(arg1, is_matrix)
    if len(arg1) != 3:  # noqa: PLR2004
        return _as_given(arg1, shape, is_matrix, copy).tocsc()
    data, rows, starts = arg1
    data = np.asarray(data)
    columns = runtime_scipy.compressed_places(rows, starts)
    if copy:
        data = data.copy()
    return Entries(data, rows, columns, runtime_scipy.size_of(shape, rows, columns), is_matrix, "csc")


def _as_given(arg1: Any, shape: Any, is_matrix: bool, copy: Any) -> Any:
    if isinstance(arg1, Entries):
        return arg1.of_class(is_matrix).tocoo()
    if not isinstance(arg1, tuple):
        return _of_dense(arg1, is_matrix)
    data, (rows, columns) = arg1
    data = np.asarray(data)
    if copy:
        data = data.copy()
    return Entries(data, rows, columns, runtime_scipy.size_of(shape, rows, columns), is_matrix, "coo")


@definition(sparse.csr_array)
def _row_array(arg1: Any, shape: Any = None, dtype: Any = None, copy: Any = False) -> Any:
    return _by_rows(arg1, shape, False, copy)


@definition(sparse.coo_array)
def _array_as_given(arg1: Any, shape: Any = None, dtype: Any = None, copy: Any = False) -> Any:
    return _as_given(arg1, shape, False, copy)


@definition(sparse.csr_matrix)
def _row_matrix(arg1: Any, shape: Any = None, dtype: Any = None, copy: Any = False) -> Any:
    return _by_rows(arg1, shape, True, copy)


@definition(sparse.coo_matrix)
def _matrix_as_given(arg1: Any, shape: Any = None, dtype: Any = None, copy: Any = False) -> Any:
    return _as_given(arg1, shape, True, copy)


@definition(sparse.csc_array)
def _column_array(arg1: Any, shape: Any = None, dtype: Any = None, copy: Any = False) -> Any:
    return _by_columns(arg1, shape, False, copy)


@definition(sparse.csc_matrix)
def _column_matrix(arg1: Any, shape: Any = None, dtype: Any = None, copy: Any = False) -> Any:
    return _by_columns(arg1, shape, True, copy)


def _by_bands(arg1: Any, shape: Any, is_matrix: bool) -> Any:
    if isinstance(arg1, Entries):
        raise UnsupportedError("a sparse matrix of active entries is not changed to the form by diagonals: use tocsr()")
    if not isinstance(arg1, tuple):
        return _of_dense(arg1, is_matrix)
    data, offsets = arg1
    bands = np.atleast_2d(data)
    if shape is None:
        raise ValueError("expected a shape argument")
    which, rows, columns = runtime_scipy.band_places(shape, offsets, np.shape(bands)[1])
    bands = np.ravel(bands)[which]
    return Entries(bands, rows, columns, (shape[0], shape[1]), is_matrix, "sum")


@definition(sparse.dia_array)
def _band_array(arg1: Any, shape: Any = None, dtype: Any = None, copy: Any = False) -> Any:
    return _by_bands(arg1, shape, False)


@definition(sparse.dia_matrix)
def _band_matrix(arg1: Any, shape: Any = None, dtype: Any = None, copy: Any = False) -> Any:
    return _by_bands(arg1, shape, True)


def _of_diagonals(diagonals: Any, offsets: Any, shape: Any, is_matrix: bool) -> Any:
    """Return a matrix with these diagonals; a single one need not stand in a list, and numbers fill theirs."""
    if isinstance(offsets, int):
        parts = [np.atleast_1d(diagonals)] if np.ndim(diagonals) == 1 else [np.atleast_1d(diagonals[0])]
    else:
        parts = [np.atleast_1d(diagonal) for diagonal in diagonals]
    used, rows, columns, size = runtime_scipy.diagonal_places([len(part) for part in parts], offsets, shape)
    data = np.concatenate([parts[k][indices(used[k])] for k in range(len(parts))])
    return Entries(data, indices(rows), indices(columns), size, is_matrix, "sum")


@definition(sparse.diags_array)
def _diagonals_array(
    diagonals: Any, /, *, offsets: Any = 0, shape: Any = None, format: Any = None, dtype: Any = None
) -> Any:
    return _of_diagonals(diagonals, offsets, shape, False)


@definition(sparse.diags)
def _diagonals_matrix(
    diagonals: Any, offsets: Any = 0, shape: Any = None, format: Any = None, dtype: Any = None
) -> Any:
    return _of_diagonals(diagonals, offsets, shape, True)


@definition(sparse.spdiags)
def _bands_matrix(data: Any, diags: Any, m: Any = None, n: Any = None, format: Any = None) -> Any:
    if m is None:
        raise UnsupportedError("spdiags of an active array needs its size: give m and n")
    return _by_bands((data, diags), m if isinstance(m, tuple) else (m, n), True)


@definition(linalg.norm)
def _norm(x: Any, ord: Any = None, axis: Any = None) -> Any:
    if axis is not None or ord not in (None, "fro"):
        raise UnsupportedError("a norm of a sparse matrix of active entries is that of Frobenius, or not supported")
    return np.linalg.norm(x.merged().entries)


@definition(linalg.spsolve)
def _solve(A: Any, b: Any, permc_spec: Any = None, use_umfpack: bool = True) -> Any:  # noqa: N803
    if isinstance(A, Entries):
        return runtime_scipy.entries_solution(A.entries, A.rows, A.columns, A.shape, b)
    return runtime_scipy.solve(b, A)


@definition(linalg.inv)
def _inverse(A: Any) -> Any:  # noqa: N803
    if not isinstance(A, Entries):
        raise TypeError("Input must be a sparse matrix")
    inverse = runtime_scipy.entries_solution(A.entries, A.rows, A.columns, A.shape, np.eye(A.shape[0]))
    return _of_dense(inverse, A.is_matrix).tocsc()


class Factors:
    """What ``scipy.sparse.linalg.splu`` returns: what solves with the matrix."""

    def __init__(self, matrix: Any) -> None:
        self.matrix = matrix
        self.shape = matrix.shape

    def solve(self, rhs: Any, trans: Any = "N") -> Any:
        """Return the solution of the system, or of the transposed one."""
        if trans not in ("N", "T"):
            raise UnsupportedError("the conjugated system of a factorised sparse matrix has no derivative rule")
        if not isinstance(self.matrix, Entries):
            return runtime_scipy.solve(rhs, self.matrix if trans == "N" else runtime_scipy.turned(self.matrix))
        matrix = self.matrix if trans == "N" else self.matrix.T
        return runtime_scipy.entries_solution(matrix.entries, matrix.rows, matrix.columns, matrix.shape, rhs)


@definition(linalg.splu)
def _splu(A: Any) -> Any:  # noqa: N803
    return Factors(A)


@definition(linalg.factorized)
def _factorized(A: Any) -> Any:  # noqa: N803
    return Factors(A).solve


class DenseFactors:
    """Stands for SciPy's factors, which cannot be copied, in the samples of a rule."""

    def __init__(self, matrix: Any) -> None:
        self.matrix = matrix

    def solve(self, rhs: Any, trans: Any = "N") -> Any:
        """Return the solution of the system, or of the transposed one."""
        return np.linalg.solve(self.matrix if trans == "N" else self.matrix.T, rhs)


@adjoint(
    runtime_scipy.solve_factorised,
    samples=lambda: [
        sample(normal(4), DenseFactors(well_conditioned(4, 4))),
        sample(normal(4, 2), DenseFactors(well_conditioned(4, 4)), "T"),
    ],
)
def _solve_factorised(ct: Any, y: Any, rhs: Any, factors: Any, trans: Any = "N") -> Any:
    return (runtime_scipy.solve_factorised(ct, factors, "T" if trans == "N" else "N"),)


linear(runtime_scipy.solve_factorised, names="rhs")


@definition(linalg.SuperLU.solve)
def _solve_by_factors(self: Any, rhs: Any, trans: Any = "N") -> Any:
    if trans not in ("N", "T"):
        raise UnsupportedError("the conjugated system of a factorised sparse matrix has no derivative rule")
    return runtime_scipy.solve_factorised(rhs, self, trans)
