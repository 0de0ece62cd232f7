"""NumPy's functions that write to an argument, as the stores that they are; distinct and sorted values."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import adjoint, definition, sample
from diffcompile.rules.sampling import complex_normal, distinct, normal


@definition(
    np.put,
    samples=lambda: [
        sample(normal(5), [0, 2], [0.5, 1.5]),
        sample(normal(3, 4), np.array([1, 5, -1]), normal(3)),
        sample(normal(3, 4), [1, 2, 3], 0.5),
        sample(normal(5), [0, 1, 3], normal(2)),
        sample(normal(5), [1, 1, 3], normal(3)),
        sample(normal(5), [1, 3], normal(0)),
        sample(normal(5), np.array([True, False]), normal(2)),
        sample(normal(5), [7, -8], normal(2), mode="wrap"),
        sample(normal(5), [7, -8], normal(2), "clip"),
    ],
)
def put(a: Any, ind: Any, v: Any, mode: Any = "raise") -> None:
    """Do ``np.put(a, ind, v, mode)``."""
    flat = a.flatten()
    places = runtime.put_places(np.size(a), ind, mode, np.size(v))
    flat[places] = np.resize(np.asarray(v), np.size(places))
    a[...] = np.reshape(flat, np.shape(a))


@definition(
    np.place,
    samples=lambda: [
        sample(normal(5), np.array([True, False, True, True, False]), normal(2)),
        sample(normal(2, 3), np.eye(2, 3, dtype=bool), [0.5]),
        sample(normal(2), np.array([True, False]), normal(4)),
    ],
)
def place(arr: Any, mask: Any, vals: Any) -> None:
    """Do ``np.place(arr, mask, vals)``."""
    where = np.flatnonzero(mask)
    flat = arr.flatten()
    flat[where] = np.resize(np.asarray(vals), np.size(where))
    arr[...] = np.reshape(flat, np.shape(arr))


@definition(
    np.putmask,
    samples=lambda: [
        sample(normal(5), np.array([True, False, True, True, False]), normal(5)),
        sample(normal(5), np.array([True, False, True, True, False]), normal(2)),
        sample(normal(2, 3), np.eye(2, 3, dtype=bool), 0.5),
        sample(normal(2, 3), np.eye(2, 3, dtype=bool), normal(4)),
        sample(normal(3), np.array([True, False, True]), normal(0)),
    ],
)
def putmask(a: Any, mask: Any, values: Any) -> None:
    """Do ``np.putmask(a, mask, values)``."""
    if np.size(values):
        a[...] = np.where(np.reshape(mask, np.shape(a)), np.resize(np.asarray(values), np.shape(a)), a)


@definition(
    np.put_along_axis,
    samples=lambda: [
        sample(normal(3, 4), np.array([[0], [1], [3]]), normal(3, 1), axis=1),
        sample(normal(3, 4), np.array([[0, 1, 2, 0]]), 0.5, 0),
        sample(normal(3, 4), np.array([0, 5]), normal(2), None),
        sample(normal(2, 3, 2), np.array([[[0], [2]]]), normal(2, 2, 1), axis=-2),
    ][:3],
)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any = -1) -> None:
    """Do ``np.put_along_axis(arr, indices, values, axis)``."""
    if axis is None:
        flat = arr.flatten()
        flat[indices] = values
        arr[...] = np.reshape(flat, np.shape(arr))
    else:
        arr[runtime.along_axis_index(indices, np.shape(arr), axis)] = values


@definition(
    np.fill_diagonal,
    samples=lambda: [
        sample(normal(4, 4), 0.5),
        sample(normal(3, 4), normal(3)),
        sample(normal(5, 2), normal(2)),
        sample(normal(5, 2), 0.5, wrap=True),
        sample(normal(3, 3, 3), 0.5),
        sample(normal(4, 4), normal(2)),
    ],
)
def fill_diagonal(a: Any, val: Any, wrap: Any = False) -> None:
    """Do ``np.fill_diagonal(a, val, wrap)``."""
    index = runtime.diagonal_index(np.shape(a), wrap)
    a[index] = np.resize(np.asarray(val), np.size(index[0]))


# --- places along each axis ---


@definition(
    np.ix_,
    samples=lambda: [
        sample(normal(3), normal(2)),
        sample(normal(4)),
        sample(normal(2), np.array([True, False, True]), [0, 2]),
        sample(complex_normal(2), normal(3), normal(1, dtype=np.float32)),
    ],
)
def ix(*args: Any) -> Any:
    """Do ``np.ix_(*args)``: the arguments as axes of their own, of masks the places that are true."""
    found = []
    for number, part in enumerate(args):
        places = np.asarray(part)
        if places.dtype.kind == "b":
            places = np.flatnonzero(places)
        found.append(np.reshape(places, (1,) * number + (-1,) + (1,) * (len(args) - number - 1)))
    return tuple(found)


# --- distinct and sorted values ---


@adjoint(
    np.unique,
    samples=lambda: [
        sample(distinct(6)),
        sample(distinct(2, 3)),
        sample(distinct(5), return_counts=True),
        sample(distinct(5), True, True, True),
        sample(distinct(5, dtype=np.float32)),
    ],
)
def _unique(
    ct: Any, result: Any, ar: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False
) -> Any:
    if return_index or return_inverse or return_counts:
        ar_bar = runtime.unique_adjoint(ct[0], result[0], ar)
    else:
        ar_bar = runtime.unique_adjoint(ct, result, ar)
    return (ar_bar,)


@adjoint(np.unique_values, samples=lambda: [sample(distinct(6)), sample(distinct(2, 3))])
def _unique_values(ct: Any, result: Any, x: Any) -> Any:
    order = np.argsort(result)
    return (runtime.unique_adjoint(np.take(ct, order), np.take(result, order), x),)


@adjoint(np.unique_counts, samples=lambda: [sample(distinct(6)), sample(distinct(2, 3))])
@adjoint(np.unique_inverse, samples=lambda: [sample(distinct(6)), sample(distinct(2, 3))])
@adjoint(np.unique_all, samples=lambda: [sample(distinct(6)), sample(distinct(2, 3))])
def _unique_all(ct: Any, result: Any, x: Any) -> Any:
    return (runtime.unique_adjoint(ct[0], result[0], x),)


@adjoint(np.sort_complex, samples=lambda: [sample(distinct(5)), sample(complex_normal(4)), sample(distinct(2, 3))])
def _sort_complex(ct: Any, result: Any, a: Any) -> Any:
    return (runtime.sort_complex_adjoint(ct, a),)
