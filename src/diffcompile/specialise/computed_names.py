"""``getattr(self, "visit_" + kind)``: one of the methods of a known class, by a name that only shows at run time."""

from __future__ import annotations

import operator
import types
from functools import partial
from typing import TYPE_CHECKING

from diffcompile import dynamic
from diffcompile.analysis.types import Obj, Scalar
from diffcompile.errors import Span
from diffcompile.ir.core import Const, Prim, Value
from diffcompile.specialise import attributes, heap, instances, objects
from diffcompile.specialise.classes import class_member
from diffcompile.specialise.items import BoundItem, ChoiceItem, Item, ObjectItem

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

MOST = 16
"""Each call of what is found is written out for each method."""
_METHODS = (types.FunctionType, staticmethod, classmethod)


def by_name(spec: Specialiser, args: list[Item], span: Span | None) -> Item | None:
    """Return a choice between the methods of an object that may have a computed name, None if there is no such choice.

    What else may be meant, a field or a property, is refused when the program runs.
    """
    base, name = args[:2]
    if isinstance(base, Value) and isinstance(t := spec.types[base], Obj):
        instances.demand(spec, t.cls)
    cls = objects.class_of(spec, base)
    known = isinstance(base, ObjectItem) or instances.is_real(spec, base)
    if cls is None or not known or not isinstance(name, Value) or class_member(cls, "__getattr__") is not None:
        return None
    start = _beginning(spec, name)
    members = {key: class_member(cls, key) for key in dir(cls) if key.startswith(start) and not key.startswith("__")}
    methods: dict[str, Item] = {}
    for key, member in members.items():
        if isinstance(member, _METHODS):
            ops, (found,) = spec.scoped(partial(_load, spec, base, key, span))
            if not ops and isinstance(found, BoundItem | Const):
                methods[key] = found
    if not methods or len(methods) > MOST:
        return None
    others = [key for key in (*members, *_stored(spec, base)) if key not in methods]
    has_default = Const(len(args) > 2)  # noqa: PLR2004
    operands: list[Item] = [name, Const(tuple(methods)), Const(tuple(others)), has_default, Const(cls.__name__)]
    spec.effect(dynamic.check_name, operands, span)
    rest = list(methods.items())
    result = args[2] if has_default.value else rest.pop()[1]
    for key, method in reversed(rest):
        test = spec.emit(operator.eq, [name, Const(key)], span, t=Scalar("b"))
        assert isinstance(test, Value)
        result = ChoiceItem(test, method, result)
    return result


def _load(spec: Specialiser, base: Item, name: str, span: Span | None) -> list[Item]:
    return [attributes.load_attribute(spec, base, Const(name), span)]


def _stored(spec: Specialiser, base: Item) -> list[str]:
    if isinstance(base, ObjectItem):
        return [key for key in heap.fields_of(spec, base) if not heap.is_flag(key)]
    assert isinstance(base, Value)
    return list(instances.names_of(spec, base))


def _beginning(spec: Specialiser, name: Value) -> str:
    """Return what a text surely begins with."""
    made = next((op for op in reversed(spec.ops) if name in op.results), None)
    if made is None or made.callee not in (operator.add, Prim.FORMAT) or not made.operands:
        return ""
    first = made.operands[0]
    return first.value if isinstance(first, Const) and isinstance(first.value, str) else ""


__all__ = ["by_name"]
