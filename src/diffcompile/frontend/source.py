"""From a function object to its syntax tree: read the file, find the function in it, remember what it sees."""

from __future__ import annotations

import ast
import builtins
import functools
import inspect
import linecache
import os
import re
import sys
import time
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import gast

from diffcompile.errors import NoSourceError, Span
from diffcompile.frontend.private import mangle, with_class
from diffcompile.signature import function_of_jitted

DEEPEST = 50_000
"""How many calls are allowed where the text of one expression is very long."""


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """Where a function looks up the names that it does not own."""

    globals: dict[str, Any]
    cells: dict[str, types.CellType]

    def lookup(self, name: str) -> Any:
        """Return the present value of ``name``; raises NameError as Python would."""
        if name in self.cells:
            try:
                return self.cells[name].cell_contents
            except ValueError:
                raise NameError(f"cannot access free variable {name!r}") from None
        if name in self.globals:
            return self.globals[name]
        try:
            return getattr(builtins, name)
        except AttributeError:
            raise NameError(f"name {name!r} is not defined") from None


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """The syntax tree of a function or lambda, and its surroundings."""

    name: str
    node: Any
    path: str
    lines: list[str]
    scope: Scope
    line_offset: int = 0
    enclosing: tuple[str, ...] = ()
    """Local names of the functions around a nested function, which it may capture."""
    cache: dict[Any, Any] = field(default_factory=dict)

    def span(self, node: Any, statement: Any | None = None) -> Span:
        """Return where ``node`` stands; ``statement`` is the statement around it."""
        line: int = getattr(node, "lineno", 0) or getattr(self.node, "lineno", 1)
        column = getattr(node, "col_offset", 0) or 0
        end_line: int = getattr(node, "end_lineno", None) or line
        end_column = getattr(node, "end_col_offset", None) or column + 1
        text = self.lines[line - 1].rstrip("\n") if 0 < line <= len(self.lines) else ""
        prefix = len(text.encode()[:column].decode(errors="ignore"))
        shift = column - prefix
        header, first = self.statement_text(statement) if statement is not None else ("", 0)
        return Span(self.path, line, prefix, end_line, end_column - shift, text, header, first)

    def statement_text(self, statement: Any) -> tuple[str, int]:
        """Return the statement on one line (of a compound one its header) and its line number."""
        first = getattr(statement, "lineno", None)
        if first is None:
            return "", 0
        key = f"statement {id(statement)}"
        if key not in self.cache:
            last = statement.end_lineno or first
            body = getattr(statement, "body", None)
            if isinstance(body, list) and body:
                last = max(first, min(last, getattr(body[0], "lineno", last + 1) - 1))
            stripped = [line.split("  #")[0].strip() for line in self.lines[first - 1 : last]]
            joined = " ".join(part for part in stripped if part and not part.startswith("#"))
            for opening in "([{":
                joined = joined.replace(opening + " ", opening)
            self.cache[key] = (joined, first)
        text: tuple[str, int] = self.cache[key]
        return text


@dataclass(frozen=True, slots=True)
class _Index:
    """The definitions of a file: functions by name and first line, lambdas by line."""

    functions: dict[tuple[str, int], ast.AST]
    lambdas: dict[int, list[ast.Lambda]]
    classes: dict[ast.AST, str]
    """The innermost class around a function that stands in one."""
    definitions: dict[tuple[str, int], ast.ClassDef]
    """Classes by name and line."""


@functools.lru_cache(maxsize=64)
def _parse(path: str, text: str) -> _Index:
    index = _Index({}, {}, {}, {})
    for node, owner in with_class(ast.parse(text, filename=path)):
        if owner and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            index.classes[node] = owner
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            index.functions[node.name, first] = node
        elif isinstance(node, ast.Lambda):
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                index.lambdas.setdefault(line, []).append(node)
        elif isinstance(node, ast.ClassDef):
            index.definitions[node.name, node.lineno] = node
    return index


def class_definition(source: Source, node: Any) -> ast.ClassDef | None:
    """Return the statement of a class as it stands in the file of ``source``; None if it is not to be had."""
    try:
        return _parse(source.path, "".join(source.lines)).definitions.get((node.name, node.lineno))
    except SyntaxError:
        return None


def _alone(path: str, lines: list[str], code: types.CodeType) -> ast.AST | None:
    """Return the definition of a function without looking at the rest of its file; None where that does not do.

    A function ends before the first line that is not indented further than its own. Where such a line stands in a
    string or in brackets, what is before it does not parse.
    """
    first = code.co_firstlineno
    if code.co_name == "<lambda>" or not 0 < first <= len(lines) or _is_young(path):
        return None
    indent = _indent(lines[first - 1])
    end = max(_last_lines(code), default=first)
    while end < len(lines) and (lines[end].lstrip()[:1] in ("", "#") or _indent(lines[end]) > indent):
        end += 1
    text = "".join(lines[first - 1 : end])
    if indent and _PRIVATE.search(text):
        return None  # the class around it says what such a name stands for
    return _definition(path, first, indent > 0, text, code.co_name)


_PRIVATE = re.compile(r"\b__(?!\w*__\b)\w")


def _indent(line: str) -> int:
    expanded = line.expandtabs()
    return len(expanded) - len(expanded.lstrip())


def _last_lines(code: types.CodeType) -> Iterator[int]:
    """Yield, of a function and those in it, the last line that an instruction came from."""
    yield max((line for *_, line in code.co_lines() if line is not None), default=0)
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _last_lines(inner)


@functools.lru_cache(maxsize=1024)
def _definition(path: str, first: int, indented: bool, text: str, name: str) -> ast.AST | None:
    """Return the definition that is all of ``text``, which begins at line ``first``; None if it is not."""
    before = "\n" * (first - 2) + "if True:\n" if indented and first > 1 else "\n" * (first - 1)
    if indented and first == 1:
        return None
    try:
        body = ast.parse(before + text, filename=path).body
    except SyntaxError:
        return None
    inner = body[0].body if indented and body and isinstance(body[0], ast.If) else body
    if len(inner) != 1 or not isinstance(inner[0], ast.FunctionDef | ast.AsyncFunctionDef) or inner[0].name != name:
        return None
    return inner[0]


def python_function(fun: Any) -> types.FunctionType | None:
    """Return the plain Python function behind ``fun`` (a function or bound method), or None."""
    if isinstance(fun, types.MethodType):
        fun = fun.__func__
    fun = function_of_jitted(fun) or fun
    return fun if isinstance(fun, types.FunctionType) else None


def _generic(node: ast.AST) -> Any:
    """Return a syntax tree in the form that is the same for all versions of Python."""
    try:
        return gast.ast_to_gast(node)
    except RecursionError:  # a sum of hundreds of terms
        before = sys.getrecursionlimit()
        sys.setrecursionlimit(max(before, DEEPEST))
        try:
            return gast.ast_to_gast(node)
        finally:
            sys.setrecursionlimit(before)


def read_source(fun: types.FunctionType) -> Source:
    """Return the syntax tree of ``fun``.

    Raises:
        NoSourceError: the text is not to be had (typed at a prompt, built by ``exec``, compiled), or does not hold
            the function any more.
    """
    code = fun.__code__
    path = code.co_filename
    linecache.checkcache(path)
    lines = linecache.getlines(path, fun.__globals__)
    if not lines:
        raise NoSourceError(
            f"no source text for {fun.__qualname__}",
            why=f"{path} cannot be read; functions typed at a prompt or built by exec have no file",
            advice="put the function in a file, or register a rule for it with `diffcompile.adjoint`",
        )
    node, owner = _alone(path, lines, code), ""
    if node is None:
        node, owner = _in_file(path, "".join(lines), fun)
    cells = dict(zip(code.co_freevars, fun.__closure__ or (), strict=True))
    tree = _generic(node)
    mangle(tree, owner)
    source = Source(fun.__name__, tree, path, lines, Scope(fun.__globals__, cells))
    consulted(source)
    return source


def original(source: Source) -> Source:
    """Return a function with the tree of its text, as it was before it was lowered.

    Raises:
        NoSourceError: it is not to be had.
    """
    if "original" not in source.cache:
        node = source.node
        first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))])
        try:
            index = _parse(source.path, "".join(source.lines))
        except SyntaxError as error:
            raise NoSourceError(f"{source.path} does not parse: {error}") from error
        found = index.functions.get((getattr(node, "name", ""), first))
        if found is None:
            raise NoSourceError(f"no source text for {source.name}")
        tree = _generic(found)
        mangle(tree, index.classes.get(found, ""))
        source.cache["original"] = replace(source, node=tree, cache={})
    again: Source = source.cache["original"]
    return again


def _in_file(path: str, text: str, fun: types.FunctionType) -> tuple[ast.AST, str]:
    """Return the definition of a function in its file, and the class that it stands in; raises NoSourceError."""
    code = fun.__code__
    try:
        index = _parse(path, text)
    except SyntaxError as error:
        raise NoSourceError(
            f"{path} does not parse: {error}", why="the file has changed since it was imported"
        ) from error
    node = _find(index, code)
    if node is None:
        raise NoSourceError(
            f"{fun.__qualname__} is not at line {code.co_firstlineno} of {path}",
            why="the file has changed since it was imported",
            advice="restart the program",
        )
    if _was_edited(path, text, node, code):
        raise NoSourceError(
            f"the text of {fun.__qualname__} at line {code.co_firstlineno} of {path} is not what runs",
            why="the file has changed since it was imported",
            advice="restart the program, or import the module again",
        )
    return node, index.classes.get(node, "")


def source_behind(source: Source) -> Source:
    """Return the text that a reader knows: for a function that was made for a call, that of what it calls.

    ``def energy(x): return function(x)`` stands for a function that a decorator wraps, a ``functools.partial`` or what
    ``functools.cache`` made, whose text is to be had, or for one that is not written in Python, which has none.
    """
    scope = getattr(source, "scope", None)  # a block of a program has none
    if scope is None or not source.path.startswith("<"):
        return source
    if scope.globals.keys() - {"__builtins__"} != {"function", source.name}:
        return source
    fun = scope.globals["function"]
    while isinstance(fun, functools.partial) or hasattr(fun, "__wrapped__"):
        fun = fun.func if isinstance(fun, functools.partial) else fun.__wrapped__
    function = python_function(fun)
    try:
        return source if function is None else read_source(function)
    except NoSourceError:
        return source


_LISTENERS: list[dict[Source, None]] = []


@contextmanager
def listening() -> Iterator[dict[Source, None]]:
    """Collect the functions whose text is read, or was read before and is used again."""
    found: dict[Source, None] = {}
    _LISTENERS.append(found)
    try:
        yield found
    finally:
        _LISTENERS.pop()


def consulted(source: Source) -> None:
    """Note for who is listening that the text of a function is used."""
    for found in _LISTENERS:
        found[source] = None


_STARTED = time.time()


def _was_edited(path: str, text: str, node: ast.AST, code: types.CodeType) -> bool:
    """Tell whether a file that is younger than this process holds another function than ``code`` in its place.

    Test runners rewrite assertions on import, so that functions with one cannot be compared.
    """
    if not _is_young(path) or any(isinstance(part, ast.Assert) for part in ast.walk(node)):
        return False
    found = _compiled(path, text).get((code.co_name, code.co_firstlineno), [])
    return bool(found) and _instructions(code) not in found


def _is_young(path: str) -> bool:
    """Tell whether a file was written after this process began."""
    try:
        return os.stat(path).st_mtime > _STARTED
    except OSError:  # a cell of a notebook
        return False


@functools.lru_cache(maxsize=64)
def _compiled(path: str, text: str) -> dict[tuple[str, int], list[tuple[object, ...]]]:
    """Return what each function of a file compiles to, by name and first line."""
    found: dict[tuple[str, int], list[tuple[object, ...]]] = {}
    pending = [compile(text, path, "exec", dont_inherit=True)]
    while pending:
        code = pending.pop()
        found.setdefault((code.co_name, code.co_firstlineno), []).append(_instructions(code))
        pending += [part for part in code.co_consts if isinstance(part, types.CodeType)]
    return found


def _instructions(code: types.CodeType) -> tuple[object, ...]:
    """Return what a function does, without the places in the text."""
    parts = [_instructions(part) if isinstance(part, types.CodeType) else repr(part) for part in code.co_consts]
    return code.co_code, parts, code.co_names, code.co_varnames, code.co_freevars


def _find(index: _Index, code: types.CodeType) -> ast.AST | None:
    """Find the definition whose code object is ``code``: by line and name, lambdas by the columns of their body."""
    if code.co_name != "<lambda>":
        return index.functions.get((code.co_name, code.co_firstlineno))
    found = [node for node in index.lambdas.get(code.co_firstlineno, ()) if _spans(node, code)]
    return found[-1] if found else None  # the innermost, where lambdas nest


def _spans(node: ast.Lambda, code: types.CodeType) -> bool:
    """Tell whether ``node`` compiles to ``code``: the same parameters, constants and places in the text.

    Compiled alone its free variables are globals, so the instructions themselves may differ; and not every version
    of Python notes the place of the body as a whole.
    """
    expression = ast.Expression(node)
    (alone,) = (
        one
        for one in compile(expression, code.co_filename, "eval").co_consts
        if isinstance(one, types.CodeType)
    )
    return _traits(alone) == _traits(code)


def _traits(code: types.CodeType) -> tuple[object, ...]:
    arguments = code.co_argcount + code.co_kwonlyargcount
    constants = [repr(constant) for constant in code.co_consts if not isinstance(constant, types.CodeType)]
    places = {place for place in code.co_positions() if None not in place and place[3]}
    return code.co_varnames[:arguments], constants, places


def signature_of(fun: Callable[..., Any]) -> inspect.Signature:
    """Return the signature of ``fun`` as Python binds it."""
    return inspect.signature(fun, follow_wrapped=False)
