"""Items that nothing has touched are stored, not added to.

    before: x_bar = np.zeros_like(x); for k in range(n): x_bar[k] += f(k)
    after:  x_bar = np.zeros_like(x); for k in range(n): x_bar[k] = f(k)

Which accesses come before an update, in its trip or an earlier one, and what they touch, is the question that
:mod:`diffcompile.analysis.overlap` answers.
"""

from __future__ import annotations

import operator
from dataclasses import replace

import numpy as np

from diffcompile.analysis.aliasing import AliasClass, Aliases, find_aliases, is_reference
from diffcompile.analysis.overlap import MOST, Access, Overlaps, touched
from diffcompile.analysis.types import Array, Scalar, Type, plain
from diffcompile.ir.core import Block, Const, Function, Op, Prim, Value, walk

ZEROS = (np.zeros_like, np.zeros)


def store_first(function: Function, types: dict[Value, Type]) -> Function:
    """Return ``function`` with updates of zeros that are the first touch of what they change as stores."""
    makers = {op.results[0]: op for op in walk(function.body) if len(op.results) == 1}
    if not any(op.callee in ZEROS for op in makers.values()):
        return function
    first = _FirstTouch(function, types, makers)
    new = {op: stored for op in walk(function.body) if (stored := first.stored(op)) is not None}
    return replace(function, body=_block(function.body, new)) if new else function


def _block(block: Block, new: dict[Op, Op]) -> Block:
    ops = []
    for op in block.ops:
        regions = tuple(_block(region, new) for region in op.regions)
        ops.append(new.get(op, replace(op, regions=regions) if regions else op))
    return replace(block, ops=tuple(ops))


class _FirstTouch:
    def __init__(self, function: Function, types: dict[Value, Type], makers: dict[Value, Op]) -> None:
        self.types = types
        self.makers = makers
        self.aliases: Aliases = find_aliases(function, types)
        self.overlaps = Overlaps(function, types)
        blank = {self.aliases.of(op.result) for op in makers.values() if op.callee in ZEROS}
        self.users: dict[AliasClass, list[Access]] = {}
        for op in walk(function.body):
            if is_reference(op, types):
                continue
            for operand, index in touched(op):
                node = self.aliases.nodes.get(operand)  # type: ignore[arg-type]
                if node is not None and node.root() in blank:
                    access = self.overlaps.access(operand, index, self.overlaps.paths[op])
                    self.users.setdefault(node.root(), []).append(access)

    def stored(self, op: Op) -> Op | None:
        """Return the store that an update may be, if it may."""
        if op.callee not in (Prim.UPDATE, Prim.UPDATE_ITEM) or op.attrs["op"] is not operator.add:
            return None
        base, value = op.operands[0], op.operands[-1]
        if not isinstance(base, Value) or not self.is_float(base) or not self.is_number(value):
            return None
        node = self.aliases.of(base)
        if node is None or node.flows or node.extern or node.content is not None or self.aliases.same(base, value):
            return None
        index = op.operands[1] if op.callee is Prim.UPDATE_ITEM else None
        access = self.overlaps.access(base, index, self.overlaps.paths[op])
        made = self.makers.get(access.root) if access.root is not None else None
        users = self.users.get(node, [])
        if made is None or made.callee not in ZEROS or len(users) > MOST or (made.result is base and index is None):
            return None
        if any(self.overlaps.may_follow(access, user) for user in users):
            return None
        if index is not None:
            return replace(op, callee=operator.setitem, attrs={})
        view = self.makers.get(base)
        if view is not None and view.callee is operator.getitem:
            return replace(op, callee=operator.setitem, operands=(*view.operands, value), attrs={})
        return replace(op, callee=operator.setitem, operands=(base, Const(Ellipsis, "..."), value), attrs={})

    def is_float(self, base: Value) -> bool:
        t = plain(self.types[base])
        return isinstance(t, Array) and t.dtype is not None and t.dtype.kind == "f"

    def is_number(self, value: object) -> bool:
        if isinstance(value, Const):
            return type(value.value) in (int, float)
        t = plain(self.types[value]) if isinstance(value, Value) else None
        if isinstance(t, Scalar):
            return t.kind in "if"
        return isinstance(t, Array) and t.dtype is not None and t.dtype.kind == "f"


__all__ = ["store_first"]
