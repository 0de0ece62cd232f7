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
