"""Fourier transforms of SciPy mean those of NumPy; cosine and sine transforms are made of their transposes.

The matrices of the types 1 and 4 are symmetric and those of the types 2 and 3 each other's transposes, up to the
weights of the ends of the signal; see :mod:`diffcompile.runtime_scipy.transforms`. What is said about memory and
threads (``overwrite_x``, ``workers``) changes no result.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import fft

from diffcompile import runtime, runtime_scipy
from diffcompile.rules.registry import Sample, adjoint, definition, linear, nondifferentiable, sample
from diffcompile.rules.sampling import complex_normal, normal


def _signals() -> list[Sample]:
    return [
        sample(normal(6)),
        sample(normal(5), 4),
        sample(normal(3, 4), axis=0, norm="ortho"),
        sample(normal(4, 2), 7, 0, "forward", True, 1),
    ]


def _planes() -> list[Sample]:
    return [sample(normal(3, 4)), sample(normal(2, 3, 4), norm="ortho"), sample(normal(4, 3), (5, 2), workers=1)]


@definition(fft.fft, samples=_signals)
def fft_(x: Any, n: Any = None, axis: int = -1, norm: Any = None, overwrite_x: Any = False, workers: Any = None) -> Any:
    """Return ``scipy.fft.fft(x, n, axis, norm)``."""
    return np.fft.fft(x, n, axis, norm)


@definition(fft.ifft, samples=_signals)
def ifft(x: Any, n: Any = None, axis: int = -1, norm: Any = None, overwrite_x: Any = False, workers: Any = None) -> Any:
    """Return ``scipy.fft.ifft(x, n, axis, norm)``."""
    return np.fft.ifft(x, n, axis, norm)


@definition(fft.rfft, samples=_signals)
def rfft(x: Any, n: Any = None, axis: int = -1, norm: Any = None, overwrite_x: Any = False, workers: Any = None) -> Any:
    """Return ``scipy.fft.rfft(x, n, axis, norm)``."""
    return np.fft.rfft(x, n, axis, norm)


@definition(fft.irfft, samples=_signals)
def irfft(
    x: Any, n: Any = None, axis: int = -1, norm: Any = None, overwrite_x: Any = False, workers: Any = None
) -> Any:
    """Return ``scipy.fft.irfft(x, n, axis, norm)``."""
    return np.fft.irfft(x, n, axis, norm)


@definition(fft.hfft, samples=_signals)
def hfft(x: Any, n: Any = None, axis: int = -1, norm: Any = None, overwrite_x: Any = False, workers: Any = None) -> Any:
    """Return ``scipy.fft.hfft(x, n, axis, norm)``."""
    return np.fft.hfft(x, n, axis, norm)


@definition(fft.ihfft, samples=_signals)
def ihfft(
    x: Any, n: Any = None, axis: int = -1, norm: Any = None, overwrite_x: Any = False, workers: Any = None
) -> Any:
    """Return ``scipy.fft.ihfft(x, n, axis, norm)``."""
    return np.fft.ihfft(x, n, axis, norm)


@definition(fft.fft2, samples=_planes)
def fft2(
    x: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, overwrite_x: Any = False, workers: Any = None
) -> Any:
    """Return ``scipy.fft.fft2(x, s, axes, norm)``."""
    return np.fft.fft2(x, s, axes, norm)


@definition(fft.ifft2, samples=_planes)
def ifft2(
    x: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, overwrite_x: Any = False, workers: Any = None
) -> Any:
    """Return ``scipy.fft.ifft2(x, s, axes, norm)``."""
    return np.fft.ifft2(x, s, axes, norm)


@definition(fft.rfft2, samples=_planes)
def rfft2(
    x: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, overwrite_x: Any = False, workers: Any = None
) -> Any:
    """Return ``scipy.fft.rfft2(x, s, axes, norm)``."""
    return np.fft.rfft2(x, s, axes, norm)


@definition(fft.irfft2, samples=_planes)
def irfft2(
    x: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None, overwrite_x: Any = False, workers: Any = None
) -> Any:
    """Return ``scipy.fft.irfft2(x, s, axes, norm)``."""
    return np.fft.irfft2(x, s, axes, norm)


def _boxes() -> list[Sample]:
    moved = sample(normal(2, 3, 4), axes=(2, 0), norm="ortho")
    return [sample(normal(3, 4)), moved, sample(normal(3, 4), (5, 2), (0, 1))]


@definition(fft.fftn, samples=_boxes)
def fftn(
    x: Any, s: Any = None, axes: Any = None, norm: Any = None, overwrite_x: Any = False, workers: Any = None
) -> Any:
    """Return ``scipy.fft.fftn(x, s, axes, norm)``."""
    return np.fft.fftn(x, s, axes, norm)


@definition(fft.ifftn, samples=_boxes)
def ifftn(
    x: Any, s: Any = None, axes: Any = None, norm: Any = None, overwrite_x: Any = False, workers: Any = None
) -> Any:
    """Return ``scipy.fft.ifftn(x, s, axes, norm)``."""
    return np.fft.ifftn(x, s, axes, norm)


@definition(fft.rfftn, samples=_boxes)
def rfftn(
    x: Any, s: Any = None, axes: Any = None, norm: Any = None, overwrite_x: Any = False, workers: Any = None
) -> Any:
    """Return ``scipy.fft.rfftn(x, s, axes, norm)``."""
    return np.fft.rfftn(x, s, axes, norm)


@definition(fft.irfftn, samples=_boxes)
def irfftn(
    x: Any, s: Any = None, axes: Any = None, norm: Any = None, overwrite_x: Any = False, workers: Any = None
) -> Any:
    """Return ``scipy.fft.irfftn(x, s, axes, norm)``."""
    return np.fft.irfftn(x, s, axes, norm)


@definition(fft.fftshift, samples=lambda: [sample(normal(5)), sample(normal(3, 4), 1)])
def fftshift(x: Any, axes: Any = None) -> Any:
    """Return ``scipy.fft.fftshift(x, axes)``."""
    return np.fft.fftshift(x, axes)


@definition(fft.ifftshift, samples=lambda: [sample(normal(5)), sample(normal(3, 4), 1)])
def ifftshift(x: Any, axes: Any = None) -> Any:
    """Return ``scipy.fft.ifftshift(x, axes)``."""
    return np.fft.ifftshift(x, axes)


# --- cosine and sine transforms ---


def _waves() -> list[Sample]:
    return [
        sample(normal(5)),
        sample(normal(5), 1),
        sample(normal(5), 3),
        sample(normal(5), 4),
        sample(normal(4, 3), 2, axis=0, norm="ortho"),
        sample(normal(4, 3), 3, norm="ortho"),
        sample(normal(5), 1, norm="ortho"),
        sample(normal(5), type=3, norm="ortho", orthogonalize=False),
        sample(normal(5), 2, 7, norm="forward"),
        sample(normal(3, 5), 3, 4, 1),
        sample(normal(5), 1, norm="forward", orthogonalize=True),
        sample(complex_normal(5)),
        sample(normal(5, dtype=np.float32)),
    ]


def turned(type: int) -> int:
    """Return the type of the transform that turns one back, but for a factor."""
    return type if type in (1, 4) else 5 - type


@adjoint(fft.dct, samples=_waves)
def _dct(
    ct: Any, y: Any, x: Any, type: int = 2, n: Any = None, axis: int = -1, norm: Any = None,
    overwrite_x: Any = False, workers: Any = None, orthogonalize: Any = None,
) -> Any:  # fmt: skip
    before, after = runtime_scipy.cosine_weights(ct, type, axis, norm, orthogonalize)
    x_bar = after * fft.dct(before * ct, turned(type), None, axis, norm, orthogonalize=orthogonalize)
    if n is not None:
        x_bar = runtime.cut_or_pad(x_bar, np.shape(x))
    return (x_bar,)


@adjoint(fft.dst, samples=_waves)
def _dst(
    ct: Any, y: Any, x: Any, type: int = 2, n: Any = None, axis: int = -1, norm: Any = None,
    overwrite_x: Any = False, workers: Any = None, orthogonalize: Any = None,
) -> Any:  # fmt: skip
    before, after = runtime_scipy.sine_weights(ct, type, axis, norm, orthogonalize)
    x_bar = after * fft.dst(before * ct, turned(type), None, axis, norm, orthogonalize=orthogonalize)
    if n is not None:
        x_bar = runtime.cut_or_pad(x_bar, np.shape(x))
    return (x_bar,)


linear(fft.dct, fft.dst, names="x")
nondifferentiable(
    runtime_scipy.cosine_weights, runtime_scipy.sine_weights, reason="they depend on the shape and the dtype only"
)


@definition(fft.idct, samples=_waves)
def idct(
    x: Any, type: int = 2, n: Any = None, axis: int = -1, norm: Any = None, overwrite_x: Any = False,
    workers: Any = None, orthogonalize: Any = None,
) -> Any:  # fmt: skip
    """Return ``scipy.fft.idct(x, type, n, axis, norm)``: what turns back is a transform, too."""
    return fft.dct(x, turned(type), n, axis, runtime.opposite_norm(norm), orthogonalize=orthogonalize)


@definition(fft.idst, samples=_waves)
def idst(
    x: Any, type: int = 2, n: Any = None, axis: int = -1, norm: Any = None, overwrite_x: Any = False,
    workers: Any = None, orthogonalize: Any = None,
) -> Any:  # fmt: skip
    """Return ``scipy.fft.idst(x, type, n, axis, norm)``."""
    return fft.dst(x, turned(type), n, axis, runtime.opposite_norm(norm), orthogonalize=orthogonalize)
