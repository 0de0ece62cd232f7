"""Generators: the loop that consumes one is walked inside it, wherever it yields.

Nothing of the generator is left at run time. What the loop carries lives on the heap meanwhile, so that the
generator's own loops and branches hand it on as they would an attribute.
"""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

from diffcompile.analysis.types import RANGE, Scalar, plain
from diffcompile.errors import Span
from diffcompile.ir.core import UNDEFINED, Block, Const, Op, Operand, Prim, Value, walk
from diffcompile.specialise import functions, library
from diffcompile.specialise.instances import Restart
from diffcompile.specialise.items import Env, GeneratorItem, Item, IteratorItem, ObjectItem
from diffcompile.specialise.unrolling import check_carried

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


ONE_SHOT = ("zip", "enumerate", "reversed")
"""Kinds of iterators whose items are found by number, and which end for good nevertheless."""

_LONG = 2**62
"""More items than any sequence has."""


class LoopState:
    """What a loop over a generator carries."""


def consume(spec: Specialiser, op: Op, source: GeneratorItem, inits: list[Item], env: Env) -> None:
    """Emit ``for item in source: ...``"""
    body = op.regions[0]
    stops = int(op.may_stop)
    names = _distinct([param.name for param in body.params[1:]])
    state = ObjectItem(LoopState)
    spec.heap.objects[state] = dict(zip(names, inits, strict=True))
    outside = surroundings(spec)

    def one_trip(value: Item) -> Item:
        inside = surroundings(spec)
        go_to(spec, outside)
        try:
            carried = [spec.heap.objects[state][name] for name in names]
            inner = {**env, **dict(zip(body.params, [value, *carried], strict=True))}
            produced = spec.block(body, inner)
            check_carried(spec, body, produced[stops:])
        finally:
            go_to(spec, inside)
        for name, item in zip(names, produced[stops:], strict=True):
            spec.heap.set(state, name, item)
        return produced[0] if stops else Const(True)

    run(spec, source, one_trip, op.span)
    env.update(zip(op.results, (spec.heap.objects[state][name] for name in names), strict=True))


def surroundings(spec: Specialiser) -> tuple[Any, ...]:
    """Return where the program is: what :func:`go_to` returns to."""
    return spec.path, spec.override, list(spec.frames), list(spec.stack), spec.consumer


def go_to(spec: Specialiser, place: tuple[Any, ...]) -> None:
    """Let the program be where it was."""
    path, override, frames, stack, consumer = place
    spec.path, spec.override, spec.consumer = path, override, consumer
    spec.frames, spec.stack = list(frames), list(stack)


def run(spec: Specialiser, source: GeneratorItem, one_trip: object, span: Span | None) -> None:
    """Walk a generator, and ``one_trip`` of what goes over it where it yields."""
    mark_consumed(spec, source, span)
    outer_path, outer_override, outer_consumer = spec.path, spec.override, spec.consumer
    spec.path = spec.memory.paths.setdefault((outer_path, span, source.code), len(spec.memory.paths) + 1)
    spec.consumer = one_trip  # type: ignore[assignment]
    if _is_library(source):
        spec.override = outer_override or span
    try:
        spec.inline_function(source.code, functions.lowered(spec, source.code), list(source.args))
    finally:
        spec.path, spec.override, spec.consumer = outer_path, outer_override, outer_consumer


def by_item(spec: Specialiser, source: Item, span: Span | None) -> IteratorItem | None:
    """Return a generator as a sequence whose items are computed when they are asked for.

    That is one which yields once in each trip of its only loop, and keeps nothing from one to the next, as
    ``(f(v) for v in values)`` does.
    """
    from diffcompile.specialise import sequences  # noqa: PLC0415 - it is built on this module

    loop = _only_loop(spec, source) if isinstance(source, GeneratorItem) else None
    if loop is None:
        return None
    assert isinstance(source, GeneratorItem)
    function = functions.lowered(spec, source.code)
    env = dict(zip(function.params, source.args, strict=True))
    items = env.get(loop.operands[0]) if isinstance(loop.operands[0], Value) else loop.operands[0]
    items = None if items is None else sequences.iterated(spec, items, span)
    if isinstance(items, GeneratorItem):
        items = by_item(spec, items, span)
    if items is None:
        return None
    mark_consumed(spec, source, span)
    return IteratorItem("each", (sequences.sequence(spec, items), source), ready=True)


def numbers(spec: Specialiser, source: Item, span: Span | None) -> Item:
    """Return ``itertools.count`` of integers as a range that is longer than anything beside it; others as they are."""
    if not isinstance(source, GeneratorItem) or source.site is None or source.site[2] != "count":
        return source
    start, step = source.args
    if not all(_is_integer(spec, part) for part in source.args) or not isinstance(step, Const) or not step.value:
        return source
    mark_consumed(spec, source, span)
    stop = spec.emit(operator.add, [start, Const(step.value * _LONG)], span)
    return spec.emit(range, [start, stop, step], span, t=RANGE)


def _is_integer(spec: Specialiser, item: Item) -> bool:
    t = plain(spec.type(item))
    return isinstance(t, Scalar) and t.kind == "i"


def check_ends(spec: Specialiser, source: GeneratorItem, span: Span | None) -> None:
    """Check that a generator which has to run before others is not one that goes on as long as it is asked.

    Raises:
        UnsupportedError: it is.
    """
    if _is_endless(spec, source):
        raise spec.refuse(
            f"{source.code.name}, which goes on for ever, runs beside other generators", span,
            "end it after a number of items, or write one loop that computes both",
        )  # fmt: skip


def _is_endless(spec: Specialiser, source: Item) -> bool:
    """Tell whether a generator, or what it goes over, is a loop without an end."""
    if not isinstance(source, GeneratorItem):
        return False
    function = functions.lowered(spec, source.code)
    given = dict(zip(function.params, source.args, strict=False))
    for op in function.body.ops:
        if op.callee is Prim.WHILE and isinstance(condition := op.regions[0].results[0], Const) and condition.value:
            return not op.may_stop or _goes_on(op.regions[1], op.regions[1].results[0])
        if op.callee is Prim.FOR and isinstance(over := op.operands[0], Value) and over in given:
            return _is_endless(spec, given[over])
    return False


def _goes_on(block: Block, result: Operand) -> bool:
    """Tell whether ``result`` of ``block`` is true unless what asks for items asks for no more."""
    if isinstance(result, Const):
        return bool(result.value)
    made = {value: op for op in block.ops for value in op.results}
    op = made.get(result)
    if op is None or op.callee is not Prim.IF:
        return False
    condition = made.get(op.operands[0])  # type: ignore[arg-type]
    asked = made.get(condition.operands[0]) if condition is not None else None  # type: ignore[arg-type]
    if condition is None or condition.callee is not operator.not_ or asked is None or asked.callee is not Prim.YIELD:
        return False
    return _goes_on(op.regions[1], op.regions[1].results[op.results.index(result)])


def _only_loop(spec: Specialiser, source: GeneratorItem) -> Op | None:
    """Return the loop that is all of a generator, if each of its trips yields once and hands nothing to the next."""
    ops = functions.lowered(spec, source.code).body.ops
    if len(ops) != 1 or ops[0].callee is not Prim.FOR:
        return None
    loop = ops[0]
    (body,) = loop.regions
    inside = list(walk(body))
    used = {operand for op in inside for operand in (*op.operands, *(end for r in op.regions for end in r.results))}
    for param, init in zip(body.params[1:], loop.operands[1:], strict=True):
        if not isinstance(init, Const) or (init.value is UNDEFINED and param in used):
            return None
    yields = [op for op in inside if op.callee is Prim.YIELD]
    return loop if len(yields) == 1 and yields[0] in body.ops else None


def computed(spec: Specialiser, source: GeneratorItem, item: Item, span: Span | None) -> Item:
    """Return what a generator that :func:`by_item` takes yields for one item of what it goes over."""
    loop = _only_loop(spec, source)
    assert loop is not None
    (body,) = loop.regions
    env: Env = dict(zip(functions.lowered(spec, source.code).params, source.args, strict=True))
    env.update(zip(body.params, [item, *loop.operands[1:]], strict=True))
    found: list[Item] = []

    def take(value: Item) -> Item:
        found.append(value)
        return Const(True)

    outer = spec.path, spec.override, spec.consumer
    spec.path = spec.memory.paths.setdefault((spec.path, span, source.code), len(spec.memory.paths) + 1)
    spec.consumer = take
    if _is_library(source):
        spec.override = spec.override or span
    spec.stack.append(source.code)
    spec.frames.append((source.code, list(source.args)))
    try:
        produced = spec.block(body, env)
    finally:
        spec.stack.pop()
        spec.frames.pop()
        spec.path, spec.override, spec.consumer = outer
    for before, after in zip(loop.operands[1:], produced[int(loop.may_stop) :], strict=True):
        given = getattr(before, "value", None)
        if given is not UNDEFINED and getattr(after, "value", None) is not given:
            raise spec.refuse("a generator that keeps something runs beside others", span, "make a list of its items")
    return found[0]


def mark_consumed(spec: Specialiser, source: GeneratorItem | IteratorItem, span: Span | None) -> None:
    """Record that something goes over a one-shot iterator; what goes on with it later needs an object.

    Raises:
        Restart: the program has to be walked again, with the iterator as an object.
    """
    if source in spec.consumed or source.born < spec.began:
        if source.site is not None and spec.may_restart and source.site not in spec.memory.shared:
            spec.memory.shared.add(source.site)
            raise Restart
        raise spec.refuse("an iterator is used twice", span, "make a list of its items first")
    spec.consumed.add(source)
    if isinstance(source, GeneratorItem) and source.code in spec.stack and not _is_library(source):
        raise spec.refuse(
            f"{source.code.name} goes over itself", span, "append to a list that is passed on", "it is recursive"
        )


def go_over(spec: Specialiser, source: Item, span: Span | None) -> None:
    """Record that a loop or a function goes over ``source``, if it is an iterator that ends for good."""
    if isinstance(source, IteratorItem) and source.kind in ONE_SHOT and not source.ready:
        mark_consumed(spec, source, span)


def go_over_flat(spec: Specialiser, flat: Item, span: Span | None) -> Item:
    """Return what goes over all items of an array in the place of ``x.flat``, which ends for good."""
    born, array = spec.flats[flat]
    if flat in spec.consumed or born < spec.began:
        raise spec.refuse("a flat iterator is gone over twice", span, "use x.flat in each loop, or np.ravel(x)")
    if born == math.inf:
        return flat
    spec.consumed.add(flat)
    begun = spec.emit(getattr, [array, Const("flat")], span)
    spec.flats[begun] = math.inf, array
    return begun


def _is_library(source: GeneratorItem) -> bool:
    """Tell whether a generator is that of a builtin such as ``map``."""
    return str(source.code.source.scope.globals["__name__"]).startswith(library.__name__)


def ask(spec: Specialiser, value: Item, span: Span | None) -> Item:
    """``yield value``: walk one trip of the consumer, and return whether it goes on."""
    if spec.consumer is None:
        raise spec.refuse("this generator is not consumed by a loop", span, "loop over it, or return a list")
    return spec.consumer(value)


def _distinct(names: list[str]) -> list[str]:
    found: list[str] = []
    for number, name in enumerate(names):
        found.append(name if name and name not in found else f"{name or 'state'}_{number}")
    return found
