"""The older transforms of SciPy, in terms of :mod:`scipy.fft`; those that turn back cosines leave out the factor."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import fft, fftpack

from diffcompile.rules.registry import Sample, definition, sample
from diffcompile.rules.sampling import normal
from diffcompile.rules.scipy.fft import turned


def _signals() -> list[Sample]:
    return [sample(normal(6)), sample(normal(5), 4), sample(normal(3, 4), axis=0)]


@definition(fftpack.fft, samples=_signals)
def fft_(x: Any, n: Any = None, axis: int = -1, overwrite_x: Any = False) -> Any:
    """Return ``scipy.fftpack.fft(x, n, axis)``."""
    return np.fft.fft(x, n, axis)


@definition(fftpack.ifft, samples=_signals)
def ifft(x: Any, n: Any = None, axis: int = -1, overwrite_x: Any = False) -> Any:
    """Return ``scipy.fftpack.ifft(x, n, axis)``."""
    return np.fft.ifft(x, n, axis)


def _waves() -> list[Sample]:
    return [
        sample(normal(5)),
        sample(normal(5), 1),
        sample(normal(5), 3, norm="ortho"),
        sample(normal(4, 3), 2, 6, 0),
        sample(normal(3, 5), 4, norm="ortho"),
    ]


@definition(fftpack.dct, samples=_waves)
def dct(x: Any, type: int = 2, n: Any = None, axis: int = -1, norm: Any = None, overwrite_x: Any = False) -> Any:
    """Return ``scipy.fftpack.dct(x, type, n, axis, norm)``."""
    return fft.dct(x, type, n, axis, norm)


@definition(fftpack.idct, samples=_waves)
def idct(x: Any, type: int = 2, n: Any = None, axis: int = -1, norm: Any = None, overwrite_x: Any = False) -> Any:
    """Return ``scipy.fftpack.idct(x, type, n, axis, norm)``."""
    return fft.dct(x, turned(type), n, axis, norm)


@definition(fftpack.dst, samples=_waves)
def dst(x: Any, type: int = 2, n: Any = None, axis: int = -1, norm: Any = None, overwrite_x: Any = False) -> Any:
    """Return ``scipy.fftpack.dst(x, type, n, axis, norm)``."""
    return fft.dst(x, type, n, axis, norm)


@definition(fftpack.idst, samples=_waves)
def idst(x: Any, type: int = 2, n: Any = None, axis: int = -1, norm: Any = None, overwrite_x: Any = False) -> Any:
    """Return ``scipy.fftpack.idst(x, type, n, axis, norm)``."""
    return fft.dst(x, turned(type), n, axis, norm)
