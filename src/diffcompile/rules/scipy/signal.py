"""Convolutions and filters of signals."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import signal

from diffcompile import runtime, runtime_scipy
from diffcompile.rules.registry import Sample, adjoint, definition, linear, sample
from diffcompile.rules.sampling import complex_normal, normal


def _samples() -> list[Sample]:
    return [
        sample(normal(6), normal(3)),
        sample(normal(3), normal(6)),
        sample(normal(6), normal(4), "same"),
        sample(normal(3), normal(5), mode="same"),
        sample(normal(6), normal(4), mode="valid"),
        sample(normal(3), normal(7), mode="valid"),
        sample(normal(5, 4), normal(2, 3)),
        sample(normal(5, 4), normal(2, 3), "same"),
        sample(normal(5, 4), normal(2, 3), "valid"),
        sample(normal(6, dtype=np.float32), normal(3, dtype=np.float32)),
    ]


@adjoint(signal.convolve, samples=lambda: [*_samples(), sample(complex_normal(5), complex_normal(3), "same")])
def _convolve(ct: Any, y: Any, in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    bars = runtime_scipy.convolve_adjoint(ct, mode, in1, in2)
    return bars[0], bars[1]


@adjoint(signal.fftconvolve, samples=_samples)
def _fftconvolve(ct: Any, y: Any, in1: Any, in2: Any, mode: str = "full") -> Any:
    bars = runtime_scipy.convolve_adjoint(ct, mode, in1, in2)
    return bars[0], bars[1]


@adjoint(signal.oaconvolve, samples=_samples)
def _oaconvolve(ct: Any, y: Any, in1: Any, in2: Any, mode: str = "full") -> Any:
    bars = runtime_scipy.convolve_adjoint(ct, mode, in1, in2)
    return bars[0], bars[1]


@adjoint(signal.correlate, samples=_samples)
def _correlate(ct: Any, y: Any, in1: Any, in2: Any, mode: str = "full", method: str = "auto") -> Any:
    bars = runtime_scipy.correlate_adjoint(ct, mode, in1, in2)
    return bars[0], bars[1]


linear(
    signal.convolve,
    signal.fftconvolve,
    signal.oaconvolve,
    signal.correlate,
    names=("in1", "in2"),
    separately=True,
)


@adjoint(
    signal.lfilter,
    samples=lambda: [
        sample(np.array([0.5, 0.25]), np.array([1.0, -0.5, 0.1]), normal(7)),
        sample(np.array([0.5, 0.25, 1.0]), np.array([2.0, -0.5]), normal(7, 2), axis=0),
        sample(np.array([0.5, 0.25, 1.0]), np.array([1.5]), normal(2, 5)),
        sample(np.array([0.5]), np.array([1.0, 0.25]), normal(2)),
    ],
)
def _lfilter(ct: Any, y: Any, b: Any, a: Any, x: Any, axis: int = -1) -> Any:
    bars = runtime_scipy.lfilter_adjoint(ct, y, b, a, x, axis)
    return bars[0], bars[1], bars[2]


SECTIONS = np.array([[0.5, 0.25, 0.1, 1.0, -0.5, 0.2], [1.0, 0.5, 0.0, 1.0, 0.3, 0.1]])


@adjoint(
    signal.sosfilt,
    samples=lambda: [
        # the first coefficient of each denominator has to be 1: the sections are fixed, or whole numbers
        sample(np.array([[1, 2, 1, 1, 0, 0], [2, -1, 0, 1, 0, 0]]), normal(7)),
        sample(np.array([[1, 2, 1, 1, 0, 0]]), normal(7, 2), axis=0),
    ],
)
def _sosfilt(ct: Any, y: Any, sos: Any, x: Any, axis: int = -1) -> Any:
    bars = runtime_scipy.sosfilt_adjoint(ct, sos, x, axis)
    return bars[0], bars[1]


# a projection on what is orthogonal to straight lines, which is symmetric
@adjoint(
    signal.detrend,
    samples=lambda: [sample(normal(7)), sample(normal(6, 2), axis=0), sample(normal(6), type="constant")],
)
def _detrend(ct: Any, y: Any, data: Any, axis: int = -1, type: str = "linear", bp: Any = 0) -> Any:
    return (signal.detrend(ct, axis, type, bp),)


linear(signal.detrend, names="data")


def _from_state(b: Any, a: Any, x: Any, state: Any) -> Any:
    """Return what ``lfilter(b, a, x, zi=state)`` does along the last axis: the state dies away in ``1/a``."""
    return signal.lfilter(b, a, x) + signal.lfilter(np.ones(1), a / a[0], runtime.cut_or_pad(state, np.shape(x)))


def _steady(b: Any, a: Any) -> Any:
    """Return the state of a filter that has seen nothing but ones: ``signal.lfilter_zi``, in terms of sums."""
    size = (max(len(a), len(b)),)
    b, a = runtime.cut_or_pad(b / a[0], size), runtime.cut_or_pad(a / a[0], size)
    change = b[1:] - a[1:] * b[0]
    return np.cumsum(a)[:-1] * (np.sum(change) / np.sum(a)) - (np.cumsum(change) - change)


def _extended(x: Any, edge: int, padtype: Any) -> Any:
    """Return ``x`` with ``edge`` more numbers at both ends of the last axis."""
    if edge < 1:
        return x
    first, last = x[..., :1], x[..., -1:]
    if padtype == "constant":
        return np.concatenate([np.repeat(first, edge, -1), x, np.repeat(last, edge, -1)], axis=-1)
    left, right = x[..., edge:0:-1], x[..., -2 : -(edge + 2) : -1]
    if padtype == "even":
        return np.concatenate([left, x, right], axis=-1)
    return np.concatenate([2.0 * first - left, x, 2.0 * last - right], axis=-1)


B, A = np.array([0.5, 0.25, 0.1]), np.array([1.0, -0.5, 0.1])


@definition(
    signal.filtfilt,
    samples=lambda: [
        sample(B, A, normal(12)),
        sample(B, A, normal(9, 2), 0, "even", 4),
        sample(2.0 * B, 2.0 * A, normal(2, 9), padtype="constant", padlen=3),
        sample(B, np.array([1.0]), normal(7), padtype=None),
        sample(B, A, normal(2, 1), padlen=0),
    ],
)
def filtfilt(b: Any, a: Any, x: Any, axis: int = -1, padtype: Any = "odd", padlen: Any = None) -> Any:
    """Return ``scipy.signal.filtfilt(b, a, x, axis, padtype, padlen)``: a filter there and back."""
    if padtype not in ("odd", "even", "constant", None):
        raise ValueError(f"padtype must be 'even', 'odd', 'constant', or None, not {padtype!r}")
    b, a = np.atleast_1d(b), np.atleast_1d(a)
    x = np.moveaxis(np.asarray(x), axis, -1)
    edge = 3 * max(len(a), len(b)) if padlen is None else padlen
    edge = 0 if padtype is None else edge
    if np.shape(x)[-1] <= edge:
        raise ValueError(f"The length of the input vector x must be greater than padlen, which is {edge}.")
    longer = _extended(x, edge, padtype)
    state = _steady(b, a)
    there = _from_state(b, a, longer, state * longer[..., :1])
    back = _from_state(b, a, np.flip(there, -1), state * there[..., -1:])
    y = np.flip(back, -1)
    if edge > 0:
        y = y[..., edge:-edge]
    return np.moveaxis(y, -1, axis)
