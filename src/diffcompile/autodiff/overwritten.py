"""Items of an array that are overwritten: what was computed there is left out, whatever its slope is.

    primal: y = np.log(x)            reverse: y_bar[dry] = 0.0
            y[dry] = 0.0                      x_bar = np.where(dry, 0.0, y_bar / x)

The shadow of ``y`` tells where it is zero by construction (:mod:`diffcompile.autodiff.guards`): at what the sweep has
cleared since anything was added to it, and wherever what was added is zero itself.
"""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from diffcompile import dynamic, runtime
from diffcompile.analysis.effects import is_pure
from diffcompile.analysis.infer import same_shape
from diffcompile.analysis.types import Array, plain
from diffcompile.autodiff.guards import Guard, either, is_zero
from diffcompile.autodiff.modes import Mode
from diffcompile.ir.core import Const, Op, Operand, Prim, Value, walk
from diffcompile.rules import registry

if TYPE_CHECKING:
    from diffcompile.autodiff.rule_application import RuleApplication

MOST = 200
"""So many operations are looked back at: the time that this takes is linear."""

COPIES = {np.ndarray.copy, np.where, dynamic.own, dynamic.match}
"""Callees whose result is not written to, whatever becomes of the shadow that they were given."""


class Filling:
    """Where a shadow may be other than zero, from one operation on it to the next."""

    def __init__(self, rev: RuleApplication, shadow: Value) -> None:
        self.rev = rev
        self.shadow = shadow
        self.steps: list[tuple[Operand, bool]] = []
        """Indices that were cleared or added to, if nothing is known of the other items."""
        self.empty = False
        self.only: Guard | None = None

    def forget(self) -> None:
        """Anything may be anywhere."""
        self.steps, self.empty, self.only = [], False, None

    def clear(self, index: Operand) -> None:
        """Follow ``shadow[index] = 0.0``."""
        if isinstance(index, Const) and index.value is Ellipsis:
            self.steps, self.empty, self.only = [], True, None
        elif not self.empty and self.only is None and settled(self.rev, index):
            self.steps.append((index, True))

    def add(self, guard: Guard | None) -> None:
        """Follow ``shadow += ct``, where ``guard`` is what is known of ``ct``."""
        if guard is None or not (self.empty or self.only is not None):
            self.forget()
        else:
            self.only = guard if self.only is None else either(self.rev, self.only, guard)
            self.empty = False

    def add_at(self, index: Operand) -> None:
        """Follow ``shadow[index] += ct``."""
        if not settled(self.rev, index):
            self.forget()
        elif self.empty or self.only is not None:
            self.add(Guard(self.marked(index)))
        elif self.steps:
            self.steps.append((index, False))

    def marked(self, index: Operand) -> Operand:
        """Return a mask of the items at ``index``."""
        rev = self.rev
        shadow, mask = plain(rev.types[self.shadow]), plain(rev.stage.type(index))
        if isinstance(mask, Array) and mask.dtype == np.dtype(bool) and same_shape(mask, shadow):
            return index
        return rev.emit(runtime.marked, rev.emit(np.shape, self.shadow), index)

    def guard(self) -> Guard | None:
        """Return where the shadow is zero by construction."""
        if self.only is not None:
            return replace(self.only, always=False)
        places: Operand | None = None
        for index, cleared in self.steps:
            mask = self.marked(index)
            if places is None:
                places = mask  # the first step clears something
            elif cleared:
                places = self.rev.emit(np.logical_or, places, mask)
            else:
                places = self.rev.emit(np.logical_and, places, self.rev.emit(np.logical_not, mask))
        return None if places is None else Guard(places, kept=False, always=False)


def settled(rev: RuleApplication, index: Operand) -> bool:
    """Tell whether ``index`` is the same wherever the sweep reads it."""
    made = rev.stage.op_of(index) if isinstance(index, Value) else None
    if made is not None and made.callee in (Prim.TUPLE, slice):
        return all(settled(rev, part) for part in made.operands)
    return not isinstance(index, Value) or not rev.is_volatile(index)


def remember_overwritten(rev: RuleApplication, op: Op) -> None:
    """Note where the shadow of what ``op`` made is zero, since the primal overwrote these items later."""
    result = op.results[0] if op.results else None
    guard = None if result is None else guard_of_shadow(rev, result)
    if guard is not None:
        rev.guards[rev.shadows[result]] = guard  # type: ignore[index]


def guard_of_shadow(rev: RuleApplication, array: Value) -> Guard | None:
    """Return where the shadow of ``array`` is zero by construction, as the sweep has left it so far."""
    shadow = rev.shadows.get(array)
    if rev.modes.of(array) is not Mode.MEMORY or not isinstance(shadow, Value):
        return None
    node = rev.aliases.of(array)
    if rev.stage.owner is not None or node is None or len(node.members) != 1 or node.flows or node.extern:
        return None  # it is written to through other names, or masks of NumPy would meet arrays of another owner
    if not isinstance(plain(rev.types[array]), Array):
        return None
    if shadow not in rev.types or not isinstance(plain(rev.types[shadow]), Array):
        return None
    return _followed(rev, shadow).guard()


def _followed(rev: RuleApplication, shadow: Value) -> Filling:
    filling = Filling(rev, shadow)
    recent = rev.stage.ops[-MOST:]
    views: set[Operand] = {shadow}
    for op in list(recent):
        if shadow in op.results:
            if op.callee in (np.zeros_like, np.zeros, dynamic.zeros_in_layout):
                filling.clear(Const(Ellipsis))
            continue
        inner = (op, *(below for region in op.regions for below in walk(region)))
        if not views.isdisjoint(operand for each in inner for operand in each.operands):
            _follow(filling, op, views)
    return filling


def _follow(filling: Filling, op: Op, views: set[Operand]) -> None:
    """Follow an operation on the shadow, or on views of it."""
    own = bool(op.operands) and op.operands[0] is filling.shadow
    added = op.callee in (Prim.UPDATE, Prim.UPDATE_ITEM) and op.attrs.get("op") in (operator.add, operator.sub)
    if own and op.callee is operator.setitem and is_zero(op.operands[2]):
        filling.clear(op.operands[1])
    elif own and added and op.callee is Prim.UPDATE:
        filling.add(filling.rev.added.get(op))
    elif own and added:
        filling.add_at(op.operands[1])
    elif is_pure(op):
        if op.callee not in COPIES and op.callee not in registry.ELEMENTWISE:
            views.update(op.results)
    elif views.isdisjoint(op.operands[:1]) and op.callee in (Prim.UPDATE, Prim.UPDATE_ITEM) and not op.regions:
        pass  # what is read of it is added elsewhere
    else:
        filling.forget()


__all__ = ["guard_of_shadow", "remember_overwritten"]
