"""Images between their pixels, and rotations: what samples of single rules cannot show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import UnsupportedError, check_grads, grad, hessian, hvp, jvp
from diffcompile.rules.sampling import normal
from diffcompile.runtime_scipy import images
from rules.checking import slope_at_zero

linalg = pytest.importorskip("scipy.linalg")
ndimage = pytest.importorskip("scipy.ndimage")
signal = pytest.importorskip("scipy.signal")
spatial = pytest.importorskip("scipy.spatial")

MODES = ("reflect", "grid-mirror", "mirror", "nearest", "wrap", "constant", "grid-wrap", "grid-constant")


@pytest.mark.parametrize("mode", MODES)
def test_splines_are_those_of_scipy(mode: str) -> None:
    """Inside, at pixels, and far outside, with and without the filter."""
    points = np.linspace(-9.3, 15.7, 60).reshape(2, 30).copy()
    points[:, :7] = np.arange(-1.0, 6.0)
    for order in range(6):
        for prefilter in (True, False):
            for image, at in ((normal(5, 6), points), (normal(7), points[1:]), (normal(1, 4), points)):
                expected = ndimage.map_coordinates(image, at, order=order, mode=mode, prefilter=prefilter)
                width = images.spline_width(order, mode, prefilter)
                coefficients = images.spline_coefficients(image, order, mode, 0.0, prefilter)
                found = images.spline_read(coefficients, at, order, mode, width, (0,) * len(at))
                np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("mode", MODES)
def test_long_lines_are_filtered_by_equations(mode: str) -> None:
    for order in range(2, 6):
        filtered = ndimage.spline_filter1d(np.eye(70), order, 0, mode=mode)
        np.testing.assert_allclose(images.spline_line_adjoint(np.eye(70), order, 0, mode), filtered.T, atol=1e-12)


IMAGE, TARGET = normal(6, 5), normal(5, 6).T


def registered(pose: Any) -> Any:
    """How far a turned, sheared and moved image is from another one."""
    matrix = np.array([[np.cos(pose[0]), -np.sin(pose[0])], [np.sin(pose[0]), pose[1]]])
    moved = ndimage.affine_transform(IMAGE, matrix, offset=pose[2:], mode="grid-wrap")
    return np.sum((moved - TARGET) ** 2)


def flown(shift: Any) -> Any:
    return np.sum((ndimage.shift(ndimage.zoom(IMAGE, 1.3, mode="mirror"), shift, mode="reflect")[:6, :5] - TARGET) ** 2)


@pytest.mark.parametrize(("f", "x"), [(registered, np.array([0.2, 0.9, 0.3, -0.4])), (flown, np.array([0.3, -0.6]))])
def test_registration(f: Any, x: Any) -> None:
    """Gradient and Hessian in the pose, which Newton's method takes."""
    check_grads(f, (x,), order=2)
    np.testing.assert_allclose(hessian(f)(x), hessian(f)(x).T, rtol=1e-9)


def test_output_of_a_transform() -> None:
    """An array that is given as output is stored to, a dtype that of the result."""

    def f(x: Any) -> Any:
        out = np.ones((6, 5))
        out *= 2.0
        ndimage.shift(x, 0.5, out, order=2)
        single = ndimage.zoom(x, 2.0, output=np.float64)
        ndimage.rotate(TARGET, 30.0, reshape=False, output=single[:6, :5])
        return np.sum(out**2) + np.sum(single**2)

    check_grads(f, (IMAGE,))


# --- rotations ---


def disparity(x: Any) -> Any:
    _, second, apart = spatial.procrustes(x, TARGET[:4, :3])
    return apart + np.sum(second[:, 0] ** 3)


@pytest.mark.parametrize("points", [normal(4, 3), np.outer(np.arange(4.0), [1, 2, 3]) + 0.1 * normal(4, 3)])
def test_procrustes_of_few_points(points: Any) -> None:
    """Four points about their mean leave a singular value of 0, or nearly: second derivatives are finite and right."""
    direction = normal(4, 3)
    expected = slope_at_zero(lambda t: np.sum(grad(disparity)(points + t * direction) * direction))
    assert np.sum(hvp(disparity)(points, direction) * direction) == pytest.approx(expected, rel=1e-6)


def three(x: Any) -> Any:
    """Three points about their mean: a plane."""
    return np.sum(spatial.procrustes(x, TARGET[:3, :3])[1] ** 3)


def test_procrustes_of_a_plane() -> None:
    x, direction = normal(3, 3), normal(3, 3)[::-1]
    expected = slope_at_zero(lambda t: np.sum(grad(three)(x + t * direction) * direction))
    assert np.sum(hvp(three)(x, direction) * direction) == pytest.approx(expected, rel=1e-6)


def test_unitary_factors_of_multiples_of_rotations() -> None:
    """All singular values are equal."""
    weights = normal(3, 3)
    found = grad(lambda a: np.sum(linalg.polar(a)[0] * weights))(2.0 * np.eye(3))
    np.testing.assert_allclose(found, (weights - weights.T) / 4.0, atol=1e-15)
    with pytest.raises(UnsupportedError, match="two singular values are zero"):
        grad(lambda a: np.sum(linalg.polar(a)[0] * weights))(np.diag([1.0, 0.0, 0.0]))


def test_null_space() -> None:
    """One vector is determined; of several, only what does not depend on their choice."""
    a, direction = normal(2, 4), normal(4, 2).T
    weights = np.outer(np.arange(4.0), normal(4))

    def projected(a: Any) -> Any:
        z = linalg.null_space(a)
        return np.sum(z @ z.T * weights)

    expected = slope_at_zero(lambda t: projected(a + t * direction))
    assert np.sum(grad(projected)(a) * direction) == pytest.approx(expected, rel=1e-7)
    check_grads(lambda a: np.sum(linalg.null_space(a)[:, 0] ** 3), (normal(2, 3),), order=2)
    with pytest.raises(UnsupportedError, match="choice of its vectors"):
        grad(lambda a: np.sum(linalg.null_space(a) ** 3))(a)
    with pytest.raises(UnsupportedError, match="choice of its vectors"):
        jvp(projected, (a,), (direction,))


def test_systems() -> None:
    def oscillates(p: Any) -> Any:
        times = np.linspace(0.0, 3.0, 7)
        _, y, x = signal.lsim(([p[0]], [1.0, p[1], 2.0]), np.sin(times), times, X0=p)
        return np.sum(y**2) + np.sum(x[-1]) + np.sum(signal.step(([1.0], [1.0, p[1], 2.0]), T=times)[1] ** 2)

    check_grads(oscillates, (np.array([1.5, 0.4]),))
    with pytest.raises(UnsupportedError, match="times that SciPy chooses"):
        grad(lambda p: np.sum(signal.step(([1.0], [1.0, p]))[1]))(0.5)
