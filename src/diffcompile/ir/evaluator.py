"""The reference evaluator: what a program means, at every stage from lowering to the optimised adjoint.

It is slow and obvious on purpose. A pass is right if ``evaluate(before, args) == evaluate(after, args)``;
generated code is right if it agrees with ``evaluate`` of the program that it was written from.

The stages differ only in their callees. After lowering, a call is ``CALL`` of a value, names are looked up by
``GLOBAL``, and ``x += y`` is a function of :mod:`operator`; after specialisation, callees are functions.
Open regions are kept on a stack of its own: a program may be as long and as deep as memory allows.
"""

from __future__ import annotations

import inspect
import operator
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from diffcompile import dynamic
from diffcompile.ir.core import UNDEFINED, Block, Const, Function, Op, Operand, Prim, Value

INPLACE: dict[Any, Callable[[Any, Any], Any]] = {
    operator.add: operator.iadd, operator.sub: operator.isub, operator.mul: operator.imul,
    operator.truediv: operator.itruediv, operator.floordiv: operator.ifloordiv, operator.mod: operator.imod,
    operator.pow: operator.ipow, operator.matmul: operator.imatmul, operator.and_: operator.iand,
    operator.or_: operator.ior, operator.xor: operator.ixor, operator.lshift: operator.ilshift,
    operator.rshift: operator.irshift,
}  # fmt: skip
KINDS = {
    "positional": inspect.Parameter.POSITIONAL_ONLY,
    "any": inspect.Parameter.POSITIONAL_OR_KEYWORD,
    "args": inspect.Parameter.VAR_POSITIONAL,
    "keyword": inspect.Parameter.KEYWORD_ONLY,
    "kwargs": inspect.Parameter.VAR_KEYWORD,
}


def evaluate(function: Function, args: Sequence[Any]) -> Any:
    """Return what ``function`` returns for ``args``, one for each parameter: a value, or a tuple of several.

    Memory is real: arguments that the program writes to are written to.

    Raises:
        TypeError: the number of arguments is wrong.
        Exception: whatever the program raises.
    """
    wanted = len(function.params)
    if len(args) != wanted:
        raise TypeError(f"{function.name} has {wanted} parameters, but {len(args)} arguments were given")
    machine = _Machine()
    results = machine.run(function.body, args)
    if machine.yielded:
        return machine.yielded
    return results[0] if len(results) == 1 else tuple(results)


@dataclass(slots=True)
class _Frame:
    """A block that is being run, and what happens when it is done."""

    block: Block
    ops: Iterator[Op]
    owner: Op | None
    items: Iterator[Any] | None = None
    """What is left to loop over, in the body of a ``FOR``."""
    carried: tuple[Any, ...] = ()
    """The values that the trip started with."""


class _Machine:
    """One activation of a function: the values by their names, and the blocks that are open."""

    def __init__(self) -> None:
        self.values: dict[Value, Any] = {}
        self.frames: list[_Frame] = []
        self.yielded: list[Any] = []

    def run(self, body: Block, args: Sequence[Any]) -> list[Any]:
        self.enter(body, args, None)
        while (results := self.advance()) is None:
            pass
        return results

    def items(self, body: Block, args: Sequence[Any]) -> Iterator[Any]:
        """Run the body of a generator as far as it is asked for items."""
        self.enter(body, args, None)
        while self.advance() is None:
            while self.yielded:
                yield self.yielded.pop(0)

    def advance(self) -> list[Any] | None:
        """Do one operation, or leave a block; return the results when all is done."""
        frame = self.frames[-1]
        op = next(frame.ops, None)
        if op is not None:
            self.step(op)
            return None
        results = [self.read(result) for result in frame.block.results]
        self.frames.pop()
        if frame.owner is None:
            return results
        self.leave(frame, frame.owner, results)
        return None

    def read(self, operand: Operand) -> Any:
        return operand.value if isinstance(operand, Const) else self.values[operand]

    def enter(
        self, block: Block, args: Sequence[Any], owner: Op | None, items: Iterator[Any] | None = None
    ) -> None:
        self.values.update(zip(block.params, args, strict=True))
        carried = tuple(args[1:] if items is not None else args)
        self.frames.append(_Frame(block, iter(block.ops), owner, items, carried))

    def finish(self, op: Op, results: Sequence[Any]) -> None:
        self.values.update(zip(op.results, results, strict=True))

    # -- regions ---------------------------------------------------------------------------------------------

    def step(self, op: Op) -> None:
        operands = [self.read(operand) for operand in op.operands]
        match op.callee:
            case Prim.IF:
                self.enter(op.regions[0 if operands[0] else 1], (), op)
            case Prim.FOR:
                self.next_trip(op, iter(operands[0]), operands[1:])
            case Prim.WHILE:
                self.enter(op.regions[0], operands, op)
            case Prim.YIELD:
                self.yielded.append(operands[0])
                self.finish(op, [True])
            case _:
                self.simple(op, operands)

    def next_trip(self, op: Op, items: Iterator[Any], carried: Sequence[Any]) -> None:
        try:
            item = next(items)  # `for` would ask a user's iterator for an iterator in each trip
        except StopIteration:
            self.finish(op, carried)
        else:
            self.enter(op.regions[0], (item, *carried), op, items)

    def leave(self, frame: _Frame, op: Op, results: list[Any]) -> None:
        if op.callee is Prim.IF:
            self.finish(op, results)
            return
        if op.callee is Prim.WHILE and frame.block is op.regions[0]:
            if results[0]:
                self.enter(op.regions[1], frame.carried, op)
            else:
                self.finish(op, frame.carried)
            return
        go_on = results.pop(0) if op.may_stop else True
        if not go_on:
            self.finish(op, results)
        elif frame.items is not None:
            self.next_trip(op, frame.items, results)
        else:
            self.enter(op.regions[0], results, op)

    # -- operations without regions --------------------------------------------------------------------------

    def simple(self, op: Op, operands: list[Any]) -> None:
        if op.callee is Prim.UNPACK:
            self.finish(op, _unpacked(operands[0], *(op.attrs[name] for name in ("before", "starred", "after"))))
            return
        callee = op.callee
        result = _PRIMS[callee](op, operands) if isinstance(callee, Prim) else _apply(op, callee, operands)
        if op.results:
            self.finish(op, [result])


def _apply(op: Op, callee: Callable[..., Any], operands: list[Any]) -> Any:
    """Call ``callee`` with the operands, the last of them by keyword; a name that is None means ``**``."""
    if callee in (dynamic.zeros_like, dynamic.match) and operands[-1] is UNDEFINED:
        return 0.0  # nobody assigned the variable, so nobody reads its cotangent
    names: tuple[str | None, ...] = op.keywords
    split = len(operands) - len(names)
    keywords: dict[str, Any] = {}
    for name, value in zip(names, operands[split:], strict=True):
        if name is not None:
            keywords[name] = value
            continue
        for key in value:
            if key in keywords:
                raise TypeError(f"{callee.__qualname__}() got multiple values for keyword argument {key!r}")
            keywords[key] = value[key]
    if isinstance(callee, types.MethodDescriptorType) and not isinstance(operands[0], callee.__objclass__):
        callee = getattr(type(operands[0]), callee.__name__)  # `np.ndarray.item` stands for `x.item()`
    return callee(*operands[:split], **keywords)


def _update_item(op: Op, operands: list[Any]) -> None:
    base, index, value, *old = operands
    base[index] = INPLACE[op.attrs["op"]](old[0] if old else base[index], value)


def _update(op: Op, operands: list[Any]) -> None:
    if INPLACE[op.attrs["op"]](*operands) is not operands[0]:
        raise TypeError(f"an update in place of {type(operands[0]).__name__}, which cannot change")


def _assert(op: Op, operands: list[Any]) -> None:
    if not operands[0]:
        raise AssertionError


def _call(op: Op, operands: list[Any]) -> Any:
    """Call the first operand; the positions in ``starred`` count it."""
    split = len(operands) - len(op.keywords)
    positional = _expanded(op, operands[:split])
    return _apply(op, positional[0], [*positional[1:], *operands[split:]])


def _tuple(op: Op, items: Any) -> Any:
    cls = op.attrs.get("cls", tuple)
    return cls(*items) if hasattr(cls, "_fields") else cls(items)


def _expanded(op: Op, operands: list[Any]) -> list[Any]:
    """Return the operands with the starred ones replaced by their items."""
    starred = op.attrs.get("starred", ())
    if not starred:
        return operands
    items: list[Any] = []
    for number, operand in enumerate(operands):
        if number in starred:
            items.extend(operand)
        else:
            items.append(operand)
    return items


def _dict(op: Op, operands: list[Any]) -> dict[Any, Any]:
    """Return a dict display; the pairs in ``spread`` stand for ``**mapping``."""
    spread = op.attrs.get("spread", ())
    made: dict[Any, Any] = {}
    for number, (key, value) in enumerate(zip(operands[::2], operands[1::2], strict=True)):
        made.update(value if number in spread else {key: value})
    return made


def _unpacked(iterable: Any, before: int, starred: bool, after: int) -> list[Any]:
    """Return the parts of ``a, b, *c, d = iterable``; raises ValueError in Python's words."""
    wanted = before + after
    items: list[Any] = []
    for item in iterable:
        items.append(item)
        if not starred and len(items) > wanted:
            raise ValueError(f"too many values to unpack (expected {wanted})")
    if len(items) < wanted:
        least = "at least " if starred else ""
        raise ValueError(f"not enough values to unpack (expected {least}{wanted}, got {len(items)})")
    if not starred:
        return items
    end = len(items) - after
    return [*items[:before], items[before:end], *items[end:]]


def _formatted(op: Op, pieces: list[Any]) -> str:
    specs: tuple[str | None, ...] = op.attrs["specs"]
    texts = []
    for piece, spec in zip(pieces, specs, strict=True):
        texts.append(piece if spec is None else f"{{{spec}}}".format(piece))
    return "".join(texts)


def _raise(op: Op, operands: list[Any]) -> None:
    if not operands:
        raise RuntimeError("No active exception to reraise")
    if len(operands) == 1:
        raise operands[0]
    raise operands[0] from operands[1]


def _global(op: Op, operands: list[Any]) -> Any:
    """Look a global up; ``globals`` is that of the function, not that of this module."""
    scope = op.attrs["scope"]
    found = scope.lookup(op.attrs["name"])
    return (lambda: scope.globals) if found is globals else found


def _closure(code: Any, operands: list[Any]) -> Callable[..., Any]:
    """Return a nested function: the operands are its captured values, then its defaults.

    A function that captures itself has an undefined value there, as it does not exist yet.
    """
    count = len(code.captures)
    captured, defaults = operands[:count], iter(operands[count:])
    signature = _signature(code.parameters, defaults)

    def call(*args: Any, **keywords: Any) -> Any:
        bound = signature.bind(*args, **keywords)
        bound.apply_defaults()
        seen = [
            call if value is UNDEFINED and name == code.name else value
            for name, value in zip(code.captures, captured, strict=True)
        ]
        given = [*seen, *bound.arguments.values()]
        if not code.is_generator:
            return evaluate(code.function(), given)
        if code.name == "<genexpr>":  # it asks for the iterator of its source at once, and only once
            given = [*given[:-1], (item for item in given[-1])]
        return _Machine().items(code.function().body, given)

    call.__name__ = call.__qualname__ = code.name
    return call


def _signature(parameters: Sequence[Any], defaults: Iterator[Any]) -> inspect.Signature:
    """Return the signature of a nested function; defaults come positional first, as in the source."""
    found: dict[str, Any] = {}
    for only_keywords in (False, True):
        for parameter in parameters:
            if parameter.has_default and (parameter.kind == "keyword") is only_keywords:
                found[parameter.name] = next(defaults)
    missing = inspect.Parameter.empty
    return inspect.Signature(
        [inspect.Parameter(p.name, KINDS[p.kind], default=found.get(p.name, missing)) for p in parameters]
    )


_PRIMS: dict[Prim, Callable[[Op, list[Any]], Any]] = {
    Prim.CALL: _call,
    Prim.GLOBAL: _global,
    Prim.CLOSURE: lambda op, operands: _closure(op.attrs["code"], operands),
    Prim.TUPLE: lambda op, operands: _tuple(op, _expanded(op, operands)),
    Prim.LIST: _expanded,
    Prim.SET: lambda op, operands: set(_expanded(op, operands)),
    Prim.OBJECT: lambda op, operands: dynamic.instance(
        op.attrs["cls"], **dict(zip(op.attrs["names"], operands, strict=True))
    ),
    Prim.DICT: _dict,
    Prim.UPDATE_ITEM: _update_item,
    Prim.UPDATE: _update,
    Prim.FORMAT: _formatted,
    Prim.ASSERT: _assert,
    Prim.RAISE: _raise,
    Prim.SECTION: lambda op, operands: None,
}
__all__ = ["evaluate"]
