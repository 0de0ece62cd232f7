"""The adjoint of a factor, times that factor, is a sum over the product, which the primal has.

    primal: z = x * s[None, :]
    before: s_bar = np.sum(z_bar * x, axis=0) * s
    after:  s_bar = np.sum(z_bar * z, axis=0)

That is what a scale ``s = np.exp(t)`` leads to. One product less, and where ``z`` is wanted anyway, ``x`` need not be
kept for it. Only for the reverse sweep of real arrays that nobody writes to.
"""

from __future__ import annotations

import operator
from collections import Counter
from dataclasses import replace

import numpy as np

from diffcompile.analysis.aliasing import Aliases
from diffcompile.analysis.references import describes
from diffcompile.analysis.types import ONE, Array, Dim, Type, plain, same_dim
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value, blocks, walk

PRODUCTS = (operator.mul, np.multiply)


def use_products(ops: list[Op], primal: Function, types: dict[Value, Type], aliases: Aliases) -> list[Op]:
    """Return the operations of a reverse sweep with sums over products that the primal has.

    Args:
        ops: The reverse sweep, which names values of the primal freely.
        primal: What it reverses.
        types: The types of the values of both.
        aliases: The memory of the primal.
    """
    work = _Products(types, aliases)
    work.read(primal)
    if not work.products:
        return ops
    body = Block((), tuple(ops), ())
    for block in blocks(body):
        for op in block.ops:
            work.uses.update(op.operands)
            if not describes(op):
                work.wanted.update(op.operands)
            work.makers.update(dict.fromkeys(op.results, op))
        work.uses.update(block.results)
    return list(work.block(body).ops)


class _Products:
    def __init__(self, types: dict[Value, Type], aliases: Aliases) -> None:
        self.types = types
        self.aliases = aliases
        self.makers: dict[Value, Op] = {}
        self.products: dict[Operand, list[tuple[Value, Operand]]] = {}
        """From a factor to the products that it is in, with the other factor."""
        self.uses: Counter[Operand] = Counter()
        self.wanted: set[Operand] = set()
        """What the reverse sweep reads, and not only for its shape."""

    def read(self, primal: Function) -> None:
        for op in walk(primal.body):
            self.makers.update(dict.fromkeys(op.results, op))
            if op.callee in PRODUCTS and len(op.operands) == 2 and len(op.results) == 1:  # noqa: PLR2004
                x, w = op.operands
                self.products.setdefault(x, []).append((op.result, w))
                self.products.setdefault(w, []).append((op.result, x))

    def block(self, block: Block) -> Block:
        ops: list[Op] = []
        for old in block.ops:
            op = replace(old, regions=tuple(map(self.block, old.regions))) if old.regions else old
            better = self.better(op, set(block.ops)) if op.callee is operator.mul else None
            if better is None:
                ops.append(op)
                continue
            product, total, gone = better
            ops = [one for one in ops if one.results not in (gone.results, total.results)]
            ops += [product, replace(total, operands=(product.result, *total.operands[1:]), results=op.results)]
        return replace(block, ops=tuple(ops))

    def better(self, op: Op, here: set[Op]) -> tuple[Op, Op, Op] | None:
        """Return the product and its sum that the product of a sum and a factor is, and the product that goes."""
        for total, factor in (op.operands, op.operands[::-1]):
            summed = self.once(total, here)
            if summed is None or summed.callee is not np.sum or not isinstance(factor, Value):
                continue
            made, axes = self.once(summed.operands[0], here), _axes(summed)
            if made is None or made.callee is not operator.mul or axes is None:
                continue
            t = self.types[made.result]
            for ct, x in (made.operands, made.operands[::-1]):
                for z, w in self.products.get(x, ()):
                    if z in self.wanted and _has_shape_of(t, self.types[z]) and self.fits(x, z, w, factor, axes):
                        product = Value()
                        self.types[product] = t
                        return replace(made, operands=(ct, z), results=(product,)), summed, made
        return None

    def once(self, operand: Operand, here: set[Op]) -> Op | None:
        """Return the operation of a block that makes what is used once."""
        op = self.makers.get(operand) if isinstance(operand, Value) and self.uses[operand] == 1 else None
        return op if op in here else None

    def fits(self, x: Operand, z: Value, w: Operand, factor: Value, axes: tuple[int, ...]) -> bool:
        """Tell whether ``z = x * w``, where ``w`` is ``factor`` with the summed axes put in."""
        operands = (x, z, w, factor)
        x_type, t, part, mine = map(self.type, operands)
        if not all(isinstance(one, Array) and one.dtype == np.dtype(float) for one in (x_type, t, part, mine)):
            return False
        assert isinstance(x_type, Array)
        assert isinstance(t, Array)
        assert isinstance(part, Array)
        if t.dims is None or part.dims is None or not _has_shape_of(x_type, t):
            return False
        if any(map(self.aliases.written, operands)):
            return False
        rank = len(t.dims)
        dims = [ONE] * (rank - len(part.dims)) + list(part.dims)
        summed = {axis % rank for axis in axes if -rank <= axis < rank}
        if len(summed) != len(axes):
            return False
        kept = all(dims[n] == ONE if n in summed else _is_length_of(dims[n], t.dims[n]) for n in range(rank))
        if w is factor:
            return kept and len(part.dims) == rank - len(summed)
        return kept and self.has_axes(w, factor, summed)

    def has_axes(self, w: Operand, factor: Value, summed: set[int]) -> bool:
        """Tell whether ``w`` is ``factor`` with new axes in the places ``summed``."""
        view = self.makers.get(w) if isinstance(w, Value) else None
        if view is None or view.callee is not operator.getitem or view.operands[0] is not factor:
            return False
        index = view.operands[1]
        made = self.makers.get(index) if isinstance(index, Value) else None
        parts = made.operands if made is not None and made.callee is Prim.TUPLE else ()
        new = {n for n, part in enumerate(parts) if isinstance(part, Const) and part.value is None}
        return bool(parts) and new == summed and all(self.is_whole(p) for n, p in enumerate(parts) if n not in new)

    def is_whole(self, part: Operand) -> bool:
        made = self.makers.get(part) if isinstance(part, Value) else None
        if made is None or made.callee is not slice:
            return isinstance(part, Const) and part.value == slice(None)
        return all(isinstance(one, Const) and one.value is None for one in made.operands)

    def type(self, operand: Operand) -> Type | None:
        return plain(self.types[operand]) if isinstance(operand, Value) else None


def _has_shape_of(part: Type, product: Type) -> bool:
    """Tell whether a factor of a product has the shape of that."""
    if not isinstance(part, Array) or not isinstance(product, Array) or part.dims is None or product.dims is None:
        return False
    return len(part.dims) == len(product.dims) and all(map(_is_length_of, part.dims, product.dims))


def _is_length_of(part: Dim, product: Dim) -> bool:
    """Tell whether an axis of a factor of a product is as long as that of the product."""
    return part.not_one or same_dim(part, product)


def _axes(total: Op) -> tuple[int, ...] | None:
    if len(total.operands) != 2 or total.keywords not in ((), ("axis",)):  # noqa: PLR2004
        return None
    axis = total.operands[1]
    if not isinstance(axis, Const):
        return None
    found = axis.value if isinstance(axis.value, tuple) else (axis.value,)
    return found if all(type(n) is int for n in found) else None


__all__ = ["use_products"]
