"""Turn ``match`` into ``if`` and ``elif``: patterns are conditions that bind names on their way.

    match p:                      $subject = p
        case (x, 0) if x > 1:     if (isinstance($subject, (tuple, list)) and len($subject) == 2
            first                         and ((x := $subject[0]),) and $subject[1] == 0 and x > 1):
        case _:                       first
            second                else:
                                      second
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import gast

from diffcompile.errors import UnsupportedError
from diffcompile.frontend.nodes import placed

_NESTED = (gast.FunctionDef, gast.AsyncFunctionDef, gast.Lambda, gast.ClassDef)
_ITSELF = {"bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"}
"""Classes whose positional pattern is the subject itself."""


def remove_matches(body: list[Any]) -> list[Any]:
    """Return ``body`` without ``match`` statements; the tree is changed in place."""
    numbers = itertools.count(1)
    return [new for old in body for new in _statement(old, numbers)]


def _statement(node: Any, numbers: Iterator[int]) -> list[Any]:
    if isinstance(node, _NESTED):
        return [node]
    for name in ("body", "orelse", "finalbody"):
        part = getattr(node, name, None)
        if isinstance(part, list):
            setattr(node, name, [new for old in part for new in _statement(old, numbers)])
    for case in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        case.body = [new for old in case.body for new in _statement(old, numbers)]
    if not isinstance(node, gast.Match):
        return [node]
    subject = f"$subject{next(numbers)}"
    chain: list[Any] = []
    for case in reversed(node.cases):
        tests = list(_tests(case.pattern, _load(subject), node))
        if case.guard is not None:
            tests.append(case.guard)
        if tests:
            test = tests[0] if len(tests) == 1 else gast.BoolOp(gast.And(), tests)
            chain = [placed(gast.If(test, case.body, chain), node)]
        else:
            chain = case.body
    start = gast.Assign([gast.Name(subject, gast.Store(), None, None)], node.subject, None)
    return [placed(start, node), *chain]


def _tests(pattern: Any, subject: Any, node: Any) -> Iterator[Any]:
    """Yield the conditions under which ``pattern`` matches, in their order; some of them bind names."""
    match pattern:
        case gast.MatchValue():
            yield gast.Compare(subject, [gast.Eq()], [pattern.value])
        case gast.MatchSingleton():
            yield gast.Compare(subject, [gast.Is()], [gast.Constant(pattern.value, None)])
        case gast.MatchAs():
            if pattern.pattern is not None:
                yield from _tests(pattern.pattern, subject, node)
            if pattern.name is not None:
                yield _bind(pattern.name, subject)
        case gast.MatchOr():
            choices = []
            for part in pattern.patterns:
                tests = list(_tests(part, subject, node)) or [gast.Constant(True, None)]
                choices.append(tests[0] if len(tests) == 1 else gast.BoolOp(gast.And(), tests))
            yield gast.BoolOp(gast.Or(), choices)
        case gast.MatchSequence():
            yield from _sequence(pattern, subject, node)
        case gast.MatchMapping():
            yield from _mapping(pattern, subject, node)
        case gast.MatchClass():
            yield from _class(pattern, subject, node)
        case _:
            raise UnsupportedError(f"the pattern `{type(pattern).__name__}` is not supported", advice="use `if`")


def _sequence(pattern: Any, subject: Any, node: Any) -> Iterator[Any]:
    parts = pattern.patterns
    stars = [number for number, part in enumerate(parts) if isinstance(part, gast.MatchStar)]
    yield _call(isinstance, [subject, gast.Tuple([_constant(tuple), _constant(list)], gast.Load())])
    count = gast.Constant(len(parts) - len(stars), None)
    yield gast.Compare(_call(len, [subject]), [gast.GtE() if stars else gast.Eq()], [count])
    for number, part in enumerate(parts):
        if isinstance(part, gast.MatchStar):
            if part.name is not None:
                stop = number + 1 - len(parts)
                upper = gast.Constant(stop, None) if stop else None
                middle = gast.Subscript(subject, gast.Slice(gast.Constant(number, None), upper, None), gast.Load())
                yield _bind(part.name, _call(list, [middle]))
            continue
        place = number if not stars or number < stars[0] else number - len(parts)
        yield from _tests(part, gast.Subscript(subject, gast.Constant(place, None), gast.Load()), node)


def _mapping(pattern: Any, subject: Any, node: Any) -> Iterator[Any]:
    yield _call(isinstance, [subject, _constant(dict)])
    for key, part in zip(pattern.keys, pattern.patterns, strict=True):
        yield gast.Compare(key, [gast.In()], [subject])
        yield from _tests(part, gast.Subscript(subject, key, gast.Load()), node)
    if pattern.rest is not None:
        yield _bind(pattern.rest, _call(_without, [subject, *pattern.keys]))


def _without(items: dict[Any, Any], *keys: Any) -> dict[Any, Any]:
    """Return the items of a dict that a pattern does not name."""
    return {key: item for key, item in items.items() if key not in keys}


def _class(pattern: Any, subject: Any, node: Any) -> Iterator[Any]:
    yield _call(isinstance, [subject, pattern.cls])
    itself = isinstance(pattern.cls, gast.Name) and pattern.cls.id in _ITSELF
    for number, part in enumerate(pattern.patterns):
        if itself:
            yield from _tests(part, subject, node)
            continue
        names = gast.Attribute(pattern.cls, "__match_args__", gast.Load())
        name = gast.Subscript(names, gast.Constant(number, None), gast.Load())
        yield from _tests(part, _call(getattr, [subject, name]), node)
    for name, part in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
        yield from _tests(part, gast.Attribute(subject, name, gast.Load()), node)


def _bind(name: str, value: Any) -> Any:
    """Return a condition that always holds, and binds ``name``."""
    return gast.Tuple([gast.NamedExpr(gast.Name(name, gast.Store(), None, None), value)], gast.Load())


def _load(name: str) -> Any:
    return gast.Name(name, gast.Load(), None, None)


def _constant(value: Any) -> Any:
    return gast.Constant(value, None)


def _call(function: Any, args: list[Any]) -> Any:
    return gast.Call(_constant(function), args, [])
