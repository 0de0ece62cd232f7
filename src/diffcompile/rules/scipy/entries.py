"""Sparse matrices whose entries are differentiated: the compiler reads these methods, not SciPy's."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime_scipy


class Entries:
    """A sparse matrix with ``data`` at ``rows`` and ``columns``; entries at one place are added."""

    def __init__(self, data: Any, rows: Any, columns: Any, shape: Any, is_matrix: bool) -> None:
        self.data = data
        self.rows = rows
        self.columns = columns
        self.shape = shape
        self.is_matrix = is_matrix
        """Of the older classes, where ``*`` is a product of matrices."""

    @property
    def T(self) -> Any:  # noqa: N802 - SciPy's name
        """The transposed matrix."""
        return Entries(self.data, self.columns, self.rows, (self.shape[1], self.shape[0]), self.is_matrix)

    def transpose(self) -> Any:
        """Return the transposed matrix."""
        return Entries(self.data, self.columns, self.rows, (self.shape[1], self.shape[0]), self.is_matrix)

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
            return Entries(self.data * other, self.rows, self.columns, self.shape, self.is_matrix)
        if not self.is_matrix:
            raise NotImplementedError("an elementwise product of sparse arrays has no derivative rule")
        return runtime_scipy.entries_product(self.data, self.rows, self.columns, self.shape, other)

    def __rmul__(self, other: Any) -> Any:
        """Return a multiple."""
        return Entries(self.data * other, self.rows, self.columns, self.shape, self.is_matrix)

    def __truediv__(self, other: Any) -> Any:
        """Return a part."""
        return Entries(self.data / other, self.rows, self.columns, self.shape, self.is_matrix)

    def __neg__(self) -> Any:
        """Return the negative matrix."""
        return Entries(-self.data, self.rows, self.columns, self.shape, self.is_matrix)

    def __add__(self, other: Any) -> Any:
        """Return the sum with another such matrix."""
        data = np.concatenate((self.data, other.data))
        rows, columns = np.concatenate((self.rows, other.rows)), np.concatenate((self.columns, other.columns))
        return Entries(data, rows, columns, self.shape, self.is_matrix)

    def __sub__(self, other: Any) -> Any:
        """Return the difference to another such matrix."""
        data = np.concatenate((self.data, -other.data))
        rows, columns = np.concatenate((self.rows, other.rows)), np.concatenate((self.columns, other.columns))
        return Entries(data, rows, columns, self.shape, self.is_matrix)

    def tocsr(self) -> Any:
        """Return the matrix itself: the form of storage makes no difference."""
        return self

    def tocsc(self) -> Any:
        """Return the matrix itself: the form of storage makes no difference."""
        return self

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
