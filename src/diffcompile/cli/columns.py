"""Two texts side by side: a stage beside another with equal lines aligned, or code beside the source it came from."""

from __future__ import annotations

import difflib
import re

import click

from diffcompile.cli.paint import painted
from diffcompile.highlight import Parts, lines_of, python_parts, ssa_parts

Row = tuple[int | None, int | None]
"""Line numbers from 0; None where a side has nothing."""
GUTTER = " │ "


def side_by_side(left: str, right: str, names: tuple[str, str], columns: int, *, coloured: bool) -> str:
    """Return two columns that fit into so many characters; longer lines are wrapped."""
    texts = (left, right)
    parts = [lines_of(_parts(text, name)) for text, name in zip(texts, names, strict=True)]
    longest = [max((len(line) for line in text.splitlines()), default=0) for text in texts]
    room = columns - len(GUTTER)
    first = min(longest[0], max(room - longest[1], room // 2))
    widths = (max(first, len(names[0])), max(room - first, 20))
    rows = matched(left.splitlines(), right.splitlines(), names)
    lines = [_row([[("", names[0])], [("", names[1])]], widths, coloured=False)]
    lines += [f"{'─' * widths[0]}─┼─{'─' * min(widths[1], longest[1])}"]
    for one, other in rows:
        cells: list[Parts] = [[] if one is None else parts[0][one], [] if other is None else parts[1][other]]
        lines.append(_row(cells, widths, coloured=coloured))
    return "\n".join(lines) + "\n"


def _parts(text: str, name: str) -> Parts:
    return python_parts(text) if name in ("source", "code", "ast") else ssa_parts(text)


def _row(cells: list[Parts], widths: tuple[int, int], *, coloured: bool) -> str:
    """Return one row, over several lines where a cell is too long."""
    wrapped = [_wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
    height = max(len(pieces) for pieces in wrapped)
    lines = []
    for number in range(height):
        texts = []
        for pieces, width in zip(wrapped, widths, strict=True):
            piece = pieces[number] if number < len(pieces) else []
            length = sum(len(text) for _, text in piece)
            shown = painted(piece) if coloured else "".join(text for _, text in piece)
            texts.append(shown + " " * (width - length))
        gutter = click.style(GUTTER, fg="bright_black") if coloured else GUTTER
        lines.append(gutter.join(texts).rstrip())
    return "\n".join(lines)


def _wrapped(parts: Parts, width: int) -> list[Parts]:
    lines: list[Parts] = [[]]
    room = width
    for kind, text in parts:
        rest = text
        while len(rest) > room:
            lines[-1].append((kind, rest[:room]))
            rest = rest[room:]
            lines.append([])
            room = width
        lines[-1].append((kind, rest))
        room -= len(rest)
    return lines


def matched(left: list[str], right: list[str], names: tuple[str, str]) -> list[Row]:
    """Return which line stands beside which.

    Generated code quotes the primal line that a group of its lines belongs to, so source and code are matched by
    these quotations and by equal lines, other stages by equal lines alone.
    """
    if names == ("source", "code"):
        keys = [_normal(line) for line in left], [_normal(line) for line in right]
    else:
        keys = left, right
    rows: list[Row] = []
    matcher = difflib.SequenceMatcher(None, keys[0], keys[1], autojunk=False)
    for _, a, b, c, d in matcher.get_opcodes():
        for k in range(max(b - a, d - c)):
            rows.append((a + k if a + k < b else None, c + k if c + k < d else None))
    return rows


def _normal(line: str) -> str:
    """Return what two lines have in common that belong together: the statement without comment and space."""
    text = re.sub(r"\s+", "", line.split("  #", maxsplit=1)[0])
    return text.removeprefix("#")
