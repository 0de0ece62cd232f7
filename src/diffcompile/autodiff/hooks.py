"""User code in the reverse sweep; see :mod:`diffcompile.hooks`."""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import TYPE_CHECKING

from diffcompile.autodiff.modes import Mode
from diffcompile.autodiff.staging import cotangent_type
from diffcompile.errors import UnsupportedError
from diffcompile.hooks import Hook, hooked
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value, walk
from diffcompile.passes.invariants import drop_invariants

if TYPE_CHECKING:
    from diffcompile.autodiff.reverse import Reverse


def reverse_hook(rev: Reverse, op: Op) -> None:
    """``y = hooked(x, ...)``: the adjoint of ``y`` is complete; what the block leaves of it is that of ``x``."""
    x, *captured = op.operands
    if not op.results:
        _reverse_mark(rev, op, x, captured)
        return
    rev.rewrites.replaced[op] = [Op(hooked, (x,), op.results, {}, (), op.span)]
    mode = rev.modes.of(op.result)
    if mode is Mode.NONE:
        return
    ct = rev.take(op.result)
    if ct is None:
        return
    bar = rev.spread_out(ct, op.result)
    after = rev.emit(op.attrs["hook"], bar, *captured, t=cotangent_type(rev.types[op.result]))
    if mode is Mode.MEMORY:  # x and y are the same memory, so are their shadows
        rev.effect(operator.setitem, rev.shadows[op.result], Const(Ellipsis, "..."), after)
    else:
        rev.accumulate(x, after)


def _reverse_mark(rev: Reverse, op: Op, x: Operand, captured: list[Operand]) -> None:
    """``hooked(x, ...)``: what the cotangent of ``x`` is so far, is the adjoint of all that came after."""
    rev.rewrites.replaced[op] = []
    mode = rev.modes.of(x)
    if mode is Mode.NONE:
        return
    assert isinstance(x, Value)
    ct = rev.bars.get(x) if mode is Mode.VALUE else rev.shadows[x]
    if ct is None:
        return
    rev.name(ct, x)
    bar = rev.spread_out(ct, x)
    after = rev.emit(op.attrs["hook"], bar, *captured, t=cotangent_type(rev.types[x]))
    if mode is Mode.VALUE:
        rev.bars[x] = after
    else:
        rev.effect(operator.setitem, rev.shadows[x], Const(Ellipsis, "..."), after)


def mark_hooks(function: Function) -> Function:
    """Return ``function`` with hooks on variables that have one name only as marks beside the program.

    before: h = tanh(x); h2 = hooked(h); z = cos(h2)      after: h = tanh(x); hooked(h); z = cos(h)

    The two say the same if nothing but the hook sees the old name from there on.
    """
    if not any(op.callee is hooked for op in walk(function.body)):
        return function
    known: dict[Value, Operand] = {}
    _find_single(function.body, [], known)
    return drop_invariants(replace(function, body=_plain(function.body, known, only=frozenset(known))))


def _find_single(block: Block, around: list[tuple[Block, int]], found: dict[Value, Operand]) -> None:
    for number, op in enumerate(block.ops):
        here = [*around, (block, number)]
        if op.callee is hooked and op.results and not _seen_later(op.operands[0], here):
            found[op.result] = op.operands[0]
        for region in op.regions:
            _find_single(region, here, found)


def _seen_later(x: Operand, around: list[tuple[Block, int]]) -> bool:
    """Tell whether ``x`` is read, by its old name, at a place that may run after the innermost of ``around``."""
    for number in range(len(around) - 1, -1, -1):
        block, place = around[number]
        later = block.ops[place + 1 :]
        if x in block.results or any(_reads(op, x) for op in later):
            return True
        if any(x in op.results for op in block.ops):
            return False
        owner = around[number - 1][0].ops[around[number - 1][1]] if number else None
        if x in block.params:
            return owner is not None and _start_seen(owner, block.params.index(x), around[:number])
        if owner is None or owner.callee is not Prim.IF:
            return True  # the next trip sees it
    return False


def _start_seen(loop: Op, place: int, around: list[tuple[Block, int]]) -> bool:
    """Tell whether what a loop carries at first is seen in it by another name, or behind it."""
    lead = 1 if loop.callee is Prim.FOR else 0
    start = loop.operands[place] if place >= lead else None
    if loop.callee is Prim.FOR and place == 0:
        return False  # the item
    seen = loop.operands.count(start) > 1 or any(_block_reads(region, start) for region in loop.regions)
    return isinstance(start, Value) and (seen or _seen_later(start, around))


def _reads(op: Op, x: Operand | None) -> bool:
    return x in op.operands or any(_block_reads(region, x) for region in op.regions)


def _block_reads(block: Block, x: Operand | None) -> bool:
    return x in block.results or any(_reads(op, x) for op in block.ops)


def refuse_derivative(op: Op) -> None:
    """Refuse to differentiate what a hook does, if ``op`` is one."""
    if isinstance(op.callee, Hook):
        raise UnsupportedError(
            "a derivative of a gradient that runs insert_grad_of is asked for",
            span=op.span,
            why="what the block does to the adjoint has no derivative",
            advice="take the hook out",
        )


def without_hooks(function: Function) -> Function:
    """Return ``function`` with ``hooked(x)`` as ``x``.

    before: y = sin(x); y2 = hooked(y); z = cos(y2)       after: y = sin(x); z = cos(y)
    """
    if not any(op.callee is hooked for op in walk(function.body)):
        return function
    return replace(function, body=_plain(function.body, {}))


def _plain(block: Block, known: dict[Value, Operand], only: frozenset[Value] | None = None) -> Block:
    """Replace the results of hooks by what they stand for; where ``only`` names them, leave a mark."""

    def now(operand: Operand) -> Operand:
        while isinstance(operand, Value) and operand in known:
            operand = known[operand]
        return operand

    ops: list[Op] = []
    for op in block.ops:
        operands = tuple(map(now, op.operands))
        if op.callee is hooked and op.results and (only is None or op.result in only):
            known[op.result] = operands[0]
            if only is not None:
                ops.append(replace(op, operands=operands, results=()))
            continue
        regions = tuple(_plain(region, known, only) for region in op.regions)
        ops.append(replace(op, operands=operands, regions=regions))
    return Block(block.params, tuple(ops), tuple(map(now, block.results)))


__all__ = ["mark_hooks", "refuse_derivative", "reverse_hook", "without_hooks"]
