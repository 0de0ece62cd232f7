"""Integrals of sampled functions."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import integrate

from diffcompile import runtime_scipy
from diffcompile.rules.registry import adjoint, linear, sample
from diffcompile.rules.sampling import normal

X = np.array([0.0, 0.3, 0.7, 1.5, 1.6])


@adjoint(
    integrate.simpson,
    samples=lambda: [
        sample(normal(5), dx=np.float32(0.5)),
        sample(normal(6), dx=2),
        sample(normal(5, 2), dx=2, axis=0),
        sample(normal(2, 5)),
    ],
)
def _simpson(ct: Any, result: Any, y: Any, x: Any = None, *, dx: Any = 1.0, axis: int = -1) -> Any:
    return (runtime_scipy.simpson_adjoint(ct, y, x, dx, axis),)


@adjoint(integrate.romb, samples=lambda: [sample(normal(5), 2), sample(normal(5, 2), axis=0)])
def _romb(ct: Any, result: Any, y: Any, dx: Any = 1.0, axis: int = -1) -> Any:
    return (runtime_scipy.romb_adjoint(ct, y, dx, axis),)


@adjoint(
    integrate.trapezoid,
    samples=lambda: [
        sample(normal(5), X),
        sample(normal(5, 2), X, axis=0),
        sample(normal(2, 5), dx=2),
    ],
)
def _trapezoid(ct: Any, result: Any, y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    bars = runtime_scipy.trapezoid_adjoint(ct, y, x, dx, axis)
    return bars[0], bars[1]


@adjoint(
    integrate.cumulative_trapezoid,
    samples=lambda: [
        sample(normal(5), X),
        sample(normal(5, 2), X, axis=0, initial=0),
        sample(normal(2, 5), dx=2, initial=0),
    ],
)
def _cumulative_trapezoid(
    ct: Any, result: Any, y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: Any = None
) -> Any:
    bars = runtime_scipy.cumulative_trapezoid_adjoint(ct, y, x, dx, axis, initial)
    return bars[0], bars[1]


linear(integrate.simpson, integrate.romb, names="y")
linear(integrate.trapezoid, integrate.cumulative_trapezoid, names=("y", "x"), separately=True)
