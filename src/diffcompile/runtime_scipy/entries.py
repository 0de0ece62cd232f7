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


def part_of(matrix: Any, name: str) -> Any:
    """Return the entries ("data") of a sparse matrix of SciPy's, or their rows ("row") or columns ("col").

    Raises:
        UnsupportedError: the entries are neither doubles nor whole numbers.
    """
    if matrix.dtype != float and matrix.dtype.kind not in "biu":
        raise UnsupportedError("sparse matrices of active entries meet constant ones of float64 only")
    return getattr(sparse.coo_array(matrix), name)


def is_older(matrix: Any) -> bool:
    """Tell whether ``matrix`` is of one of the older classes, for which ``*`` is the product of matrices."""
    return isinstance(matrix, sparse.spmatrix)


def pairs(left: Any, right: Any) -> tuple[Any, Any]:
    """Return all ``i`` and ``j`` with ``left[i] == right[j]``."""
    order = np.argsort(right, kind="stable")
    ordered = np.asarray(right)[order]
    first, last = np.searchsorted(ordered, left, "left"), np.searchsorted(ordered, left, "right")
    counts = last - first
    within = np.arange(np.sum(counts)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(np.arange(len(counts)), counts), order[np.repeat(first, counts) + within]


def place_numbers(rows: Any, columns: Any, shape: Any) -> Any:
    """Return a number for each place, the same for entries at one place."""
    return np.asarray(rows).astype(np.int64) * shape[1] + columns


def entries_at(rows: Any, columns: Any, shape: Any, row: Any, column: Any) -> Any:
    """Return which entries stand at a place.

    Raises:
        IndexError: there is no such place.
    """
    row, column = np.arange(shape[0])[row], np.arange(shape[1])[column]
    return np.flatnonzero((np.asarray(rows) == row) & (np.asarray(columns) == column))


def cut_out(rows: Any, columns: Any, shape: Any, row: Any, column: Any) -> tuple[Any, Any, Any, Any]:
    """Return which entries are in the block ``matrix[row][:, column]``, where they are in it, and its shape.

    Raises:
        UnsupportedError: an index is a number, so that the block would have one axis.
    """
    chosen = [np.arange(size)[index] for size, index in zip(shape, (row, column), strict=True)]
    if any(np.ndim(part) != 1 for part in chosen):
        raise UnsupportedError("this index of a sparse matrix of active entries is not supported: use slices or lists")
    which, row_number = pairs(rows, chosen[0])
    among, column_number = pairs(np.asarray(columns)[which], chosen[1])
    return which[among], row_number[among], column_number, (len(chosen[0]), len(chosen[1]))


def diagonal_places(lengths: Any, offsets: Any, shape: Any) -> tuple[Any, Any, Any, tuple[int, int]]:
    """Return of each diagonal which of its numbers are used, their rows and columns, and the shape.

    Raises:
        ValueError: a diagonal has another length than its place, or there are not as many as offsets.
    """
    offsets = [int(offset) for offset in np.atleast_1d(offsets)]
    if len(offsets) != len(lengths):
        raise ValueError("Different number of diagonals and offsets.")
    if shape is None:
        size = lengths[0] + abs(offsets[0])
        shape = (size, size)
    height, width = (int(size) for size in shape)
    rows, columns, used = [], [], []
    for offset, length in zip(offsets, lengths, strict=True):
        count = min(height + offset, width - offset, height, width)
        if count < 0 or length not in (count, 1):
            raise ValueError(f"a diagonal of length {length} does not fit at {offset} in {height} x {width}")
        steps = np.arange(count)
        rows.append(steps + max(-offset, 0))
        columns.append(steps + max(offset, 0))
        used.append(steps if length == count else np.zeros(count, int))
    return used, np.concatenate(rows), np.concatenate(columns), (height, width)


def band_places(shape: Any, offsets: Any, size: int) -> tuple[Any, Any, Any]:
    """Return which numbers of the bands of a ``dia_array`` are used, as one index, and their rows and columns."""
    places = [
        (number * size + column, column - offset, column)
        for number, offset in enumerate(np.atleast_1d(offsets))
        for column in range(max(0, int(offset)), min(shape[1], shape[0] + int(offset), size))
    ]
    which, rows, columns = np.reshape(np.array(places, int), (-1, 3)).T
    return which, rows, columns


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
    b = np.asarray(b)
    solution = linalg.spsolve(matrix, b)
    return np.reshape(solution, np.shape(b) if np.shape(b)[1:] != (1,) else len(b))  # a column gives a vector


def solve(b: Any, matrix: Any) -> Any:
    """Return ``scipy.sparse.linalg.spsolve(matrix, b)`` of a constant matrix."""
    return linalg.spsolve(matrix, np.asarray(b))


def turned(matrix: Any) -> Any:
    """Return the transpose of a sparse matrix, in a form that can be solved with."""
    return sparse.csc_array(matrix).T.tocsc()


def solve_factorised(rhs: Any, factors: Any, trans: str = "N") -> Any:
    """Return the solution of a system by factors that were made outside: ``factors.solve(rhs, trans)``."""
    return factors.solve(rhs, trans)
