"""Attributes that only some paths store, attributes of the class behind them, objects as sequences and operands."""

import functools

import numpy as np

from corpus.registry import case

POINTS = np.array([0.3, -0.5, 0.8, 1.1])


class Plain:
    """Attributes of the class stand in for those that an instance lacks."""

    scale = 2.0

    def __init__(self, v):
        self.v = v

    def scaled(self, x):
        return self.scale * x

    @functools.cached_property
    def square(self):
        return self.v**2


class Lazy:
    """Asks itself whether it has computed already."""

    def __init__(self, v):
        self.v = v

    @property
    def double(self):
        if not hasattr(self, "_double"):
            self._double = self.v * 2.0
        return self._double


class Doubling:
    """Makes up the attributes that it lacks."""

    def __init__(self, v):
        self.v = v

    def __getattr__(self, name):
        return self.v * 2.0


def arguments():
    return 0.7, POINTS.copy()


@case(args=arguments, argnums=(0, 1))
def class_attribute_hidden_on_a_path_not_taken(s, x):
    """A branch stores an attribute that the class has as well; it is not taken."""
    k = Plain(s)
    if x[0] > 5:
        k.scale = x[1]
    return k.scaled(s) * k.v


@case(args=arguments, argnums=(0, 1))
def class_attribute_hidden_in_a_loop(s, x):
    """The first trip reads the attribute of the class, the others that of the instance."""
    k = Plain(s)
    for v in x:
        k.scale += v * s
    return k.scaled(s)


@case(args=arguments, argnums=(0, 1))
def class_attribute_hidden_in_no_trip(s, x):
    """A loop of no trips stores it."""
    k = Plain(s)
    for v in x[2:2]:
        k.scale = v * s
    return k.scaled(s) * x[0]


@case(args=arguments, argnums=(0, 1))
def method_hidden_by_a_function(s, x):
    """An instance gets a function of its own in place of a method."""
    k = Plain(s)
    if x[0] > 0:
        k.scaled = lambda z: z * s
    return k.scaled(x[1])


@case(args=arguments, argnums=(0, 1))
def hasattr_after_a_branch_not_taken(s, x):
    """What `hasattr` says depends on the path."""
    k = Plain(s)
    if x[0] > 5:
        k.z = x[1]
    return k.v * (2.0 if hasattr(k, "z") else s)


@case(args=arguments, argnums=(0, 1))
def hasattr_in_the_first_trip_only(s, x):
    """An attribute is there from the second trip on."""
    k = Plain(s)
    first = 0.0
    for v in x:
        if not hasattr(k, "z"):
            first += s
        k.z = v
    return first * k.v + k.z


@case(args=arguments, argnums=(0, 1))
def getattr_with_a_default_in_a_loop(s, x):
    """The default serves the first trip."""
    k = Plain(s)
    total = 0.0
    for v in x:
        total += getattr(k, "z", s)
        k.z = v * s
    return total * k.v + k.z


@case(args=arguments, argnums=(0, 1))
def attribute_set_in_a_loop_that_breaks(s, x):
    """Either the loop leaves early and sets one attribute, or it sets another in its `else`."""
    k = Plain(s)
    for v in x:
        if v > 0.5:
            k.z = v * s
            break
    else:
        k.y = s
    return (k.z if hasattr(k, "z") else s) * (k.y if hasattr(k, "y") else x[0])


@case(args=arguments, argnums=(0, 1))
def presence_asked_in_a_condition_of_while(s, x):
    """A loop runs until the attribute is there."""
    k = Plain(s)
    total = 0.0
    i = 0
    while i < 4 and not hasattr(k, "z"):
        if x[i] < 0:
            k.z = x[i] * s
        total += s
        i += 1
    return total * k.z


@case(args=arguments, argnums=(0, 1))
def cached_on_one_path(s, x):
    """A cached property was computed before its source changed, or only now."""
    taken, missed = Plain(s), Plain(s)
    if x[0] > 0:
        taken.v += taken.square
    if x[0] > 5:
        missed.v += missed.square
    taken.v, missed.v = x[1], x[1]
    return taken.square * s + missed.square * x[2]


@case(args=arguments, argnums=(0, 1))
def cached_in_some_trip(s, x):
    """The trip in which the cached property is first read decides its value."""
    k = Plain(s)
    total = 0.0
    for v in x:
        if v < 0:
            total += k.square * v
        k.v = v * s
    return total + k.square


@case(args=arguments, argnums=(0, 1))
def lazy_by_hasattr_in_a_loop(s, x):
    """The same with `hasattr` in a property."""
    k = Lazy(s)
    total = 0.0
    for v in x:
        if v < 0:
            total += k.double * v
        k.v = v * s
    return total + k.double


@case(args=arguments, argnums=(0, 1))
def made_up_until_it_is_stored(s, x):
    """`__getattr__` answers until the attribute is stored."""
    k = Doubling(s)
    for v in x:
        k.z = k.z * v + s
        k.v = v
    return k.z * k.other


@case(args=arguments, argnums=(0, 1))
def merged_objects_of_unlike_attributes(s, x):
    """One of two objects has an attribute more."""
    a, b = Plain(s), Plain(x[2])
    a.z = x[1]
    c = a if x[0] > 0 else b
    d = a if x[0] > 5 else b
    return c.v * (c.z if hasattr(c, "z") else s) + d.v * (d.z if hasattr(d, "z") else s)


@case(args=arguments, argnums=(0, 1))
def merged_objects_with_a_class_attribute(s, x):
    """One of two objects hides an attribute of its class."""
    a, b = Plain(s), Plain(x[1])
    b.scale = s
    c = a if x[0] > 0 else b
    d = a if x[0] > 5 else b
    return c.scale * c.v + d.scale * x[2]


@case(args=arguments, argnums=(0, 1))
def object_as_data_after_a_branch(s, x):
    """An object made in a branch goes into a value that may be something else."""
    parts = [Plain(s), Plain(x[1])]
    k = Plain(x[2]) if x[0] > 0 else parts[1]
    return k.v * parts[0].v


def powers(k, n):
    """Read an object in a recursion."""
    if n == 0:
        return k.v
    return powers(k, n - 1) * k.scale + k.v


@case(args=lambda: (0.7, 3), argnums=0)
def recursion_that_reads_an_object(s, n):
    """The gradient of an attribute comes back through calls that are not inlined."""
    k = Plain(s)
    k.scale = s * s
    return powers(k, n)


def growing(v, n):
    """Return a list that grows by each call."""
    if n == 0:
        return [v]
    values = growing(v, n - 1)
    return values + [v * 2.0]  # noqa: RUF005 - the operator is what is tested


@case(args=lambda: (0.7, 2), argnums=0)
def recursion_that_returns_lists(s, n):
    """Lists returned by calls that are not inlined are joined."""
    values = growing(s, n)
    return values[0] * 3.0 + values[1] * 5.0 + values[2] ** 2


class Couple:
    """Two numbers that behave like many things."""

    def __init__(self, a, b):
        self.a = a
        self.b = b

    def __iadd__(self, other):
        self.a += other.a
        self.b += other.b
        return self

    def __iter__(self):
        yield self.a
        yield self.b

    def __lt__(self, other):
        return self.a < other.a


@case(args=arguments, argnums=(0, 1))
def object_unpacked_and_reduced(s, x):
    """What goes over the items of an object calls its `__iter__`."""
    a, b = Couple(s, x[0])
    return a * b + sum(Couple(s, x[1])) * max(Couple(s, x[2]))


@case(args=arguments, argnums=(0, 1))
def object_augmented_under_two_names(s, x):
    """`+=` of an object that changes itself is seen through its other name."""
    v = Couple(s, x[0])
    w = v
    v += Couple(x[1], s)
    return w.a * v.b


@case(args=arguments, argnums=(0, 1))
def objects_sorted(s, x):
    """Objects are compared by their own operator, or by a key."""
    parts = [Couple(v, s * k) for k, v in enumerate(x)]
    return sorted(parts)[1].a * min(parts).b * max(parts, key=lambda q: q.b - q.a).a


@case(args=arguments, argnums=(0, 1))
def array_of_two_objects(s, x):
    """One array is an attribute of two objects; one of them rebinds it, the other writes into it."""
    k = Plain(x * 1.0)
    m = Plain(k.v)
    k.v += s
    m.v = m.v * 2.0
    k.v[0] = s
    return np.sum(k.v * m.v)


@case(args=arguments, argnums=(0, 1))
def object_of_the_trip_before(s, x):
    """The object of the trip before is kept while a new one takes its name."""
    k = Plain(s)
    for i in range(4):
        if i % 2:
            k, old = Plain(x[i]), k
        else:
            old = k
        s = s + old.v * k.v
    return s


class Tracker:
    """Attributes of the class that are None until an instance has its own."""

    cache = None
    best = None

    def __init__(self, x):
        self.x = x

    def step(self):
        if self.cache is None:
            self.cache = self.x * 2.0
        else:
            self.cache = self.cache * self.x
        if self.best is None or self.cache > self.best:
            self.best = self.cache
        return self.cache


class Doubled(Tracker):
    def step(self):
        r = super().step()
        return r * 2.0 if super().best is None else r


@case(args=arguments, argnums=(0, 1))
def none_in_the_class(s, x):
    """Whether an attribute is None tells whether something was stored."""
    t = Tracker(s)
    if getattr(t, "best", 1.0) is None and Tracker.best is None and hasattr(t, "cache"):
        s = t.step() * x[0] + t.step()
    return s * t.best * Doubled(x[1]).step()


@case(args=arguments, argnums=(0, 1))
def none_in_the_class_round_a_loop(s, x):
    """The same for several objects round a loop, one of which is reset."""
    trackers = [Tracker(s * v) for v in x]
    total = 0.0
    for i in range(3):
        for t in trackers:
            total = total + t.step() * s
        if i == 1:
            trackers[2].cache = None
    return total * trackers[0].best


class Model:
    """Makes an instance of the class that fits what it is given."""

    def __new__(cls, *parts):
        if cls is Model:
            fitting = Line if len(parts) == 2 else Level
            return fitting.__new__(fitting, *parts)
        return super().__new__(cls)

    def __init__(self):
        self.offset = 1.0


class Line(Model):
    def __init__(self, slope, level):
        super().__init__()
        self.slope, self.level = slope, level

    def at(self, x):
        return self.slope * x + self.level * self.offset


class Level(Model):
    def __init__(self, level):
        super().__init__()
        self.level = level

    def at(self, x):
        return self.level**2 + x * self.offset


@case(args=arguments, argnums=(0, 1))
def class_chosen_by_new(s, x):
    """`__init__` is that of the class of which `__new__` returns an instance."""
    return Model(s, x[0]).at(x[1]) * Model(s).at(x[2]) + Line(x[1], s).at(s)
