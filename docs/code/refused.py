"""One small function for each thing that is refused; docs/limitations.md shows what a user reads."""

import array
import functools

import numpy as np

from diffcompile import insert_grad_of

state = np.zeros(3)


def catches(x):
    """A try block may fail in one trip, and assigns a variable that the next one changes."""
    parts, total = np.zeros(3), 0.0
    for k in range(3):
        try:
            total += x[k, k]
            parts[k] = np.linalg.inv(x)[k, k] * total
        except np.linalg.LinAlgError:
            parts[k] = 0.0
    return np.sum(parts)


def yields(x):
    """A generator that goes over itself (and never ends)."""

    def halves(v):
        yield v
        yield from halves(0.5 * v)

    return sum(halves(x))


def caches(x):
    """A cache of a nested function."""

    @functools.cache
    def power(n):
        return x**n

    return power(2) + power(3)


def several(x):
    """Two problems."""
    try:
        y = 1.0 / x
    except* ValueError:
        y = x

    class Local:
        if y > 0:
            sign = 1.0

    return Local, y


def reduces(x):
    """A function without derivative rule or source."""
    return array.array("d", x)[0]


def modular(x):
    """pow with a modulus."""
    return pow(x, 2, 3)


def remembers(x):
    """A write to a global array."""
    state[:] = x
    return np.sum(state * state)


def stores(x, counter):
    """A store to an attribute."""
    counter.value = x
    return counter.value * x


def computed(x, name):
    """A computed attribute."""
    return getattr(np, name)(x)


def spreads(x, options):
    """Keywords that are not known."""
    return np.sum(x, **options)


def deletes(x):
    """del of an item that is written to."""
    parts = {"a": x * x, "b": 2.0 * x}
    parts["a"][0] = 0.0
    del parts["a"]
    return np.sum(parts["b"])


def vector(x):
    """An array as result."""
    return x * x


def constant(x):
    """A string as result."""
    return "none"


def looks(x):
    """A hook that leaves its place."""
    y = x * x
    with insert_grad_of(y) as y_bar:
        return y_bar
    return y


def rereads(x):
    """A number that is rounded by way of its text."""
    return float(f"{x:.6f}") * 2.0


class Bid:
    """An offer that counts how often it was compared."""

    def __init__(self, price):
        self.price = price
        self.compared = 0

    def __lt__(self, other):
        self.compared += 1
        return self.price < other.price


def sorts(x):
    """Objects in order that note who compared them."""
    bids = sorted([Bid(x), Bid(2.0 * x)])
    return bids[0].price * bids[1].compared
