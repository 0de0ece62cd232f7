"""Names and nested functions: what a variable is now, and what a closure sees of it."""

from __future__ import annotations

from typing import Any

import gast

from diffcompile.frontend.lower.code import Code, code_of
from diffcompile.frontend.lower.names import free_names
from diffcompile.frontend.lower.unbound import Unbound
from diffcompile.frontend.nodes import nodes_under
from diffcompile.frontend.source import Source
from diffcompile.ir.core import UNDEFINED, Const, Operand, Prim, Value


class Closures(Unbound):
    """Lower names, lambdas and nested functions."""

    def load_name(self, node: Any) -> Operand:
        name = node.id
        if name in self.env:
            found = self.env[name]
            if isinstance(found, Const) and found.value is UNDEFINED:
                return self.raise_unbound(name, node)
            if found in self.partial:
                self.require_bound(found, name, node)
            elif name in self.code.unsure and isinstance(found, Value):
                self.ask_bound(found, name, node)
            if found in self.perhaps_deleted:
                self.refuse_deleted(name, node)
            if found in self.closures:
                return self.refreshed(found, node, ())
            return found
        if name in self.locals:
            return self.raise_unbound(name, node)
        return self.emit(Prim.GLOBAL, (), node, name=name, scope=self.source.scope)

    def closure(self, node: Any, name: str) -> Operand:
        if any(isinstance(part, gast.Await) for part in nodes_under(node)):
            self.refuse(node, "coroutines are not supported", "call a plain function")
        free = free_names(node)
        visible = [*self.env, *(local for local in sorted(self.locals) if local not in self.env)]
        captures = tuple(name for name in visible if name in free and (name[0] != "$" or name.startswith("$cells")))
        scope = self.source
        nested = Source(name, node, scope.path, scope.lines, scope.scope, scope.line_offset, captures)
        code = code_of(nested, captures)
        args = node.args
        defaults = [*args.defaults, *(default for default in args.kw_defaults if default is not None)]
        given = tuple(self.expr(default) for default in defaults)
        late = not getattr(node, "at_once", False) and any(
            capture != name and (self.later.get(capture, 0) > (node.end_lineno or 0) or capture not in self.env)
            for capture in captures
        )
        operands = (*self.captured(code, (), node), *given)
        closure = self.emit(Prim.CLOSURE, operands, node, code=code, late=late, rebound=self.rebound(code))
        made = self.named(closure, "" if name == "<lambda>" else name)
        assert isinstance(made, Value)
        if late:
            self.closures[made] = (node, code, given)
        return made

    def captured(self, code: Code, busy: tuple[str, ...], node: Any) -> list[Operand]:
        """Return the present values of what a closure captures; undefined ones are looked up when they are needed."""
        operands: list[Operand] = []
        for capture in code.captures:
            found = self.env.get(capture, Const(UNDEFINED))
            if capture == code.name or capture in busy:
                found = Const(UNDEFINED)  # the function itself
            elif found in self.closures:
                found = self.refreshed(found, node, (*busy, code.name))
            elif self.may_be_unbound(found) and not isinstance(found, Const):
                code.unsure.add(capture)
            operands.append(found)
        return operands

    def refreshed(self, closure: Value, node: Any, busy: tuple[str, ...]) -> Value:
        """Return the closure with the values that its captures have now."""
        _, code, given = self.closures[closure]
        operands = (*self.captured(code, busy, node), *given)
        return self.emit(Prim.CLOSURE, operands, node, code=code, late=False, rebound=self.rebound(code))

    def rebound(self, code: Code) -> bool:
        """Tell whether a loop around here assigns a variable that the closure sees: the next trip changes it."""
        return any(capture in self.looped for capture in code.captures if capture != code.name)
