"""``diffcompile rules``: which functions have a derivative rule."""

from __future__ import annotations

import fnmatch
import importlib.util

import click

from diffcompile.cli.failures import Command, Refused
from diffcompile.explain.rules import rule_name
from diffcompile.rules import registry


@click.command(cls=Command)
@click.argument("pattern", default="*")
def rules(pattern: str) -> None:
    """List the functions that have a derivative rule.

    PATTERN is a part of a name; with wildcards it is the whole name or its end, as in `sin*` or `linalg.s*`.
    """
    if pattern.startswith("np."):
        pattern = f"numpy.{pattern.removeprefix('np.')}"
    wild = any(sign in pattern for sign in "*?[")
    patterns = (pattern, f"*.{pattern}") if wild else (f"*{pattern}*",)
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
    shown = sorted({(name, kind) for name, kind in kinds if any(fnmatch.fnmatchcase(name, one) for one in patterns)})
    if not shown:
        raise Refused(f"no rule matches {pattern!r}")
    width = max(len(name) for name, _ in shown)
    for name, kind in shown:
        click.echo(f"{name:{width}}  {kind}")
