"""Which operations are written inside the expression that uses them, and which get a name."""

from __future__ import annotations

import bisect
import itertools
import operator
from typing import Any

import numpy as np

from diffcompile import calling, dynamic
from diffcompile.analysis.aliasing import AliasClass, Aliases
from diffcompile.analysis.effects import INPLACE_OPERATORS, is_pure, writes
from diffcompile.analysis.references import is_reference
from diffcompile.analysis.types import Array, Scalar, Type, plain
from diffcompile.backend.naming import Naming
from diffcompile.backend.spelling import COMPARISONS, Spelling
from diffcompile.backend.taken import Takings
from diffcompile.ir.core import UNDEFINED, Block, Const, Function, Op, Operand, Prim, Value, walk

DEEPEST = 12
WIDEST = 14
WRITTEN = 60
"""As wide is an expression at most that the primal has, too."""
FARTHEST = 8
"""So many writes are looked at that an expression would move across."""
FEW = 3
"""So often the neighbour of an index is written out."""
STORES: set[Any] = {operator.setitem, Prim.UPDATE_ITEM, Prim.UPDATE, *INPLACE_OPERATORS}
"""Callees that write to their first operand, and do nothing else."""
ALWAYS_FOLDED = {slice, dynamic.fields, dynamic.narrowed}


def _is_attempt(op: Op) -> bool:
    """Tell whether ``op`` calls the block of a ``try``, which is given all it may read."""
    return isinstance(getattr(op.callee, "callee", op.callee), calling.Attempt)


def _forward_sweep(function: Function) -> set[Op]:
    """Return the operations of the forward sweep; none of a function that has no such sections."""
    sections = [number for number, op in enumerate(function.body.ops) if op.callee is Prim.SECTION]
    found = function.body.ops[sections[0] : sections[1]] if len(sections) > 1 else ()
    return {op for outer in found for op in (outer, *(inner for region in outer.regions for inner in walk(region)))}


class Folding:
    """What is known of the uses of each value, and the operations that are folded away."""

    def __init__(
        self,
        function: Function,
        types: dict[Value, Type],
        aliases: Aliases,
        hints: dict[Value, str],
        reserved: set[str],
        split: bool = False,
        part: bool = False,
    ) -> None:
        self.split = split
        self.part = part
        self.function = function
        self.types = types
        self.aliases = aliases
        self.hints = hints
        self.makers: dict[Value, Op] = {r: op for op in walk(function.body) for r in op.results}
        self.uses: dict[Value, int] = {}
        self.twins: dict[Value, list[Value]] = {}
        """From a parameter of a loop's first region to those of all its regions."""
        self.loop_results: dict[Value, Value] = {}
        """From a carried parameter of a loop's first region to the loop's result."""
        self.homes: dict[Value, Block] = {}
        self.use_blocks: dict[Value, set[Block]] = {}
        self.handed_on: set[Value] = set()
        """Values that must be bound even if they are undefined, as loops, results and the block of a ``try`` do."""
        self.chosen: dict[Value, list[Value]] = {}
        """From a value that a branch ends with to the results that it becomes."""
        self.users: dict[Value, tuple[Op | None, Block]] = {}
        self.sizes: dict[Op, tuple[int, int]] = {}
        self.forward = _forward_sweep(function)
        self.count(function.body)
        self.takings = Takings(function)
        self.held = aliases.held()
        self.inlined: set[Op] = set()
        self.taking: set[Op] = set()
        """Those of them that take something from a list."""
        self.fold(function.body)
        naming = Naming(function, self.inlined, self.makers, hints, split)
        self.names = naming.names(reserved)
        self.spelling = Spelling({"_", *self.names.values()} | reserved)
        self.section = ""
        self.remark: tuple[str, int, str] | None = None

    def count(self, block: Block, around: Op | None = None) -> None:
        for op in block.ops:
            for result in op.results:
                self.homes[result] = block
            for operand in op.operands:
                self.used(operand, op, block)
                if isinstance(operand, Value) and (
                    op.callee is list.append or (op.regions and op.callee is not Prim.IF) or _is_attempt(op)
                ):
                    self.handed_on.add(operand)
            if op.callee in (Prim.FOR, Prim.WHILE):
                lead = 1 if op.callee is Prim.FOR else 0
                self.loop_results.update(zip(op.regions[0].params[lead:], op.results, strict=True))
            for region in op.regions:
                self.count(region, op)
                for number, param in enumerate(region.params):
                    self.twins.setdefault(op.regions[0].params[number], []).append(param)
        for number, operand in enumerate(block.results):
            chosen = around is not None and around.callee is Prim.IF
            self.used(operand, None, block, reads=not chosen)
            if not isinstance(operand, Value):
                continue
            if around is not None and chosen:
                self.chosen.setdefault(operand, []).append(around.results[number])
            elif self.part or block is not self.function.body:
                self.handed_on.add(operand)

    def used(self, operand: Operand, op: Op | None, block: Block, *, reads: bool = True) -> None:
        if isinstance(operand, Value):
            self.uses[operand] = self.uses.get(operand, 0) + 1
            if reads:
                self.use_blocks.setdefault(operand, set()).add(block)
            self.users[operand] = (op, block)

    def named(self, value: Value) -> bool:
        return bool(self.hints.get(value) or value.name)

    def fold(self, block: Block) -> None:
        """Choose the operations of ``block`` that are written inside the expression that uses them."""
        places: dict[Op, int] = {}
        disturbances: list[tuple[int, frozenset[AliasClass] | None]] = []
        sides: dict[Op, bool] = {}
        reverse = False
        for number, op in enumerate(block.ops):
            if self.split and op.callee is Prim.SECTION and op.attrs["title"] == "reverse sweep":
                reverse = True
            sides[op] = reverse
            places[op] = number
            disturbed = self.disturbed(op)
            if disturbed is None or disturbed:
                disturbances.append((number, disturbed))
            for region in op.regions:
                self.fold(region)
        for op in block.ops:
            if self.may_fold(op, block) and self.may_hold_takings(op, block):
                user = self.users[op.result][0]
                needs_order = op.callee is not list.pop and (self.reads_memory(op) or not is_pure(op))
                if (
                    user is not None
                    and user.regions
                    and user.callee is not Prim.IF
                    and needs_order
                    and self.disturbs(user)
                    and user.callee is Prim.WHILE
                ):
                    continue
                target = places.get(user, len(block.ops)) if user is not None else len(block.ops)
                if needs_order and not self.may_move(op, places[op], target, disturbances):
                    continue
                if (
                    self.split
                    and user is not None
                    and sides.get(user, reverse) != sides[op]
                    and op.callee not in ALWAYS_FOLDED
                ):
                    continue
                if self.split and user is None and needs_order:
                    continue
                self.inlined.add(op)
                if self.takes(op):
                    self.taking.add(op)

    def may_move(
        self, op: Op, own: int, target: int, disturbances: list[tuple[int, frozenset[AliasClass] | None]]
    ) -> bool:
        """Tell whether the expression of ``op`` may be computed at the place ``target`` instead of its ``own``."""
        first = bisect.bisect_right(disturbances, own, key=lambda pair: pair[0])
        between = list(itertools.takewhile(lambda pair: pair[0] < target, disturbances[first : first + FARTHEST + 1]))
        if not between:
            return True
        if len(between) > FARTHEST:
            return False
        read = self.classes_read(op)
        return read is not None and all(written is not None and read.isdisjoint(written) for _, written in between)

    def classes_read(self, op: Op) -> set[AliasClass] | None:
        """Return the classes of memory that the expression of ``op`` reads; None if it does something else as well."""
        if op.regions or not is_pure(op) or self.takes(op):
            return None
        found: set[AliasClass] = set()
        for operand in op.operands:
            node = self.aliases.of(operand)
            if operand in self.aliases.bundles or (node is None and not self.aliases.is_plain(operand)):
                return None
            if node is not None:
                found.update(node.chain())
            maker = self.makers.get(operand) if isinstance(operand, Value) else None
            if maker is not None and maker in self.inlined:
                inner = self.classes_read(maker)
                if inner is None:
                    return None
                found |= inner
        return found

    def disturbed(self, op: Op) -> frozenset[AliasClass] | None:
        """Return the classes of arrays that ``op`` writes to; None if it does, or may do, something else."""
        if not self.disturbs(op):
            return frozenset()
        target = op.operands[0] if op.callee in STORES else None
        t = plain(self.types[target]) if isinstance(target, Value) else None
        node = self.aliases.of(target) if target is not None else None
        return frozenset([node]) if isinstance(t, Array) and node is not None else None

    def may_fold(self, op: Op, block: Block) -> bool:
        if op.callee is list.pop:
            return self.may_take_there(op)
        if len(op.results) != 1 or op.callee in (Prim.FOR, Prim.WHILE, Prim.SECTION) or writes(op):
            return False
        result = op.result
        if op.callee is Prim.IF and not self.is_conditional_expression(op):
            return False
        if self.is_cheap_to_repeat(op):
            return self.uses.get(result, 0) >= 1
        if op.callee in ALWAYS_FOLDED or (op.callee is Prim.TUPLE and self.is_index(op)):
            return self.uses.get(result, 0) >= 1 and (
                (self.uses[result] == 1 and self.users[result][1] is block) or self.stable(op, block)
            )
        if self.uses.get(result, 0) != 1:
            return False
        if self.named(result) and not self.is_pushed(result):
            return False
        user, where = self.users[result]
        if where is not block or (user is not None and result not in user.operands):
            return False
        depth, width = self.measure(op)
        return (depth <= DEEPEST and width <= WIDEST) or (width <= WRITTEN and self.is_written_so(op, user))

    def is_written_so(self, op: Op, user: Op | None) -> bool:
        """Tell whether ``op`` and what uses it are of one statement of the primal, both in the forward sweep."""
        if user is None or op.span is None or user.span is None or not {op, user} <= self.forward:
            return False
        return (op.span.path, op.span.statement_line) == (user.span.path, user.span.statement_line)

    def may_take_there(self, op: Op) -> bool:
        """Tell whether ``op`` takes something without a name from a list, which one operation uses."""
        if len(op.results) != 1 or self.uses.get(op.result, 0) != 1 or op not in self.takings.once:
            return False
        hint = op.result.name or self.hints.get(op.result, "")
        return not hint or hint.startswith("saved")

    def takes(self, op: Op) -> bool:
        """Tell whether the expression of ``op`` takes something from a list."""
        made = [self.makers.get(operand) for operand in op.operands if isinstance(operand, Value)]
        return op.callee is list.pop or any(maker is not None and maker in self.taking for maker in made)

    def may_hold_takings(self, op: Op, block: Block) -> bool:
        """Tell whether what uses ``op`` is written once and surely, if ``op`` takes something from a list."""
        if not self.takes(op):
            return True
        user, where = self.users[op.result]
        if where is not block or user is None or user.callee in ALWAYS_FOLDED or self.uses[op.result] != 1:
            return False
        if user.regions:
            return user.callee is Prim.IF
        if writes(user):
            return user.operands[0] is not op.result
        known = not isinstance(user.callee, Prim) or user.callee is Prim.UNPACK
        return known and any(self.uses.get(result) for result in user.results)

    def is_cheap_to_repeat(self, op: Op) -> bool:
        """Tell whether ``op`` is better written out at each use: ranges, shapes and comparisons of plain variables."""
        if self.named(op.result):
            return False
        if op.callee in COMPARISONS:
            return all(
                isinstance(o, Const) or (isinstance(plain(self.types[o]), Scalar) and self.is_plain(o))
                for o in op.operands
            )
        if op.callee in (operator.add, operator.sub) and self.is_neighbour(op):
            return self.uses.get(op.result, 0) <= FEW
        if op.callee is range:
            return all(isinstance(o, Const) or self.is_plain(o) or self.is_simple_size(o) for o in op.operands)
        if op.callee is operator.getitem and self.is_view(op):
            return self.is_plain(op.operands[0]) and self.is_constant_index(op.operands[1])
        if op.callee in (dynamic.fields, dynamic.narrowed):
            return self.is_plain(op.operands[0]) or op.callee is dynamic.fields
        return op.callee is getattr and self.is_shape(op)

    def is_neighbour(self, op: Op) -> bool:
        """Tell whether ``op`` is ``k + 1`` or the like, of a variable ``k`` that has a name."""
        k, step = op.operands
        t = plain(self.types[k]) if isinstance(k, Value) else None
        named = isinstance(k, Value) and self.is_plain(k) and (self.named(k) or k in self.function.params)
        return named and isinstance(t, Scalar) and t.kind == "i" and isinstance(step, Const) and type(step.value) is int

    def is_view(self, op: Op) -> bool:
        """Tell whether ``op`` only makes another reference to an array, and so may be moved anywhere."""
        base = op.operands[0] if op.operands else None
        if op.callee in (dynamic.fields, dynamic.narrowed):
            return True
        known = (
            isinstance(base, Value)
            and isinstance(self.types[base], Array)
            and isinstance(self.types[op.result], Array)
        )
        return known and op.callee not in (np.reshape, np.ravel) and is_reference(op, self.types)

    def is_constant_index(self, operand: Operand) -> bool:
        if isinstance(operand, Const):
            return True
        maker = self.makers.get(operand)
        if maker is None or maker not in self.inlined or maker.callee not in (slice, Prim.TUPLE):
            return False
        return all(map(self.is_constant_index, maker.operands))

    def is_shape(self, op: Op) -> bool:
        name = op.operands[1]
        return isinstance(name, Const) and name.value in ("shape", "ndim", "size") and self.is_plain(op.operands[0])

    def is_plain(self, operand: Operand) -> bool:
        """Tell whether ``operand`` is a constant or a variable, not a folded expression."""
        maker = self.makers.get(operand) if isinstance(operand, Value) else None
        return maker is None or maker not in self.inlined

    def is_simple_size(self, operand: Operand) -> bool:
        """Tell whether ``operand`` is arithmetic on sizes and variables."""
        maker = self.makers.get(operand) if isinstance(operand, Value) else None
        if maker is None or self.uses.get(operand, 0) != 1:  # type: ignore[arg-type]
            return False
        if maker.callee not in (operator.add, operator.sub, operator.getitem, len) or maker not in self.inlined:
            return False
        return all(self.is_plain(o) or self.makers[o].callee is getattr for o in maker.operands)  # type: ignore[index]

    def is_pushed(self, value: Value) -> bool:
        """Tell whether ``value`` is only there to be saved."""
        user = self.users[value][0]
        return user is not None and user.callee is list.append and self.hints.get(value, "").startswith("saved")

    def is_index(self, op: Op) -> bool:
        return all(self.is_index_part(operand) for operand in op.operands)

    def is_index_part(self, operand: Operand) -> bool:
        if isinstance(operand, Const):
            return not isinstance(operand.value, float)
        t = plain(self.types[operand])
        maker = self.makers.get(operand)
        return (isinstance(t, Scalar) and t.kind == "i") or (maker is not None and maker.callee is slice)

    def stable(self, op: Op, block: Block) -> bool:
        """Tell whether all parts of an index are there wherever it is used."""
        return all(
            isinstance(operand, Const)
            or self.is_plain(operand)
            or self.is_simple_size(operand)
            or self.makers[operand].callee in (slice, Prim.TUPLE)
            for operand in op.operands
        )

    def measure(self, op: Op) -> tuple[int, int]:
        """Return the depth and the number of leaves of an expression."""
        if op in self.sizes:
            return self.sizes[op]
        depth, width = 1, 0
        operands: list[Operand] = list(op.operands)
        if op.callee in (slice, Prim.TUPLE) and all(map(self.is_constant_index, operands)):
            operands = operands[:1]  # it reads as one thing
        for region in op.regions:
            operands += region.results
        for operand in operands:
            maker = self.makers.get(operand) if isinstance(operand, Value) else None
            if maker is not None and maker in self.inlined:
                inner_depth, inner_width = self.measure(maker)
                depth, width = max(depth, inner_depth + 1), width + inner_width
            else:
                width += 1
        self.sizes[op] = (depth, width)
        return depth, width

    def is_conditional_expression(self, op: Op) -> bool:
        """Tell whether an ``IF`` can be written ``a if c else b``."""
        if len(op.results) != 1:
            return False
        statement = op.span.statement if op.span else ""
        if statement.startswith(("if ", "elif ", "for ", "while ")) and self.named(op.result):
            return False
        if any(isinstance(region.results[0], Const) and region.results[0].value is UNDEFINED for region in op.regions):
            return False
        return all(all(inner in self.inlined for inner in region.ops) for region in op.regions)

    def disturbs(self, op: Op) -> bool:
        """Tell whether moving a read of memory across ``op`` could change it."""
        if op.regions:
            return any(self.disturbs(inner) for region in op.regions for inner in region.ops)
        if op.callee in (list.append, list.pop) and op.operands[0] in self.takings.lists:
            return False
        return writes(op) or not is_pure(op)

    def is_changing(self, operand: Operand) -> bool:
        """Tell whether the memory of ``operand``, or what it holds, is written to somewhere."""
        if operand in self.aliases.bundles:
            return any(map(self.is_changing, self.makers[operand].operands))
        node = self.aliases.of(operand)
        return node is not None and node.deep_written()

    def reads_memory(self, op: Op) -> bool:
        if op.callee in (slice, Prim.TUPLE) and all(isinstance(o, Const) for o in op.operands):
            return False
        for operand in op.operands:
            maker = self.makers.get(operand) if isinstance(operand, Value) else None
            if maker is not None and maker in self.inlined and (self.reads_memory(maker) or not is_pure(maker)):
                return True
            if self.is_changing(operand) and not (
                len(op.results) == 1 and op.operands and operand is op.operands[0] and self.is_view(op)
            ):
                return True
        return any(self.reads_memory(inner) for region in op.regions for inner in region.ops)
