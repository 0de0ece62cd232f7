"""Bessel, Struve, Kelvin and Airy functions and integrals of them; derivatives in the argument, not in the order."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from diffcompile import runtime, runtime_scipy
from diffcompile.rules.operands import arrays
from diffcompile.rules.registry import adjoint, elementwise, sample, unknown
from diffcompile.rules.scipy.samples import complex_plane, mixed, together

ANY = (-6.0, 6.0)
POSITIVE = (0.4, 6.0)
ORDERS = [0, 1, 2, 5]

# --- of order 0 and 1 ---

elementwise(special.j0, lambda y, x: -special.j1(x), samples=arrays(ANY))
elementwise(special.j1, lambda y, x: 0.5 * (special.j0(x) - special.jv(2.0, x)), samples=arrays(ANY))
elementwise(special.y0, lambda y, x: -special.y1(x), samples=arrays(POSITIVE))
elementwise(special.y1, lambda y, x: 0.5 * (special.y0(x) - special.yv(2.0, x)), samples=arrays(POSITIVE))
elementwise(special.i0, lambda y, x: special.i1(x), samples=arrays(ANY))
elementwise(special.i1, lambda y, x: 0.5 * (special.i0(x) + special.iv(2.0, x)), samples=arrays(ANY))
elementwise(special.k0, lambda y, x: -special.k1(x), samples=arrays(POSITIVE))
elementwise(special.k1, lambda y, x: -0.5 * (special.k0(x) + special.kv(2.0, x)), samples=arrays(POSITIVE))
elementwise(special.i0e, lambda y, x: special.i1e(x) - np.sign(x) * y, samples=arrays(ANY))
elementwise(
    special.i1e,
    lambda y, x: 0.5 * (special.i0e(x) + special.ive(2.0, x)) - np.sign(x) * y,
    samples=arrays(ANY),
)
elementwise(special.k0e, lambda y, x: y - special.k1e(x), samples=arrays(POSITIVE))
elementwise(
    special.k1e, lambda y, x: y - 0.5 * (special.k0e(x) + special.kve(2.0, x)), samples=arrays(POSITIVE)
)

# --- of any order: DLMF 10.6.1, 10.29.1 ---

for cylinder in (special.jv, special.jn):
    elementwise(
        cylinder,
        unknown,
        lambda y, v, z: 0.5 * (special.jv(v - 1.0, z) - special.jv(v + 1.0, z)),
        samples=together(mixed(ORDERS, POSITIVE), complex_plane(1.5)),
    )
for cylinder in (special.yv, special.yn):
    elementwise(
        cylinder,
        unknown,
        lambda y, v, z: 0.5 * (special.yv(v - 1.0, z) - special.yv(v + 1.0, z)),
        samples=mixed(ORDERS, POSITIVE),
    )
elementwise(
    special.iv,
    unknown,
    lambda y, v, z: 0.5 * (special.iv(v - 1.0, z) + special.iv(v + 1.0, z)),
    samples=together(mixed(ORDERS, POSITIVE), complex_plane(1.5)),
)
for cylinder in (special.kv, special.kn):
    elementwise(
        cylinder,
        unknown,
        lambda y, v, z: -0.5 * (special.kv(v - 1.0, z) + special.kv(v + 1.0, z)),
        samples=mixed(ORDERS, POSITIVE),
    )
elementwise(
    special.kve,
    unknown,
    lambda y, v, z: y - 0.5 * (special.kve(v - 1.0, z) + special.kve(v + 1.0, z)),
    samples=together(mixed(ORDERS, POSITIVE), complex_plane(1.5)),
)
elementwise(
    special.hankel1,
    unknown,
    lambda y, v, z: 0.5 * (special.hankel1(v - 1.0, z) - special.hankel1(v + 1.0, z)),
    samples=complex_plane(1.5),
)
elementwise(
    special.hankel2,
    unknown,
    lambda y, v, z: 0.5 * (special.hankel2(v - 1.0, z) - special.hankel2(v + 1.0, z)),
    samples=complex_plane(1.5),
)
elementwise(
    special.hankel1e,
    unknown,
    lambda y, v, z: 0.5 * (special.hankel1e(v - 1.0, z) - special.hankel1e(v + 1.0, z)) - 1j * y,
    samples=complex_plane(1.5),
)
elementwise(
    special.hankel2e,
    unknown,
    lambda y, v, z: 0.5 * (special.hankel2e(v - 1.0, z) - special.hankel2e(v + 1.0, z)) + 1j * y,
    samples=complex_plane(1.5),
)
# scaled by the modulus of an exponential, these are no analytic functions of a complex number
elementwise(
    special.jve,
    unknown,
    lambda y, v, z: 0.5 * (special.jve(v - 1.0, runtime_scipy.real_number(z)) - special.jve(v + 1.0, z)),
    samples=mixed(ORDERS, POSITIVE),
)
elementwise(
    special.yve,
    unknown,
    lambda y, v, z: 0.5 * (special.yve(v - 1.0, runtime_scipy.real_number(z)) - special.yve(v + 1.0, z)),
    samples=mixed(ORDERS, POSITIVE),
)
elementwise(
    special.ive,
    unknown,
    lambda y, v, z: (
        0.5 * (special.ive(v - 1.0, z) + special.ive(v + 1.0, z)) - np.sign(runtime_scipy.real_number(z)) * y
    ),
    samples=mixed(ORDERS, POSITIVE),
)
elementwise(
    special.jvp,
    unknown,
    lambda y, v, z, n=1: special.jvp(v, z, n + 1),
    None,
    samples=lambda: [sample(2, np.array([0.5, 2.5]), 1), sample(1.5, 2.5, 0)],
)
elementwise(
    special.yvp,
    unknown,
    lambda y, v, z, n=1: special.yvp(v, z, n + 1),
    None,
    samples=lambda: [sample(2, np.array([0.5, 2.5]), 1), sample(1.5, 2.5, 0)],
)
elementwise(
    special.ivp,
    unknown,
    lambda y, v, z, n=1: special.ivp(v, z, n + 1),
    None,
    samples=lambda: [sample(2, np.array([0.5, 2.5]), 1), sample(1.5, 2.5, 0)],
)
elementwise(
    special.kvp,
    unknown,
    lambda y, v, z, n=1: special.kvp(v, z, n + 1),
    None,
    samples=lambda: [sample(2, np.array([0.5, 2.5]), 1), sample(1.5, 2.5, 0)],
)

# --- spherical: from the differential equation, DLMF 10.47.1 and 10.47.2 ---


def _spherical_samples() -> Any:
    x = np.array([0.5, 2.5])
    return [sample(2, x), sample(np.array([[0], [1]]), x), sample(1, x, True), sample(3, 1.5)]


@adjoint(special.spherical_jn, samples=_spherical_samples)
def _spherical_jn(ct: Any, y: Any, n: Any, z: Any, derivative: bool = False) -> Any:
    if derivative:
        lower = np.maximum(n - 1, 0)
        falling = n * special.spherical_jn(lower, z, True) - (n + 1.0) * special.spherical_jn(n + 1, z, True)
        slope = falling / (2.0 * n + 1.0)
    else:
        slope = special.spherical_jn(n, z, True)
    return None, runtime.unbroadcast(ct * slope, np.shape(z))


@adjoint(special.spherical_yn, samples=_spherical_samples)
def _spherical_yn(ct: Any, y: Any, n: Any, z: Any, derivative: bool = False) -> Any:
    if derivative:
        slope = (n * (n + 1.0) / (z * z) - 1.0) * special.spherical_yn(n, z) - 2.0 * y / z
    else:
        slope = special.spherical_yn(n, z, True)
    return None, runtime.unbroadcast(ct * slope, np.shape(z))


@adjoint(special.spherical_in, samples=_spherical_samples)
def _spherical_in(ct: Any, y: Any, n: Any, z: Any, derivative: bool = False) -> Any:
    if derivative:
        slope = (n * (n + 1.0) / (z * z) + 1.0) * special.spherical_in(n, z) - 2.0 * y / z
    else:
        slope = special.spherical_in(n, z, True)
    return None, runtime.unbroadcast(ct * slope, np.shape(z))


@adjoint(special.spherical_kn, samples=_spherical_samples)
def _spherical_kn(ct: Any, y: Any, n: Any, z: Any, derivative: bool = False) -> Any:
    if derivative:
        slope = (n * (n + 1.0) / (z * z) + 1.0) * special.spherical_kn(n, z) - 2.0 * y / z
    else:
        slope = special.spherical_kn(n, z, True)
    return None, runtime.unbroadcast(ct * slope, np.shape(z))


# --- Struve: DLMF 11.4.27 and 11.4.29 ---

elementwise(
    special.struve,
    unknown,
    lambda y, v, x: (
        0.5
        * (
            special.struve(v - 1.0, x)
            - special.struve(v + 1.0, x)
            + (0.5 * x) ** v * special.rgamma(v + 1.5) * 0.5641895835477563
        )
    ),
    samples=mixed(ORDERS, POSITIVE),
)
elementwise(
    special.modstruve,
    unknown,
    lambda y, v, x: (
        0.5
        * (
            special.modstruve(v - 1.0, x)
            + special.modstruve(v + 1.0, x)
            + (0.5 * x) ** v * special.rgamma(v + 1.5) * 0.5641895835477563
        )
    ),
    samples=mixed(ORDERS, POSITIVE),
)

# --- Kelvin: DLMF 10.63 ---

elementwise(special.ber, lambda y, x: special.berp(x), samples=arrays(POSITIVE))
elementwise(special.bei, lambda y, x: special.beip(x), samples=arrays(POSITIVE))
elementwise(special.ker, lambda y, x: special.kerp(x), samples=arrays(POSITIVE))
elementwise(special.kei, lambda y, x: special.keip(x), samples=arrays(POSITIVE))
elementwise(special.berp, lambda y, x: -special.bei(x) - y / x, samples=arrays(POSITIVE))
elementwise(special.beip, lambda y, x: special.ber(x) - y / x, samples=arrays(POSITIVE))
elementwise(special.kerp, lambda y, x: -special.kei(x) - y / x, samples=arrays(POSITIVE))
elementwise(special.keip, lambda y, x: special.ker(x) - y / x, samples=arrays(POSITIVE))

# --- pairs and quadruples ---


def _pairs() -> Any:
    return [sample(0.7), sample(np.array([[0.5, 1.5, 2.0]])), sample(np.array([0.5], np.float32))]


@adjoint(special.airy, samples=lambda: [*_pairs(), sample(np.array([-2.5, 0.0])), *complex_plane()()])
def _airy(ct: Any, y: Any, z: Any) -> Any:
    return (ct[0] * y[1] + ct[1] * z * y[0] + ct[2] * y[3] + ct[3] * z * y[2],)


@adjoint(special.itairy, samples=lambda: [sample(0.7), sample(np.array([[0.2, -0.5]]))])
def _itairy(ct: Any, y: Any, x: Any) -> Any:
    right = special.airy(x)
    left = special.airy(-x)
    return (ct[0] * right[0] + ct[1] * right[2] + ct[2] * left[0] + ct[3] * left[2],)


@adjoint(special.itj0y0, samples=_pairs)
def _itj0y0(ct: Any, y: Any, x: Any) -> Any:
    return (ct[0] * special.j0(x) + ct[1] * special.y0(x),)


@adjoint(special.iti0k0, samples=_pairs)
def _iti0k0(ct: Any, y: Any, x: Any) -> Any:
    return (ct[0] * special.i0(x) + ct[1] * special.k0(x),)


@adjoint(special.it2j0y0, samples=_pairs)
def _it2j0y0(ct: Any, y: Any, x: Any) -> Any:
    return ((ct[0] * (1.0 - special.j0(x)) - ct[1] * special.y0(x)) / x,)


@adjoint(special.it2i0k0, samples=_pairs)
def _it2i0k0(ct: Any, y: Any, x: Any) -> Any:
    return ((ct[0] * (special.i0(x) - 1.0) - ct[1] * special.k0(x)) / x,)


elementwise(special.itstruve0, lambda y, x: special.struve(0.0, x), samples=mixed(POSITIVE, single=False))
elementwise(
    special.it2struve0, lambda y, x: -special.struve(0.0, x) / x, samples=mixed(POSITIVE, single=False)
)
elementwise(
    special.itmodstruve0, lambda y, x: special.modstruve(0.0, x), samples=mixed(POSITIVE, single=False)
)
