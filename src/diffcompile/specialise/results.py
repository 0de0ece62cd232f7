"""Results of solvers are tuples whose fields are read by name, as attributes and as keys.

    Example: ``found = optimize.root(fun, x0); found.x + found["x"]``
"""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from diffcompile.analysis.types import Tup
from diffcompile.errors import Span
from diffcompile.ir.core import Const, Value
from diffcompile.specialise.items import BoundItem, Item, TupleItem

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

_CLASSES: dict[tuple[str, tuple[str, ...]], type] = {}


def make(solver: str, fields: tuple[str, ...]) -> type:
    """Return a class of tuples with these fields: what of the result of a solver can be read."""
    key = (solver, fields)
    if key not in _CLASSES:
        _CLASSES[key] = type("Result", (collections.namedtuple("Result", fields),), {"solver": solver})
    return _CLASSES[key]


def class_of(spec: Specialiser, item: Item) -> Any:
    """Return the class of the result of a solver; None for anything else."""
    cls = item.cls if isinstance(item, TupleItem) else None
    if cls is None and isinstance(item, Value) and isinstance(t := spec.types.get(item), Tup):
        cls = t.cls
    return cls if cls in _CLASSES.values() else None


def field(spec: Specialiser, base: Item, name: str, load: Callable[[int], Item], span: Span | None) -> Item:
    """Return the field ``name`` of the result of a solver, which ``load`` reads by its number."""
    cls = class_of(spec, base)
    if name in cls._fields:
        return load(cls._fields.index(name))
    if name == "get":
        return BoundItem(get, (base,))
    made = spec.later.get(base.items[0], {}) if isinstance(base, TupleItem) else {}
    if name in made:
        return made[name]()
    raise spec.refuse(
        f"`{name}` of what {cls.solver} returns has no derivative rule", span, f"compute it from `{cls._fields[0]}`"
    )


def present(spec: Specialiser, base: Item, name: Item, span: Span | None) -> Item:
    """``name in base`` of the result of a solver."""
    cls = class_of(spec, base)
    if not isinstance(name, Const) or name.value not in cls._fields:
        raise spec.refuse(f"whether what {cls.solver} returns has such a field is not known", span, "ask for `success`")
    return Const(True)


def get(found: Any, name: str, default: Any = None) -> Any:
    """Return a field of the result of a solver, as the method of its dict does."""
    return found[name]
