"""Branches and loops of the specialiser: prune, unroll over tuples, find the types of loop-carried values."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diffcompile.analysis.infer import INT
from diffcompile.analysis.types import (
    ANY,
    BOTTOM,
    RANGE,
    Dct,
    Lst,
    Static,
    Tup,
    Type,
    anchor,
    forget_sizes,
    join,
    plain,
)
from diffcompile.errors import Span, UnsupportedError
from diffcompile.ir.core import Block, Const, Op, Operand, Prim, Value
from diffcompile.specialise import containers, heap, objects
from diffcompile.specialise.heap import Heap
from diffcompile.specialise.items import (
    UNBOUND,
    BoundItem,
    ClosureItem,
    Item,
    IteratorItem,
    ObjectItem,
    TupleItem,
    is_undefined,
)

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

Env = dict[Value, Item]
Rebuild = Callable[[list[Value]], Item]
MOST_TRIPS_UNROLLED = 64
MOST_ROUNDS = 12


# -- branches -------------------------------------------------------------------------------------------------------


def conditional(spec: Specialiser, op: Op, test: Item, env: Env) -> None:
    """Take the branch that is known to run, or emit both and merge their results."""
    test = objects.truth(spec, test, op.span)
    truth = spec.truth(test)
    if truth is not None:
        env.update(zip(op.results, spec.block(op.regions[0 if truth else 1], env), strict=True))
        return
    builds = [lambda region=region: spec.block(region, dict(env)) for region in op.regions]
    names = [result.name for result in op.results]
    env.update(zip(op.results, _branches(spec, spec.operand(test), builds, names, op.span), strict=True))


def _branches(
    spec: Specialiser,
    condition: Operand,
    builds: Sequence[Callable[[], list[Item]]],
    names: list[str],
    span: Span | None,
) -> list[Item]:
    """Emit a branch, and return what stands for the results of its two sides; merge what they did to objects."""
    before = spec.heap
    runs: list[tuple[list[Op], list[Item]]] = []
    heaps: list[Heap] = []
    for build in builds:
        spec.heap = before.copy()
        runs.append(spec.scoped(build))
        heaps.append(spec.heap)
    (then_ops, then), (else_ops, other) = runs
    merge = _Merge(spec, (then_ops, else_ops), (heaps[0], heaps[1]))
    rebuilds = [merge.item(a, b, name) for a, b, name in zip(then, other, names, strict=True)]
    fields = merge.heap()
    regions = (Block((), tuple(then_ops), tuple(merge.left)), Block((), tuple(else_ops), tuple(merge.right)))
    spec.ops.append(Op(Prim.IF, (condition,), tuple(merge.results), {}, regions, span))
    spec.heap = Heap({**heaps[1].copy().objects, **heaps[0].copy().objects})
    for holder, name, rebuild in fields:
        spec.heap.set(holder, name, rebuild(merge.results))
    return [rebuild(merge.results) for rebuild in rebuilds]


class _Merge:
    """Pairs of operands that two branches yield, and the values that stand for them afterwards."""

    def __init__(self, spec: Specialiser, ops: tuple[list[Op], list[Op]], heaps: tuple[Heap, Heap]) -> None:
        self.spec = spec
        self.ops = ops
        self.heaps = heaps
        self.merging: dict[tuple[ObjectItem, ObjectItem], ObjectItem] = {}
        self.left: list[Operand] = []
        self.right: list[Operand] = []
        self.results: list[Value] = []

    def item(self, left: Item, right: Item, name: str) -> Rebuild:
        if _same_item(left, right):
            return lambda values: left
        for mine, other in ((left, right), (right, left)):
            if is_undefined(mine) and not isinstance(other, Value | TupleItem) and not _numeric_constant(other):
                return lambda values, other=other: other  # type: ignore[misc]
            if is_undefined(mine) and isinstance(other, TupleItem):
                filler = TupleItem((UNBOUND,) * len(other.items), other.cls)
                return self.item(filler, right, name) if mine is left else self.item(left, filler, name)
        match left, right:
            case TupleItem(), TupleItem() if len(left.items) == len(right.items) and left.cls is right.cls:
                parts = self.parts(left.items, right.items, name)
                return lambda values: TupleItem(tuple(part(values) for part in parts), left.cls)
            case ClosureItem(), ClosureItem() if left.code is right.code:
                captured = self.parts(left.captured, right.captured, name)
                defaults = self.parts(left.defaults, right.defaults, name)
                return lambda values: ClosureItem(
                    left.code, tuple(part(values) for part in captured), tuple(part(values) for part in defaults)
                )
            case BoundItem(), BoundItem() if left.function is right.function and len(left.args) == len(right.args):
                args = self.parts(left.args, right.args, name)
                return lambda values: BoundItem(left.function, tuple(part(values) for part in args), left.keywords)
            case ObjectItem(), ObjectItem():
                return self.object(left, right, name)
        for mine, other in ((left, right), (right, left)):
            if isinstance(mine, ObjectItem) and not isinstance(other, Value):
                raise UnsupportedError(
                    f"a variable holds a {mine.cls.__name__} on one path and {_described(other)} on another",
                    span=self.spec.span,
                    why="what it is must be known when the code is compiled",
                    advice="make the object on both paths",
                )
        return self.leaf(left, right, name)

    def object(self, left: ObjectItem, right: ObjectItem, name: str) -> Rebuild:
        """Two objects become a third with the attributes of either; none of them may change afterwards."""
        spec = self.spec
        if (left, right) in self.merging:
            made = self.merging[left, right]
            return lambda values: made
        if left.cls is not right.cls:
            raise UnsupportedError(
                f"a variable holds a {left.cls.__name__} on one path and a {right.cls.__name__} on another",
                span=spec.span,
                why="the class must be known when the code is compiled",
                advice="call the methods inside the branches",
            )
        merged = self.merging[left, right] = ObjectItem(left.cls)
        heap.share(spec, left, right, merged)
        names = dict.fromkeys([*self.fields(0, left), *self.fields(1, right)])
        parts = {key: self.field(left, right, key, f"{name}_{key}" if name else key) for key in names}

        def rebuild(values: list[Value]) -> Item:
            if merged not in spec.heap.objects:
                spec.heap.objects[merged] = {}
                for key, part in parts.items():
                    spec.heap.set(merged, key, part(values))
            return merged

        return rebuild

    def within(self, side: int, build: Callable[[], Any]) -> Any:
        """Build something at the end of one of the branches."""
        spec = self.spec
        outer, spec.ops, spec.heap = spec.ops, self.ops[side], self.heaps[side]
        try:
            return build()
        finally:
            spec.ops = outer

    def fields(self, side: int, item: ObjectItem) -> list[str]:
        return list(self.within(side, lambda: heap.fields_of(self.spec, item)))

    def field(self, left: ObjectItem, right: ObjectItem, key: str, name: str) -> Rebuild:
        mine, other = (
            self.within(side, lambda item=item: heap.initial(self.spec, item, key))  # type: ignore[misc]
            for side, item in enumerate((left, right))
        )
        return self.item(mine, other, name)

    def heap(self) -> list[tuple[ObjectItem, str, Rebuild]]:
        """Merge the attributes that one of the branches stored, of objects that both know."""
        found = []
        holders = dict.fromkeys([*self.heaps[0].objects, *self.heaps[1].objects])
        for holder in holders:
            sides = [side.objects.get(holder) for side in self.heaps]
            if None in sides and holder.root is None:
                continue  # made in one of the branches
            names = dict.fromkeys(key for fields in sides if fields is not None for key in fields)
            for key in names:
                stored = [side.get(holder, key) for side in self.heaps]
                if stored[0] is not stored[1]:
                    found.append((holder, key, self.field(holder, holder, key, key)))
        return found

    def parts(self, left: tuple[Item, ...], right: tuple[Item, ...], name: str) -> list[Rebuild]:
        return [self.item(a, b, name) for a, b in zip(left, right, strict=True)]

    def leaf(self, left: Item, right: Item, name: str) -> Rebuild:
        spec = self.spec
        operands = []
        for ops, item in zip(self.ops, (left, right), strict=True):
            outer, spec.ops = spec.ops, ops
            operands.append(spec.operand(item))
            spec.ops = outer
        types = [spec.type(operand) for operand in operands]
        result = Value(name)
        spec.types[result] = anchor(join(*map(_leaf_type, types)), result)
        if any(operand in spec.varied for operand in operands if isinstance(operand, Value)):
            spec.varied.add(result)
        number = len(self.results)
        self.left.append(operands[0])
        self.right.append(operands[1])
        self.results.append(result)
        return lambda values: values[number]


def _leaf_type(t: Type) -> Type:
    return plain(t)


def _numeric_constant(item: Item) -> bool:
    return isinstance(item, Const) and isinstance(item.value, bool | int | float | complex)


def _same_item(left: Item, right: Item) -> bool:
    if left is right:
        return True
    return isinstance(left, Const) and isinstance(right, Const) and Static(left.value) == Static(right.value)


# -- loops ----------------------------------------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class _Record:
    """A carried object: another one in every trip, which must not change."""

    fields: tuple[tuple[str, Shape], ...]
    cls: type


Shape = _Leaf | _Fixed | _Parts | _Record


def _described(item: Item) -> str:
    return "None" if isinstance(item, Const) and item.value is None else "something else"


def _record_of(spec: Specialiser, item: ObjectItem, store: Heap) -> _Record:
    """Return the shape of an object whose attributes ``store`` knows."""
    heap.share(spec, item)
    outer, spec.heap = spec.heap, store
    fields = heap.fields_of(spec, item)
    spec.heap = outer
    return _Record(tuple((name, _shape_of(spec, value)) for name, value in fields.items()), item.cls)


def _join_records(spec: Specialiser, old: _Record, new: _Record) -> _Record:
    if old.cls is not new.cls:
        raise UnsupportedError(
            f"a variable holds a {old.cls.__name__} and a {new.cls.__name__} in different trips of a loop",
            span=spec.span,
            why="the class must be known when the code is compiled",
        )
    mine, theirs = dict(old.fields), dict(new.fields)
    missing = _Fixed(UNBOUND)
    names = dict.fromkeys([*mine, *theirs])
    return _Record(
        tuple((n, _join_shapes(spec, mine.get(n, missing), theirs.get(n, missing))) for n in names), old.cls
    )


def _shape_of(spec: Specialiser, item: Item) -> Shape:
    match item:
        case TupleItem():
            return _Parts(tuple(_shape_of(spec, part) for part in item.items), item.cls)
        case Value():
            return _Leaf(spec.types[item], item in spec.varied)
        case Const() if _numeric_constant(item) and not isinstance(item.value, bool):
            return _Leaf(plain(Static(item.value)), False)
    return _Fixed(item)


def _join_shapes(spec: Specialiser, old: Shape, new: Shape) -> Shape:
    """Return what covers the assumption ``old`` and what a trip produced."""
    match old, new:
        case _Fixed(), _Fixed() if _same_item(old.item, new.item):
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
            return _forgotten(new)
        case _, _Fixed() if is_undefined(new.item):
            return old
        case _Fixed(), _Fixed() if isinstance(old.item, Const) and isinstance(new.item, Const):
            return _Leaf(join(*map(plain, (Static(old.item.value), Static(new.item.value)))), False)
        case _Leaf(), _Fixed() if isinstance(new.item, Const):
            return _Leaf(join(old.type, plain(Static(new.item.value))), old.varied)
        case _Leaf(), _Leaf():
            return _Leaf(join(old.type, new.type), old.varied or new.varied)
        case _Parts(), _Parts() if len(old.parts) == len(new.parts) and old.cls is new.cls:
            return _Parts(tuple(_join_shapes(spec, a, b) for a, b in zip(old.parts, new.parts, strict=True)), old.cls)
        case _Parts() | _Leaf(), _Parts() | _Leaf():
            left, right = _whole(old), _whole(new)
            return _Leaf(join(forget_sizes(left.type), forget_sizes(right.type)), left.varied or right.varied)
    raise UnsupportedError(
        "a variable holds different functions in different trips of a loop",
        span=spec.span,
        why="which function is called must be known when the code is compiled",
        advice="choose the function with `if` where it is called",
    )


def _forgotten(shape: Shape) -> Shape:
    match shape:
        case _Leaf():
            return _Leaf(forget_sizes(shape.type), shape.varied)
        case _Parts():
            return _Parts(tuple(_forgotten(part) for part in shape.parts), shape.cls)
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


class _Carried:
    """The loop-carried variables under one assumption about their types."""

    def __init__(self, spec: Specialiser, shapes: list[Shape], names: list[str]) -> None:
        self.spec = spec
        self.shapes = shapes
        self.names = names

    def instantiate(self, values: list[Value]) -> list[Item]:
        return [self.build(shape, name, values) for shape, name in zip(self.shapes, self.names, strict=True)]

    def build(self, shape: Shape, name: str, values: list[Value]) -> Item:
        match shape:
            case _Fixed():
                return shape.item
            case _Parts():
                return TupleItem(tuple(self.build(part, name, values) for part in shape.parts), shape.cls)
            case _Record():
                item = ObjectItem(shape.cls)
                heap.share(self.spec, item)
                fields = {key: self.build(part, f"{name}_{key}", values) for key, part in shape.fields}
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
                found.append(self.spec.operand(item))
            case _Parts():
                parts = item.items if isinstance(item, TupleItem) else (UNBOUND,) * len(shape.parts)
                for part, inner in zip(shape.parts, parts, strict=True):
                    self.flatten(part, inner, found)
            case _Record():
                fields = heap.fields_of(self.spec, item) if isinstance(item, ObjectItem) else {}
                for key, part in shape.fields:
                    self.flatten(part, fields.get(key, UNBOUND), found)


@dataclass(slots=True)
class _Settled:
    """A loop body under the assumption that held: what it carries, its operations, and what it yields."""

    carried: _Carried
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
    carried: _Carried, before: Heap, fields: list[tuple[ObjectItem, str]], values: list[Value]
) -> tuple[list[Item], Heap]:
    spec = carried.spec
    outer, spec.heap = spec.heap, before.copy()
    items = carried.instantiate(values)
    for (holder, name), item in zip(fields, items[len(items) - len(fields) :], strict=True):
        spec.heap.set(holder, name, item)
    spec.heap, entered = outer, spec.heap
    return items[: len(items) - len(fields)], entered


def _fixpoint(
    spec: Specialiser, inits: list[Item], names: list[str], run: Callable[[list[Item]], list[Item]]
) -> _Settled:
    """Run the body until the assumption about what it carries covers what it produces."""
    shapes = [_shape_of(spec, item) for item in inits]
    before = spec.heap.copy()
    fields: list[tuple[ObjectItem, str]] = []
    inits, names = list(inits), list(names)
    count = len(names)
    for _ in range(MOST_ROUNDS):
        carried = _Carried(spec, shapes, names)
        params: list[Value] = []
        items, spec.heap = _entered(carried, before, fields, params)
        start = spec.heap.copy()
        ops, produced = spec.scoped(lambda items=items: run(items))  # type: ignore[misc]
        after = spec.heap
        changed = [place for place in after.changes(start) if place not in fields]
        if changed:
            spec.heap = before.copy()
            fields += changed
            added = [heap.initial(spec, holder, name) for holder, name in changed]
            inits += added
            names += [name for _, name in changed]
            shapes = shapes + [_shape_of(spec, item) for item in added]
            continue
        yields = produced[len(produced) - count :] + [heap.initial(spec, holder, name) for holder, name in fields]
        outer, spec.heap_at_entry = spec.heap_at_entry, before
        new = [_join_shapes(spec, old, _shape_of(spec, item)) for old, item in zip(shapes, yields, strict=True)]
        spec.heap_at_entry = outer
        if new == shapes:
            stops = produced[: len(produced) - count]
            return _Settled(carried, params, ops, stops + yields, inits, fields, before, after)
        shapes = new
    raise UnsupportedError("the types of a loop's variables do not settle", span=spec.span)


def _loop_op(
    spec: Specialiser, op: Op, env: Env, lead: list[Operand], item_param: Value | None, found: _Settled,
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
    known = _known_elements(spec, source)
    if known is not None:
        _unroll(spec, op, known, inits, env)
        return
    iterable, element = _indexed(spec, source, body.params[0].name)
    names = [param.name for param in body.params[1:]]
    index = Value(body.params[0].name if element is None else "i")
    spec.types[index] = anchor(INT, index)

    def run(items: list[Item]) -> list[Item]:
        inner = dict(env)
        inner[body.params[0]] = index if element is None else element(index)
        inner.update(zip(body.params[1:], items, strict=True))
        return spec.block(body, inner)

    _loop_op(spec, op, env, [iterable], index, _fixpoint(spec, inits, names, run))


def while_loop(spec: Specialiser, op: Op, args: list[Item], env: Env) -> None:
    """Emit a ``while`` loop."""
    condition, body = op.regions
    names = [param.name for param in body.params]

    def run(items: list[Item]) -> list[Item]:
        return spec.block(body, {**env, **dict(zip(body.params, items, strict=True))})

    found = _fixpoint(spec, args, names, run)
    params: list[Value] = []
    items, entered = found.enter(params)
    spec.heap = entered.copy()
    ops, tested = spec.scoped(
        lambda: [
            objects.truth(spec, item, op.span)
            for item in spec.block(condition, {**env, **dict(zip(condition.params, items, strict=True))})
        ]
    )
    if spec.heap.changes(entered):
        raise spec.refuse("the condition of this loop changes an object", op.span, "use `while True` and `break`")
    outer, spec.ops = spec.ops, ops
    test = spec.operand(tested[0])
    spec.ops = outer
    before = Block(tuple(params), tuple(ops), (test,))
    _loop_op(spec, op, env, [], None, found, before)


def _known_elements(spec: Specialiser, source: Item) -> list[Item] | None:
    """Return the items of ``source`` where they are few and known one by one."""
    match source:
        case TupleItem():
            return list(source.items) if len(source.items) <= MOST_TRIPS_UNROLLED else None
        case Value():
            t = spec.types[source]
            if isinstance(t, Tup) and len(t.items) <= MOST_TRIPS_UNROLLED:
                return [containers.load_item(spec, source, Const(k), spec.span) for k in range(len(t.items))]
            if isinstance(t, Dct) and t.cell.root().fields is not None and t.cell.root().fixed:
                return [Const(key) for key in t.cell.root().fields or ()]
        case Const() if isinstance(source.value, tuple | str) and len(source.value) <= MOST_TRIPS_UNROLLED:
            return [Const(part) for part in source.value]
        case IteratorItem(kind="enumerate"):
            inner = _known_elements(spec, source.sources[0])
            if inner is not None:
                start = source.sources[1]
                numbers = [spec.emit(_add, [start, Const(k)], spec.span) for k in range(len(inner))]
                return [TupleItem((number, item)) for number, item in zip(numbers, inner, strict=True)]
        case IteratorItem(kind="zip"):
            parts = [_known_elements(spec, part) for part in source.sources]
            lengths = [len(part) for part in parts if part is not None]
            if lengths and all(part is not None for part in parts):
                return [TupleItem(items) for items in zip(*parts, strict=False)]
        case IteratorItem(kind="reversed"):
            inner = _known_elements(spec, source.sources[0])
            return inner[::-1] if inner is not None else None
        case IteratorItem(kind="items" | "values" | "keys"):
            keys = _known_elements(spec, source.sources[0])
            if keys is not None:
                values = [containers.load_item(spec, source.sources[0], key, spec.span) for key in keys]
                pairs = [TupleItem(pair) for pair in zip(keys, values, strict=True)]
                return {"items": pairs, "values": values, "keys": keys}[source.kind]  # type: ignore[return-value]
    return None


def _unroll(spec: Specialiser, op: Op, elements: list[Item], inits: list[Item], env: Env) -> None:
    body = op.regions[0]
    stops = int(op.may_stop)

    def trips(number: int, carried: list[Item]) -> list[Item]:
        if number == len(elements):
            return carried
        inner = dict(env)
        inner.update(zip(body.params, [elements[number], *carried], strict=True))
        produced = spec.block(body, inner)
        if not stops:
            return trips(number + 1, produced)
        go_on = spec.truth(produced[0])
        if go_on is not None:
            return trips(number + 1, produced[1:]) if go_on else produced[1:]
        builds = (lambda: trips(number + 1, produced[1:]), lambda: produced[1:])
        names = [result.name for result in op.results]
        return _branches(spec, spec.operand(produced[0]), builds, names, op.span)

    env.update(zip(op.results, trips(0, inits), strict=True))


def _add(x: int, y: int) -> int:
    return x + y


def _indexed(spec: Specialiser, source: Item, name: str) -> tuple[Operand, Callable[[Value], Item] | None]:
    """Return what a loop runs over, and how the user's item follows from the index (None: it is the index)."""
    if isinstance(source, Value) and spec.types[source] is RANGE:
        return source, None
    if isinstance(source, IteratorItem) and source.kind == "reversed":
        inner = source.sources[0]
        if isinstance(inner, Value) and spec.types[inner] is RANGE:
            backwards = spec.emit(slice, [Const(None), Const(None), Const(-1)], spec.span)
            return spec.emit(operator.getitem, [inner, backwards], spec.span, t=RANGE), None
    source = containers.sequence(spec, source)
    count = containers.length(spec, source)
    iterable = spec.emit(range, [count], spec.span, t=RANGE)
    return iterable, lambda index: containers.element(spec, source, index, count, name)


__all__ = ["Lst", "conditional", "for_loop", "while_loop"]
