"""Classes that are defined in a function: a call that makes the class, of what its methods see."""

from __future__ import annotations

from typing import Any

from diffcompile.frontend.cells import shared_in
from diffcompile.frontend.local_classes import taken_apart
from diffcompile.frontend.lower.expressions import Expressions
from diffcompile.frontend.lower.names import seen_by_class
from diffcompile.ir.core import Const, Operand, Prim


class LocalClasses(Expressions):
    """Lower the statement of a class."""

    def local_class(self, node: Any) -> None:
        shared: dict[str, str] = getattr(node, "shared", {})
        own = (self.locals | shared.keys() | set(self.code.captures) | set(self.source.scope.cells)) - {"__class__"}
        parts = taken_apart(self.source, node, own, frozenset(shared))
        if node.name in shared and node.name in seen_by_class(node):
            self.refuse_changing(node, node.name)
        operands = [self.seen(node, name, shared) for name in parts.seen]
        operands += [self.expr(shared_in(expression, shared)) for expression in parts.expressions]
        made: Operand = self.emit(Prim.CALL, (Const(parts.maker, node.name), *operands), node)
        for decorator in reversed(parts.decorators):
            made = self.emit(Prim.CALL, (self.expr(shared_in(decorator, shared)), made), decorator)
        self.env[node.name] = made

    def seen(self, node: Any, name: str, shared: dict[str, str]) -> Operand:
        """Return a variable that methods see, or the object that holds it."""
        if name in shared:
            if shared[name] not in self.env:
                self.refuse_changing(node, name)
            return self.env[shared[name]]
        found = self.env.get(name)
        if found is None and name not in self.locals:
            return self.emit(Prim.GLOBAL, (), node, name=name, scope=self.source.scope)
        if found is None or self.may_be_unbound(found) or found in self.perhaps_deleted or found in self.closures:
            self.refuse_changing(node, name)
        assert found is not None
        return found

    def refuse_changing(self, node: Any, name: str) -> None:
        self.refuse(
            node,
            f"the class {node.name} sees the variable {name!r}, which may have no value or change later",
            "assign the variable before the class, once, or define the class at module level",
            "which value a method sees is only known when it is called",
        )
