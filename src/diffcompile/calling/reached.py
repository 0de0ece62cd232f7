"""Which code a call at run time reaches, and the way of cotangents and tangents between its arguments and parameters.

The arguments of the call are numbered, and -1 is the function itself: a closure or a partial application brings values
along, an object with ``__call__`` is a parameter.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from diffcompile.calling.binding import Bound, Place, bind, is_discrete, is_instance
from diffcompile.calling.callees import Callee
from diffcompile.calling.captured import Captured
from diffcompile.calling.data import Plainly, is_method_of_data
from diffcompile.calling.looked_up import check_readable
from diffcompile.dynamic import no_tangent
from diffcompile.errors import UnsupportedError
from diffcompile.rules import registry


@dataclass(frozen=True, slots=True)
class Reached:
    """A call of code that was found at run time."""

    function: Any
    """A function with a rule, if there is no ``callee``."""
    callee: Callee | None
    values: tuple[Any, ...]
    """Of the parameters."""
    places: tuple[Place, ...]
    """Of the arguments at the call."""
    own: tuple[Place | None, ...] = ()
    """Of what the function brings along; None for what the call replaces."""
    is_object: bool = False
    """The function is an object, at the only place in ``own``."""
    is_method: bool = False
    """Of an object of which nothing more is known."""

    def wrt(self, active: Sequence[int]) -> tuple[int, ...]:
        """Return the parameters that active arguments reach; what came as something unknown may be a count.

        Raises:
            UnsupportedError: the function depends on active values in a way that is only known to itself.
        """
        if -1 in active and self.is_method:
            raise UnsupportedError(
                "a function that is called through a variable depends on active values itself",
                why="it is a method of an object made from them",
                advice="pass the values as arguments",
            )
        if isinstance(self.callee, Plainly):
            return ()
        given = [self.places[number] for number in active if number >= 0]
        own = [place for place in self.own if place is not None and -1 in active]
        found = {parameter for parameter, _ in (*given, *own)}
        return tuple(sorted(number for number in found if not is_discrete(self.values[number])))

    def cotangent(self, number: int, cts: Mapping[int, Any]) -> Any:
        """Return the cotangent of an argument from those of the parameters."""
        if number >= 0:
            return _taken(self.places[number], cts)
        if self.is_object:
            return _taken(self.own[0], cts)
        return [_taken(place, cts) for place in self.own] or None

    def tangents(self, moved: Mapping[int, Any]) -> dict[int, Any]:
        """Return the tangents of the parameters from those of the arguments."""
        found: dict[int, Any] = {}
        for number, dot in moved.items():
            if number >= 0:
                self._put(self.places[number], dot, found)
            elif self.is_object:
                self._put(self.own[0], dot, found)
            elif self.own and dot is not None and not isinstance(dot, float):
                for place, part in zip(self.own, dot, strict=True):
                    self._put(place, part, found)
        return found

    def _put(self, place: Place | None, dot: Any, found: dict[int, Any]) -> None:
        if place is None:
            return
        parameter, part = place
        if part is None:
            found[parameter] = dot
            return
        if parameter not in found:
            whole = no_tangent(self.values[parameter])
            found[parameter] = whole if isinstance(whole, dict) else list(whole)
        found[parameter][part] = dot

    def completed(self, wrt: Sequence[int], found: Mapping[int, Any]) -> tuple[Any, ...]:
        """Return a tangent for each of the parameters ``wrt``, zeros where there is none."""
        dots = []
        for parameter in wrt:
            value, dot = self.values[parameter], found.get(parameter)
            if dot is None:
                dot = no_tangent(value)
            dots.append(tuple(dot) if isinstance(dot, list) and type(value) is tuple else dot)
        return tuple(dots)


def _taken(place: Place | None, cts: Mapping[int, Any]) -> Any:
    if place is None:
        return 0.0
    parameter, part = place
    ct = cts.get(parameter, 0.0)
    if part is None or ct is None or isinstance(ct, float):
        return ct
    return ct[part]


def reach(fun: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Reached:
    """Return the code that a call reaches.

    Raises:
        MissingRuleError: there is neither a rule nor source.
        UnsupportedError: a function with a rule is called with keywords.
        TypeError: the arguments do not fit.
    """
    if not isinstance(fun, Captured) or fun.nested:
        return _direct(fun, args, keywords)
    split = len(fun) - len(fun.keywords)
    merged = {**dict(zip(fun.keywords, fun[split:], strict=True)), **keywords}
    names = list(merged)
    lead = split + len(args)
    inner = _direct(fun.function, (*fun[:split], *args), merged)
    given = (*range(split, lead), *(lead + names.index(name) for name in keywords))
    brought = (*range(split), *(None if name in keywords else lead + names.index(name) for name in fun.keywords))
    places = tuple(inner.places[number] for number in given)
    own = tuple(None if number is None else inner.places[number] for number in brought)
    return Reached(inner.function, inner.callee, inner.values, places, own)


def _direct(fun: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Reached:
    if registry.has_rule(fun):
        if keywords:
            raise UnsupportedError(
                f"{getattr(fun, '__name__', 'a function')} is called through a variable with keywords",
                advice="call it by its name",
            )
        args = registry.completed(fun, args)
        return Reached(fun, None, args, tuple((number, None) for number in range(len(args))))
    if is_method_of_data(fun):
        values = (*args, *keywords.values())
        return Reached(None, Plainly(fun, tuple(keywords)), values, tuple((k, None) for k in range(len(values))))
    check_readable(fun, args)
    bound: Bound = bind(fun, args, keywords)
    places = tuple(bound.places[number] for number in range(len(args) + len(keywords)))
    whole = [None if parameter is None else (parameter, None) for parameter in bound.captured]
    is_object = not isinstance(fun, Captured) and is_instance(fun)
    own = ((0, None),) if is_object else tuple(whole)
    is_method = isinstance(fun, types.MethodType)
    return Reached(None, bound.callee, bound.values, places, own, is_object, is_method)


def with_source(reached: Reached, function: types.FunctionType) -> Reached:
    """Return a call of a function with a rule as that of one in Python with the same parameters, which calls it."""
    return replace(reached, function=None, callee=bind(function, reached.values, {}).callee)


__all__ = ["Reached", "reach", "with_source"]
