"""Structured SSA: the data types, and nothing else.

A program is a tree of blocks. An operation computes ``results = callee(*operands)``; only ``IF``, ``FOR`` and
``WHILE`` own regions. What other representations write as phi nodes are block parameters and block results here:

* ``IF`` ``(cond)``: two regions without parameters; the results of the one that runs are the results of the op.
* ``FOR`` ``(iterable, *inits)``: one region with parameters ``(item, *carried)`` and results ``carried``.
* ``WHILE`` ``(*inits)``: a region that computes the condition from ``carried``, and one that computes the next
  ``carried``.
* A loop with the attribute ``may_stop`` has a first result in its body that asks: go on?
* A loop with the attribute ``swept`` does forward and reverse sweep of each trip.

Nodes are immutable and compared by identity. Facts about them live in side tables.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from diffcompile.errors import Span


class Prim(enum.Enum):
    """Callees that are syntax rather than functions."""

    IF = "if"
    FOR = "for"
    WHILE = "while"
    TUPLE = "tuple"
    LIST = "list"
    DICT = "dict"
    """``{k: v}`` with operands ``k0, v0, k1, v1, ...``"""
    SET = "set"
    OBJECT = "object"
    """An instance of ``attrs["cls"]`` whose attributes ``attrs["names"]`` are the operands."""
    CALL = "call"
    """A call of a value: operands are the function and its arguments."""
    GLOBAL = "global"
    """A variable that the function does not own: ``attrs['scope']`` looks ``attrs['name']`` up."""
    CLOSURE = "closure"
    """A nested function or lambda: ``attrs['code']``; operands are its captured values, then its defaults."""
    UPDATE_ITEM = "update_item"
    """``base[index] op= value`` with ``attrs['op']`` the pure operator; writes into its first operand."""
    UPDATE = "update"
    """``array op= value``: writes into its first operand."""
    FORMAT = "format"
    """An f-string: operands are its pieces, ``attrs['specs']`` their conversions and format specifications."""
    ASSERT = "assert"
    RAISE = "raise"
    YIELD = "yield"
    """A generator hands a value to its consumer; the result says whether the consumer goes on."""
    SECTION = "section"
    """Nothing but a title, ``attrs["title"]``, for people who read the code."""
    DERIVE = "derive"
    """A derivative of the function that its region is, ``attrs['transform']``; operands are the region's parameters,
    in forward mode then tangents of those at ``attrs['moving']``. It is expanded before anything else looks at it."""
    UNPACK = "unpack"
    """Unpack an iterable: ``attrs['before']`` items, a list if ``attrs['starred']``, ``attrs['after']`` items."""

    __hash__ = object.__hash__  # the one of enumerations is a function in Python, and sets of callees are everywhere

    def __repr__(self) -> str:
        return self.value


class _Undefined:
    """The value of a variable that no path has assigned."""

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED = _Undefined()
NO_ATTRS: Mapping[str, Any] = {}
Callee = Callable[..., Any] | Prim


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A result of an op or a parameter of a block; ``name`` is the user's variable, or empty for a temporary."""

    name: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Const:
    """A Python object known at compile time."""

    value: Any
    name: str = ""
    """How the user's code spells it, where that is not a literal."""


Operand = Value | Const


@dataclass(frozen=True, slots=True, eq=False)
class Op:
    """``results = callee(*operands, **attrs)``; the last ``len(attrs['keywords'])`` operands are passed by name."""

    callee: Callee
    operands: tuple[Operand, ...]
    results: tuple[Value, ...]
    attrs: Mapping[str, Any] = field(default_factory=lambda: NO_ATTRS)
    regions: tuple[Block, ...] = ()
    span: Span | None = None

    @property
    def result(self) -> Value:
        """The only result."""
        (result,) = self.results
        return result

    @property
    def keywords(self) -> tuple[str, ...]:
        """Names of the operands that are passed by keyword, which come last."""
        names: tuple[str, ...] = self.attrs.get("keywords", ())
        return names

    @property
    def may_stop(self) -> bool:
        """Whether the first result of a loop's body asks to go on."""
        return bool(self.attrs.get("may_stop", False))


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Operations in order; ``results`` are what the block hands to the op that owns it."""

    params: tuple[Value, ...]
    ops: tuple[Op, ...]
    results: tuple[Operand, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function: its body's parameters are the arguments, its body's results the returned values."""

    name: str
    body: Block
    path: str = "<unknown>"
    line: int = 0

    @property
    def params(self) -> tuple[Value, ...]:
        """The arguments."""
        return self.body.params


def walk(block: Block) -> Iterator[Op]:
    """Yield every op under ``block`` in program order, an op before those in its regions."""
    stack = [iter(block.ops)]
    while stack:
        for op in stack[-1]:
            yield op
            if op.regions:
                stack.extend(iter(region.ops) for region in reversed(op.regions))
                break
        else:
            stack.pop()


def blocks(block: Block) -> Iterator[Block]:
    """Yield ``block`` and every block under it, outer before inner."""
    yield block
    for op in walk(block):
        yield from op.regions


def untitled(block: Block) -> Block:
    """Return ``block`` without titles of sections, in all that is under it."""
    ops = []
    for op in block.ops:
        if op.regions and any(inner.callee is Prim.SECTION for region in op.regions for inner in walk(region)):
            regions = tuple(map(untitled, op.regions))
            ops.append(Op(op.callee, op.operands, op.results, op.attrs, regions, op.span))
        elif op.callee is not Prim.SECTION:
            ops.append(op)
    return Block(block.params, tuple(ops), block.results)


def renamed(block: Block, names: Mapping[Value, Operand]) -> Block:
    """Return ``block`` with other operands in place of some values, in all that is under it."""
    if not names:
        return block

    def now(operand: Operand) -> Operand:
        return names.get(operand, operand) if isinstance(operand, Value) else operand

    ops = []
    for op in block.ops:
        regions = tuple(renamed(region, names) for region in op.regions)
        ops.append(Op(op.callee, tuple(map(now, op.operands)), op.results, op.attrs, regions, op.span))
    return Block(block.params, tuple(ops), tuple(map(now, block.results)))
