"""Copies of arrays that nobody looks at any more: the array itself goes on.

    before: for k in reversed(range(n)): t = f(x_bar); x_bar_1 = x_bar.copy(); x_bar_1[k] += t; x_bar = x_bar_1
            x_bar = x_bar.copy(); return x_bar
    after:  for k in reversed(range(n)): t = f(x_bar); x_bar[k] += t
            return x_bar

An array is *spent* at a copy of it if it was made new, if every other use of it lies before the copy, and if none of
those keeps a reference to it. What a loop carries is new if what enters is, and what each trip hands on.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from diffcompile.analysis import prices
from diffcompile.analysis.effects import ADD_AT, is_pure, writes
from diffcompile.analysis.overlap import NEW_ARRAYS
from diffcompile.analysis.references import describes, is_reference
from diffcompile.analysis.types import Array, Scalar, Type, plain
from diffcompile.ir.core import Block, Function, Op, Operand, Prim, Value, blocks, renamed
from diffcompile.passes.first_assignment import makes_new_array
from diffcompile.passes.in_place import LARGE
from diffcompile.passes.spare_copies import READERS

Place = tuple[Block, int]
"""A block, and the number of an operation in it; that of its results is the number of operations."""


def drop_spent_copies(function: Function, types: dict[Value, Type], hints: dict[Value, str]) -> Function:
    """Return ``function`` without copies, in its reverse sweep, of arrays that are not used afterwards.

    ``x_bar`` does not become ``y_bar``, which would lose the reader, unless the array is large.
    """
    while True:  # a copy that is gone may show another one to be one of a new array
        spent = _Spent(function, types, hints)
        copy = next((op for op in spent.copies() if spent.is_spent(op)), None)
        if copy is None:
            return function
        body = _without(function.body, copy)
        function = replace(function, body=renamed(body, {copy.result: copy.operands[0]}))


def _without(block: Block, gone: Op) -> Block:
    ops = (
        replace(op, regions=tuple(_without(region, gone) for region in op.regions)) if op.regions else op
        for op in block.ops
        if op is not gone
    )
    return replace(block, ops=tuple(ops))


class _Spent:
    """Who uses what, and where."""

    def __init__(self, function: Function, types: dict[Value, Type], hints: dict[Value, str]) -> None:
        self.types = types
        self.hints = hints
        self.body = function.body
        titles = [op.attrs.get("title") if op.callee is Prim.SECTION else None for op in self.body.ops]
        self.start = titles.index("reverse sweep") if "reverse sweep" in titles else len(titles)
        self.uses: dict[Value, list[Place]] = {}
        self.made: dict[Value, Place] = {}
        self.loops: dict[Value, tuple[Op, int]] = {}
        """The loop that carries a parameter, and the number of the parameter among what it carries."""
        for block in blocks(function.body):
            for number, op in enumerate(block.ops):
                for operand in op.operands:
                    self._note(operand, (block, number))
                self.made.update(dict.fromkeys(op.results, (block, number)))
                if op.callee is Prim.FOR and not op.may_stop:
                    self.loops.update({param: (op, k) for k, param in enumerate(op.regions[0].params[1:])})
            for result in block.results:
                self._note(result, (block, len(block.ops)))

    def _note(self, operand: Operand, place: Place) -> None:
        if isinstance(operand, Value):
            self.uses.setdefault(operand, []).append(place)

    def copies(self) -> Iterator[Op]:
        """Yield the copies in the reverse sweep."""
        for op in self.body.ops[self.start :]:
            for inner in (op, *(inner for region in op.regions for block in blocks(region) for inner in block.ops)):
                if inner.callee is np.ndarray.copy and len(inner.operands) == 1 and self._is_array(inner):
                    yield inner

    def _is_array(self, copy: Op) -> bool:
        source = copy.operands[0]
        mine, theirs = plain(self.types[copy.result]), plain(self.types[source]) if isinstance(source, Value) else None
        return (
            isinstance(mine, Array) and isinstance(theirs, Array) and bool(theirs.dims) and theirs.owner is None
            and theirs.dtype is not None and mine.dtype == theirs.dtype
        )  # fmt: skip

    def is_spent(self, copy: Op) -> bool:
        """Tell whether the operand of a copy is new, and used by nobody after it."""
        source = copy.operands[0]
        assert isinstance(source, Value)
        mine, theirs = (value.name or self.hints.get(value, "") for value in (copy.result, source))
        if mine and theirs and mine != theirs and prices.elements(self.types[source]) < LARGE:
            return False
        block, number = self.made[copy.result]
        places = [self._within(where, place, block) for where, place in self.uses.get(copy.result, [])]
        needed = min((place for place in places if place is not None), default=number)
        if None in places or self._is_written(source, block, number, needed):
            return False
        return self.is_free(source, (block, number), frozenset(), until=needed)

    def _is_written(self, source: Value, block: Block, first: int, last: int) -> bool:
        """Tell whether an array changes between two places of a block."""
        seen = [source]
        for value in seen:
            for where, place in self.uses.get(value, []):
                if place == len(where.ops):
                    continue
                op = where.ops[place]
                if is_reference(op, self.types):
                    seen.append(op.result)
                elif writes(op) and op.operands[0] is value and first < (self._within(where, place, block) or 0) < last:
                    return True
        return False

    def is_free(self, value: Value, at: Place, carried: frozenset[Op], until: int | None = None) -> bool:
        """Tell whether ``value`` is an array of its own that is used up at a place: there alone, and before it.

        A copy that is looked at only later may be made later: nothing else uses the array after that, ``until``.
        """
        block, number = at
        if not self.ends_before(value, block, number if until is None else until, {at}):
            return False
        if value in self.loops:
            loop, place = self.loops[value]
            return loop.regions[0] is block and self._is_carried(loop, place, carried, at)
        if value not in self.made or self.made[value][0] is not block:
            return False
        op = block.ops[self.made[value][1]]
        if block is self.body and self.made[value][1] < self.start:
            return False  # the reverse sweep may run again
        if op.callee is Prim.FOR and not op.may_stop:
            return self._is_carried(op, op.results.index(value), carried, None)
        return not op.regions and (makes_new_array(op, self.types) or _among(op.callee, NEW_ARRAYS))

    def _is_carried(self, loop: Op, place: int, carried: frozenset[Op], at: Place | None) -> bool:
        """Tell whether what a loop carries in some place is new at each trip, and nobody else's.

        ``at`` is where the trip uses it up, if it does.
        """
        if loop in carried:
            return False
        body = loop.regions[0]
        param, enters, leaves = body.params[place + 1], loop.operands[place + 1], body.results[place]
        end = (body, len(body.ops))
        if not isinstance(enters, Value) or not isinstance(leaves, Value):
            return False
        outside = self.made[loop.results[place]]
        inner = carried | {loop}
        if leaves is not param:
            if at is None and not self.ends_before(param, body, len(body.ops), set()):
                return False
            handed_on = leaves if at is None else self._unless_copied(leaves, at)
            if handed_on is not None and not self.is_free(handed_on, end, inner):
                return False
        elif at is not None or not self.ends_before(param, body, len(body.ops), {end}):
            return False
        return self.is_free(enters, outside, inner)

    def _unless_copied(self, leaves: Value, at: Place) -> Value | None:
        """Return what a trip hands on, or None if it is the very copy that is made there."""
        copy = at[0].ops[at[1]]
        if copy.results != (leaves,):
            return leaves
        end = (at[0], len(at[0].ops))
        return None if self.ends_before(leaves, end[0], end[1], {end}) else leaves

    def ends_before(self, value: Value, block: Block, number: int, but: set[Place]) -> bool:
        """Tell whether nothing refers to an array behind a place of a block; uses at ``but`` are known of."""
        found = self.uses.get(value, [])
        if sum(place in but for place in found) > 1:
            return False
        for where, position in found:
            if (where, position) in but:
                continue
            at = self._within(where, position, block)
            if at is None or at >= number or position == len(where.ops):
                return False
            op = where.ops[position]
            if is_reference(op, self.types):
                if not self.ends_before(op.result, block, number, set()):
                    return False
            elif not self._only_looks(op, value):
                return False
        return True

    def _within(self, where: Block, position: int, block: Block) -> int | None:
        """Return the number of the operation of ``block`` that a place is in; None if it is elsewhere."""
        if where is block:
            return position
        return next(
            (n for n, op in enumerate(block.ops) if any(where is b for r in op.regions for b in blocks(r))), None
        )

    def _only_looks(self, op: Op, value: Value) -> bool:
        """Tell whether an operation reads an array or writes to it, and keeps no reference."""
        if op.regions:
            return False
        if writes(op):
            target = op.operands[0]
            into = op.callee in (Prim.UPDATE, Prim.UPDATE_ITEM) or _among(op.callee, _STORES)
            return into and isinstance(target, Value) and isinstance(plain(self.types[target]), Array)
        if not is_pure(op) or len(op.results) != 1:
            return False
        number = isinstance(plain(self.types[op.result]), Scalar)
        return number or describes(op) or makes_new_array(op, self.types) or _among(op.callee, _READERS)


_STORES: set[Any] = {operator.setitem, ADD_AT}
_READERS: set[Any] = {*READERS, *NEW_ARRAYS}


def _among(callee: Any, members: set[Any]) -> bool:
    try:
        return callee in members
    except TypeError:
        return False


__all__ = ["drop_spent_copies"]
