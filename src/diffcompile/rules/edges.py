"""Slopes of functions at edges where they are infinite, for operands that do not go beyond: 0 there.

Which operations these are is found by :mod:`diffcompile.autodiff.edges`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def root_slope(y: Any, x: Any) -> Any:
    """Return the slope of ``y = sqrt(x)``, 0 where ``y`` is 0."""
    return 0.5 / np.where(y == 0.0, np.inf, y) if isinstance(y, np.ndarray) else 0.5 / (y or math.inf)


def power_slope(y: Any, x: Any, n: Any) -> Any:
    """Return the slope of ``y = x**n`` with ``0 < n < 1``, 0 where ``x`` is 0."""
    return n * (np.where(x == 0.0, np.inf, x) if isinstance(x, np.ndarray) else x or math.inf) ** (n - 1.0)


def arcsin_slope(y: Any, x: Any) -> Any:
    """Return the slope of ``y = arcsin(x)``, 0 where ``x`` is 1 or -1."""
    if isinstance(x, np.ndarray):
        return 1.0 / np.sqrt(np.where(x * x == 1.0, np.inf, 1.0 - x * x))
    return 1.0 / math.sqrt(1.0 - x * x or math.inf)


def arccos_slope(y: Any, x: Any) -> Any:
    """Return the slope of ``y = arccos(x)``, 0 where ``x`` is 1 or -1."""
    return -arcsin_slope(y, x)


__all__ = ["arccos_slope", "arcsin_slope", "power_slope", "root_slope"]
