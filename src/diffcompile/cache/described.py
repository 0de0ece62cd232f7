"""Values in terms of text: how another process finds the same object again, and whether it is what it was."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import sys
import types as pytypes
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from diffcompile.frontend.source import Scope
from diffcompile.signature import Operator, Same, type_key
from diffcompile.specialise.binding import keyword_default, positional_default
from diffcompile.specialise.classes import attribute_of, class_member
from diffcompile.specialise.program import constant

Description = Any
"""What JSON can hold: text, numbers, lists."""


class NotDescribedError(Exception):
    """Something that cannot be told from outside of its process."""


class MissingError(Exception):
    """Something that is not there in this process, or not what it was."""


CHANGING = object()
"""Stands for a value of the surroundings that is read anew at each call."""


@dataclass(slots=True)
class Context:
    """What a description may refer to."""

    scope: Scope
    """Where the function that is compiled looks up names."""
    arguments: list[Any]
    values: list[Any] = field(default_factory=list)
    """What the guards described so far have read; :data:`CHANGING` where only the type is known."""


# --- literals ---


def literal(value: Any) -> Description:
    """Return a description from which :func:`unliteral` makes an equal value of the same type.

    Raises:
        NotDescribedError: it is no literal.
    """
    if value is None or value is Ellipsis or type(value) in (bool, int, str):
        return ["literal", type(value).__name__, str(value)]
    if type(value) is float:
        return ["literal", "float", value.hex()]
    if type(value) is complex:
        return ["literal", "complex", value.real.hex(), value.imag.hex()]
    if type(value) is bytes:
        return ["literal", "bytes", value.hex()]
    if isinstance(value, np.generic) and value.dtype.kind in "biufc":
        return ["literal", "generic", value.dtype.str, value.tobytes().hex()]
    if isinstance(value, np.dtype) and value.kind in "biufc":
        return ["literal", "dtype", value.str]
    if type(value) is tuple:
        return ["literal", "tuple", [literal(item) for item in value]]
    if type(value) in (slice, range):
        parts = [literal(part) for part in (value.start, value.stop, value.step)]
        return ["literal", type(value).__name__, parts]
    raise NotDescribedError(type(value).__name__)


_PLAIN: dict[str, Callable[[str], Any]] = {
    "NoneType": lambda text: None,
    "ellipsis": lambda text: Ellipsis,
    "bool": lambda text: text == "True",
    "int": int,
    "str": str,
    "float": float.fromhex,
    "bytes": bytes.fromhex,
    "dtype": np.dtype,
}


def unliteral(data: Description) -> Any:
    """Return the value that :func:`literal` described."""
    _, kind, *rest = data
    if kind in _PLAIN:
        return _PLAIN[kind](rest[0])
    if kind == "complex":
        return complex(float.fromhex(rest[0]), float.fromhex(rest[1]))
    if kind == "generic":
        return np.frombuffer(bytes.fromhex(rest[1]), np.dtype(rest[0]))[0]
    parts = [unliteral(part) for part in rest[0]]
    return tuple(parts) if kind == "tuple" else {"slice": slice, "range": range}[kind](*parts)


# --- objects ---


def place_of(value: Any, context: Context) -> Description:
    """Return where another process finds the same object: by name, among the arguments, or where a guard reads it.

    Raises:
        NotDescribedError: nowhere.
    """
    try:
        return literal(value)
    except NotDescribedError:
        pass
    if isinstance(value, pytypes.ModuleType) and sys.modules.get(value.__name__) is value:
        return ["module", value.__name__]
    for number, one in enumerate(context.arguments):
        if one is value and isinstance(type_key(value), Same):  # of other kinds the next call has another one
            return ["argument", number]
    for number, one in enumerate(context.values):
        if one is value:
            return ["guard", number]
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if isinstance(module, str) and isinstance(name, str) and _named(module, name) is value:
        return ["name", module, name]
    raise NotDescribedError(f"an object of {type(value).__qualname__}")


def found_at(place: Description, context: Context) -> Any:
    """Return what is at a place.

    Raises:
        MissingError: nothing.
    """
    kind, *rest = place
    match kind:
        case "literal":
            return unliteral(place)
        case "argument":
            return context.arguments[rest[0]]
        case "guard":
            return context.values[rest[0]]
        case "module":
            return _module(rest[0])
    found = _named(rest[0], rest[1])
    if found is None:
        raise MissingError(".".join(rest))
    return found


def _named(module: str, name: str) -> Any:
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def _module(name: str) -> pytypes.ModuleType:
    found = sys.modules.get(name)
    if found is None:
        raise MissingError(name)
    return found


# --- what guards read ---


def reading(read: Any, context: Context) -> Description:
    """Return a description of how a guard reads the surroundings.

    Raises:
        NotDescribedError: another process could not do the same.
    """
    if not isinstance(read, functools.partial) or read.keywords:
        raise NotDescribedError("a way to read")
    fun, args = read.func, read.args
    holder = getattr(fun, "__self__", None)
    if isinstance(holder, Scope):
        return ["global", _scope(holder, args[0], context), args[0]]
    for kind, known in _READERS.items():
        if fun is known:
            return [kind, place_of(args[0], context), *args[1:]]
    raise NotDescribedError("a way to read")


def _scope(scope: Scope, name: str, context: Context) -> Description:
    root = context.scope
    if name in scope.cells:
        if root.cells.get(name) is scope.cells[name]:
            return None
        raise NotDescribedError(f"the captured variable {name} of another function")
    if scope.globals is root.globals and name not in root.cells:
        return None
    module = scope.globals.get("__name__")
    if isinstance(module, str) and getattr(sys.modules.get(module), "__dict__", None) is scope.globals:
        return module
    raise NotDescribedError(f"the namespace of {name}")


def reader(data: Description, context: Context) -> Callable[[], Any]:
    """Return what :func:`reading` described.

    Raises:
        MissingError: it cannot be read here.
    """
    kind, place, *rest = data
    if kind == "global":
        scope = context.scope if place is None else Scope(vars(_module(place)), {})
        return functools.partial(scope.lookup, rest[0])
    return functools.partial(_READERS[kind], found_at(place, context), *rest)


_READERS: dict[str, Callable[..., Any]] = {
    "attribute": getattr,
    "member": class_member,
    "attribute of a class": attribute_of,
    "positional default": positional_default,
    "keyword default": keyword_default,
    "constant": constant,
}


# --- what values are ---


def fingerprint(value: Any) -> Description:
    """Return a description that is equal only for values for which the same code is made.

    Raises:
        NotDescribedError: not enough is known of this kind of value.
    """
    try:
        return literal(value)
    except NotDescribedError:
        pass
    if isinstance(value, pytypes.ModuleType):
        return ["module", value.__name__]
    if isinstance(value, type):
        return ["class", *_class(value)]
    if isinstance(value, pytypes.FunctionType):
        return ["function", value.__module__, value.__qualname__, code_digest(value.__code__)]
    if isinstance(value, staticmethod | classmethod):
        return [type(value).__name__, fingerprint(value.__func__)]
    if isinstance(value, property):
        return ["property", *(fingerprint(one) for one in (value.fget, value.fset, value.fdel))]
    if isinstance(value, Operator):
        return ["operator", type(value).__qualname__, repr(value.transform), fingerprint(value.primal)]
    if isinstance(value, _NAMED):
        owner = getattr(value, "__self__", None)
        whose = owner.__name__ if isinstance(owner, pytypes.ModuleType | type | np.ufunc) else type(owner).__qualname__
        return ["named", type(value).__name__, str(getattr(value, "__module__", "")), value.__name__, whose]
    raise NotDescribedError(f"an object of {type(value).__qualname__}")


_NAMED = (
    pytypes.BuiltinFunctionType, np.ufunc, pytypes.MethodDescriptorType, pytypes.WrapperDescriptorType,
    pytypes.MemberDescriptorType, pytypes.GetSetDescriptorType, type(np.sum),
)  # fmt: skip


def key_fingerprint(key: Any) -> Description:
    """Return a description of a key of types; see :func:`diffcompile.signature.type_key`."""
    if isinstance(key, tuple):
        return [key_fingerprint(part) for part in key]
    return fingerprint(key.value if isinstance(key, Same) else key)


def type_fingerprint(value: Any) -> Description:
    """Return a description that is equal for values of one type, as code is made for it."""
    return key_fingerprint(type_key(value))


def code_digest(code: pytypes.CodeType) -> str:
    """Return a digest of a function: what it does, and where it stands."""
    return hashlib.sha256(repr(_code(code)).encode()).hexdigest()[:24]


def _code(code: pytypes.CodeType) -> tuple[Any, ...]:
    constants = [
        _code(one) if isinstance(one, pytypes.CodeType)
        else sorted(map(repr, one)) if isinstance(one, frozenset)
        else repr(one)
        for one in code.co_consts
    ]  # fmt: skip
    return (
        code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars, code.co_flags,
        code.co_filename, code.co_firstlineno, code.co_qualname, code.co_argcount, code.co_kwonlyargcount,
    )  # fmt: skip


_UNINTERESTING = {"__dict__", "__weakref__", "__doc__", "__firstlineno__", "__static_attributes__", "__annotate_func__"}
_STEADY = {*sys.stdlib_module_names, "numpy", "scipy", "diffcompile"} - {"__main__"}
"""Packages of which the version says enough."""


def _class(cls: type) -> list[Description]:
    found: list[Description] = []
    for base in cls.__mro__:
        found.append(f"{base.__module__}.{base.__qualname__}")
        if base.__module__.partition(".")[0] not in _STEADY:
            found.append([[name, _member(value)] for name, value in vars(base).items() if name not in _UNINTERESTING])
    return found


def _member(value: Any) -> Description:
    """Return what is known of a member of a class; what code relies on beyond that has a guard of its own."""
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    if isinstance(value, dataclasses.Field):
        return [value.name, value.init, value.kw_only is True, _member(value.default), _member(value.default_factory)]
    if type(value) is dict:
        return [[str(name), _member(item)] for name, item in value.items()]
    try:
        return fingerprint(value)
    except NotDescribedError:
        return type(value).__qualname__
