"""Walks that passes have in common."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from dataclasses import replace

from diffcompile.ir.core import Block, Op


def inside_changed(ops: Iterable[Op], change: Callable[[Block], Block | None], made: Container[Op]) -> tuple[Op, ...]:
    """Return operations with the blocks in them changed, but for those in operations that were just ``made``.

    ``change`` returns None for a block that stays; an operation of which all blocks stay is the same object.
    """
    found = []
    for op in ops:
        regions = () if op in made else op.regions
        changed = [change(region) for region in regions]
        if any(region is not None for region in changed):
            kept = tuple(new or old for new, old in zip(changed, regions, strict=True))
            found.append(replace(op, regions=kept))
        else:
            found.append(op)
    return tuple(found)


__all__ = ["inside_changed"]
