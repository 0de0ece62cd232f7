"""Complex derivatives of holomorphic functions, and what is refused as one."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad

Z = np.array([1.0 + 2.0j, 0.3 - 1.0j, -0.4 + 0.2j])


def whole(z):
    return np.sum(z**3 * np.exp(z))


def in_place(z, n):
    out = np.zeros(3, complex)
    for k in range(n):
        out[k % 3] += z[k % 3] * z[(k + 1) % 3]
    return np.sum(out * out)


def number(z, w):
    return z * z / w


def test_derivative():
    np.testing.assert_allclose(grad(whole, holomorphic=True)(Z), (3 * Z**2 + Z**3) * np.exp(Z), rtol=1e-14)
    by_z, by_w = grad(number, argnums=("z", "w"), holomorphic=True)(1.0 + 2.0j, 0.5 - 1.0j)
    assert by_z == pytest.approx(2 * (1 + 2j) / (0.5 - 1j))
    assert by_w == pytest.approx(-((1 + 2j) ** 2) / (0.5 - 1j) ** 2)


def test_memory_and_decorator():
    derivative = grad(holomorphic=True)(in_place)
    found = derivative(Z, 4)
    step = 1e-6
    for k in range(3):
        moved = [in_place(Z + sign * step * np.eye(3)[k], 4) for sign in (1, -1)]
        assert found[k] == pytest.approx((moved[0] - moved[1]) / (2 * step), rel=1e-7)
    assert "z_bar" in derivative.source
    np.testing.assert_allclose(derivative(Z.astype(np.complex64), 4), found, rtol=1e-5)


def test_travels():
    derivative = grad(whole, holomorphic=True)
    again = pickle.loads(pickle.dumps(derivative)), derivative(Z), pickle.loads(pickle.dumps(derivative))
    np.testing.assert_array_equal(again[0](Z), again[1])
    np.testing.assert_array_equal(again[2](Z), again[1])


@pytest.mark.parametrize(
    "fun",
    [
        lambda z: np.sum(np.conj(z)),
        lambda z: np.sum(z * np.abs(z)),
        lambda z: np.sum(z.real + 0.0j),
        lambda z: np.sum(z * z) + 1e-3 * np.conj(z[1]),
    ],
)
def test_function_that_is_not_holomorphic(fun):
    with pytest.raises(ValueError, match="not holomorphic in z"):
        grad(fun, holomorphic=True)(Z)


def test_refused():
    with pytest.raises(TypeError, match="not a complex"):
        grad(whole, holomorphic=True)(Z.real)
    with pytest.raises(TypeError, match="one complex number"):
        grad(lambda z: np.sum(np.abs(z)), holomorphic=True)(Z)
    with pytest.raises(TypeError, match="one complex number"):
        grad(lambda z: z * z, holomorphic=True)(Z)
    with pytest.raises(TypeError, match="tuple"):
        grad(lambda z: (np.sum(z), 1.0), holomorphic=True)(Z)
    with pytest.raises(ValueError, match="together"):
        grad(whole, holomorphic=True, has_aux=True)
    derivative = grad(whole, holomorphic=True)
    with pytest.raises(UnsupportedError, match="not supported inside"):
        grad(lambda z: np.sum(np.abs(derivative(z))))(Z)
    with pytest.raises(UnsupportedError, match="not supported inside"):
        grad(lambda z: np.sum(np.abs(grad(whole, holomorphic=True)(z))))(Z)
