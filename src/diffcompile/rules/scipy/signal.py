"""Convolutions and filters of signals."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage, signal

from diffcompile import runtime, runtime_scipy
from diffcompile.rules.registry import Sample, adjoint, definition, linear, sample
from diffcompile.rules.sampling import complex_normal, normal
from diffcompile.rules.scipy import designs, systems

__all__ = ["designs", "systems"]


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


@definition(
    signal.lfilter,
    form=("zi",),
    samples=lambda: [
        sample(np.array([0.5, 0.25]), np.array([1.0, -0.5, 0.1]), normal(7), -1, normal(2)),
        sample(np.array([0.5, 0.25, 1.0]), np.array([2.0, -0.5]), normal(7, 2), axis=0, zi=normal(2, 2)),
        sample(np.array([0.5, 0.25, 1.0]), np.array([1.5]), normal(2, 1), zi=normal(2, 2)),
    ],
)
def _lfilter_from(b: Any, a: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """Return the filtered signal and the last state: that state is what the filter would still give out."""
    if zi is None:
        return signal.lfilter(b, a, x, axis)
    b, a, x, state = np.atleast_1d(b), np.atleast_1d(a), np.asarray(x), np.asarray(zi)
    if np.ndim(state) != np.ndim(x):
        raise ValueError("zi has not as many axes as x")
    x, state = np.moveaxis(x, axis, -1), np.moveaxis(state, axis, -1)
    size, kept = np.shape(x)[-1], max(len(a), len(b)) - 1
    if np.shape(state)[-1] != kept:
        raise ValueError("zi has not the length max(len(a), len(b)) - 1")
    longer = runtime.cut_or_pad(x, (*np.shape(x)[:-1], size + kept))
    state = runtime.cut_or_pad(state, (*np.shape(state)[:-1], size + kept))
    whole = signal.lfilter(b, a, longer) + signal.lfilter(np.ones(1), a / a[0], state)
    last = signal.lfilter(a / a[0], np.ones(1), whole[..., size:])
    return np.moveaxis(whole[..., :size], -1, axis), np.moveaxis(last, -1, axis)



@adjoint(
    runtime_scipy.lagged_sums,
    samples=lambda: [sample(normal(5), normal(5), 3), sample(normal(5, 2), normal(5, 2), 2, 0)],
)
def _lagged_sums(bar: Any, y: Any, left: Any, right: Any, count: Any, axis: int = -1) -> Any:
    left_bar = signal.lfilter(bar, np.ones(1), right, axis)
    return left_bar, np.flip(signal.lfilter(bar, np.ones(1), np.flip(left, axis), axis), axis)


linear(runtime_scipy.lagged_sums, names=("left", "right"), separately=True)

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


@definition(signal.lfilter_zi, samples=lambda: [sample(B, A), sample(2.0 * B[:1], 2.0 * A)])
def lfilter_zi(b: Any, a: Any) -> Any:
    """Return ``scipy.signal.lfilter_zi(b, a)``."""
    return _steady(np.atleast_1d(b), np.atleast_1d(a))


@definition(
    signal.sosfiltfilt,
    samples=lambda: [
        sample(SECTIONS[:1], normal(12)),
        sample(np.flip(SECTIONS, 0).copy(), normal(2, 16), padtype="even", padlen=5),
        sample(SECTIONS[:1], normal(9, 2), 0, None),
    ],
)
def sosfiltfilt(sos: Any, x: Any, axis: int = -1, padtype: Any = "odd", padlen: Any = None) -> Any:
    """Return ``scipy.signal.sosfiltfilt(sos, x, axis, padtype, padlen)``: sections there and back."""
    if padtype not in ("odd", "even", "constant", None):
        raise ValueError(f"padtype must be 'even', 'odd', 'constant', or None, not {padtype!r}")
    sos = np.asarray(sos)
    x = np.moveaxis(np.asarray(x), axis, -1)
    taps = 2 * len(sos) + 1 - min(np.sum(sos[:, 2] == 0), np.sum(sos[:, 5] == 0))
    edge = 3 * int(taps) if padlen is None else padlen
    edge = 0 if padtype is None else edge
    if np.shape(x)[-1] <= edge:
        raise ValueError(f"The length of the input vector x must be greater than padlen, which is {edge}.")
    there = _through_sections(sos, _extended(x, edge, padtype))
    y = np.flip(_through_sections(sos, np.flip(there, -1)), -1)
    if edge > 0:
        y = y[..., edge:-edge]
    return np.moveaxis(y, -1, axis)


def _through_sections(sos: Any, x: Any) -> Any:
    """Return what sections make of ``x``, as if its first value had always been there."""
    steady = x[..., :1]
    for section in sos:
        b, a = section[:3], section[3:]
        x = _from_state(b, a, x, _steady(b, a) * steady)
        steady = steady * (np.sum(b) / np.sum(a))
    return x


@definition(
    signal.upfirdn,
    samples=lambda: [
        sample(normal(3), normal(5)),
        sample(normal(4), normal(5), 3, 2),
        sample(normal(2), normal(4, 3), down=2, axis=0),
        sample(normal(3), normal(2, 1), up=2),
    ],
)
def upfirdn(h: Any, x: Any, up: int = 1, down: int = 1, axis: int = -1) -> Any:
    """Return ``scipy.signal.upfirdn(h, x, up, down, axis)``: zeros between samples, a filter, some values."""
    x = np.moveaxis(np.asarray(x), axis, -1)
    size = np.shape(x)[-1]
    wide = np.concatenate([np.expand_dims(x, -1), np.zeros((*np.shape(x), up - 1))], axis=-1)
    wide = np.reshape(wide, (*np.shape(x)[:-1], size * up))[..., : (size - 1) * up + 1]
    wide = np.concatenate([wide, np.zeros((*np.shape(x)[:-1], len(h) - 1))], axis=-1)
    return np.moveaxis(signal.lfilter(h, np.ones(1), wide)[..., ::down], -1, axis)


def _beyond(image: Any, kernel: Any, boundary: str, fillvalue: Any) -> Any:
    """Return an image with as much around it as a convolution with ``kernel`` reaches to."""
    rows, columns = np.shape(kernel)
    widths = ((rows - 1, rows - 1), (columns - 1, columns - 1))
    if boundary == "fill":
        return np.pad(image, widths, constant_values=fillvalue)
    return np.pad(image, widths, "wrap" if boundary == "wrap" else "symmetric")


IMAGE_SAMPLES = (
    ("full", "fill", 0),
    ("same", "fill", 0.5),
    ("valid", "fill", 0),
    ("same", "wrap", 0),
    ("full", "symm", 0),
)


def _image_samples() -> list[Sample]:
    cases = [sample(normal(4, 5), normal(3, 2), mode, boundary, fill) for mode, boundary, fill in IMAGE_SAMPLES]
    return [*cases, sample(normal(4, 5), normal(2, 4), mode="same"), sample(normal(2, 3), normal(2, 3))]


def _convolved(in1: Any, in2: Any, mode: str, boundary: str, fillvalue: Any, starts: tuple[int, int]) -> Any:
    """Return the part of a convolution that begins at ``starts`` if it is as large as ``in1``."""
    if mode not in ("full", "same", "valid") or boundary not in ("fill", "wrap", "symm"):
        raise ValueError(f"there is no mode {mode!r} with the boundary {boundary!r}")
    if mode == "valid":
        return signal.convolve(in1, in2, "valid", "direct")
    full = signal.convolve(_beyond(in1, in2, boundary, fillvalue), in2, "valid", "direct")
    if mode == "full":
        return full
    return full[starts[0] : starts[0] + np.shape(in1)[0], starts[1] : starts[1] + np.shape(in1)[1]]


@definition(signal.convolve2d, samples=_image_samples)
def convolve2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """Return ``scipy.signal.convolve2d(in1, in2, mode, boundary, fillvalue)``: a part of that of a larger image."""
    in1, in2 = np.asarray(in1), np.asarray(in2)
    starts = (np.shape(in2)[0] - 1) // 2, (np.shape(in2)[1] - 1) // 2
    return _convolved(in1, in2, mode, boundary, fillvalue, starts)


@definition(signal.correlate2d, samples=_image_samples)
def correlate2d(in1: Any, in2: Any, mode: str = "full", boundary: str = "fill", fillvalue: Any = 0) -> Any:
    """Return ``scipy.signal.correlate2d(in1, in2, mode, boundary, fillvalue)``: a convolution with what is turned."""
    if mode == "valid" and (np.shape(in1)[0] < np.shape(in2)[0] or np.shape(in1)[1] < np.shape(in2)[1]):
        return np.flip(_convolved(np.asarray(in2), np.conj(np.flip(np.asarray(in1))), mode, boundary, 0, (0, 0)))
    in1, in2 = np.asarray(in1), np.conj(np.flip(np.asarray(in2)))
    starts = np.shape(in2)[0] // 2, np.shape(in2)[1] // 2
    return _convolved(in1, in2, mode, boundary, fillvalue, starts)


@definition(
    signal.savgol_filter,
    samples=lambda: [
        sample(normal(9), 5, 2),
        sample(normal(8, 2), 3, 1, 1, 0.5, 0),
        sample(normal(7), 5, 3, mode="nearest"),
        sample(normal(2, 6), 5, 1),
    ],
)
def savgol_filter(
    x: Any,
    window_length: int,
    polyorder: int,
    deriv: int = 0,
    delta: float = 1.0,
    axis: int = -1,
    mode: str = "interp",
    cval: float = 0.0,
) -> Any:
    """Return ``scipy.signal.savgol_filter``: values of polynomials that are fitted to windows, linear in ``x``."""
    x = np.asarray(x)
    if mode != "interp":
        kernel = signal.savgol_coeffs(window_length, polyorder, deriv, delta)
        return ndimage.convolve1d(x, kernel, axis=axis, mode=mode, cval=cval)
    x = np.moveaxis(x, axis, -1)
    half = window_length // 2
    if window_length > np.shape(x)[-1] or window_length != 2 * half + 1:
        raise ValueError("with mode='interp' window_length must be odd, and not larger than x")
    rows = [signal.savgol_coeffs(window_length, polyorder, deriv, delta, k, "dot") for k in range(window_length)]
    windows = np.lib.stride_tricks.sliding_window_view(x, window_length, axis=-1)
    fits = np.stack(rows, axis=-1)
    first, last = x[..., :window_length] @ fits[:, :half], x[..., -window_length:] @ fits[:, half + 1 :]
    return np.moveaxis(np.concatenate([first, windows @ fits[:, half], last], axis=-1), -1, axis)
