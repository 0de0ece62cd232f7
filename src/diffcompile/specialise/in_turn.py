"""The block of a ``try``, cut at the stores to containers and arrays: what may fail between them are own blocks.

    out.append(f(x))            error, value = attempt(...)
    y = g(x)                    if error is None:
                                    out.append(value)
                                    error, y = attempt(...)

So it is with the stores in its loops and branches, where a loop is left at the first error. A store that may fail
itself, as that of an item of a list may, comes after an access to the same item that fails in the same way.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from diffcompile import calling, dynamic
from diffcompile.analysis.aliasing import find_aliases
from diffcompile.analysis.effects import ADD_AT, INPLACE_OPERATORS, writes
from diffcompile.analysis.references import is_reference
from diffcompile.analysis.types import ANY, NUMBER, Array, Dct, Lst, Scalar, Static, Tup, Type, plain
from diffcompile.errors import Span
from diffcompile.frontend.lower import INPLACE
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value, blocks, renamed, walk
from diffcompile.specialise import containers, contexts
from diffcompile.specialise.control import tested_inside
from diffcompile.specialise.items import NONE, UNBOUND, Item, is_undefined
from diffcompile.specialise.program import Program
from diffcompile.specialise.raising import (
    is_hashable,
    is_member,
    is_place,
    may_raise,
    surely_run,
    surely_stores,
)

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


_CHECKS = {dynamic.check_item, dynamic.check_in_place, dynamic.check_item_in_place, dynamic.check_place}


def in_turn(
    spec: Specialiser,
    ops: Sequence[Op],
    wanted: Sequence[Operand],
    caught: Operand,
    span: Span | None,
    otherwise: Sequence[Operand] | None = None,
) -> tuple[Operand, list[Operand]]:
    """Call the operations as blocks between their stores, and return the error and ``wanted``.

    Args:
        spec: The specialiser; the calls are added to its operations.
        ops: The operations of the block.
        wanted: What is read after it.
        caught: The classes of errors that are caught.
        span: Where the block stands.
        otherwise: What stands for ``wanted`` after an error.
    """
    start = next((k for k, op in enumerate(ops) if surely_stores(spec, op)), len(ops))
    surely = surely_run(spec, ops[:start])
    spec.ops += ops[:surely]
    head, rest = list(ops[surely:start]), list(ops[start:])
    contexts.check_left(spec, head, span)
    place = _first_cut(spec, head)
    if place is not None:
        head, rest = [*head[:place], *_probe(spec, head[place])], [*head[place:], *rest]
    error: Operand = NONE
    names: dict[Value, Operand] = {}
    again: list[Op] = []
    if head:
        made = {result for op in head for result in op.results}
        handed = [value for value in _free(rest, wanted, set()) if value in made]
        if rest:
            again, handed = _read_again(spec, head, handed)
            head = [replace(op, attrs={**op.attrs, "kept": True}) if op in again else op for op in head]
        error, values = _called(spec, head, handed, caught, span)
        names = dict(zip(handed, values, strict=True))
        for op in again:
            names[op.result] = spec.value(op.result.name, spec.types[op.result], op.operands)
    if not rest:
        now = [names.get(operand, operand) if isinstance(operand, Value) else operand for operand in wanted]
        if otherwise is None:
            return error, now
        last, *now = _unless(spec, error, lambda: [NONE, *now], otherwise, span)  # whether the loop goes on
        return last, now
    stop = 1 if place is not None else next((k for k, op in enumerate(rest) if not surely_stores(spec, op)), len(rest))
    later = renamed(Block((), tuple(rest), tuple(wanted)), names)

    def go_on() -> list[Item]:
        for op in renamed(Block((), tuple(again), ()), names).ops:
            spec.ops.append(replace(op, results=tuple(names[result] for result in op.results)))  # type: ignore[misc]

        def finish() -> list[Item]:
            following, found = in_turn(spec, later.ops[stop:], later.results, caught, span, otherwise)
            return [following, *found]

        if later.ops[0].regions:
            inner = _nested(spec, later.ops[0], caught, span)
            return list(_unless(spec, inner, finish, otherwise, span))
        spec.ops += later.ops[:stop]
        return finish()

    following, *found = _unless(spec, error, go_on, otherwise, span)
    return following, found


def _unless(
    spec: Specialiser,
    error: Operand,
    go_on: Callable[[], list[Item]],
    otherwise: Sequence[Operand] | None,
    span: Span | None,
) -> list[Operand]:
    """Go on where there is no error, and return the error and results."""
    if not isinstance(error, Value):
        return list(map(spec.operand, go_on()))
    succeeded = spec.operand(spec.emit(operator.is_, [error, NONE], span))
    inner, results = spec.scoped(go_on)
    yields = list(map(spec.operand, results))
    otherwise = [UNBOUND for _ in yields[1:]] if otherwise is None else otherwise
    outcome = [spec.value("error", ANY, yields[:1])]
    for part, other in zip(yields[1:], otherwise, strict=True):
        t = spec.type(part) if other is UNBOUND else _carried(spec, other)
        outcome.append(spec.value(getattr(part, "name", ""), t, [part, other]))
    regions = Block((), tuple(inner), tuple(yields)), Block((), (), (error, *otherwise))
    spec.ops.append(Op(Prim.IF, (succeeded,), tuple(outcome), {}, regions, span))
    return list(outcome)


def _carried(spec: Specialiser, right: Operand) -> Type:
    """Return the type of what goes round a loop, or asks whether it goes on."""
    return Scalar("b") if isinstance(right, Const) else plain(spec.type(right))


# -- stores in loops and branches, and stores that may fail -----------------------------------------------------------


def _first_cut(spec: Specialiser, ops: list[Op]) -> int | None:
    """Return the first operation that changes a container or an array from outside of the block; None if none does."""
    if not any(map(writes, walk(Block((), tuple(ops), ())))):
        return None
    if any(op.callee in (dynamic.enter_acting, dynamic.leave_acting) for op in walk(Block((), tuple(ops), ()))):
        return None
    free = _free(ops, [], _inside(ops))
    function = Function("attempt", Block(tuple(free), tuple(ops), ()))
    aliases = find_aliases(function, spec.types)
    nodes = [aliases.of(value) for value in free if not isinstance(plain(spec.type(value)), Static)]
    changed = {held for node in nodes if node is not None for held in node.chain() if held.written}
    if not changed:
        return None
    for number, op in enumerate(ops):
        stores = [one for one in walk(Block((), (op,), ())) if writes(one) and _is_cut(spec, one)]
        if any(aliases.of(one.operands[0]) in changed for one in stores):
            return number if op.regions or _access(spec, op) is not None else None
    return None


def _is_cut(spec: Specialiser, op: Op) -> bool:
    """Tell whether a store is to a list, a dict or an array, or to an item of what has no known type."""
    t = plain(spec.type(op.operands[0]))
    if isinstance(t, Array):
        return op.callee in (operator.setitem, Prim.UPDATE_ITEM, ADD_AT, *INPLACE_OPERATORS)
    return isinstance(t, Lst | Dct) or (t in (ANY, NUMBER) and op.callee is operator.setitem)


def _access(spec: Specialiser, op: Op) -> tuple[Any, list[Operand]] | None:
    """Return a call, and its operands, that fails where a store does; None if there is none."""
    base = plain(spec.type(op.operands[0]))
    if op.callee is operator.delitem and isinstance(base, Dct) and is_hashable(spec.type(op.operands[1])):
        return operator.getitem, [op.operands[0], op.operands[1]]
    if op.callee is operator.setitem and (base in (ANY, NUMBER) or isinstance(base, Array)):
        return dynamic.check_item, list(op.operands)
    if op.callee in (ADD_AT, *INPLACE_OPERATORS) and isinstance(base, Array):
        return dynamic.check_in_place, [Const(op.callee), *op.operands]
    if op.callee is Prim.UPDATE_ITEM and isinstance(base, Array):
        return dynamic.check_item_in_place, [Const(INPLACE[op.attrs["op"]]), *op.operands]
    if op.callee not in (list.pop, operator.setitem, operator.delitem) or not isinstance(base, Lst):
        return None
    index = op.operands[1] if len(op.operands) > 1 else Const(-1)
    if not is_place(spec.type(index)):
        return None
    return dynamic.check_place, [op.operands[0], index, Const(op.callee is list.pop)]


def _probe(spec: Specialiser, op: Op) -> list[Op]:
    """Return what fails where a store does."""
    if op.regions:
        return []
    access = _access(spec, op)
    assert access is not None
    if access[0] is operator.getitem:
        found, _ = spec.scoped(lambda: [spec.emit(*access, op.span)])
        return [replace(one, attrs={**one.attrs, "kept": True}) for one in found]
    return [Op(access[0], tuple(access[1]), (), {}, (), op.span)]


def _nested(spec: Specialiser, op: Op, caught: Operand, span: Span | None) -> Operand:
    """Emit a loop or a branch whose blocks are cut, and return the error."""
    error = spec.value("error", ANY)
    if op.callee is Prim.IF:
        regions = []
        for region in op.regions:
            ops, found = spec.scoped(partial(_error_and_results, spec, region, caught, span))
            regions.append(Block((), tuple(ops), tuple(map(spec.operand, found))))
        if not any(isinstance(region.results[0], Value) for region in regions):
            regions = [replace(region, results=region.results[1:]) for region in regions]
            spec.ops.append(replace(op, regions=tuple(regions)))
            return NONE
        spec.ops.append(replace(op, results=(error, *op.results), regions=tuple(regions)))
        return error
    if op.callee is Prim.WHILE and any(may_raise(spec, one, None) for one in op.regions[0].ops):
        op = tested_inside(op)
        (branch,) = [one for one in op.regions[1].ops if one.results and one.results == op.regions[1].results]
        for result, t in zip(branch.results, [Scalar("b"), *map(spec.type, op.results)], strict=True):
            spec.types[result] = t
        for param, result in zip(op.regions[0].params, op.results, strict=True):
            spec.types[param] = spec.type(result)
    body = op.regions[-1]
    carried = body.params[int(op.callee is Prim.FOR) :]
    stops = () if op.may_stop else (Const(True),)
    trip = replace(body, results=(*stops, *body.results))
    otherwise: tuple[Operand, ...] = (Const(False), *carried)
    ops, found = spec.scoped(lambda: _error_and_results(spec, trip, caught, span, otherwise))
    failed, go_on, *following = map(spec.operand, found)
    before, inside = spec.value("error", ANY), spec.value("error", ANY)
    params = (*body.params[: int(op.callee is Prim.FOR)], inside, *carried)
    regions = [Block(params, tuple(ops), (go_on, failed, *following))]
    operands = (*op.operands[: int(op.callee is Prim.FOR)], NONE, *op.operands[int(op.callee is Prim.FOR) :])
    if op.callee is Prim.WHILE:
        condition = op.regions[0]
        regions.insert(0, replace(condition, params=(before, *condition.params)))
    attrs = {**op.attrs, "may_stop": True}
    spec.ops.append(Op(op.callee, operands, (error, *op.results), attrs, tuple(regions), op.span))
    return error


def _error_and_results(
    spec: Specialiser, block: Block, caught: Operand, span: Span | None, otherwise: Sequence[Operand] | None = None
) -> list[Item]:
    error, found = in_turn(spec, block.ops, block.results, caught, span, otherwise)
    return [error, *found]


def _inside(ops: Sequence[Op]) -> set[Value]:
    """Return the values that operations and their blocks make."""
    return {result for one in blocks(Block((), tuple(ops), ())) for op in one.ops for result in op.results}


# -- what may fail as a function --------------------------------------------------------------------------------------


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
        if op.callee is slice or (
            len(op.results) == 1 and not op.regions and not writes(op) and is_reference(op, spec.types)
        ):
            again.add(op)
            pending += [operand for operand in op.operands if operand in makers]
        else:
            rest.append(value)
    return [op for op in ops if op in again], rest


def _called(
    spec: Specialiser, ops: list[Op], results: list[Value], caught: Operand, span: Span | None
) -> tuple[Value, list[Operand]]:
    """Make a function of the operations, call it, and return the error and the results."""
    free = _free(ops, results, _inside(ops))
    ops = list(map(_with_values, ops))
    types = [spec.types[value] for value in free]
    params = _parameters(spec, free)
    passed = dict(zip(free, params, strict=True))
    body = renamed(Block((), tuple(ops), tuple(results)), passed)
    spec.types.update(zip(params, types, strict=True))
    function = Function("attempt", Block(params, body.ops, body.results))
    program = Program(function, spec.types, names=spec.names)
    written = _written(spec, program, span)
    asked = _asked(program.function)
    callee = calling.Attempt(program, written, len(results), _partial(spec, ops), _fresh(program), asked)
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


def _asked(function: Function) -> frozenset[int]:
    """Return which arguments of a block are only asked whether a store to them would fail."""
    read = {o for block in blocks(function.body) for op in block.ops if not is_member(op, _CHECKS) for o in op.operands}
    read.update(result for block in blocks(function.body) for result in block.results)
    return frozenset(number for number, param in enumerate(function.params) if param not in read)


def _with_values(op: Op) -> Op:
    """Return an operation whose loops carry None instead of nothing: what a loop without a trip leaves is returned."""
    if not any(map(is_undefined, (o for one in walk(Block((), (op,), ())) if one.regions for o in one.operands))):
        return op
    operands = tuple(NONE if is_undefined(operand) else operand for operand in op.operands)
    regions = tuple(replace(region, ops=tuple(map(_with_values, region.ops))) for region in op.regions)
    return replace(op, operands=operands, regions=regions) if op.regions else op


def _free(ops: Sequence[Op], results: Sequence[Operand], inside: set[Value]) -> list[Value]:
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
    return any(may_raise(spec, op, None) for op in ops[first + 1 :])
