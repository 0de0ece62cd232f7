"""Attributes of modules, objects, arrays and containers."""

from __future__ import annotations

import collections
import functools
import types as pytypes
from typing import TYPE_CHECKING

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.infer import infer
from diffcompile.analysis.types import (
    ANY,
    NUMBER,
    STRING,
    Array,
    Dct,
    Lst,
    Obj,
    Scalar,
    Static,
    Tup,
    plain,
    type_of,
)
from diffcompile.errors import Span
from diffcompile.frontend.cells import GlobalNames, Globals
from diffcompile.frontend.local_classes import Slot
from diffcompile.ir.core import Const, Value
from diffcompile.rules import registry
from diffcompile.specialise import choices, inlining, instances, local_classes, objects, outside, results
from diffcompile.specialise.classes import class_member
from diffcompile.specialise.containers import is_slice, load_item
from diffcompile.specialise.draws import method_of_generator
from diffcompile.specialise.grids import is_grid
from diffcompile.specialise.items import (
    BIRTHS,
    BoundItem,
    ChoiceItem,
    ClosureItem,
    Item,
    IteratorItem,
    ObjectItem,
    SuperItem,
    TupleItem,
)
from diffcompile.specialise.surroundings import is_builtin

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

ARRAY_DATA = {
    "shape", "ndim", "size", "T", "mT", "dtype", "real", "imag", "itemsize", "nbytes", "flat", "base", "flags",
    "strides",
}  # fmt: skip
ARRAY_METHODS = {
    "fill", "sort", "put", "partition", "resize", "setflags", "view", "reshape", "transpose", "itemset", "tobytes",
}  # fmt: skip

_NUMBERS = (bool, int, float, complex, np.generic, np.ndarray)
"""What a number or an array may be an instance of."""


OF_OTHERS_TOO = {"sort", "partition"}
"""Methods that lists or strings have as well, with another meaning."""


class ArrayMethod:
    """``x.name`` of an array, waiting for its arguments."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


def _name_of(function: Item) -> str | None:
    """Return what a nested function or a method is called, None if ``function`` is neither."""
    if isinstance(function, ClosureItem):
        return function.code.name
    return getattr(function.function, "__name__", None) if isinstance(function, BoundItem) else None


def load_attribute(spec: Specialiser, base: Item, name: Item, span: Span | None, hint: str = "") -> Item:
    """``base.name``"""
    assert isinstance(name, Const)
    attribute = name.value
    base = instances.opened(spec, base, span)
    if isinstance(base, ChoiceItem):
        return choices.attribute(spec, base, lambda part: load_attribute(spec, part, name, span, hint), span, hint)
    if isinstance(base, Const) and isinstance(base.value, GlobalNames):
        raise spec.refuse("this use of `globals` is not supported", span, "name the variable")
    if isinstance(base, Const) and isinstance(base.value, Globals):
        return outside.load(spec, base.value.scope, attribute, span)
    if attribute == "indices" and (is_slice(spec, base) or isinstance(getattr(base, "value", None), slice)):
        return BoundItem(slice.indices, (base,))
    if isinstance(base, Const):
        return _static_attribute(spec, base, attribute, span)
    if results.class_of(spec, base) is not None:
        return results.field(spec, base, attribute, lambda k: load_item(spec, base, Const(k), span, hint), span)
    if isinstance(base, TupleItem):
        if base.cls is not None and attribute in getattr(base.cls, "_fields", ()):
            return base.items[base.cls._fields.index(attribute)]  # type: ignore[attr-defined]
        return _method_of_tuple(spec, base, base.cls or tuple, attribute, span)
    if isinstance(base, SuperItem):
        return objects.load_super(spec, base, attribute, span)
    if attribute == "__name__" and (text := _name_of(base)) is not None:
        return Const(text)
    if isinstance(base, ClosureItem | BoundItem | IteratorItem):
        raise spec.refuse(f"the attribute {attribute!r} of a function or iterator is not supported", span)
    t = spec.type(base)
    if isinstance(t, Tup) and t.cls is not None and attribute in getattr(t.cls, "_fields", ()):
        return load_item(spec, base, Const(t.cls._fields.index(attribute)), span, hint)  # type: ignore[attr-defined]
    cls = objects.class_of(spec, base)
    if cls is not None and isinstance(class_member(cls, "__getattribute__"), pytypes.FunctionType):
        raise spec.refuse(f"`__getattribute__` of {cls.__name__} is not supported", span, "write `__getattr__`")
    if isinstance(base, ObjectItem):
        return objects.load(spec, base, attribute, span, hint)
    if isinstance(base, Value) and (found := method_of_generator(base, t, attribute)) is not None:
        return found
    if isinstance(t, Obj) and isinstance(base, Value):
        return objects.load_from_value(spec, base, attribute, span, hint)
    if isinstance(t, Lst | Dct):
        method = getattr(t.cell.root().kind or (list if isinstance(t, Lst) else dict), attribute, None)
        if method is None:
            kind = "list" if isinstance(t, Lst) else "dict"
            if hasattr(collections.OrderedDict, attribute) or hasattr(collections.Counter, attribute):
                raise spec.refuse(f"the method `{attribute}` of a {kind} is not supported", span, "write it out")
            return spec.failure(AttributeError, f"{kind!r} object has no attribute {attribute!r}", span)
        return BoundItem(method, (base,))
    if t is STRING:
        return BoundItem(getattr(str, attribute), (base,))
    if t is ANY and (found := _shape_of_broadcast(spec, base, attribute, span)) is not None:
        return found
    if isinstance(plain(t), Array | Scalar) or t in (NUMBER, ANY):
        if attribute in ARRAY_DATA or (
            t is ANY and attribute not in registry.METHODS and attribute not in ARRAY_METHODS - OF_OTHERS_TOO
        ):
            if t is ANY and attribute not in ARRAY_DATA:
                instances.open_arguments(spec)
            if attribute == "shape" and isinstance(shape := infer(getattr, [t, Static("shape")], {}), Tup):
                sizes = [item.value for item in shape.items if isinstance(item, Static)]
                if len(sizes) == len(shape.items):
                    return Const(tuple(sizes))
            if attribute in ("real", "imag") and isinstance(plain(t), Scalar):
                return spec.emit(np.real if attribute == "real" else np.imag, [base], span, name=hint)
            result = spec.emit(getattr, [base, name], span, name=hint)
            if attribute == "flat":
                spec.flats[result] = next(BIRTHS), base
            return result
        if t is not ANY and not any(hasattr(cls, attribute) for cls in _NUMBERS):
            return spec.failure(AttributeError, f"{plain(t)!r} object has no attribute {attribute!r}", span)
        return BoundItem(ArrayMethod(attribute), (base,))
    if isinstance(t, Tup):
        return _method_of_tuple(spec, base, t.cls or tuple, attribute, span)
    return spec.emit(getattr, [base, name], span)


def _shape_of_broadcast(spec: Specialiser, base: Item, attribute: str, span: Span | None) -> Item | None:
    """``np.broadcast(a, b).shape``, which needs no iterator over the arrays."""
    made = next((op for op in reversed(spec.ops) if base in op.results), None)
    if made is None or made.callee is not np.broadcast or made.keywords or attribute not in ("shape", "ndim", "nd"):
        return None
    shapes = [spec.emit(np.shape, [operand], span) for operand in made.operands]
    shape = spec.emit(np.broadcast_shapes, shapes, span)
    return shape if attribute == "shape" else spec.emit(len, [shape], span)


def _method_of_tuple(spec: Specialiser, base: Item, cls: type, attribute: str, span: Span | None) -> Item:
    """A method or a class attribute of a tuple or named tuple."""
    instances.need_list(spec, base)
    if attribute in ("_replace", "_asdict"):
        from diffcompile.specialise.handlers import records  # noqa: PLC0415 - handlers are built on attributes

        return BoundItem(records.NAMED_TUPLE_METHODS[attribute], (base,))
    member = getattr(cls, attribute, None)
    if member is None:
        return spec.failure(AttributeError, f"{cls.__name__!r} object has no attribute {attribute!r}", span)
    if isinstance(member, Slot):
        return local_classes.found(spec, member, span)
    if isinstance(class_member(cls, attribute), property):
        return inlining.call_python(spec, class_member(cls, attribute).fget, [base], {}, span)
    return BoundItem(member, (base,)) if callable(member) else Const(member, attribute)


def _static_attribute(spec: Specialiser, base: Const, attribute: str, span: Span | None) -> Item:
    holder = base.value
    if holder is dynamic.LOST:
        raise spec.refuse(
            "an attribute is read of a variable that a failed `try` block had assigned",
            span,
            "assign it after the block, or in each handler",
        )
    try:
        value = getattr(holder, attribute)
    except AttributeError as error:
        return spec.failure(AttributeError, str(error), span)
    spelled = f"{base.name}.{attribute}" if base.name else attribute
    if isinstance(value, Slot):
        return local_classes.found(spec, value, span)
    ufunc = getattr(value, "__self__", None)
    if isinstance(ufunc, registry.UFUNC):
        return Const(registry.ufunc_method(ufunc, attribute), spelled)
    if isinstance(holder, str | int | float) and hasattr(type(holder), attribute) and callable(value):
        return BoundItem(getattr(type(holder), attribute), (base,))
    if isinstance(holder, type):
        member = class_member(holder, attribute)
        if isinstance(member, classmethod):
            return BoundItem(member.__func__, (base,))
    if isinstance(type_of(value), Static) or is_grid(value):
        if not is_builtin(holder):
            spec.surrounding((id(holder), attribute), spelled, value, functools.partial(getattr, holder, attribute))
        return Const(value, spelled)
    return spec.surrounding((id(holder), attribute), attribute, value, functools.partial(getattr, holder, attribute))
