"""The ways out of a ``try`` block that raises errors itself: see :mod:`diffcompile.specialise.raised`."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from diffcompile import dynamic
from diffcompile.analysis.infer import INT
from diffcompile.analysis.types import BOTTOM, Scalar, Type, forget_sizes, join, plain
from diffcompile.ir.core import Block, Const, Op, Operand, Prim, Value, walk
from diffcompile.specialise import heap
from diffcompile.specialise.heap import Heap
from diffcompile.specialise.items import (
    NONE,
    UNBOUND,
    BoundItem,
    ClosureItem,
    Item,
    ObjectItem,
    TupleItem,
    is_undefined,
)
from diffcompile.specialise.merging import is_number_constant

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

Place = tuple[ObjectItem, str]
LOST = Const(dynamic.LOST, "LOST")


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A ``raise``: what it raises, and the attributes of all objects there."""

    error: Item
    heap: Heap
    cause: tuple[Item, ...] = ()


def class_raised(site: Site) -> type | None:
    """Return the class of the error, if it is known."""
    return site.error.cls if isinstance(site.error, ObjectItem) else None


# -- what is known at the end of the block and where it is left ------------------------------------------------------


Tree = Callable[["_Decoder"], Item]


@dataclass(slots=True, eq=False)
class _Decoder:
    """Makes what was there of the values that came out of the block."""

    spec: Specialiser
    values: dict[Any, Operand]
    made: dict[ObjectItem, ObjectItem] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class _Encoder:
    """Takes what is there apart into values, by what they are."""

    heap: Heap
    before: Heap
    leaves: dict[Any, Operand] = field(default_factory=dict)
    busy: set[ObjectItem] = field(default_factory=set)

    def item(self, item: Item, key: tuple[Any, ...]) -> Tree:
        match item:
            case Value():
                self.leaves[key] = item
                return lambda decoder: decoder.values[key]
            case Const() if is_number_constant(item) and not isinstance(item.value, bool):
                self.leaves[key] = item
                return lambda decoder: decoder.values[key]
            case Const():
                return lambda decoder: item
            case TupleItem():
                parts = self.parts(item.items, key)
                return lambda decoder: replace(item, items=tuple(part(decoder) for part in parts))
            case ClosureItem():
                captured, defaults = self.parts(item.captured, (*key, "captured")), self.parts(item.defaults, key)
                return lambda decoder: replace(
                    item,
                    captured=tuple(part(decoder) for part in captured),
                    defaults=tuple(part(decoder) for part in defaults),
                )
            case BoundItem():
                args = self.parts(item.args, key)
                named = [(name, self.item(value, (*key, name))) for name, value in item.keywords]
                return lambda decoder: replace(
                    item,
                    args=tuple(part(decoder) for part in args),
                    keywords=tuple((name, part(decoder)) for name, part in named),
                )
            case ObjectItem():
                return self.object(item, key)
        return lambda decoder: LOST

    def parts(self, items: Sequence[Item], key: tuple[Any, ...]) -> list[Tree]:
        return [self.item(part, (*key, number)) for number, part in enumerate(items)]

    def object(self, item: ObjectItem, key: tuple[Any, ...]) -> Tree:
        fields = self.heap.objects.get(item)
        if item.root is not None or item in self.before.objects or fields is None or item in self.busy:
            return lambda decoder: decoder.made.get(item, item)
        self.busy.add(item)
        parts = {name: self.item(value, (*key, item.cls, name)) for name, value in fields.items()}

        def make(decoder: _Decoder) -> Item:
            if item not in decoder.made:
                made = decoder.made[item] = ObjectItem(item.cls)
                decoder.spec.heap.objects[made] = {}
                for name, part in parts.items():
                    decoder.spec.heap.put(made, name, part(decoder))
            return decoder.made[item]

        return make


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """One way out of the block: values, and what makes of them the error and the variables."""

    leaves: dict[Any, Operand]
    error: Tree
    places: list[tuple[Place, Tree]]

    def take(self, spec: Specialiser, values: dict[Any, Operand]) -> Item:
        """Let variables be what they are there, and return the error."""
        decoder = _Decoder(spec, values)
        for (holder, name), tree in self.places:
            item = tree(decoder)
            spec.heap.put(holder, name, item)
            if is_undefined(item) and not heap.is_flag(name):
                spec.heap.put(holder, heap.flag(name), heap.NO)
        return self.error(decoder)


def way_of(spec: Specialiser, before: Heap, places: Sequence[Place], error: Item, at: Heap) -> Way:
    """Return the way that ends with ``error``, where objects are as the heap ``at`` has them."""
    encoder = _Encoder(at, before)
    trees = []
    for place in places:
        item = at.get(*place)
        if item is None:
            outer, spec.heap = spec.heap, before
            item = heap.initial(spec, *place)
            spec.heap = outer
        trees.append((place, encoder.item(item, (place,))))
    return Way(encoder.leaves, encoder.item(error, ("error",)), trees)


# -- the block with its ways out as results ---------------------------------------------------------------------------


def _is_flag(key: tuple[Any, ...]) -> bool:
    """Tell whether what comes out says whether something is there, or whether a loop goes on."""
    name = key[0][1] if len(key) == 1 and isinstance(key[0], tuple) else ""
    return heap.is_flag(name) or name.startswith(("$alive", "$go"))


class _Exits:
    """Rewrites operations such that a ``raise`` is a way to their end."""

    def __init__(self, spec: Specialiser, codes: dict[int, int], ways: list[Way]) -> None:
        self.spec = spec
        self.codes = codes
        self.ways = ways
        self.keys = list(dict.fromkeys(key for way in ways for key in way.leaves))
        self.types: list[Type] = []
        self.sources: list[list[Operand]] = []
        for key in self.keys:
            operands = [way.leaves[key] for way in ways if key in way.leaves]
            self.sources.append(operands)
            self.types.append(Scalar("b") if _is_flag(key) else self.joined(operands))

    def joined(self, operands: Sequence[Operand]) -> Type:
        """Return the type of what may be one or the other."""
        found: Type = BOTTOM
        for one in operands:
            found = join(found, forget_sizes(plain(self.spec.type(one))))
        return found

    def slots(self) -> list[Value]:
        """Return new values for the code and what comes out."""
        found = [self.spec.value("way", INT)]
        for t, operands in zip(self.types, self.sources, strict=True):
            name = next((one.name for one in operands if isinstance(one, Value) and one.name), "value")
            found.append(self.spec.value(name, t, operands))
        return found

    def outs(self, number: int) -> list[Operand]:
        """Return what comes out by a way."""
        way = self.ways[number]
        return [Const(number), *(way.leaves.get(key, UNBOUND) for key in self.keys)]

    def goes_on(self) -> list[Operand]:
        """Return what stands for that where nothing was raised so far."""
        return [Const(0), *(UNBOUND for _ in self.keys)]

    def leaves(self, op: Op) -> bool:
        """Tell whether an operation, or one in it, is a way out."""
        return any(one.attrs.get("site") in self.codes for one in walk(Block((), (op,), ())))

    def run(
        self, ops: Sequence[Op], end: list[Operand], otherwise: Sequence[Operand] = ()
    ) -> tuple[list[Op], list[Operand]]:
        """Return the operations, and the code, what comes out and ``end`` after them.

        Where they leave, ``otherwise`` stands for what follows in ``end``.
        """
        for number, op in enumerate(ops):
            if not self.leaves(op):
                continue
            head, rest = list(ops[:number]), ops[number + 1 :]
            if not op.regions:
                return head, [*self.outs(self.codes[op.attrs["site"]]), *otherwise]
            if op.callee is Prim.IF and not op.results:
                surely = [self.surely_leaves(region.ops) for region in op.regions]
                if surely[0] != surely[1]:
                    return self.one_sided(op, surely.index(False), head, rest, end, otherwise)
            if op.callee is Prim.IF and all(self.surely_leaves(region.ops) for region in op.regions):
                outs, new = self.branch(op)
                return [*head, new], [*outs, *otherwise]
            outs, new = self.branch(op) if op.callee is Prim.IF else self.loop(op)
            head.append(new)
            return self.after(head, outs, rest, end, otherwise)
        return list(ops), end

    def surely_leaves(self, ops: Sequence[Op]) -> bool:
        if not ops:
            return False
        last = ops[-1]
        if last.callee is Prim.IF:
            return all(self.surely_leaves(region.ops) for region in last.regions)
        return last.attrs.get("site") in self.codes

    def one_sided(
        self, op: Op, stays: int, head: list[Op], rest: Sequence[Op], end: list[Operand], otherwise: Sequence[Operand]
    ) -> tuple[list[Op], list[Operand]]:
        """Put what follows a branch one side of which leaves into the other side."""
        regions = []
        for number, region in enumerate(op.regions):
            inner = [*region.ops, *rest] if number == stays else region.ops
            stop = end if number == stays else [*self.goes_on(), *otherwise]
            ops, ends = self.run(inner, stop, otherwise)
            regions.append(Block((), tuple(ops), tuple(ends)))
        results = self.results(end, otherwise)
        return [*head, replace(op, results=tuple(results), regions=tuple(regions))], list(results)

    def results(self, end: list[Operand], otherwise: Sequence[Operand]) -> list[Value]:
        """Return values for the code, what comes out and what ``end`` ends with."""
        more = end[len(self.keys) + 1 :]
        found = self.slots()
        for one, other in zip(more, otherwise, strict=True):
            t = self.joined([part for part in (one, other) if not is_undefined(part)])
            found.append(self.spec.value(getattr(one, "name", ""), t, [one, other]))
        return found

    def branch(self, op: Op) -> tuple[list[Value], Op]:
        regions = []
        for region in op.regions:
            ops, results = self.run(
                region.ops, [*self.goes_on(), *region.results], [UNBOUND for _ in region.results]
            )
            regions.append(Block((), tuple(ops), tuple(results)))
        outs = self.slots()
        return outs, replace(op, results=(*outs, *op.results), regions=tuple(regions))

    def loop(self, op: Op) -> tuple[list[Value], Op]:
        """A loop is left at its way out."""
        from diffcompile.specialise.control import tested_inside  # noqa: PLC0415 - it is built on this module

        spec = self.spec
        if op.callee is Prim.WHILE and any(map(self.leaves, op.regions[0].ops)):
            op = tested_inside(op)
            (inner,) = [one for one in op.regions[1].ops if one.results and one.results == op.regions[1].results]
            for result, t in zip(inner.results, [Scalar("b"), *map(spec.type, op.results)], strict=True):
                spec.types[result] = t
            for param, result in zip(op.regions[0].params, op.results, strict=True):
                spec.types[param] = spec.type(result)
        body, first = op.regions[-1], int(op.callee is Prim.FOR)
        carried = body.params[first:]
        go_on = () if op.may_stop else (Const(True),)
        ends: list[Operand] = [*self.goes_on(), *go_on, *body.results]
        ops, results = self.run(body.ops, ends, [Const(False), *carried])
        count = len(self.keys) + 1
        following = (results[count], *results[:count], *results[count + 1 :])
        regions = [Block((*body.params[:first], *self.slots(), *carried), tuple(ops), following)]
        if op.callee is Prim.WHILE:
            condition = op.regions[0]
            regions.insert(0, replace(condition, params=(*self.slots(), *condition.params)))
        operands = (*op.operands[:first], *self.goes_on(), *op.operands[first:])
        outs = self.slots()
        attrs = {**op.attrs, "may_stop": True}
        return outs, Op(op.callee, operands, (*outs, *op.results), attrs, tuple(regions), op.span)

    def after(
        self, head: list[Op], outs: list[Value], rest: Sequence[Op], end: list[Operand], otherwise: Sequence[Operand]
    ) -> tuple[list[Op], list[Operand]]:
        """Go on with ``rest`` where nothing was raised."""
        test = self.spec.value("", Scalar("b"))
        head.append(Op(operator.eq, (outs[0], Const(0)), (test,)))
        ops, results = self.run(rest, end, otherwise)
        final = self.results(end, otherwise)
        regions = Block((), tuple(ops), tuple(results)), Block((), (), (*outs, *otherwise))
        head.append(Op(Prim.IF, (test,), tuple(final), {}, regions))
        return head, list(final)


def restructured(
    spec: Specialiser, ops: list[Op], sites: dict[int, Site], before: Heap, ended: bool
) -> tuple[list[Op], list[Operand], list[Way], list[Any], list[Place]]:
    """Return a block whose ways out are results: operations, results, the ways, what each result is, the variables.

    Args:
        spec: The specialiser; its heap is that of the end of the block.
        ops: The operations of the block.
        sites: Where it raises an error that may be caught.
        before: The heap before the block.
        ended: The block surely raises one: it has no end.
    """
    order = sorted(sites, key=lambda number: str(class_raised(sites[number])))
    heaps = [site.heap for site in sites.values()] + ([] if ended else [spec.heap])
    places = list(dict.fromkeys(place for one in heaps for place in one.changes(before)))
    flags = [(holder, heap.flag(name)) for holder, name in places if not heap.is_flag(name)]
    places += [place for place in flags if place not in places and any(one.get(*place) is not None for one in heaps)]
    ways = [way_of(spec, before, [] if ended else places, NONE, spec.heap)]
    ways += [way_of(spec, before, places, sites[number].error, sites[number].heap) for number in order]
    exits = _Exits(spec, {number: code + 1 for code, number in enumerate(order)}, ways)
    found, results = exits.run(ops, exits.outs(0))
    return found, results, ways, exits.keys, places
