"""The only code that prints Python: gast -> ast -> text, by astor, or by :func:`ast.unparse` where astor cannot."""

from __future__ import annotations

import ast
import re
import warnings
from typing import Any

import gast

from diffcompile.backend.wrapping import wrapped
from diffcompile.errors import Span

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # astor 0.8.1 names node classes that Python is dropping
    try:
        import astor
    except Exception:  # pragma: no cover - a Python that astor does not know
        astor = None

COMMENT = "#~"
LARGEST = 14_000
"""Trees of more nodes are printed by :func:`ast.unparse`, which takes a third of the time and does not wrap lines."""


def comment(text: str) -> Any:
    """Return a statement that is printed as a comment."""
    return gast.Expr(gast.Constant(f"{COMMENT} {text}", None))


def render(module: Any) -> str:
    """Return the source text of a gast module."""
    tree = gast.gast_to_ast(module)
    text = _unparse(tree, _locate(tree))
    lines = []
    short: list[str] = []
    for line in text.splitlines():
        found = re.match(r"""^(\s*)(?P<quote>\"\"\"|'''|"|')#~ (.*)(?P=quote)$""", line)
        if found:
            body = found.group(3).replace("\\'", "'").replace('\\"', '"').replace("\\\\", "\\")
            lines.append(f"{found.group(1)}# {body}")
        else:
            lines.append(line.rstrip())
        short += wrapped(lines[-1])
    text = "\n".join(lines).strip() + "\n"
    if len(short) == len(lines):
        return text
    better = "\n".join(short).strip() + "\n"  # a line of a long text may have looked like a statement
    return better if _equal(ast.parse(better), ast.parse(text)) else text


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


def _locate(tree: ast.AST) -> int:
    """Give every node a place in the text, without which Python takes no tree, and return how many there are.

    A number needs no brackets as a key of a dict, which astor does not know.
    """
    count = 0
    pending: list[Any] = [tree]
    while pending:
        node = pending.pop()
        count += 1
        if "lineno" in node._attributes:
            node.lineno = node.end_lineno = 1
            node.col_offset = node.end_col_offset = 0
        if isinstance(node, ast.Dict) and astor is not None:
            for key in node.keys:
                if isinstance(key, ast.Constant | ast.UnaryOp):
                    key._pp = astor.op_util.Precedence.Comma  # type: ignore[union-attr]
        for name in node._fields:
            inner = getattr(node, name, None)
            if isinstance(inner, list):
                pending += [one for one in inner if isinstance(one, ast.AST)]
            elif isinstance(inner, ast.AST):
                pending.append(inner)
    return count


def _unparse(tree: ast.Module, size: int) -> str:
    if astor is None or size > LARGEST:
        return ast.unparse(tree)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            pretty: str = astor.to_source(tree, pretty_source=_keep_lines)
        except Exception:
            return ast.unparse(tree)
        return pretty if _same_program(pretty, tree) else ast.unparse(tree)


def _keep_lines(source: list[str]) -> str:
    return "".join(source)


def _same_program(text: str, tree: ast.Module) -> bool:
    """Tell whether a text means what a tree does."""
    try:
        parsed = ast.parse(text)
        return _equal(parsed, tree) or ast.dump(parsed) == ast.dump(ast.parse(ast.unparse(tree)))
    except SyntaxError:
        return False


def _equal(left: Any, right: Any) -> bool:
    """Tell whether two trees are the same; False also where that does not show at once."""
    pending = [(left, right)]
    while pending:
        a, b = pending.pop()
        if isinstance(a, ast.UnaryOp) and isinstance(b, ast.Constant) and isinstance(a.op, ast.USub):
            a, b = getattr(a.operand, "value", None), b.value
            if type(a) is not type(b) or not isinstance(a, int | float) or repr(-a) != repr(b):
                return False
        elif a.__class__ is not b.__class__:
            return False
        elif isinstance(a, ast.AST):
            pending += [(getattr(a, name, None), getattr(b, name, None)) for name in a._fields if name not in _IDLE]
        elif isinstance(a, list):
            if len(a) != len(b):
                return False
            pending += zip(a, b, strict=True)
        elif a is not b and repr(a) != repr(b):  # 0.0 and -0.0 are equal
            return False
    return True


_IDLE = {"ctx", "kind", "type_comment"}
"""Fields of nodes that follow from others, or say nothing."""
