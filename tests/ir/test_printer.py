"""The text of a program: names that are unique and stable, one op a line, regions indented."""

from __future__ import annotations

import math
import operator

import numpy as np

from diffcompile.ir.core import Block, Const, Op, Prim, Value
from diffcompile.ir.printer import LONGEST_CONSTANT, callee_name, print_function
from ir.building import branch, function, halving, op, summing


def test_operands_keywords_and_repeated_names() -> None:
    x, first, second, temporary = Value("x"), Value("y"), Value("y"), Value()
    program = function(
        (x,),
        (
            op(np.sin, x, result=first),
            op(operator.mul, first, Const(2.0), result=second),
            op(np.sum, second, Const(0), result=temporary, keywords=("axis",)),
        ),
        temporary,
    )
    assert print_function(program) == (
        "function f(%x):\n"
        "    %y = numpy.sin(%x)\n"
        "    %y.1 = mul(%y, 2.0)\n"
        "    %0 = numpy.sum(%y.1, axis=0)\n"
        "    return %0\n"
    )


def test_regions_are_indented_and_named() -> None:
    x, low, high, loop, rest = Value("x"), Value("low"), Value(), Value("total"), Value("rest")
    program = function(
        (x,),
        (
            op(operator.lt, x, Const(0), result=low),
            branch(low, Block((), (), (Const(1.0),)), Block((), (), (x,)), high),
            summing(x, loop, stop_above=3.0),
            halving(x, high, rest),
        ),
        loop,
        rest,
    )
    assert print_function(program) == (
        "function f(%x):\n"
        "    %low = lt(%x, 0)\n"
        "    %0 = if(%low)\n"
        "      then:\n"
        "        yield 1.0\n"
        "      else:\n"
        "        yield %x\n"
        "    %total.2 = for(%x, 0.0) may_stop=True\n"
        "      body (%item, %total):\n"
        "        %total.1 = add(%total, %item)\n"
        "        %go_on = le(%total.1, 3.0)\n"
        "        yield %go_on, %total.1\n"
        "    %rest = while(%x)\n"
        "      condition (%v):\n"
        "        %1 = ge(%v, %0)\n"
        "        yield %1\n"
        "      body (%v.1):\n"
        "        %v.2 = truediv(%v.1, 2.0)\n"
        "        yield %v.2\n"
        "    return %total.2, %rest\n"
    )


def test_notes_stand_where_a_value_is_defined() -> None:
    x, y = Value("x"), Value("y")
    program = function((x,), (op(np.sin, x, result=y),), y)
    text = print_function(program, lambda value: "float" if value is y else "")
    assert text == "function f(%x):\n    %y: float = numpy.sin(%x)\n    return %y\n"


def test_effects_have_no_left_side_and_nothing_returns_nothing() -> None:
    x = Value("x")
    program = function((x,), (op(operator.setitem, x, Const(0), Const(1.0)),))
    assert print_function(program) == "function f(%x):\n    setitem(%x, 0, 1.0)\n    return\n"


def test_undefined_values_show() -> None:
    assert "return %?lost" in print_function(function((), (), Value("lost")))


class _Instance:
    """Something that prints as its class and where it lies."""


def test_names_of_callees() -> None:
    assert callee_name(Prim.TUPLE) == "tuple"
    assert callee_name(operator.add) == "add"
    assert callee_name(math.sin) == "math.sin"
    assert callee_name(_Instance()) == "<_Instance>"  # its address is another one in the next run
    assert callee_name(len) == "len"
    assert callee_name("x" * 2 * LONGEST_CONSTANT) == "<str>"


def test_the_text_of_a_program_is_the_same_every_time() -> None:
    x, y = Value("x"), Value()
    program = function((x,), (Op(np.exp, (x,), (y,)),), y)
    assert print_function(program) == print_function(program)
