"""Reverse loops that go over lists of saved numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcompile import grad, vjp


def one(x, n):
    y = x
    for _ in range(n):
        y = y * y * x
    return y


def root(x, n):
    y = x
    while y * y - x > 1e-12 and n:
        y = 0.5 * (y + x / y)
    return y


def exchanged(x, n):
    y, z = x, 1.0
    for _ in range(n):
        y, z = math.sin(y * z), math.exp(-y * z * x)
        if z > 0.99:
            break
    return y * z


def early(x, n):
    y = x
    for _ in range(n):
        y = y * y * x
        if y < 0.2:
            return y * 3
    return y


def shadowing(x, n):
    zip = reversed = x
    for _ in range(n):
        zip, reversed = math.sin(zip * reversed), math.cos(zip) * reversed
    return zip * reversed


def first_a_loop_with_numbers_of_its_own(x, n):
    stack = []
    y = x
    for _ in range(n):
        y = math.sin(y) * x
        stack.append(y)
    total = 0.0
    for _ in range(n // 2):
        y = stack.pop()
        total = total + y * y
    return total + sum(stack)


def two_loops(x, n):
    y = x
    for _ in range(n):
        y = math.sin(y) * y
    z = y
    for _ in range(n + 1):
        z = z * z + y
    return z


def nested(x, n):
    total = 0.0
    for _ in range(2):
        y = x
        for _ in range(n):
            y = y * y * x
        total = total + y
    return total


def numbered(x, n):
    y = x
    for i in range(n):
        y = y * y * x + i
    return y


def in_a_branch(x, n):
    y = x
    for _ in range(n):
        y = y * y * x if y > 0.3 else math.cos(y) * x
    return y


OVER_LISTS = [one, root, exchanged, early, shadowing, two_loops]
OTHERS = [first_a_loop_with_numbers_of_its_own, nested, numbered, in_a_branch]


@pytest.mark.parametrize("trips", [0, 1, 4])
@pytest.mark.parametrize("fun", OVER_LISTS + OTHERS, ids=lambda fun: fun.__name__)
def test_values(fun: Callable[..., Any], trips: int) -> None:
    step = 1e-6
    expected = (fun(0.7 + step, trips) - fun(0.7 - step, trips)) / (2 * step)
    assert grad(fun)(0.7, trips) == pytest.approx(expected, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("fun", OVER_LISTS, ids=lambda fun: fun.__name__)
def test_no_number_is_popped(fun: Callable[..., Any]) -> None:
    gradient = grad(fun)
    gradient(0.7, 3)
    assert ".pop()" not in gradient.source
    assert "trips" not in gradient.source


def test_a_loop_over_one_list() -> None:
    gradient = grad(one)
    gradient(0.7, 3)
    assert "for y in reversed(saved_y):" in gradient.source


def test_a_loop_over_two_lists() -> None:
    gradient = grad(exchanged)
    gradient(0.7, 3)
    assert "in zip(reversed(saved_y), reversed(saved_z)):" in gradient.source


def test_the_index_is_wanted() -> None:
    gradient = grad(numbered, argnums=(0,))
    gradient(0.7, 3)
    assert "reversed(saved_y)" in gradient.source  # the index is not, in the reverse sweep

    def powers(x, n):
        y = x
        for i in range(n):
            y = math.sin(y) * x ** (i + 1)
        return y

    gradient = grad(powers)
    step = 1e-6
    expected = (powers(0.7 + step, 4) - powers(0.7 - step, 4)) / (2 * step)
    assert gradient(0.7, 4) == pytest.approx(expected, rel=1e-7)
    assert ".pop()" in gradient.source


def test_arrays_are_taken_one_by_one() -> None:
    def powers(x, n):
        y = x
        for _ in range(n):
            y = y * y * x
        return np.sum(y)

    gradient = grad(powers)
    x = np.array([0.5, 0.9])
    assert np.allclose(gradient(x, 2), 7 * x**6)
    assert ".pop()" in gradient.source


def test_a_pullback_runs_twice() -> None:
    value, pullback = vjp(one, 0.7, 3)
    assert value == one(0.7, 3)
    assert pullback(1.0) == pullback(1.0)
    assert pullback(1.0)[0] == grad(one)(0.7, 3)


def test_second_derivatives() -> None:
    step = 1e-5
    expected = (grad(one)(0.7 + step, 3) - grad(one)(0.7 - step, 3)) / (2 * step)
    assert grad(grad(one))(0.7, 3) == pytest.approx(expected, rel=1e-7)
