"""What two branches yield, as results of one operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from diffcompile import dynamic
from diffcompile.analysis.types import Scalar, Static, anchor, join, plain
from diffcompile.errors import DiffCompileError, Span
from diffcompile.ir.core import Block, Const, Op, Operand, Prim, Value
from diffcompile.specialise import heap, instances, late
from diffcompile.specialise.heap import Heap
from diffcompile.specialise.items import (
    UNBOUND,
    BoundItem,
    ChoiceItem,
    ClosureItem,
    GeneratorItem,
    Item,
    ObjectItem,
    TupleItem,
    is_undefined,
)

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


Rebuild = Callable[[list[Value]], Item]


def branches(
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
    refused: list[DiffCompileError] = []
    consumed, spec.consumed = spec.consumed, set()
    ended: set[Item] = set()
    for build in builds:
        spec.heap, spec.consumed = before.copy(), set(consumed)
        run, problem = late.side(spec, build, len(names))
        runs.append(run)
        heaps.append(spec.heap)
        refused += [problem] if problem is not None else []
        ended |= spec.consumed
    spec.consumed = ended
    (then_ops, then), (else_ops, other) = runs
    if refused and _surely_raises(then_ops) and _surely_raises(else_ops):
        raise refused[0]
    if _surely_raises(then_ops) != _surely_raises(else_ops):
        return _only_one(spec, condition, runs, heaps, span)
    if not then_ops and not else_ops and not heaps[0].changes(before) and not heaps[1].changes(before):
        known = [_without_branch(spec, condition, a, b) for a, b in zip(then, other, strict=True)]
        if all(one is not None for one in known):
            return [one for one in known if one is not None]
    merge = Merge(spec, (then_ops, else_ops), (heaps[0], heaps[1]), condition)
    rebuilds = [merge.item(a, b, name) for a, b, name in zip(then, other, names, strict=True)]
    fields = merge.heap()
    regions = (Block((), tuple(then_ops), tuple(merge.left)), Block((), tuple(else_ops), tuple(merge.right)))
    spec.ops.append(Op(Prim.IF, (condition,), tuple(merge.results), {}, regions, span))
    spec.heap = Heap({**heaps[1].copy().objects, **heaps[0].copy().objects})
    for holder, name, rebuild in fields:
        spec.heap.put(holder, name, rebuild(merge.results))
    return [rebuild(merge.results) for rebuild in rebuilds]


def _without_branch(spec: Specialiser, condition: Operand, then: Item, other: Item) -> Item | None:
    """Return what ``condition and True`` and the like are without a branch; None if it takes one."""
    if not isinstance(condition, Value) or plain(spec.types[condition]) != Scalar("b"):
        return None
    if other is condition and isinstance(then, Const) and isinstance(then.value, bool):
        return condition if then.value else then
    if then is condition and isinstance(other, Const) and isinstance(other.value, bool):
        return other if other.value else condition
    return None


def _surely_raises(ops: list[Op] | tuple[Op, ...]) -> bool:
    last = ops[-1] if ops else None
    if last is None:
        return False
    if last.callee is Prim.IF:
        return all(_surely_raises(region.ops) for region in last.regions)
    return last.callee in (Prim.RAISE, dynamic.fail, dynamic.refuse)


def _only_one(
    spec: Specialiser,
    condition: Operand,
    runs: list[tuple[list[Op], list[Item]]],
    heaps: list[Heap],
    span: Span | None,
) -> list[Item]:
    """Emit a branch one side of which raises, before what the other side does, which follows it."""
    raising = 0 if _surely_raises(runs[0][0]) else 1
    ops, results = runs[1 - raising]
    regions = tuple(Block((), tuple(run[0]) if number == raising else (), ()) for number, run in enumerate(runs))
    spec.ops.append(Op(Prim.IF, (condition,), (), {}, regions, span))
    for place, (block, number, value) in spec.stores.items():
        if block is ops:
            spec.stores[place] = (spec.ops, len(spec.ops) + number, value)
    spec.ops += ops
    if not any(op.callee is dynamic.refuse for op in runs[raising][0][-1:]):
        spec.raising.append(heaps[raising])  # a refusal is nothing that the program catches
    spec.heap = heaps[1 - raising]
    return results


class Merge:
    """Pairs of operands that two branches yield, and the values that stand for them afterwards."""

    def __init__(
        self, spec: Specialiser, ops: tuple[list[Op], list[Op]], heaps: tuple[Heap, Heap], condition: Operand
    ) -> None:
        self.spec = spec
        self.condition = condition
        self.ops = ops
        self.heaps = heaps
        self.merging: dict[tuple[ObjectItem, ObjectItem], ObjectItem] = {}
        self.left: list[Operand] = []
        self.right: list[Operand] = []
        self.results: list[Value] = []

    def item(self, left: Item, right: Item, name: str) -> Rebuild:
        if same_item(left, right):
            return lambda values: left
        for mine, other in ((left, right), (right, left)):
            if is_undefined(mine) and isinstance(other, ObjectItem | ClosureItem | BoundItem):
                return self.exported(1 if mine is left else 0, other, name)
            if is_undefined(mine) and not isinstance(other, Value | TupleItem) and not is_number_constant(other):
                return lambda values, other=other: other  # type: ignore[misc]
            if is_undefined(mine) and isinstance(other, TupleItem):
                filler = TupleItem((UNBOUND,) * len(other.items), other.cls, other.sites)
                return self.item(filler, right, name) if mine is left else self.item(left, filler, name)
        match left, right:
            case TupleItem(), TupleItem() if len(left.items) == len(right.items) and left.cls is right.cls:
                parts = self.parts(left.items, right.items, name)
                sites = left.sites | right.sites
                return lambda values: TupleItem(tuple(part(values) for part in parts), left.cls, sites)
            case ClosureItem(), ClosureItem() if left.code is right.code:
                captured = self.parts(left.captured, right.captured, name)
                defaults = self.parts(left.defaults, right.defaults, name)
                flags = left.late or right.late, left.rebound or right.rebound
                return lambda values: ClosureItem(
                    left.code,
                    tuple(part(values) for part in captured),
                    tuple(part(values) for part in defaults),
                    *flags,
                )
            case GeneratorItem(), GeneratorItem() if left.code is right.code and len(left.args) == len(right.args):
                args = self.parts(left.args, right.args, name)
                return lambda values: GeneratorItem(left.code, tuple(part(values) for part in args))
            case BoundItem(), BoundItem() if left.function is right.function and len(left.args) == len(right.args):
                args = self.parts(left.args, right.args, name)
                return lambda values: BoundItem(left.function, tuple(part(values) for part in args), left.keywords)
            case ObjectItem(), ObjectItem():
                return self.object(left, right, name)
        if isinstance(left, ObjectItem | ChoiceItem) or isinstance(right, ObjectItem | ChoiceItem):
            return self.choice(left, right, name)
        return self.leaf(left, right, name)

    def choice(self, left: Item, right: Item, name: str) -> Rebuild:
        """What no type covers stays a choice by the condition of the branch."""
        condition = self.condition
        assert isinstance(condition, Value)
        parts = self.exported(0, left, name), self.exported(1, right, name)
        return lambda values: ChoiceItem(condition, parts[0](values), parts[1](values))

    def exported(self, side: int, item: Item, name: str) -> Rebuild:
        """Let what one of the branches made be used after it: its parts become results of the branch."""
        spec = self.spec

        def pair(part: Item) -> Rebuild:
            return self.item(part, UNBOUND, name) if side == 0 else self.item(UNBOUND, part, name)

        match item:
            case ClosureItem():
                captured, defaults = list(map(pair, item.captured)), list(map(pair, item.defaults))
                return lambda values: ClosureItem(
                    item.code,
                    tuple(part(values) for part in captured),
                    tuple(part(values) for part in defaults),
                    item.late,
                    item.rebound,
                )
            case BoundItem():
                args = list(map(pair, item.args))
                return lambda values: BoundItem(item.function, tuple(part(values) for part in args), item.keywords)
            case ChoiceItem():
                for part in (item.left, item.right):
                    if isinstance(part, ObjectItem):
                        instances.demand(spec, part.cls)
                chosen = pair(item.condition)
                kinds = self.exported(side, item.left, name), self.exported(side, item.right, name)
                return lambda values: ChoiceItem(
                    cast("Value", chosen(values)), kinds[0](values), kinds[1](values)
                )
            case ObjectItem():
                return self.exported_object(side, item, pair)
        return pair(item)

    def exported_object(self, side: int, item: ObjectItem, pair: Callable[[Item], Rebuild]) -> Rebuild:
        spec = self.spec
        other = self.heaps[1 - side]
        if item.root is not None or item in other.objects:
            return lambda values: item  # it was there before
        key = (item, item)
        if key in self.merging:
            made = self.merging[key]
            return lambda values: made
        stand_in = self.merging[key] = ObjectItem(item.cls)
        heap.share(spec, item, stand_in)
        spec.standins.add(stand_in)
        fields = self.heaps[side].objects.get(item, {})
        parts = {name: pair(value) for name, value in fields.items()}

        def rebuild(values: list[Value]) -> Item:
            if stand_in not in spec.heap.objects:
                spec.heap.objects[stand_in] = {}
                for name, part in parts.items():
                    spec.heap.put(stand_in, name, part(values))
            return stand_in

        return rebuild

    def object(self, left: ObjectItem, right: ObjectItem, name: str) -> Rebuild:
        """Two objects become a third with the attributes of either; none of them may change afterwards."""
        spec = self.spec
        if (left, right) in self.merging:
            made = self.merging[left, right]
            return lambda values: made
        if left.cls is not right.cls:
            return self.choice(left, right, name)
        merged = self.merging[left, right] = ObjectItem(left.cls)
        heap.share(spec, left, right, merged)
        spec.standins.add(merged)
        sides = self.fields(0, left), self.fields(1, right)
        names = dict.fromkeys([*sides[0], *sides[1]])
        names.update({heap.flag(key): None for key in names if (key in sides[0]) != (key in sides[1])})
        names = {key: None for key in names if not heap.is_flag(key.removesuffix("?"))}
        parts = {key: self.field(left, right, key, heap.spoken(f"{name}_{key}" if name else key)) for key in names}

        def rebuild(values: list[Value]) -> Item:
            if merged not in spec.heap.objects:
                spec.heap.objects[merged] = {}
                for key, part in parts.items():
                    spec.heap.put(merged, key, part(values))
            return merged

        return rebuild

    def within(self, side: int, build: Callable[[], Any]) -> Any:
        """Build something at the end of one of the branches."""
        spec = self.spec
        outer = spec.ops, spec.heap
        spec.ops, spec.heap = self.ops[side], self.heaps[side]
        try:
            return build()
        finally:
            spec.ops, spec.heap = outer

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
                if stored[0] is stored[1]:
                    continue
                found.append((holder, key, self.field(holder, holder, key, heap.spoken(key))))
                flag = heap.flag(key)
                if None in stored and not heap.is_flag(key) and flag not in names:
                    found.append((holder, flag, self.field(holder, holder, flag, heap.spoken(flag))))
        return found

    def parts(self, left: tuple[Item, ...], right: tuple[Item, ...], name: str) -> list[Rebuild]:
        return [self.item(a, b, name) for a, b in zip(left, right, strict=True)]

    def leaf(self, left: Item, right: Item, name: str) -> Rebuild:
        spec = self.spec
        operands = [
            self.within(side, lambda item=item: spec.operand(item))  # type: ignore[misc]
            for side, item in enumerate((left, right))
        ]
        types = [spec.type(operand) for operand in operands]
        result = Value(name)
        spec.types[result] = anchor(join(*map(plain, types)), result)
        if any(operand in spec.varied for operand in operands if isinstance(operand, Value)):
            spec.varied.add(result)
        number = len(self.results)
        self.left.append(operands[0])
        self.right.append(operands[1])
        self.results.append(result)
        return lambda values: values[number]


def is_number_constant(item: Item) -> bool:
    """Tell whether ``item`` is a number that is known."""
    return isinstance(item, Const) and isinstance(item.value, bool | int | float | complex)


def same_item(left: Item, right: Item) -> bool:
    """Tell whether two items stand for the same thing."""
    if left is right:
        return True
    return isinstance(left, Const) and isinstance(right, Const) and Static(left.value) == Static(right.value)
