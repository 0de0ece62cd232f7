"""Checkpointed loops and functions: calls that are not inlined, and whose pullbacks compute again."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import calling
from diffcompile.analysis.types import ANY, RANGE, Array, Lst, Tup, Type, forget_sizes, join
from diffcompile.checkpointing import checkpoint
from diffcompile.errors import Span
from diffcompile.frontend.lower.checkpoints import run_loop
from diffcompile.ir.core import UNDEFINED, Const
from diffcompile.specialise.binding import CallError, bind, defaults_of
from diffcompile.specialise.functions import function_code
from diffcompile.specialise.handlers.handler import Handler
from diffcompile.specialise.inlining import copied_in_and_out
from diffcompile.specialise.items import ClosureItem, Item, TupleItem
from diffcompile.specialise.opaque import may_vary
from diffcompile.specialise.signatures import Signature, signature_of

if TYPE_CHECKING:
    from diffcompile.frontend.lower import Code
    from diffcompile.specialise.driver import Specialiser


def call_checkpointed(
    spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None
) -> Item:
    """Emit a call of a function that ``@checkpoint`` decorates."""
    code = function_code(fun)
    try:
        bound = bind(spec, code, code.parameters, args, keywords, defaults_of(spec, fun, code), span)
    except CallError as problem:
        return spec.failure(TypeError, problem.what, span)
    operands = [spec.operand(item) for item in bound]
    signature = _signature(spec, code, [spec.type(operand) for operand in operands], span)
    return spec.emit(calling.Recomputed(code), operands, span, t=signature.result)


def _signature(spec: Specialiser, code: Code, types: list[Type], span: Span | None, arrays: int = -1) -> Signature:
    """Return the signature of what is checkpointed; a loop may write to the first ``arrays`` arguments, if they are."""
    signature = signature_of(code, types, spec.specialised, False)
    for number, guard in enumerate(signature.guards):
        spec.guards[code, number, id(guard)] = guard
    if any(number >= arrays or not isinstance(types[number], Array) for number in signature.written):
        why = "it runs several times, each time from what was stored"
        if arrays < 0:
            what = "what is checkpointed writes to an array that it is given"
            raise spec.refuse(what, span, "make a new array: `u = u + ...`, or copy it first", why)
        what = "a checkpointed loop writes to a list that it is given, or to an array of a variable that it assigns"
        raise spec.refuse(what, span, "make a new array: `u = u + ...`, or assign its items alone: `u[...] = v`", why)
    return signature


def _run_loop(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    function, closure, items, snapshots, budget, *state = args
    if not isinstance(function, Const) or function.value is not checkpoint or not isinstance(closure, ClosureItem):
        raise spec.refuse("this loop was over `checkpoint(...)` when the function was defined", span)
    code = closure.code
    captured = list(closure.captured)
    if any(isinstance(part, Const) and part.value is UNDEFINED for part in (*captured, *state)):
        raise spec.refuse(
            "a checkpointed loop reads or carries a variable that is not assigned before it", span, "assign it before"
        )
    if may_vary(spec, items):
        raise spec.refuse(
            "the items of a checkpointed loop depend on what is differentiated",
            span,
            "loop over indices: `for t in checkpoint(range(len(xs)))`, and take `xs[t]`",
        )
    operand = spec.operand(items)
    if spec.type(operand) is not RANGE and not isinstance(spec.type(operand), Array | Lst | Tup):
        raise spec.refuse("a checkpointed loop needs a sequence of known length", span, "use a range or a list")
    operands = [spec.operand(item) for item in (*captured, operand, *state)]
    place = len(captured) + 1
    types = [spec.type(operand) for operand in operands]
    result, written = _carried(spec, code, types, place, span)
    loop = calling.CheckpointedLoop(code, written)
    if written:
        limits = [spec.operand(snapshots), spec.operand(budget)]
        made = copied_in_and_out(spec, loop, [*operands, *limits], result, span)
    else:
        made = spec.emit(loop, [*operands, snapshots, budget], span, t=result)
    return TupleItem(tuple(_part(spec, made, number, result, span) for number in range(len(state))))


def _part(spec: Specialiser, made: Item, number: int, result: Type, span: Span | None) -> Item:
    """Return one of the variables that a loop carried; an array as a copy, which later code may write to."""
    t = result.items[number] if isinstance(result, Tup) else ANY
    part = spec.emit(operator.getitem, [made, Const(number)], span, t=t)
    return spec.emit(np.ndarray.copy, [part], span, t=t) if isinstance(t, Array) else part


def _carried(
    spec: Specialiser, code: Code, types: list[Type], place: int, span: Span | None
) -> tuple[Type, tuple[int, ...]]:
    """Return the types of what a loop carries at its end, those at its start among them, and what it writes to."""
    carried = tuple(forget_sizes(t) for t in types[place:])
    written: tuple[int, ...] = ()
    for _ in range(4):
        signature = _signature(spec, code, [*types[:place], *carried], span, place - 1)
        found, written = signature.result, signature.written
        if not isinstance(found, Tup) or len(found.items) != len(carried):
            break
        wider = tuple(forget_sizes(join(a, b)) for a, b in zip(carried, found.items, strict=True))
        if wider == carried:
            return Tup(carried), written
        carried = wider
    return ANY, written


def _checkpoint(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    raise spec.refuse(
        "`checkpoint` stands where it is neither the iterable of a `for` loop nor a decorator", span,
        "write `for t in checkpoint(range(n)):`",
    )  # fmt: skip


HANDLERS: dict[Any, Handler] = {run_loop: _run_loop, checkpoint: _checkpoint}
