"""What the forward sweep keeps for the reverse sweep: which value, why, and how many bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from diffcompile import calling
from diffcompile.analysis.types import Array, Lst, Scalar, plain
from diffcompile.errors import Span
from diffcompile.explain.later import snapshots_of
from diffcompile.explain.sizes import ONE, Size, Sizes, product
from diffcompile.ir.core import Block, Function, Op, Prim, Value, walk
from diffcompile.pipeline import Compiled


@dataclass(frozen=True, slots=True)
class Stored:
    """A value that is kept."""

    name: str
    """What it is called in the generated code, or the expression that made it."""
    what: str
    """What it is, in words."""
    span: Span | None
    """Where it comes from."""
    needed: tuple[Span, ...]
    """The primal expressions whose derivatives read it."""
    size: Size
    """In bytes."""
    trips: bool
    """Whether it is kept for every trip of a loop."""
    list_: str = ""
    """The list of the generated code that it is kept in, then."""


def split_sweeps(function: Function) -> tuple[list[Op], list[Op]]:
    """Return the operations of the forward and of the reverse sweep."""
    ops = function.body.ops
    for k, op in enumerate(ops):
        if op.callee is Prim.SECTION and str(op.attrs["title"]).startswith("reverse"):
            return list(ops[:k]), list(ops[k:])
    return list(ops), []


def find_stored(
    forward: list[Op], reverse: list[Op], primal: Function, compiled: Compiled, sizes: Sizes
) -> list[Stored]:
    """Return what is kept from the forward to the reverse sweep, the largest first where that is known."""
    users = _users(reverse)
    trips = dict(_trips(forward, sizes, []))
    found: list[Stored] = []
    for op in forward:
        for value in op.results:
            if value not in users:
                continue
            t = plain(sizes.types[value])
            if op.callee is Prim.LIST and compiled.notes.get(value, ("",))[0] == "saved":
                found.append(_saved_list(value, forward, users, trips, compiled, sizes))
            elif isinstance(t, Array) and op.callee is not Prim.TUPLE and not _is_view(op):
                what = _kept_text(value, compiled)
                found.append(Stored(_name(value, op), what, op.span, _needed(users[value]), sizes.octets(value), False))
            elif isinstance(t, Lst) and op.callee is not Prim.LIST:
                found.append(Stored(_name(value, op), "a list", op.span, _needed(users[value]), Size("?"), False))
    found += _snapshots(primal, sizes)
    return sorted(found, key=lambda one: -(one.size.value or 0.0))


def _snapshots(primal: Function, sizes: Sizes) -> Iterator[Stored]:
    """Yield what checkpointed loops keep."""
    for op in walk(primal.body):
        kept = snapshots_of(op, sizes)
        if kept is not None:
            yield Stored("snapshots", kept[0], op.span, (), kept[1], False)


def _saved_list(
    saved: Value,
    forward: list[Op],
    users: dict[Value, list[Op]],
    trips: dict[Value, list[Size]],
    compiled: Compiled,
    sizes: Sizes,
) -> Stored:
    """Describe a list that gets an item in every trip."""
    (push,) = [op for op in walk(Block((), tuple(forward), ())) if op.callee is list.append and op.operands[0] is saved]
    value = push.operands[1]
    size = sizes.octets_in_list(value).times(product(trips.get(saved, [ONE])))
    popped = [result for op in users[saved] if op.callee is list.pop for result in op.results]
    readers = [op for result in popped for op in users.get(result, [])]
    maker = sizes.makers.get(value) if isinstance(value, Value) else None
    kept = compiled.notes.get(value, ("",)) if isinstance(value, Value) else ("",)
    t = plain(sizes.types[value]) if isinstance(value, Value) else None
    if kept[0] == "overwritten":
        what = f"what is overwritten in {kept[1].name or 'an array'}" if len(kept) > 1 else "what is overwritten"
    elif isinstance(t, Scalar):
        what = "a number" if t.kind != "b" else "which branch was taken"
    elif isinstance(t, Array):
        what = "a reference; the array stays alive"
    elif maker is not None and maker.callee is Prim.UNPACK and isinstance(_made_by(maker, sizes), _PAIRS):
        what = "what a call keeps that is compiled when it is reached"
    else:
        what = "a value of unknown type"
    span = maker.span if maker is not None else push.span
    name = list_ = saved.name or "saved"
    place = compiled.kept_in.get(saved)
    if place is not None:
        name, list_ = f"{place[1]} in {place[0]}", place[0]
    return Stored(name, f"{what}, every trip", span, _needed(readers), size, True, list_)


_PAIRS = (calling.Forward, calling.DynamicForward)


def _made_by(op: Op, sizes: Sizes) -> object:
    """Return what computed the first operand of an operation."""
    maker = sizes.makers.get(op.operands[0]) if isinstance(op.operands[0], Value) else None
    return None if maker is None else maker.callee


def _kept_text(value: Value, compiled: Compiled) -> str:
    note = compiled.notes.get(value)
    if note is not None and note[0] == "overwritten":
        return f"what is overwritten in {note[1].name or 'an array'}"
    return "kept"


def _name(value: Value, op: Op) -> str:
    if value.name:
        return value.name
    return expression(op.span) or "a temporary"


def expression(span: Span | None) -> str:
    """Return the text that a span covers, as far as it is on one line."""
    if span is None:
        return ""
    end = span.end_column if span.end_line == span.line else len(span.text)
    return " ".join(span.text[span.column : end].split())


def _is_view(op: Op) -> bool:
    return getattr(op.callee, "__name__", "") in ("getitem", "getattr", "broadcast_to", "transpose", "reshape")


def _users(reverse: list[Op]) -> dict[Value, list[Op]]:
    """Return which operations of the reverse sweep read a value, through carried variables as well."""
    users: dict[Value, list[Op]] = {}
    for op in walk(Block((), tuple(reverse), ())):
        for operand in op.operands:
            if isinstance(operand, Value):
                users.setdefault(operand, []).append(op)
        lead = 1 if op.callee is Prim.FOR else 0
        for region in op.regions if op.callee in (Prim.FOR, Prim.WHILE) else ():
            for operand, param in zip(op.operands[lead:], region.params[lead:], strict=False):
                if isinstance(operand, Value):
                    users.setdefault(operand, []).extend(_readers(region, param))
    return users


def _readers(region: Block, param: Value) -> list[Op]:
    return [op for op in walk(region) if param in op.operands]


def _needed(readers: list[Op]) -> tuple[Span, ...]:
    spans = [op.span for op in readers if op.span is not None and not op.regions]
    return tuple({(span.path, span.line, expression(span)): span for span in spans}.values())


def _trips(ops: list[Op] | tuple[Op, ...], sizes: Sizes, around: list[Size]) -> Iterator[tuple[Value, list[Size]]]:
    """Yield each list that is appended to, with the trips of the loops around."""
    for op in ops:
        if op.callee is list.append and isinstance(op.operands[0], Value):
            yield op.operands[0], around
        inside = [*around, sizes.trips(op)] if op.callee in (Prim.FOR, Prim.WHILE) else around
        for region in op.regions:
            yield from _trips(region.ops, sizes, inside)
