"""Assignments: names, unpacking, stores to items and attributes, ``+=``, ``del``."""

from __future__ import annotations

import operator
from typing import Any

import gast

from diffcompile.frontend.lower.closures import Closures
from diffcompile.frontend.lower.names import COMPREHENSIONS, display_name
from diffcompile.frontend.lower.operators import BINARY, INPLACE
from diffcompile.ir.core import UNDEFINED, Const, Op, Operand, Prim, Value


class Targets(Closures):
    """Lower what stands left of ``=``."""

    def assign_all(self, targets: list[Any], value: Any) -> None:
        simple = len(targets) == 1 and isinstance(targets[0], gast.Tuple | gast.List)
        if simple and isinstance(value, gast.Tuple | gast.List) and _same_shape(targets[0], value):
            operands = []
            for target, element in zip(targets[0].elts, value.elts, strict=True):
                operand = self.expr(element)
                operands.append(self.named(operand, target.id) if isinstance(target, gast.Name) else operand)
            for target, operand in zip(targets[0].elts, operands, strict=True):
                self.assign(target, operand)
            return
        if len(targets) == 1 and isinstance(targets[0], gast.Name) and isinstance(value, COMPREHENSIONS):
            self.target = targets[0].id
        operand = self.expr(value)
        for target in targets:
            if isinstance(target, gast.Name):
                operand = self.named(operand, target.id)
        for target in targets:
            self.assign(target, operand)

    def assign(self, target: Any, operand: Operand) -> None:
        match target:
            case gast.Name():
                self.env[target.id] = self.named(operand, target.id)
            case gast.Tuple() | gast.List():
                self.unpack(target, operand)
            case gast.Subscript():
                base, index = self.expr(target.value), self.index(target.slice)
                self.effect(operator.setitem, (base, index, operand), target)
            case gast.Attribute():
                base = self.expr(target.value)
                self.effect(setattr, (base, Const(target.attr), operand), target)
            case gast.Starred():
                self.assign(target.value, operand)
            case _:
                self.refuse(target, "this assignment target is not supported")

    def unpack(self, target: Any, operand: Operand) -> None:
        stars = [number for number, element in enumerate(target.elts) if isinstance(element, gast.Starred)]
        before = stars[0] if stars else len(target.elts)
        attrs = {"before": before, "starred": bool(stars), "after": len(target.elts) - before - len(stars)}
        names = [
            display_name(element.id) if isinstance(element := getattr(part, "value", part), gast.Name) else ""
            for part in target.elts
        ]
        results = tuple(Value(name) for name in names)
        self.ops.append(Op(Prim.UNPACK, (operand,), results, attrs, (), self.span(target)))
        for element, result in zip(target.elts, results, strict=True):
            self.assign(element, result)

    def augmented(self, node: Any) -> None:
        pure = BINARY[type(node.op).__name__]
        match node.target:
            case gast.Name():
                old = self.load_name(node.target)
                value = self.expr(node.value)
                self.assign(node.target, self.emit(INPLACE[pure], (old, value), node))
            case gast.Subscript():
                base, index = self.expr(node.target.value), self.index(node.target.slice)
                before: tuple[Operand, ...] = ()
                if not isinstance(node.value, gast.Constant | gast.Name):  # whose code may write to the item
                    before = (self.emit(operator.getitem, (base, index), node.target, for_update=True),)
                value = self.expr(node.value)
                self.effect(Prim.UPDATE_ITEM, (base, index, value, *before), node, op=pure)
            case gast.Attribute():
                base = self.expr(node.target.value)
                name = Const(node.target.attr)
                old = self.emit(getattr, (base, name), node.target)
                new = self.emit(INPLACE[pure], (old, self.expr(node.value)), node)
                self.effect(setattr, (base, name, new), node)

    def delete(self, target: Any) -> None:
        match target:
            case gast.Name():
                self.env[target.id] = Const(UNDEFINED)
                self.deleted.add(target.id)
            case gast.Subscript():
                self.effect(operator.delitem, (self.expr(target.value), self.index(target.slice)), target)
            case gast.Tuple() | gast.List():
                for element in target.elts:
                    self.delete(element)
            case gast.Attribute():
                self.effect(delattr, (self.expr(target.value), Const(target.attr)), target)
            case _:
                self.refuse(target, "this target of `del` is not supported")

    def index(self, node: Any) -> Operand:
        match node:
            case gast.Slice():
                parts = (node.lower, node.upper, node.step)
                operands = tuple(Const(None) if part is None else self.expr(part) for part in parts)
                return self.emit(slice, operands, node)
            case gast.Tuple() if any(isinstance(element, gast.Slice) for element in node.elts):
                return self.emit(Prim.TUPLE, tuple(self.index(element) for element in node.elts), node)
            case _:
                return self.expr(node)


def _same_shape(target: Any, value: Any) -> bool:
    starred = any(isinstance(element, gast.Starred) for element in (*target.elts, *value.elts))
    return not starred and len(target.elts) == len(value.elts)
