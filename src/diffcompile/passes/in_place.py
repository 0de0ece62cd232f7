"""Fewer arrays in the reverse sweep: no copies that nobody changes, results in the memory of operands done with.

    before: y_bar = w.copy(); t = 2.0 * y_bar; s = f(t); t_1 = t * x; a_bar += t_1; b_bar += t_1
    after:  t = 2.0 * w; s = f(t); t *= x; a_bar += t; b_bar += t

    before: u_bar = 2.0 * u
    after:  u_bar = np.multiply(u, 2.0, out=u)
"""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import Any

import numpy as np

from diffcompile.analysis import prices
from diffcompile.analysis.aliasing import AliasClass, Aliases, find_aliases
from diffcompile.analysis.effects import PURE_OF_INPLACE, READ_ONLY, is_pure, writes
from diffcompile.analysis.infer import same_shape
from diffcompile.analysis.overlap import NEW_ARRAYS
from diffcompile.analysis.types import Array, Scalar, Type, plain
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value, blocks, renamed, walk
from diffcompile.passes.first_assignment import makes_new_array

UPDATES = {operator.add, operator.sub, operator.mul, operator.truediv}
INPLACE: dict[Any, Any] = {pure: inplace for inplace, pure in PURE_OF_INPLACE.items() if pure in UPDATES}
LARGE = 1000
"""How many numbers an array has at least whose memory is worth ``out=``, which costs more than an operator."""
COMMUTE = {operator.add, operator.mul}


def drop_copies(function: Function, types: dict[Value, Type]) -> Function:
    """Return ``function`` without copies in the reverse sweep where neither the copy nor what it copies changes."""
    if not any(op.callee is np.ndarray.copy for op in walk(function.body)):
        return function
    aliases = find_aliases(function, types)
    kept = {node for result in function.body.results for node in _reached(aliases, result)}
    names: dict[Value, Operand] = {}

    def needless(op: Op) -> bool:
        if op.callee is not np.ndarray.copy or len(op.operands) != 1:
            return False
        mine, theirs = aliases.of(op.result), aliases.of(op.operands[0])
        if mine is None or theirs is None or mine is theirs or mine in kept:
            return False
        return not mine.written and not theirs.written

    def visit(block: Block, inside: bool) -> Block:
        ops = []
        for op in block.ops:
            if op.callee is Prim.SECTION:
                inside = op.attrs["title"] == "reverse sweep"
            if inside and needless(op):
                names[op.result] = _now(op.operands[0], names)
                continue
            if op.regions or names:
                operands = tuple(_now(operand, names) for operand in op.operands)
                regions = tuple(visit(region, inside) for region in op.regions)
                ops.append(replace(op, operands=operands, regions=regions))
            else:
                ops.append(op)
        return replace(block, ops=tuple(ops), results=tuple(_now(result, names) for result in block.results))

    body = visit(function.body, inside=False)
    return replace(function, body=body) if names else function


def _now(operand: Operand, names: dict[Value, Operand]) -> Operand:
    return names.get(operand, operand) if isinstance(operand, Value) else operand


def _reached(aliases: Aliases, operand: Operand) -> list[AliasClass]:
    found: list[AliasClass] = []
    node = aliases.of(operand)
    while node is not None and node not in found:
        found.append(node)
        node = node.content.root() if node.content is not None else None
    return found


def reuse(function: Function, types: dict[Value, Type], hints: dict[Value, str], *, once: bool = True) -> Function:
    """Return ``function`` with results of the reverse sweep written over operands that are not used afterwards.

    Only where both are variables anyway, being used more than once: NumPy itself reuses the temporaries of an
    expression. A variable with a name keeps to what the name says: ``x`` does not become ``x_bar``, but a large array
    hands its memory to another variable. ``hints`` are the names of temporaries; one that turns into a named result
    takes its name. If the reverse sweep may not run just ``once`` after the forward sweep, what the forward sweep made
    stays.
    """
    body = function.body
    start = next((n for n, op in enumerate(body.ops) if op.attrs.get("title") == "reverse sweep"), len(body.ops))
    return replace(function, body=_reused(body, start, _Facts(function, types, hints, once)))


class _Facts:
    def __init__(self, function: Function, types: dict[Value, Type], hints: dict[Value, str], once: bool) -> None:
        self.types = types
        self.once = once
        self.hints = hints
        self.aliases = find_aliases(function, types)
        self.reads: dict[Value, int] = {}
        self.forward: set[Value] = set()
        self.held = self.aliases.held()
        self.captured: set[AliasClass] = set()
        """What calls of pairs and the like have seen, and may hold."""
        self.protected: set[AliasClass | None] = set()
        """Classes in which there are views that NumPy does not let one write to."""
        self.bundles: dict[Value, tuple[Operand, ...]] = {}
        """Parts of displays that aliasing does not count as containers."""
        for block in blocks(function.body):
            for operand in (*(o for op in block.ops for o in op.operands), *block.results):
                if isinstance(operand, Value):
                    self.reads[operand] = self.reads.get(operand, 0) + 1
            for op in block.ops:
                if _member(op.callee, READ_ONLY):
                    self.protected.update(map(self.aliases.of, op.results))
                if op.results and op.results[0] in self.aliases.bundles:
                    self.bundles[op.result] = (op.result, *op.operands)
                if not (isinstance(op.callee, Prim) or is_pure(op) or writes(op)):
                    for operand in op.operands:
                        self.captured.update(_reached(self.aliases, operand))

    def name(self, value: Value) -> str:
        return value.name or self.hints.get(value, "")

    def may_become(self, target: Value, result: Value, *, forward: bool) -> bool:
        """Tell whether the variable ``target``, from the forward sweep or not, may go on as ``result``."""
        mine, theirs = self.name(target), self.name(result)
        return mine == theirs or not (mine or forward)

    def is_wanted(self, target: Value, result: Value, *, lasting: bool, forward: bool) -> bool:
        """Tell whether to write over ``target``: in the forward sweep if it is large, and a variable goes on."""
        if not forward:
            return lasting
        return self.name(target) == self.name(result) != "" and prices.elements(self.types[target]) >= LARGE

    def may_hand_over(self, target: Value, node: AliasClass, *, forward: bool) -> bool:
        """Tell whether the memory of ``target`` may become that of another variable, and is worth it."""
        if forward and (not self.once or node in self.captured):
            return False
        return prices.elements(self.types[target]) >= LARGE


def _reused(block: Block, start: int, facts: _Facts) -> Block:
    last: dict[AliasClass, int] = {}
    """Where a class is last used in this block, or in one inside it."""
    for number, op in enumerate(block.ops):
        for value in _mentioned(op):
            for part in facts.bundles.get(value, (value,)):
                node = facts.aliases.of(part)
                if node is not None:
                    last[node] = number
    for result in block.results:
        for node in _reached(facts.aliases, result):
            last[node] = len(block.ops)
    makers: dict[Value, Op] = {}
    names: dict[Value, Operand] = {}
    ops: list[Op] = []
    for number, old in enumerate(block.ops):
        operands, op = old.operands, old
        if names:
            operands = tuple(_now(operand, names) for operand in old.operands)
            op = replace(old, operands=operands, regions=tuple(renamed(region, names) for region in old.regions))
        if number > start and op.regions:
            op = replace(op, regions=tuple(_reused(region, -1, facts) for region in op.regions))
        lasting = any(
            facts.reads.get(result, 0) > 1 or result in block.results or facts.name(result) for result in old.results
        )
        over = _written_over(old, operands, number, last, makers, facts)
        if over is not None and not facts.is_wanted(over[0], old.result, lasting=lasting, forward=number < start):
            over = None
        if over is None:
            ops.append(op)
            for result in op.results:
                makers[result] = op
                if number < start:
                    facts.forward.add(result)
            continue
        target, other = over
        node, mine = facts.aliases.of(old.result), facts.aliases.of(target)
        assert node is not None and mine is not None
        last[mine] = max(last.get(mine, -1), last.get(node, -1))
        if not facts.may_become(target, old.result, forward=target in facts.forward):
            ops.append(replace(op, callee=INPLACE[op.callee], operands=(target, other)))
            makers[old.result] = op
            continue
        names[old.result] = target
        if not facts.name(target) and facts.name(old.result):
            facts.hints[target] = facts.name(old.result)
        ops.append(replace(op, callee=Prim.UPDATE, operands=(target, other), results=(), attrs={"op": old.callee}))
    return replace(block, ops=tuple(ops), results=tuple(_now(result, names) for result in block.results))


def _written_over(
    op: Op, operands: tuple[Operand, ...], number: int, last: dict[AliasClass, int], makers: dict[Value, Op],
    facts: _Facts,
) -> tuple[Value, Operand] | None:  # fmt: skip
    """Return the operand to write over and the other one, if that can be done."""
    if op.callee not in UPDATES or len(operands) != 2:  # noqa: PLR2004
        return None
    t = plain(facts.types[op.result])
    if not isinstance(t, Array) or t.dtype is None or t.dtype.kind not in "fc" or not t.dims:
        return None
    pairs = [operands, operands[::-1]] if op.callee in COMMUTE else [operands]
    for target, other in pairs:
        if not isinstance(target, Value) or target is other:
            continue
        if facts.reads.get(target, 0) < 2 and not facts.name(target):  # noqa: PLR2004
            continue
        made = makers.get(target)
        node = facts.aliases.of(target)
        have = plain(facts.types[target])
        if made is None or node is None or node.extern or node in facts.held:
            continue
        # buffers that a loop carries: all of them are done with
        exchanged = made.regions and node.written and node not in facts.protected
        if not exchanged and (node.flows or not _is_new(made, facts.types)):
            continue
        if not isinstance(have, Array) or have.dtype != t.dtype or not same_shape(t, have):
            continue
        if last.get(node, -1) > number or facts.aliases.same(target, other):
            continue
        forward = target in facts.forward
        if forward and not facts.once:
            continue
        becomes = facts.may_become(target, op.result, forward=forward)
        if not (becomes or facts.may_hand_over(target, node, forward=forward)):
            continue
        if _is_real(other, t, facts.types):
            return target, other
    return None


def _is_new(op: Op, types: dict[Value, Type]) -> bool:
    return makes_new_array(op, types) or _member(op.callee, NEW_ARRAYS)


def _member(callee: Any, members: set[Any]) -> bool:
    try:
        return callee in members
    except TypeError:
        return False


def _is_real(other: Operand, t: Array, types: dict[Value, Type]) -> bool:
    """Tell whether an update by ``other`` is of the dtype that the operation has."""
    have = plain(types[other]) if isinstance(other, Value) else None
    if isinstance(other, Const):
        return type(other.value) in (float, int)
    if isinstance(have, Scalar):
        return have.kind in "fi" and have.dtype in (None, str(t.dtype))
    return isinstance(have, Array) and have.dtype == t.dtype


def _mentioned(op: Op) -> list[Value]:
    found: list[Operand] = [*op.operands, *op.results]
    for region in op.regions:
        for block in blocks(region):
            found += [*block.params, *block.results]
            for inner in block.ops:
                found += [*inner.operands, *inner.results]
    return [value for value in found if isinstance(value, Value)]
