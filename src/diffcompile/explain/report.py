"""What a gradient does and why, line by line: what is active, saved, recomputed and dead, and what it costs."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

from diffcompile import calling, dynamic
from diffcompile.analysis.activity import Activity, find_activity
from diffcompile.analysis.aliasing import find_aliases
from diffcompile.analysis.effects import ADD_AT, writes
from diffcompile.errors import Span
from diffcompile.explain.cost import Estimate, Work
from diffcompile.explain.rules import kind_of_rule, risk_of, short_name
from diffcompile.explain.sizes import Sizes
from diffcompile.explain.stored import Stored, find_stored, split_sweeps
from diffcompile.ir.core import Block, Function, Op, Prim, Value, walk
from diffcompile.pipeline import Compiled, Request

ACTIVE, CONSTANT, LOST, UNUSED, FOLDED, INLINED, SKIPPED, CONDITION, PLAIN = (
    "active", "constant", "lost", "unused", "folded", "inlined", "skipped", "branch", "",
)  # fmt: skip
WHY = {
    ACTIVE: "the result depends on {wrt} through it",
    CONSTANT: "does not depend on {wrt}",
    LOST: "the derivative ends here",
    UNUSED: "nothing that is returned depends on it",
    FOLDED: "decided when the code is made",
    INLINED: "a call: its lines are below",
    SKIPPED: "only the value needs it",
    CONDITION: "chooses a branch: the one that was taken is differentiated; where it changes there may be a jump",
    PLAIN: "",
}


@dataclass(slots=True)
class Line:
    """A statement of the primal."""

    path: str
    number: int
    text: str
    state: str = PLAIN
    why: str = ""
    rules: list[str] = field(default_factory=list)
    recomputed: bool = False


@dataclass(slots=True)
class Report:
    """All that is told about a gradient."""

    name: str
    path: str
    wrt: list[str]
    lines: list[Line]
    called: list[Line]
    """Statements of functions that were inlined."""
    stored: list[Stored]
    warnings: list[str]
    primal: Work
    gradient: Work
    source: str

    @property
    def ratio(self) -> float:
        """The estimated work of the gradient over that of the function."""
        return self.gradient.elements / max(self.primal.elements, 1.0)

    @property
    def call_ratio(self) -> float:
        """The same for operations that Python starts."""
        return self.gradient.calls / max(self.primal.calls, 1.0)


def make_report(
    request: Request,
    compiled: Compiled,
    arguments: Mapping[str, Any] | None = None,
    named: Mapping[str, int] | None = None,
) -> Report:
    """Return the report on a compiled gradient; ``arguments`` and ``named`` sizes turn formulas into numbers."""
    return _Reporter(request, compiled, arguments or {}, named or {}).report()


class _Reporter:
    def __init__(
        self, request: Request, compiled: Compiled, arguments: Mapping[str, Any], named: Mapping[str, int]
    ) -> None:
        self.request, self.compiled = request, compiled
        self.primal: Function = compiled.stages["primal"]
        self.typed: Function = compiled.stages["typed"]
        self.final: Function = compiled.stages["optimised"]
        self.types = compiled.types
        bodies = (self.primal.body, self.final.body)
        makers = {result: op for body in bodies for op in walk(body) for result in op.results}
        inits = {param: init for body in bodies for op in walk(body) for param, init in _carried(op)}
        self.sizes = Sizes(self.primal.params, self.types, makers, inits, arguments, named)
        self.conditions = _conditions(self.primal, makers)
        self.wrt = [self.primal.params[number] for number in request.wrt]
        self.activity = self._activity()

    def _activity(self) -> Activity:
        aliases = find_aliases(self.primal, self.types)
        outputs = {result for result in self.primal.body.results[:1] if isinstance(result, Value)}
        return find_activity(self.primal, self.types, aliases, set(self.wrt), outputs)

    def report(self) -> Report:
        code = self.request.code
        source = read_source_lines(code)
        lines = {(line.path, line.number): line for line in source}
        called: list[Line] = []
        for span in self._statements():
            key = (span.path, span.statement_line)
            if key not in lines:
                lines[key] = Line(span.path, span.statement_line, span.statement)
                called.append(lines[key])
        self._states(lines)
        self._inlined(lines, called)
        forward, reverse = split_sweeps(self.final)
        stored = find_stored(forward, reverse, self.final, self.compiled, self.sizes)
        self._recomputed(reverse, lines)
        names = [value.name for value in self.wrt]
        for line in lines.values():
            line.why = line.why or WHY[line.state].format(wrt=" or ".join(names))
        estimate = Estimate(self.sizes, lambda op: self.sizes.trips(op).value)
        return Report(
            code.name,
            code.source.path,
            names,
            source,
            sorted(called, key=lambda line: (line.path, line.number)),
            stored,
            list(dict.fromkeys(self._warnings(stored))),
            estimate.block(self.typed.body),
            estimate.block(self.final.body),
            self.compiled.source,
        )

    # -- lines

    def _statements(self) -> Iterator[Span]:
        for op in walk(self.compiled.stages["ssa"].body):
            if op.span is not None and op.span.statement:
                yield op.span
        for op in walk(self.typed.body):
            if op.span is not None and op.span.statement:
                yield op.span

    def _states(self, lines: dict[tuple[str, int], Line]) -> None:
        for op in walk(self.compiled.stages["ssa"].body):
            self._raise(lines, op, FOLDED)
        for op in walk(self.typed.body):
            self._raise(lines, op, UNUSED)
        kept = {op.span for op in walk(self.final.body) if op.span is not None}
        for op in walk(self.primal.body):
            line = self._line(lines, op)
            if line is not None and line.state in (FOLDED, UNUSED) and (op.regions or op.callee is range):
                line.state = PLAIN
            self._raise(lines, op, self._state_of(op, kept))
            self._note(lines, op)

    def _inlined(self, lines: dict[tuple[str, int], Line], called: list[Line]) -> None:
        """Tell calls of which only the lines of the callee are left from what was decided."""
        bodies = {(line.path, line.number) for line in called}
        ops = list(walk(self.compiled.stages["ssa"].body))
        names = {op.result: op.attrs for op in ops if op.callee is Prim.GLOBAL}
        for op in ops:
            line = self._line(lines, op)
            if line is None or line.state != FOLDED or op.callee is not Prim.CALL:
                continue
            known = names.get(op.operands[0]) if isinstance(op.operands[0], Value) else None
            code = getattr(known["scope"].lookup(known["name"]), "__code__", None) if known else None
            if known is None or (code is not None and any(place in bodies for place in _places(code))):
                line.state, line.why = (INLINED, "") if bodies else (line.state, line.why)

    def _state_of(self, op: Op, kept: set[Span]) -> str:
        active = self.activity
        if op.regions or op.callee in (range, reversed):
            return PLAIN
        if any(map(active.is_active, op.results)) or (writes(op) and active.is_active(op.operands[0])):
            return ACTIVE
        if any(map(active.is_varied, op.operands)):
            if any(map(active.is_useful, op.results)):
                return LOST
            return CONDITION if op.results and op.results[0] in self.conditions else UNUSED
        return CONSTANT if op.span in kept else SKIPPED

    def _raise(self, lines: dict[tuple[str, int], Line], op: Op, state: str) -> None:
        """Give the line of an operation the state that says most."""
        line = self._line(lines, op)
        order = (PLAIN, FOLDED, INLINED, UNUSED, SKIPPED, CONSTANT, LOST, CONDITION, ACTIVE)
        if line is not None and order.index(state) > order.index(line.state):
            line.state = state
            line.why = ""

    def _line(self, lines: dict[tuple[str, int], Line], op: Op) -> Line | None:
        return None if op.span is None else lines.get((op.span.path, op.span.statement_line))

    def _note(self, lines: dict[tuple[str, int], Line], op: Op) -> None:
        """Add the rule of an operation to its line, and what is special about the line."""
        line = self._line(lines, op)
        if line is None:
            return
        varied = any(map(self.activity.is_varied, op.operands))
        if op.callee is Prim.FOR:
            count = self.sizes.trips(op).text
            unknown = count.startswith("trips(")
            line.why = f"a number of trips that is not known: {count}" if unknown else f"{count} trips"
        kind = kind_of_rule(op.callee)
        if not varied or not kind:
            return
        name = short_name(op.callee)
        ends = kind.startswith("no derivative")
        if ends and line.state == LOST:
            line.why = f"the derivative ends at {name}: {kind.partition(': ')[2]}"
        elif not ends and any(map(self.activity.is_active, op.results)) and name not in line.rules:
            line.rules.append(name)

    def _recomputed(self, reverse: list[Op], lines: dict[tuple[str, int], Line]) -> None:
        notes = self.compiled.notes
        for op in walk(Block((), tuple(reverse), ())):
            again = any(notes.get(result, ("",))[0] == "recomputed" for result in op.results)
            line = self._line(lines, op)
            if again and line is not None and op.callee not in _VIEWS:
                line.recomputed = True

    # -- what to look at

    def _warnings(self, stored: list[Stored]) -> Iterator[str]:
        names = " and ".join(value.name for value in self.wrt)
        if not any(self.activity.is_active(value) for value in self.wrt):
            yield f"the gradient is zero everywhere: the result does not depend on {names} differentiably"
        for op in walk(self.primal.body):
            risk = risk_of(op)
            if risk and any(map(self.activity.is_active, op.results)):
                yield f"{_place(op)}: {short_name(op.callee)}: {risk}"
        helpers = sum(_module_of(op).startswith(dynamic.__name__) for op in walk(self.final.body))
        vague = ("any", "number", "?[...]")
        unknown = [param.name for param in self.primal.params if repr(self.types.get(param)) in vague]
        if helpers and unknown:
            yield (
                f"{helpers} operations go through slow helpers, as the types are not known: "
                f"try --arg {unknown[0]}=float64[n], or whatever it is"
            )
        for op in walk(self.final.body):
            if _module_of(op) == calling.__name__:
                yield f"{_place(op)}: the callee is compiled when it is called; what it saves is not counted here"
            if op.callee is ADD_AT:
                yield f"{_place(op)}: an index array may repeat, so np.add.at accumulates, which is slow"
        large = [one for one in stored if one.trips]
        if large:
            worst = max(large, key=lambda one: one.size.value or 0.0)
            yield f"what is saved grows with the number of trips; the largest is {worst.name}: {worst.size.text} bytes"


def _places(code: CodeType) -> Iterator[tuple[str, int]]:
    """Yield where the lines of a function stand."""
    for _, _, number in code.co_lines():
        if number is not None:
            yield code.co_filename, number


def _carried(op: Op) -> Iterator[tuple[Value, Value]]:
    """Yield what a loop carries: the parameter of its body, and the value at the start."""
    if op.callee in (Prim.FOR, Prim.WHILE):
        lead = 1 if op.callee is Prim.FOR else 0
        for region in op.regions:
            for init, param in zip(op.operands[lead:], region.params[lead:], strict=False):
                if isinstance(init, Value):
                    yield param, init


def _conditions(function: Function, makers: Mapping[Value, Op]) -> set[Value]:
    """Return the values that decide branches and loops, and what these are computed from."""
    found: set[Value] = set()
    pending = [op.operands[0] for op in walk(function.body) if op.callee is Prim.IF]
    pending += [op.regions[0].results[0] for op in walk(function.body) if op.callee is Prim.WHILE]
    while pending:
        value = pending.pop()
        if isinstance(value, Value) and value not in found:
            found.add(value)
            pending += makers[value].operands if value in makers else ()
    return found


_VIEWS = {slice, operator.getitem, getattr, len, range, reversed}
"""What costs next to nothing to do again."""


def _module_of(op: Op) -> str:
    return getattr(op.callee, "__module__", None) or ""


def _place(op: Op) -> str:
    return f"line {op.span.line}" if op.span is not None else "somewhere"


def read_source_lines(code: Any) -> list[Line]:
    """Return the lines of a function's text."""
    source = code.source
    first = min([source.node.lineno, *(one.lineno for one in getattr(source.node, "decorator_list", []))])
    texts = source.lines[first - 1 : source.node.end_lineno]
    return [Line(source.path, first + k, text.rstrip("\n")) for k, text in enumerate(texts)]


