"""Which operations may raise an error that a ``try`` block catches, and which surely do what they do."""

from __future__ import annotations

import operator
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import calling, dynamic
from diffcompile.analysis.effects import is_pure, writes
from diffcompile.analysis.types import STRING, Array, Dct, Lst, Scalar, Static, Tup, Type, plain
from diffcompile.ir.core import Op, Prim, Value
from diffcompile.rules import registry
from diffcompile.specialise.classes import is_heap_type

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

OF_NUMBERS: set[Any] = {
    operator.add, operator.sub, operator.mul, operator.neg, operator.pos, operator.lt, operator.le, operator.gt,
    operator.ge, abs,
}  # fmt: skip
HARMLESS: set[Any] = OF_NUMBERS | {
    operator.eq, operator.ne, operator.is_, operator.is_not, operator.not_, getattr, len, slice, isinstance,
    callable, Prim.TUPLE, Prim.LIST, Prim.DICT, Prim.OBJECT, np.zeros_like, np.ones_like, np.shape, np.ndim, np.copy,
    np.ndarray.copy, range,
}  # fmt: skip
"""What raises nothing on numbers and on arrays of equal shapes."""
MAKERS: set[Any] = {
    Prim.LIST, Prim.DICT, Prim.SET, Prim.OBJECT, np.zeros_like, np.ones_like, np.copy, np.ndarray.copy,
}  # fmt: skip
UNLIKELY = (AttributeError, ImportError, NameError, AssertionError, OSError, StopIteration)
"""Errors that an operation on numbers and arrays does not raise."""



def may_raise(spec: Specialiser, op: Op, classes: tuple[type, ...] | None) -> bool:
    """Tell whether an operation may raise an error of one of ``classes``; None stands for any."""
    if op.regions:
        inner = [one for region in op.regions for one in region.ops]
        loops = op.callee is not Prim.IF and (classes is None or not all(map(_is_unlikely, classes)))
        return loops or any(may_raise(spec, one, classes) for one in inner)
    if op.callee in (dynamic.refuse, dynamic.enter_acting, dynamic.leave_acting) or surely_stores(spec, op):
        return False
    site = spec.sites.get(op.attrs.get("site", 0))
    if site is not None and classes is not None:
        cls = getattr(site.error, "cls", None)
        return cls is None or issubclass(cls, classes)
    types = [spec.type(operand) for operand in op.operands]
    known = all(isinstance(plain(t), Scalar | Array | Static | Tup | Lst) for t in types)
    known = known or (op.callee is operator.getitem and isinstance(types[0], Dct) and is_hashable(types[1]))
    if not known or op.callee in (Prim.RAISE, Prim.ASSERT, dynamic.fail, calling.call_dynamic):
        return True
    if isinstance(op.callee, calling.Callee | calling.Attempt):
        return True
    if classes is not None and all(map(_is_unlikely, classes)) and _is_numeric(op):
        return False
    if op.callee is getattr and not isinstance(plain(types[0]), Scalar | Array):
        return True
    if op.callee is len and isinstance(t := plain(types[0]), Array) and t.dims is None:
        return True
    if is_member(op, OF_NUMBERS) and not all(map(_is_number, types)):
        return True
    arrays = [t for t in types if isinstance(plain(t), Array)]
    return not is_member(op, HARMLESS) or len(arrays) > 1


def _is_unlikely(cls: type) -> bool:
    """Tell whether no operation on numbers and arrays raises an error of this class: only code in Python makes them."""
    own = is_heap_type(cls) and cls.__module__.partition(".")[0] not in ("numpy", "scipy")
    return own or issubclass(cls, UNLIKELY)


def _is_number(t: Type) -> bool:
    t = plain(t)
    return isinstance(t, Scalar | Array) or (isinstance(t, Static) and isinstance(t.value, int | float | complex))


def _is_numeric(op: Op) -> bool:
    plain_one = isinstance(op.callee, Prim) or op.callee is operator.getitem or is_member(op, HARMLESS)
    return plain_one or registry.has_rule(op.callee) or writes(op)


def is_member(op: Op, callees: set[Any]) -> bool:
    """Tell whether an operation is one of these."""
    try:
        return op.callee in callees
    except TypeError:
        return False


def surely_stores(spec: Specialiser, op: Op) -> bool:
    """Tell whether ``op`` stores to a list or a dict, and cannot fail."""
    t = plain(spec.type(op.operands[0])) if op.operands else None
    if op.callee is list.append or (op.callee is list.insert and is_place(spec.type(op.operands[1]))):
        return isinstance(t, Lst)
    return op.callee is operator.setitem and isinstance(t, Dct) and is_hashable(spec.type(op.operands[1]))


def is_place(t: Type) -> bool:
    """Tell whether what has this type is an integer, as places in lists are."""
    t = plain(t)
    return (isinstance(t, Scalar) and t.kind in "bi") or (isinstance(t, Static) and isinstance(t.value, int))


def is_hashable(t: Type) -> bool:
    """Tell whether what has this type surely is a key."""
    if isinstance(t, Tup):
        return t.cls is None and all(map(is_hashable, t.items))
    return isinstance(plain(t), Scalar) or t is STRING or (isinstance(t, Static) and isinstance(t.value, Hashable))


def surely_run(spec: Specialiser, ops: Sequence[Op]) -> int:
    """Return how many of the first operations surely run, and make nothing that the others may write to."""
    stays = {*MAKERS, dynamic.enter_acting}
    return next((k for k, op in enumerate(ops) if may_raise(spec, op, None) or is_member(op, stays)), len(ops))


def kept(spec: Specialiser, ops: Sequence[Op], live: set[Value] | None) -> list[Op]:
    """Return operations, marked where they may raise and nobody reads what they return; None: perhaps nobody."""
    found = []
    for op in ops:
        regions = tuple(replace(region, ops=tuple(kept(spec, region.ops, live))) for region in op.regions)
        read = live is not None and any(result in live for result in op.results)
        dead = bool(op.results) and not op.regions and is_pure(op) and not read
        attrs = {**op.attrs, "kept": True} if dead and may_raise(spec, op, None) else op.attrs
        found.append(replace(op, regions=regions, attrs=attrs) if op.regions or attrs is not op.attrs else op)
    return found
