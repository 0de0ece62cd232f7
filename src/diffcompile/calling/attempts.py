"""Blocks that may raise an error which the program catches."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.calling import hooks
from diffcompile.calling.callees import Callee, check_alone, holds
from diffcompile.calling.hooks import Pullback
from diffcompile.dynamic import Failure, own, unwinding, zeros_like
from diffcompile.errors import DiffCompileError, UnsupportedError


def _not_ours(error: BaseException) -> None:
    """Raise again what the program itself would not have raised: refusals, and names that generated code lacks."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    generated = trace is not None and trace.tb_frame.f_code.co_filename.startswith("<diffcompile")
    if isinstance(error, DiffCompileError) or (generated and isinstance(error, NameError)):
        raise error


class _Carried:
    """The tangent of an error: nobody knows what of it moves."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise UnsupportedError(
            f"the attribute {name!r} of an error is not supported",
            why="what an error carries is not differentiated",
            advice="keep the value in a variable before the error is raised",
        )


def _cotangent(part: Any, result: Any) -> Any:
    """Return the cotangent of a result, zero where nobody reads it; what has no value may stand for an array."""
    if result is None:
        return np.float64(0.0)
    return zeros_like(result) if part is None else part


class Attempt(Callee):
    """The block of a ``try`` as a function: it returns the error or None, its results, and the arrays it changed.

    The last argument is what is caught. After an error the other results are None, the arrays are what they were, and
    nothing is differentiated but the way of these arrays through the block.
    """

    def __init__(
        self,
        program: Any,
        written: tuple[int, ...],
        count: int,
        partial: bool,
        fresh: bool,
        asked: frozenset[int] = frozenset(),
    ) -> None:
        self.program = program
        self.written = written
        self.fresh = fresh
        self.changing = ()
        self.count = count
        """How many results there are beside the error and the arrays."""
        self.partial = partial
        """The block may fail when it has changed an array already."""
        self.asked = asked
        self.__name__ = "attempt"
        self._compiled: dict[Any, Any] = {}

    def run(self, wrt: tuple[int, ...], args: tuple[Any, ...]) -> tuple[Any, Pullback]:
        """Return error, results and arrays, and the pullback with respect to the arguments ``wrt``."""
        *values, caught = args
        self._check(values)
        pair = self._compiled.get(wrt)
        if pair is None or not holds(pair):
            pair = self._compiled[wrt] = hooks.compile_program(self.program, wrt, self.written, False)
        try:
            results, pullback = unwinding(pair.call, caught=True)(tuple(values))
        except caught as error:
            _not_ours(error)
            return self._failed(error, values), lambda ct: self._pulled_back(ct, values, wrt)

        def pulled_back(ct: Any) -> tuple[Any, ...]:
            if not isinstance(ct, float):  # a path that does not read a result has no cotangent of it
                parts = zip(list(ct)[1:], results, strict=True)
                ct = [_cotangent(part, result) for part, result in parts]
            found: tuple[Any, ...] = pullback(ct)
            return found

        return (None, *results), pulled_back

    def run_forward(self, wrt: tuple[int, ...], args: tuple[Any, ...], dots: tuple[Any, ...]) -> tuple[Any, Any]:
        """Return error, results and arrays, and their tangents."""
        *values, caught = args
        self._check(values)
        pair = self._compiled.get(("forward", wrt))
        if pair is None or not holds(pair):
            pair = self._compiled["forward", wrt] = hooks.compile_program(self.program, wrt, self.written, True)
        try:
            results, tangents = unwinding(pair.push, caught=True)(tuple(values), dots)
        except caught as error:
            _not_ours(error)
            moved = dict(zip(wrt, dots, strict=True))
            kept = tuple(moved.get(number) for number in self.written)
            return self._failed(error, values), (_Carried(), *(None,) * self.count, *kept)
        return (None, *results), (None, *tangents)

    def _check(self, values: list[Any]) -> None:
        """Raise UnsupportedError where two names see an array that the block writes to: it gets copies."""
        for number in self.written:
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

    def _failed(self, error: BaseException, values: list[Any]) -> tuple[Any, ...]:
        if self.written and self.partial:
            raise UnsupportedError(
                "a `try` block failed after it had changed an array",
                why="how far it came is not known when the derivative is computed",
                advice="compute first, and change the array in the `else` part",
            ) from error
        return Failure((error, *(None,) * self.count, *(values[number] for number in self.written)))

    def _pulled_back(self, ct: Any, values: list[Any], wrt: tuple[int, ...]) -> tuple[Any, ...]:
        """Return the cotangents after an error: those of the arrays go through, all others are zero."""
        given = (None,) * len(self.written) if isinstance(ct, float) else list(ct)[1 + self.count :]
        arrays = dict(zip(self.written, given, strict=True))
        return tuple(
            zeros_like(values[number]) if arrays.get(number) is None else own(arrays[number]) for number in wrt
        )
