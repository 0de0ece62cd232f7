"""What is known of a value where the program has come to: how it was made, and whether that still holds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from diffcompile.analysis.aliasing import RETURNING_FIRST, AliasClass, Aliases
from diffcompile.analysis.effects import is_pure, writes
from diffcompile.analysis.infer import infer
from diffcompile.analysis.types import Static, Type, plain
from diffcompile.ir.core import Block, Op, Operand, Value, blocks, walk


def referred(operand: Operand, makers: Mapping[Value, Op]) -> Operand:
    """Return what a value that is taken for a number may be, as it is: an array without axes is one, too."""
    op = makers.get(operand) if isinstance(operand, Value) else None
    while op is not None and op.callee in RETURNING_FIRST:
        operand = op.operands[0]
        op = makers.get(operand) if isinstance(operand, Value) else None
    return operand


class Versions:
    """A walk in program order that knows which memory was written to since a value was computed.

    An operation that is *fresh* would give its result again, and that is what its result still is: neither what it read
    nor what it made has changed.
    """

    def __init__(self, types: dict[Value, Type], aliases: Aliases, body: Block) -> None:
        self.types = types
        self.aliases = aliases
        self.makers: dict[Value, Op] = {}
        self.uses: dict[Value, int] = {}
        for block in blocks(body):
            for operand in (*(o for op in block.ops for o in op.operands), *block.results):
                self.count(operand)
        self._clock = 0
        self._written: dict[AliasClass, list[int]] = {}
        self._made: dict[Value, int] = {}
        self.order_made: dict[Value, int] = {}
        """In which order the walk came past values."""

    def count(self, operand: Operand) -> None:
        """Note one more use of an operand."""
        if isinstance(operand, Value):
            self.uses[operand] = self.uses.get(operand, 0) + 1

    def type(self, operand: Operand) -> Type:
        """Return the type of an operand, of constants too."""
        return plain(self.types[operand]) if isinstance(operand, Value) else Static(operand.value)

    def passed(self, op: Op) -> None:
        """Note that the walk has come past an operation without regions."""
        if writes(op):
            for operand in op.operands[:2]:
                self._write(operand)
        for result in op.results:
            self.makers[result] = op
            self._made[result] = self._clock
            self.order_made.setdefault(result, len(self.order_made))

    def entered(self, op: Op) -> None:
        """Note the writes of a loop or branch: before it, as its trips see each other's, and behind it."""
        for region in op.regions:
            for inner in walk(region):
                if writes(inner):
                    for operand in inner.operands[:2]:
                        self._write(operand)

    def _write(self, operand: Operand) -> None:
        self._clock += 1
        node = self.aliases.of(operand)
        seen: set[AliasClass] = set()
        while node is not None and node.root() not in seen:
            seen.add(node.root())
            self._written.setdefault(node.root(), []).append(self._clock)
            node = node.root().content

    def changed(self, operand: Operand, since: int, until: int | None = None) -> bool:
        """Tell whether the memory of ``operand`` was written to between two times."""
        node = self.aliases.nodes.get(referred(operand, self.makers))  # type: ignore[arg-type]
        times = self._written.get(node.root(), ()) if node is not None else ()
        first = bisect_right(times, since)
        return first < len(times) and (until is None or times[first] <= until)

    def fresh(self, op: Op, until: Operand | None = None) -> bool:
        """Tell whether an operation would give its result again, now or where a value ``until`` was made."""
        made = self._made[op.results[0]]
        end = self._made[until] if isinstance(until, Value) else None
        return not any(self.changed(operand, made, end) for operand in (*op.operands, *op.results))

    def made_by(self, operand: Operand, *callees: Any) -> Op | None:
        """Return the operation that made a value, if it calls one of ``callees`` and is fresh."""
        if not isinstance(operand, Value):
            return None
        op = self.makers.get(operand)
        try:
            if op is None or op.callee not in callees:
                return None
        except TypeError:
            return None
        return op if self.fresh(op) else None

    def release(self, operand: Operand) -> None:
        """Note one use less of an operand: if nothing else uses it, what it was made of has one use less as well."""
        pending = [operand]
        while pending:
            current = pending.pop()
            if not isinstance(current, Value) or current not in self.uses:
                continue
            self.uses[current] -= 1
            op = self.makers.get(current)
            if self.uses[current] == 0 and op is not None and len(op.results) == 1 and is_pure(op):
                pending += op.operands

    def once(self, operand: Operand) -> bool:
        """Tell whether a value is used once."""
        return isinstance(operand, Value) and self.uses.get(operand, 0) == 1

    def new(self, callee: Any, operands: tuple[Operand, ...], attrs: Mapping[str, Any] | None = None) -> Op:
        """Return a new operation with a result of the inferred type, and note that it was passed."""
        attrs = attrs or {}
        names: tuple[str, ...] = attrs.get("keywords", ())
        split = len(operands) - len(names)
        types = [self.type(operand) for operand in operands]
        result = Value()
        self.types[result] = infer(callee, types[:split], dict(zip(names, types[split:], strict=True)))
        op = Op(callee, operands, (result,), attrs)
        for operand in operands:
            self.count(operand)
        self.passed(op)
        return op


__all__ = ["Versions", "referred"]
