"""The numbers of sparse matrices that are differentiated: where they stand, products and solutions."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import linalg


def compressed_places(indices: Any, indptr: Any) -> Any:
    """Return the row of each entry of a matrix that is compressed row by row."""
    return np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))


def size_of(shape: Any, rows: Any, columns: Any) -> tuple[int, int]:
    """Return the shape of a matrix, the smallest that holds its entries if none is given."""
    if shape is not None:
        return int(shape[0]), int(shape[1])
    return int(np.max(rows, initial=-1)) + 1, int(np.max(columns, initial=-1)) + 1


def entries_product(data: Any, rows: Any, columns: Any, shape: Any, x: Any) -> Any:
    """Return the product of a sparse matrix, given by its entries, with a dense vector or matrix."""
    return sparse.coo_array((data, (rows, columns)), shape=shape).tocsr() @ np.asarray(x)


def product_share(ct: Any, rows: Any, columns: Any, x: Any) -> Any:
    """Return the cotangent of the entries in :func:`entries_product`."""
    terms = np.asarray(ct)[rows] * np.asarray(x)[columns]
    return terms if np.ndim(terms) == 1 else np.sum(terms, axis=1)


def entries_solution(data: Any, rows: Any, columns: Any, shape: Any, b: Any) -> Any:
    """Return the solution of a sparse system, given by its entries, for a dense right side."""
    matrix = sparse.coo_array((data, (rows, columns)), shape=shape).tocsc()
    return np.reshape(linalg.spsolve(matrix, np.asarray(b)), np.shape(b))


def solve(b: Any, matrix: Any) -> Any:
    """Return ``scipy.sparse.linalg.spsolve(matrix, b)`` of a constant matrix."""
    return linalg.spsolve(matrix, b)
