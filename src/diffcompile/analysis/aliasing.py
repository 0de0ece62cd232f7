"""Which references may see the same memory: a union-find over values, one more level for what containers hold.

    Example: in ``b = a[1:]; c = [b]; c[0] += 1`` the arrays a, b and c[0] are one alias class, which is written.
"""

from __future__ import annotations

import operator
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from diffcompile import calling, dynamic, runtime
from diffcompile.analysis.effects import INPLACE_OPERATORS, writes
from diffcompile.analysis.handing import handed_through
from diffcompile.analysis.references import DESCRIBING, copies, is_view, refers
from diffcompile.analysis.types import ANY, NUMBER, Array, Dct, Lst, Obj, Scalar, Static, Tup, Type
from diffcompile.hooks import Hook
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value, blocks, walk
from diffcompile.rules import registry


@dataclass(slots=True, eq=False)
class AliasClass:
    """References that may share memory."""

    parent: AliasClass | None = None
    content: AliasClass | None = None
    """The class of what containers of this class hold."""
    written: bool = False
    flows: bool = False
    """References are chosen at run time: carried round a loop, out of a branch, or held by a container."""
    extern: bool = False
    """Reaches memory that the caller owns."""
    members: list[Value] = field(default_factory=list)

    def root(self) -> AliasClass:
        """Return the representative."""
        node = self
        while node.parent is not None:
            if node.parent.parent is not None:
                node.parent = node.parent.parent
            node = node.parent
        return node


    def chain(self) -> list[AliasClass]:
        """Return this class and those that it holds."""
        found: list[AliasClass] = []
        node: AliasClass | None = self.root()
        while node is not None and node not in found:
            found.append(node)
            node = node.content.root() if node.content is not None else None
        return found

    def deep_written(self) -> bool:
        """Tell whether references of this class, or anything that they hold, are written through."""
        return any(node.written for node in self.chain())

    def holds_written(self) -> bool:
        """Tell whether what containers of this class hold is written through."""
        content = self.root().content
        return content is not None and content.root() is not self.root() and content.root().deep_written()


class Aliases:
    """The alias classes of a function."""

    def __init__(self, types: dict[Value, Type]) -> None:
        self.types = types
        self.nodes: dict[Value, AliasClass] = {}
        self.plain: set[Value] = set()
        """Values that refer to no memory."""
        self.bundles: set[Value] = set()
        """Displays that are only handed to a function at once: their parts do not become one class."""
        self.unread: set[Value] = set()
        """Results that nothing uses: whatever they refer to, nobody sees it."""
        self.complete = False
        """All values of the function are known; others have no class."""

    def of(self, operand: Operand) -> AliasClass | None:
        """Return the class of a value that refers to memory, else None."""
        node = self.nodes.get(operand)  # type: ignore[arg-type]
        if node is not None:
            return node.root()
        if self.complete or operand in self.plain or not isinstance(operand, Value):
            return None
        if not refers(self.types[operand]):
            self.plain.add(operand)
            return None
        node = self.nodes[operand] = AliasClass(members=[operand])
        return node

    def is_plain(self, operand: Operand) -> bool:
        """Tell whether a value surely refers to no memory."""
        if operand in self.plain or not isinstance(operand, Value):
            return True
        if operand in self.nodes or refers(self.types[operand]):
            return False
        self.plain.add(operand)
        return True

    def keys(self, operand: Operand) -> list[Hashable]:
        """Return what facts are recorded under: an operand, or the classes of its memory and of what that holds."""
        node = self.of(operand)
        if node is None:
            return [operand]
        found: list[Hashable] = []
        current: AliasClass | None = node
        while current is not None and current not in found:
            found.append(current)
            current = current.content.root() if current.content is not None else None
        return found

    def content(self, node: AliasClass) -> AliasClass:
        """Return the class of what containers of class ``node`` hold."""
        node = node.root()
        if node.content is None:
            node.content = AliasClass(flows=True)
        return node.content.root()

    def unify(self, left: AliasClass | None, right: AliasClass | None) -> None:
        """Make two classes one."""
        pending = [(left, right)]
        while pending:
            a, b = pending.pop()
            if a is None or b is None:
                continue
            a, b = a.root(), b.root()
            if a is b:
                continue
            if len(a.members) < len(b.members):
                a, b = b, a
            b.parent = a
            a.members += b.members
            a.written |= b.written
            a.flows |= b.flows
            a.extern |= b.extern
            if a.content is None:
                a.content = b.content
            elif b.content is not None:
                pending.append((a.content, b.content))

    def held(self) -> set[AliasClass]:
        """Return the classes of what containers hold."""
        return {node.content.root() for node in map(AliasClass.root, self.nodes.values()) if node.content is not None}

    def written(self, operand: Operand) -> bool:
        """Tell whether some reference of the class of ``operand`` is written through."""
        node = self.of(operand)
        return node is not None and node.written

    def same(self, left: Operand, right: Operand) -> bool:
        """Tell whether two operands may share memory."""
        a, b = self.of(left), self.of(right)
        return a is not None and a is b


def find_aliases(function: Function, types: dict[Value, Type]) -> Aliases:
    """Return the alias classes of ``function``, with what is written, what flows and what the caller owns."""
    aliases = Aliases(types)
    for param in function.params:
        node = aliases.of(param)
        if node is not None:
            node.extern = True
    _find_bundles(function, aliases)
    known, unreferring = aliases.nodes, aliases.plain
    for op in walk(function.body):
        if not op.regions and all(map(aliases.is_plain, op.operands)) and all(map(aliases.is_plain, op.results)):
            continue
        constrain(aliases, op)
        for value in (*op.operands, *op.results, *(param for region in op.regions for param in region.params)):
            if value not in known and value not in unreferring:
                aliases.of(value)
    for result in function.body.results:
        aliases.of(result)
    for param in function.params:
        held = aliases.of(param)
        while held is not None and held.content is not None and not held.content.root().extern:
            held = held.content.root()  # what an argument holds is the caller's, too
            held.extern = True
    aliases.complete = True
    return aliases


def _find_bundles(function: Function, aliases: Aliases) -> None:
    """Find displays that a function with a rule takes before anything is written, as in ``np.concatenate((a, b))``."""
    uses: dict[Operand, int] = {}
    every = list(blocks(function.body))
    for block in every:
        for op in block.ops:
            for operand in op.operands:
                uses[operand] = uses.get(operand, 0) + 1
        for operand in block.results:
            uses[operand] = uses.get(operand, 0) + 2
    aliases.unread = {result for block in every for op in block.ops for result in op.results if result not in uses}
    for block in every:
        waiting: set[Operand] = set()
        for op in block.ops:
            taken = [operand for operand in op.operands if operand in waiting] if waiting else []
            joins = op.callee in (operator.add, operator.mul)  # of lists: the result holds the same parts
            if (
                taken
                and not op.regions
                and not joins
                and registry.has_rule(op.callee)
                and op.callee not in registry.VIEWS
                and op.callee not in RETURNING_FIRST
            ):
                aliases.bundles.update(operand for operand in taken if isinstance(operand, Value))
            if op.callee in (Prim.TUPLE, Prim.LIST) and uses.get(op.result) == 1:
                waiting.add(op.result)
            elif waiting and (op.regions or writes(op)):
                waiting.clear()


def constrain(aliases: Aliases, op: Op) -> None:
    """Record which references ``op`` makes one class."""
    match op.callee:
        case Prim.IF:
            for number, result in enumerate(op.results):
                _flow(aliases, result, *(region.results[number] for region in op.regions))
        case Prim.FOR | Prim.WHILE:
            _constrain_loop(aliases, op)
        case Prim.TUPLE | Prim.LIST | Prim.SET | Prim.DICT | Prim.OBJECT:
            holder = aliases.of(op.result)
            if holder is not None and op.result not in aliases.bundles:
                for operand in op.operands:
                    aliases.unify(aliases.content(holder), aliases.of(operand))
        case Prim.DERIVE:  # what it returns is new
            for param, operand in zip(op.regions[0].params, op.operands, strict=False):
                aliases.unify(aliases.of(param), aliases.of(operand))
        case operator.getitem:
            _constrain_item(aliases, op.operands[0], op.operands[1], op.result)
        case Prim.UNPACK:
            for result in op.results:
                _constrain_item(aliases, op.operands[0], None, result)
        case _:
            _constrain_call(aliases, op)
    if writes(op):
        base = aliases.of(op.operands[0])
        if base is not None:
            base.written = True
            if op.callee in INTO_ITEMS and base.content is not None:
                base.content.root().written = True
            if op.callee in INTO_NESTED:
                for node in base.chain():
                    node.written = True


def _flow(aliases: Aliases, *operands: Operand) -> None:
    nodes = [aliases.of(operand) for operand in operands]
    for node in nodes:
        aliases.unify(nodes[0], node)
    found = [node for node in nodes if node is not None]
    for node in found:
        aliases.unify(found[0], node)
    if found:
        found[0].root().flows = True


def _constrain_loop(aliases: Aliases, op: Op) -> None:
    lead = 1 if op.callee is Prim.FOR else 0
    stops = int(op.may_stop)
    body = op.regions[-1]
    for number, result in enumerate(op.results):
        params = [region.params[number + lead] for region in op.regions]
        _flow(aliases, result, *params, body.results[number + stops], op.operands[number + lead])


def _constrain_item(aliases: Aliases, base: Operand, index: Operand | None, result: Value) -> None:
    node, item = aliases.of(base), aliases.of(result)
    if node is None or item is None or not isinstance(base, Value):
        return
    t = aliases.types[base]
    if isinstance(t, Dct) and not any(map(refers, (t.cell.root().fields or {"": ANY}).values())):
        return  # numbers and None, of which one by a key that is not known has no type
    if isinstance(t, Lst) and isinstance(aliases.types[result], Lst) and _is_slice(aliases, index):
        aliases.unify(aliases.content(node), aliases.content(item))
    elif isinstance(t, Lst | Dct | Tup):
        aliases.unify(aliases.content(node), item)
    elif isinstance(t, Array) or t is NUMBER:
        if index is None or not copies(aliases.types, index):
            aliases.unify(node, item)
    else:
        aliases.unify(node, item)
        aliases.unify(aliases.content(node), node)


def _is_slice(aliases: Aliases, index: Operand | None) -> bool:
    return isinstance(index, Value) and type(aliases.types[index]).__name__ in ("SliceOf", "_Named")


def _constrain_call(aliases: Aliases, op: Op) -> None:
    callee: Any = op.callee
    if callee in (operator.setitem, list.append, list.insert, set.add, dynamic.give_item, dynamic.place_shadow):
        base = aliases.of(op.operands[0])
        if base is not None and not isinstance(aliases.types[op.operands[0]], Array):  # type: ignore[index]
            aliases.unify(aliases.content(base), aliases.of(op.operands[-1]))
        return
    if not op.results:
        return
    result = aliases.of(op.result)
    if result is None or (type(callee) in _ARITHMETIC and _makes_array(callee, aliases.types[op.result])):
        return
    if callee in INPLACE_OPERATORS or callee is dynamic.as_sequence:
        aliases.unify(result, aliases.of(op.operands[0]))
    elif (place := handed_through(op, aliases.types)) is not None:
        aliases.unify(result, aliases.of(op.operands[place]))
    elif callee in (dynamic.part_shadow, dynamic.withdrawn):
        _constrain_item(aliases, op.operands[0], op.operands[1], op.result)
    elif callee is list.pop:
        base = aliases.of(op.operands[0])
        if base is not None:
            aliases.unify(aliases.content(base), result)
    elif callee is getattr:
        if isinstance(op.operands[1], Const) and op.operands[1].value in DESCRIBING:
            return
        if isinstance(op.operands[0], Value) and isinstance(aliases.types[op.operands[0]], Obj):
            base = aliases.of(op.operands[0])
            assert base is not None
            aliases.unify(aliases.content(base), result)
        else:
            aliases.unify(result, aliases.of(op.operands[0]))
    elif callee in (tuple, list, operator.mul, operator.add) and not isinstance(aliases.types[op.result], Array):
        for operand in op.operands:
            base = aliases.of(operand)
            if base is not None:
                aliases.unify(aliases.content(base), aliases.content(result))
    elif is_view(op, aliases.types):
        aliases.unify(result, aliases.of(op.operands[0]))
        node = aliases.of(op.operands[0])
        if node is not None and not isinstance(aliases.types[op.result], Array):
            aliases.unify(aliases.content(result), node)  # a list of views
    elif isinstance(callee, Hook) or op.attrs.get("fresh") or (isinstance(callee, calling.Callee) and callee.fresh):
        return
    elif _is_helper(callee):
        first_only = callee in RETURNING_FIRST or callee.__module__.startswith("diffcompile.runtime")
        operands = op.operands[:1] if first_only else op.operands  # the others of those say only which shape
        for operand in operands:
            aliases.unify(result, aliases.of(operand))
    elif not registry.has_rule(callee) and not _creates(callee):
        if op.attrs.get("may_write"):
            _tie(aliases, op)
        elif op.result in aliases.unread:
            return
        skipped = 1 if getattr(callee, "__name__", "") in ("call_dynamic", "call_checked") else 0  # the function itself
        for operand in op.operands[skipped:]:  # who knows
            aliases.unify(result, aliases.of(operand))


_ARITHMETIC = (np.ufunc, type(operator.add))
_MAKING = {
    operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.neg, operator.matmul,
}  # fmt: skip


def _makes_array(callee: Any, result: Type) -> bool:
    """Tell, for the most frequent callees, whether they surely make an array: the rest is looked at more closely."""
    if not isinstance(result, Array):
        return False
    return callee in _MAKING or (callee in registry.ELEMENTWISE and callee not in registry.VIEWS)


def _tie(aliases: Aliases, op: Op) -> None:
    """Let all that a function takes, which may store any of it in any other, be one class that is written."""
    nodes = [node for node in map(aliases.of, op.operands) if node is not None]
    for node in nodes:
        aliases.unify(nodes[0], node)
        aliases.unify(aliases.content(node), node)
        node.root().written = True


RETURNING_FIRST = (
    dynamic.match, dynamic.settle, dynamic.gradient, dynamic.scalar_output, dynamic.stop_gradient, dynamic.tangent,
    dynamic.checked_tangent, dynamic.slot_shadow, dynamic.view_shadow,
    dynamic.sequence_shadow, dynamic.number_in,
)  # fmt: skip
INTO_ITEMS = (
    dynamic.withdraw, dynamic.add_items, dynamic.add_item, dynamic.add_in_place, dynamic.give_item, dynamic.add_slice,
)  # fmt: skip
INTO_NESTED = (dynamic.add_items, dynamic.add_in_place)
"""Those that also write to what items of items hold."""
CREATING = (
    dynamic.zeros_like, dynamic.slots_like, dynamic.own, dynamic.zeros_in_layout, dynamic.keys, dynamic.last_writes,
    dynamic.copy_in_layout, dynamic.no_tangent, dynamic.shadow, dynamic.spread, dynamic.count_directions,
    runtime.quantile_places, dynamic.cell, dynamic.celled_zeros, dynamic.fresh_shadow,
    dynamic.unshared_shadow, dynamic.number_shadow,
)  # fmt: skip


def _is_helper(callee: Any) -> bool:
    """Tell whether ``callee`` is a helper of generated code that may return an argument as it is, or a view."""
    module = getattr(callee, "__module__", None) or ""
    return module.startswith(("diffcompile.dynamic", "diffcompile.runtime")) and callee not in CREATING


def _creates(callee: Any) -> bool:
    from diffcompile.analysis.effects import PURE  # noqa: PLC0415

    try:
        return callee in PURE and callee not in (getattr,)
    except TypeError:
        return False


def is_static(t: Type) -> bool:
    """Tell whether a type stands for one object."""
    return isinstance(t, Static | Scalar)


__all__ = ["AliasClass", "Aliases", "Block", "find_aliases"]
