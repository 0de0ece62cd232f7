"""Dates, texts and dtypes of unknown type among numbers; classes with metaclasses of their own; ``locals()``."""

from __future__ import annotations

import datetime
import functools
import operator

import numpy as np

from corpus.registry import case

DAY = datetime.datetime(2024, 3, 1)


@case(lambda: (1.7,))
def days_between_rows(x):
    rows = [[x, DAY], [x * x, datetime.datetime(2024, 3, 4)], [3.0, datetime.datetime(2024, 3, 9)]]
    first = rows[0][1]
    total = 0.0
    for row in rows:
        total = total + row[0] ** 2 * (row[1] - first).total_seconds() / 86400.0
    return total


@case(lambda: (1.7,))
def names_in_rows(x):
    rows = [[x, "width"], [x * x, "depth"], [2.0, "Height"]]
    total = 0.0
    for row in rows:
        name = row[1].lower()
        total = total + row[0] * len(name + "_m") * (2.0 if name.startswith("h") else 1.0)
    return total


class WithOperators(type):
    """Gives its classes the arithmetic of their ``amount``."""

    def __new__(mcs, name, bases, namespace):
        for method in ("__add__", "__mul__"):
            namespace[method] = mcs.lifted(getattr(operator, method))
        return super().__new__(mcs, name, bases, namespace)

    @classmethod
    def lifted(mcs, function):
        @functools.wraps(function)
        def method(*args):
            args = list(args)
            first = args[0]
            args[0] = first.amount
            return type(first)(function(*args), unit=first.unit)

        return method


class Mass(metaclass=WithOperators):
    scales = {"kg": 1.0, "g": 1e-3}

    def __init__(self, amount, unit="kg"):
        self.unit = unit
        self.amount = amount

    @property
    def kilograms(self):
        return self.amount * self.scales[self.unit]


@case(lambda: (1.7,))
def object_of_a_class_with_metaclass(x):
    mass = Mass(x * x, unit="g")
    return mass.kilograms * 1000.0 + mass.amount**2


@case(lambda: (1.7,))
def operators_given_by_a_metaclass(x):
    mass = Mass(x) + 2.0
    return (mass * x).kilograms


def checked(names, name, low):
    if names[name] < low:
        raise ValueError(f"{name} is below {low}")
    return names[name]


@case(lambda: (1.7, 2.5))
def local_variables_are_checked(x, y):
    checked(locals(), "x", 0.0)
    product = x * y
    return checked(locals(), "product", 1.0) ** 2 + len(locals()) * y


@case(lambda: (1.7,))
def local_variables_in_a_loop(x):
    total = 0.0
    for k in range(3):
        total = total + locals()["x"] * locals()["k"] + len(locals()) * x
    return total


@case(lambda: (np.array([1.5, -0.3]),))
def local_array_is_changed(x):
    part = x * 2.0
    locals()["part"][0] = 3.0
    return np.sum(part**2)


def on_arrays(fun):
    @functools.wraps(fun)
    def wrapper(*args, **kwargs):
        args = list(args)
        for k in range(len(args)):
            if isinstance(args[k], list | tuple):
                args[k] = np.asarray(args[k])
        return fun(*args, **kwargs)

    return wrapper


@on_arrays
def turned(pair, dtype=None):
    dtype = dtype or pair.dtype
    return np.array([[pair[0], -pair[1]], [pair[1], pair[0]]], dtype=dtype)


@case(lambda: (np.array([1.5, -0.3]),))
def dtype_out_of_a_list_of_arguments(x):
    return np.sum(turned(x, None) ** 3) + np.sum(turned([x[0], 2.0], float) ** 2)


@case(lambda: (1.7,))
def lists_repeated_by_counts_in_rows(x):
    rows = [[x, 2, "a"], [x * x, 3, "b"]]
    total = 0.0
    for row in rows:
        blank, weights = [None] * row[1], row[1] * [1.5]
        total = total + row[0] * len(blank) + weights[0] * row[0] ** 2 + len(row[2] * row[1]) * x
    return total
