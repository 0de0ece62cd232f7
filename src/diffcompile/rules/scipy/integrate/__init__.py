"""Integrals: of sampled functions."""

from diffcompile.rules.scipy.integrate import sampled

__all__ = ["sampled"]
