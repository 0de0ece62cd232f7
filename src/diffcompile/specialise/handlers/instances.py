"""Builtins that ask for the attributes and the class of an instance: ``getattr``, ``hasattr``, ``super``, ``type``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffcompile import calling, dynamic
from diffcompile.analysis.types import ANY, Obj, is_number
from diffcompile.errors import Span
from diffcompile.ir.core import Const, Value
from diffcompile.specialise import attributes, heap, instances, library, objects, trying
from diffcompile.specialise.classes import class_member, instance_names, is_constructible
from diffcompile.specialise.computed_names import by_name
from diffcompile.specialise.handlers.handler import Handler
from diffcompile.specialise.inlining import call_python
from diffcompile.specialise.items import (
    NONE,
    BoundItem,
    ClosureItem,
    Item,
    ObjectItem,
    SuperItem,
    TupleItem,
    is_undefined,
)
from diffcompile.specialise.merging import branches
from diffcompile.specialise.opaque import opaque

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def _getattr(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    if not isinstance(args[1], Const):
        if (chosen := by_name(spec, args, span)) is not None:
            return chosen
        raise spec.refuse("`getattr` with a computed name is not supported", span, "write the attribute out")
    if len(args) == 2:  # noqa: PLR2004
        return attributes.load_attribute(spec, args[0], args[1], span, hint)
    base, attribute = args[0], args[1].value
    instance = isinstance(base, ObjectItem) or instances.is_real(spec, base)
    if instance and (found := _computed(spec, library.attribute_or, args, span)) is not None:
        return found
    if instance and isinstance(there := objects.presence(spec, base, attribute), Value):

        def load() -> list[Item]:
            if isinstance(base, ObjectItem):
                spec.heap.put(base, heap.flag(attribute), heap.YES)
            return [attributes.load_attribute(spec, base, args[1], span)]

        return branches(spec, there, (load, lambda: [args[2]]), [hint], span)[0]
    known = _has(spec, args[0], args[1].value)
    if known is None:
        if isinstance(args[0], Value) and args[0] not in spec.varied:
            return opaque(spec, getattr, [_asked(spec, args[0]), *args[1:]], keywords, span, hint)
        if isinstance(base, Value) and (spec.types[base] is ANY or is_number(spec.types[base])):
            read = Const(calling.attribute_or(attribute), f"read_{attribute}")
            return spec.emit(calling.call_dynamic, [read, base, args[2]], span, name=hint, t=ANY)
        raise spec.refuse("`getattr` with a default is not supported here", span, "write the attribute out")
    return attributes.load_attribute(spec, args[0], args[1], span, hint) if known else args[2]


def _computed(spec: Specialiser, function: Any, args: list[Item], span: Span | None) -> Item | None:
    """Return what ``function`` says of an attribute that a property or ``__getattr__`` computes, unless they raise.

    None where the attribute is stored, or where what a property does cannot be followed.
    """
    base, name = args[0], getattr(args[1], "value", "")
    cls = objects.class_of(spec, base)
    if isinstance(class_member(cls, name), property):
        return trying.attempt(spec, lambda: call_python(spec, function, args, {}, span))
    if class_member(cls, "__getattr__") is None or class_member(cls, name) is not None:
        return None
    stored = spec.heap.get(base, name) if isinstance(base, ObjectItem) else None
    if stored is not None and not is_undefined(stored):
        return None
    known = instance_names(base.example) if isinstance(base, ObjectItem) and base.root is not None else ()
    if stored is None and name in known:
        return None
    return call_python(spec, function, args, {}, span)


def _has(spec: Specialiser, base: Item, name: str) -> bool | None:
    """Tell whether something has an attribute, if that is known."""
    if isinstance(base, ObjectItem) or instances.is_real(spec, base):
        return spec.truth(objects.presence(spec, base, name))
    if isinstance(base, Const):
        return hasattr(base.value, name)
    if isinstance(base, ClosureItem | BoundItem):
        return name in ("__call__", "__name__")
    from diffcompile.specialise.handlers.python import python_class  # noqa: PLC0415

    cls = base.cls or tuple if isinstance(base, TupleItem) else python_class(spec.type(base))
    if cls is None:
        return None
    if hasattr(cls, name):
        return True
    return None if getattr(cls, "__dictoffset__", 0) or hasattr(cls, "__getattr__") else False


def _hasattr(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    if isinstance(args[1], Const) and (isinstance(args[0], ObjectItem) or instances.is_real(spec, args[0])):
        if (found := _computed(spec, library.has_attribute, args, span)) is not None:
            return found
        return objects.presence(spec, args[0], args[1].value)
    known = _has(spec, args[0], args[1].value) if isinstance(args[1], Const) else None
    if known is not None:
        return Const(known)
    return spec.emit(hasattr, [_asked(spec, args[0]), *args[1:]], span, name=hint)


def _is_instance(spec: Specialiser, base: Item) -> bool:
    """Tell whether attributes can be stored to ``base``."""
    if isinstance(base, Value) and isinstance(t := spec.types[base], Obj):
        instances.demand(spec, t.cls)
    return isinstance(base, ObjectItem) or instances.is_real(spec, base)


def _setattr(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    base, name, value = args
    if not isinstance(name, Const) or not _is_instance(spec, base):
        raise spec.refuse("`setattr` is not supported here", span, "write the attribute out")
    objects.store(spec, base, name.value, value, span)  # type: ignore[arg-type]
    return NONE


def _plain_setattr(
    spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    base, name, value = args
    if not isinstance(name, Const) or not _is_instance(spec, base):
        raise spec.refuse("`object.__setattr__` is not supported here", span, "write the attribute out")
    objects.store_plain(spec, base, name.value, value, span)  # type: ignore[arg-type]
    return NONE


def _new(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    cls = args[0].value if args and isinstance(args[0], Const) else None
    if isinstance(cls, type) and is_constructible(cls):
        return objects.new(spec, cls)
    return opaque(spec, object.__new__, args, keywords, span, hint)


def _check_bound(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """Look whether a variable has a value, where that shows when the program runs: None may be the value of some."""
    if isinstance(args[0], Value) and spec.types[args[0]] is not ANY:
        spec.effect(dynamic.check_bound, [args[0], args[1]], span)
    return NONE


def _super(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    """``super()`` and ``super(cls, self)``"""
    if args:
        start = args[0].value if isinstance(args[0], Const) else None
        instance: Item = args[1]
    else:
        code, bound = next(frame for frame in reversed(spec.frames) if not frame[0].name.startswith("$"))
        start = code.source.scope.lookup("__class__")
        instance = bound[len(code.captures)]
    cls = instance.value if isinstance(instance, Const) else getattr(spec.type(instance), "cls", None)
    if not isinstance(start, type) or not isinstance(cls, type):
        raise spec.refuse("this use of `super` is not supported", span, "name the base class")
    return SuperItem(start, instance, cls)


def _callable(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    known = _has(spec, args[0], "__call__")
    if isinstance(args[0], ObjectItem):
        known = class_member(args[0].cls, "__call__") is not None
    return Const(known) if known is not None else spec.emit(callable, [_asked(spec, args[0])], span, name=hint)


def _asked(spec: Specialiser, item: Item) -> Item:
    from diffcompile.specialise.handlers.python import opaque_object  # noqa: PLC0415

    return opaque_object(spec, item)


HANDLERS: dict[Any, Handler] = {
    getattr: _getattr, hasattr: _hasattr, setattr: _setattr, object.__setattr__: _plain_setattr,
    object.__new__: _new, super: _super, callable: _callable, dynamic.check_bound: _check_bound,
}  # fmt: skip
