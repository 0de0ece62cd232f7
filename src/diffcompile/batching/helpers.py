"""Types of what helpers of generated code return, where the table of type rules has none.

The derivatives of a sweep need no more than the shapes at run time; an axis for the directions needs to know how many
axes there are. A cotangent has those of its primal.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from diffcompile import runtime
from diffcompile.analysis.infer import infer
from diffcompile.analysis.infer.operands import broadcast_dims
from diffcompile.analysis.types import ANY, NUMBER, Array, Dim, Scalar, Static, Tup, Type, plain
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value, blocks, walk

Shape = Callable[[list[Type]], Type]
_NOTHING = Static(None)


def _like(number: int) -> Shape:
    """The cotangent of an operand."""

    def found(types: list[Type]) -> Type:
        t = plain(types[number])
        if isinstance(t, Array) and t.rank is not None:
            return Array(None, t.dims)
        return Scalar("c" if t.kind == "c" else "f", "?") if isinstance(t, Scalar) else ANY

    return found


def _each(*shapes: Shape) -> Shape:
    """A tuple."""
    return lambda types: Tup(tuple(shape(types) for shape in shapes))


def _broadcast(types: list[Type]) -> Type:
    dims = broadcast_dims(*types)
    if dims is None:
        return ANY
    if dims:
        return Array(None, dims)
    kinds = {t.kind for t in map(plain, types) if isinstance(t, Scalar)}
    return Scalar("c" if "c" in kinds else "f", "?")


def _axes_restored(types: list[Type]) -> Type:
    reduced, x = plain(types[0]), plain(types[1])
    if not isinstance(reduced, Array | Scalar) or not isinstance(x, Array) or x.rank is None:
        return ANY
    return Array(None, (Dim(),) * x.rank)


SHAPES: dict[Any, Shape] = {
    runtime.as_cotangent: _like(1),
    runtime.extremum_adjoint: _each(_like(2), _like(5)),
    runtime.prod_adjoint: _each(_like(1), _like(4)),
    runtime.masked_var_adjoint: _each(_like(1), _like(5)),
    runtime.quantile_adjoint: _each(_like(1), _like(2)),
    runtime.average_adjoint: _each(_like(2), _like(4)),
    runtime.solve_adjoint: _each(_like(2), _like(3)),
    runtime.cast_adjoint: _like(2),
    runtime.item_adjoint: _like(1),
    runtime.diff_adjoint: _each(_like(1), _like(4), _like(5)),
    runtime.trapezoid_adjoint: _each(_like(1), _like(2), _like(3)),
    runtime.ptp_adjoint: _like(1),
    runtime.cumprod_adjoint: _like(2),
    runtime.eigvalsh_adjoint: _like(1),
    runtime.singular_values_adjoint: _like(1),
    runtime.cholesky_adjoint: _like(1),
    runtime.cholesky_tangent: _like(1),
    runtime.restore_axes: _axes_restored,
    **dict.fromkeys(
        (runtime.divide_or_zero, runtime.log_ratio, runtime.power_log, runtime.power_slope, runtime.larger), _broadcast
    ),
}
"""From a helper to the type of its result, by the types of its operands."""


def with_known_types(function: Function, types: dict[Value, Type]) -> dict[Value, Type]:
    """Return the types of a function in which more results of helpers are known, and what is computed from them."""
    found = dict(types)
    made = {result: op for op in walk(function.body) for result in op.results}
    read = _items_read(function)
    _refine(function.body, found, made, read)
    return found


def _refine(block: Block, types: dict[Value, Type], made: dict[Value, Op], read: dict[Value, set[int] | None]) -> None:
    for op in block.ops:
        for region in op.regions:
            _refine(region, types, made, read)
        if len(op.results) == 1 and _is_open(types[op.result]):
            known = _result(op, types, made)
            if isinstance(known, Tup):
                known = _without_unread(known, read.get(op.result))
            if not _is_open(known):
                types[op.result] = known
        elif op.callee is Prim.UNPACK and isinstance(t := plain(_of(op.operands[0], types)), Tup):
            for result, item in zip(op.results, t.items, strict=False):
                if _is_open(types[result]) and len(t.items) == len(op.results):
                    types[result] = item


def _result(op: Op, types: dict[Value, Type], made: dict[Value, Op]) -> Type:
    operands = [_of(operand, types) for operand in op.operands]
    split = len(operands) - len(op.keywords)
    try:
        shape = SHAPES.get(op.callee)
    except TypeError:
        return ANY
    if shape is not None:
        return shape(operands) if not op.keywords else ANY
    if op.callee in (runtime.split_like, runtime.unstack_like) and not op.keywords:
        return _parts(op, operands, types, made)
    if op.callee is operator.getitem and isinstance(t := plain(operands[0]), Tup):
        number = op.operands[1].value if isinstance(op.operands[1], Const) else None
        return t.items[number] if isinstance(number, int) and number < len(t.items) else ANY
    if isinstance(op.callee, Prim) or op.regions:
        return ANY
    return infer(op.callee, operands[:split], dict(zip(op.keywords, operands[split:], strict=True)))


def _parts(op: Op, operands: list[Type], types: dict[Value, Type], made: dict[Value, Op]) -> Type:
    """Return the cotangents of the arrays of a display."""
    display = made.get(op.operands[1])  # type: ignore[arg-type]
    if display is None or display.callee not in (Prim.LIST, Prim.TUPLE) or display.attrs.get("starred"):
        return ANY
    return Tup(tuple(_like(0)([_of(part, types)]) for part in display.operands))


def _of(operand: Operand, types: dict[Value, Type]) -> Type:
    return types[operand] if isinstance(operand, Value) else Static(operand.value)


def _is_open(t: Type) -> bool:
    t = plain(t)
    if isinstance(t, Array):
        return t.rank is None
    return t in (ANY, NUMBER) or (isinstance(t, Tup) and any(map(_is_open, t.items)))


def _without_unread(t: Tup, read: set[int] | None) -> Tup:
    """Return a tuple in which what nobody reads, and nothing is known of, is nothing."""
    if read is None:
        return t
    items = (_NOTHING if number not in read and _is_open(item) else item for number, item in enumerate(t.items))
    return Tup(tuple(items), t.cls)


def _items_read(function: Function) -> dict[Value, set[int] | None]:
    """Return which items of a value are read, None where that is not known."""
    found: dict[Value, set[int] | None] = {}
    used = {operand for block in blocks(function.body) for op in block.ops for operand in op.operands}
    used.update(operand for block in blocks(function.body) for operand in block.results)
    for block in blocks(function.body):
        for op in block.ops:
            for place, operand in enumerate(op.operands):
                if not isinstance(operand, Value):
                    continue
                number = op.operands[1].value if len(op.operands) > 1 and isinstance(op.operands[1], Const) else None
                seen = found.setdefault(operand, set())
                if op.callee is operator.getitem and place == 0 and isinstance(number, int):
                    if seen is not None:
                        seen.add(number)
                elif op.callee is Prim.UNPACK and not op.attrs.get("starred"):
                    if seen is not None:
                        seen.update(k for k, result in enumerate(op.results) if result in used)
                else:
                    found[operand] = None
        for operand in block.results:
            if isinstance(operand, Value):
                found[operand] = None
    return found


__all__ = ["with_known_types"]
