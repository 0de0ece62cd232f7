"""Arrays that are not NumPy's."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np


def is_carried(cls: type) -> bool:
    """Tell whether arrays of a class that is not ``ndarray`` are carried: those on a GPU that speak NumPy's protocols.

    CuPy's are. They are never turned into NumPy's on their own, a part or a result without axes is such an array too,
    and what NumPy's functions make of them is of their class.
    """
    return cls is not np.ndarray and _carried(cls)


@functools.cache
def _carried(cls: type) -> bool:
    protocols = ("__cuda_array_interface__", "__array_ufunc__", "__array_function__")
    return not issubclass(cls, np.ndarray) and all(hasattr(cls, name) for name in protocols)


def is_array(value: Any) -> bool:
    """Tell whether something is an array, of NumPy or of a class that is carried."""
    return isinstance(value, np.ndarray) or is_carried(type(value))
