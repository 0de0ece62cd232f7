"""``diffcompile rules``: which functions have a derivative rule."""

from __future__ import annotations

import fnmatch
import importlib.util
from typing import Any

import click
from click.shell_completion import CompletionItem

from diffcompile.cli.failures import Command, Refused
from diffcompile.explain.rules import rule_name
from diffcompile.rules import registry


def known_rules() -> list[tuple[str, str]]:
    """Return the names of the functions that have a rule, each with the kind of the rule."""
    if importlib.util.find_spec("scipy") is not None:
        for subject in sorted(registry.SUBJECTS["scipy"]):
            registry.load_rules("scipy", subject)
    kinds: list[tuple[str, str]] = []
    for fun, entry in registry.ELEMENTWISE.items():
        without = [str(number) for number, partial in enumerate(entry.partials) if partial is None]
        note = f", none in argument {', '.join(without)}" if without else ""
        kinds.append((rule_name(fun), f"elementwise{note}"))
    kinds += [(rule_name(fun), "adjoint") for fun in registry.ADJOINT]
    kinds += [(rule_name(fun), "definition in terms of others") for fun in registry.DEFINITIONS]
    kinds += [(rule_name(fun), f"solver of an equation: {entry.kind}") for fun, entry in registry.IMPLICIT.items()]
    kinds += [
        (rule_name(fun), f"no derivative: {reason}") for fun, reason in registry.NONDIFFERENTIABLE.items()
    ]
    return kinds


def complete_rule(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:
    """Return how a name may go on, one part of it after the other."""
    begun = f"numpy.{incomplete.removeprefix('np.')}" if incomplete.startswith("np.") else incomplete
    found: dict[str, None] = {}
    for name in sorted({name for name, _ in known_rules() if name.startswith(begun)}):
        head, dot, _ = name[len(begun) :].partition(".")
        found[incomplete + head + dot] = None
    return [CompletionItem(name) for name in found]


@click.command(cls=Command)
@click.argument("pattern", default="*", shell_complete=complete_rule)
def rules(pattern: str) -> None:
    """List the functions that have a derivative rule.

    PATTERN is a part of a name; with wildcards it is the whole name or its end, as in `sin*` or `linalg.s*`.
    """
    if pattern.startswith("np."):
        pattern = f"numpy.{pattern.removeprefix('np.')}"
    wild = any(sign in pattern for sign in "*?[")
    patterns = (pattern, f"*.{pattern}") if wild else (f"*{pattern}*",)
    shown = sorted({rule for rule in known_rules() if any(fnmatch.fnmatchcase(rule[0], one) for one in patterns)})
    if not shown:
        raise Refused(f"no rule matches {pattern!r}")
    width = max(len(name) for name, _ in shown)
    for name, kind in shown:
        click.echo(f"{name:{width}}  {kind}")
