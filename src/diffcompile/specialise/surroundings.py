"""What a function sees from outside: globals, closure variables, defaults, and objects handed in, each guarded."""

from __future__ import annotations

import functools
import types as pytypes
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcompile.analysis.types import Dct, Obj, Scalar, Static, anchor, type_of
from diffcompile.frontend.local_classes import Slot
from diffcompile.frontend.source import Scope
from diffcompile.ir.core import Const, Op, Operand, Value
from diffcompile.rules import registry
from diffcompile.signature import still, surely_unchanged
from diffcompile.specialise import local_classes
from diffcompile.specialise.building import Building, is_literal
from diffcompile.specialise.classes import class_member
from diffcompile.specialise.items import Item, ObjectItem
from diffcompile.specialise.program import Guard, Is, Memory


class Surroundings(Building):
    """Reads the surroundings, and notes what the code relies on."""

    def __init__(self, memory: Memory) -> None:
        super().__init__(memory)
        self.local_classes: dict[Any, list[tuple[Any, type, dict[int, Slot]]]] = {}
        """The classes that statements in functions have made in this walk, and of what."""
        self.slots: dict[Slot, local_classes.Seen] = {}
        """What these classes see."""
        self.inner_written: list[tuple[Value, Operand, str]] = []
        """Calls that change what lists hold: the result, the list, and the function."""
        self.around: list[list[Op]] = []
        """The operations of the blocks around the one that is walked."""

    def scoped(self, build: Callable[[], list[Item]]) -> tuple[list[Op], list[Item]]:
        self.around.append(self.ops)
        try:
            return super().scoped(build)
        finally:
            self.around.pop()

    def original_global(self, scope: Scope, name: str) -> Item:
        """Return a global, or a variable of a function around that is not compiled, as it was before the call."""
        key: Any = (id(scope.globals), name, id(scope.cells.get(name)))

        read = functools.partial(scope.lookup, name)
        try:
            value = read()
        except NameError:
            return self.failure(NameError, f"name {name!r} is not defined", self.span)
        return self.surrounding(key, name, value, read)

    def surrounding(self, key: Any, name: str, value: Any, read: Callable[[], Any]) -> Item:
        """Return a value of the surroundings: a constant with a guard, or a parameter that is read at each call."""
        if isinstance(value, Slot):
            return local_classes.found(self, value, self.span)
        t = self.typed(self.type_outside(value, key), value)
        if isinstance(value, tuple) and is_literal(value):
            if key not in self.guards:
                self.guards[key] = Guard(read, lambda now: type(now) is type(value) and bool(now == value))
            return Const(value)
        if isinstance(t, Obj) and registry.known_object(value):
            t = Static(value)
        if isinstance(t, Static | Scalar):
            if key not in self.guards:
                self.guards[key] = Guard(read, same_object(value))
            is_default = isinstance(key, tuple) and "default" in key
            return Const(value, "" if is_literal(value) and (is_default or not isinstance(t, Scalar)) else name)
        if key not in self.live:
            param = Value(name)
            self.types[param] = anchor(t, param)
            self.live[key] = (param, name, read)
            signature = repr(t)
            unchanged = surely_unchanged(value) or (lambda now: False)
            self.guards[key] = Guard(
                read,
                still(value)
                if isinstance(t, Obj | Dct)
                else lambda now: unchanged(now) or repr(type_of(now, key)) == signature,
            )
        param = self.live[key][0]
        return self.external(value, param, ()) if isinstance(t, Obj) and t.cls not in self.memory.real else param

    def external(self, example: Any, root: Value, path: tuple[str, ...]) -> ObjectItem:
        """Return the object of the caller to which ``path`` leads from ``root``."""
        key = (root, path)
        found = self.objects.get(key)
        if found is None:
            found = next((item for item in self.objects.values() if item.example is example), None)
            found = self.objects[key] = found or ObjectItem(type(example), root, path, example)
        return found

    def operand_of_external(self, item: ObjectItem) -> Value:
        """Return the caller's object."""
        value = item.root
        assert value is not None
        for depth, name in enumerate(item.path):
            holder = self.objects.get((item.root, item.path[: depth + 1]), item)
            found = self.emit(getattr, [value, Const(name)], self.span, t=Obj(holder.cls))
            assert isinstance(found, Value)
            value = found
        return value

    def surrounding_class(self, cls: Any) -> None:
        """Rely on what making an instance of ``cls`` runs."""
        for name in ("__new__", "__init__"):
            key = (cls, name)
            if key not in self.guards:
                read = functools.partial(class_member, cls, name)
                self.guards[key] = Guard(read, same_object(read()))


def split(guards: Sequence[Guard]) -> tuple[list[tuple[dict[str, Any], str, Any]], list[Guard]]:
    """Divide guards: those that ask for one object in a global variable, which are quick to check, and others."""
    same: list[tuple[dict[str, Any], str, Any]] = []
    others: list[Guard] = []
    for guard in guards:
        read, test = guard.read, guard.holds
        scope = getattr(getattr(read, "func", None), "__self__", None)
        if isinstance(read, functools.partial) and isinstance(scope, Scope) and isinstance(test, Is):
            (name,) = read.args
            if test.value is not None and name not in scope.cells and scope.globals.get(name) is test.value:
                same.append((scope.globals, name, test.value))
                continue
        others.append(guard)
    return same, others


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
    return Is(value)
