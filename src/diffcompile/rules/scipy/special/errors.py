"""The error function, the normal distribution and the logistic function."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from diffcompile.rules.operands import arrays
from diffcompile.rules.registry import adjoint, elementwise, sample
from diffcompile.rules.scipy.samples import complex_plane, mixed, together

ANY = (-2.0, 2.0)
UNIT = (0.1, 0.9)
POSITIVE = (0.4, 3.0)
SLOPE = 2.0 / math.sqrt(math.pi)
"""The slope of the error function at 0."""

elementwise(special.erf, lambda y, x: SLOPE * np.exp(-x * x), samples=together(arrays(ANY), complex_plane()))
elementwise(
    special.erfc, lambda y, x: -SLOPE * np.exp(-x * x), samples=together(arrays(ANY), complex_plane())
)
elementwise(special.erfcx, lambda y, x: 2.0 * x * y - SLOPE, samples=together(arrays(ANY), complex_plane()))
elementwise(special.erfi, lambda y, x: SLOPE * np.exp(x * x), samples=together(arrays(ANY), complex_plane()))
elementwise(special.erfinv, lambda x, y: np.exp(x * x) / SLOPE, samples=arrays((-0.9, 0.9)))
elementwise(special.erfcinv, lambda x, y: -np.exp(x * x) / SLOPE, samples=arrays((0.1, 1.9)))
elementwise(special.dawsn, lambda y, x: 1.0 - 2.0 * x * y, samples=together(arrays(ANY), complex_plane()))
elementwise(special.wofz, lambda y, z: 1j * SLOPE - 2.0 * z * y, samples=complex_plane())

NORMAL = 1.0 / math.sqrt(2.0 * math.pi)
ROOT = math.sqrt(2.0)

elementwise(special.ndtr, lambda y, x: NORMAL * np.exp(-0.5 * x * x), samples=arrays(ANY))
# the density divided by the probability, without a quotient of two numbers that both underflow
elementwise(
    special.log_ndtr,
    lambda y, x: math.sqrt(2.0 / math.pi) / special.erfcx(-x / ROOT),
    samples=together(arrays(ANY), arrays((-60.0, -20.0))),
)
elementwise(special.ndtri, lambda x, p: np.exp(0.5 * x * x) / NORMAL, samples=arrays(UNIT))
elementwise(
    special.ndtri_exp,
    lambda x, y: np.exp(y + 0.5 * x * x) / NORMAL,
    samples=mixed((-5.0, -0.2), single=False),
)

elementwise(special.expit, lambda y, x: y * (1.0 - y), samples=arrays(ANY))
elementwise(special.logit, lambda y, x: 1.0 / (x * (1.0 - x)), samples=arrays(UNIT))
elementwise(special.log_expit, lambda y, x: special.expit(-x), samples=arrays((-9.0, 9.0)))
if hasattr(special, "softplus"):
    elementwise(special.softplus, lambda y, x: special.expit(x), samples=arrays((-9.0, 9.0)))

# Owen, Tables for computing bivariate normal probabilities, 1956
elementwise(
    special.owens_t,
    lambda y, h, a: -np.exp(-0.5 * h * h) * special.erf(a * h / ROOT) * (0.5 * NORMAL),
    lambda y, h, a: np.exp(-0.5 * h * h * (1.0 + a * a)) / (2.0 * math.pi * (1.0 + a * a)),
    samples=arrays(ANY, ANY),
)


def _profile(x: Any, sigma: Any, gamma: Any) -> Any:
    """Return the argument of the Faddeeva function in a Voigt profile, and the derivative of the function there."""
    z = (x + 1j * gamma) / (sigma * ROOT)
    return z, 1j * SLOPE - 2.0 * z * special.wofz(z)


def _voigt_x(x: Any, sigma: Any, gamma: Any) -> Any:
    _, slope = _profile(x, sigma, gamma)
    return np.real(slope) * (NORMAL / ROOT) / (sigma * sigma)


def _voigt_sigma(y: Any, x: Any, sigma: Any, gamma: Any) -> Any:
    z, slope = _profile(x, sigma, gamma)
    return -(y + np.real(slope * z) * NORMAL / sigma) / sigma


def _voigt_gamma(x: Any, sigma: Any, gamma: Any) -> Any:
    _, slope = _profile(x, sigma, gamma)
    return -np.imag(slope) * (NORMAL / ROOT) / (sigma * sigma)


elementwise(
    special.voigt_profile,
    lambda y, x, sigma, gamma: _voigt_x(x, sigma, gamma),
    _voigt_sigma,
    lambda y, x, sigma, gamma: _voigt_gamma(x, sigma, gamma),
    samples=mixed(ANY, POSITIVE, POSITIVE, single=False),
)


@adjoint(
    special.fresnel,
    samples=lambda: [sample(0.7), sample(np.array([-1.5, 0.0, 2.0])), sample(np.array([[0.5]], np.float32))],
)
def _fresnel(ct: Any, y: Any, z: Any) -> Any:
    angle = (0.5 * math.pi) * z * z
    return (ct[0] * np.sin(angle) + ct[1] * np.cos(angle),)
