"""Which lists of saved numbers become arrays of the module ``array``: 8 bytes for a number instead of 32 or 40.

Such an array gives back Python floats. That is the same to the last bit for what was one, and for a number of NumPy's
where it meets another of these: the result is one again, and a division by zero stays infinity.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping

from diffcompile.analysis.effects import is_pure
from diffcompile.analysis.types import Scalar, Tup, Type, plain
from diffcompile.ir.core import Const, Function, Op, Operand, Prim, Value, blocks

ARITHMETIC = {operator.add, operator.sub, operator.mul, operator.truediv}
DOUBLE = "float64"


def compact_lists(function: Function, types: Mapping[Value, Type]) -> set[Value]:
    """Return the lists that hold floats and nothing else, and of which nothing is asked but ``append`` and ``pop``."""
    facts = _Facts(function, types)
    if not facts.pushed:
        return set()
    found, doubles = (
        {made for made, items in facts.pushed.items() if items and all(facts.is_float(item, t) for item in items)}
        for t in (None, DOUBLE)
    )
    unfit = {
        made for value, made in facts.popped.items() if made in doubles
        and not all(facts.meets_a_double(value, use) for use in facts.uses.get(value, ()))
    }  # fmt: skip
    return {
        made for made in found | (doubles - unfit) if all(facts.is_there(item, set()) for item in facts.pushed[made])
    }


class _Facts:
    """Lists that begin empty, what is appended to each, and what is taken."""

    def __init__(self, function: Function, types: Mapping[Value, Type]) -> None:
        self.types = types
        self.uses: dict[Value, list[Op | None]] = {}
        self.makers: dict[Value, Op] = {}
        self.sources: dict[Value, tuple[Operand, ...]] = {}
        """What a variable that a loop carries is at the start, and at the end of each trip; likewise for branches."""
        self.pushed: dict[Value, list[Operand]] = {}
        self.popped: dict[Value, Value] = {}
        for block in blocks(function.body):
            for op in block.ops:
                self._note(op)
            for result in block.results:
                if isinstance(result, Value):
                    self.uses.setdefault(result, []).append(None)
        for made in [op.result for op in self.makers.values() if op.callee is Prim.LIST and not op.operands]:
            self._follow(made)

    def _note(self, op: Op) -> None:
        for operand in op.operands:
            if isinstance(operand, Value):
                self.uses.setdefault(operand, []).append(op)
        self.makers.update(dict.fromkeys(op.results, op))
        stops = int(op.may_stop)
        for number, result in enumerate(op.results):
            if op.callee is Prim.IF:
                self.sources[result] = tuple(region.results[number] for region in op.regions)
            elif op.regions:
                lead = 1 if op.callee is Prim.FOR else 0
                around = (op.operands[number + lead], op.regions[-1].results[number + stops])
                self.sources[result] = around
                self.sources.update((region.params[number + lead], around) for region in op.regions)

    def _follow(self, made: Value) -> None:
        items: list[Operand] = []
        for use in self.uses.get(made, ()):
            if use is not None and use.callee is list.append and use.operands[1] is not made:
                items.append(use.operands[1])
            elif use is not None and use.callee is list.pop and len(use.operands) == 1:
                self.popped.update(dict.fromkeys(use.results, made))
            else:
                return
        self.pushed[made] = items

    def is_float(self, item: Operand, dtype: str | None) -> bool:
        """Tell whether an operand is a float: Python's, or one of NumPy's of a dtype."""
        t = plain(self.types[item]) if isinstance(item, Value) else None
        return isinstance(t, Scalar) and t.kind == "f" and t.dtype == dtype

    def is_there(self, item: Operand, seen: set[Value]) -> bool:
        """Tell whether an operand surely has a value: what a branch or a failed block has not assigned is None."""
        if isinstance(item, Const):
            return isinstance(item.value, float)
        if item in self.sources:
            return item in seen or all(self.is_there(source, seen | {item}) for source in self.sources[item])
        op = self.makers.get(item)
        if op is None:
            return True
        if op.callee is operator.getitem and isinstance(op.operands[0], Value):
            return not isinstance(plain(self.types[op.operands[0]]), Tup)
        return not isinstance(op.callee, Prim) and is_pure(op)

    def meets_a_double(self, value: Value, use: Op | None) -> bool:
        """Tell whether a number is used in arithmetic with one that surely is NumPy's."""
        if use is None or use.callee not in ARITHMETIC:
            return False
        left, right = use.operands
        other = right if left is value else left
        return other is not value and other not in self.popped and self.is_float(other, DOUBLE)


__all__ = ["compact_lists"]
