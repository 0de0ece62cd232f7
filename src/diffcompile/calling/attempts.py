"""Blocks that may raise an error which the program catches."""

from __future__ import annotations

from typing import Any

from diffcompile.calling import hooks
from diffcompile.calling.callees import Callee, holds
from diffcompile.calling.failures import attempted, check_block, failed, not_ours
from diffcompile.calling.hooks import Pullback
from diffcompile.dynamic import unwinding
from diffcompile.errors import UnsupportedError


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
        pair = self._compiled.get(wrt)
        if pair is None or not holds(pair):
            pair = self._compiled[wrt] = hooks.compile_program(self.program, wrt, self.written, False)
        return attempted(lambda *values: pair.call(values), args, wrt, self.count, self.written, self.partial)

    def run_forward(self, wrt: tuple[int, ...], args: tuple[Any, ...], dots: tuple[Any, ...]) -> tuple[Any, Any]:
        """Return error, results and arrays, and their tangents."""
        *values, caught = args
        check_block(values, self.written)
        pair = self._compiled.get(("forward", wrt))
        if pair is None or not holds(pair):
            pair = self._compiled["forward", wrt] = hooks.compile_program(self.program, wrt, self.written, True)
        try:
            results, tangents = unwinding(pair.push, caught=True)(tuple(values), dots)
        except caught as error:
            not_ours(error)
            moved = dict(zip(wrt, dots, strict=True))
            kept = tuple(moved.get(number) for number in self.written)
            made = failed(error, values, self.count, self.written, self.partial)
            return made, (_Carried(), *(None,) * self.count, *kept)
        return (None, *results), (None, *tangents)
