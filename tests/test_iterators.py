"""Iterators end for good: what goes over one again, or in every trip of a loop, does not get its items again."""

from __future__ import annotations

import itertools
import sys

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad, value_and_grad

X = np.array([0.5, 1.2, -0.7])


def zip_twice(x):
    pairs = zip(x, x, strict=True)
    first = sum(p * q for p, q in pairs)
    return first * x[0] + sum(1.0 * p for p, _ in pairs)


def enumerate_twice(x):
    pairs = enumerate(x)
    first = sum(i * p for i, p in pairs)
    return first * x[0] + sum(1.0 * p for _, p in pairs)


def reversed_in_a_loop(x):
    items = reversed(x)
    total = 0.0
    for _ in range(2):
        for item in items:
            total += item
    return total


def zip_kept_as_a_list_and_gone_over(x):
    pairs = zip(x, x, strict=True)
    kept = list(pairs)
    return sum(p * q for p, q in kept) + len(list(pairs))


def map_in_a_loop_without_variables(x):
    squares = map(np.square, x)
    sums = []
    for _ in range(2):
        sums.append(sum(squares))
    return sums[0] * 2 + sums[1] * 3 + x[0]


def generator_in_a_loop_without_variables(x):
    squares = (v * v for v in x)
    sums = []
    for _ in range(2):
        sums.append(sum(squares))
    return sums[0] * 2 + sums[1] * 3 + x[0]


def next_in_a_generator_expression(x):
    numbers = itertools.count(1)
    return sum(v * next(numbers) for v in x)


def next_in_a_list(x):
    numbers = iter([1.0, 2.0, 3.0])
    return sum([v * next(numbers) for v in x])


def next_in_a_condition(x):
    numbers = itertools.count(1)
    total = 0.0
    while next(numbers) < 3:
        total += x[0]
    return total


@pytest.mark.parametrize(
    "program",
    [
        zip_twice, enumerate_twice, reversed_in_a_loop, zip_kept_as_a_list_and_gone_over,
        map_in_a_loop_without_variables, generator_in_a_loop_without_variables, next_in_a_generator_expression,
        next_in_a_list, next_in_a_condition,
    ],
    ids=lambda program: program.__name__,
)  # fmt: skip
def test_what_would_end_is_not_gone_over_again(program):
    """Until it is supported: then the gradient has to be right."""
    try:
        found = grad(program)(X)
    except UnsupportedError:
        return
    steps = np.eye(3) * 1e-6
    expected = [(program(X + step) - program(X - step)) / 2e-6 for step in steps]
    assert np.allclose(found, expected, rtol=1e-6)


def test_views_of_dicts_are_gone_over_again():
    def f(x):
        table = {"a": x[0], "b": x[1]}
        values, items = table.values(), table.items()
        sums = []
        for _ in range(2):
            sums.append(sum(values) + sum(v * 2 for _, v in items))
        return sums[0] * 2 + sums[1] * 3

    assert np.allclose(grad(f)(X), [15.0, 15.0, 0.0])


def test_each_trip_has_its_own():
    def f(x):
        total = 0.0
        for _ in range(2):
            for i, (p, q) in enumerate(zip(x, reversed(x), strict=True)):
                total += p * q * i
        return total

    assert np.allclose(grad(f)(X), [4 * X[2], 4 * X[1], 4 * X[0]])


def test_whether_a_key_is_among_the_keys_of_a_dict():
    def fun(x, name):
        parts = {"a": x * 2.0, "b": x**2}
        if x > 0.5:
            parts[name] = x**3
        found = sum(parts[key] for key in ("a", "b", "c") if key in parts.keys())  # noqa: SIM118 - as people write it
        return found if "sys" in sys.modules.keys() else 0.0  # noqa: SIM118

    assert value_and_grad(fun)(1.5, "c") == (1.5 * 2 + 1.5**2 + 1.5**3, 2.0 + 3.0 + 3 * 1.5**2)
    assert value_and_grad(fun)(1.5, "d") == (1.5 * 2 + 1.5**2, 2.0 + 3.0)
    assert value_and_grad(fun)(0.25, "c") == (0.5625, 2.5)


def test_groups_of_what_a_generator_yields_are_refused():
    """Python asks it for an item at a time, which it may see."""

    def f(x):
        total = [x]

        def items():
            for k in range(4):
                yield total[0] * k

        for _, group in itertools.groupby(items(), key=lambda v: v > x):
            for value in group:
                total[0] += value
        return total[0]

    with pytest.raises(UnsupportedError, match="of a generator is not supported"):
        grad(f)(0.5)
