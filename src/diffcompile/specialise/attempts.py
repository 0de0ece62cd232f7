"""``try`` and ``with``: what may fail is a block of its own, whose pair keeps what it saves to itself.

A block that cannot fail is inlined; one that surely fails is walked up to there. Otherwise the block is called, and
returns the error or None, and its results. Where it fails, nothing of it is differentiated: what it had stored
before must not have mattered.
"""

from __future__ import annotations

import operator
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import calling, dynamic
from diffcompile.analysis.aliasing import find_aliases, is_reference
from diffcompile.analysis.effects import is_droppable, is_pure, writes
from diffcompile.analysis.types import ANY, STRING, Array, Dct, Lst, Obj, Scalar, Static, Tup, Type, plain
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
    blocks,
    renamed,
    walk,
)
from diffcompile.passes.dead_code import live_values
from diffcompile.rules import registry
from diffcompile.specialise import containers, contexts, heap
from diffcompile.specialise.failing import Failed
from diffcompile.specialise.heap import Heap
from diffcompile.specialise.items import NONE, UNBOUND, Item, ObjectItem, TupleItem
from diffcompile.specialise.merging import same_item
from diffcompile.specialise.program import Program

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

OF_NUMBERS: set[Any] = {
    operator.add, operator.sub, operator.mul, operator.neg, operator.pos, operator.lt, operator.le, operator.gt,
    operator.ge, abs,
}  # fmt: skip
HARMLESS: set[Any] = OF_NUMBERS | {
    operator.eq, operator.ne, operator.is_, operator.is_not, operator.not_, getattr, len, slice, isinstance,
    callable, Prim.TUPLE, Prim.LIST, Prim.DICT, Prim.OBJECT, np.zeros_like, np.ones_like, np.shape, np.ndim, np.copy,
    np.ndarray.copy, range,
}  # fmt: skip
"""What raises nothing on numbers and on arrays of equal shapes."""
MAKERS: set[Any] = {
    Prim.LIST, Prim.DICT, Prim.SET, Prim.OBJECT, np.zeros_like, np.ones_like, np.copy, np.ndarray.copy,
}  # fmt: skip
UNLIKELY = (AttributeError, ImportError, NameError, AssertionError, OSError, StopIteration)
"""Errors that an operation on numbers and arrays does not raise."""


def attempt(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """``attempt(body, caught)``: return the error, or None."""
    from diffcompile.specialise import calls  # noqa: PLC0415 - calls of all kinds

    body, caught = args
    before = spec.heap.copy()
    outer, outer_stores, outer_raising = spec.attempted, spec.stores, spec.raising
    failed: Failed | None = None

    def run() -> list[Item]:
        nonlocal failed
        spec.attempted, spec.stores, spec.raising = spec.ops, {}, []
        try:
            calls.dispatch(spec, body, [], {}, span)
        except Failed as problem:
            failed = problem
        return []

    depth = len(spec.frames), len(spec.stack)
    path, override = spec.path, spec.override
    ops, _ = spec.scoped(run)
    stores, raising = spec.stores, spec.raising
    spec.attempted, spec.stores, spec.raising = outer, outer_stores, outer_raising
    for place in stores:
        heap.note_store(spec, place, None)
    if failed is not None:
        del spec.frames[depth[0] :], spec.stack[depth[1] :]
        spec.path, spec.override = path, override
        contexts.check_left(spec, ops, span)
    classes = _classes(caught)
    if all(not _may_raise(spec, op, classes) for op in ops):
        spec.ops += ops
        if failed is None:
            return NONE
        if classes is not None and not issubclass(failed.error, classes):
            return spec.failure(failed.error, str(failed), span)
        error = spec.emit(failed.error, [Const(str(failed))], span, t=Obj(failed.error))
        return error
    if failed is not None:
        spec.scoped_into(ops, lambda: spec.failure(failed.error, str(failed), span))
    return _outlined(spec, ops, before, stores, raising, caught, span)


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


def _may_raise(spec: Specialiser, op: Op, classes: tuple[type, ...] | None) -> bool:
    if op.regions:
        inner = [one for region in op.regions for one in region.ops]
        return op.callee is not Prim.IF or any(_may_raise(spec, one, classes) for one in inner)
    if op.callee in (dynamic.refuse, dynamic.enter_acting, dynamic.leave_acting) or _surely_stores(spec, op):
        return False
    types = [spec.type(operand) for operand in op.operands]
    known = all(isinstance(plain(t), Scalar | Array | Static | Tup | Lst) for t in types)
    if not known or op.callee in (Prim.RAISE, Prim.ASSERT, dynamic.fail, calling.call_dynamic):
        return True
    if isinstance(op.callee, calling.Callee | calling.Attempt):
        return True
    if classes is not None and all(issubclass(cls, UNLIKELY) for cls in classes) and _is_numeric(op):
        return False
    if op.callee is getattr and not isinstance(plain(types[0]), Scalar | Array):
        return True
    if op.callee is len and isinstance(t := plain(types[0]), Array) and t.dims is None:
        return True
    if _member(op, OF_NUMBERS) and not all(map(_is_number, types)):
        return True
    arrays = [t for t in types if isinstance(plain(t), Array)]
    return not _member(op, HARMLESS) or len(arrays) > 1


def _is_number(t: Type) -> bool:
    t = plain(t)
    return isinstance(t, Scalar | Array) or (isinstance(t, Static) and isinstance(t.value, int | float | complex))


def _is_numeric(op: Op) -> bool:
    return isinstance(op.callee, Prim) or registry.has_rule(op.callee) or writes(op) or _member(op, HARMLESS)


def _member(op: Op, callees: set[Any]) -> bool:
    try:
        return op.callee in callees
    except TypeError:
        return False


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
    ops[:] = _kept(spec, ops, live)
    failing = {place: _lost(spec, before, place, stores, raising, ops) for place in changed}
    error, found = _in_turn(spec, ops, results, spec.operand(caught), span)
    for (holder, name), result in zip(changed, found, strict=True):
        spec.heap.set(holder, name, result)
    if isinstance(error, Value):
        spec.failing[error] = failing
    return error


def _kept(spec: Specialiser, ops: Sequence[Op], live: set[Value]) -> list[Op]:
    """Return the operations, marked where they may raise and nobody reads what they return."""
    found = []
    for op in ops:
        regions = tuple(replace(region, ops=tuple(_kept(spec, region.ops, live))) for region in op.regions)
        dead = bool(op.results) and not op.regions and is_pure(op) and not any(r in live for r in op.results)
        attrs = {**op.attrs, "kept": True} if dead and _may_raise(spec, op, None) else op.attrs
        found.append(replace(op, regions=regions, attrs=attrs) if op.regions or attrs is not op.attrs else op)
    return found


def _in_turn(
    spec: Specialiser, ops: list[Op], wanted: list[Operand], caught: Operand, span: Span | None
) -> tuple[Operand, list[Operand]]:
    """Call the operations as blocks between the stores to lists and dicts, and return the error and ``wanted``.

        out.append(f(x))        error, value = attempt(...)
        y = g(x)                if error is None:
                                    out.append(value)
                                    error, y = attempt(...)
    """
    start = next((k for k, op in enumerate(ops) if _surely_stores(spec, op)), len(ops))
    head, rest = ops[:start], ops[start:]
    surely = _surely_run(spec, head)
    spec.ops += head[:surely]
    head = head[surely:]
    contexts.check_left(spec, head, span)
    error: Operand = NONE
    names: dict[Value, Operand] = {}
    again: list[Op] = []
    if head:
        made = {result for op in head for result in op.results}
        handed = [value for value in _free(rest, wanted, set()) if value in made]
        if rest:
            again, handed = _read_again(spec, head, handed)
        error, values = _called(spec, head, handed, caught, span)
        names = dict(zip(handed, values, strict=True))
        for op in again:
            names[op.result] = spec.value(op.result.name, spec.types[op.result], op.operands)
    if not rest:
        return error, [names.get(operand, operand) if isinstance(operand, Value) else operand for operand in wanted]
    stop = next((k for k, op in enumerate(rest) if not _surely_stores(spec, op)), len(rest))
    later = renamed(Block((), tuple(rest), tuple(wanted)), names)

    def go_on() -> list[Item]:
        for op in renamed(Block((), tuple(again), ()), names).ops:
            spec.ops.append(replace(op, results=tuple(names[result] for result in op.results)))  # type: ignore[misc]
        spec.ops += later.ops[:stop]
        following, found = _in_turn(spec, list(later.ops[stop:]), list(later.results), caught, span)
        return [following, *found]

    if not isinstance(error, Value):
        following, *found = go_on()
        return spec.operand(following), list(map(spec.operand, found))
    succeeded = spec.operand(spec.emit(operator.is_, [error, NONE], span))
    inner, results = spec.scoped(go_on)
    kinds = [ANY, *(spec.type(result) for result in results[1:])]
    yields = list(map(spec.operand, results))
    names_of = ["error", *(getattr(result, "name", "") for result in yields[1:])]
    outcome = [spec.value(name, t, [part]) for name, t, part in zip(names_of, kinds, yields, strict=True)]
    failed: tuple[Operand, ...] = (error, *(UNBOUND for _ in yields[1:]))
    regions = Block((), tuple(inner), tuple(yields)), Block((), (), failed)
    spec.ops.append(Op(Prim.IF, (succeeded,), tuple(outcome), {}, regions, span))
    return outcome[0], list(outcome[1:])


def _read_again(spec: Specialiser, ops: list[Op], handed: list[Value]) -> tuple[list[Op], list[Value]]:
    """Return what reads references, which is done again where the block goes on, and the other values to hand over.

    A reference to memory that is known outside must not come out of a call, as it would be known by two names.
    """
    makers = {result: op for op in ops for result in op.results}
    pending, again, rest = list(handed), set(), []
    while pending:
        value = pending.pop(0)
        op = makers[value]
        if op in again or value in rest:
            continue
        if len(op.results) == 1 and not op.regions and not writes(op) and is_reference(op, spec.types):
            again.add(op)
            pending += [operand for operand in op.operands if operand in makers]
        else:
            rest.append(value)
    return [op for op in ops if op in again], rest


def _surely_stores(spec: Specialiser, op: Op) -> bool:
    """Tell whether ``op`` stores to a list or a dict, and cannot fail."""
    t = plain(spec.type(op.operands[0])) if op.operands else None
    if op.callee is list.append:
        return isinstance(t, Lst)
    return op.callee is operator.setitem and isinstance(t, Dct) and _is_hashable(spec.type(op.operands[1]))


def _is_hashable(t: Type) -> bool:
    if isinstance(t, Tup):
        return t.cls is None and all(map(_is_hashable, t.items))
    return isinstance(plain(t), Scalar) or t is STRING or (isinstance(t, Static) and isinstance(t.value, Hashable))


def _called(
    spec: Specialiser, ops: list[Op], results: list[Value], caught: Operand, span: Span | None
) -> tuple[Value, list[Operand]]:
    """Make a function of the operations, call it, and return the error and the results."""
    inside = {result for one in blocks(Block((), tuple(ops), ())) for op in one.ops for result in op.results}
    free = _free(ops, list(results), inside)
    types = [spec.types[value] for value in free]
    params = _parameters(spec, free)
    passed = dict(zip(free, params, strict=True))
    body = renamed(Block((), tuple(ops), tuple(results)), passed)
    spec.types.update(zip(params, types, strict=True))
    function = Function("attempt", Block(params, body.ops, body.results))
    program = Program(function, spec.types, names=spec.names)
    written = _written(spec, program, span)
    callee = calling.Attempt(program, written, len(results), _partial(spec, ops), _fresh(program))
    contents = [spec.types[free[number]] for number in written]
    kinds: list[Type] = [ANY, *(spec.type(result) for result in results), *contents]
    both = spec.value("", Tup(tuple(kinds)), free)
    spec.ops.append(Op(callee, (*free, caught), (both,), {}, (), span))
    names = ["error", *(result.name for result in results), *("" for _ in written)]
    found = [spec.value(name, t, [both]) for name, t in zip(names, kinds, strict=True)]
    attrs = {"before": len(found), "starred": False, "after": 0}
    spec.ops.append(Op(Prim.UNPACK, (both,), tuple(found), attrs, (), span))
    for number, content in zip(written, found[1 + len(results) :], strict=True):
        containers.store_item(spec, free[number], Const(Ellipsis, "..."), content, span=span)
    return found[0], list(found[1 : 1 + len(results)])


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
    if block is ops and first <= _surely_run(spec, ops) and value is not None and _is_kept(value):
        return value
    later = ops[first:]
    if block is not ops or any(_may_raise(spec, op, None) for op in later):
        return Const(dynamic.LOST, "LOST")
    outer, spec.heap = spec.heap, before
    old = heap.initial(spec, *place)
    spec.heap = outer
    held = [one.get(*place) for one in raising]
    if any(item is not None and not same_item(item, old) for item in held):
        return Const(dynamic.LOST, "LOST")
    return old


def _surely_run(spec: Specialiser, ops: list[Op]) -> int:
    """Return how many of the first operations surely run, and make nothing that the others may write to."""
    stays = {*MAKERS, dynamic.enter_acting}
    return next((k for k, op in enumerate(ops) if _may_raise(spec, op, None) or _member(op, stays)), len(ops))


def _is_kept(item: Item) -> bool:
    """Tell whether what was stored is what it was then: no object, which may have changed."""
    if isinstance(item, TupleItem):
        return all(map(_is_kept, item.items))
    return isinstance(item, Value | Const)


def _free(ops: list[Op], results: list[Operand], inside: set[Value]) -> list[Value]:
    """Return the values from outside that the operations read."""
    block = Block((), tuple(ops), tuple(results))
    params = {param for one in blocks(block) for param in one.params}
    found: dict[Value, None] = {}
    for one in blocks(block):
        for operand in (*(o for op in one.ops for o in op.operands), *one.results):
            if isinstance(operand, Value) and operand not in inside and operand not in params:
                found[operand] = None
    return list(found)


def _written(spec: Specialiser, program: Program, span: Span | None) -> tuple[int, ...]:
    """Return which of its arguments a block writes to, all of them arrays.

    Raises:
        UnsupportedError: it writes to a container, or to what may be one.
    """
    aliases = find_aliases(program.function, program.types)
    found = []
    for number, param in enumerate(program.function.params):
        node, t = aliases.of(param), plain(program.types[param])
        if node is None or isinstance(t, Static) or not node.deep_written():
            continue
        if not isinstance(t, Array):
            raise spec.refuse(
                "a container is changed in a `try` block",
                span,
                "change it in the `else` part, or after the block",
            )
        found.append(number)
    return tuple(found)


def _parameters(spec: Specialiser, free: list[Value]) -> tuple[Value, ...]:
    """Return a parameter for each value from outside, under a name of its own."""
    names: list[str] = []
    for value in free:
        name = base = value.name or spec.names.get(value) or "value"
        number = 1
        while name in names:
            name, number = f"{base}_{number}", number + 1
        names.append(name)
    return tuple(map(Value, names))


def _fresh(program: Program) -> bool:
    """Tell whether the results share no memory with what the block sees."""
    aliases = find_aliases(program.function, program.types)
    nodes = [aliases.of(result) for result in program.function.body.results]
    return not any(node is not None and node.extern for node in nodes)


def _partial(spec: Specialiser, ops: list[Op]) -> bool:
    """Tell whether the block may fail after it has written to something."""
    first = next((k for k, op in enumerate(ops) if any(map(writes, walk(Block((), (op,), ()))))), len(ops))
    if first < len(ops) and ops[first].regions:
        return True
    return any(_may_raise(spec, op, None) for op in ops[first + 1 :])


HANDLERS: dict[Any, Any] = {dynamic.attempt: attempt, dynamic.enter: contexts.enter, dynamic.leave: contexts.leave}

__all__ = ["HANDLERS", "attempt"]
