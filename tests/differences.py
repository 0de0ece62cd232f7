"""Gradients by extrapolated central differences, for tests that need no more than that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def differences(fun: Callable[[Any], Any], x: Any, h: float = 1e-5) -> Any:
    """Return the gradient of ``fun`` at an array ``x``, of order ``h`` to the fourth."""
    found = np.zeros_like(x)
    for place in np.ndindex(*x.shape):
        step = np.zeros_like(x)
        step[place] = h
        one = (fun(x + step) - fun(x - step)) / (2.0 * h)
        two = (fun(x + 2.0 * step) - fun(x - 2.0 * step)) / (4.0 * h)
        found[place] = (4.0 * one - two) / 3.0
    return found
