"""The numbers of sparse matrices that are differentiated: where they stand, products and solutions."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

from diffcompile.errors import UnsupportedError


def compressed_places(indices: Any, indptr: Any) -> Any:
    """Return the row of each entry of a matrix that is compressed row by row."""
    return np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))


def converted_places(lines: Any, places: Any, layout: str) -> tuple[Any, Any, Any, Any]:
    """Return how entries lie that are stored by ``lines``: their order, where each starts in it, and both indices.

    Entries as they were given are sorted, and those at one place are one; others keep their order within a line.
    """
    lines, places = np.asarray(lines), np.asarray(places)
    if layout != "coo":
        order = np.argsort(lines, kind="stable")
        return order, np.arange(len(order)), lines[order], places[order]
    order = np.lexsort((places, lines))
    lines, places = lines[order], places[order]
    new = np.ones(len(order), bool)
    new[1:] = (np.diff(lines) != 0) | (np.diff(places) != 0)
    starts = np.flatnonzero(new)
    return order, starts, lines[starts], places[starts]


def is_sparse(x: Any) -> bool:
    """Tell whether ``x`` is a sparse matrix or array of SciPy's."""
    return bool(sparse.issparse(x))


def check_sorted(rows: Any, columns: Any, layout: str) -> None:
    """Refuse entries that SciPy would sort or add up in place before it takes their powers.

    Raises:
        UnsupportedError: they are given by coordinates, or two stand at one place, or they are not in order.
    """
    lines, places = (rows, columns) if layout == "csr" else (columns, rows)
    later = np.diff(lines)
    if layout not in ("csr", "csc") or np.any(later < 0) or np.any((later == 0) & (np.diff(places) <= 0)):
        raise UnsupportedError("power has a derivative rule for sorted entries by rows or columns: use tocsr()")


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
