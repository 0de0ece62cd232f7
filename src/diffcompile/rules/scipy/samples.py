"""Operands on which rules of SciPy are tried."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.rules.registry import Sample, Samples, sample

Operand = tuple[float, float] | list[int]
"""An interval to draw floating-point numbers from, or a list of whole numbers to choose from."""


def mixed(*operands: Operand, single: bool = True) -> Samples:
    """Return samples of operands that are floating-point numbers or whole numbers, with their ways to broadcast.

    ``single`` adds float32, for functions that compute in it.
    """
    shapes: list[tuple[tuple[int, ...], ...]] = [
        tuple((4,) for _ in operands),
        tuple((2, 1) if number % 2 else (3,) for number, _ in enumerate(operands)),
        tuple((2, 3) if number == len(operands) - 1 else () for number, _ in enumerate(operands)),
        tuple(() for _ in operands),
        tuple((0, 2) for _ in operands),
    ]

    def draw(rng: np.random.Generator, operand: Operand, shape: tuple[int, ...]) -> Any:
        if isinstance(operand, list):
            return rng.choice(operand, shape) if shape else int(rng.choice(operand))
        return np.asarray(rng.uniform(*operand, shape))

    def build() -> list[Sample]:
        rng = np.random.default_rng(11)
        cases = [sample(*map(draw, [rng] * len(operands), operands, way)) for way in shapes]
        if single:
            narrow = [draw(rng, operand, (3,)) for operand in operands]
            cases.append(sample(*(x if x.dtype.kind == "i" else x.astype(np.float32) for x in narrow)))
        scalars = [draw(rng, operand, ()) for operand in operands]
        cases.append(sample(*(x if isinstance(x, int) else float(x) for x in scalars)))
        return cases

    return build


def complex_plane(*fixed: Any, radius: float = 1.0) -> Samples:
    """Return a sample whose last operand is complex."""

    def build() -> list[Sample]:
        rng = np.random.default_rng(12)
        return [
            sample(*fixed, radius * (rng.uniform(0.3, 1.5, (2, 3)) + 1j * rng.uniform(-1.0, 1.0, (2, 3))))
        ]

    return build


def together(*parts: Samples) -> Samples:
    """Return the samples of all parts."""
    return lambda: [case for part in parts for case in part()]
