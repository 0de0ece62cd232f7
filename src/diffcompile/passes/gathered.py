"""Outer products that a loop adds up become one product of matrices, behind the loop.

    before: for t in ...: y = saved_y.pop(); ...; w_bar += np.outer(t, y)
    after:  ts, ys = [], []
            for t in ...: y = saved_y.pop(); ...; ts.append(t); ys.append(y)
            w_bar += sum_of_outers(ts, ys)

In each trip two references are kept, where there were two passes over the matrix. That takes memory for as many vectors
as there are trips; so one factor must be something of which each trip has one anyway: it was saved, or is a part of an
array from outside the loop. What is kept must stay as it is until the loop has ended: nothing writes to it, or it is a
new array of each trip, and all writes come before. Last of all, as the derivative of sums of the trips reads better.
"""

from __future__ import annotations

import operator
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.aliasing import Aliases, find_aliases
from diffcompile.analysis.effects import writes
from diffcompile.analysis.infer import same_shape
from diffcompile.analysis.overlap import NEW_ARRAYS
from diffcompile.analysis.references import is_reference
from diffcompile.analysis.types import Array, Cell, Lst, Type, plain
from diffcompile.ir.core import Block, Function, Op, Operand, Prim, Value, blocks, walk
from diffcompile.runtime import sum_of_outers


def gather(function: Function, types: dict[Value, Type], names: dict[Value, str]) -> Function:
    """Return ``function`` with sums of outer products in loops of the reverse sweep as products of matrices."""
    if not any(op.callee is np.outer for op in walk(function.body)):
        return function
    gathering = _Gathering(types, names, find_aliases(function, types), function)
    return replace(function, body=gathering.block(function.body, reverse=False))


@dataclass(slots=True)
class _Gathered:
    """What a loop keeps for the sums behind it."""

    lists: dict[Value, Value] = field(default_factory=dict)
    """For each vector that is kept, the list of it."""
    at: dict[Op, tuple[Op, ...]] = field(default_factory=dict)
    """What stands for an update."""
    sums: list[Op] = field(default_factory=list)


class _Gathering:
    def __init__(
        self, types: dict[Value, Type], names: dict[Value, str], aliases: Aliases, function: Function
    ) -> None:
        self.types = types
        self.names = names
        self.aliases = aliases
        self.held = aliases.held()
        self.body = function.body
        self.makers = {result: op for op in walk(function.body) for result in op.results}
        self.uses: dict[Value, int] = {}
        for block in blocks(function.body):
            for operand in (*(o for op in block.ops for o in op.operands), *block.results):
                if isinstance(operand, Value):
                    self.uses[operand] = self.uses.get(operand, 0) + 1

    def block(self, block: Block, *, reverse: bool) -> Block:
        ops: list[Op] = []
        for old in block.ops:
            op = old
            if op.callee is Prim.SECTION:
                reverse = op.attrs["title"] == "reverse sweep"
            goes_back = op.callee is Prim.FOR and (reverse or op.attrs.get("swept") or _pops(op.regions[0]))
            found = self.loop(op) if goes_back else _Gathered()
            ops += [Op(Prim.LIST, (), (kept,)) for kept in found.lists.values()]
            if found.sums:
                body = op.regions[0]
                kept_ops = tuple(new for inner in body.ops for new in found.at.get(inner, (inner,)))
                op = replace(op, regions=(replace(body, ops=kept_ops), *op.regions[1:]))
            if op.regions:
                op = replace(op, regions=tuple(self.block(region, reverse=reverse) for region in op.regions))
            ops += [op, *found.sums]
        return replace(block, ops=tuple(ops))

    def loop(self, loop: Op) -> _Gathered:
        """Return what a loop can keep."""
        found = _Gathered()
        body = loop.regions[0]
        products = {op.result: op for op in body.ops if op.callee is np.outer and len(op.operands) == 2}  # noqa: PLR2004
        inside = {result for op in walk(body) for result in op.results} | {
            param for block in blocks(body) for param in block.params
        }
        pairs: dict[Op, tuple[Value, Value]] = {}
        for place, op in enumerate(body.ops):
            product = products.get(op.operands[-1]) if op.callee is Prim.UPDATE else None  # type: ignore[arg-type]
            if product is None or op.attrs["op"] not in (operator.add, operator.sub):
                continue
            left, right = product.operands
            if not self.is_sum(op, product, inside, loop) or not self.is_there_anyway((left, right), inside):
                continue
            if not all(self.stays(vector, body, place, inside) for vector in (left, right)):
                continue
            assert isinstance(left, Value)
            assert isinstance(right, Value)
            pairs[op] = left, right
            found.at[product] = ()
        self.keep(pairs, found)
        return found

    def keep(self, pairs: dict[Op, tuple[Value, Value]], found: _Gathered) -> None:
        """Keep the vectors of some updates; those that no other update shares go to one sum for each matrix."""
        shared = Counter(vector for pair in pairs.values() for vector in pair)
        begun: dict[tuple[Operand, Any], tuple[Value, Value]] = {}
        for op, pair in pairs.items():
            key = (op.operands[0], op.attrs["op"])
            alone = all(shared[vector] == 1 for vector in pair)
            if alone and key in begun:
                found.at[op] = tuple(
                    Op(list.append, (found.lists[first], vector), (), {}, (), op.span)
                    for first, vector in zip(begun[key], pair, strict=True)
                )
                continue
            if alone:
                begun[key] = pair
            found.at[op] = tuple(self.kept(vector, found, op) for vector in pair if vector not in found.lists)
            total = Value()
            self.types[total] = self.types[op.operands[-1]]  # type: ignore[index]
            lists = tuple(found.lists[vector] for vector in pair)
            found.sums.append(Op(sum_of_outers, lists, (total,), {}, (), op.span))
            found.sums.append(replace(op, operands=(op.operands[0], total)))

    def kept(self, vector: Operand, found: _Gathered, update: Op) -> Op:
        """Return the op that keeps a vector in a list of its own."""
        assert isinstance(vector, Value)
        kept = found.lists[vector] = Value(self.plural(vector))
        self.types[kept] = Lst(Cell(item=self.types[vector]))
        return Op(list.append, (kept, vector), (), {}, (), update.span)

    def plural(self, vector: Value) -> str:
        """Return a name for a list of what a variable is in each trip."""
        name = self.names.get(vector) or vector.name
        if name:
            return re.sub(r"_\d+$", "", name) + "s"
        op = self.makers.get(vector)
        base = op.operands[0] if op is not None and op.callee is operator.getitem else None
        name = self.names.get(base) or base.name if isinstance(base, Value) else ""
        return f"{name}_parts" if name else "factors"

    def is_sum(self, update: Op, product: Op, inside: set[Value], loop: Op) -> bool:
        """Tell whether an update adds a product of vectors to a matrix that the loop does not touch besides."""
        base = update.operands[0]
        if not isinstance(base, Value) or base in inside or self.uses[product.result] != 1:
            return False
        t = plain(self.types[base])
        if not isinstance(t, Array) or t.owner is not None or t.dtype not in (np.float64, np.float32):
            return False
        for vector in product.operands:
            have = plain(self.types[vector]) if isinstance(vector, Value) else None
            if not isinstance(have, Array) or have.owner is not None or have.dtype != t.dtype or have.rank != 1:
                return False
        if not same_shape(self.types[product.result], t):
            return False
        node = self.aliases.of(base)
        if node is None or node.flows or node in self.held:
            return False
        return not any(  # sums alone, which may come in any order
            self.aliases.same(operand, base)
            for inner in (loop, *walk(loop.regions[0]))
            for operand in (*inner.operands[_adds_to(inner, base) :], *inner.results)
        )

    def is_there_anyway(self, vectors: tuple[Operand, ...], inside: set[Value]) -> bool:
        """Tell whether each trip has one of the vectors whether it is kept or not."""
        for vector in vectors:
            op = self.makers.get(vector) if isinstance(vector, Value) and vector in inside else None
            while op is not None and op.callee is not list.pop and is_reference(op, self.types):
                source = op.operands[0]
                if not isinstance(source, Value):
                    break
                if source not in inside:
                    return True
                op = self.makers.get(source)
            if op is not None and op.callee is list.pop:
                return True
        return False

    def stays(self, vector: Operand, body: Block, place: int, inside: set[Value]) -> bool:
        """Tell whether a vector is of one trip, and still what it is when the loop has ended."""
        node = self.aliases.of(vector)
        if node is None or vector not in inside:
            return False
        if not node.root().written:
            return True
        made = next((op for op in body.ops[:place] if vector in op.results), None)
        if made is None or made.callee not in NEW_ARRAYS or node.flows or node.extern or node in self.held:
            return False
        before = {inner for op in body.ops[:place] for inner in (op, *(i for r in op.regions for i in walk(r)))}
        return all(
            op in before or not any(self.aliases.same(operand, vector) for operand in op.operands[:_written(op)])
            for op in walk(self.body)
            if writes(op)
        )


def _pops(body: Block) -> bool:
    """Tell whether a loop takes what another one has saved: one of a reverse sweep, or of its derivative."""
    return any(op.callee is list.pop for op in body.ops)


def _adds_to(op: Op, base: Value) -> bool:
    """Tell whether an op adds something to an array, and does nothing else with it."""
    return op.callee is Prim.UPDATE and op.operands[0] is base and op.attrs["op"] in (operator.add, operator.sub)


def _written(op: Op) -> int:
    """Return how many of its first operands an op that writes may write to."""
    return 2 if op.callee is dynamic.add_if_copied else 1


__all__ = ["gather"]
