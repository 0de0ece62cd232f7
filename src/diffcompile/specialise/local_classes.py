"""Classes that are defined in a function: made when the code is compiled, of constants and of slots for the rest.

A class is made for each call of the function around it, as Python does; but where everything that it sees is the same,
as in the trips of a loop, it is one class. What its slots stand for is known while the walk is where the class was
made, or in a branch or loop in there.
"""

from __future__ import annotations

import functools
import inspect
import types as pytypes
import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from diffcompile.analysis.types import Array, Dct, Lst, Obj, Scalar, Static, plain
from diffcompile.errors import NoSourceError, Span, UnsupportedError
from diffcompile.frontend.local_classes import LocalClass, Slot, makes_classes
from diffcompile.frontend.source import read_source
from diffcompile.ir.core import Const, Value
from diffcompile.specialise.classes import class_member
from diffcompile.specialise.items import Item, TupleItem, is_undefined

if TYPE_CHECKING:
    from diffcompile.ir.core import Op
    from diffcompile.specialise.driver import Specialiser
    from diffcompile.specialise.surroundings import Surroundings

@dataclass(slots=True)
class Seen:
    """What a slot stands for, the operations behind which that is known, and whether an attribute of it is meant."""

    item: Item
    places: list[list[Op]]
    through: bool


_OPEN: weakref.WeakSet[Any] = weakref.WeakSet()
"""Classes that have slots."""


def make(spec: Specialiser, maker: LocalClass, items: list[Item], span: Span | None) -> Item:
    """Return the class that the statement of a class makes here."""
    keys = tuple(_key(item) for item in items)
    uses = spec.local_classes.setdefault((spec.path, maker), [])
    for known, cls, slots in uses:
        if known == keys:
            for slot in slots.values():
                spec.slots[slot].places.append(spec.ops)
            return Const(cls, maker.name)
    made_before = spec.memory.local_classes.setdefault((spec.path, maker), [])
    constants = tuple(key for key in keys if key[0] != "run")
    if len(made_before) > len(uses) and made_before[len(uses)][0] == constants:
        _, cls, slots, _ = made_before[len(uses)]
    else:
        cls, slots = _made(spec, maker, items, span)
        del made_before[len(uses) :]
        made_before.append((constants, cls, slots, items))
    for number, slot in slots.items():
        spec.slots[slot] = Seen(items[number], [spec.ops], maker.operands[number] in maker.through)
    uses.append((keys, cls, slots))
    return Const(cls, maker.name)


def _key(item: Item) -> tuple[Any, ...]:
    """Return what tells items apart of which one class cannot be made."""
    if not isinstance(item, Const):
        return "run", item
    if isinstance(item.value, bool | int | float | complex | str):
        return "literal", type(item.value), repr(item.value)
    return "object", id(item.value)


def _made(
    spec: Specialiser, maker: LocalClass, items: list[Item], span: Span | None
) -> tuple[type, dict[int, Slot]]:
    """Make a class of constants, and of slots for everything else."""
    slots: dict[int, Slot] = {}
    values: list[Any] = []
    for number, (name, item) in enumerate(zip(maker.operands, items, strict=True)):
        role = maker.roles.get(name, "seen")
        if isinstance(item, Const) and not is_undefined(item):
            values.append(item.value)
        else:
            slots[number] = Slot(name if role == "seen" else f"what its {role} is")
            values.append(slots[number])
        _check(spec, maker, role, item, span)
    try:
        cls: type = maker.made(values)
    except UnsupportedError as problem:
        raise UnsupportedError(problem.what, span=span, why=problem.why, advice=problem.advice) from None
    except Exception as problem:
        raise spec.refuse(f"defining the class {maker.name} raises {type(problem).__name__}: {problem}", span) from None
    if slots or any(is_open(base) for base in cls.__bases__):
        _OPEN.add(cls)
    return cls, slots


def _check(spec: Specialiser, maker: LocalClass, role: str, item: Item, span: Span | None) -> None:
    """Refuse what would do something that only happens once, as the class is made once."""
    what = ""
    value = item.value if isinstance(item, Const) else None
    if role == "seen" or (role in ("default", "option") and isinstance(item, Const)):
        return
    if role == "base" and (not isinstance(item, Const) or _acts(value)):
        what = f"its base {getattr(value, '__name__', '')} does something when a class is made of it".replace("  ", " ")
    elif role == "callee" and not makes_classes(value):
        what = f"{getattr(value, '__name__', 'a function')} is called in it"
    elif role == "decorator" and not (makes_classes(value) or _only_wraps(value)):
        what = f"{getattr(value, '__name__', 'a function')} decorates a method"
    elif role == "metaclass" and (not isinstance(value, type) or _acts(value)):
        what = f"its metaclass {getattr(value, '__name__', '')} does something when a class is made"
    elif role == "option" and not isinstance(item, Const):
        what = "an option of it is not known when the code is compiled"
    elif role == "attribute" and not isinstance(item, Const) and not _is_plain(spec, item):
        what = "an attribute of it is an object or a function"
    elif role == "attribute" and hasattr(type(value), "__set_name__") and not makes_classes(type(value)):
        what = f"an attribute of it is a {type(value).__name__}"
    if what:
        raise spec.refuse(
            f"the class {maker.name} in a function is not supported: {what}", span, "define it at module level"
        )


def _acts(base: Any) -> bool:
    """Tell whether making a class of ``base`` runs code of the program."""
    if not isinstance(base, type):
        return not makes_classes(base)  # `typing.NamedTuple`
    steps: list[Any] = [vars(one).get("__init_subclass__") for one in base.__mro__]
    meta = base if issubclass(base, type) else type(base)
    names = ("__new__", "__init__", "__prepare__")
    steps += [vars(one).get(name) for one in inspect.getmro(meta) for name in names]
    functions = [getattr(step, "__func__", step) for step in steps if step is not None]
    return any(isinstance(fun, pytypes.FunctionType) and not makes_classes(fun) for fun in functions)


def _only_wraps(fun: Any) -> bool:
    """Tell whether a decorator does nothing but define a function and return it."""
    if not isinstance(fun, pytypes.FunctionType):
        return False
    try:
        body = read_source(fun).node.body
    except NoSourceError:
        return False
    kinds = [type(statement).__name__ for statement in body]
    return all(
        kind in ("FunctionDef", "Return") or (kind == "Expr" and type(statement.value).__name__ == "Constant")
        for kind, statement in zip(kinds, body, strict=True)
    )


def _is_plain(spec: Specialiser, item: Item) -> bool:
    """Tell whether an attribute of a class is data, which an instance does not bind to itself."""
    if isinstance(item, TupleItem):
        return True
    return isinstance(item, Value) and isinstance(plain(spec.type(item)), Scalar | Array | Lst | Dct | Static)


def found(spec: Surroundings, slot: Slot, span: Span | None) -> Item:
    """Return what a slot stands for.

    Raises:
        UnsupportedError: it is not known here.
    """
    seen = spec.slots.get(slot)
    if seen is None or not any(ops is one for ops in seen.places for one in (*spec.around, spec.ops)):
        raise UnsupportedError(
            f"{slot.name}, which a class in a function sees, is not known here",
            span=span,
            why="the class is defined in a branch or loop, or its method is called recursively or through a variable",
            advice="define the class at module level, and pass what it sees as an argument",
        )
    if not seen.through:
        return seen.item
    from diffcompile.specialise import attributes  # noqa: PLC0415 - it looks up what classes see

    return attributes.load_attribute(spec, seen.item, Const(slot.name), span)  # type: ignore[arg-type]


def store(spec: Specialiser, slot: Slot, value: Item, span: Span | None) -> None:
    """Assign a variable of the function around: it is shared."""
    from diffcompile.specialise import objects  # noqa: PLC0415 - it looks up what classes see

    objects.store(spec, spec.slots[slot].item, slot.name, value, span)  # type: ignore[arg-type]


def is_open(value: Any, seen: tuple[Any, ...] = ()) -> bool:
    """Tell whether a function or class sees what only exists when the program runs."""
    if isinstance(value, Slot):
        return True
    if isinstance(value, type):
        return any(base in _OPEN for base in value.__mro__)
    if any(value is one for one in seen):
        return False
    seen = (*seen, value)
    match value:
        case staticmethod() | classmethod() | pytypes.MethodType():
            return is_open(value.__func__, seen) or is_open(getattr(value, "__self__", None), seen)
        case functools.partial():
            return any(is_open(part, seen) for part in (value.func, *value.args, *value.keywords.values()))
        case pytypes.FunctionType():
            parts = [*(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()]
            parts += contents(value.__closure__ or ())
            return any(is_open(part, seen) for part in parts)
    inner = getattr(value, "__wrapped__", None) if callable(value) else None
    return inner is not None and is_open(inner, seen)


def contents(cells: Iterable[pytypes.CellType]) -> list[Any]:
    """Return what cells of functions hold."""
    held = []
    for cell in cells:
        try:
            held.append(cell.cell_contents)
        except ValueError:
            continue  # nothing yet
    return held


def check_closed(spec: Surroundings, fun: Any, items: list[Item], span: Span | None) -> None:
    """Refuse a call that is made as it stands and would run methods which see what only the compiler knows."""
    if not spec.slots:
        return
    for item in (Const(fun), *items):
        if sees_slots(spec, item):
            raise UnsupportedError(
                "a class in a function, which sees variables of it, is handed to what is not differentiated",
                span=span,
                advice="define the class at module level, and pass what it sees as an argument",
            )


def check_asked(spec: Any, cls: type, name: str, span: Span | None) -> None:
    """Refuse a call in which Python calls a method by itself that sees what only the compiler knows."""
    if spec.slots and is_open(class_member(cls, name)):
        raise UnsupportedError(
            f"`{name}` of {cls.__name__} sees variables of the function that defines the class, "
            "and is called where Python calls it by itself",
            span=span,
            advice="keep them in attributes, or call the method",
        )


def sees_slots(spec: Surroundings, item: Item) -> bool:
    """Tell whether what is called, or an instance, sees what only exists when the program runs."""
    if isinstance(item, Const):
        return is_open(item.value) if callable(item.value) else False
    t = spec.type(item)
    return isinstance(t, Obj) and is_open(t.cls)
