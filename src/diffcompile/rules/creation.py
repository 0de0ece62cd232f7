"""Rules of creation and casts: a conversion hands its cotangent on in the form of what was converted."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import Sample, adjoint, nondifferentiable, sample, views

X = np.array([[0.5, -1.5, 2.5], [1.0, 2.0, -3.0]])

# --- conversions ---


def _conversion_samples() -> list[Sample]:
    return [
        sample(X),
        sample(X, dtype=np.float64),
        sample(X.astype(np.float32), np.float64),
        sample(X, np.float32),
        sample(np.asarray(1.5)),
        sample(X[:0]),
        sample(X.astype(np.float32)),
    ]


def _collection_samples() -> list[Sample]:
    return [
        *_conversion_samples(),
        sample(1.5),
        sample([0.5, 1.5, -2.0]),
        sample((0.5, 1.5)),
        sample([[0.5, 1.5], [2.0, -1.0]]),
        sample([X[0], X[1]]),
        sample([X[0, 0], 1.5, np.asarray(2.5)]),
        sample([1, 2.5]),
        sample([0.5, 1.5], dtype=np.float32),
        sample([]),
    ]


@adjoint(
    np.array, samples=lambda: [*_collection_samples(), sample(X[0], ndmin=3), sample([0.5, 1.5], ndmin=2)]
)
def _array(
    ct: Any, y: Any, object: Any, dtype: Any = None, *, copy: Any = True, order: Any = "K",
    subok: bool = False, ndmin: int = 0, like: Any = None,
) -> Any:  # fmt: skip
    if ndmin:
        ct = np.reshape(ct, np.shape(object))
    return (runtime.as_cotangent(ct, object) if dtype is None else runtime.cast_adjoint(ct, y, object),)


@adjoint(np.asarray, samples=_collection_samples)
@adjoint(np.asanyarray, samples=_collection_samples)
def _asarray(
    ct: Any, y: Any, a: Any, dtype: Any = None, order: Any = None, *, device: Any = None, copy: Any = None,
    like: Any = None,
) -> Any:  # fmt: skip
    return (runtime.as_cotangent(ct, a) if dtype is None else runtime.cast_adjoint(ct, y, a),)


@adjoint(np.ascontiguousarray, samples=_collection_samples)
@adjoint(np.asfortranarray, samples=_collection_samples)
def _ascontiguousarray(ct: Any, y: Any, a: Any, dtype: Any = None, *, like: Any = None) -> Any:
    return (runtime.as_cotangent(ct, a) if dtype is None else runtime.cast_adjoint(ct, y, a),)


@adjoint(np.asarray_chkfinite, samples=_collection_samples)
def _asarray_chkfinite(ct: Any, y: Any, a: Any, dtype: Any = None, order: Any = None) -> Any:
    return (runtime.as_cotangent(ct, a) if dtype is None else runtime.cast_adjoint(ct, y, a),)


@adjoint(
    np.copy, samples=lambda: [sample(X), sample(X, "F"), sample(X.astype(np.float32)), sample([0.5, 1.5])]
)
def _copy(ct: Any, y: Any, a: Any, order: Any = "K", subok: bool = False) -> Any:
    return (runtime.as_cotangent(ct, a),)


@adjoint(np.ndarray.copy, samples=lambda: [sample(X), sample(X, order="F"), sample(X.astype(np.float32))])
def _copy_method(ct: Any, y: Any, self: Any, order: Any = "C") -> Any:
    return (ct,)


def _cast_samples() -> list[Sample]:
    return [
        sample(X, np.float64),
        sample(X, np.float32),
        sample(X.astype(np.float32), "float64"),
        sample(X, complex),
        sample(X + 0.25, int),
        sample(X + 0.25, bool),
        sample(np.asarray(1.5), np.float32),
        sample(X[:0], np.float32),
    ]


if hasattr(np, "astype"):  # since NumPy 2.1

    @adjoint(np.astype, samples=_cast_samples)
    def _astype(ct: Any, y: Any, x: Any, dtype: Any, *, copy: bool = True, device: Any = None) -> Any:
        return (runtime.cast_adjoint(ct, y, x),)


@adjoint(np.ndarray.astype, samples=_cast_samples)
def _astype_method(
    ct: Any, y: Any, self: Any, dtype: Any, order: Any = "K", casting: Any = "unsafe", subok: bool = True,
    copy: bool = True,
) -> Any:  # fmt: skip
    return (runtime.cast_adjoint(ct, y, self),)


def _constructor_samples() -> list[Sample]:
    return [
        sample(1.5),
        sample(np.float32(1.5)),
        sample(X),
        sample(X.astype(np.float32)),
        sample(np.asarray(0.5)),
    ]


@adjoint(np.float32, samples=_constructor_samples)
@adjoint(np.float64, samples=_constructor_samples)
@adjoint(np.longdouble, samples=_constructor_samples)
@adjoint(np.complex64, samples=_constructor_samples)
@adjoint(np.complex128, samples=_constructor_samples)
def _floating(ct: Any, y: Any, x: Any) -> Any:
    return (runtime.as_cotangent(ct, x),)


@adjoint(
    np.ndarray.item,
    samples=lambda: [sample(X, 4), sample(X, -1), sample(X, 1, 2), sample(X, (0, -1)), sample(X[:1, :1])],
)
def _item(ct: Any, y: Any, self: Any, *args: Any) -> Any:
    return (runtime.item_adjoint(ct, self, args),)


@adjoint(np.ndarray.tolist, samples=lambda: [sample(X), sample(X[0]), sample(np.asarray(1.5)), sample(X[:0])])
def _tolist(ct: Any, y: Any, self: Any) -> Any:
    return (runtime.as_cotangent(ct, self),)


# --- arrays of one value, and values at regular distances ---


@adjoint(
    np.full,
    samples=lambda: [
        sample((2, 3), 1.5),
        sample(4, 1.5),
        sample((2, 3), X[0]),
        sample((4, 2, 3), X),
        sample((), 1.5),
        sample((2, 0), 1.5),
        sample((2, 3), 1.5, dtype=np.float32),
        sample((2, 3), 1.5, dtype=int),
        sample((2, 3), X[0].astype(np.float32)),
    ],
)
def _full(
    ct: Any, y: Any, shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C", *, device: Any = None,
    like: Any = None,
) -> Any:  # fmt: skip
    fill_bar = runtime.unbroadcast(ct, np.shape(fill_value))
    if dtype is not None:
        fill_bar = runtime.cast_adjoint(fill_bar, y, fill_value)
    return None, fill_bar


@adjoint(
    np.full_like,
    samples=lambda: [
        sample(X, 1.5),
        sample(X, X[1]),
        sample(X, 1.5, shape=(4,)),
        sample(X.astype(np.float32), 1.5),
        sample(np.arange(3), 1.5),
        sample(np.arange(3), 1.5, dtype=float),
    ],
)
def _full_like(
    ct: Any, y: Any, a: Any, fill_value: Any, dtype: Any = None, order: Any = "K", subok: bool = True,
    shape: Any = None, *, device: Any = None,
) -> Any:  # fmt: skip
    return None, runtime.cast_adjoint(runtime.unbroadcast(ct, np.shape(fill_value)), y, fill_value)


@adjoint(
    np.arange,
    samples=lambda: [sample(3.5), sample(0.25, 3.1), sample(0.25, 3.1, 0.5), sample(3.0, -1.1, step=-0.75)],
)
def _arange(
    ct: Any, y: Any, start_or_stop: Any, stop: Any = None, step: Any = None, dtype: Any = None, *,
    device: Any = None, like: Any = None,
) -> Any:  # fmt: skip
    start_bar = None if stop is None else np.sum(ct)
    return start_bar, None, np.sum(ct * np.arange(np.size(ct)))


def _linspace_samples() -> list[Sample]:
    return [
        sample(0.5, 2.5),
        sample(0.5, 2.5, 7),
        sample(0.5, 2.5, num=4, endpoint=False),
        sample(0.5, 2.5, 1),
        sample(X, 2.5, 4),
        sample(X[0], X[1], 5, axis=-1),
        sample(X[:, :1], X[1], 3, axis=1),
        sample(X[0].astype(np.float32), X[1].astype(np.float32), 3),
    ]


@adjoint(np.linspace, samples=lambda: [*_linspace_samples(), sample(0.5, 2.5, 5, retstep=True)])
def _linspace(
    ct: Any, y: Any, start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False,
    dtype: Any = None, axis: int = 0, *, device: Any = None,
) -> Any:  # fmt: skip
    if retstep:
        start_bar, stop_bar = runtime.linspace_adjoint(ct[0], start, stop, num, endpoint, axis)
        step_bar = ct[1] / (num - 1 if endpoint else num)
        start_bar = start_bar - runtime.unbroadcast(step_bar, np.shape(start))
        stop_bar = stop_bar + runtime.unbroadcast(step_bar, np.shape(stop))
    else:
        start_bar, stop_bar = runtime.linspace_adjoint(ct, start, stop, num, endpoint, axis)
    return start_bar, stop_bar


@adjoint(
    np.logspace, samples=lambda: [sample(0.5, 1.5, 4), sample(0.5, 1.5, 4, False, 2.0), sample(X[0], 0.5, 3)]
)
def _logspace(
    ct: Any, y: Any, start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0,
    dtype: Any = None, axis: int = 0,
) -> Any:  # fmt: skip
    cts = runtime.linspace_adjoint(ct * y * math.log(base), start, stop, num, endpoint, axis)
    return (cts[0], cts[1])


@adjoint(
    np.geomspace,
    samples=lambda: [sample(0.5, 1.5, 4), sample(0.5, 1.5, 4, False), sample(np.abs(X[0]), 0.5, 3)],
)
def _geomspace(
    ct: Any,
    y: Any,
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    start_bar, stop_bar = runtime.linspace_adjoint(ct * y, start, stop, num, endpoint, axis)
    return start_bar / start, stop_bar / stop


# an array that fits is handed through as it is
views(np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray, np.asarray_chkfinite)

nondifferentiable(
    np.zeros,
    np.ones,
    np.empty,
    np.zeros_like,
    np.ones_like,
    np.empty_like,
    np.eye,
    np.identity,
    np.tri,
    np.indices,
    np.diag_indices,
    np.diag_indices_from,
    np.tril_indices,
    np.triu_indices,
    np.tril_indices_from,
    np.triu_indices_from,
    reason="the values of its result do not depend on those of its arguments",
)
