"""Rules of many directions: items, slices and stores of arrays, and what makes arrays."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.effects import ADD_AT
from diffcompile.analysis.infer import infer
from diffcompile.analysis.types import SLICE, Array, Lst, Scalar, SliceOf, Static, Tup, plain
from diffcompile.batching.batcher import WHOLE, Batcher, Rule
from diffcompile.batching.operands import bound
from diffcompile.ir.core import Const, Op, Operand, Prim, Value

BASIC, NUMBER, ARRAY = "basic", "number", "array"


def item(b: Batcher, op: Op) -> bool:
    """``x[i]`` is ``x[:, i]``."""
    base, index = op.operands
    if b.has(index) or not b.has(base):
        return False
    if isinstance(b.type(base), Lst | Tup):
        return b.put(op, op.callee, b.read(base), index)
    if not b.is_number(base):
        return False
    wide = behind_directions(b, index)
    if wide is None:
        return False
    if isinstance(b.type(op.result), Scalar) and b.reach.aliases.written(base):  # one number is no view
        part = b.emit(operator.getitem, b.read(base), wide, t=b.many(b.type(op.result)))
        return b.put(op, np.ndarray.copy, part)
    return b.put(op, op.callee, b.read(base), wide)


def behind_directions(b: Batcher, index: Operand) -> Operand | None:
    """Return ``index`` behind a full slice; None if the axes would come out in another order."""
    parts = _parts(b, index)
    if parts is None:
        return None
    kinds = [_kind(b, part) for part in parts]
    if None in kinds:
        return None
    if ARRAY in kinds:
        places = [number for number, kind in enumerate(kinds) if kind != BASIC]
        if places != list(range(places[0], places[-1] + 1)):
            return None
    return b.emit(Prim.TUPLE, b.emit(slice, *WHOLE), *parts)


def _parts(b: Batcher, index: Operand) -> list[Operand] | None:
    made = b.made.get(index) if isinstance(index, Value) else None
    if made is not None and made.callee is Prim.TUPLE:
        return list(made.operands)
    if isinstance(index, Const):
        return list(map(Const, index.value)) if isinstance(index.value, tuple) else [index]
    t = b.type(index)
    if isinstance(t, Tup):
        return [b.emit(operator.getitem, index, Const(number), t=part) for number, part in enumerate(t.items)]
    return [index]


def _kind(b: Batcher, part: Operand) -> str | None:
    """Return what a part of an index does: it takes one item, several by their numbers, or a stretch."""
    if b.has(part):
        return None
    t = b.type(part)
    if isinstance(t, SliceOf) or t is SLICE:
        return BASIC
    if isinstance(t, Static):
        value = t.value
        return BASIC if value is None or value is Ellipsis or isinstance(value, slice) else None
    if isinstance(t, Scalar):
        return NUMBER if t.kind == "i" else None
    if isinstance(t, Array):
        return ARRAY if t.dtype is not None and t.dtype.kind in "biu" and t.rank is not None else None
    return ARRAY if isinstance(t, Lst) and isinstance(t.item, Scalar) and t.item.kind == "i" else None


def stored(b: Batcher, op: Op) -> bool:
    """``a[i] = v`` is ``a[:, i] = v``, with the axes of ``v`` aligned to those of ``a[i]``."""
    base, index, *values = op.operands
    if not isinstance(b.type(base), Array):
        return _stored_in_list(b, op)
    if not b.has(base) or b.has(index):
        return False
    item_type = infer(operator.getitem, [b.reach.types[base], _type(b, index)], {})  # type: ignore[index]
    if isinstance(item_type, Array) and item_type.rank is not None:
        rank = item_type.rank
    elif isinstance(item_type, Scalar):
        rank = 0
    else:
        return False
    if any(b.has(value) and (not b.is_number(value) or b.rank(value) > rank) for value in values):
        return False
    wide = behind_directions(b, index)
    if wide is None:
        return False
    b.effect(op.callee, b.read(base), wide, *(b.aligned(value, rank) for value in values), **op.attrs)
    return True


def _type(b: Batcher, operand: Operand) -> Any:
    return b.reach.types[operand] if isinstance(operand, Value) else Static(operand.value)


def _stored_in_list(b: Batcher, op: Op) -> bool:
    base, index, *values = op.operands
    if not isinstance(b.type(base), Lst) or b.has(index):
        return False
    items = b.read(base)
    if op.callee is operator.setitem:
        b.effect(op.callee, items, index, b.lifted(values[0]))
        return True
    t = b.type(base).item  # type: ignore[attr-defined]
    if not isinstance(plain(t), Scalar) or not all(isinstance(b.type(value), Scalar) for value in values):
        return False
    # other variables may refer to the array that stands for the number: it is not changed in place
    old = b.read(values[1]) if len(values) > 1 else b.emit(operator.getitem, items, index, t=b.many(t))
    b.effect(operator.setitem, items, index, b.emit(op.attrs["op"], old, b.read(values[0]), t=b.many(t)))
    return True


def updated(b: Batcher, op: Op) -> bool:
    """``a += v`` in place."""
    base, value = op.operands
    if not b.is_number(base) or not b.is_number(value) or not b.has(base):
        return False
    rank = b.rank(base)
    if b.has(value) and b.rank(value) > rank:
        return False
    b.effect(op.callee, b.read(base), b.aligned(value, rank), **op.attrs)
    return True


def added_at(b: Batcher, op: Op) -> bool:
    """``np.add.at(a, i, v)``, where an item may be named twice."""
    base, index, value = op.operands
    if not isinstance(b.type(base), Array) or not b.has(base) or not b.is_number(value):
        return False
    item_type = infer(operator.getitem, [b.reach.types[base], _type(b, index)], {})  # type: ignore[index]
    rank = item_type.rank if isinstance(item_type, Array) else 0 if isinstance(item_type, Scalar) else None
    wide = behind_directions(b, index)
    if rank is None or wide is None or (b.has(value) and b.rank(value) > rank):
        return False
    b.effect(ADD_AT, b.read(base), wide, b.aligned(value, rank))
    return True


# -- new arrays -----------------------------------------------------------------------------------------------------


def zeros_like(b: Batcher, op: Op) -> bool:
    """Zeros in the shape of an array, once for each direction."""
    found = bound(op, "a dtype")
    if found is None or not b.is_number(found["a"]):
        return False
    a, t = found["a"], b.type(found["a"])
    given = found.get("dtype")
    if op.callee is not np.zeros_like and given is None:  # a helper makes floats of integers
        is_float = isinstance(t, Array) and t.dtype is not None and t.dtype.kind in "fc"
        if not is_float and not isinstance(t, Scalar):
            return False
    if b.has(a):
        return b.put(op, np.zeros_like, b.read(a), **({} if given is None else {"dtype": given}))
    if isinstance(t, Scalar):
        return b.put(op, np.zeros, b.count) if given is None and t.kind == "f" and b.exact else False
    shape = b.with_count(b.emit(getattr, a, Const("shape")))
    return _zeros(b, op, shape, a, given)


def _zeros(b: Batcher, op: Op, shape: Operand, like: Operand, dtype: Operand | None) -> bool:
    t = b.type(like)
    if dtype is None and isinstance(t, Array) and t.dtype == np.dtype(float):
        return b.put(op, np.zeros, shape)
    return b.put(op, np.zeros, shape, b.emit(getattr, like, Const("dtype")) if dtype is None else dtype)


def filled(b: Batcher, op: Op) -> bool:
    """``np.full_like(a, v)``."""
    found = bound(op, "a fill_value dtype")
    if found is None or "fill_value" not in found or not all(b.is_number(found[n]) for n in ("a", "fill_value")):
        return False
    a, value = found["a"], found["fill_value"]
    if not isinstance(b.type(a), Array) or b.rank(value) > b.rank(a):
        return False
    wide = b.aligned(value, b.rank(a))
    if b.has(a):
        shape: Operand = b.emit(getattr, b.read(a), Const("shape"))
    else:
        shape = b.with_count(b.emit(getattr, a, Const("shape")))
    dtype = found.get("dtype") or b.emit(getattr, b.read(a), Const("dtype"))
    t = b.type(a)
    if "dtype" not in found and isinstance(t, Array) and t.dtype is not None:
        dtype = Const(t.dtype)
    return b.put(op, np.full, shape, wide, dtype)


def of_shape(b: Batcher, op: Op) -> bool:
    """``np.zeros(shape)``, ``np.ones`` and ``np.empty``."""
    found = bound(op, "shape dtype")
    if found is None or b.has(found["shape"]):
        return False
    more = (found["dtype"],) if "dtype" in found else ()
    return b.put(op, op.callee, b.with_count(found["shape"]), *more)


def same(b: Batcher, op: Op) -> bool:
    """Copies and conversions: the shape does not matter."""
    x, *more = op.operands
    if not b.has(x) or not isinstance(b.type(x), Array) or any(map(b.has, more)) or not b.is_number(x):
        return False
    split = len(op.operands) - len(op.keywords)
    named = dict(zip(op.keywords, op.operands[split:], strict=True))
    if not set(named) <= {"dtype", "copy"}:
        return False
    return b.put(op, op.callee, b.read(x), *op.operands[1:split], **named)


COPIES = (
    np.ndarray.copy, np.copy, np.array, np.asarray, np.ascontiguousarray, np.ndarray.astype, dynamic.own,
    dynamic.copy_in_layout,
)  # fmt: skip
RULES: dict[Any, Rule] = {
    operator.getitem: item,
    operator.setitem: stored,
    Prim.UPDATE_ITEM: stored,
    Prim.UPDATE: updated,
    ADD_AT: added_at,
    dynamic.add_item: added_at,
    np.zeros_like: zeros_like,
    dynamic.zeros_like: zeros_like,
    dynamic.no_tangent: zeros_like,
    dynamic.zeros_in_layout: zeros_like,
    np.full_like: filled,
    **dict.fromkeys((np.zeros, np.ones, np.empty), of_shape),
    **dict.fromkeys(COPIES, same),
}

__all__ = ["RULES", "behind_directions"]
