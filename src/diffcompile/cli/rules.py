"""``diffcompile rules``: which functions have a derivative rule."""

from __future__ import annotations

import fnmatch
from typing import Any

import click

from diffcompile.cli.failures import Command, Refused
from diffcompile.rules import registry


@click.command(cls=Command)
@click.argument("pattern", default="*")
def rules(pattern: str) -> None:
    """List the functions that have a derivative rule; PATTERN is a part of a name, or has wildcards."""
    if not any(sign in pattern for sign in "*?["):
        pattern = f"*{pattern}*"
    kinds: list[tuple[str, str]] = []
    for fun, entry in registry.ELEMENTWISE.items():
        without = [str(number) for number, partial in enumerate(entry.partials) if partial is None]
        note = f", none in argument {', '.join(without)}" if without else ""
        kinds.append((rule_name(fun), f"elementwise{note}"))
    kinds += [(rule_name(fun), "adjoint") for fun in registry.ADJOINT]
    kinds += [
        (rule_name(fun), f"no derivative: {reason}") for fun, reason in registry.NONDIFFERENTIABLE.items()
    ]
    shown = sorted({(name, kind) for name, kind in kinds if fnmatch.fnmatchcase(name, pattern)})
    if not shown:
        raise Refused(f"no rule matches {pattern!r}")
    width = max(len(name) for name, _ in shown)
    for name, kind in shown:
        click.echo(f"{name:{width}}  {kind}")


def rule_name(fun: Any) -> str:
    """Return the name by which a program reaches ``fun``: ``numpy.linalg.inv``, ``numpy.add.reduce``, ``abs``."""
    owner = getattr(fun, "__self__", None)
    if isinstance(owner, registry.UFUNC):
        return f"{rule_name(owner)}.{fun.__name__}"
    name = getattr(fun, "__qualname__", None) or getattr(fun, "__name__", None) or repr(fun)
    holder = getattr(fun, "__objclass__", fun)
    module = getattr(holder, "__module__", None) or (
        "numpy" if isinstance(fun, registry.UFUNC) else "builtins"
    )
    parts = [part for part in module.lstrip("_").split(".") if not part.startswith("_")]
    return name if parts == ["builtins"] else ".".join([*parts, name])
