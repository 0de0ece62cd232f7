"""Functions that are found at run time and hold active values: forward mode, and derivatives of derivatives."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcompile import UnsupportedError, check_grads, grad, hessian, jvp


def scaled(a: Any, b: Any) -> Any:
    return a * b * b


def varying(*factors: Any, scale: Any = 2.0) -> Any:
    total = 1.0
    for factor in factors:
        total = total * factor + factor * factor
    return total * scale


class Spring:
    def __init__(self, k: Any) -> None:
        self.k = k

    def force(self, u: Any) -> Any:
        return -self.k * u**3

    def __call__(self, u: Any) -> Any:
        return np.tanh(self.k * u)


def closures(x: Any, n: int) -> Any:
    functions = [lambda y: y * x, lambda y: y + x * x, lambda y: np.sin(y * x)]
    t = 1.0
    for i in range(n):
        t = functions[i % 3](t)
    return t


def late_choice(x: Any, n: int) -> Any:
    function: Callable[[Any], Any] = np.sin
    for i in range(n):
        function = functools.partial(scaled, x * i) if i % 2 else (lambda y, a=x * i: y + a * a)
    return function(x)


def partials(x: Any, n: int) -> Any:
    functions = [functools.partial(scaled, x), functools.partial(scaled, b=x * 2.0), functools.partial(scaled, 2.0)]
    return sum(functions[i % 2](x * i) for i in range(n)) + functions[n % 2](3.0)


def replaced_keywords(x: Any, n: int) -> Any:
    functions = [functools.partial(scaled, b=x), functools.partial(scaled, b=x * x), lambda a, b=x: a * b * x]
    total = 0.0
    for i in range(n):
        total += functions[i % 3](3.0, b=x**3) * functions[(i + 1) % 3](a=x)
    return total


def starred(x: Any, n: int) -> Any:
    functions = [functools.partial(varying, x, 2.0), varying, functools.partial(varying, scale=x)]
    total = 0.0
    for i in range(n):
        total += functions[i % 3](x * x, 1.5, x)
    return total


def objects(x: Any, n: int) -> Any:
    springs = [Spring(x), Spring(x * x)]
    functions = [springs[0].force, springs[1].force, springs[1], np.sin, functools.partial(np.power, x)]
    u = 1.0 + x
    for i in range(n):
        u = u + 0.1 * functions[i](u)
    return u


def made_in_branches(x: Any, n: int) -> Any:
    spring: Any = Spring(x)
    if n > 2:
        function = lambda y: y * x  # noqa: E731
    elif n > 1:
        function = spring
    else:
        function = spring.force
    t = 0.5
    for _ in range(n):
        t = function(t)
    return t


def kept_in_each_other(x: Any, n: int) -> Any:
    def outer(a: Any) -> Any:
        functions = [lambda y: y * a * x, lambda y: y + a]
        return lambda z, i: functions[i](z) + a * z

    made = [outer(x), outer(x * x), outer(2.0)]
    total = 1.0
    for i in range(n):
        total = total + made[i % 3](total * x, i % 2)
    return total


def pairs(x: Any, n: int) -> Any:
    functions = [lambda y: (y * x, y + x), lambda y: (x, y * y)]
    a, b = x, 1.0
    for i in range(n):
        a, b = functions[i % 2](a * b)
    return a + b


PROGRAMS = [
    closures, late_choice, partials, replaced_keywords, starred, objects, made_in_branches, kept_in_each_other, pairs,
]  # fmt: skip
NO_PULLBACK_OF_PULLBACK = (starred, objects, made_in_branches)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
@pytest.mark.parametrize("n", [0, 1, 4])
def test_both_modes(program: Any, n: int) -> None:
    check_grads(program, (0.7, n), argnums=0)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_second_derivatives(program: Any) -> None:
    modes = ("fwd",) if program in NO_PULLBACK_OF_PULLBACK else ("rev", "fwd")
    check_grads(program, (0.7, 3), order=2, modes=modes, argnums=0)


def test_arrays() -> None:
    def program(x: Any, n: int) -> Any:
        functions = [lambda y: y * x, lambda y: np.sum(y) * x]
        t = np.ones(3)
        for i in range(n):
            t = functions[i % 2](t)
        return np.sum(t)

    x = np.array([0.3, 0.5, 0.9])
    check_grads(program, (x, 3), argnums=0)
    np.testing.assert_allclose(hessian(program)(x, 3), hessian(lambda x: np.sum(np.sum(x) * x * x))(x), rtol=1e-12)


def returns_what_is_written(x: Any, n: int) -> Any:
    a = x * 2.0
    functions = [lambda: a, lambda: a * 2.0]
    r = functions[n]()
    a[0] = 0.0
    return np.sum(r * x)


def test_a_captured_array_that_changes_is_refused_in_both_modes() -> None:
    x = np.array([0.3, 0.5])
    with pytest.raises(UnsupportedError, match="captures an array, list or object that changes"):
        grad(returns_what_is_written)(x, 0)
    with pytest.raises(UnsupportedError, match="captures an array, list or object that changes"):
        jvp(lambda y: returns_what_is_written(y, 0 if y[0] > 0.0 else 1), (x,), (x,))


def test_an_array_that_changed_before_the_function_was_made() -> None:
    def program(x: Any, n: int) -> Any:
        a = x * 2.0
        if n >= 0:
            a[0] = x[1] * x[1]
        functions = [lambda t: np.sum(a * t), lambda t: t]
        return functions[n](x[0]) * functions[0](2.0)

    check_grads(program, (np.array([0.3, 0.5]), 0), argnums=0)
