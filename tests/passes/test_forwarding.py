"""Loads of what was stored just before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import grad
from diffcompile.ir.core import Function
from diffcompile.passes.clean import clean
from diffcompile.passes.forwarding import forward_stores
from diffcompile.passes.functionalise import functionalise
from diffcompile.specialise import Program
from diffcompile.testing.compare import check_against_differences
from passes.rewriting import assert_becomes, assert_stays

X = np.array([1.0, -2.0, 4.0, 0.5, 8.0])


def forwarded(program: Program) -> Function:
    function = functionalise(program.function, program.types)
    return clean(forward_stores(function, program.types), program.types)


def test_array_that_is_only_passed_through() -> None:
    def before(x: Any) -> Any:
        a = x.copy()
        b = x.copy()
        for _ in range(3):
            b[1:-1] = a[:-2] + a[2:]
            a[1:-1] = b[1:-1]
        return a

    def after(x: Any) -> Any:
        a = x.copy()
        for _ in range(3):
            a[1:-1] = a[:-2] + a[2:]
        return a

    assert_becomes(before, after, forwarded, X)


def overwritten_in_between(x: Any) -> Any:
    a, b = x.copy(), x.copy()
    b[1:-1] = 2.0 * x[1:-1]
    b[2] = x[0]
    a[1:-1] = b[1:-1]
    return a


def view_read_after_a_write(x: Any) -> Any:
    b = x.copy()
    b[1:-1] = 2.0 * x[1:-1]
    v = b[1:-1]
    b[2] = x[0]
    return v * v


def view_written_to(x: Any) -> Any:
    b = x.copy()
    b[1:-1] = 2.0 * x[1:-1]
    v = b[1:-1]
    v *= 3.0
    return b * v[0]


def broadcast(x: Any) -> Any:
    b = x.copy()
    b[1:-1] = x[:1]
    return b[1:-1] * 2.0


def value_written_later(x: Any) -> Any:
    b, t = x.copy(), 2.0 * x[1:-1]
    b[1:-1] = t
    t[0] = 5.0
    return b[1:-1] * 2.0 + t


def rounded(x: Any) -> Any:
    b = np.zeros(5, np.float32)
    b[1:-1] = 0.1 * x[1:-1]
    return b[1:-1] * 2.0 + x[0]


def in_a_branch(x: Any) -> Any:
    b, n = x.copy(), 2
    b[1:-1] = 2.0 * x[1:-1]
    while n > 0:
        n -= 1
        b[1:-1] += x[0]
    return b[1:-1] * 2.0


KEPT = [
    overwritten_in_between, view_read_after_a_write, view_written_to, broadcast, value_written_later, rounded,
    in_a_branch,
]  # fmt: skip


@pytest.mark.parametrize("fun", KEPT)
def test_kept(fun: Any) -> None:
    assert_stays(fun, forwarded, X)


def passed_through(x: Any) -> Any:
    a, b = x * 1.0, x * 1.0
    for _ in range(3):
        b[1:-1] = a[1:-1] * a[:-2] + a[2:]
        a[1:-1] = b[1:-1]
    return np.sum(np.sin(a))


def kept_and_read_again(x: Any) -> Any:
    a, b = x * 1.0, x * 1.0
    for k in range(3):
        b[1:-1] = a[1:-1] * a[:-2] + a[2:]
        a[1:-1] = b[1:-1] * b[k]
    return np.sum(np.sin(a) * b)


@pytest.mark.parametrize("fun", [passed_through, kept_and_read_again])
def test_gradients(fun: Any) -> None:
    gradient = grad(fun)
    found = gradient(X / 8)
    check_against_differences(fun, (X / 8,), {0: found}, names=("x",), title=fun.__name__, source=gradient.source)
