"""Broken programs are found, and the message says after which stage, what and where."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from diffcompile.errors import Span, VerificationError
from diffcompile.ir.core import Block, Const, Function, Op, Prim, Value
from diffcompile.ir.verifier import verify
from ir.building import branch, function, halving, op, summing

X = Value("x")
EMPTY = Block((), (), ())


def rejects(program: Function, problem: str) -> None:
    """Check that ``program`` is rejected with a message about ``problem``."""
    with pytest.raises(VerificationError, match=problem):
        verify(program, "a pass")


def mismatch(broken: Op) -> None:
    """Check that a program of this op alone is rejected for its arity."""
    rejects(function((X,), (broken,)), "do not match")


def test_well_formed_programs_are_returned_unchanged() -> None:
    total, rest, both = Value(), Value(), Value()
    program = function(
        (X,),
        (
            summing(X, total),
            halving(total, X, rest),
            branch(rest, Block((), (), (rest,)), Block((), (), (Const(1),)), both),
        ),
        both,
    )
    assert verify(program) is program


def test_undefined_use() -> None:
    rejects(function((X,), (op(np.sin, Value("y"), result=Value()),)), "y is used where it is not defined")
    rejects(function((X,), (), Value("y")), "y is used where it is not defined")


def test_use_before_definition() -> None:
    y, z = Value("y"), Value("z")
    rejects(function((X,), (op(np.sin, y, result=z), op(np.cos, X, result=y)), z), "y is used")


def test_an_op_does_not_see_its_own_result() -> None:
    y = Value("y")
    rejects(function((X,), (op(np.sin, y, result=y),), y), "y is used")


def test_inner_values_are_not_seen_outside() -> None:
    inner = Value("inner")
    then = Block((), (op(np.sin, X, result=inner),), ())
    rejects(function((X,), (branch(X, then, EMPTY),), inner), "inner is used where it is not defined")


def test_one_branch_does_not_see_the_other() -> None:
    inner, result = Value("inner"), Value()
    then = Block((), (op(np.sin, X, result=inner),), (inner,))
    rejects(function((X,), (branch(X, then, Block((), (), (inner,)), result),)), "inner is used")


def test_a_parameter_of_a_loop_is_not_seen_after_it() -> None:
    total = Value()
    loop = summing(X, total)
    item, carried = loop.regions[0].params
    rejects(function((X,), (loop,), item), "item is used")
    rejects(function((X,), (loop,), carried), "total is used")


def test_the_body_of_a_while_does_not_see_its_condition() -> None:
    rest = Value()
    loop = halving(X, X, rest)
    condition, body = loop.regions
    broken = replace(loop, regions=(condition, replace(body, results=condition.params)))
    rejects(function((X,), (broken,)), "v is used")


def test_regions_do_not_see_the_results_of_their_op() -> None:
    result = Value("y")
    rejects(function((X,), (branch(X, Block((), (), (result,)), Block((), (), (X,)), result),)), "y is used")


@pytest.mark.parametrize(
    "ops",
    [
        lambda y: (op(np.sin, X, result=y), op(np.cos, X, result=y)),
        lambda y: (op(np.sin, X, result=X),),
        lambda y: (Op(np.divmod, (X, X), (y, y)),),
        lambda y: (branch(X, Block((), (op(np.sin, X, result=y),), ()), EMPTY), op(np.sin, X, result=y)),
        lambda y: (op(np.sin, X, result=y), branch(X, Block((), (op(np.sin, X, result=y),), ()), EMPTY)),
    ],
    ids=["two ops", "parameter", "one op twice", "inner then outer", "outer then inner"],
)
def test_double_definition(ops: Callable[[Value], tuple[Op, ...]]) -> None:
    rejects(function((X,), ops(Value("y"))), "defined twice")


def test_the_same_parameter_twice() -> None:
    rejects(function((X, X), ()), "x is defined twice")


def test_one_region_used_by_two_ops() -> None:
    loop = summing(X, Value())
    rejects(function((X,), (loop, replace(loop, results=(Value(),)))), "defined twice")


def test_arity_of_if() -> None:
    one = Block((), (), (X,))
    mismatch(Op(Prim.IF, (X,), (), {}, (EMPTY,)))
    mismatch(Op(Prim.IF, (X,), (), {}, (EMPTY, EMPTY, EMPTY)))
    mismatch(Op(Prim.IF, (), (), {}, (EMPTY, EMPTY)))
    mismatch(branch(X, EMPTY, EMPTY, operands=(X,)))
    mismatch(branch(X, one, EMPTY, Value()))
    mismatch(branch(X, EMPTY, one, Value()))
    mismatch(branch(X, one, one))
    mismatch(branch(X, Block((Value(),), (), ()), EMPTY))


def test_arity_of_for() -> None:
    loop = summing(X, Value())
    (body,) = loop.regions
    mismatch(replace(loop, regions=()))
    mismatch(replace(loop, regions=(body, EMPTY)))
    mismatch(replace(loop, operands=(X,)))
    mismatch(replace(loop, operands=(X, X, X)))
    mismatch(replace(loop, results=()))
    mismatch(replace(loop, regions=(replace(body, params=body.params[:1]),)))
    mismatch(replace(loop, regions=(replace(body, results=()),)))
    mismatch(replace(loop, regions=(replace(body, results=(*body.results, X)),)))


def test_arity_of_while() -> None:
    loop = halving(X, X, Value())
    condition, body = loop.regions
    mismatch(replace(loop, regions=(body,)))
    mismatch(replace(loop, operands=(X, X)))
    mismatch(replace(loop, results=()))
    mismatch(replace(loop, regions=(replace(condition, params=()), body)))
    mismatch(replace(loop, regions=(replace(condition, results=()), body)))
    mismatch(replace(loop, regions=(condition, replace(body, params=()))))
    mismatch(replace(loop, regions=(condition, replace(body, results=()))))


def test_arity_of_a_loop_that_may_stop() -> None:
    stopping = summing(X, Value(), stop_above=1.0)
    verify(function((X,), (stopping,)))
    mismatch(replace(stopping, attrs={}))
    mismatch(replace(summing(X, Value()), attrs={"may_stop": True}))
    mismatch(replace(halving(X, X, Value()), attrs={"may_stop": True}))


def test_other_ops_have_no_regions() -> None:
    mismatch(Op(operator.add, (X, X), (Value(),), {}, (EMPTY,)))


def test_the_message_names_stage_op_and_source_line() -> None:
    span = Span("model.py", 3, 4, 3, 10, "    y = np.sin(z)")
    broken = Op(np.sin, (Value("z"),), (Value(),), {}, (), span)
    with pytest.raises(VerificationError, match=r"after a pass: z is used .*sin.*\(y = np\.sin\(z\)\)"):
        verify(function((X,), (broken,)), "a pass")
