"""Gradients of arrays that are not NumPy's: made where NumPy would make its own, or refused by name.

Types say whose an array is (:mod:`diffcompile.analysis.infer.owners`). The adjoint of a sum spreads a number over a
shape, a shadow starts as zeros: where a reverse sweep makes an array out of numbers alone, it is made like an
argument, ``np.full_like(x, 1.0, shape=...)``. All else is left to NumPy's protocols, and only what was tried with
them passes; see ``docs/bridges.md``.
"""

from __future__ import annotations

import operator
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from diffcompile import dynamic, runtime
from diffcompile.analysis.activity import Activity
from diffcompile.analysis.effects import ADD_AT
from diffcompile.analysis.infer.owners import holder
from diffcompile.analysis.types import (
    RANGE,
    SLICE,
    STRING,
    Array,
    Dct,
    Lst,
    Scalar,
    SliceOf,
    Static,
    Tup,
    Type,
    plain,
)
from diffcompile.autodiff.carried_functions import KEYWORDS, is_carried
from diffcompile.errors import UnsupportedError
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value, walk

MADE: dict[Any, int] = {np.zeros: 0, np.ones: 0, np.empty: 0, np.full: 0, np.broadcast_to: 1}
"""What a sweep makes arrays with, and which operand is the shape."""


_TAKE_ARRAYS = {
    runtime.dot_adjoint_left, runtime.dot_adjoint_right, runtime.extremum_adjoint, runtime.extremum_share,
    runtime.inner_adjoint_left, runtime.inner_adjoint_right, runtime.norm_adjoint, runtime.prod_adjoint,
    runtime.ptp_adjoint, runtime.slogdet_adjoint, runtime.unbroadcast,
}  # fmt: skip
"""Helpers whose first operand, a cotangent, may be a number of Python's, from which they would make an array."""
INSTEAD: dict[Any, Any] = {
    dynamic.match: dynamic.carried_match,
    dynamic.gradient: dynamic.carried_gradient,
    dynamic.zeros_like: dynamic.carried_zeros,
    dynamic.own: dynamic.carried_copy,
    dynamic.add: dynamic.carried_add,
    dynamic.add_item: dynamic.carried_add_item,
    dynamic.settle: dynamic.carried_settle,
    dynamic.slots_like: dynamic.carried_slots,
    dynamic.tangent: dynamic.carried_tangent,
    dynamic.no_tangent: dynamic.carried_no_tangent,
    dynamic.shadow: dynamic.carried_shadow,
}
"""Helpers that know NumPy's arrays, and what does the same for others."""


def owner_among(values: tuple[Value, ...], types: dict[Value, Type]) -> type | None:
    """Return the class of arrays among values that are not NumPy's, also in containers; None if all are NumPy's."""
    return next((owner for value in values if (owner := _deep_holder(types[value])) is not None), None)


def _deep_holder(t: Type) -> type | None:
    if isinstance(t, Lst):
        return _deep_holder(t.item)
    if isinstance(t, Tup):
        return next((owner for item in t.items if (owner := _deep_holder(item)) is not None), None)
    if isinstance(t, Dct):
        fields = t.cell.root().fields or {}
        return next((owner for item in fields.values() if (owner := _deep_holder(item)) is not None), None)
    return holder(t)


def check_active(function: Function, types: dict[Value, Type], activity: Activity) -> None:
    """Check that what depends on arrays of another owner is no array of NumPy's.

    Raises:
        UnsupportedError: it is, so that the program goes from one memory to another.
    """
    owner = owner_among(function.params, types)
    if owner is None:
        return
    for op in walk(function.body):
        _check_mixture(op, types, owner)
        for result in op.results:
            t = types[result]
            if isinstance(t, Array) and t.owner is None and activity.is_active(result):
                raise UnsupportedError(
                    f"an array of NumPy's depends on {_named(owner)}",
                    span=op.span,
                    why="the two are in different memory, and neither is turned into the other",
                    advice="make it with `np.zeros_like` or another function that is given such an array",
                )


def _check_mixture(op: Op, types: dict[Value, Type], owner: type) -> None:
    """Refuse an operation on arrays of two owners; an index may be NumPy's."""
    operands = [*op.operands]
    if op.callee in (operator.getitem, operator.setitem, Prim.UPDATE_ITEM, ADD_AT):
        del operands[1]
    arrays = [t for operand in operands if isinstance(operand, Value) and isinstance(t := types[operand], Array)]
    if len({t.owner for t in arrays}) > 1 and op.callee not in (Prim.TUPLE, Prim.LIST, Prim.DICT, *_REGIONS):
        raise UnsupportedError(
            f"an array of NumPy's meets {_named(owner)}",
            span=op.span,
            why="the two are in different memory, and neither is turned into the other",
            advice="pass all of them as arrays of one kind",
        )


_REGIONS = (Prim.IF, Prim.FOR, Prim.WHILE, Prim.CALL)


def _named(owner: type) -> str:
    package = owner.__module__.partition(".")[0]
    return f"arrays of {package}"


def made_like(function: Function, types: dict[Value, Type]) -> Function:
    """Return ``function`` in which arrays of another owner that are made of numbers are made like one that is there.

    Raises:
        UnsupportedError: something else is done to such arrays that was not tried.
    """
    owner = owner_among(function.params, types)
    if owner is None:
        return function
    work = _Making(types, next((param for param in function.params if _is_array(types[param])), None))
    made = replace(function, body=work.block(function.body, top=True))
    for op in walk(made.body):
        _check(op, types, owner)
    return made


@dataclass(slots=True)
class _Making:
    """Walks a function with an array at hand that others can be made like."""

    types: dict[Value, Type]
    like: Value | None

    def block(self, block: Block, *, top: bool = False) -> Block:
        ops: list[Op] = []
        for op in block.ops:
            regions = tuple(map(self.block, op.regions))
            self.operation(replace(op, regions=regions) if regions else op, ops)
            if top and self.like is None:
                self.like = next((result for result in op.results if _is_array(self.types[result])), None)
        return Block(block.params, tuple(ops), block.results)

    def operation(self, op: Op, out: list[Op]) -> None:
        """Append ``op``, or what does the same for arrays of another owner."""
        if not isinstance(op.callee, Hashable):
            out.append(op)
        elif op.callee in INSTEAD:
            out.append(replace(op, callee=INSTEAD[op.callee]))
        elif op.callee in MADE and _is_array(self.types[op.result]) and self.like is not None:
            out.append(self.made(op, self.like))
        elif op.callee in _TAKE_ARRAYS and self.like is not None and self.is_number(op.operands[0]):
            number = Value()
            self.types[number] = replace(self.types[self.like], dims=())  # type: ignore[type-var]
            keywords = {"keywords": ("shape",)}
            out.append(Op(np.full_like, (self.like, op.operands[0], Const(())), (number,), keywords, (), op.span))
            out.append(replace(op, operands=(number, *op.operands[1:])))
        else:
            out.append(op)

    def is_number(self, operand: Operand) -> bool:
        t = self.types[operand] if isinstance(operand, Value) else Static(operand.value)
        return isinstance(plain(t), Scalar)

    def made(self, op: Op, like: Value) -> Op:
        """Return what makes an array of another owner: of zeros or ones, or of one number everywhere."""
        number: Operand = Const(1.0 if op.callee is np.ones else 0.0)
        if op.callee in (np.broadcast_to, np.full):
            number = op.operands[0 if op.callee is np.broadcast_to else 1]
        if op.callee is np.broadcast_to and not self.is_number(number):
            if isinstance(number, Value) and _is_array(self.types[number]):
                return op
            return replace(op, callee=dynamic.carried_spread, operands=(*op.operands, like))
        t, mine = self.types[op.result], self.types[like]
        assert isinstance(t, Array)
        assert isinstance(mine, Array)
        keywords, operands = ["shape"], [op.operands[MADE[op.callee]]]
        if t.dtype is not None and t.dtype != mine.dtype:
            keywords.append("dtype")
            operands.append(Const(t.dtype.type, f"np.{t.dtype.name}"))
        zeros = isinstance(number, Const) and number.value == 0.0
        callee: Any = np.zeros_like if zeros else np.full_like
        first = (like,) if zeros else (like, number)
        return Op(callee, (*first, *operands), op.results, {"keywords": tuple(keywords)}, (), op.span)


def _is_array(t: Type) -> bool:
    return isinstance(t, Array) and t.owner is not None


def _check(op: Op, types: dict[Value, Type], owner: type) -> None:
    """Refuse an operation on arrays of another owner, or on what may be one, that was not tried."""
    values = [operand for operand in op.operands if isinstance(operand, Value)]
    if all(_is_ours(types[value]) for value in values) and not _makes_an_array(op, types):
        return
    attribute = next((operand.value for operand in op.operands[1:] if isinstance(operand, Const)), None)
    if not is_carried(op.callee, op.keywords, attribute):
        raise UnsupportedError(
            f"{_spelled(op, attribute)} is not supported with {_named(owner)}",
            span=op.span,
            why="only what was tried with such arrays is left to NumPy's protocols",
            advice="use operators, elementwise functions, sums, products and slices; or pass NumPy arrays",
        )


def _makes_an_array(op: Op, types: dict[Value, Type]) -> bool:
    """Tell whether a helper of the sweep may make an array of NumPy's out of numbers and shapes alone."""
    if not str(getattr(op.callee, "__module__", "")).startswith(runtime.__name__):
        return False
    return not all(_is_ours(types[result]) and not _holds_floats(types[result]) for result in op.results)


def _holds_floats(t: Type) -> bool:
    return isinstance(t, Array) and (t.dtype is None or t.dtype.kind in "fc")


def _is_ours(t: Type) -> bool:
    """Tell whether something is surely no array of another owner, and holds none."""
    t = plain(t)
    if isinstance(t, Array):
        return t.owner is None
    if isinstance(t, Tup):
        return all(map(_is_ours, t.items))
    return isinstance(t, Scalar | Static | SliceOf) or t in (RANGE, SLICE, STRING)


def _spelled(op: Op, attribute: Any) -> str:
    """Return what an operation is called by the user."""
    if op.callee is getattr:
        return f"the attribute {attribute!r}"
    name = getattr(op.callee, "__name__", "")
    module = str(getattr(op.callee, "__module__", "") or "")
    if isinstance(op.callee, np.ufunc) or module.startswith("numpy"):
        words = ", ".join(f"{keyword}=" for keyword in op.keywords if keyword not in KEYWORDS)
        return f"{module.replace('numpy', 'np', 1) or 'np'}.{name}" + (f" with {words}" if words else "")
    if module.startswith("diffcompile") or not name:
        span = op.span
        if span is None or span.end_line != span.line:
            return "this use"
        return f"`{span.text[span.column : span.end_column]}`"
    return f"`{name.strip('_')}`"


__all__ = ["MADE", "check_active", "made_like", "owner_among"]
