"""Forward mode: a typed primal with a tangent statement beside each of its own.

A tangent has the type, shape and structure of its value. One that is zero for certain is not there at all. What the
program writes to has a shadow, an array of tangents that is viewed, stored into and carried as the primal is; so
memory needs no rules of its own, and nothing has to be saved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from diffcompile import calling, dynamic
from diffcompile.analysis.activity import Activity, find_activity
from diffcompile.analysis.aliasing import Aliases, find_aliases
from diffcompile.analysis.effects import for_effect, writes
from diffcompile.analysis.references import describes
from diffcompile.analysis.types import (
    Array,
    Dct,
    Lst,
    Obj,
    Scalar,
    Static,
    Tup,
    Type,
    may_carry_derivative,
    plain,
)
from diffcompile.autodiff import forward_calls, forward_memory, forward_rules
from diffcompile.autodiff.carried import check_active, made_like
from diffcompile.autodiff.edges import find_edges
from diffcompile.autodiff.gradient import Gradient, Prepared, Show, prepare
from diffcompile.autodiff.hooks import without_hooks
from diffcompile.autodiff.looked_up import look_up_by_calls
from diffcompile.autodiff.missing import missing_rule
from diffcompile.autodiff.staging import Staging, cotangent_type
from diffcompile.errors import Span, UnsupportedError
from diffcompile.ir.core import UNDEFINED, Block, Const, Function, Op, Operand, Prim, Value, walk
from diffcompile.ir.verifier import verify
from diffcompile.passes.clean import clean
from diffcompile.passes.first_assignment import assign_first, drop_idle_copies
from diffcompile.passes.gathered import gather
from diffcompile.passes.turns import add_in_turn
from diffcompile.rules import registry
from diffcompile.specialise import Program
from diffcompile.specialise.items import Item, TupleItem


def push_forward(
    program: Program, wrt: list[int], *, with_value: bool, show: Show, last: bool = False, again: bool = False
) -> Gradient:
    """Return the function of the arguments and of tangents for ``wrt`` that computes (results and) their tangents.

    It is the ``last`` transformation if nothing follows: any function will do in it. Where a derivative will be taken
    of it ``again``, calls are calls of functions that have one.
    """
    program = replace(program, function=without_hooks(program.function))
    prepared = prepare(program, wrt, show, registry.has_forward_rule)
    function, types = prepared.function, prepared.types
    aliases = find_aliases(function, types)
    outputs = {result for result in function.body.results if isinstance(result, Value)}
    inputs = [prepared.owned.get(param, param) for param in prepared.wrt]
    activity = find_activity(function, types, aliases, {*inputs, *prepared.wrt}, outputs)
    check_active(function, types, activity)
    function = prepared.function = look_up_by_calls(function, types, aliases, activity)
    forward = Forward(function, types, aliases, activity)
    forward.stage.names.update(program.names)
    forward.stage.relied = program.guards
    forward.again = again
    combined = forward.run(prepared, with_value=with_value)
    show("tangent", verify(combined, "forward mode"))
    combined = verify(add_in_turn(combined, types), "sums in turn")
    combined = clean(combined, types)
    combined = verify(assign_first(drop_idle_copies(combined), types), "first assignments")
    if last:
        combined = verify(gather(combined, types, forward.stage.names), "sums of outer products")
    combined = verify(made_like(combined, types), "arrays of another owner")
    show("optimised", combined)
    return Gradient(combined, types, forward.stage.names, prepared.written, len(prepared.wrt))


@dataclass(slots=True)
class Carry:
    """A tangent that a loop carries: beside which variable, and under which names."""

    position: int
    params: tuple[Value, ...]
    """One for each region of the loop."""
    result: Value
    init: Operand = field(default_factory=lambda: Const(None))


class Forward:
    """Builds the function with tangents."""

    def __init__(self, primal: Function, types: dict[Value, Type], aliases: Aliases, activity: Activity) -> None:
        self.primal = primal
        self.types = types
        self.aliases = aliases
        self.activity = activity
        definitions = {result: op for op in walk(primal.body) for result in op.results}
        self.stage = Staging(types, definitions)
        self.stage.simplifier.volatile = self.is_volatile
        self.dots: dict[Value, Item] = {}
        self.shadows: set[Operand] = set()
        """Tangents of memory that is written."""
        self.for_effect = for_effect(primal, types)
        self.edges = find_edges(primal, types, aliases, activity.is_active)
        """Slopes of what does not go beyond an edge."""
        self.span: Span | None = None
        self.again = False

    def run(self, prepared: Prepared, *, with_value: bool) -> Function:
        """Return the primal with tangents, whose last parameters are the tangents of ``prepared.wrt``."""
        body = self.primal.body
        params = [self.new_dot(param) for param in prepared.wrt]
        for value, param in zip(prepared.wrt, params, strict=True):
            if self.active(value):
                self.keep(value, param)
        self.block(body)
        tangents = [self.output(result, params) for result in body.results]
        values = body.results if with_value else ()
        block = Block((*body.params, *params), tuple(self.stage.ops), (*values, *tangents))
        return Function(self.primal.name, block, self.primal.path, self.primal.line)

    def output(self, result: Operand, params: list[Value]) -> Operand:
        """Return the tangent of a result, in memory that is not the caller's."""
        tangent = self.needed(result)
        t = self.stage.type(tangent)
        made = self.stage.op_of(tangent)
        if isinstance(t, Array) and (
            tangent in params or (made is not None and forward_memory.refers_to_first(made))
        ):
            return self.stage.emit(np.ndarray.copy, [tangent], t=t)
        return tangent

    # -- tangents -------------------------------------------------------------------------------------------------

    def active(self, operand: Any) -> bool:
        return self.activity.is_active(operand)

    def dot(self, operand: Any) -> Item | None:
        """Return the tangent of ``operand``, or None if it is zero."""
        return self.dots.get(operand) if isinstance(operand, Value) else None

    def operand(self, item: Item) -> Operand:
        return self.stage.operand(item)

    def needed(self, operand: Operand) -> Operand:
        """Return the tangent of ``operand`` as data: zeros where there is none."""
        found = self.dot(operand)
        return self.operand(found) if found is not None else self.zero(operand)

    def zero(self, operand: Operand) -> Operand:
        """Return a zero tangent of ``operand``, None for what carries no derivative."""
        if isinstance(operand, Const):
            if operand.value is UNDEFINED:
                return operand
            return Const(_zero_of(operand.value))
        t = plain(self.types[operand])
        if isinstance(t, Scalar):
            return Const(0.0)
        if isinstance(t, Static):
            return Const(None)
        if isinstance(t, Array) and t.dtype is not None and t.dtype.kind in "fc":
            return self.emit(np.zeros_like, operand, t=t)
        return self.emit(dynamic.no_tangent, operand, t=tangent_type(self.types[operand]))

    def new_dot(self, value: Value) -> Value:
        """Return a new value for the tangent of ``value``, of its type."""
        name = value.name or self.stage.names.get(value)
        tangent = Value(f"{name}_dot" if name else "")
        self.types[tangent] = tangent_type(self.types[value])
        return tangent

    def keep(self, value: Value, tangent: Item | None) -> None:
        """Record the tangent of ``value``; where ``value`` is written memory, it has a shadow in any case."""
        if self.is_memory(value):
            tangent = self.zero(value) if tangent is None else tangent
            self.shadows.add(self.operand(tangent))
        if tangent is None:
            self.dots.pop(value, None)
            return
        self.dots[value] = tangent
        name = value.name or self.stage.names.get(value)
        if isinstance(tangent, Value) and name and not tangent.name and tangent not in self.stage.names:
            self.stage.names[tangent] = f"{name}_dot"

    def is_memory(self, value: Value) -> bool:
        """Tell whether references of the class of ``value``, or what they hold, are written through."""
        node = self.aliases.of(value)
        if node is None:
            return False
        return node.written or (isinstance(self.types[value], Lst | Dct | Tup | Obj) and node.deep_written())

    def is_volatile(self, item: Any) -> bool:
        """Tell whether ``item`` sees memory that is written, the program's or a shadow."""
        while isinstance(item, Value):
            if item in self.shadows:
                return True
            node = self.aliases.nodes.get(item)
            if node is not None:
                return node.root().written
            made = self.stage.op_of(item)
            if made is None or not made.operands or describes(made):
                return False
            if not forward_memory.refers_to_first(made):
                return False
            item = made.operands[0]
        return False

    # -- building -------------------------------------------------------------------------------------------------

    def emit(self, callee: Any, *args: Item, t: Type | None = None, **keywords: Item) -> Operand:
        return self.stage.emit(callee, list(args), self.span, t=t, keywords=keywords or None)

    def effect(self, callee: Any, *args: Item, **attrs: Any) -> None:
        self.stage.effect(callee, list(args), self.span, **attrs)

    def append(self, op: Op) -> None:
        """Put an operation of the primal where we are."""
        self.stage.ops.append(op)

    def block(self, block: Block) -> None:
        for op in block.ops:
            self.span = self.stage.override = op.span
            self.op(op)

    def op(self, op: Op) -> None:
        """Put ``op`` and the tangents of its results where we are."""
        if (op.attrs.get("may_write") or op in self.for_effect) and any(map(self.activity.is_varied, op.operands)):
            raise missing_rule(op, "tangent")
        if op.callee is Prim.IF:
            self.conditional(op)
        elif op.regions:
            self.loop(op)
        elif writes(op):
            forward_memory.write(self, op)
        elif not any(map(self.active, op.results)):
            unpaired = op.callee is calling.call_dynamic and any(map(self.activity.is_varied, op.operands))
            self.append(replace(op, callee=calling.call_checked) if unpaired else op)
        elif forward_calls.is_pair(op):
            forward_calls.pair(self, op)
        else:
            self.append(op)
            self.results(op)

    def results(self, op: Op) -> None:
        """Find the tangents of the results of ``op``, which has been put."""
        if op.callee is Prim.UNPACK:
            forward_memory.unpack(self, op)
            return
        if op.callee is getattr and describes(op):
            return
        built = forward_memory.structural(self, op)
        if built is not None:
            self.keep(op.result, built)
            return
        before = len(self.stage.ops)
        tangent = forward_rules.tangent_of(self, op) if any(map(self.dot, op.operands)) else None
        if tangent is not None and self.is_memory(op.result):
            tangent = forward_memory.owned(self, op.result, tangent, set(self.stage.ops[before:]))
        elif tangent is not None:
            tangent = forward_memory.detached(self, op.result, tangent)
        self.keep(op.result, tangent)

    # -- regions --------------------------------------------------------------------------------------------------

    def scoped(self, build: Callable[[], tuple[Operand, ...]]) -> tuple[list[Op], tuple[Operand, ...]]:
        outer, self.stage.ops = self.stage.ops, []
        try:
            results = build()
            return self.stage.ops, results
        finally:
            self.stage.ops = outer

    def conditional(self, op: Op) -> None:
        """A branch returns the tangents of what it returns."""
        wanted = [number for number, result in enumerate(op.results) if self.active(result)]
        outer = dict(self.dots)
        runs = []
        for region in op.regions:
            self.dots = dict(outer)
            ops, _ = self.scoped(lambda region=region: self.region(region, ()))  # type: ignore[misc]
            runs.append((ops, self.dots))
        kept = [
            number
            for number in wanted
            if self.is_memory(op.results[number])
            or any(
                isinstance(value := region.results[number], Value) and value in dots
                for region, (_, dots) in zip(op.regions, runs, strict=True)
            )
        ]
        regions = []
        for region, (ops, dots) in zip(op.regions, runs, strict=True):
            self.dots = dots
            yields = tuple(region.results[number] for number in kept)
            more, tangents = self.scoped(lambda y=yields: tuple(self.needed(value) for value in y))  # type: ignore[misc]
            regions.append(Block((), (*ops, *more), (*region.results, *tangents)))
        self.dots = outer
        results = tuple(self.new_dot(op.results[number]) for number in kept)
        self.append(Op(op.callee, op.operands, (*op.results, *results), op.attrs, tuple(regions), op.span))
        for number, tangent in zip(kept, results, strict=True):
            self.keep(op.results[number], tangent)

    def region(self, block: Block, yields: tuple[Operand, ...]) -> tuple[Operand, ...]:
        self.block(block)
        return tuple(self.needed(value) for value in yields)

    def loop(self, op: Op) -> None:
        """A loop carries the tangents of what it carries."""
        lead = 1 if op.callee is Prim.FOR else 0
        stops = int(op.may_stop)
        if lead and self.active(op.regions[0].params[0]):
            raise UnsupportedError("a loop over an iterator of active values", span=op.span, advice="loop over indices")
        carries = []
        for number, result in enumerate(op.results):
            members = (result, *(region.params[number + lead] for region in op.regions))
            if any(map(self.active, members)):
                carry = Carry(number, tuple(map(self.new_dot, members[1:])), self.new_dot(result))
                carry.init = self.needed(op.operands[number + lead])
                carries.append(carry)
        outer = dict(self.dots)
        regions = []
        for place, region in enumerate(op.regions):
            self.dots = dict(outer)
            for carry in carries:
                self.keep(region.params[carry.position + lead], carry.params[place])
            is_body = place == len(op.regions) - 1
            yields = tuple(region.results[c.position + stops] for c in carries) if is_body else ()
            ops, tangents = self.scoped(lambda r=region, y=yields: self.region(r, y))  # type: ignore[misc]
            params = (*region.params, *(carry.params[place] for carry in carries))
            regions.append(Block(params, tuple(ops), (*region.results, *tangents)))
        self.dots = outer
        self.span = self.stage.override = op.span
        operands = (*op.operands, *(carry.init for carry in carries))
        results = (*op.results, *(carry.result for carry in carries))
        self.append(Op(op.callee, operands, results, op.attrs, tuple(regions), op.span))
        for carry in carries:
            self.keep(op.results[carry.position], carry.result)


def _zero_of(value: Any) -> Any:
    """Return the zero tangent of a constant: of each item of a tuple, None of what is no number."""
    if type(value) is tuple:
        return tuple(map(_zero_of, value))
    return 0.0 if isinstance(value, dynamic.NUMBERS_AND_DATA) else None


def tangent_type(t: Type) -> Type:
    """Return the type of a tangent of a value of type ``t``: the same, but a number is one of floating point."""
    t = plain(t)
    if isinstance(t, Array | Scalar):
        if isinstance(t, Array) and t.dtype is not None and t.dtype.kind not in "fc":
            return Array(None, t.dims)
        return cotangent_type(t)
    return t


__all__ = ["Forward", "TupleItem", "may_carry_derivative", "push_forward", "registry"]
