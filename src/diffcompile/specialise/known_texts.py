"""What becomes of texts that are known: ``"sin cos".split()`` names functions, ``type(x).__module__`` a package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffcompile.analysis.types import Cell, Lst, plain
from diffcompile.errors import Span
from diffcompile.ir.core import Const, Prim, Value
from diffcompile.specialise.items import Item, TupleItem
from diffcompile.specialise.unrolling import MOST_TRIPS_UNROLLED, known_elements

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

_DIVIDING = (str.split, str.rsplit, str.splitlines)


def called(spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None) -> Item | None:
    """Return what a method of a text returns if all of it is known, else None.

        "sin cos".split() -> ["sin", "cos"]        ".".join(["np", "sin"]) -> "np.sin"
    """
    if fun is str.join and len(args) == 2 and not keywords:  # noqa: PLR2004 - the text itself, and the parts
        return _joined(spec, args)
    if fun not in _DIVIDING:
        return None
    given = [arg.value for arg in args if isinstance(arg, Const)]
    named = {name: arg.value for name, arg in keywords.items() if isinstance(arg, Const)}
    if len(given) < len(args) or len(named) < len(keywords):
        return None
    try:
        parts = fun(*given, **named)
    except (TypeError, ValueError):
        return None  # the program raises when it gets there
    if len(parts) > MOST_TRIPS_UNROLLED:
        return None  # data, and no names
    items = [Const(part) for part in parts]
    cell = spec.memory.cells.setdefault((spec.path, span, fun), Cell(filled=bool(items)))
    for item in items:
        cell.add(plain(spec.type(item)))
    made = spec.emit(Prim.LIST, items, span, t=Lst(cell))
    if isinstance(made, Value):
        spec.apart.add(made)
    return made


def _joined(spec: Specialiser, args: list[Item]) -> Item | None:
    separator, source = args
    if not isinstance(source, TupleItem) and not (isinstance(source, Value) and isinstance(spec.types[source], Lst)):
        return None
    parts = known_elements(spec, source, alike=True)
    texts = [part.value for part in (separator, *(parts or ())) if isinstance(part, Const)]
    if parts is None or len(texts) < len(parts) + 1 or not all(isinstance(text, str) for text in texts):
        return None
    return Const(texts[0].join(texts[1:]))


__all__ = ["called"]
