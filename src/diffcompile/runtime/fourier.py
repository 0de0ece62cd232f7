"""Sizes and weights of discrete Fourier transforms."""

from __future__ import annotations

from typing import Any

import numpy as np


def cut_or_pad(x: Any, shape: tuple[int, ...]) -> Any:
    """Return ``x`` cut or padded with zeros at the end of each axis, so that it has ``shape``."""
    if np.shape(x) == tuple(shape):
        return x
    x = x[tuple(slice(size) for size in shape)]
    return np.pad(x, [(0, size - have) for size, have in zip(shape, np.shape(x), strict=True)])


def transform_sizes(shape: tuple[int, ...], s: Any, axes: Any) -> tuple[int, ...]:
    """Return the lengths along ``axes`` to which an n-dimensional transform cuts or pads an array of ``shape``."""
    if s is None:
        return tuple(shape[axis] for axis in (range(len(shape)) if axes is None else axes))
    axes = range(len(shape) - len(s), len(shape)) if axes is None else axes
    if len({axis % len(shape) for axis in axes}) < len(axes):
        raise NotImplementedError("transforms of several sizes along the same axis have no derivative here")
    return tuple(shape[axis] if size == -1 else size for size, axis in zip(s, axes, strict=True))


def double_inner(x: Any, n: int, axis: int) -> Any:
    """Double what stands for two frequencies of a real signal of length ``n``: all but the first and, if ``n`` is
    even, the last entry along ``axis``."""
    twice = np.full(n // 2 + 1, 2.0, np.real(x).dtype)
    twice[0] = 1.0
    if n % 2 == 0:
        twice[-1] = 1.0
    shape = [1] * np.ndim(x)
    shape[axis] = twice.size
    return x * np.reshape(twice, shape)


def opposite_norm(norm: Any) -> Any:
    """Return the normalisation of an inverse transform in the words of the transform."""
    return {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}[norm]
