"""Sparse matrices whose entries are differentiated: the compiler reads these methods, not SciPy's."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime_scipy
from diffcompile.errors import UnsupportedError


class Entries:
    """A sparse matrix with ``data`` at ``rows`` and ``columns``; entries at one place are added."""

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
        """Return the product with a dense vector or matrix."""
        return runtime_scipy.entries_product(self.entries, self.rows, self.columns, self.shape, other)

    def dot(self, other: Any) -> Any:
        """Return the product with a dense vector or matrix."""
        return runtime_scipy.entries_product(self.entries, self.rows, self.columns, self.shape, other)

    def __rmatmul__(self, other: Any) -> Any:
        """Return the product of a dense vector or matrix with this one."""
        turned = (self.shape[1], self.shape[0])
        return runtime_scipy.entries_product(self.entries, self.columns, self.rows, turned, np.transpose(other)).T

    def __mul__(self, other: Any) -> Any:
        """Return the multiple, or for an older class the product."""
        if np.ndim(other) == 0:
            return Entries(self.entries * other, self.rows, self.columns, self.shape, self.is_matrix, self.layout)
        if not self.is_matrix:
            raise UnsupportedError("an elementwise product of sparse arrays has no derivative rule")
        return runtime_scipy.entries_product(self.entries, self.rows, self.columns, self.shape, other)

    def __rmul__(self, other: Any) -> Any:
        """Return a multiple."""
        return Entries(self.entries * other, self.rows, self.columns, self.shape, self.is_matrix, self.layout)

    def __truediv__(self, other: Any) -> Any:
        """Return a part."""
        return Entries(self.entries / other, self.rows, self.columns, self.shape, self.is_matrix, self.layout)

    def __neg__(self) -> Any:
        """Return the negative matrix."""
        return Entries(-self.entries, self.rows, self.columns, self.shape, self.is_matrix, self.layout)

    def __add__(self, other: Any) -> Any:
        """Return the sum with another such matrix."""
        data = np.concatenate((self.entries, other.entries))
        rows, columns = np.concatenate((self.rows, other.rows)), np.concatenate((self.columns, other.columns))
        return Entries(data, rows, columns, self.shape, self.is_matrix, "sum")

    def __sub__(self, other: Any) -> Any:
        """Return the difference to another such matrix."""
        data = np.concatenate((self.entries, -other.entries))
        rows, columns = np.concatenate((self.rows, other.rows)), np.concatenate((self.columns, other.columns))
        return Entries(data, rows, columns, self.shape, self.is_matrix, "sum")

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

    def trace(self) -> Any:
        """Return the sum of the diagonal."""
        return np.sum(self.entries * (self.rows == self.columns))

    def multiply(self, other: Any) -> Any:
        """Return the product with a number, or item by item with a dense array."""
        if isinstance(other, Entries) or runtime_scipy.is_sparse(other):
            raise UnsupportedError("an elementwise product of sparse arrays has no derivative rule")
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

    def diagonal(self) -> Any:
        """Return the diagonal."""
        kept = self.entries * (self.rows == self.columns)
        ones = np.ones(self.shape[1])
        return runtime_scipy.entries_product(kept, self.rows, self.columns, self.shape, ones)[: min(self.shape)]
