"""Functions that are kept while what they see changes: seen as it is at the call, or refused."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad, jvp, value_and_grad
from differences import differences

X = np.array([0.7, 1.3, 0.4])


class Box:
    def __init__(self, a):
        self.a = a


def of_the_trip_before(x):
    prev, out = (lambda v: v), 0.0
    for i in range(3):
        a = x[i] ** 2
        out = out + prev(x[0])
        prev = lambda v: a * v  # noqa: B023, E731
    return out


def over_an_object(x):
    box, out, prev = Box(x[0]), 0.0, None
    for i in range(10):
        box.a = box.a * x[1] + x[i % 3]
        if prev is not None:
            out += prev(x[0])
        prev = lambda v: v * box.a  # noqa: E731
    return out


def made_before_the_loop(x):
    box, out = Box(x[0]), 0.0
    prev = lambda v: v * box.a  # noqa: E731
    for i in range(10):
        box.a = box.a * x[1] + x[i % 3]
        out += prev(x[0])
        if i > 4:
            prev = lambda v: v * 2.0  # noqa: E731
    return out


def in_a_tuple(x):
    box, out = Box(x[0]), 0.0
    prev = (1.0, None)
    for i in range(10):
        box.a = box.a * x[1] + x[i % 3]
        if prev[1] is not None:
            out += prev[1].a
        prev = (x[0], box)
    return out


def kept_in_a_comprehension(x):
    kept = [lambda v: v * x[i] + i for i in range(3)]  # noqa: B023
    return sum(f(x[1]) for f in kept)


@pytest.mark.parametrize(
    "fun", [of_the_trip_before, over_an_object, made_before_the_loop, in_a_tuple, kept_in_a_comprehension]
)
def test_what_a_loop_changes_is_not_seen_as_it_was(fun):
    expected = differences(fun, X)
    try:
        value, found = value_and_grad(fun)(X)
    except UnsupportedError:
        pass
    else:
        assert np.isclose(value, fun(X))
        assert np.allclose(found, expected, rtol=1e-7)
    try:
        _, moved = jvp(fun, (X,), (np.ones(3),))
    except UnsupportedError:
        return
    assert np.isclose(moved, np.sum(expected), rtol=1e-7)


def suppressed(x):
    r, none = x[0], len(x) - 3
    with contextlib.suppress(ZeroDivisionError):
        1 / none
        r = r * 100.0
    return r * x[2]


def suppressed_key(x):
    table = {"a": 1.0}
    r = x[0]
    with contextlib.suppress(KeyError):
        y = table["b" if x[0] > 0 else "a"]
        r = r * 100.0 * y
    return r * x[2]


@pytest.mark.parametrize("fun", [suppressed, suppressed_key])
def test_suppressed_errors_end_the_block(fun):
    value, found = value_and_grad(fun)(X)
    assert np.isclose(value, fun(X))
    assert np.allclose(found, differences(fun, X), rtol=1e-7)


class Swallows:
    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        return True


def swallowed_by_a_class(x):
    with Swallows():
        1 / (len(x) - 3)
        return x[0] * 100.0
    return x[0]


def swallowed_by_one_of_two(x):
    r, none = x[0], len(x) - 3
    with Swallows() if none == 0 else contextlib.nullcontext():
        1 / none
        r = r * 100.0
    return r


def swallowed_by_a_variable(x):
    r, manager = x[0], contextlib.suppress(ZeroDivisionError)
    with manager:
        1 / (len(x) - 3)
        r = r * 100.0
    return r


@pytest.mark.parametrize("fun", [swallowed_by_a_class, swallowed_by_one_of_two, swallowed_by_a_variable])
def test_an_error_whose_value_nobody_reads_is_raised_where_it_is_swallowed(fun):
    with pytest.raises(UnsupportedError, match="swallows"):
        grad(fun)(X)
