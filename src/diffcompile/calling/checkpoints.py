"""Calls and loops whose pullback computes again what it needs; see :mod:`diffcompile.checkpointing`."""

from __future__ import annotations

from typing import Any

from diffcompile.calling.callees import Callee, callee_of
from diffcompile.calling.hooks import Pullback
from diffcompile.calling.reversals import check_loop, loop_pair, loop_value, recomputed
from diffcompile.frontend.lower import Code


class Recomputed(Callee):
    """A function of which a call keeps the arguments alone."""

    def run(self, wrt: tuple[int, ...], args: tuple[Any, ...]) -> tuple[Any, Pullback]:
        """Return the result, and a pullback that computes it again."""
        return recomputed(callee_of(self.code), wrt, args)


class CheckpointedLoop(Callee):
    """A loop as a function of what it captures, its items and what it carries; then ``snapshots`` and ``budget``.

    Its code runs the loop over the items that it is given, and returns what is carried as a tuple. Captured arrays
    that it writes to are carried as well: the loop returns what it leaves in them, after that tuple.
    """

    def __init__(self, code: Code, written: tuple[int, ...] = ()) -> None:
        super().__init__(code, written, fresh=True)
        self.place = len(code.captures)
        self.__name__ = "checkpointed_loop"

    def __call__(self, *args: Any) -> Any:
        """Run the loop."""
        return loop_value(callee_of(self.code, self.written), self.written, args)

    def run(self, wrt: tuple[int, ...], args: tuple[Any, ...]) -> tuple[Any, Pullback]:
        """Return what the loop carries at its end, and the pullback."""
        return loop_pair(callee_of(self.code, self.written), self.place, self.written, wrt, args)

    def run_forward(self, wrt: tuple[int, ...], args: tuple[Any, ...], dots: tuple[Any, ...]) -> tuple[Any, Any]:
        """Return what the loop carries at its end, and its tangent: forward mode stores nothing."""
        check_loop(self.written, args)
        return callee_of(self.code, self.written).run_forward(wrt, args[:-2], dots)
