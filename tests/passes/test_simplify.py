"""Algebra on adjoint code: each rewriting gives the same numbers, and is left alone where it would not."""

# ruff: noqa: B002 - the operators are what is tested

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcompile import runtime
from diffcompile.analysis.effects import is_pure
from diffcompile.autodiff.staging import Staging
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Value
from diffcompile.ir.evaluator import evaluate
from diffcompile.passes.dead_code import eliminate_dead_code
from diffcompile.specialise import Program
from passes.rewriting import program_of, rewritten, text

X = np.array([1.0, -2.0, 3.0])
Y = np.array([0.5, 4.0, -1.5])
VOLATILE = "memory"
"""Name of variables that stand for memory that changes."""


def simplified(program: Program) -> Function:
    """Return straight-line code built anew as adjoint code is built."""
    definitions: dict[Value, Op] = {}
    stage = Staging(program.types, definitions)
    stage.simplifier.volatile = lambda item: getattr(item, "name", "") == VOLATILE
    now: dict[Value, Operand] = {}

    def mapped(operand: Operand) -> Operand:
        return now.get(operand, operand) if isinstance(operand, Value) else operand

    for op in program.function.body.ops:
        assert not op.regions and not op.keywords
        result = stage.emit(op.callee, list(map(mapped, op.operands)), name=op.result.name)
        assert isinstance(result, Value | Const)
        now[op.result] = result
    results = tuple(map(mapped, program.function.body.results))
    body = Block(program.function.params, tuple(stage.ops), results)
    return eliminate_dead_code(Function("f", body), is_pure)


def anonymous(function: Function) -> str:
    """Return the text of a function with the names of its variables left out."""
    names = {param: Value(param.name) for param in function.params}
    ops = []
    for op in function.body.ops:
        names.update({result: Value() for result in op.results})
        operands = tuple(names[o] if isinstance(o, Value) else o for o in op.operands)
        ops.append(Op(op.callee, operands, tuple(names[r] for r in op.results), op.attrs))
    results = tuple(names[r] if isinstance(r, Value) else r for r in function.body.results)
    params = tuple(names[param] for param in function.params)
    return text(Function(function.name, Block(params, tuple(ops), results)))


def assert_simplifies(before: Callable[..., Any], after: Callable[..., Any], *args: Any) -> None:
    """Check that ``before`` becomes ``after``, and that it was not that before."""
    expected = anonymous(eliminate_dead_code(program_of(after, *args).function, is_pure))
    assert anonymous(program_of(before, *args).function) != expected
    assert anonymous(rewritten(before, simplified, *args)) == expected


PRODUCTS = {
    "one": (lambda x, y: 1.0 * x, lambda x, y: x),
    "one on the right": (lambda x, y: x * 1.0, lambda x, y: x),
    "minus one": (lambda x, y: x * -1.0, lambda x, y: -x),
    "constants meet": (lambda x, y: 2.0 * (3.0 * x), lambda x, y: 6.0 * x),
    "constant first": (lambda x, y: (x * y) * 2.0, lambda x, y: 2.0 * (x * y)),
    "negative factor": (lambda x, y: -x * y, lambda x, y: -(x * y)),
    "negative second factor": (lambda x, y: x * -y, lambda x, y: -(x * y)),
    "negative constant": (lambda x, y: 2.0 * -x, lambda x, y: -2.0 * x),
    "reciprocal": (lambda x, y: x * (1.0 / y), lambda x, y: x / y),
}
TOTALS = {
    "zero": (lambda x, y: 0.0 + x, lambda x, y: x),
    "zero on the right": (lambda x, y: x + 0.0, lambda x, y: x),
    "twice": (lambda x, y: x + x, lambda x, y: 2.0 * x),
    "multiples": (lambda x, y: 2.0 * x + x, lambda x, y: 3.0 * x),
    "the same product": (lambda x, y: x * y + y * x, lambda x, y: 2.0 * (x * y)),
    "negative term": (lambda x, y: x + -y, lambda x, y: x - y),
    "negative first term": (lambda x, y: -x + y, lambda x, y: y - x),
    "difference of a negative": (lambda x, y: x - -y, lambda x, y: x + y),
    "minus zero": (lambda x, y: x - 0.0, lambda x, y: x),
    "the same negative product": (lambda x, y: -(x * y) + -(y * x), lambda x, y: -2.0 * (x * y)),
}
OTHERS = {
    "double negative": (lambda x, y: -(-x), lambda x, y: x),
    "negative multiple": (lambda x, y: -(2.0 * x), lambda x, y: -2.0 * x),
    "negative numerator": (lambda x, y: -x / y, lambda x, y: -(x / y)),
    "divided by one": (lambda x, y: x / 1.0, lambda x, y: x),
    "transposed twice": (lambda x, y: np.transpose(np.transpose(x)), lambda x, y: x),
    "reshaped twice": (
        lambda x, y: np.reshape(np.reshape(x, (1, 3)), (3, 1)),
        lambda x, y: np.reshape(x, (3, 1)),
    ),
    "broadcast twice": (
        lambda x, y: np.broadcast_to(np.broadcast_to(x, (2, 3)), (4, 2, 3)),
        lambda x, y: np.broadcast_to(x, (4, 2, 3)),
    ),
    "broadcast with a leading axis": (
        lambda x, y: np.broadcast_to(np.expand_dims(x, 0) / 2.0, (4, 3)),
        lambda x, y: np.broadcast_to(x / 2.0, (4, 3)),
    ),
    "negative with a new axis": (lambda x, y: np.expand_dims(-x, 0), lambda x, y: -x[None]),
    "broadcast negative": (
        lambda x, y: y + np.broadcast_to(-x, (4, 3)),
        lambda x, y: y - np.broadcast_to(x, (4, 3)),
    ),
    "broadcast to the other operand": (
        lambda x, y: np.broadcast_to(2.0, np.shape(x)) * x,
        lambda x, y: 2.0 * x,
    ),
}


@pytest.mark.parametrize("pair", {**PRODUCTS, **TOTALS, **OTHERS}.values(), ids=[*PRODUCTS, *TOTALS, *OTHERS])
def test_arrays(pair: tuple[Any, Any]) -> None:
    assert_simplifies(*pair, X, Y)


@pytest.mark.parametrize("pair", {**PRODUCTS, **TOTALS}.values(), ids=[*PRODUCTS, *TOTALS])
def test_numbers(pair: tuple[Any, Any]) -> None:
    assert_simplifies(*pair, 1.5, -0.5)


def test_sum_of_a_number() -> None:
    """It stays the Python float that it was."""
    found = simplified(program_of(lambda x: np.sum(x) * 2.0, 1.5))
    assert anonymous(found) == anonymous(program_of(lambda x: 2.0 * x, 1.5).function)


@pytest.mark.parametrize(
    ("exponent", "after"),
    [
        (2, lambda x, y: 2.0 * x),
        (3, lambda x, y: 3.0 * x**2),
        (0.5, lambda x, y: 0.5 * x**-0.5),
        (-1, lambda x, y: -1.0 * x**-2),
    ],
)
def test_slope_of_a_power(exponent: float, after: Callable[..., Any]) -> None:
    x, slope = Value("x"), Value()
    program = program_of(after, Y**2, Y)
    types = {x: program.types[program.function.params[0]], slope: program.types[program.function.params[0]]}
    function = Function(
        "f", Block((x,), (Op(runtime.power_slope, (x, Const(exponent)), (slope,)),), (slope,))
    )
    found = simplified(Program(function, types))
    np.testing.assert_allclose(evaluate(found, [Y**2]), exponent * (Y**2) ** (exponent - 1), rtol=1e-14)
    assert runtime.power_slope not in [op.callee for op in found.body.ops]


def test_integers_are_left_alone() -> None:
    """``1.0 * k`` is a float, and ``k`` is none."""
    for fun in (lambda k, y: 1.0 * k, lambda k, y: k + 0.0, lambda k, y: k / 1):
        found = rewritten(fun, simplified, 3, Y)
        assert len(found.body.ops) == 1
    for fun in (lambda k, y: 1.0 * k, lambda k, y: k - 0.0):
        assert len(rewritten(fun, simplified, np.arange(3), Y).body.ops) == 1


def test_a_broadcast_that_is_needed() -> None:
    def fun(x: Any, y: Any) -> Any:
        return np.broadcast_to(x, (2, 3)) * y

    found = rewritten(fun, simplified, X, Y)
    assert [op.callee for op in found.body.ops] == [np.broadcast_to, operator.mul]


def test_memory_that_changes_is_read_where_it_was() -> None:
    def fun(x: Any, y: Any) -> Any:
        memory = -x
        return memory + y

    found = rewritten(fun, simplified, X, Y)
    assert [op.callee for op in found.body.ops] == [operator.neg, operator.add]


def test_other_dtypes_do_not_change() -> None:
    x = X.astype(np.float32)
    for before, after in {**PRODUCTS, **TOTALS}.values():
        found = rewritten(before, simplified, x, Y.astype(np.float32))  # compares dtypes as well
        assert len(found.body.ops) <= max(len(program_of(after, x, x).function.body.ops), 1)
