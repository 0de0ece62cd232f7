"""Colour on a terminal: code, stages and differences between them. In a pipe the text is plain."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import click

from diffcompile.highlight import Parts, python_parts, ssa_parts

STYLES: dict[str, dict[str, object]] = {
    "keyword": {"fg": "magenta"},
    "builtin": {"fg": "cyan"},
    "string": {"fg": "green"},
    "comment": {"fg": "bright_black", "italic": True},
    "number": {"fg": "yellow"},
    "value": {"fg": "blue"},
    "type": {"fg": "bright_black"},
}
SHOWN_AFTER = 0.5
"""Seconds of silence before work is announced."""


def wants_colour(choice: str = "auto") -> bool:
    """Tell whether to colour what goes to stdout; ``NO_COLOR`` and ``FORCE_COLOR`` are heard."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout is not None and sys.stdout.isatty())


def colour_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--color``."""
    option = click.option(
        "--color", "colour", type=click.Choice(["auto", "always", "never"]), default="auto",
        help="Colour the output; by default on a terminal only.",
    )  # fmt: skip
    return option(command)


def painted(parts: Parts) -> str:
    """Return parts with the colours of their kinds."""
    return "".join(click.style(text, **STYLES[kind]) if kind in STYLES else text for kind, text in parts)  # type: ignore[arg-type]


def paint(text: str, stage: str) -> str:
    """Return the text of a stage in colour."""
    return painted(python_parts(text) if stage in ("source", "code", "ast") else ssa_parts(text))


def paint_difference(line: str) -> str:
    """Return a line of a unified difference in colour."""
    styles = {"+": {"fg": "green"}, "-": {"fg": "red"}, "@": {"fg": "cyan"}}
    if line.startswith(("+++", "---")):
        return click.style(line, bold=True)
    return click.style(line, **styles[line[0]]) if line[:1] in styles else line  # type: ignore[arg-type]


def width() -> int:
    """Return the width of the terminal; of a pipe 160."""
    return shutil.get_terminal_size((160, 24)).columns


@contextlib.contextmanager
def working(what: str) -> Iterator[None]:
    """Say on stderr what takes so long, on a terminal and only after a moment; the line goes away at the end."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    done = threading.Event()

    def tell() -> None:
        start = time.monotonic()
        if done.wait(SHOWN_AFTER):
            return
        while True:
            sys.stderr.write(f"\r{what} ... {time.monotonic() - start:.0f} s ")
            sys.stderr.flush()
            if done.wait(1.0):
                break
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
