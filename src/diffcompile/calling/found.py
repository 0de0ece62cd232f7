"""Calls of functions that are found at run time: in a variable, a container, an attribute."""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from diffcompile import dynamic
from diffcompile.calling.binding import is_instance
from diffcompile.calling.hooks import Pullback
from diffcompile.calling.reached import reach
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
        raise _changing(target)
    if _in_c(target) and any(isinstance(arg, np.ndarray | list | dict) for arg in (*args, *keywords.values())):
        raise UnsupportedError(
            f"{getattr(target, '__name__', target)} is called through a variable, and may write to what it is given",
            why="it is written in C, and gets an active value: it may store that in an array",
            advice="write it as a function of arrays that returns its result, and register a rule for it",
        )
    if not isinstance(target, types.FunctionType):
        return fun(*args, **keywords)
    keeps = owner is not None and type(owner).__module__.partition(".")[0] not in _TELLING
    before = dynamic.reachable([*args, *keywords.values(), *([owner] if keeps else [])])
    result = fun(*args, **keywords)
    if any(dynamic.is_changed(one, held) for one, held in before):
        raise _changing(target)
    return result


def _changing(target: types.FunctionType) -> UnsupportedError:
    return UnsupportedError(
        f"{target.__qualname__} is called through a variable or an object of unknown type, and changes something",
        why="an active value is passed to it, and it is not known what becomes of it",
        advice="annotate the object, or make it in the function",
    )


_TELLING = ("logging", "warnings")
"""Modules whose objects tell people something, and remember how."""


_HARMLESS = {"builtins", "_warnings", "sys", "_io", "time", "_thread", "_operator", "gc", "math", "diffcompile"}
"""Packages in C whose functions do not write to what they are given, beyond the names of :data:`MUTATORS`."""


def _in_c(target: Any) -> bool:
    if isinstance(target, types.FunctionType | type) or registry.has_rule(target):
        return False
    module = getattr(target, "__module__", None) or type(getattr(target, "__self__", target)).__module__
    return str(module).partition(".")[0] not in _HARMLESS


def _stores(function: types.FunctionType) -> bool:
    try:
        return may_store(function)
    except NoSourceError:
        return False


FOUND = (call_dynamic, call_checked)


class DynamicForward:
    """The forward half of a call whose function is only known at run time: its first argument.

    ``active`` numbers the active arguments, -1 the function itself.
    """

    __name__ = "call_pair"

    def __init__(self, active: tuple[int, ...]) -> None:
        self.active = active

    def __call__(self, fun: Any, *args: Any, **keywords: Any) -> tuple[Any, Pullback]:
        """Return the result and its pullback."""
        reached = reach(fun, args, keywords)
        wrt = reached.wrt(self.active)
        if reached.callee is None:
            result, pullback = apply_rule(reached.function, reached.values, wrt)
        else:
            result, pullback = reached.callee.run(wrt, reached.values)

        def spread(ct: Any) -> tuple[Any, ...]:
            cts = dict(zip(wrt, pullback(ct), strict=True))
            return tuple(_told(args, number, reached.cotangent(number, cts)) for number in self.active)

        return result, spread


def _told(args: tuple[Any, ...], number: int, ct: Any) -> Any:
    """Return the cotangent of an argument, of an object as what cannot be taken for the cotangent of a number."""
    known = type(ct) is dict and 0 <= number < len(args)
    return dynamic.parts_of(args[number], ct) if known and not isinstance(args[number], dict) else ct


class DynamicTangent:
    """A call in forward mode whose function is only known at run time: its first argument.

    ``active`` numbers the arguments with a tangent, -1 the function itself; ``keywords`` name the last arguments.
    """

    __name__ = "call_tangent"

    def __init__(self, active: tuple[int, ...], keywords: tuple[str, ...] = ()) -> None:
        self.active = active
        self.keywords = keywords

    def __call__(self, fun: Any, *args: Any) -> tuple[Any, Any]:
        """Return the result and its tangent; the tangents of the arguments are the last arguments."""
        count = len(args) - len(self.active)
        split = count - len(self.keywords)
        reached = reach(fun, args[:split], dict(zip(self.keywords, args[split:count], strict=True)))
        wrt = reached.wrt(self.active)
        moved = reached.tangents(dict(zip(self.active, args[count:], strict=True)))
        dots = reached.completed(wrt, moved)
        if reached.callee is None:
            return push_through_rule(reached.function, reached.values, wrt, dots)
        return reached.callee.run_forward(wrt, reached.values, dots)
