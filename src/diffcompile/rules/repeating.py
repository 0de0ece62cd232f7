"""Rules of what copies elements: broadcasting, repeating, tiling, padding."""
# Names of parameters are NumPy's:
# ruff: noqa: N803

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import adjoint, sample, tangent
from diffcompile.rules.sampling import normal


@adjoint(
    np.broadcast_to,
    samples=lambda: [
        sample(normal(3), (2, 3)),
        sample(normal(2, 1), (4, 2, 3)),
        sample(normal(), (2, 2)),
        sample(normal(3), 3),
        sample(normal(1), (0,)),
        sample(normal(3, dtype=np.float32), (2, 3)),
    ],
)
def _broadcast_to(ct: Any, result: Any, array: Any, shape: Any) -> Any:
    return (runtime.unbroadcast(ct, np.shape(array)),)


@adjoint(
    np.broadcast_arrays,
    samples=lambda: [
        sample(normal(3), normal(2, 1)),
        sample(normal(), normal(2, 3), normal(3)),
        sample(normal(2)),
    ],
)
def _broadcast_arrays(ct: Any, result: Any, *args: Any) -> Any:
    return runtime.unbroadcast_each(ct, args)


@adjoint(
    np.meshgrid,
    samples=lambda: [
        sample(normal(3), normal(4)),
        sample(normal(3), normal(4), indexing="ij"),
        sample(normal(3), normal(4), normal(2), sparse=True),
        sample(normal(2), normal(3), normal(4)),
        sample(normal(3)),
        sample(normal(), normal(2)),
    ],
)
def _meshgrid(
    ct: Any, result: Any, *xi: Any, copy: Any = True, sparse: Any = False, indexing: str = "xy"
) -> Any:
    return runtime.meshgrid_adjoint(ct, xi, indexing)


@adjoint(
    np.repeat,
    samples=lambda: [
        sample(normal(3), 2),
        sample(normal(2, 3), 2),
        sample(normal(2, 3), 2, axis=1),
        sample(normal(2, 3), [1, 0, 3], axis=-1),
        sample(normal(2, 3), [2], axis=0),
        sample(normal(3), np.array([2, 0, 1])),
        sample(normal(), 3),
        sample(normal(3), 0),
        sample(normal(0), 2),
        sample(normal(2, 3, dtype=np.float32), 2, axis=0),
    ],
)
def _repeat(ct: Any, result: Any, a: Any, repeats: Any, axis: Any = None) -> Any:
    return (runtime.repeat_adjoint(ct, np.shape(a), repeats, axis),)


@adjoint(
    np.tile,
    samples=lambda: [
        sample(normal(3), 2),
        sample(normal(2, 3), 2),
        sample(normal(2, 3), (2, 1)),
        sample(normal(3), (2, 2)),
        sample(normal(2, 3), (2, 1, 3)),
        sample(normal(), 3),
        sample(normal(3), 0),
        sample(normal(0), 2),
        sample(normal(3, dtype=np.float32), 2),
    ],
)
def _tile(ct: Any, result: Any, A: Any, reps: Any) -> Any:
    return (runtime.tile_adjoint(ct, np.shape(A), reps),)


@adjoint(
    np.resize,
    samples=lambda: [
        sample(normal(2, 3), (3, 3)),
        sample(normal(4), 2),
        sample(normal(0), (2, 2)),
        sample(normal(3, dtype=np.float32), (2, 4)),
    ],
)
def _resize(ct: Any, result: Any, a: Any, new_shape: Any) -> Any:
    return (runtime.resize_adjoint(ct, np.shape(a)),)


def _pad_samples() -> list[Any]:
    modes = ("edge", "reflect", "symmetric", "wrap")
    return [
        sample(normal(3), 2),
        sample(normal(2, 3), 1),
        sample(normal(2, 3), (1, 2)),
        sample(normal(2, 3), ((0, 1), (2, 0)), constant_values=1.5),
        sample(normal(2, 3), ((0, 1), (2, 0)), constant_values=normal(2)),
        sample(normal(2, 3), ((2, 1), (1, 2)), constant_values=normal(2, 2)),
        sample(normal(2, 3), ((1,), (2,)), mode="constant"),
        sample(normal(0), 1),
        sample(normal(3, dtype=np.float32), 2),
        *(sample(normal(4), 2, mode) for mode in modes),
        *(sample(normal(3, 4), ((5, 1), (0, 7)), mode) for mode in modes),
        *(sample(normal(2, 3, 2), 1, mode=mode) for mode in modes),
        sample(normal(3, dtype=np.float32), 2, mode="wrap"),
        *(sample(normal(3, 4), ((2, 1), (0, 3)), mode) for mode in ("linear_ramp", "mean", "maximum", "median")),
        sample(normal(3, 4), ((2, 1), (0, 3)), mode="minimum"),
        sample(normal(2, 5), 2, "maximum", stat_length=3),
        sample(normal(2, 5), 2, "mean", stat_length=((1, 2), (2, 3))),
        sample(normal(5), 3, "reflect", reflect_type="odd"),
        sample(normal(3, 4), 2, "symmetric", reflect_type="odd"),
        sample(normal(4), 2, "linear_ramp", end_values=1.5),
    ]


@adjoint(np.pad, samples=_pad_samples)
def _pad(
    ct: Any,
    result: Any,
    array: Any,
    pad_width: Any,
    mode: Any = "constant",
    constant_values: Any = 0,
    reflect_type: str = "even",
    stat_length: Any = None,
    end_values: Any = 0,
) -> Any:
    if mode == "constant":
        array_bar = runtime.unpad(ct, np.shape(array), pad_width)
    elif mode in ("edge", "reflect", "symmetric", "wrap") and reflect_type == "even":
        array_bar = runtime.pad_adjoint(ct, np.shape(array), pad_width, mode, reflect_type)
    else:
        array_bar = runtime.pad_statistics_adjoint(ct, array, pad_width, mode, reflect_type, stat_length, end_values)
    constant_bar = runtime.pad_constant_adjoint(ct, np.shape(array), pad_width, constant_values)
    return array_bar, None, None, constant_bar


@tangent(np.pad)
def _pad_tangent(
    result: Any,
    array: Any,
    pad_width: Any,
    mode: Any = "constant",
    constant_values: Any = 0,
    reflect_type: str = "even",
    stat_length: Any = None,
    end_values: Any = 0,
    *,
    array_dot: Any = None,
    constant_values_dot: Any = None,
) -> Any:
    if mode == "constant":
        filled = 0.0 if constant_values_dot is None else constant_values_dot
        moved = np.zeros_like(array) if array_dot is None else array_dot
        result_dot = np.pad(moved, pad_width, constant_values=filled)
    elif array_dot is None:
        result_dot = None
    else:
        result_dot = runtime.pad_tangent(array_dot, array, pad_width, mode, reflect_type, stat_length)
    return result_dot
