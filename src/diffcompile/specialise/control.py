"""Branches and loops of the specialiser."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from diffcompile import dynamic
from diffcompile.analysis.effects import is_droppable
from diffcompile.analysis.infer import INT
from diffcompile.analysis.types import RANGE, anchor
from diffcompile.ir.core import Block, Const, Op, Operand, Prim, Value, renamed, walk
from diffcompile.specialise import generators, known_lists, operators, raised, sequences
from diffcompile.specialise.carried import Grown, Settled
from diffcompile.specialise.carried_containers import reopened, settled
from diffcompile.specialise.items import BIRTHS, Env, GeneratorItem, Item, IteratorItem, ObjectItem
from diffcompile.specialise.merging import branches
from diffcompile.specialise.unrolling import check_carried, few_trips, known_elements, unroll
from diffcompile.specialise.ways_out import LOST

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def conditional(spec: Specialiser, op: Op, test: Item, env: Env) -> None:
    """Take the branch that is known to run, or emit both and merge their results."""
    test = operators.truth(spec, test, op.span)
    truth = spec.truth(test)
    if truth is not None:
        env.update(zip(op.results, spec.block(op.regions[0 if truth else 1], env), strict=True))
        return
    failing = _failing(spec, test)
    if isinstance(test, Value) and (ended := spec.outcomes.get(test)) is not None:
        names = [result.name for result in op.results]

        def handlers(error: Item) -> list[Item]:
            return spec.block(op.regions[1], raised.replaced(env, test, error))

        sides = (
            lambda: spec.block(op.regions[0], dict(env)),
            lambda: raised.handled(spec, ended, names, handlers, op.span),
        )
        env.update(zip(op.results, branches(spec, test, sides, names, op.span), strict=True))
        env.update(raised.replaced(env, test, LOST))  # nobody asks again
        return

    def branch(number: int) -> list[Item]:
        if number == 1 and failing is not None:
            for (holder, name), item in failing.items():
                spec.heap.set(holder, name, item)
        return spec.block(op.regions[number], dict(env))

    builds = [lambda: branch(0), lambda: branch(1)]
    names = [result.name for result in op.results]
    env.update(zip(op.results, branches(spec, spec.operand(test), builds, names, op.span), strict=True))


def _failing(spec: Specialiser, test: Item) -> dict[tuple[ObjectItem, str], Item] | None:
    """Return what attributes are where a ``try`` block failed, if ``test`` asks whether it did not."""
    made = spec.ops[-1] if spec.ops else None
    if made is None or made.callee is not operator.is_ or made.results != (test,):
        return None
    error = made.operands[0]
    return spec.failing.get(error) if isinstance(error, Value) else None


def _loop_op(
    spec: Specialiser, op: Op, env: Env, lead: list[Operand], item_param: Value | None, found: Settled,
    before: Block | None = None,
) -> None:  # fmt: skip
    carried, produced = found.carried, found.produced
    stops = int(op.may_stop)
    outer, spec.ops, spec.heap = spec.ops, found.ops, found.after
    yields = [spec.operand(item) for item in produced[:stops]] + carried.operands(produced[stops:])
    spec.ops, spec.heap = outer, found.before.copy()
    operands = lead + carried.operands(found.inits)
    results: list[Value] = []
    items, spec.heap = found.enter(results)
    body = Block((*([item_param] if item_param is not None else []), *found.params), tuple(found.ops), tuple(yields))
    regions = (before, body) if before is not None else (body,)
    attrs = {"may_stop": True} if stops else {}
    prim = Prim.FOR if before is None else Prim.WHILE
    spec.ops.append(Op(prim, tuple(operands), tuple(results), attrs, regions, op.span))
    env.update(zip(op.results, items, strict=True))


def for_loop(spec: Specialiser, op: Op, args: list[Item], env: Env) -> None:
    """Emit a loop over a range or an index, or unroll one over a tuple."""
    source, inits = args[0], args[1:]
    body = op.regions[0]
    source = sequences.iterated(spec, source, op.span)
    if isinstance(source, GeneratorItem):
        generators.consume(spec, op, source, inits, env)
        return
    known = known_elements(spec, source)
    if known is not None:
        generators.go_over(spec, source, op.span)
        unroll(spec, op, known, inits, env, source)
        return
    iterable, element = _indexed(spec, source, body.params[0].name)
    names = [param.name for param in body.params[1:]]
    index = Value(body.params[0].name if element is None else "i")
    spec.types[index] = anchor(INT, index)

    def run(items: list[Item]) -> list[Item]:
        inner = dict(env)
        inner[body.params[0]] = index if element is None else element(index)
        inner.update(zip(body.params[1:], items, strict=True))
        produced = spec.block(body, inner)
        check_carried(spec, body, produced[int(op.may_stop) :])
        for one in lists:
            if known_lists.resizes(spec, spec.ops, one):
                go_on = produced[0] if op.may_stop else Const(True)
                if _is_growing(source) and spec.truth(go_on) is not False:
                    raise _ResizedError
                spec.effect(dynamic.same_length, [one, counts[one], go_on], op.span)
        return produced

    lists = known_lists.lists_of(spec, source)
    counts = {one: spec.emit(len, [one], op.span) for one in lists}
    trips = few_trips(spec, source)
    count, before, consumed = len(spec.ops), spec.heap.copy(), set(spec.consumed)
    outer, spec.unrollable = spec.unrollable, trips is not None
    try:
        found, apart = settled(spec, op, inits, names, run)
    except Grown:
        assert trips is not None
        del spec.ops[count:]
        spec.heap, spec.unrollable = before, outer
        unroll(spec, op, trips, inits, env)
        return
    except _ResizedError:
        del spec.ops[count:]
        spec.heap, spec.unrollable, spec.consumed = before, outer, consumed
        _go_over_growing(spec, op, source, inits, env)
        return
    finally:
        spec.unrollable = outer
    _loop_op(spec, op, env, [iterable], index, found)
    reopened(apart, op.results, env, op.span)


class _ResizedError(Exception):
    """A loop over a list may change how long it is."""


def _is_growing(source: Item) -> bool:
    """Tell whether a loop over a list, or its items with their numbers, can ask for the length before each trip."""
    return isinstance(source, Value) or (
        isinstance(source, IteratorItem) and source.kind == "enumerate" and isinstance(source.sources[0], Value)
    )


def _go_over_growing(spec: Specialiser, op: Op, source: Item, inits: list[Item], env: Env) -> None:
    """Emit a loop over a list that gets longer or shorter as one with an index, which is what Python does.

        before: for v in items: ...        after: i = 0
                                                  while i < len(items): v = items[i]; i += 1; ...
    """
    body = op.regions[0]
    items, index, count, test, place, following = (Value(name) for name in ("", "i", "", "", "i", "i"))
    counted = Op(Prim.CALL, (Const(len, "len"), items), (count,), {}, (), op.span)
    smaller = Op(operator.lt, (index, count), (test,), {}, (), op.span)
    params = (index, *(Value(param.name) for param in body.params[1:]))
    taken = [Op(operator.getitem, (items, place), body.params[:1], {}, (), op.span)]
    if isinstance(source, IteratorItem):
        first, number, item = Value(), Value(), Value()
        taken = [
            replace(taken[0], results=(item,)),
            Op(operator.add, (first, place), (number,), {}, (), op.span),
            Op(Prim.TUPLE, (number, item), body.params[:1], {}, (), op.span),
        ]
        source, env[first] = source.sources
    moved = Op(operator.add, (place, Const(1)), (following,), {}, (), op.span)
    stops = int(op.may_stop)
    results = (*body.results[:stops], following, *body.results[stops:])
    trip = Block((place, *body.params[1:]), (*taken, moved, *body.ops), results)
    regions = Block(params, (counted, smaller), (test,)), trip
    env[items] = source
    loop = Op(Prim.WHILE, (Const(0), *op.operands[1:]), (Value("i"), *op.results), op.attrs, regions, op.span)
    while_loop(spec, loop, [Const(0), *inits], env)


def while_loop(spec: Specialiser, op: Op, args: list[Item], env: Env) -> None:
    """Emit a ``while`` loop; one whose condition does more than to compute a number tests in its body."""
    condition, body = op.regions
    names = [param.name for param in body.params]

    def run(items: list[Item]) -> list[Item]:
        produced = spec.block(body, {**env, **dict(zip(body.params, items, strict=True))})
        check_carried(spec, body, produced[int(op.may_stop) :])
        return produced

    def tested(given: Callable[[], list[Item]]) -> tuple[list[Op], Item, bool]:
        """Return the operations of the condition, what it finds, and whether it does more than to find it."""

        def tests() -> list[Item]:
            inner = {**env, **dict(zip(condition.params, given(), strict=True))}
            return [operators.truth(spec, item, op.span) for item in spec.block(condition, inner)]

        before, outer_began, consumed = spec.heap, spec.began, set(spec.consumed)
        spec.heap, spec.began = before.copy(), next(BIRTHS)
        ops, (found,) = spec.scoped(tests)
        acts = bool(spec.heap.changes(before)) or not all(map(is_droppable, walk(Block((), tuple(ops), ()))))
        spec.heap, spec.began, spec.consumed = before, outer_began, consumed
        return ops, found, acts

    start, heap = len(spec.ops), spec.heap.copy()
    if tested(lambda: args)[2]:
        while_loop(spec, tested_inside(op), args, env)
        return
    outer_unrollable, spec.unrollable = spec.unrollable, False
    try:
        found, apart = settled(spec, op, args, names, run)
    finally:
        spec.unrollable = outer_unrollable
    params: list[Value] = []
    items, entered = found.enter(params)
    spec.heap = entered.copy()

    ops, test_item, acts = tested(lambda: apart.opened(items, op.span))
    if acts:
        del spec.ops[start:]
        spec.heap = heap
        while_loop(spec, tested_inside(op), args, env)
        return
    outer, spec.ops = spec.ops, ops
    test = spec.operand(test_item)
    spec.ops = outer
    before = Block(tuple(params), tuple(ops), (test,))
    _loop_op(spec, op, env, [], None, found, before)
    reopened(apart, op.results, env, op.span)


def tested_inside(op: Op) -> Op:
    """Return ``while True: if not test: break; ...``: the reverse sweep goes back over a body, not over a condition."""
    condition, body = op.regions
    (test,) = condition.results
    moved = renamed(body, dict(zip(body.params, condition.params, strict=True)))
    go_on = () if op.may_stop else (Const(True),)
    run = Block((), moved.ops, (*go_on, *moved.results))
    stop = Block((), (), (Const(False), *condition.params))
    results = (Value(), *(Value(param.name) for param in condition.params))
    branch = Op(Prim.IF, (test,), results, {}, (run, stop), op.span)
    first = Block(tuple(Value(param.name) for param in condition.params), (), (Const(True),))
    second = Block(condition.params, (*condition.ops, branch), results)
    return Op(Prim.WHILE, op.operands, op.results, {**op.attrs, "may_stop": True}, (first, second), op.span)


def _indexed(spec: Specialiser, source: Item, name: str) -> tuple[Operand, Callable[[Value], Item] | None]:
    """Return what a loop runs over, and how the user's item follows from the index (None: it is the index)."""
    if isinstance(source, Value) and spec.types[source] is RANGE:
        return source, None
    if isinstance(source, IteratorItem) and source.kind == "reversed":
        inner = source.sources[0]
        if isinstance(inner, Value) and spec.types[inner] is RANGE:
            backwards = spec.emit(slice, [Const(None), Const(None), Const(-1)], spec.span)
            return spec.emit(operator.getitem, [inner, backwards], spec.span, t=RANGE), None
    source = sequences.sequence(spec, source)
    count = sequences.length(spec, source)
    iterable = spec.emit(range, [count], spec.span, t=RANGE)
    return iterable, lambda index: sequences.element(spec, source, index, count, name)
