"""Expressions: operators, calls, displays, formatted strings."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import gast

from diffcompile import dynamic
from diffcompile.frontend.blocks import is_block
from diffcompile.frontend.lower.choices import Choices
from diffcompile.frontend.lower.comprehensions import Comprehensions
from diffcompile.frontend.lower.names import COMPREHENSIONS
from diffcompile.frontend.lower.operators import BINARY, UNARY
from diffcompile.frontend.lower.targets import Targets
from diffcompile.frontend.nodes import children
from diffcompile.ir.core import UNDEFINED, Const, Operand, Prim


class Expressions(Targets, Choices, Comprehensions):
    """Lower every kind of expression."""

    def expr(self, node: Any) -> Operand:
        match node:
            case gast.Constant():
                return Const(node.value)
            case gast.Name():
                return self.load_name(node)
            case gast.BinOp():
                operands = (self.expr(node.left), self.expr(node.right))
                return self.emit(BINARY[type(node.op).__name__], operands, node)
            case gast.UnaryOp():
                operand = self.expr(node.operand)
                if isinstance(node.op, gast.USub) and isinstance(operand, Const):
                    number = operand.value
                    if isinstance(number, int | float) and not isinstance(number, bool):
                        return Const(-number)
                return self.emit(UNARY[type(node.op).__name__], (operand,), node)
            case gast.BoolOp():
                return self.boolean(node, node.values)
            case gast.Compare():
                return self.comparison(node)
            case gast.IfExp():
                return self.branches(
                    self.tested(node.test), lambda: self.expr(node.body), lambda: self.expr(node.orelse), node
                )
            case gast.NamedExpr():
                value = self.expr(node.value)
                self.assign(node.target, value)
                return self.env[node.target.id] if isinstance(node.target, gast.Name) else value
            case gast.Call():
                return self.call(node)
            case gast.Attribute():
                return self.emit(getattr, (self.expr(node.value), Const(node.attr)), node)
            case gast.Subscript():
                return self.emit(operator.getitem, (self.expr(node.value), self.index(node.slice)), node)
            case gast.Tuple() | gast.List() | gast.Set():
                return self.display(node)
            case gast.Dict():
                return self.dictionary(node)
            case gast.Lambda():
                return self.closure(node, "<lambda>")
            case gast.ListComp() | gast.GeneratorExp() | gast.DictComp() | gast.SetComp():
                return self.comprehension(node)
            case gast.JoinedStr():
                return self.format(node)
            case gast.Slice():
                return self.index(node)
            case gast.Yield():
                value = self.expr(node.value) if node.value is not None else Const(None)
                return self.emit(Prim.YIELD, (value,), node)
            case _:
                kind = type(node).__name__
                self.refuse(node, f"the expression `{kind}` is not supported")
                raise AssertionError

    def call(self, node: Any) -> Operand:
        if self.asks_for_locals(node):
            return self.local_variables(node)
        function = self.expr(node.func)
        operands = [function]
        starred: list[int] = []
        values = [keyword.value for keyword in node.keywords]
        for number, argument in enumerate(node.args):
            if isinstance(argument, gast.Starred):
                starred.append(len(operands))
                later = [*node.args[number + 1 :], *values]
                operands.append(self.before(later, dynamic.gone_over, self.spread(argument.value), node))
            else:
                operands.append(self.expr(argument))
        keywords = tuple(keyword.arg for keyword in node.keywords)
        for number, keyword in enumerate(node.keywords):
            value = self.expr(keyword.value)
            later = values[number + 1 :] if keyword.arg is None else []
            operands.append(self.before(later, dynamic.spread_out, value, node))
        attrs: dict[str, Any] = {}
        if keywords:
            attrs["keywords"] = keywords
        if starred:
            attrs["starred"] = tuple(starred)
        return self.emit(Prim.CALL, tuple(operands), node, **attrs)

    def asks_for_locals(self, node: Any) -> bool:
        """Tell whether a call is ``locals()`` in the function itself, whose variables are all to be seen from here."""
        name = node.func.id if isinstance(node.func, gast.Name) else ""
        if name != "locals" or name in self.locals or name in self.env or node.args or node.keywords:
            return False
        moved = is_block(self.source.node) or any(local.startswith("$cells") for local in self.env)
        return not moved and self.source.scope.lookup(name) is locals and self.in_own_scope(node)

    def in_own_scope(self, node: Any) -> bool:
        """Tell whether an expression is in no comprehension, which has variables of its own."""
        pending = list(self.body)
        while pending:
            part = pending.pop()
            if part is node:
                return True
            if not isinstance(part, COMPREHENSIONS):
                pending += children(part)
        return False

    def local_variables(self, node: Any) -> Operand:
        """Return ``locals()``: a new dict of the variables that have a value here."""
        operands: list[Operand] = []
        for name, value in self.env.items():
            if name.startswith("$") or (isinstance(value, Const) and value.value is UNDEFINED):
                continue
            if self.may_be_unbound(value) or value in self.perhaps_deleted:
                self.refuse(node, "`locals` is not supported", "name the variables", f"{name} may have no value here")
            read = gast.copy_location(gast.Name(name, gast.Load(), None, None), node)
            operands += [Const(name), self.load_name(read)]
        return self.emit(Prim.DICT, tuple(operands), node)

    def before(self, later: list[Any], read: Callable[[Any], Any], operand: Operand, node: Any) -> Operand:
        """Return the items of what ``*`` or ``**`` stands before, as they are before what follows is evaluated."""
        return operand if all(map(_acts_on_nothing, later)) else self.emit(Prim.CALL, (Const(read), operand), node)

    def spread(self, node: Any) -> Operand:
        """Return what ``*`` stands before in a call; a list that is written out there is as good as a tuple."""
        if isinstance(node, gast.List):
            node = gast.copy_location(gast.Tuple(node.elts, node.ctx), node)
        return self.expr(node)

    def display(self, node: Any) -> Operand:
        prim = {"Tuple": Prim.TUPLE, "List": Prim.LIST, "Set": Prim.SET}[type(node).__name__]
        if not any(isinstance(element, gast.Starred) for element in node.elts):
            return self.emit(prim, tuple(self.expr(element) for element in node.elts), node)
        starred = []
        operands: list[Operand] = []
        for number, element in enumerate(node.elts):
            if isinstance(element, gast.Starred):
                starred.append(len(operands))
                items = self.expr(element.value)
                operands.append(self.before(node.elts[number + 1 :], dynamic.gone_over, items, node))
            else:
                operands.append(self.expr(element))
        return self.emit(prim, tuple(operands), node, starred=tuple(starred))

    def dictionary(self, node: Any) -> Operand:
        operands: list[Operand] = []
        for number, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
            operands += [Const(None) if key is None else self.expr(key), self.expr(value)]
            if key is None:
                later = [part for part in (*node.keys[number + 1 :], *node.values[number + 1 :]) if part is not None]
                operands[-1] = self.before(later, dynamic.spread_out, operands[-1], node)
        spread = tuple(number for number, key in enumerate(node.keys) if key is None)
        return self.emit(Prim.DICT, tuple(operands), node, **({"spread": spread} if spread else {}))

    def format(self, node: Any) -> Operand:
        operands: list[Operand] = []
        specs: list[str | None] = []
        for part in node.values:
            if isinstance(part, gast.Constant):
                operands.append(Const(part.value))
                specs.append(None)
                continue
            conversion = "" if part.conversion in (-1, None) else f"!{chr(part.conversion)}"
            spec = ""
            if part.format_spec is not None:
                if not all(isinstance(piece, gast.Constant) for piece in part.format_spec.values):
                    value = (
                        self.emit(Prim.FORMAT, (self.expr(part.value),), node, specs=(conversion,))
                        if conversion
                        else self.expr(part.value)
                    )
                    call = (Const(format, "format"), value, self.format(part.format_spec))
                    operands.append(self.emit(Prim.CALL, call, node))
                    specs.append("")
                    continue
                spec = ":" + "".join(piece.value for piece in part.format_spec.values)
            operands.append(self.expr(part.value))
            specs.append(conversion + spec)
        computed = [number for number, part in enumerate(node.values) if number and not _is_settled(part)]
        late = {"computed": computed[-1]} if computed else {}
        return self.emit(Prim.FORMAT, tuple(operands), node, specs=tuple(specs), **late)


def _is_settled(part: Any) -> bool:
    """Tell whether a part of an f-string is the same whatever the parts before it do."""
    return isinstance(part, gast.Constant) or isinstance(part.value, gast.Name | gast.Constant)


def _acts_on_nothing(node: Any) -> bool:
    """Tell whether evaluating an expression, or going over it after a ``*``, surely changes nothing."""
    if isinstance(node, gast.Tuple | gast.List):
        return all(map(_acts_on_nothing, node.elts))
    return isinstance(node, gast.Name | gast.Constant | gast.Lambda)
