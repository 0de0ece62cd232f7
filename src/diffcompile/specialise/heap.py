"""The attributes of objects while a program is specialised: what they are, and how they come out of branches.

An object that the program makes never exists at run time unless it is used as data: its attributes are variables. So
stores to attributes need what stores to variables need: branches merge them, loops carry them.

An attribute that only some paths store has a flag beside it, an attribute of its own: whether it is there.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from diffcompile.analysis.types import Array, plain
from diffcompile.errors import Span, UnsupportedError
from diffcompile.frontend.cells import Globals
from diffcompile.frontend.lower import INPLACE
from diffcompile.frontend.lower.names import display_name
from diffcompile.ir.core import Const
from diffcompile.specialise import hidden, instances
from diffcompile.specialise.classes import class_member, instance_names
from diffcompile.specialise.items import UNBOUND, Item, ObjectItem, is_undefined

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

Fields = dict[str, Item]
YES, NO = Const(True), Const(False)


def flag(name: str) -> str:
    """Return the name under which is kept whether the attribute ``name`` is there; no attribute has such a name."""
    return f"{name}?"


def is_flag(name: str) -> bool:
    """Tell whether ``name`` is one that :func:`flag` made."""
    return name.endswith("?")


def spoken(name: str) -> str:
    """Return what a variable for an attribute or a flag is called."""
    name = name.replace("_$", "_")  # the dict or list of an instance of a class derived from these
    return f"has_{display_name(name[:-1])}" if is_flag(name) else display_name(name)


class Heap:
    """The stored attributes of each object, at one point of the program."""

    def __init__(self, objects: dict[ObjectItem, Fields] | None = None) -> None:
        self.objects = objects if objects is not None else {}

    def copy(self) -> Heap:
        """Return a heap that changes by itself."""
        return Heap({item: dict(fields) for item, fields in self.objects.items()})

    def get(self, item: ObjectItem, name: str) -> Item | None:
        """Return the attribute that was stored, or None."""
        fields = self.objects.get(item)
        return None if fields is None else fields.get(name)

    def set(self, item: ObjectItem, name: str, value: Item) -> None:
        """Store an attribute, as the program does: it is there from now on."""
        fields = self.objects.setdefault(item, {})
        fields[name] = value
        if flag(name) in fields:
            fields[flag(name)] = YES

    def put(self, item: ObjectItem, name: str, value: Item) -> None:
        """Store an attribute or a flag, and nothing else."""
        self.objects.setdefault(item, {})[name] = value

    def changes(self, before: Heap) -> list[tuple[ObjectItem, str]]:
        """Return the attributes that are other than in ``before``, of objects that might have been there then."""
        found = []
        for item, fields in self.objects.items():
            old = before.objects.get(item)
            if old is None and item.root is None:
                continue  # made since
            found += [(item, name) for name, value in fields.items() if old is None or old.get(name) is not value]
        return found


def initial(spec: Specialiser, item: ObjectItem, name: str) -> Item:
    """Return an attribute as it is where nothing was stored: the caller's, that of the class, or none."""
    from diffcompile.specialise import objects  # noqa: PLC0415

    stored = spec.heap.get(item, name)
    if stored is not None:
        return stored
    if is_flag(name):
        return NO if is_undefined(initial(spec, item, name.removesuffix("?"))) else YES
    if isinstance(item.example, Globals):
        scope = item.example.scope
        return spec.original_global(scope, name) if name in scope.cells or name in scope.globals else UNBOUND
    if item.root is not None and name in instance_names(item.example):
        return objects.original(spec, item, name, spec.span, name)
    return objects.inherited(spec, item, name)


def fields_of(spec: Specialiser, item: ObjectItem) -> Fields:
    """Return all attributes of an instance, and their flags."""
    names = dict.fromkeys(instance_names(item.example) if item.root is not None else ())
    names.update(dict.fromkeys(spec.heap.objects.get(item, {})))
    return {name: initial(spec, item, name) for name in names}


def changed(spec: Specialiser, known: set[tuple[ObjectItem, str]]) -> tuple[str, ...]:
    """Return the names of the attributes that were stored to objects of the caller; caches do not count.

    Nor do those that are ``known`` to the caller.
    """
    found = [
        name
        for item, fields in spec.heap.objects.items()
        if item.root is not None
        for name in fields
        if (item, name) not in known
        and not is_flag(name)
        and not isinstance(class_member(item.cls, name), functools.cached_property)
    ]
    return tuple(dict.fromkeys(found))


def note_store(spec: Specialiser, place: tuple[ObjectItem, str], value: Item | None) -> None:
    """Record where an attribute is stored first, and what, if that is all that is ever stored there."""
    if place in spec.stores:
        ops, number, _ = spec.stores[place]
        spec.stores[place] = (ops, number, None)
    else:
        spec.stores[place] = (spec.ops, len(spec.ops), value)


def is_there(spec: Specialiser, place: tuple[ObjectItem, str], value: Item) -> bool:
    """Tell whether a block of a ``try`` stores an array where it is already, as the operation before changed it.

    An error behind it leaves it there.
    """
    op = spec.ops[-1] if spec.ops and spec.attempted is not None else None
    if op is None or op.callee not in INPLACE.values() or op.results != (value,):
        return False
    return op.operands[0] is spec.heap.get(*place) and isinstance(plain(spec.type(op.operands[0])), Array)


def share(spec: Specialiser, *items: ObjectItem) -> None:
    """Record that something else stands for these objects as well: from now on they must not change."""
    spec.shared.update(items)


def check_owned(spec: Specialiser, item: ObjectItem, name: str, span: Span | None) -> None:
    """Refuse a store to an object that something else stands for as well."""
    from diffcompile.specialise.handed_over import note_store  # noqa: PLC0415 - it asks the heap

    note_store(spec)
    if item in spec.shared:
        hidden.check_asked(spec)
        instances.demand(spec, item.cls)
        raise UnsupportedError(
            f"storing the attribute {name!r} of this {item.cls.__name__} is not supported",
            span=span,
            why="which object it is depends on a branch or a loop, or it is kept in a container",
            advice="make a new object instead of changing this one",
        )
