"""Rules of many directions: reshaping, transposing, joining; cotangents of what was broadcast."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from diffcompile import dynamic, runtime
from diffcompile.analysis.types import Array, Dim, Lst, Scalar, Static, Tup
from diffcompile.batching.batcher import DIRECTIONS, Batcher, Rule
from diffcompile.batching.operands import axis_of, bound, integer
from diffcompile.ir.core import Const, Op, Operand, Prim, Value


def broadcast(b: Batcher, op: Op) -> bool:
    """``np.broadcast_to(x, shape)``."""
    found = bound(op, "array shape")
    if found is None or "shape" not in found or not b.is_number(found["array"]) or b.has(found["shape"]):
        return False
    wide = b.aligned(found["array"], b.rank(op.result))
    return b.put(op, np.broadcast_to, wide, b.with_count(found["shape"]))


def reshaped(b: Batcher, op: Op) -> bool:
    """``np.reshape(x, shape)``, ``np.ravel(x)``."""
    found = bound(op, "a shape" if op.callee is np.reshape else "a")
    if found is None or not b.has(found["a"]) or not b.is_number(found["a"]):
        return False
    callee: Any = dynamic.reshaped_view if b.reach.aliases.written(op.result) else np.reshape
    if op.callee is not np.reshape:
        return b.put(op, callee, b.read(found["a"]), b.emit(Prim.TUPLE, b.count, Const(-1)))
    if "shape" not in found or b.has(found["shape"]):
        return False
    return b.put(op, callee, b.read(found["a"]), b.with_count(found["shape"]))


def attribute(b: Batcher, op: Op) -> bool:
    """``x.T``, ``x.real``, ``x.imag``."""
    x, name = op.operands
    if not isinstance(name, Const) or len(op.operands) != 2 or not b.is_number(x) or not b.has(x):  # noqa: PLR2004
        return False
    if name.value in ("real", "imag"):
        return b.put(op, getattr, b.read(x), name)
    return name.value == "T" and _transposed(b, op, x, None)


def transposed(b: Batcher, op: Op) -> bool:
    """``np.transpose(x, axes)``."""
    found = bound(op, "a axes")
    if found is None or not b.has(found["a"]) or not b.is_number(found["a"]):
        return False
    axes = found.get("axes", Const(None))
    if not isinstance(axes, Const):
        return False
    return _transposed(b, op, found["a"], axes.value)


def _transposed(b: Batcher, op: Op, x: Operand, axes: Any) -> bool:
    rank = b.rank(x)
    if axes is None and rank <= 1:
        return b.be(op, b.read(x))
    if axes is None and rank == 2:  # noqa: PLR2004
        return b.put(op, np.swapaxes, b.read(x), Const(1), Const(2))
    order = range(rank)[::-1] if axes is None else [axis % rank for axis in axes]
    return b.put(op, np.transpose, b.read(x), Const((0, *(axis + 1 for axis in order))))


def moved(b: Batcher, op: Op) -> bool:
    """``np.swapaxes`` and ``np.moveaxis`` of known axes."""
    if op.keywords or len(op.operands) != 3 or not b.has(op.operands[0]) or not b.is_number(op.operands[0]):  # noqa: PLR2004
        return False
    rank = b.rank(op.operands[0])
    first, second = (axis_of(axis, rank) for axis in op.operands[1:])
    if first is None or second is None or _is_none(op.operands[1]) or _is_none(op.operands[2]):
        return False
    axes = [Const(axis[0] if len(axis) == 1 else axis) for axis in (first, second)]
    return b.put(op, op.callee, b.read(op.operands[0]), *axes)


def _is_none(operand: Operand) -> bool:
    return isinstance(operand, Const) and operand.value is None


def expanded(b: Batcher, op: Op) -> bool:
    """``np.expand_dims(x, axis)``."""
    found = bound(op, "a axis")
    if found is None or not b.has(found["a"]) or not b.is_number(found["a"]):
        return False
    axis = integer(found.get("axis"))
    if axis is None:
        return False
    return b.put(op, op.callee, b.read(found["a"]), Const(axis + 1 if axis >= 0 else axis))


def squeezed(b: Batcher, op: Op) -> bool:
    """``np.squeeze(x, axis)``."""
    found = bound(op, "a axis")
    if found is None or not b.has(found["a"]) or not b.is_number(found["a"]) or "axis" not in found:
        return False
    axes = axis_of(found["axis"], b.rank(found["a"]))
    if axes is None or _is_none(found["axis"]):
        return False
    return b.put(op, op.callee, b.read(found["a"]), Const(axes))


def joined(b: Batcher, op: Op) -> bool:
    """``np.concatenate(arrays, axis)``, ``np.stack(arrays, axis)``, ``np.array([x, y])``."""
    found = bound(op, "arrays axis" if op.callee in (np.concatenate, np.stack) else "arrays")
    if found is None:
        return False
    display = b.made.get(found["arrays"]) if isinstance(found["arrays"], Value) else None
    axis = integer(found.get("axis", Const(0)))
    if display is None or axis is None or display.callee not in (Prim.LIST, Prim.TUPLE):
        return False
    if b.reach.aliases.written(found["arrays"]) or not display.operands or not all(map(b.is_number, display.operands)):
        return False
    if len({b.rank(part) for part in display.operands}) != 1:
        return False
    parts = [b.lifted(part, own=False) for part in display.operands]
    bundle = b.emit(Prim.TUPLE, *parts)
    callee: Any = np.concatenate if op.callee is np.concatenate else np.stack
    return b.put(op, callee, bundle, axis=Const(axis + 1 if axis >= 0 else axis))


# -- helpers of generated code ----------------------------------------------------------------------------------------


def unbroadcast(b: Batcher, op: Op) -> bool:
    """The sum over axes along which an operand was broadcast."""
    if op.keywords or len(op.operands) != 2 or not b.is_number(op.operands[0]) or not b.is_number(op.result):  # noqa: PLR2004
        return False
    ct, shape = op.operands
    if b.has(shape) or not b.has(ct):
        return False
    have, rank = b.rank(ct), b.rank(op.result)
    goal = b.with_count(shape)
    if have == rank:
        return b.put(op, runtime.unbroadcast, b.read(ct), goal)
    if have < rank:
        return False
    t = b.type(ct)
    dtype = t.dtype if isinstance(t, Array) else None
    if rank == 0:
        return b.put(op, np.sum, b.read(ct), axis=Const(tuple(range(1, have + 1))))
    lead = b.emit(np.sum, b.read(ct), axis=Const(tuple(range(1, have - rank + 1))))
    b.types[lead] = Array(dtype, (DIRECTIONS, *[Dim()] * rank))
    return b.put(op, runtime.unbroadcast, lead, goal)


def matched(b: Batcher, op: Op) -> bool:
    """A cotangent or tangent in the shape of its primal, where their numbers of axes are equal or fewer."""
    if op.keywords or len(op.operands) != 2 or not all(map(b.is_number, op.operands)):  # noqa: PLR2004
        return False
    ct, x = op.operands
    if b.has(x) or not b.has(ct):
        return False
    t, have = b.type(x), b.type(ct)
    if isinstance(t, Scalar) and isinstance(have, Scalar) and t.kind == have.kind == "f" and b.exact:
        return b.be(op, b.read(ct))
    return False


def spread_items(b: Batcher, op: Op) -> bool:
    """A display: each of its items has an axis for the directions."""
    t = b.type(op.result)
    if not isinstance(t, Lst | Tup):
        return False
    b.many(t)
    _check_items(b, op.operands)
    attrs = dict(op.attrs)
    if attrs.get("starred"):
        return False
    new = b.twin(op.result)
    b.ops.append(Op(op.callee, tuple(b.lifted(item) for item in op.operands), (new,), attrs, (), op.span))
    return True


def _check_items(b: Batcher, items: tuple[Operand, ...]) -> None:
    for item in items:
        b.many(b.type(item))


def appended(b: Batcher, op: Op) -> bool:
    """``append``, ``insert``, and ``pop`` of a list."""
    items, *more = op.operands
    if not isinstance(b.type(items), Lst) or op.keywords:
        return False
    if op.callee is list.pop:
        if any(map(b.has, more)):
            return False
        if op.results:
            return b.put(op, list.pop, b.read(items), *more)
        b.effect(list.pop, b.read(items), *more)
        return True
    *places, value = more
    if any(map(b.has, places)) or op.results:
        return False
    b.many(b.type(value))
    b.effect(op.callee, b.read(items), *places, b.lifted(value))
    return True


def unpacked(b: Batcher, op: Op) -> bool:
    """``x, y = parts``."""
    (parts,) = op.operands
    if op.attrs.get("starred") or not isinstance(b.type(parts), Lst | Tup):
        return False
    t = b.type(parts)
    if isinstance(t, Tup) and len(t.items) == len(op.results):
        for number, (result, item) in enumerate(zip(op.results, t.items, strict=True)):
            if isinstance(item, Static) and item.value is None:
                b.now[result] = Const(None)
                continue
            b.now[result] = b.emit(operator.getitem, b.read(parts), Const(number), t=b.many(item))
            b.named(b.now[result], result.name or b.names.get(result, ""))
        return True
    if not all(map(b.has, op.results)):
        return False
    new = tuple(b.twin(result) for result in op.results)
    b.ops.append(Op(op.callee, (b.read(parts),), new, op.attrs, (), op.span))
    return True


def sharing(b: Batcher, op: Op) -> bool:
    """The check that a tangent is a view where its array is."""
    if not all(map(b.has, op.operands[2:])) or any(map(b.has, op.operands[:2])):
        return False
    b.effect(dynamic.same_sharing, *map(b.read, op.operands))
    return True


RULES: dict[Any, Rule] = {
    dynamic.check_same_sharing: sharing,
    np.broadcast_to: broadcast,
    np.reshape: reshaped,
    np.ravel: reshaped,
    getattr: attribute,
    np.transpose: transposed,
    np.swapaxes: moved,
    np.moveaxis: moved,
    np.expand_dims: expanded,
    np.squeeze: squeezed,
    np.concatenate: joined,
    np.stack: joined,
    runtime.unbroadcast: unbroadcast,
    dynamic.match: matched,
    dynamic.tangent: matched,
    runtime.as_cotangent: matched,
    Prim.LIST: spread_items,
    Prim.TUPLE: spread_items,
    Prim.UNPACK: unpacked,
    **dict.fromkeys((list.append, list.insert, list.pop), appended),
}

__all__ = ["RULES"]
