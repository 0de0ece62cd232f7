"""The reference evaluator runs programs as Python would."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcompile.ir.core import Block, Const, Function, Op, Prim, Value
from diffcompile.ir.evaluator import evaluate
from diffcompile.specialise.functions import function_code
from ir.building import branch, function, halving, op, summing

X = Value("x")


def lowered(fun: Callable[..., Any]) -> Function:
    """Return the SSA of ``fun``."""
    return function_code(fun).function()


def test_results_are_a_value_or_a_tuple() -> None:
    assert evaluate(function((X,), (), X), [3.0]) == 3.0
    assert evaluate(function((X,), (), X, Const(1)), [3.0]) == (3.0, 1)
    assert evaluate(function((X,), ()), [3.0]) == ()


def test_wrong_number_of_arguments() -> None:
    with pytest.raises(TypeError, match="1 parameters, but 2 arguments"):
        evaluate(function((X,), (), X), [1.0, 2.0])


def test_loops_and_branches() -> None:
    total, rest, chosen = Value(), Value(), Value()
    assert evaluate(function((X,), (summing(X, total),), total), [[1.0, 2.0, 4.0]]) == 7.0
    assert evaluate(function((X,), (halving(X, X, rest),), rest), [8.0]) == 4.0
    picks = branch(X, Block((), (), (Const("yes"),)), Block((), (), (Const("no"),)), chosen)
    assert evaluate(function((X,), (picks,), chosen), [1]) == "yes"
    assert evaluate(function((X,), (picks,), chosen), [[]]) == "no"


def test_no_trips() -> None:
    total, rest = Value(), Value()
    assert evaluate(function((X,), (summing(X, total),), total), [[]]) == 0.0
    assert evaluate(function((X,), (halving(X, Const(9.0), rest),), rest), [8.0]) == 8.0


def test_a_loop_that_stops_takes_no_further_item() -> None:
    total = Value()
    items = iter([1.0, 2.0, 4.0, 8.0])
    loop = summing(X, total, stop_above=2.5)
    assert evaluate(function((X,), (loop,), total), [items]) == 3.0
    assert list(items) == [4.0, 8.0]


def test_keywords_come_last() -> None:
    y = Value()
    program = function((X,), (op(np.sum, X, Const(0), result=y, keywords=("axis",)),), y)
    assert evaluate(program, [np.ones((2, 3))]).tolist() == [2.0, 2.0, 2.0]


def test_updates_write_in_place() -> None:
    x = np.array([1.0, 2.0])
    program = function(
        (X,),
        (
            op(Prim.UPDATE_ITEM, X, Const(0), Const(3.0), op=operator.mul),
            op(Prim.UPDATE, X, Const(1.0), op=operator.add),
        ),
    )
    evaluate(program, [x])
    assert x.tolist() == [4.0, 3.0]


def test_an_update_of_a_number_is_an_error() -> None:
    program = function((X,), (op(Prim.UPDATE, X, Const(1.0), op=operator.add),))
    with pytest.raises(TypeError, match="cannot change"):
        evaluate(program, [1.0])


def test_dict_set_format_and_unpack() -> None:
    table, members, text, head, tail = (Value() for _ in range(5))
    program = function(
        (X,),
        (
            op(Prim.DICT, Const("a"), X, result=table),
            op(Prim.SET, X, X, result=members),
            op(Prim.FORMAT, Const("x="), X, result=text, specs=(None, "!r:>4")),
            Op(Prim.UNPACK, (text,), (head, tail), {"before": 1, "starred": True, "after": 0}),
        ),
        table, members, text, head, tail,
    )  # fmt: skip
    assert evaluate(program, [7]) == ({"a": 7}, {7}, "x=   7", "x", ["=", " ", " ", " ", "7"])


def test_a_long_program_does_not_recurse() -> None:
    values = [X, *(Value() for _ in range(20_000))]
    ops = tuple(op(operator.add, old, Const(1), result=new) for old, new in itertools.pairwise(values))
    assert evaluate(function((X,), ops, values[-1]), [0]) == 20_000


def test_a_deep_program_does_not_recurse() -> None:
    block = Block((), (), (X,))
    for _ in range(5_000):
        result = Value()
        block = Block((), (branch(X, block, Block((), (), (X,)), result),), (result,))
    assert evaluate(Function("f", Block((X,), block.ops, block.results)), [1]) == 1


def early(x: float) -> float:
    for k in range(10):
        if k == 2:
            continue
        x = x * 2.0
        while x > 50.0:
            x -= 7.0
            if x < 46.0:
                return -x
        if x > 40.0:
            break
    else:
        return 0.0
    return x + 0.5


def nested(x: float, *rest: float, scale: float = 2.0, **named: float) -> float:
    def inner(y: float, shift: float = x) -> float:
        return y * scale + shift if y else inner(1.0)

    return inner(0.0) + sum(rest) + sum(named.values())


def displays(x: float) -> Any:
    a, *b, c = [k * x for k in range(5) if k % 2 == 0 or k == 3]
    return {"a": a, "c": c}, [*b, x], (x, *b), f"{x:.1f} {x!r}", x if b else None


@pytest.mark.parametrize("x", [0.1, 3.0, 22.0, 47.0])
def test_lowered_control_flow(x: float) -> None:
    assert evaluate(lowered(early), [x]) == early(x)


def test_lowered_closures_and_parameters() -> None:
    expected = nested(3.0, 1.0, 2.0, scale=5.0, k=0.5)
    assert evaluate(lowered(nested), [3.0, (1.0, 2.0), 5.0, {"k": 0.5}]) == expected


def test_lowered_displays() -> None:
    assert evaluate(lowered(displays), [1.5]) == displays(1.5)


def test_errors_are_those_of_python() -> None:
    def unbound(x: float) -> float:
        if x > 0:
            y = x
        return y

    def fails(x: float) -> float:
        assert x > 0, "positive"
        raise ValueError("wrong") from KeyError("cause")

    def unpacks(x: Any) -> Any:
        a, b = x
        return a + b

    assert evaluate(lowered(unbound), [1.0]) == 1.0
    with pytest.raises(AssertionError, match="positive"):
        evaluate(lowered(fails), [-1.0])
    with pytest.raises(ValueError, match="wrong") as raised:
        evaluate(lowered(fails), [1.0])
    assert isinstance(raised.value.__cause__, KeyError)
    with pytest.raises(ValueError, match=r"too many values to unpack \(expected 2\)"):
        evaluate(lowered(unpacks), [[1, 2, 3]])
    with pytest.raises(ValueError, match=r"not enough values to unpack \(expected 2, got 1\)"):
        evaluate(lowered(unpacks), [[1]])
