"""Dead stores: memory that nobody reads need not be written."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.ir.core import Function
from diffcompile.passes.clean import clean
from diffcompile.specialise import Program
from passes.rewriting import assert_keeps, assert_rewrites

X = np.array([1.0, -2.0, 3.0])


def cleaned(program: Program) -> Function:
    return clean(program.function, program.types)


def test_array_that_is_only_written() -> None:
    def before(x: Any) -> Any:
        a = np.zeros(3)
        a[0] = x[0]
        a[1] += x[1]
        return np.sum(x)

    def after(x: Any) -> Any:
        return np.sum(x)

    assert_rewrites(before, after, cleaned, X)


def test_array_that_is_only_written_in_a_loop_through_a_view() -> None:
    def before(x: Any, n: int) -> Any:
        a = np.zeros(3)
        v = a[1:]
        total = 0.0
        for k in range(n):
            v[k] = x[k]
            total = total + x[k]
        return total

    def after(x: Any, n: int) -> Any:
        total = 0.0
        for k in range(n):
            total = total + x[k]
        return total

    assert_rewrites(before, after, cleaned, X, 2)


def test_store_that_is_overwritten() -> None:
    def before(x: Any) -> Any:
        a = np.zeros(3)
        a[0] = x[0]
        a[0] = x[1]
        return np.sum(a)

    def after(x: Any) -> Any:
        a = np.zeros(3)
        a[0] = x[1]
        return np.sum(a)

    assert_rewrites(before, after, cleaned, X)


def test_slice_that_is_overwritten() -> None:
    def before(x: Any, n: int) -> Any:
        a = np.zeros(3)
        a[:n] = x[:n]
        a[:n] = 2.0
        return np.sum(a)

    def after(x: Any, n: int) -> Any:
        a = np.zeros(3)
        a[:n] = 2.0
        return np.sum(a)

    assert_rewrites(before, after, cleaned, X, 2)


def test_store_that_is_read_before_it_is_overwritten() -> None:
    def whole(x: Any) -> Any:
        a = np.zeros(3)
        a[0] = x[0]
        b = np.sum(a)
        a[0] = x[1]
        return np.sum(a) * b

    def through_a_view(x: Any) -> Any:
        a = np.zeros(3)
        v = a[:2]
        a[0] = x[0]
        b = np.sum(v)
        a[0] = x[1]
        return np.sum(a) * b

    def by_the_next_store(x: Any) -> Any:
        a = np.zeros(3)
        a[0] = x[0]
        a[0] = a[0] * 2.0
        return np.sum(a)

    def in_a_branch(x: Any) -> Any:
        a = np.zeros(3)
        b = 0.0
        a[0] = x[0]
        if x[1] > 0.0:
            b = a[0] * 2.0
        a[0] = x[1]
        return np.sum(a) * b

    def by_an_update(x: Any) -> Any:
        a = np.zeros(3)
        a[0] = x[0]
        a[:] *= 2.0
        a[0] = x[1]
        return np.sum(a)

    for fun in (whole, through_a_view, by_the_next_store, in_a_branch):
        assert_keeps(fun, cleaned, X)
    assert_keeps(by_an_update, cleaned, X)


def test_store_overwritten_on_one_path_only() -> None:
    def keeps(x: Any) -> Any:
        a = np.zeros(3)
        a[0] = x[0]
        if x[1] > 0.0:
            a[0] = x[1]
        return np.sum(a)

    assert_keeps(keeps, cleaned, X)


def test_store_to_another_place() -> None:
    def keeps(x: Any, n: int) -> Any:
        a = np.zeros(3)
        a[0] = x[0]
        a[n] = x[1]
        a[:n] = x[2]
        return np.sum(a)

    assert_keeps(keeps, cleaned, X, 0)


def test_arguments_are_seen_by_the_caller() -> None:
    def keeps(x: Any, out: Any) -> Any:
        out[0] = x[0]
        out[1] += x[1]
        return np.sum(x)

    assert_keeps(keeps, cleaned, X, np.zeros(2))


def test_array_that_a_list_holds() -> None:
    def keeps(x: Any) -> Any:
        a = np.zeros(3)
        held = [a]
        a[0] = x[0]
        return np.sum(held[0])

    assert_keeps(keeps, cleaned, X)


def test_list_that_nobody_reads() -> None:
    def before(x: Any, n: int) -> Any:
        seen = []
        for k in range(n):
            seen.append(x[k] * 2.0)
        return np.sum(x)

    def after(x: Any, n: int) -> Any:
        return np.sum(x)

    assert_rewrites(before, after, cleaned, X, 2)
