"""A view that all trips of a loop take is taken before the loop, and what a view at hand sees is updated through it.

    before: for j in range(k + 1, n):            after:  q_k = q[:, k]
                a_j = a[:, j]                            for j in range(k + 1, n):
                r[k, j] = np.dot(q[:, k], a_j)               a_j = a[:, j]
                a[:, j] -= q[:, k] * r[k, j]                 r[k, j] = np.dot(q_k, a_j)
                                                             a_j -= q_k * r[k, j]

A loop may have no trip, and an index may be out of range: a view is taken before a loop only if it cannot fail, or if
what is beside the loop would fail as well: before the loop, or in the reverse sweep, whose errors no program handles,
behind it. Views with constant indices are left where they are: they read best there.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import replace

from diffcompile.analysis.infer import infer
from diffcompile.analysis.references import copies, is_reference
from diffcompile.analysis.types import ANY, Array, SliceOf, Tup, Type, plain
from diffcompile.ir.core import Block, Function, Op, Operand, Prim, Value, blocks, renamed, walk
from diffcompile.passes.clean import place_of
from diffcompile.passes.dead_code import eliminate_dead_code

LOOPS = (Prim.FOR, Prim.WHILE)
ACCESSES = (operator.getitem, operator.setitem, Prim.UPDATE_ITEM)
INDICES = (slice, Prim.TUPLE)
Place = tuple[Value, Hashable]
"""An array, and a key of an index."""


def take_views_once(function: Function, types: dict[Value, Type]) -> Function:
    """Return ``function`` with views that several trips or operations take taken once."""
    if not any(op.callee in LOOPS for op in walk(function.body)):
        return function
    work = _Views(function, types)
    taken = replace(function, body=work.updated(work.block(function.body)))
    return eliminate_dead_code(taken, lambda op: op.callee in INDICES)


class _Views:
    def __init__(self, function: Function, types: dict[Value, Type]) -> None:
        self.types = types
        self.makers = {result: op for op in walk(function.body) for result in op.results}
        uses = Counter(operand for block in blocks(function.body) for operand in _mentioned(block))
        self.taken_for: Counter[Place] = Counter()
        """How often views of a place are used."""
        for op in walk(function.body):
            if op.callee is operator.getitem and (place := self.place(op)) is not None:
                self.taken_for[place] += uses[op.result]

    # -- before the loop ------------------------------------------------------------------------------------------

    def block(self, block: Block, *, reverse: bool = False) -> Block:
        """Return a block in which loops, inner ones first, no longer take views that are the same in all trips."""
        ops: list[Op] = []
        beside = set(filter(None, map(self.place, block.ops))) if reverse else set()
        for number, old in enumerate(block.ops):
            op = old
            if op.callee is Prim.SECTION:
                reverse = op.attrs["title"] == "reverse sweep"
                beside = set(filter(None, map(self.place, block.ops[number:]))) if reverse else set()
            if op.regions:
                op = replace(op, regions=tuple(self.block(region, reverse=reverse) for region in op.regions))
            moved, op = self.loop(op, beside) if op.callee in LOOPS else ([], op)
            ops += [*moved, op]
            if (place := self.place(op)) is not None:
                beside.add(place)
        return replace(block, ops=tuple(ops))

    def loop(self, loop: Op, beside: set[Place]) -> tuple[list[Op], Op]:
        """Return what is taken before a loop, and the loop."""
        body = loop.regions[-1]
        changing = {value for region in loop.regions for block in blocks(region) for value in block.params}
        changing.update(result for region in loop.regions for op in walk(region) for result in op.results)
        views: dict[Place, Value] = {}
        names: dict[Value, Operand] = {}
        moved: list[Op] = []
        ops: list[Op] = []
        for op in body.ops:
            place = self.place(op)
            if place is None or op.callee is operator.setitem or not self.may_move(op, place, changing, beside):
                ops.append(op)
                continue
            if place not in views:
                views[place] = self.taken(op, moved, changing)
            if op.callee is operator.getitem:
                names[op.result] = views[place]
            else:
                ops.append(replace(op, callee=Prim.UPDATE, operands=(views[place], op.operands[2])))
        if not moved:
            return [], loop
        body = renamed(replace(body, ops=tuple(ops)), names)
        return moved, replace(loop, regions=(*loop.regions[:-1], body))

    def may_move(self, op: Op, place: Place, changing: set[Value], beside: set[Place]) -> bool:
        """Tell whether the view is the same in all trips, and to take it before the loop fails where the rest does."""
        base, index = op.operands[:2]
        if base in changing or any(leaf in changing for leaf in self.leaves(index)):
            return False
        return place in beside or self.cannot_fail(op)

    def taken(self, op: Op, moved: list[Op], changing: set[Value]) -> Value:
        """Return a view that is taken before the loop, of which the operations are added to those ``moved``."""
        base, index = op.operands[:2]
        view = self.new(op.result if op.results else None, self.view_type(op))
        place = self.outside(index, moved, changing)
        moved.append(Op(operator.getitem, (base, place), (view,)))
        self.makers[view] = moved[-1]
        return view

    def outside(self, index: Operand, moved: list[Op], changing: set[Value]) -> Operand:
        """Return an index that is made before the loop."""
        if not isinstance(index, Value) or index not in changing:
            return index
        made = self.makers[index]
        operands = tuple(self.outside(operand, moved, changing) for operand in made.operands)
        fresh = self.new(index, self.types[index])
        moved.append(replace(made, operands=operands, results=(fresh,), span=None))
        self.makers[fresh] = moved[-1]
        return fresh

    def new(self, like: Value | None, t: Type) -> Value:
        value = Value(like.name if like is not None else "")
        self.types[value] = t
        return value

    def cannot_fail(self, op: Op) -> bool:
        """Tell whether an index is of slices alone, not more of them than the array has axes."""
        base, index = op.operands[:2]
        t = plain(self.types[index]) if isinstance(index, Value) else None
        parts = t.items if isinstance(t, Tup) else (t,)
        rank = self.types[base].rank if isinstance(base, Value) and isinstance(self.types[base], Array) else None  # type: ignore[attr-defined]
        return rank is not None and len(parts) <= rank and all(isinstance(part, SliceOf) for part in parts)

    # -- at hand --------------------------------------------------------------------------------------------------

    def updated(self, block: Block, at_hand: dict[Place, Value] | None = None) -> Block:
        """Return a block that takes no view twice that has a name, and updates parts of arrays through such views."""
        known = dict(at_hand or {})
        names: dict[Value, Operand] = {}
        ops = []
        for old in block.ops:
            op = old
            place = self.place(op)
            if op.callee is Prim.SECTION and not op.attrs.get("trip"):
                known = {}  # the two sweeps stay apart, as they may become two functions
            elif place is not None and op.callee is operator.getitem:
                if place in known:
                    names[op.result] = known[place]
                    continue
                if self.taken_for[place] > 1:
                    known[place] = op.result
            elif place in known and op.callee is Prim.UPDATE_ITEM:
                assert place is not None
                op = replace(op, callee=Prim.UPDATE, operands=(known[place], op.operands[2]))
            if op.regions:
                op = replace(op, regions=tuple(self.updated(region, known) for region in op.regions))
            ops.append(op)
        return renamed(replace(block, ops=tuple(ops)), names)

    # -- places ---------------------------------------------------------------------------------------------------

    def place(self, op: Op) -> Place | None:
        """Return which part of an array an operation takes a view of, or stores to; None if that has no such view."""
        if op.callee not in ACCESSES or op.attrs.get("keywords"):
            return None
        base, index = op.operands[:2]
        t = self.types.get(base) if isinstance(base, Value) else None
        if not isinstance(t, Array) or not isinstance(index, Value) or not isinstance(self.view_type(op), Array):
            return None
        assert isinstance(base, Value)
        if op.callee is operator.getitem and not is_reference(op, self.types):
            return None
        key = place_of(index, self.makers)
        return (base, key) if key is not None and any(True for _ in self.leaves(index)) else None

    def view_type(self, op: Op) -> Type:
        """Return the type of the view of what an operation accesses."""
        if op.callee is operator.getitem:
            return plain(self.types[op.result])
        base, index = op.operands[:2]
        if copies(self.types, index):
            return ANY
        return plain(infer(operator.getitem, [self.types[base], self.types[index]], {}))  # type: ignore[index]

    def leaves(self, index: Operand) -> Iterator[Value]:
        """Yield the variables that an index is made of."""
        made = self.makers.get(index) if isinstance(index, Value) else None
        if made is not None and made.callee in INDICES:
            for operand in made.operands:
                yield from self.leaves(operand)
        elif isinstance(index, Value):
            yield index


def _mentioned(block: Block) -> Iterator[Operand]:
    yield from block.results
    for op in block.ops:
        yield from op.operands


__all__ = ["take_views_once"]
