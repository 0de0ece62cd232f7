"""What earlier calls kept under a number has no derivative: such look-ups are refused, tables of other keys are not."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad, value_and_grad

KEPT: dict[object, float] = {}
TABLE = {0.5: 1.0, 1.5: 2.0}
FACTORS = {"small": 2.0, "large": 3.0}
LEVELS = {1: 3.0, 2: 4.0}


def kept(a, b):
    if (a, b) in KEPT:
        return KEPT[a, b]
    KEPT[a, b] = found = math.lgamma(a) + math.lgamma(b)
    return found


class Keeping:
    def __init__(self):
        self.known = {}

    def __call__(self, x):
        if x not in self.known:
            self.known[x] = x**3
        return self.known[x]


def in_a_default(x, known={}):  # noqa: B006
    if x not in known:
        known[x] = x**3
    return known[x]


def in_a_table(x):
    return TABLE[x] * x


def with_a_default(x):
    return TABLE.get(x, 3.0) * x


@pytest.mark.parametrize(
    "function",
    [lambda x: kept(x, 2.5) * x, Keeping(), in_a_default, in_a_table, with_a_default],
    ids=["global", "attribute", "default", "table", "get"],
)
def test_numbers_as_keys_are_refused(function):
    function(1.5)  # it is known from now on
    with pytest.raises(UnsupportedError):
        grad(function)(1.5)


def test_an_object_that_is_an_argument():
    keeping = Keeping()
    keeping(1.5)
    with pytest.raises(UnsupportedError, match="a dict is asked for a key that depends on what is differentiated"):
        grad(lambda x, keeping: keeping(x) * x)(1.5, keeping)


def test_keys_that_are_not_differentiated():
    keeping = Keeping()
    keeping(2.0)
    value, slope = value_and_grad(lambda x, y: keeping(y) * x)(1.5, 2.0)
    assert (value, slope) == (12.0, 8.0)


def test_a_dict_of_the_function_itself():
    def squares(x):
        known = {}
        for y in (x, 2.0 * x, x):
            if y not in known:
                known[y] = y**3
        return known[x] * known[2.0 * x]

    assert grad(squares)(1.5) == pytest.approx(6.0 * 8.0 * 1.5**5)


def name_of(x):
    return "small" if x < 1.0 else "large"


def test_names_and_counts_as_keys():
    assert grad(lambda x: FACTORS[name_of(x)] * x)(1.5) == 3.0
    assert grad(lambda x: LEVELS[int(x + 1.0)] * x)(0.5) == 3.0

    def total(xs):
        names = [name_of(x) for x in xs]
        return sum(FACTORS[name] * x for name, x in zip(names, xs, strict=True))

    np.testing.assert_array_equal(grad(total)(np.array([0.5, -1.0, 2.0])), [2.0, 2.0, 3.0])


def test_keys_whose_class_shows_when_the_program_runs():
    def looked_up(x, keys, table):
        found = 0.0
        for key in [*keys, x][: len(keys)]:
            found += table[key] * x
        return found

    assert grad(looked_up)(1.5, ["small", "large"], FACTORS) == 5.0
    with pytest.raises(UnsupportedError, match="a dict is asked for a key"):
        grad(lambda x, table: looked_up(x, [x], table))(1.5, TABLE)


class Point:
    def __init__(self, x):
        self.x = x


def test_a_dict_in_place_of_the_attributes():
    def replaced(x):
        point = Point(x)
        point.__dict__ = {"x": x * x}
        return point.x

    def set_by_object(x):
        point = Point(x)
        object.__setattr__(point, "__dict__", {"x": x * x})
        return point.x

    for function in (replaced, set_by_object):
        with pytest.raises(UnsupportedError, match="assigning `__dict__`"):
            grad(function)(1.5)


def updated(x, names):
    point = Point(x)
    for name in names:
        point.__dict__[name + "_"] = x * x
    return point.x_ * point.x


def test_attributes_of_names_that_are_given():
    assert grad(updated)(1.5, ["x", "y"]) == 3.0 * 1.5**2
    assert grad(updated)(1.5, ["x"] * 40) == 3.0 * 1.5**2


def test_attributes_of_unknown_names():
    def numbered(x, count):
        point = Point(x)
        for number in range(count):
            point.__dict__[f"x{number}"] = x * x
        return point.x0 * point.x

    with pytest.raises(UnsupportedError, match="under names that are not known"):
        grad(numbered)(1.5, 3)
