"""Containers whose shadows are put back step by step: of those that something takes as a whole, and that change.

    forward:  s = np.sum(np.stack(items)); ...; old = items_bar[0]; items[0] = y; items_bar[0] = y_bar
    reverse:  ...; items_bar[0] = old; ...; add_items(items_bar, ct)

What is read item by item finds its shadow in the forward sweep, where it is held then. What takes the whole container
adds to the shadows that it holds in the reverse sweep, so these must be the ones that it held when the primal ran.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from diffcompile import dynamic
from diffcompile.analysis.aliasing import AliasClass
from diffcompile.analysis.types import ANY, Array, Lst
from diffcompile.autodiff.modes import Mode
from diffcompile.autodiff.staging import cotangent_type
from diffcompile.ir.core import Op, Operand, Prim, Value, walk

if TYPE_CHECKING:
    from diffcompile.autodiff.reverse import Reverse

_EXCHANGES = {
    operator.setitem, operator.delitem, list.append, list.insert, list.pop, dynamic.restore_item, dynamic.restore_slot,
    dynamic.rearrange,
}  # fmt: skip
"""Callees after which a container holds other references."""
_BY_ITEMS = {
    operator.getitem, operator.setitem, operator.delitem, operator.add, operator.mul, tuple, list, list.append,
    list.insert, list.pop, len, isinstance, getattr, Prim.UNPACK, Prim.TUPLE, Prim.LIST, Prim.DICT, Prim.OBJECT,
    Prim.IF, Prim.FOR, Prim.WHILE, dynamic.fields, dynamic.narrowed, dynamic.known, dynamic.as_sequence, dynamic.keys,
    dynamic.insertion_place, dynamic.place_from_start, dynamic.has_keys, dynamic.same_length,
}  # fmt: skip
"""Callees that make a shadow in the forward sweep, or have nothing to do with shadows."""


def find_arranged(rev: Reverse) -> set[AliasClass]:
    """Return the classes of containers that something takes as a whole, and in which references are exchanged."""
    changed = set()
    whole: list[AliasClass | None] = []
    for op in walk(rev.primal.body):
        if _in(op.callee, _EXCHANGES) and not isinstance(rev.types.get(op.operands[0]), Array):  # type: ignore[arg-type]
            changed.add(rev.aliases.of(op.operands[0]))
        if not _in(op.callee, _BY_ITEMS):
            whole += [rev.aliases.of(operand) for operand in op.operands if _holds_memory(rev, operand)]
    found: set[AliasClass] = set()
    for start in whole:
        node = start
        while node is not None and node not in found:
            found.add(node)
            node = node.content.root() if node.content is not None else None
    return {node for node in found if node in changed} | rev.mixed


def _in(callee: Any, members: set[Any]) -> bool:
    try:
        return callee in members
    except TypeError:
        return False


def _holds_memory(rev: Reverse, operand: Operand) -> bool:
    return isinstance(operand, Value) and not isinstance(rev.types[operand], Array) and rev.modes.holds_memory(operand)


def is_arranged(rev: Reverse, base: Operand) -> bool:
    """Tell whether the reverse sweep puts back what the shadow of a container held."""
    return rev.aliases.of(base) in rev.arranged


def save_slot(rev: Reverse, op: Op, base: Value, index: Operand) -> None:
    """Keep what the shadow of ``base`` holds where ``op`` is about to store, in the forward sweep."""
    if not is_arranged(rev, base):
        return
    t = rev.types[base]
    operands = [rev.shadows[base], index]
    if isinstance(t, Lst):
        rev.slots[op] = rev.stage.emit(operator.getitem, operands, op.span, t=cotangent_type(t.item))
    else:
        rev.slots[op] = rev.stage.emit(dynamic.save_item, operands, op.span, t=ANY)


def put_slot_back(rev: Reverse, op: Op, base: Value, index: Operand) -> bool:
    """Let the shadow of ``base`` hold again what it held before ``op``, if that was kept."""
    saved = rev.slots.get(op)
    if saved is not None:
        put: Any = operator.setitem if isinstance(rev.types[base], Lst) else dynamic.restore_item
        if rev.modes.is_uncertain(base) and rev.modes.of(op.operands[2]) is Mode.MEMORY:
            put = dynamic.restore_slot
        rev.effect(put, rev.shadows[base], index, saved)
    return saved is not None


def put_back_added(rev: Reverse, base: Value, place: list[Operand]) -> None:
    """Take the shadow that ``base.append(value)`` or ``base.insert(place, value)`` added out again."""
    if is_arranged(rev, base):
        rev.effect(list.pop, rev.shadows[base], *place)


def take_slot(rev: Reverse, op: Op, base: Value) -> None:
    """Take what the shadow of ``base`` holds out of it, as ``op`` does from ``base`` and forgets it."""
    operands = [rev.shadows[base], *op.operands[1:]]
    if is_arranged(rev, base):
        rev.slots[op] = rev.stage.emit(list.pop, operands, op.span, t=ANY)
    else:
        rev.stage.effect(list.pop, operands, op.span)


def put_back_taken(rev: Reverse, base: Value, place: list[Operand], shadow: Operand) -> None:
    """Put ``shadow``, of what ``base.pop(place)`` took out, back."""
    if not is_arranged(rev, base):
        return
    if place:
        rev.effect(list.insert, rev.shadows[base], place[0], shadow)
    else:
        rev.effect(list.append, rev.shadows[base], shadow)


__all__ = [
    "find_arranged", "is_arranged", "put_back_added", "put_back_taken", "put_slot_back", "save_slot", "take_slot",
]  # fmt: skip
