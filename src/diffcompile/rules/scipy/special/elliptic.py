"""Elliptic integrals and functions.

The derivatives in the parameter are written with Legendre's ``D = (F - E) / m``, a symmetric integral of Carlson's
(DLMF 19.25.13), so that nothing cancels and ``m = 0`` is no special case.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from diffcompile import runtime
from diffcompile.rules.operands import arrays
from diffcompile.rules.registry import adjoint, elementwise, sample
from diffcompile.rules.scipy.samples import mixed

PARAMETER = (-0.5, 0.9)
ANGLE = (-4.0, 4.0)
POSITIVE = (0.4, 3.0)


def _complete_d(m: Any) -> Any:
    return special.elliprd(0.0, 1.0 - m, 1.0) / 3.0


def _incomplete_d(phi: Any, m: Any) -> Any:
    turns = np.round(phi / math.pi)
    rest = phi - turns * math.pi
    s = np.sin(rest)
    return (
        2.0 * turns * _complete_d(m) + s**3 * special.elliprd(np.cos(rest) ** 2, 1.0 - m * s * s, 1.0) / 3.0
    )


def _first_kind_slope(f: Any, phi: Any, m: Any) -> Any:
    """Return the derivative of ``F(phi, m)`` with respect to ``m``: DLMF 19.4.3 with D."""
    s = np.sin(phi)
    root = np.sqrt(1.0 - m * s * s)
    return (f - _incomplete_d(phi, m) - s * np.cos(phi) / root) / (2.0 * (1.0 - m))


elementwise(special.ellipk, lambda k, m: (k - _complete_d(m)) / (2.0 * (1.0 - m)), samples=arrays(PARAMETER))
elementwise(
    special.ellipkm1,
    lambda k, p: -(k - special.elliprd(0.0, p, 1.0) / 3.0) / (2.0 * p),
    samples=arrays((0.1, 1.5)),
)
elementwise(special.ellipe, lambda e, m: -0.5 * _complete_d(m), samples=arrays(PARAMETER))
elementwise(
    special.ellipkinc,
    lambda f, phi, m: 1.0 / np.sqrt(1.0 - m * np.sin(phi) ** 2),
    _first_kind_slope,
    samples=arrays(ANGLE, PARAMETER),
)
elementwise(
    special.ellipeinc,
    lambda e, phi, m: np.sqrt(1.0 - m * np.sin(phi) ** 2),
    lambda e, phi, m: -0.5 * _incomplete_d(phi, m),
    samples=arrays(ANGLE, PARAMETER),
)
elementwise(
    special.elliprf,
    lambda r, x, y, z: special.elliprd(y, z, x) / -6.0,
    lambda r, x, y, z: special.elliprd(x, z, y) / -6.0,
    lambda r, x, y, z: special.elliprd(x, y, z) / -6.0,
    samples=mixed(POSITIVE, POSITIVE, POSITIVE),
)


def _slope(r: Any, x: Any, y: Any, z: Any) -> Any:
    """Return the derivative of ``elliprd(x, y, z)`` with respect to ``x``, from partial fractions of its integrand."""
    return 0.5 * (r - special.elliprd(y, z, x)) / (z - x)


# the last by Euler's theorem: the function is homogeneous of degree -3/2
elementwise(
    special.elliprd,
    _slope,
    lambda r, x, y, z: _slope(r, y, x, z),
    lambda r, x, y, z: -(1.5 * r + x * _slope(r, x, y, z) + y * _slope(r, y, x, z)) / z,
    samples=lambda: [
        sample(0.5, 1.5, 2.5),
        sample(np.array([0.5, 0.25]), np.array([[1.5], [3.0]]), 2.0),
        sample(np.array([0.5, 0.25]), 1.0, np.array([2.0, 0.75])),
    ],
)


def _ellipj_samples() -> Any:
    u = np.array([0.5, -1.5, 2.5, 7.0])
    return [sample(u, 0.7), sample(u, np.array([[0.1], [0.9]])), sample(1.5, 0.25)]


@adjoint(special.ellipj, samples=_ellipj_samples)
def _ellipj(ct: Any, result: Any, u: Any, m: Any) -> Any:
    sn, cn, dn, ph = result
    of_angle = ct[0] * cn - ct[1] * sn - ct[2] * m * sn * cn / dn + ct[3]
    of_parameter = -dn * _first_kind_slope(u, ph, m)
    u_bar = of_angle * dn
    m_bar = of_angle * of_parameter - 0.5 * ct[2] * sn * sn / dn
    return runtime.unbroadcast(u_bar, np.shape(u)), runtime.unbroadcast(m_bar, np.shape(m))
