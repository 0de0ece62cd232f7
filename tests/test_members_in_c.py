"""Attributes that classes in C give their instances, slots, and what small helpers look up: all of it is asked for."""

from __future__ import annotations

import datetime
import math
import re
from types import GenericAlias, SimpleNamespace, UnionType

import numpy as np
import pytest
from scipy.signal._upfirdn_apply import _output_len

from diffcompile import grad, value_and_grad

NUMBERS = float | int
VECTORS = list[float]
DELAY = datetime.timedelta(days=2)
WORDS = re.compile("(a+)(b)")
FIRST = slice(0, 2)


class Spring:
    __slots__ = ("__force", "length")

    def __init__(self, force, length):
        self.__force = force
        self.length = length

    def pulled(self, x):
        self.__force = self.__force * x
        return self.__force + self.length


SPRING = Spring(2.0, 3.0)


def classes(x):
    return x * len(NUMBERS.__args__) if float in NUMBERS.__args__ else x * x


def of_vectors(x):
    return x * len(VECTORS.__args__) if isinstance(x, NUMBERS) else x * x


def days(x):
    return x * DELAY.days if hasattr(DELAY, "days") else x * x


def groups(x):
    return x * WORDS.groups + len(WORDS.pattern) * x


def bounds(x):
    return x * FIRST.stop


def private(x):
    return SPRING.pulled(x) * x


@pytest.mark.parametrize(
    "program, slope",
    [(classes, 2.0), (of_vectors, 1.0), (days, 2.0), (groups, 9.0), (bounds, 2.0), (private, 9.0)],
)
def test_members_of_globals(program, slope):
    assert grad(program)(1.5) == slope


def test_members_of_arguments_are_asked_for_at_each_call():
    def waited(x, delay):
        return x * (delay.days if hasattr(delay, "days") else 100.0)

    def matched(x, words):
        return x * (2.0 if words.pattern == "a" else 3.0) * words.groups

    def asked(x, kinds):
        return x * 2.0 if isinstance(x, kinds) else x * len(kinds.__args__)

    assert [grad(waited)(1.0, datetime.timedelta(days=k)) for k in (3, 5)] == [3.0, 5.0]
    gradient = grad(matched)
    assert [gradient(1.0, re.compile(words)) for words in ("a", "(b)", "(a)(b)")] == [0.0, 3.0, 6.0]
    gradient = grad(asked)
    given: list[UnionType | GenericAlias] = [float | int, str | int | bytes, float | str]
    assert [gradient(1.0, kinds) for kinds in given] == [2.0, 3.0, 2.0]


def total(x):
    """The parts of a number of which the value is known are numbers."""
    found = 0
    for term in (12, 3.0, x, 7):
        found += term
        if found.real > 20:
            break
        found -= 1
    return found * (3).real + (2.0).imag + (True).numerator


def test_parts_of_known_numbers():
    assert value_and_grad(total)(9.25) == (67.75, 3.0)


def test_private_slots_of_an_argument():
    def pulled_twice(spring, x):
        return spring.pulled(x) + spring.pulled(x)

    spring = Spring(3.0, 4.0)
    assert value_and_grad(pulled_twice, argnums=1)(spring, 2.0) == (26.0, 15.0)
    assert spring.length == 4.0
    slope = grad(pulled_twice)(spring, 2.0)
    assert (slope.length, slope._Spring__force) == (2.0, 6.0)


def optional(value, default):
    return default if value is None else value


PRECISION = np.float64


def converted(x, dtype=None):
    kind = optional(dtype, PRECISION)
    if kind not in (np.float32, np.float64):
        raise TypeError(kind)
    return np.sum(kind(x) ** 2)


def test_a_helper_that_chooses_a_class_is_followed():
    gradient = grad(converted)
    np.testing.assert_allclose(gradient(np.array([1.0, -0.5])), [2.0, -1.0])
    assert "optional" not in gradient.source
    np.testing.assert_allclose(gradient(np.array([1.0, -0.5]), np.float32), [2.0, -1.0])
    with pytest.raises(TypeError):
        gradient(np.ones(2), int)


def test_a_helper_that_chooses_a_class_is_asked_again(monkeypatch):
    def taken(x):
        return optional(None, PRECISION)(x) * 3.0

    gradient = value_and_grad(taken)
    assert type(gradient(0.5)[0]) is np.float64
    monkeypatch.setitem(globals(), "PRECISION", np.float32)
    value, slope = gradient(0.5)
    assert type(value) is np.float32
    assert slope == 3.0


class Library:
    """Looks names up in a module that may be exchanged."""

    def __init__(self, module):
        self.module = module

    def __getattr__(self, name):
        return getattr(self.module, name)


LIBRARY = Library(np)


def library_of(x):
    return np if isinstance(x, np.ndarray) else math


def filled(x):
    out = LIBRARY.zeros((3,))
    out[1:] = x * LIBRARY.sin(x)
    return LIBRARY.sum(out) + library_of(out).pi


def test_modules_and_functions_that_a_helper_chooses(monkeypatch):
    x = np.array([0.3, 0.8])
    gradient = grad(filled)
    np.testing.assert_allclose(gradient(x), np.sin(x) + x * np.cos(x))
    assert "np.sin(x)" in gradient.source
    monkeypatch.setattr(LIBRARY, "module", SimpleNamespace(zeros=np.ones, sin=np.cos, sum=np.sum))
    np.testing.assert_allclose(gradient(x), np.cos(x) - x * np.sin(x))


def counted(x):
    found = []
    found.append(_output_len(5, 10, 2, 1))
    found[0] = found[0] * x
    return found[0]


def test_functions_that_cython_compiled():
    """They are functions, and not objects that may keep what they are given."""
    assert grad(counted)(2.0) == _output_len(5, 10, 2, 1)


def test_names_of_methods_and_nested_functions():
    def named(x):
        def twice(y):
            return 2.0 * y

        texts = [Spring(x, 1.0).pulled.__name__, twice.__name__, (lambda: x).__name__]
        return twice(x) * sum(map(len, texts)) * (texts == ["pulled", "twice", "<lambda>"])

    assert grad(named)(3.0) == 2.0 * len("pulledtwice<lambda>")


def library_by_number(k):
    return [np, math][k]


def test_functions_of_a_module_that_only_the_run_knows():
    """``xp.sum`` may be a method of an array; but none of these is given what is differentiated."""

    def summed(x):
        xp = library_by_number(int(x[0] > 10.0))
        return xp.sum(x * x) * xp.max(x) + xp.sum(xp.reshape(x, (2, 2))[0])

    x = np.array([0.5, 1.5, 2.0, 3.0])
    expected = 2.0 * x * 3.0 + np.sum(x * x) * (x == 3.0) + [1.0, 1.0, 0.0, 0.0]
    np.testing.assert_allclose(grad(summed)(x), expected)
