"""Looking at adjoints: what the reverse sweep of :func:`diffcompile.gradient_norms` calls, and what it found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from diffcompile.errors import Span

STEEP = 1e6
"""So much smaller or larger at the first of several times than at the last, a norm vanishes or explodes."""
WIDTH, NAME = 44, 16
"""Columns for a statement and for what it computes, in the table."""


@dataclass(frozen=True, slots=True)
class Norm:
    """The adjoint of one value, where it was complete."""

    path: str
    line: int
    statement: str
    """The statement that computed the value, on one line."""
    expression: str
    """The part of it that the value is."""
    name: str
    """The variable that got the value, or empty."""
    norm: float
    """The Euclidean norm of the adjoint."""
    largest: float
    """The largest absolute value in it."""
    shape: tuple[int, ...]

    @property
    def is_nan(self) -> bool:
        """Whether there is a NaN in the adjoint."""
        return bool(np.isnan(self.norm))

    def __str__(self) -> str:
        shown = self.name or self.expression
        return f"{Path(self.path).name}:{self.line}: adjoint of {shown}: norm {self.norm:.3g}\n    {self.statement}"


@dataclass(slots=True)
class Recorder:
    """What one run has found so far: in the order of the reverse sweep, the last line first."""

    found: list[Norm] = field(default_factory=list)
    blamed: Site | None = None
    """Where an adjoint went in without NaN, and one with NaN came out."""


class Site:
    """A place in the reverse sweep; called with an adjoint."""

    def __init__(self, recorder: Recorder, span: Span | None, name: str, *, after: bool) -> None:
        self.recorder = recorder
        self.span = span
        self.name = name
        self.after = after
        """It is handed what an operation passed on, not what it got."""
        self.__name__ = "after" if after else "look_at"

    def __call__(self, bar: Any) -> None:
        """Note an adjoint."""
        values = np.asarray(bar)
        if values.dtype.kind not in "fc" or self.span is None:
            return
        sizes = np.abs(values)
        if self.after:
            if self.recorder.blamed is None and np.isnan(sizes).any():
                self.recorder.blamed = self
            return
        with np.errstate(over="ignore"):
            norm = float(np.linalg.norm(sizes.astype(float, copy=False).ravel()))
        self.recorder.found.append(self.norm(norm, float(np.max(sizes, initial=0.0)), values.shape))

    def norm(self, norm: float, largest: float, shape: tuple[int, ...]) -> Norm:
        """Return what is known of the adjoint at this place."""
        span = self.span
        assert span is not None
        return Norm(
            span.path,
            span.statement_line or span.line,
            span.statement or span.text.strip(),
            _expression(span),
            self.name,
            norm,
            largest,
            shape,
        )

    def __repr__(self) -> str:
        return f"<adjoint of {self.name or 'a value'}>"


def _expression(span: Span) -> str:
    if span.end_line == span.line:
        return span.text[span.column : span.end_column]
    return span.text[span.column :].rstrip() + " ..."


@dataclass(frozen=True, slots=True)
class Row:
    """The adjoints of one variable on one line, or of what a line without an assignment computes."""

    path: str
    line: int
    statement: str
    expression: str
    name: str
    norms: Any
    """An array with a norm for each time that the line was run, in the order of the program."""

    @property
    def note(self) -> str:
        """What is remarkable: NaN, infinity, vanishing or exploding."""
        wrong = np.flatnonzero(np.isnan(self.norms))
        if len(wrong):
            return "NaN" if len(self.norms) == 1 else f"NaN at time {int(wrong[-1])} and {len(wrong) - 1} before"
        if np.isinf(self.norms).any():
            return "infinite"
        first, last = self.norms[0], self.norms[-1]
        if not self.norms.any():
            return "zero"
        if first * STEEP < last:
            return "vanishes"
        return "explodes" if first > last * STEEP else ""


@dataclass(frozen=True, slots=True)
class Norms:
    """What :func:`diffcompile.gradient_norms` found; printed, it is a table."""

    entries: tuple[Norm, ...]
    """All adjoints, in the order of the program."""
    gradients: tuple[tuple[str, Any], ...]
    """The differentiated arguments' names and gradients."""
    culprit: Norm | None
    """The operation whose adjoint has no NaN, and that passed one on; of several the last in the program."""

    @property
    def first_nan(self) -> Norm | None:
        """The adjoint with a NaN that the reverse sweep met first, which is the last in the program."""
        return next((entry for entry in reversed(self.entries) if entry.is_nan), None)

    @property
    def rows(self) -> tuple[Row, ...]:
        """A row for each variable on each line, in the order in which they were first run."""
        grouped: dict[tuple[str, int], dict[str, list[Norm]]] = {}
        for entry in self.entries:
            grouped.setdefault((entry.path, entry.line), {}).setdefault(entry.name, []).append(entry)
        return tuple(row for names in grouped.values() for row in _rows(names))

    def of(self, name: str) -> Any:
        """Return the norms of the adjoints of a variable, in the order in which the program computed it.

        Raises:
            KeyError: no variable of this name has an adjoint.
        """
        found = [entry.norm for entry in self.entries if entry.name == name]
        if not found:
            known = sorted({entry.name for entry in self.entries if entry.name})
            raise KeyError(f"no adjoint of {name!r}; there are {', '.join(known)}")
        return np.array(found)

    def __str__(self) -> str:
        head = f"{'line':>6}  {'statement':{WIDTH}}  {'adjoint of':{NAME}}  times  norm: first       last"
        return "\n".join([head, *self._table(), *self._end()])

    def _table(self) -> Iterator[str]:
        paths = {row.path for row in self.rows}
        path = ""
        for row in self.rows:
            if len(paths) > 1 and row.path != path:
                path = row.path
                yield Path(path).name
            statement = _cut(row.statement, WIDTH)
            computed = _cut(row.name or row.expression, NAME)
            last = f"{row.norms[-1]:9.3g}" if len(row.norms) > 1 else " " * 9
            start = f"{row.line:>6}  {statement:{WIDTH}}  {computed:{NAME}}  {len(row.norms):>5}"
            yield f"{start}  {row.norms[0]:11.3g}  {last}  {row.note}".rstrip()

    def _end(self) -> Iterator[str]:
        for name, gradient in self.gradients:
            if isinstance(gradient, np.ndarray | float | np.floating):
                yield f"gradient with respect to {name}: norm {float(np.linalg.norm(np.ravel(gradient))):.3g}"
        if self.culprit is not None:
            place = f"{Path(self.culprit.path).name}:{self.culprit.line}: {self.culprit.expression}"
            yield f"NaN comes from {place}, whose own adjoint has norm {self.culprit.norm:.3g}"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


def _rows(names: dict[str, list[Norm]]) -> Iterator[Row]:
    """Yield the rows of one line: its variables, or else what was computed last in each run of it."""
    named = {name: found for name, found in names.items() if name}
    if not named:
        (found,) = names.values()
        whole = max(len(entry.expression) for entry in found)
        named = {"": [entry for entry in found if len(entry.expression) == whole]}
    for name, found in named.items():
        first = found[0]
        norms = np.array([entry.norm for entry in found])
        yield Row(first.path, first.line, first.statement, first.expression, name, norms)


__all__ = ["Norm", "Norms", "Recorder", "Row", "Site"]
