"""Numbers that a program reads from arrays and computes with are read as Python's own floats.

    before: u[i] = u[i] - 0.1 * u[i] * (u[i + 1] - u[i - 1])
    after:  u[i] = u.item(i) - 0.1 * u.item(i) * (u.item(i + 1) - u.item(i - 1))

Arithmetic on Python's floats takes a third of the time that it takes on numbers of NumPy, and rounds alike. What
differs stays with NumPy: a division by what may be zero, powers, integers, other precisions, and everything that a
function which is not known here could tell apart. Overflow gives infinity without a warning, so that a program that
enters contexts (``np.errstate``) is left as it is.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.types import Array, Scalar, Tup, Type, plain
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value, blocks, walk
from diffcompile.passes.dead_code import eliminate_dead_code

FLOAT = np.dtype(float)
ARITHMETIC: set[Any] = {operator.add, operator.sub, operator.mul, operator.neg, operator.pos, operator.abs, abs}
COMPARISONS: set[Any] = {operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne}
CONVERSIONS: set[Any] = {float, int, bool}
ENTERING = (dynamic.enter, dynamic.enter_acting, dynamic.enter_found)

# Nanoseconds, measured; only their ratios matter.
ARITHMETIC_GAIN, COMPARISON_GAIN, MIXED_LOSS = 25.0, 14.0, 6.0
VECTOR_LOSS, MATRIX_LOSS = 4.0, 14.0
WORTH = 10.0
"""So much is to be gained for each number that is read: ``u.item(i)`` is a little longer than ``u[i]``."""
DEEPEST = 4
PER_LOOP = 8.0
"""How often an operation of an inner loop counts, for each loop around it."""


def read_floats(function: Function, types: dict[Value, Type], saved: Iterable[Value]) -> Function:
    """Return ``function`` reading Python's floats from arrays where that makes it faster and nothing else.

    Args:
        function: A program whose values of type float64 are NumPy's.
        types: Their types; those of values that become Python's floats are changed.
        saved: Lists that are appended to and popped from, in which such values may be.
    """
    if any(op.callee in ENTERING or _makes_iterator(op) for op in walk(function.body)):
        return function
    work = _Floats(function, types, set(saved))
    chosen = work.choose()
    if not chosen:
        return function
    for value in work.floats:
        t = plain(types[value])
        if isinstance(t, Scalar):
            types[value] = Scalar(t.kind, None if value in work.sure else "?")
    body = _reading(function.body, {work.loads[value] for value in chosen}, work.indices)
    return eliminate_dead_code(replace(function, body=body), lambda op: op.callee is Prim.TUPLE)


def _makes_iterator(op: Op) -> bool:
    """Tell whether an operation makes an iterator over an array, which has items but no method for them."""
    return op.callee is getattr and isinstance(op.operands[1], Const) and op.operands[1].value == "flat"


def _reading(block: Block, chosen: set[Op], indices: dict[Value, tuple[Operand, ...]]) -> Block:
    ops = []
    for op in block.ops:
        if op in chosen:
            base, index = op.operands
            places = indices.get(index, (index,)) if isinstance(index, Value) else (index,)
            if isinstance(index, Const) and isinstance(index.value, tuple):
                places = tuple(map(Const, index.value))
            ops.append(replace(op, callee=np.ndarray.item, operands=(base, *places)))
        elif op.regions:
            ops.append(replace(op, regions=tuple(_reading(region, chosen, indices) for region in op.regions)))
        else:
            ops.append(op)
    return replace(block, ops=tuple(ops))


class _Floats:
    """Which values become Python's floats (or truth values) if loads read floats, and which must not."""

    def __init__(self, function: Function, types: dict[Value, Type], saved: set[Value]) -> None:
        self.types = types
        self.loads: dict[Value, Op] = {}
        """From a number to the operation that reads it from an array."""
        self.indices: dict[Value, tuple[Operand, ...]] = {}
        self.made: dict[Value, Op] = {}
        """Arithmetic and comparisons of which the result is Python's if the operands are."""
        self.flows: dict[Value, list[Operand]] = {}
        """From what is handed on to what it may be: results of branches and loops, what was saved."""
        self.depth: dict[Op, int] = {}
        self.uses: list[tuple[Op, int]] = []
        """Each operation with a number among its operands, and which."""
        self.handed: list[Operand] = list(function.body.results)
        """What leaves the function, or goes where it is not followed."""
        self.banned: set[Value] = set()
        self.floats: set[Value] = set()
        """What may be Python's."""
        self.sure: set[Value] = set()
        """What is Python's on every path."""
        self.lists = self._private(function, saved)
        self._scan(function.body, 0)

    # -- the program ----------------------------------------------------------------------------------------------

    @staticmethod
    def _private(function: Function, saved: set[Value]) -> set[Value]:
        """Return those of the ``saved`` lists that are only appended to and popped from."""
        found = set(saved)
        for block in blocks(function.body):
            found.difference_update(result for result in block.results if isinstance(result, Value))
            for op in block.ops:
                only = op.operands[1:] if op.callee is list.append or op.callee is list.pop else op.operands
                found.difference_update(operand for operand in only if isinstance(operand, Value))
        return found

    def _scan(self, block: Block, depth: int) -> None:
        for op in block.ops:
            self.depth[op] = depth
            for number, operand in enumerate(op.operands):
                if isinstance(operand, Value) and self._is_number(operand):
                    self.uses.append((op, number))
            if op.callee is Prim.TUPLE and not op.attrs:
                self.indices[op.result] = op.operands
            if self._is_load(op):
                self.loads[op.result] = op
            elif op.callee in ARITHMETIC or op.callee in COMPARISONS or op.callee is operator.truediv:
                self.made[op.result] = op
            elif op.callee is list.pop and op.operands[0] in self.lists:
                self.flows[op.result] = [op.operands[0]]
            elif op.callee is list.append and op.operands[0] in self.lists:
                assert isinstance(op.operands[0], Value)
                self.flows.setdefault(op.operands[0], []).append(op.operands[1])
            self._hand_on(op)
            for region in op.regions:
                self._scan(region, depth + (op.callee in (Prim.FOR, Prim.WHILE)))

    def _hand_on(self, op: Op) -> None:
        """Note what branches and loops hand to whom."""
        if op.callee is Prim.IF:
            for number, result in enumerate(op.results):
                self.flows[result] = [region.results[number] for region in op.regions]
        elif op.callee in (Prim.FOR, Prim.WHILE):
            lead, stops = int(op.callee is Prim.FOR), int(op.may_stop)
            body = op.regions[-1]
            for number, result in enumerate(op.results):
                both = [op.operands[number + lead], body.results[number + stops]]
                self.flows[result] = both
                for region in op.regions:
                    self.flows[region.params[number + lead]] = both
        else:
            self.handed += [result for region in op.regions for result in region.results]

    def _is_number(self, operand: Operand) -> bool:
        return isinstance(operand, Value) and isinstance(plain(self.types[operand]), Scalar)

    def _is_load(self, op: Op) -> bool:
        """Tell whether an operation reads one float from an array of them, at whole numbers."""
        if op.callee is not operator.getitem or op.attrs:
            return False
        base, index = op.operands
        t, result = self.types.get(base), plain(self.types[op.result])  # type: ignore[arg-type]
        if not isinstance(t, Array) or t.dtype != FLOAT or t.owner is not None or t.rank is None:
            return False
        if not isinstance(result, Scalar) or result.dtype != "float64":
            return False
        if isinstance(index, Const):
            places = index.value if isinstance(index.value, tuple) else (index.value,)
            return len(places) == t.rank and all(type(place) is int for place in places)
        kind = plain(self.types[index])
        if isinstance(kind, Tup):
            known = index in self.indices and kind.cls is None
            return known and len(kind.items) == t.rank and all(map(_is_whole, kind.items))
        return t.rank == 1 and _is_whole(kind)

    # -- what becomes a float -------------------------------------------------------------------------------------

    def choose(self) -> set[Value]:
        """Return the numbers that are read as floats."""
        chosen = set(self.loads)
        while chosen:
            self._close(chosen)
            bad = set(self._unsafe())
            if not bad:
                dear = self._not_worth(chosen)
                if not dear:
                    break
                bad = dear
            self._ban(bad)
            chosen -= self.banned
        if chosen:
            self._find_sure(chosen)
        return chosen

    def _close(self, chosen: set[Value]) -> None:
        """Find what may be a float of Python's, if the ``chosen`` loads read some."""
        self.floats = set(chosen)
        changed = True
        while changed:
            before = len(self.floats)
            for value, op in self.made.items():
                if value not in self.floats and self._makes_float(op):
                    self.floats.add(value)
            for value, sources in self.flows.items():
                if value not in self.floats and any(source in self.floats for source in sources):
                    self.floats.add(value)
            changed = len(self.floats) > before

    def _makes_float(self, op: Op) -> bool:
        """Tell whether an operation with floats among its operands makes one: with one of NumPy's it does not."""
        return any(o in self.floats for o in op.operands) and all(
            o in self.floats or self._is_python(o) for o in op.operands
        )

    def _find_sure(self, chosen: set[Value]) -> None:
        sure = set(self.floats)
        changed = True
        while changed:
            def known(operand: Operand, sure: set[Value] = sure) -> bool:
                return operand in sure or self._is_python(operand)

            wrong = {
                value for value in sure - chosen
                if not all(map(known, self.made[value].operands if value in self.made else self.flows[value]))
            }  # fmt: skip
            sure -= wrong
            changed = bool(wrong)
        self.sure = sure

    def _is_python(self, operand: Operand) -> bool:
        if isinstance(operand, Const):
            return type(operand.value) in (int, float, bool)
        t = plain(self.types[operand])
        return isinstance(t, Scalar) and t.dtype is None and t.kind in "bif"

    def _is_numpy(self, operand: Operand) -> bool:
        """Tell whether arithmetic with ``operand`` is NumPy's, in double precision."""
        if isinstance(operand, Const):
            return type(operand.value) in (np.float64, np.int64)
        t = plain(self.types[operand])
        if isinstance(t, Array):
            return t.dtype == FLOAT and t.owner is None
        return isinstance(t, Scalar) and t.dtype in ("float64", "int64") and operand not in self.floats

    # -- what must not --------------------------------------------------------------------------------------------

    def _unsafe(self) -> Iterator[Value]:
        """Yield values that would be floats where NumPy's numbers do something else."""
        for op, number in self.uses:
            operand = op.operands[number]
            if operand not in self.floats:
                continue
            assert isinstance(operand, Value)
            if op.callee is operator.truediv:
                yield from self._unsafe_division(op)
            elif not self._is_safe(op, number):
                yield operand
        yield from (operand for operand in self.handed if operand in self.floats)

    def _unsafe_division(self, op: Op) -> Iterator[Value]:
        dividend, divisor = op.operands
        if not all(o in self.floats or self._is_python(o) or self._is_numpy(o) for o in op.operands):
            yield from (o for o in op.operands if o in self.floats)
        elif self._is_numpy(dividend) or self._is_numpy(divisor):
            return
        elif isinstance(divisor, Value) and divisor in self.floats:
            yield divisor
        elif isinstance(dividend, Value) and not (isinstance(divisor, Const) and divisor.value):
            yield dividend

    def _is_safe(self, op: Op, number: int) -> bool:
        """Tell whether an operation does the same with a float of Python's in the place of one of NumPy's."""
        callee: Any = op.callee
        operand = op.operands[number]
        if self._is_truth(operand):
            return callee is operator.not_ or callee in (Prim.IF, Prim.FOR, Prim.WHILE) or self._saves(op)
        if callee in ARITHMETIC or callee in COMPARISONS:
            return self._known(op.operands) and not op.keywords
        if callee in (Prim.FOR, Prim.WHILE):
            return number >= int(callee is Prim.FOR)
        if callee is operator.setitem:
            base = self.types[op.operands[0]] if isinstance(op.operands[0], Value) else None
            return number == 2 and isinstance(base, Array) and base.owner is None  # noqa: PLR2004 - what is stored
        if callee in (Prim.UPDATE_ITEM, Prim.UPDATE):
            base = self.types[op.operands[0]] if isinstance(op.operands[0], Value) else None
            stored = number == len(op.operands) - 1 and isinstance(base, Array)
            plainly = op.attrs.get("op") in (*ARITHMETIC, operator.truediv)
            return stored and plainly and base.dtype == FLOAT and base.owner is None  # type: ignore[union-attr]
        if callee in CONVERSIONS or getattr(callee, "__module__", None) == math.__name__:
            return True
        if isinstance(callee, np.ufunc):
            return self._known(op.operands) and not op.keywords
        return self._saves(op)

    def _saves(self, op: Op) -> bool:
        return op.callee is list.append and op.operands[0] in self.lists

    def _known(self, operands: Iterable[Operand]) -> bool:
        return all(o in self.floats or self._is_python(o) or self._is_numpy(o) for o in operands)

    def _is_truth(self, operand: Operand) -> bool:
        t = plain(self.types[operand]) if isinstance(operand, Value) else None
        return isinstance(t, Scalar) and t.kind == "b"

    def _ban(self, bad: set[Value]) -> None:
        """Leave the loads with NumPy that values are made of."""
        pending: list[Operand] = list(bad)
        while pending:
            value = pending.pop()
            if not isinstance(value, Value) or value not in self.floats or value in self.banned:
                continue
            self.banned.add(value)
            if value in self.made:
                pending += self.made[value].operands
            pending += self.flows.get(value, ())

    # -- what it is worth -----------------------------------------------------------------------------------------

    def _not_worth(self, chosen: set[Value]) -> set[Value]:
        """Return the loads of which reading a float gains too little; those that meet in arithmetic go together."""
        groups = _Groups()
        for value, op in self.made.items():
            if value in self.floats:
                groups.join(value, (o for o in op.operands if o in self.floats))
        for value, sources in self.flows.items():
            if value in self.floats:
                groups.join(value, (o for o in sources if o in self.floats))
        gains: dict[Operand, float] = {}
        reads: dict[Operand, float] = {}

        def count(value: Operand, gain: float, op: Op) -> None:
            group = groups.of(value)
            gains[group] = gains.get(group, 0.0) + gain * PER_LOOP ** min(self.depth[op], DEEPEST)

        for value in chosen:
            op = self.loads[value]
            count(value, -VECTOR_LOSS if op.operands[1] not in self.indices else -MATRIX_LOSS, op)
            group = groups.of(value)
            reads[group] = reads.get(group, 0.0) + PER_LOOP ** min(self.depth[op], DEEPEST)
        for op, number in self.uses:
            first = next((o for o in op.operands if o in self.floats), None)
            if first is not None and first is op.operands[number]:
                count(first, self._gain(op), op)
        return {value for value in chosen if gains[groups.of(value)] < WORTH * reads[groups.of(value)]}

    def _gain(self, op: Op) -> float:
        if op.results and op.results[0] in self.floats and op.callee in COMPARISONS:
            return COMPARISON_GAIN
        if op.results and op.results[0] in self.floats and op.results[0] in self.made:
            return ARITHMETIC_GAIN
        scalar = all(isinstance(o, Const) or self._is_number(o) for o in op.operands)
        mixed = op.callee in ARITHMETIC or op.callee in COMPARISONS or op.callee is operator.truediv
        return -MIXED_LOSS if op.callee is Prim.UPDATE_ITEM or (mixed and scalar) else 0.0


class _Groups:
    """Values that go together."""

    def __init__(self) -> None:
        self.parent: dict[Operand, Operand] = {}

    def of(self, value: Operand) -> Operand:
        """Return the representative of a value's group."""
        while value in self.parent:
            value = self.parent[value]
        return value

    def join(self, value: Operand, others: Iterable[Operand]) -> None:
        """Put values into the group of another."""
        for other in others:
            mine, theirs = self.of(value), self.of(other)
            if mine is not theirs:
                self.parent[theirs] = mine


def _is_whole(t: Type) -> bool:
    t = plain(t)
    return isinstance(t, Scalar) and t.kind == "i" and t.dtype != "?"


__all__ = ["read_floats"]
