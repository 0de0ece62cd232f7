"""Functions and classes of packages on PyPI, unmodified: how far real code is differentiated."""

from packages import (
    chemistry,
    crafts,
    estimation,
    heavens,
    modelling,
    shapes,
    sky,
    thermodynamics,
    turns,
    various,
)
from packages.registry import CASES, PackageCase

__all__ = [
    "CASES", "PackageCase", "chemistry", "crafts", "estimation", "heavens", "modelling", "shapes", "sky",
    "thermodynamics", "turns", "various",
]  # fmt: skip
