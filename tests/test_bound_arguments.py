"""``inspect.signature(f).bind(...)`` in decorators: arguments are found, changed and handed on."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import pytest

from diffcompile import UnsupportedError, grad, value_and_grad
from diffcompile.testing import check_grads


def completed(fun):
    """Fill in what is not given, and refuse what is negative."""
    signature = inspect.signature(fun)

    @functools.wraps(fun)
    def wrapper(*args, **keywords):
        bound = signature.bind(*args, **keywords)
        bound.apply_defaults()
        if bound.arguments["t"] is None:
            bound.arguments["t"] = 1.5
        for name, value in bound.arguments.items():
            if name == "a" and value < 0:
                raise ValueError(name)
        return fun(*bound.args, **bound.kwargs)

    return wrapper


def scaled(**units):
    """Convert each argument that has a unit."""

    def decorate(fun):
        @functools.wraps(fun)
        def wrapper(*args, **keywords):
            bound = inspect.signature(fun).bind(*args, **keywords)
            for name, unit in units.items():
                if name in bound.arguments:
                    bound.arguments[name] = bound.arguments[name] * unit
            return fun(*bound.args, **bound.kwargs)

        return wrapper

    return decorate


@completed
def energy(a, b=2.0, *rest, t=None, **named):
    """Return something that tells all arguments apart."""
    return a * b + t * sum(rest) + t + sum(named.values()) * a


@scaled(a=2.0, c=0.5)
def volume(a, b, c=3.0):
    """Return the product of the sides."""
    return a * b * c


class Model:
    """A method with such a decorator."""

    def __init__(self, k):
        self.k = k

    @scaled(a=3.0)
    def value(self, a, b=1.0):
        """Return another product."""
        return a * b * self.k


def _defaults(x, y):
    return energy(x) + energy(x, y, t=x) + energy(x, y, x * y, zz=y)


def _converted(x, y):
    return volume(x, y) + volume(x, y, c=y) + volume(b=x, a=y * y)


def _methods(x, y):
    return Model(x).value(y, b=x) + Model(y).value(a=x * x)


def _local(x, y):
    @completed
    def product(a, t=None):
        return a * t * y

    return product(x) + product(x, t=y)


def _of_lambdas(x, y):
    product = lambda a, b=2, *, c=1.0: a * b * c  # noqa: E731
    names = inspect.signature(product).parameters
    return product(x, y, c=x) * len(names)


@pytest.mark.parametrize("function", [_defaults, _converted, _methods, _local, _of_lambdas])
def test_gradient(function: Callable[..., Any]) -> None:
    value, _ = value_and_grad(function)(0.7, 1.3)
    assert value == pytest.approx(function(0.7, 1.3), rel=1e-14)
    check_grads(function, (0.7, 1.3), modes=("rev", "fwd"))


def test_arguments_that_do_not_fit() -> None:
    with pytest.raises(UnsupportedError, match="do not fit the signature: missing a required argument: 'b'"):
        grad(lambda x: volume(x))(0.7)  # noqa: PLW0108


def test_another_signature_is_seen_by_the_next_call() -> None:
    def first(a, b=2.0):
        return a * b

    signature = inspect.signature(first)

    def called(x):
        bound = signature.bind(x)
        bound.apply_defaults()
        return first(*bound.args)

    gradient = grad(called)
    assert gradient(0.7) == 2.0
    signature = inspect.signature(lambda a, b=5.0: a)
    assert gradient(0.7) == 5.0
