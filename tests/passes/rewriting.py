"""Compare what a pass makes of one function with another function, by the text of their IR."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcompile.analysis.types import type_of
from diffcompile.ir.core import Function
from diffcompile.ir.evaluator import evaluate
from diffcompile.ir.printer import print_function
from diffcompile.ir.verifier import verify
from diffcompile.specialise import Program, specialise
from diffcompile.specialise.functions import function_code
from diffcompile.testing.structures import copy_tree, first_change

Pass = Callable[[Program], Function]


def program_of(fun: Callable[..., Any], *args: Any) -> Program:
    """Return ``fun`` specialised to the types of ``args``, of which the first is differentiated."""
    types = [type_of(arg, number) for number, arg in enumerate(args)]
    active = [number == 0 for number in range(len(args))]
    return specialise(function_code(fun), types, active=active, examples=args)  # type: ignore[arg-type]


def text(function: Function) -> str:
    """Return the text of a function without its name."""
    return print_function(function).split("(", 1)[1]


def rewritten(before: Callable[..., Any], rewrite: Pass, *args: Any) -> Function:
    """Return ``before`` after the pass; it must be well formed and mean the same."""
    program = program_of(before, *args)
    found = verify(rewrite(program), "the pass")
    mine, theirs = copy_tree(args), copy_tree(args)
    assert first_change(before(*mine), evaluate(found, theirs), "result") is None
    assert first_change(mine, theirs, "arguments") is None
    return found


def assert_rewrites(before: Callable[..., Any], after: Callable[..., Any], rewrite: Pass, *args: Any) -> None:
    """Check that the pass turns ``before`` into ``after``, and that it had something to do."""
    expected = text(program_of(after, *args).function)
    assert text(program_of(before, *args).function) != expected
    assert text(rewritten(before, rewrite, *args)) == expected


def assert_keeps(fun: Callable[..., Any], rewrite: Pass, *args: Any) -> None:
    """Check that the pass leaves ``fun`` as it is."""
    assert text(rewritten(fun, rewrite, *args)) == text(program_of(fun, *args).function)
