"""What a branch hands out for the reverse sweep, and was known before the branch, is read from there.

    before: n = norm(x); if c: m = n else: m = undefined; ...; if c: x_bar = ct / m
    after:  n = norm(x); ...; if c: x_bar = ct / n

The reverse sweep reads such a value only where the branch was taken, so that the other side needs no value at all.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from diffcompile.ir.core import UNDEFINED, Block, Const, Function, Op, Operand, Prim, Value


def drop_exports(function: Function, exports: Set[Value]) -> Function:
    """Return ``function`` without those results of branches in ``exports`` that are a value from before the branch."""
    if not exports:
        return function
    renamed: dict[Value, Operand] = {}
    return replace(function, body=_block(function.body, exports, renamed, set()))


def _block(block: Block, exports: Set[Value], renamed: dict[Value, Operand], around: set[Value]) -> Block:
    def now(operand: Operand) -> Operand:
        return renamed.get(operand, operand) if isinstance(operand, Value) else operand

    known = {*around, *block.params}
    ops: list[Op] = []
    for old in block.ops:
        regions = tuple(_block(region, exports, renamed, known) for region in old.regions)
        op = replace(old, operands=tuple(map(now, old.operands)), regions=regions)
        if op.callee is Prim.IF:
            op = _without_known(op, exports, renamed, known)
        known.update(op.results)
        ops.append(op)
    return Block(block.params, tuple(ops), tuple(map(now, block.results)))


def _without_known(op: Op, exports: Set[Value], renamed: dict[Value, Operand], known: set[Value]) -> Op:
    kept = []
    for number, result in enumerate(op.results):
        yielded = [region.results[number] for region in op.regions]
        defined = [one for one in yielded if not (isinstance(one, Const) and one.value is UNDEFINED)]
        if result in exports and len(defined) == 1 and (isinstance(defined[0], Const) or defined[0] in known):
            renamed[result] = defined[0]
        else:
            kept.append(number)
    regions = tuple(replace(region, results=tuple(region.results[n] for n in kept)) for region in op.regions)
    return replace(op, results=tuple(op.results[n] for n in kept), regions=regions)


__all__ = ["drop_exports"]
