"""Loops over few known items, trip by trip."""

from __future__ import annotations

import enum
import operator
from typing import TYPE_CHECKING

from diffcompile.analysis.types import Dct, Lst, Tup
from diffcompile.ir.core import Block, Const, Op, Value, walk
from diffcompile.specialise import containers, instances, known_lists
from diffcompile.specialise.items import BoundItem, ClosureItem, Env, Item, IteratorItem, TupleItem
from diffcompile.specialise.merging import branches

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

MOST_TRIPS_UNROLLED = 64


def known_elements(spec: Specialiser, source: Item, *, alike: bool = False) -> list[Item] | None:
    """Return the items of ``source`` where they are few and known one by one.

    A list of values of one type is better looped over; its items are only returned if ``alike``.
    """
    match source:
        case TupleItem():
            return list(source.items) if len(source.items) <= MOST_TRIPS_UNROLLED else None
        case Value():
            t = spec.types[source]
            if isinstance(t, Tup) and len(t.items) <= MOST_TRIPS_UNROLLED:
                return [containers.load_item(spec, source, Const(k), spec.span) for k in range(len(t.items))]
            if isinstance(t, Dct) and t.cell.root().fields is not None and t.cell.root().fixed:
                return [Const(key) for key in t.cell.root().fields or ()]
            if isinstance(t, Lst):
                parts = known_lists.known_items(spec, source)
                one_by_one = alike or source in spec.apart
                if parts is not None and (one_by_one or not known_lists.of_one_type(spec, parts)):
                    return parts
        case Const() if isinstance(source.value, tuple | str) and len(source.value) <= MOST_TRIPS_UNROLLED:
            return [Const(part) for part in source.value]
        case Const(value=enum.EnumMeta()) if len(source.value) <= MOST_TRIPS_UNROLLED:
            return [Const(member, f"{source.value.__name__}.{member.name}") for member in source.value]
        case IteratorItem(kind="enumerate"):
            inner = known_elements(spec, source.sources[0], alike=alike)
            if inner is not None:
                start = source.sources[1]
                numbers = [spec.emit(operator.add, [start, Const(k)], spec.span) for k in range(len(inner))]
                return [TupleItem((number, item)) for number, item in zip(numbers, inner, strict=True)]
        case IteratorItem(kind="zip"):
            columns = [known_elements(spec, part, alike=alike) for part in source.sources]
            if any(column is not None for column in columns):
                columns = [known_elements(spec, part, alike=True) for part in source.sources]
            if columns and all(column is not None for column in columns):
                return [TupleItem(items) for items in zip(*columns, strict=False)]
        case IteratorItem(kind="reversed"):
            inner = known_elements(spec, source.sources[0], alike=alike)
            return inner[::-1] if inner is not None else None
        case IteratorItem(kind="items" | "values" | "keys"):
            keys = known_elements(spec, source.sources[0])
            if keys is not None:
                values = [containers.load_item(spec, source.sources[0], key, spec.span) for key in keys]
                pairs = [TupleItem(pair) for pair in zip(keys, values, strict=True)]
                return {"items": pairs, "values": values, "keys": keys}[source.kind]  # type: ignore[return-value]
    return None


def few_trips(spec: Specialiser, source: Item) -> list[Item] | None:
    """Return the items of a range whose bounds are known, if they are few."""
    made = next((op for op in reversed(spec.ops) if source in op.results), None)
    bounds = [operand.value for operand in made.operands if isinstance(operand, Const)] if made is not None else []
    if made is None or made.callee is not range or len(bounds) < len(made.operands):
        return None
    numbers = range(*bounds)
    return [Const(number) for number in numbers] if len(numbers) <= MOST_TRIPS_UNROLLED else None


def _element_now(spec: Specialiser, source: Item | None, number: int, element: Item, sizes: dict[Item, int]) -> Item:
    """Read an item in its trip from lists that the loop changes, who knows how, but for their ``sizes``."""
    if source in sizes:
        return containers.load_item(spec, source, Const(number), spec.span)
    if not isinstance(source, IteratorItem):
        return element
    first = source.sources[0]
    if source.kind == "reversed" and first in sizes:
        return containers.load_item(spec, first, Const(sizes[first] - 1 - number), spec.span)
    if source.kind == "enumerate" and isinstance(element, TupleItem):
        return TupleItem((element.items[0], _element_now(spec, first, number, element.items[1], sizes)))
    if source.kind == "zip" and isinstance(element, TupleItem):
        parts = zip(source.sources, element.items, strict=True)
        return TupleItem(tuple(_element_now(spec, part, number, item, sizes) for part, item in parts))
    return element


def check_carried(spec: Specialiser, body: Block, produced: list[Item]) -> None:
    """Have functions that one trip hands to the next, which calls them, share the variables that the loop assigns."""
    carried = body.params[len(body.params) - len(produced) :]
    held = [(param, item) for param, item in zip(carried, produced, strict=True) if isinstance(item, _HOLDING)]
    if held:
        used = {operand for op in walk(body) for operand in op.operands}
        used.update(end for op in walk(body) for region in op.regions for end in region.results)
        for param, item in held:
            if param in used:
                instances.check_kept(spec, item)


_HOLDING = (ClosureItem, BoundItem, TupleItem)


def unroll(
    spec: Specialiser, op: Op, elements: list[Item], inits: list[Item], env: Env, source: Item | None = None
) -> None:
    """Walk the body once for each of ``elements``, those of ``source``, which the body may change if it is a list."""
    body = op.regions[0]
    stops = int(op.may_stop)
    lists = known_lists.lists_of(spec, source) if source is not None else []
    sizes: dict[Item, int] = {one: len(known_lists.known_items(spec, one) or ()) for one in lists}
    late = False

    def trips(number: int, carried: list[Item]) -> list[Item]:
        nonlocal elements, late
        if number == len(elements):
            return carried
        inner = dict(env)
        element = _element_now(spec, source, number, elements[number], sizes) if late else elements[number]
        inner.update(zip(body.params, [element, *carried], strict=True))
        count = len(spec.ops)
        produced = spec.block(body, inner)
        check_carried(spec, body, produced[stops:])
        if any(known_lists.is_stored_to(spec.ops[count:], one) for one in lists):
            assert source is not None
            now = known_elements(spec, source, alike=True)
            late = late or now is None or bool(stops and spec.truth(produced[0]) is None)
            if late and any(known_lists.resizes(spec, spec.ops[count:], one) for one in lists):
                raise spec.refuse(
                    "a loop changes the list that it goes over",
                    op.span,
                    "go over a copy of the list",
                    "its items are of different types, and how many there will be is not known",
                )
            elements = elements if now is None else now
        if not stops:
            return trips(number + 1, produced)
        go_on = spec.truth(produced[0])
        if go_on is not None:
            return trips(number + 1, produced[1:]) if go_on else produced[1:]
        builds = (lambda: trips(number + 1, produced[1:]), lambda: produced[1:])
        names = [result.name for result in op.results]
        return branches(spec, spec.operand(produced[0]), builds, names, op.span)

    env.update(zip(op.results, trips(0, inits), strict=True))
