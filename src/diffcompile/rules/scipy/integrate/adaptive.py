"""Adaptive quadrature: derivatives in the ends, and in what the integrand depends on."""

from __future__ import annotations

from scipy import integrate

from diffcompile.rules.registry import implicit

implicit(integrate.quad, "func", "integral", refused=("full_output", "weight", "complex_func"))
