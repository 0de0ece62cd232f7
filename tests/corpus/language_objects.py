"""Classes with state: instances made in the function, methods that store, operators, properties, inheritance."""

import dataclasses
import functools
import math

import numpy as np

from corpus.registry import case, normal


class Counter:
    """Counts and adds; its methods return the object itself."""

    def __init__(self, start=0.0):
        self.total = start
        self.n = 0

    def add(self, v):
        self.total += v
        self.n += 1
        return self

    @property
    def mean(self):
        return self.total / self.n


@dataclasses.dataclass(frozen=True)
class Vec:
    """A vector that is never changed."""

    x: float
    y: float = 0.0

    def __add__(self, other):
        return Vec(self.x + other.x, self.y + other.y)

    def __mul__(self, k):
        if isinstance(k, Vec):
            return self.x * k.x + self.y * k.y
        return Vec(self.x * k, self.y * k)

    __rmul__ = __mul__

    def __neg__(self):
        return Vec(-self.x, -self.y)

    def __sub__(self, other):
        return self + -other

    def norm(self):
        return math.sqrt(self * self)


class Linear:
    """A base class with a class attribute."""

    scale = 2.0

    def __init__(self, w):
        self.w = w

    def value(self, x):
        return self.scale * self.w * x


class Affine(Linear):
    """Overrides, extends, caches."""

    def __init__(self, w, b):
        super().__init__(w)
        self.b = b

    def value(self, x):
        return super().value(x) + self.b

    def __call__(self, x):
        return self.value(x)

    @functools.cached_property
    def square(self):
        return self.w**2

    @classmethod
    def of(cls, p):
        return cls(p, b=p * p)

    @staticmethod
    def act(z):
        return math.tanh(z)

    @property
    def bias(self):
        return self.b

    @bias.setter
    def bias(self, value):
        self.b = value


class Filter:
    """A Kalman filter whose state is rebound in every step."""

    def __init__(self, n):
        self.x = np.zeros(n)
        self.P = np.eye(n)
        self.log = []

    def predict(self, f, q):
        self.x = f @ self.x
        self.P = f @ self.P @ f.T + q

    def update(self, z, h, r):
        y = z - h @ self.x
        s = h @ self.P @ h.T + r
        k = self.P @ h.T @ np.linalg.inv(s)
        self.x = self.x + k @ y
        self.P = (np.eye(len(self.x)) - k @ h) @ self.P
        self.log.append(np.sum(y**2))


class Grid:
    """An array behind an interface, changed in place."""

    def __init__(self, n):
        self.a = np.zeros(n)

    def __getitem__(self, i):
        return self.a[i]

    def __setitem__(self, i, v):
        self.a[i] = v

    def __len__(self):
        return len(self.a)

    def step(self):
        self.a[1:-1] += 0.1 * (self.a[2:] - 2 * self.a[1:-1] + self.a[:-2])


class Stack:
    """Knows whether it is empty."""

    def __init__(self):
        self.items = []

    def push(self, v):
        self.items.append(v)
        return self

    def pop(self):
        return self.items.pop()

    def __bool__(self):
        return len(self.items) > 0


class Node:
    """Refers to another object."""

    def __init__(self, v, following=None):
        self.v = v
        self.following = following


class Dual:
    """Asks the right operand where it does not know what to do."""

    def __init__(self, a, b=1.0):
        self.a, self.b = a, b

    def __mul__(self, other):
        if not isinstance(other, Dual):
            return NotImplemented
        return Dual(self.a * other.a, self.a * other.b + self.b * other.a)

    def __rmul__(self, k):
        return Dual(k * self.a, k * self.b)

    def __lt__(self, other):
        return self.a < other.a

    def __eq__(self, other):
        return isinstance(other, Dual) and self.a == other.a

    def __hash__(self):
        return hash(self.a)


class Triple(Dual):
    """Redefines the reflected operator, so it is asked first."""

    def __rmul__(self, k):
        scale = k.a if isinstance(k, Dual) else k
        return Triple(3.0 * scale * self.a, self.b)


@dataclasses.dataclass
class Settings:
    """Defaults of every kind."""

    gain: float
    bias: float = 0.5
    parts: list = dataclasses.field(default_factory=list)
    total: float = dataclasses.field(init=False)

    def __post_init__(self):
        self.total = self.gain * self.bias
        self.parts.append(self.total)


class Lazy:
    """Computes when it is first asked."""

    __slots__ = ("_y", "x")

    def __init__(self, x):
        self.x = x
        self._y = None

    @property
    def y(self):
        if self._y is None:
            self._y = np.sin(self.x) * self.x
        return self._y


@case(args=lambda: (np.array([1.0, 2.0, 3.0]),), argnums=0)
def methods_that_count(x):
    """Attributes carried round a loop and stored in a branch."""
    c = Counter()
    for v in x:
        c.add(v * v)
    if c.total > 1.0:
        c.add(np.sin(x[0]))
    return c.mean


@case(args=lambda: (1.3,), argnums=0)
def vectors_in_a_loop(p, n=5):
    """New objects replace each other from trip to trip."""
    r, v = Vec(p, 0.1), Vec(0.0, 1.0)
    for _ in range(n):
        a = -r * (1.0 / r.norm() ** 3)
        v = v + 0.1 * a
        r = r + 0.1 * v
    return r.norm() + v * v


@case(args=lambda: (0.3,), argnums=0)
def inheritance_and_properties(p):
    """super, class methods, static methods, setters, __call__, cached properties."""
    m = Affine.of(p)
    m.bias = m.bias * 3.0
    m.w *= 1.5
    return Affine.act(m(2.0 * p)) + m.square + m.square


@case(args=lambda: (normal(0, 4, 1), 0.3), argnums=(0, 1))
def kalman_filter_object(zs, q):
    """State arrays are rebound, a log is appended to."""
    kf = Filter(2)
    f = np.array([[1.0, 0.1], [0.0, 1.0]])
    h = np.array([[1.0, 0.0]])
    for z in zs:
        kf.predict(f, q * np.eye(2))
        kf.update(z, h, np.array([[0.5]]))
    return np.sum(kf.x**2) + np.trace(kf.P) + sum(kf.log)


@case(args=lambda: (normal(0, 5),), argnums=0)
def container_class(x):
    """__getitem__, __setitem__, __len__, iteration, and in-place work on an attribute."""
    g = Grid(5)
    for i in range(len(g)):
        g[i] = x[i] ** 2
    for _ in range(3):
        g.step()
    g[0] += x[1]
    return sum(v * v for v in g)


@case(args=lambda: (normal(0, 4),), argnums=0)
def objects_in_a_list(x):
    """Objects kept in a list are read and combined."""
    parts = []
    for i in range(4):
        parts.append(Vec(x[i], x[i] ** 2))
    total = 0.0
    for p in parts:
        total += p.norm() * p.x
    q = parts[1] + parts[2]
    return total + q.y


@case(args=lambda: (0.5,), argnums=0)
def objects_out_of_branches(x):
    """A branch chooses the object."""
    v = Vec(x, 2.0) if x > 0 else Vec(1.0, x)
    w = v if x > 5 else -v
    return (w + 3.0 * v).norm() + w.x


@case(args=lambda: (normal(0, 4),), argnums=0)
def stack_with_truth_value(x):
    """A loop runs while the object is true."""
    s = Stack()
    for v in x:
        s.push(v * 2)
    s.push(s.pop() * s.pop())
    total = 0.0
    while s:
        total += s.pop() ** 2
    return total


@case(args=lambda: (0.7,), argnums=0)
def two_names_for_one_object(x):
    """A store through one name is seen through the other."""
    a = Node(x)
    b = Node(x * x, a)
    a.v = a.v + 1.0
    c = b.following
    c.v *= x
    return a.v * b.v


@case(args=lambda: (0.7,), argnums=0)
def operators_that_decline(x):
    """NotImplemented, reflected operators, comparison and equality."""
    a, b = Dual(x), Dual(2.0 * x, x)
    c = 3.0 * a * b
    d = a * Triple(x, 0.5)
    smaller = a if a < b else b
    same = 1.0 if a == Dual(x) else 5.0
    return c.a + c.b * d.a + smaller.b * same + d.b


@case(args=lambda: (0.7,), argnums=0)
def dataclass_with_post_init(x):
    """Default factories, fields that are not arguments, __post_init__, replace by hand."""
    s = Settings(x)
    t = Settings(gain=x * x, bias=s.total)
    t.parts.append(s.parts[0] * x)
    return t.total + sum(t.parts) * len(s.parts)


@case(args=lambda: (normal(0, 3),), argnums=0)
def lazy_attribute(x):
    """None until it is asked for."""
    a = Lazy(x)
    first = a.y
    return np.sum(first * a.y) + np.sum(a.y)


@case(args=lambda: (0.7, 4), argnums=0)
def object_changed_in_nested_loops(x, n):
    """Stores in loops, branches and early exits."""
    c = Counter(x)
    best = 0.0
    for i in range(n):
        for j in range(i):
            c.add(x * j)
            if c.total > 6.0:
                break
        else:
            c.total *= 0.9
        best = max(best, c.total)
        if c.n > 5:
            return c.total * best
    return c.total


@case(args=lambda: (0.7,), argnums=0)
def closure_over_an_object(x):
    """A nested function changes an object that it captures."""
    c = Counter()

    def visit(v):
        c.add(v * x)
        return c.total

    return visit(1.0) + visit(x) * visit(2.0)


@case(args=lambda: (0.7,), argnums=0)
def functions_as_attributes(x):
    """An attribute holds a function, another a bound method."""
    holder = Node(lambda t: t * t * x)
    other = Node(Counter(x).add)
    other.v(3.0)
    return holder.v(x) * other.v(x).total


class Circle:
    """One kind of figure."""

    def __init__(self, r):
        self.r = r

    def area(self):
        return 3.0 * self.r**2

    def grow(self, k):
        return Circle(self.r * k)


class Square:
    """Another kind of figure."""

    def __init__(self, a):
        self.a = a

    def area(self):
        return self.a**2

    def grow(self, k):
        return Square(self.a + k)


@case(args=lambda: (0.7,), argnums=0)
def figure_by_branch(x):
    """Instances of two classes, and what their methods return."""
    s = Circle(x) if x > 0.5 else Square(2 * x)
    t = s.grow(x)
    return s.area() * t.area() + (1.0 if isinstance(s, Circle) else 2.0)


@case(args=lambda: (0.3,), argnums=0)
def object_or_none(x):
    """None, or an object, by a branch."""
    best = None
    if x > 0.5:
        best = Circle(x * x)
    r = 1.0
    if best is not None:
        r = best.area()
    return r * x


@case(args=lambda: (0.7,), argnums=0)
def object_of_one_branch(x):
    """An object and a function that only one branch makes, used under the same condition."""
    if x > 0.5:
        v = Circle(x * x)
        f = lambda t: t * x * x  # noqa: E731
    y = 0.0
    if x > 0.5:
        y = v.area() * f(2.0)
    return y + x


@case(args=lambda: (0.7,), argnums=0)
def figures_in_a_loop(x):
    """Another class in every trip."""
    total = 0.0
    for i in range(4):
        s = Circle(x * i) if i % 2 else Square(x + i)
        total += s.area()
        if i == 2:
            continue
        total *= s.grow(x).area()
    return total
