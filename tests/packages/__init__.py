"""Functions and classes of packages on PyPI, unmodified: how far real code is differentiated."""

from packages import estimation, shapes, sky, thermodynamics
from packages.registry import CASES, PackageCase

__all__ = ["CASES", "PackageCase", "estimation", "shapes", "sky", "thermodynamics"]
