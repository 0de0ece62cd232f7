"""Sums that are stored where their first term was read are added in place."""

from __future__ import annotations

import numpy as np
import pytest
from tests.differences import differences

from diffcompile import grad, hvp

X = np.array([0.4, 0.9, 0.3, 0.7, -0.2, 0.6])


def diffusion(x):
    a = x * 1.0
    for _ in range(3):
        a[1:-1] = a[1:-1] + 0.1 * (a[2:] + a[:-2] - 2.0 * a[1:-1])
    return np.sum(a * a)


def nonlinear(x):
    a = x * 1.0
    for _ in range(3):
        a[1:-1] = a[1:-1] - 0.1 * a[1:-1] * (a[2:] - a[:-2])
    return np.sum(a * a)


def other_way_round(x):
    a = x * 1.0
    a[2:] = np.sin(a[:-2]) + a[2:]
    return np.sum(a * a)


def of_itself(x):
    a = x * 1.0
    a[1:] = a[1:] + a[:-1]
    a[:3] = a[:3] + a[2::-1]
    return np.sum(a * a * a)


ADDED = [diffusion, nonlinear, other_way_round, of_itself]


def written_between(x):
    a = x * 1.0
    t = a[1:-1] + x[2:]
    a[2] = 5.0 * x[0]
    a[1:-1] = t
    return np.sum(a * a)


def added_is_written_between(x):
    a, w = x * 1.0, x * 2.0
    t = a[1:-1] + w[2:]
    w[3] = 5.0 * x[0]
    a[1:-1] = t
    return np.sum(a * w)


def sum_is_used_again(x):
    a = x * 1.0
    t = a[1:-1] + x[2:]
    a[1:-1] = t
    return np.sum(a * a) + np.sum(t * x[:-2])


def taken_from(x):
    a = x * 1.0
    a[1:-1] = x[2:] - a[1:-1]
    return np.sum(a * a)


def another_place(x):
    a = x * 1.0
    a[1:-1] = a[2:] + np.sin(a[:-2])
    return np.sum(a * a)


def index_was_assigned(x):
    a = x * 1.0
    i = 1
    t = a[i:] + x[0]
    i = 2
    a[i:] = t[1:]
    return np.sum(a * a)


def of_single_precision(x):
    a = np.zeros(6, np.float32)
    a[1:] = a[1:] + x[1:]
    return np.sum(a * x)


def copied_by_a_mask(x):
    a = x * 1.0
    big = x > 0.5
    a[big] = a[big] + x[big] ** 2
    return np.sum(a * a)


def in_a_loop_with_a_view(x):
    a = x * 1.0
    for i in range(3):
        v = a[i : i + 3]
        w = v + a[::-1][i : i + 3]
        a[i : i + 3] = w
        v *= 1.5
    return np.sum(a * a)


@pytest.mark.parametrize(
    "f",
    [
        *ADDED, written_between, added_is_written_between, sum_is_used_again, taken_from, another_place,
        index_was_assigned, copied_by_a_mask, in_a_loop_with_a_view,
    ],
)  # fmt: skip
def test_gradients_are_right(f):
    np.testing.assert_allclose(grad(f)(X), differences(f, X), rtol=1e-7, atol=1e-9)


def test_another_dtype_is_stored_as_it_was():
    np.testing.assert_allclose(grad(of_single_precision)(X), 2.0 * X * (np.arange(6) > 0), rtol=1e-6)


@pytest.mark.parametrize("f", [diffusion, nonlinear, of_itself])
def test_products_with_the_hessian_are_right(f):
    v, h = np.cos(X), 1e-5
    expected = (grad(f)(X + h * v) - grad(f)(X - h * v)) / (2 * h)
    np.testing.assert_allclose(hvp(f)(X, v), expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("f", ADDED)
def test_sums_are_added_in_place(f):
    gradient = grad(f)
    gradient(X)
    forward = gradient.source.partition("# reverse sweep")[0]
    assert "] += " in forward or "] -= " in forward


@pytest.mark.parametrize("f", [written_between, added_is_written_between, taken_from, another_place])
def test_others_are_stored(f):
    gradient = grad(f)
    gradient(X)
    assert "a[1:-1] = " in gradient.source.partition("# reverse sweep")[0]
