"""Which primal values of a trip are saved for the reverse sweep, and which it computes again.

What may be computed again: indices, views, loads of what nobody overwrites, arithmetic and elementwise functions of
what does not change, and a choice between such numbers. The prices say which of that is worth it.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis import prices
from diffcompile.analysis.effects import is_pure, is_random
from diffcompile.analysis.infer import same_shape
from diffcompile.analysis.references import is_reference
from diffcompile.analysis.types import ANY, Array, Lst, Scalar, Type, plain
from diffcompile.autodiff.cut import ENDLESS, cheapest
from diffcompile.autodiff.memory.views import MAYBE_COPIES, is_surely_view
from diffcompile.autodiff.reverse import Reverse
from diffcompile.hooks import hooked
from diffcompile.ir.core import UNDEFINED, Block, Const, Op, Operand, Prim, Value, walk

VIEW_MAKERS = {hooked, np.transpose, np.swapaxes, np.expand_dims, np.reshape, np.ravel}
CHEAP_ARITHMETIC = {
    operator.add, operator.sub, operator.mul, operator.truediv, operator.neg, operator.lt, operator.le, operator.gt,
    operator.ge, operator.eq, operator.ne, operator.not_, operator.is_, operator.is_not,
}  # fmt: skip
INTEGER_ARITHMETIC = {*CHEAP_ARITHMETIC, operator.floordiv, operator.mod}
CHEAP_ALWAYS = {slice, Prim.TUPLE, range, reversed, len, np.shape, np.ndim, getattr, dynamic.fields, dynamic.narrowed}
FREE = 0.0
LOAD = 20.0
"""Of a number from an array."""
CARRIED = 5.0
"""Of a value that the reverse loop hands from trip to trip."""


class Choice:
    """Chooses for the blocks of one function."""

    def __init__(
        self, rev: Reverse, home: Mapping[Value, Block], parent: Mapping[Block, tuple[Op, Block]],
        maker: Mapping[Value, Op], fixed: set[Value],
    ) -> None:  # fmt: skip
        self.rev = rev
        self.home = home
        self.parent = parent
        self.maker = maker
        self.fixed = fixed
        """Values that are there in the reverse sweep at no price: the indices of loops."""
        self.again: dict[Value, Op] = {}
        """How to get a value that the primal put into an array, where it stays: by reading it there."""
        self.carried: set[Value] = set()
        """Values that are had from trip to trip, if they are computed again."""
        self.contexts = any(op.callee is dynamic.enter_found for op in walk(rev.primal.body))
        """Whether a division by zero may be no matter where the primal does it, but elsewhere be an error."""

    def divide(
        self, needed: set[Value], mirror: Block, both: Mapping[Value, Value]
    ) -> tuple[set[Value], set[Value]]:
        """Return what is computed again, and what is saved, so that ``needed`` values of a block are there.

        ``both`` are values at the end of a trip that are had from those at the start, which the trip before has saved.
        """
        save: dict[Value, float] = {}
        redo: dict[Value, tuple[float, list[Value]]] = {}
        pending = list(needed)
        while pending:
            value = pending.pop()
            if value in save:
                continue
            price = self._price_of(value)
            save[value] = self._saving(value) if self._may_be_saved(value, needed) else ENDLESS
            if value in both and (price is None or price > CARRIED):
                self.carried.add(value)
                redo[value] = (CARRIED, [both[value]])
                continue
            if price is None:
                continue
            operands = [
                operand for operand in inputs(self.remaking(value))
                if self.home.get(operand) is mirror and operand not in self.fixed
            ]  # fmt: skip
            redo[value] = (price, operands)
            pending += operands
        saved = cheapest(needed, save, redo) if redo else set(needed)
        recomputed: set[Value] = set()
        pending = [value for value in needed if value not in saved]
        while pending:
            value = pending.pop()
            if value not in recomputed:
                recomputed.add(value)
                pending += [operand for operand in redo[value][1] if operand not in saved]
        return recomputed, saved

    def _saving(self, value: Value) -> float:
        """Return the price of saving a value; memory that is written to is there anyway."""
        return prices.SAVED if self.rev.aliases.written(value) else prices.saving(self.rev.types[value])

    def _may_be_saved(self, value: Value, needed: set[Value]) -> bool:
        """Tell whether a value can be saved where it is made; a branch may leave one without."""
        if value in needed:
            return True
        if value in self.rev.modes.unbound:
            return False
        op = self.maker.get(value)
        if op is not None:
            return op.results == (value,) and not op.regions
        loop, _ = self.parent[self.home[value]]
        params = self.home[value].params
        init = loop.operands[params.index(value)] if value in params else None
        if isinstance(init, Value) and self.home[init] is not self.rev.primal.body:
            return self._may_be_saved(init, needed)
        return isinstance(init, Value) and init not in self.rev.modes.unbound

    def remaking(self, value: Value) -> Op:
        """Return the operation that gives ``value`` in the reverse sweep."""
        return self.again.get(value) or self.maker[value]

    def is_free(self, value: Value) -> bool:
        """Tell whether a value can be had once more at no price."""
        return self._price_of(value) == FREE

    def _price_of(self, value: Value) -> float | None:
        """Return the price of getting a value once more, None if it cannot be had."""
        op = self.maker.get(value)
        if op is None or op.results != (value,):
            return None
        price = self._price(op)
        if price != FREE and self._kept_in_memory(value):
            return FREE
        return price

    def _kept_in_memory(self, value: Value) -> Op | None:
        """Return a load of ``value`` from where the primal stored it, if it is still there in the reverse sweep.

        Only where the reverse sweep restores nothing in that memory, as the load may come before the store is reversed
        or after; and not for Python's own floats, which an array would return as slower ones.
        """
        if value in self.again:
            return self.again[value]
        t = plain(self.rev.types[value])
        if not isinstance(t, Array | Scalar) or t.dtype is None or t.dtype == "?":
            return None
        for store in self.home[value].ops:
            if store.callee is not operator.setitem or store.operands[2] is not value:
                continue
            load = self._load_of(store, t)
            if load is not None:
                self.again[value] = load
                return load
        return None

    def _load_of(self, store: Op, t: Array | Scalar) -> Op | None:
        base, index, _ = store.operands
        memory = self.rev.memory
        node = self.rev.aliases.of(base)
        if not isinstance(base, Value) or node is None or node in self.rev.undone or node.flows:
            return None
        array = self.rev.types[base]
        if not isinstance(array, Array) or array.dtype is None or array.dtype != np.dtype(t.dtype):
            return None
        path = memory.overlaps.paths[store]
        if not memory.is_settled(node, memory.overlaps.access(base, index, path)):
            return None
        stage = self.rev.stage
        outer, stage.ops = stage.ops, []
        item = stage.emit(operator.getitem, [base, index], store.span)
        made, stage.ops = stage.ops, outer
        have = plain(stage.type(item))
        same = isinstance(have, Scalar) if isinstance(t, Scalar) else isinstance(have, Array) and same_shape(t, have)
        return made[-1] if same and len(made) == 1 else None

    def _price(self, op: Op) -> float | None:
        """Return the price of running ``op`` again, or None if it must not be or is not cheap."""
        aliases, types = self.rev.aliases, self.rev.types
        if op.callee is Prim.IF:
            return self._price_of_branches(op)
        if not is_pure(op) or is_random(op.callee) or len(op.results) != 1:
            return None
        t = plain(types[op.result])
        if op.callee in MAYBE_COPIES and aliases.written(op.result) and not is_surely_view(self.rev, op):
            return None  # a copy has what the array held when it was made
        if op.callee in CHEAP_ALWAYS:
            if op.callee is len and not isinstance(self._type(op.operands[0]), Array):
                return None
            return FREE
        if op.callee is operator.getitem:
            base = op.operands[0]
            if isinstance(base, Value) and (aliases.written(base) or base not in aliases.nodes):
                if isinstance(t, Array) and is_reference(op, types) and isinstance(types[base], Array):
                    return FREE
                return LOAD if isinstance(t, Scalar) and self.rev.memory.settled(op) else None
            return FREE if isinstance(t, Scalar) or isinstance(self._type(base), Array | Lst) else None
        if op.callee in VIEW_MAKERS:
            return FREE
        if isinstance(t, Scalar) and t.kind in "bi" and op.callee in INTEGER_ARITHMETIC:
            return FREE
        price = prices.computing(op.callee, t)
        if price is None or self.contexts:  # ``np.errstate`` may hold where the primal computes, but not elsewhere
            return None
        return price if (isinstance(t, Scalar) and op.callee in CHEAP_ARITHMETIC) or self._reads_the_same(op) else None

    def _price_of_branches(self, op: Op) -> float | None:
        """Return the price of a branch that does nothing but choose or compute a number."""
        if len(op.results) != 1 or not isinstance(plain(self.rev.types[op.result]), Scalar):
            return None
        total = prices.PYTHON_CALL
        if any(isinstance(o, Const) and o.value is UNDEFINED for region in op.regions for o in region.results):
            return None
        for inner in (inner for region in op.regions for inner in region.ops):
            price = self._price(inner) if not inner.regions else None
            if price is None or not isinstance(plain(self.rev.types[inner.result]), Scalar):
                return None
            total += price
        return total

    def _reads_the_same(self, op: Op) -> bool:
        """Tell whether ``op`` makes a new array of operands that nobody changes after it, and nobody changes that."""
        aliases, memory = self.rev.aliases, self.rev.memory
        if is_reference(op, self.rev.types) or aliases.written(op.result):
            return False
        for operand in op.operands:
            node = aliases.of(operand) if isinstance(operand, Value) else None
            if node is None or not node.written:
                continue
            path = memory.overlaps.paths.get(op)
            if path is None or not memory.is_settled(node, memory.overlaps.access(operand, None, path)):
                return False
        return True

    def _type(self, operand: Operand) -> Type:
        return self.rev.types[operand] if isinstance(operand, Value) else ANY


def inputs(op: Op) -> Iterator[Value]:
    """Yield the values that ``op`` uses, those that its regions use from outside among them."""
    made = {result for region in op.regions for inner in region.ops for result in inner.results}
    for region in op.regions:
        for operand in (*(o for inner in region.ops for o in inner.operands), *region.results):
            if isinstance(operand, Value) and operand not in made:
                yield operand
    yield from (operand for operand in op.operands if isinstance(operand, Value))


__all__ = ["Choice", "inputs"]
