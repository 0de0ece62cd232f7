"""Cotangents that are read where they are, not copied first: the reverse of a store without a copy.

    before: t = a_bar[s].copy(); a_bar[s] = 0.0; x_bar += t; t_1 = t * y; a_bar[r] += t_1
    after:  x_bar += a_bar[s]; t_1 = a_bar[s] * y; a_bar[s] = 0.0; a_bar[r] += t_1

    before: t = a_bar[s].copy(); a_bar[s] = 0.0; a_bar[s] += t; t_1 = t * y
    after:  t_1 = a_bar[s] * y

A store takes the cotangent of what it overwrote over and clears it, so the reverse sweep copies before it clears.
Mostly what is computed from the copy can be computed before the memory changes.
"""

from __future__ import annotations

import operator
from collections.abc import Hashable
from dataclasses import replace

import numpy as np

from diffcompile.analysis.aliasing import AliasClass, Aliases, find_aliases
from diffcompile.analysis.effects import is_pure, writes
from diffcompile.analysis.references import is_reference
from diffcompile.analysis.types import Array, Type, plain
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value, blocks, walk
from diffcompile.passes.clean import place_of
from diffcompile.passes.first_assignment import makes_new_array
from diffcompile.passes.versions import referred

READERS = (np.sum, np.mean, np.dot, np.matmul, operator.matmul, np.einsum, np.outer, np.vdot)
"""What computes something new from arrays, apart from elementwise functions."""


def spare_copies(function: Function, types: dict[Value, Type]) -> Function:
    """Return ``function`` without copies in its reverse sweep that reading in time can do without."""
    if not any(op.callee is np.ndarray.copy for op in walk(function.body)):
        return function
    sparing = _Sparing(types, find_aliases(function, types), function.body)
    return replace(function, body=sparing.block(function.body, inside=False))


class _Sparing:
    def __init__(self, types: dict[Value, Type], aliases: Aliases, body: Block) -> None:
        self.types = types
        self.aliases = aliases
        self.makers: dict[Value, Op] = {}
        self.uses: dict[Operand, int] = {}
        for block in blocks(body):
            for operand in (*(o for op in block.ops for o in op.operands), *block.results):
                self.uses[operand] = self.uses.get(operand, 0) + 1

    def block(self, block: Block, *, inside: bool) -> Block:
        ops: list[Op] = []
        start = 0 if inside else len(block.ops)
        for number, op in enumerate(block.ops):
            if op.callee is Prim.SECTION and op.attrs["title"] == "reverse sweep":
                inside, start = True, number
            self.makers.update(dict.fromkeys(op.results, op))
            regions = tuple(self.block(region, inside=inside) for region in op.regions)
            ops.append(replace(op, regions=regions) if regions else op)
        for copy in [op for op in ops[start:] if op.callee is np.ndarray.copy and len(op.operands) == 1]:
            self.spare(copy, ops)
        return replace(block, ops=tuple(ops))

    def spare(self, copy: Op, ops: list[Op]) -> None:
        """Do without one copy, if that can be done."""
        source, result = copy.operands[0], copy.result
        mine, theirs = self.aliases.of(result), self.aliases.of(source)
        if mine is None or theirs is None or mine is theirs or mine.written or mine.flows or mine.extern:
            return
        if not isinstance(source, Value) or not isinstance(self.types[source], Array):
            return
        self.cancel(copy, ops, theirs)
        at = ops.index(copy)
        users = [number for number in range(at + 1, len(ops)) if result in ops[number].operands]
        if sum(ops[number].operands.count(result) for number in users) != self.uses.get(result, 0):
            return  # something inside a loop, or whoever runs the block, uses it
        if not users or not all(self.reads(ops[number], result) for number in users):
            return
        before = list(ops)
        clear = next((n for n in range(at + 1, len(ops)) if self.may_write(ops[n], theirs)), None)
        taken: Op | None = None
        if clear is not None and clear < users[-1] and self.clears(ops[clear], source):
            taken = ops.pop(clear)  # it moves behind the last that reads, never up: something else may read before it
        users = self.moved_up(copy, ops, theirs)
        reading = taken is not None
        later = range(at + 1, len(ops))
        change = next((n for n in later if self.touches(ops[n], theirs, reading=reading)), len(ops))
        last = users[-1]
        if last < change or (last == change and taken is None):
            for number in users:
                op = ops[number]
                operands = tuple(source if operand is result else operand for operand in op.operands)
                ops[number] = replace(op, operands=operands)
                self.makers.update(dict.fromkeys(op.results, ops[number]))
            if taken is not None:
                ops.insert(last + 1, taken)
            ops.remove(copy)
        else:
            ops[:] = before

    def cancel(self, copy: Op, ops: list[Op], node: AliasClass) -> None:
        """Drop a clearing of memory that gets its copy back before anything looks at it."""
        source, result = copy.operands[0], copy.result
        at = ops.index(copy)
        clear = next((n for n in range(at + 1, len(ops)) if self.may_write(ops[n], node)), len(ops))
        seen = next((n for n in range(clear + 1, len(ops)) if self.touches(ops[n], node, reading=True)), None)
        if seen is None or not self.clears(ops[clear], source):
            return
        back = ops[seen]
        adds = back.callee in (Prim.UPDATE, Prim.UPDATE_ITEM) and back.attrs["op"] is operator.add
        if adds and back.operands[-1] is result and self.place(back) == self.place_seen(source):
            del ops[seen], ops[clear]
            self.uses[result] -= 1

    def clears(self, op: Op, source: Operand) -> bool:
        """Tell whether ``op`` stores zeros where ``source`` looks."""
        if op.callee is not operator.setitem or not isinstance(op.operands[2], Const):
            return False
        zero = op.operands[2].value
        place = self.place(op)
        return type(zero) is float and zero == 0.0 and place is not None and place == self.place_seen(source)

    def place(self, op: Op) -> Hashable:
        """Return what an operation writes to, None if that cannot be told."""
        if op.callee is Prim.UPDATE:
            return self.place_seen(op.operands[0])
        index = place_of(op.operands[1], self.makers)
        return None if index is None else (op.operands[0], index)

    def place_seen(self, source: Operand) -> Hashable:
        made = self.makers.get(source) if isinstance(source, Value) else None
        if made is None or made.callee is not operator.getitem:
            return (source, None)
        index = place_of(made.operands[1], self.makers)
        return None if index is None else (made.operands[0], index)

    def reads(self, op: Op, value: Value) -> bool:
        """Tell whether ``op`` only looks at a value, and keeps no reference to it."""
        if op.regions:
            return False
        if writes(op):
            if op.callee not in (Prim.UPDATE, Prim.UPDATE_ITEM, operator.setitem):
                return False
            return value not in op.operands[:-1] and isinstance(plain(self.types[op.operands[0]]), Array)  # type: ignore[index]
        return op.callee in READERS or makes_new_array(op, self.types)

    def may_write(self, op: Op, node: AliasClass) -> bool:
        """Tell whether an operation, or one in it, may change the memory of a class."""
        inner = (op, *(other for region in op.regions for other in walk(region)))
        return any(
            self.aliases.of(operand) is node
            for other in inner
            if writes(other) or not (other.regions or is_pure(other))
            for operand in other.operands
        )

    def touches(self, op: Op, node: AliasClass, *, reading: bool) -> bool:
        """Tell whether an operation changes the memory of a class, or with ``reading`` looks at what is in it."""
        if self.may_write(op, node):
            return True
        if not reading or (not op.regions and is_reference(op, self.types)):
            return False
        inner = (op, *(other for region in op.regions for other in walk(region)))
        found = [operand for other in inner for operand in other.operands]
        found += [result for region in op.regions for result in region.results]
        return any(self.aliases.of(operand) is node for operand in found)

    def moved_up(self, copy: Op, ops: list[Op], node: AliasClass) -> list[int]:
        """Move what is computed from a copy in front of the next change of its source; return where it is used."""
        at, result = ops.index(copy), copy.result
        known = {value for op in ops[:at] for value in op.results}
        change = next((n for n in range(at + 1, len(ops)) if self.may_write(ops[n], node)), len(ops))
        for number in range(change + 1, len(ops)):
            op = ops[number]
            if result not in op.operands or writes(op) or op.keywords:
                continue
            if all(self.stays(operand, known) for operand in op.operands if operand is not result):
                ops.insert(change, ops.pop(number))
                change += 1
        return [number for number in range(at + 1, len(ops)) if result in ops[number].operands]

    def stays(self, operand: Operand, known: set[Value]) -> bool:
        """Tell whether an operand is there already, and does not change."""
        if isinstance(operand, Const):
            return True
        made = self.makers.get(operand)
        if made is not None and operand not in known:
            return False
        node = self.aliases.of(referred(operand, self.makers))
        return node is None or not node.written


__all__ = ["spare_copies"]
