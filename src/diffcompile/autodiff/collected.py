"""The cotangent of an array that was made of the parts of a tuple, taken apart where it is used.

    before: saved_value.append((a, b)); ...; t = as_cotangent(y_bar, saved_value.pop()); a_bar = t[0]; b_bar = t[1]
    after:  a_bar = y_bar[0]; b_bar = y_bar[1]

The rules of these functions do it at run time, for whatever they are given; here the structure and the types of all
parts are known.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from diffcompile.analysis.types import Array, Scalar, Static, Tup, Type, plain
from diffcompile.autodiff.modes import Mode
from diffcompile.ir.core import Const, Op, Operand, Prim, Value
from diffcompile.specialise.items import Item, TupleItem

if TYPE_CHECKING:
    from diffcompile.autodiff.cotangents import Cotangents

Place = tuple[int, ...]
"""Where a part is: the numbers that lead to it."""
Piece = Callable[[Place, Value], Item | None]
_AS_THEY_ARE = (np.array, np.asarray)
_BY_ROWS = (np.stack, np.vstack)
_FLOAT = np.dtype(float)


def taken_apart(rev: Cotangents, op: Op, ct: Item) -> TupleItem | None:
    """Return the cotangents of the parts of a tuple that ``op`` made an array of, or None where its rule does it."""
    tuple_ = op.operands[0] if op.operands else None
    if not isinstance(tuple_, Value) or rev.modes.of(tuple_) is not Mode.VALUE or not isinstance(ct, Value):
        return None
    t, have = rev.types[tuple_], plain(rev.stage.type(ct))
    if not isinstance(t, Tup) or not isinstance(have, Array) or have.dtype != _FLOAT or not have.dims:
        return None
    if not _without_options(op):
        return None
    rank = len(have.dims)
    if op.callee in _AS_THEY_ARE and _is_regular(rev, tuple_, rank, 0):
        return _pieces(rev, tuple_, (), lambda place, _: _item(rev, ct, place))
    if op.callee in _BY_ROWS and rank > 1 and _of_rank(rev, t, {rank - 1} if op.callee is np.stack else {1}):
        return _pieces(rev, tuple_, (), lambda place, _: _item(rev, ct, place))
    if op.callee is np.column_stack and _of_rank(rev, t, {1}):
        return _pieces(rev, tuple_, (), lambda place, _: _column(rev, ct, place[0]))
    if op.callee in (np.concatenate, np.hstack) and rank == 1:
        return _stretches(rev, tuple_, ct)
    return None


def _without_options(op: Op) -> bool:
    """Tell whether an operation has no option but one that asks for the dtype that the result has anyway."""
    options = dict(zip(op.keywords, op.operands[len(op.operands) - len(op.keywords) :], strict=True))
    if len(op.operands) - len(options) > 1:
        return False
    return all(
        name in ("dtype", "axis") and isinstance(option, Const) and option.value in _HARMLESS[name]
        for name, option in options.items()
    )


_HARMLESS: dict[str, tuple[object, ...]] = {"dtype": (None, float, np.float64), "axis": (0,)}


def _parts(rev: Cotangents, value: Value) -> tuple[Operand, ...] | None:
    made = rev.primal_definitions.get(value)
    return made.operands if made is not None and made.callee is Prim.TUPLE else None


def _is_regular(rev: Cotangents, tuple_: Value, rank: int, depth: int) -> bool:
    """Tell whether all parts that are active are real numbers or arrays, as deep as the array has axes."""
    parts = _parts(rev, tuple_)
    if parts is None:
        return False
    for part in parts:
        t = plain(rev.stage.type(part))
        if isinstance(t, Tup):
            if not isinstance(part, Value) or not _is_regular(rev, part, rank, depth + 1):
                return False
        elif not rev.active(part):
            if not isinstance(t, Scalar | Static | Array):
                return False
        elif not _is_real(t, rank - depth - 1):
            return False
    return True


def _is_real(t: Type, rank: int) -> bool:
    if isinstance(t, Scalar):
        return rank == 0 and t.kind == "f" and t.dtype in (None, "float64")
    return isinstance(t, Array) and t.dtype == _FLOAT and t.owner is None and t.rank == rank


def _of_rank(rev: Cotangents, t: Tup, ranks: set[int]) -> bool:
    """Tell whether all parts of a tuple are real arrays of some rank."""
    return all(isinstance(part, Array) and part.rank in ranks and _is_real(part, part.rank) for part in t.items)


def _pieces(rev: Cotangents, tuple_: Value, place: Place, piece: Piece) -> TupleItem | None:
    parts = _parts(rev, tuple_)
    if parts is None:
        return None
    found: list[Item] = []
    for number, part in enumerate(parts):
        here = (*place, number)
        if isinstance(part, Value) and isinstance(rev.types[part], Tup):
            inner = _pieces(rev, part, here, piece)
            assert inner is not None
            found.append(inner)
        elif isinstance(part, Value) and rev.active(part):
            ct = piece(here, part)
            if ct is None:
                return None
            rev.refine(ct, plain(rev.types[part]))
            if isinstance(ct, Value) and rev.is_volatile(ct) and isinstance(plain(rev.types[ct]), Array):
                ct = rev.emit(np.ndarray.copy, ct)
            found.append(ct)
        else:
            found.append(Const(0.0))
    return TupleItem(tuple(found))


def _item(rev: Cotangents, ct: Value, place: Place) -> Item:
    index = Const(place[0]) if len(place) == 1 else rev.emit(Prim.TUPLE, *map(Const, place))
    return rev.emit(operator.getitem, ct, index)


def _column(rev: Cotangents, ct: Value, number: int) -> Item:
    whole = rev.emit(slice, Const(None), Const(None), Const(None))
    return rev.emit(operator.getitem, ct, rev.emit(Prim.TUPLE, whole, Const(number)))


class _Stretches:
    """The stretches of the cotangent of arrays joined end to end, counted from either end where that is known."""

    def __init__(self, rev: Cotangents, parts: tuple[Operand, ...], ct: Value) -> None:
        self.rev = rev
        self.parts = parts
        self.ct = ct
        self.sizes = [_size(plain(rev.stage.type(part))) for part in parts]

    def start(self, number: int) -> Operand:
        """Return where a part begins; negative if it is counted from the end."""
        before, after = _sum(self.sizes[:number]), _sum(self.sizes[number:])
        if before is not None:
            return Const(before)
        if after is not None:
            return Const(-after)
        return self.further(self.start(number - 1), self.length(number - 1))

    def further(self, start: Operand, by: Operand) -> Operand:
        if isinstance(start, Const) and start.value == 0:
            return by
        if isinstance(start, Const) and isinstance(by, Const):
            return Const(start.value + by.value)
        return self.rev.emit(operator.add, start, by)

    def length(self, number: int) -> Operand:
        if self.sizes[number] is not None:
            return Const(self.sizes[number])
        part = self.parts[number]
        source = self.rev.stage.simplifier.same_shaped(part)
        return self.rev.emit(len, part if source is None else source)

    def stretch(self, number: int) -> Operand:
        rest = _sum(self.sizes[number + 1 :])
        start = self.start(number)
        stop: Operand = Const(None)
        if rest is None:
            stop = self.further(start, self.length(number))
        elif rest:
            stop = Const(-rest)
        first = Const(None) if isinstance(start, Const) and start.value == 0 else start
        stretch = self.rev.emit(operator.getitem, self.ct, self.rev.emit(slice, first, stop, Const(None)))
        assert isinstance(stretch, Value)
        self.rev.types[stretch] = plain(self.rev.stage.type(self.parts[number]))
        return self.rev.emit(np.ndarray.copy, stretch) if self.rev.is_volatile(stretch) else stretch

    def item(self, number: int, place: int) -> Operand:
        return self.rev.emit(operator.getitem, self.ct, self.further(self.start(number), Const(place)))


def _stretches(rev: Cotangents, tuple_: Value, ct: Value) -> TupleItem | None:
    """Return what each of some arrays and displays of numbers, joined end to end, has of the cotangent."""
    parts = _parts(rev, tuple_)
    if parts is None or not all(_may_be_joined(rev, part) for part in parts):
        return None
    stretches = _Stretches(rev, parts, ct)
    if 0 in stretches.sizes:
        return None
    found: list[Item] = []
    for number, part in enumerate(parts):
        if not rev.active(part):
            found.append(Const(0.0))
        elif isinstance(rev.stage.type(part), Tup):
            assert isinstance(part, Value)
            inner = _parts(rev, part) or ()
            items = [stretches.item(number, n) if rev.active(i) else Const(0.0) for n, i in enumerate(inner)]
            found.append(TupleItem(tuple(items)))
        else:
            found.append(stretches.stretch(number))
    return TupleItem(tuple(found))


def _may_be_joined(rev: Cotangents, part: Operand) -> bool:
    t = plain(rev.stage.type(part))
    if isinstance(part, Value) and isinstance(t, Tup):
        inner = _parts(rev, part)
        return inner is not None and all(
            _is_real(plain(rev.stage.type(i)), 0) if rev.active(i) else not isinstance(rev.stage.type(i), Tup | Array)
            for i in inner
        )
    return isinstance(t, Array) and (_is_real(t, 1) or (not rev.active(part) and t.rank == 1))


def _size(t: Type) -> int | None:
    """Return the number of items of a display or an array with one axis, if it is known."""
    if isinstance(t, Tup):
        return len(t.items)
    key = t.dims[0].key if isinstance(t, Array) and t.dims else None
    return max(key, 0) if isinstance(key, int) else None


def _sum(sizes: list[int | None]) -> int | None:
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None


__all__ = ["taken_apart"]
