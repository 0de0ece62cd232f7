"""What later writes leave alone, and what earlier code has not touched: facts about memory for the reverse sweep.

* A load is *settled* if nothing overwrites what it reads: the reverse sweep reads it again instead of saving it.
* A write that overwrites nothing that the reverse sweep reads afterwards is not taken back.
* A store is the *first touch* of its items if nothing before it reads or writes them: their cotangents are handed
  over, and need not be cleared for anybody.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from diffcompile.analysis.aliasing import AliasClass
from diffcompile.analysis.effects import ADD_AT, INPLACE_OPERATORS, writes
from diffcompile.analysis.overlap import MOST, Access, Overlaps, Path, touched
from diffcompile.analysis.references import is_reference
from diffcompile.analysis.types import Array
from diffcompile.ir.core import Op, Operand, Prim, Value, walk

if TYPE_CHECKING:
    from diffcompile.autodiff.cotangents import Cotangents

BLANK = {np.zeros, np.empty, np.ones, np.zeros_like, np.empty_like, np.ones_like, np.full, np.full_like}
"""Callees that make arrays whose content depends on nothing, if no number that they take does."""
TO_ITEMS = (operator.setitem, Prim.UPDATE_ITEM, ADD_AT)


class Memory:
    """The accesses of a primal, by alias class."""

    def __init__(self, rev: Cotangents) -> None:
        self.rev = rev
        self.overlaps = Overlaps(rev.primal, rev.types)
        self.writers: dict[AliasClass, list[Access]] = {}
        self.users: dict[AliasClass, list[Access]] = {}
        self._settled: dict[Op, bool] = {}
        self._collect()

    def _collect(self) -> None:
        for op in walk(self.rev.primal.body):
            path = self.overlaps.paths[op]
            for node, access in self._written(op, path):
                self.writers.setdefault(node, []).append(access)
            if is_reference(op, self.rev.types):
                continue
            for operand, index in touched(op):
                target = self._class(operand)
                if target is not None and target.written:
                    self.users.setdefault(target, []).append(self.overlaps.access(operand, index, path))

    def _class(self, operand: Operand) -> AliasClass | None:
        node = self.rev.aliases.nodes.get(operand) if isinstance(operand, Value) else None
        return node.root() if node is not None else None

    def _written(self, op: Op, path: Path) -> Iterator[tuple[AliasClass, Access]]:
        if not (writes(op) or op.attrs.get("may_write")):
            return
        base = op.operands[0]
        target = self._class(base)
        if target is not None and isinstance(base, Value) and isinstance(self.rev.types[base], Array):
            if op.callee in TO_ITEMS:
                yield target, self.overlaps.access(base, op.operands[1], path)
                return
            if op.callee is Prim.UPDATE or op.callee in INPLACE_OPERATORS:
                yield target, self.overlaps.access(base, None, path)
                return
        for operand in op.operands:
            reached: AliasClass | None = self._class(operand)
            seen: set[AliasClass] = set()
            while reached is not None and reached not in seen:
                seen.add(reached)
                yield reached, Access(None, (), path)
                reached = reached.content.root() if reached.content is not None else None

    def settled(self, load: Op) -> bool:
        """Tell whether no write after ``load``, in this trip or a later one, touches what it reads."""
        known = self._settled.get(load)
        if known is None:
            known = self._settled[load] = self._is_settled(load)
        return known

    def _is_settled(self, load: Op) -> bool:
        base, index = load.operands
        node = self._class(base)
        if load not in self.overlaps.paths or node is None or not isinstance(base, Value):
            return False
        if not isinstance(self.rev.types[base], Array):
            return False
        return self.is_settled(node, self.overlaps.access(base, index, self.overlaps.paths[load]))

    def is_settled(self, node: AliasClass, access: Access) -> bool:
        """Tell whether no write after an access touches the same items."""
        found = self.writers.get(node, [])
        if access.root is None or len(found) > MOST:
            return False
        return not any(self.overlaps.may_follow(write, access) for write in found)

    def first_touch(self, store: Op) -> bool:
        """Tell whether nothing before ``store``, in this trip or an earlier one, reads or writes its items."""
        if self.rev.recorder is not None:
            return False  # people look at the shadow
        node = self._class(store.operands[0])
        if node is None or node.flows or node.extern or node.content is not None:
            return False
        access = self.overlaps.access(store.operands[0], store.operands[1], self.overlaps.paths[store])
        maker = self.overlaps.makers.get(access.root) if access.root is not None else None
        users = self.users.get(node, [])
        if maker is None or maker.callee not in BLANK or len(users) > MOST:
            return False
        if any(map(self.rev.active, maker.operands[1:])):
            return False
        return not any(self.overlaps.may_follow(access, user) for user in users)


__all__ = ["Memory"]
