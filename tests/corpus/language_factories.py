"""Helpers into which nothing active goes, and what they return: containers and objects that are stored to later."""

# written as users write it, not as a linter likes it

import collections
import functools
import types
from types import SimpleNamespace

import numpy as np

from corpus.registry import case, normal

Point = collections.namedtuple("Point", "x y")


class Box:
    """An array and a number."""

    def __init__(self, n):
        self.n = n
        self.data = np.zeros(n)

    def put(self, i, v):
        self.data[i] = v
        return self


def table(n):
    return [[0.0] * n for _ in range(n)]


def pair(n):
    return n, [n]


def records(n):
    return {"a": np.zeros(n), "b": [0.0] * n}


def new_box(n):
    return Box(n)


def point(n):
    return Point(n * 1.0, [n])


def namespace(**options):
    return types.SimpleNamespace(**options)


@functools.cache
def numbers(n):
    return np.arange(float(n))


def same(a):
    return a


def first(a):
    return a[0]


def rest(a):
    return a[1:]


def flat(a):
    return a.reshape(-1)


@case(args=lambda: (normal(1, 3),), argnums=0)
def rows_of_a_new_table(x):
    """A list of lists that a helper made is filled."""
    t = table(3)
    for i in range(3):
        for j in range(3):
            t[i][j] = x[i] * x[j] * (i + 1)
    return sum(t[i][j] for i in range(3) for j in range(3) if i != j)


@case(args=lambda: (normal(2, 3),), argnums=0)
def list_in_a_new_tuple(x):
    """A helper returns a number and a list, which is appended to and overwritten."""
    n, items = pair(3)
    items.append(x[0])
    items[0] = x[1] * n
    return items[0] * items[1]


@case(args=lambda: (normal(3, 3),), argnums=0)
def two_new_dicts(x):
    """Each call returns containers of its own."""
    d = records(3)
    e = records(3)
    d["a"][0] = x[0]
    e["a"][0] = x[1]
    d["b"][1] = x[2]
    return d["a"][0] * e["a"][0] + d["b"][1] * sum(e["b"]) + d["b"][1] ** 2


@case(args=lambda: (normal(4, 3),), argnums=0)
def new_objects_of_a_factory(x):
    """Objects that a helper made are changed, and share nothing."""
    b, c = new_box(3), new_box(3)
    b.put(0, x[0]).put(1, x[1])
    c.put(0, x[2])
    c.data += b.data
    return np.sum(c.data**2)


@case(args=lambda: (normal(5, 3),), argnums=0)
def objects_of_a_factory_in_a_list(x):
    """Objects that a helper made are kept in a list, changed there, and change places."""
    boxes = [new_box(2) for _ in range(3)]
    for box, v in zip(boxes, x, strict=True):
        box.data[0] = v
        box.n = v * 2
    boxes[0], boxes[1] = boxes[1], boxes[0]
    return boxes[0].data[0] * boxes[1].n + boxes[2].n ** 2


@case(args=lambda: (normal(6, 3),), argnums=0)
def list_in_a_new_named_tuple(x):
    """The list of a named tuple that a helper made is changed."""
    p = point(3)
    p.y.append(x[0])
    p.y[0] = x[1]
    return p.x * p.y[0] * p.y[1]


@case(args=lambda: (normal(7, 3),), argnums=0)
def namespace_of_options(x):
    """Options in a namespace, one of them None until it is known."""
    options = namespace(scale=2.0, bias=None)
    if options.bias is None:
        options.bias = x[0]
    options.scale *= x[1]
    return options.scale * options.bias


@case(args=lambda: (normal(8, 3),), argnums=0)
def namespaces_in_a_list(x):
    """Namespaces as records that change in a list."""
    particles = [SimpleNamespace(q=v, p=0.0) for v in x]
    for _ in range(3):
        for particle in particles:
            particle.p -= 0.1 * particle.q
            particle.q += 0.1 * particle.p
    return sum(particle.q**2 for particle in particles)


@case(args=lambda: (SimpleNamespace(a=2.0, b=np.array([1.0, 3.0])), 0.5), argnums=(0, 1))
def namespace_as_argument(model, x):
    """The gradient with respect to a namespace is one."""
    a = model.a * x
    return a**2 * np.sum(model.b * model.b)


@case(args=lambda: (normal(9, 3),), argnums=0)
def arrays_through_helpers(x):
    """Helpers return the array, an item and a view of what nothing active is in yet."""
    a = np.zeros(3)
    b = same(a)
    b[0] = x[0]
    c = rest(a)
    c[0] = x[1] * b[0]
    v = flat(a)
    a[2] = v[1] * 2
    rows = [np.zeros(2), np.zeros(2)]
    row = first(rows)
    row[0] = x[2]
    rows[0][1] = x[0]
    return np.sum(a * b) + np.sum(c**2) + np.sum(row**3)


@case(args=lambda: (normal(10, 3),), argnums=0)
def cached_constants(x):
    """What a cached helper returns is only read."""
    return np.sum(numbers(3) * x) * np.sum(numbers(3)) + x[0]
