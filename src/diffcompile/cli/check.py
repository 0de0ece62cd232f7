"""``diffcompile check``: the gradient against finite differences, with the worst entries in a table."""

from __future__ import annotations

from typing import Any

import click

from diffcompile.cli.failures import Command, Failed
from diffcompile.cli.given import Given, gather, target_options
from diffcompile.cli.paint import working
from diffcompile.testing.battery import examine
from diffcompile.testing.compare import table
from diffcompile.testing.examination import FAILED, UNKNOWN, Examination
from diffcompile.testing.marks import gradcheck_of
from diffcompile.testing.variations import short

QUESTIONS = {
    "repeatable": "two calls of the function give the same value",
    "arguments": "the arguments are left alone",
    "value": "the value is that of the function",
    "form": "the gradient has structure, shapes and dtypes of its argument",
    "gradient": "the gradient is the numerical one",
    "pullback": "the pullback is linear, and agrees with the gradient",
    "repeated": "a second call gives the same, and a call elsewhere is right, too",
    "layout": "the memory layout of the arguments does not matter",
    "aliased": "one array for two arguments is no different from two equal ones",
    "symmetry": "the Hessian is symmetric",
    "product": "the product of the Hessian with a vector is the numerical one",
    "forward": "forward mode agrees",
}
COLOURS = {"passed": "green", "failed": "red", "inconclusive": "yellow", "skipped": "bright_black"}


@click.command(cls=Command)
@target_options
@click.option("--rtol", type=click.FloatRange(0), help="Tolerance relative to the size of the derivative.")
@click.option("--atol", type=click.FloatRange(0), help="Absolute tolerance.")
@click.option(
    "--order", type=click.IntRange(1, 2), default=1, show_default=True, help="2: is the Hessian symmetric, too?"
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of made-up arguments and random directions."
)
@click.option("--directions", type=click.IntRange(1), default=3, show_default=True, help="How many random directions.")
@click.option("--entries", type=click.IntRange(0), default=5, show_default=True, help="Rows of the table.")
def check(
    target: str,
    wrt: str | None,
    described: tuple[str, ...],
    settings: tuple[str, ...],
    sizes: tuple[str, ...],
    seed: int,
    entries: int,
    **options: Any,
) -> None:
    """Compare the gradient of TARGET with numerical derivatives, and ask what else must hold.

    The arguments are those of @gradcheckable(example=...), of --set NAME=EXPRESSION, or random ones of the
    types that --arg, annotations and defaults give. By default all that hold floats are differentiated.

    Exit status: 0 if everything is right, 1 if something is wrong or cannot be decided.
    """
    given = gather(target, wrt, described, settings, sizes, seed=seed)
    args = given.arguments()
    chosen = _argnums(given)
    mark = gradcheck_of(given.subject.called)
    wanted = {**(dict(mark.options) if mark else {}), **{name: value for name, value in options.items() if value}}
    with working(f"checking {target}"):
        found = examine(given.subject.by_position(), args, argnums=chosen, seed=seed, **wanted)
        rows = table(found.entries(entries, seed)) if entries and not found.of(FAILED) else []
    _announce(given, args)
    report(found, rows)


def _argnums(given: Given) -> Any:
    if given.wrt is None:
        mark = gradcheck_of(given.subject.called)
        return mark.argnums if mark else None
    return tuple(int(part) if part.isdecimal() else part for part in given.wrt.replace(" ", "").split(","))


def _announce(given: Given, args: tuple[Any, ...]) -> None:
    click.echo(click.style(f"{given.subject.function.__qualname__} at", bold=True))
    names = [parameter.name for parameter, _ in given.subject.own_parameters()]
    width = max(map(len, names), default=0)
    for name, value in zip(names, args, strict=False):
        click.echo(f"  {name:{width}} = {short(value)}")


def report(found: Examination, rows: list[str]) -> None:
    """Print the answers, the table, and what is wrong.

    Raises:
        Failed: something is wrong or cannot be decided.
    """
    for answer in found.answers:
        mark = click.style(f"{answer.outcome:12}", fg=COLOURS[answer.outcome])
        reason = f"  ({answer.text})" if answer.outcome == "skipped" else ""
        click.echo(f"{mark} {QUESTIONS.get(answer.question, answer.question)}{reason}")
    for row in rows:
        click.echo(row)
    for answer in (*found.of(FAILED), *found.of(UNKNOWN)):
        kind = "wrong" if answer.outcome == FAILED else "cannot be decided"
        click.echo(click.style(f"\n{kind}: ", fg=COLOURS[answer.outcome], bold=True) + answer.text)
    if found.of(FAILED) or found.of(UNKNOWN):
        raise Failed("")
