"""Items that nothing has touched are stored, not added to.

    before: x_bar = np.zeros_like(x); for k in range(n): x_bar[k] += f(k)
    after:  x_bar = np.zeros_like(x); for k in range(n): x_bar[k] = f(k)

What is subtracted is stored with the other sign, if that costs no more: numbers, and products with a number. Which
accesses come before an update, in its trip or an earlier one, and what they touch, is the question that
:mod:`diffcompile.analysis.overlap` answers.
"""

from __future__ import annotations

import operator
from collections import Counter
from dataclasses import replace

import numpy as np

from diffcompile.analysis.aliasing import AliasClass, Aliases, find_aliases
from diffcompile.analysis.overlap import MOST, Access, Overlaps, touched
from diffcompile.analysis.references import is_reference
from diffcompile.analysis.types import Array, Scalar, Type, plain
from diffcompile.ir.core import Block, Const, Function, Op, Prim, Value, blocks, walk

ZEROS = (np.zeros_like, np.zeros)


def store_first(function: Function, types: dict[Value, Type], names: dict[Value, str]) -> Function:
    """Return ``function`` with updates of zeros that are the first touch of what they change as stores."""
    makers = {op.results[0]: op for op in walk(function.body) if len(op.results) == 1}
    if not any(op.callee in ZEROS for op in makers.values()):
        return function
    first = _FirstTouch(function, types, makers, names)
    for op in walk(function.body):
        first.store(op)
    return replace(function, body=_block(function.body, first.new)) if first.new else function


def _block(block: Block, new: dict[Op, list[Op]]) -> Block:
    ops: list[Op] = []
    for op in block.ops:
        regions = tuple(_block(region, new) for region in op.regions)
        ops += new.get(op) or [replace(op, regions=regions) if regions else op]
    return replace(block, ops=tuple(ops))


class _FirstTouch:
    def __init__(
        self, function: Function, types: dict[Value, Type], makers: dict[Value, Op], names: dict[Value, str]
    ) -> None:
        self.types = types
        self.makers = makers
        self.names = names
        self.new: dict[Op, list[Op]] = {}
        """What takes the place of an operation."""
        self.uses = Counter(
            operand
            for block in blocks(function.body)
            for operand in (*(operand for op in block.ops for operand in op.operands), *block.results)
        )
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

    def store(self, op: Op) -> None:
        """Note the store that an update may be, if it may."""
        stored = self.stored(op)
        if stored is None or op.attrs["op"] is operator.add:
            self.new.update({op: [stored]} if stored is not None else {})
            return
        value = stored.operands[-1]
        if isinstance(value, Const):
            self.new[op] = [replace(stored, operands=(*stored.operands[:-1], Const(-value.value)))]
        elif isinstance(plain(self.types[value]), Scalar):
            negative = self.negative(value)
            self.new[op] = [negative, replace(stored, operands=(*stored.operands[:-1], negative.result))]
        elif self.flipped(value):
            self.new[op] = [stored]

    def flipped(self, value: Value) -> bool:
        """Turn the sign of a product with a number that only an update sees; tell whether that is done.

        An array that is none had better be subtracted: its negative would be a further array.
        """
        made = self.makers.get(value)
        if made is None or made.callee is not operator.mul or self.uses[value] != 1:
            return False
        if value.name or self.names.get(value) or made in self.new:  # it would not be what it is called
            return False
        for number, factor in enumerate(made.operands):
            if isinstance(factor, Const) and type(factor.value) in (int, float):
                operands = (*made.operands[:number], Const(-factor.value), *made.operands[number + 1 :])
                self.new[made] = [replace(made, operands=operands)]
                return True
            if isinstance(factor, Value) and isinstance(plain(self.types[factor]), Scalar):
                negative = self.negative(factor)
                operands = (*made.operands[:number], negative.result, *made.operands[number + 1 :])
                self.new[made] = [negative, replace(made, operands=operands)]
                return True
        return False

    def negative(self, value: Value) -> Op:
        result = Value()
        self.types[result] = self.types[value]
        return Op(operator.neg, (value,), (result,))

    def stored(self, op: Op) -> Op | None:
        """Return the store of what an update adds or subtracts, if nothing was there before."""
        if op.callee not in (Prim.UPDATE, Prim.UPDATE_ITEM) or op.attrs["op"] not in (operator.add, operator.sub):
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
