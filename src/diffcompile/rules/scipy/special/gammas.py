"""Gamma and beta functions, their logarithms and their relatives."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from diffcompile import runtime
from diffcompile.rules.operands import arrays
from diffcompile.rules.registry import adjoint, elementwise, nondifferentiable, sample, unknown
from diffcompile.rules.sampling import normal
from diffcompile.rules.scipy.samples import complex_plane, mixed, together

POSITIVE = (0.4, 4.0)
COUNT = (4.5, 9.0)

# --- one operand ---

elementwise(
    special.gamma,
    lambda y, x: y * special.digamma(x),
    samples=together(arrays(POSITIVE), arrays((-0.9, -0.1)), complex_plane()),
)
elementwise(
    special.gammaln, lambda y, x: special.digamma(x), samples=together(arrays(POSITIVE), arrays((-0.9, -0.1)))
)
elementwise(
    special.loggamma, lambda y, x: special.digamma(x), samples=together(arrays(POSITIVE), complex_plane())
)
elementwise(
    special.rgamma,
    lambda y, x: np.where(
        np.equal(y, 0.0),
        np.cos(np.pi * x) * special.gamma(np.where(np.equal(y, 0.0), 1.0 - x, 1.0)),
        -y * special.digamma(np.where(np.equal(y, 0.0), 1.0, x)),
    ),
    samples=together(arrays(POSITIVE), lambda: [sample(np.array([0.0, -1.0, -2.0, -4.0, -0.5]))]),
)
elementwise(
    special.digamma,
    lambda y, x: special.polygamma(1, x),
    samples=together(mixed(POSITIVE, single=False), mixed((-0.9, -0.1), single=False)),
)
elementwise(
    special.polygamma,
    unknown,
    lambda y, n, x: special.polygamma(n + 1, x),
    samples=mixed([0, 1, 2, 3], POSITIVE, single=False),
)
nondifferentiable(special.gammasgn)

# --- two operands ---

elementwise(
    special.beta,
    lambda y, a, b: y * (special.digamma(a) - special.digamma(a + b)),
    lambda y, a, b: y * (special.digamma(b) - special.digamma(a + b)),
    samples=arrays(POSITIVE, POSITIVE),
)
elementwise(
    special.betaln,
    lambda y, a, b: special.digamma(a) - special.digamma(a + b),
    lambda y, a, b: special.digamma(b) - special.digamma(a + b),
    samples=arrays(POSITIVE, POSITIVE),
)
elementwise(
    special.poch,
    lambda y, z, m: y * (special.digamma(z + m) - special.digamma(z)),
    lambda y, z, m: y * special.digamma(z + m),
    samples=arrays(POSITIVE, POSITIVE),
)
elementwise(
    special.binom,
    lambda y, n, k: y * (special.digamma(n + 1.0) - special.digamma(n - k + 1.0)),
    lambda y, n, k: y * (special.digamma(n - k + 1.0) - special.digamma(k + 1.0)),
    samples=mixed(COUNT, POSITIVE),
)


@adjoint(
    special.multigammaln,
    samples=lambda: [sample(3.5, 2), sample(np.array([2.5, 4.0]), 3), sample(np.array([[1.5]]), 1)],
)
def _multigammaln(ct: Any, y: Any, a: Any, d: Any) -> Any:
    return (ct * np.sum(special.digamma(np.expand_dims(a, -1) - 0.5 * np.arange(d)), -1),)


@adjoint(
    special.zeta,
    samples=lambda: [
        sample(2, 1.5),
        sample(np.array([2, 3]), np.array([[0.5], [1.5]])),
        sample(np.array([3, 2, 4]), 2.0 + np.abs(normal(2, 3))),
    ],
)
def _zeta(ct: Any, y: Any, x: Any, q: Any = None) -> Any:
    q_bar = None
    if q is not None:
        q_bar = runtime.unbroadcast(-ct * x * special.zeta(x + 1.0, q), np.shape(q))
    return None, q_bar
