"""Remove ``break``, ``continue``, early ``return`` and loop ``else``, so that control flow is a tree of regions.

Each function body (level 0) and loop (level 1, 2, ...) has a flag ``$alive``: does the rest of this level still run?
Each loop has a flag ``$go``: is there a next trip? Exits set flags to False; what follows a statement that may exit
is guarded. Where a branch surely exits, what follows the ``if`` moves into the other branch and needs no flag:

    for x in xs:                  for x in xs:          # goes on while $go1
        if x < 0:                     if x < 0:
            break                         $go1 = False
        total += x                    else:
                                          total += x

Flags that nobody reads are dropped later as dead code. Names with a ``$`` cannot clash with the user's.
"""

from __future__ import annotations

import itertools
from typing import Any

import gast

from diffcompile.frontend.nodes import nodes_under

RESULT = "$result"


def remove_exits(body: list[Any]) -> list[Any]:
    """Return statements that compute ``$result`` and fall through at the end."""
    counter = itertools.count(1)
    level = _Level(0, None, counter)
    start = [_assign(level.alive, _constant(True))]
    if not surely_leaves(body):
        start.append(_assign(RESULT, _constant(None)))
    return start + level.convert(body)


def exits(statements: list[Any]) -> set[str]:
    """Return which of break, continue and return may leave ``statements`` (not counting what inner loops catch)."""
    found: set[str] = set()
    for statement in statements:
        if isinstance(statement, gast.Return | gast.Break | gast.Continue):
            found.add(type(statement).__name__.lower())
        elif isinstance(statement, gast.For | gast.While):
            found |= exits(statement.body) & {"return"} | exits(statement.orelse)
        elif isinstance(statement, gast.If):
            found |= exits(statement.body) | exits(statement.orelse)
        elif isinstance(statement, gast.With | gast.Try):
            for part in _parts(statement):
                found |= exits(part)
    return found


def surely_leaves(statements: list[Any]) -> bool:
    """Tell whether control never falls off the end of ``statements``."""
    if not statements:
        return False
    last = statements[-1]
    if isinstance(last, gast.If):
        return surely_leaves(last.body) and surely_leaves(last.orelse)
    if isinstance(last, gast.With):
        return surely_leaves(last.body)
    if isinstance(last, gast.Try):
        runs = surely_leaves(last.body) or surely_leaves(last.orelse)
        handled = all(surely_leaves(handler.body) for handler in last.handlers)
        return (runs and handled) or surely_leaves(last.finalbody)
    return isinstance(last, gast.Return | gast.Break | gast.Continue | gast.Raise)


def _parts(statement: Any) -> list[list[Any]]:
    """Return the blocks of a ``with`` or ``try``."""
    handlers = [handler.body for handler in getattr(statement, "handlers", ())]
    others = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
    return [*others, *handlers]


class _Level:
    """One function body or loop body and the flags that stand for leaving it."""

    def __init__(self, number: int, outer: _Level | None, counter: Any) -> None:
        self.number = number
        self.outer = outer
        self.counter = counter
        self.alive = f"$alive{number}"
        self.go = f"$go{number}"

    def convert(self, statements: list[Any]) -> list[Any]:
        done: list[Any] = []
        for position, statement in enumerate(statements):
            rest = statements[position + 1 :]
            match statement:
                case gast.Return():
                    value = statement.value if statement.value is not None else _constant(None)
                    done.append(_assign(RESULT, value, statement))
                    return done + self.leave_all()
                case gast.Break():
                    return [*done, _assign(self.go, _constant(False)), _assign(self.alive, _constant(False))]
                case gast.Continue():
                    return [*done, _assign(self.alive, _constant(False))]
                case gast.Raise():
                    return [*done, statement]
                case gast.If():
                    if exits([statement]) or surely_leaves(statement.body) or surely_leaves(statement.orelse):
                        return done + self.branch(statement, rest)
                    done.append(statement if not _has_loops(statement) else self.plain_if(statement))
                case gast.With() | gast.Try():
                    leaves = bool(exits([statement]))
                    done.append(self.block(statement))
                    if leaves:
                        return done + self.guard(rest)
                case gast.For() | gast.While():
                    leaves = bool(exits([statement]))  # blocks in it are converted in place
                    done += self.loop(statement)
                    if leaves:
                        return done + self.guard(rest)
                case _:
                    done.append(statement)
        return done

    def block(self, statement: Any) -> Any:
        """Convert the blocks of a ``with`` or ``try``; what follows an exit in one does not run."""
        left = bool(exits(statement.body))
        statement.body = self.convert(statement.body)
        if isinstance(statement, gast.Try):
            for handler in statement.handlers:
                handler.body = self.convert(handler.body)
            statement.orelse = self.guard(statement.orelse) if left else self.convert(statement.orelse)
            statement.finalbody = self.convert(statement.finalbody)
        return statement

    def plain_if(self, statement: Any) -> Any:
        return _if(statement.test, self.convert(statement.body), self.convert(statement.orelse), statement)

    def branch(self, statement: Any, rest: list[Any]) -> list[Any]:
        then, other = statement.body, statement.orelse
        if surely_leaves(then):
            return [_if(statement.test, self.convert(then), self.convert(other + rest), statement)]
        if surely_leaves(other):
            return [_if(statement.test, self.convert(then + rest), self.convert(other), statement)]
        return [self.plain_if(statement), *self.guard(rest)]

    def guard(self, rest: list[Any]) -> list[Any]:
        if not rest:
            return []
        return [_if(_name(self.alive), self.convert(rest), [], None)]

    def leave_all(self) -> list[Any]:
        level: _Level | None = self
        flags = []
        while level is not None:
            if level.outer is not None:
                flags.append(_assign(level.go, _constant(False)))
            flags.append(_assign(level.alive, _constant(False)))
            level = level.outer
        return flags

    def loop(self, statement: Any) -> list[Any]:
        inner = _Level(next(self.counter), self, self.counter)
        leaves = exits(statement.body)
        may_stop = bool(leaves & {"break", "return"})
        start = [_assign(inner.alive, _constant(True))]
        before: list[Any] = []
        if may_stop:
            start.append(_assign(inner.go, _constant(True)))
            before.append(_assign(inner.go, _constant(True)))
        body = start + inner.convert(statement.body)
        if isinstance(statement, gast.For):
            new = gast.For(statement.target, statement.iter, body, [], None)
        else:
            new = gast.While(statement.test, body, [])
        gast.copy_location(new, statement)
        new.end_lineno, new.end_col_offset = statement.end_lineno, statement.end_col_offset
        new.original = statement
        new.go = _name(inner.go) if may_stop else None
        after: list[Any] = []
        if statement.orelse:
            orelse = self.convert(statement.orelse)
            after = [_if(_name(inner.go), orelse, [], None)] if may_stop else orelse
        return [*before, new, *after]


def _has_loops(statement: Any) -> bool:
    return any(isinstance(node, gast.For | gast.While) for node in nodes_under(statement))


def _name(name: str) -> Any:
    return gast.Name(name, gast.Load(), None, None)


def _constant(value: Any) -> Any:
    return gast.Constant(value, None)


def _assign(name: str, value: Any, at: Any | None = None) -> Any:
    node = gast.Assign([gast.Name(name, gast.Store(), None, None)], value, None)
    if at is not None:
        gast.copy_location(node, at)
        node.end_lineno, node.end_col_offset = at.end_lineno, at.end_col_offset
    return node


def _if(test: Any, body: list[Any], orelse: list[Any], at: Any | None) -> Any:
    node = gast.If(test, body, orelse)
    if at is not None:
        gast.copy_location(node, at)
        node.end_lineno, node.end_col_offset = at.end_lineno, at.end_col_offset
        node.original = at
    return node
