"""Walks that may fail, and leave no trace then."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from diffcompile.errors import NoSourceError, UnsupportedError
from diffcompile.specialise.items import Item

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def attempt(spec: Specialiser, build: Callable[[], Item]) -> Item | None:
    """Return what ``build`` makes, or None, and no trace of it, if it needs what is not supported."""
    count, before, known = len(spec.ops), spec.heap.copy(), dict(spec.objects)
    guards, live, shared, consumed = dict(spec.guards), dict(spec.live), set(spec.shared), set(spec.consumed)
    exchanges = len(spec.exchanged)
    try:
        return build()
    except (UnsupportedError, NoSourceError, RecursionError):
        del spec.ops[count:]
        while len(spec.exchanged) > exchanges:
            where, key, item = spec.exchanged.pop()
            where[key] = item
        spec.consumed = consumed
        spec.heap, spec.guards, spec.live, spec.shared = before, guards, live, shared
        spec.objects = known
        return None
