"""The ``__dict__`` of objects, names in lists, lengths that may not be there, nested lists taken apart."""

from __future__ import annotations

import operator

import numpy as np

from corpus.registry import case

UNITS = {"metre", "foot"}


class _Record:
    def __init__(self, **fields):
        self.__dict__.update(fields)

    def area(self):
        return self.width * self.height


class _Table:
    def __init__(self, x):
        for name in ["first", "second", "third"]:
            self.__dict__[name] = x
        self.second = 2.0 * x


class _Steps:
    def __init__(self, x):
        own = self.__dict__
        own["a"] = x * x
        own["b"] = own["a"] + self.a
        self.a = 3.0 * self.b
        self.c = own["a"]


class _Buffer:
    def __init__(self, x):
        self.values = np.zeros(2)
        self.scale = x


@case(lambda: (1.7,))
def attributes_from_keywords(x):
    return _Record(width=x, height=x * x).area()


@case(lambda: (1.7,))
def attributes_by_names_in_a_list(x):
    table = _Table(x)
    table.__dict__["first"] = x**3
    return table.first * table.second + table.third


@case(lambda: (1.7,))
def attributes_read_back_through_the_dict(x):
    steps = _Steps(x)
    return steps.a * steps.c + steps.b


@case(lambda: (1.7,))
def values_of_all_attributes(x):
    table = _Table(x)
    total = sum(value * value for value in table.__dict__.values())
    for name, value in vars(table).items():
        total += value * len(name)
    vars(table)["second"] = 5.0 * x
    return total + table.second


@case(lambda: (1.7,))
def copied_attributes_stay(x):
    table = _Table(x)
    before = dict(table.__dict__)
    table.first = 7.0 * x
    return before["first"] * table.first + table.second


@case(lambda: (1.7,))
def attribute_deleted_through_the_dict(x):
    table = _Table(x)
    del table.__dict__["third"]
    table.__dict__.setdefault("first", 3.0)
    table.__dict__.setdefault("fourth", x * x)
    return table.first * table.fourth if not hasattr(table, "third") else table.third


@case(lambda: (1.7,))
def buffer_reached_through_the_dict(x):
    buffer = _Buffer(x)
    values = buffer.__dict__["values"]
    values[0] = x
    buffer.values[1] = x * x
    return values @ buffer.values + buffer.__dict__.get("scale") + buffer.__dict__.get("none", x)


@case(lambda: (1.7,))
def attributes_of_objects_in_a_list(x):
    tables = [_Table(x), _Table(2.0 * x)]
    for table in tables:
        table.__dict__["first"] = table.first * table.second
    return sum(table.first for table in tables)


@case(lambda: (1.7, "second"))
def attribute_chosen_by_an_argument(x, name):
    table = _Table(x)
    table.__dict__[name] = x**3
    return table.first * table.second + table.third


@case(lambda: (1.7, "foot"))
def unit_of_a_set(x, unit):
    scale = 1.0
    for name in UNITS:
        scale += 0.1 * len(name)
    if unit not in UNITS:
        raise ValueError(unit)
    return scale * x * x


@case(lambda: (1.7,))
def length_of_a_number(x):
    try:
        count = len(x)
    except TypeError:
        count = 3
    return x**count


@case(lambda: (1.7,))
def length_of_an_array_without_axes(x):
    total = np.sum(x * np.ones(3))
    array = np.asarray(x)
    try:
        count = len(total)
    except TypeError:
        count = 4
    try:
        count += len(array)
    except TypeError:
        count += 5
    return count * total * x


@case(lambda: (np.array([0.4, 1.7]),))
def lengths_of_either(x):
    total = 0.0
    for part in (x, x[0]):
        try:
            count = len(part)
        except TypeError:
            count = 7
        total += np.sum(count * part * part)
    return total


@case(lambda: (1.7,))
def operators_that_do_not_fit(x):
    try:
        a = x + None
    except TypeError:
        a = 2.0 * x
    try:
        b = [x] + x  # noqa: RUF005
    except TypeError:
        b = 3.0 * x
    c = x
    try:
        smaller = x < "a"
    except TypeError:
        smaller, c = False, 4.0 * x * x
    return a * b + c if not smaller else a


@case(lambda: ([0.3, 0.4, 0.7], [1.0, 0.2, -0.3]), argnums=(0, 1))
def corners_taken_apart(p, q):
    corners = [p, q, [0, 0, 1.0]]
    if len(corners) != 3:
        raise ValueError("a triangle has three corners")
    a, b, c = corners
    u = [i - j for i, j in zip(b, a, strict=True)]
    v = [i - j for i, j in zip(c, a, strict=True)]
    return u[0] * v[1] + u[2] * v[0] + sum(c)


@case(lambda: ([0.3, 0.4, 0.7], [1.0, 0.2, -0.3]), argnums=(0, 1))
def corners_taken_apart_and_written(p, q):
    corners = [list(p), list(q), [0, 0, 1.0]]
    a, b, c = corners
    a[0] = b[1] * a[2]
    c[1] = a[0]
    corners[1][2] *= c[1]
    return sum(i * j * k for i, j, k in zip(*corners, strict=True)) + b[2] * c[1] + corners[0][0]


@case(lambda: (np.array([[0.3, 1.2], [0.5, -0.4], [0.2, 0.9]]), np.array([0.3, 0.8])), argnums=(0, 1))
def polynomial_for_each_column(coefficients, x):
    return np.sum(np.polyval(coefficients, x) ** 2) + np.sum(np.polyval(list(coefficients), 0.5 * x))


def _chosen(condition, left, right):
    return np.where(condition, left, right)


@case(lambda: (0.5, 1.7), argnums=(0, 1))
def condition_handed_to_a_function_found_later(x, y):
    choose = operator.itemgetter("where")({"where": _chosen})
    x, y = map(np.asarray, (x, y))
    return np.log(choose(x <= 0.0, 1.0, x * y)) + choose(y > x, x, y)
