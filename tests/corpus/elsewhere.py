"""Helpers that other modules of the corpus import: a callee's globals are those of its own module."""

import math

from numpy import exp
from numpy import sum as total

RATE = 0.25
offset = 2.0


def decay(t):
    """Decay with a rate that is a global here."""
    return exp(-RATE * t)


def energy(x, weight=offset):
    """Weighted square sum; calls a helper of this module by a name that the importer does not know."""
    return weight * total(x * x) + _hidden(x[0])


def _hidden(v):
    return math.sin(v) * offset


def fill_squares(out, x):
    """Write the squares of ``x`` into ``out`` and return nothing."""
    for i in range(len(x)):
        out[i] = x[i] * x[i]


def scale_in_place(a, s=2.0):
    """Scale the argument in place."""
    a *= s


class Oscillator:
    """A harmonic oscillator with parameters in ``self``."""

    stiffness = 1.5

    def __init__(self, mass, damping):
        self.mass = mass
        self.damping = damping

    def force(self, x, v):
        """Return the force at a state."""
        return -self.stiffness * x - self.damping * v

    def run(self, x, v, dt, steps):
        """Return the position after some steps."""
        for _ in range(steps):
            v = v + dt * self.force(x, v) / self.mass
            x = x + dt * v
        return x
