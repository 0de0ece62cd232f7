"""Derivatives of calls whose function is only known at run time, which are differentiated in turn."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from diffcompile.calling.binding import Bound, bind
from diffcompile.calling.callees import Callee
from diffcompile.calling.captured import Captured
from diffcompile.calling.derived import Derived, derived
from diffcompile.calling.hooks import Pullback
from diffcompile.errors import UnsupportedError
from diffcompile.rules import registry


class DynamicDerived(Callee):
    """The pullback or the tangent of a call whose function is its first argument.

    After the function come its arguments, those with ``keywords`` last, and a cotangent of the result, or tangents of
    the arguments ``active``.
    """

    def __init__(self, kind: str, active: tuple[int, ...], keywords: tuple[str, ...], count: int) -> None:
        self.kind = kind
        self.active = active
        self.keywords = keywords
        self.count = count
        """How many arguments the function has at the call."""
        self.written = ()
        self.fresh = True
        self.changing = ()
        self.__name__ = f"call_{kind}"

    def run(self, wrt: tuple[int, ...], args: tuple[Any, ...]) -> tuple[Any, Pullback]:
        """Return the result and the pullback with respect to the arguments ``wrt``."""
        bound, inner, order = self._bound(args)
        found, pullback = inner.run(self._inside(bound, wrt, order), self._given(bound, args, order))

        def spread(ct: Any) -> tuple[Any, ...]:
            return pullback(_picked(ct, _inverse(order)) if self.kind == "pullback" else ct)

        return (_picked(found, order) if self.kind == "pullback" else found), spread

    def run_forward(self, wrt: tuple[int, ...], args: tuple[Any, ...], dots: tuple[Any, ...]) -> tuple[Any, Any]:
        """Return the result and its tangent for tangents ``dots`` of the arguments ``wrt``."""
        bound, inner, order = self._bound(args)
        values = self._given(bound, args, order)
        found, moved = inner.run_forward(self._inside(bound, wrt, order), values, dots)
        if self.kind == "pullback":
            return _picked(found, order), _picked(moved, order)
        return found, moved

    def _bound(self, args: tuple[Any, ...]) -> tuple[Bound, Derived, list[int]]:
        """Return the call, the derivative of its function, and where its parts are for each active argument."""
        function, given = args[0], args[1 : 1 + self.count]
        split = self.count - len(self.keywords)
        if -1 in self.active or (isinstance(function, Captured) and not function.nested):
            raise UnsupportedError(
                "a function that is called through a variable captures active values, and is differentiated twice",
                advice="pass the values as arguments",
            )
        named = dict(zip(self.keywords, given[split:], strict=True))
        if registry.has_rule(function):
            if named:
                raise UnsupportedError(
                    f"{getattr(function, '__name__', 'a function')} is called through a variable with keywords",
                    advice="call it by its name",
                )
            function = _applied(function, split)
        bound = bind(function, given[:split], named)
        if any(bound.places[number][1] is not None for number in self.active):
            raise UnsupportedError(
                "a function with *args or **kwargs is called through a variable, and is differentiated twice",
                advice="name its parameters",
            )
        wrt = bound.wrt(self.active)
        order = [wrt.index(bound.places[number][0]) for number in self.active]
        return bound, derived(bound.callee, self.kind, wrt), order

    def _given(self, bound: Bound, args: tuple[Any, ...], order: list[int]) -> tuple[Any, ...]:
        """Return the arguments of the derivative of the function that was found."""
        extra = args[1 + self.count :]
        return (*bound.values, *(extra if self.kind == "pullback" else _picked(extra, _inverse(order))))

    def _inside(self, bound: Bound, wrt: tuple[int, ...], order: list[int]) -> tuple[int, ...]:
        """Return which arguments of that derivative the arguments ``wrt`` are."""
        found = []
        for number in wrt:
            place = number - 1 - self.count
            if number == 0:
                raise UnsupportedError(
                    "a function that is called through a variable depends on active values itself",
                    advice="pass the values as arguments",
                )
            if place < 0:
                found.append(bound.places[number - 1][0])
            else:
                found.append(len(bound.values) + (place if self.kind == "pullback" else order[place]))
        return tuple(found)


def _picked(parts: Any, order: Sequence[int]) -> Any:
    if parts is None or isinstance(parts, float):
        return parts
    return tuple(parts[place] for place in order)


def _inverse(order: list[int]) -> list[int]:
    return [order.index(place) for place in range(len(order))]


@functools.cache
def _applied(function: Any, count: int) -> Any:
    """Return a function in Python of ``count`` parameters that calls one that has a rule."""

    def zero() -> Any:
        return function()

    def one(a: Any) -> Any:
        return function(a)

    def two(a: Any, b: Any) -> Any:
        return function(a, b)

    def three(a: Any, b: Any, c: Any) -> Any:
        return function(a, b, c)

    found = (zero, one, two, three)
    if count >= len(found):
        raise UnsupportedError(
            f"{getattr(function, '__name__', 'a function')} is called through a variable with {count} arguments, and "
            "is differentiated twice",
            advice="call it by its name",
        )
    return found[count]


__all__ = ["DynamicDerived"]
