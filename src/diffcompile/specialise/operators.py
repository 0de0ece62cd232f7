"""Operators and comparisons of the user's objects."""

from __future__ import annotations

import dataclasses
import math
import operator
from collections.abc import Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Any

from diffcompile import dynamic
from diffcompile.analysis.types import ANY, Lst, Obj, OneOf, Scalar, Static, Tup
from diffcompile.errors import Span, UnsupportedError
from diffcompile.ir.core import Const, Value
from diffcompile.rules import registry
from diffcompile.specialise import instances
from diffcompile.specialise.classes import class_member
from diffcompile.specialise.items import Item, ObjectItem, TupleItem
from diffcompile.specialise.objects import class_of, guarded_member, is_generated, method

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

BINARY: dict[Any, tuple[str, str]] = {
    operator.add: ("__add__", "__radd__"), operator.sub: ("__sub__", "__rsub__"),
    operator.mul: ("__mul__", "__rmul__"), operator.truediv: ("__truediv__", "__rtruediv__"),
    operator.floordiv: ("__floordiv__", "__rfloordiv__"), operator.mod: ("__mod__", "__rmod__"),
    operator.pow: ("__pow__", "__rpow__"), pow: ("__pow__", "__rpow__"), divmod: ("__divmod__", "__rdivmod__"),
    operator.matmul: ("__matmul__", "__rmatmul__"),
    operator.and_: ("__and__", "__rand__"), operator.or_: ("__or__", "__ror__"), operator.xor: ("__xor__", "__rxor__"),
    operator.lshift: ("__lshift__", "__rlshift__"), operator.rshift: ("__rshift__", "__rrshift__"),
    operator.lt: ("__lt__", "__gt__"), operator.le: ("__le__", "__ge__"), operator.gt: ("__gt__", "__lt__"),
    operator.ge: ("__ge__", "__le__"), operator.eq: ("__eq__", "__eq__"), operator.ne: ("__ne__", "__ne__"),
}  # fmt: skip
UNARY: dict[Any, str] = {
    operator.neg: "__neg__", operator.pos: "__pos__", operator.invert: "__invert__", abs: "__abs__",
    float: "__float__", int: "__int__", complex: "__complex__", len: "__len__", bool: "__bool__", round: "__round__",
    iter: "__iter__", str: "__str__", repr: "__repr__", math.floor: "__floor__", math.ceil: "__ceil__",
    math.trunc: "__trunc__", operator.index: "__index__", operator.inv: "__invert__", operator.abs: "__abs__",
}  # fmt: skip
_BY_FLOAT = (math.floor, math.ceil, math.trunc)
"""They ask for ``__float__`` where the class has no method of their own."""
_INHERITED = tuple(vars(object).values())


def _call(spec: Specialiser, fun: Any, args: list[Item], span: Span | None) -> Item:
    from diffcompile.specialise import calls  # noqa: PLC0415 - calls of builtins are operators too

    return calls.call_static(spec, fun, args, {}, span)


def of_records(spec: Specialiser, callee: Any, args: list[Item], span: Span | None) -> Item | None:
    """An operator that the class of a named tuple defines; None where it is that of tuples.

    Raises:
        UnsupportedError: NumPy, whose number may stand on the left, would take the tuple for an array.
    """
    records = [record_class(spec, arg) for arg in args]
    if not any(records):
        return None
    names = BINARY.get(callee, ()) if len(args) == 2 else (UNARY.get(callee, ""),)  # noqa: PLR2004
    own = [
        cls is not None and any(isinstance(class_member(cls, name), FunctionType) for name in names) for cls in records
    ]
    if not any(own):
        return None
    if not own[0] and records[0] is None and not isinstance(args[0], Const) and class_of(spec, args[0]) is None:
        raise spec.refuse(
            f"a number or an array stands left of a {records[-1].__name__}, which defines the operator",
            span,
            "write the tuple first",
            "NumPy would take the tuple for an array",
        )
    return operate(spec, callee, args, span)


def record_class(spec: Specialiser, item: Item) -> Any:
    """Return the class of a named tuple, or None."""
    if isinstance(item, TupleItem):
        cls = item.cls
    else:
        t = spec.types[item] if isinstance(item, Value) else None
        cls = t.cls if isinstance(t, Tup) else None
    return cls if cls is not None and hasattr(cls, "_fields") else None


def _method(spec: Specialiser, item: Item, name: str) -> Any:
    """Return the method of an instance or a named tuple that implements an operator, or None."""
    cls = record_class(spec, item)
    if cls is None:
        return method(spec, item, name)
    found = guarded_member(spec, cls, name)
    return found if isinstance(found, FunctionType) else None


def check_beside(spec: Specialiser, callee: Any, args: Sequence[Item], span: Span | None) -> None:
    """Let the code check what stands beside a number that is differentiated, if nothing is known of it.

    Where it is an object whose class defines the operator, the rule for numbers is none for what that returns.
    """
    if not registry.has_rule(callee) or callee in registry.NONDIFFERENTIABLE:
        return
    moving = [isinstance(arg, Value) and spec.depends(arg) for arg in args]
    if not any(moving):
        return
    for arg, moves in zip(args, moving, strict=True):
        t = spec.types[arg] if isinstance(arg, Value) else None
        if not moves and (t is ANY or (isinstance(t, Obj) and t.cell is None)):
            spec.effect(dynamic.check_operand, [arg], span)


def with_count(spec: Specialiser, callee: Any, args: list[Item], span: Span | None) -> list[Item]:
    """Return the operands, of a list times something of unknown type with the count that this has to be."""
    if callee is not operator.mul:
        return args
    lists = [isinstance(arg, Value) and isinstance(spec.types[arg], Lst) for arg in args]
    unknown = [isinstance(arg, Value) and spec.types[arg] is ANY for arg in args]
    return [
        spec.emit(dynamic.count_of, [arg], span, t=Scalar("i")) if lists[1 - k] and unknown[k] else arg
        for k, arg in enumerate(args)
    ]


def operate(spec: Specialiser, callee: Any, args: list[Item], span: Span | None) -> Item:
    """An operator one of whose operands is an instance of a user's class."""
    names = BINARY.get(callee) if len(args) == 2 else None  # noqa: PLR2004 - `pow` with a modulus has three
    if names is not None:
        from diffcompile.specialise import array_likes  # noqa: PLC0415 - calls of builtins are operators too

        left, right = args
        if array_likes.defers(spec, callee, left, right):
            return array_likes.by_protocol(spec, array_likes.UFUNCS[callee], args, {}, span)
        forward = _method(spec, left, names[0])
        if _overrides(spec, left, right, names[1]):
            forward, backward = _method(spec, right, names[1]), forward
            order = (right, left), (left, right)
        else:
            backward = _method(spec, right, names[1])
            order = (left, right), (right, left)
        for fun, pair in ((forward, order[0]), (backward, order[1])):
            if fun is None or fun in _INHERITED:
                continue
            if is_generated(fun):
                return _compare_dataclasses(spec, callee, pair, span)
            result = _call(spec, fun, list(pair), span)
            if not (isinstance(result, Const) and result.value is NotImplemented):
                return result
        if callee in (operator.eq, operator.ne):
            equal = method(spec, left, "__eq__")
            if callee is operator.ne and equal is not None and equal is not object.__eq__:
                return spec.test(operator.not_, [operate(spec, operator.eq, args, span)], span, "")
            same = is_same(spec, left, right, span) or Const(False)
            return same if callee is operator.eq else spec.test(operator.not_, [same], span, "")
    elif (fun := _method(spec, args[0], UNARY.get(callee, ""))) is not None:
        return _call(spec, fun, args, span)
    operands = ", ".join(repr(spec.type(arg)) for arg in args)
    name = getattr(callee, "__name__", callee)
    raise spec.refuse(f"`{name}` of {operands} is not supported", span, "define the operator in the class")


def of_instance(
    spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None
) -> Item | None:
    """Return what a builtin function makes of the methods of an instance, or None if it asks for none of them."""
    if (fun in BINARY or fun in UNARY) and (found := of_records(spec, fun, args, span)) is not None:
        return found
    if not any(class_of(spec, arg) is not None for arg in args):
        return None
    if fun in BINARY and len(args) == 2:  # noqa: PLR2004
        return spec.operate(fun, args, span, "")
    if fun in BINARY or (fun in UNARY and (fun is round or len(args) == 1) and fun not in _BY_FLOAT):
        found = method(spec, args[0], UNARY[fun] if fun in UNARY else BINARY[fun][0])
        if found is not None:
            return _call(spec, found, [*args, *keywords.values()], span)
        return operate(spec, fun, args, span)
    if getattr(fun, "__module__", None) != "math":
        return None
    if fun in UNARY and (found := method(spec, args[0], UNARY[fun])) is not None:
        return _call(spec, found, args, span)
    numbers = [arg if class_of(spec, arg) is None else _call(spec, float, [arg], span) for arg in args]
    return _call(spec, fun, numbers, span)


def is_same(spec: Specialiser, left: Item, right: Item, span: Span | None) -> Item | None:
    """Return whether two things are one object; None where neither is an instance of a user's class."""
    for item, other in ((left, right), (right, left)):
        t = spec.types[item] if isinstance(item, Value) else None
        if isinstance(t, OneOf) and isinstance(found := spec.type(other), Static) and found.value is None:
            return spec.emit(operator.is_, [item, Const(None)], span, t=Scalar("b")) if t.none else Const(False)
    possible = [_possible_classes(spec, item) for item in (left, right)]
    if all(possible) and any(isinstance(item, Value) and isinstance(spec.types[item], OneOf) for item in (left, right)):
        if not set(possible[0]) & set(possible[1]):
            return Const(False)
        for cls in (*possible[0], *possible[1]):
            instances.demand(spec, cls)
        if isinstance(left, Value) and isinstance(right, Value):
            return spec.emit(operator.is_, [left, right], span, t=Scalar("b"))
        raise _unknown_identity(spec, span)
    real = all(instances.is_real(spec, item) for item in (left, right))
    if real and left is not right and class_of(spec, left) is class_of(spec, right):
        return spec.emit(operator.is_, [left, right], span, t=Scalar("b"))
    known = identical(spec, left, right, span)
    return None if known is None else Const(known)


def identical(spec: Specialiser, left: Item, right: Item, span: Span | None) -> bool | None:
    """Tell whether two things are one object; None where neither is an instance of a user's class."""
    classes = [class_of(spec, item) for item in (left, right)]
    if classes == [None, None]:
        return None
    if left is right:
        return True
    if None in classes:
        other = spec.type(right if classes[1] is None else left)
        if other is not ANY:
            return False
    certain = isinstance(left, ObjectItem) and isinstance(right, ObjectItem) and not spec.standins & {left, right}
    if certain or (None not in classes and classes[0] is not classes[1]):
        return False
    for item in (left, right):
        if isinstance(item, ObjectItem):
            instances.demand(spec, item.cls)
        elif isinstance(item, Value) and isinstance(t := spec.types[item], Obj):
            instances.demand(spec, t.cls)
    raise _unknown_identity(spec, span)


def _possible_classes(spec: Specialiser, item: Item) -> tuple[type, ...]:
    """Return the classes of which an instance may be; of what is none, no class."""
    if isinstance(item, ObjectItem):
        return (item.cls,)
    t = spec.types[item] if isinstance(item, Value) else None
    if isinstance(t, OneOf):
        return tuple(part.cls for part in t.items)
    return (t.cls,) if isinstance(t, Obj) else ()


def _unknown_identity(spec: Specialiser, span: Span | None) -> UnsupportedError:
    return spec.refuse(
        "whether these are one object is not known when the code is compiled",
        span,
        "compare a field that tells the objects apart",
        "which object it is depends on a branch or a loop, or it was kept in a container",
    )


def _overrides(spec: Specialiser, left: Item, right: Item, name: str) -> bool:
    """Tell whether the right operand is asked first: its class is a subclass that redefines the reflected method."""
    mine, theirs = class_of(spec, left), class_of(spec, right)
    if mine is not theirs and getattr(theirs, "asked_first", False):
        return True
    if mine is None or theirs is None or mine is theirs:
        return False
    return issubclass(theirs, mine) and class_member(theirs, name) is not class_member(mine, name)


def _compare_dataclasses(spec: Specialiser, callee: Any, operands: tuple[Item, ...], span: Span | None) -> Item:

    left, right = operands
    from diffcompile.specialise.attributes import load_attribute  # noqa: PLC0415 - it loads attributes of objects

    cls = class_of(spec, left)
    if cls is not class_of(spec, right):
        return Const(callee is operator.ne)
    names = [Const(field.name) for field in dataclasses.fields(cls) if field.compare]
    parts = [
        TupleItem(tuple(load_attribute(spec, item, name, span) for name in names)) for item in operands
    ]
    return spec.emit(callee, parts, span)


def truth(spec: Specialiser, item: Item, span: Span | None) -> Item:
    """Return ``bool(item)`` of an instance, or ``item`` itself if it is none."""
    t = spec.types[item] if isinstance(item, Value) else None
    if isinstance(t, OneOf):
        asked = [part.cls for part in t.items if any(class_member(part.cls, n) for n in ("__bool__", "__len__"))]
        if asked:
            raise spec.refuse(f"the truth value of {t!r} is not supported", span, "compare with None, or use len()")
        return spec.emit(operator.is_not, [item, Const(None)], span, t=Scalar("b")) if t.none else Const(True)
    if (of_record := of_records(spec, bool, [item], span)) is not None:
        return of_record
    if class_of(spec, item) is None:
        return item
    for name in ("__bool__", "__len__"):
        fun = method(spec, item, name)
        if fun is not None:
            return _call(spec, fun, [item], span)
    return Const(True)
