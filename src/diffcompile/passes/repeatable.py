"""A reverse sweep that may run any number of times after one forward sweep: what it consumes, it puts back.

    before: y = saved_y.pop(); ...; u[1:] = old; u_bar[1:] += y
    after:  saved_y_1 = saved_y.copy(); kept = u.copy(); ...; y = saved_y_1.pop(); u[1:] = old; ...; u[...] = kept

Lists that only the reverse sweep takes from are copied, which costs a reference an item. Memory of the forward sweep
that it writes to, the primal's that it restores and the shadows that were made beside it, is put back at its end.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.aliasing import AliasClass, Aliases, find_aliases
from diffcompile.analysis.effects import READ_ONLY, WRITES_TWO, writes
from diffcompile.analysis.types import ANY, Array, Type
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value, blocks, walk

_INTO_ITEMS = {dynamic.add_item, dynamic.add_in_place, dynamic.give_item, dynamic.add_items, dynamic.rearrange}
"""Callees that may write to what their first operand holds."""


def make_repeatable(function: Function, types: dict[Value, Type], values: int) -> Function:
    """Return a pair's ``function`` with a reverse sweep that leaves what the forward sweep made as it was.

    Args:
        function: The forward and the reverse sweep, one after the other.
        types: The types of its values; those of new values are added.
        values: How many of its results are those of the forward sweep.
    """
    ops = function.body.ops
    start = next((n for n, op in enumerate(ops) if op.attrs.get("title") == "reverse sweep"), len(ops))
    sweep = Block((), ops[start + 1 :], function.body.results[values:])
    work = _Sweep(function, start, sweep, types)
    lists, memory = work.consumed()
    if not (lists or memory):
        return function
    first: list[Op] = []
    last: list[Op] = []
    names: dict[Value, Operand] = {}
    for taken in lists:
        names[taken] = copy = work.new(taken.name, types[taken])
        first.append(Op(list.copy, (taken,), (copy,)))
    for save, put_back in work.kept(memory):
        first.append(save)
        last.append(put_back)
    sweep = _renamed(sweep, names)
    results = [work.own(result, memory, last) for result in sweep.results]
    copies = [op for op in last if op.results]
    restores = [op for op in last if not op.results]
    changed = (*ops[: start + 1], *first, *sweep.ops, *copies, *restores)
    body = replace(function.body, ops=changed, results=(*function.body.results[:values], *results))
    return replace(function, body=body)


class _Sweep:
    """What a reverse sweep takes from the forward sweep before it."""

    def __init__(self, function: Function, start: int, sweep: Block, types: dict[Value, Type]) -> None:
        self.types = types
        self.sweep = sweep
        self.aliases: Aliases = find_aliases(function, types)
        self.before = set(function.params)
        self.before.update(result for op in function.body.ops[:start] for result in op.results)
        self.made = {op.result: op for op in function.body.ops[:start] if len(op.results) == 1}
        self.read_only = {self.aliases.of(result) for result, op in self.made.items() if op.callee in READ_ONLY}
        """Classes of memory of which there are views that cannot be written to."""
        self.chosen = {result for op in function.body.ops[:start] if op.regions for result in op.results}

    def new(self, name: str, t: Type) -> Value:
        """Return a new value."""
        value = Value(name)
        self.types[value] = t
        return value

    def consumed(self) -> tuple[list[Value], list[Value]]:
        """Return the lists that the sweep takes from, and other references of which it changes the memory."""
        popped: dict[Value, None] = {}
        touched: set[AliasClass] = set()
        for op in walk(self.sweep):
            if not writes(op):
                continue
            bases = op.operands[:2] if op.callee in WRITES_TWO else op.operands[:1]
            for base in bases:
                if op.callee is list.pop and isinstance(base, Value) and self._is_stack(base):
                    popped[base] = None
                    continue
                node = self.aliases.of(base)
                if node is not None:
                    touched.add(node)
                    if op.callee in _INTO_ITEMS and node.content is not None:
                        touched.add(node.content.root())
        memory = [value for value in self._captured() if any(node in touched for node in self.reached(value))]
        lists = [value for value in popped if value not in memory]
        return lists, memory

    def _is_stack(self, value: Value) -> bool:
        """Tell whether a value is a list that the forward sweep made for the reverse sweep alone."""
        op = self.made.get(value)
        node = self.aliases.of(value)
        return op is not None and op.callee is Prim.LIST and node is not None and node.members == [value]

    def _captured(self) -> Iterator[Value]:
        """Return the values of the forward sweep that the sweep uses, each once, but for functions that it calls."""
        found: dict[Value, None] = {}
        for block in blocks(self.sweep):
            used = (operand for op in block.ops for operand in op.operands[op.callee is Prim.CALL :])
            for operand in (*used, *block.results):
                if isinstance(operand, Value) and operand in self.before:
                    found[operand] = None
        return iter(found)

    def reached(self, value: Operand) -> list[AliasClass]:
        """Return the alias classes of a reference and of what it holds."""
        found: list[AliasClass] = []
        node = self.aliases.of(value)
        while node is not None and node not in found:
            found.append(node)
            node = node.content.root() if node.content is not None else None
        return found

    def kept(self, memory: list[Value]) -> Iterator[tuple[Op, Op]]:
        """Return the operations that keep the contents of memory, and those that put them back."""
        if all(self._is_array(value) for value in memory):
            for value in memory:
                kept = self.new(f"kept_{value.name}" if value.name else "kept", self.types[value])
                yield Op(np.ndarray.copy, (value,), (kept,)), Op(operator.setitem, (value, Const(Ellipsis), kept), ())
        else:
            kept = self.new("kept", ANY)
            yield Op(dynamic.contents, tuple(memory), (kept,)), Op(dynamic.put_back, (kept,), ())

    def _is_array(self, value: Value) -> bool:
        """Tell whether a value surely is an array to write to, not None out of a branch that was not taken."""
        t = self.types[value]
        writable = self.aliases.of(value) not in self.read_only
        return isinstance(t, Array) and bool(t.dims) and value not in self.chosen and writable

    def own(self, result: Operand, memory: list[Value], last: list[Op]) -> Operand:
        """Return a result of the sweep; one that refers to memory that is put back is copied before."""
        nodes = {node for value in memory for node in self.reached(value)}
        if not isinstance(result, Value) or nodes.isdisjoint(self.reached(result)):
            return result
        copy = self.new(result.name, self.types[result])
        callee: Any = np.ndarray.copy if isinstance(self.types[result], Array) else dynamic.own
        last.append(Op(callee, (result,), (copy,)))
        return copy


def _renamed(block: Block, names: dict[Value, Operand]) -> Block:
    def now(operand: Operand) -> Operand:
        return names.get(operand, operand) if isinstance(operand, Value) else operand

    ops = (
        replace(
            op, operands=tuple(map(now, op.operands)), regions=tuple(_renamed(region, names) for region in op.regions)
        )
        for op in block.ops
    )
    return replace(block, ops=tuple(ops), results=tuple(map(now, block.results)))


__all__ = ["make_repeatable"]
