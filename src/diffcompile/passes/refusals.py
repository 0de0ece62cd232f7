"""Refusals that wait until they are reached: a branch that cannot be differentiated raises where the program takes it.

What the types decide is decided before, so that only a condition which is known at run time leads to such a branch.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any, TypeVar

from diffcompile import dynamic
from diffcompile.errors import DiffCompileError, MissingRuleError, NoSourceError, UnsupportedError
from diffcompile.ir.core import UNDEFINED, Block, Const, Function, Op, Operand, Prim, Value, renamed, walk
from diffcompile.ir.verifier import verify

T = TypeVar("T")
REFUSALS = (UnsupportedError, MissingRuleError, NoSourceError)


class NoResultError(TypeError):
    """None of the ways through a function that are left comes to a result."""


def refusal(problem: DiffCompileError) -> Op:
    """Return the operation that raises ``problem`` when the program gets there."""
    place = "" if problem.span is None else problem.span.place()
    parts = (problem.what, place, problem.advice)
    return Op(dynamic.refuse, tuple(map(Const, parts)), (), span=problem.span)


def retried(function: Function, differentiate: Callable[[Function], T], *, known: Container[Any] | None = None) -> T:
    """Return what ``differentiate`` makes of a function, of which branches that it refuses are cut off.

    A call of a Python function that was not followed is no reason to cut, but for those ``known`` to be refused then.
    """
    refused: DiffCompileError | None = None
    while True:
        try:
            return differentiate(function)
        except REFUSALS as problem:
            if known is not None and not_followed(problem, known):
                raise
            shorter = cut(function, problem)
            if shorter is None:
                raise
            refused = problem
            function = verify(shorter, "cutting of branches")
        except NoResultError:
            if refused is None:
                raise
            raise refused from None


def not_followed(problem: DiffCompileError, known: Container[Any]) -> Any:
    """Return the function whose call was not followed, if that is the problem, and it is not ``known``; or None."""
    callee = problem.callee if isinstance(problem, MissingRuleError) else None
    return None if callee is None or callee in known else callee


def cut(function: Function, problem: DiffCompileError) -> Function | None:
    """Return ``function`` with branches that end in a refusal where they came to ``problem``.

    None if what is not supported is not in a branch, or the other branch was cut before: the function surely gets
    there, or in a loop most likely.
    """
    if problem.span is None:
        return None
    shears = _Shears(problem)
    body = shears.block(function.body)
    if shears.names is None or _ends(body):
        return None
    body = _decided(body, {})
    return Function(function.name, body, function.path, function.line)


def _ends(block: Block) -> bool:
    """Tell whether ``block`` surely raises."""
    last = block.ops[-1] if block.ops else None
    if last is None:
        return False
    if last.callee is Prim.IF:
        return all(map(_ends, last.regions))
    if last.callee in (Prim.FOR, Prim.WHILE):
        return _ends(last.regions[-1])  # most likely
    return last.callee in (dynamic.refuse, dynamic.fail)


def _decided(block: Block, known: dict[Value, int]) -> Block:
    """Return ``block`` without the branches on conditions that were asked before by a branch of which one side ends.

    ``known`` tells which side of a branch on a value is left.

        before: if c: refuse(...)       after: if c: refuse(...)
                y = a if c else b              y = b
    """
    known, names, ops = dict(known), dict[Value, Operand](), list[Op]()
    pending = list(reversed(block.ops))
    while pending:
        (op,) = renamed(Block((), (pending.pop(),), ()), names).ops
        condition = op.operands[0] if op.callee is Prim.IF else None
        if isinstance(condition, Value) and condition in known:
            side = renamed(op.regions[known[condition]], names)
            pending += reversed(side.ops)
            named = dict(zip(op.results, side.results, strict=True))
            names = {value: named.get(item, item) if isinstance(item, Value) else item for value, item in names.items()}
            names |= named
            continue
        regions = tuple(_decided(region, known) for region in op.regions)
        ops.append(Op(op.callee, op.operands, op.results, op.attrs, regions, op.span))
        ends = list(map(_ends, regions))
        if isinstance(condition, Value) and ends.count(True) == 1:
            known[condition] = ends.index(False)
    return renamed(Block(block.params, tuple(ops), block.results), names)


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
            if self.names is not None and _ends(Block((), tuple(ops[-1:]), ())):
                return Block(block.params, tuple(ops), tuple(Const(UNDEFINED) for _ in block.results))
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
        regions = tuple(map(self.block, op.regions))
        ends = [_ends(region) for region in regions]
        if op.callee is Prim.IF and self.names is not None and ends.count(True) == 1:
            return self._parted(op, ends.index(True), regions[ends.index(True)], regions[ends.index(False)])
        return [Op(op.callee, op.operands, op.results, op.attrs, regions, op.span)]

    def _is_it(self, op: Op) -> bool:
        """Tell whether ``op`` is what is not supported, or a loop around it."""
        if op.callee in (Prim.IF, dynamic.refuse):
            return False
        found = [op, *(inner for region in op.regions for inner in walk(region))]
        return any(inner.span is self.problem.span for inner in found)

    def _cut(self, op: Op, number: int, place: int) -> list[Op]:
        ends = Block((), (*op.regions[number].ops[:place], refusal(self.problem)), ())
        self.names = self.names or {}
        return self._parted(op, number, ends, self.block(op.regions[1 - number]))

    def _parted(self, op: Op, number: int, ends: Block, goes_on: Block) -> list[Op]:
        """Return a branch of which side ``number`` ends: the other is what follows."""
        ends, empty = Block((), ends.ops, ()), Block((), (), ())
        if _ends(goes_on):
            both = (ends, Block((), goes_on.ops, ())) if number == 0 else (Block((), goes_on.ops, ()), ends)
            return [Op(Prim.IF, op.operands, (), {}, both, op.span)]
        regions = (ends, empty) if number == 0 else (empty, ends)
        self.names = {**(self.names or {}), **dict(zip(op.results, goes_on.results, strict=True))}
        return [Op(Prim.IF, op.operands, (), {}, regions, op.span), *goes_on.ops]
