"""Taking writes back: which of them the reverse sweep has to undo, and how.

A write needs to be undone only if the reverse sweep reads memory of its alias class afterwards, at a place that
belongs to an earlier point of the primal. Linear code reads nothing, and saves nothing.
"""

from __future__ import annotations

import operator
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.aliasing import AliasClass, Aliases
from diffcompile.analysis.effects import ADD_AT
from diffcompile.analysis.overlap import MOST, Access, Path, touched
from diffcompile.analysis.references import content_reads, is_reference
from diffcompile.analysis.types import ANY, NUMBER, Array, Lst, Type, is_scalar
from diffcompile.autodiff.reverse import Reverse
from diffcompile.autodiff.rewrite import UNDO
from diffcompile.autodiff.settled import TO_ITEMS
from diffcompile.errors import UnsupportedError
from diffcompile.ir.core import Const, Op, Operand, Prim, Value
from diffcompile.rules import registry

ELLIPSIS = Const(Ellipsis, "...")


class Reads:
    """Which alias classes operations of the reverse sweep read."""

    def __init__(self, aliases: Aliases, types: dict[Value, Type], displays: dict[Value, Op]) -> None:
        self.displays = displays
        self.aliases = aliases
        self.types = types
        self.views: dict[Value, AliasClass] = {}

    def class_of(self, operand: Operand) -> AliasClass | None:
        """Return the class of a value of the primal, or of a view that the reverse sweep makes of one."""
        if not isinstance(operand, Value):
            return None
        if operand in self.views:
            return self.views[operand].root()
        node = self.aliases.nodes.get(operand)
        return node.root() if node is not None else None

    def of(self, op: Op) -> set[AliasClass]:
        """Return the written classes whose content ``op`` reads."""
        found: set[AliasClass] = set()
        if op.callee is UNDO:
            return found
        for operand in (*content_reads(op, self.types), *op.attrs.get("reads", ())):
            if operand in self.aliases.bundles:
                found |= self.of(self.displays[operand])
            node = self.class_of(operand)
            seen: set[AliasClass] = set()
            while node is not None and node not in seen:
                seen.add(node)
                if node.written:
                    found.add(node)
                node = node.content.root() if node.content is not None else None
        return found

    def note_view(self, op: Op) -> None:
        """Remember that the result of ``op`` sees the memory of its operand."""
        if op.operands and (op.callee in (operator.getitem, getattr) or _in(op.callee, registry.VIEWS)):
            node = self.class_of(op.operands[0])
            if node is not None and op.results:
                self.views[op.results[0]] = node


def _in(callee: Any, members: set[Any]) -> bool:
    try:
        return callee in members
    except TypeError:
        return False


def to_undo(rev: Reverse, ops: list[Op]) -> dict[Op, list[Op]]:
    """Return which placeholders in the reverse sweep must restore something, with what reads it afterwards.

    Where too much is read for each place to be compared, nothing is said of what reads it.
    """
    reads = Reads(rev.aliases, rev.types, rev.primal_definitions)
    _note_views(reads, ops)
    needed: set[Op] = set()
    _live(reads, ops, set(), needed)
    return _harmful(rev, reads, ops, needed) if needed else {}


def expand_undo(rev: Reverse, ops: list[Op], needed: Collection[Op]) -> list[Op]:
    """Replace the placeholders in the reverse sweep by restoring stores where that is ``needed``, or by nothing."""
    return _expanded(rev, ops, needed)


def _harmful(rev: Reverse, reads: Reads, ops: list[Op], needed: set[Op]) -> dict[Op, list[Op]]:
    """Return those of ``needed`` that are followed by a read of items that the write overwrote, and these reads."""
    makers: dict[Value, Op] = {}
    readers: dict[AliasClass, list[tuple[Access, Op]]] = {}
    undone: dict[Op, Access] = {}
    overlaps = rev.memory.overlaps

    def scan(ops: list[Op] | tuple[Op, ...], path: Path) -> None:
        for number, op in enumerate(ops):
            place = -float(number)  # the reverse sweep goes backwards, and paths of the primal forwards
            here = (*path, (place, None, 0))
            for result in op.results:
                makers[result] = op
            if op.callee is UNDO:
                if op in needed:
                    undone[op] = _overwritten(rev, op.attrs["store"], here)
                continue
            for node in reads.of(op):
                found = _read(rev, reads, op, node, here, makers)
                readers.setdefault(node, []).extend((access, op) for access in found)
            for region_number, region in enumerate(op.regions):
                scan(region.ops, (*path, (place, op.attrs.get("mirror", op), region_number)))

    scan(ops, ())
    kept: dict[Op, list[Op]] = {}
    for op, access in undone.items():
        node = reads.class_of(op.operands[0])
        found = readers.get(node, []) if node is not None else []
        if access.root is None or len(found) > MOST:
            kept[op] = []
        elif harmed := [reading for read, reading in found if overlaps.may_follow(access, read)]:
            kept[op] = harmed
    return kept


def _overwritten(rev: Reverse, store: Op, path: Path) -> Access:
    base = store.operands[0]
    if not isinstance(base, Value) or not isinstance(rev.types[base], Array):
        return Access(None, (), path)
    if store.callee is Prim.UPDATE:
        return rev.memory.overlaps.access(base, None, path)
    if store.callee in TO_ITEMS:
        return rev.memory.overlaps.access(base, store.operands[1], path)
    return Access(None, (), path)


def _read(
    rev: Reverse, reads: Reads, op: Op, node: AliasClass, path: Path, makers: dict[Value, Op]
) -> list[Access]:
    """Return what an operation of the reverse sweep reads of a class."""
    if op.regions or op.attrs.get("reads"):
        return [Access(None, (), path)]
    if is_reference(op, rev.types):
        return []  # a view: what reads it is an access
    found: list[Access] = []
    for operand, index in touched(op):
        if operand in reads.aliases.bundles or not isinstance(operand, Value):
            found.append(Access(None, (), path))
        elif reads.class_of(operand) is node:
            found.append(rev.memory.overlaps.access(operand, index, path, makers))
        elif _holds(reads.class_of(operand), node):
            found.append(Access(None, (), path))
    return found or [Access(None, (), path)]


def _holds(container: AliasClass | None, node: AliasClass) -> bool:
    """Tell whether containers of a class hold references of another, at whatever depth."""
    seen: set[AliasClass] = set()
    while container is not None and container not in seen:
        if container is node:
            return True
        seen.add(container)
        container = container.content.root() if container.content is not None else None
    return False


def _note_views(reads: Reads, ops: list[Op] | tuple[Op, ...]) -> None:
    for op in ops:
        reads.note_view(op)
        for region in op.regions:
            _note_views(reads, region.ops)


def _live(reads: Reads, ops: list[Op] | tuple[Op, ...], after: set[AliasClass], needed: set[Op]) -> set[AliasClass]:
    """Return the classes that are read at or after the start of ``ops``, given those read after their end."""
    live = set(after)
    for op in reversed(ops):
        if op.callee is UNDO:
            node = reads.class_of(op.operands[0])
            if node is not None and node in live:
                needed.add(op)
                live |= _read_to_save(reads, op)
            continue
        if op.callee is Prim.IF:
            then, other = (_live(reads, region.ops, live, needed) for region in op.regions)
            live = then | other
        elif op.callee is Prim.FOR:
            while True:
                inside = _live(reads, op.regions[0].ops, live, needed)
                if inside <= live:
                    break
                live |= inside
        live |= reads.of(op)
    return live


def _read_to_save(reads: Reads, op: Op) -> set[AliasClass]:
    return set()


def _expanded(rev: Reverse, ops: list[Op] | tuple[Op, ...], needed: Collection[Op]) -> list[Op]:
    result: list[Op] = []
    for op in ops:
        if op.callee is UNDO:
            if op in needed:
                node = rev.aliases.of(op.operands[0])
                if node is not None:
                    rev.undone.add(node)
                result += _restore(rev, op.attrs["store"])
        elif op.regions:
            regions = tuple(replace(region, ops=tuple(_expanded(rev, region.ops, needed))) for region in op.regions)
            result.append(replace(op, regions=regions))
        else:
            result.append(op)
    return result


def _restore(rev: Reverse, store: Op) -> list[Op]:
    """Save what ``store`` overwrites in the forward sweep; return the reverse operations that write it back."""
    base = store.operands[0]
    assert isinstance(base, Value)
    t = rev.types[base]
    match store.callee:
        case list.append:
            return [_effect(store, list.pop, base)]
        case list.insert:
            return [_effect(store, list.pop, base, store.operands[1])]
        case operator.delitem:
            saved = _saved(rev, store, dynamic.save_place, base, store.operands[1], t=ANY)
            return [_effect(store, dynamic.restore_place, base, store.operands[1], saved)]
        case list.pop:
            place = store.operands[1] if len(store.operands) > 1 else Const(-1)
            item = store.results[0] if store.results else _saved(rev, store, operator.getitem, base, place)
            if len(store.operands) > 1:
                return [_effect(store, list.insert, base, store.operands[1], item)]
            return [_effect(store, list.append, base, item)]
        case dynamic.add_if_copied if all(isinstance(rev.types[o], Array) for o in store.operands[:2]):  # type: ignore[index]
            both = [(array, _saved(rev, store, np.ndarray.copy, array)) for array in store.operands[:2]]
            return [_effect(store, operator.setitem, array, ELLIPSIS, saved) for array, saved in both]
        case Prim.UPDATE:
            index: Operand = ELLIPSIS
        case operator.setitem | Prim.UPDATE_ITEM | dynamic.add_item:
            index = store.operands[1]
        case _:
            if store.callee is not ADD_AT:
                raise UnsupportedError(
                    f"what {getattr(store.callee, '__name__', store.callee)} writes cannot be taken back",
                    span=store.span,
                    why="the gradient of a gradient reads it",
                    advice="take the derivative of the gradient in forward mode: jvp, hvp or jacfwd of it",
                )
            index = store.operands[1]
    if isinstance(t, Array) and isinstance(index, Const) and index.value is Ellipsis:
        saved = _saved(rev, store, np.ndarray.copy, base, t=t)
        return [_effect(store, operator.setitem, base, index, saved)]
    if isinstance(t, Array):
        item = _saved(rev, store, operator.getitem, base, index)
        if not is_scalar(rev.types[item]):
            rev.stage.names.pop(item, None)
            view = item
            item = _saved(
                rev,
                store,
                np.copy if rev.types[view] in (NUMBER, ANY) else np.ndarray.copy,
                view,
                t=rev.types[view],
            )
            rev.stage.names[item] = f"saved_{base.name}" if base.name else "saved"
        return [_effect(store, operator.setitem, base, index, item)]
    if isinstance(t, Lst):
        item = _saved(rev, store, operator.getitem, base, index)
        return [_effect(store, operator.setitem, base, index, item)]
    item = _saved(rev, store, dynamic.save_item, base, index, t=ANY)
    return [_effect(store, dynamic.restore_item, base, index, item)]


def _effect(store: Op, callee: Any, *operands: Operand) -> Op:
    return Op(callee, operands, (), {}, (), store.span)


def _saved(rev: Reverse, store: Op, callee: Any, *operands: Operand, t: Type | None = None) -> Value:
    """Insert ``callee(*operands)`` before ``store`` in the forward sweep."""
    outer, rev.stage.ops = rev.stage.ops, []
    base = operands[0]
    rev.stage.override = store.span
    made = rev.stage.emit(callee, list(operands), store.span, t=t)
    ops, rev.stage.ops = rev.stage.ops, outer
    assert isinstance(made, Value)
    if isinstance(base, Value) and base.name:
        rev.stage.names.setdefault(made, f"saved_{base.name}")
    rev.rewrites.before.setdefault(store, []).extend(ops)
    if isinstance(base, Value):
        rev.notes[made] = ("overwritten", rev.notes.get(base, ("", base))[1])
    return made
