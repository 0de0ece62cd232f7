"""Derivatives inside a program, replaced by their statements: the inner ones first.

    before: %g = derive(%x) ... region: %y = mul(%x, %x); yield %y
    after:  %g = mul(2.0, %x)
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from diffcompile import dynamic
from diffcompile.analysis.references import refers
from diffcompile.analysis.types import Array, Type
from diffcompile.autodiff.forward import push_forward
from diffcompile.autodiff.gradient import Gradient, differentiate
from diffcompile.errors import UnsupportedError
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value, blocks, untitled, walk
from diffcompile.ir.verifier import verify
from diffcompile.passes.refusals import retried
from diffcompile.specialise import Program
from diffcompile.specialise.derivatives import Transform


def expand_derivatives(program: Program, hasty: bool = False) -> Program:
    """Return ``program`` without operations that stand for derivatives.

    With ``hasty`` a branch that cannot be differentiated is refused at once.
    """
    if not any(op.callee is Prim.DERIVE for op in walk(program.function.body)):
        return program
    work = _Expansion(program, hasty)
    body = work.block(program.function.body)
    function = verify(replace(program.function, body=body), "derivatives of inner functions")
    return replace(program, function=function, names={**program.names, **work.names})


class _Expansion:
    def __init__(self, program: Program, hasty: bool) -> None:
        self.program = program
        self.hasty = hasty
        self.types: dict[Value, Type] = program.types
        self.renamed: dict[Value, Operand] = {}
        self.names: dict[Value, str] = {}

    def now(self, operand: Operand) -> Operand:
        while isinstance(operand, Value) and operand in self.renamed:
            operand = self.renamed[operand]
        return operand

    def block(self, block: Block) -> Block:
        ops: list[Op] = []
        for op in block.ops:
            if op.callee is Prim.DERIVE:
                ops += self.derivative(op)
                continue
            regions = tuple(map(self.block, op.regions))
            ops.append(replace(op, operands=tuple(map(self.now, op.operands)), regions=regions))
        return Block(block.params, tuple(ops), tuple(map(self.now, block.results)))

    def derivative(self, op: Op) -> list[Op]:
        """Return the statements of a derivative, and note what its results are called there."""
        transform: Transform = op.attrs["transform"]
        region = self.block(op.regions[0])
        free = _free(region)
        operands = [self.now(operand) for operand in op.operands]
        function = Function(op.attrs["name"], Block((*region.params, *free), region.ops, region.results))
        program = Program(verify(function, "an inner function"), self.types, names=self.program.names)
        gradient = self.transformed(program, transform, list(op.attrs["moving"]))
        checks = self.checked(op, gradient, operands, region, free)
        inner = gradient.function
        count = len(region.params)
        given = [*operands[:count], *free, *operands[count:]]
        self.names.update(gradient.hints)
        self.renamed.update(zip(inner.params, given, strict=True))
        for param, operand in zip(inner.params, given, strict=True):
            if operand is param:
                del self.renamed[param]
        body = self.block(Block((), untitled(inner.body).ops, inner.body.results))
        for result, found in zip(op.results, body.results, strict=True):
            self.renamed[result] = found
        return [*checks, *body.ops]

    def transformed(self, program: Program, transform: Transform, moving: list[int]) -> Gradient:
        def differentiated(function: Function) -> Gradient:
            return self.once(replace(program, function=function), transform, moving)

        return differentiated(program.function) if self.hasty else retried(program.function, differentiated)

    def once(self, program: Program, transform: Transform, moving: list[int]) -> Gradient:
        if transform.kind == "tangent":
            return push_forward(program, moving, with_value=True, show=_unseen, again=True)
        with_value = transform.with_value or transform.has_aux
        return differentiate(program, moving, with_value=with_value, pullback=False, show=_unseen, again=True)

    def checked(
        self, op: Op, gradient: Gradient, operands: list[Operand], region: Block, free: list[Value]
    ) -> list[Op]:
        """Refuse writes to captured memory; have arguments that are written to checked for sharing it."""
        count = len(region.params)
        for place in gradient.written:
            if place >= count:
                raise UnsupportedError(
                    f"a function that is differentiated here writes to {free[place - count].name or 'an array'}, "
                    "which belongs to its surroundings",
                    span=op.span,
                    advice="pass it as an argument",
                )
        reached = [*operands[:count], *free]
        checks = []
        for place in gradient.written:
            written = operands[place]
            if not isinstance(written, Value):
                continue
            others = [
                other
                for number, other in enumerate(reached)
                if number != place and isinstance(other, Value) and refers(self.types[other])
            ]
            if written in others or (others and not isinstance(self.types[written], Array)):
                raise UnsupportedError(
                    "a function that is differentiated here writes to an argument that it may reach twice",
                    span=op.span,
                    advice="pass a copy",
                )
            for other in others:
                if not isinstance(self.types[other], Array):
                    continue
                checks.append(Op(dynamic.distinct, (written, other), (), {}, (), op.span))
        return checks


def _free(region: Block) -> list[Value]:
    """Return the values that a region takes from outside."""
    defined: set[Value] = set()
    for block in blocks(region):
        defined.update(block.params)
        for op in block.ops:
            defined.update(op.results)
    found: dict[Value, None] = {}
    for block in blocks(region):
        for operand in (*(o for op in block.ops for o in op.operands), *block.results):
            if isinstance(operand, Value) and operand not in defined:
                found[operand] = None
    return list(found)


def _unseen(stage: str, function: Function) -> None:
    """What an inner derivative looks like on its way is not kept."""


__all__ = ["Any", "Const", "expand_derivatives"]
