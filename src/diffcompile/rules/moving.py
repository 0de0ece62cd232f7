"""Rules of what moves elements along axes: flips, rolls, turns."""
# Branches that the compiler folds are written as branches:
# ruff: noqa: SIM108

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.rules.registry import adjoint, sample
from diffcompile.rules.sampling import normal


@adjoint(
    np.flip,
    samples=lambda: [
        sample(normal(3)),
        sample(normal(2, 3)),
        sample(normal(2, 3), 1),
        sample(normal(2, 3, 4), axis=(0, -1)),
        sample(normal(0)),
        sample(normal(3, dtype=np.float32)),
    ],
)
def _flip(ct: Any, result: Any, m: Any, axis: Any = None) -> Any:
    return (np.flip(ct, axis),)


@adjoint(np.fliplr, samples=lambda: [sample(normal(2, 3)), sample(normal(2, 3, 2))])
def _fliplr(ct: Any, result: Any, m: Any) -> Any:
    return (np.fliplr(ct),)


@adjoint(np.flipud, samples=lambda: [sample(normal(3)), sample(normal(2, 3))])
def _flipud(ct: Any, result: Any, m: Any) -> Any:
    return (np.flipud(ct),)


@adjoint(
    np.roll,
    samples=lambda: [
        sample(normal(5), 2),
        sample(normal(2, 3), -1),
        sample(normal(2, 3), 1, axis=1),
        sample(normal(3, 4), (1, -2), axis=(0, 1)),
        sample(normal(3, 4), 1, (0, 1)),
        sample(normal(0), 1),
        sample(normal(5, dtype=np.float32), 7),
    ],
)
def _roll(ct: Any, result: Any, a: Any, shift: Any, axis: Any = None) -> Any:
    if np.ndim(shift) == 0:
        a_bar = np.roll(ct, -shift, axis)
    else:
        a_bar = np.roll(ct, np.negative(shift), axis)
    return (a_bar,)


@adjoint(
    np.rot90,
    samples=lambda: [
        sample(normal(2, 3)),
        sample(normal(2, 3), 2),
        sample(normal(2, 3, 4), -1, (1, 2)),
        sample(normal(2, 3, dtype=np.float32), k=3),
    ],
)
def _rot90(ct: Any, result: Any, m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    return (np.rot90(ct, -k, axes),)
