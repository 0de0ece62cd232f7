"""Classes that are defined in a function: what their methods see, and what they share with the function."""

import abc
import functools
import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from corpus.registry import case


def two():
    return (1.3, 0.7)


@case(args=two, argnums=(0, 1))
def names_that_are_shadowed(x, y):
    """A parameter of a method and an attribute of the class have the names of variables of the function."""
    k = x * y

    class Scaled:
        k = 3.0

        def outer(self, x):
            return x * k + self.k

        def own(self):
            y = 2.0
            return y * x

    return Scaled().outer(2.0) + Scaled().own()


@case(args=two, argnums=(0, 1))
def records(x, y):
    @dataclass
    class Step:
        size: float
        rate: float = 2.0
        seen: list = field(default_factory=list)

        def value(self):
            return self.size * self.rate

    class Pair(NamedTuple):
        first: float
        second: float = 2.0

        def product(self):
            return self.first * self.second * y

    short, long = Step(x), Step(x, y)
    long.seen.append(short.value())
    return short.value() + long.value() * long.seen[0] + Pair(x).product() * Pair(y, x).product()


@case(args=two, argnums=(0, 1))
def bases_and_attributes(x, y):
    """An attribute of a class, a default and a base that depend on what is differentiated."""

    class Base(abc.ABC):
        scale = 2.0

        def __init__(self, value):
            self.value = value

        @abc.abstractmethod
        def kernel(self): ...

        def out(self, power=x * y):
            return self.kernel() * self.scale + power

    class One(Base):
        scale = x

        def kernel(self):
            return self.value * y

        __call__ = kernel

    class Two(One):
        def __init__(self, value, weight):
            super().__init__(value)
            self.weight = weight

        @property
        def weighted(self):
            return self.weight * One.scale

        @functools.cached_property
        def kept(self):
            return self.weighted**2 * y

        def kernel(self):
            return super().kernel() + self.kept

    return One(x).out() + Two(y, 2.0).out(3.0) * Two(1.0, x)()


@case(args=two, argnums=(0, 1))
def variable_that_changes(x, y):
    """A method sees the value that a variable has when it is called."""
    k = x

    class Now:
        def value(self):
            return k * y

    now = Now()
    total = now.value()
    k = y * y
    total += now.value() * 2.0
    for i in range(3):
        k = k + x * i
        total += now.value()
    return total


@case(args=two, argnums=(0, 1))
def class_in_a_loop(x, y):
    total = 0.0
    for k in range(3):
        w = x * k + y

        class Square:
            def value(self):
                return w * w  # noqa: B023 - that is the point

        square = Square()
        total += square.value()
        w = 2.0 * w
        total += square.value()
    return total


@case(args=two, argnums=(0, 1))
def counting_calls(x, y):
    calls = 0

    class Function:
        def __call__(self, value):
            nonlocal calls
            calls += 1
            return value * x * calls

    function = Function()
    return function(y) + function(x) + calls * y


@case(args=two, argnums=(0, 1))
def class_from_a_factory(x, y):
    """Two classes of one statement, which see different things."""

    def build(a):
        b = a * y

        class Map:
            def __call__(self, v):
                return v * b + a

            def clone(self):
                return Map()

        return Map

    one, two = build(x), build(y)
    return one()(two().clone()(2.0)) + two()(x)


@case(args=two, argnums=(0, 1))
def shared_memory(x, y):
    """Methods write into an array and a list of the function, through several instances."""
    store = np.zeros(3)
    log = [x]

    class Cell:
        sums = []  # noqa: RUF012

        def __init__(self, k):
            self.k = k

        def add(self, value):
            store[self.k] += value * y
            log[0] = log[0] * store[self.k]
            self.sums.append(log[0])

    for k in range(3):
        Cell(k).add(x * (k + 1))
        Cell(k).add(store[k])
    return np.sum(store**2) + log[0] + sum(Cell.sums)


@case(args=two, argnums=(0, 1))
def objects_in_a_list(x, y):
    class Part:
        def __init__(self, q):
            self.q, self.p = q, 0.0

        def step(self, h):
            self.p -= h * math.sin(self.q) * y
            self.q += h * self.p

    parts = [Part(x * k) for k in range(1, 4)]
    for _ in range(4):
        for part in parts:
            part.step(0.1)
    return sum(part.q for part in parts)


@case(args=two, argnums=(0, 1))
def registered(x, y):
    """Decorators of the program, a class that names itself, and one that names a later one."""
    known = {}

    def register(name):
        def keep(cls):
            known[name] = cls
            return cls

        return keep

    @register("square")
    class Square:
        def __call__(self, v):
            return v * Shift().by * x

    @register("shift")
    class Shift:
        by = y

        def __call__(self, v):
            return v + self.by

    return known["square"]()(x) * known["shift"]()(y)


@case(args=two, argnums=(0, 1))
def arithmetic(x, y):
    class Dual:
        def __init__(self, value, slope=0.0):
            self.value, self.slope = value, slope

        def __add__(self, other):
            return Dual(self.value + other.value, self.slope + other.slope)

        def __mul__(self, other):
            if not isinstance(other, Dual):
                other = Dual(other)
            return Dual(self.value * other.value, self.value * other.slope + self.slope * other.value)

        __rmul__ = __mul__

        def __iter__(self):
            yield self.value
            yield self.slope

    value, slope = y * Dual(x, 1.0) * Dual(x, y) + Dual(y)
    return value * slope
