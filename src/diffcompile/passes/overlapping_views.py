"""Views that have no shadow of their own are taken anew, of a copy, where they are read.

    before: wide = np.broadcast_to(a, (3, 4)); a[0] = t; s = np.sum(wide)
    after:  a[0] = t; wide = np.broadcast_to(a.copy(), (3, 4)); s = np.sum(wide)

A view in which one cell is seen in many places, or of which another part is real, sees what is written to its array,
but the same view of the shadow would add up the cotangents in the wrong places. If the program only ever reads it, each
read is that of a copy, taken then; the copy has the size of the array, not of the view.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.aliasing import AliasClass, Aliases, find_aliases
from diffcompile.analysis.effects import is_pure, writes
from diffcompile.analysis.types import SLICE, Array, Scalar, SliceOf, Static, Tup, Type, plain
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Value, blocks, walk

_OVERLAPPING: set[Any] = {
    np.broadcast_to, np.imag, np.einsum, dynamic.stop_gradient,
    np.lib.stride_tricks.sliding_window_view, np.lib.stride_tricks.as_strided,
}  # fmt: skip
_ALWAYS: set[Any] = {
    np.transpose, np.swapaxes, np.moveaxis, np.rollaxis, np.matrix_transpose, np.expand_dims, np.squeeze, np.flip,
    np.fliplr, np.flipud, np.rot90, np.diagonal,
}  # fmt: skip
"""Callees whose result is a view, however the array lies in memory."""


def read_views_anew(function: Function, types: dict[Value, Type]) -> Function:
    """Return ``function`` with the views that have no shadow taken of copies, where they are read."""
    if not any(map(_has_no_shadow, walk(function.body))):
        return function
    found = _find(function, types)
    return replace(function, body=_Rewriting(types, found).block(function.body)) if found.views else function


def _has_no_shadow(op: Op) -> bool:
    if op.callee is np.einsum:
        return _sums_nothing(op)
    return _attribute(op) == "imag" or _member(op.callee, _OVERLAPPING)


def _sums_nothing(op: Op) -> bool:
    """Tell whether ``np.einsum`` makes a view: of one operand, each of whose axes is an axis of the result."""
    subscripts = op.operands[0]
    if len(op.operands) != 2 or not isinstance(subscripts, Const) or not isinstance(subscripts.value, str):  # noqa: PLR2004
        return False
    taken, arrow, left = subscripts.value.replace(" ", "").partition("->")
    return bool(arrow) and taken.isalpha() and sorted(set(taken)) == sorted(left)


def _is_surely_view(op: Op, types: dict[Value, Type]) -> bool:
    """Tell whether the result of ``op`` is a view, and not a number or a copy, whatever is known at run time only."""
    if not isinstance(plain(types[op.result]), Array):
        return False
    if op.callee is operator.getitem:
        index = types.get(op.operands[1], Static(getattr(op.operands[1], "value", None)))  # type: ignore[arg-type]
        return all(map(_selects, index.items if isinstance(index, Tup) else (index,)))
    return _attribute(op) in ("T", "mT", "real", "imag") or _has_no_shadow(op) or _member(op.callee, _ALWAYS)


def _selects(part: Type) -> bool:
    """Tell whether a part of an index is an integer, a slice, None or ``...``."""
    part = plain(part)
    if isinstance(part, Static):
        values = part.value if isinstance(part.value, tuple) else (part.value,)
        return all(value is None or value is ... or type(value) in (int, slice) for value in values)
    return isinstance(part, SliceOf) or part is SLICE or (isinstance(part, Scalar) and part.kind in "iu")


def _attribute(op: Op) -> str | None:
    return getattr(op.operands[1], "value", None) if op.callee is getattr else None


def _member(callee: Any, table: set[Any]) -> bool:
    try:
        return callee in table
    except TypeError:
        return False


@dataclass(slots=True)
class _Found:
    base: dict[Value, Operand] = field(default_factory=dict)
    """From the result of a view that has no shadow to the array that is copied."""
    views: dict[Value, Op] = field(default_factory=dict)
    """These views, and views of them."""


def _find(function: Function, types: dict[Value, Type]) -> _Found:
    aliases = find_aliases(function, types)
    users: dict[Value, list[Op]] = {}
    for op in walk(function.body):
        for operand in set(op.operands):
            if isinstance(operand, Value):
                users.setdefault(operand, []).append(op)
    handed_on = {result for block in blocks(function.body) for result in block.results}
    found = _Found()
    for op in walk(function.body):
        base = _base(op)
        if not _has_no_shadow(op) or op.result in found.views or not aliases.written(base):
            continue
        if isinstance(types.get(base), Array) and aliases.same(op.result, base):  # type: ignore[arg-type]
            chain = _Chain(aliases, types, users, handed_on, aliases.of(base))
            if chain.add(op):
                found.base[op.result] = base
                found.views.update(chain.views)
    return found


def _base(op: Op) -> Operand:
    """Return the array of a view: ``np.einsum`` names it last."""
    return op.operands[-1 if op.callee is np.einsum else 0] if op.operands else Const(None)


@dataclass(slots=True)
class _Chain:
    """A view and the views of it."""

    aliases: Aliases
    types: dict[Value, Type]
    users: dict[Value, list[Op]]
    handed_on: set[Operand]
    memory: AliasClass | None
    views: dict[Value, Op] = field(default_factory=dict)

    def add(self, op: Op) -> bool:
        """Add a view and the views of it; tell whether they are only read, each where it is used."""
        fixed = (operand for operand in op.operands if operand is not _base(op))
        if op.result in self.handed_on or any(map(self.aliases.written, fixed)):
            return False
        self.views[op.result] = op
        return all(self.only_reads(user, op.result) for user in self.users.get(op.result, ()))

    def only_reads(self, op: Op, view: Value) -> bool:
        if len(op.results) == 1 and _base(op) is view and self.aliases.same(op.result, view):
            return _is_surely_view(op, self.types) and self.add(op)
        if writes(op) and not op.regions:
            keeps = self.memory in self.aliases.keys(op.operands[0])[1:]
            return op.operands[0] is not view and not keeps and self.keeps_nothing(op.results[1:])
        return not op.regions and is_pure(op) and self.keeps_nothing(op.results)

    def keeps_nothing(self, results: tuple[Value, ...]) -> bool:
        """Tell whether none of ``results`` refers to the memory that is read."""
        return not any(self.memory in self.aliases.keys(result) for result in results)


@dataclass(slots=True)
class _Rewriting:
    types: dict[Value, Type]
    found: _Found

    def block(self, block: Block) -> Block:
        ops: list[Op] = []
        for op in block.ops:
            if len(op.results) == 1 and op.result in self.found.views:
                continue
            regions = tuple(map(self.block, op.regions))
            operands = tuple(self.anew(operand, ops) for operand in op.operands)
            ops.append(replace(op, operands=operands, regions=regions))
        return replace(block, ops=tuple(ops))

    def anew(self, operand: Operand, ops: list[Op]) -> Operand:
        """Emit a view once more, of a copy of its array as it is now."""
        if operand not in self.found.views or not isinstance(operand, Value):
            return operand
        op = self.found.views[operand]
        base = _base(op)
        if operand in self.found.base:
            now: Operand = self.made(Op(np.ndarray.copy, (base,), (Value(),), span=op.span), base, ops)
        else:
            now = self.anew(base, ops)
        operands = tuple(now if one is base else one for one in op.operands)
        return self.made(replace(op, operands=operands, results=(Value(operand.name),)), operand, ops)

    def made(self, op: Op, like: Operand, ops: list[Op]) -> Value:
        assert isinstance(like, Value)
        self.types[op.result] = self.types[like]
        ops.append(op)
        return op.result
