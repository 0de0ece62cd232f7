"""Numbers that are written out and read again: no derivative would come through, and not because there is none.

``float(str(x))`` is ``x``. That a text was made of a number that varies is remembered of the text, and of the lists and
arrays that hold it; to read a number from it is refused.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import calling
from diffcompile.analysis.types import ANY, STRING, Array, Lst, Scalar, Tup, Type, may_carry_derivative, plain
from diffcompile.errors import UnsupportedError
from diffcompile.ir.core import Operand, Prim, Value
from diffcompile.rules import registry

if TYPE_CHECKING:
    from diffcompile.specialise.building import Building

WRITING: set[Any] = {str, repr, format, Prim.FORMAT, np.ndarray.tobytes, np.ndarray.astype, np.array2string, str.format}
READING: set[Any] = {
    float, complex, np.float64, np.float32, np.float16, np.longdouble, np.complex128, np.complex64,
    np.array, np.asarray, np.asanyarray, np.ndarray.astype, np.fromstring, np.frombuffer,
}  # fmt: skip
_GATHERING: set[Any] = {Prim.TUPLE, Prim.LIST, Prim.FORMAT, operator.add, operator.mod, calling.call_dynamic}
_PARSING = {"ast", "csv", "decimal", "fractions", "json"}
"""Modules whose functions read numbers from a text, whichever argument it is."""
_TAKING: set[Any] = {operator.getitem, getattr, Prim.UNPACK, list, tuple, dict}
"""Callees that take something from what may be a text, a number read from it, or a container of these."""


def note(spec: Building, callee: Any, operands: Sequence[Operand], result: Value) -> None:
    """Record whether ``result`` is text that was made of a number that varies.

    Raises:
        UnsupportedError: it is a number that is read from such a text.
    """
    t = spec.types[result]
    try:
        writing, reading = callee in WRITING, callee in READING
    except TypeError:
        return
    whole = callee in _GATHERING or callee is str.join or _module(callee) in _PARSING
    taken = operands if whole else operands[:1]
    text = any(operand in spec.texts for operand in taken)
    if callee not in _GATHERING and callee not in _TAKING and registry.has_rule(callee):  # a number, then
        reading, text = True, any(operand in spec.texts for operand in operands)
    if reading and text and may_carry_derivative(t) and not _is_text(t):
        raise _read_again(spec)
    writing = writing or (callee is operator.mod and _is_text(plain(spec.type(operands[0]))))
    vague = t is ANY and callee is not np.ndarray.astype  # which mostly makes numbers
    made = writing and any(map(spec.depends, operands)) and (_is_text(t) or vague)
    if made or (text and (_is_text(t) or t is ANY)):
        spec.texts.add(result)


def check_result(spec: Building, result: Value) -> None:
    """Check that a result of the program is not a number of which nothing is known but that it was read from a text.

    Raises:
        UnsupportedError: it may be one.
    """
    if result in spec.texts and spec.types[result] is ANY:
        raise _read_again(spec)


def _read_again(spec: Building) -> UnsupportedError:
    return UnsupportedError(
        "a number that was written out as text is read again",
        span=spec.span,
        why="the text was made of a number that is differentiated, and carries no derivative",
        advice="pass the number itself on; to round it, use round(x, digits)",
    )


def _module(callee: Any) -> str:
    return str(getattr(callee, "__module__", "")).partition(".")[0]


def _is_text(t: Type) -> bool:
    if isinstance(t, Array):
        return t.dtype is not None and t.dtype.kind in "USO"
    if isinstance(t, Lst):
        return _is_text(t.item)
    if isinstance(t, Tup):
        return any(map(_is_text, t.items))
    return t is STRING and not isinstance(t, Scalar)
