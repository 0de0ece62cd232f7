"""Split a text into highlighted parts, for terminals and for pages: Python by its tokens, SSA by patterns."""

from __future__ import annotations

import builtins
import html
import io
import keyword
import re
import tokenize

Parts = list[tuple[str, str]]
"""``(kind, text)``; the texts joined are the original. Kinds: keyword, builtin, string, comment, number,
name, value, type, operator, and the empty one."""

_SSA = re.compile(
    r"(?P<value>%[\w.?]+)|(?P<type>(?<=: )(?:list|dict|range|bool|any|number|u?int\d*|float\d*|complex\d*)"
    r"(?:\[[^\]\n]*\]+)?)|(?P<string>'[^'\n]*')|(?P<number>(?<![\w%.])\d[\w.]*)"
    r"|(?P<keyword>\b(?:function|return|yield|body|then|else|condition|section|for|while|if)\b)|(?P<builtin>\b[a-z_]\w*(?:\.\w+)*(?=\())"
)


def python_parts(text: str) -> Parts:
    """Split Python code; where it does not parse, what is left stays plain.

    >>> python_parts("x = 1")
    [('name', 'x'), ('', ' '), ('operator', '='), ('', ' '), ('number', '1')]
    """
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    parts: Parts = []
    done = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            kind = _kind(token)
            if not kind or token.start[0] > len(lines):
                continue
            begin, end = starts[token.start[0] - 1] + token.start[1], starts[token.end[0] - 1] + token.end[1]
            if begin > done:
                parts.append(("", text[done:begin]))
            parts.append((kind, text[begin:end]))
            done = end
    except (tokenize.TokenError, SyntaxError):
        pass
    if done < len(text):
        parts.append(("", text[done:]))
    return parts


def _kind(token: tokenize.TokenInfo) -> str:
    match token.type:
        case tokenize.NAME if keyword.iskeyword(token.string):
            return "keyword"
        case tokenize.NAME if hasattr(builtins, token.string):
            return "builtin"
        case tokenize.NAME:
            return "name"
        case tokenize.NUMBER:
            return "number"
        case tokenize.COMMENT:
            return "comment"
        case tokenize.STRING:
            return "string"
        case tokenize.OP:
            return "operator"
    name = tokenize.tok_name[token.type]
    return "string" if name.startswith("FSTRING") else ""


def ssa_parts(text: str) -> Parts:
    """Split the printed form of a stage.

    >>> ssa_parts("%y = sin(3)")
    [('value', '%y'), ('', ' = '), ('builtin', 'sin'), ('', '('), ('number', '3'), ('', ')')]
    """
    parts: Parts = []
    done = 0
    for found in _SSA.finditer(text):
        if found.start() > done:
            parts.append(("", text[done : found.start()]))
        parts.append((found.lastgroup or "", found.group()))
        done = found.end()
    if done < len(text):
        parts.append(("", text[done:]))
    return parts


def html_of(parts: Parts) -> str:
    """Return parts as HTML: a span of class ``hl-KIND`` for each that has a kind."""
    return "".join(
        f'<span class="hl-{kind}">{html.escape(part)}</span>' if kind and kind not in ("name", "operator")
        else html.escape(part)
        for kind, part in parts
    )  # fmt: skip


def lines_of(parts: Parts) -> list[Parts]:
    """Split parts at the ends of lines, which are dropped."""
    lines: list[Parts] = [[]]
    for kind, text in parts:
        first, *rest = text.split("\n")
        if first:
            lines[-1].append((kind, first))
        for piece in rest:
            lines.append([(kind, piece)] if piece else [])
    if lines and not lines[-1]:
        lines.pop()
    return lines
