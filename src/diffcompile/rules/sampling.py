"""Numbers on which rules are tried; used by the ``samples`` of the rules only."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_GENERATOR = np.random.default_rng(20)
_LEAST = 0.01


def begin(seed: int) -> None:
    """Draw other samples from here on, so that those of a rule do not depend on what was drawn before."""
    global _GENERATOR  # noqa: PLW0603
    _GENERATOR = np.random.default_rng(seed)


def normal(*shape: int, dtype: Any = np.float64) -> Any:
    """Return normally distributed numbers: generic, of both signs, never tied, not next to 0, a kink of many rules."""
    drawn = _GENERATOR.standard_normal(shape)
    return np.asarray(np.where(np.abs(drawn) < _LEAST, drawn + np.copysign(_LEAST, drawn), drawn), dtype)


def distinct(*shape: int, dtype: Any = np.float64) -> Any:
    """Return shuffled numbers, 0.1 to 0.3 apart, so that small steps do not change their order."""
    size = math.prod(shape)
    values = 0.2 * np.arange(size) - 0.1 * size + _GENERATOR.uniform(-0.05, 0.05, size)
    return np.asarray(np.reshape(_GENERATOR.permutation(values), shape), dtype)


def complex_normal(*shape: int) -> Any:
    """Return complex numbers with independent normal parts."""
    return normal(*shape) + 1j * normal(*shape)


def well_conditioned(*shape: int, dtype: Any = np.float64) -> Any:
    """Return square matrices (in the last two axes) far from singular, not symmetric."""
    return np.asarray(2.0 * np.eye(shape[-1]) + 0.3 * normal(*shape), dtype)


def positive_definite(*shape: int, dtype: Any = np.float64) -> Any:
    """Return symmetric positive definite matrices (in the last two axes) with distinct eigenvalues."""
    factor = normal(*shape)
    spread = np.diag(1.0 + np.arange(shape[-1]))
    return np.asarray(0.2 * factor @ np.swapaxes(factor, -1, -2) + spread, dtype)
