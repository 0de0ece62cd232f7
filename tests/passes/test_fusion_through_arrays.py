"""Loops that are swept trip by trip though one stores to an array what the other one reads back."""

from __future__ import annotations

import numpy as np
import pytest
from tests.differences import differences

from diffcompile import grad, hvp, vjp

X = np.array([[0.4, 0.9, 0.3], [0.7, -0.2, 0.6], [0.1, 0.8, -0.5], [1.1, 0.2, 0.35]])
W = np.array([[0.3, 1.2, -0.4], [0.9, 0.1, 0.5], [-0.7, 0.6, 0.2], [0.8, -0.1, 0.4]])


def rows(x):
    out = np.empty_like(x)
    for i in range(len(x)):
        out[i] = np.exp(x[i]) * np.sum(x[i])
    return np.sum(out * W)


def largest(x):
    out = np.empty(len(x))
    for i in range(len(x)):
        out[i] = np.max(x[i])
    return np.sum(out * W[:, 0])


def nested(x):
    out = np.zeros((2, 3))
    for i in range(2):
        for j in range(3):
            out[i, j] = np.max(x[2 * i : 2 * i + 2, j])
    return np.sum(out * W[:2])


def roots(x):
    out = np.empty_like(x)
    for i in range(len(x)):
        out[i] = np.sqrt(x[i] * x[i] + 1.0)
    return np.sum(out * W)


SWEPT = [largest, nested, roots]


def squared(x):
    """The cotangents that enter need all of it."""
    out = np.empty_like(x)
    for i in range(len(x)):
        out[i] = np.exp(x[i])
    return np.sum(out * out * W)


def same_place(x):
    out = np.empty(3)
    for i in range(len(x)):
        out[:] = np.exp(x[i])
    return np.sum(out * W[0])


def neighbour_is_read(x):
    out = np.zeros_like(x)
    for i in range(1, len(x)):
        out[i] = np.sqrt(x[i] * x[i] + out[i - 1] + 1.0)
    return np.sum(out * W)


def stored_again_behind(x):
    out = np.empty_like(x)
    for i in range(len(x)):
        out[i] = np.sqrt(x[i] * x[i] + 1.0)
    for i in range(len(x)):
        out[i] = np.exp(out[i] * x[i])
    return np.sum(out * W)


def two_loops_of_the_same_trips(x):
    a, b = np.empty_like(x), np.empty_like(x)
    for i in range(len(x)):
        a[i] = np.sqrt(x[i] * x[i] + 1.0)
    for i in range(len(x)):
        b[i] = np.sqrt(a[len(x) - 1 - i] + 2.0) * np.exp(x[i])
    return np.sum(b * W)


def read_where_another_trip_stored(x):
    out = np.empty_like(x)
    total = 0.0
    for i in range(len(x)):
        out[i] = np.exp(x[i])
        total = total + np.sum(out[0] * out[i])
    return total + np.sum(out * W)


def in_a_branch(x):
    out = np.zeros_like(x)
    for i in range(len(x)):
        if np.sum(x[i]) > 0.9:
            out[i] = np.sqrt(x[i] * x[i] + 1.0)
    return np.sum(out * W)


def through_a_view(x):
    out = np.zeros_like(x)
    flipped = out[::-1]
    for i in range(len(x)):
        out[i] = np.sqrt(x[i] * x[i] + 1.0)
        flipped[i] = out[i] * 0.5
    return np.sum(out * W)


def returned_as_well(x):
    out = np.empty(len(x))
    for i in range(len(x)):
        out[i] = np.max(x[i])
    return np.sum(out * W[:, 0]) + 0.0 * out[0]


def the_argument_is_overwritten(x):
    x = x.copy()
    for i in range(len(x)):
        x[i] = np.sqrt(x[i] * x[i] + 1.0)
    return np.sum(x * W)


OTHERS = [
    rows, squared, same_place, neighbour_is_read, stored_again_behind, two_loops_of_the_same_trips,
    read_where_another_trip_stored, in_a_branch, through_a_view, returned_as_well, the_argument_is_overwritten,
]  # fmt: skip


@pytest.mark.parametrize("f", [*SWEPT, *OTHERS])
def test_gradients_are_right(f):
    np.testing.assert_allclose(grad(f)(X), differences(f, X), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("f", [*SWEPT, *OTHERS])
def test_pullbacks_are_right(f):
    value, pullback = vjp(f, X)
    assert value == f(X)
    np.testing.assert_allclose(pullback(1.0)[0], grad(f)(X), rtol=1e-12)
    np.testing.assert_allclose(pullback(2.0)[0], 2.0 * grad(f)(X), rtol=1e-12)


@pytest.mark.parametrize("f", [roots, two_loops_of_the_same_trips, neighbour_is_read])
def test_products_with_the_hessian_are_right(f):
    v, h = np.cos(X), 1e-5
    expected = (grad(f)(X + h * v) - grad(f)(X - h * v)) / (2 * h)
    np.testing.assert_allclose(hvp(f)(X, v), expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("f", SWEPT)
def test_loops_are_one(f):
    gradient = grad(f)
    gradient(X)
    assert gradient.source.count("for i in ") == 1


@pytest.mark.parametrize("f", [largest, roots])
def test_nothing_is_stored(f):
    gradient = grad(f)
    gradient(X)
    code = [line for line in gradient.source.splitlines() if not line.strip().startswith("#")]
    assert not any("out[" in line or ".append(" in line for line in code)


@pytest.mark.parametrize("f", [squared, same_place, neighbour_is_read, the_argument_is_overwritten])
def test_others_have_two_loops(f):
    gradient = grad(f)
    gradient(X)
    assert gradient.source.count("for i in ") == 2
