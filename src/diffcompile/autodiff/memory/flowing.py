"""Shadows that the forward sweep makes: of references that loops carry and branches choose."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING

from diffcompile import dynamic
from diffcompile.analysis.aliasing import AliasClass
from diffcompile.analysis.effects import writes
from diffcompile.analysis.types import ANY, Array, Lst, is_scalar
from diffcompile.autodiff.memory import uncertain
from diffcompile.autodiff.memory.arrangement import is_arranged, save_slot, take_slot
from diffcompile.autodiff.memory.shadows import named, unpacked_shadow
from diffcompile.autodiff.modes import Mode
from diffcompile.autodiff.rewrite import Carried
from diffcompile.ir.core import Block, Const, Op, Operand, Prim, Value, walk

if TYPE_CHECKING:
    from diffcompile.autodiff.reverse import Reverse


def make_forward_shadows(rev: Reverse) -> None:
    """Make, in the forward sweep, the shadows of references that are chosen at run time."""
    _forward_block(rev, rev.primal.body)


def note_arrangements(rev: Reverse, wrt: list[Value]) -> list[tuple[Operand, Operand]]:
    """Note which shadows the shadows of differentiated containers hold at the start, where the primal moves them.

    Returns:
        The shadow and what was noted, for each such container; the reverse sweep ends with putting them back.
    """
    found = []
    for value in wrt:
        arrays, back = _levels(rev, value)
        if not arrays or not _flowing(rev, value) or not _is_rearranged(rev, value):
            continue
        noted: list[Operand] = []
        levels = [Const(arrays)] if back < 0 else [Const(arrays), Const(back)]
        shadow = rev.shadows[value]
        made = _collected(rev, lambda shadow=shadow, noted=noted, levels=levels: noted.append(  # type: ignore[misc]
            rev.stage.emit(dynamic.arrangement, [shadow, *levels], None, t=ANY, name="arranged")
        ))
        op = rev.primal_definitions.get(value)
        at_start = rev.rewrites.at_start.setdefault(rev.primal.body, []) if op is None else []
        places = at_start if op is None else rev.rewrites.after.setdefault(op, [])
        made_at = next((k for k, one in enumerate(places) if shadow in one.results), -1)
        places[made_at + 1 : made_at + 1] = made
        found.append((shadow, noted[0]))
    return found


def _levels(rev: Reverse, value: Value) -> tuple[tuple[bool, ...], int]:
    """Return, for each level of containers that hold written memory, whether arrays in them are such memory.

    The second part is the level that follows the last one, for structures that hold themselves, else -1.
    """
    node = rev.aliases.of(value)
    seen: list[AliasClass] = []
    arrays: list[bool] = []
    while node is not None and node.content is not None and node.content.root().deep_written():
        if node in seen:
            return tuple(arrays), seen.index(node)
        seen.append(node)
        node = node.content.root()
        arrays.append(node.written)
    return tuple(arrays), -1


def _is_rearranged(rev: Reverse, value: Value) -> bool:
    """Tell whether the function writes to a container of references that is reached through ``value``."""
    reached = set()
    node = rev.aliases.of(value)
    while node is not None and node not in reached:
        reached.add(node)
        node = node.content.root() if node.content is not None else None
    for op in walk(rev.primal.body):
        base = op.operands[0] if op.operands and writes(op) else None
        if isinstance(base, Value) and not isinstance(rev.types[base], Array) and rev.aliases.of(base) in reached:
            return True
    return False


def _flowing(rev: Reverse, value: Value) -> bool:
    return rev.modes.of(value) is Mode.MEMORY and rev.modes.flows(value)


def _collected(rev: Reverse, build: Callable[[], None]) -> list[Op]:
    outer, rev.stage.ops = rev.stage.ops, []
    build()
    made, rev.stage.ops = rev.stage.ops, outer
    return made


def _forward_block(rev: Reverse, block: Block) -> None:
    if block is rev.primal.body:

        def params() -> None:
            for param in block.params:
                if _flowing(rev, param):
                    rev.shadows[param] = named(rev, uncertain.zeros(rev, param), param)

        made = _collected(rev, params)
        if made:
            rev.rewrites.at_start.setdefault(block, []).extend(made)
    for op in block.ops:
        rev.span = rev.stage.override = op.span
        if op.callee is Prim.IF:
            _forward_if(rev, op)
        elif op.callee in (Prim.FOR, Prim.WHILE):
            _forward_loop(rev, op)
        else:
            made = _collected(rev, lambda op=op: _forward_op(rev, op))  # type: ignore[misc]
            if made:
                rev.rewrites.after.setdefault(op, []).extend(made)


def _new_shadow(rev: Reverse, value: Value) -> Value:
    shadow = Value(f"{value.name}_bar" if value.name else "")
    rev.types[shadow] = rev.types[value]
    return shadow


def _forward_if(rev: Reverse, op: Op) -> None:
    for region in op.regions:
        _forward_block(rev, region)
    for number, result in enumerate(op.results):
        if _flowing(rev, result):
            shadow = _new_shadow(rev, result)
            yields = [_yielded_shadow(rev, region, region.results[number], result) for region in op.regions]
            rev.rewrites.exports.setdefault(op, []).append((shadow, yields[0], yields[1]))
            rev.shadows[result] = shadow


def _yielded_shadow(rev: Reverse, region: Block, operand: Operand, result: Value) -> Operand:
    found: list[Operand] = []
    made = _collected(rev, lambda: found.append(uncertain.joined(rev, region, operand, result)))
    if made:
        rev.rewrites.at_end.setdefault(region, []).extend(made)
    return found[0]


def _forward_loop(rev: Reverse, op: Op) -> None:
    lead = 1 if op.callee is Prim.FOR else 0
    stops = int(op.may_stop)
    body = op.regions[-1]
    pending: list[tuple[Value, Operand, tuple[Value, ...], Operand]] = []
    for number, result in enumerate(op.results):
        if _flowing(rev, result):
            params = tuple(region.params[number + lead] for region in op.regions)
            shadows = tuple(_new_shadow(rev, param) for param in params)
            for param, shadow in zip(params, shadows, strict=True):
                rev.shadows[param] = shadow
            entering = _entering_shadow(rev, op, op.operands[number + lead], result)
            pending.append((result, entering, shadows, body.results[number + stops]))
    _forward_block(rev, body)
    for result, init, shadows, following in pending:
        shadow = _new_shadow(rev, result)
        rev.shadows[result] = shadow
        carried = Carried(init, shadows, _yielded_shadow(rev, body, following, result), shadow)
        rev.rewrites.carried.setdefault(op, []).append(carried)


def _entering_shadow(rev: Reverse, op: Op, operand: Operand, result: Value) -> Operand:
    found: list[Operand] = []
    made = _collected(rev, lambda: found.append(uncertain.joined(rev, op, operand, result)))
    if made:
        rev.rewrites.before.setdefault(op, []).extend(made)
    return found[0]


def _forward_op(rev: Reverse, op: Op) -> None:
    for result in op.results:
        if _flowing(rev, result):
            rev.shadows[result] = named(rev, unpacked_shadow(rev, op, result), result)
    base = op.operands[0] if op.operands else None
    if not isinstance(base, Value) or not _flowing(rev, base) or isinstance(rev.types[base], Array):
        return
    shadow = rev.shadows[base]
    if op.callee in (list.append, list.insert):
        *place, item = op.operands[1:]
        rev.stage.effect(op.callee, [shadow, *place, uncertain.slot(rev, base, item)], op.span)
    elif op.callee is operator.delitem:
        rev.stage.effect(operator.delitem, [shadow, op.operands[1]], op.span)
    elif op.callee is operator.setitem:
        item = op.operands[2]
        save_slot(rev, op, base, op.operands[1])
        put = dynamic.place_shadow if rev.modes.is_uncertain(base) else operator.setitem
        if _changes_kind(rev, base) or rev.modes.of(item) is Mode.MEMORY or is_arranged(rev, base):
            rev.stage.effect(put, [shadow, op.operands[1], uncertain.slot(rev, base, item)], op.span)
    elif op.callee is list.pop and not (op.results and rev.modes.of(op.result) is Mode.MEMORY):
        take_slot(rev, op, base)


def _changes_kind(rev: Reverse, base: Value) -> bool:
    """Tell whether a store to ``base`` may put something else than a number there: an array of another shape, say.

    Zeros of what was there before do not do then.
    """
    t = rev.types[base]
    return not isinstance(t, Lst) or not is_scalar(t.item)
