"""What may be a number or written memory, as only shows at run time: its shadow is a cell if it is a number.

    forward:  v = items[k]; v_bar = part_shadow(items_bar, k, v)
    reverse:  v_bar += ...

A number in a container is reached through the cell that the shadow of the container holds; one that was read from an
array hands its cell back to the array. Values that surely are numbers, and are stored in such a container or come out
of a branch together with such a value, get a cell there, whose content they take in the reverse sweep.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from diffcompile import calling, dynamic, runtime
from diffcompile.analysis.aliasing import CREATING, AliasClass
from diffcompile.analysis.types import ANY, NUMBER, Array, Dct, Lst, Obj, Tup, Type, is_scalar, plain
from diffcompile.autodiff.memory.views import WRITABLE_VIEWS, is_alias
from diffcompile.autodiff.modes import Mode
from diffcompile.errors import UnsupportedError
from diffcompile.ir.core import Block, Const, Op, Operand, Prim, Value
from diffcompile.rules import registry

if TYPE_CHECKING:
    from diffcompile.autodiff.reverse import Reverse

_SAME = (dynamic.fields, dynamic.narrowed, dynamic.known, dynamic.as_sequence, list.pop)
"""Callees whose result has the shadow of what they are given, or of something in it."""
_ATTRIBUTES = ("T", "mT", "real")


def is_vague(t: Type) -> bool:
    """Tell whether values of a type may be numbers, and may be memory."""
    return t is ANY or t is NUMBER


def find_mixed(rev: Reverse) -> set[AliasClass]:
    """Return the classes of written memory and its containers that may hold numbers where others hold memory."""
    found: set[AliasClass] = set()
    for node in {node.root() for node in rev.aliases.nodes.values()}:
        if node.deep_written() and any(is_vague(rev.types[member]) for member in node.members):
            found.add(node)
    holders = {node.root() for node in rev.aliases.nodes.values() if node.root().content is not None}
    held = {node.content.root() for node in found if node.content is not None} | found
    while True:  # copies of a list hold the same
        more = {node for node in holders if node.content is not None and node.content.root() in held}
        if more <= found:
            return found
        found |= more
        held |= more


def is_mixed(rev: Reverse, operand: Operand) -> bool:
    """Tell whether the numbers that a container holds have cells."""
    t = rev.types[operand] if isinstance(operand, Value) else None
    return (t is ANY or isinstance(t, Lst | Dct | Tup | Obj)) and rev.aliases.of(operand) in rev.mixed


def shares_parts(rev: Reverse, value: Value) -> bool:
    """Tell whether copies of the container ``value`` have shadows that hold what its shadow holds.

    Where all that it holds are numbers without cells, each copy has zeros of its own, which it hands back.
    """
    if not rev.modes.holds_memory(value):
        return False
    t = rev.types[value]
    return not (isinstance(t, Lst) and is_scalar(t.item)) or is_mixed(rev, value)


def is_uncertain(rev: Reverse, operand: Operand) -> bool:
    """Tell whether it is only known at run time if a value is memory or a number."""
    return isinstance(operand, Value) and rev.modes.of(operand) is Mode.MEMORY and rev.modes.is_uncertain(operand)


def zeros(rev: Reverse, value: Value) -> Operand:
    """Return the shadow of memory that something else than an operation has made: an argument, say."""
    if value not in rev.modes.unbound and (is_uncertain(rev, value) or is_mixed(rev, value)):
        return rev.emit(dynamic.celled_zeros, value, t=rev.types[value])
    return rev.zero(value)


def slot(rev: Reverse, holder: Operand, operand: Operand) -> Operand:
    """Return what the shadow of ``holder`` holds for ``operand``: its shadow, a number or a cell."""
    if rev.modes.of(operand) is Mode.MEMORY:
        return rev.shadows[operand]  # type: ignore[index]
    if is_mixed(rev, holder) and rev.active(operand) and is_scalar(rev.types[operand]):  # type: ignore[index]
        return rev.emit(dynamic.cell, operand, t=ANY)
    if isinstance(operand, Value) and rev.active(operand) and isinstance(plain(rev.types[operand]), Array):
        return rev.zero(operand)  # who takes it from the container adds to what is there
    return Const(0.0)


def joined(rev: Reverse, place: Block | Op, operand: Operand, result: Value) -> Operand:
    """Return the shadow with which ``operand`` leaves a branch or a trip, or enters a loop, as ``result``.

    A number gets a cell; where the reverse sweep comes to ``place``, the number takes what is in it.
    """
    if not is_uncertain(rev, result):
        return shadow_of(rev, operand)
    if not isinstance(operand, Value):
        known = isinstance(operand.value, float | complex | int)
        return rev.emit(dynamic.cell, operand, t=ANY) if known else Const(None)
    if operand in rev.shadows and rev.modes.of(operand) is Mode.MEMORY:
        return rev.shadows[operand]
    made = rev.emit(dynamic.celled_zeros, operand, t=rev.types[result])
    if rev.active(operand):
        rev.joined.setdefault(place, []).append((operand, made))
    return made


def shadow_of(rev: Reverse, operand: Operand) -> Operand:
    """Return the shadow of an operand: zeros if it has none yet, None if it is not active.

    An array of integers may come where one of floats comes as well, and cotangents are added to the shadow of either.
    """
    if isinstance(operand, Value) and operand in rev.shadows:
        return rev.shadows[operand]
    if isinstance(operand, Value) and (rev.active(operand) or isinstance(rev.types[operand], Array)):
        return rev.zero(operand)
    return Const(None)


def part(rev: Reverse, place: Block | Op) -> None:
    """Give the numbers that left a branch or a trip, or entered a loop, together with memory what is in their cells."""
    for operand, cell in rev.joined.get(place, ()):
        rev.accumulate(operand, rev.emit(dynamic.number_in, cell, t=rev.types[operand]))


def number(rev: Reverse, holder: Operand, ct: Operand, value: Value) -> Operand:
    """Return what is in the cell ``ct`` of a number that ``holder`` holds."""
    if not is_mixed(rev, holder) or not is_scalar(rev.types[value]):
        return ct
    return rev.emit(dynamic.number_in, ct, t=rev.types[value])


def shadow_made(rev: Reverse, op: Op, result: Value) -> Operand | None:
    """Emit what makes the shadow of the result of ``op``, if it is uncertain; None if it is not."""
    base = op.operands[0] if op.operands else None
    if op.callee is operator.getitem or op.callee is Prim.UNPACK:
        if not is_uncertain(rev, result) or (op.callee is operator.getitem and not is_alias(rev, op)):
            return _fresh(rev, op, result)
        index = op.operands[1] if op.callee is operator.getitem else Const(op.results.index(result))
        return rev.emit(dynamic.part_shadow, rev.shadows.get(base, Const(None)), index, result, t=rev.types[result])  # type: ignore[arg-type]
    if not is_alias(rev, op):
        return _fresh(rev, op, result)
    assert isinstance(base, Value)
    if op.callee in (dynamic.fields, dynamic.narrowed, dynamic.known):
        return None
    if op.callee is getattr and isinstance(rev.types[base], Obj):
        if not is_uncertain(rev, result):
            return None
        return rev.emit(dynamic.part_shadow, rev.shadows[base], op.operands[1], result, t=rev.types[result])
    if not is_uncertain(rev, result) and not is_uncertain(rev, base):
        return None
    return _of_view(rev, op, base, result)


def _fresh(rev: Reverse, op: Op, result: Value) -> Operand | None:
    if not is_uncertain(rev, result):
        return None
    if op.callee in (tuple, list):
        return _of_copy(rev, op, result)
    if isinstance(op.callee, calling.Callee):
        make = dynamic.fresh_shadow if op.callee.fresh else dynamic.number_shadow
        return rev.emit(make, result, t=rev.types[result])
    if op.callee in CREATING or op.callee is runtime.as_cotangent:  # all that the result holds is made by it
        return rev.emit(dynamic.celled_zeros, result, t=rev.types[result])
    if op.callee is not operator.getitem and not registry.has_rule(op.callee):
        if any(map(rev.active, op.operands)):
            raise rev.missing_rule(op)
        if str(getattr(op.callee, "__module__", "")).partition(".")[0] != "numpy":
            raise refusal(op)  # it may return what somebody else has
        return rev.emit(dynamic.unshared_shadow, result, *op.operands, t=rev.types[result])
    return rev.emit(dynamic.fresh_shadow, result, t=rev.types[result])


def _of_copy(rev: Reverse, op: Op, result: Value) -> Operand:
    """``tuple(items)`` and ``list(items)`` hold what ``items`` does."""
    base = op.operands[0] if op.operands else None
    t = rev.types[base] if isinstance(base, Value) else None
    if is_mixed(rev, base) and rev.modes.of(base) is Mode.MEMORY and isinstance(t, Lst | Tup):  # type: ignore[arg-type]
        return rev.stage.emit(list, [rev.shadows[base]], None, t=rev.types[result])  # type: ignore[index]
    if rev.active(base) or not isinstance(t, Lst) or not is_scalar(t.item):
        raise refusal(op)
    return rev.emit(dynamic.celled_zeros, result, t=rev.types[result])


def _of_view(rev: Reverse, op: Op, base: Value, result: Value) -> Operand | None:
    shadow = rev.shadows[base]
    if op.callee is list.pop:
        taken = rev.stage.emit(list.pop, [shadow, *op.operands[1:]], None, t=ANY)
        return rev.emit(dynamic.slot_shadow, taken, result, t=rev.types[result])
    attribute = op.operands[1] if op.callee is getattr else None
    if op.callee is dynamic.as_sequence:
        return rev.emit(dynamic.sequence_shadow, shadow, base, t=rev.types[result])
    if isinstance(attribute, Const) and attribute.value not in _ATTRIBUTES:
        raise refusal(op)
    split = len(op.operands) - len(op.keywords)
    keywords = dict(zip(op.keywords, op.operands[split:], strict=True))
    operands = [shadow, *op.operands[1:split]]
    callee = WRITABLE_VIEWS.get(op.callee, op.callee)
    view = rev.stage.emit(callee, operands, None, keywords=keywords, t=rev.types[result])  # type: ignore[arg-type]
    return rev.emit(dynamic.view_shadow, view, shadow, base, result, t=rev.types[result])


def give_back(rev: Reverse, op: Op, base: Operand, index: Operand, result: Value) -> None:
    """``result = base[index]`` in reverse: the cell of a number that was read from an array goes back to it."""
    if is_uncertain(rev, result) and not isinstance(rev.types[base], Lst | Dct | Tup | Obj):  # type: ignore[index]
        rev.effect(dynamic.hand_back, rev.shadows[base], rev.shadows[result], index)  # type: ignore[index]


def reverse_view(rev: Reverse, op: Op) -> bool:
    """Give back what a view of what may be a number got, and tell whether ``op`` makes one."""
    base = op.operands[0]
    if not is_uncertain(rev, base) or op.callee in _SAME:
        return False
    assert isinstance(base, Value)
    rev.effect(dynamic.view_back, rev.shadows[base], rev.shadows[op.result], base)
    return True


def refusal(op: Op) -> UnsupportedError:
    """Return the refusal of an operation on what may be a number."""
    return UnsupportedError(
        "it is not known whether this is a number or a view of an array that is written to",
        span=op.span,
        advice="annotate the argument, or give its type with --arg; or copy the item with float(...) or .copy()",
    )


__all__ = [
    "find_mixed", "give_back", "is_mixed", "is_uncertain", "joined", "number", "part", "refusal", "reverse_view",
    "shadow_made", "shadow_of", "shares_parts", "slot", "zeros",
]  # fmt: skip
