"""Images read between their pixels: B-splines over the grid, and what ``scipy.ndimage`` puts around an image."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import ndimage, sparse
from scipy.sparse import linalg

from diffcompile.errors import UnsupportedError

PADDED = ("nearest", "grid-constant")
"""Modes in which SciPy puts pixels around an image before it makes coefficients."""
WIDTH = 12
SMALL = 64
"""Up to how many pixels in a line a filter is taken as a matrix."""
AROUND = {"constant": "mirror", "wrap": "mirror", "mirror": "mirror", "grid-constant": "mirror", "grid-wrap": "wrap"}
"""How coefficients continue beyond the grid; in the other modes each end is repeated, and then the others backwards."""


def spline_width(order: int, mode: str, prefilter: bool) -> int:
    """Return how many pixels ``scipy.ndimage`` puts around an image before it makes coefficients."""
    return WIDTH if mode in PADDED and order > 1 and prefilter else 0


def spline_coefficients(image: Any, order: int, mode: str, cval: Any, prefilter: bool) -> Any:
    """Return the coefficients of the spline through the pixels of ``image``."""
    if not prefilter or order < 2:  # noqa: PLR2004 - a degree
        return image + 0.0
    if mode == "nearest":
        image = np.pad(image, WIDTH, mode="edge")
    elif mode == "grid-constant":
        image = np.pad(image, WIDTH, mode="constant", constant_values=cval)
    if np.iscomplexobj(image):
        return ndimage.spline_filter(image, order, np.complex128, mode)
    return ndimage.spline_filter(image, order, mode=mode)


def spline_coefficients_adjoint(ct: Any, image: Any, order: int, mode: str, prefilter: bool) -> Any:
    """Return the cotangent of ``image`` in its coefficients."""
    if not prefilter or order < 2:  # noqa: PLR2004 - a degree
        return ct
    image_bar = spline_filter_adjoint(ct, order, mode)
    if mode not in PADDED:
        return image_bar
    shape = np.shape(image)
    for axis in range(len(shape)):
        image_bar = np.moveaxis(image_bar, axis, 0)
        inner = image_bar[WIDTH:-WIDTH] + 0.0
        if mode == "nearest":
            inner[0] += np.sum(image_bar[:WIDTH], axis=0)
            inner[-1] += np.sum(image_bar[-WIDTH:], axis=0)
        image_bar = np.moveaxis(inner, 0, axis)
    return image_bar


def spline_filter_adjoint(ct: Any, order: int, mode: str) -> Any:
    """Return the cotangent of ``x`` in ``scipy.ndimage.spline_filter(x, order, mode=mode)``."""
    for axis in range(np.ndim(ct)):
        ct = spline_line_adjoint(ct, order, axis, mode)
    return ct


def spline_line_adjoint(ct: Any, order: int, axis: int, mode: str) -> Any:
    """Return the cotangent of ``x`` in ``scipy.ndimage.spline_filter1d(x, order, axis, mode=mode)``.

    A filter solves the equations that the spline takes the values at the pixels: its adjoint the transposed ones.
    Where the lines are short SciPy's filter does not quite, and what it does is asked.
    """
    size = np.shape(ct)[axis]
    if order < 2 or size < 2:  # noqa: PLR2004 - a degree, and one pixel
        return ct
    lines = np.moveaxis(ct, axis, 0).reshape(size, -1)
    if size <= SMALL:
        solved = ndimage.spline_filter1d(np.eye(size), order, 0, mode=mode).T @ lines
        return np.moveaxis(solved.reshape(np.shape(np.moveaxis(ct, axis, 0))), 0, axis)
    around = AROUND.get(mode, "reflect")
    places, weights, _, _ = _along(np.arange(float(size)), size, order, "grid-wrap" if around == "wrap" else around, 0)
    rows = np.broadcast_to(np.arange(size), places.shape)
    values = sparse.csc_matrix((weights.ravel(), (rows.ravel(), places.ravel())), shape=(size, size))
    factors = linalg.splu(values.T.tocsc())
    if np.iscomplexobj(lines):
        solved = factors.solve(np.real(lines) + 0.0) + 1j * factors.solve(np.imag(lines) + 0.0)
    else:
        solved = factors.solve(lines.astype(float))
    return np.moveaxis(solved.reshape(np.shape(np.moveaxis(ct, axis, 0))), 0, axis)


def _bump(distance: Any, order: int, derivative: int) -> Any:
    """Return a derivative of the B-spline of degree ``order`` around 0 (I. Schoenberg, 1946)."""
    power = order - derivative
    if power < 0:
        return np.zeros_like(distance)
    total = np.zeros_like(distance)
    for k in range(order + 2):
        beyond = distance + 0.5 * (order + 1) - k
        rise = np.where(beyond >= 0, 1.0, 0.0) if power == 0 else np.maximum(beyond, 0.0) ** power
        total = total + (-1) ** k * math.comb(order + 1, k) * rise
    return total / math.factorial(power)


def _inside(at: Any, size: int, mode: str) -> tuple[Any, Any, Any]:
    """Return where on the grid ``scipy.ndimage`` looks for points, with what sign they move there, and which count."""
    counts, sign = np.ones(at.shape, bool), np.ones(at.shape)
    if mode == "constant":
        counts = (at >= 0) & (at <= size - 1)
    elif mode not in PADDED:
        outside = (at < 0) | (at > size - 1)
        whole = {"mirror": 2 * size - 2, "wrap": size - 1, "grid-wrap": size}.get(mode, 2 * size)
        if size == 1:
            return np.zeros_like(at), np.zeros_like(at), counts
        moved = np.mod(at, whole)
        if mode == "mirror":
            back = moved > size - 1
            moved, sign = np.where(back, whole - moved, moved), np.where(back, -1.0, 1.0)
        elif mode not in ("wrap", "grid-wrap"):
            back = moved > size - 0.5
            moved, sign = np.where(back, whole - 1 - moved, moved), np.where(back, -1.0, 1.0)
            ahead = moved > whole - 0.5
            moved = np.where(ahead, moved - whole, moved)
        at, sign = np.where(outside, moved, at), np.where(outside, sign, 1.0)
    return at, sign, counts


def _along(
    at: Any, size: int, order: int, mode: str, width: int, derivative: int = 0
) -> tuple[Any, Any, Any, Any]:
    """Return which coefficients of one axis each point reads, with what weights, and which read and points count."""
    at, sign, counts = _inside(at + width, size, mode)
    start = (np.floor(at) if order % 2 else np.floor(at + 0.5)) - order // 2
    steps = np.arange(order + 1.0)[:, None]
    if order == 1 and size > 1:  # at the last pixel a slope is that on the side of the image
        start = np.where(at == size - 1, size - 2.0, start)
    if order == 0 and derivative == 0:
        weights = np.ones((1, at.size))
    elif order == 1 and derivative == 1:
        weights = np.array([[-1.0], [1.0]]) * sign
    else:
        weights = _bump(at - start - steps, order, derivative) * sign**derivative
    places = (start + steps).astype(int)
    reads = np.ones(places.shape, bool)
    around = AROUND.get(mode, "reflect")
    if mode in PADDED:
        if mode == "grid-constant":
            reads = (places >= 0) & (places < size)
        places = np.clip(places, 0, size - 1)
    elif size == 1:
        places = np.zeros_like(places)
    elif around == "wrap":
        places = np.mod(places, size)
    else:
        period = 2 * size - 2 if around == "mirror" else 2 * size
        places = np.mod(places, period)
        places = np.where(places >= size, period - places - (around != "mirror"), places)
    return places, weights, reads, counts


def _corners(shape: Any, coordinates: Any, order: int, mode: str, width: int, derivatives: Any) -> Any:
    """Yield what the points read: places in the flat coefficients and the weights there, 0 outside."""
    if order not in range(6) or mode not in (*AROUND, "nearest", "reflect", "grid-mirror"):
        raise UnsupportedError(f"images have no derivative rule for {order=}, {mode=}")
    points = np.reshape(np.asarray(coordinates, float), (len(shape), -1))
    axes = [
        _along(points[axis], size, order, mode, width, derivatives[axis]) for axis, size in enumerate(shape)
    ]
    counts = np.all([found[3] for found in axes], axis=0)
    for corner in np.ndindex(*(order + 1,) * len(shape)):
        weight, place = counts.astype(float), np.zeros(points.shape[1], int)
        for (places, weights, reads, _), k, size in zip(axes, corner, shape, strict=True):
            weight = weight * weights[k] * reads[k]
            place = place * size + places[k]
        yield place, weight


def spline_read(
    coefficients: Any, coordinates: Any, order: int, mode: str, width: int, derivatives: tuple[int, ...]
) -> Any:
    """Return the values at ``coordinates``, or derivatives of the given orders, of the spline with ``coefficients``.

    Zero where ``scipy.ndimage.map_coordinates`` answers a constant.
    """
    flat = np.ravel(coefficients)
    total = np.zeros(np.shape(coordinates)[1:], np.result_type(flat, float)).ravel()
    for place, weight in _corners(np.shape(coefficients), coordinates, order, mode, width, derivatives):
        total += flat[place] * weight
    return np.reshape(total, np.shape(coordinates)[1:])


def spline_spread(
    ct: Any, shape: tuple[int, ...], coordinates: Any, order: int, mode: str, width: int, derivatives: tuple[int, ...]
) -> Any:
    """Return the cotangent of coefficients of ``shape`` in :func:`spline_read`."""
    flat = np.ravel(ct)
    total = np.zeros(math.prod(shape), np.result_type(flat, float))
    for place, weight in _corners(shape, coordinates, order, mode, width, derivatives):
        np.add.at(total, place, flat * weight)
    return np.reshape(total, shape)


def spline_slopes(
    coefficients: Any, coordinates: Any, order: int, mode: str, width: int, derivatives: tuple[int, ...]
) -> Any:
    """Return how fast :func:`spline_read` grows with each of the coordinates: an array of their shape."""
    rows = [
        spline_read(coefficients, coordinates, order, mode, width, once_more(derivatives, axis))
        for axis in range(len(coordinates))
    ]
    return np.stack(rows)


def once_more(derivatives: tuple[int, ...], axis: int) -> tuple[int, ...]:
    """Return orders of derivatives with one more along ``axis``."""
    return tuple(order + (number == axis) for number, order in enumerate(derivatives))


def no_derivatives(coordinates: Any) -> tuple[int, ...]:
    """Return that nothing is derived along any axis."""
    return (0,) * len(coordinates)
