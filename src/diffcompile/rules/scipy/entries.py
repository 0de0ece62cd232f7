"""Sparse matrices whose entries are differentiated: the compiler reads these methods, not SciPy's."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime_scipy
from diffcompile.errors import UnsupportedError


class Entries:
    """A sparse matrix with ``data`` at ``rows`` and ``columns``; entries at one place are added."""

    def __init__(self, data: Any, rows: Any, columns: Any, shape: Any, is_matrix: bool, layout: str) -> None:
        self.data = data
        self.rows = rows
        self.columns = columns
        self.shape = shape
        self.is_matrix = is_matrix
        """Of the older classes, where ``*`` is a product of matrices."""
        self.layout = layout
        """By rows, "csr", by columns, "csc", or as they were given, "coo": the entries lie as SciPy puts them."""

    @property
    def T(self) -> Any:  # noqa: N802 - SciPy's name
        """The transposed matrix."""
        layout = "csc" if self.layout == "csr" else "csr" if self.layout == "csc" else "coo"
        return Entries(self.data, self.columns, self.rows, (self.shape[1], self.shape[0]), self.is_matrix, layout)

    def transpose(self) -> Any:
        """Return the transposed matrix."""
        layout = "csc" if self.layout == "csr" else "csr" if self.layout == "csc" else "coo"
        return Entries(self.data, self.columns, self.rows, (self.shape[1], self.shape[0]), self.is_matrix, layout)

    def __matmul__(self, other: Any) -> Any:
        """Return the product with a dense vector or matrix."""
        return runtime_scipy.entries_product(self.data, self.rows, self.columns, self.shape, other)

    def dot(self, other: Any) -> Any:
        """Return the product with a dense vector or matrix."""
        return runtime_scipy.entries_product(self.data, self.rows, self.columns, self.shape, other)

    def __rmatmul__(self, other: Any) -> Any:
        """Return the product of a dense vector or matrix with this one."""
        turned = (self.shape[1], self.shape[0])
        return runtime_scipy.entries_product(self.data, self.columns, self.rows, turned, np.transpose(other)).T

    def __mul__(self, other: Any) -> Any:
        """Return the multiple, or for an older class the product."""
        if np.ndim(other) == 0:
            return Entries(self.data * other, self.rows, self.columns, self.shape, self.is_matrix, self.layout)
        if not self.is_matrix:
            raise UnsupportedError("an elementwise product of sparse arrays has no derivative rule")
        return runtime_scipy.entries_product(self.data, self.rows, self.columns, self.shape, other)

    def __rmul__(self, other: Any) -> Any:
        """Return a multiple."""
        return Entries(self.data * other, self.rows, self.columns, self.shape, self.is_matrix, self.layout)

    def __truediv__(self, other: Any) -> Any:
        """Return a part."""
        return Entries(self.data / other, self.rows, self.columns, self.shape, self.is_matrix, self.layout)

    def __neg__(self) -> Any:
        """Return the negative matrix."""
        return Entries(-self.data, self.rows, self.columns, self.shape, self.is_matrix, self.layout)

    def __add__(self, other: Any) -> Any:
        """Return the sum with another such matrix."""
        data = np.concatenate((self.data, other.data))
        rows, columns = np.concatenate((self.rows, other.rows)), np.concatenate((self.columns, other.columns))
        return Entries(data, rows, columns, self.shape, self.is_matrix, self.layout)

    def __sub__(self, other: Any) -> Any:
        """Return the difference to another such matrix."""
        data = np.concatenate((self.data, -other.data))
        rows, columns = np.concatenate((self.rows, other.rows)), np.concatenate((self.columns, other.columns))
        return Entries(data, rows, columns, self.shape, self.is_matrix, self.layout)

    def tocsr(self) -> Any:
        """Return the matrix by rows, with a copy of the entries unless it is that already."""
        if self.layout == "csr":
            return self
        order, starts, rows, columns = runtime_scipy.converted_places(self.rows, self.columns, self.layout)
        data = np.add.reduceat(self.data[order], starts)
        return Entries(data, rows, columns, self.shape, self.is_matrix, "csr")

    def tocsc(self) -> Any:
        """Return the matrix by columns, with a copy of the entries unless it is that already."""
        if self.layout == "csc":
            return self
        order, starts, columns, rows = runtime_scipy.converted_places(self.columns, self.rows, self.layout)
        data = np.add.reduceat(self.data[order], starts)
        return Entries(data, rows, columns, self.shape, self.is_matrix, "csc")

    def copy(self) -> Any:
        """Return a matrix with entries of its own."""
        return Entries(self.data.copy(), self.rows, self.columns, self.shape, self.is_matrix, self.layout)

    def todense(self) -> Any:
        """Return the dense array; the older classes return a ``np.matrix``, which has no derivative."""
        if self.is_matrix:
            raise UnsupportedError("np.matrix has no derivative rule: use toarray()")
        return runtime_scipy.entries_product(self.data, self.rows, self.columns, self.shape, np.eye(self.shape[1]))

    def toarray(self) -> Any:
        """Return the dense array."""
        return runtime_scipy.entries_product(self.data, self.rows, self.columns, self.shape, np.eye(self.shape[1]))

    def sum(self) -> Any:
        """Return the sum of all entries."""
        return np.sum(self.data)

    def diagonal(self) -> Any:
        """Return the diagonal."""
        kept = self.data * (self.rows == self.columns)
        ones = np.ones(self.shape[1])
        return runtime_scipy.entries_product(kept, self.rows, self.columns, self.shape, ones)[: min(self.shape)]
