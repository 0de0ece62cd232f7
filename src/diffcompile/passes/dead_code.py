"""Drop what nobody reads: pure operations, unused results of regions and dead loop-carried values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from diffcompile.ir.core import Block, Function, Op, Operand, Prim, Value

IsPure = Callable[[Op], bool]
"""Tells whether an operation has no effect; of a branch or a loop, whether it has none beside those of its regions."""


def eliminate_dead_code(function: Function, is_pure: IsPure) -> Function:
    """Return ``function`` without operations and carried values that do not reach a result or an effect.

    Example: of ``def f(x): y = x + 1; z = x * 2; return z`` the first statement goes; of a loop that carries ``k``
    only to increment it, ``k`` goes.
    """
    live, needed = liveness(function, is_pure)
    return sweep(function, live, needed)


def sweep(function: Function, live: set[Value], needed: set[Op]) -> Function:
    """Return ``function`` without what :func:`liveness` has not found."""
    return replace(function, body=_sweep(function.body, live, needed))


def live_values(function: Function, is_pure: IsPure) -> set[Value]:
    """Return the values that a result or an effect depends on."""
    return liveness(function, is_pure)[0]


def liveness(function: Function, is_pure: IsPure) -> tuple[set[Value], set[Op]]:
    """Return the values that a result or an effect depends on, and the operations that stay."""
    reaching = _Reaching()
    reaching.enter(function.body, None, is_pure)
    reaching.values(function.body.results)
    reaching.spread()
    return reaching.live, reaching.needed


class _Reaching:
    """A search from results and effects back to what they depend on: each value and operation is met once."""

    def __init__(self) -> None:
        self.live: set[Value] = set()
        self.needed: set[Op] = set()
        self.pending: list[Value] = []
        self.owners: dict[Value, tuple[Op, int]] = {}
        """The operation that has a value as a result, or carries it as a parameter, and its number there."""
        self.around: dict[Op, Op | None] = {}

    def enter(self, block: Block, around: Op | None, is_pure: IsPure) -> None:
        for op in block.ops:
            self.around[op] = around
            for number, result in enumerate(op.results):
                self.owners[result] = (op, number)
            lead = 1 if op.callee is Prim.FOR else 0
            for region in op.regions:
                for number, param in enumerate(region.params[lead:]):
                    self.owners[param] = (op, number)
                self.enter(region, op, is_pure)
            if not is_pure(op):
                self.need(op)

    def values(self, operands: Iterable[Operand]) -> None:
        for operand in operands:
            if isinstance(operand, Value) and operand not in self.live:
                self.live.add(operand)
                self.pending.append(operand)

    def need(self, op: Op | None) -> None:
        """Note that an operation stays, and those around it, with what they go by."""
        while op is not None and op not in self.needed:
            self.needed.add(op)
            if not op.regions or op.callee is Prim.IF:
                self.values(op.operands)
            else:
                self.values(op.operands[: 1 if op.callee is Prim.FOR else 0])
                if op.may_stop:
                    self.values(op.regions[-1].results[:1])
                if op.callee is Prim.WHILE:
                    self.values(op.regions[0].results)
            op = self.around[op]

    def spread(self) -> None:
        while self.pending:
            value = self.pending.pop()
            if value not in self.owners:
                continue
            op, number = self.owners[value]
            self.need(op)
            if op.callee is Prim.IF:
                self.values(region.results[number] for region in op.regions)
            elif op.regions:  # of a loop: what enters and what a trip hands on
                lead = 1 if op.callee is Prim.FOR else 0
                stops = int(op.may_stop)
                self.values((op.results[number], op.regions[-1].results[number + stops], op.operands[number + lead]))


def _sweep(block: Block, live: set[Value], needed: set[Op]) -> Block:
    ops = []
    for op in block.ops:
        if op in needed:
            ops.append(_sweep_op(op, live, needed) if op.regions else op)
    return Block(block.params, tuple(ops), block.results)


def _sweep_op(op: Op, live: set[Value], needed: set[Op]) -> Op:
    lead = 1 if op.callee is Prim.FOR else 0
    kept = []
    for position, result in enumerate(op.results):
        inside = [] if op.callee is Prim.IF else [region.params[position + lead] for region in op.regions]
        if result in live or any(param in live for param in inside):
            kept.append(position)
    results = tuple(op.results[position] for position in kept)
    if op.callee is Prim.IF:
        regions = tuple(
            _sweep(Block((), region.ops, tuple(region.results[position] for position in kept)), live, needed)
            for region in op.regions
        )
        return replace(op, results=results, regions=regions)
    operands = op.operands[:lead] + tuple(op.operands[position + lead] for position in kept)
    new_regions = []
    for region in op.regions:
        params = region.params[:lead] + tuple(region.params[position + lead] for position in kept)
        is_body = region is op.regions[-1]
        if is_body:
            stops = int(op.may_stop)
            yields = region.results[:stops] + tuple(region.results[position + stops] for position in kept)
        else:
            yields = region.results
        new_regions.append(_sweep(Block(params, region.ops, yields), live, needed))
    return replace(op, operands=operands, results=results, regions=tuple(new_regions))
