"""How the command fails: one readable message and exit status 2; the traceback on request."""

from __future__ import annotations

import linecache
import logging
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from diffcompile.errors import DiffCompileError, VerificationError
from diffcompile.watch import LOGGER

PACKAGE = __file__.rpartition("cli")[0]


class Refused(click.ClickException):
    """A problem of the user's input: one message, exit status 2."""

    exit_code = 2


class Failed(click.ClickException):
    """What was asked is answered, and the answer is no: exit status 1, for scripts."""

    exit_code = 1

    def show(self, file: Any = None) -> None:
        """Print the message without a heading, for it is a result and no malfunction."""
        if self.message:
            click.echo(self.message, file=file, err=True)


class Command(click.Command):
    """A command with ``--traceback`` that turns every exception into one message."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Add the option."""
        super().__init__(*args, **kwargs)
        self.params.append(
            click.Option(["--traceback"], is_flag=True, expose_value=False, is_eager=True, callback=_remember,
                         help="Show where a failure comes from.")
        )  # fmt: skip

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            with _each_warning_once():
                return super().invoke(ctx)
        except (click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise  # click ends quietly where nobody reads any more
        except click.ClickException as error:
            if ctx.meta.get(TRACEBACK) and error.__cause__ is not None:
                _print(error.__cause__)
            raise
        except Exception as error:
            if ctx.meta.get(TRACEBACK):
                _print(error)
            raise Refused(_message(error, shown=bool(ctx.meta.get(TRACEBACK)))) from error


@contextmanager
def _each_warning_once() -> Iterator[None]:
    """Show a warning once for each line: a check calls the function, and code generated from it, many times."""
    seen: set[tuple[Any, ...]] = set()
    show = warnings.showwarning

    def once(message: Any, category: Any, filename: str, lineno: int, *rest: Any, **options: Any) -> None:
        text, generated = (category, str(message)), filename.startswith("<diffcompile")
        if text not in seen if generated else (*text, filename, lineno) not in seen:
            show(message, category, filename, lineno, *rest, **options)
        seen.update((text, (*text, filename, lineno)))

    warnings.showwarning = once
    try:
        yield
    finally:
        warnings.showwarning = show


TRACEBACK = "diffcompile.traceback"


def _remember(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        ctx.meta[TRACEBACK] = True
        level = LOGGER.level
        LOGGER.setLevel(logging.DEBUG)  # tracebacks of refusals go on into the compiler
        ctx.call_on_close(lambda: LOGGER.setLevel(level))


def _print(error: BaseException) -> None:
    text = "".join(traceback.format_exception(error))
    click.echo(text, err=True)


def _message(error: BaseException, *, shown: bool) -> str:
    """Return what an exception says: the compiler's refusals as they are, others with their place."""
    if isinstance(error, DiffCompileError | TypeError | ValueError) and not isinstance(error, VerificationError):
        return f"{type(error).__name__}: {error}"
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror[:1].lower()}{error.strerror[1:]}"
    hint = "" if shown else "\n  try: --traceback shows where it comes from"
    return describe_failure(error) + hint


def describe_failure(error: BaseException) -> str:
    """Return what an exception says, with the last line of the user's code that it passed through."""
    if isinstance(error, SyntaxError) and error.filename:
        return _unreadable(error)
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    frame = error.__traceback__
    place = ""
    while frame is not None:
        name = frame.tb_frame.f_code.co_filename
        if not name.startswith("<") and not name.startswith(PACKAGE) and not _installed(name):
            line = linecache.getline(name, frame.tb_lineno).strip()
            place = f"\n  {name}:{frame.tb_lineno}" + (f"\n    {line}" if line else "")
        frame = frame.tb_next
    return text + place


def _unreadable(error: SyntaxError) -> str:
    """Return what a syntax error says, with its line and a caret."""
    line = (error.text or "").rstrip()
    indent = len(line) - len(line.lstrip())
    shown = f"{type(error).__name__}: {error.msg}\n  {error.filename}:{error.lineno}"
    if line:
        shown += f"\n    {line.lstrip()}"
        if error.offset and error.offset > indent:
            shown += "\n    " + " " * (error.offset - 1 - indent) + "^"
    return shown


def _installed(name: str) -> bool:
    """Tell whether a file belongs to an installed package or to Python itself."""
    return "site-packages" in name or name.startswith((sys.base_prefix + "/lib", sys.base_prefix + "\\Lib"))
