"""The exception tree: every message says what happened, where, why and what to do."""

from __future__ import annotations

import linecache
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


def shown_path(path: str) -> str:
    """Return how a user knows a file: a cell of a notebook, which is none, by its number: ``Cell In[3]``."""
    notebook = sys.modules.get("IPython")
    shell = notebook.get_ipython() if notebook is not None and hasattr(notebook, "get_ipython") else None
    name_of = getattr(getattr(shell, "compile", None), "format_code_name", None)
    named = name_of(path) if name_of is not None else None
    return " ".join(named) if named else path


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the user's source: ``line`` counts from 1, ``column`` from 0, as in :mod:`ast`."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str
    """The source line that ``line`` names, without its newline."""
    statement: str = ""
    """The statement that the span belongs to, on one line; of a compound statement its header."""
    statement_line: int = 0

    def place(self) -> str:
        """Return the file without its folders, as code may be kept elsewhere, the line and the column, from 1."""
        return f"{Path(self.path).name}:{self.line}:{self.column + 1}"

    def pointer(self) -> str:
        """Return the source line with carets under the span, as Python's own tracebacks draw it."""
        stripped = self.text.lstrip()
        shift = len(self.text) - len(stripped)
        start = max(self.column - shift, 0)
        end = self.end_column - shift if self.end_line == self.line else len(stripped)
        carets = " " * start + "^" * max(end - start, 1)
        return f"  {shown_path(self.path)}:{self.line}\n    {stripped.rstrip()}\n    {carets}"


GENERATED = "<diffcompile "
"""How the paths of generated code begin."""


def running_statement() -> str:
    """Return the statement of the primal that generated code is at, as its comments tell; "" if none is running."""
    frame = sys._getframe(1)
    while frame is not None and not frame.f_code.co_filename.startswith(GENERATED):
        frame = frame.f_back  # type: ignore[assignment]
    if frame is None:
        return ""
    lines = linecache.getlines(frame.f_code.co_filename)
    title = next((line for line in lines if line.lstrip().startswith(('"""', 'r"""'))), "")
    found = [f"  {title.strip().strip('r').strip(chr(34))}"] if title else []
    for line in reversed(lines[: frame.f_lineno]):
        text = line.strip()
        if text.startswith("def "):
            break
        if text.startswith("#") and not text.startswith(("# forward sweep", "# reverse sweep")):
            found.append(f"    {text.removeprefix('#').strip()}")
            break
    return "\n".join(found)


class DiffCompileError(Exception):
    """Base of all errors that the compiler raises on purpose.

    ``what`` happened, ``span`` where, ``why`` it is so and what to ``advise``.
    """

    def __init__(self, what: str, *, span: Span | None = None, why: str = "", advice: str = "") -> None:
        self.what = what
        self.span = span
        self.why = why
        self.advice = advice
        self.caller: Span | None = None
        """The call in another file that led to the place, nearest to the function that is differentiated."""
        super().__init__(self._message())

    def pass_through(self, caller: Span | None) -> None:
        """Note a call on the way from the place to the function that is differentiated."""
        if caller is not None and self.span is not None and caller.path != self.span.path:
            self.caller = caller
            self.args = (self._message(),)

    def _message(self) -> str:
        lines = [self.what]
        place = self.span.pointer() if self.span is not None else running_statement()
        if place:
            lines.append(place)
        if self.caller is not None:
            lines.append(f"  called from\n{self.caller.pointer()}")
        if self.why:
            lines.append(f"  why: {self.why}")
        if self.advice:
            lines.append(f"  try: {self.advice}")
        return "\n".join(lines)


class UnsupportedError(DiffCompileError):
    """The program uses something outside the differentiable subset; refused at compile time."""

    @classmethod
    def all_of(cls, problems: list[DiffCompileError]) -> DiffCompileError:
        """Return one error that reports every problem of a function."""
        if len(problems) == 1:
            return problems[0]
        text = "\n\n".join(str(problem) for problem in problems)
        error = cls(f"{len(problems)} constructs are not supported\n\n{text}")
        error.problems = problems
        error.span = problems[0].span
        return error

    problems: list[DiffCompileError]


class MissingRuleError(DiffCompileError):
    """A callee on the active path has neither a derivative rule nor Python source."""

    callee: Any = None
    """A Python function that was called as it stands, as nothing active seemed to reach it."""


class NoSourceError(DiffCompileError):
    """The source text of a function cannot be found."""


class VerificationError(AssertionError):
    """The compiler produced malformed IR: a bug in the compiler, never in the user's program."""
