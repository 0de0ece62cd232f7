"""Filters of images that look at the neighbours of each pixel: means, extrema, ranks, and sums of derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

from diffcompile.errors import UnsupportedError
from diffcompile.rules.registry import Sample, definition, sample
from diffcompile.rules.sampling import normal

MODES = ("reflect", "mirror", "nearest", "wrap", "constant")
PADDING: dict[str, Any] = {
    "reflect": "symmetric", "grid-mirror": "symmetric", "mirror": "reflect", "nearest": "edge", "wrap": "wrap",
    "grid-wrap": "wrap", "constant": "constant", "grid-constant": "constant",
}  # fmt: skip
"""What ``np.pad`` calls the modes of ``scipy.ndimage``."""
CROSS = np.array([[False, True, False], [True, True, True], [False, True, False]])


def _chosen(ndim: int, axes: Any) -> Any:
    """Return the numbers of the axes that a filter goes along."""
    if axes is None:
        return list(range(ndim))
    if isinstance(axes, int):
        return [axes % ndim]
    return [axis % ndim for axis in axes]


def _spread(value: Any, count: int) -> Any:
    """Return one value for each of ``count`` axes."""
    if isinstance(value, int | float | str):
        return [value] * count
    return list(value)


@definition(
    ndimage.uniform_filter1d,
    always=True,
    samples=lambda: [
        *(sample(normal(5, 4), 3, mode=mode, cval=0.5) for mode in MODES),
        sample(normal(6), 4, origin=1),
        sample(normal(5, 4), 2, 0),
    ],
)
def uniform_filter1d(
    input: Any, size: int, axis: int = -1, output: Any = None, mode: str = "reflect", cval: Any = 0.0, origin: int = 0
) -> Any:
    """Return ``scipy.ndimage.uniform_filter1d``."""
    return ndimage.correlate1d(np.asarray(input), np.full(size, 1.0 / size), axis, None, mode, cval, origin)


@definition(
    ndimage.uniform_filter,
    always=True,
    samples=lambda: [
        sample(normal(5, 4)),
        sample(normal(5, 4), (3, 2), mode="wrap", origin=(0, -1)),
        sample(np.abs(normal(3, 4, 5)), 3, axes=(0, 2)),
    ],
)
def uniform_filter(
    input: Any, size: Any = 3, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0, *,
    axes: Any = None,
) -> Any:  # fmt: skip
    """Return ``scipy.ndimage.uniform_filter``: means along one axis after another."""
    image = np.asarray(input) + 0.0
    chosen = _chosen(np.ndim(image), axes)
    sizes, modes = _spread(size, len(chosen)), _spread(mode, len(chosen))
    for axis, one, how, first in zip(chosen, sizes, modes, _spread(origin, len(chosen)), strict=True):
        image = uniform_filter1d(image, one, axis, None, how, cval, first)
    return image


def _windows(
    input: Any, size: Any, footprint: Any, mode: Any, cval: Any, origin: Any, axes: Any
) -> Any:
    """Return the neighbours of each pixel along one more axis, the last."""
    image = np.asarray(input)
    ndim = np.ndim(image)
    chosen = _chosen(ndim, axes)
    if footprint is None:
        if size is None:
            raise RuntimeError("no footprint or filter size provided")
        sizes = _spread(size, len(chosen))
        footprint = np.ones(sizes, bool)
    footprint = np.asarray(footprint, bool)
    origins = _spread(origin, len(chosen))
    if not isinstance(mode, str):
        raise UnsupportedError("a mode for each axis has no derivative rule here", advice="use one mode")
    before, after = np.zeros(ndim, int), np.zeros(ndim, int)
    for k, axis in enumerate(chosen):
        width = footprint.shape[k]
        before[axis] = width // 2 + origins[k]
        after[axis] = width - 1 - before[axis]
    widths = [(int(low), int(high)) for low, high in zip(before, after, strict=True)]
    if mode in ("constant", "grid-constant"):
        longer = np.pad(image, widths, mode="constant", constant_values=cval)
    else:
        longer = np.pad(image, widths, mode=PADDING[mode])
    seen = np.lib.stride_tricks.sliding_window_view(longer, footprint.shape, axis=tuple(chosen))
    flat = np.reshape(seen, (*np.shape(image), footprint.size))
    return flat[..., np.flatnonzero(footprint)]


def _window_samples() -> list[Sample]:
    return [
        *(sample(normal(5, 4), 3, mode=mode, cval=0.5) for mode in MODES),
        sample(normal(5, 4), (2, 3), origin=(0, -1)),
        sample(normal(5, 4), footprint=CROSS),
        sample(normal(6), 4, mode="mirror"),
        sample(normal(3, 4, 2), 3, axes=(0, 1)),
    ]


@definition(ndimage.maximum_filter, always=True, samples=_window_samples)
def maximum_filter(
    input: Any, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect", cval: Any = 0.0,
    origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Return ``scipy.ndimage.maximum_filter``."""
    return np.max(_windows(input, size, footprint, mode, cval, origin, axes), axis=-1)


@definition(ndimage.minimum_filter, always=True, samples=_window_samples)
def minimum_filter(
    input: Any, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect", cval: Any = 0.0,
    origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Return ``scipy.ndimage.minimum_filter``."""
    return np.min(_windows(input, size, footprint, mode, cval, origin, axes), axis=-1)


@definition(ndimage.maximum_filter1d, always=True, samples=lambda: [sample(normal(5, 4), 3), sample(normal(6), 4, 0)])
def maximum_filter1d(
    input: Any, size: int, axis: int = -1, output: Any = None, mode: str = "reflect", cval: Any = 0.0, origin: int = 0
) -> Any:
    """Return ``scipy.ndimage.maximum_filter1d``."""
    return maximum_filter(input, size, None, None, mode, cval, origin, axes=axis)


@definition(ndimage.minimum_filter1d, always=True, samples=lambda: [sample(normal(5, 4), 3), sample(normal(6), 4, 0)])
def minimum_filter1d(
    input: Any, size: int, axis: int = -1, output: Any = None, mode: str = "reflect", cval: Any = 0.0, origin: int = 0
) -> Any:
    """Return ``scipy.ndimage.minimum_filter1d``."""
    return minimum_filter(input, size, None, None, mode, cval, origin, axes=axis)


@definition(
    ndimage.rank_filter,
    always=True,
    samples=lambda: [sample(normal(5, 4), 2, 3), sample(normal(5, 4), -2, footprint=CROSS), sample(normal(6), 1, 3)],
)
def rank_filter(
    input: Any, rank: int, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect",
    cval: Any = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Return ``scipy.ndimage.rank_filter``."""
    return np.sort(_windows(input, size, footprint, mode, cval, origin, axes), axis=-1)[..., rank]


@definition(ndimage.median_filter, always=True, samples=_window_samples)
def median_filter(
    input: Any, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect", cval: Any = 0.0,
    origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Return ``scipy.ndimage.median_filter``: of an even number the upper of the two in the middle."""
    seen = np.sort(_windows(input, size, footprint, mode, cval, origin, axes), axis=-1)
    return seen[..., np.shape(seen)[-1] // 2]


@definition(
    ndimage.percentile_filter,
    always=True,
    samples=lambda: [sample(normal(5, 4), 30, 3), sample(normal(5, 4), -20, 3), sample(normal(6), 100, 3)],
)
def percentile_filter(
    input: Any, percentile: Any, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect",
    cval: Any = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    """Return ``scipy.ndimage.percentile_filter``."""
    seen = np.sort(_windows(input, size, footprint, mode, cval, origin, axes), axis=-1)
    count = np.shape(seen)[-1]
    if percentile < 0:
        percentile = percentile + 100.0
    rank = count - 1 if percentile == 100 else int(count * percentile / 100.0)  # noqa: PLR2004 - all of them
    return seen[..., rank]


@definition(
    ndimage.laplace, always=True, samples=lambda: [sample(normal(5, 4)), sample(normal(5, 4), mode="wrap", axes=(0,))]
)
def laplace(input: Any, output: Any = None, mode: str = "reflect", cval: Any = 0.0, *, axes: Any = None) -> Any:
    """Return ``scipy.ndimage.laplace``: second differences along each axis."""
    image = np.asarray(input)
    total = np.zeros_like(image)
    for axis in _chosen(np.ndim(image), axes):
        total = total + ndimage.correlate1d(image, np.array([1.0, -2.0, 1.0]), axis, None, mode, cval, 0)
    return total


@definition(
    ndimage.gaussian_laplace,
    always=True,
    samples=lambda: [sample(normal(5, 4), 1.0), sample(normal(6, 5), (1.0, 0.5), mode="nearest", truncate=3.0)],
)
def gaussian_laplace(
    input: Any, sigma: Any, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, *, truncate: float = 4.0
) -> Any:
    """Return ``scipy.ndimage.gaussian_laplace``: second derivatives along each axis of a smoothed image."""
    image = np.asarray(input)
    ndim = np.ndim(image)
    total = np.zeros_like(image)
    for axis in range(ndim):
        orders = tuple(2 * (other == axis) for other in range(ndim))
        total = total + ndimage.gaussian_filter(image, sigma, orders, None, mode, cval, truncate)
    return total


@definition(
    ndimage.gaussian_gradient_magnitude,
    always=True,
    samples=lambda: [sample(normal(5, 4), 1.0), sample(normal(6, 5), (1.0, 0.5), mode="nearest", truncate=3.0)],
)
def gaussian_gradient_magnitude(
    input: Any, sigma: Any, output: Any = None, mode: Any = "reflect", cval: Any = 0.0, *, truncate: float = 4.0
) -> Any:
    """Return ``scipy.ndimage.gaussian_gradient_magnitude``: how steep a smoothed image is."""
    image = np.asarray(input)
    ndim = np.ndim(image)
    slopes = []
    for axis in range(ndim):
        orders = tuple(1 * (other == axis) for other in range(ndim))
        slopes.append(ndimage.gaussian_filter(image, sigma, orders, None, mode, cval, truncate))
    return np.linalg.norm(np.stack(slopes), axis=0)


@definition(
    ndimage.center_of_mass,
    always=True,
    samples=lambda: [sample(np.abs(normal(4, 3))), sample(np.abs(normal(5)))],
)
def center_of_mass(input: Any, labels: Any = None, index: Any = None) -> Any:
    """Return ``scipy.ndimage.center_of_mass`` of a whole image."""
    if labels is not None or index is not None:
        raise UnsupportedError("centres of labelled parts have no derivative rule", advice="use input * (labels == k)")
    image = np.asarray(input)
    whole = np.sum(image)
    grids = np.indices(np.shape(image))
    return tuple(np.sum(image * grids[axis]) / whole for axis in range(np.ndim(image)))
