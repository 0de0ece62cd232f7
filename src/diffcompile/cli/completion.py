"""``diffcompile completion``: the script that makes a shell complete commands, options and targets."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from diffcompile.cli.failures import Command, Refused

SHELLS = ["bash", "zsh", "fish"]


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the completion script for SHELL.

    \b
    bash   in ~/.bashrc:  eval "$(diffcompile completion bash)"
    zsh    in ~/.zshrc:   eval "$(diffcompile completion zsh)"
    fish   diffcompile completion fish > ~/.config/fish/completions/diffcompile.fish
    """
    cls = get_completion_class(shell)
    if cls is None:
        raise Refused(f"no completion for {shell}")
    from diffcompile.cli.group import main  # noqa: PLC0415 - the group imports this module

    script = cls(main, {}, "diffcompile", "_DIFFCOMPILE_COMPLETE")
    click.echo(script.source_template % script.source_vars())
