"""Operations as Python expressions: operators, calls, displays, subscripts, literals."""

from __future__ import annotations

import math
import operator
from typing import Any

import gast
import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.effects import ADD_AT
from diffcompile.analysis.overlap import NEW_ARRAYS
from diffcompile.analysis.types import Array, Scalar, plain
from diffcompile.backend.folding import Folding
from diffcompile.backend.spelling import COMPARISONS, METHOD_TYPES, OPERATORS, UNARY, dotted
from diffcompile.ir.core import UNDEFINED, Const, Op, Operand, Prim, Value
from diffcompile.rules import registry
from diffcompile.specialise.classes import is_plain_attribute
from diffcompile.specialise.collected import COLLECTING

INTO_FIRST: dict[Any, Any] = {
    operator.iadd: np.add, operator.isub: np.subtract, operator.imul: np.multiply, operator.itruediv: np.divide,
}  # fmt: skip
"""In-place operators whose result is a variable of its own."""
SURELY_ARRAYS: set[Any] = {
    operator.add, operator.sub, operator.mul, operator.truediv, operator.neg, operator.pow, operator.matmul,
    *(callee for callee in NEW_ARRAYS if callee is not dynamic.zeros_in_layout),
}  # fmt: skip
"""What makes a vector and fails where it is given None, as elementwise functions do."""
LOAD, STORE = gast.Load(), gast.Store()


class Expressions(Folding):
    """Writes values and folded operations."""

    def expr(self, operand: Operand) -> Any:
        if isinstance(operand, Const):
            return self.constant(operand)
        maker = self.makers.get(operand)
        if maker is not None and maker in self.inlined:
            return self.expression(maker)
        return gast.Name(self.names[operand], LOAD, None, None)

    def constant(self, const: Const) -> Any:
        value = const.value
        if value is UNDEFINED:
            return gast.Constant(None, None)
        if (
            const.name
            and "." in const.name
            and isinstance(value, float)
            and const.name.split(".")[0] in ("np", "numpy", "math")
        ):
            root = const.name.split(".")[0]
            module = "math" if root == "math" else "numpy"
            alias = self.spelling.module(module, "math" if root == "math" else "np")
            return dotted(alias + const.name[len(root) :])
        literal = value is None or value is Ellipsis or type(value) in (bool, int, float, complex, str, bytes)
        if literal and (not const.name or isinstance(value, str | bool) or value is Ellipsis or value is None):
            return self.literal(value)
        if isinstance(value, tuple) and all(not callable(part) for part in value):
            return gast.Tuple([self.constant(Const(part)) for part in value], LOAD)
        if isinstance(value, np.dtype):
            return (
                dotted(f"{self.spelling.module('numpy', 'np')}.{value.name}")
                if value.kind in "fiubc"
                else self.spelling.callee(value, const.name)
            )
        if isinstance(value, slice):
            return gast.Call(
                dotted("slice"),
                [self.literal(value.start), self.literal(value.stop), self.literal(value.step)],
                [],
            )
        if literal:
            return dotted(self.spelling.bound(value, const.name))
        return self.spelling.callee(value, const.name)

    def literal(self, value: Any) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            module = self.spelling.module("numpy", "np")
            node = dotted(f"{module}.nan" if math.isnan(value) else f"{module}.inf")
            return gast.UnaryOp(gast.USub(), node) if value == float("-inf") else node
        if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
            return gast.UnaryOp(gast.USub(), gast.Constant(-value, None))
        return gast.Constant(value, None)

    def subscript(self, base: Operand, index: Operand, ctx: Any) -> Any:
        maker = self.makers.get(base) if isinstance(base, Value) else None
        if maker is not None and maker in self.inlined and maker.callee is dynamic.fields:
            holder, name = maker.operands[0], index.value if isinstance(index, Const) else None
            if isinstance(name, str) and is_plain_attribute(getattr(self.types.get(holder), "cls", object), name):  # type: ignore[arg-type]
                return gast.Attribute(self.expr(holder), name, ctx)
        return gast.Subscript(self.expr(base), self.index(index), ctx)

    def index(self, operand: Operand) -> Any:
        maker = self.makers.get(operand) if isinstance(operand, Value) else None
        if maker is not None and maker in self.inlined:
            if maker.callee is slice:
                parts = [None if isinstance(o, Const) and o.value is None else self.expr(o) for o in maker.operands]
                parts += [None] * (3 - len(parts))
                return gast.Slice(*parts)
            if maker.callee is Prim.TUPLE and maker.operands:
                return gast.Tuple([self.index(part) for part in maker.operands], LOAD)
        if isinstance(operand, Const) and isinstance(operand.value, tuple) and operand.value:
            return gast.Tuple([self.constant(Const(part)) for part in operand.value], LOAD)
        return self.expr(operand)

    def is_vector_of_reverse(self, op: Op) -> bool:
        """Tell whether the reverse sweep makes zeros for what surely is a vector of NumPy's usual floats.

        What comes out of a branch, a loop or the block of a `try` may be None, where the variable has no value.
        """
        base = op.operands[0] if len(op.operands) == 1 else None
        t = plain(self.types[base]) if isinstance(base, Value) else None
        if not (isinstance(t, Array) and t.rank == 1 and t.dtype == np.dtype(float) and t.owner is None):
            return False
        made = self.makers.get(base)  # type: ignore[arg-type]
        if made is None:
            sure = base in self.function.params and not self.part and not self.split
        else:
            sure = _hashable(made.callee) and (made.callee in SURELY_ARRAYS or made.callee in registry.ELEMENTWISE)
        return sure and self.section.startswith("reverse")

    def expression(self, op: Op) -> Any:
        callee: Any = op.callee
        operands = op.operands
        if callee is Prim.IF:
            return self.conditional(op)
        if isinstance(callee, Prim):
            return self.display(op)
        if callee is operator.getitem:
            return self.subscript(operands[0], operands[1], LOAD)
        if callee is dynamic.narrowed:
            return self.expr(operands[0])
        if callee is operator.contains:
            return gast.Compare(self.expr(operands[1]), [gast.In()], [self.expr(operands[0])])
        if callee is getattr and len(operands) == 2 and isinstance(operands[1], Const):  # noqa: PLR2004 - no default
            return gast.Attribute(self.expr(operands[0]), operands[1].value, LOAD)
        if _hashable(callee):
            if callee in OPERATORS:
                return gast.BinOp(self.expr(operands[0]), node_of(OPERATORS[callee]), self.expr(operands[1]))
            if callee in UNARY:
                if callee is operator.not_:
                    return negated(self.expr(operands[0]))
                return gast.UnaryOp(node_of(UNARY[callee]), self.expr(operands[0]))
            if callee in COMPARISONS:
                return gast.Compare(self.expr(operands[0]), [node_of(COMPARISONS[callee])], [self.expr(operands[1])])
            if callee is np.zeros_like and self.is_vector_of_reverse(op):  # it is slower, and touches memory
                length = gast.Call(self.spelling.callee(len), [self.expr(operands[0])], [])
                return gast.Call(self.spelling.callee(np.zeros), [length], [])
            if callee in INTO_FIRST:
                first = self.expr(operands[0])
                called = self.spelling.callee(INTO_FIRST[callee])
                return gast.Call(called, [first, self.expr(operands[1])], [gast.keyword("out", first)])
        split = len(operands) - len(op.keywords)
        args = [self.expr(operand) for operand in operands[:split]]
        if _hashable(callee) and callee in COLLECTING and args:
            args[0] = _in_brackets(args[0])
        keywords = [
            gast.keyword(name, self.expr(operand)) for name, operand in zip(op.keywords, operands[split:], strict=True)
        ]
        if isinstance(callee, METHOD_TYPES) and args and callee is not ADD_AT:
            return gast.Call(gast.Attribute(args[0], callee.__name__, LOAD), args[1:], keywords)
        return gast.Call(self.spelling.callee(callee), args, keywords)

    def conditional(self, op: Op) -> Any:
        test = self.expr(op.operands[0])
        then, other = op.regions[0].results[0], op.regions[1].results[0]
        condition = op.operands[0]
        if other is condition or (isinstance(other, Const) and other.value is False and self.is_bool(condition)):
            return _bool_op(gast.And(), test, self.expr(then))
        if then is condition or (isinstance(then, Const) and then.value is True and self.is_bool(condition)):
            return _bool_op(gast.Or(), test, self.expr(other))
        return gast.IfExp(test, self.expr(then), self.expr(other))

    def is_bool(self, operand: Operand) -> bool:
        t = plain(self.types[operand]) if isinstance(operand, Value) else None
        return isinstance(t, Scalar) and t.kind == "b"

    def display(self, op: Op) -> Any:
        parts = [self.expr(operand) for operand in op.operands]
        match op.callee:
            case Prim.TUPLE:
                cls = op.attrs.get("cls")
                if cls is None:
                    return gast.Tuple(parts, LOAD)
                kind = self.constant(Const(cls, cls.__name__))
                return gast.Call(kind, parts if hasattr(cls, "_fields") else [gast.Tuple(parts, LOAD)], [])
            case Prim.LIST:
                return gast.List(parts, LOAD)
            case Prim.SET:
                return gast.Set(parts) if parts else gast.Call(self.spelling.callee(set), [], [])
            case Prim.DICT:
                return gast.Dict(parts[::2], parts[1::2])
            case Prim.OBJECT:
                cls = op.attrs["cls"]
                names = [gast.keyword(n, v) for n, v in zip(op.attrs["names"], parts, strict=True)]
                kind = self.constant(Const(cls, cls.__name__))
                return gast.Call(self.spelling.callee(dynamic.instance), [kind], names)
            case Prim.CALL:
                split = len(parts) - len(op.keywords)
                keywords = [gast.keyword(n, v) for n, v in zip(op.keywords, parts[split:], strict=True)]
                return gast.Call(parts[0], parts[1:split], keywords)
            case Prim.FORMAT:
                return self.format(op, parts)
        raise AssertionError(f"no Python for {op.callee!r}")

    def format(self, op: Op, parts: list[Any]) -> Any:
        template = ""
        values = []
        for node, spec, operand in zip(parts, op.attrs["specs"], op.operands, strict=True):
            if spec is None and isinstance(operand, Const):
                template += str(operand.value).replace("{", "{{").replace("}", "}}")
            else:
                template += "{" + (spec or "") + "}"
                values.append(node)
        return gast.Call(gast.Attribute(gast.Constant(template, None), "format", LOAD), values, [])


def _bool_op(kind: Any, left: Any, right: Any) -> Any:
    values = [*(left.values if isinstance(left, gast.BoolOp) and type(left.op) is type(kind) else [left]), right]
    return gast.BoolOp(kind, values)


def node_of(name: str) -> Any:
    """Return a node of ``gast`` without fields, such as ``Add``."""
    return getattr(gast, name)()


def _in_brackets(node: Any) -> Any:
    """Return a display of tuples as one of lists, as arrays are written."""
    return gast.List([_in_brackets(part) for part in node.elts], LOAD) if isinstance(node, gast.Tuple) else node


def _hashable(callee: Any) -> bool:
    try:
        hash(callee)
    except TypeError:
        return False
    return True


def negated(test: Any) -> Any:
    """Return ``not test``, with the opposite operator where there is one."""
    opposite = {"Is": "IsNot", "IsNot": "Is", "In": "NotIn", "NotIn": "In"}
    if isinstance(test, gast.Compare) and len(test.ops) == 1 and type(test.ops[0]).__name__ in opposite:
        return gast.Compare(test.left, [node_of(opposite[type(test.ops[0]).__name__])], test.comparators)
    if isinstance(test, gast.UnaryOp) and isinstance(test.op, gast.Not):
        return test.operand
    return gast.UnaryOp(gast.Not(), test)
