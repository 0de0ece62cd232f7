"""Iterators whose items change, what ``*`` reads, what builtins make of objects, and keys that are equal."""
# ruff: noqa: B905, C417, F601, PLW2901 - the programs are as users write them

import itertools
import math
import operator

import numpy as np

from corpus.registry import case


def point():
    return np.array([0.3, 0.8, 1.2, -0.5]), 0.7


class Source:
    """Its generator writes to it, whenever it goes on."""

    def __init__(self, level):
        self.level = level

    def __iter__(self):
        self.level = self.level * 0.5
        for i in range(3):
            self.level += 0.2
            yield self.level * i


class Counter:
    """It is its own iterator, and starts again."""

    def __init__(self, level):
        self.level = level
        self.count = 0

    def __iter__(self):
        self.count = 0
        return self

    def __next__(self):
        self.count += 1
        if self.count > 3:
            raise StopIteration
        self.level *= 1.1
        return self.level + self.count


class Stack:
    def __init__(self, *items):
        self.items = list(items)

    def __reversed__(self):
        self.items[0] *= 2.0
        return iter(self.items[::-1])


@case(args=point, argnums=(0, 1))
def enumerated_object_that_changes(x, s):
    """The consumer writes to what the generator reads when it goes on."""
    source = Source(s)
    r = 0.0
    for i, item in enumerate(source):
        source.level *= x[i]
        r += item * source.level
    return r


@case(args=point, argnums=(0, 1))
def zipped_object_that_changes(x, s):
    """On either side of an array, and of both."""
    one, two, three = Source(s), Source(s * s), Source(x[3])
    r = 0.0
    for item, v in zip(one, x):
        one.level *= v
        r += item * one.level
    for v, item in zip(x, two):
        two.level *= v
        r += item
    for v, item, w in zip(x, three, x[::-1]):
        three.level *= v
        r += item * w
    return r + one.level * two.level + three.level


@case(args=point, argnums=(0, 1))
def zipped_with_its_own_iterator(x, s):
    """An object with ``__next__``, beside a list and numbered."""
    counter = Counter(s)
    r = 0.0
    for v, item in zip([x[0], x[1]], counter):
        counter.level *= v
        r += item
    for i, item in enumerate(counter):
        counter.level *= x[i]
        r += item * counter.level
    return r + counter.level


@case(args=point, argnums=(0, 1))
def endless_numbers_beside_two(x, s):
    """``zip`` of a generator without end and several arrays."""
    r = s
    for n, v, w in zip(itertools.count(1), x, x[::-1]):
        r = r * 0.9 + n * v * w
    return r


@case(args=point, argnums=(0, 1))
def generator_expressions_side_by_side(x, s):
    """Items are computed when they are asked for."""
    c = x.copy()
    rates = [s, x[1], x[2]]
    r = x[0]
    for a, b in zip((v * 2 for v in c), (w * 3 for w in rates)):
        c[2] *= s
        rates[1] += a
        r += a * b
    return r


@case(args=point, argnums=(0, 1))
def generator_writes_what_stands_before_it(x, s):
    """``zip`` reads the list before the generator goes on."""
    c = [x[0], x[1], x[2]]

    def doubling():
        for i in range(3):
            c[i] = c[i] * 2.0 + s
            yield c[i]

    r = 0.0
    for old, new in zip(c, doubling()):
        r += old * new
    return r


@case(args=point, argnums=(0, 1))
def sliced_while_written(x, s):
    """``islice`` of lists, arrays and what is numbered goes over them as they are by then."""
    c, d = [x[0], x[1], x[2]], x.copy()
    r = x[0]
    for a in itertools.islice(c, 1, 3):
        c[2] *= s
        r += a * a
    for i, a in itertools.islice(enumerate(d), 1, None, 2):
        d[3] *= s
        r += a * a * i
    return r


@case(args=point, argnums=(0, 1))
def neighbours_while_written(x, s):
    """``pairwise`` keeps the first of a pair as it was."""
    c, d = [x[0], x[1], x[2]], x.copy()
    r = x[0]
    for a, b in itertools.pairwise(c):
        c[2] *= s
        r += a * b
    for a, b in itertools.pairwise(d):
        d *= s
        r += a * b
    return r


@case(args=point, argnums=(0, 1))
def rows_in_pairs_while_written(x, s):
    """The first of a pair is a view."""
    m = np.outer(x, x)
    r = 0.0
    for a, b in itertools.pairwise(m):
        b *= s
        r += a @ b
        a += b[0]
    return r + np.sum(m * m)


@case(args=point, argnums=(0, 1))
def longest_while_written(x, s):
    """``zip_longest`` reads item by item."""
    c = [x[0], x[1], x[2]]
    r = x[0]
    for a, b in itertools.zip_longest(c, x, fillvalue=1.5):
        c[2] *= s
        r += a * b
    return r


@case(args=point, argnums=(0, 1))
def accumulated_while_written(x, s):
    """``accumulate`` calls its function when the consumer asks."""
    c = [x[0], x[1], x[2]]
    rate = [s]

    def add(p, q):
        rate[0] *= 0.5
        return p + q * rate[0]

    r = x[0]
    for a in itertools.accumulate(c):
        c[2] *= s
        r += a
    for a in itertools.accumulate(x, add, initial=s):
        rate[0] += a
        r += a
    return r


@case(args=point, argnums=(0, 1))
def products_of_what_was_there(x, s):
    """``product`` and ``combinations`` keep what they were given, as it was."""
    c, d = [x[0], x[1], x[2]], x.copy()
    r = x[0]
    for a, b in itertools.product(c, c):
        c[2] *= s
        r += a * b
    for a, b in itertools.combinations(d, 2):
        d *= s
        r += a * b
    return r + d[0]


@case(args=point, argnums=(0, 1))
def iterator_at_once(x, s):
    """``map`` and generator expressions ask for the iterator when they are made."""
    one, two = Counter(s), Counter(s * s)
    scaled = map(lambda v: v * s, one)
    shifted = (v + s for v in two)
    one.count = 2
    two.count = 1
    return sum(scaled) * x[0] + sum(shifted) * one.level


@case(args=point, argnums=(0, 1))
def reversed_by_its_own_method(x, s):
    """``__reversed__`` writes."""
    stack = Stack(x[0], x[1], s)
    r = 0.0
    for i, item in enumerate(reversed(stack)):
        r += i * item
    return r + stack.items[0]


@case(args=point, argnums=(0, 1))
def starred_before_a_call_that_writes(x, s):
    """What ``*`` stands before is read before what follows it is evaluated."""
    items, array, source = [x[0], x[1]], x.copy(), Source(s)

    def halve():
        items[0] = items[0] * 0.5
        array[0] = array[0] * 0.5
        return items[0]

    def mix(a, b, c):
        return a * b + c

    p = [*items, halve(), *items]
    q = [*array, halve(), *array]
    r = [*source, source.level, *source]
    return p[0] * p[1] + p[3] * s + q[0] * q[1] + q[5] + mix(*items, halve()) + r[2] * r[3] + r[5]


@case(args=point, argnums=(0, 1))
def spread_before_a_call_that_writes(x, s):
    """The same for ``**``."""
    d = {"a": x[0], "b": x[1]}

    def halve():
        d["a"] *= 0.5
        return d["a"]

    def mix(a, b, c):
        return a * b + c * s

    e = {**d, "c": halve(), **d, "b": halve()}
    return e["a"] * e["b"] * e["c"] + mix(**d, c=halve()) * mix(c=halve(), **d)


class Level:
    """What builtin functions make of it is its own affair."""

    def __init__(self, height):
        self.height = height

    def __round__(self, digits=0):
        return self.height * 2 + digits

    def __floor__(self):
        return self.height * 3

    def __trunc__(self):
        return self.height * 5

    def __divmod__(self, other):
        return self.height * other, self.height + other

    def __rdivmod__(self, other):
        return self.height * other, self.height - other

    def __pow__(self, other, modulus=None):
        return self.height * other

    def __rpow__(self, other):
        return self.height * other + 1

    def __invert__(self):
        return self.height * 7

    def __float__(self):
        return float(self.height * 0.5)

    def __add__(self, other):
        return Level(self.height + other)

    def __iadd__(self, other):
        self.height = self.height + 2 * other
        return self

    def __getattr__(self, name):
        if name == "depth":
            return -self.height
        raise AttributeError(name)

    @property
    def absent(self):
        raise AttributeError("absent")


@case(args=point, argnums=(0, 1))
def builtins_of_an_object(x, s):
    """``round``, ``math.floor``, ``math.trunc``, ``divmod`` and ``pow`` call methods of the class."""
    a, b = divmod(Level(x[0]), s)
    c, d = divmod(2.0, Level(x[1]))
    r = round(Level(x[0]), 2) * s + round(Level(x[1]), ndigits=1) + round(Level(s))
    r += math.floor(Level(x[2])) * math.trunc(Level(s))
    return r + a * b + c * d + pow(Level(x[0]), s) + Level(x[0]) ** s + 2 ** Level(x[1]) + pow(2, Level(x[2]))


@case(args=point, argnums=(0, 1))
def operators_by_name_of_an_object(x, s):
    """The functions of ``operator``, and those of ``math``, which ask for ``__float__``."""
    level = operator.add(Level(x[0]), s)
    same = operator.iadd(level, x[1])
    return level.height * operator.inv(same) + operator.invert(level) + math.sin(Level(s)) * math.atan2(Level(x[2]), s)


@case(args=point, argnums=(0, 1))
def attributes_that_may_be_computed(x, s):
    """``getattr`` with a default and ``hasattr``, where ``__getattr__`` or a property answers."""
    level = Level(x[0])
    r = getattr(level, "depth", s) + getattr(level, "width", s) * 2.0 + getattr(level, "absent", x[1])
    r += 10 * hasattr(level, "depth") + 100 * hasattr(level, "width") + 1000 * hasattr(level, "absent")
    level.width = s * s
    return r + getattr(level, "width", s)


@case(args=point, argnums=(0, 1))
def keys_given_twice(x, s):
    """The last value of a key counts."""
    first = {"a": x[0], "b": s, "a": x[1] * s}
    last = {1: x[0], 1.0: x[1], True: x[2]}
    return first["a"] * first["b"] + last[1] * s


@case(args=lambda: (*point(), 2), argnums=(0, 1))
def keys_that_turn_out_equal(x, s, k):
    """Which keys are equal is known at run time; the values are numbers, arrays, arrays that are written to."""
    numbers = {1: x[0], k: s, k - 1: x[1], 5: x[2]}
    arrays = {1: x, k: x * s, k - 1: x**2}
    a, b = x.copy(), x * s
    memory = {1: a, k - 1: b}
    memory[1] *= 2
    numbers[k] += numbers[1]
    a *= 3
    return numbers[1] * numbers[2] + numbers[5] + np.sum(arrays[1] * arrays[2]) + np.sum(a * b * memory[1])


@case(args=point, argnums=(0, 1))
def asked_until_the_end(x, s):
    """``iter`` of a function and the value that ends it."""
    items, state = [x[0], x[1], 5.0, x[2]], [s]

    def following():
        state[0] = state[0] + 0.5
        return state[0] if len(items) < 10 and state[0] < 2.0 else 7.0

    return sum(iter(items.pop, 5.0)) * s + sum(items) + sum(v * x[0] for v in iter(following, 7.0))


KNOWN = {"first", "third", 3}


@case(args=lambda: (*point(), {0, 2}, ["first", "second", "third"]), argnums=(0, 1))
def sets_of_the_surroundings(x, s, places, names):
    """A set of the module and one that is handed in are asked what they hold, and gone over."""
    total = 0.0
    for k, name in enumerate(names):
        if name in KNOWN and k in places:
            total = total + x[k] * s
        elif k not in KNOWN:
            total = total * x[k]
    for place in places:
        total = total + x[place] ** 2
    return total * len(places) + sum(places) * s


@case(args=lambda: (*point(), 2), argnums=(0, 1))
def numbered_from_elsewhere(x, s, first):
    """The number that ``enumerate`` starts with is an argument, or computed."""
    total = 0.0
    for k, v in enumerate(x, first):
        total += k * v * s
    for k, (u, v) in enumerate(zip(x, s * x), start=len(x) - first):
        total = total * u + k * v
    return total + sum(k * v for k, v in enumerate([s, s * s], first + 1))


@case(args=lambda: (*point(), 2))
def unlike_items_that_a_loop_changes(x, s, n):
    """Under a condition, at a place that is known at run time, and before the loop ends early."""
    items = [x, 2.0, x * x]
    total = 0.0
    for k, v in enumerate(items):
        if n > k:
            items[2] = s * x[0]
        total = total + np.sum(v) * (k + 1)
    for v in items:
        items[n % 3] = 2.0 * x[0]
        total += np.sum(v) ** 2
        if total > 100.0:
            break
    for k, v in zip((1.0, 2.0), reversed(items)):
        items[1] = x[2] * 3.0
        items[n] = x * total
        total += np.sum(v) * k
    return total


@case(args=lambda: (*point(), 1))
def unlike_items_of_two_lists(x, s, n):
    items, others = [x, s, x * x], [1.0, x[0], x[1:]]
    total = 0.0
    for k, (v, w) in enumerate(zip(items, others)):
        for _ in range(n):
            items[n] = items[n] + 1.0
        if total > n:
            others[(k + 1) % 3] = v
        total = total + np.sum(v) * np.sum(w) + k
        if total > 1000.0:
            break
    else:
        total += np.sum(items[n])
    return total
