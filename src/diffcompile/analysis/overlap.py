"""Which accesses of an array may touch the same items: a test by difference constraints on loop indices.

In ``for k in range(n): a[k + 1:, k] /= a[k, k]`` no later trip writes to row ``k``: the store of a trip ``m > k`` is to
the rows from ``m + 1`` on. Such facts save copies: what nobody overwrites is still there when the reverse sweep reads
it, and the shadow of what nobody touched before need not be cleared.

Indices are sums of a constant and one variable or a multiple of it, bounds of loops likewise; what is neither is taken
for unknown, and two accesses of which too little is known may touch. See :mod:`diffcompile.analysis.differences`.
"""

from __future__ import annotations

import operator
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.differences import Affine, Constraints, Multiple, Times, Variable, base, plus, times
from diffcompile.analysis.effects import ADD_AT, writes
from diffcompile.analysis.references import describes, is_reference
from diffcompile.analysis.types import Array, Scalar, Static, Type, plain
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value
from diffcompile.rules import registry

Range = tuple[Affine | None, Affine | None]
"""Of indices: from, and up to but without; None where that is not known."""
Path = tuple[tuple[float, Op | None, int], ...]
"""Where an operation stands: in each block around it the position, and the operation and region that it is in."""
NEW_ARRAYS: set[Any] = {
    np.zeros, np.empty, np.ones, np.full, np.zeros_like, np.empty_like, np.ones_like, np.full_like, np.ndarray.copy,
    np.copy, dynamic.copy_in_layout, dynamic.zeros_in_layout, np.eye, np.arange, np.linspace,
}  # fmt: skip
EVERYTHING: Range = (None, None)
NEGATED: dict[Any, Any] = {
    operator.lt: operator.ge, operator.le: operator.gt, operator.gt: operator.le, operator.ge: operator.lt,
    operator.eq: operator.ne, operator.ne: operator.eq,
}  # fmt: skip
COMPARISONS: set[Any] = set(NEGATED)
MOST = 48
"""Accesses of one array that are looked at; a longer program is taken to touch everything."""


@dataclass(frozen=True, slots=True)
class Access:
    """What an operation may touch of an array, and where it stands."""

    root: Value | None
    """The array as it was made, or None if that is not known."""
    ranges: tuple[Range, ...]
    """For each axis of the root."""
    path: Path

    def loops(self) -> list[Op]:
        """Return the loops around it."""
        return [op for _, op, _ in self.path if op is not None and op.callee in (Prim.FOR, Prim.WHILE)]


@dataclass(slots=True)
class _Axis:
    """An axis of a view: the axis of the root that it runs along, and where it begins there, if that is known."""

    root: int | None
    start: Affine | None


class Overlaps:
    """Answers for the operations of one function, and of its reverse sweep."""

    def __init__(self, function: Function, types: dict[Value, Type]) -> None:
        self.types = types
        self.makers: dict[Value, Op] = {}
        self.homes: dict[Value, tuple[Op, ...]] = {}
        """The loops around the definition of a value."""
        self.items: dict[Op, Value] = {}
        """The index of a loop over a range."""
        self.paths: dict[Op, Path] = {}
        self.params = set(function.params)
        self._path: Path = ()
        """Where the access stands that is being looked at."""
        self._scan(function.body, (), ())

    def _scan(self, block: Block, path: Path, loops: tuple[Op, ...]) -> None:
        for param in block.params:
            self.homes[param] = loops
        for place, op in enumerate(block.ops):
            self.paths[op] = (*path, (place, None, 0))
            for result in op.results:
                self.makers[result] = op
                self.homes[result] = loops
            inside = (*loops, op) if op.callee in (Prim.FOR, Prim.WHILE) else loops
            for number, region in enumerate(op.regions):
                self._scan(region, (*path, (place, op, number)), inside)
            if op.callee is Prim.FOR:
                self.items[op] = op.regions[0].params[0]

    def place(self, op: Op, beside: Op, *, after: bool) -> None:
        """Note that ``op``, which is not of the function, will stand just before or after another."""
        *outer, (position, _, _) = self.paths[beside]
        self.paths[op] = (*outer, (position + (0.5 if after else -0.5), None, 0))
        for result in op.results:
            self.makers[result] = op
            self.homes[result] = tuple(inner for _, inner, _ in outer if inner and inner.callee is not Prim.IF)

    # -- what is touched ------------------------------------------------------------------------------------------

    def access(
        self, base: Operand, index: Operand | None, path: Path, makers: Mapping[Value, Op] | None = None
    ) -> Access:
        """Return what ``base[index]`` (without an index, ``base``) is of the array that ``base`` is a view of.

        ``makers`` are definitions beside those of the function.
        """
        more = makers or {}
        self._path = path
        steps: list[tuple[Op | None, Operand | None]] = [(None, index)] if index is not None else []
        value = base
        while isinstance(value, Value):
            op = self.makers.get(value) or more.get(value)
            if op is None or not is_reference(op, self.types):
                break
            if not isinstance(op.operands[0], Value) or not isinstance(self.types[op.operands[0]], Array):
                return Access(None, (), path)
            steps.append((op, op.operands[1] if op.callee is operator.getitem else None))
            value = op.operands[0]
        if not isinstance(value, Value) or not self._is_whole(value):
            return Access(None, (), path)
        t = self.types[value]
        if not isinstance(t, Array) or t.rank is None:
            return Access(None, (), path)
        axes: list[_Axis] | None = [_Axis(number, (None, 0)) for number in range(t.rank)]
        ranges: list[Range] = [EVERYTHING] * t.rank
        for op, part in reversed(steps):
            axes = self._step(op, part, axes, ranges, more)
        return Access(value, tuple(ranges), path)

    def _is_whole(self, value: Value) -> bool:
        op = self.makers.get(value)
        if op is None:
            return value in self.params
        return _among(op.callee, NEW_ARRAYS) or _among(op.callee, registry.ELEMENTWISE)

    def _step(
        self, op: Op | None, index: Operand | None, axes: list[_Axis] | None, ranges: list[Range],
        makers: Mapping[Value, Op],
    ) -> list[_Axis] | None:  # fmt: skip
        """Follow a view: return its axes (None if they are not known), and narrow ``ranges``."""
        if axes is None:
            return None
        if op is not None and op.callee is getattr:
            name = op.operands[1]
            return axes[::-1] if isinstance(name, Const) and name.value == "T" else None
        if index is None:
            return None
        parts = self._parts(index, makers)
        taken = sum(1 for part in parts if not (isinstance(part, Const) and part.value in (None, Ellipsis)))
        if sum(1 for part in parts if isinstance(part, Const) and part.value is Ellipsis) > 1 or taken > len(axes):
            return None
        found: list[_Axis] = []
        rest = list(axes)
        for number, part in enumerate(parts):
            if isinstance(part, Const) and part.value is None:
                found.append(_Axis(None, None))
            elif isinstance(part, Const) and part.value is Ellipsis:
                left = sum(1 for p in parts[number + 1 :] if not (isinstance(p, Const) and p.value is None))
                while len(rest) > left:
                    found.append(rest.pop(0))
            else:
                axis = rest.pop(0)
                kept = self._narrow(axis, part, ranges, makers)
                if kept is None:
                    return None
                found += kept
        return found + rest

    def _narrow(
        self, axis: _Axis, part: Operand, ranges: list[Range], makers: Mapping[Value, Op]
    ) -> list[_Axis] | None:
        """Take one part of an index: return what is left of the axis, None if the part is of an unknown kind."""
        bounds = self._slice(part, makers)
        t = plain(self.types[part]) if isinstance(part, Value) else None
        if bounds is None:
            whole = isinstance(part, Const) and isinstance(part.value, int) and not isinstance(part.value, bool)
            if not (whole or (isinstance(t, Scalar) and t.kind == "i") or _static_int(t) is not None):
                return None
            low = self._valid(self.affine(part, makers))
            self._set(axis, (low, plus(low, (None, 1))), ranges)
            return []
        low, high, unit = bounds
        self._set(axis, (low, high), ranges)
        start = plus(axis.start, low) if unit else None
        return [_Axis(axis.root if start is not None else None, start)]

    def _set(self, axis: _Axis, bounds: Range, ranges: list[Range]) -> None:
        if axis.root is None:
            return
        old = ranges[axis.root]
        low, high = (plus(axis.start, bound) for bound in bounds)
        ranges[axis.root] = (old[0] if low is None else low, old[1] if high is None else high)

    def _slice(self, part: Operand, makers: Mapping[Value, Op]) -> tuple[Affine | None, Affine | None, bool] | None:
        """Return the bounds of a slice, and whether its step is 1; None if it is no slice."""
        if isinstance(part, Const) and isinstance(part.value, slice):
            pieces: list[Operand] = [Const(part.value.start), Const(part.value.stop), Const(part.value.step)]
        else:
            op = self._maker(part, makers)
            if op is None or op.callee is not slice:
                return None
            pieces = list(op.operands)
            if len(pieces) == 1:
                pieces.insert(0, Const(None))
            pieces += [Const(None)] * (3 - len(pieces))
        start, stop, step = pieces
        if not isinstance(step, Const) or not (step.value is None or (type(step.value) is int and step.value > 0)):
            return None, None, False
        nothing = isinstance(start, Const) and start.value is None
        low = (None, 0) if nothing else self._valid(self.affine(start, makers))
        high = None if isinstance(stop, Const) and stop.value is None else self._valid(self.affine(stop, makers))
        return low, high, step.value in (None, 1)

    def _parts(self, index: Operand, makers: Mapping[Value, Op]) -> list[Operand]:
        if isinstance(index, Const):
            return [Const(part) for part in index.value] if isinstance(index.value, tuple) else [index]
        op = self._maker(index, makers)
        return list(op.operands) if op is not None and op.callee is Prim.TUPLE else [index]

    def _maker(self, operand: Operand, makers: Mapping[Value, Op]) -> Op | None:
        return (self.makers.get(operand) or makers.get(operand)) if isinstance(operand, Value) else None

    def affine(self, operand: Operand, makers: Mapping[Value, Op]) -> Affine | None:
        """Return an integer as a variable and a constant."""
        offset = 0
        while isinstance(operand, Value):
            known = _static_int(plain(self.types[operand]))
            if known is not None:
                return None, known + offset
            op = self._maker(operand, makers)
            if op is not None and op.callee is operator.mul:
                multiple = self._multiple(op, makers)
                if multiple is not None:
                    return plus(multiple, (None, offset))
            if op is None or op.callee not in (operator.add, operator.sub):
                t = plain(self.types[operand])
                return (operand, offset) if isinstance(t, Scalar) and t.kind == "i" else None
            left, right = op.operands
            if op.callee is operator.add and isinstance(left, Const):
                left, right = right, left
            if not isinstance(right, Const) or type(right.value) is not int:
                return operand, offset
            offset += right.value if op.callee is operator.add else -right.value
            operand = left
        if type(operand.value) is not int:
            return None
        return None, operand.value + offset

    def _multiple(self, op: Op, makers: Mapping[Value, Op]) -> Affine | None:
        """Return the product of an integer and a positive constant; None if it is something else."""
        left, right = op.operands if isinstance(op.operands[1], Const) else op.operands[::-1]
        t = plain(self.types[op.result])
        if not isinstance(right, Const) or type(right.value) is not int or not isinstance(t, Scalar) or t.kind != "i":
            return None
        if t.dtype not in (None, "int64"):  # it may overflow
            return None
        return times(self.affine(left, makers), right.value)

    def _valid(self, number: Affine | None) -> Affine | None:
        """Return a number if it is surely not negative: a negative index counts from the end."""
        if number is None or (number[0] is None and number[1] >= 0):
            return number
        variable, constant = number
        if variable is None or base(variable) not in self.homes:
            return None
        constraints = Constraints()
        for loop in self._loops_of(base(variable)):
            self._bound(loop, constraints, _itself)
        self._assume(self._path, constraints, _itself)
        self._lengths((base(variable),), constraints, _itself)
        constraints.relate([_itself(variable)])
        return number if constraints.bound(None, _itself(variable)) <= constant else None

    def _loops_of(self, variable: Value) -> tuple[Op, ...]:
        own = [loop for loop, item in self.items.items() if item is variable]
        return (*self.homes[variable], *own)

    # -- which loops run over what --------------------------------------------------------------------------------

    def _range(self, loop: Op) -> tuple[Affine | None, Affine | None, int] | None:
        """Return the least item of a loop over a range, one more than the largest, and the step."""
        op = self._maker(loop.operands[0], {}) if loop.callee is Prim.FOR else None
        direction = 1
        while op is not None and op.callee is reversed:
            op, direction = self._maker(op.operands[0], {}), -direction
        if op is None or op.callee is not range:
            return None
        operands = [Const(0), *op.operands] if len(op.operands) == 1 else list(op.operands)
        step = operands[2] if len(operands) == 3 else Const(1)  # noqa: PLR2004
        if not isinstance(step, Const) or type(step.value) is not int or step.value == 0:
            return None
        start, stop = (self.affine(operand, {}) for operand in operands[:2])
        if step.value > 0:
            return start, stop, direction * step.value
        return plus(stop, (None, 1)), plus(start, (None, 1)), direction * step.value

    def _bound(self, loop: Op, constraints: Constraints, named: Any) -> int:
        """Add what is known of the item of a loop; return its least step, with the sign of the direction, or 0."""
        found = self._range(loop)
        if found is None:
            return 0
        low, high, direction = found
        item = named(self.items[loop])
        if low is not None:
            constraints.add(None if low[0] is None else named(low[0]), item, -low[1])
        if high is not None:
            constraints.add(item, None if high[0] is None else named(high[0]), high[1] - 1)
        return direction

    def _lengths(self, values: tuple[Value, ...], constraints: Constraints, named: Any) -> None:
        """Add that lengths, and parts of them, are not negative."""
        for value in values:
            if self._is_length(value):
                constraints.add(None, named(value), 0)

    def _is_length(self, operand: Operand) -> bool:
        """Tell whether an integer is a length, or a part of one."""
        op = self._maker(operand, {})
        while op is not None and op.callee is operator.floordiv:
            divisor = op.operands[1]
            if not isinstance(divisor, Const) or type(divisor.value) is not int or divisor.value <= 0:
                return False
            op = self._maker(op.operands[0], {})
        if op is None or op.callee not in (operator.getitem, Prim.UNPACK):
            return op is not None and op.callee is len
        shape = self._maker(op.operands[0], {})
        if shape is None or shape.callee is not getattr or not isinstance(shape.operands[0], Value):
            return False
        name = shape.operands[1]
        return isinstance(self.types[shape.operands[0]], Array) and isinstance(name, Const) and name.value == "shape"

    def _assume(self, path: Path, constraints: Constraints, named: Any) -> None:
        """Add the conditions of the branches around a place, as far as they compare integers."""
        for _, op, region in path:
            made = self._maker(op.operands[0], {}) if op is not None and op.callee is Prim.IF else None
            if made is None or made.callee not in COMPARISONS:
                continue
            callee = made.callee if region == 0 else NEGATED[made.callee]
            left, right = (self.affine(operand, {}) for operand in made.operands)
            if left is None or right is None:
                continue
            if callee in (operator.gt, operator.ge):
                left, right = right, left
                callee = operator.lt if callee is operator.gt else operator.le
            low, high = (None if side[0] is None else named(side[0]) for side in (left, right))
            gap = right[1] - left[1]
            if callee in (operator.le, operator.eq):
                constraints.add(low, high, gap)
            if callee is operator.eq:
                constraints.add(high, low, -gap)
            if callee is operator.lt:
                constraints.add(low, high, gap - 1)
            if callee is operator.ne:  # with >= it is >, with <= it is <
                if constraints.bound(high, low) <= -gap:
                    constraints.add(high, low, -gap - 1)
                elif constraints.bound(low, high) <= gap:
                    constraints.add(low, high, gap - 1)

    # -- the test -------------------------------------------------------------------------------------------------

    def may_follow(self, later: Access, earlier: Access) -> bool:
        """Tell whether ``later`` may touch an item after ``earlier`` has touched it."""
        return any(not self._apart(later, earlier, shared, loop) for shared, loop in _orders(later.path, earlier.path))

    def differ(self, later: Access, earlier: Access) -> bool:
        """Tell whether accesses of one block are of different items, in each trip of the loops around it."""
        return self._apart(later, earlier, set(earlier.loops()), None)

    def _apart(self, later: Access, earlier: Access, shared: set[Op], differing: Op | None) -> bool:
        """Tell whether the accesses are of different items, in equal trips of ``shared`` and a later one of another."""
        root = later.root
        if root is None or root is not earlier.root:
            return False
        if differing is not None and differing in self.homes.get(root, ()):
            return True  # each trip makes the array anew

        def named(who: str) -> Any:
            def name(value: Variable | None) -> Hashable:
                if value is None:
                    return None
                if isinstance(value, Multiple):
                    return Times(name(value.value), value.factor)
                home = self.homes.get(value)
                loops = [*(home or ()), *(loop for loop, item in self.items.items() if item is value)]
                return value if home is not None and all(loop in shared for loop in loops) else (value, who)

            return name

        one, other = named("later"), named("earlier")
        constraints = Constraints()
        directions = {loop: self._bound(loop, constraints, one) for loop in later.loops()}
        for loop in earlier.loops():
            self._bound(loop, constraints, other)
        if differing is not None and directions.get(differing):
            item = self.items[differing]
            pair = (other(item), one(item)) if directions[differing] > 0 else (one(item), other(item))
            constraints.add(*pair, -abs(directions[differing]))
        self._assume(later.path, constraints, one)
        self._assume(earlier.path, constraints, other)
        ends = [(named, end[0]) for access, named in ((later, one), (earlier, other)) for end in _ends(access)]
        for who, variable in ends:
            self._lengths((base(variable),), constraints, who)
        constraints.relate(who(variable) for who, variable in ends)
        return any(
            _below(constraints, theirs[1], other, mine[0], one) or _below(constraints, mine[1], one, theirs[0], other)
            for mine, theirs in zip(later.ranges, earlier.ranges, strict=True)
        )


def _itself(variable: Variable) -> Hashable:
    return Times(variable.value, variable.factor) if isinstance(variable, Multiple) else variable


def _ends(access: Access) -> Iterator[tuple[Variable, int]]:
    """Yield the ends of ranges that have a variable."""
    for ends in access.ranges:
        for end in ends:
            if end is not None and end[0] is not None:
                yield end[0], end[1]


def _below(constraints: Constraints, high: Affine | None, one: Any, low: Affine | None, other: Any) -> bool:
    """Tell whether ``high <= low`` follows."""
    if high is None or low is None:
        return False
    left, right = one(high[0]), other(low[0])
    difference = 0.0 if left == right else constraints.bound(left, right)
    return difference + high[1] - low[1] <= 0


def _orders(later: Path, earlier: Path) -> Iterator[tuple[set[Op], Op | None]]:
    """Yield how one operation can run after another: in equal trips of some loops, and a later trip of a further one.

    Without a further one, in the same trip of all loops around both, as it stands behind the other.
    """
    shared: set[Op] = set()
    for (mine, op, region), (theirs, same, other) in zip(later, earlier, strict=False):
        if mine != theirs or op is not same or op is None:
            if mine > theirs:
                yield shared, None
            return
        if op.callee in (Prim.FOR, Prim.WHILE):
            yield set(shared), op
            shared.add(op)
        if region != other:
            if op.callee is Prim.WHILE and region > other:
                yield shared, None
            return


def _static_int(t: Type | None) -> int | None:
    return t.value if isinstance(t, Static) and type(t.value) is int else None


def _among(callee: Any, members: Any) -> bool:
    try:
        return callee in members
    except TypeError:
        return False


def touched(op: Op) -> Iterator[tuple[Operand, Operand | None]]:
    """Yield each array that ``op`` may read or write, with the index where it is an item or a part of it."""
    if describes(op):
        yield from ((operand, None) for operand in op.operands[1:])
    elif op.callee in (operator.getitem, operator.setitem, Prim.UPDATE_ITEM, ADD_AT):
        yield op.operands[0], op.operands[1]
        yield from ((operand, None) for operand in op.operands[1:])
    else:
        yield from ((operand, None) for operand in op.operands)


__all__ = ["MOST", "Access", "Overlaps", "touched", "writes"]
