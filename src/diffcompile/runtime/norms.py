"""Adjoints of norms of vectors and matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcompile.runtime.elementwise import divide_or_zero, sign
from diffcompile.runtime.reductions import restore_axes


def norm_adjoint(ct: Any, y: Any, x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Any:
    """Return the cotangent of ``x`` for ``np.linalg.norm``; 0 where the norm is 0."""
    ct = restore_axes(ct, x, axis, keepdims)
    y = restore_axes(y, x, axis, keepdims)
    if axis is None:
        axis = tuple(range(np.ndim(x)))
    matrix = isinstance(axis, tuple) and len(axis) == 2
    if matrix and ord is not None:
        return matrix_norm_adjoint(ct, y, x, ord, axis)
    return vector_norm_adjoint(ct, y, x, 2 if ord is None else ord, axis)


def vector_norm_adjoint(ct: Any, y: Any, x: Any, ord: Any, axis: Any) -> Any:
    """Return the cotangent of ``x`` for its vector norm ``y`` over ``axis``, kept in ``y`` and ``ct``."""
    if ord == 2:
        return (np.conj(x) if np.iscomplexobj(x) else x) * divide_or_zero(ct, y)
    if ord == 0:
        return np.zeros_like(x)
    if ord == 1:
        return sign(x) * ct
    size = np.abs(x)
    if abs(ord) == math.inf:
        chosen = np.equal(size, y)
        count = np.sum(chosen, axis=axis, keepdims=True)
        return sign(x) * (chosen * (ct / count.astype(size.dtype)))
    present = np.not_equal(size, 0)
    ratio = np.where(present, divide_or_zero(size, y), np.ones_like(size))
    return sign(x) * (present * ct * np.not_equal(y, 0) * ratio ** (ord - 1))


def matrix_norm_adjoint(ct: Any, y: Any, x: Any, ord: Any, axis: tuple[int, int]) -> Any:
    """Return the cotangent of ``x`` for its matrix norm ``y`` over the two axes, kept in ``y`` and ``ct``."""
    if ord == "fro":
        return np.conj(x) * divide_or_zero(ct, y)
    if ord in (1, -1, math.inf, -math.inf):
        summed, kept = axis if abs(ord) == 1 else axis[::-1]
        sums = np.sum(np.abs(x), axis=summed, keepdims=True)
        chosen = np.equal(sums, y)
        count = np.sum(chosen, axis=kept, keepdims=True)
        return sign(x) * (chosen * (ct / count.astype(sums.dtype)))
    u, s, vh = np.linalg.svd(np.moveaxis(x, axis, (-2, -1)), full_matrices=False)
    if ord == "nuc":
        slope = u @ vh
    else:
        chosen = np.equal(s, np.max(s, -1, keepdims=True) if ord > 0 else np.min(s, -1, keepdims=True))
        slope = (u * (chosen / np.sum(chosen, -1, keepdims=True).astype(s.dtype))[..., None, :]) @ vh
    return ct * np.moveaxis(np.conj(slope), (-2, -1), axis)
