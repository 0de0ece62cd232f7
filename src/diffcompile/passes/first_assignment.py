"""Assign the first contribution instead of adding it to zeros, which costs three to eight times as much.

    before: x_bar = np.zeros_like(x); x_bar += 2.0 * x
    after:  x_bar = 2.0 * x
"""

from __future__ import annotations

import operator
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from diffcompile.analysis.aliasing import Aliases, find_aliases
from diffcompile.analysis.effects import writes
from diffcompile.analysis.infer import same_shape
from diffcompile.analysis.overlap import Access, Overlaps, touched
from diffcompile.analysis.references import describes, is_reference
from diffcompile.analysis.types import Array, Scalar, Type, plain
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value, blocks, walk
from diffcompile.passes.clean import place_of
from diffcompile.rules import registry

MOST = 12
"""Operations that are compared with one that sets a place to zero."""
FRESH = {operator.add, operator.sub, operator.mul, operator.truediv, operator.neg, operator.pow, operator.matmul}


def assign_first(function: Function, types: dict[Value, Type]) -> Function:
    """Return ``function`` with ``zeros; +=`` replaced by an assignment where shape and dtype are surely the same."""
    uses: dict[Value, int] = {}
    for block in blocks(function.body):
        for operand in (*(o for op in block.ops for o in op.operands), *block.results):
            if isinstance(operand, Value):
                uses[operand] = uses.get(operand, 0) + 1
    function = replace(function, body=_block(function.body, types, uses))
    if not any(op.callee is operator.setitem and _is_zero(op.operands[2]) for op in walk(function.body)):
        return function
    setting = _SettingOnce(types, find_aliases(function, types), Overlaps(function, types))
    return replace(function, body=setting.block(function.body))


@dataclass(slots=True)
class _Cleared:
    """A place that was set to zero, and where."""

    at: int
    access: Access
    looked: int = 0
    """How many operations were compared with it since."""


class _SettingOnce:
    """Writes ``a[i] = v`` for ``a[i] = 0.0; a[i] += v``, where nothing between the two touches the item."""

    def __init__(self, types: dict[Value, Type], aliases: Aliases, overlaps: Overlaps) -> None:
        self.types = types
        self.aliases = aliases
        self.overlaps = overlaps

    def block(self, block: Block) -> Block:
        ops: list[Op] = []
        cleared: dict[tuple[Operand, Hashable], _Cleared] = {}
        makers: dict[Value, Op] = {}
        places: dict[Value, tuple[Operand, Operand]] = {}
        """Which items a view sees."""
        for old in block.ops:
            op = replace(old, regions=tuple(self.block(region) for region in old.regions)) if old.regions else old
            if op.callee is operator.getitem:
                places[op.result] = (op.operands[0], op.operands[1])
            makers.update(dict.fromkeys(op.results, op))
            where = op.operands[:2] if len(op.operands) == 3 else None  # noqa: PLR2004
            if op.callee is Prim.UPDATE and isinstance(op.operands[0], Value):
                where = places.get(op.operands[0])
            index = place_of(where[1], makers) if where is not None else None
            key = (where[0], index) if where is not None and index is not None else None
            place = cleared.pop(key, None) if key is not None and op.callee in (Prim.UPDATE, Prim.UPDATE_ITEM) else None
            if place is not None and op.attrs["op"] is operator.add and not self.aliases.same(key[0], op.operands[-1]):  # type: ignore[index]
                assert where is not None
                ops[place.at] = Op(_GONE, (), ())
                op = Op(operator.setitem, (*where, op.operands[-1]), (), {}, (), op.span)
            cleared = {pair: at for pair, at in cleared.items() if not self.touches(old, pair[0], at)}
            ops.append(op)
            if op.callee is operator.setitem and key is not None and _is_zero(op.operands[2]):
                t = self.types[key[0]] if isinstance(key[0], Value) else None
                if isinstance(t, Array) and t.dtype is not None and t.dtype.kind in "fc":
                    access = self.overlaps.access(op.operands[0], op.operands[1], self.overlaps.paths[old])
                    cleared[key] = _Cleared(len(ops) - 1, access)
        return replace(block, ops=tuple(op for op in ops if op.callee is not _GONE))

    def touches(self, op: Op, base: Operand, place: _Cleared) -> bool:
        """Tell whether an operation may touch what was set to zero."""
        if not any(self.aliases.same(base, value) for value in _touched(op)):
            return False
        place.looked += 1
        if op.regions or place.looked > MOST:
            return True
        return not all(
            self.overlaps.differ(self.overlaps.access(operand, index, self.overlaps.paths[op]), place.access)
            for operand, index in touched(op)
            if self.aliases.same(operand, base)
        )


def _is_zero(operand: Operand) -> bool:
    return isinstance(operand, Const) and type(operand.value) is float and operand.value == 0.0


def drop_idle_copies(function: Function) -> Function:
    """Return ``function`` without copies of which only the shape is looked at."""
    content: set[Operand] = set()
    for block in blocks(function.body):
        for op in block.ops:
            if not describes(op):
                content.update(op.operands)
        content.update(block.results)
    idle = {
        op.result: op.operands[0]
        for op in function.body.ops
        if op.callee is np.ndarray.copy and op.result not in content
    }
    for copy, source in idle.items():  # in program order: a copy of a copy comes later
        while isinstance(source, Value) and source in idle:
            source = idle[source]  # noqa: PLW2901
        idle[copy] = source
    return replace(function, body=_without(function.body, idle)) if idle else function


def _without(block: Block, idle: dict[Value, Operand]) -> Block:
    ops = []
    for op in block.ops:
        if op.results and op.results[0] in idle:
            continue
        operands = tuple(idle.get(o, o) if isinstance(o, Value) else o for o in op.operands)
        ops.append(replace(op, operands=operands, regions=tuple(_without(region, idle) for region in op.regions)))
    return replace(block, ops=tuple(ops))


def _block(block: Block, types: dict[Value, Type], uses: dict[Value, int]) -> Block:
    ops: list[Op] = []
    zeros: dict[Value, int] = {}
    """Arrays of zeros that nothing has touched, and where they are made."""
    makers: dict[Value, int] = {}
    views: dict[Value, list[Op]] = {}
    """Views of them, which are made when somebody looks at them."""

    def add(op: Op) -> None:
        for result in op.results:
            makers[result] = len(ops)
        ops.append(op)

    for op in block.ops:
        target = op.operands[0] if op.operands else None
        if op.callee is Prim.UPDATE and target in zeros:
            made = zeros.pop(target)
            assigned = _assigned(ops, made, op, makers, types, uses)
            for view in views.pop(target, ()):
                add(view)
            if assigned:
                continue
        if isinstance(target, Value) and target in zeros and is_reference(op, types) and not writes(op):
            views.setdefault(target, []).append(op)
            continue
        touched = _touched(op)
        for base in [base for base, made in views.items() if any(touched.intersection(view.results) for view in made)]:
            zeros.pop(base, None)
        for value in touched:
            zeros.pop(value, None)
        for base in [base for base in views if base not in zeros]:
            for view in views.pop(base):
                add(view)
        new = replace(op, regions=tuple(_block(region, types, uses) for region in op.regions)) if op.regions else op
        if op.callee is np.zeros_like and len(op.operands) == 1:
            zeros[op.result] = len(ops)
        add(new)
    for view in (view for made in views.values() for view in made):
        add(view)
    return replace(block, ops=tuple(op for op in ops if op.callee is not _GONE))


def _GONE() -> None:  # noqa: N802 - a mark, not a function to call
    raise AssertionError


def _touched(op: Op) -> set[Value]:
    found = {operand for operand in op.operands if isinstance(operand, Value)}
    for region in op.regions:
        for block in blocks(region):
            for operand in (*(o for inner in block.ops for o in inner.operands), *block.results):
                if isinstance(operand, Value):
                    found.add(operand)
    return found


def _assigned(
    ops: list[Op], made: int, update: Op, makers: dict[Value, int], types: dict[Value, Type], uses: dict[Value, int]
) -> bool:
    """Replace ``zeros`` at ``made`` and ``update`` by one assignment, if that is the same."""
    shadow, ct = update.operands
    primal = ops[made].operands[0]
    assert isinstance(shadow, Value)
    t = plain(types[shadow])
    sign = update.attrs["op"]
    if not isinstance(t, Array) or t.dtype is None or not t.dims or sign not in (operator.add, operator.sub):
        return False
    new = _contribution(ops, shadow, ct, primal, t, sign, makers, types, uses)
    if new is None or ct is shadow:
        return False
    ops[made] = Op(_GONE, (), ())
    if new.callee is not _GONE:
        ops.append(replace(new, span=update.span))
        makers[shadow] = len(ops) - 1
    return True


def _contribution(
    ops: list[Op], shadow: Value, ct: Operand, primal: Operand, t: Array, sign: Any, makers: dict[Value, int],
    types: dict[Value, Type], uses: dict[Value, int],
) -> Op | None:  # fmt: skip
    """Return the op that makes the first contribution the shadow itself."""
    have = plain(types[ct]) if isinstance(ct, Value) else Scalar("f")
    if isinstance(have, Scalar):
        if sign is operator.sub or have.kind == "c" or not (isinstance(ct, Value) or isinstance(ct.value, float)):
            return None
        return Op(np.full_like, (primal, ct), (shadow,))
    if not isinstance(have, Array) or have.dtype is None or have.dtype != t.dtype or not same_shape(have, t):
        return None
    assert isinstance(ct, Value)
    if sign is operator.sub:
        return Op(operator.neg, (ct,), (shadow,))
    place = makers.get(ct)
    if place is not None and ops[place].callee is np.broadcast_to:
        source = ops[place].operands[0]
        if isinstance(source, Const) or isinstance(plain(types[source]), Scalar):
            return Op(np.full_like, (primal, source), (shadow,))
    if place is not None and uses.get(ct) == 1 and makes_new_array(ops[place], types):
        ops[place] = replace(ops[place], results=(shadow,))
        makers[shadow] = place
        return Op(_GONE, (), ())
    return Op(np.ndarray.copy, (ct,), (shadow,))


def makes_new_array(op: Op, types: dict[Value, Type]) -> bool:
    """Tell whether the result of ``op`` surely is an array that nothing else refers to."""
    if len(op.results) != 1 or op.regions or is_reference(op, types):
        return False
    if op.callee in FRESH or op.callee in registry.ELEMENTWISE:
        return True
    return op.callee in (np.outer, np.ndarray.copy)


__all__ = ["Const", "assign_first"]
