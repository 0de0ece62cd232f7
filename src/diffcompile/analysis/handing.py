"""Functions that mostly make an array, and sometimes return the one that they were given.

``np.linalg.matrix_power(a, 1)`` is ``a``, and so is ``np.diff(a, 0)``, ``np.float64(a)`` of an array of float64, and
``np.einsum("ij->ji", a)`` is a view. Where the call says which it is, :mod:`diffcompile.specialise.handed_through` puts
the argument in its place. Where that shows at run time only, both are one alias class; see :func:`handed_through`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.analysis.types import ANY, NUMBER, Array, Type, plain
from diffcompile.ir.core import Const, Op, Operand, Value

FLOATING = (np.float16, np.float32, np.float64, np.longdouble, np.complex64, np.complex128, np.clongdouble)
"""Types that hand an array of theirs through when they are called with it."""
_TIMES: dict[Any, tuple[str, int]] = {
    np.linalg.matrix_power: ("n", 1), np.diff: ("n", 0), np.polyder: ("m", 0), np.polyint: ("m", 0),
}  # fmt: skip


def times_of(callee: Any) -> tuple[str, int] | None:
    """Return which argument says how often a function does what it does, and when it returns its first argument."""
    if getattr(callee, "__name__", "") == "fractional_matrix_power":  # SciPy need not be there
        return "t", 1
    try:
        return _TIMES.get(callee)
    except TypeError:
        return None


def handed_through(op: Op, types: dict[Value, Type]) -> int | None:
    """Return which operand a function may return as it is, or as a view; None if it makes an array for sure."""
    callee: Any = op.callee
    split = len(op.operands) - len(op.keywords)
    if getattr(callee, "__name__", "") == "einsum":
        return 1 if split == 2 and not _sums(op.operands[0]) else None  # noqa: PLR2004
    if callee is runtime.conjugated:
        return 0
    times = times_of(callee)
    if times is not None:
        named = dict(zip(op.keywords, op.operands[split:], strict=True))
        given = op.operands[1] if split > 1 else named.get(times[0])
        return 0 if isinstance(given, Value) or (isinstance(given, Const) and given.value == times[1]) else None
    if callee in FLOATING and split == 1 and isinstance(op.operands[0], Value):
        t = plain(types[op.operands[0]])
        if t is ANY or t is NUMBER:
            return 0
        if isinstance(t, Array) and t.rank != 0 and (t.dtype is None or t.dtype == np.dtype(callee)):
            return 0
    return None


def _sums(subscripts: Operand) -> bool:
    """Tell whether subscripts of ``np.einsum`` surely name an index that is summed over, so that it makes an array."""
    if not isinstance(subscripts, Const) or not isinstance(subscripts.value, str):
        return False
    given, arrow, left = subscripts.value.replace(" ", "").partition("->")
    letters = set(given) - {"."}
    return bool(letters - set(left)) if arrow else any(given.count(letter) > 1 for letter in letters)


__all__ = ["FLOATING", "handed_through", "times_of"]
