"""``diffcompile show``: the generated code, or any stage on the way to it, without calling the function."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace

import click

from diffcompile.api.arguments import check_backend
from diffcompile.cli.columns import side_by_side
from diffcompile.cli.failures import Command
from diffcompile.cli.given import gather, hint_at_types, target_options
from diffcompile.cli.paint import colour_option, paint, paint_difference, wants_colour, width, working
from diffcompile.cli.values import complete_backend
from diffcompile.explain.stages import stage_text
from diffcompile.pipeline import STAGES


@click.command(cls=Command)
@target_options
@click.option("--stage", type=click.Choice(STAGES), default="code", show_default=True, help="What to print.")
@click.option(
    "--diff", "pair", nargs=2, type=click.Choice(STAGES), metavar="STAGE STAGE", help="Compare two stages."
)
@click.option(
    "--side-by-side", "columns", is_flag=True, help="Two columns: the source and the stage, or both of --diff."
)
@click.option("--value", "with_value", is_flag=True, help="Also compute the value of the function.")
@click.option(
    "--mode", type=click.Choice(["reverse", "forward"]), default="reverse", show_default=True,
    help="forward: the derivative along tangents.",
)
@click.option(
    "--backend", default="numpy", show_default=True, help="Who executes the generated code.",
    shell_complete=complete_backend,
)
@colour_option
def show(
    target: str,
    wrt: str | None,
    described: tuple[str, ...],
    settings: tuple[str, ...],
    sizes: tuple[str, ...],
    stage: str,
    pair: tuple[str, str] | None,
    columns: bool,
    with_value: bool,
    mode: str,
    backend: str,
    colour: str,
) -> None:
    """Print the gradient function of TARGET, or a stage on the way to it.

    TARGET is module:function, module:Class.method or path/file.py:function. The module is imported, the
    function is not called, and nothing is written.

    \b
    Types for --arg:
      float  int  bool  complex  str         Python's own
      float64  float32  int64 ...            a NumPy scalar
      "float64[3,4]"                         an array of this shape
      "float64[:,:]"  "float64[n,m]"         of this rank; axes of one name have one length
      "float64[...]"  array                  of any rank; of any rank and dtype
      "list[float64[3]]"  "(float, int)"     a list, a tuple
      "fast"  None  3  True                  this string, None, a number of this type
    Where --arg is silent, --set and the example of @gradcheckable speak, then annotations, then defaults;
    else the code is made for every type, and longer.
    """
    try:
        check_backend(backend)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--backend") from None
    given = gather(target, wrt, described, settings, sizes)

    def text_of(one: str) -> str:
        with working(f"compiling {target}"):
            request = None
            if one not in ("source", "ast"):
                forward = mode == "forward"
                request = replace(given.request(with_value=with_value), forward=forward)
            return stage_text(given.subject.function, request, one)

    coloured = wants_colour(colour)
    if columns:
        left, right = pair or ("source", stage)
        text = side_by_side(text_of(left), text_of(right), (left, right), width(), coloured=coloured)
    elif pair:
        text = difference(text_of(pair[0]), text_of(pair[1]), pair, coloured=coloured)
    else:
        text = text_of(stage)
        text = paint(text, stage) if coloured else text
    click.echo(text, nl=False, color=coloured)
    if stage == "code" and pair is None:
        hint_at_types(given.request())


def difference(left: str, right: str, names: Sequence[str], *, coloured: bool) -> str:
    """Return the unified difference of two stages."""
    lines = difflib.unified_diff(
        left.splitlines(keepends=True), right.splitlines(keepends=True), names[0], names[1], n=3
    )
    return "".join(paint_difference(line) if coloured else line for line in lines)
