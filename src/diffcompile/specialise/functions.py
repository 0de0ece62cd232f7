"""The code of Python functions: read and lowered once, whoever calls them."""

from __future__ import annotations

import types as pytypes
import weakref
from typing import TYPE_CHECKING, Any

from diffcompile import calling
from diffcompile.errors import UnsupportedError
from diffcompile.frontend.lower import Code, code_of
from diffcompile.frontend.source import consulted, read_source
from diffcompile.ir.core import Function, Op, Prim
from diffcompile.passes.dead_code import eliminate_dead_code
from diffcompile.specialise.items import (
    NONE,
    UNBOUND,
    BoundItem,
    ClosureItem,
    Item,
    TupleItem,
    is_undefined,
)

if TYPE_CHECKING:
    from diffcompile.specialise.building import Building

_CODES: weakref.WeakKeyDictionary[Any, tuple[Any, Code]] = weakref.WeakKeyDictionary()


def function_code(fun: pytypes.FunctionType) -> Code:
    """Return the code of a Python function, read once, and lowered when it is asked for.

    Raises:
        NoSourceError: its text cannot be found.
    """
    found = _CODES.get(fun)
    if found is None or found[0] is not fun.__code__:
        code = code_of(read_source(fun), finish=_without_dead_code)
        found = _CODES[fun] = (fun.__code__, code)
    consulted(found[1].source)
    return found[1]


def _without_dead_code(function: Function) -> Function:
    return eliminate_dead_code(function, surely_pure)


def surely_pure(op: Op) -> bool:
    """Tell whether an op of untyped code has no effect, whatever its operands are.

    A ``for`` loop may run a generator, or the ``__next__`` of an object.
    """
    return op.callee in (Prim.TUPLE, Prim.GLOBAL, Prim.CLOSURE, Prim.IF, Prim.WHILE, slice)


def lowered(spec: Building, code: Code) -> Function:
    """Return the SSA of a function, whose loops share their variables with the functions in them if one is kept."""
    sharing = code in spec.memory.sharing
    function = code.function(sharing)
    if ("pruned", id(function)) not in code.source.cache:
        function = code.lowered[sharing] = _without_dead_code(function)
        code.source.cache["pruned", id(function)] = function
    return function


calling.hooks.code_of_function = function_code


def captured(item: ClosureItem | BoundItem) -> Item:
    """Return a function with what it captures, as a tuple that can be kept and called.

    Raises:
        UnsupportedError: it sees a variable that is assigned later.
    """
    if isinstance(item, BoundItem):
        if not callable(item.function):
            raise UnsupportedError("a method of an array is used as data", advice="use a lambda")
        names = tuple(name for name, _ in item.keywords)
        parts = (*item.args, *(value for _, value in item.keywords))
        name = getattr(item.function, "__name__", "function")
        return TupleItem(parts, calling.captured_class(item.function, name, len(parts), names, False))
    code = item.code
    if item.late:
        raise UnsupportedError(
            f"{code.name} is used as data, and captures a variable that is assigned after {code.name} is defined",
            why="which value a call sees is only known at run time here",
            advice="assign the variable before, or pass it as an argument",
        )
    parts = tuple(NONE if is_undefined(part) else part for part in (*item.captured, *item.defaults))
    return TupleItem(parts, calling.captured_class(code, code.name, len(parts), (), True))


def opened(cls: type[calling.Captured], parts: list[Item]) -> ClosureItem | BoundItem:
    """Return the function that a tuple of this class is."""
    if cls.nested:
        code: Code = cls.function
        count = len(code.captures)
        own = [UNBOUND if name == code.name else part for name, part in zip(code.captures, parts, strict=False)]
        return ClosureItem(code, tuple(own), tuple(parts[count:]))
    split = len(parts) - len(cls.keywords)
    return BoundItem(cls.function, tuple(parts[:split]), tuple(zip(cls.keywords, parts[split:], strict=True)))

def closure(spec: Building, op: Op, args: list[Item]) -> Item:
    """Return a nested function with what it sees where it is made."""
    code: Code = op.attrs["code"]
    count = len(code.captures)
    flags = op.attrs.get("late", False), spec.stack[-1] if op.attrs.get("rebound", False) and spec.stack else None
    return ClosureItem(code, tuple(args[:count]), tuple(args[count:]), *flags)
