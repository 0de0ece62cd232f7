"""``diffcompile graph``: a stage of the compilation as a picture."""

from __future__ import annotations

from pathlib import Path

import click

from diffcompile.cli.failures import Command, Refused
from diffcompile.cli.given import gather, target_options
from diffcompile.cli.paint import working
from diffcompile.explorer.graph import TooLarge, layout
from diffcompile.explorer.svg import svg_of
from diffcompile.pipeline import compile_gradient


@click.command(cls=Command)
@target_options
@click.option(
    "--stage", type=click.Choice(["ssa", "typed", "primal", "adjoint", "optimised"]), default="primal",
    show_default=True, help="What to draw.",
)  # fmt: skip
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The SVG file. Default: FUNCTION.svg"
)
def graph(
    target: str,
    wrt: str | None,
    described: tuple[str, ...],
    settings: tuple[str, ...],
    sizes: tuple[str, ...],
    stage: str,
    output: Path | None,
) -> None:
    """Draw a stage of the compilation of TARGET: operations as boxes, values as arrows, loops as boxes around."""
    if output is not None and output.suffix not in (".svg", ""):
        raise click.BadParameter(f"{output}: only SVG is written, so the name ends in .svg", param_hint="-o")
    given = gather(target, wrt, described, settings, sizes)
    output = output or given.default_file(".svg")
    with working(f"compiling {target}"):
        compiled = compile_gradient(given.request())
    try:
        picture = layout(compiled.stages[stage], compiled.types if stage != "ssa" else {})
    except TooLarge as error:
        raise Refused(f"{error}\n  try: `diffcompile show --stage {stage}`") from error
    output.write_text(svg_of(picture, alone=True))
    click.echo(f"{output}: {len(picture.edges)} values", err=True)
