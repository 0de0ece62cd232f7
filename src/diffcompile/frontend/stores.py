"""Whether the text of a function stores into something that it was given."""

from __future__ import annotations

import types as pytypes

import gast

from diffcompile.frontend.source import read_source

MUTATORS = {
    "append", "appendleft", "add", "extend",
    "insert", "pop", "remove", "clear", "sort", "reverse", "update", "setdefault", "fill", "put",
}  # fmt: skip


def may_store(fun: pytypes.FunctionType) -> bool:
    """Tell whether the text of ``fun`` stores into items or attributes, or calls a mutating method."""
    for node in gast.walk(read_source(fun).node):
        if isinstance(node, gast.Subscript | gast.Attribute) and isinstance(node.ctx, gast.Store | gast.Del):
            return True
        if isinstance(node, gast.AugAssign) or (isinstance(node, gast.keyword) and node.arg == "out"):
            return True
        if isinstance(node, gast.Call) and isinstance(node.func, gast.Attribute) and node.func.attr in MUTATORS:
            return True
    return False
