"""Sums over products that the primal has."""

from __future__ import annotations

import numpy as np
import pytest
from tests.differences import differences

from diffcompile import grad, hvp

X = np.array([0.4, 0.9, 0.3])
DATA = np.array([[0.3, -1.2, 0.7], [1.1, 0.4, -0.6], [0.2, 0.9, 1.3], [-0.8, 0.1, 0.5]])


def scaled(s):
    z = (DATA - 0.2) * np.exp(s)
    return np.sum(np.sin(z) * z)


def scaled_rows(s):
    z = (DATA.T - 0.2) * np.exp(s)[:, None]
    return np.sum(np.sin(z) * z)


def scaled_in_the_middle(s):
    cube = DATA[:, None, :] - DATA[None, :, :]
    z = cube.transpose(0, 2, 1) * np.exp(s)[None, :, None]
    return np.sum(np.exp(z) * np.arange(4.0) * z)


def scaled_in_a_loop(s):
    total = 0.0
    for k in range(3):
        z = np.exp(s) * (DATA - k)
        total = total + np.sum(np.sin(z) * z)
    return total


FOUND = [scaled, scaled_rows, scaled_in_the_middle, scaled_in_a_loop]


def of_another_factor(s):
    z = DATA * np.exp(s)
    w = np.sum(DATA * z * z, axis=0) * np.cos(s)
    return np.sum(z * z) + np.sum(w)


def product_is_overwritten(s):
    z = DATA * np.exp(s)
    t = np.sum(z * z)
    z[0] = 2.0 * s
    return t + np.sum(z * z * z)


def factor_is_overwritten(s):
    w = np.exp(s)
    z = DATA * w
    w[1] = s[0] * s[1]
    return np.sum(z * z) + np.sum(w)


def data_spread(s):
    z = DATA[:, :1] * np.exp(s)
    return np.sum(z * z)


def of_a_power(s):
    w = np.exp(s)
    z = DATA * w[::-1]
    return np.sum(z * z) * np.sum(w)


OTHERS = [of_another_factor, product_is_overwritten, factor_is_overwritten, data_spread, of_a_power]


@pytest.mark.parametrize("f", [*FOUND, *OTHERS])
def test_gradients_are_right(f):
    np.testing.assert_allclose(grad(f)(X), differences(f, X), rtol=1e-7)


@pytest.mark.parametrize("f", FOUND)
def test_sums_are_over_products(f):
    gradient = grad(f)
    gradient(X)
    assert ", z)" in gradient.source.partition("# reverse sweep")[2]


@pytest.mark.parametrize("f", [scaled, scaled_in_a_loop])
def test_products_with_the_hessian_are_right(f):
    v, h = np.cos(X), 1e-5
    expected = (grad(f)(X + h * v) - grad(f)(X - h * v)) / (2 * h)
    np.testing.assert_allclose(hvp(f)(X, v), expected, rtol=1e-6)
