"""Calls through pairs: what they return may be written to if it is new; where that cannot be known it is refused."""

from __future__ import annotations

import numpy as np
import pytest
from tests.differences import differences

from diffcompile import UnsupportedError, grad, jvp
from diffcompile.dynamic import check_kind, separate_parts

X = np.array([0.7, 1.3, 0.4])


def handed_back(x, n):
    if n == 0:
        return x
    y = handed_back(x, n - 1)
    y[0] = y[1] * 2.0
    return y


def one_array_twice(x, n):
    if n == 0:
        y = np.exp(x)
        return [y, y]
    made = one_array_twice(x * 0.5, n - 1)
    made[0][0] = 3.0 * made[1][1]
    return [made[0] * 1.0, made[1] * 1.0]


def returns_its_argument(x):
    z = x * 1.0
    return np.sum(z * handed_back(z, 2))


def writes_to_one_of_two(x):
    made = one_array_twice(x, 2)
    return np.sum(made[0] * made[1])


def test_memory_that_is_not_alone_is_refused():
    with pytest.raises(UnsupportedError):
        grad(writes_to_one_of_two)(X.copy())
    with pytest.raises(UnsupportedError):
        jvp(writes_to_one_of_two, (X.copy(),), (np.ones(3),))


def test_an_argument_that_is_returned_is_followed():
    numerical = differences(returns_its_argument, X)
    np.testing.assert_allclose(grad(returns_its_argument)(X.copy()), numerical, rtol=1e-7)
    _, tangent = jvp(returns_its_argument, (X.copy(),), (np.ones(3),))
    np.testing.assert_allclose(tangent, np.sum(numerical), rtol=1e-7)


def test_parts_that_share_memory_are_found():
    a = np.arange(6.0)
    separate_parts((a[:3], [a[3:], 1.0], {"k": np.ones(2)}, None))
    for shared in ([a, a[5:]], [a[::2], a[1::2]], (a, (a,)), [[1.0]] * 2, {"a": a, "b": a}):
        with pytest.raises(UnsupportedError, match="returns one array or list twice"):
            separate_parts(shared)


class Sum:
    def __init__(self, total):
        self.total = total
        self.other = total


class Box:
    def __init__(self, inside):
        self.inside = inside


def counted(x, n, a):
    if n > 0:
        a.total = a.total * x
        counted(x, n - 1, a)


def both_are_one(x):
    def go(n, a, b):
        if n > 0:
            a.total = a.total * x[1]
            b.other = b.other + a.total
            go(n - 1, b, a)

    a = Sum(x[0])
    go(3, a, a)
    return a.total + a.other


def seen_through_a_box(x):
    def go(n, a, box):
        if n == 0:
            return box.inside.total
        a.total = a.total * x[1]
        return go(n - 1, a, box) + box.inside.total

    a = Sum(x[0])
    return go(3, a, Box(a))


def seen_by_a_closure(x):
    a = Sum(x[0])

    def go(n, a, look):
        if n == 0:
            return look()
        a.total = a.total * x[1]
        return go(n - 1, a, look) + look()

    return go(3, a, lambda: a.total)


def kept_in_a_list(x):
    a = Sum(x[0])
    found = [a]
    counted(x[1], 3, a)
    return found[0].total


def put_into_a_list(x):
    def go(n, a, found):
        if n == 0:
            return
        a.total = a.total * x[1]
        found.append(a)
        go(n - 1, a, found)

    a, found = Sum(x[0]), []
    go(3, a, found)
    a.total = a.total * 2.0
    return found[0].total + a.total


def returned(x):
    def go(n, a):
        if n == 0:
            return a
        a.total = a.total * x[1]
        return go(n - 1, a)

    a = Sum(x[0])
    b = go(3, a)
    a.total = a.total * 2.0
    return b.total + a.total


def array_written_in_place(x):
    def go(n, a):
        if n > 0:
            a.total += x
            go(n - 1, a)

    start = x * 1.0
    a = Sum(start)
    go(3, a)
    return np.sum(a.total * a.other * start)


def another_type(x):
    def go(n, a):
        if n > 0:
            a.total = a.total * np.ones(2) if n == 1 else a.total * x[1]
            go(n - 1, a)

    a = Sum(x[0])
    go(3, a)
    return np.sum(a.total)


def given_and_held(x, a, others):
    counted(x[0], 3, a)
    return a.total + others[0].total


@pytest.mark.parametrize(
    "f",
    [
        both_are_one, seen_through_a_box, seen_by_a_closure, kept_in_a_list, put_into_a_list, returned,
        array_written_in_place, another_type,
    ],
)  # fmt: skip
def test_objects_that_are_not_alone_are_never_wrong(f):
    numerical = np.array([(f(X + step) - f(X - step)) / 2e-6 for step in 1e-6 * np.eye(3)])
    try:
        found = grad(f)(X.copy())
    except UnsupportedError:
        return
    np.testing.assert_allclose(found, numerical, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("f", [seen_through_a_box, kept_in_a_list, put_into_a_list, array_written_in_place])
def test_objects_that_are_not_alone_are_followed(f):
    np.testing.assert_allclose(grad(f)(X.copy()), differences(f, X), rtol=1e-7, atol=1e-8)


def test_object_of_the_caller_that_a_list_holds():
    a = Sum(0.5)
    with pytest.raises(ValueError, match="two arguments share memory, and the function writes to one of them"):
        grad(given_and_held)(X.copy(), a, [a])


def test_attribute_of_another_type_is_found():
    check_kind(1.0, "f", 0, "total")
    check_kind(np.float64(1.0), "f", 0, "total")
    check_kind(np.ones((2, 2)), "float64", 2, "total")
    for wrong in ((1, "f", 0), (True, "i", 0), (1.0, "i", 0), (np.ones(2), "f", 0), (np.ones(2), "float64", 2)):
        with pytest.raises(UnsupportedError, match="was of another type before"):
            check_kind(*wrong, "total")
