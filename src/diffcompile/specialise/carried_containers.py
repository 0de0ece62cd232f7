"""Lists and dicts that a loop replaces by others of as many items: they are carried item by item, like tuples.

Example: in ``for _ in range(n): state = [state[1], state[0] + state[1]]`` two numbers are carried. Lists that a trip
changes or hands on are carried as they are; so are those that are changed after the loop, or by another name (which
shows when the whole program has been read: it is then read anew), since the list after no trip is the one before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from diffcompile.analysis.types import Cell, Dct, Lst, plain
from diffcompile.errors import Span
from diffcompile.ir.core import Const, Op, Prim, Value
from diffcompile.specialise import containers
from diffcompile.specialise.binding import keyword_dict
from diffcompile.specialise.carried import Settled, fixpoint
from diffcompile.specialise.items import Env, Item, TupleItem
from diffcompile.specialise.known_lists import handed_on, known_items

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

MOST_CARRIED = 32
"""How many items a list or dict may have that is carried item by item."""


class _Kept(Exception):  # noqa: N818 - it says that another way is to be taken
    """A trip does something else with a list than to replace it."""


@dataclass(slots=True)
class Apart:
    """Which of the carried variables are taken apart."""

    spec: Specialiser
    names: list[str]
    mark: Any
    keys: dict[int, tuple[Any, ...] | None] = field(default_factory=dict)
    """By the number of the variable: the keys of a dict, None for a list."""

    def closed(self, items: list[Item]) -> list[Item]:
        """Return the carried variables with tuples in place of containers.

        Raises:
            _Kept: another container is there, or none.
        """
        found = list(items)
        lead = len(items) - len(self.names)
        for number, keys in self.keys.items():
            parts = _parts(self.spec, items[lead + number], keys)
            if parts is None:
                raise _Kept
            found[lead + number] = TupleItem(tuple(parts))
        return found

    def opened(self, items: list[Item], span: Span | None) -> list[Item]:
        """Return the carried variables with the containers built anew."""
        found = list(items)
        for number, keys in self.keys.items():
            item = items[number]
            if not isinstance(item, TupleItem):
                raise _Kept
            if keys is not None:
                found[number] = keyword_dict(
                    self.spec, dict(zip(keys, item.items, strict=True)), span, self.names[number]
                )
                continue
            cell = self.spec.memory.cells.setdefault((self.mark, number), Cell())
            for part in item.items:
                cell.add(plain(self.spec.type(part)))
            made = self.spec.emit(Prim.LIST, item.items, span, name=self.names[number], t=Lst(cell))
            assert isinstance(made, Value)
            self.spec.apart.add(made)
            found[number] = made
        return found

    def around(
        self, run: Callable[[list[Item]], list[Item]], span: Span | None
    ) -> Callable[[list[Item]], list[Item]]:
        """Return ``run``, a trip of the loop, in terms of tuples."""

        def trip(items: list[Item]) -> list[Item]:
            opened = self.opened(items, span)
            produced = self.closed(run(opened))
            if any(handed_on(self.spec, opened[number]) for number in self.keys):
                raise _Kept
            return produced

        return trip


def settled(
    spec: Specialiser,
    op: Op,
    inits: list[Item],
    names: list[str],
    run: Callable[[list[Item]], list[Item]],
) -> tuple[Settled, Apart]:
    """Find what a loop carries, and which of it is taken apart."""
    apart = Apart(spec, names, (spec.path, op.results))
    if apart.mark in spec.memory.kept:
        return fixpoint(spec, inits, names, run), apart
    for number, item in enumerate(inits):
        t = spec.type(item)
        keys = _keys(spec, item, t) if isinstance(t, Dct) else None
        if keys is not None or (isinstance(t, Lst) and t.cell.root().kind is None):
            parts = _parts(spec, item, keys)
            if parts and len(parts) <= MOST_CARRIED:
                apart.keys[number] = keys
    if apart.keys:
        before = spec.heap.copy()
        try:
            found = fixpoint(spec, apart.closed(inits), names, apart.around(run, op.span))
            spec.watched.update({item: apart.mark for number in apart.keys if isinstance(item := inits[number], Value)})
            return found, apart
        except _Kept:
            spec.heap = before
            apart.keys.clear()
    return fixpoint(spec, inits, names, run), apart


def reopened(apart: Apart, results: tuple[Value, ...], env: Env, span: Span | None) -> None:
    """Build the containers that a loop has left as tuples."""
    if apart.keys:
        items = apart.opened([env[result] for result in results], span)
        env.update(zip(results, items, strict=True))
        built = (items[number] for number in apart.keys)
        apart.spec.watched.update({item: apart.mark for item in built if isinstance(item, Value)})


def _keys(spec: Specialiser, item: Item, t: Dct) -> tuple[Any, ...] | None:
    cell = t.cell.root()
    if cell.kind is not None or not isinstance(item, Value):
        return None
    return tuple(cell.fields or ()) if cell.fixed else spec.keys_of(item)


def _parts(spec: Specialiser, item: Item, keys: tuple[Any, ...] | None) -> list[Item] | None:
    if keys is None:
        return known_items(spec, item, far=True)
    t = spec.type(item)
    if not isinstance(t, Dct) or (found := _keys(spec, item, t)) is None or set(found) != set(keys):
        return None
    return [containers.load_item(spec, item, Const(key), spec.span) for key in keys]
