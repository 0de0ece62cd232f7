"""Slopes of elementwise functions, defined where the quotient is not.

Python floats take the first branch and stay Python floats: one np.float64 slows down a whole scalar loop.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcompile.errors import UnsupportedError

COMPLEX_POWER = "a negative number to the power of a fraction, which is complex in Python, has no derivative here"


def sign(x: Any) -> Any:
    """Return d|x|/dx: the sign of a real ``x``, 0 at 0; ``conj(x) / |x|`` for a complex one."""
    if isinstance(x, (int, float)):
        return math.copysign(1.0, x) if x else 0.0
    if np.iscomplexobj(x):
        return np.conj(np.sign(x))
    return np.sign(x)


def conjugated(x: Any) -> Any:
    """Return ``x.conj()``: of an array of real numbers that is ``x`` itself, whatever NumPy's function returns."""
    return x.conj() if isinstance(x, np.ndarray) else np.conjugate(x)


def complex_sign(x: Any) -> Any:
    """Return ``np.sign(x)``: of a complex number ``x / |x|``, which is not constant."""
    return np.sign(x)


def complex_sign_adjoint(ct: Any, s: Any, x: Any) -> Any:
    """Return the cotangent of ``x`` in ``s = np.sign(x)``; 0 where ``x`` is real, and at 0.

    From ``ds = (dx - s**2 * conj(dx)) / (2 |x|)`` and ``df = Re(ct * ds)``.
    """
    if not np.iscomplexobj(x):
        return np.zeros_like(x)
    return divide_or_zero(0.5 * (ct - np.conj(ct * s * s)), np.abs(x))


def larger(x: Any, y: Any) -> Any:
    """Return 1 where ``x > y``, one half where they are equal, 0 elsewhere, in the dtype of the operands."""
    won = np.greater(x, y).astype(np.result_type(x, y))
    tied = np.equal(x, y)
    if np.any(tied):
        won = won + tied * won.dtype.type(0.5)
    return won


def chosen_share(z: Any, x: Any, y: Any) -> Any:
    """Return 1 where the result ``z`` is ``x`` alone, one half where it is ``y`` as well, 0 elsewhere."""
    won = np.equal(x, z).astype(np.result_type(x, y))
    return won / (1 + (won * np.equal(x, y)))


def inside(x: Any, low: Any, high: Any) -> Any:
    """Return 1 where ``low <= x <= high``, 0 elsewhere, in the dtype of ``x``; a bound may be None."""
    if low is None and high is None:
        return np.ones(np.shape(x), np.result_type(x))
    above: Any = True if low is None else np.greater_equal(x, low)
    kept = above if high is None else np.logical_and(above, np.less_equal(x, high))
    return kept.astype(np.result_type(x))


def raised(x: Any, low: Any, high: Any) -> Any:
    """Return 1 where ``np.clip(x, low, high)`` gives ``low``, 0 elsewhere."""
    moved = np.less(x, low)
    if high is not None:
        moved = moved & np.less_equal(low, high)
    return moved.astype(np.result_type(x))


def lowered(x: Any, low: Any, high: Any) -> Any:
    """Return 1 where ``np.clip(x, low, high)`` gives ``high``, 0 elsewhere."""
    moved = np.greater(x, high)
    if low is not None:
        moved = moved | np.greater(low, high)
    return moved.astype(np.result_type(x))


def power_slope(x: Any, n: Any) -> Any:
    """Return d(x**n)/dx = n * x**(n - 1), which is 0 where ``n`` is 0, at ``x == 0`` too.

    Raises:
        UnsupportedError: ``x`` is a negative number of Python's and ``n`` a fraction, so that the power is complex.
    """
    if isinstance(n, (int, float)):
        slope = n * x ** (n - 1) if n else 0.0
        if isinstance(slope, complex) and isinstance(x, float):
            raise UnsupportedError(COMPLEX_POWER)
        return slope
    if isinstance(n, (list, tuple)):
        n = np.asarray(n)
    return n * x ** np.where(np.equal(n, 0), 1, n - 1)


def power_log(z: Any, x: Any) -> Any:
    """Return d(x**n)/dn = z * log(x) with ``z = x**n``; 0 where ``x`` is 0, nan where it is negative.

    Raises:
        UnsupportedError: as :func:`power_slope` does.
    """
    if isinstance(x, (int, float)):
        if isinstance(z, complex):
            raise UnsupportedError(COMPLEX_POWER)
        return z * (math.log(x) if x > 0 else 0.0 if x == 0 else math.nan)
    if np.iscomplexobj(x):
        return z * np.log(np.where(np.equal(x, 0), 1, x))
    return z * np.log(np.where(np.greater(x, 0), x, np.where(np.less(x, 0), math.nan, np.ones_like(x))))


def divide_or_zero(x: Any, y: Any) -> Any:
    """Return ``x / y``, 0 where ``y`` is 0: the subgradient of a norm at the origin."""
    if isinstance(x, (int, float)) and isinstance(y, (int, float)):
        return x / y if y else 0.0
    if np.all(y):
        return x / y
    return np.divide(x, np.where(np.equal(y, 0), np.ones_like(y), y)) * np.not_equal(y, 0)


def log_ratio(x: Any, z: Any) -> Any:
    """Return ``x - z``, the logarithm of the share of ``x`` in ``z``; -inf where ``z`` is -inf."""
    impossible = np.isneginf(z)
    if not np.any(impossible):
        return x - z
    return np.where(impossible, z, x - np.where(impossible, np.zeros_like(z), z))
