"""What is only computed when it is asked for: generator expressions, ``map``; functions that see variables change."""
# ruff: noqa: B905, C417, E731, SIM108 - the programs are as users write them

import itertools
import math

import numpy as np

from corpus.registry import case, normal


def two():
    return (normal(1, 6), 0.7)


def step(x, i):
    x[i] *= x[i + 1]
    return x[i]


@case(args=two, argnums=(0, 1))
def any_stops_early(x, s):
    """The items after the first true one are not computed, and what they would write is not written."""
    found = any(step(x, i) > -9.0 for i in range(4))
    return np.sum(x * x) * s + found


@case(args=two, argnums=(0, 1))
def all_stops_early(x, s):
    found = all(step(x, i) > 9.0 for i in range(4))
    return np.sum(x * x) * s + found


@case(args=two, argnums=(0, 1))
def any_finds_a_witness(x, s):
    """A walrus in a generator expression assigns the variable of the function."""
    if any((m := v) * s < -0.5 for v in x):
        x[1] *= m
    return np.sum(x * x) * m


@case(args=two, argnums=(0, 1))
def next_computes_one(x, s):
    first = next(step(x, i) for i in range(4))
    none = next((step(x, i) for i in range(4) if x[i] > 100.0), s)
    return np.sum(x * x) * first * none


@case(args=two, argnums=(0, 1))
def loop_over_generator_expression(x, s):
    """The loop writes what the next item is computed from."""
    for v in (2 * x[i] for i in range(1, 5)):
        x[2:] *= v
        if v < -3:
            break
    return np.sum(x * x) * s


@case(args=two, argnums=(0, 1))
def loop_over_map(x, s):
    for v in map(lambda i: 2 * x[i], range(1, 5)):
        x[2:] *= v
        if v < -3:
            break
    return np.sum(x * x) * s


@case(args=two, argnums=(0, 1))
def nobody_asks(x, s):
    """A generator that nobody goes over does nothing."""
    (step(x, i) for i in range(4))
    map(lambda i: step(x, i), range(4))
    return np.sum(x * x) * s


@case(args=two, argnums=(0, 1))
def asked_later(x, s):
    items = (step(x, i) for i in range(1, 5))
    more = map(lambda v: v * s, x)
    x[1:] *= s
    return sum(items) + sum(more) + np.sum(x * x)


@case(args=two, argnums=(0, 1))
def numbered_and_zipped_generators(x, s):
    for k, v in enumerate((0.2 * x[i] for i in range(1, 5)), 1):
        x[2:] *= v + 0.1 * k
    for v, k in zip((step(x, i) for i in range(1, 5)), [1, 2, 3]):
        x[5] *= v + k
    for k, v in zip(x, map(lambda i: step(x, i), range(1, 5))):
        x[5] *= v + k
    return np.sum(x) * s


@case(args=two, argnums=(0, 1))
def generators_everywhere(x, s):
    a, b, c = (v * s for v in x[:3])
    d, *e = (v * v for v in x)
    f = [*(v * s for v in x), *map(math.sin, x)]
    g = dict(enumerate(x))
    total = 0.0
    for i in itertools.count(1):
        total += x[i] * i
        if i == 3:
            break
    return a * b * c + d * sum(e) + sum(f) + g[2] * math.fsum(v * v for v in x) + total


def pairs(x):
    return ((a, b) for a in x for b in x if a > b)


@case(args=two, argnums=(0, 1))
def generator_expression_that_is_returned(x, s):
    return sum(a * b * s for a, b in pairs(x)) + len(list(pairs(x)))


@case(args=two, argnums=(0, 1))
def kept_function_sees_the_variable(x, s):
    """What a call sees is what the variable is then, wherever the function was kept meanwhile."""
    a = s

    def scaled(v):
        return a * v

    kept = [scaled]
    same = scaled
    table = {"f": scaled}
    later = map(scaled, x)
    a = 2.0 * s * s
    return kept[0](x[0]) + same(x[1]) + table["f"](x[2]) + sum(later)


@case(args=two, argnums=(0, 1))
def returned_function_sees_the_variable(x, s):
    def make(q):
        b = x[0]

        def scaled(v):
            return b * v

        def get():
            return scaled

        made = get()
        b = q * s
        return made

    return make(x[2])(s)


def same(f):
    return f


def twice(f):
    return lambda v: f(f(v))


@case(args=two, argnums=(0, 1))
def function_handed_through(x, s):
    b = x[0]
    first = same(lambda v: b * v)
    second = twice(lambda v: b * v)
    b = x[1] * s
    return first(s) + second(s) * b


@case(args=two, argnums=(0, 1))
def key_sees_a_variable_that_is_used_again(x, s):
    """Column pivoting, with a variable of the loop that a later loop uses too."""
    a = np.outer(x[:4], x[1:5]) + 4.0 * s * np.eye(4)
    for k in range(4):
        m = max(range(k, 4), key=lambda i: abs(a[i, k]))
        if m != k:
            a[[k, m]] = a[[m, k]]
        for i in range(k + 1, 4):
            a[i, k:] -= a[i, k] / a[k, k] * a[k, k:]
    det = 1.0
    for k in range(4):
        det *= a[k, k]
    return det


@case(args=two, argnums=(0, 1))
def list_whose_items_are_replaced(x, s):
    """A loop over a list of unlike items sees those that an earlier trip stored."""
    items = [x, s, 2.0]
    total = 0.0
    for k, v in enumerate(items):
        if k == 0:
            items[1] = s * s
            items[2] = x[1]
        total += np.sum(v)
    return total


@case(args=two, argnums=(0, 1))
def list_shortened_before_a_break(x, s):
    items = [v * s for v in x]
    for v in items:
        if v > 0.3:
            items.remove(v)
            break
    for _ in range(3):
        fresh = []
        for v in items:
            fresh.append(v * s)
            if v > 0:
                fresh.append(v)
        items = fresh
    return sum(items)


@case(args=two, argnums=(0, 1))
def list_lengthened_in_its_loop(x, s):
    """Before each trip the loop asks how long the list is."""
    items = [float(v) for v in x]
    total = 0.0
    for v in items:
        total += v * s
        if len(items) < 9:
            items.append(v * total)
    return total


@case(args=two, argnums=(0, 1))
def array_of_nested_lists(x, s):
    rows = []
    for i in range(2):
        row = []
        for v in x:
            row.append(v * i + s)
        rows.append(row)
    table = np.array([[i * v for v in x] for i in range(3)])
    return np.sum(np.sin(np.array(rows))) + np.sum(table * table)


@case(args=lambda: (np.array(0.3), np.array(0.8)), argnums=(0, 1))
def array_without_axes_that_is_stored_to(x, y):
    """A sum of arrays without axes is a number, which nothing can be stored to."""
    z = np.zeros(())
    z += x
    z[...] *= y
    z += x * y
    z[()] += y
    return np.sin(x) * float(z)


@case(args=two, argnums=(0, 1))
def chosen_function_over_an_array_that_changes(x, s):
    """Refused: what the call gives for the array belongs in the shadow of the array."""
    y = x * s
    kept = [lambda k: y[k], lambda k: 2 * y[k]]
    y[1] = x[1] * x[1]
    return kept[int(x[0] > 0)](1) * s


@case(args=two, argnums=(0, 1))
def chosen_function_over_a_variable_that_changes(x, s):
    """Refused: what the call gives for the variable is added where the function was made."""
    b = s
    if x[0] > 0:
        f = lambda v: b * v
    else:
        f = lambda v: b + v
    b = x[1]
    return f(x[2])


@case(args=two, argnums=(0, 1))
def chosen_function_over_an_array_that_is_done(x, s):
    y = x * s
    y[2] = x[1] * x[1]
    if x[0] > 0:
        f = lambda k: y[k]
    else:
        f = lambda k: y[k] * 2
    return f(2) * s


@case(args=two, argnums=(0, 1))
def generator_sees_what_its_consumer_assigns(x, s):
    z = x

    def steps():
        yield z
        z[0] *= 0.9

    for _ in steps():
        z = z.copy() * s
    return z.sum()
