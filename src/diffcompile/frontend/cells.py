"""Turn variables that nested functions assign (``nonlocal``) into attributes of one object.

    def f(x):                     def f(x):
        total = 0.0                   $cells = Cells()
        def add(v):                   $cells.total = 0.0
            nonlocal total            def add(v):
            total += v                    $cells.total += v
        add(x)                        add(x)
        return total                  return $cells.total

What the specialiser knows of objects then holds for such variables as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gast

from diffcompile.frontend.escapes import late_variables, seen_in_loops
from diffcompile.frontend.lower.names import assigned, last_assignments, last_definitions, seen_by_class
from diffcompile.frontend.nodes import children, nodes_under
from diffcompile.frontend.source import Scope

_FUNCTIONS = (gast.FunctionDef, gast.AsyncFunctionDef, gast.Lambda)


class Globals:
    """The variables outside a function that it assigns: globals, and those of functions that are not compiled."""

    def __init__(self, scope: Scope) -> None:
        object.__setattr__(self, "scope", scope)

    scope: Scope

    def __getattr__(self, name: str) -> Any:
        """Read a variable: what lowered code does when it is run as it stands."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self.scope.lookup(name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Assign a variable."""
        if name in self.scope.cells:
            self.scope.cells[name].cell_contents = value
        else:
            self.scope.globals[name] = value

    def held(self, name: str) -> Any:
        """Return what a variable is now, None if it has no value."""
        try:
            return self.scope.lookup(name)
        except NameError:
            return None

    def key(self, name: str) -> Any:
        """Return what tells a variable from others of its name."""
        return id(self.scope.cells.get(name, self.scope.globals))


class GlobalNames(Globals):
    """What ``globals()`` returns."""


def share_globals(body: list[Any], scope: Scope, captures: tuple[str, ...]) -> list[Any]:
    """Return ``body`` with the variables that it declares ``global``, and those of ``scope``, as attributes.

        global count              $globals.count += 1
        count += 1
    """
    names = {name for part in _own(body) if isinstance(part, gast.Global) for name in part.names}
    outer = {name for part in _own(body) if isinstance(part, gast.Nonlocal) for name in part.names}
    names |= {name for name in outer if name in scope.cells and name not in captures}
    if not names:
        return body
    return _rewritten(_Sharing(names, Globals(scope)), body)


def _own(body: list[Any]) -> Iterator[Any]:
    """Yield the nodes of a function's body without those of functions and classes in it."""
    pending = list(body)
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, (*_FUNCTIONS, gast.ClassDef)):
            pending += children(node)


class Cells:
    """The variables of one call of a function that the functions in it assign."""


def share_variables(node: Any, body: list[Any], parameters: list[str], in_loops: bool = False) -> list[Any]:
    """Return ``body`` of the function ``node`` with the variables that nested functions assign as attributes.

    So are those that are assigned while a nested function is kept that sees them; and with ``in_loops`` those that a
    loop assigns, and a function sees that is made in the loop.

    The tree is changed in place, nested functions included.
    """
    owned = set(parameters) | assigned(body) | _attempted(body)
    owned -= {name for statement in body if isinstance(statement, gast.Nonlocal) for name in statement.names}
    seen = seen_in_loops(body) if in_loops else set()
    shared = sorted((_nonlocals(body) | late_variables(body) | _seen_by_classes(body) | seen) & owned)
    if not shared:
        return body
    holder = f"$cells{getattr(node, 'lineno', 0)}"
    rewrite = _Sharing(set(shared), holder)
    body = _rewritten(rewrite, body)
    start: list[Any] = [_assign(gast.Name(holder, gast.Store(), None, None), gast.Call(_cells(), [], []), node)]
    start += [
        _assign(_attribute(holder, name, gast.Store()), gast.Name(name, gast.Load(), None, None), node)
        for name in shared
        if name in parameters
    ]
    return start + body


def _attempted(body: list[Any]) -> set[str]:
    """Return what blocks that became functions assign for the function around them."""
    found: set[str] = set()
    pending = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, gast.FunctionDef) and node.name.startswith("$"):
            found.update(name for part in node.body if isinstance(part, gast.Nonlocal) for name in part.names)
            pending += node.body
        elif not isinstance(node, (*_FUNCTIONS, gast.ClassDef)):
            pending += children(node)
    return found


def _nonlocals(body: list[Any]) -> set[str]:
    """Return the names that functions nested in ``body`` declare nonlocal and do not find in one another."""
    found: set[str] = set()
    for statement in body:
        for node in nodes_under(statement):
            if isinstance(node, gast.FunctionDef | gast.AsyncFunctionDef):
                for part in nodes_under(node):
                    if isinstance(part, gast.Nonlocal):
                        found.update(part.names)
    return found


def _seen_by_classes(body: list[Any]) -> set[str]:
    """Return what classes in ``body`` see that is assigned after them, or in a loop around them."""
    later, defined = last_assignments(body), last_definitions(body)
    found: set[str] = set()
    pending: list[tuple[Any, set[str]]] = [(node, set()) for node in body]
    while pending:
        node, looped = pending.pop()
        if isinstance(node, gast.ClassDef):
            end = node.end_lineno or 0
            found.update(
                name
                for name in seen_by_class(node)
                if name in looped or max(later.get(name, 0), defined.get(name, 0)) > end
            )
        elif not isinstance(node, _FUNCTIONS) or getattr(node, "name", "").startswith("$"):
            inside = looped | assigned([node]) if isinstance(node, gast.For | gast.While) else looped
            pending += [(part, inside) for part in children(node)]
    return found


def shared_in(expression: Any, shared: dict[str, str]) -> Any:
    """Return an expression of a class, with the variables in it that are attributes of the ``shared`` objects."""
    for holder in {*shared.values()}:
        expression = _Sharing({name for name in shared if shared[name] == holder}, holder).visit(expression)
    return expression


class _Sharing(gast.NodeTransformer):  # type: ignore[misc]  # gast has no annotations
    """Rewrites names of one function, and of those nested in it that see them."""

    def __init__(self, names: set[str], holder: str | Globals) -> None:
        self.names = names
        self.holder = holder

    def visit_Import(self, node: Any) -> Any:  # noqa: N802
        return self._import(node)

    def visit_ImportFrom(self, node: Any) -> Any:  # noqa: N802
        return self._import(node)

    def _import(self, node: Any) -> Any:
        """An import binds a variable, which is then stored."""
        bound = [alias.asname or alias.name.split(".")[0] for alias in node.names]
        found = [_kept(self.holder, name, node) for name in bound if name in self.names]
        return [node, *found] if found else node

    def visit_Name(self, node: Any) -> Any:  # noqa: N802 - the name is the visitor's
        if node.id not in self.names:
            return node
        return gast.copy_location(_attribute(self.holder, node.id, node.ctx), node)

    def visit_For(self, node: Any) -> Any:  # noqa: N802
        return self._loop(node)

    def visit_While(self, node: Any) -> Any:  # noqa: N802
        return self._loop(node)

    def _loop(self, node: Any) -> Any:
        node = self.generic_visit(node)
        if getattr(node, "go", None) is not None:
            node.go = self.visit(node.go)
        return node

    def visit_Global(self, node: Any) -> Any:  # noqa: N802
        return self.visit_Nonlocal(node) if isinstance(self.holder, Globals) else node

    def visit_Nonlocal(self, node: Any) -> Any:  # noqa: N802
        rest = [name for name in node.names if name not in self.names]
        return gast.copy_location(type(node)(rest) if rest else gast.Pass(), node)

    def visit_FunctionDef(self, node: Any) -> Any:  # noqa: N802
        found = self._nested(node, node.body)
        return [found, _kept(self.holder, node.name, node)] if node.name in self.names else found

    def visit_ClassDef(self, node: Any) -> Any:  # noqa: N802
        """A class is made of the text in the file: what it shares is only noted."""
        holder = self.holder if isinstance(self.holder, str) else ""
        local = self.names if isinstance(self.holder, str) else self.names & self.holder.scope.cells.keys()
        node.shared = {**getattr(node, "shared", {}), **dict.fromkeys(local & seen_by_class(node), holder)}
        return [node, _kept(self.holder, node.name, node)] if node.name in self.names else node

    def visit_AsyncFunctionDef(self, node: Any) -> Any:  # noqa: N802
        return self._nested(node, node.body)

    def visit_Lambda(self, node: Any) -> Any:  # noqa: N802
        return self._nested(node, [gast.Expr(node.body)])

    def visit_ListComp(self, node: Any) -> Any:  # noqa: N802
        return self._comprehension(node)

    def visit_SetComp(self, node: Any) -> Any:  # noqa: N802
        return self._comprehension(node)

    def visit_GeneratorExp(self, node: Any) -> Any:  # noqa: N802
        return self._comprehension(node)

    def visit_DictComp(self, node: Any) -> Any:  # noqa: N802
        return self._comprehension(node)

    def _comprehension(self, node: Any) -> Any:
        """Variables of a comprehension are its own; only what its first loop runs over is outside."""
        own = {
            part.id
            for generator in node.generators
            for part in nodes_under(generator.target)
            if isinstance(part, gast.Name) and isinstance(part.ctx, gast.Store)
        }
        first = self.visit(node.generators[0].iter)
        node.generators[0].iter = gast.Constant(None, None)
        node = _Sharing(self.names - own, self.holder).generic_visit(node)
        node.generators[0].iter = first
        return node

    def _nested(self, node: Any, body: list[Any]) -> Any:
        node.args.defaults = [self.visit(default) for default in node.args.defaults]
        node.args.kw_defaults = [default and self.visit(default) for default in node.args.kw_defaults]
        if not isinstance(node, gast.Lambda):
            node.decorator_list = [self.visit(decorator) for decorator in node.decorator_list]
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
        declared = {name for part in body if isinstance(part, gast.Nonlocal) for name in part.names}
        own = {argument.id for argument in arguments if argument is not None} | assigned(body)
        inner = _Sharing(self.names - (own - declared), self.holder)
        if isinstance(node, gast.Lambda):
            node.body = inner.visit(node.body)
        else:
            node.body = _rewritten(inner, node.body)
        return node


def _rewritten(rewrite: _Sharing, body: list[Any]) -> list[Any]:
    """Return the statements that come out of those of ``body``."""
    visited = [rewrite.visit(statement) for statement in body]
    return [new for found in visited for new in (found if isinstance(found, list) else [found])]


def _attribute(holder: str | Globals, name: str, context: Any) -> Any:
    base = gast.Name(holder, gast.Load(), None, None) if isinstance(holder, str) else gast.Constant(holder, None)
    return gast.Attribute(base, name, context)


def _kept(holder: str | Globals, name: str, at: Any) -> Any:
    """Return the statement that stores what the name is bound to now."""
    return _assign(_attribute(holder, name, gast.Store()), gast.Name(name, gast.Load(), None, None), at)


def _cells() -> Any:
    return gast.Constant(Cells, None)


def _assign(target: Any, value: Any, at: Any) -> Any:
    node = gast.Assign([target], value, None)
    if getattr(at, "lineno", None) is not None:
        for part in (target, value, node):
            gast.copy_location(part, at)
        node.end_lineno, node.end_col_offset = at.lineno, at.col_offset + 1
    return node
