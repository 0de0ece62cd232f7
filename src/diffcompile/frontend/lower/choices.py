"""Expressions that evaluate only some of their parts: ``a if b else c``, ``and``, ``or``, chained comparisons."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from typing import Any

import gast

from diffcompile.frontend.lower.names import assigned
from diffcompile.frontend.lower.operators import COMPARE
from diffcompile.frontend.lower.unbound import Unbound
from diffcompile.frontend.nodes import nodes_under
from diffcompile.ir.core import UNDEFINED, Const, Operand

_OF_TRUTH = (gast.BoolOp, gast.Compare, gast.Constant)
"""Expressions whose value is a truth value, or as good as one."""


_ASKS_ONCE = sys.version_info < (3, 12)
"""Whether ``a and b or c`` asks a false ``a`` for its truth once: before Python 3.12 it jumps to ``c`` from there."""


class Choices(Unbound):
    """Lower them to ``if`` ops with a result."""

    def branches(self, test: Operand, then: Callable[[], Operand], other: Callable[[], Operand], node: Any) -> Operand:
        """Lower a conditional expression; variables bound inside are merged."""
        if any(isinstance(part, gast.NamedExpr) for part in nodes_under(node)):
            return self.binding_branches(test, then, other, node)
        (result,) = self.if_op(test, lambda: [then()], lambda: [other()], 1, node)
        return result

    def binding_branches(
        self, test: Operand, then: Callable[[], Operand], other: Callable[[], Operand], node: Any
    ) -> Operand:
        before = dict(self.env)
        names = sorted(assigned([gast.Expr(node)]))
        undefined = Const(UNDEFINED)

        def run(build: Callable[[], Operand]) -> Callable[[], list[Operand]]:
            def body() -> list[Operand]:
                self.env = dict(before)
                value = build()
                return [value, *(self.env.get(name, undefined) for name in names)]

            return body

        results = self.if_op(test, run(then), run(other), 0, node, ("", *names))
        self.note_partial(self.ops[-1], ["$value", *names])
        self.env = {**before, **dict(zip(names, results[1:], strict=True))}
        return results[0]

    def tested(self, node: Any) -> Operand:
        """Lower a condition, each part of which is asked for its truth once."""
        if isinstance(node, gast.BoolOp):
            return self.boolean(node, node.values, self.truth)
        if isinstance(node, gast.UnaryOp) and isinstance(node.op, gast.Not):
            return self.emit(operator.not_, (self.tested(node.operand),), node)
        return self.expr(node)

    def truth(self, node: Any) -> Operand:
        value = self.tested(node)
        known = isinstance(node, _OF_TRUTH) or (isinstance(node, gast.UnaryOp) and isinstance(node.op, gast.Not))
        return value if known else self.emit(operator.truth, (value,), node)

    def boolean(self, node: Any, values: list[Any], lower: Callable[[Any], Operand] | None = None) -> Operand:
        if _ASKS_ONCE and lower is None and len(values) > 1 and _alternates(node, values[0]):
            first, test = self.value_and_truth(values[0], values[0].values)
        else:
            first = test = (lower or self.expr)(values[0])
        if len(values) == 1:
            return first
        rest = gast.BoolOp(node.op, values[1:])
        gast.copy_location(rest, node)
        if isinstance(node.op, gast.And):
            return self.branches(test, lambda: self.boolean(node, values[1:], lower), lambda: first, rest)
        return self.branches(test, lambda: first, lambda: self.boolean(node, values[1:], lower), rest)

    def value_and_truth(self, node: Any, values: list[Any]) -> tuple[Operand, Operand]:
        """Lower ``a and b`` or ``a or b`` to its value and whether that is true, asking each part once."""
        if _alternates(node, values[0]):
            value, test = self.value_and_truth(values[0], values[0].values)
        else:
            value = self.expr(values[0])
            test = self.emit(operator.truth, (value,), values[0])
        if len(values) == 1:
            return value, test
        rest = gast.copy_location(gast.BoolOp(node.op, values[1:]), node)
        both = isinstance(node.op, gast.And)

        def go_on() -> list[Operand]:
            return [*self.value_and_truth(node, values[1:])]

        def stay() -> list[Operand]:
            return [value, Const(not both)]

        then, other = (go_on, stay) if both else (stay, go_on)
        found, known = self.if_op(test, then, other, 2, rest)
        return found, known

    def comparison(self, node: Any) -> Operand:
        return self.compare_chain(self.expr(node.left), list(node.ops), list(node.comparators), node)

    def compare_chain(self, left: Operand, ops: list[Any], rights: list[Any], node: Any) -> Operand:
        kind = type(ops[0]).__name__
        if kind in ("In", "NotIn") and len(ops) == 1 and isinstance(rights[0], gast.List) and not _starred(rights[0]):
            rights = [gast.copy_location(gast.Tuple(rights[0].elts, gast.Load()), rights[0])]  # nobody changes it
        right = self.expr(rights[0])
        if kind in ("In", "NotIn"):
            test: Operand = self.emit(operator.contains, (right, left), node)
            if kind == "NotIn":
                test = self.emit(operator.not_, (test,), node)
        else:
            test = self.emit(COMPARE[kind], (left, right), node)
        if len(ops) == 1:
            return test
        return self.branches(test, lambda: self.compare_chain(right, ops[1:], rights[1:], node), lambda: test, node)


def _alternates(node: Any, part: Any) -> bool:
    """Tell whether ``part`` of an ``or`` is an ``and``, or the other way round, and binds nothing."""
    return (
        isinstance(part, gast.BoolOp)
        and type(part.op) is not type(node.op)
        and not any(isinstance(inner, gast.NamedExpr) for inner in nodes_under(part))
    )


def _starred(node: Any) -> bool:
    return any(isinstance(part, gast.Starred) for part in node.elts)
