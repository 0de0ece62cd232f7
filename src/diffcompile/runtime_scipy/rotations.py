"""The unitary factor of a matrix, and bases of the vectors that a matrix takes to zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.errors import UnsupportedError


def unitary_factor(a: Any) -> Any:
    """Return the unitary ``u`` of the polar decomposition ``a = u p`` of a square matrix, with ``p`` semidefinite."""
    left, _, right = np.linalg.svd(a, full_matrices=False)
    return left @ right


def rotation(p: Any, k: Any) -> Any:
    """Return the ``x`` with ``p x + x p = k``, for a semidefinite ``p`` and a skew ``k``; these parts are taken.

    Where ``p`` takes two vectors to zero, any rotation between them would do: it is left out.

    Raises:
        UnsupportedError: ``k`` turns such vectors.
    """
    w, v = np.linalg.eigh(p - skew(p))
    sums = w[:, None] + w[None, :]
    none = sums <= 8 * len(w) * np.finfo(w.dtype).eps * np.max(w, initial=0.0)
    inner = np.conj(v.T) @ skew(k) @ v
    off = none & ~np.eye(len(w), dtype=bool)
    if np.any(off) and np.any(np.abs(inner[off]) > 1e-9 * np.max(np.abs(inner))):
        raise UnsupportedError(
            "the unitary factor of a matrix has no derivative where two singular values are zero",
            why="it is not determined between their vectors",
        )
    return v @ (np.where(none, 0.0, inner) / np.where(none, 1.0, sums)) @ np.conj(v.T)


def skew(a: Any) -> Any:
    """Return the skew part of a matrix."""
    return 0.5 * (a - np.conj(np.swapaxes(a, -1, -2)))


def check_basis(z: Any, moved: Any) -> None:
    """Refuse a derivative ``moved`` of the basis ``z`` that a rotation of the basis would change.

    Raises:
        UnsupportedError: which vectors span the space matters.
    """
    overlap = np.conj(z.T) @ moved
    if (np.shape(z)[1] > 1 or np.iscomplexobj(z)) and np.any(np.abs(skew(overlap)) > 1e-9 * np.max(np.abs(moved))):
        refuse_basis()


def refuse_basis() -> None:
    """Refuse a derivative of several vectors that only their span determines.

    Raises:
        UnsupportedError: always.
    """
    raise UnsupportedError(
        "scipy.linalg.null_space has no derivative in the choice of its vectors",
        why="any rotation of them would do as well",
        advice="use the projection on them, np.eye(n) - np.linalg.pinv(a) @ a",
    )


def null_cutoff(a: Any, rcond: Any) -> Any:
    """Return the share of the largest singular value that ``scipy.linalg.null_space`` takes for zero."""
    if rcond is not None:
        return rcond
    return np.finfo(np.result_type(a, np.float32)).eps * max(np.shape(a))
