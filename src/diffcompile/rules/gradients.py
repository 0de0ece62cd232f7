"""Rules of numerical derivatives, of phases without jumps and of running totals by their newer names."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import Sample, adjoint, sample, tangent
from diffcompile.rules.sampling import complex_normal, normal

PLACES = np.array([0.0, 0.4, 1.0, 1.2, 2.0])


def _gradient_samples() -> list[Sample]:
    v, x = normal(5), normal(3, 5)
    return [
        sample(v),
        sample(v, 0.5),
        sample(np.array([1, 5, 2, 8]), 0.5),
        sample(np.array([[1, 5, 2], [0, 4, 3]]), 0.5, PLACES[:3]),
        sample(v, PLACES),
        sample(v, PLACES, edge_order=2),
        sample(v, 0.25, edge_order=2),
        sample(x),
        sample(x, 0.5),
        sample(x, 0.5, PLACES),
        sample(x, axis=1),
        sample(x, PLACES, axis=-1, edge_order=2),
        sample(normal(4, 3, 5), 2.0, PLACES, axis=(0, 2)),
        sample(normal(2)),
        sample(complex_normal(5), 0.5),
        sample(normal(5, dtype=np.float32)),
    ]


@adjoint(np.gradient, samples=_gradient_samples)
def _gradient(ct: Any, y: Any, f: Any, *varargs: Any, axis: Any = None, edge_order: Any = 1) -> Any:
    f_bar = runtime.slopes_adjoint(ct, f, varargs, axis, edge_order)
    if len(varargs) == 0:
        return (f_bar,)
    if len(varargs) == 1:
        return f_bar, runtime.gradient_adjoint(ct, f, varargs, axis, edge_order)[1]
    if len(varargs) == 2:  # noqa: PLR2004 - one for each axis
        bars = runtime.gradient_adjoint(ct, f, varargs, axis, edge_order)
        return f_bar, bars[1], bars[2]
    return runtime.gradient_adjoint(ct, f, varargs, axis, edge_order)


@adjoint(
    np.unwrap,
    samples=lambda: [
        sample(3.0 * np.cumsum(np.abs(normal(6)))),
        sample(4.0 * normal(3, 5), axis=0),
        sample(4.0 * normal(3, 5), 2.0, -1, period=3.0),
        sample(normal(5, dtype=np.float32)),
    ],
)
def _unwrap(ct: Any, y: Any, p: Any, discont: Any = None, axis: Any = -1, *, period: Any = 6.283185307179586) -> Any:
    return (ct,)


def _running_samples() -> list[Sample]:
    return [
        sample(normal(5)),
        sample(normal(3, 4), axis=1),
        sample(normal(3, 4), axis=-2, include_initial=True),
        sample(normal(5), include_initial=True),
        sample(normal(3, 4, dtype=np.float32), axis=0),
        sample(complex_normal(4)),
    ]


@adjoint(np.cumulative_sum, samples=_running_samples)
def _cumulative_sum(
    ct: Any, y: Any, x: Any, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: Any = False
) -> Any:
    along = 0 if axis is None else axis
    if include_initial:
        ct = np.delete(ct, 0, along)
    x_bar = np.flip(np.cumsum(np.flip(ct, along), along), along)
    if dtype is not None:
        x_bar = runtime.as_cotangent(x_bar, x)
    return (x_bar,)


@adjoint(np.cumulative_prod, samples=lambda: [*_running_samples(), sample(np.array([0.5, 0.0, 2.0, 0.0]))])
def _cumulative_prod(
    ct: Any, y: Any, x: Any, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: Any = False
) -> Any:
    along = 0 if axis is None else axis
    if include_initial:
        ct = np.delete(ct, 0, along)
        y = np.delete(y, 0, along)
    x_bar = runtime.cumprod_adjoint(ct, y, x, along)
    if dtype is not None:
        x_bar = runtime.as_cotangent(x_bar, x)
    return (x_bar,)


@adjoint(
    np.nancumprod,
    samples=lambda: [
        sample(normal(5)),
        sample(np.array([0.5, np.nan, 2.0, -1.5])),
        sample(np.array([[0.5, np.nan], [0.0, 2.0]]), axis=1),
        sample(normal(3, 4)),
        sample(normal(3, 4, dtype=np.float32), 0),
    ],
)
def _nancumprod(ct: Any, y: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    missing = np.isnan(a)
    a_bar = np.where(missing, 0.0, runtime.cumprod_adjoint(ct, y, np.where(missing, 1.0, a), axis))
    return (runtime.as_cotangent(a_bar, a),)


@adjoint(
    np.lib.stride_tricks.sliding_window_view,
    samples=lambda: [
        sample(normal(5), 3),
        sample(normal(3, 4), (2, 2)),
        sample(normal(3, 4), 2, axis=-1),
        sample(normal(5), (2, 3), (0, 0)),
        sample(normal(5, dtype=np.float32), 2),
    ],
)
def _sliding_window_view(
    ct: Any, y: Any, x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Any:
    return (runtime.sliding_window_adjoint(ct, np.shape(x), window_shape, axis),)


@tangent(np.gradient)
def _gradient_tangent(
    y: Any, f: Any, *varargs: Any, axis: Any = None, edge_order: Any = 1, f_dot: Any = None
) -> Any:
    return np.gradient(f_dot, *varargs, axis=axis, edge_order=edge_order)
