"""The only code that prints Python: gast -> ast -> text, by astor, or by :func:`ast.unparse` where astor cannot."""

from __future__ import annotations

import ast
import re
import warnings
from typing import Any

import gast

from diffcompile.errors import Span

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # astor 0.8.1 names node classes that Python is dropping
    try:
        import astor
    except Exception:  # pragma: no cover - a Python that astor does not know
        astor = None

COMMENT = "#~"
LONGEST = 60_000
"""Longer texts are printed by :func:`ast.unparse`, which takes a third of the time and does not wrap lines."""


def comment(text: str) -> Any:
    """Return a statement that is printed as a comment."""
    return gast.Expr(gast.Constant(f"{COMMENT} {text}", None))


def render(module: Any) -> str:
    """Return the source text of a gast module."""
    tree = ast.fix_missing_locations(gast.gast_to_ast(module))
    text = _unparse(tree)
    lines = []
    for line in text.splitlines():
        found = re.match(r"""^(\s*)(?P<quote>\"\"\"|'''|"|')#~ (.*)(?P=quote)$""", line)
        if found:
            body = found.group(3).replace("\\'", "'").replace('\\"', '"').replace("\\\\", "\\")
            lines.append(f"{found.group(1)}# {body}")
        else:
            lines.append(line.rstrip())
    return "\n".join(lines).strip() + "\n"


def origins(module: Any, source: str) -> dict[int, Span]:
    """Return, for lines of ``source``, which :func:`render` made from ``module``, what primal code they came from.

    ``origin`` of a statement of ``module`` is its place in the primal; a comment belongs to what follows it.
    """
    found: dict[int, Span] = {}
    nodes = [node for node in _statements(module) if not _is_comment(node)]
    printed = _statements(ast.parse(source))
    printed = [node for node in printed if not isinstance(node, ast.Import | ast.ImportFrom)]
    if len(nodes) != len(printed):
        return {}
    for node, statement in zip(nodes, printed, strict=True):
        span = getattr(node, "origin", None)
        if span is None:
            continue
        body = getattr(statement, "body", None)
        last = body[0].lineno - 1 if body else statement.end_lineno or statement.lineno
        found.update(dict.fromkeys(range(statement.lineno, max(last, statement.lineno) + 1), span))
    lines = source.splitlines()
    for number in range(len(lines), 0, -1):
        if lines[number - 1].lstrip().startswith("#") and number + 1 in found:
            found[number] = found[number + 1]
    return found


def _statements(node: Any) -> list[Any]:
    """Return the statements under a node in the order of their lines, of gast or of ast."""
    found: list[Any] = []
    for name in ("body", "handlers", "orelse", "finalbody"):
        inner = getattr(node, name, None)
        for statement in inner if isinstance(inner, list) else ():
            found += [statement, *_statements(statement)]
    return found


def _is_comment(node: Any) -> bool:
    value = getattr(node, "value", None)
    text = getattr(value, "value", None)
    return isinstance(node, gast.Expr) and isinstance(text, str) and text.startswith(COMMENT)


def _unparse(tree: ast.AST) -> str:
    text = ast.unparse(tree)
    if astor is None or len(text) > LONGEST:
        return text
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            pretty: str = astor.to_source(tree, pretty_source=_keep_lines)
        except Exception:
            return text
    return pretty if _same_program(pretty, text) else text


def _keep_lines(source: list[str]) -> str:
    return "".join(source)


def _same_program(first: str, second: str) -> bool:
    try:
        return ast.dump(ast.parse(first)) == ast.dump(ast.parse(second))
    except SyntaxError:
        return False
