"""Functions that move, repeat, join and cut elements, and which of their results share memory."""
# Names of parameters are NumPy's; branches that the compiler folds are written as branches:
# ruff: noqa: N803, SIM108

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import adjoint, methods, sample, views
from diffcompile.rules.sampling import complex_normal, normal

# --- other shapes for the same elements ---


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
        sample(normal(), 0),
        sample(normal(0), -1),
        sample(normal(3, dtype=np.float32), 0),
    ],
)
def _expand_dims(ct: Any, result: Any, a: Any, axis: Any) -> Any:
    return (np.squeeze(ct, axis),)


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
        bars: Any = (np.reshape(ct, np.shape(arys[0])),)
    else:
        bars = runtime.reshape_each(ct, arys)
    return (*bars,)


@adjoint(
    np.atleast_2d,
    samples=lambda: [sample(normal()), sample(normal(3)), sample(normal(2, 3)), sample(normal(), normal(2))],
)
def _atleast_2d(ct: Any, result: Any, *arys: Any) -> Any:
    if len(arys) == 1:
        bars: Any = (np.reshape(ct, np.shape(arys[0])),)
    else:
        bars = runtime.reshape_each(ct, arys)
    return (*bars,)


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
        bars: Any = (np.reshape(ct, np.shape(arys[0])),)
    else:
        bars = runtime.reshape_each(ct, arys)
    return (*bars,)


# --- other orders of the axes ---


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


# --- the same elements elsewhere ---


@adjoint(
    np.flip,
    samples=lambda: [
        sample(normal(3)),
        sample(normal(2, 3)),
        sample(normal(2, 3), 1),
        sample(normal(2, 3, 4), axis=(0, -1)),
        sample(normal(0)),
        sample(normal(3, dtype=np.float32)),
    ],
)
def _flip(ct: Any, result: Any, m: Any, axis: Any = None) -> Any:
    return (np.flip(ct, axis),)


@adjoint(np.fliplr, samples=lambda: [sample(normal(2, 3)), sample(normal(2, 3, 2))])
def _fliplr(ct: Any, result: Any, m: Any) -> Any:
    return (np.fliplr(ct),)


@adjoint(np.flipud, samples=lambda: [sample(normal(3)), sample(normal(2, 3))])
def _flipud(ct: Any, result: Any, m: Any) -> Any:
    return (np.flipud(ct),)


@adjoint(
    np.roll,
    samples=lambda: [
        sample(normal(5), 2),
        sample(normal(2, 3), -1),
        sample(normal(2, 3), 1, axis=1),
        sample(normal(3, 4), (1, -2), axis=(0, 1)),
        sample(normal(3, 4), 1, (0, 1)),
        sample(normal(0), 1),
        sample(normal(5, dtype=np.float32), 7),
    ],
)
def _roll(ct: Any, result: Any, a: Any, shift: Any, axis: Any = None) -> Any:
    if np.ndim(shift) == 0:
        a_bar = np.roll(ct, -shift, axis)
    else:
        a_bar = np.roll(ct, np.negative(shift), axis)
    return (a_bar,)


@adjoint(
    np.rot90,
    samples=lambda: [
        sample(normal(2, 3)),
        sample(normal(2, 3), 2),
        sample(normal(2, 3, 4), -1, (1, 2)),
        sample(normal(2, 3, dtype=np.float32), k=3),
    ],
)
def _rot90(ct: Any, result: Any, m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    return (np.rot90(ct, -k, axes),)


# --- copies of elements ---


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
    return (*runtime.unbroadcast_each(ct, args),)


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
    return (*runtime.meshgrid_adjoint(ct, xi, indexing),)


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
        sample(normal(2, 3), ((1,), (2,)), mode="constant"),
        sample(normal(0), 1),
        sample(normal(3, dtype=np.float32), 2),
        *(sample(normal(4), 2, mode) for mode in modes),
        *(sample(normal(3, 4), ((5, 1), (0, 7)), mode) for mode in modes),
        *(sample(normal(2, 3, 2), 1, mode=mode) for mode in modes),
        sample(normal(3, dtype=np.float32), 2, mode="wrap"),
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
) -> Any:
    if mode == "constant":
        array_bar = runtime.unpad(ct, np.shape(array), pad_width)
    else:
        array_bar = runtime.pad_adjoint(ct, np.shape(array), pad_width, mode, reflect_type)
    constant_bar = runtime.pad_constant_adjoint(ct, np.shape(array), pad_width, constant_values)
    return array_bar, None, None, constant_bar


# --- joining ---


@adjoint(
    np.concatenate,
    samples=lambda: [
        sample([normal(2), normal(3)]),
        sample((normal(2, 3), normal(1, 3), normal(0, 3))),
        sample([normal(2, 3), normal(2, 2)], axis=1),
        sample([normal(2, 3), normal(2, 2)], -1),
        sample([normal(2, 3), normal(4), normal()], axis=None),
        sample(normal(2, 3, 2), axis=1),
        sample(normal(2, 3), axis=None),
        sample([normal(2, dtype=np.float32), normal(3, dtype=np.float32)]),
    ],
)
def _concatenate(ct: Any, result: Any, arrays: Any, axis: Any = 0) -> Any:
    return (runtime.split_like(ct, arrays, axis),)


@adjoint(
    np.stack,
    samples=lambda: [
        sample([normal(3), normal(3)]),
        sample((normal(2, 3), normal(2, 3)), axis=1),
        sample([normal(2, 3), normal(2, 3)], -1),
        sample([normal(), normal()]),
        sample([1.5, 2.5]),
        sample([normal(0), normal(0)]),
        sample(normal(2, 3), axis=1),
        sample([normal(3, dtype=np.float32), normal(3, dtype=np.float32)]),
    ],
)
def _stack(ct: Any, result: Any, arrays: Any, axis: int = 0) -> Any:
    return (runtime.unstack_like(ct, arrays, axis),)


def _stack_samples() -> list[Any]:
    return [
        sample([normal(3), normal(3)]),
        sample((normal(2, 3), normal(2, 3))),
        sample([normal(2, 3, 2), normal(2, 3, 2)]),
        sample([normal(), normal()]),
        sample([1.5, 2.5]),
        sample([normal(0), normal(0)]),
        sample([normal(3, dtype=np.float32), normal(3, dtype=np.float32)]),
    ]


@adjoint(
    np.vstack,
    samples=lambda: [*_stack_samples(), sample([normal(3), normal(2, 3)]), sample(normal(2, 3))],
)
def _vstack(ct: Any, result: Any, tup: Any) -> Any:
    return (runtime.vstack_adjoint(ct, tup),)


@adjoint(
    np.hstack,
    samples=lambda: [
        *_stack_samples(),
        sample([normal(3), normal(2)]),
        sample([normal(2, 3), normal(2, 1)]),
        sample(normal(2, 3)),
    ],
)
def _hstack(ct: Any, result: Any, tup: Any) -> Any:
    return (runtime.hstack_adjoint(ct, tup),)


@adjoint(np.dstack, samples=lambda: [*_stack_samples(), sample([normal(2, 3), normal(2, 3, 2)])])
def _dstack(ct: Any, result: Any, tup: Any) -> Any:
    return (runtime.dstack_adjoint(ct, tup),)


@adjoint(
    np.column_stack,
    samples=lambda: [*_stack_samples(), sample([normal(3), normal(3, 2)]), sample(normal(2, 3))],
)
def _column_stack(ct: Any, result: Any, tup: Any) -> Any:
    return (runtime.column_stack_adjoint(ct, tup),)


@adjoint(
    np.block,
    samples=lambda: [
        sample([normal(2), normal(3)]),
        sample([[normal(2, 2), normal(2, 1)], [normal(1, 2), normal(1, 1)]]),
        sample([[normal(2, 2), normal(2, 3)], [normal(1, 4), normal(1, 1)]]),
        sample([[normal(), normal(2)], [normal(3)]]),
        sample([[[normal(2, 1, 2)], [normal(2, 2, 2)]]]),
        sample([normal(2, 2), normal(2, 1)]),
    ],
)
def _block(ct: Any, result: Any, arrays: Any) -> Any:
    return (runtime.block_adjoint(ct, arrays),)


@adjoint(
    np.append,
    samples=lambda: [
        sample(normal(3), normal(2)),
        sample(normal(3), 1.5),
        sample(normal(2, 3), normal(2)),
        sample(normal(2, 3), normal(1, 3), axis=0),
        sample(normal(2, 3), normal(2, 2), -1),
        sample(normal(3, dtype=np.float32), normal(2, dtype=np.float32)),
    ],
)
def _append(ct: Any, result: Any, arr: Any, values: Any, axis: Any = None) -> Any:
    bars = runtime.split_like(ct, (arr, values), axis)
    return bars[0], bars[1]


@adjoint(
    np.insert,
    samples=lambda: [
        sample(normal(4), 1, 2.5),
        sample(normal(4), 1, normal(2)),
        sample(normal(4), [3, 0], normal(2)),
        sample(normal(4), [1, 1, -1], 1.5),
        sample(normal(2, 3), 1, normal(2), axis=1),
        sample(normal(2, 3), [1, 2], normal(2, 2), axis=1),
        sample(normal(2, 3), 0, 1.5, axis=0),
        sample(normal(2, 3), slice(0, 2), normal(2)),
        sample(normal(4, dtype=np.float32), 1, normal(2, dtype=np.float32)),
    ],
)
def _insert(ct: Any, result: Any, arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    bars = runtime.insert_adjoint(ct, np.shape(arr), obj, np.shape(values), axis)
    return bars[0], None, bars[1]


# --- cutting ---


@adjoint(
    np.delete,
    samples=lambda: [
        sample(normal(4), 1),
        sample(normal(4), [0, -1]),
        sample(normal(2, 3), 4),
        sample(normal(2, 3), 1, axis=0),
        sample(normal(2, 3), slice(0, 2), axis=-1),
        sample(normal(4), np.array([True, False, True, False])),
        sample(normal(4, dtype=np.float32), 1),
    ],
)
def _delete(ct: Any, result: Any, arr: Any, obj: Any, axis: Any = None) -> Any:
    return (runtime.delete_adjoint(ct, np.shape(arr), obj, axis),)


def _split_samples() -> list[Any]:
    return [
        sample(normal(6), 3),
        sample(normal(6), [2, 3]),
        sample(normal(6), [4, 2]),
        sample(normal(4, 3), 2),
        sample(normal(3, 4), 2, axis=1),
        sample(normal(3, 4), [1], -1),
        sample(normal(0), 2),
        sample(normal(6, dtype=np.float32), 3),
    ]


@adjoint(np.array_split, samples=lambda: [*_split_samples(), sample(normal(5), 3), sample(normal(2), 3)])
@adjoint(np.split, samples=_split_samples)
def _split(ct: Any, result: Any, ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    if np.ndim(indices_or_sections) == 0:
        ary_bar = np.concatenate(ct, axis)
    else:
        ary_bar = runtime.split_adjoint(ct, np.shape(ary), indices_or_sections, axis)
    return (ary_bar,)


@adjoint(
    np.hsplit,
    samples=lambda: [sample(normal(4), 2), sample(normal(3, 4), 2), sample(normal(3, 4), [1, 3])],
)
def _hsplit(ct: Any, result: Any, ary: Any, indices_or_sections: Any) -> Any:
    if np.ndim(ary) == 1:
        ary_bar = runtime.split_adjoint(ct, np.shape(ary), indices_or_sections, 0)
    else:
        ary_bar = runtime.split_adjoint(ct, np.shape(ary), indices_or_sections, 1)
    return (ary_bar,)


@adjoint(np.vsplit, samples=lambda: [sample(normal(4, 3), 2), sample(normal(4, 2, 3), [1, 3])])
def _vsplit(ct: Any, result: Any, ary: Any, indices_or_sections: Any) -> Any:
    return (runtime.split_adjoint(ct, np.shape(ary), indices_or_sections, 0),)


@adjoint(np.dsplit, samples=lambda: [sample(normal(2, 3, 4), 2), sample(normal(2, 3, 4), [1])])
def _dsplit(ct: Any, result: Any, ary: Any, indices_or_sections: Any) -> Any:
    return (runtime.split_adjoint(ct, np.shape(ary), indices_or_sections, 2),)


if hasattr(np, "unstack"):  # NumPy 2.1

    @adjoint(
        np.unstack,
        samples=lambda: [sample(normal(3)), sample(normal(2, 3), axis=-1), sample(normal(2, 0))],
    )
    def _unstack(ct: Any, result: Any, x: Any, *, axis: int = 0) -> Any:
        return (np.stack(ct, axis),)

    views(np.unstack)


# --- diagonals and triangles ---


@adjoint(
    np.diag,
    samples=lambda: [
        sample(normal(3)),
        sample(normal(3), 1),
        sample(normal(2), k=-2),
        sample(normal(3, 3)),
        sample(normal(3, 4), 1),
        sample(normal(3, 4), -5),
        sample(normal(0)),
        sample(normal(3, dtype=np.float32)),
        sample(normal(3, 2, dtype=np.float32)),
        sample(complex_normal(2, 2)),
    ],
)
def _diag(ct: Any, result: Any, v: Any, k: int = 0) -> Any:
    if np.ndim(v) == 1:
        v_bar = np.diagonal(ct, k)
    else:
        v_bar = runtime.diagonal_adjoint(ct, np.shape(v), k)
    return (v_bar,)


@adjoint(
    np.diagflat,
    samples=lambda: [
        sample(normal(3)),
        sample(normal(2, 2), 1),
        sample(normal(), k=-1),
        sample(normal(3, dtype=np.float32)),
    ],
)
def _diagflat(ct: Any, result: Any, v: Any, k: int = 0) -> Any:
    return (np.reshape(np.diagonal(ct, k), np.shape(v)),)


@adjoint(
    np.diagonal,
    samples=lambda: [
        sample(normal(3, 3)),
        sample(normal(3, 4), 1),
        sample(normal(3, 4), offset=-1),
        sample(normal(2, 3, 4)),
        sample(normal(2, 3, 4), 1, 2, 0),
        sample(normal(2, 3, 3), axis1=-2, axis2=-1),
        sample(normal(0, 2)),
        sample(normal(3, 3, dtype=np.float32)),
    ],
)
def _diagonal(ct: Any, result: Any, a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return (runtime.diagonal_adjoint(ct, np.shape(a), offset, axis1, axis2),)


@adjoint(np.linalg.diagonal, samples=lambda: [sample(normal(3, 4)), sample(normal(2, 3, 3), offset=1)])
def _linalg_diagonal(ct: Any, result: Any, x: Any, *, offset: int = 0) -> Any:
    return (runtime.diagonal_adjoint(ct, np.shape(x), offset, -2, -1),)


def _triangle_samples() -> list[Any]:
    return [
        sample(normal(3, 3)),
        sample(normal(3, 4), 1),
        sample(normal(2, 3, 3), k=-1),
        sample(normal(3)),
        sample(normal(0, 3)),
        sample(normal(3, 3, dtype=np.float32)),
    ]


@adjoint(np.triu, samples=_triangle_samples)
def _triu(ct: Any, result: Any, m: Any, k: int = 0) -> Any:
    m_bar = np.triu(ct, k)
    if np.ndim(m) == 1:
        m_bar = np.sum(m_bar, axis=0)  # a vector is broadcast to the rows of a square matrix
    return (m_bar,)


@adjoint(np.tril, samples=_triangle_samples)
def _tril(ct: Any, result: Any, m: Any, k: int = 0) -> Any:
    m_bar = np.tril(ct, k)
    if np.ndim(m) == 1:
        m_bar = np.sum(m_bar, axis=0)
    return (m_bar,)


# --- memory ---

views(
    np.reshape,
    np.ndarray.reshape,
    np.ravel,
    np.expand_dims,
    np.squeeze,
    np.atleast_1d,
    np.atleast_2d,
    np.atleast_3d,
    np.transpose,
    np.ndarray.transpose,
    np.matrix_transpose,
    np.linalg.matrix_transpose,
    np.swapaxes,
    np.moveaxis,
    np.rollaxis,
    np.flip,
    np.fliplr,
    np.flipud,
    np.rot90,
    np.broadcast_to,
    np.broadcast_arrays,
    np.meshgrid,
    np.split,
    np.array_split,
    np.hsplit,
    np.vsplit,
    np.dsplit,
    np.diag,
    np.diagonal,
    np.linalg.diagonal,
    np.require,
    np.real,
    np.imag,
    np.real_if_close,
    np.trim_zeros,
    np.lib.stride_tricks.sliding_window_view,
    np.lib.stride_tricks.as_strided,
)

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
