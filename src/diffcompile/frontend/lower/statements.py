"""Statements, one after the other, and the function as a whole."""

from __future__ import annotations

import importlib
from typing import Any

import gast

from diffcompile.errors import UnsupportedError
from diffcompile.frontend.desugar import RESULT
from diffcompile.frontend.lower.control import Control
from diffcompile.frontend.lower.local_classes import LocalClasses
from diffcompile.frontend.lower.names import assigned
from diffcompile.ir.core import Block, Const, Function, Operand, Prim, Value


class Lowering(LocalClasses, Control):
    """The lowering of one function."""

    def run(self) -> Function:
        names = [*self.code.captures, *(parameter.name for parameter in self.code.parameters)]
        params = tuple(Value(name) for name in names)
        self.env.update(zip(names, params, strict=True))
        if isinstance(self.source.node, gast.AsyncFunctionDef):
            self.refuse(self.source.node, "coroutines are not supported", "call a plain function")
        self.statements(self.body)
        if self.problems:
            raise UnsupportedError.all_of(self.problems)
        result = self.result()
        body = Block(params, tuple(self.ops), (result,))
        return Function(self.source.name, body, self.source.path, getattr(self.source.node, "lineno", 0))

    def result(self) -> Operand:
        """Return what the function returns, a variable or an attribute of those that nested functions assign."""
        if isinstance(self.returned, gast.Name):
            return self.env.get(RESULT, Const(None))
        return self.expr(self.returned)

    def statements(self, statements: list[Any]) -> None:
        for statement in statements:
            outer = self.statement
            if getattr(statement, "lineno", None) is not None:
                self.statement = getattr(statement, "original", statement)
            try:
                self.lower_statement(statement)
            except UnsupportedError as problem:
                self.problems.append(problem)
                for name in assigned([statement]):
                    self.env.setdefault(name, Const(None))
            self.statement = outer

    def lower_statement(self, node: Any) -> None:
        match node:
            case gast.Assign():
                self.assign_all(node.targets, node.value)
            case gast.AnnAssign():
                if node.value is not None:
                    self.assign_all([node.target], node.value)
            case gast.AugAssign():
                self.augmented(node)
            case gast.Expr():
                if not isinstance(node.value, gast.Constant):
                    self.expr(node.value)
            case gast.If():
                self.conditional(node)
            case gast.For():
                self.for_loop(node)
            case gast.While():
                self.while_loop(node)
            case gast.FunctionDef():
                if node.decorator_list:
                    function: Operand = self.closure(node, node.name)
                    for decorator in reversed(node.decorator_list):
                        function = self.emit(Prim.CALL, (self.expr(decorator), function), decorator)
                    self.env[node.name] = function
                else:
                    self.env[node.name] = self.closure(node, node.name)
            case gast.ClassDef():
                self.local_class(node)
            case gast.Assert():
                self.assertion(node)
            case gast.Raise():
                operands = tuple(self.expr(part) for part in (node.exc, node.cause) if part is not None)
                self.effect(Prim.RAISE, operands, node)
            case gast.Delete():
                for target in node.targets:
                    self.delete(target)
            case gast.Import() | gast.ImportFrom():
                self.imports(node)
            case gast.Pass():
                pass
            case _:
                self.refuse_statement(node)

    def refuse_statement(self, node: Any) -> None:
        kind = type(node).__name__
        what, advice = _REFUSED_STATEMENTS.get(
            kind, (f"the statement `{kind}` is not supported", "move it to a function that sees no active value")
        )
        self.refuse(node, what, advice)

    def assertion(self, node: Any) -> None:
        test = self.tested(node.test)
        if node.msg is None:
            self.effect(Prim.ASSERT, (test,), node)
            return

        def fail() -> list[Operand]:
            error = self.emit(Prim.CALL, (Const(AssertionError, "AssertionError"), self.expr(node.msg)), node)
            self.effect(Prim.RAISE, (error,), node)
            return []

        self.if_op(test, lambda: [], fail, 0, node)

    def imports(self, node: Any) -> None:
        try:
            self.bind_imports(node)
        except ImportError as problem:  # the branch may never be taken: `if "cupy" in sys.modules: import cupy`
            error = self.emit(Prim.CALL, (Const(type(problem)), Const(str(problem))), node)
            self.effect(Prim.RAISE, (error,), node)
            for alias in node.names:
                self.env[alias.asname or alias.name.split(".")[0]] = Const(not_imported)

    def bind_imports(self, node: Any) -> None:
        for alias in node.names:
            if isinstance(node, gast.Import):
                module = importlib.import_module(alias.name)
                top = importlib.import_module(alias.name.split(".")[0])
                name = alias.asname or alias.name.split(".")[0]
                self.env[name] = Const(module if alias.asname else top, name)
            else:
                package = self.source.scope.globals.get("__package__")
                module = importlib.import_module("." * (node.level or 0) + (node.module or ""), package)
                value = getattr(module, alias.name, None)
                if value is None:
                    value = importlib.import_module(f"{module.__name__}.{alias.name}")
                self.env[alias.asname or alias.name] = Const(value, alias.asname or alias.name)


def not_imported(*args: Any, **kwargs: Any) -> Any:
    """Stand for what could not be imported; an error was raised before it is called."""
    raise ImportError("what is called could not be imported")


_REFUSED_STATEMENTS = {
    "TryStar": ("try/except* is not supported", "test the condition with `if`"),
    "Global": ("assigning a global variable is not supported", "return the value"),
    "AsyncFor": ("coroutines are not supported", "use a plain loop"),
    "AsyncWith": ("coroutines are not supported", "use a plain `with`"),
}
