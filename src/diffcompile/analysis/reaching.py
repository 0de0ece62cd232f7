"""Whether a program may write to the memory of one of its parameters: alias classes tell it of many at once.

Example: in ``parts = [table, x]; x[0] = 1.0`` table and x are one alias class, which is written; but from table leads
no reference to what is written.
"""

from __future__ import annotations

import numpy as np

from diffcompile.analysis.aliasing import Aliases, constrain, find_aliases
from diffcompile.analysis.effects import writes
from diffcompile.analysis.types import Array, Dct, Lst, Obj, Type, plain
from diffcompile.ir.core import Function, Operand, Value, walk


def may_write_to(function: Function, types: dict[Value, Type], param: Value) -> bool:
    """Tell whether ``function`` may write to what ``param`` refers to, or to what that holds."""
    parts = _parts_of(function, types, param)
    written = [op.operands[0] for op in walk(function.body) if writes(op) and op.operands]
    return any(base in parts and not _is_another_kind(types, base, param) for base in written)


def _is_another_kind(types: dict[Value, Type], base: Operand, param: Value) -> bool:
    """Tell whether ``base`` is a container, and ``param`` an array of numbers, which holds none."""
    t = plain(types[param])
    of_numbers = isinstance(t, Array) and t.dtype is not None and t.dtype.kind not in "OV"
    kind = types[base] if isinstance(base, Value) else None
    held_apart = isinstance(kind, Obj) and not issubclass(kind.cls, np.ndarray)
    return of_numbers and (held_apart or isinstance(kind, Lst | Dct))


def _parts_of(function: Function, types: dict[Value, Type], param: Value) -> set[Value]:
    """Return what may refer to the memory of ``param``, or to a part of it."""
    parts = {param}
    holders: set[Value] = set()
    """Other containers that hold such references: they may change without it."""
    ops = list(walk(function.body))
    aliases = find_aliases(function, types)
    while True:
        before = len(parts), len(holders)
        for op in ops:
            into: list[object] = [*op.results, *(op.operands[:1] if writes(op) else ())]
            around = [*op.operands, *op.results]
            for region in op.regions:
                into += [*region.params, *region.results]
                around += [*region.params, *region.results]
            known = [value for value in around if value in parts or value in holders]
            if not known:
                continue
            local = Aliases(types)
            constrain(local, op)
            for value in into:
                if isinstance(value, Value) and value not in parts:
                    _follow(local, [one for one in known if isinstance(one, Value)], value, parts, holders)
                if value in holders and value in op.operands:  # which may have other names
                    node = aliases.of(value)
                    holders.update(node.members if node is not None else ())
        if before == (len(parts), len(holders)):
            return parts


def _follow(local: Aliases, known: list[Value], value: Value, parts: set[Value], holders: set[Value]) -> None:
    """Record what ``value`` refers to, as an operation that sees ``known`` makes it."""
    node = local.of(value)
    for other in known:
        found = local.of(other)
        if node is None or found is None or other is value:
            continue
        inner = node.content.root() if node.content is not None else None
        held = found.content.root() if found.content is not None else None
        if (node is found and other in parts) or held is node:
            parts.add(value)
        elif node is found or (inner is not None and inner in (found, held)):
            holders.add(value)


__all__ = ["may_write_to"]
