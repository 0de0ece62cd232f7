"""Buffers that a loop exchanges in every trip, as in ``a, b = b, a``: the reverse loop exchanges their shadows back.

Elsewhere the shadows of references that a loop carries are made in the forward sweep, carried along and saved in each
trip. Where each trip hands on the same arrays in another order, and nothing else chooses between them, none of that is
needed: after the loop the shadows are zeros, whichever array is meant, and before a trip the shadow of a variable is
that of the variable which held its array after the trip.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from diffcompile.analysis.aliasing import AliasClass, Aliases
from diffcompile.analysis.overlap import NEW_ARRAYS
from diffcompile.analysis.references import is_reference
from diffcompile.analysis.types import Array, Type
from diffcompile.autodiff.modes import Mode, Modes
from diffcompile.ir.core import Block, Function, Op, Operand, Prim, Value, blocks
from diffcompile.rules import registry


@dataclass(slots=True)
class Rotations:
    """The loops that exchange buffers, and what becomes of the shadows there."""

    slots: dict[Op, dict[int, int]] = field(default_factory=dict)
    """For each loop, from a result of its body to the parameter that it is, both counted without the index."""
    homes: dict[Op, Block] = field(default_factory=dict)
    """The blocks that these loops stand in."""
    waiting: dict[Value, Op] = field(default_factory=dict)
    """Values whose shadows are known only when a loop behind them has been reversed: what it exchanges, and views."""


def find_rotations(function: Function, types: Mapping[Value, Type], aliases: Aliases, modes: Modes) -> Rotations:
    """Return the loops of ``function`` that do nothing with the references of a class but exchange them."""
    found = Rotations()
    candidates: dict[AliasClass, list[tuple[Block, Op]]] = {}
    for block in blocks(function.body):
        for op in block.ops:
            if op.callee in (Prim.FOR, Prim.WHILE):
                for node in {node for result in op.results if (node := aliases.of(result)) and _may_rotate(node)}:
                    candidates.setdefault(node, []).append((block, op))
    held = aliases.held()
    for node, loops in candidates.items():
        if node in held or any(modes.of(v) is not Mode.MEMORY or modes.is_uncertain(v) for v in node.members):
            continue
        work = _Rotation(function, types, aliases, node)
        if work.understood(loops):
            found.slots.update((loop, {**found.slots.get(loop, {}), **slots}) for loop, slots in work.slots.items())
            found.homes.update((loop, block) for block, loop in loops)
            found.waiting.update(work.waiting)
            modes.rotating.add(node)
    return found


def _may_rotate(node: AliasClass) -> bool:
    return node.written and node.flows and not node.extern and node.content is None


class _Rotation:
    """What is known of the references of one class."""

    def __init__(
        self, function: Function, types: Mapping[Value, Type], aliases: Aliases, node: AliasClass
    ) -> None:
        self.function = function
        self.types = dict(types)
        self.aliases = aliases
        self.node = node
        self.slots: dict[Op, dict[int, int]] = {}
        self.waiting: dict[Value, Op] = {}
        self.known: set[Value] = set()

    def _mine(self, operand: Operand) -> bool:
        return isinstance(operand, Value) and self.aliases.of(operand) is self.node

    def understood(self, loops: list[tuple[Block, Op]]) -> bool:
        """Tell whether each reference is new, exchanged by one of ``loops``, or a view."""
        for block, loop in loops:
            if not self._exchanges(block, loop):
                return False
        for block in blocks(self.function.body):
            for op in block.ops:
                for result in op.results:
                    if not self._mine(result) or result in self.known:
                        continue
                    if not is_reference(op, self.types) and not (_is_new(op) and result in self.waiting):
                        return False
                    self.known.add(result)
        members = {value for value in self.node.members if self.aliases.of(value) is self.node}
        return members <= self.known and all(isinstance(self.types[value], Array) for value in members)

    def _exchanges(self, block: Block, loop: Op) -> bool:
        """Tell whether a loop hands on what it is given, and what it is given is looked at nowhere else."""
        lead = 1 if loop.callee is Prim.FOR else 0
        if loop.may_stop:
            return False
        body = loop.regions[-1]
        params = [number for number, param in enumerate(body.params[lead:]) if self._mine(param)]
        slots: dict[int, int] = {}
        for number, result in enumerate(body.results):
            if self._mine(result):
                places = [k for k in params if body.params[k + lead] is result]
                if not places or places[0] in slots.values():
                    return False
                slots[number] = places[0]
        inits = [loop.operands[number + lead] for number in slots]
        if sorted(slots) != params or len(set(inits)) < len(inits):
            return False
        self.slots[loop] = slots
        self.known.update(param for region in loop.regions for param in region.params if self._mine(param))
        self.known.update(loop.results[number] for number in slots)
        return self._wait(block, loop, {init for init in inits if isinstance(init, Value)})

    def _wait(self, block: Block, loop: Op, inits: set[Value]) -> bool:
        """Note what stands before a loop in its block and sees what it is given; tell whether that is all that does."""
        place = block.ops.index(loop)
        seen = set(inits)
        apart = (op for op in block.ops[:place] if _is_new(op) or op.callee in (Prim.FOR, Prim.WHILE))
        made = {result for op in apart for result in op.results}
        if not inits <= made or any(init in self.waiting for init in inits):
            return False  # a view shares its memory with others
        for op in block.ops[:place]:
            if op.operands and op.operands[0] in seen and is_reference(op, self.types):
                seen.update(op.results)
        self.waiting.update(dict.fromkeys(seen, loop))
        after = Block((), block.ops[place + 1 :], block.results)  # in the loop, it may be any of the variables
        looking = [inner for part in (*loop.regions, after) for inner in blocks(part)]
        used = {operand for inner in looking for op in inner.ops for operand in op.operands}
        used.update(result for inner in looking for result in inner.results)
        return not used & seen


def _is_new(op: Op) -> bool:
    try:
        return op.callee in NEW_ARRAYS or op.callee in registry.ELEMENTWISE
    except TypeError:
        return False


__all__ = ["Rotations", "find_rotations"]
