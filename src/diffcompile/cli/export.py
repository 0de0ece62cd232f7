"""``diffcompile export``: a gradient as a module that needs NumPy alone, and whether it is up to date."""

from __future__ import annotations

import difflib
import re
import shlex
from pathlib import Path

import click

from diffcompile.cli.failures import Command, Failed, Refused
from diffcompile.cli.given import gather, hint_at_types, target_options
from diffcompile.cli.paint import paint_difference, working
from diffcompile.export import exported


@click.command(cls=Command)
@target_options
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write. Default: print it."
)
@click.option("--check", "checks", is_flag=True, help="Write nothing; fail if the file is not what would be written.")
@click.option("--value", "with_value", is_flag=True, help="Export the function that also computes the value.")
def export(
    target: str,
    wrt: str | None,
    described: tuple[str, ...],
    settings: tuple[str, ...],
    sizes: tuple[str, ...],
    output: Path | None,
    checks: bool,
    with_value: bool,
) -> None:
    """Write the gradient of TARGET as a module that needs NumPy alone.

    The types of the arguments are found as by `diffcompile show`; the module checks them when it is called.
    The command that makes it anew stands at its head, so

    \b
        diffcompile export --check model_grad.py

    compares an exported file with what that command writes now, and exits with status 1 if it is stale.
    """
    if checks and ":" not in Path(target).name:
        check_file(Path(target))
        return
    text = rendered(target, wrt, described, settings, sizes, output, with_value=with_value)
    if checks:
        if output is None:
            raise click.UsageError("--check needs the file: -o FILE")
        compare(output, text)
    elif output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text)
        click.echo(f"{output}: {len(text.splitlines())} lines", err=True)


def rendered(
    target: str,
    wrt: str | None,
    described: tuple[str, ...],
    settings: tuple[str, ...],
    sizes: tuple[str, ...],
    output: Path | None,
    *,
    with_value: bool,
) -> str:
    """Return the text of the module."""
    given = gather(target, wrt, described, settings, sizes)
    words = ["diffcompile", "export", target]
    words += [] if wrt is None else ["--wrt", wrt]
    for option, values in (("--arg", described), ("--set", settings), ("--size", sizes)):
        for value in values:
            words += [option, value]
    words += ["--value"] if with_value else []
    words += ["-o", str(output)] if output is not None else []
    with working(f"compiling {target}"):
        subject = given.subject
        text = exported(
            subject.function, given.request(with_value=with_value), shlex.join(words), subject.name,
            bound=subject.is_bound,
        )  # fmt: skip
    hint_at_types(given.request())
    return text


def check_file(path: Path) -> None:
    """Compare an exported file with what the command at its head writes now.

    Raises:
        Failed: the file is stale.
        Refused: it is no exported file.
    """
    try:
        old = path.read_text()
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from error
    found = re.search(r"^    (diffcompile export .*)$", old, re.MULTILINE)
    if found is None:
        raise Refused(f"{path} does not say how it was made: no command at its head")
    words = shlex.split(found[1])[2:]
    with export.make_context("export", words) as context:
        given = context.params
    new = rendered(
        given["target"], given["wrt"], given["described"], given["settings"], given["sizes"], given["output"],
        with_value=given["with_value"],
    )  # fmt: skip
    compare(path, new)


def compare(path: Path, new: str) -> None:
    """Say whether a file holds ``new``.

    Raises:
        Failed: it does not; the differences are printed.
    """
    old = path.read_text() if path.exists() else ""
    if old == new:
        click.echo(f"{path} is up to date")
        return
    lines = difflib.unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), str(path), "now")
    click.echo("".join(map(paint_difference, lines)), nl=False)
    raise Failed(f"{path} is stale")
