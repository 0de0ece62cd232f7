"""Rules of what gives the same elements another shape or another order of axes."""
# Branches that the compiler folds are written as branches:
# ruff: noqa: SIM108

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import adjoint, methods, sample
from diffcompile.rules.sampling import normal


@adjoint(
    np.reshape,
    samples=lambda: [
        sample(normal(2, 3), (3, 2)),
        sample(normal(2, 3), -1),
        sample(normal(2, 3), (3, 2), order="F"),
        sample(np.asfortranarray(normal(2, 3)), (3, 2), order="A"),
        sample(normal(2, 3, 4)[:, :2], (-1, 4), order="A"),
        sample(normal(), (1, 1)),
        sample(normal(0, 3), (3, 0, 2)),
        sample(normal(2, 3, dtype=np.float32), 6),
    ],
)
def _reshape(ct: Any, result: Any, a: Any, shape: Any, order: str = "C", copy: Any = None) -> Any:
    if order == "C":
        a_bar = np.reshape(ct, np.shape(a))
    else:
        a_bar = runtime.reshape_adjoint(ct, a, order)
    return (a_bar,)


@adjoint(
    np.ndarray.reshape,
    samples=lambda: [
        sample(normal(2, 3), 3, 2),
        sample(normal(2, 3), (3, 2)),
        sample(normal(2, 3), -1, order="F"),
    ],
)
def _reshape_method(ct: Any, result: Any, a: Any, *shape: Any, order: str = "C", copy: Any = None) -> Any:
    if order == "C":
        a_bar = np.reshape(ct, np.shape(a))
    else:
        a_bar = runtime.reshape_adjoint(ct, a, order)
    return (a_bar,)


def _ravel_samples() -> list[Any]:
    return [
        sample(normal(2, 3)),
        sample(normal(2, 3), "F"),
        sample(np.asfortranarray(normal(2, 3)), order="A"),
        sample(np.asfortranarray(normal(2, 3)), order="K"),
        sample(normal(0, 3)),
        sample(normal(2, 3, dtype=np.float32)),
    ]


@adjoint(np.ndarray.flatten, samples=_ravel_samples)
@adjoint(np.ravel, samples=lambda: [*_ravel_samples(), sample(normal())])
def _ravel(ct: Any, result: Any, a: Any, order: str = "C") -> Any:
    if order == "C":
        a_bar = np.reshape(ct, np.shape(a))
    else:
        a_bar = runtime.reshape_adjoint(ct, a, order)
    return (a_bar,)


@adjoint(
    np.expand_dims,
    samples=lambda: [
        sample(normal(2, 3), 1),
        sample(normal(2, 3), (0, -1)),
        sample(normal(2, 3), [0, 2]),
        sample(normal(), 0),
        sample(normal(0), -1),
        sample(normal(3, dtype=np.float32), 0),
    ],
)
def _expand_dims(ct: Any, result: Any, a: Any, axis: Any) -> Any:
    return (np.reshape(ct, np.shape(a)),)


@adjoint(
    np.squeeze,
    samples=lambda: [
        sample(normal(1, 3, 1)),
        sample(normal(1, 3, 1), 0),
        sample(normal(1, 3, 1), axis=(0, -1)),
        sample(normal(1, 1)),
        sample(normal()),
        sample(normal(1, 0)),
        sample(normal(1, 3, dtype=np.float32)),
    ],
)
def _squeeze(ct: Any, result: Any, a: Any, axis: Any = None) -> Any:
    return (np.reshape(ct, np.shape(a)),)


@adjoint(
    np.atleast_1d,
    samples=lambda: [
        sample(normal()),
        sample(normal(3)),
        sample(normal(), normal(2), normal(2, 2)),
        sample(normal(dtype=np.float32)),
    ],
)
def _atleast_1d(ct: Any, result: Any, *arys: Any) -> Any:
    if len(arys) == 1:
        return (np.reshape(ct, np.shape(arys[0])),)
    return runtime.reshape_each(ct, arys)


@adjoint(
    np.atleast_2d,
    samples=lambda: [sample(normal()), sample(normal(3)), sample(normal(2, 3)), sample(normal(), normal(2))],
)
def _atleast_2d(ct: Any, result: Any, *arys: Any) -> Any:
    if len(arys) == 1:
        return (np.reshape(ct, np.shape(arys[0])),)
    return runtime.reshape_each(ct, arys)


@adjoint(
    np.atleast_3d,
    samples=lambda: [
        sample(normal()),
        sample(normal(3)),
        sample(normal(2, 3)),
        sample(normal(2, 3, 2)),
        sample(normal(3), normal(0)),
    ],
)
def _atleast_3d(ct: Any, result: Any, *arys: Any) -> Any:
    if len(arys) == 1:
        return (np.reshape(ct, np.shape(arys[0])),)
    return runtime.reshape_each(ct, arys)


@adjoint(
    np.transpose,
    samples=lambda: [
        sample(normal(2, 3)),
        sample(normal(2, 3, 4), (1, 2, 0)),
        sample(normal(2, 3, 4), axes=(-1, 0, -2)),
        sample(normal()),
        sample(normal(0, 3)),
        sample(normal(2, 3, dtype=np.float32)),
    ],
)
def _transpose(ct: Any, result: Any, a: Any, axes: Any = None) -> Any:
    if axes is None:
        a_bar = np.transpose(ct)
    else:
        a_bar = np.transpose(ct, runtime.inverse_permutation(axes))
    return (a_bar,)


@adjoint(
    np.ndarray.transpose,
    samples=lambda: [
        sample(normal(2, 3)),
        sample(normal(2, 3), None),
        sample(normal(2, 3, 4), 1, 2, 0),
        sample(normal(2, 3, 4), (-1, 0, 1)),
    ],
)
def _transpose_method(ct: Any, result: Any, a: Any, *axes: Any) -> Any:
    if len(axes) == 0:
        a_bar = np.transpose(ct)
    elif len(axes) > 1:
        a_bar = np.transpose(ct, runtime.inverse_permutation(axes))
    elif axes[0] is None:
        a_bar = np.transpose(ct)
    else:
        a_bar = np.transpose(ct, runtime.inverse_permutation(axes[0]))
    return (a_bar,)


def _matrix_transpose_samples() -> list[Any]:
    return [sample(normal(2, 3)), sample(normal(2, 3, 4)), sample(normal(0, 3))]


@adjoint(np.linalg.matrix_transpose, samples=_matrix_transpose_samples)
@adjoint(np.matrix_transpose, samples=_matrix_transpose_samples)
def _matrix_transpose(ct: Any, result: Any, x: Any) -> Any:
    return (np.swapaxes(ct, -1, -2),)


@adjoint(
    np.swapaxes,
    samples=lambda: [
        sample(normal(2, 3), 0, 1),
        sample(normal(2, 3, 4), 0, -1),
        sample(normal(0, 3), 0, 1),
        sample(normal(2, 3, dtype=np.float32), 0, 1),
    ],
)
def _swapaxes(ct: Any, result: Any, a: Any, axis1: int, axis2: int) -> Any:
    return (np.swapaxes(ct, axis1, axis2),)


@adjoint(
    np.moveaxis,
    samples=lambda: [
        sample(normal(2, 3, 4), 0, -1),
        sample(normal(2, 3, 4), [0, 1], [-1, 0]),
        sample(normal(2, 0, 4), 2, 0),
        sample(normal(2, 3, dtype=np.float32), 0, 1),
    ],
)
def _moveaxis(ct: Any, result: Any, a: Any, source: Any, destination: Any) -> Any:
    return (np.moveaxis(ct, destination, source),)


@adjoint(
    np.rollaxis,
    samples=lambda: [
        sample(normal(2, 3, 4), 2),
        sample(normal(2, 3, 4), 0, 3),
        sample(normal(2, 3, 4), -2, -1),
        sample(normal(2, 3, 4, 2), 1, 3),
        sample(normal(2, 3), 1, 1),
    ],
)
def _rollaxis(ct: Any, result: Any, a: Any, axis: int, start: int = 0) -> Any:
    return (runtime.rollaxis_adjoint(ct, axis, start),)


methods(
    reshape=np.ndarray.reshape,
    ravel=np.ravel,
    flatten=np.ndarray.flatten,
    transpose=np.ndarray.transpose,
    swapaxes=np.swapaxes,
    squeeze=np.squeeze,
    diagonal=np.diagonal,
    repeat=np.repeat,
)
