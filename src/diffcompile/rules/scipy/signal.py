"""Convolutions and filters of signals."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import signal

from diffcompile import runtime_scipy
from diffcompile.rules.registry import Sample, adjoint, linear, sample
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
