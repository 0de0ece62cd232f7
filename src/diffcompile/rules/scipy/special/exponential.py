"""Exponential integrals, entropies, powers, losses, and functions in degrees."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from diffcompile import runtime
from diffcompile.rules.operands import arrays
from diffcompile.rules.registry import adjoint, elementwise, nondifferentiable, sample, unknown
from diffcompile.rules.scipy.samples import complex_plane, mixed, together

ANY = (-2.0, 2.0)
POSITIVE = (0.4, 3.0)

# --- integrals ---

elementwise(special.exp1, lambda y, x: -np.exp(-x) / x, samples=together(arrays(POSITIVE), complex_plane()))
elementwise(special.expi, lambda y, x: np.exp(x) / x, samples=together(arrays(POSITIVE), complex_plane()))
elementwise(
    special.expn,
    unknown,
    lambda y, n, x: np.where(
        np.equal(n, 0), -np.exp(-x) * (1.0 / x + 1.0 / (x * x)), -special.expn(np.maximum(n - 1, 0), x)
    ),
    samples=mixed([0, 1, 2, 5], POSITIVE),
)
elementwise(special.exprel, lambda y, x: 0.5 * special.hyp1f1(2.0, 3.0, x), samples=arrays(ANY))
elementwise(
    special.spence,
    lambda y, z: np.where(np.equal(z, 1.0), -1.0, np.log(z) / np.where(np.equal(z, 1.0), 1.0, 1.0 - z)),
    samples=together(mixed(POSITIVE, single=False), lambda: [sample(np.array([1.0, 0.5]))]),
)
elementwise(
    special.lambertw,
    lambda w, z, k=0, tol=1e-8: np.exp(-w) / (1.0 + w),
    None,
    None,
    samples=lambda: [
        sample(np.array([0.5 + 0.25j, 1.5 - 1.0j])),
        sample(0.5 + 0.25j, -1),
    ],
)
elementwise(
    special.wrightomega,
    lambda y, z: y / (1.0 + y),
    samples=together(mixed(ANY, single=False), complex_plane()),
)
elementwise(
    special.wright_bessel,
    unknown,
    unknown,
    lambda y, a, b, x: special.wright_bessel(a, a + b, x),
    samples=mixed([0, 1, 2], [1, 2, 3], POSITIVE, single=False),
)


def _pairs() -> Any:
    return [
        sample(0.7),
        sample(np.array([0.5, 1.5, 2.0])),
        sample(np.array([[0.5]], np.float32)),
        sample(np.zeros((0, 2))),
    ]


@adjoint(special.sici, samples=_pairs)
def _sici(ct: Any, y: Any, x: Any) -> Any:
    safe = np.where(np.equal(x, 0.0), np.inf, x)  # the second integral is not finite at 0
    return (ct[0] * np.sinc(x / math.pi) + ct[1] * np.cos(x) / safe,)


@adjoint(special.shichi, samples=_pairs)
def _shichi(ct: Any, y: Any, x: Any) -> Any:
    safe = np.where(np.equal(x, 0.0), np.inf, x)  # the second integral is not finite at 0
    return (ct[0] * np.real(np.sinc(1j * x / math.pi)) + ct[1] * np.cosh(x) / safe,)


# --- entropies ---

elementwise(
    special.xlogy,
    lambda z, x, y: np.log(y),
    lambda z, x, y: runtime.divide_or_zero(x, np.where(np.equal(x, 0.0), 0.0, y)),
    samples=arrays(POSITIVE, POSITIVE),
)
elementwise(
    special.xlog1py,
    lambda z, x, y: np.log1p(y),
    lambda z, x, y: runtime.divide_or_zero(x, np.where(np.equal(x, 0.0), 0.0, 1.0 + y)),
    samples=arrays(ANY, POSITIVE),
)
elementwise(special.entr, lambda y, x: -1.0 - np.log(x), samples=arrays(POSITIVE))
elementwise(
    special.rel_entr,
    lambda z, x, y: 1.0 + np.log(x / y),
    lambda z, x, y: -x / y,
    samples=arrays(POSITIVE, POSITIVE),
)
elementwise(
    special.kl_div,
    lambda z, x, y: np.log(x / y),
    lambda z, x, y: 1.0 - x / y,
    samples=arrays(POSITIVE, POSITIVE),
)

# --- powers ---

elementwise(special.exp2, lambda y, x: y * math.log(2.0), samples=arrays(ANY))
elementwise(special.exp10, lambda y, x: y * math.log(10.0), samples=arrays(ANY))
elementwise(special.expm1, lambda y, x: y + 1.0, samples=arrays(ANY))
elementwise(special.log1p, lambda y, x: 1.0 / (1.0 + x), samples=arrays(POSITIVE))
elementwise(special.cbrt, lambda y, x: 1.0 / (3.0 * y * y), samples=arrays(POSITIVE))
elementwise(
    special.powm1,
    lambda z, x, y: y * x ** (y - 1.0),
    lambda z, x, y: (z + 1.0) * np.log(x),
    samples=arrays(POSITIVE, ANY),
)
# with u = log(x) a Box-Cox transform is u exprel(lmbda u), which has no removable singularity at lmbda = 0
elementwise(
    special.boxcox,
    lambda y, x, lmbda: x ** (lmbda - 1.0),
    lambda y, x, lmbda: 0.5 * np.log(x) ** 2 * special.hyp1f1(2.0, 3.0, lmbda * np.log(x)),
    samples=arrays(POSITIVE, ANY),
)
elementwise(
    special.boxcox1p,
    lambda y, x, lmbda: (1.0 + x) ** (lmbda - 1.0),
    lambda y, x, lmbda: 0.5 * np.log1p(x) ** 2 * special.hyp1f1(2.0, 3.0, lmbda * np.log1p(x)),
    samples=arrays(POSITIVE, ANY),
)
elementwise(
    special.inv_boxcox,
    lambda z, y, lmbda: z ** (1.0 - lmbda),
    lambda z, y, lmbda: (
        -0.5 * z ** (1.0 - lmbda) * np.log(z) ** 2 * special.hyp1f1(2.0, 3.0, lmbda * np.log(z))
    ),
    samples=arrays(POSITIVE, (0.2, 1.0)),
)
elementwise(
    special.inv_boxcox1p,
    lambda z, y, lmbda: (1.0 + z) ** (1.0 - lmbda),
    lambda z, y, lmbda: (
        -0.5 * (1.0 + z) ** (1.0 - lmbda) * np.log1p(z) ** 2 * special.hyp1f1(2.0, 3.0, lmbda * np.log1p(z))
    ),
    samples=arrays(POSITIVE, (0.2, 1.0)),
)

# --- losses ---

elementwise(
    special.huber,
    lambda y, delta, r: np.maximum(np.abs(r) - delta, 0.0),
    lambda y, delta, r: np.clip(r, -delta, delta),
    samples=mixed((0.5, 1.0), (-3.0, 3.0)),
)
elementwise(
    special.pseudo_huber,
    lambda y, delta, r: 2.0 * y / delta - r * (r / delta) / np.sqrt(1.0 + (r / delta) ** 2),
    lambda y, delta, r: r / np.sqrt(1.0 + (r / delta) ** 2),
    samples=arrays((0.5, 1.0), ANY),
)

# --- trigonometry ---

DEGREE = math.pi / 180.0
elementwise(special.cosm1, lambda y, x: -np.sin(x), samples=arrays(ANY))
elementwise(special.sindg, lambda y, x: DEGREE * special.cosdg(x), samples=arrays((-100.0, 100.0)))
elementwise(special.cosdg, lambda y, x: -DEGREE * special.sindg(x), samples=arrays((-100.0, 100.0)))
elementwise(special.tandg, lambda y, x: DEGREE * (1.0 + y * y), samples=arrays((-70.0, 70.0)))
elementwise(special.cotdg, lambda y, x: -DEGREE * (1.0 + y * y), samples=arrays((20.0, 70.0)))
elementwise(
    special.radian,
    lambda y, d, m, s: DEGREE,
    lambda y, d, m, s: DEGREE / 60.0,
    lambda y, d, m, s: DEGREE / 3600.0,
    samples=mixed(POSITIVE, POSITIVE, POSITIVE),
)
nondifferentiable(special.round)
