"""Classes that a program derives from ``dict`` and ``list``: followed while they are used as such, refused as data."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import pytest

from diffcompile import UnsupportedError, grad, value_and_grad
from diffcompile.testing import check_grads


class Parameters(dict):
    """Items that are attributes as well."""

    def __init__(self, *items, **named):
        super().__init__(*items, **named)

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name, value):
        self[name] = value

    def total(self):
        """Return the sum of all items."""
        return sum(self.values())


class Dotted(dict):
    """The recipe of three lines."""

    __getattr__ = dict.get
    __setattr__ = dict.__setitem__
    __delattr__ = dict.__delitem__


class Computed(dict):
    """Computes what is missing."""

    def __init__(self, function):
        self.function = function

    def __missing__(self, key):
        value = self[key] = self.function(key)
        return value


class Doubling(dict):
    """Has ways of its own."""

    def __setitem__(self, key, value):
        super().__setitem__(key, value * 2)

    def __getitem__(self, key):
        return dict.__getitem__(self, key) + 1

    def __contains__(self, key):
        return key == "z" or super().__contains__(key)


class Vector(list):
    """A list with arithmetic."""

    def __init__(self, *items):
        super().__init__(items)

    def __sub__(self, other):
        return Vector(*(a - b for a, b in zip(self, other, strict=True)))

    def __rmul__(self, factor):
        return Vector(*[factor * a for a in self])

    def norm(self):
        """Return the length."""
        return math.sqrt(sum(a * a for a in self))


class Matrix(list):
    """A list of rows that takes two indices."""

    def __init__(self, rows):
        super().__init__([list(row) for row in rows])

    def __matmul__(self, other):
        return Matrix([[sum(a * b for a, b in zip(r, c, strict=True)) for c in zip(*other, strict=True)] for r in self])

    def __getitem__(self, key):
        if isinstance(key, tuple):
            return list.__getitem__(self, key[0])[key[1]]
        return super().__getitem__(key)


def _attributes(x, y):
    p = Parameters(a=x, b=y)
    p["c"] = x * y
    p.d = x
    return p.total() * p.a + p.c + len(p) * p.d


def _merged(x, y):
    a = Parameters(a=x) if x > 0.0 else Parameters(a=y)
    b = {**a, "k": y}
    a.update(b)
    a |= {"w": x * y}
    return sum(dict(a).values()) + a.pop("k") * a["w"] + isinstance(a, dict)


def _dotted(x, y):
    p = Dotted(a=x)
    p.b = y * p.a
    found = 0.0
    for value in p.values():
        found += value * value
    for key in p:
        found += p[key]
    return found * p.get("zz", y) + (x if p.missing is None else 0.0)


def _missing(x, y):
    d = Computed(lambda key: key * x)
    return d[1] * d[2] + d[2] * y + d[1] + len(d)


def _own_ways(x, y):
    d = Doubling()
    d["a"] = x
    d["a"] *= y
    return d["a"] * y + ("z" in d) + ("w" in d) + sum(d.values())


def _copied(x, y):
    a = Parameters(a=x)
    b = copy.copy(a)
    b["a"] = y
    return a["a"] * b["a"] * b["a"]


def _vector(x, y):
    a = 3.0 * (Vector(x, y, 1.0) - Vector(y, y * x, x))
    a.append(y)
    a[1:3] = [v * x for v in a[1:3]]
    if a:
        a.sort()
    return a.norm() + max(a) * a[0] + sum(v * v for v in a) * len(a)


def _matrix(x, y):
    m = Matrix([[x, y], [1.0, x * y]])
    n = m @ m @ m
    n[0][1] *= x
    return n[1, 1] * n[0, 1]


@pytest.mark.parametrize(
    "function", [_attributes, _merged, _dotted, _missing, _own_ways, _copied, _vector, _matrix]
)
def test_gradient(function: Callable[..., Any]) -> None:
    value, _ = value_and_grad(function)(0.7, 1.3)
    assert value == pytest.approx(function(0.7, 1.3), rel=1e-14)
    check_grads(function, (0.7, 1.3))


def _kept(x):
    return len([Parameters(a=x), Parameters(a=x)]) * x


def test_as_data() -> None:
    with pytest.raises(UnsupportedError, match="a Parameters, which is derived from dict, is used as data"):
        grad(_kept)(0.7)


SETTINGS = Dotted(a=2.0)


def test_attribute_of_one_that_was_made_elsewhere() -> None:
    with pytest.raises(UnsupportedError, match="an item of a Dotted that was made elsewhere"):
        grad(lambda x: SETTINGS.a * x)(0.7)
