"""Gradients through functions of complex numbers that are not holomorphic, and through their branch cuts."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import diffcompile


def variance(z: Any) -> Any:
    return np.var(z)


def variances_of_columns(z: Any) -> Any:
    return np.sum(np.arange(1.0, 4.0) * np.var(np.reshape(z, (2, 3)), axis=0, ddof=1))


def variance_method(z: Any) -> Any:
    return z.var() * z.std(ddof=1)


def deviation(z: Any) -> Any:
    return np.std(z * z)


def masked_variance(z: Any) -> Any:
    return np.var(z, where=np.array([True, False, True, True, True, False]))


def variance_about_another_mean(z: Any) -> Any:
    return np.var(z, mean=np.sum(z, keepdims=True))


def sign(z: Any) -> Any:
    return np.sum(np.arange(6.0) * np.real(np.sign(z) * (1.0 - 2.0j)))


def sign_of_items(z: Any) -> Any:
    total = 0.0
    for k in range(len(z)):
        total = total + k * np.imag(np.sign(z[k]) ** 2)
    return total


def sign_in_place(z: Any) -> Any:
    w = z * 2.0
    w[1:4] = np.sign(w[:3])
    return np.sum(np.abs(w) ** 2 + np.real(w))


def largest(z: Any) -> Any:
    return np.real(np.max(z) * (2.0 + 1.0j)) + np.imag(np.min(np.maximum(z, z * 1j)))


def smallest_of_rows(z: Any) -> Any:
    return np.sum(np.abs(np.min(np.reshape(z, (2, 3)), axis=1)))


def arccosh(z: Any) -> Any:
    return np.real(np.sum(np.arccosh(z) * (1.0 + 2.0j)))


def inverses(z: Any) -> Any:
    return np.real(np.sum(np.arcsin(z) + np.arccos(z) * 1j + np.arctan(z) + np.arcsinh(z) * 2.0 + np.arctanh(z)))


FUNCTIONS = [
    variance, variances_of_columns, variance_method, deviation, masked_variance, variance_about_another_mean, sign,
    sign_of_items, sign_in_place, largest, smallest_of_rows, arccosh, inverses,
]  # fmt: skip


def differences(fun: Callable[[Any], Any], z: Any, step: float = 1e-6) -> Any:
    """Return ``df/du - i df/dv`` for ``z = u + i v`` by central differences."""
    found = np.zeros_like(z)
    for k in range(len(z)):
        for direction, factor in ((1.0, 1.0), (1j, -1j)):
            shift = np.zeros_like(z)
            shift[k] = step * direction
            found[k] += factor * (fun(z + shift) - fun(z - shift)) / (2.0 * step)
    return found


POINT = np.array([1.2 - 0.4j, -0.7 + 0.9j, 0.3 + 1.6j, -1.5 - 0.8j, 0.6 + 0.5j, -0.2 - 1.1j])


@pytest.mark.parametrize("fun", FUNCTIONS, ids=lambda fun: fun.__name__)
def test_gradient(fun: Callable[[Any], Any]) -> None:
    value, gradient = diffcompile.value_and_grad(fun)(POINT)
    np.testing.assert_allclose(value, fun(POINT), rtol=1e-13)
    np.testing.assert_allclose(gradient, differences(fun, POINT), rtol=1e-6, atol=1e-8)


def test_sign_at_zero() -> None:
    gradient = diffcompile.grad(sign)(np.array([0j, 1j, 2.0, 3.0, 4.0, 5.0]))
    assert gradient[0] == 0.0
    assert np.all(np.isfinite(gradient))


def test_sign_of_real_numbers_stays_constant() -> None:
    gradient = diffcompile.grad(lambda x: np.sum(np.sign(x) * x))
    np.testing.assert_array_equal(gradient(np.array([-2.0, 3.0])), [-1.0, 1.0])
    assert "complex_sign" not in gradient.source


def test_sign_with_an_output_array_is_refused() -> None:
    def fun(z: Any) -> Any:
        w = np.empty_like(z)
        np.sign(z, out=w)
        return np.real(np.sum(w))

    with pytest.raises(diffcompile.UnsupportedError, match=r"np\.sign"):
        diffcompile.grad(fun)(POINT)


def test_kind_of_number_is_decided_by_the_type() -> None:
    def fun(x: Any) -> Any:
        return np.sum(np.abs(x)) if np.iscomplexobj(x) else np.sum(x * x)

    gradient = diffcompile.grad(fun)
    np.testing.assert_array_equal(gradient(np.array([1.0, 2.0])), [2.0, 4.0])
    code = [line for line in gradient.source.splitlines() if not line.strip().startswith("#")]
    assert not any("iscomplexobj" in line for line in code)
    np.testing.assert_allclose(gradient(np.array([3.0 + 4.0j])), [0.6 - 0.8j])


# ---- what is only known to be complex when the program runs ------------------------------------------------


def _unknown(s):
    total = sum([0.5, 0.5])
    return np.mean(np.full((4,), total + s), axis=0)


def _of_a_scalar(s):
    u = _unknown(s) + 1j * s
    t = np.abs(u)
    return np.abs(t + 1j * s * s)


def _of_parts(s):
    u = _unknown(s) * (1j + s)
    v = (u * u).real * 1j + u.imag
    return abs(v)


def _of_powers(s):
    u = _unknown(s) * (1j + s)
    v = np.exp(1j * np.abs(u) ** 1.5)
    return np.real(v) + np.angle(v * u)


def _of_an_array(s):
    u = np.full(3, _unknown(s)) * (1j + s)
    t = np.abs(u)
    v = np.exp(1j * t) * t
    return np.sum(np.abs(v + t)) + np.linalg.norm(v * u)


def _of_a_sum(s):
    u = np.full(3, _unknown(s)) * (1j + s)
    t = np.sum(np.abs(u))
    return np.abs(t * (1j + 2.0) + 1j) + np.abs(np.sum(u * t))


def _of_an_imaginary_part(s):
    for i in range(2):
        u = math.cos(s) + 1j * (0.5 * math.cos(0.3))
        u *= 0.5 + 0.2j
        if i == 1:
            s = s * u.imag
    return 0.8 * s


@pytest.mark.parametrize("fun", [_of_an_imaginary_part, _of_a_scalar, _of_parts, _of_powers, _of_an_array, _of_a_sum])
def test_what_is_real_keeps_real_derivatives(fun):
    coarse, fine = ((fun(0.7 + h) - fun(0.7 - h)) / (2 * h) for h in (2e-4, 1e-4))
    expected = (4.0 * fine - coarse) / 3.0
    assert isinstance(diffcompile.grad(fun)(0.7), float)
    assert diffcompile.grad(fun)(0.7) == pytest.approx(expected, rel=1e-8)
    assert diffcompile.jvp(fun, (0.7,), (1.0,))[1] == pytest.approx(expected, rel=1e-8)


CUTS = {
    cmath.asin: (1.4 + 0j, complex(1.4, -0.0), -1.4 + 0j, complex(-1.4, -0.0)),
    cmath.acos: (1.4 + 0j, complex(1.4, -0.0), -1.4 + 0j, complex(-1.4, -0.0)),
    cmath.acosh: (-1.4 + 0j, complex(-1.4, -0.0), 0.3 + 0j),
    cmath.asinh: (2j, complex(-0.0, 2.0), complex(0.0, -2.0), complex(-0.0, -2.0)),
}


@pytest.mark.parametrize("fun", CUTS)
def test_slope_on_a_branch_cut_is_that_of_the_side_of_the_zero(fun: Callable[[Any], Any]) -> None:
    numpy_has = {"asin": np.arcsin, "acos": np.arccos, "acosh": np.arccosh, "asinh": np.arcsinh}[fun.__name__]
    for z in CUTS[fun]:
        way = 1j if fun is cmath.asinh else 1.0  # along the cut
        inside = z + (np.copysign(1e-9, z.real) if fun is cmath.asinh else 1j * np.copysign(1e-9, z.imag))
        expected = (fun(inside + 1e-6 * way) - fun(inside - 1e-6 * way)) / (2e-6 * way)
        for one in fun, numpy_has:
            found = diffcompile.grad(lambda z, one=one: one(z).real)(z)
            np.testing.assert_allclose(found, expected, rtol=1e-6)
        found = diffcompile.grad(lambda z: np.sum(numpy_has(z).real))(np.array([z]))
        np.testing.assert_allclose(found, [expected], rtol=1e-6)
