"""Refusals that wait until they are reached: a branch that cannot be differentiated raises where the program takes it.

What the types decide is decided before, so that only a condition which is known at run time leads to such a branch.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from diffcompile import dynamic
from diffcompile.errors import DiffCompileError, MissingRuleError, NoSourceError, Span, UnsupportedError
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value, renamed, walk
from diffcompile.ir.verifier import verify

T = TypeVar("T")
REFUSALS = (UnsupportedError, MissingRuleError, NoSourceError)


def refusal(problem: DiffCompileError) -> Op:
    """Return the operation that raises ``problem`` when the program gets there."""
    parts = (problem.what, _place(problem.span), problem.advice)
    return Op(dynamic.refuse, tuple(map(Const, parts)), (), span=problem.span)


def _place(span: Span | None) -> str:
    """Return where the problem is: the file without its folders, as code may be kept elsewhere."""
    return "" if span is None else f"{Path(span.path).name}:{span.line}:{span.column + 1}"


def retried(function: Function, differentiate: Callable[[Function], T]) -> T:
    """Return what ``differentiate`` makes of a function, of which branches that it refuses are cut off."""
    while True:
        try:
            return differentiate(function)
        except REFUSALS as problem:
            shorter = cut(function, problem)
            if shorter is None:
                raise
            function = verify(shorter, "cutting of branches")


def cut(function: Function, problem: DiffCompileError) -> Function | None:
    """Return ``function`` with branches that end in a refusal where they came to ``problem``.

    None if what is not supported is not in a branch: the function surely gets there, or in a loop most likely.
    """
    if problem.span is None:
        return None
    shears = _Shears(problem)
    body = shears.block(function.body)
    return Function(function.name, body, function.path, function.line) if shears.names is not None else None


class _Shears:
    """Cuts the innermost branches that hold operations from the place of a problem."""

    def __init__(self, problem: DiffCompileError) -> None:
        self.problem = problem
        self.names: dict[Value, Operand] | None = None
        """What stands for the results of branches that were cut."""

    def block(self, block: Block) -> Block:
        ops: list[Op] = []
        for op in block.ops:
            ops += self.op(op)
        body = Block(block.params, tuple(ops), block.results)
        return renamed(body, self.names) if self.names else body

    def op(self, op: Op) -> list[Op]:
        if not op.regions:
            return [op]
        if op.callee is Prim.IF:
            for number, region in enumerate(op.regions):
                place = next((place for place, inner in enumerate(region.ops) if self._is_it(inner)), None)
                if place is not None:
                    return self._cut(op, number, place)
        return [Op(op.callee, op.operands, op.results, op.attrs, tuple(map(self.block, op.regions)), op.span)]

    def _is_it(self, op: Op) -> bool:
        """Tell whether ``op`` is what is not supported, or a loop around it."""
        if op.callee in (Prim.IF, dynamic.refuse):
            return False
        found = [op, *(inner for region in op.regions for inner in walk(region))]
        return any(inner.span is self.problem.span for inner in found)

    def _cut(self, op: Op, number: int, place: int) -> list[Op]:
        ends = Block((), (*op.regions[number].ops[:place], refusal(self.problem)), ())
        goes_on = self.block(op.regions[1 - number])
        empty = Block((), (), ())
        regions = (ends, empty) if number == 0 else (empty, ends)
        self.names = {**(self.names or {}), **dict(zip(op.results, goes_on.results, strict=True))}
        return [Op(Prim.IF, op.operands, (), {}, regions, op.span), *goes_on.ops]
