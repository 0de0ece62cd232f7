"""Adjoints of products of arrays: ``dot``, ``inner``, ``matmul``, ``tensordot``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from diffcompile.runtime.broadcasting import unbroadcast
from diffcompile.runtime.shaping import inverse_permutation


def _axes_of(x: Any) -> list[int]:
    return list(range(np.ndim(x)))


def dot_adjoint_left(ct: Any, a: Any, b: Any) -> Any:
    """Return the cotangent of ``a`` in ``np.dot(a, b)``, for operands of any rank."""
    if np.ndim(a) == 0:
        return np.sum(ct * b)
    if np.ndim(b) == 0:
        return ct * b
    free = _axes_of(b)
    del free[-2 if np.ndim(b) > 1 else -1]
    return np.tensordot(ct, b, axes=(_axes_of(ct)[np.ndim(a) - 1 :], free))


def dot_adjoint_right(ct: Any, a: Any, b: Any) -> Any:
    """Return the cotangent of ``b`` in ``np.dot(a, b)``, for operands of any rank."""
    if np.ndim(b) == 0:
        return np.sum(ct * a)
    if np.ndim(a) == 0:
        return ct * a
    free = _axes_of(a)[:-1]
    b_bar = np.tensordot(a, ct, axes=(free, free))
    return np.moveaxis(b_bar, 0, -2) if np.ndim(b) > 1 else b_bar


def inner_adjoint_left(ct: Any, a: Any, b: Any) -> Any:
    """Return the cotangent of ``a`` in ``np.inner(a, b)``, for operands of any rank."""
    if np.ndim(a) == 0:
        return np.sum(ct * b)
    if np.ndim(b) == 0:
        return ct * b
    return np.tensordot(ct, b, axes=(_axes_of(ct)[np.ndim(a) - 1 :], _axes_of(b)[:-1]))


def inner_adjoint_right(ct: Any, a: Any, b: Any) -> Any:
    """Return the cotangent of ``b`` in ``np.inner(a, b)``, for operands of any rank."""
    if np.ndim(b) == 0:
        return np.sum(ct * a)
    if np.ndim(a) == 0:
        return ct * a
    free = _axes_of(a)[:-1]
    return np.tensordot(ct, a, axes=(free, free))


def _as_matrix_product(ct: Any, a: Any, b: Any) -> tuple[Any, Any, Any]:
    """Give ``ct``, ``a`` and ``b`` of ``a @ b`` the axes that ``matmul`` inserts for vectors."""
    if np.ndim(b) == 1:
        b = np.expand_dims(b, -1)
        ct = np.expand_dims(ct, -1)
    if np.ndim(a) == 1:
        a = np.expand_dims(a, 0)
        ct = np.expand_dims(ct, -2)
    return ct, a, b


def matmul_adjoint_left(ct: Any, a: Any, b: Any) -> Any:
    """Return the cotangent of ``a`` in ``a @ b``, with stacked and broadcast matrices."""
    shape = np.shape(a)
    ct, a, b = _as_matrix_product(ct, a, b)
    if np.ndim(a) == 2 and np.ndim(b) > 2:  # one matrix for the whole stack: sum over it inside the product
        stack = [*_axes_of(b)[:-2], -1]
        return np.reshape(np.tensordot(ct, b, axes=(stack, stack)), shape)
    return np.reshape(unbroadcast(ct @ np.swapaxes(b, -1, -2), np.shape(a)), shape)


def matmul_adjoint_right(ct: Any, a: Any, b: Any) -> Any:
    """Return the cotangent of ``b`` in ``a @ b``, with stacked and broadcast matrices."""
    shape = np.shape(b)
    ct, a, b = _as_matrix_product(ct, a, b)
    if np.ndim(b) == 2 and np.ndim(a) > 2:
        stack = _axes_of(a)[:-1]
        return np.reshape(np.tensordot(a, ct, axes=(stack, stack)), shape)
    return np.reshape(unbroadcast(np.swapaxes(a, -1, -2) @ ct, np.shape(b)), shape)


def _contracted_axes(a: Any, b: Any, axes: Any) -> tuple[list[int], list[int]]:
    """Return the axes of ``a`` and of ``b`` that ``np.tensordot`` pairs, counted from the front."""
    if np.ndim(axes) == 0 and not isinstance(axes, Sequence):
        count = int(axes)
        return _axes_of(a)[np.ndim(a) - count :], _axes_of(b)[:count]
    axes_a, axes_b = (np.atleast_1d(np.asarray(part, np.intp)) for part in axes)
    return [int(k) % np.ndim(a) for k in axes_a], [int(k) % np.ndim(b) for k in axes_b]


def in_dtype(ct: Any, dtype: Any) -> Any:
    """Return ``ct`` as an array of another dtype."""
    return ct.astype(dtype, copy=False) if hasattr(ct, "astype") else np.asarray(ct, dtype)


def tensordot_adjoint_left(ct: Any, a: Any, b: Any, axes: Any = 2) -> Any:
    """Return the cotangent of ``a`` in ``np.tensordot(a, b, axes)``."""
    if type(axes) is int and isinstance(b, np.ndarray) and isinstance(ct, np.ndarray) and ct.dtype == b.dtype:
        free = b.ndim - axes
        return np.tensordot(ct, b, (tuple(range(ct.ndim - free, ct.ndim)), tuple(range(axes, b.ndim))))
    axes_a, axes_b = _contracted_axes(a, b, axes)
    free_a = [k for k in _axes_of(a) if k not in axes_a]
    free_b = [k for k in _axes_of(b) if k not in axes_b]
    ct = in_dtype(ct, np.result_type(ct, b))
    a_bar = np.tensordot(ct, b, axes=(_axes_of(ct)[len(free_a) :], free_b))
    places = free_a + [axes_a[k] for k in np.argsort(axes_b)]
    return np.transpose(a_bar, inverse_permutation(places))


def tensordot_adjoint_right(ct: Any, a: Any, b: Any, axes: Any = 2) -> Any:
    """Return the cotangent of ``b`` in ``np.tensordot(a, b, axes)``."""
    if type(axes) is int and isinstance(a, np.ndarray) and isinstance(ct, np.ndarray) and ct.dtype == a.dtype:
        free = tuple(range(a.ndim - axes))
        return np.tensordot(a, ct, (free, free))
    axes_a, axes_b = _contracted_axes(a, b, axes)
    free_a = [k for k in _axes_of(a) if k not in axes_a]
    free_b = [k for k in _axes_of(b) if k not in axes_b]
    ct = in_dtype(ct, np.result_type(ct, a))
    b_bar = np.tensordot(a, ct, axes=(free_a, _axes_of(ct)[: len(free_a)]))
    places = [axes_b[k] for k in np.argsort(axes_a)] + free_b
    return np.transpose(b_bar, inverse_permutation(places))


def sum_of_outers(columns: Sequence[Any], rows: Sequence[Any]) -> Any:
    """Return the sum of ``np.outer(column, row)`` over vectors of ``n`` and ``m`` numbers, as one product of matrices.

    Without vectors it is 0.0. Vectors of different lengths are multiplied one by one, as their products may broadcast.
    """
    if len({len(column) for column in columns}) > 1 or len({len(row) for row in rows}) > 1:
        total: Any = 0.0
        for column, row in zip(columns, rows, strict=True):
            total = total + np.outer(column, row)
        return total
    return np.array(columns).T @ np.array(rows) if columns else 0.0
