"""Copies of arrays that nobody looks at any more: gone where that is true, and only there."""

import numpy as np
import pytest

from diffcompile import check_grads, grad, value_and_grad, vjp

RNG = np.random.default_rng(5)


def source_of(fun, *args):
    gradient = grad(fun)
    gradient(*args)
    return gradient.source


def steps_in_place(x, n):
    for _ in range(n):
        a, b = x[0], x[1]
        x = x + 0.1 * np.sin(a * b) * x
    return np.sum(x * x)


def two_users_of_one_cotangent(x, n):
    kept = x
    for _ in range(n):
        kept = kept + x[0] * x
        x = np.sin(x) * kept[1] + kept
    return np.sum(x * kept)


def zero_trips(x, n):
    y = x
    for _ in range(n - n):
        y = y * x[0]
    return np.sum(y * y) + y[0]


def carried_twice(x, n):
    a, b = x, x * 2.0
    for _ in range(n):
        a, b = b + a[0], a * b[1]
    return np.sum(a * b)


def nested(x, n):
    for _ in range(n):
        for _ in range(2):
            x = x + 0.1 * x[0] * x
        x = x * x[1] + np.roll(x, 1)
    return np.sum(x)


def in_branches(x, n):
    for k in range(n):
        x = x * x[0] if k % 2 else x + x[1] * x
    return np.sum(x * x)


ALL = [steps_in_place, two_users_of_one_cotangent, zero_trips, carried_twice, nested, in_branches]


@pytest.mark.parametrize("fun", ALL)
def test_gradients_stay_right(fun):
    x = RNG.uniform(0.5, 1.0, 3)
    check_grads(lambda x: fun(x, 3), (x,), order=2, modes=("rev", "fwd"), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("fun", ALL)
def test_a_pullback_that_runs_again_gives_the_same(fun):
    x = RNG.uniform(0.5, 1.0, 3)
    _, pullback = vjp(lambda x: fun(x, 3), x)
    (first,), (again,) = pullback(1.0), pullback(1.0)
    assert np.array_equal(first, again)
    assert not np.shares_memory(first, again)


@pytest.mark.parametrize("fun", ALL)
def test_arguments_and_results_share_nothing(fun):
    x = RNG.uniform(0.5, 1.0, 3)
    before = x.copy()
    _, found = value_and_grad(fun)(x, 3)
    assert np.array_equal(x, before)
    assert not np.shares_memory(found, x)
    assert found.flags.writeable


def test_the_cotangent_of_a_loop_needs_no_copy():
    assert "copy" not in source_of(steps_in_place, RNG.uniform(0.5, 1.0, 3), 3)


def a_cotangent_of_the_caller(x, n):
    y = x
    for _ in range(n):
        y = y + y[0] * x
    return y


def test_what_the_caller_handed_in_is_copied():
    x = RNG.uniform(0.5, 1.0, 3)
    _, pullback = vjp(lambda x: a_cotangent_of_the_caller(x, 2), x)
    seed = np.ones(3)
    pullback(seed)
    assert np.array_equal(seed, np.ones(3))
