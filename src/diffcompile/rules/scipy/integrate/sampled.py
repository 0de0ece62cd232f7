"""Integrals of sampled functions."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import integrate

from diffcompile import runtime_scipy
from diffcompile.rules.registry import adjoint, linear, sample, tangent
from diffcompile.rules.sampling import normal

X = np.array([0.0, 0.3, 0.7, 1.5, 1.6])


@adjoint(
    integrate.simpson,
    samples=lambda: [
        sample(normal(5), dx=np.float32(0.5)),
        sample(normal(6), dx=2),
        sample(normal(5, 2), dx=2, axis=0),
        sample(normal(2, 5)),
        sample(normal(5, 2), X, axis=0),
        sample(normal(4), X[:4]),
        sample(normal(4), dx=0.5),
    ],
)
def _simpson(ct: Any, result: Any, y: Any, x: Any = None, *, dx: Any = 1.0, axis: int = -1) -> Any:
    bars = runtime_scipy.simpson_adjoint(ct, y, x, dx, axis)
    return bars[0], bars[1], bars[2]


@adjoint(integrate.romb, samples=lambda: [sample(normal(5), 0.5), sample(normal(5, 2), axis=0)])
def _romb(ct: Any, result: Any, y: Any, dx: Any = 1.0, axis: int = -1) -> Any:
    bars = runtime_scipy.romb_adjoint(ct, y, dx, axis)
    return bars[0], bars[1]


@adjoint(
    integrate.trapezoid,
    samples=lambda: [
        sample(normal(5), X),
        sample(normal(5, 2), X, axis=0),
        sample(normal(2, 5), dx=0.5),
    ],
)
def _trapezoid(ct: Any, result: Any, y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    bars = runtime_scipy.trapezoid_adjoint(ct, y, x, dx, axis)
    return bars[0], bars[1], bars[2]


@adjoint(
    integrate.cumulative_trapezoid,
    samples=lambda: [
        sample(normal(5), X),
        sample(normal(5, 2), X, axis=0, initial=0),
        sample(normal(2, 5), dx=0.5, initial=0),
    ],
)
def _cumulative_trapezoid(
    ct: Any, result: Any, y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: Any = None
) -> Any:
    bars = runtime_scipy.cumulative_trapezoid_adjoint(ct, y, x, dx, axis, initial)
    return bars[0], bars[1], bars[2]


linear(integrate.romb, names=("y", "dx"), separately=True)


@tangent(integrate.simpson)
def _simpson_tangent(
    result: Any, y: Any, x: Any = None, *, dx: Any = 1.0, axis: int = -1,
    y_dot: Any = None, x_dot: Any = None, dx_dot: Any = None,
) -> Any:  # fmt: skip
    moved: Any = 0.0
    if y_dot is not None:
        moved = integrate.simpson(y_dot, x=x, dx=dx, axis=axis)
    if x_dot is not None:
        moved = moved + np.moveaxis(y, axis, -1) @ (runtime_scipy.simpson_slopes(x) @ x_dot)
    if dx_dot is not None and x is None:
        moved = moved + integrate.simpson(y, dx=dx_dot, axis=axis)
    return moved


@tangent(integrate.trapezoid)
def _trapezoid_tangent(
    result: Any, y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, *,
    y_dot: Any = None, x_dot: Any = None, dx_dot: Any = None,
) -> Any:  # fmt: skip
    moved: Any = 0.0
    if y_dot is not None:
        moved = integrate.trapezoid(y_dot, x, dx, axis)
    if x_dot is not None:
        moved = moved + integrate.trapezoid(y, x_dot, axis=axis)
    if dx_dot is not None and x is None:
        moved = moved + integrate.trapezoid(y, dx=dx_dot, axis=axis)
    return moved


@tangent(integrate.cumulative_trapezoid)
def _cumulative_trapezoid_tangent(
    result: Any, y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: Any = None, *,
    y_dot: Any = None, x_dot: Any = None, dx_dot: Any = None,
) -> Any:  # fmt: skip
    moved: Any = 0.0
    if y_dot is not None:
        moved = integrate.cumulative_trapezoid(y_dot, x, dx, axis, initial)
    if x_dot is not None:
        moved = moved + integrate.cumulative_trapezoid(y, x_dot, axis=axis, initial=initial)
    if dx_dot is not None and x is None:
        moved = moved + integrate.cumulative_trapezoid(y, dx=dx_dot, axis=axis, initial=initial)
    return moved
