"""Turn ``with`` and ``try`` into calls.

    with manager as v:            $manager = manager
        body                      v = enter($manager)
                                  body
                                  leave($manager)

    try:                          def $attempt():
        body                          body
    except E as e:                $error = attempt($attempt, E)
        handler                   if $error is None:
    else:                             other
        other                     elif isinstance($error, E):
                                      e = $error
                                      handler
                                  else:
                                      raise $error

What the body of a ``try`` assigns, and others read, is declared nonlocal. A ``finally`` is an attempt around all this
that catches everything; it is written twice, and where the block failed the error is raised again behind it.

A block in which a generator yields is no function: what it yields to runs in it. It is written out, between
``begin_trying`` and ``end_trying``, and an error in it ends the program if the block would have done something about
it.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from typing import Any

import gast

from diffcompile.dynamic import attempt, begin_trying, end_trying, enter, leave
from diffcompile.frontend.generators import yields
from diffcompile.frontend.lower.names import assigned
from diffcompile.frontend.nodes import children, nodes_under, placed
from diffcompile.ir.core import UNDEFINED

_NESTED = (gast.FunctionDef, gast.AsyncFunctionDef, gast.Lambda, gast.ClassDef)


def remove_blocks(body: list[Any]) -> list[Any]:
    """Return ``body``, from which exits have been removed, without ``with`` and ``try``."""
    if not any(isinstance(node, gast.With | gast.Try) for node in _own_nodes(body)):
        return body
    return _Removal(body).statements(body)


def is_block(node: Any) -> bool:
    """Tell whether a function is the body of a ``try``, from which exits have been removed together with the rest."""
    return getattr(node, "name", "").startswith("$attempt")


def _own_nodes(body: list[Any]) -> Iterator[Any]:
    """Yield the nodes of a function's body without those of nested functions."""
    pending = list(body)
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, _NESTED):
            pending += children(node)


class _Removal:
    def __init__(self, body: list[Any]) -> None:
        self.body = body
        self.numbers = itertools.count(1)
        self.reads: dict[str, int] = {}
        for name in _read(body):
            self.reads[name] = self.reads.get(name, 0) + 1

    def statements(self, body: list[Any]) -> list[Any]:
        return [new for old in body for new in self.statement(old)]

    def statement(self, node: Any) -> list[Any]:
        match node:
            case gast.With():
                return self.with_(node, list(node.items))
            case gast.Try():
                return self.try_(node)
        if not isinstance(node, _NESTED):
            for name in ("body", "orelse"):
                part = getattr(node, name, None)
                if isinstance(part, list):
                    setattr(node, name, self.statements(part))
        return [node]

    def with_(self, node: Any, items: list[Any]) -> list[Any]:
        if not items:
            return self.statements(node.body)
        first, *rest = items
        manager = f"$manager{next(self.numbers)}"
        entered = _call(enter, [_load(manager)])
        start = [_assign(_store(manager), first.context_expr)]
        start.append(_assign(first.optional_vars, entered) if first.optional_vars is not None else gast.Expr(entered))
        done = [*start, *self.with_(node, rest), gast.Expr(_call(leave, [_load(manager)]))]
        return [placed(statement, node) for statement in done]

    def try_(self, node: Any) -> list[Any]:
        if yields(node.handlers) or yields(node.finalbody) or yields(node.orelse):
            return [node]
        if yields(node.body):
            return self.yielding(node)
        if node.finalbody:
            inner = [gast.Try(node.body, node.handlers, node.orelse, [])] if node.handlers else node.body
            for statement in inner:
                placed(statement, node)
            start, error = self.attempt(inner, gast.Constant(BaseException, None), node)
            twin = copy.deepcopy(node.finalbody)  # what the block assigned is something else where it failed
            failed = [*self.statements(twin), gast.Raise(_load(error), None)]
            return [*start, placed(_if(_is_none(error), self.statements(node.finalbody), failed), node)]
        types = [handler.type or gast.Constant(BaseException, None) for handler in node.handlers]
        caught = types[0] if len(types) == 1 else gast.Tuple(types, gast.Load())
        start, error = self.attempt(node.body, caught, node)
        chain: list[Any] = [gast.Raise(_load(error), None)]
        for handler in reversed(node.handlers):
            body = self.statements([_again(statement, error) for statement in handler.body])
            if handler.name is not None:
                gone = _assign(copy.copy(handler.name), gast.Constant(UNDEFINED, None))  # Python deletes it
                body = [_assign(handler.name, _load(error)), *body, gone]
            if handler.type is None:
                chain = body
            else:
                chain = [_if(_call(isinstance, [_load(error), handler.type]), body, chain)]
        other = self.statements(node.orelse) or [gast.Pass()]
        return [*start, placed(_if(_is_none(error), other, chain), node)]

    def yielding(self, node: Any) -> list[Any]:
        """Return a block in which a generator yields, such as that of a context manager."""
        swallows = gast.Constant(not all(_raises_again(handler.body) for handler in node.handlers), None)
        done = [
            gast.Expr(_call(begin_trying, [swallows])),
            *self.statements(node.body),
            gast.Expr(_call(end_trying, [swallows])),
            *self.statements(node.orelse),
            *self.statements(node.finalbody),
        ]
        return [placed(statement, node) for statement in done]

    def attempt(self, body: list[Any], caught: Any, node: Any) -> tuple[list[Any], str]:
        """Return the statements that run ``body`` in a function of its own, and the variable with the error."""
        number = next(self.numbers)
        name, error = f"$attempt{number}", f"$error{number}"
        inside: dict[str, int] = {}
        for read in _read(body):
            inside[read] = inside.get(read, 0) + 1
        updated = {
            part.target.id
            for statement in body
            for part in nodes_under(statement)
            if isinstance(part, gast.AugAssign) and isinstance(part.target, gast.Name)
        }
        shared = sorted(
            one
            for one in assigned(body)
            if one in updated or one in inside or self.reads.get(one, 0) > inside.get(one, 0)
        )
        inner = self.statements(body)
        if shared:
            inner = [gast.Nonlocal(shared), *inner]
        args = gast.arguments([], [], None, [], [], None, [])
        function = gast.FunctionDef(name, args, inner, [], None, None, [])
        run = _assign(_store(error), _call(attempt, [_load(name), caught]))
        return [placed(function, node), placed(run, node)], error


def _read(body: list[Any]) -> Iterator[str]:
    """Yield each name that ``body`` reads, nested functions included; loops read their flags."""
    for statement in body:
        for node in nodes_under(statement):
            if isinstance(node, gast.Name) and isinstance(node.ctx, gast.Load):
                yield node.id
            flag = getattr(node, "go", None)
            if flag is not None:
                yield flag.id


def _raises_again(body: list[Any]) -> bool:
    """Tell whether a handler ends with a bare ``raise``, and returns from nowhere."""
    last = body[-1]
    leaves = any(isinstance(node, gast.Return | gast.Break | gast.Continue) for node in _own_nodes(body))
    return isinstance(last, gast.Raise) and last.exc is None and not leaves


def _again(node: Any, error: str) -> Any:
    """Let a bare ``raise`` raise the error that is handled."""
    for part in _own_nodes([node]):
        if isinstance(part, gast.Raise) and part.exc is None:
            part.exc = _load(error)
    return node


def _load(name: str) -> Any:
    return gast.Name(name, gast.Load(), None, None)


def _store(name: str) -> Any:
    return gast.Name(name, gast.Store(), None, None)


def _call(function: Any, args: list[Any]) -> Any:
    return gast.Call(gast.Constant(function, None), args, [])


def _assign(target: Any, value: Any) -> Any:
    return gast.Assign([target], value, None)


def _is_none(name: str) -> Any:
    return gast.Compare(_load(name), [gast.Is()], [gast.Constant(None, None)])


def _if(test: Any, body: list[Any], orelse: list[Any]) -> Any:
    return gast.If(test, body, orelse)
