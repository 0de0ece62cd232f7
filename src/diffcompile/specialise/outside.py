"""Variables outside that the program assigns: globals, and variables of functions that are not compiled.

They are attributes of an object for each module or cell, on the heap like those of other objects. What is stored is
seen by all functions that the program calls, and is gone when it is over, like attributes of objects that it was given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffcompile.errors import Span, UnsupportedError
from diffcompile.frontend.cells import GlobalNames, Globals
from diffcompile.frontend.local_classes import Slot
from diffcompile.frontend.source import Scope
from diffcompile.ir.core import Const, Value
from diffcompile.specialise import heap, local_classes
from diffcompile.specialise.items import Item, ObjectItem, is_undefined
from diffcompile.specialise.merging import branches, same_item

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def holder_of(spec: Specialiser, scope: Scope, name: str) -> ObjectItem:
    """Return the object whose attribute the variable is."""
    outside = Globals(scope)
    key = outside.key(name)
    found = spec.outside.get(key)
    if found is None:
        found = spec.outside[key] = ObjectItem(Globals, Value("outside"), (), outside)
    return found


def load(spec: Specialiser, scope: Scope, name: str, span: Span | None) -> Item:
    """Return the present value of a variable outside."""
    holder = spec.outside.get(Globals(scope).key(name))
    stored = spec.heap.get(holder, name) if holder is not None else None
    if holder is None or stored is None:
        return spec.original_global(scope, name)
    spec.looked_outside = True
    known = spec.heap.get(holder, heap.flag(name))
    if is_undefined(stored):
        return _undefined(spec, name, span)
    if not isinstance(known, Value):
        return stored
    builds = (lambda: [stored], lambda: [_undefined(spec, name, span)])
    return branches(spec, known, builds, [name], span)[0]


def _undefined(spec: Specialiser, name: str, span: Span | None) -> Item:
    return spec.failure(NameError, f"name {name!r} is not defined", span)


def store(spec: Specialiser, scope: Scope, name: str, value: Item) -> None:
    """Assign a variable outside."""
    if name in scope.cells and isinstance(slot := Globals(scope).held(name), Slot):
        local_classes.store(spec, slot, value, spec.span)
        return
    holder = holder_of(spec, scope, name)
    heap.note_store(spec, (holder, name), value)
    spec.heap.set(holder, name, value)


def stored(spec: Specialiser) -> str:
    """Return the name of a variable outside that is no longer what it was, or nothing."""
    for holder in spec.outside.values():
        for name, item in spec.heap.objects.get(holder, {}).items():
            if not heap.is_flag(name) and not _restored(spec, holder, name, item):
                return name
    return ""


def _restored(spec: Specialiser, holder: ObjectItem, name: str, item: Item) -> bool:
    """Tell whether a constant is what was there before, as context managers put it back."""
    scope = holder.example.scope
    there = isinstance(item, Const) and (name in scope.cells or name in scope.globals)
    return there and same_item(item, spec.original_global(scope, name))


def check_seen(spec: Specialiser, what: str, span: Span | None) -> None:
    """Refuse a call of a function that is not walked, and might read what was assigned."""
    name = stored(spec)
    if name:
        raise UnsupportedError(
            f"the global variable {name!r} is assigned, and {what}",
            span=span,
            why="such a function would see the variable as it was before",
            advice="pass the value as an argument",
        )


def global_names(
    spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    """``globals()``"""
    scope = spec.frames[-1][0].source.scope
    return Const(GlobalNames(Scope(scope.globals, {})))


def named(base: Item, key: Item) -> tuple[Scope, str] | None:
    """Return the variable that ``globals()[key]`` is, if ``base`` is what ``globals()`` returned."""
    if not isinstance(base, Const) or not isinstance(base.value, GlobalNames):
        return None
    if not isinstance(key, Const) or not isinstance(key.value, str):
        raise UnsupportedError("`globals()` with a computed name is not supported", advice="name the variable")
    return base.value.scope, key.value


def present(spec: Specialiser, scope: Scope, name: str) -> Item:
    """Return whether there is a global of this name."""
    holder = spec.outside.get(id(scope.globals))
    found = spec.heap.get(holder, name) if holder is not None else None
    if found is None or holder is None:
        spec.surrounding((id(scope.globals), name, "there"), name, name in scope.globals, lambda: name in scope.globals)
        return Const(name in scope.globals)
    spec.looked_outside = True
    return spec.heap.get(holder, heap.flag(name)) or Const(not is_undefined(found))


HANDLERS: dict[Any, Any] = {globals: global_names}
