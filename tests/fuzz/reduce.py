"""A reducer: deletes and simplifies statements as long as a program shows the same failure."""

from __future__ import annotations

import ast
import copy
import operator
import time
from collections.abc import Callable, Iterator
from functools import partial

Interesting = Callable[[str], bool]


def reduce(source: str, interesting: Interesting, seconds: float = 60.0) -> str:
    """Return a smaller program that is ``interesting`` still.

    Greedy: a change that keeps the program interesting stays, and the search goes on behind it, until a whole
    round changes nothing or the time is used up.
    """
    deadline = time.monotonic() + seconds
    tree = ast.parse(source)
    for changes in (_without_statements, _unwrapped, _simpler_expressions, _without_statements, _unwrapped):
        changed = True
        while changed and time.monotonic() < deadline:
            changed = False
            position = 0
            while time.monotonic() < deadline:
                candidate = _nth(changes, tree, position)
                if candidate is None:
                    break
                text = ast.unparse(ast.fix_missing_locations(candidate)) + "\n"
                if len(text) < len(ast.unparse(tree)) + 1 and interesting(text):
                    tree = ast.parse(text)
                    changed = True
                else:
                    position += 1
    return ast.unparse(tree) + "\n"


Edit = Callable[[], None]
Changes = Callable[[ast.AST], Iterator[Edit]]


def _nth(changes: Changes, tree: ast.AST, position: int) -> ast.AST | None:
    """Return a copy of the tree with the change at this position made, or None where there are fewer."""
    fresh = copy.deepcopy(tree)
    for index, edit in enumerate(changes(fresh)):
        if index == position:
            edit()
            return fresh
    return None


def _bodies(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for name in ("body", "orelse"):
            body = getattr(node, name, None)
            if isinstance(body, list) and body:
                yield body


def _without_statements(tree: ast.AST) -> Iterator[Edit]:
    """Delete runs of statements, long runs first."""
    for body in _bodies(tree):
        length = len(body)
        while length:
            for start in range(len(body) - length, -1, -1):
                yield partial(_delete, body, start, length)
            length //= 2


def _delete(body: list[ast.stmt], start: int, length: int) -> None:
    del body[start : start + length]
    if not body:
        body.append(ast.Pass())


def _unwrapped(tree: ast.AST) -> Iterator[Edit]:
    """Replace a compound statement by its body or its ``else``, or drop its ``else``."""
    for body in _bodies(tree):
        for index, statement in enumerate(body):
            if isinstance(statement, ast.Match):
                for case in statement.cases:
                    yield partial(_splice, body, index, case.body)
            if isinstance(statement, (ast.Try, ast.With)):
                yield partial(_splice, body, index, statement.body)
            if isinstance(statement, (ast.If, ast.For, ast.While)):
                yield partial(_splice, body, index, statement.body)
                if statement.orelse:
                    yield partial(_splice, body, index, statement.orelse)
                    yield statement.orelse.clear


def _splice(body: list[ast.stmt], index: int, inner: list[ast.stmt]) -> None:
    body[index : index + 1] = inner


def _simpler_expressions(tree: ast.AST) -> Iterator[Edit]:
    """Replace an expression by a part of it, or by a number."""
    for node in ast.walk(tree):
        for field, value in ast.iter_fields(node):
            if isinstance(value, ast.expr) and isinstance(getattr(value, "ctx", ast.Load()), ast.Load):
                for part in _parts(value):
                    yield partial(setattr, node, field, part)
            elif isinstance(value, list):
                for index, item in enumerate(value):
                    if isinstance(item, ast.expr) and isinstance(getattr(item, "ctx", ast.Load()), ast.Load):
                        for part in _parts(item):
                            yield partial(operator.setitem, value, index, part)


def _parts(expression: ast.expr) -> Iterator[ast.expr]:
    if isinstance(
        expression, (ast.BinOp, ast.UnaryOp, ast.Call, ast.IfExp, ast.Compare, ast.BoolOp, ast.Subscript)
    ):
        for child in ast.iter_child_nodes(expression):
            if isinstance(child, ast.expr) and not (
                isinstance(expression, ast.Call) and child is expression.func
            ):
                yield child
        if isinstance(expression, ast.Call) and isinstance(expression.func, ast.Attribute):
            yield expression.func.value
    if not isinstance(expression, (ast.Constant, ast.Slice, ast.Tuple)):
        yield ast.Constant(0.5)
        yield ast.Constant(1)
