"""Named tuples, dataclasses, copies, deques and default dicts."""

from __future__ import annotations

import copy
from collections import OrderedDict, defaultdict, deque, namedtuple
from dataclasses import asdict, astuple, dataclass, field, fields, replace

import numpy as np

from corpus.registry import case


@case(lambda: (1.7,))
def dicts_of_different_keys(x):
    d = dict(a=x) if x > 5 else dict(a=x, b=2 * x)
    return sum(d.values()) + len(d)


@case(lambda: (1.7,))
def dicts_by_branch(x):
    if x < 5:
        d = dict(a=x)
    else:
        d = dict(a=x, b=2 * x)
    s = 0.0
    for k, v in d.items():
        s += v * x
    return s


@case(lambda: (1.7,))
def default_dict_of_floats(x):
    d = defaultdict(float)
    for k in ["a", "b", "a"]:
        d[k] += x * x
    return d["a"] * d["b"] + d["zz"] + len(d)


@case(lambda: (1.7,))
def default_dict_of_lists(x):
    d = defaultdict(list)
    for k in range(6):
        d[k % 3].append(x**k)
    return sum(a * b for a, b in d.values()) + len(d[7])


@case(lambda: (1.7,))
def default_dict_of_a_lambda(x):
    d = defaultdict(lambda: x)
    d["q"] *= 3.0
    e = defaultdict(dict)
    e["a"]["b"] = x * x
    return d["q"] * d["r"] + e["a"]["b"] + (1.0 if isinstance(d, defaultdict) else 0.0)


@case(lambda: (1.7,))
def bounded_deque(x):
    q = deque([x, 2 * x], maxlen=3)
    q.append(x * x)
    q.append(1.0)
    q.appendleft(3 * x)
    s = q[0] * q.popleft() + sum(q)
    q.rotate(1)
    q.extend([x, x, x * x])
    q.rotate(-2)
    return s + sum(v * i for i, v in enumerate(q)) + len(q) + q.pop()


@case(lambda: (1.7,))
def queue_of_tuples(x):
    q = deque([(x, 0)])
    s = 0.0
    while q:
        v, d = q.popleft()
        s += v * (d + 1)
        if d < 3:
            q.append((v * 0.7, d + 1))
            q.append((v * v * 0.1, d + 1))
    return s


@case(lambda: (1.7,))
def ordered_dict(x):
    d = OrderedDict()
    d["b"] = x
    d["a"] = x * x
    s = 0.0
    for i, (k, v) in enumerate(d.items()):
        s += v * (i + 1)
    return s


@case(lambda: (1.7,))
def list_of_a_range(x):
    C = list(range(5))
    for k in C:
        C[k] = x * k + C[k - 1]
    return sum(C)


@case(lambda: (1.7,))
def functions_compared(x):
    f = lambda v: v * v
    return f(x) if f != True and f is not None and f == f else x


def helper(x, fprime=None):
    inc = fprime == True
    if inc:
        return x
    if fprime is None:
        return 2 * x
    return fprime(x)


@case(lambda: (1.7,))
def function_or_none(x):
    return helper(x, lambda v: v**3) + helper(x)


def g15(x, phase=None):
    if x > 100:
        return phase.nothing
    return x * x


@case(lambda: (1.7,))
def branch_that_would_fail(x):
    return g15(x)


@case(lambda: (1.7,))
def scalar_or_array(x):
    return x * 2 if np.isscalar(x) else x[0]


@dataclass(frozen=True)
class DC:
    a: float
    b: float = 2.0

    @property
    def prod(self):
        return self.a * self.b


@case(lambda: (1.7,))
def dataclass_replaced(x):
    return replace(DC(x), b=x * x).prod


@dataclass
class Sphere:
    radius: float
    centre: tuple = (0.0, 1.0)
    dc: DC = None
    names: list = field(default_factory=list)


@case(lambda: (1.7,))
def dataclass_taken_apart(x):
    sphere = Sphere(x, (x, 2.0), DC(x * x), [3.0 * x])
    parts = asdict(sphere)
    total = parts["radius"] * parts["dc"]["a"] + parts["names"][0] + parts["centre"][0]
    total += astuple(sphere)[0] ** 3 + len(fields(Sphere)) * x
    for each in fields(sphere.dc):
        total += getattr(sphere.dc, each.name) * len(each.name)
    return total


class V(namedtuple("V", "x y")):
    def dot(self, o):
        return self.x * o.x + self.y * o.y

    @property
    def n2(self):
        return self.x**2 + self.y**2


@case(lambda: (1.7,))
def subclass_of_a_named_tuple(x):
    v = V(x, 2.0)
    w = V(3.0, x * x)
    return v.dot(w) + w.n2


@case(lambda: (1.7,))
def deep_copy_of_rows(x):
    l = [[1.0, x]] * 2
    try_ = copy.deepcopy([[x]])
    return try_[0][0] + l[1][1]


Pt = namedtuple("Pt", "a b")


@case(lambda: (1.7,))
def named_tuple_methods(x):
    p = Pt(x, b=2 * x)
    q = p._replace(a=x * x)
    return p.a * q.a + q[1] + sum(p) + q._asdict()["a"] + p.index(x)


@case(lambda: (1.7,))
def copies_at_every_depth(x):
    rows = [[x, 1.0], [2 * x]]
    deep = copy.deepcopy(rows)
    shallow = copy.copy(rows)
    deep[0][0] = 3.0 * x
    shallow[1] = [x]
    shallow[0][1] = x
    array = np.ones(2) * x
    other = copy.deepcopy(array)
    other[0] = 5.0
    return (
        rows[0][0]
        + deep[0][0] * 10
        + shallow[1][0] * 100
        + rows[1][0] * 1000
        + rows[0][1]
        + np.sum(array * other)
    )


@case(lambda: (1.7,))
def named_tuple_made_inside(x):
    Pair = namedtuple("Pair", ["first", "second"])
    Triple = namedtuple("Triple", "a, b c")
    pairs = [Pair(x * k, 2.0) for k in range(3)]
    triple = Triple(x, b=x * x, c=2.0)
    return sum(p.first * p.second * x for p in pairs) + pairs[1]._replace(first=x**2).first + triple.b * triple[2]


@case(lambda: (1.7, ["first", "second"]))
def named_tuple_of_given_names(x, names):
    pair = namedtuple("Pair", names)(x, second=x**3)
    return pair.first * pair[1] * len(pair)
