"""Objects that change where they are kept: in lists and dicts, chosen by branches, linked to each other."""

# written as users write it, not as a linter likes it

import copy
import dataclasses
import functools

import numpy as np

from corpus.registry import case, normal


class Particle:
    """A position and a momentum: numbers or arrays."""

    def __init__(self, q, p):
        self.q = q
        self.p = p

    def kick(self, h):
        self.p -= h * np.sin(self.q)

    def energy(self):
        return np.sum(0.5 * self.p**2 - np.cos(self.q))


@case(args=lambda: (normal(1, 3),), argnums=0)
def particles_in_a_list(x):
    """Every particle of a list is stepped in a loop."""
    particles = [Particle(v, 0.0) for v in x]
    for _ in range(3):
        for particle in particles:
            particle.p -= 0.1 * np.sin(particle.q)
            particle.q += 0.1 * particle.p
    return sum(p.q * p.p for p in particles)


@case(args=lambda: (normal(2, 3),), argnums=0)
def best_of_a_list(x):
    """A variable holds the best of several objects with arrays, which is changed through it."""
    particles = [Particle(x * k, x + k) for k in range(3)]
    best = particles[0]
    for particle in particles:
        particle.p = particle.p - 0.1 * np.sin(particle.q)
        particle.q[0] = particle.p[1]
        if particle.q[1] > best.q[1]:
            best = particle
    best.q = best.q * 2
    best.p = 1.0 * best.q
    best.p[0] = x[0]
    return np.sum(particles[0].q * particles[1].p * particles[2].p)


@case(args=lambda: (normal(3, 3),), argnums=0)
def one_of_two_objects(x):
    """A branch chooses the object that is changed."""
    a = Particle(x[0], x[1])
    b = Particle(x[1], x[2])
    c = a if x[0] > x[1] else b
    c.q = c.q * c.p
    c.kick(0.1)
    return a.q * b.q + a.p * b.p + a.energy()


@case(args=lambda: (normal(4, 3),), argnums=0)
def one_object_three_times(x):
    """A list holds the same object three times."""
    a = Particle(x[0], x[1])
    places = []
    for i in range(3):
        a.q = a.q * x[i]
        places.append(a)
    places[0].p = places[1].q * places[2].p
    return a.q * a.p + places[1].energy()


@case(args=lambda: (normal(5, 3),), argnums=0)
def arrays_go_round_attributes(x):
    """Two objects share arrays, exchange them and write to them."""
    a = Particle(x * 1.0, x * 2.0)
    b = Particle(a.q, a.p)
    both = [a, b]
    both[0].q = both[1].p
    both[1].p[0] = both[0].q[1] * 3
    b.q *= 2
    a.q, b.p = b.p, a.q
    return np.sum(a.q * b.q * a.p) + np.sum(b.p**2)


@case(args=lambda: (normal(6, 3),), argnums=0)
def objects_in_a_dict_change_places(x):
    """Double buffering with objects in a dict."""
    d = {"a": Particle(x[0], 1.0), "b": Particle(x[1], 2.0)}
    k = 0
    while k < 4:
        d["a"].q = d["a"].q * d["b"].p - d["b"].q
        d["b"].p += d["a"].q
        d["a"], d["b"] = d["b"], d["a"]
        k += 1
    return d["a"].q * d["b"].q + d["a"].p * x[2]


@case(args=lambda: (normal(7, 3),), argnums=0)
def identity_of_objects(x):
    """``is`` and ``==`` of objects that were kept."""
    a = Particle(x[0], x[1])
    b = a
    both = [a, Particle(x[2], x[0])]
    b.q = 5.0 * x[1]
    s = 0.0
    for particle in both:
        if particle is a:
            particle.p = particle.p * 3
        if particle == both[1]:
            s += particle.p**2
    return s + a.p * a.q


class System:
    """Particles that attract each other."""

    def __init__(self, particles):
        self.particles = particles
        self.time = 0.0

    def step(self, h):
        for i, one in enumerate(self.particles):
            force = 0.0
            for j, other in enumerate(self.particles):
                if i != j:
                    force += (other.q - one.q) / ((other.q - one.q) ** 2 + 1)
            one.p += h * force
        for one in self.particles:
            one.q += h * one.p
        self.time += h


@case(args=lambda: (normal(8, 3),), argnums=0)
def objects_in_an_object(x):
    """An object holds a list of objects that its method changes."""
    system = System([Particle(v, 0.0) for v in x])
    for _ in range(4):
        system.step(0.1)
    return sum(p.p**2 / 2 for p in system.particles) + system.particles[0].q * system.time


@dataclasses.dataclass
class Track:
    """A data class with a list of its own."""

    a: float
    b: float = 2.0
    history: list = dataclasses.field(default_factory=list)

    def step(self):
        self.history.append(self.a)
        self.a = self.a * self.b


@case(args=lambda: (normal(9, 3),), argnums=0)
def data_classes_in_a_list(x):
    """Data classes remember their history."""
    tracks = [Track(v) for v in x]
    tracks[1].b = x[0]
    for track in tracks:
        for _ in range(2):
            track.step()
    return sum(t.a for t in tracks) + tracks[1].history[1] * tracks[2].history[0]


class Meter:
    """Has a scale of the class, which an instance may override, and a dict of sums."""

    scale = 2.0

    def __init__(self):
        self.sums = {}

    def put(self, key, v):
        if key in self.sums:
            self.sums[key] += v * self.scale
        else:
            self.sums[key] = v

    @property
    def total(self):
        return sum(self.sums.values())


@case(args=lambda: (normal(10, 3),), argnums=0)
def class_data_is_overridden(x):
    """One of two objects gets an attribute of its own in place of that of the class."""
    meters = [Meter(), Meter()]
    for i, v in enumerate(x):
        meters[i % 2].put("a" if i < 2 else "b", v * v)
        meters[0].put("a", v)
    meters[1].scale = x[0]
    meters[1].put("a", x[2])
    return meters[0].total * meters[1].total


class Account:
    """Operators, calls, items and length of objects in a list."""

    def __init__(self):
        self.s = 0.0
        self.log = []

    def __iadd__(self, v):
        self.s += v
        self.log.append(v)
        return self

    def __call__(self, v):
        self.s *= v
        return self.s

    def __len__(self):
        return len(self.log)

    def __getitem__(self, i):
        return self.log[i]

    def __setitem__(self, i, v):
        self.log[i] = v


@case(args=lambda: (normal(11, 3),), argnums=0)
def operators_of_kept_objects(x):
    """``a += v``, ``a(v)``, ``len(a)``, ``a[0] = v`` of objects taken from a list."""
    accounts = [Account() for _ in range(2)]
    for i, v in enumerate(x):
        account = accounts[i % 2]
        account += v * v
        account(x[0] + i)
        if len(account) > 1:
            account[0] = account[1] * account[0]
    return accounts[0].s * accounts[1].s + accounts[0][0] + len(accounts[0])


class Shape:
    """A base class with a method that a subclass extends."""

    def __init__(self, v):
        self.v = v

    def grow(self):
        self.v = self.v * 2


class Box(Shape):
    """Two numbers."""

    def __init__(self, v, w):
        super().__init__(v)
        self.w = w

    def grow(self):
        super().grow()
        self.w = self.w * self.v


@case(args=lambda: (normal(12, 3),), argnums=0)
def two_classes_in_a_list(x):
    """Which method is called depends on the class of the item."""
    shapes = [Shape(x[0]), Box(x[1], x[2]), Box(x[2], x[0])]
    for shape in shapes:
        shape.grow()
        shape.grow()
    return shapes[0].v * shapes[1].v * shapes[1].w + shapes[2].w


class Squared:
    """A property with a setter."""

    def __init__(self, v):
        self._v = v

    @property
    def v(self):
        return self._v * 2

    @v.setter
    def v(self, new):
        self._v = new * new


@case(args=lambda: (normal(13, 3),), argnums=0)
def properties_of_kept_objects(x):
    """Setters run for objects taken from a list."""
    items = [Squared(v) for v in x]
    for item in items:
        item.v = item.v * x[0]
    items[1].v += 1
    return sum(item.v for item in items)


class Slotted:
    """An object without a dict."""

    __slots__ = ("a", "b")

    def __init__(self, a):
        self.a = a
        self.b = a * 2


@case(args=lambda: (normal(14, 3),), argnums=0)
def slots_of_kept_objects(x):
    """Objects with slots are changed in a list."""
    items = [Slotted(v) for v in x]
    for item in items:
        item.a = item.a * item.b
    items[0].b = items[1].a
    return sum(item.a * item.b for item in items)


class Layer:
    """Remembers what went through it, and learns from that."""

    def __init__(self, w, b):
        self.w = w
        self.b = b
        self.cache = None

    def forward(self, x):
        self.x = x
        self.z = self.w @ x + self.b
        return np.tanh(self.z)

    def learn(self, rate):
        self.w = self.w - rate * np.outer(np.cos(self.z), self.x)
        self.b -= rate * np.cos(self.z)


@case(args=lambda: (normal(15, 3),), argnums=0)
def layers_with_caches(x):
    """A net of layers that keep their input for the update."""
    net = [Layer(np.outer(x, x), x * 1.0), Layer(np.ones((3, 3)) * 0.1, x * 2)]
    for _ in range(2):
        y = x
        for layer in net:
            y = layer.forward(y)
        for layer in net:
            layer.learn(0.1)
    return np.sum(y**2)


@case(args=lambda: (normal(16, 3),), argnums=0)
def object_that_holds_itself(x):
    """A cycle of references."""
    a = Particle(x[0], x[1])
    a.me = a
    a.me.q = a.q * 3
    return a.me.me.q * a.p


class Link:
    """A linked list."""

    def __init__(self, v, following=None):
        self.v = v
        self.following = following


@case(args=lambda: (normal(17, 3),), argnums=0)
def linked_list(x):
    """A list linked by attributes, the last of which is None, is built, changed, turned round and summed."""
    head = None
    for v in x:
        head = Link(v * v, head)
    n = head
    while n is not None:
        n.v = n.v * 2
        n = n.following
    previous = None
    while head:
        head.following, head, previous = previous, head.following, head
    weight = 1.0
    total = 0.0
    while previous:
        previous.v *= weight
        total += previous.v
        weight += previous.v
        previous = previous.following
    return total


@case(args=lambda: (normal(18, 3),), argnums=0)
def tree_with_a_stack(x):
    """A tree with missing branches is walked with a stack, and changed."""
    root = Tree(x[0], Tree(x[1]), Tree(x[2], Tree(x[0] * x[1])))
    stack = [root]
    total = 0.0
    while stack:
        node = stack.pop()
        node.v = node.v * 2
        total += node.v**2
        if node.left is not None:
            stack.append(node.left)
        if node.right is not None:
            stack.append(node.right)
    return total * root.v * root.right.left.v


class Tree:
    """A node with two branches, either of which may be missing."""

    def __init__(self, v, left=None, right=None):
        self.v = v
        self.left = left
        self.right = right


def grown(x, depth):
    """Return a tree that recursion builds."""
    if depth == 0:
        return None
    return Tree(x[depth - 1] * depth, grown(x, depth - 1), grown(x * 2, depth - 1))


def summed(tree):
    """Return a sum over a tree."""
    return 0.0 if tree is None else tree.v + 2 * summed(tree.left) + summed(tree.right)


@case(args=lambda: (normal(19, 3),), argnums=0)
def tree_by_recursion(x):
    """Recursion builds a tree and walks it."""
    return summed(grown(x, 3))


class Stack:
    """A stack of links."""

    def __init__(self):
        self.top = None
        self.size = 0

    def push(self, v):
        self.top = Link(v, self.top)
        self.size += 1

    def pop(self):
        link = self.top
        self.top = link.following
        self.size -= 1
        return link.v


@case(args=lambda: (normal(20, 3),), argnums=0)
def stack_of_links(x):
    """A stack that somebody wrote with objects."""
    stack = Stack()
    for v in x:
        stack.push(v * v)
    a = stack.pop()
    b = stack.pop()
    stack.push(a * b)
    stack.top.v *= 3
    total = 0.0
    while stack.size:
        total = total * 0.5 + stack.pop()
    return total


@case(args=lambda: (normal(21, 3),), argnums=0)
def early_exits_between_objects(x):
    """``continue``, ``break`` and ``else`` in loops over objects, some of which are never reached."""
    items = [Particle(v, None) for v in x]
    for item in items:
        if item.q < 0:
            continue
        item.p = item.q * 2
        if item.p > 1:
            break
    total = 0.0
    for item in items:
        if item.p is not None:
            total += item.p**2
    for item in items[:0]:
        item.q = 100.0
    return total + items[0].q


@case(args=lambda: (normal(22, 3),), argnums=0)
def pairs_sorts_and_copies(x):
    """Objects in tuples, sorted lists, dicts and copies."""
    items = [Particle(v, 0.0) for v in x]
    for a, b in [(a, b) for a in items for b in items if a is not b]:
        a.p += b.q
        b.q *= 1.1
    twin = copy.copy(items[0])
    twin.q = twin.q * 7
    items.append(twin)
    items.sort(key=lambda item: item.q)
    items[0].q = 5 * items[-1].q
    named = dict(enumerate(items))
    named[1].q = named[2].p
    largest = max(items, key=lambda item: item.q)
    largest.p *= 2
    return sum((k + 1) * item.q * item.p for k, item in named.items())


@case(args=lambda: (normal(23, 3),), argnums=0)
def closures_over_objects(x):
    """Closures see what becomes of the objects that they captured."""
    items = [Particle(v, v) for v in x]
    readers = [lambda item=item: item.q * 2 for item in items]
    items[0].q = 9.0 * x[1]
    items[1].q = readers[0]()

    def scaled(z):
        for item in items:
            item.p = item.p * z
        return items[-1].p

    return sum(read() for read in readers) + scaled(x[0]) * scaled(x[2])


@case(args=lambda: (normal(24, 3),), argnums=0)
def work_list(x):
    """Objects are taken out at both ends of a list, changed and put back."""
    items = []
    for v in x:
        items.append(Particle(v, 0.0))
        for item in items:
            item.p += v * item.q
    while len(items) > 1:
        a = items.pop()
        b = items.pop(0)
        a.q += b.p
        items.insert(0, a)
        b.p = a.q
    return items[0].q * items[0].p


@case(args=lambda: ([Particle(1.0, np.array([2.0, 3.0])), Particle(0.3, np.array([0.4, 0.5]))], 0.7), argnums=(0, 1))
def objects_of_an_argument(items, s):
    """The objects of a list are an argument; they change, and change places."""
    for item in items:
        item.q = item.q * s
        item.p[0] = item.q
    items[0], items[1] = items[1], items[0]
    items[0].p, items[1].p = items[1].p, items[0].p
    items[0].p[1] *= 3
    return sum((k + 1) * item.q * np.sum(item.p**2) for k, item in enumerate(items))


@case(args=lambda: (Link(1.0, Link(2.0, Link(3.0))), 0.7), argnums=(0, 1))
def links_of_an_argument(head, s):
    """A linked list is an argument; its links are changed and taken out."""
    link = head
    total = 0.0
    while link is not None:
        link.v = link.v * link.v * s
        total = total * 0.5 + link.v
        link = link.following
    second = head.following
    head.following = second.following
    second.v = second.v * 3
    return total + head.v * head.following.v + second.v


@case(args=lambda: (normal(25, 3),), argnums=0)
def objects_change_in_a_try_block(x):
    """A block that fails has changed an object of a list before."""
    items = [Particle(v, v) for v in x]
    tables = [{"q": v, "p": v} for v in x]
    try:
        items[0].q = items[1].q * 2
        tables[0]["q"] = tables[2]["q"] * 3
        raise ValueError
    except ValueError:
        items[0].p = items[0].q * 3
        tables[1]["p"] = tables[0]["q"] * tables[0]["p"]
    return items[0].q * items[0].p + tables[1]["p"]


class Lazy:
    """Computes an attribute when it is first asked for."""

    def __init__(self, v):
        self.v = v

    def get(self):
        try:
            return self._cached
        except AttributeError:
            self._cached = self.v**2
            return self._cached


@case(args=lambda: (normal(26, 3),), argnums=0)
def lazy_attributes_of_kept_objects(x):
    """An attribute that some objects of a list have by now, and others do not."""
    items = [Lazy(v) for v in x]
    total = 0.0
    for i in range(5):
        item = items[i % 3]
        total += item.get() * (i + 1)
        item.v = item.v + 1
        if i == 2:
            item._cached = item.v * 3
    return total


@case(args=lambda: ([Slotted(1.0), Slotted(2.0)], 0.7), argnums=(0, 1))
def slots_of_an_argument(items, s):
    """Objects with slots are an argument; one list of such objects changes, another is only read."""
    others = [Slotted(item.a * s) for item in items]
    for item in items:
        item.a = item.a * item.b * s
    items[0], items[1] = items[1], items[0]
    items[0].b *= items[1].a
    return sum((i + 1) * item.a * item.b for i, item in enumerate(items)) + sum(o.a * o.b for o in others)


class Remembered:
    """Computes an attribute once, from data that may change afterwards."""

    def __init__(self, data):
        self.data = data

    @functools.cached_property
    def cached(self):
        return self.data[1] * 2 if self.data[0] > -5 else 0.3


@case(args=lambda: (normal(27, 3), 2), argnums=0)
def cached_before_the_data_change(x, n):
    """Objects in a list keep what they computed when their array is overwritten."""
    items = [Remembered(x), Remembered(x.copy())]
    first = np.cos(items[-1].cached)
    for _ in range(n):
        np.add(x, 1.0, out=items[-1].data)
    items[0] = Remembered(x * items[-1].cached)
    return np.sum(items[0].data) * items[0].cached + first


class Settings:
    """Has the settings of its class, until it makes its own of them."""

    given = {"t": 0.0, "p": 0.0, "scale": 0.5, "x": None}  # noqa: RUF012
    status = 0

    def __init__(self, **given):
        self.given = Settings.given.copy()
        self.given.update(given)
        self.found = ""
        if self.complete:
            self.status = 1
            t, p = self.given[self.found[0]], self.given[self.found[1]]
            self.w = t * t * p * self.given["scale"]

    @property
    def complete(self):
        self.found = "tp" if self.given["t"] and self.given["p"] else ""
        return self.found


@case(args=lambda: (0.3, 0.4), argnums=(0, 1))
def settings_of_a_class_are_copied(t, p):
    """The instances change later; the dict of the class is none that they write to."""
    found = [Settings(t=t, p=p), Settings(t=p, p=t)]
    for one in found:
        one.w = one.w * (1 + one.status)
    return found[0].w * found[1].w ** 2 + Settings.given["scale"] * t


class Counter:
    """Reads what its class gives before it stores its own."""

    counts = [1.0, 2.0]  # noqa: RUF012

    def __init__(self, first):
        self.total = self.counts[0] * first
        self.counts = [first, self.counts[1]]


@case(args=lambda: (0.3, 0.4), argnums=(0, 1))
def class_data_read_before_an_own_attribute(t, p):
    found = [Counter(t), Counter(p)]
    for one in found:
        one.total = one.total * one.counts[0] + one.counts[1]
        one.counts = [one.total, one.counts[1]]
    return found[0].total * found[1].counts[0] + Counter.counts[1] * t
