"""``with``: how blocks are entered and left.

The block of a context manager that is a generator (:func:`contextlib.contextmanager`) is walked where that yields.
"""

from __future__ import annotations

import contextlib
import inspect
import types as pytypes
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from diffcompile import dynamic
from diffcompile.analysis.effects import is_droppable
from diffcompile.analysis.types import ANY
from diffcompile.errors import NoSourceError, Span, UnsupportedError
from diffcompile.ir.core import UNDEFINED, Block, Const, Op, Operand, Prim, Value, walk
from diffcompile.specialise import choices, generators, instances, library_managers, objects
from diffcompile.specialise.containers import call_method
from diffcompile.specialise.items import NONE, ChoiceItem, ClosureItem, Env, GeneratorItem, Item, ObjectItem
from diffcompile.specialise.opaque import opaque
from diffcompile.specialise.raising import kept

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def enter(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """``with manager as value:``"""
    return _entered(spec, args[0], args[0], span, hint)


def _entered(spec: Specialiser, manager: Item, whole: Item, span: Span | None, hint: str) -> Item:
    """Enter a context, or the one or the other; ``whole`` is what the program has for it."""
    manager = instances.opened(spec, manager, span)
    if isinstance(manager, ChoiceItem):
        return choices.on_both(spec, manager, lambda part: _entered(spec, part, whole, span, hint), span, hint)
    if isinstance(manager, GeneratorItem):
        what = f"{manager.code.name} is a context manager, and is entered without a block of its own"
        raise spec.refuse(what, span, "use `with`, or write a class")
    cls = objects.class_of(spec, manager)
    if cls is None:
        return spec.emit(dynamic.enter_found, [manager], span, name=hint, t=ANY)
    value = call_method(spec, manager, "__enter__", [], span)
    acts, swallows = _about_errors(spec, manager, span)
    noted = swallows or (acts and spec.attempted is not None)
    if noted:
        spec.effect(dynamic.enter_acting, [Const(cls.__name__), Const(swallows)], span)
    spec.entered.setdefault((whole, cls), []).append(noted)
    return value


def leave(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """The end of a ``with`` block."""
    return _left(spec, args[0], args[0], span)


def _left(spec: Specialiser, manager: Item, whole: Item, span: Span | None) -> Item:
    manager = instances.opened(spec, manager, span)
    if isinstance(manager, ChoiceItem):
        _keep(spec, dynamic.enter_acting, dynamic.enter_found)
        return choices.on_both(spec, manager, lambda part: _left(spec, part, whole, span), span)
    cls = objects.class_of(spec, manager)
    if cls is None:
        if not _is_harmless(spec, manager):
            _keep(spec, dynamic.enter_found)
        spec.effect(dynamic.leave_found, [manager], span)
        return NONE
    if (noted := spec.entered.get((whole, cls))) and noted.pop():
        _keep(spec, dynamic.enter_acting)
        spec.effect(dynamic.leave_acting, [Const(cls.__name__)], span)
    call_method(spec, manager, "__exit__", [NONE, NONE, NONE], span)
    return NONE


def _is_followed(
    spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    manager = instances.opened(spec, args[0], span)
    known = isinstance(manager, ChoiceItem | GeneratorItem) or objects.class_of(spec, manager) is not None
    return Const(known)


def _exit_stack(
    spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    """``ExitStack()``: what the program enters on it is left where it is left."""
    return objects.construct(spec, library_managers.Stack, args, keywords, span)


PLAIN_MANAGERS = (contextlib.nullcontext, contextlib.closing)
"""Classes of Python's library that are followed like those of the program."""


def begin_trying(
    spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    """The beginning of a ``try`` block in which a generator yields."""
    if _is_noted(spec, args):
        spec.effect(dynamic.enter_acting, [Const(dynamic.TRYING), args[0]], span)
    return NONE


def end_trying(
    spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    """The end of such a block."""
    if _is_noted(spec, args):
        _keep(spec, dynamic.enter_acting)
        spec.effect(dynamic.leave_acting, [Const(dynamic.TRYING)], span)
    return NONE


def _keep(spec: Specialiser, *begins: Any) -> None:
    """Mark what may raise in the block that ends here: where its error is swallowed, the program goes on elsewhere."""
    entering = [any(one.callee in begins for one in walk(Block((), (op,), ()))) for op in spec.ops]
    first = max((number for number, enters in enumerate(entering) if enters), default=len(entering))
    spec.ops[first:] = kept(spec, spec.ops[first:], None)


def _is_harmless(spec: Specialiser, manager: Item) -> bool:
    """Tell whether a manager surely swallows no error: it is one of a library that is known."""
    made = next((op.callee for op in reversed(spec.ops) if manager in op.results), None)
    cls = type(manager.value) if isinstance(manager, Const) else made
    return isinstance(cls, type) and dynamic.swallows_nothing(cls)


def _is_noted(spec: Specialiser, args: list[Item]) -> bool:
    return spec.attempted is not None or not isinstance(args[0], Const) or bool(args[0].value)


_HELPER = contextlib.contextmanager(lambda: iter(())).__code__


def generator_function(fun: Any) -> pytypes.FunctionType | None:
    """Return the generator function behind what ``contextlib.contextmanager`` made, or None."""
    if getattr(fun, "__code__", None) is not _HELPER:
        return None
    inner = inspect.getclosurevars(fun).nonlocals.get("func")
    return inner if isinstance(inner, pytypes.FunctionType) else None


def _context_manager(
    spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    """``@contextmanager`` of a function that the program defines: what calls of it make can be entered."""
    if len(args) == 1 and isinstance(args[0], ClosureItem):
        return args[0]
    return opaque(spec, contextlib.contextmanager, args, keywords, span, hint)


def enters(op: Op) -> bool:
    """Tell whether ``op`` is the beginning of a ``with`` block."""
    return _calls(op, dynamic.enter)


def managed(spec: Specialiser, ops: Sequence[Op], ends: Sequence[Operand], env: Env) -> int:
    """Walk a ``with`` block whose manager is a generator, if ``ops`` begin with one; return how many were walked."""
    enter_op = ops[0]
    manager = enter_op.operands[1]
    source = spec.item(manager, env)
    if not isinstance(source, GeneratorItem):
        return 0
    end = next((k for k, op in enumerate(ops) if _calls(op, dynamic.leave) and op.operands[1] is manager), None)
    if end is None:
        raise spec.refuse("a `with` block is not left where it was entered", enter_op.span)
    inside = ops[1:end]
    _walk_managed(spec, source, enter_op, inside, _used(ops[end + 1 :], ends, [enter_op, *inside]), env)
    env.update((result, NONE) for result in ops[end].results)
    return end + 1


class BlockState:
    """What a block leaves that a generator surrounds."""


def _walk_managed(
    spec: Specialiser, source: GeneratorItem, enter_op: Op, inside: Sequence[Op], used: list[Value], env: Env
) -> None:
    span = enter_op.span
    state = ObjectItem(BlockState)
    names = {value: f"{value.name or 'value'}_{number}" for number, value in enumerate(used)}
    spec.heap.objects[state] = {"done": Const(False), **dict.fromkeys(names.values(), Const(UNDEFINED))}
    surroundings = generators.surroundings(spec)

    def block(value: Item) -> Item:
        if not _is_false(spec.heap.objects[state]["done"]):
            raise spec.refuse(f"{source.code.name} is a context manager, and may yield twice", span, "yield once")
        here = generators.surroundings(spec)
        generators.go_to(spec, surroundings)
        inner = {**env, **dict.fromkeys(enter_op.results, value)}
        try:
            spec.walk(inside, used, inner)
        finally:
            generators.go_to(spec, here)
        spec.heap.set(state, "done", Const(True))
        for one, name in names.items():
            spec.heap.set(state, name, inner[one])
        return Const(True)

    generators.run(spec, source, block, span)
    left = spec.heap.objects[state]
    if not (isinstance(left["done"], Const) and left["done"].value):
        raise spec.refuse(f"{source.code.name} is a context manager, and may not yield", span, "yield once")
    env.update((one, left[name]) for one, name in names.items())


def _is_false(item: Item) -> bool:
    return isinstance(item, Const) and item.value is False


def _calls(op: Op, function: Any) -> bool:
    return op.callee is Prim.CALL and isinstance(op.operands[0], Const) and op.operands[0].value is function


def _used(rest: Sequence[Op], ends: Sequence[Operand], made: Sequence[Op]) -> list[Value]:
    """Return what ``made`` computes and the rest of the block needs."""
    read: set[Operand] = {*ends}
    for op in walk(Block((), tuple(rest), ())):
        read |= {*op.operands, *(result for region in op.regions for result in region.results)}
    return [value for op in made for value in op.results if value in read]


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


def _about_errors(spec: Specialiser, manager: Item, span: Span | None) -> tuple[bool, bool]:
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


HANDLERS: dict[Any, Any] = {
    dynamic.enter: enter,
    dynamic.leave: leave,
    dynamic.begin_trying: begin_trying,
    dynamic.end_trying: end_trying,
    contextlib.contextmanager: _context_manager,
    contextlib.ExitStack: _exit_stack,
    library_managers.is_followed: _is_followed,
}
