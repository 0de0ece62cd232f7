"""What an operation does to memory: which operands it writes to, whose memory its result may share."""

from __future__ import annotations

import builtins
import operator
from collections.abc import Mapping
from types import FunctionType, MethodDescriptorType, WrapperDescriptorType
from typing import Any

import numpy as np

from diffcompile import calling, dynamic, runtime
from diffcompile.analysis.types import (
    ANY,
    NUMBER,
    RANGE,
    SLICE,
    STRING,
    Array,
    Dct,
    Lst,
    Scalar,
    SliceOf,
    Tup,
    Type,
    may_carry_derivative,
    plain,
)  # fmt: skip
from diffcompile.frontend.lower import INPLACE
from diffcompile.hooks import hooked
from diffcompile.ir.core import Const, Function, Op, Operand, Prim, Value, blocks, walk
from diffcompile.rules import registry

ADD_AT = registry.ufunc_method(np.add, "at")
INPLACE_OPERATORS = set(INPLACE.values())
PURE_OF_INPLACE: dict[Any, Any] = {inplace: pure for pure, inplace in INPLACE.items()}
"""The operator that computes what an in-place operator writes."""
WRITES: set[Any] = {
    operator.setitem, operator.delitem, Prim.UPDATE_ITEM, Prim.UPDATE, list.append, list.pop, list.insert, set.add,
    ADD_AT, dynamic.add_slice, dynamic.rearrange, dynamic.restore_item, dynamic.restore_slot, dynamic.restore_place,
    dynamic.put_back, dynamic.add_item, dynamic.give_item, dynamic.add_items, dynamic.add_in_place,
    dynamic.add_if_copied, dynamic.spread_if_copied, *INPLACE_OPERATORS,
    dynamic.place_shadow, dynamic.hand_back, dynamic.withdraw, dynamic.view_back,
}  # fmt: skip
"""Callees that write to their first operand."""
WRITES_TWO: set[Any] = {dynamic.add_if_copied, dynamic.hand_back, dynamic.withdraw, dynamic.view_back}
"""Those that write to their second operand, too."""
PURE: set[Any] = {
    Prim.TUPLE, Prim.LIST, Prim.DICT, Prim.SET, Prim.OBJECT, Prim.FORMAT, Prim.UNPACK, Prim.UPDATE_ITEM,
    slice, range, reversed,
    len, isinstance, getattr, min, max, float, int, bool, str, abs, list, tuple, dict, callable, hasattr,
    *(getattr(operator, name) for name in operator.__all__ if name not in ("setitem", "delitem")),
    hooked, np.ndarray.copy, np.zeros_like, np.zeros, np.shape, np.ndim, np.broadcast, np.broadcast_shapes,
    np.emath.sqrt, np.emath.log, np.emath.log2, np.emath.log10, np.emath.arcsin, np.emath.arccos, np.emath.arctanh,
    *(value for value in vars(dynamic).values() if callable(value)),
    *(value for value in vars(runtime).values() if callable(value) and getattr(value, "__hash__", None)),
} - {
    dynamic.distinct, dynamic.distinct_parts, dynamic.separate_parts, dynamic.check_key, dynamic.check_kind,
    dynamic.has_keys,
    dynamic.check_overlap, dynamic.fail, dynamic.refuse, dynamic.check_array, dynamic.check_inexact,
    dynamic.check_not_asked, dynamic.check_count, dynamic.check_keywords, dynamic.check_place,
    dynamic.check_item, dynamic.check_in_place, dynamic.check_item_in_place, dynamic.check_described,
    dynamic.check_bound, dynamic.check_name,
    dynamic.enter_found, dynamic.leave_found, dynamic.enter_acting, dynamic.leave_acting, dynamic.same_length,
    dynamic.check_same_sharing, dynamic.same_sharing, dynamic.check_immutable, dynamic.check_operand,
}  # fmt: skip

READ_ONLY: set[Any] = {np.diagonal, np.diag, np.linalg.diagonal, np.broadcast_to}
"""Callees that return views which NumPy does not let anybody write to."""


def writes(op: Op) -> bool:
    """Tell whether ``op`` writes to memory that it was given (its first operand)."""
    try:
        return op.callee in WRITES
    except TypeError:
        return False


def is_pure(op: Op) -> bool:
    """Tell whether ``op`` may be dropped when its results are not read.

    What may raise in the block of a ``try`` is ``kept``: whether it does decides which handler runs.
    """
    if writes(op) or op.regions or op.attrs.get("kept"):
        return False
    if op.callee is hooked:
        return bool(op.results)  # else a mark, which the reverse sweep needs
    if is_random(op.callee):
        return False  # the next draw depends on this one
    if isinstance(op.callee, type) and issubclass(op.callee, BaseException) and op.callee.__module__ == "builtins":
        return True  # an error that nobody raises
    return _member(op.callee, PURE) or (registry.has_rule(op.callee) and not _member(op.callee, IMPURE))


def is_droppable(op: Op) -> bool:
    """Tell whether ``op`` itself may be dropped when its results are not read, whatever is in its regions."""
    return bool(op.regions) or is_pure(op)


def is_immutable(operand: Operand, types: Mapping[Value, Type]) -> bool:
    """Tell whether nobody can change what an operand is: a number, a text, an index, a constant."""
    if isinstance(operand, Const):
        return _is_immutable_constant(operand.value)
    t = plain(types[operand])
    if isinstance(t, Tup):
        return False
    return isinstance(t, Scalar | SliceOf) or t in (STRING, RANGE, SLICE)


def is_tracked(operand: Operand, types: Mapping[Value, Type]) -> bool:
    """Tell whether alias classes and :func:`writes` tell all that happens to an operand.

    They do not of sets, iterators and objects, whose methods and attributes change them.
    """
    if is_immutable(operand, types):
        return True
    t = plain(types[operand]) if isinstance(operand, Value) else None
    return isinstance(t, Array | Lst | Dct | Tup)


def _is_immutable_constant(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_immutable_constant, value))
    return value is None or value is Ellipsis or isinstance(value, _IMMUTABLE)


_IMMUTABLE = (int, float, complex, str, bytes, slice, range, type, np.generic, np.dtype, FunctionType, np.ufunc)

IMPURE: set[Any] = {builtins.print}
_HARMLESS = {"builtins", "_warnings", "sys", "_io", "time", "_thread", "_operator", "gc", "math"}
"""Modules in C whose functions do not write to arrays."""


def for_effect(function: Function, types: Mapping[Value, Type]) -> set[Op]:
    """Return calls of functions in C, without rule, for what they do: they may write to arrays that they are given.

    Methods of objects in C may keep what they are given, numbers as well, as those of context variables do.
    """
    used = {operand for block in blocks(function.body) for op in block.ops for operand in op.operands}
    used.update(result for block in blocks(function.body) for result in block.results)
    return {
        op
        for op in walk(function.body)
        if _in_c(op)
        and (
            (used.isdisjoint(op.results) and any(_holds_array(operand, types) for operand in op.operands))
            or (_of_object_in_c(op) and any(_holds_number(operand, types) for operand in op.operands[1:]))
        )
    }


def _in_c(op: Op) -> bool:
    callee: Any = op.callee
    if isinstance(callee, Prim | FunctionType | type) or not callable(callee) or is_pure(op) or writes(op):
        return False
    owner = type(getattr(callee, "__self__", callee))
    module = getattr(callee, "__module__", None) or ("builtins" if vars(builtins).get(owner.__name__) is owner else "")
    package = str(module).split(".", maxsplit=1)[0]
    return package not in _HARMLESS and package != "diffcompile" and not registry.has_rule(callee)


def _of_object_in_c(op: Op) -> bool:
    """Tell whether an operation is a method of an object whose class is written in C, and not of a builtin one."""
    callee: Any = op.callee
    owner = getattr(callee, "__objclass__", None)
    method = isinstance(callee, MethodDescriptorType | WrapperDescriptorType) and owner is not None
    return method and owner.__module__ not in ("builtins", "numpy")


def _holds_number(operand: Operand, types: Mapping[Value, Type]) -> bool:
    t = plain(types[operand]) if isinstance(operand, Value) else None
    return t is not None and may_carry_derivative(t)


def _holds_array(operand: Operand, types: Mapping[Value, Type]) -> bool:
    t = plain(types[operand]) if isinstance(operand, Value) else None
    return isinstance(t, Array) or t in (ANY, NUMBER)


LAYOUT: set[Any] = {
    np.reshape, np.ravel, np.ndarray.flatten, np.ndarray.view, np.ascontiguousarray, np.asfortranarray, np.require,
}
"""Callees that return a view or a copy, or items in an order, that depends on how an array lies in memory."""
LAYOUT_ATTRIBUTES = {"flags", "strides", "flat", "data", "base"}


def depends_on_layout(function: Function) -> bool:
    """Tell whether what a function does may depend on how the arrays that it is given lie in memory."""
    for op in walk(function.body):
        if op.callee is getattr:
            if isinstance(op.operands[1], Const) and op.operands[1].value in LAYOUT_ATTRIBUTES:
                return True
        elif _member(op.callee, LAYOUT) or "order" in op.keywords:
            return True
        elif isinstance(op.callee, calling.Callee | calling.Forward) or op.callee in (Prim.CALL, calling.call_dynamic):
            return True  # who knows
    return False


def is_random(callee: Any) -> bool:
    """Tell whether two calls with the same arguments may differ."""
    if type(callee) in (Prim, np.ufunc):
        return False
    owner = getattr(callee, "__self__", None)
    return isinstance(owner, np.random.RandomState | np.random.Generator) or "random" in str(
        getattr(callee, "__module__", "")
    )


def _member(callee: Any, members: set[Any]) -> bool:
    try:
        return callee in members
    except TypeError:
        return False
