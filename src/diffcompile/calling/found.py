"""Calls of functions that are found at run time: in a variable, a container, an attribute."""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import Any

from diffcompile.calling.binding import bind, is_instance
from diffcompile.calling.captured import Captured
from diffcompile.calling.hooks import Pullback
from diffcompile.calling.rules import apply_rule, push_through_rule
from diffcompile.errors import NoSourceError, UnsupportedError
from diffcompile.frontend.stores import MUTATORS, may_store
from diffcompile.rules import registry


def call_dynamic(fun: Any, *args: Any, **keywords: Any) -> Any:
    """Call a function that is only known now."""
    return fun(*args, **keywords)


def call_spread(fun: Any, options: Any, *args: Any) -> Any:
    """Call a function with keywords that are only known now, and nothing that is active."""
    return fun(*args, **options)


def call_checked(fun: Any, *args: Any, **keywords: Any) -> Any:
    """Call a function that is only known now, with active arguments, for its effect alone.

    Raises:
        UnsupportedError: it changes something: the caller would not see that this depends on the arguments.
    """
    target = type(fun).__call__ if is_instance(fun) else getattr(fun, "__func__", fun)
    owner = getattr(fun, "__self__", None)
    changes = isinstance(target, types.BuiltinMethodType) and target.__name__ in MUTATORS
    if changes and not isinstance(owner, types.ModuleType):
        raise UnsupportedError(
            f"`{target.__name__}` of a {type(owner).__name__} of unknown content is called with an active argument",
            advice="annotate the argument, or make the container in the function",
        )
    if isinstance(target, types.FunctionType) and _stores(target):
        raise UnsupportedError(
            f"{target.__qualname__} is called through a variable or an object of unknown type, and changes something",
            why="an active value is passed to it, and it is not known what becomes of it",
            advice="annotate the object, or make it in the function",
        )
    return fun(*args, **keywords)


def _stores(function: types.FunctionType) -> bool:
    try:
        return may_store(function)
    except NoSourceError:
        return False


@dataclass(frozen=True, slots=True)
class _Call:
    """A call with all arguments of a partial application in place."""

    function: Any
    args: tuple[Any, ...]
    keywords: dict[str, Any]
    numbers: tuple[int, ...]
    """Where the arguments at the call are among all."""
    captured: tuple[int, ...] | None
    """Where those are that the function brought along, if it is a partial application."""


def _whole(fun: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> _Call:
    """Return the call of the function behind a partial application."""
    count = len(args) + len(keywords)
    if not isinstance(fun, Captured) or fun.nested:
        return _Call(fun, args, keywords, tuple(range(count)), None)
    split = len(fun) - len(fun.keywords)
    merged = {**dict(zip(fun.keywords, fun[split:], strict=True)), **keywords}
    names = list(merged)
    lead = split + len(args)
    numbers = (*range(split, lead), *(lead + names.index(name) for name in keywords))
    captured = (*range(split), *(lead + names.index(name) for name in fun.keywords))
    return _Call(fun.function, (*fun[:split], *args), merged, numbers, captured)


def _active(call: _Call, active: tuple[int, ...]) -> tuple[int, ...]:
    """Return the active arguments among all of a call; -1 stands for a nested function.

    Raises:
        UnsupportedError: the function depends on active values in a way that is only known to itself.
    """
    found: list[int] = []
    for number in active:
        if number >= 0:
            found.append(call.numbers[number])
        elif call.captured is not None:
            found += [k for k in call.captured if k not in call.numbers]
        elif isinstance(call.function, Captured):
            found.append(-1)
        elif isinstance(call.function, types.MethodType) or is_instance(call.function):
            raise UnsupportedError(
                "a function that is called through a variable depends on active values itself",
                why="it is a method of an object made from them",
                advice="pass the values as arguments",
            )
    return tuple(dict.fromkeys(found))


class DynamicForward:
    """The forward half of a call whose function is only known at run time: its first argument.

    ``active`` numbers the active arguments, -1 the function itself.
    """

    __name__ = "call_pair"

    def __init__(self, active: tuple[int, ...]) -> None:
        self.active = active

    def __call__(self, fun: Any, *args: Any, **keywords: Any) -> tuple[Any, Pullback]:
        """Return the result and its pullback."""
        call = _whole(fun, args, keywords)
        active = _active(call, self.active)
        result, pullback = _run(call, active)

        def spread(ct: Any) -> tuple[Any, ...]:
            found = dict(zip(active, pullback(ct), strict=True))
            whole = [found.get(k) for k in call.captured] if call.captured is not None else found.get(-1)
            return tuple(whole if number < 0 else found[call.numbers[number]] for number in self.active)

        return result, spread


def _run(call: _Call, active: tuple[int, ...]) -> tuple[Any, Pullback]:
    """Return the result of a call, and a pullback to its active arguments."""
    if registry.has_rule(call.function):
        _check_keywords(call)
        return apply_rule(call.function, call.args, active)
    bound = bind(call.function, call.args, call.keywords)
    wrt = bound.moving(active)
    result, pullback = bound.callee.run(wrt, bound.values)

    def to_arguments(ct: Any) -> tuple[Any, ...]:
        cts = pullback(ct)
        return tuple(bound.cotangent(number, wrt, cts) for number in active)

    return result, to_arguments


def _check_keywords(call: _Call) -> None:
    if call.keywords:
        raise UnsupportedError(
            f"{getattr(call.function, '__name__', 'a function')} is called through a variable with keywords",
            advice="call it by its name",
        )


class DynamicTangent:
    """A call in forward mode whose function is only known at run time: its first argument."""

    __name__ = "call_tangent"

    def __init__(self, wrt: tuple[int, ...]) -> None:
        self.wrt = wrt

    def __call__(self, fun: Any, *args: Any) -> tuple[Any, Any]:
        """Return the result and its tangent; the tangents of the arguments are the last arguments."""
        split = len(args) - len(self.wrt)
        args, dots = args[:split], args[split:]
        call = _whole(fun, args, {})
        active = _active(call, self.wrt)
        if registry.has_rule(call.function):
            _check_keywords(call)
            return push_through_rule(call.function, call.args, active, dots)
        bound = bind(call.function, call.args, call.keywords)
        wrt = bound.moving(active)
        moved: dict[int, Any] = {}
        for number, dot in zip(active, dots, strict=True):
            parts = enumerate(dot) if number < 0 else [(bound.places[number][0], dot)]
            if number >= 0 and bound.places[number][1] is not None:
                raise UnsupportedError("a function with *args is called through a variable in forward mode")
            moved.update(parts)
        return bound.callee.run_forward(wrt, bound.values, tuple(moved[parameter] for parameter in wrt))
