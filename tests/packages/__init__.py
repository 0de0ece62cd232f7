"""Functions and classes of packages on PyPI, unmodified: how far real code is differentiated."""

from packages import chemistry, estimation, heavens, modelling, shapes, sky, thermodynamics, turns, various
from packages.registry import CASES, PackageCase

__all__ = [
    "CASES", "PackageCase", "chemistry", "estimation", "heavens", "modelling", "shapes", "sky", "thermodynamics",
    "turns", "various",
]  # fmt: skip
