"""Sizes in words: how many elements, bytes and trips there are, as a formula in the shapes of the arguments."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from diffcompile.analysis.types import Array, Dim, Scalar, Static, Tup, Type, plain
from diffcompile.ir.core import Const, Op, Operand, Prim, Value

NUMBER_BYTES = 8
REFERENCE_BYTES = 8
OBJECT_BYTES = {"f": 24, "c": 32, "i": 32}
"""What CPython takes for a number; there are only two truth values."""
NUMPY_NUMBER_BYTES = 32
UNKNOWN = "?"


@dataclass(frozen=True, slots=True)
class Size:
    """A non-negative number: as a formula, and its value where that is known."""

    text: str
    value: float | None = None

    def times(self, other: Size) -> Size:
        """Return the product.

        >>> Size("8", 8.0).times(Size("n", None)).text
        '8*n'
        """
        value = None if self.value is None or other.value is None else self.value * other.value
        if self.text == "1":
            return Size(other.text, value)
        if other.text == "1":
            return Size(self.text, value)
        if UNKNOWN in (self.text, other.text):
            return Size(UNKNOWN, value)
        if self.text.isdecimal() and other.text.isdecimal():
            return Size(str(int(self.text) * int(other.text)), value)
        return Size(f"{_factor(self.text)}*{_factor(other.text)}", value)


ONE = Size("1", 1.0)


def _axis(name: str, axis: int) -> str:
    return f"len({name})" if axis == 0 else f"{name}.shape[{axis}]"


def _annotated(text: str, axis: int) -> Size:
    """Return the length of an axis as an annotation gives it.

    >>> _annotated("float64[3,n]", 0).text
    '3'
    """
    lengths = text.partition("[")[2].rstrip("]").split(",")
    number = lengths[axis].strip() if axis < len(lengths) else ""
    return Size(number, float(number)) if number.isdecimal() else Size(UNKNOWN)


def _factor(text: str) -> str:
    depth = 0
    for sign in text:
        depth += (sign in "([") - (sign in ")]")
        if depth == 0 and sign in "+-" and text:
            return f"({text})"
    return text


def product(sizes: Sequence[Size]) -> Size:
    """Return the product of sizes."""
    result = ONE
    for size in sizes:
        result = result.times(size)
    return result


@dataclass(slots=True)
class Sizes:
    """Reads sizes from types; knows the names of parameters and, where given, the arguments themselves."""

    params: Sequence[Value]
    types: Mapping[Value, Type]
    makers: Mapping[Value, Op] = field(default_factory=dict)
    inits: Mapping[Value, Value] = field(default_factory=dict)
    """What a loop carries: the parameter of its body, and the value at the start."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    named: Mapping[str, int] = field(default_factory=dict)

    def octets(self, value: Operand) -> Size:
        """Return how many bytes a value takes."""
        t = plain(self.types[value]) if isinstance(value, Value) else None
        return Size(str(NUMBER_BYTES), NUMBER_BYTES) if t is None else self.octets_of(t)

    def octets_in_list(self, value: Operand) -> Size:
        """Return how many bytes a list keeps for an item: of a number, the reference and the object."""
        t = plain(self.types[value]) if isinstance(value, Value) else None
        if not isinstance(t, Scalar):
            return self.octets(value)
        numpy = t.dtype is not None and t.kind != "b"
        total = REFERENCE_BYTES + (NUMPY_NUMBER_BYTES if numpy else OBJECT_BYTES.get(t.kind, 0))
        return Size(str(total), float(total))

    def octets_of(self, t: Type) -> Size:
        """Return how many bytes a value of a type takes."""
        t = plain(t)
        if isinstance(t, Array):
            item = t.dtype.itemsize if t.dtype is not None else NUMBER_BYTES
            return Size(str(item), float(item)).times(self.elements(t))
        if isinstance(t, Scalar):
            item = np.dtype(t.dtype).itemsize if t.dtype not in (None, "?") else NUMBER_BYTES
            return Size(str(item), float(item))
        if isinstance(t, Tup):
            parts = [self.octets_of(item) for item in t.items]
            known = [part.value for part in parts if part.value is not None]
            text = " + ".join(part.text for part in parts) or "0"
            return Size(text, sum(known) if len(known) == len(parts) else None)
        return Size(UNKNOWN)

    def elements(self, t: Type) -> Size:
        """Return how many elements an array has; a number has one."""
        t = plain(t)
        if not isinstance(t, Array):
            return ONE
        return Size(UNKNOWN) if t.dims is None else product([self.length(dim) for dim in t.dims])

    def length(self, dim: Dim) -> Size:
        """Return the length of an axis."""
        return Size(UNKNOWN) if dim.key is None else self.symbol(dim.key)

    def symbol(self, key: Hashable) -> Size:
        """Return what a symbol of :mod:`diffcompile.analysis.infer.sizes` stands for."""
        match key:
            case int():
                return Size(str(key), float(key))
            case ("size", str(name)):
                return Size(name, self.named.get(name))
            case ("arg", place, int(axis), *_):
                return self._argument(place, axis)
            case ("axis", Value() as value, int(axis)):
                text = UNKNOWN if not value.name else _axis(value.name, axis)
                return Size(text, self._at_start(value, axis))
            case ("value", Value() as value) if value.name:
                given = self.arguments.get(value.name)
                return Size(value.name, float(given) if isinstance(given, int | float) else None)
            case ("length", inner):
                return self.symbol(inner)
            case ("offset", base, int(by)):
                inner = self.symbol(base)
                shown = f"{inner.text} {'-' if by < 0 else '+'} {abs(by)}" if inner.text != UNKNOWN else UNKNOWN
                return Size(shown, None if inner.value is None else max(inner.value + by, 0.0))
            case ("product", *parts):
                return product([self.symbol(part) for part in parts])
            case ("sum", *parts):
                sizes = [self.symbol(part) for part in parts if part != 0]
                known = [size.value for size in sizes if size.value is not None]
                text = " + ".join(size.text for size in sizes)
                return Size(UNKNOWN if UNKNOWN in text else text, sum(known) if len(known) == len(sizes) else None)
            case ("broadcast", left, right):
                one, other = self.symbol(left), self.symbol(right)
                both = one.value is not None and other.value is not None
                larger = max(one.value or 0.0, other.value or 0.0) if both else None
                return Size(f"max({one.text}, {other.text})", larger)
        return Size(UNKNOWN)

    def _argument(self, place: Hashable, axis: int) -> Size:
        """Return the length of an axis of an argument; ``place`` is its name or position, and inside of it a path."""
        path: list[Hashable] = []
        while isinstance(place, tuple) and len(place) == 2:  # noqa: PLR2004 - (place, key)
            place, key = place
            path.insert(0, key)
        if place == "annotation" and path:
            return _annotated(str(path[0]), axis) if len(path) == 1 else Size(UNKNOWN)
        name = self.params[place].name if isinstance(place, int) and place < len(self.params) else str(place)
        value = self.arguments.get(name)
        for key in path:
            try:
                value = None if value is None else value[0 if key == "item" else key]
            except (TypeError, LookupError):
                value = None
        text = name + "".join(f"[{key!r}]" for key in path)
        shape = np.shape(value) if isinstance(value, np.ndarray) else ()
        rank = len(shape)
        found = float(shape[axis]) if axis < rank else None
        return Size(_axis(text, axis), found)

    def _at_start(self, value: Value, axis: int) -> float | None:
        """Return the length that what a loop carries has at the start, which is most often the one that it keeps."""
        maker = self.makers.get(value)
        if maker is not None and maker.callee in (Prim.FOR, Prim.WHILE):
            lead = int(maker.callee is Prim.FOR)
            init: Operand | None = maker.operands[maker.results.index(value) + lead]
        else:
            init = self.inits.get(value)
        t = plain(self.types[init]) if isinstance(init, Value) else None
        dim = t.dims[axis] if isinstance(t, Array) and t.dims is not None and axis < len(t.dims) else None
        return None if dim is None or dim.key == ("axis", value, axis) else self.length(dim).value

    def trips(self, loop: Op) -> Size:
        """Return how often the body of a loop runs."""
        where = f"trips(line {loop.span.line})" if loop.span is not None else "trips"
        if loop.callee is not Prim.FOR or loop.may_stop:
            return Size(where)
        source = loop.operands[0]
        maker = self.makers.get(source) if isinstance(source, Value) else None
        while maker is not None and maker.callee is reversed and isinstance(maker.operands[0], Value):
            maker = self.makers.get(maker.operands[0])
        if maker is not None and maker.callee is range:
            return self._range(maker, where)
        t = plain(self.types[source]) if isinstance(source, Value) else None
        if isinstance(t, Array) and t.dims:
            return self.length(t.dims[0])
        if isinstance(source, Const) and isinstance(source.value, range | tuple | list):
            return Size(str(len(source.value)), float(len(source.value)))
        return Size(where)

    def _range(self, maker: Op, where: str) -> Size:
        numbers = [self.number(operand) for operand in maker.operands]
        if len(numbers) == 1:
            return numbers[0] if numbers[0].text != UNKNOWN else Size(where, numbers[0].value)
        if len(numbers) == 2 and UNKNOWN not in (numbers[0].text, numbers[1].text):  # noqa: PLR2004 - start, stop
            start, stop = numbers
            known = start.value is not None and stop.value is not None
            value = max((stop.value or 0.0) - (start.value or 0.0), 0.0) if known else None
            return Size(stop.text if start.text == "0" else f"({stop.text} - {start.text})", value)
        return Size(where)

    def number(self, operand: Operand) -> Size:
        """Return an integer of the program."""
        if isinstance(operand, Const):
            if isinstance(operand.value, int):
                return Size(str(operand.value), float(operand.value))
            return Size(UNKNOWN)
        t = self.types[operand]
        if isinstance(t, Static) and isinstance(t.value, int):
            return Size(str(t.value), float(t.value))
        if operand.name:
            given = self.arguments.get(operand.name)
            if isinstance(given, int):
                return Size(operand.name, float(given))
        symbol = getattr(plain(t), "symbol", None)
        if symbol is not None:
            found = self.symbol(symbol)
            if found.text != UNKNOWN:
                return found
        return Size(operand.name) if operand.name else Size(UNKNOWN)


def human(octets: float) -> str:
    """Return a number of bytes with a fitting unit.

    >>> human(2_500_000)
    '2.5 MB'
    """
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if octets >= size:
            return f"{octets / size:.3g} {unit}"
    return "unknown" if math.isnan(octets) else f"{octets:.0f} bytes"
