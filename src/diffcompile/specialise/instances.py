"""Real instances: objects that exist at run time, because they change and it is not known which object it is.

As long as it is known which object a variable holds, an object that the program makes is a set of variables: see
:mod:`diffcompile.specialise.heap`. Where something else stands for it as well (a list that holds it, a loop or a branch
that chooses between two) and it is changed, its class becomes real: the program is walked again, and every instance of
that class is made where the program makes it. Its attributes are the items of its ``__dict__``, and a store to one is a
write to memory like that to an item of a dict.
"""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

from diffcompile import dynamic
from diffcompile.analysis.types import (
    ANY,
    Cell,
    Dct,
    Lst,
    Obj,
    OneOf,
    Scalar,
    Static,
    Tup,
    Type,
    forget_sizes,
    plain,
    type_of,
)
from diffcompile.errors import Span
from diffcompile.frontend.lower import Code
from diffcompile.frontend.lower.names import display_name
from diffcompile.ir.core import Block, Const, Op, Prim, Value, walk
from diffcompile.specialise.classes import (
    NOTHING,
    attribute_of,
    can_be_real,
    class_member,
    instance_names,
    is_slot,
)
from diffcompile.specialise.items import BoundItem, ChoiceItem, ClosureItem, Item, ObjectItem, TupleItem

if TYPE_CHECKING:
    from diffcompile.specialise.building import Building
    from diffcompile.specialise.driver import Specialiser


class Restart(Exception):  # noqa: N818 - no error
    """The program has to be walked again, as a class has become real."""


def demand(spec: Building, cls: type) -> None:
    """Have instances of ``cls`` made for real, if they can be; returns if they are already, or cannot.

    Raises:
        Restart: the walk has to start again.
    """
    if spec.may_restart and can_be_real(cls) and cls not in spec.memory.real:
        spec.memory.real.add(cls)
        raise Restart


def demand_sharing(spec: Building, code: Code | None) -> None:
    """Have the loops of a function share their variables with the functions that they make, as one is kept.

    Raises:
        Restart: the walk has to start again.
    """
    if spec.may_restart and code not in spec.memory.sharing and code is not None and code.texts[0] is not None:
        spec.memory.sharing.add(code)
        raise Restart


def check_kept(spec: Building, item: Item) -> None:
    """Refuse to keep a function that sees a variable which the loop around it assigns again, unless they share it.

    Raises:
        Restart: the walk has to start again: they do from then on.
        UnsupportedError: they cannot.
    """
    match item:
        case TupleItem():
            parts: tuple[Item, ...] = item.items
        case BoundItem():
            parts = item.args
        case ClosureItem(rebound=None):
            parts = (*item.captured, *item.defaults)
        case ClosureItem():
            demand_sharing(spec, item.rebound)
            what = f"{item.code.name} is kept, and sees a variable that the loop around it assigns again"
            why = "a function sees the value that its variable has when it is called, not when it was made"
            raise spec.refuse(what, spec.span, "bind the value: `lambda t, k=k: ...`", why)
        case _:
            parts = ()
    for part in parts:
        check_kept(spec, part)


def need_list(spec: Building, item: Item) -> None:
    """Have a list of functions made as a list, as more is done with it than taking its items.

    Raises:
        Restart: the walk has to start again.
    """
    if not isinstance(item, TupleItem) or not item.sites:
        return
    if spec.may_restart and not item.sites <= spec.memory.shared:
        spec.memory.shared |= item.sites
        raise Restart
    raise spec.refuse("a list of functions is used as data here", spec.span, "use a tuple")


def open_arguments(spec: Specialiser) -> None:
    """Have the types of the objects looked at that the arguments hold in lists and dicts, if that was not done yet.

    Raises:
        Restart: the walk has to start again.
    """
    if spec.may_restart and not spec.memory.opened and any(_holds_objects(example, set()) for example in spec.examples):
        spec.memory.opened = True
        raise Restart


def _holds_objects(value: Any, seen: set[int]) -> bool:
    """Tell whether an argument holds instances in a container."""
    if id(value) in seen:
        return False
    seen.add(id(value))
    if isinstance(value, list | tuple | dict):
        parts = list(value.values() if isinstance(value, dict) else value)
        return any(can_be_real(type(part)) for part in parts) or any(_holds_objects(part, seen) for part in parts)
    return can_be_real(type(value)) and any(_holds_objects(getattr(value, n), seen) for n in instance_names(value))


def is_real(spec: Specialiser, item: Item) -> bool:
    """Tell whether ``item`` is an instance whose attributes are memory."""
    t = spec.types[item] if isinstance(item, Value) else None
    return isinstance(t, Obj) and t.cell is not None and t.cls in spec.memory.real


def opened(spec: Specialiser, item: Item, span: Span | None) -> Item:
    """Return an instance of one of several classes as a choice by its class; anything else as it is."""
    t = spec.types[item] if isinstance(item, Value) else None
    if not isinstance(t, OneOf):
        return item
    parts = [spec.emit(dynamic.narrowed, [item], span, t=part) for part in t.items]
    found: Item = parts[-1]
    for part in reversed(parts[:-1]):
        cls = spec.type(part).cls  # type: ignore[attr-defined]
        kind = spec.emit(type, [item], span, t=ANY)
        test = spec.emit(operator.is_, [kind, Const(cls, cls.__name__)], span, t=Scalar("b"))
        assert isinstance(test, Value)
        found = ChoiceItem(test, part, found)
    return found


def make(spec: Specialiser, cls: type, span: Span | None) -> Value:
    """Return a new instance without attributes of its own."""
    cell = spec.memory.cells.setdefault((spec.path, cls, span), Cell(fields={}))
    result = spec.value("", Obj(cls, cell))
    spec.names.setdefault(result, display_name(cls.__name__.lower()))
    spec.ops.append(Op(Prim.OBJECT, (), (result,), {"cls": cls, "names": ()}, (), span))
    for name in cell.root().fields or ():  # what the class gives, until the instance has its own
        member = attribute_of(cls, name)
        if member is not None and not is_slot(member) and not hasattr(type(member), "__get__"):
            member = None if member is NOTHING else member
            read = functools.partial(class_member, cls, name)
            value = spec.data(spec.surrounding((cls, name, "member"), name, member, read))
            spec.effect(operator.setitem, [attributes_of(spec, result, span), Const(name), value], span)
            spec.class_data[result, name] = cell, _held(spec, value)
    return result


def attributes_of(spec: Specialiser, base: Value, span: Span | None) -> Value:
    """Return the dict with the attributes of an instance."""
    t = spec.types[base]
    assert isinstance(t, Obj) and t.cell is not None
    found = spec.emit(dynamic.fields, [base], span, t=Dct(t.cell))
    assert isinstance(found, Value)
    return found


def namespace(spec: Specialiser, base: Value | ObjectItem, span: Span | None) -> Value:
    """Return ``base.__dict__``, for which the instances of the class have to be made.

    Raises:
        Restart: they are from now on.
    """
    if isinstance(base, Value):
        return attributes_of(spec, base, span)
    demand(spec, base.cls)
    raise spec.refuse("`__dict__` of this object is not supported", span, "write the attributes out")


def names_of(spec: Specialiser, base: Value) -> dict[str, Type]:
    """Return the attributes that instances like this one may have, and their types."""
    t = spec.types[base]
    assert isinstance(t, Obj) and t.cell is not None
    fields = t.cell.root().fields
    if fields is None:
        raise spec.refuse(
            f"attributes of a {t.cls.__name__} are stored in its `__dict__` under names that are not known",
            spec.span,
            "use setattr with a name that is written out, or a dict of its own",
        )
    return fields


def get(spec: Specialiser, base: Value, name: str, span: Span | None, hint: str = "") -> Item:
    """Return an attribute that the instance itself has."""
    t = names_of(spec, base)[name]
    if isinstance(t, Static) and not isinstance(t.value, int | float | complex):
        return Const(t.value, "" if isinstance(t.value, str | type(None)) else name)
    found = spec.emit(operator.getitem, [attributes_of(spec, base, span), Const(name)], span, name=hint, t=plain(t))
    if isinstance(found, Value):
        spec.names.setdefault(found, display_name(name))
    return found


def has(spec: Specialiser, base: Value, name: str, span: Span | None) -> Item:
    """Return whether the instance itself has an attribute."""
    if name not in names_of(spec, base):
        return Const(False)
    return spec.emit(operator.contains, [attributes_of(spec, base, span), Const(name)], span)


def put(spec: Specialiser, base: Value, name: str, value: Item, span: Span | None) -> None:
    """Store an attribute in the instance itself."""
    t = spec.types[base]
    assert isinstance(t, Obj) and t.cell is not None
    value = spec.data(value)
    t.cell.add_field(name, _held(spec, value))
    _take_back(spec, base, name)
    spec.effect(operator.setitem, [attributes_of(spec, base, span), Const(name), value], span)
    if spec.operand(value) in spec.varied:
        spec.varied.add(base)


def _held(spec: Specialiser, value: Item) -> Type:
    return plain(spec.type(value)) if not isinstance(value, Const) or _is_number(value) else spec.type(value)


def note_class_data(spec: Specialiser) -> None:
    """Record the types of class data that instances stand in for, after a walk."""
    for (_, name), (cell, t) in spec.class_data.items():
        cell.add_field(name, t)


def _take_back(spec: Specialiser, base: Value, name: str) -> None:
    """Drop what the class gives as an attribute, if the instance has its own before anything has been read."""
    if (base, name) not in spec.class_data:
        return
    views = {base}
    for number in range(len(spec.ops) - 1, -1, -1):
        op = spec.ops[number]
        views.update(op.results if op.callee is dynamic.fields and op.operands[0] is base else ())
        if base in op.results:
            break
    for number in range(len(spec.ops) - 1, -1, -1):
        op = spec.ops[number]
        inside = list(walk(Block((), (op,), ())))
        used = [one for inner in inside for one in inner.operands if one in views]
        used += [one for inner in inside for region in inner.regions for one in region.results if one in views]
        if not used or op.callee is dynamic.fields:
            continue
        stored = op.callee is operator.setitem and op.operands[0] in views and isinstance(op.operands[1], Const)
        if not stored or len(used) > 1:
            return
        if isinstance(op.operands[1], Const) and op.operands[1].value == name:
            spec.exchanged.append((spec.ops, number, op))
            again = spec.value("", spec.type(op.operands[0]))
            spec.ops[number] = Op(dynamic.fields, (base,), (again,), {}, (), op.span)
            spec.exchanged.append((spec.class_data, (base, name), spec.class_data.pop((base, name))))
            return


def _is_number(item: Const) -> bool:
    return isinstance(item.value, bool | int | float | complex)


def is_given(spec: Specialiser, base: Value, name: str) -> bool:
    """Tell whether the caller made the instance, without such an attribute."""
    t = spec.types[base]
    assert isinstance(t, Obj) and t.cell is not None
    return t.cell.root().fixed and name not in names_of(spec, base)


def typed(spec: Specialiser, t: Type, example: Any) -> Type:
    """Return the type of something of the caller's in which the instances of real classes have known attributes."""
    if not spec.memory.real and not spec.memory.opened:
        return t

    def is_known(part: Any) -> bool:
        return type(part) in spec.memory.real or (spec.memory.opened and can_be_real(type(part)))

    cells = spec.memory.cells
    key = ("given", id(example))
    match t:
        case Obj() if type(example) is t.cls and is_known(example):
            known = key in cells
            cell = cells.setdefault(key, Cell(fields={}, fixed=True))
            if not known:
                for name in instance_names(example):
                    value = getattr(example, name)
                    cell.add_field(name, typed(spec, plain(forget_sizes(type_of(value))), value))
            return Obj(t.cls, cell)
        case Lst() if isinstance(example, list) and any(map(is_known, example)):
            known = key in cells
            cell = cells.setdefault(key, Cell())
            if not known:
                for part in example:
                    cell.add(typed(spec, type_of(part), part))
            return Lst(cell)
        case Tup() if isinstance(example, tuple) and len(example) == len(t.items):
            return Tup(tuple(typed(spec, part, one) for part, one in zip(t.items, example, strict=True)), t.cls)
        case Dct() if isinstance(example, dict) and any(map(is_known, example.values())):
            known = key in cells
            cell = cells.setdefault(key, Cell(fields={}, fixed=True, given=True))
            if not known:
                for name, part in example.items():
                    cell.add_field(name, typed(spec, type_of(part), part))
            return Dct(cell)
    return t


