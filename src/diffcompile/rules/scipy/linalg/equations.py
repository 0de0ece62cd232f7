"""Matrix equations: the cotangent of the right side solves the transposed equation."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg

from diffcompile import runtime_scipy
from diffcompile.rules.registry import adjoint, sample
from diffcompile.rules.sampling import normal, well_conditioned


@adjoint(
    linalg.solve_sylvester,
    samples=lambda: [sample(well_conditioned(3, 3), well_conditioned(2, 2), normal(3, 2))],
)
def _solve_sylvester(ct: Any, x: Any, a: Any, b: Any, q: Any) -> Any:
    q_bar = linalg.solve_sylvester(a.T, b.T, ct)
    return -q_bar @ x.T, -x.T @ q_bar, q_bar


@adjoint(
    linalg.solve_continuous_lyapunov,
    samples=lambda: [sample(well_conditioned(3, 3), normal(3, 3))],
)
def _solve_continuous_lyapunov(ct: Any, x: Any, a: Any, q: Any) -> Any:
    q_bar = linalg.solve_continuous_lyapunov(runtime_scipy.real_number(a).T, ct)
    return -(q_bar @ x.T + q_bar.T @ x), q_bar


@adjoint(
    linalg.solve_discrete_lyapunov,
    samples=lambda: [
        sample(0.3 * normal(3, 3), normal(3, 3)),
        sample(0.3 * normal(3, 3), normal(3, 3), "bilinear"),
    ],
)
def _solve_discrete_lyapunov(ct: Any, x: Any, a: Any, q: Any, method: Any = None) -> Any:
    q_bar = linalg.solve_discrete_lyapunov(runtime_scipy.real_number(a).T, ct, method)
    return q_bar @ a @ x.T + q_bar.T @ a @ x, q_bar


@adjoint(
    linalg.solve_continuous_are,
    samples=lambda: [
        # a direction in which q and r are not symmetric is an error: they are whole numbers here
        sample(normal(3, 3), normal(3, 2), np.diag([1, 2, 3]), np.diag([1, 2])),
    ],
)
def _solve_continuous_are(ct: Any, x: Any, a: Any, b: Any, q: Any, r: Any) -> Any:
    gain = linalg.solve(r, b.T @ x)
    closed = runtime_scipy.real_number(a) - b @ gain
    q_bar = linalg.solve_continuous_lyapunov(closed, -0.5 * (ct + ct.T))
    r_bar = gain @ q_bar @ gain.T
    return 2.0 * x @ q_bar, -2.0 * x @ q_bar @ gain.T, q_bar, r_bar
