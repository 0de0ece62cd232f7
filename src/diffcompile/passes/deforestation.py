"""A list that one loop fills and the next one reads, item by item, is not made: each item is used when it is there.

    before: t = []
            for v in x: t.append(f(v))
            for i in range(len(t)): total = total + t[i]
    after:  for v in x: total = total + f(v)

So are ``sum`` and the like over generators and comprehensions, which are lists to the compiler. The name of the
transformation is Wadler's (Deforestation: transforming programs to eliminate trees, 1990).
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import replace

from diffcompile.analysis.aliasing import find_aliases
from diffcompile.analysis.effects import is_immutable, is_pure, writes
from diffcompile.analysis.types import Array, Scalar, Tup, Type, plain
from diffcompile.ir.core import Block, Function, Op, Operand, Prim, Value, blocks, renamed, walk
from diffcompile.passes.walking import inside_changed


def deforest(function: Function, types: dict[Value, Type]) -> Function:
    """Return ``function`` without lists that one loop makes and another one reads, once and in order."""
    while any(op.callee is Prim.LIST and not op.operands for op in walk(function.body)):
        body = _Deforestation(function, types).block(function.body)
        if body is None:
            break
        function = replace(function, body=body)
    return function


class _Deforestation:
    """What is done with each list."""

    def __init__(self, function: Function, types: dict[Value, Type]) -> None:
        self.types = types
        self.aliases = find_aliases(function, types)
        self.fresh: set[Op] = set()
        """What this walk has made, of which less is known."""
        self.users: dict[Operand, list[Op | None]] = {}
        for block in blocks(function.body):
            for result in block.results:
                self.users.setdefault(result, []).append(None)
            for op in block.ops:
                for operand in op.operands:
                    self.users.setdefault(operand, []).append(op)

    def block(self, block: Block) -> Block | None:
        """Return a block in which loops are made one, None if none are; what is in these waits for the next walk."""
        ops = block.ops
        for made in block.ops:
            if made.callee is Prim.LIST and not made.operands:
                found = next(self.streamed(ops, made.result), None)
                if found is not None:
                    self.fresh.update(set(found).difference(ops))
                    ops = found
        inside = inside_changed(ops, self.block, self.fresh)
        return None if inside == block.ops else replace(block, ops=inside)

    def streamed(self, ops: tuple[Op, ...], made: Value) -> Iterator[tuple[Op, ...]]:
        """Yield the operations of a block in which no list is ``made``, where that can be."""
        users = self.users.get(made, [])
        pushes = [op for op in users if op is not None and op.callee is list.append and op.operands[1] is not made]
        counts = [op for op in users if op is not None and op.callee is len and self.users.get(op.result)]
        if len(pushes) != 1 or len(counts) != 1:
            return
        for first, filling in enumerate(ops):
            if filling.callee not in (Prim.FOR, Prim.WHILE) or filling in self.fresh:
                continue
            if not _contains(filling, pushes[0]):
                continue
            calm = all(op.regions or is_pure(op) or writes(op) for op in walk(filling.regions[-1]))
            for second, reading in enumerate(ops[first + 1 :], first + 1):
                between = ops[first + 1 : second]
                reads_all = self.reads_all(reading, made, counts[0], pushes[0], calm)
                earlier = self.earlier(reading, filling, between, calm) if reads_all else None
                if earlier is not None:
                    later = tuple(op for op in between if op not in earlier)
                    one = _Threading(reading, pushes[0], made, self.types).through(filling, reading.operands[1:])
                    one = replace(one, results=(*filling.results, *reading.results))
                    yield (*ops[:first], *earlier, one, *later, *ops[second + 1 :])

    def reads_all(self, loop: Op, made: Value, count: Op, push: Op, calm: bool) -> bool:
        """Tell whether a loop does nothing but read a list from its beginning to its end, and is all that does."""
        if loop.callee is not Prim.FOR or loop.may_stop or loop in self.fresh:
            return False
        trips, number = loop.operands[0], loop.regions[0].params[0]
        ranges = self.users.get(count.result, [])
        if len(ranges) != 1 or ranges[0] is None or ranges[0].callee is not range or len(ranges[0].operands) != 1:
            return False
        if ranges[0].results != (trips,) or self.users.get(trips) != [loop]:
            return False
        inside = list(walk(loop.regions[0]))
        loads = [op for op in inside if op.callee is operator.getitem and op.operands == (made, number)]
        others = [op for op in self.users[made] if op not in loads and op is not push and op is not count]
        if any(op is None or op.callee is not len or self.users.get(op.result) for op in others):
            return False
        if len(loads) != len(self.users.get(number, [])):
            return False
        if any(not self.alike(load.result, push.operands[1]) for load in loads):
            return False
        return all(op in loads or self.is_free(op, calm) for op in inside)

    def alike(self, item: Value, pushed: Operand) -> bool:
        """Tell whether the item of a list is known to be just what was appended."""
        if not isinstance(pushed, Value):
            return False
        t, kind = plain(self.types[item]), plain(self.types[pushed])
        return t == kind or (isinstance(t, Scalar) and isinstance(kind, Scalar) and t.kind == kind.kind)

    def is_free(self, op: Op, calm: bool) -> bool:
        """Tell whether an operation has no effect, and reads no memory but arrays that nobody writes to.

        Where the other loop is not ``calm``, as it calls what is not known, not even these.
        """
        return (bool(op.regions) or is_pure(op)) and all(
            is_immutable(operand, self.types) or (calm and self.is_still(operand)) for operand in op.operands
        )

    def is_still(self, operand: Operand) -> bool:
        """Tell whether an operand is an array, or a tuple of such, to which nobody writes."""
        node = self.aliases.of(operand)
        t = plain(self.types[operand]) if isinstance(operand, Value) else None
        parts = t.items if isinstance(t, Tup) else (t,)
        known = all(isinstance(plain(part), Array | Scalar) for part in parts if part is not None)
        return t is not None and known and (node is None or not node.deep_written())

    def earlier(self, loop: Op, filling: Op, between: tuple[Op, ...], calm: bool) -> list[Op] | None:
        """Return what stands ``between`` two loops that has to come before both; None if that cannot be.

        It is what the second loop uses, but for what it runs over.
        """
        needed = set(loop.operands[1:])
        for block in blocks(loop.regions[0]):
            needed.update(block.results)
            needed.update(operand for op in block.ops for operand in op.operands)
        moved: list[Op] = []
        for op in reversed(between):
            if not needed.isdisjoint(op.results):
                if op.regions or not self.is_free(op, calm):
                    return None
                moved.insert(0, op)
                needed.update(op.operands)
        return moved if needed.isdisjoint(filling.results) else None


class _Threading:
    """What a loop carries that reads a list, carried by all that is around the place where items are appended."""

    def __init__(self, reading: Op, push: Op, made: Value, types: dict[Value, Type]) -> None:
        self.push = push
        self.types = types
        body = reading.regions[0]
        self.carried = body.params[1:]
        loads = [op for op in walk(body) if op.callee is operator.getitem and op.operands == (made, body.params[0])]
        names = {load.result: push.operands[1] for load in loads}
        self.use = renamed(_without(body, loads), names)

    def new(self) -> tuple[Value, ...]:
        """Return values like those that are carried."""
        found = tuple(Value(value.name) for value in self.carried)
        self.types.update((new, self.types[old]) for new, old in zip(found, self.carried, strict=True))
        return found

    def through(self, op: Op, now: tuple[Operand, ...]) -> Op:
        """Return a loop or branch that takes what is carried as it is ``now``, and returns what becomes of it."""
        results = (*op.results, *self.new())
        if op.callee is Prim.IF:
            sides = []
            for region in op.regions:
                ops, then = self.block(region, now)
                sides.append(Block((), ops, (*region.results, *then)))
            return replace(op, results=results, regions=tuple(sides))
        regions = []
        for region in op.regions:
            params = self.new()
            ops, then = self.block(region, params)
            following = then if region is op.regions[-1] else ()
            regions.append(Block((*region.params, *params), ops, (*region.results, *following)))
        return replace(op, operands=(*op.operands, *now), results=results, regions=tuple(regions))

    def block(self, block: Block, now: tuple[Operand, ...]) -> tuple[tuple[Op, ...], tuple[Operand, ...]]:
        """Return the operations of a block, with the use of an item in place of its append, and what is carried."""
        ops: list[Op] = []
        for op in block.ops:
            if op is self.push:
                used = renamed(self.use, dict(zip(self.carried, now, strict=True)))
                ops += used.ops
                now = used.results
            elif op.regions and _contains(op, self.push):
                ops.append(self.through(op, now))
                now = ops[-1].results[len(op.results) :]
            else:
                ops.append(op)
        return tuple(ops), now


def _contains(op: Op, inner: Op) -> bool:
    return any(one is inner for region in op.regions for one in walk(region))


def _without(block: Block, gone: list[Op]) -> Block:
    ops = tuple(
        replace(op, regions=tuple(_without(region, gone) for region in op.regions)) if op.regions else op
        for op in block.ops
        if op not in gone
    )
    return replace(block, ops=ops)


__all__ = ["deforest"]
