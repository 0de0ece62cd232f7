"""Special functions. The formulas are those of the NIST Digital Library of Mathematical Functions (DLMF)."""

from diffcompile.rules.scipy.special import (
    bessel,
    distributions,
    elliptic,
    errors,
    exponential,
    gammas,
    polynomials,
    softmax,
)

__all__ = [
    "bessel",
    "distributions",
    "elliptic",
    "errors",
    "exponential",
    "gammas",
    "polynomials",
    "softmax",
]
