"""Transposes of the cosine and sine transforms of SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np


def cosine_weights(like: Any, type: int, axis: int, norm: Any, orthogonalize: Any) -> tuple[Any, Any]:
    """Return the weights ``p`` and ``q`` with which ``q * dct(p * y)`` of the opposite type is the transpose.

    ``like`` is an array of the shape and dtype of ``y``. The sums of the types 1 and 3 count the ends of the signal
    once and all others twice, unless they are made orthogonal.
    """
    return _weights(like, type, axis, _orthogonal(norm, orthogonalize), first=True, both=type == 1)


def sine_weights(like: Any, type: int, axis: int, norm: Any, orthogonalize: Any) -> tuple[Any, Any]:
    """Return the same for ``dst``, whose type 3 counts the last number of the signal once."""
    orthogonal = _orthogonal(norm, orthogonalize) or type == 1
    return _weights(like, type, axis, orthogonal, first=False, both=False)


def _orthogonal(norm: Any, orthogonalize: Any) -> bool:
    return norm == "ortho" if orthogonalize is None else bool(orthogonalize)


def _weights(like: Any, type: int, axis: int, orthogonal: bool, first: bool, both: bool) -> tuple[Any, Any]:
    """Return 1 and 2 (1 and 1/2 behind the transform) where the ends of a signal count once."""
    before = np.ones(np.shape(like)[axis], np.real(like).dtype)
    after = before.copy()
    if not orthogonal and type != 4:  # noqa: PLR2004 - a type of transform
        ends = [0, -1] if both else [0] if first else [-1]
        if type in (1, 2):
            before[ends] = 2.0
        if type in (1, 3):
            after[ends] = 0.5
    along = [1] * np.ndim(like)
    along[axis] = -1
    return before.reshape(along), after.reshape(along)
