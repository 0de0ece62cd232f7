"""Sides of branches that are not supported, which refuse when they are reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from diffcompile.errors import DiffCompileError
from diffcompile.ir.core import Op
from diffcompile.passes.refusals import REFUSALS, refusal
from diffcompile.specialise.failing import Ended
from diffcompile.specialise.items import UNBOUND, Item

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def side(
    spec: Specialiser, build: Callable[[], list[Item]], count: int
) -> tuple[tuple[list[Op], list[Item]], DiffCompileError | None]:
    """Build one side of a branch that has ``count`` results, up to where it surely raises.

    One that is not supported does nothing but raise, and the reason is returned as well; not while a function is only
    described, for what it writes to must not depend on what is supported.
    """
    before = spec.heap.copy()
    guards, live, shared, consumed = dict(spec.guards), dict(spec.live), set(spec.shared), set(spec.consumed)
    known = dict(spec.objects)
    place = len(spec.stack), len(spec.frames), spec.override, spec.path
    outer = spec.side

    def walk() -> list[Item]:
        spec.side = spec.ops
        try:
            return build()
        except Ended:
            del spec.stack[place[0] :], spec.frames[place[1] :]
            spec.override, spec.path = place[2:]
            return [UNBOUND] * count

    try:
        return spec.scoped(walk), None
    except REFUSALS as problem:
        if spec.trial or spec.describing or (spec.memory.hasty and spec.memory.returning):
            raise
        del spec.stack[place[0] :], spec.frames[place[1] :]
        spec.override, spec.path = place[2:]
        spec.heap, spec.live, spec.shared, spec.consumed, spec.objects = before, live, shared, consumed, known
        # what was read decided that this side is refused, but it is no longer read at each call
        spec.guards = {**guards, **{key: guard for key, guard in spec.guards.items() if key not in live}}
        return ([refusal(problem)], [UNBOUND] * count), problem
    finally:
        spec.side = outer
