"""Objects that are only found at run time: their attributes, properties and methods, and what is refused of them."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from diffcompile import UnsupportedError, check_grads, grad, jvp


class Square:
    factor = 2.0

    def __init__(self, a: Any) -> None:
        self.a = a

    def area(self) -> Any:
        return self.a**2 * self.factor

    @property
    def side(self) -> Any:
        return self.a**3

    def sum(self) -> Any:
        return self.a * 2.0

    @property
    def size(self) -> Any:
        return self.a**2


class Circle(Square):
    def area(self) -> Any:
        return math.pi * self.a**2

    @classmethod
    def grown(cls, a: Any) -> Any:
        return cls(a * a)


@dataclasses.dataclass
class Box:
    a: Any
    b: Any = 2.0

    def area(self) -> Any:
        return self.a * self.b

    @property
    def side(self) -> Any:
        return self.b + self.a * self.a


class Group:
    def __init__(self, a: Any) -> None:
        self.a = a
        self.parts = [Square(a), Square(a * a)]
        self.side = a

    def area(self) -> Any:
        return self.a + sum(part.area() for part in self.parts)


KINDS = [Square, Circle, Box, Group, lambda a: Circle.grown(a * 1.0)]


def methods(x: Any, n: int) -> Any:
    return x + sum(KINDS[i](x).area() * x for i in range(n))


def attributes(x: Any, n: int) -> Any:
    total = 0.0
    for i in range(n):
        shape = KINDS[i](x * x)
        total = total + shape.side * shape.side + shape.a * getattr(shape, "b", x)
    return total


def bound_methods(x: Any, n: int) -> Any:
    areas = [KINDS[i](x * (i + 1)).area for i in range(n)]
    total = 1.0
    for area in areas:
        total = total + area() * total
    return total


def two_names(x: Any, n: int) -> Any:
    first = KINDS[n % 5](x)
    again = first
    second = KINDS[(n + 1) % 5](first.a * again.a)
    area = again.area
    return area() * second.area() + first.side * second.side


def asked(x: Any, n: int) -> Any:
    total = 0.0
    for i in range(n):
        shape = KINDS[i](x)
        if hasattr(shape, "b"):
            total += shape.b * shape.a
        if isinstance(shape, Circle):
            total += shape.grown(shape.a).area()
        if shape.__class__.__name__ == "Group":
            total += shape.parts[1].a
    return total


def sorted_by_area(x: Any, n: int) -> Any:
    shapes = [KINDS[i % 5](x * (i + 1)) for i in range(n + 2)]
    shapes.sort(key=lambda shape: shape.area())
    largest = max(shapes, key=lambda shape: shape.a)
    return shapes[-1].side * shapes[0].a * largest.side


@functools.singledispatch
def weight(shape: Any) -> Any:
    return 1.0


@weight.register
def _(shape: Square) -> Any:
    return shape.area()


@weight.register
def _(shape: Box) -> Any:
    return shape.side


def dispatched(x: Any, n: int) -> Any:
    return x + sum(weight(shape) for shape in (Square(x), Box(x, x * x))) * n


PROGRAMS = [methods, attributes, bound_methods, two_names, asked, sorted_by_area, dispatched]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_both_modes(program: Callable[..., Any]) -> None:
    for n in (0, 2, 5):
        check_grads(program, (0.7, n), argnums=0)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_second_derivatives(program: Callable[..., Any]) -> None:
    check_grads(program, (0.7, 3), order=2, modes=("fwd",), argnums=0)


class Squaring:
    """Its operators are not those of numbers."""

    def __init__(self, v: Any) -> None:
        self.v = v

    def __add__(self, other: Any) -> Any:
        return Squaring(self.v * other.v)

    def __neg__(self) -> Any:
        return Squaring(self.v**3)

    def __float__(self) -> float:
        return float(self.v**2)

    def __iter__(self) -> Any:
        return iter([self.v**2, self.v])

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array([self.v, self.v**2])


class Pair(NamedTuple):
    x: Any
    y: Any

    def __add__(self, other: Any) -> Any:
        return Pair(self.x * other.x, self.y * other.y)

    def norm(self) -> Any:
        return self.x**2 + self.y


MADE = [Squaring, lambda v: Squaring(v * v)]
PAIRS = [lambda v: Pair(v, v * v), lambda v: Pair(2.0 * v, 3.0)]


@pytest.mark.parametrize(
    "program",
    [
        lambda x, n: (MADE[n % 2](x) + MADE[0](x)).v,
        lambda x, n: (-MADE[n % 2](x)).v,
        lambda x, n: float(MADE[n % 2](x)),
        lambda x, n: sum(MADE[n % 2](x)),
        lambda x, n: np.sum(np.asarray(MADE[n % 2](x))),
        lambda x, n: (PAIRS[n % 2](x) + PAIRS[0](x)).x,
        lambda x, n: KINDS[n](x).size * x,
        lambda x, n: KINDS[n](x).sum(),
    ],
    ids=["add", "neg", "float", "iter", "array", "tuple", "size", "sum"],
)
def test_operators_of_an_unknown_class_are_refused(program: Callable[..., Any]) -> None:
    with pytest.raises((UnsupportedError, TypeError)):
        grad(program)(0.7, 1)
    with pytest.raises(UnsupportedError):
        jvp(program, (0.7, 1), (1.0, None))


class Measured:
    def __init__(self, value: Any, unit: str = "c") -> None:
        self.unit = unit.lower()
        self.value = float(value)

    def __float__(self) -> float:
        return self.value * 1.8


def measured(x: Any) -> Any:
    return Measured(x * x, unit="F") if x < 1.0 else x


def test_conversions_of_an_unknown_class_are_refused() -> None:
    for program in (lambda x, n: float(MADE[n](x)), lambda x, n: np.sum(np.asarray(MADE[n](x)))):
        with pytest.raises(UnsupportedError, match="a conversion of a Squaring"):
            grad(program)(0.7, 1)


def test_an_object_or_a_number() -> None:
    with pytest.raises(UnsupportedError):
        grad(lambda x: Measured(measured(x)).value)(0.7)
    assert grad(lambda x: Measured(measured(x)).value)(1.7) == pytest.approx(1.0)


def test_methods_of_named_tuples_with_operators() -> None:
    check_grads(lambda x, n: PAIRS[n % 2](x).norm() * PAIRS[0](x).y, (0.7, 1), argnums=0)


def test_the_tangent_of_an_object_that_is_returned_is_one() -> None:
    box, box_dot = jvp(lambda x: KINDS[2](x * x), (0.7,), (1.0,))
    assert type(box) is type(box_dot) is Box
    assert box_dot.a == pytest.approx(1.4) and box_dot.b == 0.0
    shapes, dots = jvp(lambda s: Box(s.a * s.b, s.b), (Box(0.7, 3.0),), (Box(1.0, 2.0),))
    assert shapes.a == pytest.approx(2.1) and dots.a == pytest.approx(4.4) and dots.b == 2.0
