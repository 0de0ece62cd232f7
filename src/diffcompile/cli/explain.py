"""``diffcompile explain``: the first thing to read when a gradient is slow, large, zero or not a number."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from diffcompile.cli.failures import Command, Refused
from diffcompile.cli.given import Given, gather, target_options
from diffcompile.cli.paint import colour_option, painted, wants_colour, working
from diffcompile.explain.report import Line, Report, make_report
from diffcompile.explain.sizes import human
from diffcompile.explain.stored import Stored, expression
from diffcompile.highlight import python_parts
from diffcompile.pipeline import compile_gradient

COLOURS = {"active": "green", "lost": "red", "branch": "yellow"} | dict.fromkeys(
    ("unused", "skipped", "folded"), "bright_black"
)
MOST_NEEDED = 3
LONGEST_LINE = 60


@click.command(cls=Command)
@target_options
@click.option("--value", "with_value", is_flag=True, help="Explain the function that also computes the value.")
@click.option("--json", "as_json", is_flag=True, help="Print the report for programs.")
@colour_option
def explain(
    target: str,
    wrt: str | None,
    described: tuple[str, ...],
    settings: tuple[str, ...],
    sizes: tuple[str, ...],
    with_value: bool,
    as_json: bool,
    colour: str,
) -> None:
    """Say line by line what the gradient of TARGET does and why.

    \b
    active     the result depends on what is differentiated through this line
    constant   it does not
    lost       a derivative ends here: a function without one
    branch     it decides which way to go, and is not differentiated
    unused     nothing that is returned depends on it
    skipped    only the value needs it
    folded     decided when the code is made
    inlined    a call, of which only the lines of the function called are left
    later      its derivative is compiled when the gradient runs
    Then: what is kept for the reverse sweep, why, and how many bytes; what to look out for; what it costs.
    """
    given = gather(target, wrt, described, settings, sizes)
    request = given.request(with_value=with_value)
    with working(f"compiling {target}"):
        compiled = compile_gradient(request)
    report = make_report(request, compiled, known_arguments(given), given.sizes)
    if as_json:
        click.echo(json.dumps(asdict(report), indent=1, default=str))
        return
    coloured = wants_colour(colour)
    click.echo("\n".join(text_of(report)), color=coloured)


def known_arguments(given: Given) -> dict[str, Any]:
    """Return arguments for the numbers beside the formulas: those whose sizes were given, and not made up."""
    named = dict(given.sizes)
    try:
        values = given.arguments()
    except Refused:
        return {}
    finally:
        made_up, given.sizes = set(given.sizes) - set(named), named
    found = {}
    for (parameter, _), value in zip(given.subject.own_parameters(), values, strict=False):
        words = set(re.findall(r"\w+|:|\.\.\.", given.texts.get(parameter.name, "")))
        vague = words & {*made_up, ":", "...", "int", "array"}
        if parameter.name in given.values or (parameter.name in given.texts and not vague):
            found[parameter.name] = value
    return found


def text_of(report: Report) -> list[str]:
    """Return the lines of a report."""
    wrt = ", ".join(report.wrt)
    lines = [click.style(f"{report.name} ({Path(report.path).name}), gradient with respect to {wrt}", bold=True), ""]
    lines += _table(report.lines)
    for place, group in itertools.groupby(report.called, key=lambda line: line.path):
        lines += ["", click.style(f"called, from {Path(place).name}", bold=True)]
        lines += _table(list(group))
    lines += ["", *_stored(report)]
    if report.warnings:
        lines += ["", click.style("look out for", bold=True), *(f"  {warning}" for warning in report.warnings)]
    lines += ["", click.style("cost", bold=True)]
    lines.append(f"  about {report.ratio:.2g} times the arithmetic of the function")
    lines.append(f"  about {report.call_ratio:.2g} times its operations, which Python starts one by one")
    lines.append("  (from the types, unknown lengths and trips taken for 100; `diffcompile bench` measures)")
    return lines


def _table(lines: list[Line]) -> list[str]:
    longest = min(max((len(line.text) for line in lines), default=0), LONGEST_LINE)
    width = max(longest, 40)
    shown = []
    for line in lines:
        code = painted(python_parts(line.text)) if line.text else ""
        remarks = [line.why] if line.why and line.state != "active" else []
        remarks += [f"rules: {', '.join(line.rules)}"] if line.rules else []
        remarks += ["run again in the reverse sweep"] if line.recomputed else []
        pad = " " * max(width - len(line.text), 0)
        padded = f"{line.state:9} " if remarks else line.state
        state = click.style(padded, fg=COLOURS.get(line.state)) if line.state else padded
        shown.append(f"{line.number:5}  {code}{pad}  {state}{'; '.join(remarks)}".rstrip())
    return shown


def _stored(report: Report) -> list[str]:
    if not report.stored:
        return [click.style("kept for the reverse sweep: nothing", bold=True)]
    lines = [click.style("kept for the reverse sweep", bold=True)]
    for one in report.stored:
        number = human(one.size.value) if one.size.value is not None else ""
        number = f" = {number}" if number not in ("", f"{one.size.text} bytes") else ""
        where = f" (line {one.span.line})" if one.span is not None else ""
        lines.append(f"  {click.style(one.name, fg='blue')}{where}: {one.size.text} bytes{number}; {one.what}")
        if one.needed:
            lines.append(f"      for the derivative of {_needed(one)}")
    known = [one.size.value for one in report.stored]
    if all(value is not None for value in known):
        lines.append(f"  together {human(sum(value or 0.0 for value in known))}")
    return lines


def _needed(one: Stored) -> str:
    shown = [f"{expression(span)} (line {span.line})" for span in one.needed[:MOST_NEEDED]]
    more = len(one.needed) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
