"""What it costs under NumPy to save a value until the reverse sweep, and to compute it again there, in nanoseconds.

Saving is a call of ``append`` and one of ``pop``, and memory that cannot be used for anything else meanwhile: new
pages to touch, and to read again when no cache holds them any more. Computing again is the operation. The numbers
were measured on one machine; only their ratios matter, and these differ little elsewhere.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from diffcompile.analysis.types import Array, Scalar, Type, plain
from diffcompile.analysis.types.dims import length
from diffcompile.rules import registry

TYPICAL = 100
"""What the length of an axis is taken for that is not known."""
SAVED = 60.0
"""``append`` and ``pop``."""
BYTE = 0.25
"""Of memory that is kept."""
SCALAR_BYTES = 40
ARRAY_CALL = 250.0
"""An operation that makes an array, however small."""
PYTHON_CALL = 10.0
"""An operation on Python's numbers."""
SCALAR_CALL = 15.0
"""An operation on numbers that NumPy may have made."""
FUNCTION = 25.0
"""A function of :mod:`math`."""

FAST: set[Any] = {
    operator.add, operator.sub, operator.mul, operator.neg, operator.pos, operator.abs, operator.lt, operator.le,
    operator.gt, operator.ge, operator.eq, operator.ne, np.add, np.subtract, np.multiply, np.negative, np.absolute,
    np.maximum, np.minimum, np.square, np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal,
    np.logical_and, np.logical_or, np.logical_not, operator.and_, operator.or_, operator.invert,
}  # fmt: skip
DIVIDING: set[Any] = {operator.truediv, np.divide, np.sqrt, np.reciprocal}
FAST_ELEMENT, DIVIDING_ELEMENT, SLOW_ELEMENT = 0.5, 1.0, 8.0


def elements(t: Type) -> int:
    """Return how many numbers a value has, or a guess."""
    t = plain(t)
    if not isinstance(t, Array):
        return 1
    if t.dims is None:
        return TYPICAL
    return math.prod(TYPICAL if (size := length(dim)) is None else size for dim in t.dims)


def saving(t: Type) -> float:
    """Return the price of saving a value of type ``t``."""
    t = plain(t)
    if isinstance(t, Array):
        return SAVED + BYTE * elements(t) * (t.dtype.itemsize if t.dtype is not None else 8)
    return SAVED + BYTE * SCALAR_BYTES


def computing(callee: Any, t: Type) -> float | None:
    """Return the price of an elementwise operation whose result has type ``t``; None if it is not elementwise."""
    t = plain(t)
    if isinstance(t, Scalar):
        if callee in FAST or callee in DIVIDING:
            return PYTHON_CALL if t.dtype is None and t.kind in "bif" else SCALAR_CALL
        return FUNCTION if getattr(callee, "__module__", "") == "math" and registry.has_rule(callee) else None
    if not isinstance(t, Array):
        return None
    if callee in FAST:
        return ARRAY_CALL + FAST_ELEMENT * elements(t)
    if callee in DIVIDING:
        return ARRAY_CALL + DIVIDING_ELEMENT * elements(t)
    return ARRAY_CALL + SLOW_ELEMENT * elements(t) if callee in registry.ELEMENTWISE else None
