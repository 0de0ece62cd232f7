"""Whether the text of a function stores into something that it was given."""

from __future__ import annotations

import types as pytypes

import gast

from diffcompile.frontend.nodes import nodes_under
from diffcompile.frontend.source import read_source

MUTATORS = {
    "append", "appendleft", "add", "extend",
    "insert", "pop", "remove", "clear", "sort", "reverse", "update", "setdefault", "fill", "put",
}  # fmt: skip


_DISPLAYS = (
    gast.List, gast.Dict, gast.Set, gast.ListComp, gast.DictComp, gast.SetComp, gast.Constant, gast.JoinedStr,
)  # fmt: skip


def may_store(fun: pytypes.FunctionType, own: frozenset[str] = frozenset()) -> bool:
    """Tell whether the text of ``fun`` stores into items or attributes, or calls a mutating method.

    Args:
        fun: A function with source.
        own: Names of variables whose contents do not count.
    """
    for node in nodes_under(read_source(fun).node):
        base = node.func if isinstance(node, gast.Call) else node
        base = base.target if isinstance(base, gast.AugAssign) else base
        if isinstance(base, gast.Subscript | gast.Attribute):
            base = base.value
        if isinstance(base, gast.Name) and base.id in own:
            continue
        if isinstance(node, gast.Subscript | gast.Attribute) and isinstance(node.ctx, gast.Store | gast.Del):
            return True
        if isinstance(node, gast.AugAssign) or (isinstance(node, gast.keyword) and node.arg == "out"):
            return True
        if isinstance(node, gast.Call) and isinstance(node.func, gast.Attribute) and node.func.attr in MUTATORS:
            return True
    return False


def own_containers(fun: pytypes.FunctionType) -> frozenset[str]:
    """Return the variables of ``fun`` that only ever hold displays, texts and numbers which it writes itself."""
    bound: list[gast.Name] = []
    displayed: list[gast.Name] = []
    others: set[str | None] = set()
    for node in nodes_under(read_source(fun).node):
        match node:
            case gast.Assign(targets=[gast.Name() as target], value=value) if isinstance(value, _DISPLAYS):
                displayed.append(target)
            case gast.AugAssign(target=gast.Name() as target):
                displayed.append(target)
            case gast.Name(ctx=gast.Store() | gast.Param() | gast.Del()):
                bound.append(node)
            case gast.alias():
                others.update((node.name, node.asname))
            case gast.FunctionDef() | gast.AsyncFunctionDef() | gast.ClassDef() | gast.MatchAs() | gast.MatchStar():
                others.add(node.name)
    others |= {name.id for name in bound if not any(name is target for target in displayed)}
    return frozenset({name.id for name in displayed} - others)
