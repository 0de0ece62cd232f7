"""Long statements on several lines.

    before: t = a[2:, 1:-1] + a[:-2, 1:-1] + ... - 6.0 * a[1:-1, 1:-1]
    after:  t = (
                a[2:, 1:-1] + a[:-2, 1:-1] + ...
                - 6.0 * a[1:-1, 1:-1]
            )

A line is broken between the terms of a sum, or behind commas, as far outside as there are any.
"""

from __future__ import annotations

import io
import tokenize
from dataclasses import dataclass

WIDTH = 120
INDENT = 4
_TERMS = {tokenize.NAME, tokenize.NUMBER, tokenize.STRING}
_ASSIGNING = {"=", "+=", "-=", "*=", "/="}
_OPENING, _CLOSING = "([{", ")]}"


@dataclass(frozen=True, slots=True)
class _Bracket:
    """A pair of brackets, or the value of a statement, and where what is in it may be broken."""

    start: int
    end: int
    breaks: tuple[int, ...]
    depth: int


def wrapped(line: str) -> list[str]:
    """Return the lines of a statement that may be too long for one; those of a compound statement stay."""
    if len(line) <= WIDTH or line.lstrip().startswith("#") or line.endswith(":"):
        return [line]
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(line.lstrip()).readline))
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return [line]  # part of a text
    indent, text = line[: len(line) - len(line.lstrip())], line.lstrip()
    places = [one for one in _brackets(tokens, len(text)) if one.breaks and one.end - one.start > len(line) / 3]
    if not places:
        return [line]
    best = min(places, key=lambda one: (one.depth, one.start - one.end))
    inner = indent + " " * INDENT
    opening, closing = ("(", ")") if best.depth == 0 else ("", "")
    pieces = [text[a:b].strip() for a, b in zip((best.start, *best.breaks), (*best.breaks, best.end), strict=True)]
    lines = [f"{indent}{text[: best.start]}{opening}", inner + pieces[0]]
    for piece in pieces[1:]:
        if len(lines[-1]) + 1 + len(piece) <= WIDTH:
            lines[-1] += f" {piece}"
        else:
            lines.append(inner + piece)
    return [*(part for one in lines for part in wrapped(one)), f"{indent}{closing}{text[best.end :]}"]


def _brackets(tokens: list[tokenize.TokenInfo], length: int) -> list[_Bracket]:
    """Return the brackets of a statement, and its value as one of depth 0."""
    found: list[_Bracket] = []
    start = length
    stack: list[tuple[int, list[int], list[int]]] = [(0, [], [])]
    before = None
    for token in tokens:
        at_top = len(stack) == 1
        if at_top and (token.string in _ASSIGNING or token.string == "return"):
            start = token.end[1] + 1
            stack = [(start, [], [])]
        elif token.type == tokenize.OP and token.string in _OPENING:
            stack.append((token.end[1], [], []))
        elif token.type == tokenize.OP and token.string in _CLOSING and not at_top:
            begin, commas, signs = stack.pop()
            found.append(_Bracket(begin, token.start[1], tuple(commas or signs), len(stack)))
        elif token.string == ",":
            stack[-1][1].append(token.end[1])
        elif token.string in ("+", "-") and before is not None and _ends_a_term(before):
            stack[-1][2].append(token.start[1])
        before = token
    if start < length:
        found.append(_Bracket(start, length, tuple(stack[0][1] or stack[0][2]), 0))
    return found


def _ends_a_term(token: tokenize.TokenInfo) -> bool:
    return token.type in _TERMS or token.string in _CLOSING


__all__ = ["wrapped"]
