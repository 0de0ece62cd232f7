"""What a trip saves is saved as one tuple."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.differences import differences

from diffcompile import grad, hvp, vjp


def recurrent(x, n):
    h, c = np.zeros_like(x), np.ones_like(x)
    for _ in range(n):
        gate = np.tanh(x * h + c)
        new = np.exp(-gate * x)
        c = gate * c + new * h
        h = np.sin(c) * gate
    return np.sum(h * c)


def in_branches(x, n):
    y = x
    for i in range(n):
        if i % 2:
            a = np.sin(y)
            b = a * np.exp(a)
            y = b * y + a
        else:
            a = np.cumsum(y * y)
            sum = np.sqrt(a + 1.0)
            y = a / sum + y
        if y[0] > 3.0:
            break
    return np.sum(y * x)


def nested(x, n):
    y = x
    for _ in range(n):
        a = np.sin(y)
        b = np.exp(0.1 * a)
        for _ in range(2):
            a = a * b + y
            b = np.cos(a) * b
        y = a / (b * b + 1.0)
    return np.sum(y)


def overwritten(x, n):
    u = np.ones(len(x))
    for _ in range(n):
        a = u[1:] * x[1:]
        u[1:] = np.sin(a) * u[:-1]
        b = np.exp(0.1 * u)
        u *= b
    return np.sum(u)


def several_numbers(x, n):
    y, z, w = x, 1.0, 0.5
    for _ in range(n):
        for _ in range(2):
            y, z, w = math.sin(y * z * w), math.exp(-y * z * x), math.cos(y * w)
    return y * z


def two_numbers(x, n):
    y, z = x, 1.0
    for _ in range(n):
        for _ in range(2):
            y, z = y * z, x * y
    return y * z


PROGRAMS = [recurrent, in_branches, nested, overwritten]


@pytest.mark.parametrize("f", PROGRAMS)
@pytest.mark.parametrize("n", [0, 1, 3])
def test_gradients_are_right(f, n):
    x = np.array([0.4, 0.9, 0.3, 0.7])
    np.testing.assert_allclose(grad(f)(x, n), differences(lambda v: f(v, n), x), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("f", PROGRAMS)
def test_a_pullback_runs_any_number_of_times(f):
    x = np.array([0.4, 0.9, 0.3, 0.7])
    _, pullback = vjp(f, x, 3)
    first, second = pullback(1.0)[0], pullback(2.0)[0]
    np.testing.assert_allclose(first, grad(f)(x, 3), rtol=1e-12)
    np.testing.assert_allclose(second, 2.0 * first, rtol=1e-12)


@pytest.mark.parametrize("f", [recurrent, nested])
def test_products_with_the_hessian_are_right(f):
    x, v = np.array([0.4, 0.9, 0.3]), np.array([0.2, -0.5, 1.0])
    h = 1e-5
    expected = (grad(f)(x + h * v, 3) - grad(f)(x - h * v, 3)) / (2 * h)
    np.testing.assert_allclose(hvp(lambda x: f(x, 3))(x, v), expected, rtol=1e-6)


def source(f, *args):
    gradient = grad(f)
    gradient(*args)
    return gradient.source


def test_a_trip_has_a_list_for_what_it_is_given_and_one_for_what_it_makes():
    text = source(recurrent, np.ones(3), 2)
    assert "saved.append((c, h))" in text
    assert text.count(".append(") == text.count(".pop()") == 2
    assert "gate, " in text.partition(" = saved_1.pop()")[0].rpartition("\n")[2]


def test_branches_have_lists_of_their_own():
    text = source(in_branches, np.ones(3), 2)
    assert text.count("append((") == text.count(".pop()") - text.count("saved_y.pop()") == 2


def test_few_numbers_stay_in_lists_of_their_own():
    assert "((" not in source(two_numbers, 0.4, 2)


def test_many_numbers_are_joined():
    text = source(several_numbers, 0.4, 2)
    assert "append((" in text
    x, h = 0.4, 1e-6
    expected = (several_numbers(x + h, 2) - several_numbers(x - h, 2)) / (2 * h)
    assert grad(several_numbers)(x, 2) == pytest.approx(expected, rel=1e-7)
