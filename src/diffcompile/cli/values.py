"""What options that name a parameter may go on with: names and types, read from the file of the target."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import click
from click.shell_completion import CompletionItem

from diffcompile.cli.targets import definition_of

TYPES = [
    "float", "int", "bool", "complex", "str", "float64[", "float32[", "complex128[", "int64[", "array", "list[", "None",
]  # fmt: skip
"""What a type may begin with; a bracket is not complete yet."""


def complete_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:
    """Return how a list of parameters such as ``x,y`` may go on."""
    before, comma, begun = incomplete.rpartition(",")
    taken = before.split(",")
    return _items(before + comma, [name for name, _ in _parameters(ctx) if name not in taken], begun)


def complete_type(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:
    """Return how ``NAME=TYPE`` may go on."""
    return _complete_pair(ctx, incomplete, TYPES)


def complete_value(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:
    """Return how ``NAME=EXPRESSION`` may go on: the expression is the user's own."""
    return _complete_pair(ctx, incomplete, [])


def complete_size(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:
    """Return how ``NAME=LENGTH`` may go on: with the named axes of the annotations, and those of ``--arg``."""
    texts = [text for _, annotation in _parameters(ctx) for text in _strings(annotation)]
    texts += [word.partition("=")[2] for word in (*(ctx.params.get("described") or ()), *ctx.args)]
    names = [f"{name}=" for text in texts for name in named_axes(text)]
    return [] if "=" in incomplete else _items("", list(dict.fromkeys(names)), incomplete)


def complete_backend(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:
    """Return the backends."""
    return _items("", ["numpy"], incomplete)


def _complete_pair(ctx: click.Context, incomplete: str, values: list[str]) -> list[CompletionItem[Any]]:
    name, equals, begun = incomplete.partition("=")
    if equals:
        return _items(name + equals, values, begun)
    return _items("", [f"{name}=" for name, _ in _parameters(ctx, own=True)], incomplete)


def _items(before: str, names: list[str], begun: str) -> list[CompletionItem[Any]]:
    return [CompletionItem(before + name) for name in names if name.startswith(begun)]


def _parameters(ctx: click.Context, *, own: bool = False) -> list[tuple[str, ast.expr | None]]:
    """Return the parameters of the target with their annotations; the object of a method only if ``own``.

    While the value of an option is missing, the words around it are not parsed yet.
    """
    places = [word for word in (ctx.params.get("target") or "", *ctx.args) if ":" in word and "=" not in word]
    node = definition_of(places[0]) if places else None
    if node is None:
        return []
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return [(one.arg, one.annotation) for one in arguments if own or one.arg not in ("self", "cls")]


def _strings(annotation: ast.expr | None) -> Iterator[str]:
    for node in ast.walk(annotation) if annotation is not None else ():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def named_axes(text: str) -> list[str]:
    """Return the named axes of a description such as ``float64[n,m]``."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError):
        return []
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=ast.Name(id=kind), slice=size) if kind.rstrip("0123456789") in _KINDS:
                parts = size.elts if isinstance(size, ast.Tuple) else [size]
                found += [part.id for part in parts if isinstance(part, ast.Name)]
            case ast.Constant(value=str(inner)):
                found += named_axes(inner)
    return found


_KINDS = {"float", "int", "uint", "complex", "bool"}


__all__ = ["complete_backend", "complete_names", "complete_size", "complete_type", "complete_value", "named_axes"]
