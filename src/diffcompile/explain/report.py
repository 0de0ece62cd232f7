"""What a gradient does and why, line by line: what is active, saved, recomputed and dead, and what it costs."""

from __future__ import annotations

import ast
import linecache
import operator
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.activity import Activity, find_activity
from diffcompile.analysis.aliasing import find_aliases
from diffcompile.analysis.effects import ADD_AT, writes
from diffcompile.analysis.types import Scalar, plain
from diffcompile.errors import Span
from diffcompile.explain.cost import Estimate, Work
from diffcompile.explain.later import Later, find_later
from diffcompile.explain.rules import kind_of_rule, risk_of, short_name
from diffcompile.explain.sizes import Sizes
from diffcompile.explain.stored import Stored, find_stored, split_sweeps
from diffcompile.frontend.cells import Cells
from diffcompile.frontend.source import Source, source_behind
from diffcompile.ir.core import Block, Const, Function, Op, Prim, Value, walk
from diffcompile.pipeline import Compiled, Request

ACTIVE, CONSTANT, LOST, UNUSED, FOLDED, INLINED, SKIPPED, CONDITION, LATER, PLAIN = (
    "active", "constant", "lost", "unused", "folded", "inlined", "skipped", "branch", "later", "",
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
    LATER: "compiled when it is reached",
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
        self.source = source_behind(request.code.source)
        self.later = find_later(self.primal, self.final)
        self.conditions = _conditions(self.primal, makers)
        self.wrt = [self.primal.params[number] for number in request.wrt]
        self.activity = self._activity()

    def _activity(self) -> Activity:
        aliases = find_aliases(self.primal, self.types)
        outputs = {result for result in self.primal.body.results[:1] if isinstance(result, Value)}
        return find_activity(self.primal, self.types, aliases, set(self.wrt), outputs)

    def report(self) -> Report:
        source = read_source_lines(self.source)
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
        stored = find_stored(forward, reverse, self.primal, self.compiled, self.sizes)
        self._recomputed(reverse, lines)
        names = [value.name for value in self.wrt]
        for line in lines.values():
            line.why = line.why or WHY[line.state].format(wrt=" or ".join(names))
        estimate = Estimate(self.sizes, lambda op: self.sizes.trips(op).value)
        return Report(
            self.request.code.name,
            self.source.path,
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
        """Yield where the statements stand, but for those of a function that was made for the call."""
        made = self.request.code.source.path if self.source is not self.request.code.source else None
        for op in (*walk(self.compiled.stages["ssa"].body), *walk(self.typed.body)):
            if op.span is not None and op.span.statement and op.span.path != made:
                yield op.span
        for later in self.later:
            yield from later.spans()

    def _states(self, lines: dict[tuple[str, int], Line]) -> None:
        ssa = self.compiled.stages["ssa"].body
        calls = [op for op in walk(ssa) if op.callee is Prim.CALL]
        cells = {op.result for op in calls if getattr(op.operands[0], "value", None) is Cells}
        for op in walk(ssa):
            if not (op.operands and op.operands[0] in cells):  # the program only names a variable there
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
        self._headers(lines)
        self._made_later(lines)

    def _headers(self, lines: dict[tuple[str, int], Line]) -> None:
        """Mend the lines of loops that are gone through when the code is made, and of the function itself."""
        written, left = (
            {(op.span.path, op.span.statement_line) for op in walk(stage.body) if op.callee in _LOOPS and op.span}
            for stage in (self.compiled.stages["ssa"], self.typed)
        )
        for key in written - left:
            line = lines.get(key)
            if line is not None and line.state in (FOLDED, UNUSED):
                line.state, line.why = FOLDED, "its trips are written out one after the other"
        node = self.source.node
        if isinstance(node.body, list):
            for number in range(node.lineno, node.body[0].lineno):
                lines[self.source.path, number].state = PLAIN

    def _made_later(self, lines: dict[tuple[str, int], Line]) -> None:
        """Mark the lines whose derivative is not in the code."""
        for later in self.later:
            where = self._line(lines, later.op)
            for span in later.spans():
                line = lines[span.path, span.statement_line]
                if line is not where and line.state in (PLAIN, FOLDED, UNUSED) and not self._is_own(later):
                    line.state, line.why = LATER, f"compiled when {_place(later.op)} is reached"
                    line.recomputed = later.again

    def _is_own(self, later: Later) -> bool:
        """Tell whether a function calls itself, so that its lines are explained already."""
        return later.body is self.compiled.stages["ssa"]

    def _inlined(self, lines: dict[tuple[str, int], Line], called: list[Line]) -> None:
        """Tell calls of which only the lines of the callee are left from what was decided."""
        bodies = {(line.path, line.number) for line in called}
        for one in called:
            if one.state in (CONSTANT, UNUSED, SKIPPED) and self._passes_on(one):
                one.state, one.why = INLINED, "a call of what it wraps"
        active = functions_of([one for one in called if one.state == ACTIVE])
        for one in lines.values():
            if one.state in (FOLDED, CONSTANT, SKIPPED, UNUSED) and active & set(_CALLED.findall(one.text)):
                one.state, one.why = INLINED, ""  # what is left of it are arguments that are no matter
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

    def _passes_on(self, line: Line) -> bool:
        """Tell whether a line only packs the arguments of a call, as in ``fun(*args, **kwargs)``."""
        ops = [op for op in walk(self.typed.body) if op.span and (op.span.path, op.span.statement_line) == (
            line.path, line.number)]  # fmt: skip
        return re.search(r"\(\*|, ?\*", line.text) is not None and all(op.callee in _PACKING for op in ops)

    def _state_of(self, op: Op, kept: set[Span]) -> str:
        active = self.activity
        if op.regions or op.callee in (range, reversed):
            return PLAIN
        if _asks_for_shape(op):
            return CONSTANT
        if any(map(active.is_active, op.results)) or (writes(op) and active.is_active(op.operands[0])):
            return ACTIVE
        if any(map(active.is_varied, op.operands)):
            if any(map(active.is_useful, op.results)):
                tells = all(isinstance(t := plain(self.types[one]), Scalar) and t.kind == "b" for one in op.results)
                return CONDITION if tells else LOST
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
        for later in self.later:
            yield f"{_place(later.op)}: {later.warning}"
        for op in walk(self.final.body):
            if op.callee in (dynamic.fail, dynamic.refuse):
                yield f"{_place(op)}: {_failure(op)}"
            if op.callee is ADD_AT:
                yield f"{_place(op)}: an index array may repeat, so np.add.at accumulates, which is slow"
        large = [one for one in stored if one.trips]
        if large:
            worst = max(large, key=lambda one: one.size.value or 0.0)
            yield f"what is saved grows with the number of trips; the largest is {worst.name}: {worst.size.text} bytes"


_SHAPES = {len, np.shape, np.ndim, np.size, isinstance, type}
_OF_SHAPE = {"shape", "ndim", "size", "dtype", "itemsize", "nbytes"}


def _asks_for_shape(op: Op) -> bool:
    """Tell whether an operation reads of its operand what no derivative changes."""
    if op.callee is getattr:
        name = op.operands[1]
        return isinstance(name, Const) and name.value in _OF_SHAPE
    return not isinstance(op.callee, Prim) and isinstance(op.callee, Hashable) and op.callee in _SHAPES


def _places(code: CodeType) -> Iterator[tuple[str, int]]:
    """Yield where the lines of a function stand."""
    for _, _, number in code.co_lines():
        if number is not None:
            yield code.co_filename, number


_CALLED = re.compile(r"([^\W\d]\w*)\s*\(")


def functions_of(lines: Iterable[Line]) -> set[str]:
    """Return the names of the functions that lines belong to, each that of the innermost."""
    found: set[str] = set()
    for path in {line.path for line in lines}:
        try:
            tree = ast.parse("".join(linecache.getlines(path)))
        except SyntaxError:
            continue
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        for number in {line.number for line in lines if line.path == path}:
            around = [one for one in functions if one.lineno <= number <= (one.end_lineno or one.lineno)]
            found |= {max(around, key=lambda one: one.lineno).name} if around else set()
    return found


def _carried(op: Op) -> Iterator[tuple[Value, Value]]:
    """Yield what a loop carries: the parameter of its body, and the value at the start."""
    if op.callee in _LOOPS:
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


_PACKING = (Prim.DICT, Prim.TUPLE, Prim.LIST, Prim.UNPACK, operator.getitem)
_LOOPS = (Prim.FOR, Prim.WHILE)
_VIEWS = {slice, operator.getitem, getattr, len, range, reversed}
"""What costs next to nothing to do again."""


def _module_of(op: Op) -> str:
    return getattr(op.callee, "__module__", None) or ""


def _failure(op: Op) -> str:
    """Return what the gradient does where it reaches a line that fails, or that could not be differentiated."""
    first, second = (getattr(operand, "value", "") for operand in op.operands[:2])
    if op.callee is dynamic.refuse:
        return f"not differentiated, and refused when it is reached: {first}"
    return f"raises {getattr(first, '__name__', 'an error')} when it is reached: {second}"


def _place(op: Op) -> str:
    return f"line {op.span.line}" if op.span is not None else "somewhere"


def read_source_lines(source: Source) -> list[Line]:
    """Return the lines of a function's text."""
    first = min([source.node.lineno, *(one.lineno for one in getattr(source.node, "decorator_list", []))])
    texts = source.lines[first - 1 : source.node.end_lineno]
    return [Line(source.path, first + k, text.rstrip("\n")) for k, text in enumerate(texts)]


