"""What nobody reads goes; what has an effect stays."""

# ruff: noqa: PLR1730, SIM108 - the statements are what is tested

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile.analysis.effects import is_droppable
from diffcompile.ir.core import Function
from diffcompile.passes.dead_code import eliminate_dead_code
from diffcompile.specialise import Program
from passes.rewriting import assert_keeps, assert_rewrites, rewritten, text


def dead_code(program: Program) -> Function:
    return eliminate_dead_code(program.function, is_droppable)


def test_unread_values() -> None:
    def before(x: float) -> float:
        y = x + 1.0
        z = y * y  # noqa: F841
        return x * 2.0

    def after(x: float) -> float:
        return x * 2.0

    assert_rewrites(before, after, dead_code, 3.0)


def test_carried_value_that_only_feeds_itself() -> None:
    def before(x: float, n: int) -> float:
        k = 0
        for _ in range(n):
            x = x * 2.0
            k = k + 1
        return x

    def after(x: float, n: int) -> float:
        for _ in range(n):
            x = x * 2.0
        return x

    assert_rewrites(before, after, dead_code, 3.0, 2)


def test_carried_value_that_another_needs_a_trip_later() -> None:
    def keeps(x: float, n: int) -> float:
        a = x
        b = 0.0
        c = 0.0
        for _ in range(n):
            c = c + b
            b = a
            a = a * 2.0
        return c

    assert_keeps(keeps, dead_code, 3.0, 4)


def test_counter_of_a_while_is_needed() -> None:
    def before(x: float, n: int) -> float:
        k = 0
        unread = x
        while k < n:
            k = k + 1
            unread = unread * x
            x = x + 1.0
        return x

    def after(x: float, n: int) -> float:
        k = 0
        while k < n:
            k = k + 1
            x = x + 1.0
        return x

    assert_rewrites(before, after, dead_code, 3.0, 4)


def test_a_while_whose_results_are_not_read_goes() -> None:
    def before(x: float, n: int) -> float:
        k = 0
        while k < n:
            k = k + 1
        return x * 2.0

    def after(x: float, n: int) -> float:
        return x * 2.0

    assert_rewrites(before, after, dead_code, 3.0, 4)


def test_results_of_a_branch() -> None:
    def before(x: float) -> float:
        if x > 0.0:
            y = x * 2.0
            z = x * 3.0
        else:
            y = x * 4.0
            z = x * 5.0  # noqa: F841
        return y

    def after(x: float) -> float:
        if x > 0.0:
            y = x * 2.0
        else:
            y = x * 4.0
        return y

    assert_rewrites(before, after, dead_code, 3.0)


def test_a_whole_branch_and_its_test() -> None:
    def before(x: float) -> float:
        y = x > 0.0
        if y:
            z = x * 2.0
        else:
            z = x * 4.0  # noqa: F841
        return x * 3.0

    def after(x: float) -> float:
        return x * 3.0

    assert_rewrites(before, after, dead_code, 3.0)


def test_a_loop_that_may_stop_keeps_its_test() -> None:
    def before(x: float) -> float:
        unread = 0.0
        for k in range(5):
            if x > 3.0:
                break
            unread = unread + k
            x = x * 2.0
        return x

    def after(x: float) -> float:
        for _ in range(5):
            if x > 3.0:
                break
            x = x * 2.0
        return x

    found = text(rewritten(before, dead_code, 1.0))
    assert "unread" not in found
    assert found == text(rewritten(after, dead_code, 1.0)).replace("%_", "%k")


def test_effects_stay() -> None:
    def keeps(x: Any, n: int) -> Any:
        for k in range(n):
            if x[k] > 0.0:
                x[k] = 0.0
        assert n > 0
        print("seen")
        return n

    assert_keeps(keeps, dead_code, np.array([1.0, -1.0]), 2)


def test_raise_stays(capsys: pytest.CaptureFixture[str]) -> None:
    def keeps(x: float) -> float:
        if x > 9.0:
            raise ValueError(x)
        return 1.0

    assert_keeps(keeps, dead_code, 3.0)
