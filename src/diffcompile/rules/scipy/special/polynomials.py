"""Hypergeometric functions and orthogonal polynomials: derivatives in the argument, DLMF 13.3, 15.5, 18.9."""

from __future__ import annotations

import numpy as np
from scipy import special

from diffcompile.rules.registry import elementwise, unknown
from diffcompile.rules.scipy.samples import complex_plane, mixed, together

UNIT = (-0.9, 0.9)
INSIDE = (0.1, 0.9)
POSITIVE = (0.4, 3.0)
DEGREES = [0, 1, 2, 5]

elementwise(
    special.hyp0f1,
    unknown,
    lambda y, v, z: special.hyp0f1(v + 1.0, z) / v,
    samples=together(mixed(POSITIVE, POSITIVE), complex_plane(1.5)),
)
elementwise(
    special.hyp1f1,
    unknown,
    unknown,
    lambda y, a, b, x: a / b * special.hyp1f1(a + 1.0, b + 1.0, x),
    samples=together(mixed(POSITIVE, POSITIVE, POSITIVE), complex_plane(1.5, 0.75)),
)
elementwise(
    special.hyp2f1,
    unknown,
    unknown,
    unknown,
    lambda y, a, b, c, z: a * b / c * special.hyp2f1(a + 1.0, b + 1.0, c + 1.0, z),
    samples=together(
        mixed(POSITIVE, POSITIVE, POSITIVE, (-0.7, 0.7)), complex_plane(1.5, 0.75, 2.5, radius=0.4)
    ),
)
elementwise(
    special.hyperu,
    unknown,
    unknown,
    lambda y, a, b, x: -a * special.hyperu(a + 1.0, b + 1.0, x),
    samples=mixed(POSITIVE, POSITIVE, POSITIVE),
)

# --- orthogonal polynomials; of degree 0 they are constant ---

elementwise(
    special.eval_jacobi,
    unknown,
    unknown,
    unknown,
    lambda y, n, a, b, x: np.where(
        np.equal(n, 0),
        0.0,
        0.5 * (n + a + b + 1.0) * special.eval_jacobi(np.maximum(n - 1, 0), a + 1.0, b + 1.0, x),
    ),
    samples=mixed(DEGREES, POSITIVE, POSITIVE, UNIT, single=False),
)
elementwise(
    special.eval_sh_jacobi,
    unknown,
    unknown,
    unknown,
    lambda y, n, p, q, x: n * special.eval_sh_jacobi(np.maximum(n - 1, 0), p + 2.0, q + 1.0, x),
    samples=mixed(DEGREES, (3.0, 4.0), POSITIVE, INSIDE, single=False),
)
elementwise(
    special.eval_gegenbauer,
    unknown,
    unknown,
    lambda y, n, alpha, x: np.where(
        np.equal(n, 0), 0.0, 2.0 * alpha * special.eval_gegenbauer(np.maximum(n - 1, 0), alpha + 1.0, x)
    ),
    samples=mixed(DEGREES, POSITIVE, UNIT, single=False),
)
elementwise(
    special.eval_legendre,
    unknown,
    lambda y, n, x: np.where(
        np.equal(n, 0), 0.0, 0.5 * (n + 1.0) * special.eval_jacobi(np.maximum(n - 1, 0), 1.0, 1.0, x)
    ),
    samples=mixed(DEGREES, UNIT, single=False),
)
elementwise(
    special.eval_sh_legendre,
    unknown,
    lambda y, n, x: np.where(
        np.equal(n, 0), 0.0, (n + 1.0) * special.eval_jacobi(np.maximum(n - 1, 0), 1.0, 1.0, 2.0 * x - 1.0)
    ),
    samples=mixed(DEGREES, INSIDE, single=False),
)
elementwise(
    special.eval_chebyt,
    unknown,
    lambda y, n, x: n * special.eval_chebyu(np.maximum(n - 1, 0), x),
    samples=mixed(DEGREES, UNIT, single=False),
)
elementwise(
    special.eval_chebyu,
    unknown,
    lambda y, n, x: np.where(
        np.equal(n, 0), 0.0, 2.0 * special.eval_gegenbauer(np.maximum(n - 1, 0), 2.0, x)
    ),
    samples=mixed(DEGREES, UNIT, single=False),
)
elementwise(
    special.eval_sh_chebyt,
    unknown,
    lambda y, n, x: 2.0 * n * special.eval_chebyu(np.maximum(n - 1, 0), 2.0 * x - 1.0),
    samples=mixed(DEGREES, INSIDE, single=False),
)
elementwise(
    special.eval_sh_chebyu,
    unknown,
    lambda y, n, x: np.where(
        np.equal(n, 0), 0.0, 4.0 * special.eval_gegenbauer(np.maximum(n - 1, 0), 2.0, 2.0 * x - 1.0)
    ),
    samples=mixed(DEGREES, INSIDE, single=False),
)
elementwise(
    special.eval_chebyc,
    unknown,
    lambda y, n, x: n * special.eval_chebyu(np.maximum(n - 1, 0), 0.5 * x),
    samples=mixed(DEGREES, UNIT, single=False),
)
elementwise(
    special.eval_chebys,
    unknown,
    lambda y, n, x: np.where(
        np.equal(n, 0), 0.0, special.eval_gegenbauer(np.maximum(n - 1, 0), 2.0, 0.5 * x)
    ),
    samples=mixed(DEGREES, UNIT, single=False),
)
elementwise(
    special.eval_genlaguerre,
    unknown,
    unknown,
    lambda y, n, alpha, x: np.where(
        np.equal(n, 0), 0.0, -special.eval_genlaguerre(np.maximum(n - 1, 0), alpha + 1.0, x)
    ),
    samples=mixed(DEGREES, POSITIVE, POSITIVE, single=False),
)
elementwise(
    special.eval_laguerre,
    unknown,
    lambda y, n, x: np.where(np.equal(n, 0), 0.0, -special.eval_genlaguerre(np.maximum(n - 1, 0), 1.0, x)),
    samples=mixed(DEGREES, POSITIVE, single=False),
)
elementwise(
    special.eval_hermite,
    unknown,
    lambda y, n, x: 2.0 * n * special.eval_hermite(np.maximum(n - 1, 0), x),
    samples=mixed(DEGREES, POSITIVE, single=False),
)
elementwise(
    special.eval_hermitenorm,
    unknown,
    lambda y, n, x: n * special.eval_hermitenorm(np.maximum(n - 1, 0), x),
    samples=mixed(DEGREES, POSITIVE, single=False),
)
