"""Filters that are designed in the program: SciPy's formulae, without what they test."""
# ruff: noqa: N803 - names are what they are

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import signal

from diffcompile import runtime_scipy
from diffcompile.errors import UnsupportedError
from diffcompile.rules.registry import Sample, definition, nondifferentiable, sample
from diffcompile.rules.sampling import normal

BANDS = {
    "band": "bandpass", "bandpass": "bandpass", "pass": "bandpass", "bp": "bandpass", "bs": "bandstop",
    "bandstop": "bandstop", "bands": "bandstop", "stop": "bandstop", "l": "lowpass", "low": "lowpass",
    "lowpass": "lowpass", "lp": "lowpass", "high": "highpass", "highpass": "highpass", "h": "highpass",
    "hp": "highpass",
}  # fmt: skip

nondifferentiable(runtime_scipy.section_pairs, reason="it says which roots belong together")


def _moved(z: Any, p: Any, k: Any, warped: Any, band: str) -> Any:
    """Return zeros, poles and gain of a lowpass prototype that is moved to its band."""
    degree = len(p) - len(z)
    if band == "lowpass":
        return z * warped, p * warped, k * warped**degree
    turned = k * np.real(np.prod(-z) / np.prod(-p))
    if band == "highpass":
        return np.concatenate([warped / z, np.zeros(degree)]), warped / p, turned
    width, square = warped[1] - warped[0], warped[0] * warped[1]
    if band == "bandpass":
        z, p = z * (width / 2.0), p * (width / 2.0)
        k, more = k * width**degree, np.zeros(degree) + 0j
    else:
        z, p = (width / 2.0) / z, (width / 2.0) / p
        k, more = turned, np.concatenate([np.full(degree, 1j), np.full(degree, -1j)]) * np.sqrt(square)
    z_root, p_root = np.sqrt(z * z - square), np.sqrt(p * p - square)
    return np.concatenate([z + z_root, z - z_root, more]), np.concatenate([p + p_root, p - p_root]), k


def _sections(z: Any, p: Any, k: Any, analog: bool) -> Any:
    """Return the second order sections of a filter; which roots belong together does not move."""
    if analog:
        raise UnsupportedError("sections of analog filters have no derivative rule", advice='use output="zpk"')
    size = max(len(z), len(p))
    size = size + size % 2
    z = np.concatenate([z, np.zeros(size - len(z))])
    p = np.concatenate([p, np.zeros(size - len(p))])
    of_z, of_p = runtime_scipy.section_pairs(z, p, k, analog)
    first, second, third, fourth = z[of_z[:, 0]], z[of_z[:, 1]], p[of_p[:, 0]], p[of_p[:, 1]]
    gains = np.where(np.arange(size // 2) == 0, k, 1.0)
    one = np.ones(size // 2)
    above = [gains, -gains * np.real(first + second), gains * np.real(first * second)]
    return np.stack([*above, one, -np.real(third + fourth), np.real(third * fourth)], axis=1)


def _designs() -> list[Sample]:
    return [
        sample(3, 0.2, btype="low"),
        sample(2, 0.3, btype="highpass", output="zpk"),
        sample(2, np.array([0.2, 0.5]), btype="bandpass"),
        sample(2, np.array([20.0, 50.0]), btype="bandstop", fs=200.0),
        sample(3, 0.3, btype="lp", output="sos"),
        sample(2, np.array([0.2, 0.5]), btype="band", output="sos"),
        sample(3, 2.5, btype="low", analog=True),
        sample(3, 0.3, rp=1.0, btype="low", ftype="cheby1"),
        sample(3, 0.3, rs=20.0, btype="low", ftype="cheby2"),
        sample(2, 0.3, rp=1.0, rs=20.0, btype="high", ftype="ellip", output="sos"),
        sample(3, 0.3, btype="low", ftype="bessel"),
    ]


@definition(signal.iirfilter, shorter=True, samples=_designs)
def iirfilter(
    N: int, Wn: Any, rp: Any = None, rs: Any = None, btype: str = "band", analog: bool = False, ftype: str = "butter",
    output: str = "ba", fs: Any = None,
) -> Any:  # fmt: skip
    """Return ``scipy.signal.iirfilter``, which is differentiated in its frequencies."""
    frequency = np.asarray(Wn) if fs is None else np.asarray(Wn) / (fs / 2.0)
    if np.any(frequency <= 0) or (not analog and np.any(frequency >= 1)):
        raise ValueError("Digital filter critical frequencies must be 0 < Wn < 1, or 0 < Wn < fs/2")
    band = BANDS[btype.lower()]
    z, p, k = runtime_scipy.prototype(ftype.lower(), N, rp, rs)
    warped = frequency if analog else 4.0 * np.tan(np.pi * frequency / 2.0)
    z, p, k = _moved(z, p, k, warped, band)
    if not analog:
        more = -np.ones(len(p) - len(z))
        k = k * np.real(np.prod(4.0 - z) / np.prod(4.0 - p))
        z, p = np.concatenate([(4.0 + z) / (4.0 - z), more]), (4.0 + p) / (4.0 - p)
    if output == "zpk":
        return z, p, k
    if output == "sos":
        return _sections(z, p, k, analog)
    return k * np.real(np.atleast_1d(np.poly(z))), np.real(np.atleast_1d(np.poly(p)))


@definition(signal.butter, shorter=True, samples=lambda: [sample(3, 0.2), sample(2, 0.3, "high", output="sos")])
def butter(
    N: int, Wn: Any, btype: str = "low", analog: bool = False, output: str = "ba", fs: Any = None
) -> Any:
    """Return ``scipy.signal.butter``."""
    return iirfilter(N, Wn, None, None, btype, analog, "butter", output, fs)


@definition(signal.cheby1, shorter=True, samples=lambda: [sample(3, 1.0, 0.2)])
def cheby1(
    N: int, rp: Any, Wn: Any, btype: str = "low", analog: bool = False, output: str = "ba", fs: Any = None
) -> Any:
    """Return ``scipy.signal.cheby1``."""
    return iirfilter(N, Wn, rp, None, btype, analog, "cheby1", output, fs)


@definition(signal.cheby2, shorter=True, samples=lambda: [sample(3, 20.0, 0.2)])
def cheby2(
    N: int, rs: Any, Wn: Any, btype: str = "low", analog: bool = False, output: str = "ba", fs: Any = None
) -> Any:
    """Return ``scipy.signal.cheby2``."""
    return iirfilter(N, Wn, None, rs, btype, analog, "cheby2", output, fs)


@definition(signal.ellip, shorter=True, samples=lambda: [sample(3, 1.0, 20.0, 0.2)])
def ellip(
    N: int, rp: Any, rs: Any, Wn: Any, btype: str = "low", analog: bool = False, output: str = "ba", fs: Any = None
) -> Any:
    """Return ``scipy.signal.ellip``."""
    return iirfilter(N, Wn, rp, rs, btype, analog, "ellip", output, fs)


@definition(
    signal.decimate,
    samples=lambda: [sample(normal(40), 4), sample(normal(2, 50), 2, 3), sample(normal(30), 3, zero_phase=False)],
)
def decimate(x: Any, q: int, n: Any = None, ftype: Any = "iir", axis: int = -1, zero_phase: bool = True) -> Any:
    """Return ``scipy.signal.decimate(x, q, n, ftype, axis, zero_phase)``: a filter, and every q-th value."""
    x = np.moveaxis(np.asarray(x), axis, -1)
    if ftype == "iir":
        sections = runtime_scipy.decimating_sections(n, q)
        y = signal.sosfiltfilt(sections, x) if zero_phase else signal.sosfilt(sections, x)
    elif ftype == "fir" and not zero_phase:
        y = signal.lfilter(runtime_scipy.decimating_window(n, q), np.ones(1), x)
    else:
        raise UnsupportedError(f"decimate has no derivative rule for {ftype=}, {zero_phase=}", advice='ftype="iir"')
    return np.moveaxis(y[..., ::q], -1, axis)
