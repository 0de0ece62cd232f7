"""Which function a call at run time reaches, and where its arguments go."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from diffcompile.calling import hooks
from diffcompile.calling.callees import Callee, callee_of
from diffcompile.calling.data import DATA
from diffcompile.calling.pairs import DISCRETE
from diffcompile.errors import MissingRuleError
from diffcompile.frontend.lower import Code
from diffcompile.ir.printer import callee_name
from diffcompile.signature import Operator, function_of_jitted

_CACHED = type(functools.cache(abs))

_KINDS = {
    "positional": inspect.Parameter.POSITIONAL_ONLY,
    "any": inspect.Parameter.POSITIONAL_OR_KEYWORD,
    "args": inspect.Parameter.VAR_POSITIONAL,
    "keyword": inspect.Parameter.KEYWORD_ONLY,
    "kwargs": inspect.Parameter.VAR_KEYWORD,
}


Place = tuple[int, Any]
"""A parameter and, in ``*args`` or ``**kwargs``, the place in it; None for all of it."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A call: the function, a value for each of its parameters, and where each argument went."""

    callee: Callee
    values: tuple[Any, ...]
    places: dict[int, Place]
    """Of each argument, by its number."""
    captured: tuple[int | None, ...] = ()
    """Where what the function brings along went: what it captures, and the defaults that the call leaves."""


def is_discrete(value: Any) -> bool:
    """Tell whether ``value`` is one of the numbers that have no derivative, a text, a date, or a tuple of them."""
    return isinstance(value, (*DISCRETE, *DATA)) or (isinstance(value, tuple) and all(map(is_discrete, value)))


class _Argument:
    """Stands for an argument while a call is bound."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number


def bind(fun: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Bound:
    """Bind a call of a function in Python, a method, or a function with what it captures.

    Raises:
        MissingRuleError: there is no source.
        TypeError: the arguments do not fit.
    """
    given = [*args, *keywords.values()]
    tokens = [_Argument(number) for number in range(len(args))]
    named = {name: _Argument(len(args) + number) for number, name in enumerate(keywords)}
    prefix: list[Any] = []
    captured: list[int | None] = []
    cls = type(fun)
    if getattr(cls, "nested", False):
        code: Code = cls.function
        count = len(code.captures)
        prefix, captured = list(fun[:count]), list(range(count))
        callee, signature = callee_of(code), _signature(code, fun[count:])
        bound = signature.bind(*tokens, **named)
        for name in code.defaulted:
            place = count + [parameter.name for parameter in code.parameters].index(name)
            captured.append(None if name in bound.arguments else place)
    else:
        first, function = _behind(fun, len(args), tuple(keywords))
        callee = callee_of(hooks.code_of_function(function))
        signature = inspect.signature(function, follow_wrapped=False)
        bound = signature.bind(*first, *tokens, **named)
    bound.apply_defaults()
    places: dict[int, Place] = {}
    values = list(prefix)
    for value in bound.arguments.values():
        values.append(_filled(value, given, places, len(values)))
    return Bound(callee, tuple(values), places, tuple(captured))


def is_instance(fun: Any) -> bool:
    """Whether what is called is an object whose class is written in Python and says what a call does."""
    call = inspect.getattr_static(type(fun), "__call__", None)
    return isinstance(call, types.FunctionType) and not isinstance(fun, Operator)


def _behind(fun: Any, count: int, names: tuple[str, ...]) -> tuple[list[Any], types.FunctionType]:
    """Return the function in Python that a call with ``count`` arguments and keywords runs, and what goes before them.

    ``__wrapped__`` is what a decorator was given, not what it made of it: it is what runs under ``functools.cache``
    alone.
    """
    first: list[Any] = []
    while isinstance(fun, _CACHED):
        fun = fun.__wrapped__
    fun = function_of_jitted(fun) or fun
    if isinstance(fun, types.MethodType):
        first, fun = [fun.__self__], fun.__func__
    elif isinstance(fun, Operator | functools.partial | type):
        fun = hooks.fitted(fun, count, names)
    elif is_instance(fun):
        first, fun = [fun], type(fun).__call__
    if not isinstance(fun, types.FunctionType):
        raise MissingRuleError(
            f"{_name_of(fun)} has neither a derivative rule nor Python source",
            why="it is called through a variable with an active argument",
            advice="register a rule with `@diffcompile.adjoint`",
        )
    return first, fun


def _name_of(fun: Any) -> str:
    """Return the name of a callee in quotes, or what it is an instance of."""
    name = getattr(fun, "__name__", None)
    return repr(name) if isinstance(name, str) else callee_name(fun)


def _filled(value: Any, given: list[Any], places: dict[int, Place], parameter: int) -> Any:
    """Return the value of a parameter with the arguments in place of what stood for them."""
    if isinstance(value, _Argument):
        places[value.number] = (parameter, None)
        return given[value.number]
    if isinstance(value, tuple) and any(isinstance(part, _Argument) for part in value):
        for place, part in enumerate(value):
            places[part.number] = (parameter, place)
        return tuple(given[part.number] for part in value)
    if isinstance(value, dict) and any(isinstance(part, _Argument) for part in value.values()):
        for name, part in value.items():
            places[part.number] = (parameter, name)
        return {name: given[part.number] for name, part in value.items()}
    return value


def _signature(code: Code, defaults: Sequence[Any]) -> inspect.Signature:
    values = dict(zip(code.defaulted, defaults, strict=True))
    empty = inspect.Parameter.empty
    return inspect.Signature(
        [inspect.Parameter(p.name, _KINDS[p.kind], default=values.get(p.name, empty)) for p in code.parameters]
    )
