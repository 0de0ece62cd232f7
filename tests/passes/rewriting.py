"""Compare what a pass makes of one function with another function, by the text of their IR."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gast

from diffcompile.analysis.aliasing import find_aliases
from diffcompile.analysis.types import Type, type_of
from diffcompile.backend.reconstruct import reconstruct
from diffcompile.backend.render import render
from diffcompile.ir.core import Function, Op, Prim, Value
from diffcompile.ir.evaluator import evaluate
from diffcompile.ir.printer import print_function
from diffcompile.ir.verifier import verify
from diffcompile.passes.clean import clean
from diffcompile.passes.functionalise import functionalise
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


def in_reverse(rewrite: Callable[[Function, dict[Value, Type]], Function]) -> Pass:
    """Return a pass that takes the whole function for a reverse sweep, and leaves nothing dead behind."""

    def whole(program: Program) -> Function:
        function = functionalise(program.function, program.types)
        title = Op(Prim.SECTION, (), (), {"title": "reverse sweep"})
        body = replace(function.body, ops=(title, *function.body.ops))
        found = rewrite(replace(function, body=body), program.types)
        return clean(replace(found, body=replace(found.body, ops=found.body.ops[1:])), program.types)

    return whole


def plain(program: Program) -> Function:
    """Return the function of a program with nothing dead in it."""
    return clean(functionalise(program.function, program.types), program.types)


def code(fun: Callable[..., Any], rewrite: Pass, *args: Any) -> str:
    """Return Python text for what a pass makes of a function; it must be well formed and mean the same."""
    program = program_of(fun, *args)
    found = verify(rewrite(program), "the pass")
    mine, theirs = copy_tree(args), copy_tree(args)
    assert first_change(fun(*mine), evaluate(found, theirs), "result") is None
    body = reconstruct(found, program.types, find_aliases(found, program.types), {}, set())
    return render(gast.Module(body.statements, []))


def assert_becomes(before: Callable[..., Any], after: Callable[..., Any], rewrite: Pass, *args: Any) -> None:
    """Check that the pass turns ``before`` into ``after`` once dead code is gone, and that it had something to do."""
    expected = _bare(code(after, plain, *args))
    assert _bare(code(before, plain, *args)) != expected
    assert _bare(code(before, rewrite, *args)) == expected


def assert_stays(fun: Callable[..., Any], rewrite: Pass, *args: Any) -> None:
    """Check that the pass finds nothing to do in ``fun``."""
    assert code(fun, rewrite, *args) == code(fun, plain, *args)


def _bare(text: str) -> list[str]:
    """Return the lines of code without those that quote the program."""
    return [line for line in text.splitlines() if not line.strip().startswith("#")]
