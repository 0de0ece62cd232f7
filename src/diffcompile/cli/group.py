"""The group of commands; a command's module is imported when the command is used."""

from __future__ import annotations

import importlib
from typing import Any

import click

import diffcompile

COMMANDS = {
    "show": "Print the generated gradient of a function, or any stage on the way to it.",
    "explain": "Say line by line what is active, saved, recomputed and dead, and what it costs.",
    "check": "Compare a gradient with finite differences.",
    "export": "Write a gradient as a module that needs NumPy alone.",
    "explore": "Write a page on which primal and adjoint can be explored side by side.",
    "graph": "Draw a stage of the compilation as a graph.",
    "bench": "Measure how much longer the gradient takes than the function.",
    "rules": "List the functions that have a derivative rule.",
    "doctor": "Look at the installation, and say what is missing.",
    "completion": "Print the script that completes commands in your shell.",
}


class Commands(click.Group):
    """A group whose commands live in modules of their own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which one needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"diffcompile.cli.{cmd_name}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the command; a wrong name comes with the nearest right one."""
        import difflib  # noqa: PLC0415 - only on a mistake

        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            if close:
                raise click.UsageError(f"{error.message} Did you mean {close[0]!r}?", ctx) from None
            raise


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(diffcompile.__version__, prog_name="diffcompile")
def main() -> None:
    """Differentiate Python and NumPy functions from source to source.

    \b
    TARGET is  module:function  or  module:Class.method  or  path/file.py:function

    Exit status: 0 all is well, 1 a check failed, 2 a problem with what was asked.
    """
