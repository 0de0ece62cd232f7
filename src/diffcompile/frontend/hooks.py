"""``with insert_grad_of(x) as x_bar:`` becomes an assignment, and its block a function of the adjoint.

    before: with insert_grad_of(h) as h_bar:      after:  h = mark(hook, h, log)
                log.append(h_bar)
    hook:   def h_hook(h_bar, log):
                log.append(h_bar)
                return h_bar
"""

from __future__ import annotations

import ast
import types
from typing import Any

import gast

from diffcompile.errors import UnsupportedError
from diffcompile.frontend.lower.names import assigned, free_names
from diffcompile.frontend.nodes import calls, children, nodes_under
from diffcompile.frontend.source import Source
from diffcompile.hooks import Hook, insert_grad_of

_NESTED = (gast.FunctionDef, gast.AsyncFunctionDef, gast.Lambda, gast.ClassDef)
_LOOPS = (gast.For, gast.While)


def mark(*args: Any) -> Any:
    """Stand for a hook: the specialiser knows what it means."""
    raise AssertionError("a hook is never called as it stands")


def remove_hooks(body: list[Any], source: Source, parameters: list[str], captures: tuple[str, ...]) -> list[Any]:
    """Return the body of a function with its hooks as assignments."""
    if not any(isinstance(node, gast.With) for statement in body for node in nodes_under(statement)):
        return body
    return _Removal(body, source, parameters, captures).statements(body)


class _Removal:
    def __init__(self, body: list[Any], source: Source, parameters: list[str], captures: tuple[str, ...]) -> None:
        self.source = source
        self.captures = captures
        self.parameters = set(parameters)
        self.own = self.parameters | assigned(body, self.is_hook)
        self.declared: dict[str, Any] = {}
        """Names that the function declares global or nonlocal for its hooks alone, with the kind of statement."""

    def is_hook(self, node: Any) -> bool:
        """Tell whether a statement is a ``with`` over :class:`diffcompile.insert_grad_of`."""
        return isinstance(node, gast.With) and any(self.names_hook(item.context_expr) for item in node.items)

    def names_hook(self, node: Any) -> bool:
        return calls(node, insert_grad_of, self.source, {*self.parameters, *self.captures})

    def statements(self, body: list[Any]) -> list[Any]:
        return [self.statement(node) for node in body]

    def statement(self, node: Any) -> Any:
        if isinstance(node, _NESTED):
            return node
        if isinstance(node, gast.Global | gast.Nonlocal):
            self.declared.update((name, type(node)) for name in node.names if name not in self.own)
            rest = [name for name in node.names if name in self.own]
            return gast.copy_location(type(node)(rest) if rest else gast.Pass(), node)
        if self.is_hook(node):
            return self.assignment(node)
        for name in ("body", "orelse", "finalbody"):
            part = getattr(node, name, None)
            if isinstance(part, list):
                setattr(node, name, self.statements(part))
        for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            part.body = self.statements(part.body)
        return node

    def assignment(self, node: Any) -> Any:
        """Return ``x = mark(hook, x, ...)`` for a hook."""
        variable, bar = self.names_of(node)
        function = self.function_node(node, bar)
        reads = free_names(function)
        self.check(node, bar)
        passed = sorted(reads & (self.own | set(self.captures)))
        function.args.args += [gast.Name(name, gast.Param(), None, None) for name in passed]
        place = f"{self.source.path}:{node.lineno}: insert_grad_of({variable})"
        hook = Hook(self.compiled(function, node), bar or variable, place)
        names = [variable, *passed]
        call = gast.Call(gast.Constant(mark, None), [gast.Constant(hook, None), *map(_load, names)], [])
        made = gast.Assign([gast.Name(variable, gast.Store(), None, None)], call, None)
        for part in (made, call, call.func, *made.targets, *call.args):
            for name in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
                setattr(part, name, getattr(node.items[0].context_expr, name, None))
        made.original = node
        return made

    def names_of(self, node: Any) -> tuple[str, str]:
        """Return the hooked variable and the name of its adjoint."""
        (item, *others) = node.items
        if others:
            raise self.refused(node, "a `with` over insert_grad_of and something else", "one `with` after another")
        call = item.context_expr
        if len(call.args) != 1 or call.keywords or not isinstance(call.args[0], gast.Name):
            raise self.refused(
                call, "insert_grad_of takes one variable", "give the value a name, and use that name from there on"
            )
        variable = call.args[0].id
        if variable not in self.own:
            raise self.refused(
                call,
                f"{variable} is not a variable of this function",
                f"give it a name of its own: `own = {variable}`, and use that",
            )
        if item.optional_vars is not None and not isinstance(item.optional_vars, gast.Name):
            raise self.refused(node, "the adjoint needs a plain name", "write `with insert_grad_of(x) as x_bar:`")
        return variable, item.optional_vars.id if item.optional_vars is not None else ""

    def function_node(self, node: Any, bar: str) -> Any:
        """Return the block as a function definition."""
        name = bar or "adjoint"
        returned = gast.Return(_load(name))
        args = gast.arguments([gast.Name(name, gast.Param(), None, None)], [], None, [], [], None, [])
        own = assigned(node.body)
        declared = [kind([name]) for name, kind in self.declared.items() if name in own]
        function = gast.FunctionDef(f"{name}_hook", args, [*declared, *node.body, returned], [], None, None, [])
        for part in (function, returned, *declared):
            gast.copy_location(part, node)
        return function

    def check(self, node: Any, bar: str) -> None:
        """Refuse a block that leaves its place, or assigns a variable of the program."""
        pending = [(part, False) for part in node.body]
        while pending:
            part, looped = pending.pop()
            leaves = isinstance(part, gast.Return | gast.Yield | gast.YieldFrom | gast.Await)
            if leaves or (isinstance(part, gast.Break | gast.Continue) and not looped):
                kind = type(part).__name__.lower()
                raise self.refused(
                    part, f"the block of insert_grad_of cannot be left by `{kind}`", why="it runs in the reverse sweep"
                )
            if self.is_hook(part):
                raise self.refused(part, "a hook inside a hook", "write one `with` after another")
            if not isinstance(part, _NESTED):
                inside = looped or isinstance(part, _LOOPS)
                pending += [(child, inside) for child in children(part)]
        for name in sorted(assigned(node.body) & (self.own | set(self.captures)) - {bar}):
            raise self.refused(
                node,
                f"the block of insert_grad_of assigns {name}, a variable of the program",
                "append to a list that is passed in, or choose another name",
                "it runs in the reverse sweep, when the program is over",
            )

    def compiled(self, function: Any, node: Any) -> Any:
        """Return the block as a Python function, with the places of the user's file."""
        scope = self.source.scope
        cells = [name for name in scope.cells if name not in self.own and name not in self.captures]
        outer = gast.FunctionDef(
            "surroundings",
            gast.arguments([gast.Name(name, gast.Param(), None, None) for name in cells], [], None, [], [], None, []),
            [function], [], None, None, [],
        )  # fmt: skip
        gast.copy_location(outer, node)
        tree = ast.fix_missing_locations(gast.gast_to_ast(gast.Module([outer], [])))
        code = compile(tree, self.source.path, "exec")
        for _ in range(2):
            (code,) = (part for part in code.co_consts if isinstance(part, types.CodeType))
        return types.FunctionType(
            code, scope.globals, code.co_name, None, tuple(scope.cells[name] for name in code.co_freevars)
        )

    def refused(self, node: Any, what: str, advice: str = "", why: str = "") -> UnsupportedError:
        return UnsupportedError(what, span=self.source.span(node), why=why, advice=advice)


def _load(name: str) -> Any:
    return gast.Name(name, gast.Load(), None, None)


__all__ = ["mark", "remove_hooks"]
