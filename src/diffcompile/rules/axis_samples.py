"""Sample arguments of functions that run along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.rules.registry import Sample, Samples, sample
from diffcompile.rules.sampling import normal


def over_axes(*, initial: bool = False, where: bool = True, **extra: Any) -> Samples:
    """Return samples of a reduction over no, one, negative and several axes, kept and dropped."""

    def build() -> list[Sample]:
        x, cube = normal(3, 4), normal(2, 3, 4)
        samples = [
            sample(x, **extra),
            sample(normal(5), axis=0, **extra),
            sample(x, axis=-1, **extra),
            sample(x, 0, **extra),
            sample(x, axis=0, keepdims=True, **extra),
            sample(x, keepdims=True, **extra),
            sample(cube, axis=(0, -1), **extra),
            sample(cube, axis=(2, 1), keepdims=True, **extra),
            sample(normal(), **extra) if not extra else sample(normal(3), **extra),
            sample(normal(0, 3), axis=1, **extra),
            sample(normal(3, 4, dtype=np.float32), axis=1, **extra),
            sample(normal(4, dtype=np.float32), **extra),
        ]
        if where:
            mask = np.array([[True, False, True, True], [False, True, True, False], [True, True, True, True]])
            start = {"initial": 0.0} if initial else {}
            samples += [
                sample(x, where=mask, **start, **extra),
                sample(x, axis=1, where=mask, keepdims=True, **start, **extra),
                sample(cube, axis=(0, 2), where=mask[0], **start, **extra),
            ]
        if initial:
            samples += [sample(x, axis=0, initial=0.5), sample(x, initial=0.75, keepdims=True)]
        return samples

    return build


def with_nan() -> list[Sample]:
    """Return samples of a reduction that skips nan."""
    x = normal(3, 4)
    x[0, 1] = x[2, 3] = np.nan
    return [sample(x), sample(x, axis=0), sample(x, axis=(0, 1)), sample(x.astype(np.float32), axis=1)]


def with_zeros() -> list[Sample]:
    """Return samples of a product with factors that are 0."""
    x = normal(4, 5)
    x[0, 1] = x[2, 1] = x[1, 3] = x[3, 3] = x[3, 4] = 0.0
    return [sample(x), sample(x, axis=0), sample(x, axis=1, keepdims=True), sample(x[2]), sample(x[3])]


def ufunc_samples() -> list[Sample]:
    """Return samples of a method of a ufunc that runs along an axis."""
    return [
        sample(normal(5)),
        sample(normal(3, 4)),
        sample(normal(3, 4), axis=1),
        sample(normal(2, 3, 4), -1),
        sample(normal(3, 4, dtype=np.float32)),
    ]
