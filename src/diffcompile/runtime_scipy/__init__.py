"""Helpers of generated code that calls SciPy: a leaf, imported only by code whose program uses SciPy."""

from diffcompile.runtime_scipy.incomplete import betainc_slope_a, betainc_slope_b, gammainc_slope
from diffcompile.runtime_scipy.numbers import real_number

__all__ = ["betainc_slope_a", "betainc_slope_b", "gammainc_slope", "real_number"]
