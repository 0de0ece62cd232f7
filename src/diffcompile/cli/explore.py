"""``diffcompile explore``: a page on which primal and adjoint can be explored side by side."""

from __future__ import annotations

import shlex
import webbrowser
from pathlib import Path

import click

from diffcompile.cli.explain import known_arguments
from diffcompile.cli.failures import Command
from diffcompile.cli.given import gather, target_options
from diffcompile.cli.paint import working
from diffcompile.explain.report import make_report
from diffcompile.explorer.page import page
from diffcompile.pipeline import compile_gradient


@click.command(cls=Command)
@target_options
@click.option("--value", "with_value", is_flag=True, help="Explore the function that also computes the value.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The page. Default: FUNCTION.html"
)
@click.option("--open", "opens", is_flag=True, help="Open the page in a browser.")
def explore(
    target: str,
    wrt: str | None,
    described: tuple[str, ...],
    settings: tuple[str, ...],
    sizes: tuple[str, ...],
    with_value: bool,
    output: Path | None,
    opens: bool,
) -> None:
    """Write a page on which TARGET and its gradient can be explored: one file that needs nothing else.

    The primal is on the left, a stage of the compilation on the right. Pointing at a line lights its
    counterparts; a slider goes through the stages; what is kept for the reverse sweep is marked.
    """
    given = gather(target, wrt, described, settings, sizes)
    output = output or given.default_file(".html")
    request = given.request(with_value=with_value)
    with working(f"compiling {target}"):
        compiled = compile_gradient(request)
        report = make_report(request, compiled, known_arguments(given), given.sizes)
        words = ["diffcompile", "explore", target, *([] if wrt is None else ["--wrt", wrt])]
        for option, values in (("--arg", described), ("--set", settings), ("--size", sizes)):
            for value in values:
                words += [option, value]
        text = page(given.subject.function, request, compiled, report, shlex.join([*words, "-o", str(output)]))
    output.write_text(text, encoding="utf-8")
    click.echo(f"{output}: open it in a browser", err=True)
    if opens:
        webbrowser.open(output.resolve().as_uri())
