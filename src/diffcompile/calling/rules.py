"""Rules applied at run time, where the function was not known before."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from diffcompile.calling.hooks import Pullback
from diffcompile.dynamic import check_operand, match, no_tangent, tangent
from diffcompile.errors import MissingRuleError, UnsupportedError
from diffcompile.rules import registry


def push_through_rule(fun: Any, args: tuple[Any, ...], wrt: tuple[int, ...], dots: tuple[Any, ...]) -> tuple[Any, Any]:
    """Return the result of a function with a rule, and its tangent."""
    args = registry.completed(fun, args)
    result = fun(*args)
    if fun in registry.NONDIFFERENTIABLE:
        return result, None
    if fun in registry.ELEMENTWISE:
        _check_operands(args)
        total: Any = 0.0
        for number, dot in zip(wrt, dots, strict=True):
            slope = registry.ELEMENTWISE[fun].partials[number]
            if slope is not None:
                total = total + dot * slope(result, *args)
        return result, tangent(total, result)
    names = _parameter_names(fun)
    if fun in registry.TANGENT and all(number < len(names) for number in wrt):
        given = {f"{names[number]}_dot": dot for number, dot in zip(wrt, dots, strict=True)}
        return result, _shielded(registry.TANGENT[fun].rule, result, *args, **given)
    rule = registry.LINEAR.get(fun)
    if fun in registry.ADJOINT and (rule is None or not all(number < len(names) for number in wrt)):
        return result, Transposed(fun, wrt, ())(result, *args, *dots)
    if rule is None or not all(number < len(names) and names[number] in rule.names for number in wrt):
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


def _parameter_names(fun: Any) -> list[str]:
    """Return the names of a function's parameters that a position has; some in C do not tell them."""
    try:
        parameters = inspect.signature(fun).parameters.values()
    except ValueError:
        return []
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def _check_operands(args: tuple[Any, ...]) -> None:
    for arg in args:
        check_operand(arg)


def apply_rule(fun: Any, args: tuple[Any, ...], wrt: tuple[int, ...]) -> tuple[Any, Pullback]:
    """Return the result of a function with a rule, and its pullback."""
    args = registry.completed(fun, args)
    result = fun(*args)
    if fun in registry.ELEMENTWISE:
        _check_operands(args)
        partials = registry.ELEMENTWISE[fun].partials

        def pullback(ct: Any) -> tuple[Any, ...]:
            found = []
            for number in wrt:
                slope = partials[number]
                found.append(None if slope is None else match(ct * slope(result, *args), args[number]))
            return tuple(found)

        return result, pullback
    if fun in registry.ADJOINT:
        rule = registry.ADJOINT[fun].rule

        def pullback_of_rule(ct: Any) -> tuple[Any, ...]:
            cts = _shielded(rule, ct, result, *args)
            return tuple(cts[number] for number in wrt)

        return result, pullback_of_rule
    return result, lambda ct: (None,) * len(wrt)


def _shielded(rule: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """Call a rule with arrays that it cannot write to: others read them, too.

    Raises:
        UnsupportedError: it writes to them.
    """
    if (getattr(rule, "__module__", None) or "").partition(".")[0] == "diffcompile":
        return rule(*args, **named)
    shields: dict[int, tuple[np.ndarray[Any, Any], Any]] = {}

    def shield(value: Any) -> Any:
        if type(value) is not np.ndarray or not value.flags.writeable:
            return value
        view = value.view()
        view.flags.writeable = False
        shields[id(view)] = (view, value)
        return view

    try:
        found = rule(*map(shield, args), **{name: shield(value) for name, value in named.items()})
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        raise UnsupportedError(
            f"the rule {getattr(rule, '__name__', rule)} writes to one of its arguments",
            why="others read the same array: the rule must leave what it is given as it is",
            advice="make a new array",
        ) from error
    if isinstance(found, tuple | list):
        return type(found)(shields.get(id(part), (part, part))[1] for part in found)
    return shields.get(id(found), (found, found))[1]


class Transposed:
    """The tangent of a function with a reverse rule that cannot be differentiated: item by item of its result.

    A call takes the result, the arguments and the tangents of those at ``moving``; ``keywords`` name the last
    arguments. It runs the rule once for each number in the result.
    """

    def __init__(self, fun: Any, moving: tuple[int, ...], keywords: tuple[str, ...]) -> None:
        self.fun = fun
        self.moving = moving
        self.keywords = keywords
        self.__name__ = f"{getattr(fun, '__name__', 'function')}_tangent"

    def __call__(self, result: Any, *operands: Any) -> Any:
        """Return the tangent, of the structure of the result."""
        split = len(operands) - len(self.moving)
        args, dots = operands[:split], operands[split:]
        first = split - len(self.keywords)
        kwargs = dict(zip(self.keywords, args[first:], strict=True))
        rule = registry.ADJOINT[self.fun].rule
        names = list(inspect.signature(rule).parameters)[2:]
        places = [names.index(self.keywords[k - first]) if k >= first else k for k in self.moving]

        def along(ct: Any) -> float:
            bars = _shielded(rule, ct, result, *args[:first], **kwargs)
            return sum(_pairing(bars[place], dot) for place, dot in zip(places, dots, strict=True))

        return _by_parts(result, along)


def _zeros(result: Any) -> Any:
    if isinstance(result, list | tuple):
        return [_zeros(part) for part in result]
    return np.zeros_like(result, dtype=np.result_type(result, float))


def _by_parts(result: Any, along: Callable[[Any], float]) -> Any:
    """Return the tangent of a result from what its cotangents give, part by part."""
    if not isinstance(result, list | tuple):
        return _by_items(result, along)
    zeros = _zeros(result)

    def along_part(ct: Any, number: int) -> float:
        return along([*zeros[:number], ct, *zeros[number + 1 :]])

    found = [_by_parts(part, partial(along_part, number=number)) for number, part in enumerate(result)]
    return found if isinstance(result, list) else tuple(found)


def _by_items(result: Any, along: Callable[[Any], float]) -> Any:
    """Return the tangent of one result from what each unit cotangent gives."""
    if not np.issubdtype(np.result_type(result), np.inexact):
        return np.zeros(np.shape(result))
    moved = np.zeros_like(result)
    for place in np.ndindex(np.shape(result)):
        unit = np.zeros_like(moved)
        unit[place] = 1.0
        moved[place] = along(unit)
        if np.iscomplexobj(moved):
            moved[place] -= 1j * along(1j * unit)
    return moved if isinstance(result, np.ndarray) else type(result)(moved[()])


def _pairing(bar: Any, dot: Any) -> float:
    """Return ``Re(sum(bar * dot))``, of arrays and of lists of them."""
    if bar is None:
        return 0.0
    if isinstance(dot, list | tuple):
        return sum(map(_pairing, bar, dot))
    return float(np.real(np.sum(np.multiply(bar, dot))))


class Current:
    """Reads what a rule finds in its surroundings, when the code runs."""

    def __init__(self, name: str, read: Callable[[], Any]) -> None:
        self.__name__ = f"current_{name}"
        self.read = read

    def __call__(self) -> Any:
        return self.read()
