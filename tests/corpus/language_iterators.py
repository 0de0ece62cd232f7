"""Iterators that several calls of ``next``, loops and functions go on with."""
# ruff: noqa: B905, PLW2901, RUF015 - the programs are as users write them

import itertools
import math

import numpy as np

from corpus.registry import case, normal


def point():
    return (np.array([0.5, 1.2, -0.7]),)


@case(args=point)
def first_and_then_the_rest(x):
    items = iter(x)
    before = next(items)
    s = 0.0
    for v in items:
        s = s + v * before
        before = v
    return s


@case(args=point)
def next_in_a_walrus(x):
    items = iter(x)
    s = 0.0
    while (v := next(items, None)) is not None:
        s = s + v * v * v
    return s


@case(args=point)
def next_until_the_end_is_raised(x):
    items = iter(x)
    s = 0.0
    while True:
        try:
            v = next(items)
        except StopIteration:
            break
        s = s + v * v
    return s


@case(args=point)
def next_inside_the_loop_over_it(x):
    items = iter(x)
    s = 1.0
    for a in items:
        b = next(items, 2.0)
        s = s * (a + b)
    return s


@case(args=point)
def zip_of_one_with_itself(x):
    items = iter(np.concatenate((x, x**2)))
    s = 1.0
    for a, b in zip(items, items):
        s = s * (a + b)
    return s


@case(args=point)
def head_by_islice(x):
    items = iter(x)
    a, b = itertools.islice(items, 2)
    (c,) = items
    return a * b / c


class Reader:
    def __init__(self, values):
        self.values = iter(values)

    def read(self):
        return next(self.values)


@case(args=point)
def iterator_kept_by_an_object(x):
    reader = Reader(x)
    return reader.read() ** 2 * reader.read()


@case(args=point)
def loop_goes_on_where_another_broke_off(x):
    items = enumerate(x, 1)
    s = 0.0
    for i, v in items:
        if i == 2:
            break
        s = s + v * i
    for i, v in items:
        s = s + v * v * i
    return s


@case(args=point)
def next_in_one_branch(x):
    items = iter(x)
    s = 0.0
    if x[0] > 0:
        s = next(items) ** 2
    return s + sum(items)


@case(args=point)
def list_grows_after_its_iterator_has_ended(x):
    values = [x[0], x[1]]
    items = iter(values)
    a = next(items)
    s = 0.0
    for v in items:
        s = s + v * a
    values.append(x[2])
    for v in items:
        s = s + v * 100
    return s


@case(args=point)
def list_grows_while_it_is_walked(x):
    values = [x[0], x[1]]
    items = iter(values)
    values.append(x[2] * next(items))
    s = 0.0
    for v in items:
        s = s + v * v
        if len(values) < 6:
            values.append(v * x[1])
    return s


@case(args=point)
def rows_that_change_while_they_are_walked(x):
    a = np.outer(x, x)
    rows = iter(a)
    first = next(rows)
    s = 0.0
    for row in rows:
        row *= first
        first[0] += row[1]
        s = s + row.sum()
    return s + a.sum()


@case(args=point)
def backwards_and_zipped(x):
    items = reversed([x[0], x[1], x[2]])
    s = a = next(items)
    for v in items:
        s = s * v + a
    pairs = zip(x, x**2)
    p, q = next(pairs)
    s = s + p * q
    for p, q in pairs:
        s = s + p * q * s
    return s


@case(args=point)
def counters_and_cycles(x):
    numbers = itertools.count(1, 0.5)
    signs = itertools.cycle([1.0, -x[0]])
    s = 0.0
    for v, sign in zip(x, itertools.cycle([1.0, -1.0])):
        s = s + v * v * next(numbers) * sign * next(signs) + next(numbers)
    return s


@case(args=point)
def iterator_over_a_dict(x):
    table = {"a": x[0], "b": x[1]}
    keys = iter(table)
    s = table[next(keys)]
    for key in keys:
        s = s * table[key]
    return s


class Growing:
    """A user's iterator: whoever asks it changes it."""

    def __init__(self, value):
        self.value = value
        self.asked = 0

    def __iter__(self):
        return self

    def __next__(self):
        self.asked += 1
        if self.asked > 3:
            raise StopIteration
        self.value = self.value * 1.3
        return self.value


@case(args=point)
def zip_asks_each_in_turn(x):
    """``zip`` stops where the second has no more; the first has been asked by then."""
    growing = Growing(x[0])
    s = 0.0
    for a, b in zip(growing, [1.0, 2.0]):
        s = s + a * b
    return s + growing.asked + next(growing, 2.0) * growing.value


@case(args=point)
def users_iterator_in_many_hands(x):
    growing = Growing(x[0])
    s = next(iter(growing)) + list(itertools.islice(growing, 1))[0] * 2
    return s + next(growing, 0.0) * 3 + next(growing, x[1])


@case(args=point)
def users_iterator_asked_until_something_is_true(x):
    growing = Growing(x[0])
    return any(growing.asked > 1 for _ in growing) * next(growing)


@case(args=point)
def zip_of_users_iterators_in_a_list(x):
    both = [Growing(x[0]), Growing(x[1])]
    s = 0.0
    for a, b in zip(*both):
        s = s + a * b
    return s + next(both[0], 7.0) * both[1].value


@case(args=point)
def cycle_over_a_list_that_changes(x):
    """The first time round it reads the list, afterwards what it read."""
    c = [x[0], x[1]]
    s = 0.0
    for i, a in zip(range(7), itertools.cycle(c)):
        c[1] *= x[2]
        s += a * (i + 1)
    return s


@case(args=point)
def cycle_over_rows_that_change(x):
    a = np.outer(x, x)
    s = 0.0
    for i, row in zip(range(5), itertools.cycle(a)):
        a *= 0.9
        s += row.sum() * i
    return s


@case(args=point)
def cycle_until_enough(x):
    s = 0.0
    for v in itertools.cycle(x):
        s = s + v * v
        if s > 4:
            break
    return s


@case(args=lambda: (np.array([0.5, 1.2, -0.7, 0.9]), 3))
def parts_of_ranges(x, trips):
    """A slice of a range is a range, forwards and backwards."""
    y = x.copy()
    places = range(len(x))
    for i in places[1:trips]:
        y[i] = y[i] * y[i - 1]
    s = sum(y[i] * i for i in places[:trips])
    for i in places[::-2]:
        s = s * y[i] + y[places[i]]
    for i in places[:trips][::-1]:
        y[i] += s * y[i - 1]
    return np.sum(y**2)

@case(args=point)
def numbers_beside_generators_and_iterators(x):
    """`itertools.count` has no end: it stands beside what has one, before it or behind it."""
    total = 0.0
    for number, value in zip(itertools.count(1), (v * v for v in x)):
        total += number * value
    for value, number in zip(_doubled(x), itertools.count(2, 3)):
        total += value * number
    numbers = itertools.count(5)
    for value, number in zip(x, numbers):
        total += value * number
    return total * next(numbers)


def _doubled(x):
    for k in range(2):
        yield 2.0 * x[k]


@case(args=lambda: (normal(7, 6), 0.7), argnums=(0, 1))
def groups_of_equal_keys(x, s):
    """Groups that are gone over once, in part, or not at all, in loops and in each other."""
    rows = [("a", x[0]), ("a", x[1] * s), ("b", x[2]), ("a", x[3]), ("c", x[4]), ("c", s), ("c", x[5])]
    total, kept = 0.0, {}
    for key, group in itertools.groupby(rows, key=lambda row: row[0]):
        if key == "b":
            continue
        first = next(group)[1]
        for number, (_, value) in enumerate(group):
            total = total + first * value * (number + 1)
        kept[key] = first * s + sum(value for _, value in group)  # noqa: B031 - nothing is left of it
    for even, places in itertools.groupby(range(6), lambda k: k // 4):
        for sign, inner in itertools.groupby([x[k] * s for k in places], lambda v: v > 0.0):
            total = total + (2.0 if sign else 1.0) * math.prod(v + even for v in inner)
    return total + sum(value**2 for value in kept.values())


@case(args=lambda: (normal(8, 4), 0.7), argnums=(0, 1))
def groups_that_are_kept(x, s):
    """Python empties a group when the next one is asked for."""
    groups = list(itertools.groupby([x[0], x[0], x[1], s, s]))
    lengths = [len(list(group)) for _, group in groups]
    none = [value for _, group in itertools.groupby([]) for value in group]
    return sum(key * (length + 1.0) for (key, _), length in zip(groups, lengths)) * s + len(none)
