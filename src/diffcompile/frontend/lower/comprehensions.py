"""Comprehensions: loops that fill a new list, set or dict."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from typing import Any

import gast

from diffcompile.frontend.lower.builder import Builder
from diffcompile.frontend.lower.names import assigned
from diffcompile.frontend.nodes import nodes_under
from diffcompile.ir.core import Op, Operand, Prim, Value


class Comprehensions(Builder):
    """Lower comprehensions and generator expressions."""

    def lazily(self, node: Any) -> Operand:
        """A generator expression is a generator that is called with what its first loop goes over."""
        first, *rest = node.generators
        iterable = self.expr(first.iter)
        statement: Any = gast.Expr(gast.Yield(node.elt))
        for generator in reversed(rest):
            statement = gast.For(generator.target, generator.iter, [_filtered(generator.ifs, statement)], [], None)
        taken = {part.id for part in nodes_under(node) if isinstance(part, gast.Name)}
        name = next(name for number in itertools.count() if (name := f"items{number or ''}") not in taken)
        items = gast.Name(name, gast.Load(), None, None)
        statement = gast.For(first.target, items, [_filtered(first.ifs, statement)], [], None)
        parameter = gast.Name(name, gast.Param(), None, None)
        arguments = gast.arguments([parameter], [], None, [], [], None, [])
        function = gast.FunctionDef("<genexpr>", arguments, [statement], [], None, None, [])
        function.at_once = True
        for part in nodes_under(function):
            if getattr(part, "lineno", None) is None:
                gast.copy_location(part, node)
                part.end_lineno, part.end_col_offset = node.end_lineno, node.end_col_offset
        return self.emit(Prim.CALL, (self.closure(function, "<genexpr>"), iterable), node)

    def comprehension(self, node: Any) -> Operand:
        if isinstance(node, gast.GeneratorExp) and not getattr(node, "whole", False):
            return self.lazily(node)
        name, self.target = self.target, ""
        outer = dict(self.env)
        empty = (
            Prim.DICT
            if isinstance(node, gast.DictComp)
            else Prim.SET
            if isinstance(node, gast.SetComp)
            else Prim.LIST
        )
        result = self.named(self.emit(empty, (), node), name) if name else self.emit(empty, (), node)

        def element() -> None:
            if isinstance(node, gast.DictComp):
                key = self.expr(node.key)
                self.effect(operator.setitem, (result, key, self.expr(node.value)), node)
            else:
                append = set.add if isinstance(node, gast.SetComp) else list.append
                self.effect(append, (result, self.expr(node.elt)), node)

        self.generators(node.generators, element, node)
        walruses = assigned([gast.Expr(node)])
        self.env = {**outer, **{name: self.env[name] for name in walruses if name in self.env}}
        return result

    def generators(self, generators: list[Any], element: Callable[[], None], node: Any) -> None:
        if not generators:
            element()
            return
        first, *rest = generators
        iterable = self.expr(first.iter)
        names = sorted(assigned([gast.Expr(node)]))
        item = Value(first.target.id if isinstance(first.target, gast.Name) else "")
        params, inits = self.enter(names)

        def body() -> list[Operand]:
            self.assign(first.target, item)
            self.filtered(first.ifs, lambda: self.generators(rest, element, node), names, node)
            return [self.env[name] for name in names]

        stored = assigned([gast.Assign([first.target], gast.Constant(None, None), None)])
        block = self.region((item, *params), body, {*names, *stored})
        results = tuple(Value(name) for name in names)
        self.ops.append(Op(Prim.FOR, (iterable, *inits), results, {}, (block,), self.span(node)))
        self.env.update(zip(names, results, strict=True))

    def filtered(self, tests: list[Any], build: Callable[[], None], names: list[str], node: Any) -> None:
        if not tests:
            build()
            return
        test = self.tested(tests[0])
        before = dict(self.env)

        def then() -> list[Operand]:
            self.filtered(tests[1:], build, names, node)
            return [self.env[name] for name in names]

        results = self.if_op(test, then, lambda: [before[name] for name in names], 0, node, tuple(names))
        self.env = {**before, **dict(zip(names, results, strict=True))}


def _filtered(tests: list[Any], statement: Any) -> Any:
    for test in reversed(tests):
        statement = gast.If(test, [statement], [])
    return statement
