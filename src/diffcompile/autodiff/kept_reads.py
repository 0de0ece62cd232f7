"""What the reverse sweep reads is kept where that is less than what taking writes back would keep.

    for i in range(n): u[i] = p[i] * u[i + 1] + q[i]      # two writes to each column of u ...
    for j in range(n): q[:, j] = p[j] * (u[:, j] * u[:, j] + q[:, j - 1])
    for j in range(n): u[:, j] = p[j] * u[:, j + 1] + q[:, j]

The reverse sweep reads ``u[:, j]`` as it was. To restore it, both loops would save what they overwrite; a copy that the
square reads instead is half as much, and nothing has to be written back. So the primal is differentiated once more
with such copies in it, and the better of both gradients is taken.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from diffcompile.analysis import prices
from diffcompile.analysis.aliasing import AliasClass
from diffcompile.analysis.effects import depends_on_layout, writes
from diffcompile.analysis.infer import infer
from diffcompile.analysis.references import content_reads, is_reference
from diffcompile.analysis.types import ANY, Array, Type, constant_type, plain
from diffcompile.autodiff.reverse import Reverse
from diffcompile.autodiff.rewrite import Rewrites
from diffcompile.ir.core import Block, Function, Op, Prim, Value
from diffcompile.rules import registry

ADDING: set[Any] = {operator.add, operator.sub, operator.neg, operator.pos, np.add, np.subtract, np.negative}
MULTIPLYING: set[Any] = {operator.mul, operator.truediv, np.multiply, np.divide}
WORTH = 0.8
"""Copies must be so much cheaper, as a guess, than what is saved of the overwritten."""
DEEPEST = 4

Copies = dict[Op, list[Value]]
"""From an operation of the primal to those of its operands that it reads from copies."""


def reads_to_keep(rev: Reverse, undone: dict[Op, list[Op]]) -> Copies:
    """Return where the primal should read copies, so that the reverse sweep has to restore less; nothing if nowhere.

    Args:
        rev: The reverse sweep as it is without them.
        undone: What it restores, and what reads that, by :func:`diffcompile.autodiff.undo.to_undo`.
    """
    classes = _classes(rev, undone)
    if not classes or depends_on_layout(rev.primal):
        return {}
    depths = _depths(rev.primal)
    found: Copies = {}
    for node, placeholders in classes.items():
        read = _read(rev, node, [reading for op in placeholders for reading in undone[op]])
        if not read:
            continue
        copied: Copies = {}
        for op in depths:
            kept = [value for value in read if _keeps(rev, op, value) and not _stays(rev, node, op, value)]
            if kept:
                copied[op] = kept
        paid = sum(price(rev.types[value], depths[op]) for op, value in _once(copied))
        saved = sum(_price_of_store(rev, op.attrs["store"], depths) for op in placeholders)
        if copied and paid < WORTH * saved:
            for op, values in copied.items():
                found[op] = [*found.get(op, ()), *values]
    return found


def with_copies(function: Function, types: dict[Value, Type], copies: Copies) -> Function:
    """Return ``function`` with some operands of some operations read from copies."""
    rewrites = Rewrites()
    for op, values in copies.items():
        names: dict[Any, Value] = {}
        for value in values:
            names[value] = copy = Value(value.name)
            types[copy] = types[value]
            rewrites.before.setdefault(op, []).append(Op(np.ndarray.copy, (value,), (copy,), {}, (), op.span))
        operands = tuple(names.get(operand, operand) for operand in op.operands)
        rewrites.replaced[op] = [Op(op.callee, operands, op.results, op.attrs, (), op.span)]
    body = rewrites.apply(function.body)
    return Function(function.name, body, function.path, function.line)


def restored(rev: Reverse, undone: dict[Op, list[Op]]) -> float:
    """Return the price of what a reverse sweep restores, as a guess."""
    depths = _depths(rev.primal)
    return sum(_price_of_store(rev, op.attrs["store"], depths) for op in undone)


def copied(rev: Reverse) -> float:
    """Return the price of the copies that a primal makes, as a guess."""
    depths = _depths(rev.primal)
    made = (op for op in depths if op.callee is np.ndarray.copy)
    return sum(price(rev.types[op.result], depths[op]) for op in made)


def _classes(rev: Reverse, undone: dict[Op, list[Op]]) -> dict[AliasClass, list[Op]]:
    """Return the placeholders for each class of arrays of which all is known that reads it."""
    found: dict[AliasClass, list[Op]] = {}
    for op in undone:
        node = rev.aliases.of(op.operands[0])
        if node is not None:
            found.setdefault(node, []).append(op)
    return {node: ops for node, ops in found.items() if all(undone[op] for op in ops)}


def _read(rev: Reverse, node: AliasClass, readings: list[Op]) -> list[Value]:
    """Return the arrays of the primal that the reverse sweep reads of a class; nothing if it reads it otherwise."""
    found: dict[Value, None] = {}
    known = {*rev.primal_definitions, *rev.primal.params}
    for op in readings:
        if op.regions or op.attrs.get("reads"):
            return []
        for operand in content_reads(op, rev.types):
            if not isinstance(operand, Value) or rev.aliases.of(operand) is not node:
                continue
            t = plain(rev.types[operand])
            if operand not in known or not isinstance(t, Array) or t.dtype is None or t.owner is not None:
                return []
            found[operand] = None
    return list(found)


def _keeps(rev: Reverse, op: Op, value: Value) -> bool:
    """Tell whether the derivative of ``op`` may need ``value``, one of its operands, as it is there."""
    if value not in op.operands or op.regions or writes(op) or is_reference(op, rev.types) or not op.results:
        return False
    callee: Any = op.callee
    if isinstance(callee, Prim) or not registry.has_reverse_rule(callee) or callee in ADDING:
        return False
    if value not in content_reads(op, rev.types) or not any(map(rev.active, op.results)):
        return False
    linear = registry.LINEAR.get(callee)
    if callee in MULTIPLYING or (linear is not None and linear.separately):
        others = [o for o in op.operands if o is not value]
        divisor = callee in (operator.truediv, np.divide) and op.operands[1] is value
        return len(others) != len(op.operands) - 1 or divisor or any(map(rev.active, others))
    return linear is None


def _stays(rev: Reverse, node: AliasClass, op: Op, value: Value) -> bool:
    """Tell whether nobody overwrites what ``op`` reads of an array."""
    overlaps = rev.memory.overlaps
    return rev.memory.is_settled(node, overlaps.access(value, None, overlaps.paths[op]))


def _once(copies: Copies) -> list[tuple[Op, Value]]:
    """Return each array with the first operation that reads it."""
    seen: dict[Value, Op] = {}
    for op, values in copies.items():
        for value in values:
            seen.setdefault(value, op)
    return [(op, value) for value, op in seen.items()]


def _depths(function: Function) -> dict[Op, int]:
    """Return, for each operation, in how many loops it is."""
    found: dict[Op, int] = {}

    def scan(block: Block, depth: int) -> None:
        for op in block.ops:
            found[op] = depth
            for region in op.regions:
                scan(region, depth + (op.callee in (Prim.FOR, Prim.WHILE)))

    scan(function.body, 0)
    return found


def price(t: Type, depth: int) -> float:
    """Return the price of saving a value in every trip of so many loops, as a guess."""
    return prices.saving(t) * float(prices.TYPICAL) ** min(depth, DEEPEST)


def _price_of_store(rev: Reverse, store: Op, depths: dict[Op, int]) -> float:
    base = store.operands[0]
    assert isinstance(base, Value)
    t = rev.types[base]
    if store.callee is not Prim.UPDATE and len(store.operands) > 1:
        index = store.operands[1]
        place = rev.types[index] if isinstance(index, Value) else constant_type(index.value)
        t = infer(operator.getitem, [t, ANY if place is None else place], {})
    return price(t, depths[store])


__all__ = ["copied", "price", "reads_to_keep", "restored", "with_copies"]
