"""Callables that are no functions, chosen when the program runs: instances, derivatives, partial applications.

What ``functools.update_wrapper`` leaves in ``__wrapped__`` is what a decorator was given, not what it made of it.
"""

# written as users write it, not as a linter likes it

import functools

import numpy as np

import diffcompile
from corpus.registry import case, normal


def cubed(x):
    return x**3


class Scaled:
    """A decorator that is a class: it looks like what it wraps, and returns a multiple."""

    def __init__(self, function, factor=2.0):
        functools.update_wrapper(self, function)
        self.function = function
        self.factor = factor

    def __call__(self, x, shift=0.0):
        return self.factor * self.function(x) + shift * x


@Scaled
def squared(x):
    return x * x


APPLIED = functools.partial(Scaled(np.sin, 3.0), shift=0.5)
CHOICES = {"scaled": Scaled(cubed), "squared": squared, "applied": APPLIED, "plain": cubed}


def picked(function, scaled):
    """Return a function or something that was made of it."""
    return Scaled(function) if scaled else function


def sloped(function, times):
    """Return a function or one of its derivatives, none of which is known before the program runs."""
    if times == 1:
        return diffcompile.grad(function)
    return diffcompile.grad(diffcompile.grad(function)) if times == 2 else function


@functools.cache
def remembered(times):
    return sloped(cubed, times)


@case(args=lambda: (0.7, True), argnums=0)
def made_by_a_class_or_not(x, scaled):
    """An instance that wraps a function is called for what its class says."""
    return picked(cubed, scaled)(x) * x + picked(np.cos, not scaled)(x)


@case(args=lambda: (0.7, 1), argnums=0)
def derivative_or_function(x, times):
    """Whether a function or its derivative is called turns out when the program runs."""
    return sloped(cubed, times)(x) * x + sloped(cubed, times + 1)(x * x) + sloped(cubed, times - 1)(x)


@case(args=lambda: (normal(3, 2), 2), argnums=0)
def slopes_in_a_loop(x, times):
    """Each trip calls another derivative."""
    total = 0.0
    for k in range(times + 1):
        total = total * x[0] + remembered(k)(x[1] + total)
    return total


@case(args=lambda: (0.7, ["scaled", "squared", "applied", "plain"]), argnums=0)
def named_in_a_list(x, names):
    """Names that are only known at run time stand for instances and partial applications of instances."""
    for name in names:
        x = CHOICES[name](x)
    return x


@case(args=lambda: (0.7,), argnums=0)
def applied_to_an_instance(x):
    """A partial application of an instance that wraps a function."""
    both = APPLIED(x) * functools.partial(squared, shift=x)(x)
    return both + functools.reduce(lambda s, y: s + squared(y), [x, 2 * x], x)
