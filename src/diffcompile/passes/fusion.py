"""A loop whose trips do not depend on each other is swept forward and in reverse trip by trip, in one loop.

    before: for i in range(n): s = f(x[i]); saved_s.append(s); total += s * s
            ...
            for i in reversed(range(n)): s = saved_s.pop(); x_bar[i] += ...
    after:  for i in range(n): s = f(x[i]); total += s * s; x_bar[i] += ...

Nothing is saved, and what both sweeps need is computed once. The trips of the reverse loop then run in the order of the
forward loop, each behind its own. That is right where they only add to what they share, and neither loop touches memory
that the other one writes to; and where the cotangents that enter do not depend on what the forward loop returns. Sums
are then the same up to rounding.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field, replace

from diffcompile import calling, dynamic
from diffcompile.analysis.aliasing import AliasClass, Aliases, find_aliases
from diffcompile.analysis.effects import ADD_AT, WRITES_TWO, is_pure, is_tracked, writes
from diffcompile.analysis.references import describes, is_reference
from diffcompile.analysis.types import Array, Scalar, Type, plain
from diffcompile.ir.core import (
    UNDEFINED,
    Block,
    Const,
    Function,
    Op,
    Operand,
    Prim,
    Value,
    blocks,
    renamed,
    walk,
)
from diffcompile.passes.walking import inside_changed

_PLACES = {
    range, len, getattr, operator.getitem, operator.add, operator.sub, operator.mul, operator.floordiv, operator.lt,
    operator.le, operator.gt, operator.ge, operator.eq, operator.ne, operator.not_, operator.is_, operator.is_not,
}  # fmt: skip
"""Of what the trips of loops and conditions are made."""
_SUMS = {operator.add, operator.sub}
_ADDING = {ADD_AT, dynamic.add_item, dynamic.add_slice, dynamic.add_items, dynamic.add_in_place}


def fuse(
    function: Function, types: dict[Value, Type], notes: dict[Value, tuple[str, Value]],
    read_back: Set[Value] = frozenset(),
) -> Function:  # fmt: skip
    """Return ``function`` with loops that go forward and in reverse in one.

    Args:
        function: The forward and the reverse sweep.
        types: The types of its values; those of new values are added.
        notes: What the storage of residuals has made, and why: lists of saved values among it, to which those are added
            that are made anew in each trip.
        read_back: Values of the reverse sweep that are read from where the same trip of the forward sweep has stored.
    """
    while any(op.callee is list.pop or not read_back.isdisjoint(op.results) for op in walk(function.body)):
        body = _Fusion(function, types, notes, read_back).block(function.body)
        if body is None:
            break
        function = replace(function, body=body)
    return function


@dataclass(slots=True)
class _Touched:
    """The memory that operations read, write to, and add to."""

    read: set[AliasClass] = field(default_factory=set)
    written: set[AliasClass] = field(default_factory=set)
    added: set[AliasClass] = field(default_factory=set)
    lists: set[Value] = field(default_factory=set)
    """The lists of saved values among it."""
    pure: bool = True
    """Nothing else is done."""
    captured: set[AliasClass] = field(default_factory=set)
    """What is given to functions that are called as pairs: their pullbacks may read it."""
    pulls: bool = False
    """Such pullbacks are called."""

    @property
    def changed(self) -> set[AliasClass]:
        """All that is not as it was."""
        return self.written | self.added

    @property
    def every(self) -> set[AliasClass]:
        """All memory."""
        return self.read | self.written | self.added


class _Fusion:
    """A walk over blocks that looks for loops that belong together."""

    def __init__(
        self, function: Function, types: dict[Value, Type], notes: dict[Value, tuple[str, Value]],
        read_back: Set[Value],
    ) -> None:  # fmt: skip
        self.types = types
        self.notes = notes
        self.read_back = read_back
        self.handed_on: set[AliasClass] = set()
        """The memory that a trip of the loops that are looked at stores to, and only itself reads back."""
        self.saved = {made for made, (why, _) in notes.items() if why == "saved"}
        self.aliases: Aliases = find_aliases(function, types)
        self.makers: dict[Value, Op] = {}
        self.uses: Counter[Operand] = Counter()
        self.local: set[AliasClass] = set()
        """The memory that each trip of the loops that are looked at makes anew."""
        self.fresh: set[Op] = set()
        """What this walk has made, of which less is known."""
        self.listed: dict[Op, set[Value]] = {}
        self.lists: dict[Operand, list[Op]] = {}
        """What is done with a list of saved values."""
        self.writers: dict[AliasClass, list[Op]] = {}
        self.loaded: dict[Op, set[AliasClass]] = {}
        for block in blocks(function.body):
            self.uses.update(block.results)
            for op in block.ops:
                self.makers.update(dict.fromkeys(op.results, op))
                self.uses.update(op.operands)
                self.note_writer(op)
                for operand in op.operands:
                    if operand in self.saved:
                        assert isinstance(operand, Value)
                        self.lists.setdefault(operand, []).append(op)

    def note_writer(self, op: Op) -> None:
        for operand in op.operands if self.read_back and (writes(op) or not is_pure(op)) else ():
            node = self.aliases.of(operand)
            if node is not None:
                self.writers.setdefault(node, []).append(op)

    def block(self, block: Block) -> Block | None:
        """Return a block in which loops are fused, None if none are; those in a fused loop wait for the next walk."""
        ops = list(block.ops)
        while (found := next(self.pairs(ops), None)) is not None:
            self.fresh.update(set(found).difference(ops))
            ops = found
        inside = inside_changed(ops, self.block, self.fresh)
        return None if inside == block.ops else replace(block, ops=inside)

    def pairs(self, ops: list[Op]) -> Iterator[list[Op]]:
        """Yield the operations of a block with two of its loops, or branches, fused."""
        candidates = [
            (at, op) for at, op in enumerate(ops)
            if op.callee in (Prim.FOR, Prim.IF) and op not in self.fresh and (self.lists_in(op) or self.read_back)
        ]  # fmt: skip
        for second, reverse in candidates:
            for first, forward in candidates:
                if first >= second:
                    break
                if forward.callee is not reverse.callee or not self.are_linked(forward, reverse):
                    continue
                fused = None
                if self.belong(forward, reverse):
                    fused = self.fused(ops, first, second)
                    if fused is None and forward.callee is Prim.IF:
                        fused = self.handed_out(ops, first, second)
                if fused is not None:
                    yield fused

    def lists_in(self, op: Op) -> set[Value]:
        """Return the lists of saved values that an operation uses."""
        if op not in self.listed:
            self.listed[op] = {one for one in _used(op) if one in self.saved}
        return self.listed[op]

    def are_linked(self, forward: Op, reverse: Op) -> bool:
        """Tell whether one operation saves or stores what the other one takes or reads back."""
        return not self.lists_in(forward).isdisjoint(self.lists_in(reverse)) or bool(self.stored_for(forward, reverse))

    def stored_for(self, forward: Op, reverse: Op) -> set[AliasClass]:
        """Return the memory that ``reverse`` reads back, and that nothing but one store in ``forward`` writes to."""
        if not self.read_back or forward.callee is not Prim.FOR:
            return set()
        if reverse not in self.loaded:
            loads = (op for op in _inside(reverse) if op.callee is operator.getitem and op.result in self.read_back)
            nodes = {self.aliases.of(op.operands[0]) for op in loads}
            self.loaded[reverse] = {node for node in nodes if node is not None}
        inside = set(_inside(forward))
        found = set()
        for node in self.loaded[reverse]:
            stores = self.writers.get(node, [])
            if len(stores) == 1 and stores[0].callee is operator.setitem and stores[0] in inside:
                found.add(node)
        return found

    def belong(self, forward: Op, reverse: Op) -> bool:
        """Tell whether one loop makes the trips of another one in reverse, or two branches ask for the same."""
        if reverse.callee is Prim.IF:
            return self.same(forward.operands[0], reverse.operands[0])
        trips = self.makers.get(reverse.operands[0])  # type: ignore[arg-type]
        if trips is None or trips.callee is not reversed or forward.may_stop or reverse.may_stop:
            return False
        return self.same(forward.operands[0], trips.operands[0])

    def same(self, left: Operand, right: Operand) -> bool:
        """Tell whether two operands are one value, or are worked out in the same way from the same."""
        if left is right:
            return True
        if isinstance(left, Const) and isinstance(right, Const):
            alike = type(left.value) is type(right.value) and type(left.value) in (int, float, bool, str, type(None))
            return alike and bool(left.value == right.value)
        if isinstance(left, Const) or isinstance(right, Const):
            return False
        one, other = self.makers.get(left), self.makers.get(right)
        if one is None or other is None or one.callee is not other.callee or one.callee not in _PLACES:
            return False
        if one.attrs or other.attrs or any(self.aliases.written(operand) for operand in one.operands):
            return False
        return len(one.operands) == len(other.operands) and all(map(self.same, one.operands, other.operands))

    def fused(self, ops: list[Op], first: int, second: int) -> list[Op] | None:
        """Return ``ops`` with the loops or branches at two places fused, None if they cannot be."""
        forward, reverse = ops[first], ops[second]
        loops = forward.callee is Prim.FOR
        self.local = self.made_in_a_trip(forward, reverse) if loops else set()
        there = self.touched([forward])
        self.handed_on = self.stored_for(forward, reverse)
        back = self.touched([reverse])
        linked, self.handed_on = bool(self.handed_on), set()
        own = {made for made in back.lists if self.is_between(made, forward, reverse)}
        if not (own or linked) or own != back.lists or own != there.lists:
            return None
        if loops and not self.in_any_order(reverse, there, back):
            return None
        before, behind = self.apart(ops[first + 1 : second], forward, reverse, there, back)
        if behind is None:
            return None
        return [*ops[:first], *before, self.joined(forward, reverse), *behind, *ops[second + 1 :]]

    def in_any_order(self, reverse: Op, there: _Touched, back: _Touched) -> bool:
        """Tell whether each trip of the reverse loop may follow its own of the forward loop."""
        if not back.pure or back.written or back.added & back.read:
            return False
        seen = back.every | there.captured if back.pulls else back.every
        apart = there.changed.isdisjoint(seen) and back.changed.isdisjoint(there.every)
        return apart and self.only_adds(reverse)

    def handed_out(self, ops: list[Op], first: int, second: int) -> list[Op] | None:
        """Return ``ops`` with a result of one branch in place of a list that it fills and the other one empties."""
        forward, reverse = ops[first], ops[second]
        for side, (there, back) in enumerate(zip(forward.regions, reverse.regions, strict=True)):
            for push, taken in self.exchanges(there, back):
                value = push.operands[1]
                sides = [replace(region, ops=_without(region.ops, push, taken)) for region in forward.regions]
                results = forward.results
                t = self.types[taken.result]
                ends = zip(there.results, results, strict=True)
                yielded = (n for n, (end, outer) in enumerate(ends) if end is value and self.types[outer] == t)
                number = next(yielded, len(results))
                if number == len(results):
                    results = (*results, Value(value.name if isinstance(value, Value) else ""))
                    self.types[results[-1]] = t
                    ends_of = [value if n == side else Const(UNDEFINED) for n in range(len(sides))]
                    sides = [replace(s, results=(*s.results, end)) for s, end in zip(sides, ends_of, strict=True)]
                handing = replace(forward, results=results, regions=tuple(sides))
                rest = replace(back, ops=_without(back.ops, push, taken))
                regions = list(reverse.regions)
                regions[side] = renamed(rest, {taken.result: results[number]})
                using = replace(reverse, regions=tuple(regions))
                return [*ops[:first], handing, *ops[first + 1 : second], using, *ops[second + 1 :]]
        return None

    def exchanges(self, there: Block, back: Block) -> Iterator[tuple[Op, Op]]:
        """Yield what one block saves and the other one takes, once and for itself."""
        pushes = {op.operands[0]: op for op in there.ops if op.callee is list.append}
        for op in back.ops:
            push = pushes.get(op.operands[0]) if op.callee is list.pop else None
            if push is not None and set(self.lists.get(op.operands[0], ())) == {push, op}:
                yield push, op

    # -- what the loops do ----------------------------------------------------------------------------------------

    def touched(self, ops: Sequence[Op]) -> _Touched:
        """Return what operations do to memory, those in their regions included."""
        found = _Touched()
        for op in (one for outer in ops for one in (outer, *_inside(outer))):
            found.lists.update(operand for operand in op.operands if operand in self.saved)
            if not op.regions and op.callee is not Prim.SECTION:
                self.note(op, found)
        return found

    def note(self, op: Op, found: _Touched) -> None:
        classes = [self.chain(operand) for operand in op.operands]
        own = op.operands and op.operands[0] in self.saved
        if own:
            classes[0] = set()
        if not self.is_known(op.operands[1:] if own or op.callee is Prim.CALL else op.operands):
            found.pure = False
        if writes(op):
            adds = op.callee in _ADDING or (
                op.callee in (Prim.UPDATE, Prim.UPDATE_ITEM) and op.attrs["op"] in _SUMS
            )
            target = found.added if adds else found.written
            target |= classes[0]
            if op.callee in WRITES_TWO:
                found.written |= classes[1]
            for more in classes[1:]:
                found.read |= more
            return
        if isinstance(op.callee, calling.Forward) and not (op.callee.callee.written or op.callee.callee.changing):
            found.captured = found.captured.union(*classes)
        elif self.calls_pullback(op):
            found.pulls = True
        elif op.callee is not list.pop and not is_pure(op):
            found.pure = False
            found.written = found.written.union(*classes)
        if describes(op) or (op.callee is operator.getitem and self.is_handed_on(op.result)):
            return
        for nodes in classes[1:] if is_reference(op, self.types) else classes:
            found.read |= nodes

    def is_known(self, operands: Sequence[Operand]) -> bool:
        """Tell whether the operands of an operation are such that its effects on them, and theirs on it, are known."""
        return all(is_tracked(one, self.types) or self.aliases.of(one) is not None for one in operands)

    def calls_pullback(self, op: Op) -> bool:
        """Tell whether ``op`` calls what a pair has returned, as it is or from a list that holds nothing else."""
        if op.callee is not Prim.CALL:
            return False
        taken = self.makers.get(op.operands[0])  # type: ignore[arg-type]
        if taken is not None and taken.callee is list.pop and taken.operands[0] in self.saved:
            users = self.lists.get(taken.operands[0], ())
            return all(self.is_pullback(one.operands[1]) for one in users if one.callee is list.append)
        return self.is_pullback(op.operands[0])

    def is_pullback(self, value: Operand) -> bool:
        made = self.makers.get(value)  # type: ignore[arg-type]
        if made is None or made.callee is not Prim.UNPACK or made.results[-1] is not value:
            return False
        pair = self.makers.get(made.operands[0])  # type: ignore[arg-type]
        return pair is not None and isinstance(pair.callee, calling.Forward)

    def chain(self, operand: Operand) -> set[AliasClass]:
        """Return the classes of the memory of an operand, save for what each trip makes anew."""
        node = self.aliases.of(operand)
        if node is None or self.is_handed_on(operand):
            return set()
        return set(node.chain()) - self.local

    def is_handed_on(self, operand: Operand) -> bool:
        """Tell whether a value is read from where its own trip has stored it."""
        if not (self.handed_on and isinstance(operand, Value) and operand in self.read_back):
            return False
        return self.aliases.of(self.makers[operand].operands[0]) in self.handed_on

    def made_in_a_trip(self, *loops: Op) -> set[AliasClass]:
        """Return the classes of memory that only one trip of loops sees."""
        bodies = [loop.regions[0] for loop in loops]
        inner = {result for body in bodies for op in walk(body) for result in op.results}
        inner.update(param for body in bodies for block in blocks(body) if block is not body for param in block.params)
        inner -= {result for body in bodies for result in body.results}
        classes = {one for node in self.aliases.nodes.values() for one in node.chain()}
        local = {node for node in classes if not node.extern and inner.issuperset(node.members)}
        emptied = {self.aliases.of(made) for made in self.saved}
        while True:
            around = classes - local - emptied
            held = {node.content.root() for node in around if node.content is not None}
            if held.isdisjoint(local):
                return local
            local -= held

    def is_between(self, made: Value, forward: Op, reverse: Op) -> bool:
        """Tell whether a list of saved values is filled by one loop and emptied by the other."""
        pushing = {op for op in _inside(forward) if op.callee is list.append}
        taking = {op for op in _inside(reverse) if op.callee is list.pop}
        return all(op in pushing or op in taking for op in self.lists[made])

    # -- sums -----------------------------------------------------------------------------------------------------

    def only_adds(self, loop: Op) -> bool:
        """Tell whether a loop only adds to what it carries, so that its trips may come in any order."""
        body = loop.regions[0]
        return all(
            self.stays(result, param) or self.is_sum(result, param, body)
            for param, result in zip(body.params[1:], body.results, strict=True)
        )

    def stays(self, result: Operand, param: Value) -> bool:
        """Tell whether ``result`` is ``param``, on all paths."""
        if result is param:
            return True
        op = self.makers.get(result) if isinstance(result, Value) else None
        if op is None or op.callee not in (Prim.IF, Prim.FOR) or op.may_stop:
            return False
        number = _number(op, result)
        if op.callee is Prim.IF:
            return all(self.stays(region.results[number], param) for region in op.regions)
        inside = op.regions[0]
        return self.stays(inside.results[number], inside.params[number + 1]) and self.stays(
            op.operands[number + 1], param
        )

    def is_sum(self, result: Operand, param: Value, body: Block) -> bool:
        """Tell whether ``result`` is ``param`` and something more, and nobody else reads ``param`` on the way."""
        way = self.way(result, param, body)
        read = Counter(value for value, _ in way or ())
        return way is not None and all(self.uses[value] == count for value, count in read.items())

    def way(self, result: Operand, param: Value, reader: Op | Block) -> set[tuple[Operand, Op | Block]] | None:
        """Return the values from ``param`` to a sum, each with who reads it there; None if it is no such sum."""
        here = {(result, reader)}
        if result is param:
            return here
        op = self.makers.get(result) if isinstance(result, Value) else None
        if op is None or op.may_stop:
            return None
        parts: list[set[tuple[Operand, Op | Block]] | None] = []
        if op.callee in _SUMS and not op.attrs and self.is_number_or_new(result):
            sides = op.operands if op.callee is operator.add else op.operands[:1]
            found = (self.way(side, param, op) for side in sides)
            parts = [next((way for way in found if way is not None), None)]
        elif op.callee is Prim.IF:
            number = _number(op, result)
            parts = [self.way(region.results[number], param, region) for region in op.regions]
        elif op.callee is Prim.FOR:
            number, inside = _number(op, result), op.regions[0]
            around = self.way(inside.results[number], inside.params[number + 1], inside)
            parts = [around, self.way(op.operands[number + 1], param, op)]
        ways = [part for part in parts if part is not None]
        return here.union(*ways) if ways and len(ways) == len(parts) else None

    def is_number_or_new(self, value: Operand) -> bool:
        """Tell whether a sum is a number or a new array: not memory that somebody adds to."""
        t = plain(self.types[value]) if isinstance(value, Value) else None
        node = self.aliases.of(value)
        return isinstance(t, Scalar) or (isinstance(t, Array) and node is not None and not node.written)

    # -- one loop -------------------------------------------------------------------------------------------------

    def apart(
        self, ops: Sequence[Op], forward: Op, reverse: Op, there: _Touched, back: _Touched
    ) -> tuple[list[Op], list[Op] | None]:
        """Divide what stands between two loops: what comes before both, and what comes behind them.

        The second part is None if the reverse loop needs what depends on the forward loop.
        """
        late: set[Value] = set(forward.results)
        before: list[Op] = []
        behind: list[Op] = []
        changed, seen = set(there.changed), set(there.every)
        for op in ops:
            touched = self.touched([op])
            waits = not _used(op).isdisjoint(late) or not touched.every.isdisjoint(changed) or not touched.pure
            if op.callee is Prim.SECTION or not (waits or touched.changed & seen or touched.lists):
                before.append(op)
                continue
            if touched.changed & back.every or touched.read & back.changed or touched.lists:
                return before, None
            behind.append(op)
            late.update(op.results)
            changed |= touched.changed
            seen |= touched.every
        needed = _used(reverse)
        return before, behind if needed.isdisjoint(late) else None

    def joined(self, forward: Op, reverse: Op) -> Op:
        """Return one loop or branch that does what two did."""
        lead = 1 if forward.callee is Prim.FOR else 0
        regions = tuple(
            self.one_after_the_other(there, back, lead)
            for there, back in zip(forward.regions, reverse.regions, strict=True)
        )
        operands = (*forward.operands, *reverse.operands[1:])
        attrs = {"swept": True} if lead else {}
        return Op(forward.callee, operands, (*forward.results, *reverse.results), attrs, regions, forward.span)

    def one_after_the_other(self, there: Block, back: Block, lead: int) -> Block:
        """Return both halves of a trip or a branch; what one saves and the other takes is handed on at once."""
        names: dict[Value, Operand] = dict(zip(back.params[:lead], there.params[:lead], strict=True))
        exchanged = list(self.exchanges(there, back))
        names.update({taken.result: push.operands[1] for push, taken in exchanged})
        gone = {op for pair in exchanged for op in pair}
        first, rest = _without(there.ops, *gone), _without(back.ops, *gone)
        made = self.lists_of_a_trip(first, names) if lead else []
        block = Block((), (*first, *rest), (*there.results, *back.results))
        block = renamed(block, names)
        ops = (*made, *block.ops)
        if first and rest:
            sections = _section("forward sweep"), _section("reverse sweep")
            ops = (sections[0], *made, *block.ops[: len(first)], sections[1], *block.ops[len(first) :])
        return Block((*there.params, *back.params[lead:]), ops, block.results)

    def lists_of_a_trip(self, ops: tuple[Op, ...], names: dict[Value, Operand]) -> list[Op]:
        """Make the lists that a trip fills and empties anew in each, under other ``names``."""
        made = []
        filled = {one.operands[0]: None for op in ops for one in (op, *_inside(op)) if one.callee is list.append}
        for old in filled:
            if isinstance(old, Value) and old in self.saved:
                names[old] = new = Value(old.name)
                self.types[new] = self.types[old]
                self.notes[new] = self.notes[old]
                made.append(Op(Prim.LIST, (), (new,)))
        return made


def _without(ops: tuple[Op, ...], *gone: Op) -> tuple[Op, ...]:
    return tuple(op for op in ops if op not in gone)


def _number(op: Op, result: Operand) -> int:
    return next(number for number, other in enumerate(op.results) if other is result)


def _used(op: Op) -> set[Operand]:
    """Return what an operation uses, also in its regions."""
    found = {operand for one in (op, *_inside(op)) for operand in one.operands}
    found.update(result for region in op.regions for block in blocks(region) for result in block.results)
    return found


def _section(title: str) -> Op:
    return Op(Prim.SECTION, (), (), {"title": title, "trip": True})


def _inside(op: Op) -> Iterator[Op]:
    """Yield what is in the regions of an operation."""
    for region in op.regions:
        yield from walk(region)


__all__ = ["fuse"]
