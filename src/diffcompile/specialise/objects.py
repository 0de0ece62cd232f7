"""Classes in the specialiser: instances, attributes, methods, operators that the user defined."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import types as pytypes
from typing import TYPE_CHECKING, Any

from diffcompile.analysis.types import ANY, Cell, Obj, Static, forget_sizes, plain
from diffcompile.errors import Span
from diffcompile.frontend.cells import Cells
from diffcompile.frontend.lower.names import display_name
from diffcompile.ir.core import Const, Op, Prim, Value
from diffcompile.rules import registry
from diffcompile.specialise import classes, errors, extended, heap, instances
from diffcompile.specialise.classes import (
    PLAIN_NEW,
    accesses_plainly,
    base_of,
    class_member,
    instance_names,
    is_attribute_dict,
    is_slot,
)
from diffcompile.specialise.items import (
    UNBOUND,
    BoundItem,
    Item,
    ObjectItem,
    SuperItem,
    is_undefined,
)
from diffcompile.specialise.merging import branches
from diffcompile.specialise.program import Guard, constant

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def presence(spec: Specialiser, item: Item, name: str) -> Item:
    """Return whether ``item.name`` exists now: a constant, unless that depends on the path taken."""
    if isinstance(item, Value):
        member = guarded_member(spec, cls := class_of(spec, item), name)
        if (member is not None and not is_slot(member)) or class_member(cls, "__getattr__") is not None:
            return heap.YES
        return instances.has(spec, item, name, spec.span)
    assert isinstance(item, ObjectItem)
    stored = spec.heap.get(item, name)
    if stored is not None and not is_undefined(stored):
        member = classes.attribute_of(item.cls, name)
        if member is None or is_slot(member):
            return spec.heap.get(item, heap.flag(name)) or heap.YES
        return heap.YES
    if stored is None and item.root is not None and name in instance_names(item.example):
        return heap.YES
    member = guarded_member(spec, item.cls, name)
    found = (member is not None and not is_slot(member)) or class_member(item.cls, "__getattr__") is not None
    return heap.YES if found and not is_attribute_dict(item.cls) else heap.NO


def load(spec: Specialiser, item: ObjectItem, name: str, span: Span | None, hint: str = "") -> Item:
    """``item.name``"""
    member = guarded_member(spec, item.cls, name)
    if isinstance(member, property):
        return _call(spec, member.fget, [item], span)
    if issubclass(item.cls, BaseException):
        errors.check_loaded(spec, item, name, span)
    stored = spec.heap.get(item, name)
    if stored is not None and not is_undefined(stored):
        known = spec.heap.get(item, heap.flag(name))
        if not isinstance(known, Value):
            return stored

        def found() -> list[Item]:
            spec.heap.put(item, heap.flag(name), heap.YES)
            return [stored]

        builds = (found, lambda: [_load_absent(spec, item, name, member, span)])
        return branches(spec, known, builds, [hint or name], span)[0]
    if stored is None and item.root is not None and name in instance_names(item.example):
        return original(spec, item, name, span, hint)
    return _load_absent(spec, item, name, member, span)


def _load_absent(spec: Specialiser, item: ObjectItem | Value, name: str, member: Any, span: Span | None) -> Item:
    """``item.name`` where the instance has no such attribute."""
    cls = class_of(spec, item)
    if name == "__dict__":
        return instances.namespace(spec, item, span)
    if name == "__class__":
        return Const(cls, cls.__name__)
    if member is not None and not is_slot(member):
        return bind_member(spec, member, name, item, cls, span)
    fallback = class_member(cls, "__getattr__")
    followed = isinstance(fallback, pytypes.FunctionType) or extended.is_inherited(spec, fallback, [item])
    if followed and not is_attribute_dict(cls):
        return _call(spec, fallback, [item, Const(name)], span)
    if is_attribute_dict(cls) and (found := extended.entry(spec, item, name, span)) is not None:
        return found
    if isinstance(item, ObjectItem) and heap.flag(name) in spec.heap.objects.get(item, {}):
        spec.heap.put(item, heap.flag(name), heap.YES)  # nobody asks behind the error
    if cls is Cells:  # a variable of a function
        what = f"cannot access local variable {name!r} where it is not associated with a value"
        return spec.failure(UnboundLocalError, what, span)
    return spec.failure(AttributeError, f"{cls.__name__!r} object has no attribute {name!r}", span)


def inherited(spec: Specialiser, item: ObjectItem, name: str) -> Item:
    """Return the data or the method of the class that an attribute is where the instance has none, or UNBOUND."""
    member = guarded_member(spec, item.cls, name)
    if member is None or (hasattr(type(member), "__get__") and not isinstance(member, pytypes.FunctionType)):
        return UNBOUND
    return bind_member(spec, member, name, item, item.cls, spec.span)


def guarded_member(spec: Specialiser, cls: type, name: str) -> Any:
    """Return a member of a class, which the generated code relies on, or None."""
    from diffcompile.specialise.surroundings import same_object  # noqa: PLC0415

    member = classes.attribute_of(cls, name)
    if (cls, name) not in spec.guards:
        spec.guards[cls, name] = Guard(functools.partial(classes.attribute_of, cls, name), same_object(member))
    return member


def bind_member(
    spec: Specialiser, member: Any, name: str, instance: Item, cls: type, span: Span | None
) -> Item:
    """Return what a class member is when it is reached through an instance."""
    match member := None if member is classes.NOTHING else member:
        case pytypes.FunctionType() | functools._lru_cache_wrapper():
            return BoundItem(member, (instance,))
        case classmethod():
            return BoundItem(member.__func__, (Const(cls, cls.__name__),))
        case staticmethod():
            return Const(member.__func__, name)
        case property():
            return _call(spec, member.fget, [instance], span)
        case functools.cached_property():
            if isinstance(instance, Value):
                instances.demand(spec, cls)  # what it keeps in the instance must be found there
            value = _call(spec, member.func, [instance], span)
            if isinstance(instance, ObjectItem):
                spec.heap.set(instance, name, value)
            elif instances.is_real(spec, instance):
                instances.put(spec, instance, name, value, span)  # type: ignore[arg-type]
            return value
        case functools.partialmethod():
            named = tuple((key, Const(value)) for key, value in member.keywords.items())
            return BoundItem(member.func, (instance, *map(Const, member.args)), named)
        case functools.singledispatchmethod():
            return BoundItem(classes.Dispatching(member.dispatcher), (instance,))
        case pytypes.WrapperDescriptorType() | pytypes.MethodDescriptorType():
            return BoundItem(member, (instance,))
    if hasattr(type(member), "__get__"):
        getter = class_member(type(member), "__get__")
        if isinstance(getter, pytypes.FunctionType):
            holder = spec.surrounding((id(member), "self"), name, member, functools.partial(constant, member))
            return _call(spec, getter, [holder, instance, Const(cls, cls.__name__)], span)
        return spec.emit(getattr, [spec.operand(instance), Const(name)], span, t=ANY)
    return spec.surrounding((cls, name, "member"), name, member, functools.partial(class_member, cls, name))


def original(spec: Specialiser, item: ObjectItem, name: str, span: Span | None, hint: str = "") -> Item:
    """Return an attribute of the caller's object as it was handed in."""
    value = registry.standard(getattr(item.example, name))
    if registry.has_methods(value):
        return Const(value, name)
    t = spec.typed(spec.type_outside(value, (item.root, *item.path, name)), value)
    assert item.root is not None
    if isinstance(t, Obj) and t.cls not in spec.memory.real:
        return spec.external(value, item.root, (*item.path, name))
    if isinstance(t, Static):
        return Const(value, "" if isinstance(value, str | type(None)) else name)
    return spec.emit(getattr, [spec.operand_of_external(item), Const(name)], span, name=hint or name, t=forget_sizes(t))


def store(spec: Specialiser, item: ObjectItem | Value, name: str, value: Item, span: Span | None) -> None:
    """``item.name = value``"""
    cls = class_of(spec, item)
    member = guarded_member(spec, cls, name)
    if isinstance(member, property):
        if member.fset is None:
            raise spec.refuse(f"the property {name!r} of {cls.__name__} cannot be set", span)
        _call(spec, member.fset, [item, value], span)
        return
    setter = class_member(cls, "__setattr__")
    if not accesses_plainly(cls, "__setattr__") and not is_attribute_dict(cls):
        if _is_frozen(cls):
            raise spec.refuse(f"{cls.__name__} is frozen: {name!r} cannot be set", span)
        _call(spec, setter, [item, Const(name), value], span)
        return
    own = name in ("__dict__", "__class__") or is_slot(member) or (name == "args" and issubclass(cls, BaseException))
    if member is not None and not own and hasattr(type(member), "__set__"):
        setter = class_member(type(member), "__set__")
        holder = spec.surrounding((id(member), "self"), name, member, functools.partial(constant, member))
        _call(spec, setter, [holder, item, value], span)
        return
    store_plain(spec, item, name, value, span)


def store_plain(spec: Specialiser, item: ObjectItem | Value, name: str, value: Item, span: Span | None) -> None:
    """Store an attribute whatever the class says about it: ``object.__setattr__``."""
    if name in ("__dict__", "__class__"):
        raise spec.refuse(f"assigning `{name}` of an object is not supported", span, "store the attributes one by one")
    if isinstance(item, Value):
        member = classes.attribute_of(class_of(spec, item), name)
        if member is not None and not is_slot(member) and instances.is_given(spec, item, name):
            raise spec.refuse(
                f"storing the attribute {name!r}, which only the class of this {class_of(spec, item).__name__} has, "
                "is not supported",
                span,
                "set the attribute in `__init__`",
            )
        instances.put(spec, item, name, value, span)
        return
    if heap.is_there(spec, (item, name), value):
        return
    instances.check_kept(spec, value)
    heap.check_owned(spec, item, name, span)
    if isinstance(value, Value) and not value.name:
        spec.names.setdefault(value, display_name(name))
    heap.note_store(spec, (item, name), value)
    spec.heap.set(item, name, value)


def delete(spec: Specialiser, item: ObjectItem, name: str, span: Span | None) -> None:
    """``del item.name``"""
    member = guarded_member(spec, item.cls, name)
    if isinstance(member, property) and member.fdel is not None:
        _call(spec, member.fdel, [item], span)
        return
    heap.check_owned(spec, item, name, span)
    stored = spec.heap.get(item, name)
    certain = stored is not None and not isinstance(spec.heap.get(item, heap.flag(name)), Value)
    if item.root is not None or not certain or is_undefined(stored or UNBOUND):
        raise spec.refuse("deleting an attribute of this object is not supported", span, "store None instead")
    fields = spec.heap.objects[item]
    del fields[name]
    fields.pop(heap.flag(name), None)


def _is_frozen(cls: type) -> bool:
    params = getattr(cls, "__dataclass_params__", None)
    return bool(params is not None and params.frozen)


def load_super(spec: Specialiser, item: SuperItem, name: str, span: Span | None) -> Item:
    """``super().name``"""
    member = classes.attribute_of(item.cls, name, item.start)
    if member is None:
        raise spec.refuse(f"no base of {item.start.__name__} has {name!r}", span)
    if member is object.__init__:
        return Const(_nothing)
    if isinstance(member, pytypes.FunctionType) and isinstance(item.instance, Const):
        return BoundItem(member, (item.instance,)) if name == "__new__" else Const(member, name)
    if name == "__new__" and isinstance(member, staticmethod | pytypes.BuiltinFunctionType):
        return Const(object.__new__)
    return bind_member(spec, member, name, item.instance, item.cls, span)


def _nothing(*args: Any) -> None:
    """What ``object.__init__`` does."""


# -- instances ------------------------------------------------------------------------------------------------------


def construct(spec: Specialiser, cls: type, args: list[Item], keywords: dict[str, Item], span: Span | None) -> Item:
    """``cls(*args, **keywords)`` of a class for which :func:`is_constructible`."""
    spec.surrounding_class(cls)
    if is_attribute_dict(cls) or cls is pytypes.SimpleNamespace:
        if args:
            raise spec.refuse(f"{cls.__name__} of an iterable is not supported", span, "use keywords")
        record = ObjectItem(cls) if is_attribute_dict(cls) else new(spec, cls)
        for name, value in keywords.items():
            store(spec, record, name, value, span)
        return record
    if cls.__new__ not in PLAIN_NEW and base_of(cls) is None:
        item = _call(spec, cls.__new__, [Const(cls, cls.__name__), *args], span, keywords)
        if (made := class_of(spec, item)) is None or not issubclass(made, cls):
            return item
        cls = made
    else:
        item = new(spec, cls)
    init: Any = cls.__init__  # type: ignore[misc]
    guarded_member(spec, cls, "__init__")
    if dataclasses.is_dataclass(cls) and is_generated(init):
        _initialise_dataclass(spec, item, class_of(spec, item), args, keywords, span)
    elif init is not object.__init__:
        _call(spec, init, [item, *args], span, keywords)
    elif (args or keywords) and cls.__new__ in PLAIN_NEW:
        raise spec.refuse(f"{cls.__name__} takes no arguments", span)
    return item


def new(spec: Specialiser, cls: type) -> ObjectItem | Value:
    """Return a new instance without attributes."""
    if cls in spec.memory.real:
        return instances.make(spec, cls, spec.span)
    item = ObjectItem(cls)
    spec.heap.objects[item] = {}
    extended.start(spec, item, cls, spec.span)
    return item


def copied(spec: Specialiser, base: Item, span: Span | None) -> Item:
    """``copy.copy(base)`` of an instance: another one with the same attributes."""
    from diffcompile.specialise.attributes import load_attribute  # noqa: PLC0415 - built on this module

    made = new(spec, class_of(spec, base))
    if isinstance(base, ObjectItem):
        fields = extended.with_own_items(spec, base, heap.fields_of(spec, base), span)
    else:
        known = spec.type(base).cell.root().fields or {}  # type: ignore[attr-defined]
        fields = {name: load_attribute(spec, base, Const(name), span) for name in known}
    for name, value in fields.items():
        initialise(spec, made, name, value, span)
    return made


def is_generated(fun: Any) -> bool:
    """Tell whether a method has no text, as those that ``dataclass`` makes."""
    code = getattr(fun, "__code__", None)
    return code is not None and code.co_filename.startswith("<")


def initialised(spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None) -> bool:
    """Call the generated ``__init__`` of a data class, if ``fun`` is one, for an object that is being made."""
    cls = class_of(spec, args[0]) if args else None
    if cls is None or not is_generated(fun):
        return False
    for base in cls.__mro__:
        if vars(base).get("__init__") is fun and dataclasses.is_dataclass(base):
            _initialise_dataclass(spec, args[0], base, args[1:], keywords, span)
            return True
    return False


def _initialise_dataclass(
    spec: Specialiser, item: Item, cls: Any, args: list[Item], keywords: dict[str, Item], span: Span | None
) -> None:
    """What the generated ``__init__`` of a data class ``cls`` does to an instance of it or of a subclass."""
    members = cls.__dataclass_fields__
    signature = inspect.signature(cls.__init__)
    try:
        bound = signature.bind(item, *args, **keywords).arguments
    except TypeError as problem:
        raise spec.refuse(f"the call of {cls.__name__} raises TypeError: {problem}", span) from None
    extra: list[Item] = []
    for name, field in members.items():
        kind = getattr(field._field_type, "name", "")
        if kind == "_FIELD_CLASSVAR" or (not field.init and field.default is field.default_factory):
            continue
        if name in bound:
            value: Item = bound[name]
        elif field.default_factory is not dataclasses.MISSING:
            value = _call(spec, field.default_factory, [], span)
        elif field.default is not dataclasses.MISSING:
            value = _field_default(spec, cls, name)
        else:
            continue
        if kind == "_FIELD_INITVAR":
            extra.append(value)
        else:
            initialise(spec, item, name, value, span)
    after = class_member(class_of(spec, item), "__post_init__")
    if after is not None:
        _call(spec, after, [item, *extra], span)


def initialise(spec: Specialiser, item: Item, name: str, value: Item, span: Span | None) -> None:
    """Give an attribute to an instance that is being made."""
    if isinstance(item, Value):
        instances.put(spec, item, name, value, span)
    elif isinstance(item, ObjectItem):
        instances.check_kept(spec, value)
        spec.heap.set(item, name, value)


def _field_default(spec: Specialiser, cls: Any, name: str) -> Item:
    field = cls.__dataclass_fields__[name]
    return spec.surrounding((cls, name, "default"), name, field.default, functools.partial(getattr, field, "default"))


def _call(
    spec: Specialiser, fun: Any, args: list[Item], span: Span | None, keywords: dict[str, Item] | None = None
) -> Item:
    from diffcompile.specialise import calls  # noqa: PLC0415

    return calls.call_static(spec, fun, args, dict(keywords or {}), span)


# -- classes of items -----------------------------------------------------------------------------------------------


def class_of(spec: Specialiser, item: Item) -> Any:
    """Return the class of an instance of a class that is written in Python, or None."""
    if isinstance(item, ObjectItem):
        return None if item.cls in (set, frozenset) else item.cls
    t = spec.types[item] if isinstance(item, Value) else None
    return t.cls if isinstance(t, Obj) and t.cell is not None else None


def method(spec: Specialiser, item: Item, name: str) -> Any:
    """Return the method of an object's class that implements an operator, or None."""
    cls = class_of(spec, item)
    return guarded_member(spec, cls, name) if cls is not None else None


# -- instances as data ----------------------------------------------------------------------------------------------


def materialise(spec: Specialiser, item: ObjectItem) -> Value:
    """Return a real instance with the attributes of ``item``, which must not change any more."""
    known = spec.instances.get(item)
    if known is not None and known[1] is spec.ops:
        return known[0]
    if issubclass(item.cls, BaseException):
        return errors.made(spec, item)
    extended.check_not_data(spec, item)
    heap.share(spec, item)
    fields = heap.fields_of(spec, item)
    for name in [name for name in fields if heap.is_flag(name)]:
        if isinstance(fields.pop(name), Value):
            instances.demand(spec, item.cls)
            raise spec.refuse(
                f"this {item.cls.__name__} has the attribute {name[:-1]!r} on some paths only, and is used as data",
                spec.span,
                "set the attribute in `__init__`",
            )
    fields = {name: value for name, value in fields.items() if not is_undefined(value)}
    if item in spec.making:
        instances.demand(spec, item.cls)
        raise spec.refuse(
            f"a {item.cls.__name__} that refers to itself is used as data",
            spec.span,
            "keep it in a variable, or let it refer to a copy",
        )
    spec.making.append(item)
    try:
        operands = [spec.operand(value) for value in fields.values()]
    finally:
        spec.making.pop()
    cell = spec.memory.cells.setdefault((spec.path, item.cls, tuple(fields)), Cell(fields={}))
    for name, operand in zip(fields, operands, strict=True):
        cell.add_field(name, plain(spec.type(operand)))
    result = spec.value("", Obj(item.cls, cell), operands)
    attrs = {"cls": item.cls, "names": tuple(fields)}
    spec.ops.append(Op(Prim.OBJECT, tuple(operands), (result,), attrs, (), spec.span))
    spec.instances[item] = (result, spec.ops)
    return result


def load_from_value(spec: Specialiser, base: Value, name: str, span: Span | None, hint: str) -> Item:
    """``base.name`` of an instance that only exists at run time, whose class is known."""
    t = spec.types[base]
    assert isinstance(t, Obj)
    if instances.is_real(spec, base):
        return _load_real(spec, base, name, span, hint)
    known = t.cell.root().fields if t.cell is not None else None
    member = guarded_member(spec, t.cls, name)
    if known is not None and name in known and not isinstance(member, property):
        found = known[name]
        if isinstance(found, Static) and not isinstance(found.value, int | float | complex):
            return Const(found.value, "" if isinstance(found.value, str | type(None)) else name)
        return spec.emit(getattr, [base, Const(name)], span, name=hint, t=plain(found))
    if member is not None and not is_slot(member) and (known is not None or callable(member)):
        return bind_member(spec, member, name, base, t.cls, span)
    return spec.emit(getattr, [base, Const(name)], span, name=hint, t=ANY)


def _load_real(spec: Specialiser, base: Value, name: str, span: Span | None, hint: str) -> Item:
    """``base.name`` of an instance whose attributes are memory."""
    cls = class_of(spec, base)
    member = guarded_member(spec, cls, name)
    if hasattr(type(member), "__set__") and not is_slot(member):
        return _load_absent(spec, base, name, member, span)  # properties, and other descriptors that come first
    if name not in instances.names_of(spec, base):
        return _load_absent(spec, base, name, member, span)
    if not isinstance(member, functools.cached_property | pytypes.FunctionType):
        return instances.get(spec, base, name, span, hint)
    there = instances.has(spec, base, name, span)
    builds = (
        lambda: [instances.get(spec, base, name, span, hint)],
        lambda: [_load_absent(spec, base, name, member, span)],
    )
    assert isinstance(there, Value | Const)
    return branches(spec, there, builds, [hint or name], span)[0]
