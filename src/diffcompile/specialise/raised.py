"""Errors that a ``try`` block raises itself: ways out of it, with all that is known where the ``raise`` stands.

    before                                after

    a = f(x)                              a = f(x)
    if a > 1:                             if a > 1:
        raise TooLarge(a)                     code, way, value = 1, a, None
    b = g(a)                              else:
                                              b = g(a)
                                              code, way, value = 0, None, b

What is left of the block is called as a function if something else in it may raise an error that is caught, and is
inlined otherwise. Behind it, the handler is walked for each class of errors with what the error holds, and with the
variables as they were at the ``raise``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from diffcompile import dynamic
from diffcompile.analysis.types import Scalar
from diffcompile.errors import Span
from diffcompile.ir.core import Block, Const, Op, Operand, Prim, Value, walk
from diffcompile.specialise import choices
from diffcompile.specialise.failing import Raised
from diffcompile.specialise.items import (
    BIRTHS,
    NONE,
    ChoiceItem,
    Env,
    Item,
)
from diffcompile.specialise.merging import branches
from diffcompile.specialise.ways_out import LOST, Place, Site, Way, class_raised

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser



@dataclass(slots=True, eq=False)
class Outcome:
    """How a block may have ended, for the handlers."""

    code: Operand
    ways: list[Callable[[], Item]]
    """For each ``raise``: let variables be what they were there, and return the error."""
    classes: list[type | None]
    base: Operand
    """The error that something else raised, or None."""
    failing: dict[Place, Item]
    """What variables are where something else raised one."""


def effect(spec: Specialiser, callee: Any, args: list[Item], span: Span | None) -> None:
    """``raise`` and ``assert``"""
    if callee is Prim.RAISE:
        raise_(spec, args, span)
    else:
        spec.effect(callee, args, span)


def raise_(spec: Specialiser, args: list[Item], span: Span | None) -> None:
    """``raise error from cause``"""
    from diffcompile.specialise import calls  # noqa: PLC0415 - calls of all kinds

    if spec.attempted is None or not args:
        spec.effect(Prim.RAISE, args, span)
        return
    error, *cause = args
    if isinstance(error, ChoiceItem):
        choices.on_both(spec, error, lambda part: raise_(spec, [part, *cause], span), span)
        return
    if isinstance(error, Const) and isinstance(error.value, type):
        error = calls.call_static(spec, error.value, [], {}, span)
    number = next(BIRTHS)
    spec.sites[number] = Site(error, spec.heap.copy(), tuple(cause))
    spec.ops.append(Op(Prim.RAISE, (), (), {"site": number}, (), span))
    end(spec)


def end(spec: Specialiser) -> None:
    """Stop the walk where an error is raised for sure."""
    if spec.attempted is spec.ops:
        raise Raised
    spec.end()


def _operands(spec: Specialiser, items: list[Item]) -> list[Item]:
    return list(map(spec.operand, items))


def settled(spec: Specialiser, ops: Sequence[Op]) -> list[Op]:
    """Return operations that raise what they raise: nothing around them knows the errors."""
    found: list[Op] = []
    for op in ops:
        site = spec.sites.get(op.attrs.get("site", 0))
        if site is not None:
            outer, spec.heap = spec.heap, site.heap.copy()
            made, results = spec.scoped(partial(_operands, spec, [site.error, *site.cause]))
            spec.heap = outer
            found += [*made, Op(Prim.RAISE, tuple(map(spec.operand, results)), (), {}, (), op.span)]
        elif op.regions:
            regions = tuple(replace(region, ops=tuple(settled(spec, region.ops))) for region in op.regions)
            found.append(replace(op, regions=regions))
        else:
            found.append(op)
    return found


def caught(spec: Specialiser, ops: Sequence[Op], classes: tuple[type, ...] | None) -> dict[int, Site]:
    """Return the places where the operations raise an error that may be caught."""
    found = {}
    for op in walk(Block((), tuple(ops), ())):
        if op.callee in (dynamic.enter_acting, dynamic.leave_acting, dynamic.enter_found):
            return {}  # a manager has to be left first
        site = spec.sites.get(op.attrs.get("site", 0))
        if site is None:
            continue
        cls = class_raised(site)
        if cls is None or classes is None or issubclass(cls, classes):
            found[op.attrs["site"]] = site
    return found


# -- behind the block -------------------------------------------------------------------------------------------------


def outcome(
    spec: Specialiser, results: list[Operand], keys: list[Any], ways: list[Way], sites: dict[int, Site],
    base: Operand, failing: dict[Place, Item], span: Span | None,
) -> Item:  # fmt: skip
    """Return the error of a block, or None, in a form that handlers can take apart."""
    code, *values = results
    known = dict(zip(keys, values, strict=True))
    classes = sorted((class_raised(site) for site in sites.values()), key=str)
    takes: list[Callable[[], Item]] = [partial(way.take, spec, known) for way in ways]
    if isinstance(code, Const) and not isinstance(base, Value):
        found: Item = takes[code.value]()
        return found
    test: Item = spec.emit(operator.eq, [code, Const(0)], span, t=Scalar("b"))
    clean = spec.emit(operator.is_, [base, NONE], span, t=Scalar("b"))
    if isinstance(base, Value):
        (test,) = branches(spec, spec.operand(clean), [lambda: [test], lambda: [Const(False)]], [""], span)
        spec.failing[base] = failing
    if not isinstance(code, Const):
        takes[0]()
    if isinstance(test, Const):  # the block surely raises an error, and perhaps another one before
        test = spec.emit(operator.and_, [clean, test], span, t=Scalar("b"))
    assert isinstance(test, Value)
    spec.outcomes[test] = Outcome(code, takes[1:], classes, base, failing)
    return ChoiceItem(test, NONE, LOST)


def handled(
    spec: Specialiser, found: Outcome, names: list[str], walk_handlers: Callable[[Item], list[Item]], span: Span | None
) -> list[Item]:
    """Walk the handlers for each class of errors that the block raises, and for what something else raises."""
    groups: list[list[int]] = []
    for number, cls in enumerate(found.classes):
        if groups and cls is not None and found.classes[groups[-1][0]] is cls:
            groups[-1].append(number)
        else:
            groups.append([number])

    def other() -> list[Item]:
        for (holder, name), item in found.failing.items():
            spec.heap.put(holder, name, item)
        return walk_handlers(found.base)

    def one_of(group: list[int]) -> list[Item]:
        def pick(position: int) -> list[Item]:
            if position == len(group) - 1:
                return [found.ways[group[position]]()]
            test = spec.emit(operator.eq, [found.code, Const(group[position] + 1)], span, t=Scalar("b"))
            sides = (lambda: [found.ways[group[position]]()], lambda: pick(position + 1))
            return branches(spec, spec.operand(test), sides, ["error"], span)

        return walk_handlers(pick(0)[0])

    def go(position: int) -> list[Item]:
        group = groups[position]
        if position == len(groups) - 1:
            return one_of(group)
        low = spec.emit(operator.ge, [found.code, Const(group[0] + 1)], span, t=Scalar("b"))
        high = spec.emit(operator.le, [found.code, Const(group[-1] + 1)], span, t=Scalar("b"))
        sides: tuple[Callable[[], list[Item]], ...] = (lambda: [high], lambda: [Const(False)])
        (test,) = branches(spec, spec.operand(low), sides, [""], span)
        return branches(spec, spec.operand(test), (lambda: one_of(group), lambda: go(position + 1)), names, span)

    if not isinstance(found.base, Value):
        return go(0)
    clean = spec.emit(operator.is_, [found.base, NONE], span, t=Scalar("b"))
    return branches(spec, spec.operand(clean), (partial(go, 0), other), names, span)


def went_through(spec: Specialiser, callee: Any, args: list[Item]) -> Value | None:
    """Return whether a block went through, if that is asked: ``error is None``."""
    first = args[0]
    asked = callee is operator.is_ and isinstance(first, ChoiceItem) and first.condition in spec.outcomes
    return first.condition if asked and getattr(args[1], "value", 0) is None else None  # type: ignore[union-attr]


def replaced(env: Env, choice: Value, error: Item) -> Env:
    """Return what variables stand for where the error of a block is known."""
    return {
        name: error if isinstance(item, ChoiceItem) and item.condition is choice else item for name, item in env.items()
    }

