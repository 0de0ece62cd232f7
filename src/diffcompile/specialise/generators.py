"""Generators: the loop that consumes one is walked inside it, wherever it yields.

Nothing of the generator is left at run time. What the loop carries lives on the heap meanwhile, so that the
generator's own loops and branches hand it on as they would an attribute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from diffcompile.errors import Span
from diffcompile.ir.core import Const, Op
from diffcompile.specialise import library
from diffcompile.specialise.items import Env, GeneratorItem, Item, IteratorItem, ObjectItem

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


ONE_SHOT = ("zip", "enumerate", "reversed")
"""Kinds of iterators whose items are found by number, and which end for good nevertheless."""


class LoopState:
    """What a loop over a generator carries."""


def consume(spec: Specialiser, op: Op, source: GeneratorItem, inits: list[Item], env: Env) -> None:
    """Emit ``for item in source: ...``"""
    mark_consumed(spec, source, op.span)
    body = op.regions[0]
    stops = int(op.may_stop)
    names = _distinct([param.name for param in body.params[1:]])
    state = ObjectItem(LoopState)
    spec.heap.objects[state] = dict(zip(names, inits, strict=True))
    surroundings = spec.path, spec.override, list(spec.frames), list(spec.stack), spec.consumer

    def one_trip(value: Item) -> Item:
        inside = spec.path, spec.override, spec.frames, spec.stack, spec.consumer
        spec.path, spec.override, spec.frames, spec.stack, spec.consumer = surroundings
        try:
            carried = [spec.heap.objects[state][name] for name in names]
            inner = {**env, **dict(zip(body.params, [value, *carried], strict=True))}
            produced = spec.block(body, inner)
        finally:
            spec.path, spec.override, spec.frames, spec.stack, spec.consumer = inside
        for name, item in zip(names, produced[stops:], strict=True):
            spec.heap.set(state, name, item)
        return produced[0] if stops else Const(True)

    _run(spec, source, one_trip, op.span)
    env.update(zip(op.results, (spec.heap.objects[state][name] for name in names), strict=True))


def _run(spec: Specialiser, source: GeneratorItem, one_trip: object, span: Span | None) -> None:
    outer_path, outer_override, outer_consumer = spec.path, spec.override, spec.consumer
    spec.path = spec.memory.paths.setdefault((outer_path, span, source.code), len(spec.memory.paths) + 1)
    spec.consumer = one_trip  # type: ignore[assignment]
    if _is_library(source):
        spec.override = outer_override or span
    try:
        spec.inline_function(source.code, source.code.function(), list(source.args))
    finally:
        spec.path, spec.override, spec.consumer = outer_path, outer_override, outer_consumer


def mark_consumed(spec: Specialiser, source: GeneratorItem | IteratorItem, span: Span | None) -> None:
    """Record that something goes over a one-shot iterator; it cannot go over it again."""
    if source in spec.consumed or source.born < spec.began:
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


def _is_library(source: GeneratorItem) -> bool:
    """Tell whether a generator is that of a builtin such as ``map``."""
    return source.code.source.scope.globals is vars(library)


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
