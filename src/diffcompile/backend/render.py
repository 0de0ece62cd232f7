"""The only code that prints Python: gast -> ast -> text, by astor, or by :func:`ast.unparse` where astor cannot."""

from __future__ import annotations

import ast
import re
import warnings
from typing import Any

import gast

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
