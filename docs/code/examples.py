"""Functions whose way through the compiler the documents show."""

import numpy as np


def settle(w, x, n):
    """Return the energy of a network after n steps."""
    y = x
    for _ in range(n):
        y = np.tanh(w @ y)
    return np.sum(y * y)


def values(w, x):
    """Nothing is written: cotangents are values."""
    h = np.sin(x @ w)
    return np.sum(h * h)


def buffer(x, n):
    """Items are read one by one: the cotangent is an array that is added to."""
    total = 0.0
    for i in range(1, n):
        total += x[i] * x[i - 1]
    return total


def shadow(x):
    """An array is written, through a view as well: the cotangent is a shadow with the same view."""
    a = np.zeros(5)
    a[1:4] = x
    inner = a[1:3]
    inner *= 2.0
    return np.sum(a * a)


def linear(u, steps):
    """Gauss-Seidel sweeps are linear: the reverse sweep reads no primal value, so nothing is saved."""
    for _ in range(steps):
        for i in range(1, len(u) - 1):
            u[i] = (u[i - 1] + u[i] + u[i + 1]) / 3.0
    return np.sum(u)


def squares(u, steps):
    """The same with a square: what is overwritten is read by the reverse sweep, and so put back."""
    for _ in range(steps):
        u[1:-1] = u[:-2] * u[2:]
    return np.sum(u)


def elimination(a):
    """Gaussian elimination in place: what a step has written, no later one overwrites where it is read again."""
    n = a.shape[0]
    for k in range(n - 1):
        a[k + 1 :, k] /= a[k, k]
        a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
    return np.sum(a * a)


def total(x, flip):
    """An update that no other name can see is one of values."""
    s = np.zeros(3)
    for row in x:
        s += row * row
    if flip:
        s = s[::-1]
    return np.sum(s * np.arange(3.0))


def rounded(x):
    """A derivative that ends: what is rounded is piecewise constant."""
    steps = np.round(x)
    return np.sum(steps * steps)


class Counter:
    """Adds and counts."""

    def __init__(self):
        self.total, self.number = 0.0, 0

    def add(self, value):
        """Take a value."""
        self.total += value
        self.number += 1

    @property
    def mean(self):
        """What a value was on average."""
        return self.total / self.number


def counted(x):
    """The mean of squares by way of an object."""
    counter = Counter()
    for value in x:
        counter.add(value * value)
    return counter.mean


class Particle:
    """A position and a momentum."""

    def __init__(self, q, p):
        self.q = q
        self.p = p


def stepped(x):
    """Particles in a list, which a loop changes."""
    particles = [Particle(v, 0.0) for v in x]
    for particle in particles:
        particle.p -= 0.1 * np.sin(particle.q)
    return particles[0].p * particles[1].p
