"""What a solver returns: its answer, and what else depends on what its functions see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffcompile.analysis.types import ANY
from diffcompile.errors import Span
from diffcompile.implicit import Argument
from diffcompile.ir.core import Const, Value
from diffcompile.rules import registry
from diffcompile.specialise import inlining, minima, newton, results, trying
from diffcompile.specialise.items import Item, TupleItem

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

def with_fields(
    spec: Specialiser,
    entry: registry.Implicit,
    value: Item,
    functions: list[Argument],
    operands: list[Item],
    found: Any,
    span: Span | None,
) -> Item:
    """Return the answer with what else of a solver's result can be read."""
    if not entry.answer:
        return value
    if entry.minimised:  # by the slope that was given
        (argument,) = (one for one in functions if one.name == entry.minimised)
        mine = operands[argument.start : argument.start + argument.count]
        least = trying.attempt(spec, lambda: value_at(spec, argument, mine, value, span))
        return result(spec, entry, value, found, {} if least is None else {"fun": one_number(spec, least, span)}, span)
    rest = [spec.emit(getattr, [found, Const(name)], span, t=ANY) for name in entry.fields]
    return TupleItem((value, *rest), results.make(entry.fun.__name__, (entry.answer, *entry.fields)))


def result(
    spec: Specialiser, entry: registry.Implicit, x: Item, found: Any, moving: dict[str, Item], span: Span | None
) -> Item:
    """Return the result of a minimiser: ``moving`` are the fields that depend on what the function sees."""
    if not entry.answer:
        return x
    fields = dict(moving)
    for name in entry.fields:
        if name not in minima.MOVING:
            fields[name] = spec.emit(getattr, [found, Const(name)], span, t=ANY)
    return TupleItem((x, *fields.values()), results.make(entry.fun.__name__, (entry.answer, *fields)))


def of_minimum(
    spec: Specialiser,
    kind: str,
    argument: Argument,
    own: list[Item],
    given: dict[str, Item],
    x: Item,
    span: Span | None,
) -> dict[str, Item]:
    """Return what depends on the answer of a minimiser: the value there, or the residuals and the sum of a fit."""
    value = value_at(spec, argument, own, x, span)
    if kind in minima.TOTALS:
        if isinstance(x, Value):
            arguments = [given[argument.name], x, given.get("args", Const(()))]
            spec.later[x] = {"jac": lambda: inlining.call_python(spec, newton.slopes, arguments, {}, span)}
        cost = inlining.call_python(spec, minima.TOTALS[kind], [value], {}, span)
        return {"fun": inlining.call_python(spec, minima.residual_numbers, [value], {}, span), "cost": cost}
    if kind == "value and slope":
        return {"fun": inlining.call_python(spec, minima.first_of, [value], {}, span)}
    return {"fun": one_number(spec, value, span)}


def one_number(spec: Specialiser, value: Item, span: Span | None) -> Item:
    """Return what is minimised, which may come as an array of one item."""
    return inlining.call_python(spec, minima.one_number, [value], {}, span)


def value_at(spec: Specialiser, argument: Argument, own: list[Item], x: Item, span: Span | None) -> Item:
    """Return what the function returns at the answer: it moves with all that the function sees."""
    place = argument.places[0]
    return inlining.inline(spec, argument.code, [*own[:place], x, *own[place + 1 :]], span)


def full_output(spec: Specialiser, entry: registry.Implicit, found: Any, span: Span | None) -> tuple[Any, list[Item]]:
    """Return what was found by a solver that returns more behind it, and that, which is constant."""
    parts = [spec.emit(newton.part, [found, Const(number)], span, t=ANY) for number in range(1, entry.full)]
    return spec.emit(newton.part, [found, Const(0)], span, t=spec.type(found)), list(parts)
