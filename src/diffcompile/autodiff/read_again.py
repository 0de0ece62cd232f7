"""What the primal computed from an array is computed from it again, where that is less than to keep it.

    for i in range(1, n - 1): u[i] = u[i] - c * u[i] * (u[i + 1] - u[i - 1])

The reverse sweep needs ``c * u[i]`` and ``u[i + 1] - u[i - 1]`` as they were: two numbers a trip. If it takes the store
back, which needs the number that was overwritten, it can read ``u`` as it was then, and compute both.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass, replace

from diffcompile import dynamic
from diffcompile.analysis import prices
from diffcompile.analysis.aliasing import AliasClass
from diffcompile.analysis.effects import depends_on_layout, is_pure, is_random, writes
from diffcompile.analysis.references import is_reference
from diffcompile.analysis.types import Array, Scalar, plain
from diffcompile.autodiff.reverse import Reverse
from diffcompile.autodiff.rewrite import UNDO
from diffcompile.ir.core import Block, Op, Operand, Prim, Value, blocks, walk

LOAD = 20.0
"""Of a number from an array."""
INDICES = (slice, Prim.TUPLE)


@dataclass(slots=True)
class _Place:
    """A block of the reverse sweep in which an array is as it was when the block's mirror had read it."""

    block: Block
    mirror: Block
    number: int
    """How many operations of the block are before it is so."""
    first: Op
    """The first store to the array in the mirror: what the mirror has read before can be read again."""


@dataclass(slots=True)
class Again:
    """What would be computed again."""

    ops: list[Op]
    """The reverse sweep that does."""
    saved: dict[Value, int]
    """The values that need not be saved, with the number of loops that they are in."""
    work: float
    """The price of computing all of them again."""


def may_be_read_again(rev: Reverse) -> list[AliasClass]:
    """Return the arrays that the primal writes to and the reverse sweep might read."""
    if depends_on_layout(rev.primal) or any(op.callee is dynamic.enter_found for op in walk(rev.primal.body)):
        return []  # ``np.errstate`` may hold where the primal computes, but not elsewhere
    found: dict[AliasClass, None] = {}
    for op in walk(rev.primal.body):
        if op.callee is operator.getitem and isinstance(base := op.operands[0], Value):
            node = rev.aliases.of(base)
            if node is not None and node.written and not node.flows and isinstance(plain(rev.types[base]), Array):
                found[node] = None
    return list(found)


def read_again(rev: Reverse, ops: list[Op], node: AliasClass) -> Again | None:
    """Return a reverse sweep that reads an array where this one uses what the primal computed from it.

    Args:
        rev: What made the sweep.
        ops: The sweep, with placeholders for what takes writes back, and values of the primal as they stand.
        node: The alias class of the array.
    """
    work = _Again(rev, node)
    done = Again(list(work.block(Block((), tuple(ops), ()), rev.primal.body, 0).ops), work.saved, work.price)
    return done if done.saved else None


class _Again:
    def __init__(self, rev: Reverse, node: AliasClass) -> None:
        self.rev = rev
        self.node = node
        self.types = rev.types
        self.saved: dict[Value, int] = {}
        self.price = 0.0
        self.home: dict[Value, tuple[Block, int, Op]] = {}
        for block in blocks(rev.primal.body):
            for number, op in enumerate(block.ops):
                self.home.update(dict.fromkeys(op.results, (block, number, op)))
        self.top = set(rev.primal.params) | {result for op in rev.primal.body.ops for result in op.results}
        self.indices = set(rev.indices.values())

    def block(self, block: Block, mirror: Block, depth: int) -> Block:
        """Return a block of the reverse sweep, and those in it, with reads of arrays that are restored."""
        ops = []
        for op in block.ops:
            primal: Op | None = op.attrs.get("mirror")
            loop = primal is not None and primal.callee is Prim.FOR
            inside = primal.regions[-1] if loop and primal is not None else None
            regions = tuple(
                self.block(region, inside, depth + 1) if inside is not None else region for region in op.regions
            )
            ops.append(replace(op, regions=regions) if op.regions else op)
        block = replace(block, ops=tuple(ops))
        place = self.place(block, mirror) if depth else None
        return block if place is None else self.reading(place, depth)

    def place(self, block: Block, mirror: Block) -> _Place | None:
        """Return where the array is as it was at the beginning of a trip, until the first store to it."""
        stores = [
            inner for op in mirror.ops for inner in (op, *(one for region in op.regions for one in walk(region)))
            if self.may_write(inner)
        ]  # fmt: skip
        undone = {op.attrs["store"]: number for number, op in enumerate(block.ops) if op.callee is UNDO}
        if not stores or not all(op in undone and self.rev.aliases.of(op.operands[0]) is self.node for op in stores):
            return None
        return _Place(block, mirror, max(undone[op] for op in stores) + 1, stores[0])

    def may_write(self, op: Op) -> bool:
        """Tell whether an operation may write to the array."""
        if op.regions or not (writes(op) or op.attrs.get("may_write") or not is_pure(op)):
            return False
        return any(self.rev.aliases.of(operand) is self.node for operand in op.operands)

    def reading(self, place: _Place, depth: int) -> Block:
        """Return the block of a place, with what is used behind it computed again there."""
        before = set(_used(place.block.ops[: place.number]))
        wanted = list(dict.fromkeys(_used(place.block.ops[place.number :])))
        wanted += [result for result in place.block.results if isinstance(result, Value)]
        roots = [value for value in wanted if value not in before and self.is_worth_it(value, place)]
        if not roots:
            return place.block
        names: dict[Value, Operand] = {}
        made: list[Op] = []
        for root in roots:
            self.copy(root, place, names, made)
            self.saved[root] = depth
        self.price += sum(map(self.price_of, made)) * float(prices.TYPICAL) ** depth
        rest = tuple(_renamed(op, names) for op in place.block.ops[place.number :])
        results = tuple(names.get(r, r) if isinstance(r, Value) else r for r in place.block.results)
        return replace(place.block, ops=(*place.block.ops[: place.number], *made, *rest), results=results)

    def is_worth_it(self, value: Value, place: _Place) -> bool:
        """Tell whether a value of the mirror would be saved, and can be computed from what is read again."""
        found = self.home.get(value)
        if found is None or found[0] is not place.mirror:
            return False
        t = plain(self.types[value])
        made = isinstance(t, Array) and not is_reference(found[2], self.types)
        if not (made or (isinstance(t, Scalar) and t.kind == "f")) or self.rev.aliases.written(value):
            return False
        if any(op.callee is operator.setitem and op.operands[2] is value for op in place.mirror.ops):
            return False  # it may be read where it was stored
        loads: list[Op] = []
        return self.can(value, place, loads) and not all(map(self.rev.memory.settled, loads))

    def can(self, operand: Operand, place: _Place, loads: list[Op]) -> bool:
        """Tell whether a value can be computed again, and collect what it loads."""
        if not isinstance(operand, Value) or operand in self.top or operand in self.indices:
            return not isinstance(operand, Value) or not self.rev.aliases.written(operand)
        block, number, op = self.home.get(operand, (None, 0, None))
        if block is not place.mirror or op is None or op.regions or op.results != (operand,) or is_random(op.callee):
            return False
        if op.callee is operator.getitem and self.rev.aliases.of(op.operands[0]) is self.node:
            loads.append(op)
            early = number < place.mirror.ops.index(place.first)
            return early and op.operands[0] in self.top and self.can(op.operands[1], place, [])
        t = plain(self.types[operand])
        if op.callee in INDICES or (isinstance(t, Scalar) and t.kind in "bi" and is_pure(op) and t.dtype is None):
            return all(self.can(one, place, loads) for one in op.operands)
        return prices.computing(op.callee, t) is not None and is_pure(op) and all(
            self.can(one, place, loads) for one in op.operands
        )

    def copy(self, operand: Operand, place: _Place, names: dict[Value, Operand], made: list[Op]) -> Operand:
        """Append what computes a value again, and return the new one."""
        if not isinstance(operand, Value) or operand in self.top or operand in self.indices:
            return operand
        if operand not in names:
            op = self.home[operand][2]
            fresh = Value(operand.name)
            self.types[fresh] = self.types[operand]
            if operand in self.rev.stage.names:
                self.rev.stage.names[fresh] = self.rev.stage.names[operand]
            operands = tuple(self.copy(one, place, names, made) for one in op.operands)
            made.append(replace(op, operands=operands, results=(fresh,)))
            names[operand] = fresh
            self.rev.notes[fresh] = ("recomputed", operand)
        return names[operand]

    def price_of(self, op: Op) -> float:
        t = plain(self.types[op.result])
        if op.callee is operator.getitem:
            return LOAD
        return prices.computing(op.callee, t) or 0.0


def _used(ops: tuple[Op, ...]) -> Iterator[Value]:
    for outer in ops:
        for op in (outer, *(inner for region in outer.regions for inner in walk(region))):
            yield from (operand for operand in op.operands if isinstance(operand, Value))
            for region in op.regions:
                yield from (result for result in region.results if isinstance(result, Value))


def _renamed(op: Op, names: dict[Value, Operand]) -> Op:
    def now(operand: Operand) -> Operand:
        return names.get(operand, operand) if isinstance(operand, Value) else operand

    def inside(region: Block) -> Block:
        ops = tuple(_renamed(inner, names) for inner in region.ops)
        return replace(region, ops=ops, results=tuple(map(now, region.results)))

    return replace(op, operands=tuple(map(now, op.operands)), regions=tuple(map(inside, op.regions)))


__all__ = ["Again", "may_be_read_again", "read_again"]
