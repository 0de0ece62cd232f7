"""Arrays that are not NumPy's: what comes of them is theirs, and a number of theirs is an array without axes."""

from __future__ import annotations

import builtins
import math
import operator
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from diffcompile.analysis.types import NUMBER, Array, Lst, Scalar, Static, Tup, Type

_PYTHON = {"b": bool, "i": np.int64, "f": float, "c": complex}
ANSWERS: set[Any] = {
    len, float, int, bool, complex, isinstance, callable, hasattr, range, str,
    operator.is_, operator.is_not, operator.not_, operator.contains,
    np.shape, np.ndim, np.size, np.result_type, np.iscomplexobj, np.isrealobj, np.can_cast, np.broadcast_shapes,
    *(value for value in vars(math).values() if callable(value)),
}  # fmt: skip
"""What is asked of an array is answered by Python's numbers, tuples and dtypes."""
PARTS = ("T", "mT", "real", "imag")
"""Attributes that are arrays."""


def owner_of(callee: Any, types: Iterable[Type]) -> type | None:
    """Return whose the result of a call is, given the types of all its arguments; None for NumPy's or no array."""
    types = tuple(types)
    try:
        if callee in ANSWERS:
            return None
    except TypeError:
        return None
    if callee is operator.getitem or callee is builtins.getattr:
        base = types[0] if types else None
        if not isinstance(base, Array):
            return None
        name = types[1].value if len(types) > 1 and isinstance(types[1], Static) else None
        return base.owner if callee is operator.getitem or name in PARTS else None
    return next((owner for t in types if (owner := holder(t)) is not None), None)


def holder(t: Type) -> type | None:
    """Return the class of the arrays of this type, or in tuples and lists of it, where it is not ``ndarray``."""
    if isinstance(t, Array):
        return t.owner
    if isinstance(t, Tup):
        return next((owner for item in t.items if (owner := holder(item)) is not None), None)
    if isinstance(t, Lst) and isinstance(t.item, Array):
        return t.item.owner
    return None


def owned(t: Type, owner: type) -> Type:
    """Return the type of a result that NumPy alone would give type ``t``."""
    if isinstance(t, Array):
        return replace(t, owner=owner)
    if isinstance(t, Scalar):
        known = t.dtype is None or t.dtype != "?"
        return Array(np.dtype(t.dtype or _PYTHON[t.kind]) if known else None, (), owner)
    if isinstance(t, Tup):
        return replace(t, items=tuple(owned(item, owner) for item in t.items))
    return Array(None, None, owner) if t is NUMBER else t


__all__ = ["ANSWERS", "holder", "owned", "owner_of"]
