"""Operands on which elementwise rules are tried: ranks, broadcasting, dtypes, empty arrays, Python floats."""

from __future__ import annotations

import numpy as np

from diffcompile.rules.registry import Sample, Samples, sample

Range = tuple[float, float]


def arrays(*ranges: Range) -> Samples:
    """Return samples of arrays, one operand a range, with each way of broadcasting that there is."""
    ways: list[tuple[tuple[int, ...], ...]]
    if len(ranges) == 1:
        ways = [((5,),), ((2, 3),), ((),), ((0, 3),)]
    else:
        ways = [
            ((5,), (5,)),
            ((3, 1), (4,)),
            ((2, 3), ()),
            ((), (4,)),
            ((), ()),
            ((2, 1, 3), (4, 1)),
            ((0, 2), (1, 2)),
        ]

    def build() -> list[Sample]:
        rng = np.random.default_rng(7)
        samples = []
        for shapes in ways:
            operands = [rng.uniform(*bounds, shape) for bounds, shape in zip(ranges, shapes, strict=True)]
            samples.append(sample(*(np.asarray(x) for x in operands)))
        narrow = [rng.uniform(*bounds, 3).astype(np.float32) for bounds in ranges]
        samples.append(sample(*narrow))
        samples.append(sample(*(np.float32(x[0]) for x in narrow)))
        if len(ranges) > 1:
            samples.append(sample(narrow[0], *(float(x[1]) for x in narrow[1:])))
        return [*samples, *floats(*ranges)()]

    return build


def floats(*ranges: Range) -> Samples:
    """Return samples of Python floats, one operand a range."""

    def build() -> list[Sample]:
        rng = np.random.default_rng(8)
        return [sample(*(float(rng.uniform(*bounds)) for bounds in ranges)) for _ in range(3)]

    return build
