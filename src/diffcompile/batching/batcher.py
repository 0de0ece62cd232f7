"""The walk that gives each operation which depends on a direction an axis for all of them.

    before: y_bar = 2.0 * ct * y;          w_bar = np.outer(y_bar, x)
    after:  y_bar = 2.0 * (ct[:, None] * y); w_bar = y_bar[:, :, None] * x

The axis is the first one. Primal values have none, so that most operations stay as they are: NumPy aligns shapes at
their ends. An operation without a rule is done once for each direction, in a loop of its own.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.infer import infer
from diffcompile.analysis.types import ANY, BOTTOM, Array, Cell, Dim, Lst, Scalar, Static, Tup, Type, plain
from diffcompile.batching.reach import Reach, groups, looks_at_shapes
from diffcompile.ir.core import UNDEFINED, Block, Const, Function, Op, Operand, Prim, Value, walk

Rule = Callable[["Batcher", Op], bool]
"""Puts what stands for an operation; False if it does not know how."""
DIRECTIONS = Dim("directions")
WHOLE = (Const(None), Const(None))
_DOUBLE = {np.dtype(np.float64), np.dtype(np.complex128)}


class NotBatchableError(Exception):
    """A program cannot take many directions at once; the message says why."""


class Batcher:
    """Builds the function of many directions from that of one."""

    def __init__(
        self, types: dict[Value, Type], names: dict[Value, str], reach: Reach, rules: dict[Any, Rule], each: Rule
    ) -> None:
        self.types = dict(types)
        self.names = dict(names)
        self.reach = reach
        self.rules = rules
        self.each = each
        self.ops: list[Op] = []
        self.now: dict[Value, Operand] = {}
        """From what depends on a direction to what stands for it in all of them."""
        self.made: dict[Value, Op] = {}
        """How values of the program for one direction are made."""
        self.cells: dict[Cell, Cell] = {}
        self.count: Operand = Const(None)
        self.exact = True
        """All floating-point numbers are of 64 bits: a number of Python weighs what one of NumPy does."""
        self.span: Any = None

    def run(self, function: Function, seeds: int, values: int) -> Function:
        """Return ``function`` for many values of its last ``seeds`` parameters; its first ``values`` results stay."""
        body = function.body
        self.made = {result: op for op in walk(body) for result in op.results}
        self.exact = all(map(_is_double, self.types.values()))
        first = len(body.params) - seeds
        for param in body.params[:first]:
            if self.has(param):
                raise NotBatchableError(f"{param.name} is part of a structure that depends on the directions")
        params = tuple(self.twin(param) for param in body.params[first:])
        self.count = self.count_of(params)
        self.block(body)
        results = []
        for number, result in enumerate(body.results):
            if number < values and self.has(result):
                raise NotBatchableError("the value is part of a structure that depends on the directions")
            results.append(result if number < values else self.lifted(result))
        block = Block((*body.params[:first], *params), tuple(self.ops), tuple(results))
        return replace(function, body=block)

    def count_of(self, seeds: Sequence[Value]) -> Operand:
        """Return the number of directions."""
        for seed in seeds:
            if isinstance(self.types[seed], Array):
                return self.named(self.emit(len, seed, t=Scalar("i")), "directions")
        return self.named(self.emit(dynamic.count_directions, seeds[0], t=Scalar("i")), "directions")

    # -- values ---------------------------------------------------------------------------------------------------

    def has(self, operand: Operand) -> bool:
        """Tell whether a value of the program depends on the directions."""
        return self.reach.has(operand)

    def read(self, operand: Operand) -> Operand:
        """Return what stands for a value of the program."""
        if isinstance(operand, Const) or not self.has(operand):
            return operand
        return self.now[operand]

    def type(self, operand: Operand) -> Type:
        return plain(self.types[operand] if isinstance(operand, Value) else Static(operand.value))

    def rank(self, operand: Operand) -> int:
        """Return the number of axes that a value of the program has without the directions."""
        t = self.type(operand)
        if isinstance(t, Scalar):
            return 0
        if isinstance(t, Array) and t.rank is not None:
            return t.rank
        raise NotBatchableError(f"the number of axes of {self.shown(operand)} is not known")

    def is_number(self, operand: Operand) -> bool:
        """Tell whether a value is surely a number or an array of known rank."""
        t = self.type(operand)
        return isinstance(t, Scalar) or (isinstance(t, Array) and t.rank is not None)

    def shown(self, operand: Operand) -> str:
        name = operand.name or self.names.get(operand, "") if isinstance(operand, Value) else ""
        return name or f"a value of type {self.type(operand)!r}"

    def many(self, t: Type) -> Type:
        """Return the type of many values of type ``t``, one for each direction.

        Raises:
            NotBatchableError: it is not known how many axes they have.
        """
        t = plain(t)
        match t:
            case Array(dims=dims) if dims is not None:
                dtype = t.dtype if self.exact or (t.dtype is not None and t.dtype.kind not in "fc") else None
                return Array(dtype, (DIRECTIONS, *dims))
            case Scalar():
                dtype = np.dtype({"b": bool, "i": int, "f": float, "c": complex}[t.kind])
                return Array(dtype if self.exact and t.dtype in (None, dtype.name) else None, (DIRECTIONS,))
            case Tup():
                return Tup(tuple(item if _is_no_number(item) else self.many(item) for item in t.items), t.cls)
            case Lst():
                root = t.cell.root()
                if root not in self.cells:
                    self.cells[root] = Cell()
                    self.cells[root].item = t.item if t.item is BOTTOM else self.many(t.item)
                return Lst(self.cells[root])
        raise NotBatchableError(f"a {t!r} depends on the directions")

    def twin(self, value: Value) -> Value:
        """Return a new value that stands for ``value`` in all directions."""
        new = Value(value.name)
        if value in self.names:
            self.names[new] = self.names[value]
        self.types[new] = self.many(self.types[value])
        self.now[value] = new
        return new

    def named(self, operand: Operand, name: str) -> Operand:
        if isinstance(operand, Value) and name:
            self.names[operand] = name
        return operand

    # -- emission -------------------------------------------------------------------------------------------------

    def emit(self, callee: Any, *args: Operand, t: Type | None = None, **keywords: Operand) -> Value:
        """Put an operation and return its result."""
        result = Value()
        named = {name: self.type(value) for name, value in keywords.items()}
        self.types[result] = infer(callee, [self._static(arg) for arg in args], named) if t is None else t
        attrs = {"keywords": tuple(keywords)} if keywords else {}
        self.ops.append(Op(callee, (*args, *keywords.values()), (result,), attrs, (), self.span))
        return result

    def _static(self, operand: Operand) -> Type:
        return self.types[operand] if isinstance(operand, Value) else Static(operand.value)

    def effect(self, callee: Any, *args: Operand, **attrs: Any) -> None:
        self.ops.append(Op(callee, args, (), attrs, (), self.span))

    def put(self, op: Op, callee: Any, *args: Operand, **keywords: Operand) -> bool:
        """Put the operation that computes the only result of ``op`` in all directions."""
        new = self.twin(op.result)
        attrs = {"keywords": tuple(keywords)} if keywords else {}
        self.ops.append(Op(callee, (*args, *keywords.values()), (new,), attrs, (), op.span))
        return True

    def be(self, op: Op, operand: Operand) -> bool:
        """Let the only result of ``op`` be ``operand``."""
        self.now[op.result] = operand
        return True

    def lifted(self, operand: Operand, *, own: bool = True) -> Operand:
        """Return an operand of the program with an axis for the directions; ``own`` if it may be written to."""
        if isinstance(operand, Const) and operand.value is UNDEFINED:
            return operand
        if self.has(operand):
            return self.read(operand)
        t = self.type(operand)
        if isinstance(operand, Const) and type(operand.value) is float and operand.value == 0.0:
            return self.emit(np.zeros, self.count, t=self.many(t))
        if isinstance(t, Scalar):
            return self.emit(np.full, self.count, operand, t=self.many(t))
        if not isinstance(t, Array):
            return self.emit(dynamic.spread, operand, self.count, t=ANY if not isinstance(t, Lst) else self.many(t))
        shape = self.with_count(self.emit(getattr, operand, Const("shape")))
        wide = self.emit(np.broadcast_to, operand, shape, t=self.many(t))
        return self.emit(np.ndarray.copy, wide, t=self.many(t)) if own else wide

    def aligned(self, operand: Operand, rank: int) -> Operand:
        """Return what stands for an operand, with axes of length 1 so that it meets arrays of ``rank`` axes."""
        if not self.has(operand):
            return operand
        return self.widened(self.read(operand), self.rank(operand), rank)

    def widened(self, wide: Operand, have: int, rank: int) -> Operand:
        if have >= rank:
            return wide
        index = self.emit(Prim.TUPLE, self.emit(slice, *WHOLE), *[Const(None)] * (rank - have))
        t = self.type(wide)
        dtype = t.dtype if isinstance(t, Array) else None
        return self.emit(operator.getitem, wide, index, t=Array(dtype, (DIRECTIONS, *[Dim()] * rank)))

    def with_count(self, shape: Operand) -> Operand:
        """Return the shape with the number of directions in front."""
        maker = self.made.get(shape) if isinstance(shape, Value) else None
        if maker is not None and maker.callee is Prim.TUPLE:
            return self.emit(Prim.TUPLE, self.count, *maker.operands)
        if isinstance(shape, Const) and isinstance(shape.value, tuple):
            return self.emit(Prim.TUPLE, self.count, *map(Const, shape.value))
        t = self.type(shape)
        if isinstance(t, Scalar) and t.kind == "i":
            return self.emit(Prim.TUPLE, self.count, shape)
        if isinstance(t, Lst):
            shape = self.emit(tuple, shape)
        elif not isinstance(t, Tup) and not _is_shape(shape, self.ops):
            raise NotBatchableError("a shape of unknown form")
        return self.emit(operator.add, self.emit(Prim.TUPLE, self.count), shape)

    # -- the walk -------------------------------------------------------------------------------------------------

    def block(self, block: Block) -> None:
        for op in block.ops:
            self.span = op.span
            self.op(op)

    def op(self, op: Op) -> None:
        """Put what stands for an operation."""
        if op.regions:
            self.regions(op)
            return
        has_input = any(map(self.has, op.operands))
        if not has_input and not any(map(self.has, op.results)):
            self.ops.append(op)
            return
        if looks_at_shapes(op):
            self.shape(op)
            return
        rule = self.rule(op)
        if rule is not None and rule(self, op):
            return
        if not has_input:
            self.ops.append(op)
            for result in op.results:
                self.now[result] = self.spread_out(result)
        elif not self.each(self, op):
            name = getattr(op.callee, "__name__", None) or repr(op.callee)
            raise NotBatchableError(f"{name} has no rule for many directions, and cannot be done once for each")

    def rule(self, op: Op) -> Rule | None:
        try:
            return self.rules.get(op.callee)
        except TypeError:
            return None

    def spread_out(self, result: Value) -> Operand:
        """Return a value that was made without directions, but is written to with them, in all of them."""
        t = self.type(result)
        if isinstance(t, Scalar):
            return self.emit(np.full, self.count, result, t=self.many(t))
        if isinstance(t, Array):
            shape = self.with_count(self.emit(getattr, result, Const("shape")))
            return self.emit(np.ndarray.copy, self.emit(np.broadcast_to, result, shape), t=self.many(t))
        return self.emit(dynamic.spread, result, self.count, t=self.many(t))

    def shape(self, op: Op) -> None:
        """Put what an operation says of a shape, without the axis of the directions."""
        source = op.operands[0]
        t = self.type(source)
        wide = self.read(source)
        name = op.operands[1].value if op.callee is getattr else getattr(op.callee, "__name__", "")  # type: ignore[union-attr]
        if not isinstance(t, Array | Scalar):
            if op.callee is not len:
                raise NotBatchableError(f"{name} of {self.shown(source)}")
            self.ops.append(replace(op, operands=(wide,)))
            return
        rank = self.rank(source)
        inner = [self.emit(getattr, wide, Const("shape"))] if name in ("shape", "len", "size") else []
        match name:
            case "shape":
                self._same(op, operator.getitem, inner[0], self.emit(slice, Const(1), Const(None)))
            case "len" if rank:
                self._same(op, operator.getitem, inner[0], Const(1))
            case "ndim":
                self._same(op, int, Const(rank))
            case "dtype" | "result_type" | "iscomplexobj" | "isrealobj" | "itemsize" if len(op.operands) == (
                2 if op.callee is getattr else 1
            ):
                self.ops.append(replace(op, operands=(wide, *op.operands[1:])))
            case _:
                raise NotBatchableError(f"{name} of {self.shown(source)}")

    def _same(self, op: Op, callee: Any, *args: Operand) -> None:
        self.ops.append(Op(callee, args, op.results, {}, (), op.span))

    # -- regions --------------------------------------------------------------------------------------------------

    def regions(self, op: Op) -> None:
        lead = 1 if op.callee is Prim.FOR else 0
        stops = int(op.may_stop)
        wide = [any(map(self.has, group)) for group in groups(op)]
        operands = list(op.operands)
        if op.callee is Prim.IF:
            self.undirected(op.operands[0], "a condition")
        else:
            if lead and self.has(operands[0]):
                operands[0] = self.iterable(operands[0])
            for number, is_wide in enumerate(wide):
                if is_wide:
                    operands[number + lead] = self.lifted(operands[number + lead])
        regions = []
        for region in op.regions:
            params = tuple(self.twin(param) if self.has(param) else param for param in region.params)
            outer, self.ops = self.ops, []
            self.block(region)
            results = list(region.results)
            is_test = op.callee is Prim.WHILE and region is op.regions[0]
            for result in results[: 1 if is_test else stops]:
                self.undirected(result, "a condition")
            if not is_test:
                for number, is_wide in enumerate(wide):
                    if is_wide:
                        results[number + stops] = self.lifted(results[number + stops])
            regions.append(Block(params, tuple(self.ops), tuple(results)))
            self.ops = outer
        made = tuple(
            self.twin(result) if is_wide else result for result, is_wide in zip(op.results, wide, strict=True)
        )
        self.ops.append(replace(op, operands=tuple(operands), results=made, regions=tuple(regions)))

    def undirected(self, operand: Operand, what: str) -> None:
        if self.has(operand):
            raise NotBatchableError(f"{what} depends on the direction")

    def iterable(self, operand: Operand) -> Operand:
        """Return what to loop over for a list of values that depend on the directions."""
        if not isinstance(self.type(operand), Lst):
            raise NotBatchableError(f"a loop over {self.shown(operand)}")
        return self.read(operand)


def _is_shape(shape: Operand, ops: list[Op]) -> bool:
    """Tell whether ``shape`` was just read off an array."""
    made = next((op for op in reversed(ops) if shape in op.results), None)
    return made is not None and made.callee is getattr and getattr(made.operands[1], "value", None) == "shape"


def _is_no_number(t: Type) -> bool:
    """Tell whether ``t`` is one object, such as None; a tangent of the type of a number literal is not that number."""
    return isinstance(t, Static) and isinstance(plain(t), Static)


def _is_double(t: Type) -> bool:
    t = plain(t)
    if isinstance(t, Scalar):
        return t.kind in "bi" or t.dtype in (None, "float64", "complex128")
    if isinstance(t, Array):
        return t.dtype is not None and (t.dtype.kind not in "fc" or t.dtype in _DOUBLE)
    return True


__all__ = ["DIRECTIONS", "WHOLE", "Batcher", "NotBatchableError", "Rule"]
