"""``if``, ``for`` and ``while``: what their bodies bind becomes parameters and results of blocks."""

from __future__ import annotations

from typing import Any

import gast

from diffcompile.frontend.lower.checkpoints import Checkpoints
from diffcompile.frontend.lower.names import assigned, display_name
from diffcompile.frontend.nodes import nodes_under
from diffcompile.ir.core import UNDEFINED, Block, Const, Op, Operand, Prim, Value


class Control(Checkpoints):
    """Lower statements that own blocks."""

    def conditional(self, node: Any) -> None:
        test = self.tested(node.test)
        if isinstance(test, Const) and isinstance(test.value, bool):
            self.statements(node.body if test.value else node.orelse)
            return
        before = self.env
        environments: list[dict[str, Operand]] = []
        operations: list[list[Op]] = []
        outer = self.ops
        for branch in (node.body, node.orelse):
            self.env, self.ops = dict(before), []
            self.statements(branch)
            environments.append(self.env)
            operations.append(self.ops)
        self.ops, self.env = outer, before
        then, other = environments
        changed = [name for name in {**then, **other} if not _same(then.get(name), other.get(name))]
        undefined = Const(UNDEFINED)
        regions = tuple(
            Block((), tuple(ops), tuple(env.get(name, undefined) for name in changed))
            for ops, env in zip(operations, environments, strict=True)
        )
        results = tuple(Value(display_name(name)) for name in changed)
        op = Op(Prim.IF, (test,), results, {}, regions, self.span(node))
        self.note_partial(op, changed)
        self.ops.append(op)
        self.env = {name: then[name] for name in then if name not in changed}
        self.env.update(zip(changed, results, strict=True))

    def carried(self, body: list[Any], extra: list[Any]) -> list[str]:
        names = assigned([*body, *extra])
        return [name for name in self.env if name in names] + sorted(names - set(self.env))

    def for_loop(self, node: Any) -> None:
        if self.is_checkpoint(node.iter):
            self.checkpointed_loop(node)
            return
        iterable = self.expr(node.iter)
        names = self.carried(node.body, [_stored(node.target)])
        item = Value(display_name(node.target.id) if isinstance(node.target, gast.Name) else "")
        params, inits = self.enter(names)

        def body() -> list[Operand]:
            self.assign(node.target, item)
            self.statements(node.body)
            stop = [self.expr(node.go)] if node.go else []
            return stop + [self.env.get(name, Const(UNDEFINED)) for name in names]

        block = self.region((item, *params), body, names)
        self.leave(Prim.FOR, (iterable, *inits), names, (block,), node, bool(node.go))

    def while_loop(self, node: Any) -> None:
        if self.is_checkpoint(node.test):
            self.checkpointed_while(node)
            return
        names = self.carried(node.body, [gast.Expr(node.test)])
        simple = not any(self.binds_or_calls(part) for part in nodes_under(node.test))
        before = dict(self.env)
        params, inits = self.enter(names)

        def condition() -> list[Operand]:
            return [self.tested(node.test)] if simple else [Const(True)]

        def body() -> list[Operand]:
            if simple:
                self.statements(node.body)
                stop = [self.expr(node.go)] if node.go else []
                return stop + [self.env.get(name, Const(UNDEFINED)) for name in names]
            return self.tested_body(node, names)

        first = self.region(params, condition)
        self.env = before
        params, _ = self.enter(names)
        second = self.region(params, body, names)
        self.leave(Prim.WHILE, inits, names, (first, second), node, bool(node.go) or not simple)

    def binds_or_calls(self, node: Any) -> bool:
        """Tell whether evaluating ``node`` may do more than compute a number."""
        if isinstance(node, gast.NamedExpr | gast.ListComp | gast.GeneratorExp):
            return True
        if not isinstance(node, gast.Call):
            return False
        if isinstance(node.func, gast.Name):
            return node.func.id not in ("abs", "len", "float") or node.func.id in self.locals
        root = node.func
        while isinstance(root, gast.Attribute):
            root = root.value
        known = isinstance(root, gast.Name) and root.id not in self.locals
        return not (known and getattr(self.source.scope.globals.get(root.id), "__name__", "") in ("numpy", "math"))

    def tested_body(self, node: Any, names: list[str]) -> list[Operand]:
        """Return the body of ``while True: if not test: break; ...`` for a test that binds or calls."""
        test = self.tested(node.test)
        start = dict(self.env)

        def run() -> list[Operand]:
            self.statements(node.body)
            go_on = self.expr(node.go) if node.go else Const(True)
            return [go_on, *(self.env.get(name, Const(UNDEFINED)) for name in names)]

        def stop() -> list[Operand]:
            return [Const(False), *(start.get(name, Const(UNDEFINED)) for name in names)]

        results = self.if_op(test, run, stop, 0, node, ("$go", *names))
        return list(results)


def _same(left: Operand | None, right: Operand | None) -> bool:
    if isinstance(left, Const) and isinstance(right, Const):
        return left.value is right.value
    return left is right


def _stored(target: Any) -> Any:
    return gast.Assign([target], gast.Constant(None, None), None)
