"""Branches and loops in reverse."""

from __future__ import annotations

import operator
from collections.abc import Hashable
from dataclasses import replace
from typing import TYPE_CHECKING

from diffcompile.analysis.infer import INT
from diffcompile.analysis.types import RANGE, Array, Dim, anchor
from diffcompile.autodiff import memory
from diffcompile.autodiff.modes import Mode
from diffcompile.autodiff.rewrite import Carried
from diffcompile.autodiff.staging import cotangent_type
from diffcompile.ir.core import Block, Const, Op, Operand, Prim, Value, walk
from diffcompile.specialise.items import Item, TupleItem

if TYPE_CHECKING:
    from diffcompile.autodiff.reverse import Reverse


def reverse_if(rev: Reverse, op: Op) -> None:
    """Run the reverse of the branch that was taken; cotangents of outer values leave it as results."""
    cts = [rev.take(result) if rev.modes.of(result) in (Mode.VALUE, Mode.BUFFER) else None for result in op.results]
    outer_bars, outer_ops = rev.bars, rev.stage.ops
    inner = {value for region in op.regions for value in _defined(region)}
    runs: list[tuple[list[Op], dict[Value, Item]]] = []
    for region in op.regions:
        rev.bars, rev.stage.ops = dict(outer_bars), []
        memory.prologue(rev, region)
        for operand, ct in zip(region.results, cts, strict=True):
            rev.accumulate(operand, ct)
        memory.part(rev, region)
        rev.block(region)
        runs.append((rev.stage.ops, {value: bar for value, bar in rev.bars.items() if value not in inner}))
    rev.bars, rev.stage.ops = outer_bars, outer_ops
    rev.span = rev.stage.override = op.span
    changed = [
        value
        for value in {**runs[0][1], **runs[1][1]}
        if any(run.get(value) is not outer_bars.get(value) for _, run in runs)
    ]
    regions = []
    for ops, run in runs:
        rev.stage.ops = ops
        yields = tuple(rev.spread_out(run[value], value) if value in run else rev.zero(value) for value in changed)
        regions.append(Block((), tuple(rev.stage.ops), yields))
    rev.stage.ops = outer_ops
    both = list(zip(*(region.results for region in regions), strict=True))
    for value, (then, other) in zip(changed, both, strict=True):
        if then is other:  # it comes from before the branch, and goes by it
            rev.bars[value] = then
    kept = [number for number, (then, other) in enumerate(both) if then is not other]
    changed = [changed[number] for number in kept]
    regions = [replace(region, results=tuple(region.results[number] for number in kept)) for region in regions]
    if not any(region.ops or region.results for region in regions):
        return
    results = tuple(_bar(rev, value) for value in changed)
    rev.stage.ops.append(Op(Prim.IF, op.operands, results, {"mirror": op}, tuple(regions), op.span))
    for value, result in zip(changed, results, strict=True):
        rev.bars[value] = result


def _bar(rev: Reverse, value: Value, inner: frozenset[Value] = frozenset()) -> Value:
    """Return a new cotangent of a value; sizes that depend on ``inner`` values are others in each trip."""
    result = Value(f"{value.name}_bar" if value.name else "")
    t = cotangent_type(rev.types[value])
    if inner and isinstance(t, Array) and t.dims is not None:
        dims = tuple(Dim(None, dim.not_one) if _mentions(dim.key, inner) else dim for dim in t.dims)
        t = Array(t.dtype, dims, t.owner)
    rev.types[result] = anchor(t, result)
    return result


def _mentions(key: Hashable, inner: frozenset[Value]) -> bool:
    """Tell whether the symbol of a size is made of one of some values."""
    return any(_mentions(part, inner) for part in key) if isinstance(key, tuple) else key in inner


def _defined(block: Block) -> list[Value]:
    """Return all values that ``block`` and the blocks in it define."""
    found = list(block.params)
    for op in walk(block):
        found += op.results
        for region in op.regions:
            found += region.params
    return found


def _outer_values(rev: Reverse, body: Block) -> list[Value]:
    """Return the values from outside whose cotangents the reverse of ``body`` rebinds."""
    inner = set(_defined(body))
    found: dict[Value, None] = {}
    for op in walk(body):
        operands = [*op.operands, *(result for region in op.regions for result in region.results)]
        for operand in operands:
            if isinstance(operand, Value) and operand not in inner and rev.modes.of(operand) is Mode.VALUE:
                found[operand] = None
    for result in body.results:
        if isinstance(result, Value) and result not in inner and rev.modes.of(result) is Mode.VALUE:
            found[result] = None
    return list(found)


def reverse_loop(rev: Reverse, op: Op) -> None:
    """Run the reverse of the body for the trips in reverse order."""
    lead = 1 if op.callee is Prim.FOR else 0
    body = op.regions[-1]
    carried = [number for number, result in enumerate(op.results) if _carries(rev, op, number, lead)]
    outer = _outer_values(rev, body)
    starts: list[Operand] = []
    for number in carried:
        result = op.results[number]
        ct = rev.take(result) if rev.active(result) else None
        starts.append(rev.spread_out(ct, result) if ct is not None else rev.zero(result))
    for value in outer:
        ct = rev.bars.pop(value, None)
        starts.append(rev.spread_out(ct, value) if ct is not None else rev.zero(value))
    rotation = _Turning(rev, op)
    starts += rotation.starts
    outer_bars, outer_ops = rev.bars, rev.stage.ops
    item = Value(body.params[0].name if lead and body.params[0].name else "i")
    rev.types[item] = anchor(INT, item)
    fixed: set[int] = set()
    inner = frozenset(_defined(body))
    while True:  # a cotangent that no trip changes is not carried
        params = [_bar(rev, body.params[number + lead], inner) for number in carried]
        totals = [_bar(rev, value) for value in outer]
        held = [starts[k] if k in fixed else param for k, param in enumerate((*params, *totals, *rotation.params))]
        rev.bars, rev.stage.ops = {}, []
        rotation.enter(held[len(carried) + len(outer) :])
        yields = _reverse_body(rev, op, carried, outer, held) + rotation.yields()
        steady = {k for k, following in enumerate(yields) if following is held[k] and k not in fixed}
        if not steady:
            break
        fixed |= steady
    changing = [k for k in range(len(held)) if k not in fixed]
    loop_params = tuple(param for param in (held[k] for k in changing) if isinstance(param, Value))
    block = Block((item, *loop_params), tuple(rev.stage.ops), tuple(yields[k] for k in changing))
    rev.bars, rev.stage.ops = outer_bars, outer_ops
    rev.span = rev.stage.override = op.span
    iterable = _reversed_trips(rev, op, item)
    ends: list[Operand] = list(starts)
    targets = [body.params[number + lead] for number in carried] + outer + rotation.targets
    results = tuple(_bar(rev, targets[k], inner if k < len(carried) else frozenset()) for k in changing)
    for k, result in zip(changing, results, strict=True):
        ends[k] = result
    inits = tuple(starts[k] for k in changing)
    rev.stage.ops.append(Op(Prim.FOR, (iterable, *inits), results, {"mirror": op}, (block,), op.span))
    for value, end in zip(outer, ends[len(carried) :], strict=False):
        rev.bars[value] = end
    rotation.leave(ends[len(carried) + len(outer) :])
    for number, end in zip(carried, ends, strict=False):
        rev.accumulate(op.operands[number + lead], end)
    memory.part(rev, op)


def _reverse_body(rev: Reverse, op: Op, carried: list[int], outer: list[Value], held: list[Operand]) -> list[Operand]:
    """Build the reverse of one trip, given the cotangents at its end; return those at its start."""
    lead = 1 if op.callee is Prim.FOR else 0
    stops = int(op.may_stop)
    body = op.regions[-1]
    memory.prologue(rev, body)
    for number, end in zip(carried, held, strict=False):
        rev.accumulate(body.results[number + stops], end)
    for value, total in zip(outer, held[len(carried) :], strict=False):
        old = rev.bars.get(value)
        rev.bars[value] = total if old is None else rev.sum(value, total, old)
    memory.part(rev, body)
    rev.block(body)
    yields: list[Operand] = []
    for number in carried:
        param = body.params[number + lead]
        ct = rev.take(param)
        yields.append(rev.spread_out(ct, param) if ct is not None else rev.zero(param))
    return yields + [rev.spread_out(rev.bars.pop(value), value) for value in outer]


class _Turning:
    """The shadows of buffers that a loop exchanges, on their way back."""

    def __init__(self, rev: Reverse, op: Op) -> None:
        self.rev = rev
        self.op = op
        self.slots = rev.rotations.slots.get(op, {})
        lead = 1 if op.callee is Prim.FOR else 0
        inner = op.regions[-1].params[lead:]
        self.targets = [inner[slot] for slot in self.slots]
        self.starts = [rev.shadows[op.results[slot]] for slot in self.slots]
        self.inits = [op.operands[slot + lead] for slot in self.slots]
        self.sources = [inner[source] for source in self.slots.values()]
        self.params = [_bar(rev, param) for param in self.targets]

    def enter(self, shadows: list[Operand]) -> None:
        """At the end of a trip each variable has the array of another one at its start."""
        self.rev.shadows.update(zip(self.sources, shadows, strict=True))
        self.rev.forget_shadow_values()

    def yields(self) -> list[Operand]:
        """Return the shadows of the variables at the start of a trip."""
        return [self.rev.shadows[target] for target in self.targets]

    def leave(self, ends: list[Operand]) -> None:
        """Before the loop the shadows are those that its first trip has left."""
        for init, end in zip(self.inits, ends, strict=True):
            assert isinstance(init, Value)
            self.rev.shadows[init] = end
            self.rev.own_shadows.add(end)
            self.rev.name(end, init)
        self.rev.forget_shadow_values()
        if self.slots:
            memory.delayed_prologue(self.rev, self.rev.rotations.homes[self.op], self.op)


def _carries(rev: Reverse, op: Op, number: int, lead: int) -> bool:
    """Tell whether the loop hands a cotangent of this carried variable from trip to trip as a value."""
    param = op.regions[-1].params[number + lead]
    if rev.modes.of(param) is Mode.MEMORY:
        return False
    return rev.active(param) or rev.active(op.results[number])


def _reversed_trips(rev: Reverse, op: Op, item: Value) -> Operand:
    """Return what the reverse loop runs over; ``item`` is its index."""
    body = op.regions[-1]
    if op.callee is Prim.FOR:
        rev.indices[item] = body.params[0]
        trips: Operand = op.operands[0]
        if op.may_stop:
            count = _counted(rev, op)
            stop = rev.emit(slice, Const(None), count, Const(None))
            trips = rev.emit(operator.getitem, trips, stop, t=RANGE)
        return rev.emit(reversed, trips, t=RANGE)
    return rev.emit(range, _counted(rev, op), t=RANGE)


def _counted(rev: Reverse, op: Op) -> Value:
    """Make the forward loop count its trips, and return the count."""
    for known in rev.rewrites.carried.get(op, ()):
        if known.result.name == "trips":
            return known.result
    params = tuple(Value("trips") for _ in op.regions)
    result, following = Value("trips"), Value("")
    for value in (*params, result, following):
        rev.types[value] = anchor(INT, value)
    add = Op(operator.add, (params[-1], Const(1)), (following,), {}, (), op.span)
    rev.rewrites.at_start.setdefault(op.regions[-1], []).append(add)
    rev.rewrites.carried.setdefault(op, []).append(Carried(Const(0), params, following, result))
    return result


__all__ = ["TupleItem", "reverse_if", "reverse_loop"]
