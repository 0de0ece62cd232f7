"""Dead code, counting memory: a store is dead if nothing reads the memory that it writes."""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import Any

from diffcompile import dynamic
from diffcompile.analysis.aliasing import AliasClass, Aliases, find_aliases
from diffcompile.analysis.effects import WRITES_TWO, is_droppable, writes
from diffcompile.analysis.references import content_reads, is_reference
from diffcompile.analysis.types import Array, Type
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value, blocks, walk
from diffcompile.passes.dead_code import eliminate_dead_code, liveness, sweep

MOST_ROUNDS = 20
_INTO_CONTENTS = (dynamic.add_items, dynamic.add_item, dynamic.add_in_place, dynamic.add_slice)
"""Callees that write to their first operand or to what it holds: they read which arrays and lists it holds."""


def clean(function: Function, types: dict[Value, Type], keep: frozenset[Any] = frozenset()) -> Function:
    """Return ``function`` without dead operations and dead stores; ``keep`` are callees that must stay.

    Example: in ``a = np.zeros(3); a[0] = x; return x`` neither of the first two statements is left.
    """
    for _ in range(MOST_ROUNDS):
        if not any(writes(op) for op in walk(function.body)):
            return eliminate_dead_code(function, lambda op: _may_go(op, keep) and is_droppable(op))
        aliases = find_aliases(function, types)
        defined = {result for op in walk(function.body) for result in op.results}
        defined |= {param for block in blocks(function.body) for param in block.params}
        whole = True
        for value, node in aliases.nodes.items():
            if value not in defined:
                node.root().extern = True
                whole = False
        read: set[AliasClass] = set()

        def droppable(op: Op, aliases: Aliases = aliases, read: set[AliasClass] = read) -> bool:
            if not _may_go(op, keep):
                return False
            if writes(op):
                base = aliases.of(op.operands[0])
                if op.callee in _INTO_CONTENTS:
                    return base is not None and not any(node in read or node.extern for node in base.chain())
                return base is not None and base not in read and not base.extern
            return is_droppable(op)

        while True:  # what only feeds dead stores is not read
            live, needed = liveness(function, droppable)
            found = _classes_read(function, aliases, live, needed)
            if found <= read:
                break
            read |= found
        # a part of a program does not show which of the values that it takes from outside share memory
        stored = _without_overwritten(function, aliases) if whole else function
        smaller = sweep(function, live, needed) if stored is function else eliminate_dead_code(stored, droppable)
        if _size(smaller) == _size(function):
            return smaller
        function = smaller
    return function


def _may_go(op: Op, keep: frozenset[Any]) -> bool:
    return op.callee not in keep and op.callee is not Prim.SECTION


def _without_overwritten(function: Function, aliases: Aliases) -> Function:
    """Drop stores that a later store to the same place overwrites before anything is read."""
    dropped = False

    def block(old: Block) -> Block:
        nonlocal dropped
        pending: dict[tuple[Any, Any], AliasClass] = {}
        kept: list[Op] = []
        makers = {result: op for op in old.ops for result in op.results}
        for op in reversed(old.ops):
            if op.regions:
                pending.clear()
                kept.append(replace(op, regions=tuple(map(block, op.regions))))
                continue
            if op.callee is operator.setitem and isinstance(op.operands[0], Value):
                base = aliases.of(op.operands[0])
                key = (op.operands[0], place_of(op.operands[1], makers))
                if base is not None and isinstance(aliases.types[op.operands[0]], Array) and key[1] is not None:
                    if key in pending:
                        dropped = True
                        continue
                    _forget(pending, op.operands[1:], aliases)
                    if not any(aliases.same(base_ref, op.operands[0]) for base_ref in op.operands[1:]):
                        pending[key] = base
                    kept.append(op)
                    continue
            _forget(pending, op.operands[_first_read(op, aliases) :], aliases)
            kept.append(op)
        return replace(old, ops=tuple(reversed(kept)))

    if sum(op.callee is operator.setitem for op in walk(function.body)) < 2:  # noqa: PLR2004
        return function
    body = block(function.body)
    return replace(function, body=body) if dropped else function


def _forget(pending: dict[tuple[Any, Any], AliasClass], operands: tuple[Operand, ...], aliases: Aliases) -> None:
    read: set[AliasClass] = set()
    for operand in operands:
        node = aliases.of(operand)
        if node is not None:
            read.update(node.chain())
    for key in [key for key, node in pending.items() if node.root() in read]:
        del pending[key]


def place_of(index: Operand, makers: dict[Value, Op]) -> Any:
    """Return a key of an index: equal keys name the same items. None if that cannot be told."""
    if isinstance(index, Const):
        return ("const", repr(index.value))
    made = makers.get(index)
    if made is not None and made.callee in (slice, Prim.TUPLE):
        parts = tuple(place_of(operand, makers) for operand in made.operands)
        return None if None in parts else (made.callee, *parts)
    return index


def _size(function: Function) -> int:
    return sum(1 + len(op.results) for op in walk(function.body))


def _classes_read(function: Function, aliases: Aliases, live: set[Value], needed: set[Op]) -> set[AliasClass]:
    """Return the alias classes whose content something live depends on."""
    read: set[AliasClass] = set()

    def note(operand: Operand) -> None:
        node = aliases.of(operand)
        while node is not None and node not in read:
            read.add(node)
            node = node.content.root() if node.content is not None else None

    for op in walk(function.body):
        if op not in needed:
            continue
        if op.regions:
            if op.callee is not Prim.WHILE:
                note(op.operands[0])
            for region in op.regions[:1] if op.callee is Prim.WHILE else ():
                for result in region.results:
                    note(result)
            continue
        start = 0
        if writes(op):
            start = 2 if op.callee in WRITES_TWO else 1
            if op.callee in _INTO_CONTENTS or any(result in live for result in op.results):  # pop
                start = 0
        else:
            start = _first_read(op, aliases)
        for operand in op.operands[start:] if start else content_reads(op, aliases.types):
            note(operand)
    for result in function.body.results:
        note(result)
    return read


def _first_read(op: Op, aliases: Aliases) -> int:
    """Return from which operand on ``op`` reads: it may only make another reference to the first, or to all."""
    if op.callee in (Prim.TUPLE, Prim.LIST, Prim.DICT):
        return 0 if op.result in aliases.bundles else len(op.operands)
    base = op.operands[0] if op.operands else None
    refers = isinstance(base, Value) and isinstance(aliases.types[base], Array) and is_reference(op, aliases.types)
    return 1 if refers else 0


__all__ = ["clean", "place_of"]
