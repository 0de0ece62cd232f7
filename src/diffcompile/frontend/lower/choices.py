"""Expressions that evaluate only some of their parts: ``a if b else c``, ``and``, ``or``, chained comparisons."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import gast

from diffcompile.frontend.lower.builder import Builder
from diffcompile.frontend.lower.names import assigned
from diffcompile.frontend.lower.operators import COMPARE
from diffcompile.ir.core import UNDEFINED, Const, Operand

_OF_TRUTH = (gast.BoolOp, gast.Compare, gast.Constant)
"""Expressions whose value is a truth value, or as good as one."""


class Choices(Builder):
    """Lower them to ``if`` ops with a result."""

    def branches(self, test: Operand, then: Callable[[], Operand], other: Callable[[], Operand], node: Any) -> Operand:
        """Lower a conditional expression; variables bound inside are merged."""
        if any(isinstance(part, gast.NamedExpr) for part in gast.walk(node)):
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
        self.env = {**before, **dict(zip(names, results[1:], strict=True))}
        return results[0]

    def tested(self, node: Any) -> Operand:
        return self.boolean(node, node.values, self.truth) if isinstance(node, gast.BoolOp) else self.expr(node)

    def truth(self, node: Any) -> Operand:
        value = self.tested(node)
        return value if isinstance(node, _OF_TRUTH) else self.emit(operator.truth, (value,), node)

    def boolean(self, node: Any, values: list[Any], lower: Callable[[Any], Operand] | None = None) -> Operand:
        first = (lower or self.expr)(values[0])
        if len(values) == 1:
            return first
        rest = gast.BoolOp(node.op, values[1:])
        gast.copy_location(rest, node)
        if isinstance(node.op, gast.And):
            return self.branches(first, lambda: self.boolean(node, values[1:], lower), lambda: first, rest)
        return self.branches(first, lambda: first, lambda: self.boolean(node, values[1:], lower), rest)

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


def _starred(node: Any) -> bool:
    return any(isinstance(part, gast.Starred) for part in node.elts)
