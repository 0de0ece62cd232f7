"""Filters that are designed in the program that uses them."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from diffcompile import UnsupportedError, check_grads, grad
from diffcompile.rules.sampling import normal

signal = pytest.importorskip("scipy.signal")

X = normal(24)


def smooth(cutoff: Any) -> Any:
    b, a = signal.butter(3, cutoff)
    return np.sum(signal.filtfilt(b, a, X) ** 2)


def in_sections(cutoff: Any) -> Any:
    return np.sum(signal.sosfilt(signal.cheby1(3, 1.0, cutoff, output="sos"), X) ** 2)


def passes(band: Any) -> Any:
    b, a = signal.iirfilter(2, band, rs=20.0, btype="bandstop", ftype="cheby2", fs=50.0)
    return np.sum(signal.lfilter(b, a, X) ** 2)


def analog(cutoff: Any) -> Any:
    b, a = signal.iirfilter(2, cutoff, btype="low", analog=True, ftype="bessel")
    return np.sum(a**2) + np.sum(b**2)


@pytest.mark.parametrize(
    ("f", "x"), [(smooth, 0.3), (in_sections, 0.3), (passes, np.array([5.0, 11.0])), (analog, 1.3)]
)
def test_cutoffs(f: Any, x: Any) -> None:
    check_grads(f, (x,))


def test_constant_designs_are_quick_to_compile() -> None:
    """SciPy's own text of a design takes a minute to read."""

    def f(x: Any) -> Any:
        b, a = signal.butter(3, 0.2)
        return np.sum(signal.filtfilt(b, a, x) ** 2) + np.sum(signal.decimate(x, 4, 2) ** 2)

    start = time.process_time()
    grad(f)(X)
    assert time.process_time() - start < 10.0
    check_grads(f, (X,))


def test_refused() -> None:
    with pytest.raises(UnsupportedError, match="sections of analog filters"):
        grad(lambda w: np.sum(signal.butter(2, w, analog=True, output="sos")))(1.5)
    with pytest.raises(UnsupportedError, match="decimate has no derivative rule"):
        grad(lambda x: np.sum(signal.decimate(x, 2, ftype="fir")))(X)
