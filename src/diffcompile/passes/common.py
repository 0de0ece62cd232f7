"""Common subexpressions: an operation that was done already, on the same values and the same memory, is not done again.

    before: y = a[i, k] * a[i, k]
    after:  t = a[i, k]; y = t * t

A read of memory counts as the same only if nothing was written to its alias class in between. What makes memory that
is written, or that the caller gets, is never shared.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Hashable
from dataclasses import replace
from typing import Any

import numpy as np

from diffcompile.analysis.aliasing import AliasClass, Aliases, find_aliases
from diffcompile.analysis.effects import is_pure, is_random, writes
from diffcompile.analysis.references import content_reads, is_reference
from diffcompile.analysis.types import RANGE, SLICE, Array, Scalar, SliceOf, Static, Tup, Type, plain
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value, walk

_MODULES = ("numpy", "math", "_operator", "operator", "diffcompile.runtime")
_BUILTINS = {slice, len, getattr, range, float, int, abs}
_MAY_COPY: set[Any] = {
    np.reshape, np.ndarray.reshape, np.ravel, np.diag, np.imag, np.require, np.real_if_close, np.trim_zeros,
    np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray, np.asarray_chkfinite,
}  # fmt: skip
"""What returns a view or a copy, as it comes: two calls need not see each other's memory."""


def share(function: Function, types: dict[Value, Type], *, inside: bool = False) -> Function:
    """Return ``function`` with each common subexpression computed once.

    If so, what was computed before a loop or branch serves ``inside`` it too. A primal is better off without, as
    cotangents would have to leave the loop or the branch.
    """
    aliases = find_aliases(function, types)
    handed_out: set[AliasClass] = set()
    for result in function.body.results:
        node = aliases.of(result)
        while node is not None and node not in handed_out:
            handed_out.add(node)
            node = node.content.root() if node.content is not None else None
    sharing = _Sharing(types, aliases, handed_out, inside)
    return replace(function, body=sharing.block(function.body, {}))


class _Sharing:
    """A walk in program order that remembers what is at hand."""

    def __init__(
        self, types: dict[Value, Type], aliases: Aliases, handed_out: set[AliasClass], inside: bool
    ) -> None:
        self.inside = inside
        self.makers: dict[Value, Op] = {}
        self.types = types
        self.aliases = aliases
        self.handed_out = handed_out
        self.versions: dict[AliasClass, int] = {}
        self.clock = 0
        self.now: dict[Value, Value] = {}
        """From a value that is not computed again to the one that stands for it."""
        self.equal: dict[Value, Value] = {}
        """Likewise, for what is cheap and reads best where it is used: indices."""

    def operand(self, operand: Operand) -> Operand:
        return self.now.get(operand, operand) if isinstance(operand, Value) else operand

    def block(self, block: Block, known: dict[Hashable, Op]) -> Block:
        known = dict(known) if self.inside else {}
        ops: list[Op] = []
        for old in block.ops:
            operands = tuple(map(self.operand, old.operands)) if self.now else old.operands
            op = old if operands == old.operands else replace(old, operands=operands)
            if op.callee is Prim.SECTION and not op.attrs.get("trip"):
                known = {}  # the two sweeps stay apart, as they may become two functions
            if op.regions:
                self.written(op)
                op = replace(op, regions=tuple(self.block(region, known) for region in op.regions))
                self.written(op)
                ops.append(op)
                continue
            if writes(op):
                self.bump(op.operands[0])
                if len(op.operands) > 1 and op.callee not in (operator.setitem, Prim.UPDATE, Prim.UPDATE_ITEM):
                    self.bump(op.operands[1])
                self.remember(op, known)
                ops.append(op)
                continue
            op = self.doubled(op)
            self.makers.update(dict.fromkeys(op.results, op))
            key = self.key(op)
            before = known.get(key) if key is not None else None
            if before is not None and self.same_type(before.result, op.result):
                if not self.reads_best_in_place(op):
                    self.now[op.result] = before.result
                    continue
                self.equal[op.result] = before.result
            if key is not None and before is None:
                known[key] = op
            ops.append(op)
        return replace(block, ops=tuple(ops), results=tuple(map(self.operand, block.results)))

    def doubled(self, op: Op) -> Op:
        """Return ``2.0 * x`` for ``x + x``."""
        if op.callee is not operator.add or op.operands[0] is not op.operands[1]:
            return op
        t = self.type(op.operands[0])
        floating = isinstance(t, Scalar) and t.kind == "f" and t.dtype != "?"
        floating = floating or (isinstance(t, Array) and t.dtype is not None and t.dtype.kind == "f")
        return replace(op, callee=operator.mul, operands=(Const(2.0), op.operands[0])) if floating else op

    def remember(self, store: Op, known: dict[Hashable, Op]) -> None:
        """After ``a[i] = v`` the item is known, if it is a number of the dtype of the array."""
        if store.callee is not operator.setitem:
            return
        base, index, value = store.operands
        t, item = self.type(base), self.type(value)
        if not isinstance(value, Value) or not isinstance(t, Array) or t.dtype is None or not isinstance(item, Scalar):
            return
        if item.dtype != t.dtype.name:
            return
        load = Op(operator.getitem, (base, index), (value,))
        key = self.key(load)
        if key is not None:
            known[key] = load

    def written(self, op: Op) -> None:
        """Note the writes of a loop or branch: before it, as its trips see each other's, and behind it."""
        for region in op.regions:
            for inner in walk(region):
                if writes(inner):
                    for operand in inner.operands[:2]:
                        self.bump(operand)

    def bump(self, operand: Operand) -> None:
        self.clock += 1
        node = self.aliases.of(operand)
        seen: set[AliasClass] = set()
        while node is not None and node.root() not in seen:
            seen.add(node.root())
            self.versions[node.root()] = self.clock
            node = node.root().content

    def same_type(self, left: Value, right: Value) -> bool:
        a, b = plain(self.types[left]), plain(self.types[right])
        if isinstance(a, Array) and isinstance(b, Array):
            return a.dtype == b.dtype and a.rank == b.rank
        if isinstance(a, Scalar) and isinstance(b, Scalar):
            return (a.kind, a.dtype) == (b.kind, b.dtype)
        return type(a) is type(b)

    def reads_best_in_place(self, op: Op) -> bool:
        t = self.type(op.result)
        if op.callee is operator.getitem and isinstance(t, Scalar) and isinstance(self.type(op.operands[0]), Array):
            return False  # a load makes a number of NumPy's
        if op.callee is getattr or (not isinstance(t, Array) and not (isinstance(t, Scalar) and t.kind in "fc")):
            return True
        return op.callee is operator.getitem and is_reference(op, self.types) and self.is_constant(op.operands[1])

    def is_constant(self, index: Operand) -> bool:
        """Tell whether an index is made of constants alone."""
        made = self.makers.get(index) if isinstance(index, Value) else None
        if made is None:
            return isinstance(index, Const)
        return made.callee in (slice, Prim.TUPLE) and all(map(self.is_constant, made.operands))

    def key(self, op: Op) -> Hashable | None:
        """Return what tells operations with the same result from others; None if this one is not shared."""
        if len(op.results) != 1 or not is_pure(op) or not _known(op.callee) or set(op.attrs) - {"keywords"}:
            return None
        if not all(map(self.is_plain, op.operands)) or not self.may_be_shared(op):
            return None
        versions: tuple[int, ...] = ()
        if not (is_reference(op, self.types) and isinstance(self.type(op.result), Array)):
            nodes = [self.aliases.of(operand) for operand in content_reads(op, self.types)]
            versions = tuple(0 if node is None else self.versions.get(node.root(), 0) for node in nodes)
        operands = (self.equal.get(o, o) if isinstance(o, Value) else o for o in op.operands)
        return (op.callee, tuple(map(_operand_key, operands)), op.keywords, versions)

    def type(self, operand: Operand) -> Type:
        return plain(self.types[operand]) if isinstance(operand, Value) else Static(operand.value)

    def is_plain(self, operand: Operand) -> bool:
        """Tell whether an operand is a number, an array or part of an index."""
        return isinstance(operand, Const) or self.is_plain_type(self.type(operand))

    def is_plain_type(self, t: Type) -> bool:
        if isinstance(t, Tup):
            return t.cls is None and all(map(self.is_plain_type, t.items))
        return isinstance(t, Scalar | Array | SliceOf | Static) or t in (SLICE, RANGE)

    def may_be_shared(self, op: Op) -> bool:
        t = self.type(op.result)
        if not self.is_plain_type(t):
            return False
        if not isinstance(t, Array):
            return op.callee is not Prim.TUPLE or not any(
                isinstance(self.type(operand), Array | Tup) for operand in op.operands
            )
        node = self.aliases.of(op.result)
        if node is None or node.root() in self.handed_out:
            return False
        return not node.root().written or (is_reference(op, self.types) and not self.may_copy(op))

    def may_copy(self, op: Op) -> bool:
        """Tell whether what is taken for a view may be memory of its own."""
        if op.callee is operator.getitem:
            return not self.is_basic(self.type(op.operands[1]))
        return op.callee in _MAY_COPY

    def is_basic(self, t: Type) -> bool:
        """Tell whether an index of this type gives a view in any case."""
        if isinstance(t, Tup):
            return all(map(self.is_basic, map(plain, t.items)))
        if isinstance(t, Static):
            parts = t.value if isinstance(t.value, tuple) else (t.value,)
            return all(part is None or part is ... or isinstance(part, int | slice) for part in parts)
        return isinstance(t, SliceOf | Scalar) or t is SLICE


def _known(callee: Any) -> bool:
    """Tell whether ``callee`` gives the same result for the same arguments, as far as the compiler knows it."""
    if callee in (Prim.TUPLE, operator.getitem) or (isinstance(callee, type | type(len)) and callee in _BUILTINS):
        return True
    if is_random(callee):
        return False
    if isinstance(callee, np.ufunc) or getattr(math, getattr(callee, "__name__", ""), None) is callee:
        return True
    return str(getattr(callee, "__module__", "")).startswith(_MODULES)


def _operand_key(operand: Operand) -> Hashable:
    if isinstance(operand, Value):
        return operand
    value = operand.value
    if value is None or isinstance(value, bool | int | float | complex | str):
        return (type(value), repr(value), operand.name)
    if isinstance(value, slice):
        return ("slice", repr(value))
    if isinstance(value, tuple):
        return ("tuple", tuple(_operand_key(Const(part)) for part in value))
    return ("object", id(value))


__all__ = ["share"]
