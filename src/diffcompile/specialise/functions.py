"""The code of Python functions: read and lowered once, whoever calls them."""

from __future__ import annotations

import types as pytypes
import weakref
from typing import TYPE_CHECKING, Any

from diffcompile import calling
from diffcompile.frontend.lower import Code, code_of
from diffcompile.frontend.source import read_source
from diffcompile.ir.core import Op, Prim
from diffcompile.passes.dead_code import eliminate_dead_code

if TYPE_CHECKING:
    pass


_CODES: weakref.WeakKeyDictionary[Any, tuple[Any, Code]] = weakref.WeakKeyDictionary()


def function_code(fun: pytypes.FunctionType) -> Code:
    """Return the lowered code of a Python function, read once.

    Raises:
        NoSourceError: its text cannot be found.
        UnsupportedError: it uses constructs outside the subset.
    """
    found = _CODES.get(fun)
    if found is None or found[0] is not fun.__code__:
        code = code_of(read_source(fun))
        code.lowered.append(eliminate_dead_code(code.function(), surely_pure))
        code.lowered.pop(0)
        found = _CODES[fun] = (fun.__code__, code)
    return found[1]


def surely_pure(op: Op) -> bool:
    """Tell whether an op of untyped code has no effect, whatever its operands are."""
    return op.callee in (Prim.TUPLE, Prim.GLOBAL, Prim.CLOSURE, slice)


calling.code_of_function = function_code
