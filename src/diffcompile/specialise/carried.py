"""What a loop carries: the types at the start of every trip, found by running the body until they settle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diffcompile.analysis.types import ANY, BOTTOM, Static, Tup, Type, anchor, forget_sizes, join, plain
from diffcompile.errors import UnsupportedError
from diffcompile.ir.core import Const, Op, Operand, Value
from diffcompile.specialise import heap, instances
from diffcompile.specialise.heap import Heap
from diffcompile.specialise.items import (
    BIRTHS,
    UNBOUND,
    BoundItem,
    ClosureItem,
    Item,
    ObjectItem,
    TupleItem,
    is_undefined,
)
from diffcompile.specialise.merging import is_number_constant, same_item
from diffcompile.specialise.opaque import may_vary

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

MOST_ROUNDS = 12


class Grown(Exception):  # noqa: N818 - it says that another way is to be taken
    """A tuple has another length in every trip of a loop whose trips are few and known."""


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A carried value: its type at the start of every trip."""

    type: Type
    varied: bool


@dataclass(frozen=True, slots=True)
class _Fixed:
    """A carried variable that is the same static thing in every trip."""

    item: Item


@dataclass(frozen=True, slots=True)
class _Parts:
    """A carried tuple."""

    parts: tuple[Shape, ...]
    cls: type | None
    sites: frozenset[Any] = frozenset()


@dataclass(frozen=True, slots=True)
class _Record:
    """A carried object: another one in every trip, which must not change."""

    fields: tuple[tuple[str, Shape], ...]
    cls: type


Shape = _Leaf | _Fixed | _Parts | _Record


def _record_of(spec: Specialiser, item: ObjectItem, store: Heap) -> _Record:
    """Return the shape of an object whose attributes ``store`` knows."""
    heap.share(spec, item)
    outer, spec.heap = spec.heap, store
    fields = heap.fields_of(spec, item)
    spec.heap = outer
    return _Record(tuple((name, _shape_of(spec, value)) for name, value in fields.items()), item.cls)


def _join_records(spec: Specialiser, old: _Record, new: _Record) -> _Record:
    if old.cls is not new.cls:
        for record in (old, new):
            instances.demand(spec, record.cls)
        raise UnsupportedError(
            f"a variable holds a {old.cls.__name__} and a {new.cls.__name__} in different trips of a loop",
            span=spec.span,
            why="the class must be known when the code is compiled",
        )
    mine, theirs = dict(old.fields), dict(new.fields)
    names = dict.fromkeys([*mine, *theirs])
    names.update({heap.flag(n): None for n in names if not heap.is_flag(n) and (n in mine) != (n in theirs)})
    return _Record(
        tuple((n, _join_shapes(spec, _field_shape(mine, n), _field_shape(theirs, n))) for n in names), old.cls
    )


def _field_shape(fields: dict[str, Shape], name: str) -> Shape:
    """Return the shape of an attribute or of its flag, which says whether it is there."""
    if name in fields:
        return fields[name]
    if not heap.is_flag(name):
        return _Fixed(UNBOUND)
    held = fields.get(name.removesuffix("?"), _Fixed(UNBOUND))
    return _Fixed(heap.NO if isinstance(held, _Fixed) and is_undefined(held.item) else heap.YES)


def _shape_of(spec: Specialiser, item: Item) -> Shape:
    match item:
        case TupleItem():
            return _Parts(tuple(_shape_of(spec, part) for part in item.items), item.cls, item.sites)
        case Value():
            return _Leaf(spec.types[item], item in spec.varied)
        case Const() if is_number_constant(item) and not isinstance(item.value, bool):
            return _Leaf(plain(Static(item.value)), False)
    return _Fixed(item)


def _join_shapes(spec: Specialiser, old: Shape, new: Shape) -> Shape:
    """Return what covers the assumption ``old`` and what a trip produced."""
    match old, new:
        case _Fixed(), _Fixed() if same_item(old.item, new.item):
            return old
        case (_Fixed(item=ObjectItem()) | _Record()), (_Fixed(item=ObjectItem()) | _Record()):
            before = spec.heap if spec.heap_at_entry is None else spec.heap_at_entry
            mine = old if isinstance(old, _Record) else _record_of(spec, old.item, before)  # type: ignore[arg-type]
            other = new if isinstance(new, _Record) else _record_of(spec, new.item, spec.heap)  # type: ignore[arg-type]
            return _join_records(spec, mine, other)
        case _Fixed(), _Leaf() if isinstance(old.item, Const):
            first = BOTTOM if is_undefined(old.item) else plain(Static(old.item.value))
            return _Leaf(join(first, forget_sizes(new.type)), new.varied)
        case _Fixed(), _ if is_undefined(old.item):
            made_here = isinstance(new, _Fixed) and isinstance(new.item, ClosureItem | BoundItem)
            return _as_data(spec, new) if made_here else _forgotten(new)
        case _, _Fixed() if is_undefined(new.item):
            return old
        case _Fixed(), _Fixed() if isinstance(old.item, Const) and isinstance(new.item, Const):
            return _Leaf(join(*map(plain, (Static(old.item.value), Static(new.item.value)))), False)
        case _Leaf(), _Fixed() if isinstance(new.item, Const):
            return _Leaf(join(old.type, plain(Static(new.item.value))), old.varied)
        case _Leaf(), _Leaf():
            return _Leaf(join(old.type, new.type), old.varied or new.varied)
        case _Parts(), _Parts() if len(old.parts) == len(new.parts) and old.cls is new.cls:
            parts = tuple(_join_shapes(spec, a, b) for a, b in zip(old.parts, new.parts, strict=True))
            return _Parts(parts, old.cls, old.sites | new.sites)
        case _Parts(), _Parts() if spec.unrollable and old.cls is new.cls:
            raise Grown
        case _Parts() | _Leaf(), _Parts() | _Leaf():
            left, right = _whole(old), _whole(new)
            return _Leaf(join(forget_sizes(left.type), forget_sizes(right.type)), left.varied or right.varied)
    pairs: list[tuple[Shape, Shape]] = [(old, new), (new, old)]
    for one, another in pairs:
        if isinstance(another, _Record | _Leaf) or (isinstance(another, _Fixed) and isinstance(another.item, Const)):
            _make_real(spec, one)
    wholes = [_as_data(spec, shape) for shape in (old, new)]
    return _Leaf(join(*(forget_sizes(whole.type) for whole in wholes)), any(whole.varied for whole in wholes))


def _make_real(spec: Specialiser, shape: Shape) -> None:
    """Have an object that another trip replaces by something else, such as None, made for real."""
    if isinstance(shape, _Record):
        instances.demand(spec, shape.cls)
    elif isinstance(shape, _Fixed) and isinstance(shape.item, ObjectItem):
        instances.demand(spec, shape.item.cls)


def _as_data(spec: Specialiser, shape: Shape) -> _Leaf:
    """Return the shape of something, such as a function, that another trip replaces by something else."""
    if not isinstance(shape, _Fixed):
        return _whole(shape)
    return _Leaf(plain(spec.type(shape.item)), may_vary(spec, shape.item))


def _forgotten(shape: Shape) -> Shape:
    match shape:
        case _Leaf():
            return _Leaf(forget_sizes(shape.type), shape.varied)
        case _Parts():
            return _Parts(tuple(_forgotten(part) for part in shape.parts), shape.cls, shape.sites)
        case _Record():
            return _Record(tuple((name, _forgotten(part)) for name, part in shape.fields), shape.cls)
    return shape


def _whole(shape: Shape) -> _Leaf:
    match shape:
        case _Leaf():
            return shape
        case _Parts():
            parts = [_whole(part) for part in shape.parts]
            return _Leaf(Tup(tuple(part.type for part in parts), shape.cls), any(part.varied for part in parts))
        case _Fixed():
            return _Leaf(Static(shape.item.value) if isinstance(shape.item, Const) else ANY, False)
    raise AssertionError(shape)


class Carried:
    """The loop-carried variables under one assumption about their types."""

    def __init__(
        self, spec: Specialiser, shapes: list[Shape], names: list[str], changed: list[tuple[ObjectItem, str]]
    ) -> None:
        self.spec = spec
        self.changed = {holder for holder, _ in changed}
        self.shapes = shapes
        self.names = names

    def instantiate(self, values: list[Value]) -> list[Item]:
        return [self.build(shape, name, values) for shape, name in zip(self.shapes, self.names, strict=True)]

    def build(self, shape: Shape, name: str, values: list[Value]) -> Item:
        match shape:
            case _Fixed():
                return shape.item
            case _Parts():
                return TupleItem(tuple(self.build(part, name, values) for part in shape.parts), shape.cls, shape.sites)
            case _Record():
                item = ObjectItem(shape.cls)
                heap.share(self.spec, item)
                self.spec.standins.add(item)
                fields = {key: self.build(part, heap.spoken(f"{name}_{key}"), values) for key, part in shape.fields}
                self.spec.heap.objects[item] = fields
                return item
        value = Value(name)
        self.spec.types[value] = anchor(shape.type, value)
        if shape.varied:
            self.spec.varied.add(value)
        values.append(value)
        return value

    def operands(self, items: list[Item]) -> list[Operand]:
        found: list[Operand] = []
        for shape, item in zip(self.shapes, items, strict=True):
            self.flatten(shape, item, found)
        return found

    def flatten(self, shape: Shape, item: Item, found: list[Operand]) -> None:
        match shape:
            case _Leaf():
                instances.check_kept(self.spec, item)
                self.check_held(item)
                found.append(self.spec.operand(item))
            case _Parts():
                parts = item.items if isinstance(item, TupleItem) else (UNBOUND,) * len(shape.parts)
                for part, inner in zip(shape.parts, parts, strict=True):
                    self.flatten(part, inner, found)
            case _Record():
                for key, part in shape.fields:
                    held = heap.initial(self.spec, item, key) if isinstance(item, ObjectItem) else UNBOUND
                    self.flatten(part, held, found)


    def check_held(self, item: Item) -> None:
        """Have objects made at run time that the loop changes while something that goes round it holds them.

        Raises:
            UnsupportedError: they cannot be.
        """
        pending, seen = [item], set()
        while pending:
            part = pending.pop()
            match part:
                case TupleItem():
                    pending += part.items
                case ClosureItem():
                    pending += [*part.captured, *part.defaults]
                case BoundItem():
                    pending += [*part.args, *(value for _, value in part.keywords)]
                case ObjectItem() if part not in seen:
                    seen.add(part)
                    pending += self.spec.heap.objects.get(part, {}).values()
        changed = next((part for part in seen if part in self.changed), None)
        if changed is not None:
            instances.demand(self.spec, changed.cls)
            raise self.spec.refuse(
                f"a loop changes a {changed.cls.__name__} that a variable of its holds in another way",
                self.spec.span,
                "make a new object instead of changing this one",
            )


@dataclass(slots=True)
class Settled:
    """A loop body under the assumption that held: what it carries, its operations, and what it yields."""

    carried: Carried
    params: list[Value]
    ops: list[Op]
    produced: list[Item]
    inits: list[Item]
    fields: list[tuple[ObjectItem, str]]
    """The attributes of objects that are carried, after the variables."""
    before: Heap
    after: Heap

    def enter(self, values: list[Value]) -> tuple[list[Item], Heap]:
        """Return new items for the carried variables, and the heap with those of the attributes."""
        return _entered(self.carried, self.before, self.fields, values)


def _entered(
    carried: Carried, before: Heap, fields: list[tuple[ObjectItem, str]], values: list[Value]
) -> tuple[list[Item], Heap]:
    spec = carried.spec
    outer, spec.heap = spec.heap, before.copy()
    items = carried.instantiate(values)
    for (holder, name), item in zip(fields, items[len(items) - len(fields) :], strict=True):
        spec.heap.put(holder, name, item)
    spec.heap, entered = outer, spec.heap
    return items[: len(items) - len(fields)], entered


def _late(
    spec: Specialiser, changed: list[tuple[ObjectItem, str]], fields: list[tuple[ObjectItem, str]]
) -> list[tuple[ObjectItem, str]]:
    """Return the flags of attributes that are not there before the loop."""
    flags = [
        (holder, heap.flag(name))
        for holder, name in changed
        if not heap.is_flag(name) and is_undefined(heap.initial(spec, holder, name))
    ]
    return [place for place in flags if place not in changed and place not in fields]


def fixpoint(
    spec: Specialiser, inits: list[Item], names: list[str], run: Callable[[list[Item]], list[Item]]
) -> Settled:
    """Run the body until the assumption about what it carries covers what it produces."""
    shapes = [_shape_of(spec, item) for item in inits]
    before = spec.heap.copy()
    fields: list[tuple[ObjectItem, str]] = []
    inits, names = list(inits), list(names)
    count = len(names)
    for _ in range(MOST_ROUNDS):
        carried = Carried(spec, shapes, names, fields)
        params: list[Value] = []
        items, spec.heap = _entered(carried, before, fields, params)
        start = spec.heap.copy()
        outer_began, spec.began = spec.began, next(BIRTHS)
        try:
            ops, produced = spec.scoped(lambda items=items: run(items))  # type: ignore[misc]
        finally:
            spec.began = outer_began
        after = spec.heap
        changed = [place for place in after.changes(start) if place not in fields]
        if changed:
            spec.heap = before.copy()
            changed += _late(spec, changed, fields)
            fields += changed
            added = [heap.initial(spec, holder, name) for holder, name in changed]
            inits += added
            names += [heap.spoken(name) for _, name in changed]
            shapes = shapes + [_shape_of(spec, item) for item in added]
            continue
        yields = produced[len(produced) - count :] + [heap.initial(spec, holder, name) for holder, name in fields]
        outer, spec.heap_at_entry = spec.heap_at_entry, before
        new = [_join_shapes(spec, old, _shape_of(spec, item)) for old, item in zip(shapes, yields, strict=True)]
        spec.heap_at_entry = outer
        if new == shapes:
            stops = produced[: len(produced) - count]
            return Settled(carried, params, ops, stops + yields, inits, fields, before, after)
        shapes = new
    raise UnsupportedError("the types of a loop's variables do not settle", span=spec.span)
