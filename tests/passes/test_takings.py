"""What the reverse sweep takes from its lists: written where it is used, if that is in its trip and once."""

# Branches are what is tested:
# ruff: noqa: SIM108

import numpy as np
import pytest

from diffcompile import check_grads, grad, vjp

RNG = np.random.default_rng(8)


def conditions(x, n):
    total = 0.0
    for k in range(n):
        if np.sin(x[k] * total) < 0.4:
            total = total + x[k] * np.sin(total + x[k])
        else:
            total = total * 0.5 * x[k]
    return total


def overwritten_slices(x, n):
    u = x.copy()
    for _ in range(n):
        u[1:-1] = np.sin(u[:-2]) * u[2:] + u[1:-1]
    return np.sum(u * u)


def products_in_nested_loops(x, n):
    y = x
    for _ in range(n):
        for k in range(len(x)):
            y = np.sin(y * x[k]) + np.cos(y) * y
        y = y / (1.0 + np.sum(y * y))
    return np.sum(y)


def one_list_for_two_branches(x, n):
    y = x
    for k in range(n):
        if k % 2:
            y = np.exp(-y) * x
        else:
            y = np.tanh(y) * y[0]
        y = np.sqrt(1.0 + y * y)
    return np.sum(y * y)


ALL = [conditions, overwritten_slices, products_in_nested_loops, one_list_for_two_branches]


@pytest.mark.parametrize("fun", ALL)
def test_gradients_stay_right(fun):
    x = RNG.uniform(0.5, 1.0, 4)
    check_grads(lambda x: fun(x, 4), (x,), order=2, modes=("rev", "fwd"), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("fun", ALL)
def test_a_pullback_that_runs_again_gives_the_same(fun):
    x = RNG.uniform(0.5, 1.0, 4)
    _, pullback = vjp(lambda x: fun(x, 4), x)
    (first,), (again,) = pullback(1.0), pullback(1.0)
    assert np.array_equal(first, again)


def test_a_condition_is_taken_where_it_is_asked():
    gradient = grad(conditions)
    gradient(RNG.uniform(0.5, 1.0, 4), 4)
    assert "if saved_test.pop():" in gradient.source


def test_what_was_overwritten_is_taken_where_it_is_put_back():
    gradient = grad(overwritten_slices)
    gradient(RNG.uniform(0.5, 1.0, 4), 4)
    assert "saved_u = saved.pop()" in gradient.source
    assert "u[1:-1] = saved_u\n" in gradient.source


def a_condition_that_matters_to_nothing(x, n):
    y, seen = x, 0
    for k in range(n):
        if np.sum(np.sin(y)) > k:
            seen = seen + 1
        y = y * np.cos(y[0])
        if np.sum(y) > 1.0:
            y = y * x
    return np.sum(y) * seen


def test_a_list_is_taken_from_even_where_a_branch_is_empty():
    x = RNG.uniform(0.5, 1.0, 4)
    check_grads(lambda x: a_condition_that_matters_to_nothing(x, 4), (x,), order=2, modes=("rev", "fwd"), rtol=1e-4)
