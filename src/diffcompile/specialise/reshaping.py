"""``x.shape = sizes``: the array itself gets another shape, whoever looks at it.

    Example: in ``y = np.outer(x, x); self.kept = y; y.shape = -1`` the attribute is flat afterwards, too.

The compiler knows one shape of each value. So the array is reshaped, and the result takes the place of what stood for
the array, in all variables and attributes that there are. That needs to be certain that there is nothing else that
holds the array itself, such as a list or the caller; views of it keep their shapes.
"""

from __future__ import annotations

import operator
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile.analysis.effects import INPLACE_OPERATORS
from diffcompile.analysis.handing import handed_through
from diffcompile.analysis.references import describes, refers
from diffcompile.analysis.types import Array, plain
from diffcompile.errors import Span
from diffcompile.ir.core import Block, Const, Op, Prim, Value, walk
from diffcompile.rules import registry
from diffcompile.specialise.items import (
    BoundItem,
    ChoiceItem,
    ClosureItem,
    GeneratorItem,
    Item,
    IteratorItem,
    SuperItem,
    TupleItem,
)

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

_NEW_VIEWS: set[Any] = {
    np.reshape, np.ndarray.reshape, np.ravel, np.transpose, np.ndarray.transpose, np.swapaxes, np.moveaxis,
    np.expand_dims, np.broadcast_to, np.diagonal, np.flip, np.matrix_transpose, operator.getitem,
}  # fmt: skip
"""Views that are objects of their own, whatever the array looks like."""
_READING: set[Any] = {len, np.shape, np.ndim, np.size, isinstance, hasattr, slice}


def set_shape(spec: Specialiser, base: Value, shape: Item, span: Span | None) -> None:
    """``base.shape = shape``"""
    from diffcompile.specialise.calls import call_static  # noqa: PLC0415 - it stores attributes

    same = _names_of(spec, base)
    if same is None:
        raise spec.refuse(
            "the shape of an array is set that something else may hold, too",
            span,
            "use a new name: `y = x.reshape(shape)`",
            "in a list, in an argument or on one side of a branch it would have to change its shape, too",
        )
    result = call_static(spec, np.reshape, [base, shape], {}, span, base.name)
    for env in (*spec.environments, *spec.heap.objects.values()):
        for key, item in list(env.items()):  # type: ignore[attr-defined]
            if (now := _exchanged(item, same, result)) is not item:
                spec.exchanged.append((env, key, item))
                env[key] = now  # type: ignore[index]
    for place, (ops, number, _) in spec.stores.items():
        spec.stores[place] = (ops, number, None)


_HOLDING = (TupleItem, BoundItem, ClosureItem, IteratorItem, GeneratorItem, ChoiceItem, SuperItem)


def _exchanged(item: Item, old: set[Value], new: Item) -> Item:
    """Return what ``item`` is with ``new`` in the place of what is in ``old``."""
    if isinstance(item, Value):
        return new if item in old else item
    if not isinstance(item, _HOLDING):
        return item
    parts = {part.name: getattr(item, part.name) for part in fields(item)}
    changed = {name: now for name, part in parts.items() if (now := _part(part, old, new)) is not part}
    return replace(item, **changed) if changed else item


def _part(part: Any, old: set[Value], new: Item) -> Any:
    if not isinstance(part, tuple):
        return _exchanged(part, old, new)
    now = tuple(_part(one, old, new) for one in part)
    return part if all(a is b for a, b in zip(now, part, strict=True)) else now


def _names_of(spec: Specialiser, array: Value) -> set[Value] | None:
    """Return all values that are this very array, made in the block around; None if something else may hold it."""
    made = {result: number for number, op in enumerate(spec.ops) for result in op.results}
    if array not in made or any(array in held for held in spec.flats.values()):
        return None
    first = array
    while (source := _handed_on(spec, spec.ops[made[first]])) is not None:
        if source not in made:
            return None
        first = source
    if not _makes(spec, spec.ops[made[first]]):
        return None
    same = {first}
    for op in spec.ops[made[first] + 1 :]:
        if _handed_on(spec, op) in same:
            same.add(op.result)
        elif any(_keeps(spec, inner, same) for inner in walk(Block((), (op,), ()))):
            return None
    return same


def _handed_on(spec: Specialiser, op: Op) -> Value | None:
    """Return the operand that the result of ``op`` may be, object for object."""
    if op.callee in INPLACE_OPERATORS and isinstance(op.operands[0], Value):
        return op.operands[0]
    place = handed_through(op, spec.types)
    if place is not None and isinstance(given := op.operands[place], Value):
        return given
    if op.callee not in registry.VIEWS or op.callee in _NEW_VIEWS or not isinstance(op.operands[0], Value):
        return None
    before, after = plain(spec.types[op.operands[0]]), plain(spec.types[op.result])
    if isinstance(before, Array) and isinstance(after, Array) and None not in (before.rank, after.rank):
        return op.operands[0] if before.rank == after.rank else None
    return op.operands[0] if refers(before) else None


def _makes(spec: Specialiser, op: Op) -> bool:
    """Tell whether the result of ``op`` surely is an object of its own."""
    if op.callee is operator.getitem:
        return isinstance(spec.type(op.operands[0]), Array)
    if op.regions or isinstance(op.callee, Prim) or not isinstance(plain(spec.types[op.result]), Array):
        return False
    return registry.has_rule(op.callee) or op.callee in _NEW_VIEWS or op.callee in registry.VIEWS


def _keeps(spec: Specialiser, op: Op, same: set[Value]) -> bool:
    """Tell whether an operation may make another reference to one of the arrays."""
    if any(result in same for region in op.regions for result in region.results):
        return True
    if not any(operand in same for operand in op.operands):
        return False
    if op.callee is operator.setitem:
        return not isinstance(spec.type(op.operands[0]), Array)
    if op.callee is Prim.UPDATE or describes(op) or op.callee in _READING:
        return False
    if op.callee is getattr:
        return not (isinstance(op.operands[1], Const) and op.operands[1].value == "T")
    return bool(op.regions) or (not _makes(spec, op) and any(refers(spec.types[result]) for result in op.results))


__all__ = ["set_shape"]
