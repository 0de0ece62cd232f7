"""The explorer: one page with the primal on the left and a stage on the right, which light each other up.

The page needs nothing but itself. A line belongs to a statement of the primal, its *key*; lines of one key are lit
together. What is kept for the reverse sweep is marked where it is kept, with its bytes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from diffcompile.errors import Span
from diffcompile.explain.report import Line, Report
from diffcompile.explain.sizes import human
from diffcompile.explain.stages import stage_text
from diffcompile.explain.stored import Stored, expression
from diffcompile.explorer.graph import TooLarge, layout
from diffcompile.explorer.svg import DARK, STYLE, svg_of
from diffcompile.highlight import html_of, lines_of, python_parts, ssa_parts
from diffcompile.ir.core import Function
from diffcompile.ir.printer import printed_lines
from diffcompile.pipeline import STAGES, Compiled, Request


@dataclass(slots=True)
class _Page:
    request: Request
    compiled: Compiled
    report: Report
    function: Any

    def stages(self) -> list[dict[str, Any]]:
        """Return the stages with their lines: the text as HTML, the key, and what is kept there."""
        found = []
        for stage in STAGES:
            if stage in ("source", "ast"):
                text = stage_text(self.function, self.request, stage)
                parts = lines_of(python_parts(text))
                keys = [""] * len(parts)
                if stage == "source":
                    keys = [self.key_of(line.path, line.number) for line in self.report.lines]
                lines = self._lines([html_of(line) for line in parts], keys)
                found.append({"name": stage, "lines": lines, "graph": ""})
            elif stage == "code":
                found.append({"name": stage, "lines": self._code(), "graph": ""})
            else:
                found.append(self._ssa(stage, self.compiled.stages[stage]))
        return found

    def _lines(self, texts: list[str], keys: list[str], marks: dict[int, str] | None = None) -> list[list[str]]:
        marks = marks or {}
        return [[text, key, marks.get(k, "")] for k, (text, key) in enumerate(zip(texts, keys, strict=True))]

    def _code(self) -> list[list[str]]:
        source = self.compiled.source
        origins = self.compiled.lines()
        count = len(source.splitlines())
        keys = [self._key(origins.get(number)) for number in range(1, count + 1)]
        marks: dict[int, str] = {}
        for one in self.report.stored:
            for number, line in enumerate(source.splitlines()):
                pushed = line.lstrip().startswith(f"{one.list_}.append(")
                if one.trips and (pushed or f"{one.list_}.pop()" in line):
                    keys[number] = keys[number] or self._key(one.span)
                    if pushed:
                        marks[number] = "; ".join(filter(None, (marks.get(number), _bytes(one))))
        return self._lines([html_of(line) for line in lines_of(python_parts(source))], keys, marks)

    def _ssa(self, stage: str, function: Function) -> dict[str, Any]:
        types = self.compiled.types if stage != "ssa" else {}
        printed = printed_lines(function, lambda value: repr(types[value]) if value in types else "")
        keys = [self._key(line.op.span if line.op is not None else None) for line in printed]
        try:
            graph = svg_of(layout(function, types), lambda op: self._key(op.span))
        except TooLarge as error:
            graph = f"<p>{escape(str(error))}</p>"
        lines = self._lines([html_of(ssa_parts(line)) for line in printed], keys)
        return {"name": stage, "lines": lines, "graph": graph}

    def _key(self, span: Span | None) -> str:
        return "" if span is None or not span.statement else self.key_of(span.path, span.statement_line)

    def key_of(self, path: str, number: int) -> str:
        """Return the key of a statement."""
        paths = list(dict.fromkeys([self.report.path, *(line.path for line in self.report.called)]))
        return f"{paths.index(path)}:{number}" if path in paths else ""

    # -- the primal

    def primal(self) -> list[dict[str, Any]]:
        """Return the lines of the primal, and of what was inlined, with all that is known about each."""
        rows = [self._row(line) for line in self.report.lines]
        place = ""
        for line in self.report.called:
            if line.path != place:
                place = line.path
                rows.append({"n": "", "html": escape(f"called, from {Path(place).name}"), "k": "", "state": "head"})
            rows.append(self._row(line))
        return rows

    def _row(self, line: Line) -> dict[str, Any]:
        kept = [one for one in self.report.stored if one.span is not None and one.span.statement_line == line.number
                and one.span.path == line.path]  # fmt: skip
        remarks = [line.why] if line.why else []
        remarks += [f"rules: {', '.join(line.rules)}"] if line.rules else []
        remarks += ["run again in the reverse sweep"] if line.recomputed else []
        remarks += [_kept(one) for one in kept]
        return {
            "n": line.number,
            "html": html_of(python_parts(line.text)),
            "k": self.key_of(line.path, line.number),
            "state": line.state,
            "kept": " + ".join(_number(one) for one in kept),
            "about": remarks,
        }


def _bytes(one: Stored) -> str:
    known = f" = {human(one.size.value)}" if one.size.value is not None else ""
    return f"{one.size.text} bytes{known}"


def _number(one: Stored) -> str:
    return human(one.size.value) if one.size.value is not None else f"{one.size.text} bytes"


def _kept(one: Stored) -> str:
    readers = ", ".join(f"{expression(span)} (line {span.line})" for span in one.needed)
    return f"kept: {one.name}, {_bytes(one)}; {one.what}" + (f"; for the derivative of {readers}" if readers else "")


def page(function: Any, request: Request, compiled: Compiled, report: Report, command: str) -> str:
    """Return the page as one HTML text.

    Args:
        function: The primal.
        request: What was compiled.
        compiled: The result, with its stages.
        report: What :func:`diffcompile.explain.report.make_report` says about it.
        command: How the page was made; shown at its foot.
    """
    work = _Page(request, compiled, report, function)
    names = ", ".join(report.wrt)
    data = {
        "title": f"{report.name}: gradient with respect to {names}",
        "primal": work.primal(),
        "stages": work.stages(),
        "stored": [[one.name, _bytes(one), one.what, work._key(one.span)] for one in report.stored],
        "warnings": report.warnings,
        "cost": f"about {report.ratio:.2g} times the arithmetic of the function, "
        f"{report.call_ratio:.2g} times its operations",
    }
    assets = files("diffcompile.explorer")
    dark = "\n".join(f":root[data-theme=dark] {rule}" for rule in _rules(DARK))
    fields = {
        "TITLE": escape(str(data["title"])),
        "PLACE": escape(f"{Path(report.path).name}:{report.lines[0].number if report.lines else 0}"),
        "COMMAND": escape(command),
        "STYLE": (assets / "page.css").read_text() + STYLE + dark,
        "SCRIPT": (assets / "page.js").read_text(),
        "DATA": json.dumps(data, separators=(",", ":")).replace("</", "<\\/"),
    }
    text = (assets / "page.html").read_text()
    for name, value in fields.items():
        text = text.replace(f"@{name}@", value)
    return text


def _rules(style: str) -> list[str]:
    return [f"{rule}}}" for rule in style.replace("\n", "").split("}") if rule]


