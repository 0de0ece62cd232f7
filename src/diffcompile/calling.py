"""Calls that are not inlined: recursion, and functions that are only known at run time.

Generated code calls a *pair*: ``result, pullback = f_forward(x, y)`` in the forward sweep and ``pullback(result_bar)``
in the reverse sweep. The pair of a function is generated at its first call with arguments of new types.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from diffcompile.dynamic import match, no_tangent, tangent
from diffcompile.errors import MissingRuleError, UnsupportedError
from diffcompile.frontend.lower import Code
from diffcompile.rules import registry
from diffcompile.signature import type_key

Pullback = Callable[[Any], tuple[Any, ...]]
compile_pair: Callable[[Code, tuple[Any, ...], tuple[int, ...], tuple[int, ...]], Any]
"""Set by :mod:`diffcompile.pipeline`, which imports this module."""
compile_tangent: Callable[[Code, tuple[Any, ...], tuple[int, ...], tuple[int, ...]], Any]
"""Likewise, for forward mode."""
code_of_function: Callable[[types.FunctionType], Code]
"""Set by :mod:`diffcompile.specialise.functions`."""


class Callee:
    """A function with known code that generated code calls."""

    def __init__(self, code: Code, written: tuple[int, ...] = (), fresh: bool = False) -> None:
        self.code = code
        self.written = written
        """Arguments that the function writes to: a call returns what it leaves in them, and leaves them alone."""
        self.fresh = fresh
        """The result shares no memory with an argument."""
        self.__name__ = code.name if code.name.isidentifier() else "function"
        self._pairs: dict[Hashable, Any] = {}

    def __call__(self, *args: Any) -> Any:
        """Call the primal."""
        return self.run((), args)[0]

    def run(self, wrt: tuple[int, ...], args: tuple[Any, ...]) -> tuple[Any, Pullback]:
        """Return the result and the pullback with respect to the arguments ``wrt``."""
        pair = self._find(("reverse", wrt), args, lambda: compile_pair(self.code, args, wrt, self.written))  # noqa: F821 - see above
        result: tuple[Any, Pullback] = pair.call(args)
        return result

    def run_forward(self, wrt: tuple[int, ...], args: tuple[Any, ...], dots: tuple[Any, ...]) -> tuple[Any, Any]:
        """Return the result and its tangent for tangents ``dots`` of the arguments ``wrt``."""
        pair = self._find(("forward", wrt), args, lambda: compile_tangent(self.code, args, wrt, self.written))  # noqa: F821 - likewise
        result: tuple[Any, Any] = pair.push(args, dots)
        return result

    def _find(self, kind: Hashable, args: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        key = (kind, *map(type_key, args))
        pair = self._pairs.get(key)
        if pair is None or not all(guard.holds(guard.read()) for guard in pair.guards):
            pair = make()
            if not set(pair.written) <= set(self.written):
                raise UnsupportedError(
                    f"{self.__name__} writes to its argument, and is called recursively or through a variable",
                    advice="return a new array instead",
                )
            self._pairs[key] = pair
        for number in self.written:
            _check_alone(self.__name__, args, number)
        return pair


def _check_alone(name: str, args: tuple[Any, ...], number: int) -> None:
    """Raise UnsupportedError where another argument sees the array that a recursive function writes to."""
    for other, arg in enumerate(args):
        if other != number and any(np.may_share_memory(args[number], array) for array in _arrays(arg)):
            raise UnsupportedError(
                f"{name} calls itself with two arguments that share memory, and writes to one of them",
                advice="pass a copy of the other one",
            )


def _arrays(arg: Any) -> list[np.ndarray[Any, Any]]:
    if isinstance(arg, np.ndarray):
        return [arg]
    if isinstance(arg, tuple | list):
        return [array for part in arg for array in _arrays(part)]
    return []


class Forward:
    """The forward half of a pair, for the active arguments of one call site."""

    def __init__(self, callee: Callee, wrt: tuple[int, ...]) -> None:
        self.callee = callee
        self.wrt = wrt
        self.__name__ = f"{callee.__name__}_pair"

    def __call__(self, *args: Any) -> tuple[Any, Pullback]:
        """Return the result and its pullback."""
        return self.callee.run(self.wrt, args)


class Tangent:
    """A call in forward mode, for the active arguments of one call site; their tangents are the last arguments."""

    def __init__(self, callee: Callee, wrt: tuple[int, ...]) -> None:
        self.callee = callee
        self.wrt = wrt
        self.__name__ = f"{callee.__name__}_tangent"

    def __call__(self, *args: Any) -> tuple[Any, Any]:
        """Return the result and its tangent."""
        split = len(args) - len(self.wrt)
        return self.callee.run_forward(self.wrt, args[:split], args[split:])


_CALLEES: dict[tuple[int, tuple[int, ...], bool], Callee] = {}


def callee_of(code: Code, written: tuple[int, ...] = (), fresh: bool = False) -> Callee:
    """Return the callee of ``code``, always the same."""
    return _CALLEES.setdefault((id(code), written, fresh), Callee(code, written, fresh))


def call_dynamic(fun: Any, *args: Any) -> Any:
    """Call a function that is only known now."""
    return fun(*args)


class DynamicForward:
    """The forward half of a call whose function is only known at run time: its first argument."""

    __name__ = "call_pair"

    def __init__(self, wrt: tuple[int, ...]) -> None:
        self.wrt = wrt

    def __call__(self, fun: Any, *args: Any) -> tuple[Any, Pullback]:
        """Return the result and its pullback."""
        if registry.has_rule(fun):
            return _apply_rule(fun, args, self.wrt)
        callee, wrt, values = _bound(fun, args, self.wrt)
        return callee.run(wrt, values)


class DynamicTangent:
    """A call in forward mode whose function is only known at run time: its first argument."""

    __name__ = "call_tangent"

    def __init__(self, wrt: tuple[int, ...]) -> None:
        self.wrt = wrt

    def __call__(self, fun: Any, *args: Any) -> tuple[Any, Any]:
        """Return the result and its tangent; the tangents of the arguments are the last arguments."""
        split = len(args) - len(self.wrt)
        if registry.has_rule(fun):
            return _push_through_rule(fun, args[:split], self.wrt, args[split:])
        callee, wrt, values = _bound(fun, args[:split], self.wrt)
        return callee.run_forward(wrt, values, args[split:])


def _bound(fun: Any, args: tuple[Any, ...], wrt: tuple[int, ...]) -> tuple[Callee, tuple[int, ...], tuple[Any, ...]]:
    """Return the callee of a function found at run time, with all its arguments and the positions of active ones."""
    prefix: tuple[Any, ...] = ()
    if isinstance(fun, types.MethodType):
        prefix, fun = (fun.__self__,), fun.__func__
    if not isinstance(fun, types.FunctionType):
        raise MissingRuleError(
            f"{getattr(fun, '__name__', fun)!r} has neither a derivative rule nor Python source",
            why="it is called through a variable with an active argument",
            advice="register a rule with `@diffcompile.adjoint`",
        )
    signature = inspect.signature(fun, follow_wrapped=False)
    bound = signature.bind(*prefix, *args)
    bound.apply_defaults()
    shifted = tuple(number + len(prefix) for number in wrt)
    return callee_of(code_of_function(fun)), shifted, tuple(bound.arguments.values())  # noqa: F821 - likewise


def _push_through_rule(fun: Any, args: tuple[Any, ...], wrt: tuple[int, ...], dots: tuple[Any, ...]) -> tuple[Any, Any]:
    result = fun(*args)
    if fun in registry.NONDIFFERENTIABLE:
        return result, None
    if fun in registry.ELEMENTWISE:
        total: Any = 0.0
        for number, dot in zip(wrt, dots, strict=True):
            partial = registry.ELEMENTWISE[fun].partials[number]
            if partial is not None:
                total = total + dot * partial(result, *args)
        return result, tangent(total, result)
    names = list(inspect.signature(fun).parameters)
    if fun in registry.TANGENT:
        given = {f"{names[number]}_dot": dot for number, dot in zip(wrt, dots, strict=True)}
        return result, registry.TANGENT[fun].rule(result, *args, **given)
    rule = registry.LINEAR.get(fun)
    if rule is None or not all(names[number] in rule.names for number in wrt):
        raise MissingRuleError(
            f"{getattr(fun, '__name__', fun)!r} has no rule for forward mode",
            why="it is called through a variable with an active argument",
            advice="register one with `@diffcompile.tangent`",
        )
    moved = dict(zip(wrt, dots, strict=True))
    if not rule.separately:
        linear = [
            moved[k] if k in moved else no_tangent(arg) if names[k] in rule.names and arg is not None else arg
            for k, arg in enumerate(args)
        ]
        return result, fun(*linear)
    terms = (fun(*(dot if k == number else arg for k, arg in enumerate(args))) for number, dot in moved.items())
    return result, sum(terms)


def _apply_rule(fun: Any, args: tuple[Any, ...], wrt: tuple[int, ...]) -> tuple[Any, Pullback]:
    result = fun(*args)
    if fun in registry.ELEMENTWISE:
        partials = registry.ELEMENTWISE[fun].partials

        def pullback(ct: Any) -> tuple[Any, ...]:
            found = []
            for number in wrt:
                partial = partials[number]
                found.append(None if partial is None else match(ct * partial(result, *args), args[number]))
            return tuple(found)

        return result, pullback
    if fun in registry.ADJOINT:
        rule = registry.ADJOINT[fun].rule

        def pullback_of_rule(ct: Any) -> tuple[Any, ...]:
            cts = rule(ct, result, *args)
            return tuple(cts[number] for number in wrt)

        return result, pullback_of_rule
    return result, lambda ct: (None,) * len(wrt)
