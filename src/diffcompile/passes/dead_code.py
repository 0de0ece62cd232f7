"""Drop what nobody reads: pure operations, unused results of regions and dead loop-carried values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from diffcompile.ir.core import Block, Function, Op, Operand, Prim, Value

IsPure = Callable[[Op], bool]
"""Tells whether an operation has no effect; of a branch or a loop, whether it has none beside those of its regions."""


def eliminate_dead_code(function: Function, is_pure: IsPure) -> Function:
    """Return ``function`` without operations and carried values that do not reach a result or an effect.

    Example: of ``def f(x): y = x + 1; z = x * 2; return z`` the first statement goes; of a loop that carries ``k``
    only to increment it, ``k`` goes.
    """
    live = live_values(function, is_pure)
    return replace(function, body=_sweep(function.body, live, is_pure))


def live_values(function: Function, is_pure: IsPure) -> set[Value]:
    """Return the values that a result or an effect depends on."""
    live: set[Value] = set()
    _mark_results(function.body.results, live)
    while True:  # a carried value may make its own initial value live one round later
        before = len(live)
        _mark(function.body, live, is_pure)
        if len(live) == before:
            return live


def is_needed(op: Op, live: set[Value], is_pure: IsPure) -> bool:
    """Tell whether ``op`` stays, given the live values."""
    return _needed(op, live, is_pure)


def _mark_results(results: tuple[Operand, ...], live: set[Value]) -> None:
    live.update(result for result in results if isinstance(result, Value))


def _needed(op: Op, live: set[Value], is_pure: IsPure) -> bool:
    if not live.isdisjoint(op.results):
        return True
    if not is_pure(op):
        return True
    return any(_needed(inner, live, is_pure) for region in op.regions for inner in region.ops)


def _mark(block: Block, live: set[Value], is_pure: IsPure) -> None:
    for op in reversed(block.ops):
        if not op.regions:
            if not live.isdisjoint(op.results) or not is_pure(op):
                _mark_results(op.operands, live)
            continue
        if op.callee is Prim.IF:
            for region in op.regions:
                for position, result in enumerate(op.results):
                    if result in live:
                        _mark_results((region.results[position],), live)
                _mark(region, live, is_pure)
            if _needed(op, live, is_pure):
                _mark_results(op.operands, live)
            continue
        _mark_loop(op, live, is_pure)


def _mark_loop(op: Op, live: set[Value], is_pure: IsPure) -> None:
    lead = 1 if op.callee is Prim.FOR else 0
    stops = int(op.may_stop)
    body = op.regions[-1]
    while True:
        before = len(live)
        for position, result in enumerate(op.results):
            params = [region.params[position + lead] for region in op.regions]
            if result in live or any(param in live for param in params):
                live.add(result)
                _mark_results((body.results[position + stops], op.operands[position + lead]), live)
        _mark(body, live, is_pure)
        if _needed(op, live, is_pure):
            _mark_results(op.operands[:lead], live)
            if stops:
                _mark_results(body.results[:1], live)
            if op.callee is Prim.WHILE:
                _mark_results(op.regions[0].results, live)
                _mark(op.regions[0], live, is_pure)
            _mark(body, live, is_pure)
        if len(live) == before:
            return


def _sweep(block: Block, live: set[Value], is_pure: IsPure) -> Block:
    ops = []
    for op in block.ops:
        if not _needed(op, live, is_pure):
            continue
        ops.append(_sweep_op(op, live, is_pure) if op.regions else op)
    return Block(block.params, tuple(ops), block.results)


def _sweep_op(op: Op, live: set[Value], is_pure: IsPure) -> Op:
    lead = 1 if op.callee is Prim.FOR else 0
    kept = []
    for position, result in enumerate(op.results):
        inside = [] if op.callee is Prim.IF else [region.params[position + lead] for region in op.regions]
        if result in live or any(param in live for param in inside):
            kept.append(position)
    results = tuple(op.results[position] for position in kept)
    if op.callee is Prim.IF:
        regions = tuple(
            _sweep(Block((), region.ops, tuple(region.results[position] for position in kept)), live, is_pure)
            for region in op.regions
        )
        return replace(op, results=results, regions=regions)
    operands = op.operands[:lead] + tuple(op.operands[position + lead] for position in kept)
    new_regions = []
    for region in op.regions:
        params = region.params[:lead] + tuple(region.params[position + lead] for position in kept)
        is_body = region is op.regions[-1]
        if is_body:
            stops = int(op.may_stop)
            yields = region.results[:stops] + tuple(region.results[position + stops] for position in kept)
        else:
            yields = region.results
        new_regions.append(_sweep(Block(params, region.ops, yields), live, is_pure))
    return replace(op, operands=operands, results=results, regions=tuple(new_regions))
