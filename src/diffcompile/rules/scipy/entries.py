"""Sparse matrices whose entries are differentiated: the compiler reads these methods, not SciPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from diffcompile import runtime_scipy
from diffcompile.errors import UnsupportedError

MIXED = "a sparse matrix of an older class and an array are mixed, with active entries: use one kind"
DENSE_AND_SPARSE = "a sum of a sparse matrix of active entries and a dense array is not supported: use toarray()"


def indices(numbers: Any) -> Any:
    """Return indices as what the compiler knows to be an array with one axis, without derivative."""
    return np.ravel(np.array(numbers, int))


def lifted(matrix: Any, like: Any) -> Any:
    """Return a sparse matrix of SciPy's, which is a constant, as one whose entries are known one by one."""
    if isinstance(matrix, Entries):
        if matrix.is_matrix != like.is_matrix:
            raise UnsupportedError(MIXED)
        return matrix
    if not isinstance(matrix, sparse.sparray | sparse.spmatrix):
        raise UnsupportedError(DENSE_AND_SPARSE)
    if runtime_scipy.is_older(matrix) != like.is_matrix:
        raise UnsupportedError(MIXED)
    data = np.ravel(np.array(runtime_scipy.part_of(matrix, "data"), float))
    rows, columns = indices(runtime_scipy.part_of(matrix, "row")), indices(runtime_scipy.part_of(matrix, "col"))
    return Entries(data, rows, columns, runtime_scipy.size_of(matrix.shape, rows, columns), like.is_matrix, "sum")


class Entries:
    """A sparse matrix with ``data`` at ``rows`` and ``columns``; entries at one place are added."""

    asked_first = True
    """Its operators are asked before those of SciPy's matrices, which do not know it."""

    def __init__(self, data: Any, rows: Any, columns: Any, shape: Any, is_matrix: bool, layout: str) -> None:
        self.entries = data
        self.rows = rows
        self.columns = columns
        self.shape = shape
        self.is_matrix = is_matrix
        """Of the older classes, where ``*`` is a product of matrices."""
        self.layout = layout
        """By rows, "csr", by columns, "csc", or as they were given, "coo": the entries lie as SciPy puts them.

        Those of a "sum" do not: SciPy merges what stands at one place, and drops what cancels.
        """

    @property
    def data(self) -> Any:
        """The entries, where they lie as SciPy puts them."""
        if self.layout == "sum":
            raise UnsupportedError("the entries of a sum of sparse matrices are not supported: use the sum itself")
        return self.entries

    @data.setter
    def data(self, entries: Any) -> None:
        if self.layout == "sum":
            raise UnsupportedError("the entries of a sum of sparse matrices are not supported: use the sum itself")
        self.entries = entries

    @property
    def T(self) -> Any:  # noqa: N802 - SciPy's name
        """The transposed matrix."""
        layout = "csc" if self.layout == "csr" else "csr" if self.layout == "csc" else self.layout
        return Entries(self.entries, self.columns, self.rows, (self.shape[1], self.shape[0]), self.is_matrix, layout)

    def transpose(self) -> Any:
        """Return the transposed matrix."""
        layout = "csc" if self.layout == "csr" else "csr" if self.layout == "csc" else self.layout
        return Entries(self.entries, self.columns, self.rows, (self.shape[1], self.shape[0]), self.is_matrix, layout)

    def __matmul__(self, other: Any) -> Any:
        """Return the product with a dense vector or matrix, or with a sparse matrix."""
        if isinstance(other, Entries | sparse.sparray | sparse.spmatrix):
            return self.times(lifted(other, self))
        return runtime_scipy.entries_product(self.entries, self.rows, self.columns, self.shape, other)

    def times(self, other: Any) -> Any:
        """Return the product with another such matrix: of all pairs of entries that meet."""
        if self.shape[1] != other.shape[0]:
            raise ValueError("matmul: dimension mismatch")
        mine, theirs = runtime_scipy.pairs(self.columns, other.rows)
        mine, theirs = indices(mine), indices(theirs)
        data = self.entries[mine] * other.entries[theirs]
        shape = (self.shape[0], other.shape[1])
        return Entries(data, self.rows[mine], other.columns[theirs], shape, self.is_matrix, "sum").merged()

    def merged(self) -> Any:
        """Return the matrix with one entry a place, row by row."""
        order, starts, rows, columns = runtime_scipy.converted_places(self.rows, self.columns, "coo")
        order, starts, rows, columns = indices(order), indices(starts), indices(rows), indices(columns)
        data = np.add.reduceat(self.entries[order], starts) if len(starts) > 0 else self.entries * 1.0
        return Entries(data, rows, columns, self.shape, self.is_matrix, "sum")

    def dot(self, other: Any) -> Any:
        """Return the product with a dense vector or matrix, or with a sparse matrix."""
        if isinstance(other, Entries | sparse.sparray | sparse.spmatrix):
            return self.times(lifted(other, self))
        return runtime_scipy.entries_product(self.entries, self.rows, self.columns, self.shape, other)

    def __rmatmul__(self, other: Any) -> Any:
        """Return the product of a dense vector or matrix, or of a sparse matrix, with this one."""
        if isinstance(other, sparse.sparray | sparse.spmatrix):
            return lifted(other, self).times(self)
        turned = (self.shape[1], self.shape[0])
        return runtime_scipy.entries_product(self.entries, self.columns, self.rows, turned, np.transpose(other)).T

    def __mul__(self, other: Any) -> Any:
        """Return the multiple; of two matrices what ``*`` means for their class."""
        if isinstance(other, Entries | sparse.sparray | sparse.spmatrix):
            return self.times(lifted(other, self)) if self.is_matrix else self.multiply(other)
        if np.ndim(other) == 0:
            return Entries(self.entries * other, self.rows, self.columns, self.shape, self.is_matrix, self.layout)
        if not self.is_matrix:
            return self.multiply(other)
        return runtime_scipy.entries_product(self.entries, self.rows, self.columns, self.shape, other)

    def __rmul__(self, other: Any) -> Any:
        """Return the multiple; of two matrices what ``*`` means for their class."""
        if isinstance(other, sparse.sparray | sparse.spmatrix):
            return lifted(other, self).times(self) if self.is_matrix else self.multiply(other)
        if np.ndim(other) > 0:
            raise UnsupportedError("a dense array times a sparse matrix of active entries is not supported: use @")
        return Entries(self.entries * other, self.rows, self.columns, self.shape, self.is_matrix, self.layout)

    def __truediv__(self, other: Any) -> Any:
        """Return a part."""
        if np.ndim(other) > 0:
            raise UnsupportedError("a sparse matrix of active entries divided by an array is not supported")
        return Entries(self.entries / other, self.rows, self.columns, self.shape, self.is_matrix, self.layout)

    def __neg__(self) -> Any:
        """Return the negative matrix."""
        return Entries(-self.entries, self.rows, self.columns, self.shape, self.is_matrix, self.layout)

    def __add__(self, other: Any) -> Any:
        """Return the sum with another sparse matrix."""
        other = lifted(other, self)
        if self.shape != other.shape:
            raise ValueError("inconsistent shapes")
        data = np.concatenate((self.entries, other.entries))
        rows, columns = np.concatenate((self.rows, other.rows)), np.concatenate((self.columns, other.columns))
        return Entries(data, rows, columns, self.shape, self.is_matrix, "sum")

    def __radd__(self, other: Any) -> Any:
        """Return the sum with another sparse matrix; ``sum`` begins with 0."""
        if isinstance(other, int | float):
            if other != 0:
                raise NotImplementedError("adding a nonzero scalar to a sparse array is not supported")
            return self.copy()
        return self + other

    def __sub__(self, other: Any) -> Any:
        """Return the difference to another sparse matrix."""
        return self + -lifted(other, self)

    def __rsub__(self, other: Any) -> Any:
        """Return the difference of another sparse matrix to this one."""
        return lifted(other, self) + -self

    def __abs__(self) -> Any:
        """Return the matrix of absolute values."""
        whole = self.merged()
        return Entries(np.abs(whole.entries), whole.rows, whole.columns, self.shape, self.is_matrix, "sum")

    def __getitem__(self, index: Any) -> Any:
        """Return an item, or a block of rows and columns that slices and lists choose."""
        if isinstance(index, tuple):
            row, column = index
            if isinstance(row, int | np.integer) and isinstance(column, int | np.integer):
                which = runtime_scipy.entries_at(self.rows, self.columns, self.shape, row, column)
                return np.sum(self.entries[which])
            if not isinstance(row, slice) and not isinstance(column, slice):
                raise UnsupportedError("two lists as the index of a sparse matrix of active entries are not supported")
        else:
            row, column = index, slice(None)
        which, rows, columns, shape = runtime_scipy.cut_out(self.rows, self.columns, self.shape, row, column)
        which, rows, columns = indices(which), indices(rows), indices(columns)
        return Entries(self.entries[which], rows, columns, shape, self.is_matrix, "sum")

    def tocsr(self) -> Any:
        """Return the matrix by rows, with a copy of the entries unless it is that already."""
        if self.layout in ("csr", "sum"):
            return self
        order, starts, rows, columns = runtime_scipy.converted_places(self.rows, self.columns, self.layout)
        data = np.add.reduceat(self.entries[order], starts)
        return Entries(data, rows, columns, self.shape, self.is_matrix, "csr")

    def tocsc(self) -> Any:
        """Return the matrix by columns, with a copy of the entries unless it is that already."""
        if self.layout in ("csc", "sum"):
            return self
        order, starts, columns, rows = runtime_scipy.converted_places(self.columns, self.rows, self.layout)
        data = np.add.reduceat(self.entries[order], starts)
        return Entries(data, rows, columns, self.shape, self.is_matrix, "csc")

    def of_class(self, is_matrix: Any) -> Any:
        """Return the matrix as one of the newer or the older classes; it has the same entries."""
        return Entries(self.entries, self.rows, self.columns, self.shape, is_matrix, self.layout)

    def copy(self) -> Any:
        """Return a matrix with entries of its own."""
        return Entries(self.entries.copy(), self.rows, self.columns, self.shape, self.is_matrix, self.layout)

    def todense(self) -> Any:
        """Return the dense array; the older classes return a ``np.matrix``, which has no derivative."""
        if self.is_matrix:
            raise UnsupportedError("np.matrix has no derivative rule: use toarray()")
        return runtime_scipy.entries_product(self.entries, self.rows, self.columns, self.shape, np.eye(self.shape[1]))

    def toarray(self) -> Any:
        """Return the dense array."""
        return runtime_scipy.entries_product(self.entries, self.rows, self.columns, self.shape, np.eye(self.shape[1]))

    def sum(self, axis: Any = None) -> Any:
        """Return the sum of all entries, or those of the columns (0) or rows (1)."""
        if axis is None:
            return np.sum(self.entries)
        if self.is_matrix:
            raise UnsupportedError("np.matrix has no derivative rule: use csr_array")
        if axis in (0, -2):
            ones, turned = np.ones(self.shape[0]), (self.shape[1], self.shape[0])
            return runtime_scipy.entries_product(self.entries, self.columns, self.rows, turned, ones)
        ones = np.ones(self.shape[1])
        return runtime_scipy.entries_product(self.entries, self.rows, self.columns, self.shape, ones)

    def mean(self, axis: Any = None) -> Any:
        """Return the mean of all items, or those of the columns (0) or rows (1)."""
        if axis is None:
            return np.sum(self.entries) / (self.shape[0] * self.shape[1])
        return self.sum(axis) / self.shape[axis]

    def trace(self, offset: Any = 0) -> Any:
        """Return the sum of a diagonal."""
        return np.sum(self.entries * (self.columns - self.rows == offset))

    def multiply(self, other: Any) -> Any:
        """Return the product with a number, or item by item with a sparse matrix or a dense array."""
        if isinstance(other, Entries | sparse.sparray | sparse.spmatrix):
            other = lifted(other, self)
            if self.shape != other.shape:
                raise UnsupportedError("sparse matrices of two shapes, with active entries, are not multiplied")
            places = runtime_scipy.place_numbers(self.rows, self.columns, self.shape)
            mine, theirs = runtime_scipy.pairs(
                places, runtime_scipy.place_numbers(other.rows, other.columns, self.shape)
            )
            mine, theirs = indices(mine), indices(theirs)
            data = self.entries[mine] * other.entries[theirs]
            return Entries(data, self.rows[mine], self.columns[mine], self.shape, self.is_matrix, "sum")
        if np.ndim(other) == 0:
            return Entries(self.entries * other, self.rows, self.columns, self.shape, self.is_matrix, self.layout)
        data = self.entries * np.broadcast_to(other, self.shape)[self.rows, self.columns]
        layout = "sum" if self.layout == "sum" else "coo"
        return Entries(data, self.rows, self.columns, self.shape, self.is_matrix, layout)

    def power(self, n: Any) -> Any:
        """Return the powers of the entries, of which no two may stand at one place."""
        runtime_scipy.check_sorted(self.rows, self.columns, self.layout)
        return Entries(self.entries**n, self.rows, self.columns, self.shape, self.is_matrix, self.layout)

    def astype(self, dtype: Any) -> Any:
        """Return a matrix with entries of another dtype."""
        return Entries(self.entries.astype(dtype), self.rows, self.columns, self.shape, self.is_matrix, self.layout)

    def tocoo(self) -> Any:
        """Return the matrix by coordinates: of one by rows SciPy copies no entries."""
        if self.layout in ("coo", "sum"):
            return self
        entries = self.entries if self.layout == "csr" else self.entries.copy()
        return Entries(entries, self.rows, self.columns, self.shape, self.is_matrix, "coo")

    def __getattr__(self, name: str) -> Any:
        """Refuse what is not written out here."""
        raise UnsupportedError("this method of a sparse matrix of active entries is not supported: use its entries")

    def diagonal(self, k: Any = 0) -> Any:
        """Return diagonal ``k``."""
        kept = self.entries * (self.columns - self.rows == k)
        ones = np.ones(self.shape[1])
        sums = runtime_scipy.entries_product(kept, self.rows, self.columns, self.shape, ones)
        return sums[max(-k, 0) : max(-k, 0) + max(min(self.shape[0] + min(k, 0), self.shape[1] - max(k, 0)), 0)]
