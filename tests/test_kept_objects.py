"""What objects bring along: members of enumerations, slots beside attributes, copies, bound methods, operators."""

import enum
import math
from collections import namedtuple

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad, jvp

X = np.array([0.7, 1.3, 0.4])


class Power(enum.Enum):
    TWO = 2
    THREE = 3

    def apply(self, v):
        return v**self.value


class Access(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()


class Part:
    def __init__(self, kind, value, access=Access.READ):
        self.kind, self.value, self.access = kind, value, access


def chosen(kind, v):
    if kind is Power.TWO:
        return v * v
    return v**3 if kind == Power.THREE else v


def test_members_of_enumerations_are_constants():
    def f(x):
        parts = [Part(Power.TWO, x[0]), Part(Power.THREE, x[1], Access.READ | Access.WRITE), Part(Power(2), x[2])]
        total = {Power.TWO: 0.0, Power.THREE: 1.0}
        for part in parts:
            total[part.kind] += chosen(part.kind, part.value)
            if part.access & Access.WRITE:
                total[Power.TWO] *= x[0]
        return total[Power.TWO] * total[Power["THREE"]]

    a, b, c = X
    expected = [(3 * a**2 + c**2 * 0) * (1 + b**3), (a**3 + c**2) * 3 * b**2, 2 * c * (1 + b**3)]
    assert np.allclose(grad(f)(X), expected)
    for k, v in enumerate(np.eye(3)):
        assert np.isclose(jvp(f, (X,), (v,))[1], expected[k])


def test_a_member_as_an_argument_belongs_to_the_key():
    gradient = grad(lambda x, kind: chosen(kind, x[0]))
    for kind in (Power.TWO, Power.THREE, Power.TWO):
        assert np.isclose(gradient(X, kind)[0], kind.value * X[0] ** (kind.value - 1))


class Single:
    """Its copies are it, as its author says."""

    def __init__(self, a):
        self.a = a

    def __copy__(self):
        return self


def test_tangents_of_an_object_that_copies_to_itself():
    """A zero tangent made of it was stored into the object."""
    one = Single(3.0)
    assert grad(lambda s, x: s.a**2 * x[0])(one, X).a == pytest.approx(6 * X[0])
    assert jvp(lambda s, x: s.a**2 * x[0], (one, X), (Single(1.0), 0 * X))[1] == pytest.approx(6 * X[0])
    assert one.a == 3.0


class Slotted:
    __slots__ = ("p",)


class Both(Slotted):
    def __init__(self, p, q):
        self.p, self.q = p, q


def test_slots_beside_attributes():
    def f(both, x):
        return both.p * both.q * x[0]

    both = Both(2.0, 5.0)
    found = grad(f)(both, X)
    assert (found.p, found.q) == pytest.approx((5 * X[0], 2 * X[0]))
    assert jvp(f, (both, X), (Both(1.0, 0.0), 0 * X))[1] == pytest.approx(5 * X[0])
    both.p = np.array([1.0, 2.0])
    assert np.allclose(grad(lambda b, x: np.sum(b.p) * b.q * x[0])(both, X).p, 5 * X[0])


class Line:
    def __init__(self, k):
        self.k = k

    def value(self, v):
        return v * self.k


def test_a_method_among_other_functions():
    """It is kept with its object, which was bound to it twice."""

    def f(x):
        y = x[2]
        for step in [Line(x[0]).value, lambda v: v * v, np.sin, Line(x[1]).value]:
            y = step(y)
        return y

    a, b, c = X
    u = (c * a) ** 2
    assert np.allclose(grad(f)(X), b * np.cos(u) * 2 * c * a * np.array([c, 0, a]) + [0, np.sin(u), 0])


class Plane(namedtuple("Plane", "a b")):
    __slots__ = ()

    def __add__(self, other):
        return Plane(self.a + other.a, self.b + other.b)

    def __mul__(self, k):
        return Plane(self.a * k, self.b * k)

    __rmul__ = __mul__

    def __neg__(self):
        return Plane(-self.a, -self.b)

    def __abs__(self):
        return math.hypot(self.a, self.b)

    def __bool__(self):
        return bool(self.a > 1.0)

    def __call__(self, t):
        return self.a * t**2 + self.b


def test_operators_of_a_named_tuple():
    """They were those of tuples: a sum put one behind the other."""

    def f(x):
        total = Plane(x[0], x[1]) + Plane(x[2], 1.0)
        for p in [Plane(v, v * v) for v in x]:
            total += -p * x[0]
        return total[0] * total.b + abs(total) + (x[0] if total else total(x[2])) + len(total)

    def written_out(x):
        a = x[0] + x[2] - x[0] * sum(x)
        b = x[1] + 1.0 - x[0] * sum(x * x)
        return a * b + np.hypot(a, b) + a * x[2] ** 2 + b + 2

    assert f(X) == pytest.approx(written_out(X))
    assert np.allclose(grad(f)(X), grad(written_out)(X))
    assert jvp(f, (X,), (X,))[1] == pytest.approx(jvp(written_out, (X,), (X,))[1])
    with pytest.raises(UnsupportedError, match="left of a Plane"):
        grad(lambda x: (x[0] * Plane(x[1], x[2]))[0])(X)


class Backwards(namedtuple("Backwards", "a b")):
    __slots__ = ()

    def __iter__(self):
        return iter((self.b, self.a))


def test_a_named_tuple_that_is_no_row():
    def f(x):
        first, second = Backwards(x[0], x[1])
        return first * second**2

    with pytest.raises(UnsupportedError, match="a way of its own"):
        grad(f)(X)


class Wave(Line):
    def value(self, v):
        return math.sin(v) * self.k


class Shift:
    def __init__(self, k):
        self.k = k

    def value(self, v):
        self.k = self.k + v
        return self.k


class Nothing:
    k = 2.0

    def value(self, v):
        return v * v


def test_four_kinds_of_objects_in_one_variable():
    def made(i, v):
        if i == 0:
            return Line(v)
        if i == 1:
            return Wave(v)
        if i == 2:
            return Shift(v)
        return Nothing()

    def f(x):
        kept, y = [made(i, x[i % 3]) for i in range(4)], x[1]
        for i in range(7):
            one = kept[3 * i % 4]
            y = math.cos(one.value(y))
            if isinstance(one, Line):
                one.k = one.k * 1.1 + 0.1 * y
        return y + sum(one.k for one in kept)

    h = 1e-5
    differences = [(f(X + h * v) - f(X - h * v)) / (2 * h) for v in np.eye(3)]
    assert np.allclose(grad(f)(X), differences, rtol=1e-7)
