"""Images that are read between their pixels, moved, turned and scaled.

SciPy reads a spline: a filter makes its coefficients, and points add up those around them, with weights that are
B-splines. It is linear in the image, and its slope at a point is made of B-splines of a lower degree.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage, special

from diffcompile import runtime, runtime_scipy
from diffcompile.errors import UnsupportedError
from diffcompile.rules.registry import Sample, adjoint, definition, linear, sample, tangent
from diffcompile.rules.sampling import normal

MODES = ("reflect", "mirror", "nearest", "wrap", "constant", "grid-wrap", "grid-constant")
POINTS = np.array([[0.3, 2.6, 3.9, 1.2], [1.7, 0.4, 2.2, 2.9]])
BEYOND = np.array([[-0.7, 2.6, 4.6], [1.7, 3.4, 2.2]])

# --- coefficients ---


@adjoint(
    ndimage.spline_filter,
    samples=lambda: [sample(normal(5, 4)), sample(normal(6), 2, mode="reflect")],
)
def _spline_filter(ct: Any, y: Any, input: Any, order: int = 3, output: Any = np.float64, mode: str = "mirror") -> Any:
    return (runtime_scipy.spline_filter_adjoint(ct, order, mode),)


@adjoint(
    ndimage.spline_filter1d,
    samples=lambda: [sample(normal(5, 4)), sample(normal(5, 4), 5, 0, mode="grid-wrap"), sample(normal(66), 4)],
)
def _spline_filter1d(
    ct: Any, y: Any, input: Any, order: int = 3, axis: int = -1, output: Any = np.float64, mode: str = "mirror"
) -> Any:
    return (runtime_scipy.spline_line_adjoint(ct, order, axis, mode),)


@adjoint(
    runtime_scipy.spline_line_adjoint,
    samples=lambda: [sample(normal(5, 4), 3, 1, "nearest"), sample(normal(66), 2, 0, "wrap")],
)
def _line_again(x_bar: Any, y: Any, ct: Any, order: int, axis: int, mode: str) -> Any:
    return (ndimage.spline_filter1d(x_bar, order, axis, mode=mode),)


linear(ndimage.spline_filter, ndimage.spline_filter1d, names="input")
linear(runtime_scipy.spline_line_adjoint, names="ct")


# --- reading, and what points hand back: each is the adjoint of the other in the coefficients ---


@adjoint(
    runtime_scipy.spline_read,
    samples=lambda: [
        sample(normal(5, 4), POINTS, 3, "mirror", 0, (0, 0)),
        sample(normal(5, 4), BEYOND, 2, "grid-wrap", 0, (0, 1)),
        sample(normal(6), POINTS[:1], 5, "reflect", 0, (2,)),
    ],
)
def _spline_read(
    ct: Any, y: Any, coefficients: Any, coordinates: Any, order: int, mode: str, width: int, derivatives: Any
) -> Any:
    shape = np.shape(coefficients)
    bar = runtime_scipy.spline_spread(ct, shape, coordinates, order, mode, width, derivatives)
    slopes = runtime_scipy.spline_slopes(coefficients, coordinates, order, mode, width, derivatives)
    return bar, runtime.as_cotangent(ct * slopes, coordinates)


@tangent(runtime_scipy.spline_read)
def _spline_read_tangent(
    y: Any, coefficients: Any, coordinates: Any, order: int, mode: str, width: int, derivatives: Any,
    *, coefficients_dot: Any = None, coordinates_dot: Any = None,
) -> Any:  # fmt: skip
    moved = np.zeros_like(y)
    if coefficients_dot is not None:
        moved = moved + runtime_scipy.spline_read(coefficients_dot, coordinates, order, mode, width, derivatives)
    if coordinates_dot is not None:
        slopes = runtime_scipy.spline_slopes(coefficients, coordinates, order, mode, width, derivatives)
        moved = moved + np.sum(slopes * coordinates_dot, axis=0)
    return moved


@adjoint(
    runtime_scipy.spline_spread,
    samples=lambda: [
        sample(normal(4), (5, 4), POINTS, 3, "mirror", 0, (0, 0)),
        sample(normal(3), (5, 4), BEYOND, 2, "grid-constant", 0, (1, 0)),
    ],
)
def _spline_spread(
    bar: Any, y: Any, ct: Any, shape: Any, coordinates: Any, order: int, mode: str, width: int, derivatives: Any
) -> Any:
    read = runtime_scipy.spline_read(bar, coordinates, order, mode, width, derivatives)
    slopes = runtime_scipy.spline_slopes(bar, coordinates, order, mode, width, derivatives)
    return runtime.as_cotangent(read, ct), None, runtime.as_cotangent(ct * slopes, coordinates)


@tangent(runtime_scipy.spline_spread)
def _spline_spread_tangent(
    y: Any, ct: Any, shape: Any, coordinates: Any, order: int, mode: str, width: int, derivatives: Any,
    *, ct_dot: Any = None, coordinates_dot: Any = None,
) -> Any:  # fmt: skip
    moved = np.zeros_like(y)
    if ct_dot is not None:
        moved = moved + runtime_scipy.spline_spread(ct_dot, shape, coordinates, order, mode, width, derivatives)
    if coordinates_dot is not None:
        for axis in range(len(coordinates)):
            more = runtime_scipy.once_more(derivatives, axis)
            part = runtime_scipy.spline_spread(
                ct * coordinates_dot[axis], shape, coordinates, order, mode, width, more
            )
            moved = moved + part
    return moved


# --- SciPy's functions; an output that is given is stored to by the compiler ---


def _coordinate_samples() -> list[Sample]:
    image = normal(5, 4)
    return [
        sample(image, POINTS),
        sample(image, POINTS, order=1),
        *(sample(image, BEYOND, order=3, mode=mode) for mode in MODES),
        sample(image, BEYOND, order=1),
        sample(image, BEYOND, order=1, mode="nearest"),
        sample(normal(6), np.array([[0.6, 4.25, 4.9]]), order=2),
        sample(image, np.reshape(POINTS, (2, 2, 2)), order=5, prefilter=False),
        sample(image + 0.5j * normal(4, 5).T, POINTS, order=2),
    ]


@adjoint(ndimage.map_coordinates, samples=_coordinate_samples)
def _map_coordinates(
    ct: Any, y: Any, input: Any, coordinates: Any, output: Any = None, order: int = 3, mode: str = "constant",
    cval: Any = 0.0, prefilter: bool = True,
) -> Any:  # fmt: skip
    runtime_scipy.check_not_rounded(y)
    width, none = runtime_scipy.spline_width(order, mode, prefilter), runtime_scipy.no_derivatives(coordinates)
    coefficients = runtime_scipy.spline_coefficients(input, order, mode, cval, prefilter)
    bar = runtime_scipy.spline_spread(ct, np.shape(coefficients), coordinates, order, mode, width, none)
    input_bar = runtime_scipy.spline_coefficients_adjoint(bar, input, order, mode, prefilter)
    slopes = runtime_scipy.spline_slopes(coefficients, coordinates, order, mode, width, none)
    return runtime.as_cotangent(input_bar, input), runtime.as_cotangent(ct * slopes, coordinates)


@tangent(ndimage.map_coordinates)
def _coordinates_tangent(
    y: Any, input: Any, coordinates: Any, output: Any = None, order: int = 3, mode: str = "constant", cval: Any = 0.0,
    prefilter: bool = True, *, input_dot: Any = None, coordinates_dot: Any = None,
) -> Any:  # fmt: skip
    runtime_scipy.check_not_rounded(y)
    moved: Any = 0.0
    if input_dot is not None:
        moved = ndimage.map_coordinates(input_dot, coordinates, None, order, mode, 0.0, prefilter)
    if coordinates_dot is not None:
        width, none = runtime_scipy.spline_width(order, mode, prefilter), runtime_scipy.no_derivatives(coordinates)
        coefficients = runtime_scipy.spline_coefficients(input, order, mode, cval, prefilter)
        slopes = runtime_scipy.spline_slopes(coefficients, coordinates, order, mode, width, none)
        moved = moved + np.sum(slopes * coordinates_dot, axis=0)
    return moved


def _each(numbers: Any, ndim: int) -> Any:
    """Return one number for each axis."""
    return np.asarray(numbers) + np.zeros(ndim)


def _grid(shape: Any) -> Any:
    return np.indices(shape).astype(float)


def _columns(numbers: Any, ndim: int) -> Any:
    """Return numbers as an array that meets one row for each axis."""
    return np.reshape(numbers, (-1, *(1,) * ndim))


@definition(
    ndimage.shift,
    always=True,
    samples=lambda: [
        sample(normal(5, 4), (0.3, -1.2)),
        sample(normal(5, 4), 0.6, order=1, mode="nearest"),
        sample(normal(6), 1.25, mode="grid-wrap", order=2),
        sample(normal(4, 3), (1.0, 0.0), cval=0.5),
    ],
)
def shift(
    input: Any, shift: Any, output: Any = None, order: int = 3, mode: str = "constant", cval: Any = 0.0,
    prefilter: bool = True,
) -> Any:  # fmt: skip
    """Return ``scipy.ndimage.shift``."""
    input = np.asarray(input)
    ndim = np.ndim(input)
    coordinates = _grid(np.shape(input)) + _columns(-_each(shift, ndim), ndim)
    return ndimage.map_coordinates(input, coordinates, None, order, mode, cval, prefilter)


@definition(
    ndimage.zoom,
    always=True,
    samples=lambda: [
        sample(normal(5, 4), 1.5),
        sample(normal(5, 4), (2.0, 0.5), order=1),
        sample(normal(6), 1.7, mode="reflect", grid_mode=True),
        sample(normal(4, 4), 2, mode="grid-constant", grid_mode=True),
        sample(normal(4, 3), 1.0),
    ],
)
def zoom(
    input: Any, zoom: Any, output: Any = None, order: int = 3, mode: str = "constant", cval: Any = 0.0,
    prefilter: bool = True, *, grid_mode: bool = False,
) -> Any:  # fmt: skip
    """Return ``scipy.ndimage.zoom``, whose factors only matter by the shape that they make."""
    input = np.asarray(input)
    ndim = np.ndim(input)
    factors = _each(zoom, ndim)
    if np.all(factors == 1) and prefilter:
        return input + 0.0
    old = np.array(np.shape(input))
    shape = [round(size * factor) for size, factor in zip(np.shape(input), factors, strict=True)]
    less = 0 if grid_mode else 1
    new = np.array(shape) - less
    ratio = np.where(new == 0, 1.0, (old - less) / np.where(new == 0, 1, new))
    if grid_mode:
        coordinates = (_grid(shape) + 0.5) * _columns(ratio, ndim) - 0.5
    else:
        coordinates = _grid(shape) * _columns(ratio, ndim)
    return ndimage.map_coordinates(input, coordinates, None, order, mode, cval, prefilter)


def _affine_samples() -> list[Sample]:
    image, matrix = normal(5, 4), np.array([[0.9, 0.2], [-0.15, 1.1]])
    return [
        sample(image, matrix, np.array([0.3, 0.4])),
        sample(image, matrix, 0.25, (3, 6), order=1, mode="nearest"),
        sample(image, np.array([0.8, 0.7]), np.array([0.3, 0.4]), order=2),
        sample(image, np.array([[0.9, 0.2, 0.3], [-0.15, 1.1, 0.4]])),
        sample(image, np.array([[0.9, 0.2, 0.3], [-0.15, 1.1, 0.4], [0, 0, 1]]), mode="mirror"),
    ]


@definition(ndimage.affine_transform, always=True, samples=_affine_samples)
def affine_transform(
    input: Any, matrix: Any, offset: Any = 0.0, output_shape: Any = None, output: Any = None, order: int = 3,
    mode: str = "constant", cval: Any = 0.0, prefilter: bool = True,
) -> Any:  # fmt: skip
    """Return ``scipy.ndimage.affine_transform``."""
    input, matrix = np.asarray(input), np.asarray(matrix)
    ndim = np.ndim(input)
    shape = np.shape(input) if output_shape is None else output_shape
    grid = _grid(shape)
    if np.ndim(matrix) == 1:
        coordinates = (grid + _columns(_each(offset, ndim) / matrix, ndim)) * _columns(matrix, ndim)
    else:
        if np.shape(matrix)[1] == ndim + 1:
            offset, matrix = matrix[:ndim, ndim], matrix[:ndim, :ndim]
        # products one after another, as SciPy adds them up: a point at the edge has to come out as it does there
        moved = np.sum(np.expand_dims(matrix, 2) * np.expand_dims(np.reshape(grid, (len(shape), -1)), 0), axis=1)
        coordinates = np.reshape(moved + np.expand_dims(_each(offset, ndim), 1), (ndim, *shape))
    return ndimage.map_coordinates(input, coordinates, None, order, mode, cval, prefilter)


@definition(
    ndimage.rotate,
    always=True,
    samples=lambda: [
        sample(normal(5, 4), 30.0),
        sample(normal(5, 4), 20, reshape=False, order=1),
        sample(normal(4, 5), 90.0),
        sample(normal(4, 3, 2), 12.5, mode="reflect"),
        sample(normal(4, 2, 3), 12.5, axes=(2, 0), reshape=False, order=2),
    ],
)
def rotate(
    input: Any, angle: Any, axes: Any = (1, 0), reshape: bool = True, output: Any = None, order: int = 3,
    mode: str = "constant", cval: Any = 0.0, prefilter: bool = True,
) -> Any:  # fmt: skip
    """Return ``scipy.ndimage.rotate``."""
    input = np.asarray(input)
    ndim = np.ndim(input)
    first, second = sorted([axes[0] % ndim, axes[1] % ndim])
    planes = np.moveaxis(input, (first, second), (0, 1))
    rows, columns = np.shape(planes)[0], np.shape(planes)[1]
    c, s = special.cosdg(angle), special.sindg(angle)
    matrix = np.array([[c, s], [-s, c]])
    shape = (rows, columns)
    if reshape:
        corners = matrix @ np.array([[0.0, 0.0, rows, rows], [0.0, columns, 0.0, columns]])
        sizes = (np.max(corners, axis=1) - np.min(corners, axis=1) + 0.5).astype(int)
        shape = (int(sizes[0]), int(sizes[1]))
    centre = matrix @ ((np.array(shape) - 1) / 2)
    offset = (np.array([rows, columns]) - 1) / 2 - centre
    if ndim == 2:  # noqa: PLR2004 - a rank
        return affine_transform(planes, matrix, offset, shape, None, order, mode, cval, prefilter)
    rest = np.shape(planes)[2:]
    stack = np.reshape(planes, (rows, columns, -1))
    turned = [
        affine_transform(stack[:, :, k], matrix, offset, shape, None, order, mode, cval, prefilter)
        for k in range(np.shape(stack)[2])
    ]
    return np.moveaxis(np.reshape(np.stack(turned, axis=-1), (*shape, *rest)), (0, 1), (first, second))


def _swirl(at: Any, amount: float = 0.1) -> Any:
    return at[0] + amount * at[1], at[1] - amount * at[0] ** 2


@definition(
    ndimage.geometric_transform,
    always=True,
    samples=lambda: [
        sample(normal(4, 3), _swirl),
        sample(normal(4, 3), _swirl, (3, 5), order=1, mode="nearest", extra_arguments=(0.2,)),
    ],
)
def geometric_transform(
    input: Any, mapping: Any, output_shape: Any = None, output: Any = None, order: int = 3, mode: str = "constant",
    cval: Any = 0.0, prefilter: bool = True, extra_arguments: Any = (), extra_keywords: Any = None,
) -> Any:  # fmt: skip
    """Return ``scipy.ndimage.geometric_transform``, which asks ``mapping`` for each pixel."""
    if extra_keywords:
        raise UnsupportedError("keywords for the mapping have no derivative rule", advice="use extra_arguments=")
    input = np.asarray(input)
    shape = np.shape(input) if output_shape is None else output_shape
    places = [np.asarray(mapping(index, *extra_arguments)) + 0.0 for index in np.ndindex(*shape)]
    coordinates = np.reshape(np.stack(places, axis=1), (np.ndim(input), *shape))
    return ndimage.map_coordinates(input, coordinates, None, order, mode, cval, prefilter)
