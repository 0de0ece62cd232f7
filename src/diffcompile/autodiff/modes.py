"""How each active value keeps its cotangent: as a value, in a buffer, or in the shadow of written memory.

* ``value``: nothing writes to the primal and contributions come as wholes: the cotangent is a value that is rebound.
* ``buffer``: nothing writes to the primal, but contributions come item by item or from inside a loop: the cotangent
  is an array of zeros, made where the reverse sweep enters the primal's block, that is added to in place.
* ``memory``: the primal's alias class is written: the cotangent is a shadow with the same views and the same flow.
"""

from __future__ import annotations

import enum
import operator

from diffcompile.analysis.activity import Activity
from diffcompile.analysis.aliasing import AliasClass, Aliases
from diffcompile.analysis.infer import new_axes
from diffcompile.analysis.types import ANY, NUMBER, Array, Dct, Lst, Obj, Scalar, Static, Tup, Type, plain
from diffcompile.ir.core import UNDEFINED, Block, Const, Function, Prim, Value


class Mode(enum.Enum):
    """See the module's text."""

    NONE = "none"
    VALUE = "value"
    BUFFER = "buffer"
    MEMORY = "memory"


class Modes:
    """Decides and remembers the mode of each value."""

    def __init__(self, function: Function, types: dict[Value, Type], aliases: Aliases, activity: Activity) -> None:
        self.types = types
        self.aliases = aliases
        self.activity = activity
        self.indexed: set[Value] = set()
        self.crossing: set[Value] = set()
        """Values that a loop inside their block reads."""
        self.unbound: set[Value] = set()
        """Results of branches that one of them does not assign: gradients of gradients have them."""
        self.loops: dict[Value, Block | None] = {}
        self.known: dict[Value, Mode] = {}
        self.rotating: set[AliasClass] = set()
        """Classes whose references are exchanged in loops: the reverse sweep knows which is which."""
        self._vague: set[AliasClass] | None = None
        self._scan(function.body, None)

    def _scan(self, block: Block, loop: Block | None) -> None:
        for param in block.params:
            self.loops[param] = loop
        for op in block.ops:
            for operand in op.operands:
                if isinstance(operand, Value) and self.loops[operand] is not loop:
                    self.crossing.add(operand)
            if (
                op.callee is getattr
                and isinstance(op.operands[0], Value)
                and isinstance(self.types[op.operands[0]], Obj)
            ):
                self.indexed.add(op.operands[0])
            if op.callee is operator.getitem or (op.callee is Prim.UNPACK and not self._is_tuple(op.operands[0])):
                base = op.operands[0]
                whole = op.callee is operator.getitem and self._adds_axes(base, op.operands[1])
                if isinstance(base, Value) and not whole:
                    self.indexed.add(base)
            for region in op.regions:
                inner = loop if op.callee is Prim.IF else region
                self._scan(region, inner)
            for number, result in enumerate(op.results):
                self.loops[result] = loop
                if op.callee is Prim.IF and any(self._is_unbound(region.results[number]) for region in op.regions):
                    self.unbound.add(result)
        for operand in block.results:
            if isinstance(operand, Value) and self.loops[operand] is not loop:
                self.crossing.add(operand)

    def _adds_axes(self, base: object, index: object) -> bool:
        """Tell whether ``base[index]`` is all of it, with new axes."""
        if not isinstance(base, Value):
            return False
        t = self.types[index] if isinstance(index, Value) else Static(getattr(index, "value", index))
        return new_axes(self.types[base], t) is not None

    def _is_unbound(self, operand: object) -> bool:
        if isinstance(operand, Const):
            return operand.value is UNDEFINED
        return operand in self.unbound

    def _is_tuple(self, operand: object) -> bool:
        return isinstance(operand, Value) and isinstance(self.types[operand], Tup)

    def of(self, value: object) -> Mode:
        """Return the mode of ``value``."""
        if not isinstance(value, Value):
            return Mode.NONE
        found = self.known.get(value)
        if found is None:
            found = self.known[value] = self._decide(value)
        return found

    def _decide(self, value: Value) -> Mode:
        if not self.activity.is_active(value):
            return Mode.NONE
        t = plain(self.types[value])
        if isinstance(t, Scalar):
            return Mode.VALUE
        if self.is_memory(value):
            return Mode.MEMORY
        holds_items = isinstance(t, Array | Lst | Dct | Tup | Obj)
        if holds_items and value not in self.unbound and (value in self.indexed or value in self.crossing):
            return Mode.BUFFER
        return Mode.VALUE

    def is_memory(self, value: Value) -> bool:
        """Tell whether references of the class of ``value``, or what they hold, are written through."""
        node = self.aliases.of(value)
        if node is None:
            return False
        return node.written or (isinstance(self.types[value], Lst | Dct | Tup | Obj) and node.deep_written())

    def flows(self, value: Value) -> bool:
        """Tell whether the shadow of ``value`` is made in the forward sweep."""
        node = self.aliases.of(value)
        if node in self.rotating:
            return False
        return node is not None and (node.flows or node in self._vague_classes() or self.holds_memory(value))

    def _vague_classes(self) -> set[AliasClass]:
        """Return the classes with references to what may be a container, for all that is known."""
        if self._vague is None:
            self._vague = {node.root() for value, node in self.aliases.nodes.items() if self.types[value] is ANY}
        return self._vague

    def holds_memory(self, value: Value) -> bool:
        """Tell whether ``value`` is a container of references to written memory."""
        node = self.aliases.of(value)
        if node is None or isinstance(self.types[value], Array):
            return False
        itself = node.content is not None and node.content.root() is node and node.written
        return node.holds_written() or (itself and isinstance(self.types[value], Lst | Dct | Tup | Obj))

    def is_uncertain(self, value: Value) -> bool:
        """Tell whether it is only known at run time if ``value`` is memory or a number."""
        return self.types[value] in (ANY, NUMBER)
