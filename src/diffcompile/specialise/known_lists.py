"""Lists of which it is known what they hold: written out, ``[a, b]``, or handed in, and hardly changed since.

    Example: in ``parts = [x, 2.0]; parts[1] = y; parts.append(x * y)`` the items of ``parts`` are x, y and x * y.

What such a list holds is read from there, with its own type, and loops over items of unlike types are unrolled.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from diffcompile import dynamic
from diffcompile.analysis.effects import writes
from diffcompile.analysis.types import Lst, Static, plain
from diffcompile.ir.core import Block, Const, Op, Prim, Value, walk
from diffcompile.rules import registry
from diffcompile.specialise.items import Item, IteratorItem

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

MOST_KNOWN = 64
"""How long a list may be whose items are known one by one."""
MOST_TEXTS = 32
"""A list of more texts that are known is gone over like one of numbers."""
_NEAR = 200
"""How many operations back a list that was written out is looked for."""
_READS_ONLY: set[object] = {
    operator.getitem, len, isinstance, operator.contains, Prim.UNPACK, dynamic.own, dynamic.has_keys,
    dynamic.keys, dynamic.same_length,
}  # fmt: skip


def known_items(spec: Specialiser, source: Item, *, far: bool = False) -> list[Item] | None:
    """Return the items of a list, if it was written out or handed in and nobody else may have changed it since.

    Stores to items with known numbers, and ``append``, are followed. ``far`` is for lists made long ago.
    """
    if not isinstance(source, Value):
        return None
    handed_in = source in spec.handed_in and spec.depth == 0
    changes: list[Op] = []
    for op in reversed(spec.ops if handed_in or far else spec.ops[-_NEAR:]):
        if source in op.results:
            return _replayed(list(op.operands), changes) if op.callee is Prim.LIST else None
        if op.callee in (list.append, operator.setitem) and op.operands[0] is source and source not in op.operands[1:]:
            changes.append(op)
            continue
        if _hands_on(op, source):
            return None
    if not handed_in:
        return None
    return _replayed(_items_at_entry(spec, source), changes)


def _only_reads(op: Op) -> bool:
    return op.callee in _READS_ONLY or (registry.has_rule(op.callee) and not writes(op))


def _hands_on(op: Op, container: Value) -> bool:
    """Tell whether ``op`` does something else with a list or dict than to read it."""
    return any(
        (container in inner.operands and not _only_reads(inner))
        or any(container in region.results for region in inner.regions)
        for inner in walk(Block((), (op,), ()))
    )


def handed_on(spec: Specialiser, container: Item) -> bool:
    """Tell whether a list or dict was changed, or handed to something that may, in the block that is being built."""
    return any(_hands_on(op, container) for op in spec.ops if isinstance(container, Value))


def lists_of(spec: Specialiser, source: Item) -> list[Value]:
    """Return the lists that a loop over ``source`` reads trip by trip."""
    if isinstance(source, IteratorItem) and source.kind in ("enumerate", "zip", "reversed"):
        return [found for part in source.sources for found in lists_of(spec, part)]
    return [source] if isinstance(source, Value) and isinstance(spec.types[source], Lst) else []


_RESIZES: set[object] = {list.append, list.pop, list.insert, operator.delitem}


def resizes(spec: Specialiser, ops: list[Op], items: Value) -> bool:
    """Tell whether ``ops`` may change how many items a list has; not by way of a list that was made after it."""
    t = spec.types[items]
    assert isinstance(t, Lst)
    resized = {op.operands[0] for op in walk(Block((), tuple(ops), ())) if op.callee in _RESIZES}
    types = [(other, spec.type(other)) for other in resized if isinstance(other, Value)]
    alike = {other for other, u in types if isinstance(u, Lst) and u.cell.root() is t.cell.root()}
    if not alike:
        return False
    order = {value: number for number, value in enumerate(spec.types)}
    return not all(other in spec.lists and order[other] > order[items] for other in alike)


def is_stored_to(ops: list[Op], items: Value) -> bool:
    """Tell whether ``ops`` change a list under this very name."""
    stores = _RESIZES | {operator.setitem}
    return any(op.callee in stores and op.operands[0] is items for op in walk(Block((), tuple(ops), ())))


def unsteady(block: Block, watched: dict[Value, Any]) -> set[Any]:
    """Return the marks of those of the ``watched`` containers that the program does not only read."""
    found: set[Any] = set()
    for op in walk(block):
        uses = [operand for operand in op.operands if operand in watched]
        if uses and not _only_reads(op):
            found.update(watched[use] for use in uses if isinstance(use, Value))
        for region in op.regions:
            found.update(watched[result] for result in region.results if result in watched)
    return found


def _items_at_entry(spec: Specialiser, source: Value) -> list[Item]:
    """Return what a list that was handed in held at first; each item is loaded once."""
    found = spec.handed_in[source]
    for number, item in enumerate(found):
        if not isinstance(item, Value | Const):
            found[number] = spec.emit(operator.getitem, [source, Const(number)], spec.span, t=item)
    return list(found)


def _replayed(items: list[Item], changes: list[Op]) -> list[Item] | None:
    """Return what a list holds after ``changes``, latest first."""
    for op in reversed(changes):
        if op.callee is list.append:
            items.append(op.operands[1])
            continue
        number = op.operands[1].value if isinstance(op.operands[1], Const) else None
        if not isinstance(number, int) or not -len(items) <= number < len(items):
            return None
        items[number] = op.operands[2]
    return items if len(items) <= MOST_KNOWN else None


def of_one_type(spec: Specialiser, parts: list[Item]) -> bool:
    """Tell whether all of ``parts`` are of the same type; known texts are not, as they may be names and keys."""
    texts = [part for part in parts if isinstance(part, Const) and type(part.value) is str]
    if 0 < len(texts) == len(parts) <= MOST_TEXTS:
        return False
    return len({plain(spec.type(part)) for part in parts}) <= 1


def known_item(spec: Specialiser, base: Item, index: Item) -> Item | None:
    """Return ``base[index]`` of a list of items of unlike types, if they and the index are known."""
    bounds = constant_slice(spec, index) if isinstance(index, Value) else None
    number = index.value if isinstance(index, Const) else None
    if bounds is None and not isinstance(number, int):
        return None
    parts = known_items(spec, base)
    if parts is None or (base not in spec.apart and of_one_type(spec, parts)):
        return None
    if bounds is not None:
        t = spec.type(base)
        assert isinstance(t, Lst)
        return spec.emit(Prim.LIST, parts[bounds], spec.span, t=Lst(t.cell))
    assert isinstance(number, int)
    return parts[number] if -len(parts) <= number < len(parts) else None


def known_value(spec: Specialiser, base: Item, key: Item) -> Item | None:
    """Return ``base[key]`` of a dict that was written out just before, where all that it holds would be one memory."""
    if not isinstance(base, Value) or not isinstance(key, Const):
        return None
    stored: Item | None = None
    for op in reversed(spec.ops[-_NEAR:]):
        if base in op.results:
            if op.callee is not Prim.DICT:
                return None  # the attributes of an object have a name at each use
            keys = op.operands[::2]
            known = [number for number, one in enumerate(keys) if isinstance(one, Const) and one.value == key.value]
            if stored is None and known and all(isinstance(one, Const) for one in keys):
                stored = op.operands[2 * known[0] + 1]
            return stored if isinstance(stored, Value) else None
        own = op.callee is operator.setitem and op.operands[0] is base and base not in op.operands[1:]
        if own and isinstance(op.operands[1], Const):
            if stored is None and op.operands[1].value == key.value:
                stored = op.operands[2]
        elif _hands_on(op, base):
            return None
    return None


def constant_slice(spec: Specialiser, index: Value) -> slice | None:
    """Return the slice that ``index`` is, if its bounds are constants."""
    bounds = getattr(spec.types[index], "parts", None)
    if bounds is None or not all(isinstance(bound, Static) for bound in bounds):
        return None
    return slice(*(bound.value for bound in bounds))
