"""Variables without a value: a path that leaves one unbound and surely comes to a place that reads it raises there.

``if c: y = x`` followed by ``return y`` becomes ``if c: y = x`` with ``else: raise UnboundLocalError(...)``.

Where that depends on several branches, or on which trips of a loop assigned the variable, generated code finds None in
it. Arithmetic does not get over that; what would (a result, an argument, a comparison) asks first whether there is a
value.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from diffcompile import dynamic
from diffcompile.frontend.lower.builder import Builder
from diffcompile.ir.core import UNDEFINED, Const, Op, Operand, Prim, Value, walk


class Unbound(Builder):
    """Raise what Python raises where a variable is read that has no value."""

    def raise_unbound(self, name: str, node: Any) -> Operand:
        message = f"cannot access local variable {name!r} where it is not associated with a value"
        error = self.emit(Prim.CALL, (Const(UnboundLocalError, "UnboundLocalError"), Const(message)), node)
        self.effect(Prim.RAISE, (error,), node)
        return error

    def note_partial(self, op: Op, names: list[str]) -> None:
        """Remember which results of an ``IF`` some of its branches leave unbound."""
        for name, result, *found in zip(names, op.results, *(region.results for region in op.regions), strict=True):
            if not name.startswith("$") and any(self.may_be_unbound(part) for part in found):
                self.partial.add(result)

    def may_be_unbound(self, operand: Operand) -> bool:
        if isinstance(operand, Const):
            return operand.value is UNDEFINED
        return operand in self.partial or operand in self.untaken

    def note_loop(self, op: Op, names: list[str]) -> None:
        """Remember which results of a loop are unbound after some trips, or after none."""
        last = op.regions[-1].results[len(op.regions[-1].results) - len(names) :]
        inits = op.operands[len(op.operands) - len(names) :]
        for name, init, end, result in zip(names, inits, last, op.results, strict=True):
            if not name.startswith("$") and self.may_be_unbound(init):
                (self.partial if self.may_be_unbound(end) else self.untaken).add(result)

    def require_bound(self, value: Value, name: str, node: Any) -> None:
        """Let the branches that leave a variable unbound raise, if it is read in the block that they belong to."""
        if not self.may_be_unbound(value):
            return
        for number in reversed(range(len(self.ops))):
            op = self.ops[number]
            if value in op.results and op.callee is Prim.IF:
                self.partial.discard(value)
                place = op.results.index(value)
                regions = []
                for region in op.regions:
                    outer, self.ops = self.ops, list(region.ops)
                    found = region.results[place]
                    if isinstance(found, Value):
                        self.require_bound(found, name, node)
                    elif found.value is UNDEFINED:
                        self.raise_unbound(name, node)
                    regions.append(replace(region, ops=tuple(self.ops)))
                    self.ops = outer
                self.ops[number] = replace(op, regions=tuple(regions))
                return
        self.ask_bound(value, name, node)

    def ask_bound(self, value: Value, name: str, node: Any) -> None:
        """Ask whether a variable has a value, where what is done with None would not fail."""
        if id(node) in self.failing_on_none:
            return
        asked = Const(dynamic.check_bound, "check_bound")
        if not any(op.callee is Prim.CALL and op.operands[:2] == (asked, value) for op in self.ops):
            self.emit(Prim.CALL, (asked, value, Const(name)), node)

    def note_deleted(self, op: Op, names: list[str], node: Any) -> None:
        """Refuse to read in the next trip what a loop may have deleted, and remember it for what comes after the loop.

        Whether the variable has a value depends on the number of trips, and its old value still has the name.
        """
        params = op.regions[-1].params[-len(names) :] if names else ()
        ends = op.regions[-1].results[len(op.regions[-1].results) - len(names) :]
        inits = op.operands[len(op.operands) - len(names) :]
        for name, param, init, end, result in zip(names, params, inits, ends, op.results, strict=True):
            if name in self.deleted and (self.may_be_unbound(init) or self.may_be_unbound(end)):
                self.perhaps_deleted.add(result)
                if not self.may_be_unbound(init) and any(param in inner.operands for inner in walk(op.regions[-1])):
                    self.refuse_deleted(name, node)

    def refuse_deleted(self, name: str, node: Any) -> None:
        what = f"{name} is read where a loop may have deleted it"
        self.refuse(node, what, "do without the `del`")
