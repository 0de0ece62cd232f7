"""Building adjoint code: the specialiser with algebra, so that rules are inlined like any function."""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import Any

from diffcompile.analysis.types import ANY, NUMBER, Array, Scalar, Type, is_number, plain
from diffcompile.autodiff.carried import MADE
from diffcompile.calling import Current
from diffcompile.errors import Span
from diffcompile.frontend.source import Scope
from diffcompile.ir.core import Callee, Const, Op, Operand, Prim, Value
from diffcompile.passes.simplify import Simplifier
from diffcompile.specialise.driver import Specialiser
from diffcompile.specialise.items import Item, TupleItem
from diffcompile.specialise.program import Guard, Memory


class Staging(Specialiser):
    """Emits typed, simplified operations into ``ops``."""

    def __init__(self, types: dict[Value, Type], definitions: dict[Value, Op]) -> None:
        super().__init__(Memory())
        self.types = types
        self.definitions = definitions
        self.simplifier = Simplifier(definitions, self.type, self._again)
        self.names: dict[Value, str] = {}
        self.owner: type | None = None
        """Whose arrays are to be that are made of numbers, if not NumPy's."""
        self.relied: list[Guard] | None = None
        """Where is noted which globals the rules of the program rely on; others they read when the code runs."""

    def surrounding(self, key: Any, name: str, value: Any, read: Callable[[], Any]) -> Item:
        """Return a global that a rule reads: a constant with a guard, or what is there when the code runs."""
        item = super().surrounding(key, name, value, read)
        if self.relied is None or _is_own(read):
            return item
        if key in self.live:
            param, _, _ = self.live.pop(key)
            del self.guards[key]
            self.objects.pop((param, ()), None)
            if callable(value):  # it might write to what it is given
                raise self.refuse(
                    f"a rule calls {name}, of which only is known that it is of type {type(value).__name__}",
                    self.span,
                    "give the function that it calls a rule of its own, or write it in Python",
                )
            return self.emit(Current(name, read), [], self.span, name=name, t=ANY)
        if key in self.guards and self.guards[key] not in self.relied:
            self.relied.append(self.guards[key])
        return item

    def _again(self, callee: Any, args: list[Any], keywords: Any = None) -> Item:
        return self.emit(callee, args, self.override, keywords=dict(keywords) if keywords else None)

    def emit(
        self,
        callee: Callee,
        args: Sequence[Item],
        span: Span | None = None,
        *,
        keywords: dict[str, Item] | None = None,
        name: str = "",
        t: Type | None = None,
        attrs: dict[str, Any] | None = None,
        followed: bool = False,
    ) -> Operand:
        """Emit an operation, simplified."""
        if not any(isinstance(arg, TupleItem) for arg in args):
            simpler = self.simplifier.simplify(callee, args, keywords or {})
            if simpler is not None:
                return simpler  # type: ignore[no-any-return]
        result = super().emit(
            callee, args, span or self.override, keywords=keywords, name=name, t=t, attrs=attrs, followed=followed
        )
        if isinstance(result, Value) and self.ops and result in self.ops[-1].results:
            self.definitions[result] = self.ops[-1]
            if self.owner is not None and isinstance(made := self.types[result], Array) and _makes(self.ops[-1]):
                self.types[result] = replace(made, owner=self.owner)
        return result

    def fold(self, callee: Callee, args: Sequence[Item], keywords: dict[str, Item]) -> Const | None:
        """Fold constants, but leave ``1.0 / 3.0`` to become a division by 3.0."""
        return None if callee is operator.truediv else super().fold(callee, args, keywords)

    def op_of(self, value: Any) -> Op | None:
        """Return the op that made ``value`` in the code that is being built."""
        return self.definitions.get(value) if isinstance(value, Value) else None


def _is_own(read: Callable[[], Any]) -> bool:
    """Tell whether something of the surroundings belongs to a rule of this package, and never changes."""
    scope = getattr(getattr(read, "func", None), "__self__", None)
    if isinstance(scope, Scope):
        home = scope.globals.get("__name__")
    else:  # a default
        home = getattr(next(iter(getattr(read, "args", ())), None), "__module__", None)
    return str(home).partition(".")[0] == "diffcompile"


def _makes(op: Op) -> bool:
    return isinstance(op.callee, Hashable) and op.callee in MADE


def cotangent_type(t: Type) -> Type:
    """Return the type of a cotangent of a value of type ``t``."""
    t = plain(t)
    if isinstance(t, Scalar) and t.kind in "bi":
        return Scalar("f")
    return t if is_number(t) or isinstance(t, Array | Scalar) else ANY


def matched_type(t: Type) -> Type:
    """Return the type of what ``dynamic.match`` makes of a cotangent: a number may be Python's or NumPy's."""
    t = cotangent_type(t)
    return Scalar(t.kind, "?") if isinstance(t, Scalar) else t


__all__ = ["NUMBER", "Const", "Prim", "Staging", "cotangent_type"]
