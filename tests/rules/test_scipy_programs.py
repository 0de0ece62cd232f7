"""Programs that use SciPy as people do: several calls that hand structures to one another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import (
    DiffCompileError,
    MissingRuleError,
    UnsupportedError,
    check_grads,
    grad,
    jvp,
    value_and_grad,
)
from diffcompile.rules.sampling import normal, positive_definite, well_conditioned
from rules.checking import slope_at_zero

linalg = pytest.importorskip("scipy.linalg")
ndimage = pytest.importorskip("scipy.ndimage")
spatial = pytest.importorskip("scipy.spatial")
blas = pytest.importorskip("scipy.linalg.blas")

X = normal(4)
W = normal(4)


def gaussian_process(a: Any, b: Any) -> Any:
    """The marginal likelihood of a Gaussian process."""
    factors = linalg.cho_factor(a, lower=True)
    alpha = linalg.cho_solve(factors, b)
    return 0.5 * b @ alpha + np.sum(np.log(np.diag(factors[0])))


def upper_factor(a: Any, b: Any) -> Any:
    c, low = linalg.cho_factor(a)
    return np.sum(linalg.cho_solve((c, low), b) * W)


def factored(a: Any, b: Any) -> Any:
    lu_piv = linalg.lu_factor(a)
    x = linalg.lu_solve(lu_piv, b)
    return np.sum(linalg.lu_solve(lu_piv, x, trans=1) * W)


def whitened(a: Any, b: Any) -> Any:
    root = linalg.cholesky(a, lower=True)
    z = linalg.solve_triangular(root, b, lower=True, check_finite=False)
    return z @ z + 2.0 * np.sum(np.log(np.diagonal(root)))


def overwrites(a: Any, b: Any) -> Any:
    x = linalg.solve(a.copy(), b.copy(), True, overwrite_a=True, overwrite_b=True)
    return np.sum(x * b) + np.sum(a * a)


def modes(a: Any, b: Any) -> Any:
    w, v = linalg.eigh(a)
    return np.sum(np.sqrt(w)) + (v[:, 0] @ b) ** 2


def regulator(a: Any, b: Any) -> Any:
    q = a + a.T
    x = linalg.solve_continuous_are(
        a - 9.0 * np.eye(4), np.reshape(b, (4, 1)), q, np.reshape(1.0 + b[:1] ** 2, (1, 1))
    )
    return np.sum(x * np.outer(W, X))


def decomposed(a: Any, b: Any) -> Any:
    p, low, up = linalg.lu(a)
    return np.sum(p @ low * np.arange(16.0).reshape(4, 4)) + np.sum(up * b)


PROGRAMS = [gaussian_process, upper_factor, factored, whitened, overwrites, modes, regulator, decomposed]


@pytest.mark.parametrize("fun", PROGRAMS, ids=lambda fun: fun.__name__)
def test_linear_algebra(fun: Any) -> None:
    a = positive_definite(4, 4) if fun not in (factored, overwrites) else well_conditioned(4, 4)
    b = normal(4)
    check(fun, a, b)


def check(fun: Any, *args: Any, tolerance: float = 1e-9) -> None:
    """Compare the gradient in all arguments with differences in a random direction."""
    rng = np.random.default_rng(1)
    value, bars = value_and_grad(fun, argnums=tuple(range(len(args))))(*args)
    assert value == pytest.approx(float(fun(*args)), rel=1e-12)
    directions = [np.asarray(rng.normal(size=np.shape(arg))) for arg in args]
    found = sum(float(np.sum(bar * d)) for bar, d in zip(bars, directions, strict=True))
    expected = slope_at_zero(
        lambda t: float(fun(*(arg + t * d for arg, d in zip(args, directions, strict=True))))
    )
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-8)
    try:
        _, slope = jvp(fun, args, tuple(float(d) if d.ndim == 0 else d for d in directions))
    except MissingRuleError:
        return
    assert float(slope) == pytest.approx(found, rel=tolerance, abs=tolerance)


def log_volume(a: Any) -> Any:
    return np.log(linalg.det(a)) + np.sum(linalg.expm(0.1 * a))


def test_generated_code_imports_what_it_calls() -> None:
    g = grad(log_volume)
    g(positive_definite(3, 3))
    assert "from scipy.linalg import det, expm" in g.source


# --- objects of SciPy that are constants ---

sparse = pytest.importorskip("scipy.sparse")
interpolate = pytest.importorskip("scipy.interpolate")
spsolve = pytest.importorskip("scipy.sparse.linalg").spsolve
DENSE = np.array([[4.0, 1.0, 0.0, 0.5], [0.0, 3.0, 2.0, 0.0], [1.0, 0.0, 5.0, 0.0], [0.0, 2.0, 0.0, 6.0]])
ARRAY, MATRIX = sparse.csr_array(DENSE), sparse.csc_matrix(DENSE)
SPLINE = interpolate.CubicSpline(np.arange(6.0), np.sin(np.arange(6.0)))


def products(x: Any) -> Any:
    y = ARRAY @ np.sin(x)
    z = MATRIX * y + MATRIX.dot(x) + MATRIX.T @ x
    return np.sum((z @ ARRAY) * x)


def solved(x: Any) -> Any:
    return np.sum(spsolve(MATRIX, x * x) ** 2)


def diffuses(x: Any) -> Any:
    for _ in range(3):
        x = x + 0.1 * (ARRAY @ x)
    return np.sum(x * x)


def along_a_spline(x: Any) -> Any:
    return np.sum(SPLINE(x * x) * SPLINE(x, 1))


@pytest.mark.parametrize("fun", [products, solved, diffuses, along_a_spline], ids=lambda fun: fun.__name__)
def test_constant_objects(fun: Any) -> None:
    check(fun, np.array([0.5, 1.25, 1.75, 0.8]))


def test_object_as_argument() -> None:
    def quadratic(x: Any, a: Any) -> Any:
        return x @ (a @ x)

    x = np.arange(4.0)
    np.testing.assert_allclose(grad(quadratic)(x, ARRAY), (DENSE + DENSE.T) @ x)
    np.testing.assert_allclose(grad(quadratic)(x, DENSE), (DENSE + DENSE.T) @ x)


def _blurred(x: Any) -> Any:
    return np.sum(np.abs(ndimage.fourier_gaussian(x + 0j, 0.5)) ** 2)


def _general(x: Any) -> Any:
    return np.sum(ndimage.generic_filter(x, np.sum, 3) ** 2)


def _added(x: Any) -> Any:
    total = x[::-1].copy()
    blas.daxpy(x, total, a=2.0)
    return np.sum(total**2)


@pytest.mark.parametrize("f", [_blurred, _general, _added])
def test_functions_in_c_that_fill_an_argument_are_refused(f: Any) -> None:
    """What they are called for is what they do to an array: without a rule nobody knows what became of it."""
    x = np.array([0.92, 1.73, 0.41, 2.31, 1.24, 0.66])
    with pytest.raises(DiffCompileError):
        grad(f)(x)
    with pytest.raises(DiffCompileError):
        jvp(f, (x,), (x,))


def test_output_of_image_filters() -> None:
    """``output=`` is an array that is filled, by name or by position, or a dtype."""

    def f(x):
        image = np.reshape(x, (2, 3))
        smooth, rows = np.zeros((2, 3)), np.zeros((2, 3))
        ndimage.gaussian_filter(image, 1.0, output=smooth)
        ndimage.correlate1d(image, np.array([1.0, 2.0, -1.0]), 0, rows)
        same = ndimage.gaussian_filter(image, 0.5, output=np.float64)
        edges = ndimage.sobel(image) ** 2
        return np.sum(smooth * rows * same) + np.sum(edges)

    check_grads(f, (np.array([0.92, 1.73, 0.41, 2.31, 1.24, 0.66]),))


@pytest.mark.parametrize("make", [linalg.toeplitz, linalg.circulant])
def test_stacks_of_structured_matrices_are_refused(make):
    columns = np.arange(6.0).reshape(2, 3)
    if np.ndim(make(columns)) == 2:
        pytest.skip("this SciPy makes one matrix of all items")
    with pytest.raises(DiffCompileError, match="stacks"):
        grad(lambda c: np.sum(make(c) ** 2))(columns)


fft = pytest.importorskip("scipy.fft")


def spectrum_that_is_written_to(x):
    y = fft.fft(x, 8)
    y[1:4] *= 2.0
    y[5:] = 0.0
    return np.sum(np.abs(fft.ifft(y, overwrite_x=True)) ** 3) + np.sum(fft.fftshift(x) ** 2)


def spectrum_of_a_plane(x):
    y = fft.rfft2(x.reshape(2, 3), workers=1)
    return np.sum(np.abs(fft.irfft2(y * y, s=(2, 3))) ** 3) + np.sum(fft.fftn(x.reshape(3, 2)).imag ** 3)


def cosines_and_sines(x):
    total = 0.0
    for kind in (1, 2, 3, 4):
        y = fft.dct(x, type=kind, norm="ortho") + fft.dst(x, kind, norm="forward")
        total = total + np.sum(fft.idct(y**2, kind) ** 3) + np.sum(fft.idst(y, kind, norm="ortho", n=5) ** 3)
    return total


def transform_that_is_handed_over(x):
    return sum(np.sum(np.abs(transform(x)) ** 3) for transform in (fft.rfft, fft.dct, np.fft.fft))


@pytest.mark.parametrize(
    "fun", [spectrum_that_is_written_to, spectrum_of_a_plane, cosines_and_sines, transform_that_is_handed_over]
)
def test_transforms(fun):
    x = np.array([0.5, -1.25, 0.75, 2.0, 0.25, 1.5])
    check_grads(fun, (x,), order=2, modes=("rev", "fwd"))


signal = pytest.importorskip("scipy.signal")
integrate = pytest.importorskip("scipy.integrate")


def smoothed_there_and_back(x):
    b, a = signal.butter(2, 0.3)
    y = signal.filtfilt(b, a, x, padlen=4)
    return np.sum(y**3) + np.sum(signal.filtfilt(b, a, x.reshape(2, 3), axis=1, padtype="even", padlen=1) ** 2)


def envelope(x):
    return np.sum(np.abs(signal.hilbert(x)) ** 3)


def resampled(x):
    """Taps, image and window all depend on ``x``."""
    wide = signal.upfirdn(x[:3], x, 2, 3)
    image = signal.convolve2d(x.reshape(2, 3), x[:2].reshape(1, 2), "same", "symm")
    turned = signal.correlate2d(image, image[:, :2], "same")
    return np.sum(wide**3) + np.sum(turned * image) + np.sum(signal.savgol_filter(x, 5, 2) ** 3)


def sections_there_and_back(x):
    sos = np.stack([np.concatenate([x[:3], np.array([1.0, -0.5, 0.25])]), np.array([1.0, 0.5, 0, 1, 0.25, 0])])
    return np.sum(signal.sosfiltfilt(sos, x, padlen=2) ** 2) + signal.lfilter_zi(x[:3], np.array([2.0, 0.5]))[0]


def sampled_at(x):
    places = np.cumsum(1.0 + x * x)
    parts = integrate.simpson(x, x=places) * integrate.simpson(x[:5], x=places[:5])
    return parts + integrate.simpson(x, dx=x[1]) + np.sum(integrate.cumulative_trapezoid(x, dx=x[2])) ** 2


def systems(x):
    a = np.stack([np.diag(2.0 + x[:3] ** 2), np.ones((3, 3)) + np.diag(x[3:] ** 2 + 1.0)])
    y = linalg.solve(a, x[:3]) + linalg.solve(a, x.reshape(3, 2), assume_a="pos", lower=True)[..., 0]
    return np.sum(y**2) + np.sum(np.abs(linalg.eigvals(a[1])) ** 2) + np.sum(linalg.pinvh(a[1]) ** 2)


@pytest.mark.parametrize(
    ("fun", "order"),
    [
        (smoothed_there_and_back, 1),
        (envelope, 2),
        (resampled, 2),
        (sections_there_and_back, 1),
        (sampled_at, 2),
        (systems, 2),
    ],
)
def test_signals(fun, order):
    x = np.array([0.5, -1.25, 0.75, 2.0, 0.25, 1.5])
    check_grads(fun, (x,), order=order, modes=("rev", "fwd"))


def test_design_of_a_filter_is_a_call():
    gradient = grad(smoothed_there_and_back)
    gradient(np.arange(6.0))
    assert "b, a = butter(2, 0.3)" in gradient.source


IMAGE = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75]])


@pytest.mark.parametrize("run", [ndimage.convolve, ndimage.correlate])
@pytest.mark.parametrize("mode", ["reflect", "constant"])
def test_filters_of_complex_images_and_of_second_order(run: Any, mode: str) -> None:
    """A correlation takes the conjugate of its weights."""

    def real(image: Any, kernel: Any) -> Any:
        return np.sum(run(image, kernel, mode=mode, cval=0.5, origin=(0, -1)) ** 3)

    def mixed(image: Any, kernel: Any) -> Any:
        y = run(image * (1.0 + 2.0j) + 1j * image**2, kernel * (0.5 - 1.0j), mode=mode, cval=0.5)
        return np.sum(np.real(y) ** 2 + np.real(y) * np.imag(y))

    for f in (real, mixed):
        check_grads(f, (IMAGE, IMAGE[:, ::2] + 0.1), modes=("rev", "fwd"), order=2)


@pytest.mark.parametrize("loss", [
    lambda w: np.sum(ndimage.convolve1d(np.arange(6), w) * 1.5),
    lambda w: np.sum(ndimage.gaussian_filter(w, 1.0, output=int) * 1.5),
    lambda w: np.sum(ndimage.correlate(np.outer(w, w), IMAGE, output=np.int32) * 1.5),
])  # fmt: skip
def test_filters_that_round_to_whole_numbers_are_refused(loss: Any) -> None:
    with pytest.raises(UnsupportedError, match="rounds to int"):
        grad(loss)(X)
    with pytest.raises(UnsupportedError, match="rounds to int"):
        jvp(loss, (X,), (X,))


def test_pivots_that_are_floats() -> None:
    """As they are after a round trip through an array of floats, or a file."""
    factor, pivots = linalg.lu_factor(well_conditioned(4, 4))

    def f(lu: Any, b: Any) -> Any:
        return np.sum(linalg.lu_solve((lu, pivots.astype(float)), b) ** 2)

    check_grads(f, (factor, X), modes=("rev", "fwd"))


def test_distances_of_points_to_themselves() -> None:
    """The root of a sum of squares has no slope at 0; that of a distance is taken to be 0."""
    points = normal(3, 2)
    weights = np.arange(9.0).reshape(3, 3)
    gradient = grad(lambda x: np.sum(spatial.distance_matrix(x, x) * weights))(points)
    np.testing.assert_allclose(gradient, grad(lambda x: np.sum(spatial.distance.cdist(x, x) * weights))(points))
    check_grads(lambda x: np.sum(spatial.minkowski_distance(x, points[0] + 1.0, 3)), (points,), order=2)


def test_eigenvalues_by_functions_in_c_are_refused() -> None:
    """They store into arrays that they are given, and were called through an attribute of unknown type."""
    arpack = pytest.importorskip("scipy.sparse.linalg")
    a = np.diag(np.arange(5.0)) + 0.1
    for mode in (grad, lambda f: lambda x: jvp(f, (x,), (x,))):
        with pytest.raises(UnsupportedError, match="may write to what it is given"):
            mode(lambda x: np.sum(np.abs(arpack.eigs(x, k=2, return_eigenvectors=False))))(a)


def test_what_surely_raises_is_refused() -> None:
    interpolate = pytest.importorskip("scipy.interpolate")
    with pytest.raises(UnsupportedError, match="the roots of a spline"):
        grad(lambda x: interpolate.CubicSpline(np.arange(4.0), x).roots()[0] * 2.0)(normal(4))
