"""``try`` and ``with``: what may fail is a block of its own, whose pair keeps what it saves to itself.

A block that cannot fail is inlined; one that surely fails is walked up to there. Otherwise the block is called, and
returns the error or None, and its results. Where it fails, nothing of it is differentiated: what it had stored
before must not have mattered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.aliasing import find_aliases
from diffcompile.analysis.effects import is_droppable
from diffcompile.analysis.types import Array, Dct, Lst, Obj, Scalar, plain
from diffcompile.errors import Span
from diffcompile.ir.core import (
    UNDEFINED,
    Block,
    Const,
    Function,
    Op,
    Operand,
    Prim,
    Value,
    walk,
)
from diffcompile.passes.dead_code import live_values
from diffcompile.specialise import contexts, heap, raised, ways_out
from diffcompile.specialise.failing import Failed, Raised
from diffcompile.specialise.heap import Heap
from diffcompile.specialise.in_turn import in_turn
from diffcompile.specialise.items import NONE, Item, ObjectItem, TupleItem, is_undefined
from diffcompile.specialise.merging import same_item
from diffcompile.specialise.raising import kept, may_raise, surely_run

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

def attempt(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """``attempt(body, caught)``: return the error, or None."""
    from diffcompile.specialise import calls  # noqa: PLC0415 - calls of all kinds

    body, caught = args
    before = spec.heap.copy()
    outer, outer_stores, outer_raising = spec.attempted, spec.stores, spec.raising
    failed: Failed | None = None
    ended = False
    outer_sites, spec.sites = spec.sites, {}

    def run() -> list[Item]:
        nonlocal failed, ended
        spec.attempted, spec.stores, spec.raising = spec.ops, {}, []
        try:
            calls.dispatch(spec, body, [], {}, span)
        except Failed as problem:
            failed = problem
        except Raised:
            ended = True
        return []

    depth = len(spec.frames), len(spec.stack)
    path, override = spec.path, spec.override
    ops, _ = spec.scoped(run)
    stores, raising = spec.stores, spec.raising
    spec.attempted, spec.stores, spec.raising = outer, outer_stores, outer_raising
    for place in stores:
        heap.note_store(spec, place, None)
    if failed is not None or ended:
        del spec.frames[depth[0] :], spec.stack[depth[1] :]
        spec.path, spec.override = path, override
        contexts.check_left(spec, ops, span)
    classes = _classes(caught)
    sites = raised.caught(spec, ops, classes) if failed is None else {}
    spec.sites = {**outer_sites, **spec.sites}
    if sites:
        found = _with_ways_out(spec, ops, before, stores, raising, caught, sites, ended, span)
        if found is not None:
            return found
    quiet = all(not may_raise(spec, op, classes) for op in ops)
    if spec.attempted is None or not quiet:
        ops[:] = raised.settled(spec, ops)
    if quiet:
        spec.ops += ops
        if ended:  # nobody catches it here
            raised.end(spec)
        if failed is None:
            return NONE
        if classes is not None and not issubclass(failed.error, classes):
            return spec.failure(failed.error, str(failed), span)
        error = spec.emit(failed.error, [Const(str(failed))], span, t=Obj(failed.error))
        return error
    if failed is not None:
        spec.scoped_into(ops, lambda: spec.failure(failed.error, str(failed), span))
    return _outlined(spec, ops, before, stores, raising, caught, span)


def _with_ways_out(
    spec: Specialiser, ops: list[Op], before: Heap, stores: Any, raising: list[Heap], caught: Item,
    sites: dict[int, ways_out.Site], ended: bool, span: Span | None,
) -> Item | None:  # fmt: skip
    """Emit a block that raises errors itself, as a function if something else in it may raise one as well.

    None where it has to be a function that hands out what is no number or array.
    """
    classes = _classes(caught)
    made, results, ways, keys, places = ways_out.restructured(spec, ops, sites, before, ended)
    base: Operand = NONE
    failing: dict[Any, Item] = {}
    if any(may_raise(spec, op, classes) for op in made):
        if _may_hand_out(spec, made, results):
            return None
        failing = {place: _lost(spec, before, place, stores, raising, ops) for place in places}
        for holder, name in places:
            if not heap.is_flag(name) and is_undefined(failing[holder, name]):
                failing[holder, heap.flag(name)] = heap.NO
        made = raised.settled(spec, made)
        live = live_values(Function("attempt", Block((), tuple(made), tuple(results))), is_droppable)
        made = kept(spec, made, live)
        base, results = in_turn(spec, made, results, spec.operand(caught), span)
    else:
        spec.ops += made if spec.attempted is not None else raised.settled(spec, made)
    return raised.outcome(spec, results, keys, ways, sites, base, failing, span)


def _may_hand_out(spec: Specialiser, ops: Sequence[Op], results: Sequence[Operand]) -> bool:
    """Tell whether a block that sees containers may return a part of them: something of no known type comes out."""
    types = [plain(spec.type(result)) for result in results if not is_undefined(result)]
    seen = {operand for op in walk(Block((), tuple(ops), ())) for operand in op.operands if isinstance(operand, Value)}
    unknown = not all(isinstance(t, Scalar | Array) for t in types)
    return unknown and any(isinstance(spec.types[value], Lst | Dct | Obj) for value in seen)


def _classes(caught: Item) -> tuple[type, ...] | None:
    """Return the classes that are caught, if they are known."""
    parts = caught.items if isinstance(caught, TupleItem) else (caught,)
    found: list[type] = []
    for part in parts:
        value = part.value if isinstance(part, Const) else None
        if isinstance(value, tuple):
            found += [one for one in value if isinstance(one, type)]
        elif isinstance(value, type):
            found.append(value)
        else:
            return None
    return tuple(found)


def _outlined(
    spec: Specialiser,
    ops: list[Op],
    before: Heap,
    stores: dict[tuple[ObjectItem, str], tuple[list[Op], int, Item | None]],
    raising: list[Heap],
    caught: Item,
    span: Span | None,
) -> Item:
    """Make functions of the operations, and call them."""
    changed = spec.heap.changes(before)
    after = [heap.initial(spec, holder, name) for holder, name in changed]
    results = [_result(spec, ops, item) for item in after]
    _separate(spec, ops, changed, results)
    live = live_values(Function("attempt", Block((), tuple(ops), tuple(results))), is_droppable)
    ops[:] = kept(spec, ops, live)
    failing = {place: _lost(spec, before, place, stores, raising, ops) for place in changed}
    flags = {(holder, heap.flag(name)): (holder, name) for holder, name in changed if not heap.is_flag(name)}
    absent = [there for there, place in flags.items() if there not in failing and is_undefined(failing[place])]
    error, found = in_turn(spec, ops, results, spec.operand(caught), span)
    for (holder, name), result in zip(changed, found, strict=True):
        spec.heap.set(holder, name, result)
    for holder, name in absent:  # where the block failed
        spec.heap.put(holder, name, heap.YES)
        failing[holder, name] = heap.NO
    if isinstance(error, Value):
        spec.failing[error] = failing
    return error


def _result(spec: Specialiser, ops: list[Op], item: Item) -> Operand:
    """Return a stored attribute as a result of the block."""
    made: Operand = spec.scoped_into(ops, lambda: spec.operand(item))
    return made


def _separate(spec: Specialiser, ops: list[Op], changed: list[tuple[ObjectItem, str]], results: list[Operand]) -> None:
    """Let each array that only some paths assign be a copy: what is not there has no shadow to add a cotangent to."""
    places = dict(zip(changed, results, strict=True))
    for number, ((holder, name), result) in enumerate(places.items()):
        there = places.get((holder, heap.flag(name)))
        if not (isinstance(there, Value) and isinstance(result, Value) and isinstance(spec.types[result], Array)):
            continue
        function = Function("attempt", Block((), tuple(ops), (result,)))
        node = find_aliases(function, spec.types).of(result)
        if node is None or node.extern or not node.written:
            continue
        copy, chosen = (spec.value(result.name, spec.types[result], [result]) for _ in range(2))
        taken = Block((), (Op(np.ndarray.copy, (result,), (copy,)),), (copy,))
        ops.append(Op(Prim.IF, (there,), (chosen,), {}, (taken, Block((), (), (Const(UNDEFINED),)))))
        results[number] = chosen


def _lost(
    spec: Specialiser,
    before: Heap,
    place: tuple[ObjectItem, str],
    stores: dict[tuple[ObjectItem, str], tuple[list[Op], int, Item | None]],
    raising: list[Heap],
    ops: list[Op],
) -> Item:
    """Return what an attribute is where the block failed: unchanged, if storing it is the last that may fail."""
    block, first, value = stores.get(place, (None, 0, None))
    if block is ops and first <= surely_run(spec, ops) and value is not None and _is_kept(value):
        return value
    later = ops[first:]
    if block is not ops or any(may_raise(spec, op, None) for op in later):
        return Const(dynamic.LOST, "LOST")
    outer, spec.heap = spec.heap, before
    old = heap.initial(spec, *place)
    spec.heap = outer
    held = [one.get(*place) for one in raising]
    if any(item is not None and not same_item(item, old) for item in held):
        return Const(dynamic.LOST, "LOST")
    return old


def _is_kept(item: Item) -> bool:
    """Tell whether what was stored is what it was then: no object, which may have changed."""
    if isinstance(item, TupleItem):
        return all(map(_is_kept, item.items))
    return isinstance(item, Value | Const)


HANDLERS: dict[Any, Any] = {dynamic.attempt: attempt, **contexts.HANDLERS}

__all__ = ["HANDLERS", "attempt"]
