"""Sums of squares: their square roots are lengths, whose slope is taken as 0 where they are 0, like that of a norm.

    Example: ``r = np.sqrt(np.sum((x[:, None] - x) ** 2, axis=-1))`` is 0 on its diagonal. Whatever a program does with
    these entries, or does not do, ``r_bar * d / r`` would make them 0 / 0, and all of the gradient NaN.

A sum of squares is 0 where each of its terms is, and there the slopes of the terms are 0 as well. So a length has no
slope that is larger than any number, as the square root of another number has at 0, but bounded ones of any direction;
0 is the one in the middle. Numbers that are held at 0 may be terms as well (:mod:`diffcompile.analysis.clipped`).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.aliasing import AliasClass, Aliases
from diffcompile.analysis.clipped import is_clipped
from diffcompile.analysis.effects import is_pure
from diffcompile.analysis.types import Array, Scalar, Type, plain
from diffcompile.ir.core import Const, Function, Op, Operand, Prim, Value, walk

_POWERS: set[Any] = {operator.pow, np.power, np.float_power}
_DOTS: set[Any] = {np.dot, np.vdot, np.inner, np.vecdot, operator.matmul, np.matmul}
_PRODUCTS: set[Any] = {operator.mul, np.multiply}
_QUOTIENTS: set[Any] = {operator.truediv, np.divide}
_OF_BOTH: dict[Any, slice] = {
    **dict.fromkeys((operator.add, np.add, np.maximum, np.minimum), slice(0, 2)),
    np.where: slice(1, 3),
}
"""Functions whose result is 0 only where these operands are, or the one of them that is chosen."""
_OF_FIRST: set[Any] = {
    np.sum, np.mean, np.cumsum, np.cumulative_sum, np.nansum, np.nanmean, np.trace, np.diagonal, np.diag,
    np.max, np.min,
    operator.getitem, Prim.UNPACK, np.reshape, np.ndarray.reshape, np.ravel, np.transpose, np.ndarray.transpose,
    np.swapaxes, np.moveaxis, np.expand_dims, np.squeeze, np.broadcast_to, np.ndarray.copy, np.copy, np.ndarray.astype,
    np.triu, np.tril, np.take, np.asarray, np.array, np.ascontiguousarray, float, np.float64, operator.abs, abs,
    np.absolute, np.tile, np.repeat, np.roll, np.flip, np.sort, np.stack, np.concatenate, dynamic.own, dynamic.match,
}  # fmt: skip
"""Functions whose result is 0 only where what they take of their first operand is."""
_OPTIONS = {"axis", "keepdims", "where", "dtype", "k", "offset", "shift", "copy", "order"}
_SQUARE = 2
_TWO_SIDES = 3  # operands of np.einsum
_ZEROS: set[Any] = {np.zeros, np.zeros_like, np.empty, np.empty_like}
_VARIANCES: set[Any] = {np.var, np.nanvar}
_NEVER_ZERO: set[Any] = {np.exp, np.exp2, np.cosh, np.cos, math.exp, math.exp2, math.cosh, math.cos}
"""Functions that are 0 nowhere, for no number as the machine writes it."""
_DISPLAYS: set[Any] = {Prim.LIST, Prim.TUPLE}
_STORES: dict[Any, Callable[[Op], Operand | None]] = {
    operator.setitem: lambda op: op.operands[2],
    list.append: lambda op: op.operands[1],
    Prim.UPDATE: lambda op: op.operands[1] if op.attrs.get("op") is operator.add else None,
    Prim.UPDATE_ITEM: lambda op: op.operands[2] if op.attrs.get("op") is operator.add else None,
}
"""What is stored in the first operand, or added to it; None if something else happens to it."""
MOST_STEPS = 2000
"""After so many steps a value is not taken for a sum of squares."""
MOST_DEEP = 150
Seen = frozenset[Value | AliasClass]


class Squares:
    """Finds out whether values are sums of squares: induction over loops, and over all that is stored in memory."""

    def __init__(
        self, function: Function, types: dict[Value, Type], aliases: Aliases, is_active: Callable[[Operand], bool]
    ) -> None:
        self.function = function
        self.types = types
        self.aliases = aliases
        self.is_active = is_active
        self.makers = {result: op for op in walk(function.body) for result in op.results}
        self.steps = self.depth = 0

    @cached_property
    def owners(self) -> dict[Value, Op]:
        """The operation in whose regions a value is a parameter."""
        return {param: op for op in walk(self.function.body) for region in op.regions for param in region.params}

    @cached_property
    def users(self) -> dict[AliasClass, list[Op]]:
        """The operations that are given references of a class."""
        found: dict[AliasClass, list[Op]] = {}
        for op in walk(self.function.body):
            for node in {node for operand in op.operands if (node := self.aliases.of(operand)) is not None}:
                found.setdefault(node, []).append(op)
        return found

    def is_real(self, value: Operand) -> bool:
        """Tell whether a value surely is a real number, or an array of these."""
        if isinstance(value, Const):
            return isinstance(value.value, int | float)
        t = plain(self.types[value])
        if isinstance(t, Scalar):
            return t.kind in "bif"
        return isinstance(t, Array) and t.dtype is not None and t.dtype.kind in "fiu"

    def are_in(self, operand: Operand) -> bool:
        """Tell whether ``operand`` is a sum of squares."""
        self.steps = self.depth = 0
        return self.is_sum(operand, frozenset())

    def is_sum(self, operand: Operand, seen: Seen) -> bool:
        """Tell whether ``operand`` is 0 only where all squares of which it is the sum are 0; ``seen`` are assumed."""
        self.steps += 1
        self.depth += 1
        try:
            return self.steps <= MOST_STEPS and self.depth <= MOST_DEEP and self._is_sum(operand, seen)
        finally:
            self.depth -= 1

    def _is_sum(self, operand: Operand, seen: Seen) -> bool:
        if isinstance(operand, Const):
            return isinstance(operand.value, int | float) and operand.value == 0
        if operand in seen:
            return True
        node = self.aliases.of(operand)
        if node is not None and node.written:
            return self._is_memory(node, seen)
        return self._is_made(operand, seen)

    def _is_made(self, value: Value, seen: Seen) -> bool:
        op = self.makers.get(value) or self.owners.get(value)
        if op is None:
            return False
        if is_clipped(self.makers, value, 0.0):
            return True
        if op.regions:
            return self._leaves(op, value, seen)
        if op.callee in _DISPLAYS:
            return all(self.is_sum(operand, seen) for operand in op.operands)
        if op.callee in _ZEROS or self._is_square(op):
            return True
        if op.callee in _OF_BOTH:
            return all(self.is_sum(operand, seen) for operand in op.operands[_OF_BOTH[op.callee]])
        if op.callee in _OF_FIRST:
            return _OPTIONS.issuperset(op.keywords) and self.is_sum(op.operands[0], seen)
        return self._is_multiple(op, seen)

    def _is_square(self, op: Op) -> bool:
        base = op.operands[0 if op.callee in _VARIANCES else -1] if op.operands else None
        if op.callee in _POWERS:
            base, power = op.operands[:2]
            even = isinstance(power, Const) and isinstance(power.value, int | float) and power.value % _SQUARE == 0
            return even and power.value >= _SQUARE and self.is_real(base)  # type: ignore[union-attr]
        if base is None or not self.is_real(base):
            return False
        if op.callee in _VARIANCES:
            return True
        twice = op.operands[-2:] == (base, base)
        if op.callee in _DOTS:
            t = self.types.get(base)  # type: ignore[arg-type]
            return twice and isinstance(t, Array) and t.rank == 1
        if op.callee is np.einsum and len(op.operands) == _TWO_SIDES and isinstance(op.operands[0], Const):
            sides = str(op.operands[0].value).split("->")[0].split(",")
            return twice and sides[0] == sides[-1]
        return op.callee is np.square or (op.callee in _PRODUCTS and twice)

    def _is_multiple(self, op: Op, seen: Seen) -> bool:
        """Tell whether ``op`` changes the size of a sum: a factor that is 0 and not active leaves nothing to ask."""
        if op.callee in _POWERS:
            power = op.operands[1]
            larger = isinstance(power, Const) and isinstance(power.value, int | float) and power.value >= 1
            return larger and self.is_sum(op.operands[0], seen)
        if op.callee in _QUOTIENTS:
            return self.is_sum(op.operands[0], seen) and self.is_real(op.operands[1])
        if op.callee not in _PRODUCTS:
            return False
        sums = [self.is_sum(operand, seen) for operand in op.operands[:2]]
        others = [operand for operand, is_sum in zip(op.operands[:2], sums, strict=True) if not is_sum]
        return any(sums) and not any(self.is_active(other) and not self._is_never_zero(other) for other in others)

    def _is_never_zero(self, factor: Operand) -> bool:
        op = self.makers.get(factor) if isinstance(factor, Value) else None
        if op is not None and op.callee in _PRODUCTS:
            return all(isinstance(each, Value) and self._is_never_zero(each) for each in op.operands[:2])
        return op is not None and op.callee in _NEVER_ZERO

    def _leaves(self, op: Op, value: Value, seen: Seen) -> bool:
        """Tell whether what a branch or loop hands on, or carries, is a sum of squares."""
        if op.callee is Prim.IF:
            place = op.results.index(value)
            return all(self.is_sum(region.results[place], seen) for region in op.regions)
        if op.callee not in (Prim.FOR, Prim.WHILE):
            return False
        lead = 1 if op.callee is Prim.FOR else 0
        if value in op.results:
            number = op.results.index(value)
        else:
            number = next(r.params.index(value) for r in op.regions if value in r.params) - lead
        if number < 0:
            return self.is_sum(op.operands[0], seen)  # an item
        carried = seen | {op.results[number], *(region.params[number + lead] for region in op.regions)}
        last = op.regions[-1].results[number + int(op.may_stop)]
        return self.is_sum(op.operands[number + lead], carried) and self.is_sum(last, carried)

    def _is_memory(self, node: AliasClass, seen: Seen) -> bool:
        """Tell whether all that is ever stored in memory is sums of squares."""
        if node in seen:
            return True
        if node.extern:
            return False
        inside = seen | {node}
        for op in self.users.get(node, ()):
            store = _STORES.get(op.callee) if self.aliases.of(op.operands[0]) is node else None
            if store is not None:
                stored = store(op)
                if stored is None or not self.is_sum(stored, inside):
                    return False
            elif not op.regions and not is_pure(op):
                return False
        return all(self._is_made(member, inside) for member in node.members)


__all__ = ["Squares"]
