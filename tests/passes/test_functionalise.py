"""``x += y`` becomes ``x = x + y`` where no other name could tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad
from diffcompile.ir.core import Function
from diffcompile.passes.functionalise import functionalise
from diffcompile.specialise import Program
from passes.rewriting import assert_rewrites, program_of, rewritten, text

X = np.array([1.0, -2.0, 3.0])


def functional(program: Program) -> Function:
    return functionalise(program.function, program.types)


def updates(fun: Any, *args: Any) -> int:
    """Return how many writes in place remain."""
    return text(rewritten(fun, functional, *args)).count("update(")


def test_fresh_array() -> None:
    def before(x: Any) -> Any:
        s = np.zeros(3)
        s += x
        s *= 2.0
        return np.sum(s)

    def after(x: Any) -> Any:
        s = np.zeros(3)
        s = s + x
        s = s * 2.0
        return np.sum(s)

    assert_rewrites(before, after, functional, X)


def test_array_carried_round_a_loop() -> None:
    def before(x: Any, n: int) -> Any:
        s = np.zeros(3)
        for _ in range(n):
            s += x
        return np.sum(s)

    def after(x: Any, n: int) -> Any:
        s = np.zeros(3)
        for _ in range(n):
            s = s + x
        return np.sum(s)

    assert_rewrites(before, after, functional, X, 2)


def test_another_name_is_read_afterwards() -> None:
    def name(x: Any) -> Any:
        s = np.zeros(3)
        t = s
        s += x
        return np.sum(s * t)

    def view(x: Any) -> Any:
        s = np.zeros(3)
        t = s[1:]
        s += x
        return np.sum(s) * np.sum(t)

    def listed(x: Any) -> Any:
        s = np.zeros(3)
        held = [s]
        s += x
        return np.sum(held[0])

    for fun in (name, view, listed):
        assert updates(fun, X) == 1


def test_an_update_through_a_view() -> None:
    def fun(x: Any) -> Any:
        s = np.zeros(3)
        v = s[1:]
        v += x[1:]
        return np.sum(s)

    assert updates(fun, X) == 1


def test_an_argument_is_left_alone() -> None:
    """A gradient works on the values that were passed in: an update of the whole argument is pure."""

    def before(x: Any) -> Any:
        x += 1.0
        return np.sum(x)

    def after(x: Any) -> Any:
        x = x + 1.0
        return np.sum(x)

    assert text(functional(program_of(before, X))) == text(program_of(after, X).function)


def test_a_smaller_dtype_or_shape_is_no_pure_update() -> None:
    def dtype(x: Any) -> Any:
        s = np.zeros(3, dtype=np.float32)
        s += x
        return np.sum(s)

    def shape(x: Any) -> Any:
        s = np.zeros((2, 3))
        s += x
        return np.sum(s)

    assert updates(dtype, X) == 1
    assert updates(shape, X) == 0


def test_the_same_array_from_before_each_trip() -> None:
    def fun(x: Any, n: int) -> Any:
        s = np.zeros(3)
        total = 0.0
        for _ in range(n):
            t = s
            t += x
            total = total + np.sum(t)
        return total

    assert updates(fun, X, 2) == 1


def test_number_or_array_seen_through_another_name_is_checked_to_be_a_number() -> None:
    def fun(x: Any, flag: Any) -> Any:
        a = x if flag > 0.0 else 1.0
        b = a
        a += x
        return np.sum(a * b)

    gradient = grad(fun)
    np.testing.assert_allclose(gradient(X, -1.0), np.ones(3))
    with pytest.raises(UnsupportedError, match="ndarray is changed in place, and another name for it is used later"):
        gradient(X, 1.0)


def test_a_value_added_to_itself() -> None:
    def fun(x: Any, flag: Any) -> Any:
        a = x * x if flag > 0.0 else 1.0
        a += a
        return np.sum(a)

    np.testing.assert_allclose(grad(fun)(X, 1.0), 4.0 * X)
    np.testing.assert_allclose(grad(fun)(2.0, 1.0), 8.0)
