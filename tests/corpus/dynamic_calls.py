"""Calls: ``*`` and ``**`` of lists and dicts, decorators, functions in containers, functions of functions."""

from __future__ import annotations

import functools
import inspect
import math
import operator
from functools import cache, partial, reduce, wraps

import numpy as np

from corpus.registry import case, normal


def sumall(*xs):
    return sum(xs)


def kw(a, *rest, b=2.0, c=3.0, **others):
    t = a * b + c
    for r in rest:
        t += r
    for k, v in others.items():
        t *= v
    return t


@case(lambda: (1.7,))
def star_of_a_display(x):
    return sumall(*[x, x * x, 2.0])


@case(lambda: (1.7,))
def star_of_a_list(x):
    args = [x]
    args.append(x * x)
    return sumall(*args)


@case(lambda: (1.7,))
def keywords_from_a_display(x):
    d = {"b": x, "z": 2.0 * x}
    return kw(x, 1.0, **d)


@case(lambda: (1.7,))
def keywords_from_a_built_dict(x):
    d = {}
    d["b"] = x * x
    d["q"] = x
    return kw(x, *(1.0, x), **d)


def pos(a, b, /, c, *, d):
    return a * b * c * d


@case(lambda: (1.7,))
def positional_and_keyword_only(x):
    return pos(x, 2.0, d=x, c=3.0)


def mut(x, acc=[]):
    return x * len(acc) + x


@case(lambda: (1.7,))
def mutable_default(x):
    return mut(x)


@case(lambda: (1.7,))
def partial_with_keywords(x):
    p = partial(kw, x, b=x)
    return p(2.0, c=x)


def twice(f):
    @wraps(f)
    def inner(*args, **kwargs):
        return 2.0 * f(*args, **kwargs)

    return inner


@twice
def deco(x, y=3.0):
    return x * y


@case(lambda: (1.7,))
def decorator_that_wraps(x):
    return deco(x) + deco(x, y=x)


def repeat(n):
    def outer(f):
        def inner(*a):
            s = 0.0
            for _ in range(n):
                s += f(*a)
            return s

        return inner

    return outer


@repeat(3)
def deco3(x, y):
    return x * x * y


@case(lambda: (1.7,))
def decorator_with_an_argument(x):
    return deco3(x, 2.0)


@cache
def cached(x):
    return x**3


@cache
def cached2(x):
    return math.sin(x)


@case(lambda: (1.7,))
def cached_functions(x):
    return cached(x) + cached2(x * 2)


TABLE = {"sin": math.sin, "sq": lambda x: x * x, "user": kw}


@case(lambda: (1.7,))
def functions_in_a_dict(x):
    return TABLE["sin"](x) + TABLE["sq"](x) + TABLE["user"](x)


@case(lambda: (1.7,))
def functions_by_name(x):
    s = 0.0
    for k in ["sin", "sq"]:
        s += TABLE[k](x)
    return s


@case(lambda: (1.7,))
def functions_of_all_items(x):
    s = 0.0
    for k, fn in TABLE.items():
        s += fn(x)
    return s


def make(n):
    def power(x):
        return x**n

    return power


@case(lambda: (1.7,))
def functions_that_functions_return(x):
    return make(3)(x) + make(x)(2.0)


@case(lambda: (1.7,))
def functions_in_a_list(x):
    fs = [make(k) for k in range(1, 4)]
    return sum(f(x) for f in fs)


@case(lambda: (1.7,))
def attribute_by_name(x):
    s = 0.0
    for name in ("sin", "cos"):
        s += getattr(math, name)(x)
    return s


@case(lambda: (1.7,))
def attribute_is_there(x):
    if hasattr(x, "shape"):
        return x.sum()
    return x * x


@case(lambda: (1.7,))
def map_of_a_lambda(x):
    return sum(map(lambda a: a * x, [1.0, 2.0, x]))


@case(lambda: (1.7,))
def map_over_two_lists(x):
    return sum(map(lambda a, b: a * b, [1.0, x], [x, 2.0]))


@case(lambda: (1.7,))
def filter_of_a_lambda(x):
    return sum(filter(lambda a: a > 1, [x, 0.5 * x, 2 * x]))


@case(lambda: (1.7,))
def reduce_a_list(x):
    return reduce(lambda a, b: a * b, [x, 2.0, x])


@case(lambda: (1.7,))
def reduce_from_a_start(x):
    return reduce(operator.add, [x * k for k in range(4)], 10.0)


@case(lambda: (1.7,))
def sorted_by_a_key(x):
    items = sorted([x, 3 * x, 0.5], key=lambda v: -v)
    return items[0] * 1 + items[1] * 10 + items[2] * 100


@case(lambda: (1.7,))
def sort_in_place_by_a_key(x):
    items = [("b", x), ("a", 2 * x)]
    items.sort(key=lambda p: p[0])
    return items[0][1] * 3 + items[1][1]


@case(lambda: (1.7,))
def imports_inside(x):
    import math as m
    from math import cos

    return m.sin(x) + cos(x)


@case(lambda: (1.7,))
def extrema_by_a_key(x):
    return max(v * x for v in [1.0, 3.0]) + min([x * x, 3 * x], key=lambda v: v) + max([x, -5 * x], key=abs)


@case(lambda: (1.7,))
def reduce_pairs(x):
    return functools.reduce(lambda a, k: a + k[1], [("q", x), ("r", x * x)], 0.0)


@case(lambda: (1.7,))
def lambda_with_stars(x):
    return (lambda *a, **k: a[0] * k["z"])(x, z=x)


def h82(a, b, *r):
    return a * b + sum(v * i for i, v in enumerate(r, 1)) + len(r)


@case(lambda: (1.7,))
def star_of_a_list_and_more(x):
    items = []
    for k in range(5):
        items.append(x * k + 1)
    return h82(*items) + h82(x, *items) + h82(x, 1.0, 2.0, *items) + h82(*items, x, *items)


def g84(*a, **k):
    return h82(*a, **k)


@case(lambda: (1.7,))
def star_of_a_list_to_libraries(x):
    items = [x, 3 * x, 1.0]
    return g84(*items) + math.hypot(*[x, 2.0]) + np.hypot(*items[:2]) + max(*items) + min(*items, 0.5)


@case(lambda: (1.7,))
def star_between_keywords(x):
    f = lambda a, b, c=2.0: a * b * c
    p = (x, 3.0)
    q = [x, 4.0]
    return f(*p) + f(*p, c=x) + f(*q, c=1.0)


@case(lambda: (1.7,))
def star_of_a_list_unpacked_again(x):
    def f(*args):
        first, *rest = args
        return first * len(rest) + sum(rest)

    items = [x * k for k in range(1, 4)]
    return f(*items) + f(x, *items)


_DEFAULTS = (1.5, np.ones(3), 2.0)


def _product(*factors):
    result = factors[0]
    for factor in factors[1:]:
        result = result * factor
    return np.sum(result)


@case(args=lambda: (normal(60, 3), 0.8), argnums=(0, 1))
def defaults_replaced_in_a_list(x, y):
    """A list of defaults of unlike types, two of which are replaced, is spread over a call."""
    full = list(_DEFAULTS)
    for place, value in zip((0, 2), (x, y), strict=True):
        full[place] = value * full[place]
    return _product(*full) + _product(*(part * part for part in full))


@case(args=lambda: (normal(61, 3, 3), normal(62, 3)), argnums=(0, 1))
def unlike_items_taken_apart(a, b):
    """What ``map``, a generator and a list of unlike items give is unpacked."""
    p, q = map(lambda part: part * 2, [a, b])
    r, *rest = [a, b, b[0]]
    u, w = (part**2 for part in (a, b))
    squares = tuple(part * part for part in [a, b])
    return np.sum(p) * q[0] + np.sum(r) * rest[1] + np.sum(u @ w) * squares[1][2]


def _volume(a, b, c=3.0):
    return a * b * c


@case(lambda: (2.0, 3.0), argnums=(0, 1))
def arguments_collected_in_a_growing_tuple(*args):
    """Few trips of a loop in which a tuple grows are walked one by one."""
    new = ()
    for i in range(len(args)):
        if args[i] > 100.0:
            new = new + (args[i] / 2.0,)
        else:
            new = new + (args[i] * args[0],)
    return _volume(*new)


@case(lambda: (2.0, 3.0), argnums=(0, 1))
def tuple_that_grows_until_a_break(x, y):
    new = (x,)
    for _ in range(1, 4):
        new += (y * new[-1],)
        if new[-1] > 50.0:
            break
    total = new[0]
    for i in range(3):
        inner = ()
        for j in range(2):
            inner = inner + (x * i + j * y,)
        if i == 1:
            continue
        total = total + sum(inner) * inner[1]
    return total + new[-1]


def _scaled(x, options={}):
    return x * options.get("a", 2.0)


def _scaled_twice(x, options={}):
    return _scaled(x) * options.get("b", 3.0) + _scaled(x, {"a": x})


@case(lambda: (2.0, 1.5), argnums=(0, 1))
def defaults_of_one_name(x, options):
    """Each default is read at each call, under a name of its own."""
    return _scaled_twice(x) * options


def _checked(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        spec = inspect.getfullargspec(function)
        if "x" not in spec.args:
            raise TypeError
        if inspect.isfunction(function) and len(inspect.signature(function).parameters) == 2:
            return function(*args, **kwargs) * len(spec.args)
        return function(*args, **kwargs)

    return wrapper


@case(lambda: (2.0, 3.0), argnums=(0, 1))
@_checked
def decorated_and_inspected(x, y):
    return x * y * _square_of_checked(x)


@_checked
def _square_of_checked(x):
    return x * x


def _scale_of(name):
    table = {"a": 1.0, "b": 2.0}
    return table[name]


def _scales(names):
    return [_scale_of(name) for name in names]


def _sum_of(names):
    return sum(_scales(names))


def _mean_of(names):
    return _sum_of(names) / len(names)


@case(lambda: (2.0,))
def helpers_of_helpers_that_see_nothing_active(x):
    """What a call returns that sees nothing active is found out once, however deep it goes."""
    return x * _mean_of(("a", "b", "a")) + _sum_of(("b",)) * x**2


def _with_defaults(a, b, c=2.0, d=None):
    if d is None:
        return a * b * c
    return a * b * c + d**2


@case(lambda: (0.7, 2))
def as_many_as_a_list_has(x, count):
    numbers = []
    for i in range(count):
        numbers.append(x * (i + 1))
    numbers[0] = x**2
    return _with_defaults(*numbers) + _with_defaults(*numbers, *[x][count:])


@case(lambda: (0.7, 4), name="as_many_as_a_list_has_all")
def _as_many_as_a_list_has_all(x, count):
    numbers = []
    for i in range(count):
        numbers.append(x * (i + 1))
    return _with_defaults(*numbers)


@case(lambda: (np.array([1.0, 2.0, 0.3, 0.4]), 1))
def the_rest_of_an_array(v, start):
    return _with_defaults(*(-v)[start:]) + _with_defaults(*v[start + 1 :], d=v[0])


class _Made:
    def __init__(self, a, b, c=3.0):
        self.v = a * b + c

    def times(self, p, q=1.0):
        return self.v * p + q


@case(lambda: (np.array([1.0, 2.0, 0.3, 0.4]), 3))
def made_of_the_rest(v, count):
    made = _Made(*v[:count])
    return made.times(*v[count:]) * made.times(*v[:2])


def _filled(a, b, c=None):
    b[0] = a * b[1]
    if c is not None:
        c[1] = b[0] * c[0]
    return b[0]


@case(lambda: (np.array([1.0, 2.0, 0.3, 0.4]), 3))
def the_rest_is_written_to(v, count):
    p, q = v * 2.0, v**2
    first = _filled(*[v[0], p, q][:count])
    return first + np.sum(p**2) + np.sum(q**3)


@case(lambda: (np.array([1.0, 2.0, 0.3, 0.4]), 1))
def reshaped_to_a_list(v, axes):
    column = v.reshape(*[-1] + axes * [1])
    return np.sum(column**2 * np.arange(4.0).reshape(-1, 1))


@functools.singledispatch
def amount(value):
    return value * 3.0


@amount.register(int)
def _(value):
    return 1.0 * value


@amount.register(list)
@amount.register(tuple)
def _(value):
    return sum(amount(part) for part in value)


@amount.register(dict)
def _(value):
    return sum(amount(part) * (k + 1) for k, part in enumerate(value.values()))


@amount.register(np.ndarray)
def _(value):
    return np.sum(value**2)


class Scaled:
    def __init__(self, scale):
        self.scale = scale

    @functools.singledispatchmethod
    def of(self, value):
        return value * self.scale

    @of.register(list)
    def _(self, value):
        return sum(self.of(part) for part in value) + self.scale

    @of.register(str)
    def _(self, value):
        return self.scale ** len(value)


@case(args=lambda: (1.3, 0.7), argnums=(0, 1))
def chosen_by_the_class_of_an_argument(x, y):
    """``functools.singledispatch``, over nested structures, and as a method."""
    nested = amount({"a": [x, 2, (y, x * y)], "b": np.array([x, y])}) + amount(x)
    scaled = Scaled(y)
    return nested * scaled.of([x, y, [x * x]]) + scaled.of(x) * scaled.of("ab")
