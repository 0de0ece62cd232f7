"""Integrals, of functions and of samples."""

from diffcompile.rules.scipy.integrate import adaptive, sampled

__all__ = ["adaptive", "sampled"]
