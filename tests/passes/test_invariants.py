"""Carried values and branch results that are always the same value go."""

# ruff: noqa: SIM108, PLW0127 - the statements are what is tested

from __future__ import annotations

from diffcompile.ir.core import Function
from diffcompile.passes.invariants import drop_invariants
from diffcompile.specialise import Program
from passes.rewriting import assert_keeps, assert_rewrites, rewritten, text


def dropped(program: Program) -> Function:
    return drop_invariants(program.function)


def test_value_that_is_assigned_to_itself() -> None:
    def before(x: float, v: float, n: int) -> float:
        for _ in range(n):
            x, v = x * v, v
        return x + v

    def after(x: float, v: float, n: int) -> float:
        for _ in range(n):
            x = x * v
        return x + v

    assert_rewrites(before, after, dropped, 3.0, 2.0, 4)


def test_invariant_of_an_inner_loop() -> None:
    def before(x: float, v: float, n: int) -> float:
        for _ in range(n):
            for _ in range(n):
                x, v = x * v, v
        return x + v

    def after(x: float, v: float, n: int) -> float:
        for _ in range(n):
            for _ in range(n):
                x = x * v
        return x + v

    found = text(rewritten(before, dropped, 3.0, 2.0, 2))
    assert found == text(rewritten(after, dropped, 3.0, 2.0, 2))
    assert "%v." not in found


def test_invariant_of_a_while() -> None:
    def before(x: float, v: float) -> float:
        while x < v:
            x, v = x * 2.0, v
        return x + v

    def after(x: float, v: float) -> float:
        while x < v:
            x = x * 2.0
        return x + v

    assert_rewrites(before, after, dropped, 3.0, 20.0)


def test_value_that_both_branches_pass_on() -> None:
    def before(x: float, v: float, n: int) -> float:
        for k in range(n):
            if k > 1:
                x, v = x * 2.0, v
            else:
                x, v = x + v, v
        return x + v

    def after(x: float, v: float, n: int) -> float:
        for k in range(n):
            if k > 1:
                x = x * 2.0
            else:
                x = x + v
        return x + v

    found = text(rewritten(before, dropped, 3.0, 2.0, 4))
    assert found == text(rewritten(after, dropped, 3.0, 2.0, 4))
    assert "%v." not in found


def test_a_value_that_changes_once_is_no_invariant() -> None:
    def keeps(x: float, v: float, n: int) -> float:
        u = x
        for _ in range(n):
            x = x * u
            u = v
        return x

    assert_keeps(keeps, dropped, 3.0, 2.0, 4)


def test_swapped_values_are_no_invariants() -> None:
    def keeps(x: float, v: float, n: int) -> float:
        for _ in range(n):
            x, v = v, x
        return x

    assert_keeps(keeps, dropped, 3.0, 2.0, 3)


def test_a_loop_that_may_stop() -> None:
    def before(x: float, v: float, n: int) -> float:
        for _ in range(n):
            x, v = x * v, v
            if x > 20.0:
                break
        return x + v

    found = text(rewritten(before, dropped, 3.0, 2.0, 9))
    assert "%v." not in found
