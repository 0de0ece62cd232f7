"""Operations on one of two things: each is done on both sides of a branch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from diffcompile.errors import Span
from diffcompile.ir.core import Const
from diffcompile.specialise.items import BoundItem, ChoiceItem, Item
from diffcompile.specialise.merging import branches

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def on_both(
    spec: Specialiser, item: ChoiceItem, build: Callable[[Item], Item | None], span: Span | None, name: str = ""
) -> Item:
    """Do something with whichever of the two it is."""
    builds = [lambda part=part: [build(part) or Const(None)] for part in (item.left, item.right)]
    (result,) = branches(spec, item.condition, builds, [name], span)
    return result


def attribute(spec: Specialiser, item: ChoiceItem, load: Callable[[Item], Item], span: Span | None, name: str) -> Item:
    """``item.name``: methods stay a choice, and are called where they are."""
    trials = []
    before = spec.heap.copy()
    for part in (item.left, item.right):
        ops, (found,) = spec.scoped(lambda part=part: [load(part)])  # type: ignore[misc]
        trials.append((ops, found))
    spec.heap = before
    if all(not ops and isinstance(found, BoundItem) for ops, found in trials):
        return ChoiceItem(item.condition, trials[0][1], trials[1][1])
    return on_both(spec, item, load, span, name)
