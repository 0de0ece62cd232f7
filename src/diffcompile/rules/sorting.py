"""Functions that order, select and interpolate elements: the derivative goes where the element came from."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import Sample, adjoint, definition, methods, sample
from diffcompile.rules.sampling import complex_normal, distinct, normal

# --- ordering ---


@adjoint(
    np.sort,
    samples=lambda: [
        sample(distinct(6)),
        sample(distinct(3, 4)),
        sample(distinct(3, 4), 0),
        sample(distinct(3, 4), axis=None),
        sample(distinct(2, 3, 4), axis=-2, kind="stable"),
        sample(distinct(0)),
        sample(distinct(6, dtype=np.float32)),
    ],
)
def _sort(ct: Any, result: Any, a: Any, axis: Any = -1, kind: Any = None, *, stable: Any = None) -> Any:
    return (runtime.sort_adjoint(ct, a, axis),)


@adjoint(
    np.partition,
    samples=lambda: [
        sample(distinct(40), 7),
        sample(distinct(3, 9), 4),
        sample(distinct(9, 3), (2, 5), axis=0),
        sample(distinct(3, 4), 5, axis=None),
        sample(distinct(9, dtype=np.float32), 4),
    ],
)
def _partition(ct: Any, result: Any, a: Any, kth: Any, axis: Any = -1, kind: str = "introselect") -> Any:
    return (runtime.partition_adjoint(ct, result, a, axis),)


# --- selecting ---


@adjoint(
    np.take,
    samples=lambda: [
        sample(normal(5), [0, 2, 2, -1]),
        sample(normal(5), 3),
        sample(normal(3, 4), [5, 0]),
        sample(normal(3, 4), [1, 1], axis=1),
        sample(normal(3, 4, 2), np.array([[0, 1], [3, 1]]), 1),
        sample(normal(3, 4), 2, axis=-1),
        sample(normal(5), [7, -8], mode="wrap"),
        sample(normal(5), [7, -8], mode="clip"),
        sample(normal(5), np.zeros((0, 2), np.intp)),
        sample(normal(5, dtype=np.float32), [0, 0]),
    ],
)
def _take(ct: Any, result: Any, a: Any, indices: Any, axis: Any = None, *, mode: str = "raise") -> Any:
    return (runtime.take_adjoint(ct, np.shape(a), indices, axis, mode),)


@adjoint(
    np.take_along_axis,
    samples=lambda: [
        sample(normal(3, 4), np.array([[0, 1], [3, 3], [-1, 2]]), axis=1),
        sample(normal(3, 4), np.array([[0, 1, 2, 0]]), 0),
        sample(normal(3, 4), np.array([[2]]), axis=-1),
        sample(normal(1, 4), np.array([[0, 0], [3, 1]]), axis=1),
        sample(normal(3, 4), np.array([0, 11, -1]), axis=None),
        sample(normal(3, dtype=np.float32), np.array([0, 0]), axis=0),
    ],
)
def _take_along_axis(ct: Any, result: Any, arr: Any, indices: Any, axis: Any = -1) -> Any:
    return (runtime.take_along_axis_adjoint(ct, np.shape(arr), indices, axis),)


def _compress_samples() -> list[Sample]:
    return [
        sample([True, False, True], normal(3)),
        sample([0, 1], normal(3, 2)),
        sample(np.array([True, False, True]), normal(3, 4), axis=0),
        sample([False, True], normal(3, 4), axis=-1),
        sample([True, False], normal(3, dtype=np.float32)),
    ]


@adjoint(np.compress, samples=_compress_samples)
def _compress(ct: Any, result: Any, condition: Any, a: Any, axis: Any = None) -> Any:
    return None, runtime.take_adjoint(ct, np.shape(a), np.flatnonzero(condition), axis)


@adjoint(
    np.ndarray.compress,
    samples=lambda: [sample(s.args[1], s.args[0], **s.kwargs) for s in _compress_samples()],
)
def _compress_method(ct: Any, result: Any, a: Any, condition: Any, axis: Any = None) -> Any:
    return (runtime.take_adjoint(ct, np.shape(a), np.flatnonzero(condition), axis),)


@adjoint(
    np.extract,
    samples=lambda: [
        sample(np.array([True, False, True]), normal(3)),
        sample(np.eye(3, dtype=bool), normal(3, 3)),
        sample(np.zeros(3, bool), normal(3, dtype=np.float32)),
    ],
)
def _extract(ct: Any, result: Any, condition: Any, arr: Any) -> Any:
    return None, runtime.take_adjoint(ct, np.shape(arr), np.flatnonzero(condition))


@adjoint(
    np.choose,
    samples=lambda: [
        sample(np.array([0, 2, 1, 0]), [normal(4), normal(4), normal(4)]),
        sample(np.array([[0], [1]]), [normal(3), normal()]),
        sample(np.array([0, 1, 1]), normal(2, 3)),
        sample(np.array([0, 3, -1]), [normal(3), normal(3)], mode="wrap"),
        sample(np.array([0, 3, -1]), [normal(3), normal(3)], mode="clip"),
        sample(np.array([0, 1]), [normal(2, dtype=np.float32), normal(2, dtype=np.float32)]),
    ],
)
def _choose(ct: Any, result: Any, a: Any, choices: Any, *, mode: str = "raise") -> Any:
    return None, runtime.choose_adjoint(ct, a, choices, mode)


@adjoint(
    np.select,
    samples=lambda: [
        sample([np.array([True, False, True]), np.array([True, True, False])], [normal(3), normal(3)]),
        sample([np.eye(3, dtype=bool), np.tri(3, dtype=bool)], [normal(3), normal()], 2.5),
        sample([np.array([True, False])], [normal(2)], normal(2)),
        sample([np.array([True, False])], [normal(2, dtype=np.float32)], np.float32(0.5)),
    ],
)
def _select(ct: Any, result: Any, condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    bars = runtime.select_adjoint(ct, condlist, choicelist, default)
    return None, bars[0], bars[1]


# --- interpolation and convolution ---


@adjoint(
    np.interp,
    samples=lambda: [
        sample(normal(7), np.array([-1.0, -0.2, 0.3, 1.1]), normal(4)),
        sample(normal(2, 3), np.array([-1.0, -0.2, 0.3, 1.1]), normal(4)),
        sample(normal(7), np.array([-0.5, 0.5]), normal(2), left=0.3, right=-0.4),
        sample(0.1, np.array([-1.0, 0.0, 1.5]), np.array([2.0, 3.0, 1.0])),
        sample(normal(3), normal(1), normal(1)),
        sample(normal(0), np.array([0.0, 1.0]), normal(2)),
        sample(normal(7), np.array([-1.0, 0.0, 1.0]), complex_normal(3)),
    ],
)
def _interp(ct: Any, result: Any, x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Any:
    x_bar = ct * runtime.interp_slope(x, xp, fp)
    xp_bar = runtime.interp_adjoint_xp(ct, x, xp, fp)
    fp_bar = runtime.interp_adjoint_fp(ct, x, xp, left, right)
    left_bar = np.sum(np.where(np.less(x, xp[0]), ct, 0))
    right_bar = np.sum(np.where(np.greater(x, xp[-1]), ct, 0))
    return x_bar, xp_bar, fp_bar, left_bar, right_bar


def _convolve_samples() -> list[Sample]:
    sizes = [(5, 3), (6, 3), (6, 4), (3, 5), (3, 6), (4, 6), (4, 4), (1, 3), (1, 1)]
    return [
        *(sample(normal(n), normal(m), mode) for n, m in sizes for mode in ("full", "same", "valid")),
        sample(normal(5, dtype=np.float32), normal(3, dtype=np.float32), "full"),
        sample(complex_normal(5), complex_normal(3), mode="same"),
        sample(normal(4), normal(3)),
    ]


@adjoint(np.convolve, samples=_convolve_samples)
def _convolve(ct: Any, result: Any, a: Any, v: Any, mode: str = "full") -> Any:
    a_bar = runtime.convolve_adjoint(ct, a, v, mode)
    v_bar = runtime.convolve_adjoint(ct, v, a, mode)
    return a_bar, v_bar


@definition(
    np.interp,
    form=("period",),
    samples=lambda: [
        sample(np.array([0.5, 4.25, -1.1]), np.array([0.0, 1.0, 2.5]), normal(3), period=3.0),
        sample(np.array([[0.5], [-7.3]]), np.array([2.0, 1.0, -0.5]), normal(3), None, None, -3.0),
    ],
)
def _interp_round(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    if period is None:
        return np.interp(x, xp, fp, left, right)
    if period == 0:
        raise ValueError("period must be a non-zero value")
    length = np.abs(period)
    places = np.asarray(xp) % length
    order = np.argsort(places)
    places, values = places[order], np.asarray(fp)[order]
    places = np.concatenate((places[-1:] - length, places, places[:1] + length))
    return np.interp(np.asarray(x) % length, places, np.concatenate((values[-1:], values, values[:1])))


@adjoint(np.correlate, samples=_convolve_samples)
def _correlate(ct: Any, result: Any, a: Any, v: Any, mode: str = "valid") -> Any:
    a_bar = runtime.correlate_adjoint_left(ct, a, v, mode)
    v_bar = runtime.correlate_adjoint_right(ct, a, v, mode)
    return a_bar, v_bar


methods(take=np.take, compress=np.ndarray.compress, choose=np.choose)
