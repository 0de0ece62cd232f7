"""Which Python variable each value lives in.

Values that are handed on by loops and branches share a variable where their lives do not overlap, so that the code
reads ``x = f(x)`` as the user wrote it and needs no copies. The user's own names win every clash.
"""

from __future__ import annotations

import bisect
import builtins
import heapq
import itertools
import keyword
import operator
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value

Segment = tuple[int, int]
READING = (operator.getitem, np.ndarray.item)
LONGEST = 20
"""So many letters a name has at most that is put together."""
DEEP = 12
"""So many branches around a use are looked at."""
FEW = 4
"""So many variables are looked at that might serve while their owners have no value that is used again."""


@dataclass(slots=True, eq=False)
class Web:
    """Values that share a variable."""

    hint: str
    segments: list[Segment] = field(default_factory=list)
    fixed: bool = False
    parent: Web | None = None
    role: str = ""
    """What it may be called where it has no ``hint``."""

    def root(self) -> Web:
        """Return the representative."""
        web = self
        while web.parent is not None:
            web = web.parent
        return web


class Naming:
    """Computes lives, joins them into webs, and gives each web a name."""

    def __init__(
        self,
        function: Function,
        inlined: set[Op],
        makers: dict[Value, Op],
        hints: dict[Value, str],
        split: bool = False,
    ) -> None:
        self.function = function
        self.inlined = inlined
        self.makers = makers
        self.hints = hints
        self.clock = 0
        self.boundary: int | None = None
        """In a pair, where the pullback begins: a function of its own, which must not rebind what it captures."""
        self.split = split
        self.births: dict[Value, int] = {}
        self.lives: dict[Value, list[Segment]] = {}
        """When a value is needed, as far as is known; what is read again later is needed up to there."""
        self.holes: dict[Value, list[tuple[Op, Segment]]] = {}
        """Sides of branches, left out of a life, where a value is not needed: the other side reads it."""
        self.sides: dict[Op, list[Segment]] = {}
        """The sides that were walked of the branches around here, save for the one that is walked now."""
        self.loops: dict[Value, int] = {}
        self.loop_stack: list[list[tuple[Value, int]]] = []
        self.depth_of: dict[Value, int] = {}
        self.pairs: list[tuple[Value, Value, bool]] = []
        self.webs: dict[Value, Web] = {}
        for param in function.params:
            self.birth(param)
        self.block(function.body)
        self.clock += 1
        for result in function.body.results:
            self.use(result)

    # -- lives ----------------------------------------------------------------------------------------------------

    def birth(self, value: Value) -> None:
        self.births[value] = self.clock
        self.lives[value] = [(self.clock, self.clock)]
        self.depth_of[value] = len(self.loop_stack)

    def use(self, operand: object) -> None:
        """Extend the life of what is read here, through folded expressions."""
        pending = [operand]
        while pending:
            current = pending.pop()
            if not isinstance(current, Value):
                continue
            maker = self.makers.get(current)
            if maker is not None and maker in self.inlined:
                pending += maker.operands
                for region in maker.regions:
                    pending += self.inline_uses(region)
                continue
            if current not in self.lives:
                continue
            self.extend(current, self.clock)
            depth = self.depth_of[current]
            if depth < len(self.loop_stack):
                self.loop_stack[depth].append((current, self.clock))

    def extend(self, value: Value, now: int) -> None:
        """Let a value live up to ``now``, but for the other sides of the branches around."""
        start, end = self.lives[value][-1]
        holes = [(op, hole) for op, hole in self.holes.get(value, ()) if op in self.sides]
        for op, sides in itertools.islice(reversed(self.sides.items()), DEEP):
            holes += [(op, (max(end, first), last)) for first, last in sides if start <= first and end < last]
        if holes or value in self.holes:
            self.holes[value] = holes
        self.lives[value][-1] = (start, max(end, now))

    def segments(self, value: Value) -> list[Segment]:
        """Return when a value is needed."""
        *found, (start, end) = self.lives[value]
        for _, (first, last) in sorted(self.holes.get(value, ()), key=lambda pair: pair[1]):
            if first < start or last > end:
                continue
            found.append((start, first))
            start = last
        return [*found, (start, end)]

    def inline_uses(self, block: Block) -> list[object]:
        found: list[object] = list(block.results)
        for op in block.ops:
            found += op.operands
            for region in op.regions:
                found += self.inline_uses(region)
        return found

    def block(self, block: Block) -> None:
        for op in block.ops:
            if op in self.inlined:
                continue
            self.clock += 1
            if self.split and op.callee is Prim.SECTION and op.attrs["title"] == "reverse sweep":
                self.boundary = self.clock
            for operand in op.operands:
                self.use(operand)
            if op.callee is Prim.IF:
                self.branch(op)
            elif op.regions:
                self.loop(op)
            else:
                self.clock += 1
                for result in op.results:
                    self.birth(result)

    def branch(self, op: Op) -> None:
        ends: list[int] = []
        sides = self.sides[op] = []
        for region in op.regions:
            self.clock += 1
            begin = self.clock
            self.block(region)
            self.clock += 1
            for number, operand in enumerate(region.results):
                self.use(operand)
                if isinstance(operand, Value):
                    self.pairs.append((op.results[number], operand, False))
            self.clock += 1
            ends.append(self.clock)
            sides.append((begin, self.clock + 1))
        del self.sides[op]
        for result in op.results:
            self.birth(result)
            self.lives[result] = [(ends[0], ends[0]), (ends[1], ends[1])]

    def loop(self, op: Op) -> None:
        lead = 1 if op.callee is Prim.FOR else 0
        stops = int(op.may_stop)
        self.clock += 1
        self.loop_stack.append([])
        first = op.regions[0].params[lead:]
        for region in op.regions:
            self.clock += 1
            for number, param in enumerate(region.params):
                self.birth(param)
                if number >= lead:
                    self.pairs.append((first[number - lead], param, True))
            if lead:
                self.clock += 1
                self.use(op.operands[0])  # evaluated after the carried variables are set
            self.block(region)
            if region is not op.regions[-1]:
                for result in region.results:
                    self.use(result)
        self.clock += 1
        body = op.regions[-1]
        for number, operand in enumerate(body.results):
            self.use(operand)
            if number >= stops and isinstance(operand, Value):
                self.pairs.append((body.params[number - stops + lead], operand, False))
        self.clock += 1
        end = self.clock
        for value, _ in self.loop_stack.pop():
            self.extend(value, end)
            if self.depth_of[value] < len(self.loop_stack):
                self.loop_stack[self.depth_of[value]].append((value, end))
        for number, result in enumerate(op.results):
            self.birth(result)
            self.pairs.append((first[number], result, True))
            operand = op.operands[number + lead]
            if isinstance(operand, Value):
                self.pairs.append((first[number], operand, False))
        self.clock += 1

    # -- webs -----------------------------------------------------------------------------------------------------

    def hint(self, value: Value) -> str:
        return (self.hints.get(value) or value.name).lstrip("$")  # no user can spell a name that the frontend made up

    def names(self, reserved: Iterable[str] = ()) -> dict[Value, str]:
        """Return the variable of each value that is not folded into an expression."""
        params = set(self.function.params)
        for value in self.lives:
            self.webs[value] = Web(self.hint(value), sorted(self.segments(value)), value in params)
        for left, right, forced in self.pairs:
            if left in self.webs and right in self.webs:
                self.join(self.webs[left].root(), self.webs[right].root(), forced)
        roots: dict[int, Web] = {}
        for value, web in self.webs.items():
            root = web.root()
            if id(root) not in roots:
                root.role = self.role(value)
            elif root.role != self.role(value):
                root.role = ""
            roots[id(root)] = root
        chosen = self.choose(list(roots.values()), set(reserved))
        return {value: chosen[id(web.root())] for value, web in self.webs.items()}

    def role(self, value: Value) -> str:
        """Return what an item or a part of an array may be called that has no name: ``x_i`` for ``x[i]``."""
        made = self.makers.get(value)
        if made is not None and made.callee is np.ndarray.copy and isinstance(made.operands[0], Value):
            return self.role(made.operands[0])
        if made is None or made.callee not in READING or not isinstance(made.operands[0], Value):
            return ""
        places = [self.index_name(index) for index in made.operands[1:]]
        base, index = self.hint(made.operands[0]), "".join(places) if all(places) else ""
        return f"{base}_{index}" if base and index and len(base) + len(index) < LONGEST else ""

    def index_name(self, index: Operand) -> str:
        """Return the variables of an index in a row, ``part`` for a slice, nothing where it is anything else."""
        made = self.makers.get(index) if isinstance(index, Value) else None
        if made is not None and made.callee is Prim.TUPLE:
            names = [self.index_name(part) for part in made.operands if not _is_whole(part, self.makers)]
            return "part" if "part" in names else "".join(names) if all(names) else ""
        if made is not None and made.callee is slice:
            return "part"
        return self.hint(index) if isinstance(index, Value) else ""

    def join(self, left: Web, right: Web, forced: bool) -> None:
        if left is right:
            return
        if not forced and (left.hint != right.hint and left.hint and right.hint):
            return
        if left.fixed and right.fixed:
            return
        if self.boundary is not None and (left.segments[0][0] < self.boundary) != (
            right.segments[0][0] < self.boundary
        ):
            return
        merged = sorted(left.segments + right.segments)
        if not forced and any(_clash(earlier, later) for earlier, later in itertools.pairwise(merged)):
            return
        if right.fixed:
            left, right = right, left
        right.parent = left
        left.segments = merged
        left.hint = left.hint or right.hint

    def choose(self, webs: list[Web], reserved: set[str]) -> dict[int, str]:
        """Name webs in order of birth; a name is free again when the life of its last owner is over."""
        user = {web.hint for web in webs if web.hint}
        reserved = reserved | set(keyword.kwlist)
        pools: dict[str, _Pool] = {}
        chosen: dict[int, str] = {}
        webs.sort(key=lambda web: (web.segments[0][0], not web.fixed))
        crossed = False
        fixed: set[str] = set()  # two parameters may want one name: defaults of functions that were inlined
        temporaries = next(name for name in ("t", "tmp", "temporary", "diffcompile_t") if name not in user)
        for web in webs:
            if self.boundary is not None and web.segments[0][0] >= self.boundary and not crossed:
                crossed = True
                pools = {base: _Pool(pool.count) for base, pool in pools.items()}
                reserved = reserved | set(chosen.values())
            base = web.hint or (web.role if web.role not in user | reserved else "") or temporaries
            pool = pools.setdefault(base, _Pool())
            pool.release(web.segments[0][0])
            if web.fixed and base not in fixed:
                fixed.add(base)
                number = pool.first()
            elif pool.available and not web.fixed:
                number = heapq.heappop(pool.available)
            else:
                gap = pool.gap(web) if web.hint and not web.fixed else None
                number = pool.count if gap is None else gap
                if gap is None:
                    while _spelled(base, number) in reserved or (number and _spelled(base, number) in user):
                        number += 1
                    pool.count = number + 1
            pool.take(number, web)
            chosen[id(web)] = _spelled(base, number)
        return chosen


class _Pool:
    """The variables of one name, ``x``, ``x_1``, ..., by number, and who has them."""

    def __init__(self, count: int = 0) -> None:
        self.count = count
        """So many numbers are, or must not be, in use."""
        self.available: list[int] = []
        self._ends: list[tuple[int, int]] = []
        """When the life of an owner ends, and the number that it has."""
        self._owners: dict[int, int] = {}
        self._segments: dict[int, list[Segment]] = {}
        """When a number is in use."""

    def release(self, now: int) -> None:
        """Make the numbers available whose owners live no longer."""
        while self._ends and self._ends[0][0] <= now:
            number = heapq.heappop(self._ends)[1]
            self._owners[number] -= 1
            if not self._owners[number]:
                heapq.heappush(self.available, number)
                self._segments[number] = []

    def first(self) -> int:
        """Return the number 0 for a parameter."""
        if 0 in self.available:
            self.available.remove(0)
            heapq.heapify(self.available)
        self.count = max(self.count, 1)
        return 0

    def gap(self, web: Web) -> int | None:
        """Return a number that is not in use while the values of ``web`` live, as its owner is assigned anew later."""
        for number in sorted(self._owners)[:FEW]:
            taken = self._segments[number]
            if self._owners[number] and not any(_clashes(taken, segment) for segment in web.segments):
                return number
        return None

    def take(self, number: int, web: Web) -> None:
        """Note that a web has a number."""
        heapq.heappush(self._ends, (max(segment[1] for segment in web.segments), number))
        self._owners[number] = self._owners.get(number, 0) + 1
        taken = self._segments.setdefault(number, [])
        for segment in web.segments:
            bisect.insort(taken, segment)


def _clashes(taken: list[Segment], segment: Segment) -> bool:
    """Tell whether a life overlaps with one of others, none of which overlap with each other."""
    at = bisect.bisect_right(taken, segment)
    return (at > 0 and _clash(taken[at - 1], segment)) or (at < len(taken) and _clash(segment, taken[at]))


def _is_whole(index: Operand, makers: dict[Value, Op]) -> bool:
    """Tell whether an index is ``:``, all of an axis."""
    if isinstance(index, Const):
        return bool(index.value == slice(None))
    made = makers.get(index)
    return made is not None and made.callee is slice and all(_is_none(bound) for bound in made.operands)


def _is_none(operand: Operand) -> bool:
    return isinstance(operand, Const) and operand.value is None


def _clash(earlier: Segment, later: Segment) -> bool:
    """Tell whether two lives overlap. What is born together does, even if nobody reads it: what loops carry, say.

    Of two such variables the one that no trip reads still leaves a loop without a trip with what it entered with.
    """
    return later[0] < earlier[1] or later[0] == earlier[0]


def _spelled(base: str, number: int) -> str:
    return base if number == 0 else f"{base}_{number}"


BUILTIN_NAMES = set(dir(builtins))
