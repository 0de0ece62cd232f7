"""Adjoints of other contractions: traces, Kronecker and cross products, chains and powers of matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from diffcompile.runtime.broadcasting import unbroadcast
from diffcompile.runtime.shaping import diagonal_adjoint


def trace_adjoint(ct: Any, shape: tuple[int, ...], offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return the cotangent of an array of ``shape`` whose trace over two axes has the cotangent ``ct``."""
    return diagonal_adjoint(np.expand_dims(ct, -1), shape, offset, axis1, axis2)


def _kron_blocks(a: Any, b: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the shapes of ``a`` and ``b`` with the leading ones that ``np.kron`` gives the smaller rank."""
    rank = max(np.ndim(a), np.ndim(b))
    return (1,) * (rank - np.ndim(a)) + np.shape(a), (1,) * (rank - np.ndim(b)) + np.shape(b)


def kron_adjoint_left(ct: Any, a: Any, b: Any) -> Any:
    """Return the cotangent of ``a`` in ``np.kron(a, b)``."""
    outer, inner = _kron_blocks(a, b)
    blocks = np.reshape(ct, [n for pair in zip(outer, inner, strict=True) for n in pair])
    axes = list(range(len(inner)))
    a_bar = np.tensordot(blocks, np.reshape(b, inner), ([2 * k + 1 for k in axes], axes))
    return np.reshape(a_bar, np.shape(a))


def kron_adjoint_right(ct: Any, a: Any, b: Any) -> Any:
    """Return the cotangent of ``b`` in ``np.kron(a, b)``."""
    outer, inner = _kron_blocks(a, b)
    blocks = np.reshape(ct, [n for pair in zip(outer, inner, strict=True) for n in pair])
    axes = list(range(len(outer)))
    b_bar = np.tensordot(blocks, np.reshape(a, outer), ([2 * k for k in axes], axes))
    return np.reshape(b_bar, np.shape(b))


def vecdot_adjoint(ct: Any, other: Any, shape: tuple[int, ...], axis: int = -1) -> Any:
    """Return the cotangent of the operand of ``shape`` in a dot product along ``axis`` with ``other``."""
    moved = [*shape]
    moved.append(moved.pop(axis))
    bar = unbroadcast(np.expand_dims(ct, -1) * np.moveaxis(other, axis, -1), tuple(moved))
    return np.moveaxis(bar, -1, axis)


def _space_vectors(x: Any, axis: int) -> Any:
    """Return the vectors along ``axis`` in the last axis, plane ones with a third component of zero."""
    x = np.moveaxis(x, axis, -1)
    if np.shape(x)[-1] == 3:
        return x
    return np.concatenate([x, np.zeros_like(x[..., :1])], axis=-1)


def cross_adjoint(ct: Any, x: Any, other: Any, axis_x: int, axis_other: int, axis_ct: int) -> Any:
    """Return ``other x ct``, the cotangent of ``x`` in ``np.cross(x, other)``; negated if ``x`` is second."""
    plane = np.shape(x)[axis_x] == 2 and np.shape(other)[axis_other] == 2
    if plane:  # the result is the third component alone
        ct = np.expand_dims(ct, -1) * np.array([0.0, 0.0, 1.0], np.result_type(ct))
    else:
        ct = np.moveaxis(ct, axis_ct, -1)
    vectors = _space_vectors(x, axis_x)
    bar = unbroadcast(np.cross(_space_vectors(other, axis_other), ct), np.shape(vectors))
    return np.moveaxis(bar[..., : np.shape(x)[axis_x]], -1, axis_x)


def multi_dot_adjoint(ct: Any, arrays: Sequence[Any]) -> list[Any]:
    """Return the cotangents of the factors of ``np.linalg.multi_dot(arrays)``."""
    factors = [np.asarray(array) for array in arrays]
    if np.ndim(factors[0]) == 1:
        factors[0] = factors[0][None, :]
    if np.ndim(factors[-1]) == 1:
        factors[-1] = factors[-1][:, None]
    ct = np.reshape(ct, (factors[0].shape[0], factors[-1].shape[1]))
    bars = []
    for k, array in enumerate(arrays):
        before = [factor.T for factor in reversed(factors[:k])]
        after = [factor.T for factor in reversed(factors[k + 1 :])]
        bars.append(np.reshape(np.linalg.multi_dot([*before, ct, *after]), np.shape(array)))
    return bars


def matrix_power_adjoint(ct: Any, a: Any, n: int) -> Any:
    """Return the cotangent of ``a`` in ``np.linalg.matrix_power(a, n)``.

    It is ``sum_i (a.T)^i ct (a.T)^(n - 1 - i)``, the upper right block of the power of
    ``[[a.T, ct], [0, a.T]]``, for negative powers too (N. Higham, Functions of Matrices, 2008, 3.2).
    """
    transposed = np.swapaxes(a, -1, -2)
    size = np.shape(a)[-1]
    block = np.concatenate(
        [
            np.concatenate([transposed, ct], axis=-1),
            np.concatenate([np.zeros_like(transposed), transposed], axis=-1),
        ],
        axis=-2,
    )
    return np.linalg.matrix_power(block, n)[..., :size, size:]
