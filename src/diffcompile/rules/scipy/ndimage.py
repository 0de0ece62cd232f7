"""Filters of images."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

from diffcompile import runtime_scipy
from diffcompile.rules.registry import Sample, adjoint, linear, sample, tangent
from diffcompile.rules.sampling import normal
from diffcompile.rules.scipy import images, windows

__all__ = ["images", "windows"]

MODES = ("reflect", "mirror", "nearest", "wrap", "constant")


def _samples() -> list[Sample]:
    return [
        *(sample(normal(5, 4), normal(3, 3), mode=mode, cval=0.5) for mode in MODES),
        sample(normal(6), normal(4)),
        sample(normal(6), normal(3), origin=1),
        sample(normal(5, 6), normal(2, 3), origin=(0, -1)),
        sample(normal(3), normal(7)),
    ]


@adjoint(ndimage.correlate, samples=_samples)
def _correlate(
    ct: Any, y: Any, input: Any, weights: Any, output: Any = None, mode: str = "reflect", cval: Any = 0.0,
    origin: Any = 0,
) -> Any:  # fmt: skip
    runtime_scipy.check_not_rounded(y)
    input_bar = runtime_scipy.filter_image_adjoint(ct, input, weights, mode, origin, False)
    return input_bar, runtime_scipy.filter_weights_adjoint(ct, input, weights, mode, cval, origin, False)


@adjoint(ndimage.convolve, samples=_samples)
def _convolve(
    ct: Any, y: Any, input: Any, weights: Any, output: Any = None, mode: str = "reflect", cval: Any = 0.0,
    origin: Any = 0,
) -> Any:  # fmt: skip
    runtime_scipy.check_not_rounded(y)
    input_bar = runtime_scipy.filter_image_adjoint(ct, input, weights, mode, origin, True)
    return input_bar, runtime_scipy.filter_weights_adjoint(ct, input, weights, mode, cval, origin, True)


# the two cotangents and the filter are one product of three, summed in three ways: each is the adjoint of the others


@adjoint(
    runtime_scipy.filter_image_adjoint,
    samples=lambda: [
        sample(normal(5, 4), normal(5, 4), normal(3, 2), mode, (0, -1), convolves)
        for mode in MODES
        for convolves in (False, True)
    ],
)
def _image_again(
    x_bar: Any, y: Any, ct: Any, image: Any, weights: Any, mode: str, origin: Any, convolves: bool
) -> Any:
    if convolves:
        ct_bar = ndimage.convolve(x_bar, weights, mode=mode, cval=0.0, origin=origin)
    else:
        ct_bar = ndimage.correlate(x_bar, weights, mode=mode, cval=0.0, origin=origin)
    weights_bar = runtime_scipy.filter_weights_adjoint(ct, x_bar, weights, mode, 0.0, origin, convolves)
    return ct_bar, np.zeros_like(image), weights_bar


@adjoint(
    runtime_scipy.filter_weights_adjoint,
    samples=lambda: [
        sample(normal(5, 4), normal(5, 4), normal(3, 2), mode, 2, (0, -1), convolves)
        for mode in MODES
        for convolves in (False, True)
    ],
)
def _weights_again(
    w_bar: Any, y: Any, ct: Any, image: Any, weights: Any, mode: str, cval: Any, origin: Any, convolves: bool
) -> Any:
    if convolves:
        ct_bar = ndimage.convolve(image + 0.0, w_bar, mode=mode, cval=cval, origin=origin)
    else:
        ct_bar = ndimage.correlate(image + 0.0, w_bar, mode=mode, cval=cval, origin=origin)
    image_bar = runtime_scipy.filter_image_adjoint(ct, image, w_bar, mode, origin, convolves)
    return ct_bar, image_bar, np.zeros_like(weights)


linear(runtime_scipy.filter_image_adjoint, names=("ct", "weights"), separately=True, form="image")


@tangent(runtime_scipy.filter_weights_adjoint)
def _weights_tangent(
    y: Any, ct: Any, image: Any, weights: Any, mode: str, cval: Any, origin: Any, convolves: bool,
    *, ct_dot: Any = None, image_dot: Any = None, weights_dot: Any = None,
) -> Any:  # fmt: skip
    moved = np.zeros_like(y)
    if ct_dot is not None:
        moved = moved + runtime_scipy.filter_weights_adjoint(ct_dot, image, weights, mode, cval, origin, convolves)
    if image_dot is not None:
        moved = moved + runtime_scipy.filter_weights_adjoint(ct, image_dot, weights, mode, 0.0, origin, convolves)
    return moved


def _line_samples() -> list[Sample]:
    return [
        *(sample(normal(5, 4), normal(3), 0, mode=mode) for mode in MODES),
        sample(normal(5, 4), normal(4)),
        sample(normal(6), normal(3), origin=-1),
    ]


@adjoint(ndimage.correlate1d, samples=_line_samples)
def _correlate1d(
    ct: Any, y: Any, input: Any, weights: Any, axis: int = -1, output: Any = None, mode: str = "reflect",
    cval: Any = 0.0, origin: int = 0,
) -> Any:  # fmt: skip
    runtime_scipy.check_not_rounded(y)
    kernel = np.reshape(weights, runtime_scipy.line_shape(input, weights, axis))
    origins = runtime_scipy.line_origins(input, axis, origin)
    input_bar = runtime_scipy.filter_image_adjoint(ct, input, kernel, mode, origins, False)
    kernel_bar = runtime_scipy.filter_weights_adjoint(ct, input, kernel, mode, cval, origins, False)
    return input_bar, np.reshape(kernel_bar, np.shape(weights))


@adjoint(ndimage.convolve1d, samples=_line_samples)
def _convolve1d(
    ct: Any, y: Any, input: Any, weights: Any, axis: int = -1, output: Any = None, mode: str = "reflect",
    cval: Any = 0.0, origin: int = 0,
) -> Any:  # fmt: skip
    runtime_scipy.check_not_rounded(y)
    kernel = np.reshape(weights, runtime_scipy.line_shape(input, weights, axis))
    origins = runtime_scipy.line_origins(input, axis, origin)
    input_bar = runtime_scipy.filter_image_adjoint(ct, input, kernel, mode, origins, True)
    kernel_bar = runtime_scipy.filter_weights_adjoint(ct, input, kernel, mode, cval, origins, True)
    return input_bar, np.reshape(kernel_bar, np.shape(weights))


@adjoint(
    ndimage.gaussian_filter,
    samples=lambda: [
        *(sample(normal(6, 5), 1, mode=mode) for mode in MODES),
        sample(normal(6, 5), (1, 0)),
        sample(normal(6, 5), 1, order=(0, 1)),
        sample(normal(6), 1, order=2, radius=2),
        sample(normal(4, 3, 5), 1, axes=(0, 2)),
    ],
)
def _gaussian_filter(
    ct: Any,
    y: Any,
    input: Any,
    sigma: Any,
    order: Any = 0,
    output: Any = None,
    mode: Any = "reflect",
    cval: Any = 0.0,
    truncate: float = 4.0,
    *,
    radius: Any = None,
    axes: Any = None,
) -> Any:
    runtime_scipy.check_not_rounded(y)
    return (runtime_scipy.gaussian_adjoint(ct, input, sigma, order, mode, truncate, radius, axes),)


@adjoint(
    ndimage.gaussian_filter1d,
    samples=lambda: [
        sample(normal(8), 1),
        sample(normal(6, 5), 2, 0, mode="wrap"),
        sample(normal(7), 1, order=1),
    ],
)
def _gaussian_filter1d(
    ct: Any,
    y: Any,
    input: Any,
    sigma: Any,
    axis: int = -1,
    order: int = 0,
    output: Any = None,
    mode: str = "reflect",
    cval: Any = 0.0,
    truncate: float = 4.0,
    *,
    radius: Any = None,
) -> Any:
    runtime_scipy.check_not_rounded(y)
    return (runtime_scipy.gaussian_adjoint(ct, input, sigma, order, mode, truncate, radius, axis),)


@adjoint(
    runtime_scipy.gaussian_adjoint,
    samples=lambda: [
        sample(normal(6, 5), normal(6, 5), 1, 0, "wrap", 4, None, None),
        sample(normal(6, 5), normal(6, 5), (1, 0.5), (0, 1), "reflect", 2, None, None),
        sample(normal(6, 5), normal(6, 5), 1, 1, "constant", 4, 2, -1),
    ],
)
def _gaussian_again(
    x_bar: Any, y: Any, ct: Any, image: Any, sigma: Any, order: Any, mode: Any, truncate: float, radius: Any, axes: Any
) -> Any:
    axes = runtime_scipy.axes_of(axes)
    again = ndimage.gaussian_filter(x_bar, sigma, order, None, mode, 0.0, truncate, radius=radius, axes=axes)
    return again, np.zeros_like(image)


linear(runtime_scipy.gaussian_adjoint, names="ct", form="image")


# --- forward mode: linear in the image, which has zeros around it where the tangent ends, and in the weights ---


def _image_tangent(run: Any) -> Any:
    """Return the rule of a filter with weights for a whole neighbourhood."""

    def rule(
        y: Any, input: Any, weights: Any, output: Any = None, mode: str = "reflect", cval: Any = 0.0, origin: Any = 0,
        *, input_dot: Any = None, weights_dot: Any = None,
    ) -> Any:  # fmt: skip
        runtime_scipy.check_not_rounded(y)
        moved: Any = 0.0
        if input_dot is not None:
            moved = run(input_dot, weights, mode=mode, cval=0.0, origin=origin)
        if weights_dot is not None:
            moved = moved + run(input + 0.0, weights_dot, mode=mode, cval=cval, origin=origin)
        return moved

    return rule


def _line_tangent(run: Any) -> Any:
    """Return the rule of a filter with weights for a line."""

    def rule(
        y: Any, input: Any, weights: Any, axis: int = -1, output: Any = None, mode: str = "reflect", cval: Any = 0.0,
        origin: int = 0, *, input_dot: Any = None, weights_dot: Any = None,
    ) -> Any:  # fmt: skip
        runtime_scipy.check_not_rounded(y)
        moved: Any = 0.0
        if input_dot is not None:
            moved = run(input_dot, weights, axis, mode=mode, cval=0.0, origin=origin)
        if weights_dot is not None:
            moved = moved + run(input + 0.0, weights_dot, axis, mode=mode, cval=cval, origin=origin)
        return moved

    return rule


tangent(ndimage.correlate)(_image_tangent(ndimage.correlate))
tangent(ndimage.convolve)(_image_tangent(ndimage.convolve))
tangent(ndimage.correlate1d)(_line_tangent(ndimage.correlate1d))
tangent(ndimage.convolve1d)(_line_tangent(ndimage.convolve1d))


@tangent(ndimage.gaussian_filter)
def _gaussian_tangent(
    y: Any, input: Any, sigma: Any, order: Any = 0, output: Any = None, mode: Any = "reflect", cval: Any = 0.0,
    truncate: float = 4.0, *, radius: Any = None, axes: Any = None, input_dot: Any = None,
) -> Any:  # fmt: skip
    runtime_scipy.check_not_rounded(y)
    return ndimage.gaussian_filter(input_dot, sigma, order, None, mode, 0.0, truncate, radius=radius, axes=axes)


@tangent(ndimage.gaussian_filter1d)
def _gaussian1d_tangent(
    y: Any, input: Any, sigma: Any, axis: int = -1, order: int = 0, output: Any = None, mode: str = "reflect",
    cval: Any = 0.0, truncate: float = 4.0, *, radius: Any = None, input_dot: Any = None,
) -> Any:  # fmt: skip
    runtime_scipy.check_not_rounded(y)
    return ndimage.gaussian_filter1d(input_dot, sigma, axis, order, None, mode, 0.0, truncate, radius=radius)
