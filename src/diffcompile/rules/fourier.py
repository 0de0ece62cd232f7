"""Discrete Fourier transforms: linear, and but for real signals their own transposes.

For ``y = F x`` the cotangent is ``F.T @ ct``, unconjugated as everywhere; the matrix of ``fft`` and of ``ifft`` is
symmetric, so ``F.T = F``. A real signal has the half of its spectrum only: its cotangent is the real part of a
whole transform, and where the half spectrum is the argument each inner entry counts for two frequencies.
"""
# Where the argument is real the driver takes the real part.

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import Sample, adjoint, nondifferentiable, sample
from diffcompile.rules.sampling import complex_normal, normal


def _signals(*extra: Sample) -> list[Sample]:
    return [
        sample(complex_normal(5)),
        sample(normal(5)),
        sample(complex_normal(4), 7),
        sample(complex_normal(6), n=4, norm="ortho"),
        sample(normal(3, 4), None, 0),
        sample(complex_normal(2, 5, 3), axis=1, norm="forward"),
        sample(normal(4, 3), 6, axis=-2, norm="backward"),
        sample(normal(6, dtype=np.float32)),
        *extra,
    ]


@adjoint(np.fft.fft, samples=_signals)
def _fft(ct: Any, y: Any, a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    a_bar = np.fft.fft(ct, axis=axis, norm=norm)
    if n is not None:
        a_bar = runtime.cut_or_pad(a_bar, np.shape(a))
    return (a_bar,)


@adjoint(np.fft.ifft, samples=_signals)
def _ifft(ct: Any, y: Any, a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    a_bar = np.fft.ifft(ct, axis=axis, norm=norm)
    if n is not None:
        a_bar = runtime.cut_or_pad(a_bar, np.shape(a))
    return (a_bar,)


def _real_signals() -> list[Sample]:
    return [case for case in _signals() if not np.iscomplexobj(case.args[0])] + [
        sample(normal(6)),
        sample(normal(1)),
        sample(normal(5), 8, norm="ortho"),
        sample(normal(6), 5, norm="forward"),
    ]


@adjoint(np.fft.rfft, samples=_real_signals)
def _rfft(ct: Any, y: Any, a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    if n is None:
        a_bar = np.real(np.fft.fft(ct, np.shape(a)[axis], axis, norm))
    else:
        a_bar = runtime.cut_or_pad(np.real(np.fft.fft(ct, n, axis, norm)), np.shape(a))
    return (a_bar,)


@adjoint(np.fft.ihfft, samples=_real_signals)
def _ihfft(ct: Any, y: Any, a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    if n is None:
        a_bar = np.real(np.fft.ifft(ct, np.shape(a)[axis], axis, norm))
    else:
        a_bar = runtime.cut_or_pad(np.real(np.fft.ifft(ct, n, axis, norm)), np.shape(a))
    return (a_bar,)


def _half_spectra() -> list[Sample]:
    return _signals(sample(complex_normal(4), 5), sample(complex_normal(2), 1), sample(complex_normal(4, 2), 9, 0))


@adjoint(np.fft.irfft, samples=lambda: [*_half_spectra(), sample(normal(4)), sample(normal(4, 2), 9, 0)])
def _irfft(ct: Any, y: Any, a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    half = np.conj(np.fft.rfft(ct, axis=axis, norm=runtime.opposite_norm(norm)))
    a_bar = runtime.double_inner(half, np.shape(ct)[axis], axis)
    if n is not None:
        a_bar = runtime.cut_or_pad(a_bar, np.shape(a))
    return (runtime.as_cotangent(a_bar, a),)


@adjoint(np.fft.hfft, samples=lambda: [*_half_spectra(), sample(normal(4)), sample(normal(4, 2), 9, 0)])
def _hfft(ct: Any, y: Any, a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> Any:
    half = np.fft.rfft(ct, axis=axis, norm=norm)
    a_bar = runtime.double_inner(half, np.shape(ct)[axis], axis)
    if n is not None:
        a_bar = runtime.cut_or_pad(a_bar, np.shape(a))
    return (runtime.as_cotangent(a_bar, a),)


# --- several axes ---


def _planes() -> list[Sample]:
    return [
        sample(complex_normal(3, 4)),
        sample(normal(2, 3, 4)),
        sample(complex_normal(3, 4), (5, 3)),
        sample(normal(4, 3), s=(2, -1), axes=(-2, -1), norm="ortho"),
        sample(complex_normal(2, 3, 4), axes=(2, 0), norm="forward"),
        sample(normal(3, 4, dtype=np.float32)),
    ]


def _real_planes() -> list[Sample]:
    return [case for case in _planes() if not np.iscomplexobj(case.args[0])] + [
        sample(normal(3, 5)),
        sample(normal(3, 5), (4, 6), (1, 0)),
    ]


def _with_axes(cases: list[Sample]) -> list[Sample]:
    """Return the cases for functions that by default transform all axes."""
    return [
        *(case for case in cases if len(case.args) != 2 or len(case.args) == 3),  # noqa: PLR2004 - `s` without axes
        sample(normal(2, 3, 4), axes=(1,)),
    ]


@adjoint(np.fft.fft2, samples=_planes)
def _fft2(ct: Any, y: Any, a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    a_bar = np.fft.fft2(ct, axes=axes, norm=norm)
    if not np.iscomplexobj(a):
        a_bar = np.real(a_bar)
    if s is not None:
        a_bar = runtime.cut_or_pad(a_bar, np.shape(a))
    return (a_bar,)


@adjoint(np.fft.ifft2, samples=_planes)
def _ifft2(ct: Any, y: Any, a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    a_bar = np.fft.ifft2(ct, axes=axes, norm=norm)
    if not np.iscomplexobj(a):
        a_bar = np.real(a_bar)
    if s is not None:
        a_bar = runtime.cut_or_pad(a_bar, np.shape(a))
    return (a_bar,)


@adjoint(np.fft.fftn, samples=lambda: _with_axes(_planes()))
def _fftn(ct: Any, y: Any, a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    if s is None:
        a_bar = np.fft.fftn(ct, axes=axes, norm=norm)
    else:
        sizes = runtime.transform_sizes(np.shape(ct), s, axes)
        a_bar = np.fft.fftn(ct, sizes, axes, norm)
        a_bar = runtime.cut_or_pad(a_bar if np.iscomplexobj(a) else np.real(a_bar), np.shape(a))
    return (a_bar,)


@adjoint(np.fft.ifftn, samples=lambda: _with_axes(_planes()))
def _ifftn(ct: Any, y: Any, a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    if s is None:
        a_bar = np.fft.ifftn(ct, axes=axes, norm=norm)
    else:
        sizes = runtime.transform_sizes(np.shape(ct), s, axes)
        a_bar = np.fft.ifftn(ct, sizes, axes, norm)
        a_bar = runtime.cut_or_pad(a_bar if np.iscomplexobj(a) else np.real(a_bar), np.shape(a))
    return (a_bar,)


@adjoint(np.fft.rfft2, samples=_real_planes)
def _rfft2(ct: Any, y: Any, a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    if s is None:
        a_bar = np.real(np.fft.fft2(runtime.cut_or_pad(ct, np.shape(a)), axes=axes, norm=norm))
    else:
        sizes = runtime.transform_sizes(np.shape(a), s, axes)
        a_bar = runtime.cut_or_pad(np.real(np.fft.fft2(ct, sizes, axes, norm)), np.shape(a))
    return (a_bar,)


@adjoint(np.fft.rfftn, samples=lambda: _with_axes(_real_planes()))
def _rfftn(ct: Any, y: Any, a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    if s is None:
        a_bar = np.real(np.fft.fftn(runtime.cut_or_pad(ct, np.shape(a)), axes=axes, norm=norm))
    else:
        sizes = runtime.transform_sizes(np.shape(a), s, axes)
        a_bar = runtime.cut_or_pad(np.real(np.fft.fftn(ct, sizes, axes, norm)), np.shape(a))
    return (a_bar,)


@adjoint(np.fft.irfft2, samples=lambda: [*_planes(), sample(complex_normal(3, 4), (3, 5))])
def _irfft2(ct: Any, y: Any, a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    half = np.conj(np.fft.rfft2(ct, axes=axes, norm=runtime.opposite_norm(norm)))
    a_bar = runtime.cut_or_pad(runtime.double_inner(half, np.shape(ct)[axes[-1]], axes[-1]), np.shape(a))
    return (runtime.as_cotangent(a_bar, a),)


@adjoint(np.fft.irfftn, samples=lambda: _with_axes(_planes()))
def _irfftn(ct: Any, y: Any, a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    last = -1 if axes is None else axes[-1]
    half = np.conj(np.fft.rfftn(ct, axes=axes, norm=runtime.opposite_norm(norm)))
    a_bar = runtime.cut_or_pad(runtime.double_inner(half, np.shape(ct)[last], last), np.shape(a))
    return (runtime.as_cotangent(a_bar, a),)


# --- orders of frequencies ---


def _shifts() -> list[Sample]:
    return [
        sample(normal(5)),
        sample(normal(3, 4)),
        sample(normal(3, 4), 1),
        sample(normal(2, 3, 5), axes=(0, 2)),
        sample(complex_normal(5)),
        sample(normal(0)),
        sample(normal(5, dtype=np.float32)),
    ]


@adjoint(np.fft.fftshift, samples=_shifts)
def _fftshift(ct: Any, y: Any, x: Any, axes: Any = None) -> Any:
    return (np.fft.ifftshift(ct, axes),)


@adjoint(np.fft.ifftshift, samples=_shifts)
def _ifftshift(ct: Any, y: Any, x: Any, axes: Any = None) -> Any:
    return (np.fft.fftshift(ct, axes),)


def _frequency_samples() -> list[Sample]:
    return [sample(6, 0.5), sample(5, d=0.25), sample(6, np.array([[0.5], [0.25]]))]


@adjoint(np.fft.fftfreq, samples=_frequency_samples)
def _fftfreq(ct: Any, y: Any, n: Any, d: Any = 1.0, device: Any = None) -> Any:
    return None, -runtime.unbroadcast(ct * y, np.shape(d)) / d


@adjoint(np.fft.rfftfreq, samples=_frequency_samples)
def _rfftfreq(ct: Any, y: Any, n: Any, d: Any = 1.0, device: Any = None) -> Any:
    return None, -runtime.unbroadcast(ct * y, np.shape(d)) / d


nondifferentiable(np.hanning, np.hamming, np.blackman, np.bartlett, reason="its argument is a whole number")


@adjoint(np.kaiser, samples=lambda: [sample(5, 2.0), sample(6, beta=0.75), sample(1, 2.0), sample(4, 14.0)])
def _kaiser(ct: Any, y: Any, M: Any, beta: Any) -> Any:  # noqa: N803 - the name is NumPy's
    places = (2.0 * np.arange(M) - (M - 1)) / max(M - 1, 1)
    width = np.sqrt(np.maximum(1.0 - places * places, 0.0))
    slope = runtime.i1(beta * width) * width - y * runtime.i1(beta)
    return None, np.sum(ct * slope) / np.i0(beta)
