"""Functions that are kept and called later: what they see is what their variables are then; some share one."""
# ruff: noqa: B905, B023 - the programs are as users write them

import numpy as np

from corpus.registry import case


def three():
    return (np.array([0.7, 1.3, 0.4]),)


class Layer:
    def __init__(self, fun):
        self.fun = fun

    def run(self, v):
        return self.fun(v)


@case(args=three)
def in_objects_of_a_loop(x):
    """The weight is that of the last trip, in all layers."""
    layers = []
    for i in range(3):
        w = x[i]
        layers.append(Layer(lambda v: np.tanh(v * w)))
    h = x[0]
    for layer in layers:
        h = layer.run(h)
    return h


@case(args=three)
def of_trips_that_only_the_run_knows(x):
    kept = []
    for i in range(int(x[0] * 10.4)):
        w = x[i % 3] + i
        kept.append(lambda v: v * w)
    return kept[int(x[1] * 2)](x[2]) * kept[0](x[0])


@case(args=three)
def called_in_each_trip(x):
    kept, out = [], 0.0
    for i in range(3):
        a = x[i] ** 2
        kept.append(lambda v: a * v)
        for f in kept:
            out = out + f(x[0])
    return out


@case(args=three)
def defined_in_a_loop(x):
    found = {}
    for i in range(3):
        a = x[i] * 2.0

        def scaled(v):
            return a * v + i

        found[i] = scaled
    return sum(found[k](x[k]) for k in found)


@case(args=three)
def wrapped_in_a_loop(x):
    """What is kept holds a function that sees the variable."""

    def twice(f):
        return lambda v: f(f(v))

    kept = []
    for i in range(3):
        a = x[i]
        kept.append(twice(lambda v: a * v))
    return sum(f(x[0]) for f in kept)


@case(args=three)
def in_a_tuple_that_grows(x):
    kept = ()
    for w in (x[0], x[1]):
        kept = (*kept, lambda v: v * w)
    return kept[0](x[2]) + kept[1](x[1])


@case(args=three)
def in_loops_in_loops(x):
    kept, i = [], 0
    while i < 2:
        for j in range(2):
            c = x[i] * x[j]
            kept.append((i, lambda u: u * c + i))
        i += 1
    return sum(f(x[2]) * k for k, f in kept)


@case(args=three)
def over_a_generator(x):
    def squares():
        for v in x:
            yield v * v

    kept = []
    for v in squares():
        kept.append(lambda u: u * v)
    return sum(f(x[0]) for f in kept)


@case(args=three)
def bound_in_each_trip(x):
    kept = []
    for i in range(3):
        w = x[i]
        kept.append(lambda v, w=w: v * w)
    return sum(f(x[0]) for f in kept)


@case(args=three)
def rebound_before_each_call(x):
    a = x[0]
    kept = {"times": lambda v: a * v, "plus": lambda v: a + v * v}
    out = 0.0
    for name in ("times", "plus", "times"):
        out = out + kept[name](x[1])
        a = a * x[2]
    return out


def account(start):
    """Two functions over one variable."""
    total = start

    def add(v):
        nonlocal total
        total = total * v + 1.0

    def get():
        return total

    return add, get


@case(args=three)
def pairs_of_a_loop(x):
    pairs = []
    for v in x:
        pairs.append(account(v))
    for i in range(5):
        for add, _ in pairs:
            add(x[i % 3])
    return sum(get() ** 2 for _, get in pairs)


@case(args=three)
def getters_and_setters(x):
    def boxed(value):
        def getter():
            return value

        def setter(new):
            nonlocal value
            value = new

        return getter, setter

    boxes = {name: boxed(v) for name, v in zip("abc", x)}
    boxes["a"][1](boxes["b"][0]() * 2.0)
    boxes["b"][1](boxes["a"][0]() * boxes["c"][0]())
    return sum(getter() ** 2 for getter, _ in boxes.values())


class Counted:
    """A decorator with state."""

    def __init__(self, fun):
        self.fun, self.count, self.seen = fun, 0, []

    def __call__(self, v):
        self.count += 1
        found = self.fun(v) * self.count
        self.seen.append(found)
        return found


@case(args=three)
def decorator_with_state(x):
    @Counted
    def scaled(v):
        return v * x[0]

    c = scaled(scaled(x[0]) * scaled(x[1]))
    return c + sum(scaled.seen) * scaled.count
