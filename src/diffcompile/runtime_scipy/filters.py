"""Convolutions and filters: cotangents of signals, kernels and coefficients."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage, signal

from diffcompile.errors import UnsupportedError
from diffcompile.runtime.broadcasting import as_cotangent

_PADDING: dict[str, Any] = {
    "reflect": "symmetric",
    "mirror": "reflect",
    "nearest": "edge",
    "wrap": "wrap",
    "constant": "constant",
}
"""How ``np.pad`` calls the ways in which ``scipy.ndimage`` goes on beyond the edge."""


def spread_to_full(ct: Any, mode: str, in1: Any, in2: Any) -> Any:
    """Return a cotangent of a convolution in ``mode`` as one of the whole convolution."""
    if mode == "full":
        return ct
    first, second = np.shape(in1), np.shape(in2)
    if mode == "same":
        starts = [(m - 1) // 2 for m in second]
    else:
        starts = [min(n, m) - 1 for n, m in zip(first, second, strict=True)]
    sizes = [n + m - 1 for n, m in zip(first, second, strict=True)]
    return np.pad(ct, [(s, n - s - k) for s, n, k in zip(starts, sizes, np.shape(ct), strict=True)])


def convolve_adjoint(ct: Any, mode: str, in1: Any, in2: Any) -> tuple[Any, Any]:
    """Return the cotangents of ``in1`` and ``in2`` in ``scipy.signal.convolve(in1, in2, mode)``."""
    if np.ndim(in1) == 0 or np.size(in1) == 0 or np.size(in2) == 0:
        return ct * in2, ct * in1
    full = spread_to_full(ct, mode, in1, in2)
    return signal.convolve(full, np.flip(in2), "valid"), signal.convolve(full, np.flip(in1), "valid")


def correlate_adjoint(ct: Any, mode: str, in1: Any, in2: Any) -> tuple[Any, Any]:
    """Return the cotangents of ``in1`` and ``in2`` in ``scipy.signal.correlate(in1, in2, mode)``, of real numbers."""
    if np.iscomplexobj(in2):
        raise UnsupportedError(
            "correlate has no derivative rule for a complex second signal: convolve instead"
        )
    in1_bar, flipped_bar = convolve_adjoint(ct, mode, in1, np.flip(in2))
    return in1_bar, np.flip(flipped_bar)


def lagged_sums(left: Any, right: Any, count: int, axis: int = -1) -> Any:
    """Return the sums of ``left[n] * right[n - k]`` for each lag ``k`` below ``count``."""
    left, right = np.moveaxis(left, axis, -1), np.moveaxis(right, axis, -1)
    size = left.shape[-1]
    return np.array([np.sum(left[..., k:] * right[..., : max(size - k, 0)]) for k in range(count)])


def lfilter_adjoint(ct: Any, y: Any, b: Any, a: Any, x: Any, axis: int = -1) -> tuple[Any, Any, Any]:
    """Return the cotangents of ``b``, ``a`` and ``x`` in ``y = scipy.signal.lfilter(b, a, x, axis)``.

    The transpose of a filter is the filter that runs backwards.
    """
    b, a = np.atleast_1d(b), np.atleast_1d(a)
    backwards = np.flip(ct, axis)
    x_bar = np.flip(signal.lfilter(b, a, backwards, axis), axis)
    inner = np.flip(signal.lfilter([1.0], a, backwards, axis), axis)
    return lagged_sums(inner, x, len(b), axis), -lagged_sums(inner, y, len(a), axis), x_bar


def sosfilt_adjoint(ct: Any, sos: Any, x: Any, axis: int = -1) -> tuple[Any, Any]:
    """Return the cotangents of ``sos`` and ``x`` in ``scipy.signal.sosfilt(sos, x, axis)``: section by section."""
    signals = [x]
    for section in sos:
        signals.append(signal.lfilter(section[:3], section[3:], signals[-1], axis))
    bars = []
    for number in reversed(range(len(sos))):
        section = sos[number]
        b_bar, a_bar, ct = lfilter_adjoint(
            ct, signals[number + 1], section[:3], section[3:], signals[number], axis
        )
        bars.append(np.concatenate([b_bar, a_bar]))
    return np.stack(bars[::-1]), ct


# --- images ---


def _widths(shape: tuple[int, ...], origins: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return by how much an image is padded before and after, on each axis, for a kernel of ``shape``."""
    return [
        (size // 2 + origin, size - 1 - size // 2 - origin)
        for size, origin in zip(shape, origins, strict=True)
    ]


def _unpadded(padded: Any, shape: tuple[int, ...], widths: list[tuple[int, int]], mode: str) -> Any:
    """Add what went to the margins of an image back to the pixels from which it came."""
    for axis, (size, (before, after)) in enumerate(zip(shape, widths, strict=True)):
        if before == after == 0:
            continue
        moved = np.moveaxis(padded, axis, 0)
        result = moved[before : before + size].copy()
        if mode != "constant":
            sources = np.pad(np.arange(size), (before, after), _PADDING[mode])
            outside = np.ones(len(sources), bool)
            outside[before : before + size] = False
            np.add.at(result, sources[outside], moved[outside])
        padded = np.moveaxis(result, 0, axis)
    return padded


def _origins(origin: Any, rank: int) -> tuple[int, ...]:
    return (origin,) * rank if np.ndim(origin) == 0 else tuple(origin)


def _as_correlation(weights: Any, origin: Any, convolves: bool) -> tuple[Any, tuple[int, ...]]:
    """Return the weights, and the origins, with which a correlation without conjugation is the filter."""
    origins = _origins(origin, np.ndim(weights))
    if not convolves:
        return np.conj(weights), origins
    return np.flip(weights), tuple(-o - (size % 2 == 0) for o, size in zip(origins, np.shape(weights), strict=True))


def filter_image_adjoint(ct: Any, image: Any, weights: Any, mode: str, origin: Any, convolves: bool) -> Any:
    """Return the cotangent of ``image`` in ``scipy.ndimage.convolve`` or ``correlate``; of it only the form counts.

    Raises:
        UnsupportedError: the mode is one that ``np.pad`` does not know, or the result was rounded to whole numbers.
    """
    if mode not in _PADDING:
        raise UnsupportedError(f"filters of scipy.ndimage have no derivative rule for {mode=}")
    if np.size(ct) == 0:
        return np.zeros_like(image)
    kernel, origins = _as_correlation(weights, origin, convolves)
    widths = _widths(np.shape(kernel), origins)
    image_bar = _unpadded(signal.convolve(ct, kernel, "full", "direct"), np.shape(image), widths, mode)
    return as_cotangent(image_bar, image)


def filter_weights_adjoint(
    ct: Any, image: Any, weights: Any, mode: str, cval: Any, origin: Any, convolves: bool
) -> Any:
    """Return the cotangent of ``weights`` in ``scipy.ndimage.convolve`` or ``correlate``; of them the form counts."""
    if mode not in _PADDING:
        raise UnsupportedError(f"filters of scipy.ndimage have no derivative rule for {mode=}")
    if np.size(ct) == 0:
        return np.zeros_like(weights)
    kernel, origins = _as_correlation(weights, origin, convolves)
    if mode == "constant":
        image = np.asarray(image, np.result_type(image, cval))  # np.pad would make a whole number of it
    options: dict[str, Any] = {"constant_values": cval} if mode == "constant" else {}
    padded = np.pad(image, _widths(np.shape(kernel), origins), _PADDING[mode], **options)
    kernel_bar = signal.correlate(padded, np.conj(ct), "valid", "direct")
    return as_cotangent(np.flip(kernel_bar) if convolves else np.conj(kernel_bar), weights)


def check_not_rounded(y: Any) -> None:
    """Refuse a filter whose result is an array of whole numbers.

    Raises:
        UnsupportedError: the image is one of whole numbers, or ``output=`` asks for them.
    """
    if np.result_type(y).kind not in "fc":
        raise UnsupportedError(
            f"this filter of scipy.ndimage rounds to {np.result_type(y)}: give the image as floats, or output=float"
        )


def line_shape(image: Any, weights: Any, axis: int) -> tuple[int, ...]:
    """Return the shape of the weights of a filter along one axis, as those of a whole neighbourhood."""
    shape = [1] * np.ndim(image)
    shape[axis] = len(weights)
    return tuple(shape)


def line_origins(image: Any, axis: int, origin: int) -> tuple[int, ...]:
    """Return where a filter along one axis begins, axis by axis."""
    origins = [0] * np.ndim(image)
    origins[axis] = origin
    return tuple(origins)


def axes_of(axes: Any) -> Any:
    """Return axes as a tuple, or None, as ``gaussian_filter`` takes them."""
    return (int(axes),) if np.ndim(axes) == 0 and axes is not None else axes


def gaussian_adjoint(
    ct: Any, image: Any, sigma: Any, order: Any, mode: Any, truncate: float, radius: Any, axes: Any
) -> Any:
    """Return the cotangent of ``image`` in ``scipy.ndimage.gaussian_filter``: the axes in the opposite order."""
    rank = np.ndim(image)
    axes = tuple(range(rank)) if axes is None else tuple(np.atleast_1d(axes) % rank)

    def of_axis(option: Any) -> list[Any]:
        return list(option) if isinstance(option, list | tuple | np.ndarray) else [option] * len(axes)

    options = list(zip(axes, *map(of_axis, (sigma, order, mode, radius)), strict=True))
    for axis, width, derivative, way, reach in reversed(options):
        if width <= 1e-15:  # noqa: PLR2004 - as SciPy has it
            continue
        size = int(truncate * float(width) + 0.5) if reach is None else int(reach)
        impulse = np.zeros(2 * size + 1)
        impulse[size] = 1.0
        response = ndimage.gaussian_filter1d(
            impulse, width, order=derivative, mode="constant", truncate=truncate, radius=reach
        )
        kernel = np.reshape(np.flip(response), line_shape(image, response, axis))
        ct = filter_image_adjoint(ct, image, kernel, way, 0, False)
    return as_cotangent(ct, image)
