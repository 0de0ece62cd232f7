"""Cotangents that are zero by construction: what a choice did not choose gets none, whatever its slope is there.

    primal: z = np.where(x > 0, np.log(x), 0.0)       reverse: x_bar = np.where(x > 0, z_bar / x, 0.0)

With ``np.where(x > 0, z_bar, 0.0) / x`` it would be 0 / 0 at 0. So a cotangent remembers where it is zero, from rule to
rule of elementwise functions, and its product with a slope is chosen after it is computed. Elsewhere a cotangent of
0 is a number like any other, and 0 times infinity is NaN.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import runtime
from diffcompile.analysis.infer import same_shape
from diffcompile.analysis.types import Array, Scalar, Type, plain
from diffcompile.ir.core import Block, Const, Op, Operand, Value, blocks
from diffcompile.rules import registry

if TYPE_CHECKING:
    from diffcompile.autodiff.cotangents import Cotangents
    from diffcompile.autodiff.reverse import Reverse
    from diffcompile.autodiff.rule_application import RuleApplication
    from diffcompile.specialise.items import Item

CHOICES = {np.maximum, np.minimum, np.fmax, np.fmin}
"""Elementwise functions whose slope is 0 for an operand that is not chosen."""
LEAVING_OUT = {np.sum, np.mean, np.nansum, np.nanmean, np.nan_to_num}
"""Functions that leave out some items of their argument."""
TRIANGLES = {np.triu, np.tril}
"""Functions that leave out all items on one side of a diagonal."""
SMOOTH = {
    operator.add, operator.sub, operator.mul, operator.neg, operator.pos, np.add, np.subtract, np.multiply, np.negative,
    np.square, np.sin, np.cos, np.tanh, np.arctan, np.exp, np.expm1, np.sinh, np.cosh, np.abs, operator.abs, *CHOICES,
}  # fmt: skip
"""Functions with a finite slope at every finite number."""
INFINITE = {
    np.log, np.log2, np.log10, np.log1p, np.reciprocal, operator.truediv, np.divide, operator.pow, np.power, np.exp,
    np.expm1, np.exp2, np.sinh, np.cosh, np.tan, np.arctanh,
}  # fmt: skip
"""Functions that are infinite for some finite numbers, or overflow soon."""
MOST_DEEP = 5
ZERO = Const(0.0)


@dataclass(frozen=True, slots=True)
class Guard:
    """A cotangent is zero by construction where ``condition`` is not ``kept``; it broadcasts to the cotangent."""

    condition: Operand
    kept: bool = True
    always: bool = True
    """Guard every product: the choice has to be made anyway, and comes after it instead of before."""


def reverse_where(rev: Reverse, op: Op) -> None:
    """``z = np.where(condition, x, y)``"""
    if not rev.active(op.result):
        return
    ct = rev.take(op.result)
    if ct is None:
        return
    condition = _kept(rev, op.operands[0])
    branches = op.operands[1:]
    outer = rev.guards.get(ct) if isinstance(ct, Value) else None
    spread = rev.stage.simplifier.made_by(rev.spread_out(ct, op.result), np.broadcast_to)
    flat = spread and _covers(rev.stage.type(condition), rev.types[op.result])
    bar = rev.stage.operand(spread[0] if spread and flat else ct)
    collected: dict[Value, Item] = {}
    for branch, kept in zip(branches, (True, False), strict=True):
        if not rev.active(branch):
            continue
        assert isinstance(branch, Value)
        guard = Guard(condition, kept)
        part = chosen(rev, guard, bar)
        rev.refine(part, rev.types[op.result])
        if isinstance(part, Value):
            rev.guards[part] = guard if outer is None else both(rev, outer, guard)
        fitted = fit(rev, part, branch)
        collected[branch] = rev.sum(branch, collected[branch], fitted) if branch in collected else fitted
    for branch, total in collected.items():
        rev.accumulate(branch, total)


def _kept(rev: Cotangents, condition: Operand) -> Operand:
    """Return ``condition``, copied if the primal wrote to it: the sweep may put back what it was before."""
    return rev.stage.operand(rev.detached(condition))


def _covers(condition: Type, result: Type) -> bool:
    return isinstance(plain(condition), Array) and same_shape(condition, result)


def chosen(rev: RuleApplication, guard: Guard, ct: Operand) -> Operand:
    """Return ``ct`` where a guard keeps it, 0 elsewhere."""
    parts = (guard.condition, ct, ZERO) if guard.kept else (guard.condition, ZERO, ct)
    known = isinstance(plain(rev.stage.type(guard.condition)), Array | Scalar)
    t = None if known else rev.stage.type(ct)  # a helper's result has no type of its own
    return rev.emit(np.where, *parts, t=t)


def both(rev: Cotangents, outer: Guard, inner: Guard) -> Guard:
    """Return the guard of a choice in a choice."""
    return Guard(rev.emit(np.logical_and, *(_as_condition(rev, guard) for guard in (outer, inner))))


def _as_condition(rev: Cotangents, guard: Guard) -> Operand:
    return guard.condition if guard.kept else rev.emit(np.logical_not, guard.condition)


def either(rev: Cotangents, one: Guard, other: Guard) -> Guard:
    """Return the guard of a sum of two cotangents."""
    if one == other:
        return one
    return Guard(rev.emit(np.logical_or, *(_as_condition(rev, guard) for guard in (one, other))))


def product(rev: RuleApplication, ct: Item, slope: Operand, op: Op | None) -> Operand:
    """Return ``ct * slope``, zero where ``ct`` is zero by construction even if the slope is not finite there."""
    bar = rev.stage.operand(ct)
    guard = rev.guards.get(bar) if isinstance(bar, Value) else None
    if guard is None or (isinstance(slope, Const) and slope.value in (1.0, -1.0)):
        result = _times(rev, bar, slope)
        if guard is not None and isinstance(result, Value):
            rev.guards[result] = guard
    else:
        inside = _inside(rev, guard, bar)
        smooth = not guard.always and op is not None and op.callee in SMOOTH
        finite = isinstance(slope, Const) or (smooth and not _may_be_infinite(rev, slope))
        result = _times(rev, bar if inside is None else inside, slope)
        if inside is not None or not finite:
            result = chosen(rev, guard, result)
        if isinstance(result, Value):
            rev.guards[result] = guard
    if op is not None and op.callee in CHOICES and isinstance(result, Value) and isinstance(slope, Value):
        own = Guard(rev.emit(np.not_equal, slope, ZERO), always=False)
        rev.guards[result] = own if guard is None else both(rev, guard, own)
    return result


def _may_be_infinite(rev: RuleApplication, slope: Operand, depth: int = 0) -> bool:
    """Tell whether a slope is made by a function that is infinite somewhere, as in ``p * log(p)``."""
    op = rev.stage.op_of(slope) if isinstance(slope, Value) else None
    if op is None or depth > MOST_DEEP:
        return False
    if op.callee in INFINITE:
        return True
    return op.callee in SMOOTH and any(_may_be_infinite(rev, operand, depth + 1) for operand in op.operands)


def _inside(rev: RuleApplication, guard: Guard, bar: Operand) -> Operand | None:
    """Return what a choice by the same guard was made of, if ``bar`` is one."""
    made = rev.stage.simplifier.made_by(bar, np.where)
    if not made or made[0] is not guard.condition or not is_zero(made[2 if guard.kept else 1]):
        return None
    return made[1 if guard.kept else 2]  # type: ignore[no-any-return]


def is_zero(operand: Any) -> bool:
    """Tell whether an operand is the constant 0.0."""
    return isinstance(operand, Const) and type(operand.value) is float and operand.value == 0.0


def _times(rev: RuleApplication, ct: Operand, slope: Operand) -> Operand:
    if isinstance(slope, Const) and slope.value in (1.0, -1.0):
        return ct if slope.value > 0 else rev.emit(operator.neg, ct)
    return rev.emit(operator.mul, ct, slope)


def fit(rev: RuleApplication, ct: Item, operand: Value) -> Item:
    """Return ``ct`` in the shape and dtype of ``operand``; where it is zero by construction is remembered."""
    guard = rev.guards.get(ct) if isinstance(ct, Value) else None
    fitted = rev.fit(ct, operand)
    if guard is None or fitted is ct or not isinstance(fitted, Value):
        return fitted
    have = plain(rev.stage.type(ct))
    if isinstance(have, Scalar) or (isinstance(have, Array) and have.dims == ()):
        rev.guards[fitted] = guard
        return fitted
    shapes = [rev.emit(np.shape, rev.stage.operand(part)) for part in (ct, operand)]
    condition = rev.emit(runtime.any_broadcast, _as_condition(rev, guard), *shapes)
    rev.guards[fitted] = Guard(condition, always=guard.always)
    return fitted


def same(rev: RuleApplication, ct: Item, cast: Item) -> Item:
    """Return ``cast``, which is ``ct`` in another dtype: it is zero at the same places."""
    if isinstance(ct, Value) and isinstance(cast, Value) and ct in rev.guards:
        rev.guards[cast] = rev.guards[ct]
    return cast


def remember_choice(rev: RuleApplication, op: Op, part: Item) -> None:
    """Note where the cotangent that the rule of a reduction returned is zero, as the reduction left these items out."""
    if op.callee in TRIANGLES and isinstance(part, Value) and rev.stage.owner is None:
        options = dict(zip(op.keywords, op.operands[len(op.operands) - len(op.keywords) :], strict=True))
        everywhere = rev.emit(np.full, rev.emit(np.shape, part), Const(True))
        offset = options.get("k", op.operands[1] if len(op.operands) > 1 else Const(0))
        rev.guards[part] = Guard(rev.emit(op.callee, everywhere, offset), always=False)
    if op.callee not in LEAVING_OUT:
        return
    cast = rev.stage.simplifier.made_by(part, runtime.as_cotangent, np.broadcast_to)
    made = rev.stage.simplifier.made_by(cast[0] if cast else part, np.where)
    if made and isinstance(part, Value) and is_zero(made[2]):
        rev.guards[part] = Guard(_kept(rev, made[0]))


def remember_places(rev: Reverse, base: Value, index: Operand) -> None:
    """Note that the buffer of ``base``, which is read once, is zero but at ``index``."""
    if base not in rev.read_once:
        return
    shadow = rev.shadows[base]
    if isinstance(shadow, Value) and isinstance(rev.types[base], Array):
        places = rev.emit(runtime.marked, rev.emit(np.shape, base), index)
        rev.guards[shadow] = Guard(places, always=False)


def read_once(body: Block) -> set[Value]:
    """Return the values that one operation with a derivative reads, in the block that computes them."""
    counts: dict[Value, int] = {}
    near: set[Value] = set()
    for block in blocks(body):
        own = {result for op in block.ops for result in op.results}
        read = [operand for op in block.ops if op.callee not in registry.NONDIFFERENTIABLE for operand in op.operands]
        near.update(operand for operand in read if operand in own)
        for operand in (*read, *block.results):
            if isinstance(operand, Value):
                counts[operand] = counts.get(operand, 0) + 1
    return {value for value in near if counts[value] == 1}


__all__ = [
    "Guard", "either", "fit", "is_zero", "product",
    "read_once", "remember_choice", "remember_places", "reverse_where", "same",
]  # fmt: skip
