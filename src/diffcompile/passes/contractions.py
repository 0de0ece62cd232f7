"""Sums of products without the products: ``np.dot`` of vectors, ``np.einsum`` of arrays.

    before: t = np.sum(x * y); s = np.sum(a * b, axis=0)
    after:  t = np.dot(x, y); s = np.einsum('ij,ij->j', a, b)

One array less is made, and a call of ``np.dot`` costs a sixth of one of ``np.sum``. Last of all, on the reverse sweep,
as derivatives of sums of products read better.
"""

from __future__ import annotations

import operator
from dataclasses import replace

import numpy as np

from diffcompile.analysis.aliasing import find_aliases
from diffcompile.analysis.infer import same_shape
from diffcompile.analysis.types import ONE, Array, Type, same_dim
from diffcompile.ir.core import Block, Const, Function, Op, Prim, Value, walk
from diffcompile.passes.versions import Versions

LETTERS = "ijklmn"


def contract(function: Function, types: dict[Value, Type]) -> Function:
    """Return ``function`` with the sums of products of its reverse sweep as contractions; products are left dead."""
    if not any(op.callee is np.sum for op in walk(function.body)):
        return function
    versions = Versions(types, find_aliases(function, types), function.body)
    return replace(function, body=_block(function.body, versions, inside=False))


def _block(block: Block, versions: Versions, *, inside: bool) -> Block:
    ops: list[Op] = []
    gone: set[Op] = set()
    for old in block.ops:
        op = old
        if op.callee is Prim.SECTION:
            inside = op.attrs["title"] == "reverse sweep"
        if op.regions:
            versions.entered(op)
            op = replace(op, regions=tuple(_block(region, versions, inside=inside) for region in op.regions))
            versions.entered(op)
        elif inside and op.callee is np.sum:
            product = versions.made_by(op.operands[0], operator.mul) if versions.once(op.operands[0]) else None
            better = _contracted(op, product, versions) if product is not None else None
            if better is not None and product is not None:
                op = better
                gone.add(product)
        versions.passed(op)
        ops.append(op)
    return replace(block, ops=tuple(op for op in ops if op not in gone))


def _contracted(op: Op, product: Op, walk: Versions) -> Op | None:
    x, y = product.operands
    t = walk.type(product.result)
    if not isinstance(t, Array) or not t.dims or len(t.dims) > len(LETTERS):
        return None
    sides = [_letters(walk.type(side), t) for side in (x, y)]
    if None in sides or not any(same_shape(walk.type(side), t) for side in (x, y)):
        return None
    rank = len(t.dims)
    if len(op.operands) == 1:
        axes: tuple[int, ...] = tuple(range(rank))
    elif len(op.operands) == 2 and op.keywords in ((), ("axis",)):  # noqa: PLR2004
        given = op.operands[1]
        if not isinstance(given, Const):
            return None
        axis = given.value
        numbers = tuple(range(rank)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        if not all(type(n) is int and -rank <= n < rank for n in numbers):
            return None
        axes = tuple(n % rank for n in numbers)
    else:
        return None
    if rank == 1 and all(same_shape(walk.type(side), t) for side in (x, y)):
        return replace(op, callee=np.dot, operands=(x, y), attrs={})
    kept = "".join(letter for place, letter in enumerate(LETTERS[:rank]) if place not in axes)
    return replace(op, callee=np.einsum, operands=(Const(f"{sides[0]},{sides[1]}->{kept}"), x, y), attrs={})


def _letters(have: Type, t: Array) -> str | None:
    """Return the subscripts of a factor of a product of type ``t``; None if they are not known. Axes of 1 stretch."""
    if not isinstance(have, Array) or have.dtype != np.dtype(float) or not have.dims or t.dims is None:
        return None
    dims = t.dims[len(t.dims) - len(have.dims) :]
    if not all(mine == ONE or same_dim(mine, whole) for mine, whole in zip(have.dims, dims, strict=True)):
        return None
    return LETTERS[len(t.dims) - len(have.dims) : len(t.dims)]


__all__ = ["contract"]
