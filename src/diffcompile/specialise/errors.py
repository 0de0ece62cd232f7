"""Errors that a ``try`` block raises: instances whose attributes are known, as those of other objects are."""

from __future__ import annotations

import types as pytypes
from typing import TYPE_CHECKING, Any

from diffcompile.analysis.effects import is_droppable
from diffcompile.analysis.types import Obj
from diffcompile.errors import NoSourceError, Span, UnsupportedError
from diffcompile.ir.core import Block, Const, Value, walk
from diffcompile.specialise import heap
from diffcompile.specialise.items import NONE, Item, ObjectItem, TupleItem

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

ARGS, KEYWORDS, NAMES = "$args", "$keywords", "$names"
"""What an instance was made of, which is needed where it has to exist at run time."""
_DESCRIPTORS = (pytypes.MemberDescriptorType, pytypes.GetSetDescriptorType)
CHAINED = ("__context__", "__traceback__", "__suppress_context__", "__notes__", "__cause__")


def is_followed(cls: type) -> bool:
    """Tell whether instances of a class of errors have ``args`` and what Python code stores in them, and no more."""
    if not issubclass(cls, BaseException) or type(cls) is not type or isinstance(cls.__new__, pytypes.FunctionType):
        return False
    bases = [base for base in cls.__mro__ if base not in (BaseException, object)]
    own = [member for base in bases for name, member in vars(base).items() if name not in ("__dict__", "__weakref__")]
    return not any(isinstance(member, _DESCRIPTORS) for member in own)


def construct(
    spec: Specialiser, cls: type, args: list[Item], keywords: dict[str, Item], span: Span | None
) -> Item | None:
    """``cls(*args, **keywords)`` in the block of a ``try``, or None where what it does is not followed."""
    if spec.attempted is None or not is_followed(cls):
        return None
    before = spec.heap.copy()
    item = ObjectItem(cls)
    spec.heap.objects[item] = {
        "args": TupleItem(tuple(args)),
        ARGS: TupleItem(tuple(args)),
        KEYWORDS: TupleItem(tuple(keywords.values())),
        NAMES: Const(tuple(keywords)),
    }
    init: Any = cls.__init__  # type: ignore[misc]
    spec.surrounding_class(cls)
    place = len(spec.frames), len(spec.stack), spec.path, spec.override

    def initialise() -> list[Item]:
        from diffcompile.specialise import calls  # noqa: PLC0415 - calls of all kinds

        if isinstance(init, pytypes.FunctionType):
            calls.call_static(spec, init, [item, *args], dict(keywords), span)
        return []

    try:
        ops, _ = spec.scoped(initialise)
    except (UnsupportedError, NoSourceError):
        del spec.frames[place[0] :], spec.stack[place[1] :]
        spec.path, spec.override = place[2:]
        spec.heap = before
        return None
    acts = any(changed is not item for changed, _ in spec.heap.changes(before))
    if acts or not all(map(is_droppable, walk(Block((), tuple(ops), ())))):
        spec.heap = before
        return None
    spec.ops += ops
    return item


def called(spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None) -> Item | None:
    """Return the result of a call that makes an error, or calls a method that Python gives it, or None."""
    if isinstance(fun, type) and issubclass(fun, BaseException):
        return construct(spec, fun, args, keywords, span)
    return _method(spec, fun, args, keywords)


def _method(spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item]) -> Item | None:
    """Return what a method of the errors of Python itself does to a followed instance, or None."""
    if not args or not isinstance(args[0], ObjectItem) or not issubclass(args[0].cls, BaseException) or keywords:
        return None
    owner = getattr(fun, "__objclass__", int)
    if not isinstance(owner, type) or not issubclass(owner, BaseException):
        return None
    if fun.__name__ == "__init__":
        spec.heap.set(args[0], "args", TupleItem(tuple(args[1:])))
        return NONE
    return args[0] if fun.__name__ == "with_traceback" else None


def made(spec: Specialiser, item: ObjectItem) -> Value:
    """Return an instance at run time, made of what the program made it of."""
    from diffcompile.specialise.opaque import opaque  # noqa: PLC0415 - it is built on this

    known = spec.instances.get(item)
    if known is not None and known[1] is spec.ops:
        return known[0]
    fields = spec.heap.objects.get(item, {})
    args, keywords, names = (fields.get(name) for name in (ARGS, KEYWORDS, NAMES))
    if not isinstance(args, TupleItem) or not isinstance(keywords, TupleItem) or not isinstance(names, Const):
        raise spec.refuse(f"a {item.cls.__name__} that was made in two ways is used as data", spec.span, "raise it")
    heap.share(spec, item)
    given = dict(zip(names.value, keywords.items, strict=True))
    result = opaque(spec, item.cls, list(args.items), given, spec.span, "", Obj(item.cls))
    assert isinstance(result, Value)
    spec.instances[item] = result, spec.ops
    return result


def check_loaded(spec: Specialiser, item: ObjectItem, name: str, span: Span | None) -> None:
    """Refuse what Python notes in an error when it is raised.

    Raises:
        UnsupportedError: that is asked for.
    """
    if name in CHAINED and issubclass(item.cls, BaseException) and spec.heap.get(item, name) is None:
        raise spec.refuse(
            f"the attribute {name!r} of a {item.cls.__name__} is not supported", span,
            "store what is needed of it in an attribute of your own",
        )  # fmt: skip
