"""Which Python variable each value lives in.

Values that are handed on by loops and branches share a variable where their lives do not overlap, so that the code
reads ``x = f(x)`` as the user wrote it and needs no copies. The user's own names win every clash.
"""

from __future__ import annotations

import builtins
import heapq
import keyword
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from diffcompile.ir.core import Block, Function, Op, Prim, Value

Segment = tuple[int, int]


@dataclass(slots=True, eq=False)
class Web:
    """Values that share a variable."""

    hint: str
    segments: list[Segment] = field(default_factory=list)
    fixed: bool = False
    parent: Web | None = None

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
            start, end = self.lives[current][-1]
            self.lives[current][-1] = (start, max(end, self.clock))
            depth = self.depth_of[current]
            if depth < len(self.loop_stack):
                self.loop_stack[depth].append((current, self.clock))

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
            if self.split and op.callee is Prim.SECTION and op.attrs["title"].startswith("reverse"):
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
        for region in op.regions:
            self.clock += 1
            self.block(region)
            self.clock += 1
            for number, operand in enumerate(region.results):
                self.use(operand)
                if isinstance(operand, Value):
                    self.pairs.append((op.results[number], operand, False))
            self.clock += 1
            ends.append(self.clock)
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
            start, last = self.lives[value][-1]
            self.lives[value][-1] = (start, max(last, end))
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
        for value, segments in self.lives.items():
            self.webs[value] = Web(self.hint(value), sorted(segments), value in params)
        for left, right, forced in self.pairs:
            if left in self.webs and right in self.webs:
                self.join(self.webs[left].root(), self.webs[right].root(), forced)
        roots: dict[int, Web] = {}
        for web in self.webs.values():
            roots[id(web.root())] = web.root()
        chosen = self.choose(list(roots.values()), set(reserved))
        return {value: chosen[id(web.root())] for value, web in self.webs.items()}

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
        if not forced and any(_clash(earlier, later) for earlier, later in pairwise(merged)):
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
        busy: dict[str, list[tuple[int, int]]] = {}
        free: dict[str, list[int]] = {}
        counts: dict[str, int] = {}
        chosen: dict[int, str] = {}
        webs.sort(key=lambda web: (web.segments[0][0], not web.fixed))
        crossed = False
        fixed: set[str] = set()  # two parameters may want one name: defaults of functions that were inlined
        temporaries = next(name for name in ("t", "tmp", "temporary", "diffcompile_t") if name not in user)
        for web in webs:
            if self.boundary is not None and web.segments[0][0] >= self.boundary and not crossed:
                crossed = True
                busy, free = {}, {}
                reserved = reserved | set(chosen.values())
            base = web.hint or temporaries
            start, end = web.segments[0][0], max(segment[1] for segment in web.segments)
            occupied = busy.setdefault(base, [])
            available = free.setdefault(base, [])
            while occupied and occupied[0][0] <= start:
                heapq.heappush(available, heapq.heappop(occupied)[1])
            if web.fixed and base not in fixed:
                fixed.add(base)
                number = 0
                if 0 in available:
                    available.remove(0)
                    heapq.heapify(available)
                counts[base] = max(counts.get(base, 0), 1)
            elif available and not web.fixed:
                number = heapq.heappop(available)
            else:
                number = counts.get(base, 0)
                while _spelled(base, number) in reserved or (number and _spelled(base, number) in user):
                    number += 1
                counts[base] = number + 1
            heapq.heappush(occupied, (end, number))
            chosen[id(web)] = _spelled(base, number)
        return chosen


def _clash(earlier: Segment, later: Segment) -> bool:
    """Tell whether two lives overlap. What is born together does, even if nobody reads it: what loops carry, say.

    Of two such variables the one that no trip reads still leaves a loop without a trip with what it entered with.
    """
    return later[0] < earlier[1] or later[0] == earlier[0]


def _spelled(base: str, number: int) -> str:
    return base if number == 0 else f"{base}_{number}"


BUILTIN_NAMES = set(dir(builtins))
