"""Arguments of calls by their names, and axes that are known."""

from __future__ import annotations

from diffcompile.ir.core import Const, Op, Operand


def bound(op: Op, names: str) -> dict[str, Operand] | None:
    """Return the operands of a call by the names of its parameters; None if it has others, or not the first one."""
    known = names.split()
    split = len(op.operands) - len(op.keywords)
    if split > len(known):
        return None
    found = dict(zip(known, op.operands[:split], strict=False))
    for name, operand in zip(op.keywords, op.operands[split:], strict=True):
        if name not in known:
            return None
        found[name] = operand
    return found if known[0] in found else None


def integer(operand: Operand | None) -> int | None:
    """Return the integer that an operand is, None if that is not known."""
    value = operand.value if isinstance(operand, Const) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def axis_of(operand: Operand, rank: int) -> tuple[int, ...] | None:
    """Return the axes of an array of many directions for ``axis`` of one with ``rank`` axes, None if not known."""
    if not isinstance(operand, Const):
        return None
    value = operand.value
    if value is None:
        return tuple(range(1, rank + 1))
    axes = value if isinstance(value, tuple) else (value,)
    if not all(isinstance(axis, int) and not isinstance(axis, bool) and -rank <= axis < rank for axis in axes):
        return None
    return tuple(axis + 1 if axis >= 0 else axis for axis in axes)


__all__ = ["axis_of", "bound", "integer"]
