"""Calls that go through a pair and change something: what they return is written to, or what they are given."""

import numpy as np

from corpus.registry import case, normal, positive


class Rotor:
    """A number with an angle, made in several ways, some of which make another one first."""

    def __init__(self, *args, **kwargs):
        if args and isinstance(args[0], Rotor):
            self.q = args[0].q
        elif len(args) == 1:
            self.q = self._checked([args[0], 0.0])
        elif "angle" in kwargs:
            self.q = Rotor._turned(kwargs["angle"], kwargs.get("size", 1.0)).q
        elif "matrix" in kwargs:
            matrix = kwargs["matrix"]
            self.q = Rotor(angle=matrix[1, 0] / matrix[0, 0], size=matrix[0, 0]).q
        else:
            self.q = self._checked(args)

    def _checked(self, parts):
        try:
            numbers = [float(part) for part in parts]
        except ValueError:
            raise ValueError("no numbers") from None
        numbers[0] *= 1.5
        return np.asarray(numbers)

    @classmethod
    def _turned(cls, angle, size):
        return cls(size * np.cos(angle), size * np.sin(angle))

    def __mul__(self, other):
        if not isinstance(other, Rotor):
            return self * Rotor(other)
        a, b = self.q
        c, d = other.q
        return Rotor(a * c - b * d, a * d + b * c)


@case(args=lambda: (0.7, np.array([[1.2, 0.4], [0.3, 0.9]])), argnums=(0, 1))
def constructors_that_construct(x, m):
    """A class that is made of an angle, of a matrix, of numbers, of another one: each way goes through `__init__`."""
    made = Rotor(angle=x, size=2.0) * Rotor(matrix=m) * x
    return made.q[0] * Rotor(made).q[1]


def flattened(parts):
    """Return the sum of the squares of nested lists: each call has a list of another depth."""
    if isinstance(parts, list):
        return sum(flattened(part) * (k + 1) for k, part in enumerate(parts))
    return parts * parts


@case(args=lambda: (normal(0, 3),))
def recursion_down_nested_lists(x):
    """The recursion ends because the types do."""
    return flattened([[x[0], x[1] * 2.0], [x[2]], []]) * flattened(x[1])


def built(x, n):
    """Return a new array that each level changes."""
    if n == 0:
        return np.exp(x)
    y = built(x * 0.9, n - 1)
    y[0] = y[1] * y[0]
    y[1:] *= y[0]
    return y


@case(args=lambda: (normal(1, 3),))
def new_array_of_a_recursion_is_written(x):
    """What the pullback of the inner call reads, the outer one has overwritten."""
    y = built(x, 3)
    view = y[::-1]
    y *= y[2]
    return np.sum(view * y) + y[0] * view[0]


@case(args=lambda: (normal(2, 3),))
def new_arrays_of_a_recursion_in_a_loop(x):
    """The array of one trip is there in the next."""
    old, total = x * 2.0, 0.0
    for k in range(4):
        new = built(old * 0.3, k % 2)
        new += old
        old[k % 3] = new[0]
        total = total + np.sum(old * new)
        if k == 2:
            old = new
    return total


@case(args=lambda: (positive(3, 3),))
def array_of_a_try_block_is_written(x):
    """The block fails in some trips, and the handler gives the array."""
    total = 0.0
    for k in range(4):
        try:
            y = np.array(x) * (x + k)
            if k == 2:
                raise ValueError
        except ValueError:
            y = x * 3.0
        y[0] *= y[1]
        y[1:] = y[:-1] * x[0]
        total = total + np.sum(y * y)
    return total


class Account:
    """What a recursion adds up."""

    def __init__(self, total):
        self.total = total
        self.visits = 0
        self.open = True

    def add(self, amount):
        self.total = self.total + amount
        self.visits += 1


def visited(x, n, account):
    if n == 0:
        account.open = False
        return
    account.total += x**2 * n
    account.visits += 1
    visited(x * account.total, n - 1, account)
    account.total = account.total * x


@case(args=lambda: (positive(4, 3),))
def recursion_that_adds_to_an_object(x):
    """It is changed before and after the inner call, in a loop, and in between by the caller."""
    account = Account(x[2])
    for k in range(4):
        visited(x[0] * 0.5, k % 3, account)
        account.total *= x[1]
    return account.total * account.visits


def exchanged(x, n, left, right):
    if n == 0:
        return left.total * right.total
    left.total += x * right.total
    right.total = right.total * x + left.total
    found = exchanged(x, n - 1, right, left)
    left.add(found)
    return found + left.total


@case(args=lambda: (positive(5, 3),))
def recursion_that_swaps_objects(x):
    """Two objects exchange their places at each depth."""
    left, right = Account(x[0]), Account(x[1])
    found = exchanged(x[2], 3, left, right)
    return found * left.total + right.total * left.visits


@case(args=lambda: (positive(6, 3),))
def recursion_that_captures_an_object(x):
    """A nested function changes what it captures."""
    account = Account(x[0])

    def go(n):
        if n == 0:
            return
        account.total = account.total * x[1] + n
        go(n - 1)
        account.total += x[2] * account.visits
        account.visits += 1

    go(3)
    return account.total**2


class Walker:
    """Goes down nested lists, and knows how deep it is."""

    def __init__(self, weights):
        self.weights = weights
        self.sum = weights * 0.0
        self.depth = 0

    def walk(self, tree):
        if not isinstance(tree, list):
            self.sum = self.sum + self.weights * tree * self.depth
            return
        self.depth += 1
        for part in tree:
            self.walk(part)
        self.depth -= 1


@case(args=lambda: (positive(7, 3),))
def walker_down_nested_lists(x):
    """A method that calls itself replaces arrays of its object."""
    walker = Walker(x * 2.0)
    walker.walk([1.0, [2.0, [3.0]], [[[x[1]]]]])
    return np.sum(walker.sum**2)


class Quadrature:
    """Adaptive, with what it did so far."""

    def __init__(self, f, tolerance):
        self.f = f
        self.tolerance = tolerance
        self.calls = 0
        self.error = 0.0

    def run(self, a, b, depth):
        middle = (a + b) / 2
        coarse = (b - a) * self.f(middle)
        fine = (b - a) / 2 * (self.f((a + middle) / 2) + self.f((middle + b) / 2))
        self.calls += 1
        self.error += (fine - coarse) ** 2
        if depth == 0 or abs(fine - coarse) < self.tolerance:
            return fine
        return self.run(a, middle, depth - 1) + self.run(middle, b, depth - 1)


@case(args=lambda: (positive(8, 3),))
def adaptive_quadrature_of_an_object(x):
    """Two recursive calls in one expression; how deep they go depends on the numbers."""
    rule = Quadrature(lambda t: np.exp(x[0] * t) * x[1], 1e-3)
    return rule.run(0.0, x[2], 4) + rule.error * 1e3 * rule.calls


def halved(x, n, account):
    if n <= 0:
        return x
    account.total *= x
    return added(x + account.total, n - 1, account)


def added(x, n, account):
    if n <= 0:
        return x * x
    account.total += x
    return halved(x * 0.3, n - 1, account) * account.total


@case(args=lambda: (positive(9, 3),))
def mutual_recursion_over_an_object(x):
    """Two functions call each other, and change one object."""
    account = Account(x[1])
    return halved(x[0], 4, account) + account.total * x[2]


def left_early(x, n, account):
    for k in range(3):
        account.total += x * k
        if account.total > 2.0:
            return account.total
        if n > 0 and left_early(x * 1.3, n - 1, account) > 1.0:
            break
        account.visits += 1
    return account.total * x


@case(args=lambda: (np.array([0.7, 0.9, 0.4]),))
def recursion_in_a_loop_that_is_left(x):
    """Returns and breaks between the stores."""
    account = Account(x[1])
    found = left_early(x[0], 2, account)
    return found * account.total + account.visits * x[2]


def sums_and_sums(x, y):
    """What is returned twice, and once in a tuple, is one array."""
    z = x * y
    z[0] = z[1] * x[0]
    return z, z, (x, z)


@case(args=lambda: (normal(1, 3), normal(2, 3)), argnums=(0, 1))
def the_same_returned_twice(x, y):
    """A function that is called in a loop returns the same value several times; the last is changed."""
    total = 0.0
    for k in range(3):
        a, b, (c, d) = sums_and_sums(x, y + k)
        b *= 2.0
        total += np.sum(a * c) + d[0] * b[1]
        x = x + d * 0.1
    return total


def remembered(n, x, memo):
    if n in memo:
        return memo[n]
    memo[n] = x * remembered(n - 1, x, memo) + remembered(n - 2, x, memo)
    return memo[n]


@case(args=lambda: (1.3, 0.7, 6), argnums=(0, 1))
def recursion_with_a_memory(x, y, n):
    """A dict that the calls fill and read, and that is changed between them."""
    memo = {0: y, 1: x}
    total = remembered(n, x, memo) * y
    memo[n - 1] = memo[n - 1] * x
    memo[n + 3] = y
    total = total + remembered(n + 2, y, memo) / remembered(n + 3, x, memo)
    return total + sum(value * key for key, value in memo.items()) + len(memo)


@case(args=lambda: (1.3, "kitten", "sitting"))
def distance_of_words(x, first, second):
    memo = {}

    def distance(i, j):
        if (i, j) in memo:
            return memo[i, j]
        if i == 0 or j == 0:
            least = (i + j) * x
        else:
            change = 0.0 if first[i - 1] == second[j - 1] else 1.5
            least = min(distance(i - 1, j) + x, distance(i, j - 1) + 1.1 * x, distance(i - 1, j - 1) + change)
        memo[i, j] = least
        return least

    return distance(len(first), len(second))


def filled(n, d, out, x):
    if n == 0:
        return
    d[n] = x * len(d) + d.get(n, 1.0)
    out.append(d[n])
    for k in range(2):
        filled(n - 1, d, out, x * (k + 1))
    if n == 2:
        del d[1]
        d[n + 5] = d.pop(n) * x


@case(args=lambda: (1.3, 3))
def recursion_that_fills_a_dict_and_a_list(x, n):
    d, out = {7: x}, []
    filled(n, d, out, x)
    order = sum((k + 1.0) * value for k, value in enumerate(d.values()))
    return sum(out) * order + len(d)


@case(args=lambda: (1.3, 0.7, 3), argnums=(0, 1))
def rows_that_recursion_eliminates(x, y, n):
    """Lists in a list are changed, and nothing else looks at them behind the call."""
    rows = [[x + i * j + (i == j) * y * 3 for j in range(n)] for i in range(n)]
    before = rows[1][1]

    def eliminate(k):
        if k == n - 1:
            return
        for i in range(k + 1, n):
            factor = rows[i][k] / rows[k][k]
            for j in range(k, n):
                rows[i][j] -= factor * rows[k][j]
        eliminate(k + 1)

    eliminate(0)
    product = before
    for i in range(n):
        product = product * rows[i][i]
    return product
