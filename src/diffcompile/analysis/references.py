"""What the result of one operation refers to: a view of its operand, a copy, or its shape alone."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.effects import INPLACE_OPERATORS
from diffcompile.analysis.types import ANY, NUMBER, Array, Dct, Lst, Obj, Scalar, Tup, Type, plain
from diffcompile.hooks import hooked
from diffcompile.ir.core import Const, Op, Operand, Value
from diffcompile.rules import registry

DESCRIBING = {"shape", "ndim", "size", "dtype", "itemsize", "nbytes", "strides", "flags"}
"""Attributes of arrays that share no memory with them."""


METADATA: set[Any] = {
    np.zeros_like, np.full_like, np.shape, np.ndim, np.size, dynamic.last_writes, dynamic.zeros_in_layout,
}  # fmt: skip
"""Callees that look at the shape and dtype of an array only."""


def describes(op: Op) -> bool:
    """Tell whether ``op`` reads a shape or the like, not what is in an array."""
    if op.callee is getattr:
        return isinstance(op.operands[1], Const) and op.operands[1].value in DESCRIBING
    try:
        return op.callee in METADATA
    except TypeError:
        return False


def content_reads(op: Op, types: dict[Value, Type]) -> list[Operand]:
    """Return the operands whose content ``op`` may read."""
    first = op.operands[0] if op.operands else None
    of_array = isinstance(first, Value) and isinstance(types.get(first), Array)
    if describes(op):  # what stands behind the array is read: ``np.full_like(a, fill, shape=sizes)``
        return [] if op.callee is getattr else list(op.operands[1:]) if of_array else list(op.operands)
    if op.callee in (dynamic.zeros_like, dynamic.slots_like, len) and of_array:
        return []
    if op.callee in (dynamic.match, dynamic.gradient) and not isinstance(types.get(op.operands[1]), Lst):  # type: ignore[arg-type]
        return [op.operands[0]]
    return list(op.operands)


def is_reference(op: Op, types: dict[Value, Type]) -> bool:
    """Tell whether the result of ``op`` refers to the memory of its first operand, or to what that holds."""
    if len(op.results) != 1 or not op.operands or not refers(types[op.result]):
        return False
    callee: Any = op.callee
    base = types[op.operands[0]] if isinstance(op.operands[0], Value) else None
    if callee is operator.getitem:
        if isinstance(base, Array):
            return not copies(types, op.operands[1])
        return not (isinstance(base, Lst) and isinstance(types[op.result], Lst) and _slices(types, op.operands[1]))
    if callee is getattr:
        return not (isinstance(op.operands[1], Const) and op.operands[1].value in DESCRIBING)
    if callee in INPLACE_OPERATORS or callee in _HANDING_ON:
        return True
    return is_view(op, types)


def is_view(op: Op, types: dict[Value, Type]) -> bool:
    """Tell whether ``op`` calls a function that may return a view of its first operand."""
    callee: Any = op.callee
    try:
        if callee not in registry.VIEWS and callee not in _SHADOW_VIEWS:
            return False
    except TypeError:
        return False
    base = plain(types[op.operands[0]]) if isinstance(op.operands[0], Value) else None
    if isinstance(base, Lst | Tup) and callee not in _OF_STRUCTURES:
        return False  # NumPy makes an array of the items
    return not (callee is np.diag and isinstance(base, Array) and base.rank == 1)  # that makes a matrix


_HANDING_ON = (dynamic.as_sequence, dynamic.fields, dynamic.narrowed, dynamic.known, list.pop)
_SHADOW_VIEWS: set[Any] = {
    dynamic.diagonal_view, dynamic.diag_view, dynamic.last_diagonal_view, dynamic.zeros_if_copied
}  # fmt: skip
_OF_STRUCTURES: set[Any] = {dynamic.stop_gradient, hooked, dynamic.zeros_if_copied}


def _slices(types: dict[Value, Type], index: Operand) -> bool:
    return isinstance(index, Value) and type(types[index]).__name__ == "SliceOf"


def refers(t: Type) -> bool:
    """Tell whether a value of this type refers to memory that could be written."""
    if isinstance(t, Scalar):
        return False
    t = plain(t)
    return isinstance(t, _REFERRING) or t is ANY or t is NUMBER


_REFERRING = (Array, Lst, Dct, Obj, Tup)


def copies(types: dict[Value, Type], index: Operand) -> bool:
    """Tell whether ``a[index]`` surely is a copy: an index array or a list takes part."""
    if not isinstance(index, Value):
        parts = index.value if isinstance(index.value, tuple) else (index.value,)
        return any(isinstance(part, list | bool) for part in parts)
    t = types[index]
    return any(map(_takes_copies, t.items if isinstance(t, Tup) else (t,)))


def _takes_copies(part: Type) -> bool:
    """Tell whether one part of an index is an array with axes, a list or a truth value."""
    part = plain(part)
    if isinstance(part, Array):
        return part.rank != 0 or (part.dtype is not None and part.dtype.kind == "b")
    return isinstance(part, Lst) or (isinstance(part, Scalar) and part.kind == "b")
