"""What a trip saves is saved as one tuple, as one would write it.

    before: saved_gain.append(gain); ...; saved_v.append(v); ...; v = saved_v.pop(); ...; gain = saved_gain.pop()
    after:  saved.append((gain, v)); ...; gain, v = saved.pop()

The lists that one block of the forward sweep appends to, and one block of the reverse sweep takes from, have an item
for each run of the block: so one list will do. What a trip is given (the variables of a loop) goes to a list of its
own, filled at the start of the trip: later these variables hold something else. Numbers are joined where they are
many, as a tuple costs as much memory as two of them.
"""

from __future__ import annotations

import builtins
from collections.abc import Collection
from dataclasses import dataclass, replace

from diffcompile.analysis.types import Array, Cell, Lst, Tup, Type, plain
from diffcompile.ir.core import Block, Function, Op, Operand, Prim, Value, blocks

FEW = 3
"""So many numbers at least are joined."""


@dataclass(slots=True)
class _Saved:
    """A list that is appended to in one place and taken from in one place."""

    made: Op
    copied: Op | None
    """What makes the copy that a reverse sweep takes from which may run again."""
    push: Op
    pop: Op
    places: tuple[Block, bool, Block]
    """Where it is filled, whether by what that block is given, and where it is emptied."""


Joined = dict[Value, tuple[Value, Value]]
"""From a list that is gone to the one that holds its items, and what is taken from that for it; first items first."""


def join_saves(
    function: Function, types: dict[Value, Type], hints: dict[Value, str], saved: Collection[Value]
) -> tuple[Function, Joined]:
    """Return ``function`` with fewer lists of residuals, and what became of the others.

    Args:
        function: The forward and the reverse sweep.
        types: The types of its values; those of new values are added.
        hints: The names of temporaries; those of new values are added.
        saved: The lists that the storage of residuals has made, which the reverse sweep leaves empty.
    """
    groups: dict[tuple[Block, bool, Block], list[_Saved]] = {}
    for one in _single(function, saved):
        groups.setdefault(one.places, []).append(one)
    work = _Joining(types, hints)
    for group in groups.values():
        if _is_worth_it(group, types):
            work.join(group)
    joined = replace(function, body=work.block(function.body)) if work.instead else function
    return joined, work.joined


def _single(function: Function, saved: Collection[Value]) -> list[_Saved]:
    """Return the lists among ``saved`` that are used in two places and nowhere else, in the order of their making."""
    users: dict[Operand, list[tuple[Block, Op | None]]] = {}
    makers: dict[Value, tuple[Block, Op]] = {}
    for block in blocks(function.body):
        for op in block.ops:
            makers.update(dict.fromkeys(op.results, (block, op)))
            for operand in op.operands:
                if isinstance(operand, Value):
                    users.setdefault(operand, []).append((block, op))
        for result in block.results:
            users.setdefault(result, []).append((block, None))
    found = []
    for list_ in (value for value in makers if value in saved):
        home, made = makers[list_]
        uses = users.get(list_, [])
        if made.callee is not Prim.LIST or made.operands or home is not function.body or len(uses) != 2:  # noqa: PLR2004
            continue
        (where, push), (there, pop) = uses
        copied = None
        if pop is not None and pop.callee is list.copy and len(users.get(pop.result, ())) == 1:
            copied = pop
            ((there, pop),) = users[copied.result]
        if push is None or pop is None or push.callee is not list.append or push.operands[0] is not list_:
            continue
        if pop.callee is not list.pop or len(pop.operands) != 1 or not pop.results:
            continue
        value = push.operands[1]
        found.append(_Saved(made, copied, push, pop, (where, value in where.params, there)))
    return found


def _is_worth_it(group: list[_Saved], types: dict[Value, Type]) -> bool:
    arrays = any(isinstance(plain(types[one.pop.result]), Array) for one in group)
    copies = {one.copied is None for one in group}
    return len(group) >= (2 if arrays else FEW) and len(copies) == 1


class _Joining:
    """What is written instead of the operations of lists that become one."""

    def __init__(self, types: dict[Value, Type], hints: dict[Value, str]) -> None:
        self.types = types
        self.hints = hints
        self.instead: dict[Op, list[Op]] = {}
        self.joined: Joined = {}

    def join(self, group: list[_Saved]) -> None:
        """Replace the lists of a group by one."""
        where, _, there = group[0].places
        group = sorted(group, key=lambda one: where.ops.index(one.push))
        for op in (op for one in group for op in (one.made, one.copied, one.push, one.pop) if op is not None):
            self.instead[op] = []
        item = Tup(tuple(self.types[one.pop.result] for one in group))
        list_ = self._new("saved", Lst(Cell(item=item)))
        first = group[0]
        self.instead[first.made] = [Op(Prim.LIST, (), (list_,), {}, (), first.made.span)]
        pack = self._new("", item)
        values = tuple(one.push.operands[1] for one in group)
        last = group[-1].push
        self.instead[last] = [
            Op(Prim.TUPLE, values, (pack,), {}, (), last.span), Op(list.append, (list_, pack), (), {}, (), last.span)
        ]  # fmt: skip
        taken = list_
        if first.copied is not None:
            taken = self._new("saved", self.types[list_])
            self.instead[first.copied] = [Op(list.copy, (list_,), (taken,), {}, (), first.copied.span)]
        earliest = min((one.pop for one in group), key=there.ops.index)
        whole = self._new("", item)
        attrs = {"before": len(group), "starred": False, "after": 0}
        self.instead[earliest] = [
            Op(list.pop, (taken,), (whole,), {}, (), earliest.span),
            Op(Prim.UNPACK, (whole,), tuple(one.pop.result for one in group), attrs, (), earliest.span),
        ]
        for one in group:
            self._name(one)
            self.joined[one.made.result] = (list_, one.pop.result)

    def _name(self, one: _Saved) -> None:
        """Call what is taken what its list was called for, if it has no name."""
        (result,), list_ = one.pop.results, one.made.result
        name = list_.name or self.hints.get(list_, "")
        word = name.removeprefix("saved_")
        if not result.name and not self.hints.get(result) and word != name and not hasattr(builtins, word):
            self.hints[result] = word

    def block(self, block: Block) -> Block:
        """Return a block, and those in it, with what is written instead."""
        ops: list[Op] = []
        for op in block.ops:
            if op in self.instead:
                ops += self.instead[op]
            else:
                ops.append(replace(op, regions=tuple(map(self.block, op.regions))) if op.regions else op)
        return replace(block, ops=tuple(ops))

    def _new(self, name: str, t: Type) -> Value:
        value = Value(name)
        self.types[value] = t
        return value


__all__ = ["Joined", "join_saves"]
