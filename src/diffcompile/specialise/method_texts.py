"""What the text of a method tells: whether it stores anything, without a walk through it."""

from __future__ import annotations

import builtins
import dis
import functools
import inspect
import types as pytypes
from typing import TYPE_CHECKING, Any

import gast

from diffcompile.errors import NoSourceError, Span, UnsupportedError
from diffcompile.frontend.nodes import nodes_under
from diffcompile.frontend.source import read_source
from diffcompile.frontend.stores import MUTATORS, may_store, own_containers
from diffcompile.specialise.classes import class_member, is_slot

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def code_behind(member: Any) -> pytypes.FunctionType | None:
    """Return the function behind a member of a class, a property's too; None if there is none."""
    if isinstance(member, property):
        member = member.fget
    return member if isinstance(member, pytypes.FunctionType) else None


_ACTING = ("STORE_ATTR", "STORE_SUBSCR", "DELETE_ATTR", "DELETE_SUBSCR", "STORE_GLOBAL", "STORE_DEREF")


def stores_nothing(spec: Specialiser, cls: type, fun: pytypes.FunctionType) -> bool:
    """Tell at a glance that a method stores nothing: it was generated, or calls nothing and reads plain attributes."""
    known = spec.memory.simple_texts
    if (cls, fun) not in known:
        known[cls, fun] = is_generated(fun) or _is_simple(cls, fun)
    return known[cls, fun]


def _is_simple(cls: type, fun: pytypes.FunctionType) -> bool:
    for step in dis.get_instructions(fun):
        if step.opname.startswith(("CALL", "FORMAT", "BINARY", "COMPARE", "CONTAINS", "YIELD", *_ACTING)):
            return False
    members = (class_member(cls, name) for name in fun.__code__.co_names)
    return all(member is None or is_slot(member) for member in members) and class_member(cls, "__getattr__") is None


def is_generated(fun: Any) -> bool:
    """Tell whether a function was made from a text that is not kept, as the methods of a dataclass are."""
    code = getattr(inspect.unwrap(fun), "__code__", None)
    return code is not None and code.co_filename.startswith("<") and not _is_interactive(fun)


def _is_interactive(fun: Any) -> bool:
    """Tell whether the text of a function is there although it comes from no file."""
    try:
        read_source(fun)
    except (NoSourceError, UnsupportedError, OSError, TypeError):
        return False
    return True


def stores(spec: Specialiser, cls: type, fun: pytypes.FunctionType) -> bool:
    """Tell whether the text of a method, or of one that it calls by name, stores anything."""
    known = spec.memory.storing_texts
    if (cls, fun) not in known:
        known[cls, fun] = _text_stores(cls, fun, set())
    return known[cls, fun]


def _text_stores(cls: type, fun: pytypes.FunctionType, seen: set[Any]) -> bool:
    """Tell whether the text of a method, or of one that it calls by name, stores anything."""
    if fun in seen or is_generated(fun):
        return False
    seen.add(fun)
    try:
        if may_store(fun, own_containers(fun)):
            return True
        nodes = list(nodes_under(read_source(fun).node))
    except (NoSourceError, UnsupportedError, OSError, TypeError):
        return False  # code in C
    called = {id(node.func) for node in nodes if isinstance(node, gast.Call)}
    for node in nodes:
        if isinstance(node, gast.Global | gast.Nonlocal):
            return True
        found: Any = None
        if isinstance(node, gast.Attribute) and (node.attr != "__init__" or id(node) in called):
            found = class_member(cls, node.attr)
        elif isinstance(node, gast.Name) and isinstance(node.ctx, gast.Load):
            found = fun.__globals__.get(node.id, getattr(builtins, node.id, None))
        if isinstance(found, functools.cached_property):
            return True
        code = code_behind(found)
        if code is not None and _text_stores(cls, code, seen):
            return True
    return False


# -- what runs when an object dies ------------------------------------------------------------------------------------


def check_finaliser(spec: Specialiser, cls: type, span: Span | None) -> None:
    """Check that ``__del__``, which an object that is a set of variables never comes to, stores nothing elsewhere.

    Raises:
        UnsupportedError: it may.
    """
    fun = class_member(cls, "__del__")
    if isinstance(fun, pytypes.FunctionType) and _leaves_something(cls, fun, set()):
        raise spec.refuse(
            f"`__del__` of {cls.__name__} stores something outside of the object that dies",
            span,
            "do it in a method that is called, or in `__exit__`",
            "when an object dies is not known when the code is compiled",
        )


def _leaves_something(cls: type, fun: pytypes.FunctionType, seen: set[Any]) -> bool:
    """Tell whether a method stores anything but plain attributes of its object."""
    seen.add(fun)
    own = next(iter(inspect.signature(fun).parameters), "")
    for node in nodes_under(read_source(fun).node):
        target = isinstance(node, gast.Subscript | gast.Attribute) and isinstance(node.ctx, gast.Store | gast.Del)
        if target and not (isinstance(node, gast.Attribute) and getattr(node.value, "id", "") == own):
            return True
        if isinstance(node, gast.Global | gast.Nonlocal):
            return True
        if not isinstance(node, gast.Call):
            continue
        of_own = isinstance(node.func, gast.Attribute) and getattr(node.func.value, "id", "") == own
        found = class_member(cls, node.func.attr) if of_own else fun.__globals__.get(getattr(node.func, "id", ""))
        if isinstance(found, pytypes.FunctionType):
            if found not in seen and (_leaves_something(cls, found, seen) if of_own else may_store(found)):
                return True
        elif isinstance(node.func, gast.Attribute) and node.func.attr in MUTATORS:
            return True
    return False
