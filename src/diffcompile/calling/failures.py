"""Blocks that may fail: what a call of one does, in generated code and in exported modules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcompile.calling.pairs import Made, check_alone
from diffcompile.dynamic import Failure, own, unwinding, zeros_like
from diffcompile.errors import DiffCompileError, UnsupportedError


def attempted(
    pair: Callable[..., Made], args: tuple[Any, ...], wrt: Sequence[int], count: int, written: Sequence[int],
    partial: bool,
) -> Made:
    """Return error or None, results and arrays of a block, and the pullback with respect to the arguments ``wrt``.

    Args:
        pair: The block, which returns its results and the arrays that it changed.
        args: Its arguments; the last one is what is caught.
        wrt: Which of them are differentiated.
        count: How many results there are beside the error and the arrays.
        written: The arguments that the block writes to.
        partial: The block may fail when it has changed an array already.
    """
    *values, caught = args
    check_block(values, written)
    try:
        results, pullback = unwinding(pair, caught=True)(*values)
    except caught as error:
        not_ours(error)
        made = failed(error, values, count, written, partial)
        return made, lambda ct: _pulled_back(ct, values, wrt, count, written)

    def pulled_back(ct: Any) -> tuple[Any, ...]:
        if not isinstance(ct, float):  # a path that does not read a result has no cotangent of it
            parts = zip(list(ct)[1:], results, strict=True)
            ct = [_cotangent(part, result) for part, result in parts]
        found: tuple[Any, ...] = pullback(ct)
        return found

    return (None, *results), pulled_back


def not_ours(error: BaseException) -> None:
    """Raise again what the program itself would not have raised: refusals, and names that generated code lacks.

    In an exported module this function stands beside the generated code.
    """
    refusal = getattr(error, "refusal", None)  # a call that failed had changed copies of what it was given
    if refusal is not None:
        raise refusal from error
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    path = "" if trace is None else trace.tb_frame.f_code.co_filename
    generated = path.startswith("<diffcompile") or path == not_ours.__code__.co_filename
    if isinstance(error, DiffCompileError) or (generated and isinstance(error, NameError)):
        raise error


def _cotangent(part: Any, result: Any) -> Any:
    """Return the cotangent of a result, zero where nobody reads it; what has no value may stand for an array."""
    if result is None:
        return np.float64(0.0)
    return zeros_like(result) if part is None else part


def check_block(values: Sequence[Any], written: Sequence[int]) -> None:
    """Raise UnsupportedError where two names see an array that the block writes to: it gets copies."""
    for number in written:
        if values[number] is None:
            raise UnsupportedError(
                "a `try` block writes to a variable that has no value yet on this path",
                advice="assign it before the block",
            )
        check_alone(
            values,
            number,
            "a `try` block writes to an array that it knows by two names",
            "write to the array in the `else` part, or after the block",
        )


def failed(
    error: BaseException, values: Sequence[Any], count: int, written: Sequence[int], partial: bool
) -> tuple[Any, ...]:
    """Return what a block that failed returns."""
    if written and partial:
        raise UnsupportedError(
            "a `try` block failed after it had changed an array",
            why="how far it came is not known when the derivative is computed",
            advice="compute first, and change the array in the `else` part",
        ) from error
    return Failure((error, *(None,) * count, *(values[number] for number in written)))


def _pulled_back(
    ct: Any, values: Sequence[Any], wrt: Sequence[int], count: int, written: Sequence[int]
) -> tuple[Any, ...]:
    """Return the cotangents after an error: those of the arrays go through, all others are zero."""
    given = (None,) * len(written) if isinstance(ct, float) else list(ct)[1 + count :]
    arrays = dict(zip(written, given, strict=True))
    return tuple(zeros_like(values[number]) if arrays.get(number) is None else own(arrays[number]) for number in wrt)


__all__ = ["attempted", "check_block", "failed", "not_ours"]
