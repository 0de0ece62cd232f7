"""What a gradient compiles only when it runs: recursion, `try` blocks, checkpointed loops, callees found then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from diffcompile import calling
from diffcompile.errors import Span
from diffcompile.explain.sizes import UNKNOWN, Size, Sizes
from diffcompile.ir.core import Const, Function, Op, walk


@dataclass(frozen=True, slots=True)
class Later:
    """A call whose derivative is not in the code that is explained."""

    op: Op
    warning: str
    """What follows for what is saved, and for the cost."""
    again: bool
    """Whether its lines run again in the reverse sweep."""
    body: Function | None
    """What is compiled then, if that is known."""

    def spans(self) -> Iterator[Span]:
        """Yield where the statements of the body stand."""
        for op in walk(self.body.body) if self.body is not None else ():
            if op.span is not None and op.span.statement:
                yield op.span


def find_later(primal: Function, final: Function) -> list[Later]:
    """Return the calls of a program whose derivatives are made when they are reached, also those in one another."""
    found: list[Later] = []
    seen: set[int] = set()
    pending: list[Function] = [primal]
    while pending:
        function = pending.pop(0)
        if id(function) in seen:
            continue
        seen.add(id(function))
        inside = [later for op in walk(function.body) if (later := _later(op)) is not None]
        found += inside
        pending += [later.body for later in inside if later.body is not None]
    for op in walk(final.body):
        if isinstance(op.callee, calling.DynamicForward | calling.DynamicTangent):
            warning = "the callee is compiled when it is called; what it saves is not counted here"
            found.append(Later(op, warning, False, None))
    return found


def _later(op: Op) -> Later | None:
    match op.callee:
        case calling.CheckpointedLoop(code=code):
            warning = "the loop runs again from one snapshot to the next, which the cost does not count"
            return Later(op, warning, True, code.function())
        case calling.Recomputed(code=code, __name__=name):
            warning = f"{name} keeps its arguments alone and runs again in reverse, which the cost does not count"
            return Later(op, warning, True, code.function())
        case calling.Attempt(program=program):
            warning = "the `try` block is compiled when it is reached; what it saves is not counted here"
            return Later(op, warning, False, program.function)
        case calling.Callee(code=code, __name__=name):
            warning = f"{name} is compiled when it is called; what it saves is not counted here"
            return Later(op, warning, False, code.function())
    return None


def snapshots_of(op: Op, sizes: Sizes) -> tuple[str, Size] | None:
    """Return what a checkpointed loop keeps, in words and in bytes; nothing for another operation."""
    loop = op.callee
    if not isinstance(loop, calling.CheckpointedLoop):
        return None
    count, budget = (operand.value if isinstance(operand, Const) else operand for operand in op.operands[-2:])
    written = [loop.code.captures[number] for number in loop.written]
    names = ", ".join([*written, *(parameter.name for parameter in loop.code.parameters[1:])])
    kept = [op.operands[number] for number in loop.written] + list(op.operands[loop.place + 1 : -2])
    parts = [sizes.octets(value) for value in kept]
    known = [part.value for part in parts if part.value is not None]
    text = " + ".join(part.text for part in parts)
    one = Size(UNKNOWN if UNKNOWN in text else text, sum(known) if len(known) == len(parts) else None)
    if budget is not None:
        return f"snapshots of {names}, as many as {budget} bytes hold", Size(f"{budget}")
    if isinstance(count, int):
        return f"at most {count} snapshots of {names}", Size(str(count), float(count)).times(one)
    return f"snapshots of {names}, about the square root of the trips", Size("sqrt(trips)").times(one)


__all__ = ["Later", "find_later", "snapshots_of"]
