"""What a function sees from outside: globals, closure variables, defaults, and objects handed in, each guarded."""

from __future__ import annotations

import types as pytypes
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompile.analysis.types import ANY, Obj, Scalar, Static, anchor, type_of
from diffcompile.frontend.source import Scope
from diffcompile.ir.core import Const, Value
from diffcompile.specialise.building import Building, is_literal
from diffcompile.specialise.items import Item
from diffcompile.specialise.program import Guard


class Surroundings(Building):
    """Reads the surroundings, and notes what the code relies on."""

    def load_global(self, scope: Scope, name: str) -> Item:
        key = (id(scope.globals), name, id(scope.cells.get(name)))

        def read() -> Any:
            return scope.lookup(name)

        try:
            value = read()
        except NameError:
            return self.emit(_raise_name_error, [Const(name)], self.span, t=ANY)
        return self.surrounding(key, name, value, read)

    def surrounding(self, key: Any, name: str, value: Any, read: Callable[[], Any]) -> Item:
        """Return a value of the surroundings: a constant with a guard, or a parameter that is read at each call."""
        t = type_of(value, key)
        if isinstance(value, tuple) and is_literal(value):
            if key not in self.guards:
                self.guards[key] = Guard(read, lambda now: type(now) is tuple and now == value)
            return Const(value)
        if isinstance(t, Static | Scalar):
            if key not in self.guards and not is_builtin(value):
                self.guards[key] = Guard(read, same_object(value))
            is_default = isinstance(key, tuple) and "default" in key
            return Const(value, "" if is_literal(value) and (is_default or not isinstance(t, Scalar)) else name)
        if key not in self.live:
            param = Value(name)
            self.types[param] = anchor(t, param)
            self.live[key] = (param, name, read)
            signature = repr(t)
            self.guards[key] = Guard(read, lambda now: repr(type_of(now, key)) == signature)
            if isinstance(t, Obj):
                self.examples[param] = (value, read)
        return self.live[key][0]


def class_member(cls: type, name: str) -> Any:
    """Return what a class or its bases define under ``name``, unbound; None if nothing."""
    for base in cls.__mro__:
        if name in vars(base):
            return vars(base)[name]
    return None


def _raise_name_error(name: str) -> None:
    raise NameError(f"name {name!r} is not defined")


def is_builtin(value: Any) -> bool:
    """Tell whether ``value`` belongs to a library that nobody changes while a program runs."""
    module = getattr(value, "__module__", None) or getattr(value, "__name__", "")
    return str(module).split(".")[0] in ("builtins", "numpy", "math", "operator", "_operator", "scipy", "diffcompile")


def _is_nan(value: Any) -> bool:
    return bool(value != value)  # noqa: PLR0124 - for numbers of all classes, and other constants too


def same_object(value: Any) -> Callable[[Any], bool]:
    """Return the test of a guard: is it still ``value``, with the same code if it is a function?"""
    if isinstance(value, bool | int | float | complex | str | np.generic):
        return lambda now: type(now) is type(value) and bool(now == value or (_is_nan(now) and _is_nan(value)))
    if isinstance(value, pytypes.FunctionType):
        code = value.__code__
        return lambda now: now is value and now.__code__ is code
    return lambda now: now is value
