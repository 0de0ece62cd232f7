"""What the primal computed from an array is computed from it again, where that is less than to keep it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.differences import differences

from diffcompile import grad, hvp, vjp

X = np.array([0.4, 0.9, 0.3, 0.7, -0.2, 0.6])


def burgers(u):
    u = u * 1.0
    for _ in range(3):
        for i in range(1, len(u) - 1):
            u[i] = u[i] - 0.1 * u[i] * (u[i + 1] - u[i - 1]) + 0.1 * (u[i - 1] - 2.0 * u[i] + u[i + 1])
    return np.sum(u * u)


def slices(u):
    u = u * 1.0
    for _ in range(3):
        a = u[2:] - u[:-2]
        b = u[2:] * u[:-2]
        u[1:-1] = u[1:-1] * (1.0 + 0.1 * a * b) + 0.1 * np.sin(a)
    return np.sum(u * u)


AGAIN = [burgers, slices]


def stored_twice(u):
    u = u * 1.0
    for i in range(1, len(u) - 1):
        u[i] = u[i] * (u[i + 1] - u[i - 1]) * (u[i - 1] + 2.0 * u[i])
        u[i - 1] = u[i - 1] * (u[i] + u[i + 1]) * (u[i] - u[i - 1])
    return np.sum(u * u)


def read_after_the_store(u):
    u = u * 1.0
    for i in range(1, len(u) - 1):
        u[i + 1] = u[i - 1] * 0.5
        u[i] = (u[i + 1] - u[i - 1]) * (u[i + 1] + u[i - 1] * u[i])
    return np.sum(u * u)


def stored_by_an_inner_loop(u):
    u = u * 1.0
    for i in range(1, len(u) - 1):
        t = (u[i + 1] - u[i - 1]) * (u[i] + 1.0)
        s = (u[i + 1] + u[i - 1]) * u[i]
        for k in range(2):
            u[i - k] = u[i - k] + t * s * u[i + 1]
    return np.sum(u * u)


def stored_in_a_branch(u):
    u = u * 1.0
    for i in range(1, len(u) - 1):
        t = (u[i + 1] - u[i - 1]) * (u[i] + 1.0)
        s = (u[i + 1] + u[i - 1]) * u[i]
        if t > 0.3:
            u[i] = t * s
        else:
            u[i - 1] = math.sin(t * s)
    return np.sum(u * u)


def through_a_view(u):
    u = u * 1.0
    v = u[::-1]
    for i in range(1, len(u) - 1):
        t = (u[i + 1] - u[i - 1]) * (u[i] + 1.0)
        s = (u[i + 1] + u[i - 1]) * u[i]
        v[i] = t * s * (t - s)
        u[i] = u[i] * t
    return np.sum(u * u)


def index_changes(u):
    u = u * 1.0
    k = 1
    for i in range(1, len(u) - 1):
        k = (k + i) % (len(u) - 1)
        u[k] = u[k] - 0.1 * u[k] * (u[k + 1] - u[k - 1]) * (u[k - 1] + u[k + 1])
    return np.sum(u * u)


def left_early(u):
    u = u * 1.0
    for i in range(1, len(u) - 1):
        u[i] = u[i] - 0.1 * u[i] * (u[i + 1] - u[i - 1]) * (u[i - 1] + u[i + 1])
        if u[i] > 0.8:
            break
    return np.sum(u * u)


def used_by_a_later_trip(u):
    u = u * 1.0
    last = 1.0
    for i in range(1, len(u) - 1):
        t = (u[i + 1] - u[i - 1]) * u[i]
        s = (u[i + 1] + u[i - 1]) * u[i]
        u[i] = t * s * last
        last = s * t + last
    return np.sum(u * u) * last


def divided(u):
    u = u * 1.0 + 2.0
    for _ in range(2):
        for i in range(1, len(u) - 1):
            u[i] = u[i] / (u[i + 1] * u[i - 1]) + (u[i - 1] / u[i]) ** 2
    return np.sum(u)


OTHERS = [
    stored_twice, read_after_the_store, stored_by_an_inner_loop, stored_in_a_branch, through_a_view, index_changes,
    left_early, used_by_a_later_trip, divided,
]  # fmt: skip


@pytest.mark.parametrize("f", [*AGAIN, *OTHERS])
def test_gradients_are_right(f):
    np.testing.assert_allclose(grad(f)(X), differences(f, X), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("f", [*AGAIN, *OTHERS])
def test_a_pullback_runs_any_number_of_times(f):
    _, pullback = vjp(f, X)
    first, second = pullback(1.0)[0], pullback(1.0)[0]
    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(first, grad(f)(X), rtol=1e-12)


@pytest.mark.parametrize("f", [burgers, slices, through_a_view])
def test_products_with_the_hessian_are_right(f):
    v, h = np.cos(X), 1e-5
    expected = (grad(f)(X + h * v) - grad(f)(X - h * v)) / (2 * h)
    np.testing.assert_allclose(hvp(f)(X, v), expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("f", AGAIN)
def test_only_what_is_overwritten_is_saved(f):
    gradient = grad(f)
    gradient(X)
    assert gradient.source.count(".append(") == 1
    assert "] = saved_u" in gradient.source


def test_an_array_that_would_cost_more_to_restore_is_left():
    def cumulated(u):
        u = u * 1.0
        total = 0.0
        for i in range(1, len(u) - 1):
            t = u[i + 1] - u[i - 1]
            total = total + t * t
            u[i] = 0.5
            u[i - 1] = 0.25
            u[i + 1] = 0.5 * u[i + 1]
        return total

    gradient = grad(cumulated)
    np.testing.assert_allclose(gradient(X), differences(cumulated, X), rtol=1e-7, atol=1e-9)
    assert "] = saved" not in gradient.source
