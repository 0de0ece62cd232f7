"""A stage as a graph: operations are boxes in layers, values flow down, loops and branches are boxes around them.

The layout is the classical layered one, block by block: a box stands below all that it depends on, boxes of a layer
are ordered by where their inputs stand, and a block is as large as what it holds.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from diffcompile.analysis.effects import writes
from diffcompile.analysis.types import Type
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value, walk
from diffcompile.ir.printer import callee_name

CHARACTER = 7.2
"""Width of a character of the labels."""
LINE = 16.0
PAD = 8.0
GAP_X, GAP_Y = 18.0, 34.0
SWEEPS = 4
MOST = 1500
SIGNS = {
    operator.add: "+", operator.sub: "-", operator.mul: "*", operator.truediv: "/", operator.pow: "power",
    operator.matmul: "@", operator.neg: "negative", operator.getitem: "[ ]", operator.setitem: "[ ] =",
    Prim.UPDATE: "update", Prim.UPDATE_ITEM: "update [ ]",
}  # fmt: skip
BINARY = {operator.add, operator.sub, operator.mul, operator.truediv, operator.matmul}
LONGEST = 34


@dataclass(slots=True)
class Box:
    """A node: an operation, the parameters of a block, or its results."""

    label: list[str]
    kind: str
    op: Op | None = None
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0
    inner: list[Box] = field(default_factory=list)
    """What the regions of an operation hold."""
    titles: list[tuple[str, float, float]] = field(default_factory=list)
    layer: int = 0


@dataclass(frozen=True, slots=True)
class Edge:
    """A value that flows from one box to another."""

    source: Box
    target: Box


@dataclass(slots=True)
class Graph:
    """A stage, laid out."""

    boxes: list[Box]
    edges: list[Edge]
    width: float
    height: float


class TooLarge(ValueError):  # noqa: N818 - it is caught and told
    """There are more operations than a picture can show."""


def layout(function: Function, types: Mapping[Value, Type]) -> Graph:
    """Return the graph of ``function`` with places for all boxes.

    Raises:
        TooLarge: it has too many operations to be looked at.
    """
    count = sum(1 for _ in walk(function.body))
    if count > MOST:
        raise TooLarge(f"{count} operations are too many for a picture")
    work = _Layout(types)
    boxes, width, height = work.block(function.body, "return")
    _shift(boxes, PAD, PAD)
    return Graph(boxes, work.edges, width + 2 * PAD, height + 2 * PAD)


class _Layout:
    def __init__(self, types: Mapping[Value, Type]) -> None:
        self.types = types
        self.makers: dict[Value, Box] = {}
        self.writers: dict[Value, Box] = {}
        self.edges: list[Edge] = []

    def block(self, block: Block, verb: str) -> tuple[list[Box], float, float]:
        """Lay a block out from its top left corner; return its boxes and its size."""
        boxes: list[Box] = []
        home: dict[Value, Box] = {}
        above: dict[int, list[Box]] = {}
        last: dict[Value, Box] = {}
        for param in block.params:
            box = self._sized(Box([f"{param.name or 'item'}", self._type(param)], "param"))
            home[param] = self.makers[param] = box
            boxes.append(box)
        for op in block.ops:
            if op.callee is Prim.SECTION:
                continue
            box = self._op(op)
            sources = [home[value] for value in _reads(op) if value in home]
            sources += [last[value] for value in _reads(op) if value in last]
            above[id(box)] = sources
            box.layer = 1 + max((one.layer for one in sources), default=0)
            boxes.append(box)
            for result in op.results:
                home[result] = self.makers[result] = box
            if (written := _written(op)) is not None:
                self.writers[written] = box
            last |= dict.fromkeys(_all_written(op), box)
        if block.results:
            box = self._sized(Box([verb, ", ".join(map(self._name, block.results))], "result"))
            box.layer = 1 + max((one.layer for one in boxes), default=0)
            self._connect(box, block.results)
            above[id(box)] = [home[value] for value in block.results if isinstance(value, Value) and value in home]
            boxes.append(box)
        width, height = self._place(boxes, above)
        return boxes, width, height

    def _op(self, op: Op) -> Box:
        if not op.regions:
            box = self._sized(Box(self._label(op), _kind(op), op))
            self._connect(box, op.operands)
            return box
        box = Box(self._label(op), "region", op)
        x, height = PAD, 0.0
        top = LINE + 2 * PAD
        names = {Prim.IF: ("then", "else"), Prim.WHILE: ("condition", "body")}
        for number, region in enumerate(op.regions):
            inner, width, tall = self.block(region, "yield")
            title = names.get(op.callee, ("body",))[number] if isinstance(op.callee, Prim) else "region"
            _shift(inner, x, top + LINE)
            box.titles.append((title, x, top + LINE - 4.0))
            box.inner += inner
            x += width + GAP_X
            height = max(height, tall)
        box.width = max(x - GAP_X + PAD, len(" ".join(box.label)) * CHARACTER + 2 * PAD)
        box.height = top + LINE + height + PAD
        self._connect(box, op.operands)
        return box

    def _connect(self, box: Box, operands: tuple[Operand, ...]) -> None:
        for operand in dict.fromkeys(operands):
            if isinstance(operand, Value):
                source = self.writers.get(operand) or self.makers.get(operand)
                if source is not None and source is not box:
                    self.edges.append(Edge(source, box))

    def _label(self, op: Op) -> list[str]:
        name = SIGNS.get(op.callee) if _hashable(op.callee) else None
        name = name or callee_name(op.callee).removeprefix("numpy.").removeprefix("diffcompile.")
        if op.callee in (Prim.UPDATE, Prim.UPDATE_ITEM):
            name = f"{name} {callee_name(op.attrs['op'])}="
        first = name
        if any(isinstance(operand, Const) for operand in op.operands):
            shown = [callee_name(operand.value) if isinstance(operand, Const) else "·" for operand in op.operands]
            binary = op.callee in BINARY if _hashable(op.callee) else False
            first = f" {name} ".join(shown) if binary else f"{name}({', '.join(shown)})"
        second = ", ".join(f"{result.name} {self._type(result)}".strip() for result in op.results)
        return [_short(first), *([_short(second)] if second else [])]

    def _name(self, operand: Operand) -> str:
        if isinstance(operand, Const):
            return callee_name(operand.value)
        return operand.name or "·"

    def _type(self, value: Value) -> str:
        return repr(self.types[value]) if value in self.types else ""

    def _sized(self, box: Box) -> Box:
        box.label = [_short(line) for line in box.label if line]
        box.width = max((len(line) for line in box.label), default=1) * CHARACTER + 2 * PAD
        box.height = len(box.label) * LINE + PAD
        return box

    def _place(self, boxes: list[Box], above: dict[int, list[Box]]) -> tuple[float, float]:
        """Give every box of a block its place: layers from above to below, in each by where the neighbours stand."""
        below: dict[int, list[Box]] = {}
        for box in boxes:
            for source in above.get(id(box), ()):
                below.setdefault(id(source), []).append(box)
        for box in reversed(boxes):  # what depends on nothing stands just above what needs it
            if box.kind != "param" and not above.get(id(box)) and below.get(id(box)):
                box.layer = max(min(one.layer for one in below[id(box)]) - 1, 1)
        layers: dict[int, list[Box]] = {}
        for box in boxes:
            layers.setdefault(box.layer, []).append(box)
        order = sorted(layers)
        for number in order:
            _row(layers[number], above)
        for _ in range(SWEEPS):
            for number in reversed(order):
                _row(layers[number], below)
            for number in order:
                _row(layers[number], above)
        y = 0.0
        for number in order:
            for box in layers[number]:
                box.y = y
            y += max(box.height for box in layers[number]) + GAP_Y
        left = min((box.x for box in boxes), default=0.0)
        for box in boxes:
            box.x -= left
            _shift(box.inner, box.x, box.y)
            box.titles = [(text, x + box.x, ty + box.y) for text, x, ty in box.titles]
        return max((box.x + box.width for box in boxes), default=0.0), max(y - GAP_Y, 0.0)


def _row(layer: list[Box], neighbours: dict[int, list[Box]]) -> None:
    """Put the boxes of a layer side by side, each as near to the middle of its neighbours as the others let it."""
    wanted = {}
    for box in layer:
        near = neighbours.get(id(box), ())
        middle = sum(one.x + one.width / 2.0 for one in near) / len(near) if near else box.x + box.width / 2.0
        wanted[id(box)] = middle - box.width / 2.0
    layer.sort(key=lambda box: wanted[id(box)] + box.width / 2.0)
    x = -math.inf
    for box in layer:
        box.x = max(wanted[id(box)], x)
        x = box.x + box.width + GAP_X
    back = sum(box.x - wanted[id(box)] for box in layer) / len(layer)
    for box in layer:
        box.x -= back


def _shift(boxes: list[Box], dx: float, dy: float) -> None:
    for box in boxes:
        box.x += dx
        box.y += dy
        box.titles = [(text, x + dx, y + dy) for text, x, y in box.titles]
        _shift(box.inner, dx, dy)


def _reads(op: Op) -> list[Value]:
    """Return what an operation and all inside of it read."""
    found = [operand for operand in op.operands if isinstance(operand, Value)]
    for region in op.regions:
        for inner in walk(region):
            found += [operand for operand in inner.operands if isinstance(operand, Value)]
        found += [result for result in region.results if isinstance(result, Value)]
    return list(dict.fromkeys(found))


def _written(op: Op) -> Value | None:
    return op.operands[0] if writes(op) and op.operands and isinstance(op.operands[0], Value) else None


def _all_written(op: Op) -> list[Value]:
    """Return what an operation, or one inside of it, writes to."""
    found = [_written(op)] + [_written(inner) for region in op.regions for inner in walk(region)]
    return [value for value in found if value is not None]


def _kind(op: Op) -> str:
    if writes(op):
        return "write"
    if op.callee in (list.append, list.pop) or op.callee is Prim.LIST:
        return "storage"
    return "op"


def _hashable(callee: Any) -> bool:
    try:
        hash(callee)
    except TypeError:
        return False
    return True


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
