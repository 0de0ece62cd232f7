"""From structures of NumPy's arrays to those of a device, and back."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

if os.environ.get("DIFFCOMPILE_TESTS_ON") == "cupy":
    from duck.gpu import Duck
else:
    from duck.array import Duck


def on_device(value: Any) -> Any:
    """Return a nested structure with each NumPy array in it as one of the device; numbers stay."""
    if type(value) is np.ndarray and value.dtype.kind in "biufc":
        return Duck(value.copy())
    if isinstance(value, list | tuple):
        parts = list(map(on_device, value))
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if type(value) is dict:
        return {key: on_device(item) for key, item in value.items()}
    return value


def host(value: Any) -> Any:
    """Return what :func:`on_device` was given; raise AssertionError for an array that is none of the device's."""
    assert not isinstance(value, np.ndarray)
    if isinstance(value, Duck):
        return value.get()
    if isinstance(value, list | tuple):
        parts = list(map(host, value))
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if type(value) is dict:
        return {key: host(item) for key, item in value.items()}
    return value
