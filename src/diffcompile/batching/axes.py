"""Rules of many directions: linear functions along an axis, of the last two axes, or of a matrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import dynamic
from diffcompile.batching.batcher import Batcher, Rule
from diffcompile.batching.operands import bound, integer
from diffcompile.ir.core import Const, Op

FLAT = "flat"
"""Without an axis such a function works on the items of all axes in a row."""


def _along(names: str, default: int | str) -> Rule:
    """Return the rule of a function with these parameters, the first an array, which works along ``axis``."""

    def rule(b: Batcher, op: Op) -> bool:
        found = bound(op, names)
        if found is None:
            return False
        a = next(iter(found.values()))
        if not b.has(a) or not b.is_number(a) or sum(map(b.has, found.values())) > 1:
            return False
        rank = b.rank(a)
        axis = integer(found.get("axis"))
        if axis is None:
            given = found.get("axis", Const(None))
            if not isinstance(given, Const) or given.value is not None or (default == FLAT and rank != 1):
                return False
            if "axis" in found and default != FLAT:
                return False
            axis = 0 if isinstance(default, str) else default
        if not -rank <= axis < rank:
            return False
        others = {name: value for name, value in found.items() if name != "axis"}
        rest = list(others)[1:]
        parameters = names.split()
        by_place = [name for number, name in enumerate(parameters[1:], 1) if name in rest and _gapless(others, number)]
        named = {name: others[name] for name in rest if name not in by_place}
        places = [others[name] for name in by_place]
        return b.put(op, op.callee, b.read(a), *places, **named, axis=Const(axis + 1 if axis >= 0 else axis))

    def _gapless(others: dict[str, Any], number: int) -> bool:
        return all(name in others for name in names.split()[:number])

    return rule


def _of_two_axes(b: Batcher, op: Op) -> bool:
    """``np.diagonal`` and ``np.trace``: a view where it was one."""
    found = bound(op, "a offset axis1 axis2")
    if found is None or not b.has(found["a"]) or not b.is_number(found["a"]):
        return False
    rank = b.rank(found["a"])
    axes = [integer(found.get(name, Const(number))) for number, name in enumerate(("axis1", "axis2"))]
    if any(axis is None or not -rank <= axis < rank for axis in axes):
        return False
    moved = [Const(axis + 1 if axis >= 0 else axis) for axis in axes if axis is not None]
    return b.put(op, op.callee, b.read(found["a"]), found.get("offset", Const(0)), *moved)


def _diagonal_of_matrix(b: Batcher, op: Op) -> bool:
    """``np.diag(a, k)`` of a matrix."""
    found = bound(op, "v k")
    if found is None or not b.has(found["v"]) or not b.is_number(found["v"]) or b.rank(found["v"]) != 2:  # noqa: PLR2004
        return False
    callee: Any = dynamic.diagonal_view if op.callee is dynamic.diag_view else np.diagonal
    return b.put(op, callee, b.read(found["v"]), found.get("k", Const(0)), Const(1), Const(2))


def _of_last_axes(b: Batcher, op: Op) -> bool:
    """``np.tril`` and ``np.triu``."""
    found = bound(op, "m k")
    if found is None or not b.has(found["m"]) or not b.is_number(found["m"]) or b.rank(found["m"]) < 2:  # noqa: PLR2004
        return False
    return b.put(op, op.callee, b.read(found["m"]), *([found["k"]] if "k" in found else []))


def _solved(b: Batcher, op: Op) -> bool:
    """``np.linalg.solve(a, y)`` of a matrix that does not depend on the directions."""
    if op.keywords or len(op.operands) != 2 or not all(map(b.is_number, op.operands)):  # noqa: PLR2004
        return False
    a, y = op.operands
    if b.has(a) or b.rank(a) != 2:  # noqa: PLR2004
        return False
    if b.rank(y) != 1:
        return b.rank(y) == 2 and b.put(op, np.linalg.solve, a, b.read(y))  # noqa: PLR2004
    columns = b.emit(np.linalg.solve, a, b.emit(getattr, b.read(y), Const("T")))
    return b.put(op, getattr, columns, Const("T"))


TRANSFORMS = (np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.irfft, np.fft.hfft, np.fft.ihfft)
RULES: dict[Any, Rule] = {
    np.roll: _along("a shift axis", FLAT),
    np.repeat: _along("a repeats axis", FLAT),
    np.take: _along("a indices axis", FLAT),
    np.diff: _along("a n axis", -1),
    **dict.fromkeys((np.split, np.array_split), _along("ary indices_or_sections axis", 0)),
    **dict.fromkeys(TRANSFORMS, _along("a n axis norm", -1)),
    **dict.fromkeys((np.diagonal, np.trace, dynamic.diagonal_view), _of_two_axes),
    **dict.fromkeys((np.diag, dynamic.diag_view), _diagonal_of_matrix),
    **dict.fromkeys((np.tril, np.triu), _of_last_axes),
    np.linalg.solve: _solved,
}

__all__ = ["RULES"]
