"""``with``: how blocks are entered and left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diffcompile import dynamic
from diffcompile.analysis.effects import is_droppable
from diffcompile.analysis.types import ANY
from diffcompile.errors import NoSourceError, Span, UnsupportedError
from diffcompile.ir.core import Block, Const, Op, walk
from diffcompile.specialise.containers import call_method
from diffcompile.specialise.items import NONE, Item, ObjectItem

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def enter(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """``with manager as value:``"""
    if not isinstance(args[0], ObjectItem):
        return spec.emit(dynamic.enter, args, span, name=hint, t=ANY)
    value = call_method(spec, args[0], "__enter__", [], span)
    acts, swallows = _about_errors(spec, args[0], span)
    noted = swallows or (acts and spec.attempted is not None)
    if noted:
        spec.effect(dynamic.enter_acting, [Const(args[0].cls.__name__), Const(swallows)], span)
    spec.entered.setdefault(args[0], []).append(noted)
    return value


def leave(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """The end of a ``with`` block."""
    if not isinstance(args[0], ObjectItem):
        spec.effect(dynamic.leave, args, span)
        return NONE
    if (noted := spec.entered.get(args[0])) and noted.pop():
        spec.effect(dynamic.leave_acting, [Const(args[0].cls.__name__)], span)
    call_method(spec, args[0], "__exit__", [NONE, NONE, NONE], span)
    return NONE


def check_left(spec: Specialiser, ops: list[Op], span: Span | None) -> None:
    """Refuse a block that surely fails in a context whose manager does something about it."""
    within: list[str] = []
    for op in ops:
        if op.callee is dynamic.enter_acting:
            within.append(getattr(op.operands[0], "value", ""))
        elif op.callee is dynamic.leave_acting:
            within.pop()
    if within:
        raise spec.refuse(
            f"an error is raised in a `with` block whose manager, {within[-1]}, does something about it",
            span,
            "use try and except",
        )


def _about_errors(spec: Specialiser, manager: ObjectItem, span: Span | None) -> tuple[bool, bool]:
    """Tell whether ``__exit__`` does something when there is an error, and whether it may swallow the error."""
    before, guards, known, consumed = spec.heap.copy(), dict(spec.guards), dict(spec.objects), set(spec.consumed)
    try:
        error: list[Item] = [spec.value("", ANY) for _ in range(3)]
        ops, (answer,) = spec.scoped(lambda: [call_method(spec, manager, "__exit__", error, span)])
    except (UnsupportedError, NoSourceError, RecursionError):
        return True, True
    else:
        acts = bool(spec.heap.changes(before)) or not all(map(is_droppable, walk(Block((), tuple(ops), ()))))
        swallows = not (isinstance(answer, Const) and not answer.value)
        return acts or swallows, swallows
    finally:
        spec.heap, spec.guards, spec.objects, spec.consumed = before, guards, known, consumed
