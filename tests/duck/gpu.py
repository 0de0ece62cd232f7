"""CuPy's own array in the place of the one that only behaves like it."""

from __future__ import annotations

from typing import Any

import cupy
import numpy as np


class _Arrays(type):
    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, cupy.ndarray)


class Duck(metaclass=_Arrays):
    """``cupy.ndarray``, made of an array of NumPy's."""

    def __new__(cls, items: Any) -> Any:
        assert isinstance(items, np.ndarray)
        return cupy.asarray(items)
