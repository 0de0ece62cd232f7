"""The command ``diffcompile``: what the compiler makes of a function, and tools around it."""

from diffcompile.cli.group import main

__all__ = ["main"]
