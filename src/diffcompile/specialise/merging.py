"""What two branches yield, as results of one operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from diffcompile.analysis.types import Static, anchor, join, plain
from diffcompile.ir.core import Const, Op, Operand, Value
from diffcompile.specialise.items import UNBOUND, BoundItem, ClosureItem, Item, TupleItem, is_undefined

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


Rebuild = Callable[[list[Value]], Item]


class Merge:
    """Pairs of operands that two branches yield, and the values that stand for them afterwards."""

    def __init__(self, spec: Specialiser, ops: tuple[list[Op], list[Op]]) -> None:
        self.spec = spec
        self.ops = ops
        self.left: list[Operand] = []
        self.right: list[Operand] = []
        self.results: list[Value] = []

    def item(self, left: Item, right: Item, name: str) -> Rebuild:
        if same_item(left, right):
            return lambda values: left
        for mine, other in ((left, right), (right, left)):
            if is_undefined(mine) and not isinstance(other, Value | TupleItem) and not is_number_constant(other):
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
        return self.leaf(left, right, name)

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
