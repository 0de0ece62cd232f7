"""Factors where they cost least: small ones together, those that do not vary outside of sums, signs in the sum.

    before: b_bar += np.sum(2.0 * (t * (-x / s)), axis=0)         # s is as long as a row
    after:  b_bar -= 2.0 * np.sum(t * x, axis=0) / s

    before: x_bar = 2.0 * (s[:, None] * x)
    after:  x_bar = (2.0 * s)[:, None] * x

Rules of operations state their derivatives one factor at a time; what an expert does with the product is done here, on
the reverse sweep. Rounding changes, as it does between two ways to write a formula. Products with a quotient that other
code needs as well are only taken apart if a second sum is over the same product then: it is computed once.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, field, replace

import numpy as np

from diffcompile.analysis.aliasing import find_aliases
from diffcompile.analysis.infer import new_axes, same_shape
from diffcompile.analysis.types import ONE, Array, Scalar, Static, Type
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value
from diffcompile.passes.quotients import is_same, over_a_quotient, quotients_of
from diffcompile.passes.versions import Versions

PRODUCTS = (operator.mul, operator.truediv, operator.neg)
LINEAR = (operator.mul, operator.truediv, operator.matmul, np.outer, np.dot)
"""Functions of two operands whose result changes its sign with either."""
MOST = 12
"""Factors of a product that is looked at."""


@dataclass(slots=True)
class Product:
    """A product: a number, and what it is multiplied with and divided by."""

    number: float = 1.0
    above: list[Operand] = field(default_factory=list)
    below: list[Operand] = field(default_factory=list)

    def all(self) -> list[Operand]:
        """Return all factors but the number."""
        return [*self.above, *self.below]


def factor(function: Function, types: dict[Value, Type], names: dict[Value, str]) -> Function:
    """Return ``function`` with the products of its reverse sweep arranged anew; ``names`` are those of cotangents."""
    factoring = Factoring(function, types, names)
    return replace(function, body=factoring.block(function.body, inside=False))


class Factoring(Versions):
    """A walk that arranges the products of a reverse sweep anew."""

    def __init__(self, function: Function, types: dict[Value, Type], names: dict[Value, str]) -> None:
        super().__init__(types, find_aliases(function, types), function.body)
        self.names = names
        self.ops: list[Op] = []
        self.quotients: dict[tuple[Operand, Operand], Op] = {}
        """Those of the block."""
        self.places: dict[Op, int] = {}
        """Where operations are in ``ops``, or were."""
        self.sums: dict[object, int] = {}
        """How many sums there are over a product, taken apart completely."""

    def block(self, block: Block, *, inside: bool) -> Block:
        outer, self.ops = self.ops, []
        quotients, self.quotients = self.quotients, quotients_of(block)
        if inside:
            self.look_ahead(block)
        for op in block.ops:
            if op.callee is Prim.SECTION:
                inside = op.attrs["title"] == "reverse sweep"
                if inside:
                    self.look_ahead(block)
            if op.regions:
                self.entered(op)
                new = replace(op, regions=tuple(self.block(region, inside=inside) for region in op.regions))
                self.entered(op)
                self.add(new)
                continue
            self.add(self.better(op) if inside else op)
        ops, self.ops, self.quotients = self.ops, outer, quotients
        return replace(block, ops=tuple(ops))

    def add(self, op: Op) -> None:
        self.passed(op)
        self.places[op] = len(self.ops)
        self.ops.append(op)

    def here(self, op: Op) -> bool:
        """Tell whether an operation is one of the block that is being built."""
        place = self.places.get(op, len(self.ops))
        return place < len(self.ops) and self.ops[place] is op

    def better(self, op: Op) -> Op:
        """Return an operation with the result of ``op``, after those that it needs."""
        if op.callee in (operator.mul, operator.truediv):
            return self.grouped(over_a_quotient(self, op))
        if op.callee is np.sum:
            return self.summed(op)
        if op.callee in (Prim.UPDATE, Prim.UPDATE_ITEM) and op.attrs["op"] in (operator.add, operator.sub):
            return self.unsigned_update(op)
        if op.callee in (operator.add, operator.sub):
            return self.unsigned_sum(op)
        return op

    def emit(self, callee: object, *operands: Operand, attrs: dict[str, object] | None = None) -> Value:
        op = self.new(callee, operands, attrs)
        self.add(op)
        return op.result

    def last(self, value: Value, old: Op) -> Op:
        """Return the operation just emitted, with the result of the old one."""
        made = self.ops.pop()
        assert made.results == (value,)
        for operand in old.operands:
            self.release(operand)
        return replace(made, results=old.results, span=old.span)

    # -- products ------------------------------------------------------------------------------------------------

    def is_factor(self, operand: Operand) -> bool:
        t = self.type(operand)
        if isinstance(t, Static):
            return type(t.value) in (int, float)
        if isinstance(t, Scalar):
            return (t.kind == "f" and t.dtype in (None, "float64")) or (t.kind == "i" and t.dtype is None)
        return isinstance(t, Array) and t.dtype == np.dtype(float) and t.dims is not None

    def apart(self, operand: Operand, *, deep: bool = False) -> Product | None:
        """Take a product apart: operations used once, with ``deep`` others too that scale an array by a smaller one."""
        found = Product()
        pending = [(operand, False, True, False)]
        while pending:
            current, under, always, shared = pending.pop()
            op = self.made_by(current, *PRODUCTS) if always or deep or self.once(current) else None
            if op is not None and not always:
                shared = shared or not self.once(current)
                op = op if not shared or self.stretches(op) else None
            if isinstance(current, Const):
                if not self.is_factor(current) or (under and current.value == 0):
                    return None
                found.number = found.number / current.value if under else found.number * current.value
                continue
            if op is None or op.keywords or not all(map(self.is_factor, op.operands)):
                if not self.is_factor(current):
                    return None
                (found.below if under else found.above).append(current)
            elif op.callee is operator.neg:
                found.number = -found.number
                pending.append((op.operands[0], under, False, shared))
            else:
                second = under != (op.callee is operator.truediv)
                pending += [(op.operands[1], second, False, shared), (op.operands[0], under, False, shared)]
            if len(pending) + len(found.above) + len(found.below) > MOST:
                return None
        return found

    def stretches(self, op: Op) -> bool:
        """Tell whether an operation multiplies an array with one smaller array, or divides it by that."""
        t = self.type(op.result)
        if op.callee is operator.neg or any(isinstance(operand, Const) for operand in op.operands):
            return False
        return [same_shape(self.type(operand), t) for operand in op.operands].count(True) == 1

    def multiplied(self, product: Product, *, signed: bool = False) -> Operand:
        """Emit a product, from the left to the right, or a quotient; the sign comes last unless it is ``signed``."""
        above, below = list(product.above), list(product.below)
        number = product.number
        signed = signed and number != -1.0
        above.sort(key=self.is_int)
        result: Operand | None = None
        if not above:
            result = Const(number if signed else abs(number))
        elif abs(number) != 1.0:
            result = self.numbered(number if signed else abs(number), above.pop(0))
        for item in above:
            result = item if result is None else self.emit(operator.mul, result, item)
        assert result is not None
        below.sort(key=self.is_int)
        divisor: Operand | None = None
        for item in below:
            divisor = item if divisor is None else self.emit(operator.mul, divisor, item)
        if divisor is not None:
            result = self.emit(operator.truediv, result, divisor)
        if number < 0 and not signed:
            return Const(number) if isinstance(result, Const) else self.emit(operator.neg, result)
        return result

    def numbered(self, number: float, item: Operand) -> Operand:
        """Emit the product of a number and an array, under new axes and together with a number that is there."""
        if self.once(item):
            made = self.made_by(item, operator.getitem)
            t = self.type(made.operands[0]) if made is not None else None
            if made is not None and isinstance(t, Array) and self.new_axes(made, t) is not None:
                return self.emit(operator.getitem, self.numbered(number, made.operands[0]), made.operands[1])
            made = self.made_by(item, operator.mul)
            if made is not None and isinstance(made.operands[0], Const) and self.is_factor(made.operands[0]):
                number *= made.operands[0].value
                if abs(number) == 1.0:
                    return made.operands[1] if number > 0 else self.emit(operator.neg, made.operands[1])
                return self.emit(operator.mul, Const(number), made.operands[1])
        return self.emit(operator.mul, Const(number), item)

    def is_int(self, operand: Operand) -> bool:
        t = self.type(operand)
        return isinstance(t, Scalar) and t.kind == "i"

    def grouped(self, op: Op) -> Op:
        """Multiply small factors with each other first."""
        t = self.types[op.result]
        if not all(map(self.is_factor, op.operands)):
            return op
        if not isinstance(t, Array) or not t.dims:
            return self.divided(op)
        self.makers[op.result] = op
        self._made[op.result] = self._clock
        product = self.apart(op.result)
        if product is None:
            return op
        groups: list[tuple[Type | None, Product]] = []
        big = Product()
        for side in ("above", "below"):
            for item in getattr(product, side):
                have = self.type(item)
                if same_shape(have, t):
                    getattr(big, side).append(item)
                    continue
                getattr(self.group(groups, have), side).append(item)
        if not big.above or (product.number == 0.0):
            return op
        numbered = groups[0][1] if groups else None
        if numbered is not None:
            numbered.number = product.number
        needed = len(big.all()) - 1 + (len(groups) if groups else int(product.number != 1.0))
        if needed >= self.full_size(op.result, t):
            return op
        mark = len(self.ops)
        if numbered is None:
            big.number = product.number
            whole = self.multiplied(big, signed=True)
        else:
            whole = self.multiplied(big)
            for _, small in groups:
                whole = self.scaled(whole, small)
        if not isinstance(whole, Value) or not same_shape(self.types[whole], t) or len(self.ops) == mark:
            return op  # if nothing was emitted, the product is a value that others use too
        return self.last(whole, op) if whole in self.ops[-1].results else op

    def divided(self, op: Op) -> Op:
        """Return ``x / y`` for ``x * (1.0 / y)``, two numbers."""
        made = self.made_by(op.operands[1], operator.truediv) if op.callee is operator.mul else None
        if made is None or not self.once(op.operands[1]) or not isinstance(self.type(op.operands[0]), Scalar):
            return op
        one, divisor = made.operands
        if not isinstance(one, Const) or type(one.value) is not float or one.value != 1.0:
            return op
        return replace(op, callee=operator.truediv, operands=(op.operands[0], divisor))

    def scaled(self, whole: Operand, small: Product) -> Operand:
        """Emit the product of an array with one of smaller factors."""
        if small.above or small.number != 1.0:
            return self.emit(operator.mul, whole, self.multiplied(small))
        return self.emit(operator.truediv, whole, self.multiplied(Product(above=small.below)))

    def group(self, groups: list[tuple[Type | None, Product]], have: Type) -> Product:
        """Return the product that a factor of a type goes with: numbers go with anything."""
        number = not isinstance(have, Array) or not have.dims
        for place, (shape, product) in enumerate(groups):
            if number or shape is None or same_shape(shape, have):
                if shape is None and not number:
                    groups[place] = (have, product)
                return product
        groups.append((None if number else have, Product()))
        return groups[-1][1]

    def full_size(self, operand: Operand, t: Type) -> int:
        """Return how many operations of a product make an array of the full size."""
        count = 0
        pending = [(operand, True)]
        while pending:
            current, always = pending.pop()
            op = self.made_by(current, *PRODUCTS) if always or self.once(current) else None
            if op is None or op.keywords or not all(map(self.is_factor, op.operands)):
                continue
            count += same_shape(self.type(current), t)
            pending += [(o, False) for o in op.operands]
        return count

    # -- sums ----------------------------------------------------------------------------------------------------

    def look_ahead(self, block: Block) -> None:
        """Count the sums over each product, taken apart completely."""
        makers, made = dict(self.makers), dict(self._made)
        for op in block.ops:
            for result in op.results:
                self.makers.setdefault(result, op)
                self._made.setdefault(result, self._clock)
        for op in block.ops:
            if op.callee is np.sum:
                key = self.key(op)
                if key is not None:
                    self.sums[key] = self.sums.get(key, 0) + 1
        self.makers, self._made = makers, made

    def key(self, op: Op) -> object:
        axes = self.axes(op)
        product = self.apart(op.operands[0], deep=True) if axes is not None else None
        if axes is None or product is None:
            return None
        parts = self.parted(op, product, axes[0], keep=axes[1])
        return None if parts is None else (frozenset(parts[0].above), frozenset(parts[0].below), axes)

    def axes(self, op: Op) -> tuple[tuple[int, ...], bool] | None:
        """Return which axes a sum is over, and whether it keeps them; None if that is not known."""
        given = dict(zip(op.keywords, op.operands[len(op.operands) - len(op.keywords) :], strict=True))
        plain_operands = op.operands[: len(op.operands) - len(op.keywords)]
        if set(given) - {"axis", "keepdims"} or len(plain_operands) > 2:  # noqa: PLR2004
            return None
        if len(plain_operands) == 2:  # noqa: PLR2004
            given["axis"] = plain_operands[1]
        t = self.type(op.operands[0])
        if not isinstance(t, Array) or not t.dims or not all(isinstance(o, Const) for o in given.values()):
            return None
        axis = given["axis"].value if "axis" in given else None  # type: ignore[union-attr]
        keep = bool(given["keepdims"].value) if "keepdims" in given else False  # type: ignore[union-attr]
        rank = len(t.dims)
        if axis is None:
            return tuple(range(rank)), keep
        numbers = axis if isinstance(axis, tuple) else (axis,)
        if not all(type(n) is int and -rank <= n < rank for n in numbers):
            return None
        return tuple(sorted(n % rank for n in numbers)), keep

    def parted(
        self, op: Op, product: Product, axes: tuple[int, ...], *, keep: bool
    ) -> tuple[Product, Product] | None:
        """Return what has to be summed of a product, and what is the same all along the axes of the sum."""
        t = self.type(op.operands[0])
        assert isinstance(t, Array)
        assert t.dims is not None
        inner, outer = Product(), Product(product.number)
        for side in ("above", "below"):
            for item in getattr(product, side):
                out = self.outside(item, len(t.dims), axes, keep=keep)
                getattr(inner if out is None else outer, side).append(item if out is None else out)
        full = [self.type(item) for item in inner.all()]
        if not inner.above or not any(same_shape(have, t) for have in full):
            return None
        return inner, outer

    def outside(self, item: Operand, rank: int, axes: tuple[int, ...], *, keep: bool) -> Operand | None:
        """Return a factor as it is outside of the sum, or None if it varies along the axes of the sum."""
        have = self.type(item)
        if not isinstance(have, Array) or not have.dims:
            return item
        lead = rank - len(have.dims)
        if not all(axis < lead or have.dims[axis - lead] == ONE for axis in axes):
            return None
        if keep or (all(axis < lead for axis in axes) and axes == tuple(range(len(axes)))):
            return item
        op = self.made_by(item, operator.getitem)
        if op is None:
            return None
        t = self.type(op.operands[0])
        new = self.new_axes(op, t) if isinstance(t, Array) else None
        return op.operands[0] if new == tuple(axis - lead for axis in axes) else None

    def new_axes(self, op: Op, t: Array) -> tuple[int, ...] | None:
        """Return where ``x[:, None]`` has new axes; None if the index does anything else."""
        return new_axes(t, self.type(op.operands[1]))

    def summed(self, op: Op) -> Op:
        """Take factors that do not vary out of a sum."""
        axes = self.axes(op)
        if axes is None or self.made_by(op.operands[0], *PRODUCTS) is None:
            return op
        deep = self.sums.get(self.key(op), 0) > 1
        if not deep and not self.once(op.operands[0]):
            return op
        product = self.apart(op.operands[0], deep=deep)
        parts = self.parted(op, product, axes[0], keep=axes[1]) if product is not None else None
        if parts is None:
            return op
        inner, outer = parts
        if not outer.all() and outer.number == 1.0:
            return op
        t, mark = self.types[op.result], len(self.ops)
        core = self.multiplied(Product(1.0, sorted(inner.above, key=self.order), inner.below))
        total: Operand = self.emit(np.sum, core, *op.operands[1:], attrs=dict(op.attrs))
        outer.above.insert(0, total)
        whole = self.multiplied(outer)
        if not isinstance(whole, Value) or not is_same(self.types[whole], t):
            del self.ops[mark:]
            return op
        return self.last(whole, op)

    def order(self, operand: Operand) -> int:
        """Put what was made first to the left, so that equal products look alike."""
        return self.order_made.get(operand, -1) if isinstance(operand, Value) else -1

    # -- signs ---------------------------------------------------------------------------------------------------

    def unsigned(self, operand: Operand) -> Operand | None:
        """Return what an operand is the negative of, if that costs no more."""
        op = self.made_by(operand, operator.neg)
        if op is not None:
            if self.names.get(op.result) and self.once(op.result):
                return None  # it reads better by its name
            return op.operands[0] if self.is_float(op.operands[0]) else None
        flipped = self.flipped(operand) if self.once(operand) else None
        if flipped is None:
            return None
        old, new = flipped
        place = self.places[new] = self.places[old]
        self.ops[place] = self.makers[new.result] = new
        return operand

    def flipped(self, operand: Operand) -> tuple[Op, Op] | None:
        """Return an operation of this block and another that takes its place, so that ``operand`` is the negative."""
        op = self.makers.get(operand) if isinstance(operand, Value) else None
        if op is None or not self.here(op) or op.callee not in (*LINEAR, np.sum) or not self.is_float(op.result):
            return None
        if op.result.name or self.names.get(op.result):  # it would not be what it is called
            return None
        scale = op.operands[0] if op.callee is operator.mul else None
        if isinstance(scale, Const) and type(scale.value) in (int, float) and scale.value < 0:
            return op, replace(op, operands=(Const(-scale.value), op.operands[1]))
        for number, part in enumerate(op.operands[:1] if op.callee is np.sum else op.operands):
            made = self.makers.get(part) if isinstance(part, Value) else None
            if made is not None and made.callee is operator.neg and self.is_float(made.operands[0]):
                if self.fresh(made, until=op.result):
                    self.count(made.operands[0])
                    self.release(part)
                    operands = (*op.operands[:number], made.operands[0], *op.operands[number + 1 :])
                    return op, replace(op, operands=operands)
            elif self.once(part):
                found = self.flipped(part)
                if found is not None:
                    return found
        return None

    def is_float(self, operand: Operand) -> bool:
        t = self.type(operand)
        if isinstance(t, Scalar):
            return t.kind in "fc"
        return isinstance(t, Array) and t.dtype is not None and t.dtype.kind in "fc"

    def unsigned_update(self, op: Op) -> Op:
        bare = self.unsigned(op.operands[-1])
        if bare is None or self.aliases.same(bare, op.operands[0]):
            return op
        sign = operator.sub if op.attrs["op"] is operator.add else operator.add
        return replace(op, operands=(*op.operands[:-1], bare), attrs={**op.attrs, "op": sign})

    def unsigned_sum(self, op: Op) -> Op:
        bare = self.unsigned(op.operands[1])
        if bare is not None:
            return replace(op, callee=operator.sub if op.callee is operator.add else operator.add,
                           operands=(op.operands[0], bare))  # fmt: skip
        bare = self.unsigned(op.operands[0]) if op.callee is operator.add else None
        return op if bare is None else replace(op, callee=operator.sub, operands=(op.operands[1], bare))


__all__ = ["Factoring", "factor"]
