"""``*`` of lists and ``**`` of dicts in calls, of which is only known at run time what they hold."""

import math
from collections import namedtuple
from dataclasses import dataclass

import numpy as np

from corpus.registry import case, normal


def point():
    return (np.array([0.7, 0.2, 0.4]),)


def weighed(a, b=None, c=3.0):
    if b is None:
        return a * c
    return a * b + c


def rescale(a, b=None, c=None):
    a[0] = a[0] * 2.0
    if b is not None:
        b[1] = b[1] * a[0]
    return np.sum(a) if c is None else np.sum(a * c)


def chain(a, factor=None, *rest, scale=2.0):
    total = a * scale
    for v in rest:
        total = total + v * v
    return total if factor is None else total * factor


def shrink(n, a, b=2.0):
    if n == 0:
        return a * b
    parts = [a * b]
    if n % 2:
        parts.append(a)
    return shrink(n - 1, *parts) * a


class Model:
    def __init__(self, a, b=1.0, **others):
        self.a = a
        self.b = b
        self.others = others

    def go(self, t, u=2.0, *rest):
        return self.a * t + self.b * u * sum(rest) + sum(self.others.values())


Record = namedtuple("Record", "a b c")


@dataclass
class Box:
    a: float
    b: float


@case(args=point)
def list_that_grows(x):
    parts = []
    total = 0.0
    for v in x:
        parts.append(v * v)
        total = total + weighed(*parts) * chain(*parts) * chain(v, *parts) * chain(*parts, scale=v)
    return total


@case(args=point)
def list_that_may_be_empty(x):
    large = [v for v in x if v > 5]
    return chain(x[0], *large) * weighed(x[1], *large)


@case(args=point)
def generator_behind_a_star(x):
    return weighed(*(v * v for v in x)) * x[1]


@case(args=point)
def arrays_that_the_callee_writes(x):
    parts = [x * (k + 1) for k in range(3) if x[k] > 0.3]
    y = rescale(*parts)
    return y + sum(np.sum(v * v) for v in parts)


@case(args=point)
def items_that_are_replaced_afterwards(x):
    parts = [x[0]]

    def take(a, b=None):
        parts.append(a)
        parts[0] = parts[0] * 2
        return a if b is None else a * b

    total = 0.0
    for k in range(2):
        total = total + take(*parts[: k + 1])
    return total * sum(parts)


@case(args=point)
def method_and_class(x):
    squares = [v * v for v in x if v > 0.3]
    model = Model(*squares)
    return model.go(*squares) + model.go(x[0], *squares, *x)


@case(args=point)
def records_of_a_list(x):
    squares = [v * v for v in x]
    record = Record(*squares)
    box = Box(*squares[:2])
    return record.a * record.b * record.c + box.a * box.b


@case(args=point)
def recursion_with_a_list(x):
    return shrink(3, x[0]) * shrink(2, *[v for v in x if v > 0.3])


@case(args=point)
def too_many_for_the_callee(x):
    parts = list(x)
    parts.append(x[0])
    try:
        y = weighed(*parts)
    except TypeError:
        y = x[0] * x[1]
    return y * x[2]


@case(args=point)
def dict_with_keys_of_a_loop(x):
    given = {}
    if x[0] > 5:
        given["b"] = x[1]
    for name in ("c", "b"):
        if x[1] < 0.5:
            given[name] = x[2] * len(given) + x[0]
    return weighed(x[0], **given) + weighed(**{"a": x[1]}, **given)


@case(args=point)
def dict_that_trips_differ_in(x):
    given = {}
    y = x
    for k in range(3):
        if k == 1:
            given = {"c": x[1] * k}
        y = y * weighed(x[0], **given)
    return np.sum(y)


@case(args=point)
def dict_into_a_dict(x):
    def inner(a, b=1.0, **others):
        others["z"] = a * b
        return sum(v * v for v in others.values())

    given = {}
    for name, v in zip("bpq", x, strict=True):
        given[name] = v * 2
    return inner(x[0], **given) + len(given) * given["p"]


@case(args=point)
def arrays_in_a_dict_that_the_callee_writes(x):
    def inner(**parts):
        for part in parts.values():
            part[0] = part[0] * part[1]
        parts["p"] = x
        return np.sum(parts["p"] * parts["q"])

    given = {}
    for name, v in zip("pqr", (x, x * 2, x * x), strict=True):
        given[name] = v + 0.0
    return inner(**given) + sum(np.sum(v * v) for v in given.values())


@case(args=point)
def dict_for_a_class(x):
    given = {}
    for name, v in zip(("b", "t", "q"), x, strict=True):
        given[name] = v * v
    model = Model(x[0], **given)
    model.b = model.b * 2
    return model.go(x[1]) * model.others["q"]


@case(args=point)
def wrong_key_for_the_callee(x):
    given = {}
    for name, v in zip("aqb", x, strict=True):
        given[name] = v
    try:
        y = weighed(**given)
    except TypeError:
        y = x[0] * x[1]
    return y * x[2]


@case(args=point)
def handed_through_a_wrapper(x):
    def twice(f, *args, **options):
        return f(*args, **options) * 2

    parts = [v for v in x if v > 0.3]
    given = {}
    for v in x[:1]:
        given["c"] = v
    return twice(weighed, *parts, **given)


@case(lambda: (normal(1, 3), normal(2, 4)), argnums=(0, 1))
def lengths_of_spread_arrays(x, y):
    rows = [x * k for k in range(1, 3)]
    return math.hypot(*(x[:2] - y[:2])) + sum(math.hypot(*row) for row in rows) * math.hypot(*y, 2.0)
