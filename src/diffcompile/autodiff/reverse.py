"""Reverse mode: from a typed primal to the operations of its reverse sweep.

The driver owns the cotangents. It walks the primal backwards, block by block; for each operation it takes the
cotangent of the results, stages the rule, and hands contributions to the operands. Primal values are named freely, as
if they were still there: :mod:`diffcompile.autodiff.storage` decides afterwards how each of them gets there.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from diffcompile import calling, dynamic
from diffcompile.analysis.effects import for_effect, writes
from diffcompile.autodiff import memory, regions
from diffcompile.autodiff.displays import reverse_display, reverse_unpack
from diffcompile.autodiff.guards import reverse_where
from diffcompile.autodiff.hooks import refuse_derivative, reverse_hook
from diffcompile.autodiff.looking import look_after, look_before
from diffcompile.autodiff.modes import Mode
from diffcompile.autodiff.pairs import Pairs
from diffcompile.autodiff.rewrite import UNDO, Rewrites
from diffcompile.hooks import hooked
from diffcompile.ir.core import UNDEFINED, Block, Const, Function, Op, Operand, Prim, Value, walk
from diffcompile.rules import registry
from diffcompile.specialise.items import Item


@dataclass(slots=True)
class ReverseSweep:
    """The reverse operations beside the primal that they belong to."""

    primal: Function
    ops: list[Op]
    cotangents: list[Operand]
    """Of the differentiated parameters, in order."""
    rewrites: Rewrites
    indices: dict[Value, Value] = field(default_factory=dict)
    """From the parameter of a reverse loop that holds the index to that of the primal loop."""


def may_be_unset(value: Operand, function: Function) -> bool:
    """Tell whether a value is None where a branch or a loop has not assigned the variable."""
    makers = {result: op for op in walk(function.body) if op.regions for result in op.results}
    seen: set[Operand] = set()
    pending = [value]
    while pending:
        current = pending.pop()
        if isinstance(current, Const) and (current.value is None or current.value is UNDEFINED):
            return True
        op = makers.get(current) if isinstance(current, Value) else None
        if op is None or current in seen:
            continue
        seen.add(current)
        number = next(n for n, result in enumerate(op.results) if result is current)
        if op.callee is Prim.IF:
            pending += [region.results[number] for region in op.regions]
        else:
            lead = 1 if op.callee is Prim.FOR else 0
            pending += [op.operands[number + lead], op.regions[-1].results[number + int(op.may_stop)]]
    return False


class Reverse(Pairs):
    """Builds the reverse sweep of one function."""

    def run(self, seeds: list[tuple[Value, Item]], wrt: list[Value]) -> ReverseSweep:
        """Build the sweep for cotangents ``seeds`` of results, and return those of the parameters ``wrt``."""
        self.laid_out = memory.laid_out(self)
        self.mixed = memory.find_mixed(self)
        self.arranged = memory.find_arranged(self)
        self.for_effect = for_effect(self.primal, self.types)
        memory.make_forward_shadows(self)
        moved = memory.note_arrangements(self, wrt)
        memory.prologue(self, self.primal.body)
        for value, ct in seeds:
            if self.modes.of(value) is Mode.MEMORY and may_be_unset(value, self.primal):
                self.effect(dynamic.add_items, self.shadows[value], self.operand(ct))
                continue
            self.accumulate(value, ct)
        self.block(self.primal.body)
        for shadow, arranged in moved:
            self.effect(dynamic.rearrange, shadow, arranged)
        cotangents = [self.operand(self.take(value)) for value in wrt]
        return ReverseSweep(self.primal, self.stage.ops, cotangents, self.rewrites, self.indices)

    def block(self, block: Block) -> None:
        for op in reversed(block.ops):
            self.span = op.span
            self.stage.override = op.span
            if self.recorder is not None:
                look_before(self, op)
            self.op(op)
            if self.recorder is not None:
                look_after(self, op)

    def op(self, op: Op) -> None:
        if (op.attrs.get("may_write") or op in self.for_effect) and any(map(self.activity.is_varied, op.operands)):
            raise self.missing_rule(op)
        if writes(op) and not memory.divides(self, op):
            self.effect(UNDO, op.operands[0], store=op)
        match op.callee:
            case Prim.IF:
                regions.reverse_if(self, op)
                return
            case Prim.FOR | Prim.WHILE:
                regions.reverse_loop(self, op)
                return
        handler = _HANDLERS.get(op.callee) if _hashable(op.callee) else None
        if handler is not None:
            handler(self, op)
            return
        if memory.is_list_arithmetic(self, op):
            memory.reverse_list_arithmetic(self, op)
            return
        if memory.is_alias(self, op):
            if not memory.reverse_view(self, op):
                memory.reverse_alias(self, op)
            return
        if writes(op) and any(map(self.active, op.operands)):
            raise self.missing_rule(op)
        if any(map(self.active, op.results)) and any(map(self.active, op.operands)):
            self.apply_rule(op)
        unpaired = op.callee is calling.call_dynamic and op not in self.rewrites.replaced
        if unpaired and any(map(self.activity.is_varied, op.operands)):
            self.rewrites.replaced[op] = [replace(op, callee=calling.call_checked)]

    def apply_rule(self, op: Op) -> None:
        callee = op.callee
        if isinstance(callee, calling.Callee) or callee in calling.FOUND:
            self.pair(op)
            return
        if callee in registry.NONDIFFERENTIABLE:
            return
        ct = self.take(op.result)
        if ct is None:
            return
        if callee in registry.ELEMENTWISE:
            self.elementwise(op, ct)
        elif callee in registry.ADJOINT:
            self.adjoint(op, ct)
        else:
            refuse_derivative(op)
            raise self.missing_rule(op)


def _hashable(callee: Any) -> bool:
    try:
        hash(callee)
    except TypeError:
        return False
    return True


_HANDLERS: dict[Any, Callable[[Reverse, Op], None]] = {
    Prim.TUPLE: reverse_display,
    Prim.LIST: reverse_display,
    Prim.DICT: reverse_display,
    Prim.OBJECT: reverse_display,
    Prim.UNPACK: reverse_unpack,
    hooked: reverse_hook,
    np.where: reverse_where,
    operator.getitem: lambda rev, op: memory.reverse_load(rev, op, op.operands[0], op.operands[1], op.result),
    **memory.HANDLERS,
}


__all__ = ["UNDO", "Reverse", "ReverseSweep"]
