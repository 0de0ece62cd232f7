"""Break, continue, early return and loop ``else`` become branches and flags: the meaning stays."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import gast
import pytest

from diffcompile.frontend.desugar import exits, remove_exits, surely_leaves
from diffcompile.ir.core import Prim, walk
from diffcompile.ir.evaluator import evaluate
from diffcompile.specialise.functions import function_code


def returns_early(x: float) -> float:
    if x < 0:
        return -x
    x = x + 1
    if x < 3:
        return x * 2
    elif x < 5:
        x = x - 0.5
    else:
        return 0.5
    return x


def returns_from_two_loops(x: float) -> float:
    for i in range(4):
        for j in range(4):
            x = x + i * j
            if x > 9:
                return x + 100 * i + 10 * j
        x = x + 0.25
    return x


def breaks_and_continues(x: float) -> float:
    total = 0.0
    for i in range(9):
        if i % 3 == 1:
            continue
        if total > x:
            if i > 4:
                break
            total = total + 0.5
        total = total + i
    return total


def loop_else(x: float) -> float:
    for i in range(5):
        if i > x:
            break
    else:
        return -1.0
    while x > 1:
        x = x - 1.0
        if x == 2.5:
            break
    else:
        x = x + 50
    return x + i


def break_of_the_inner_loop_only(x: float) -> float:
    for _ in range(3):
        while True:
            x = x + 1
            if x > 4:
                break
        else:
            x = 1000.0
        x = x * 0.5
    return x


def continue_in_a_while(x: float) -> float:
    k = 0
    while k < 8:
        k = k + 1
        if k % 2:
            continue
        x = x + k
        if x > 7:
            continue
        x = x * 2
    return x


def falls_off_the_end(x: float) -> float | None:
    if x > 2:
        return x
    return None


def returns_nothing(x: float) -> None:
    if x > 2:
        return
    x = x + 1


def raises_on_one_path(x: float) -> float:
    if x > 2:
        y = x
    else:
        raise ValueError(x)
    return y


FUNCTIONS = [
    returns_early, returns_from_two_loops, breaks_and_continues, loop_else, break_of_the_inner_loop_only,
    continue_in_a_while, falls_off_the_end, returns_nothing,
]  # fmt: skip


@pytest.mark.parametrize("x", [-2.0, 0.0, 1.0, 2.5, 3.5, 4.0, 7.0, 12.0])
@pytest.mark.parametrize("fun", FUNCTIONS, ids=lambda fun: fun.__name__)
def test_meaning_stays(fun: Callable[[float], Any], x: float) -> None:
    assert evaluate(function_code(fun).function(), [x]) == fun(x)


def test_a_branch_that_raises() -> None:
    function = function_code(raises_on_one_path).function()
    assert evaluate(function, [3.0]) == 3.0
    with pytest.raises(ValueError, match=r"1\.0"):
        evaluate(function, [1.0])


def statements(fun: Callable[..., Any]) -> list[Any]:
    """Return the body of ``fun``."""
    text = textwrap.dedent(inspect.getsource(fun))
    return gast.ast_to_gast(ast.parse(text)).body[0].body  # type: ignore[no-any-return]


@pytest.mark.parametrize("fun", FUNCTIONS, ids=lambda fun: fun.__name__)
def test_no_exit_is_left(fun: Callable[..., Any]) -> None:
    assert exits(remove_exits(statements(fun))) == set()


def test_exits() -> None:
    assert exits(statements(returns_from_two_loops)) == {"return"}
    assert exits(statements(break_of_the_inner_loop_only)) == {"return"}
    loop = statements(breaks_and_continues)[1]
    assert exits(loop.body) == {"break", "continue"}
    assert exits([loop]) == set()


def test_surely_leaves() -> None:
    assert surely_leaves(statements(returns_early))
    assert not surely_leaves(statements(returns_nothing))
    assert surely_leaves(statements(raises_on_one_path)[:1]) is False
    assert not surely_leaves([])


def test_a_branch_that_returns_needs_no_flag() -> None:
    function = function_code(returns_early).function()
    names = {value.name for op in walk(function.body) for value in op.results}
    assert not names & {"alive", "go_on"}


def test_only_loops_that_are_left_may_stop() -> None:
    for fun, expected in ((breaks_and_continues, [True]), (continue_in_a_while, [False])):
        function = function_code(fun).function()
        loops = [op.may_stop for op in walk(function.body) if op.callee in (Prim.FOR, Prim.WHILE)]
        assert loops == expected
