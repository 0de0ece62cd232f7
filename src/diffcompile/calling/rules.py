"""Rules applied at run time, where the function was not known before."""

from __future__ import annotations

import inspect
from typing import Any

from diffcompile.calling.hooks import Pullback
from diffcompile.dynamic import match, no_tangent, tangent
from diffcompile.errors import MissingRuleError
from diffcompile.rules import registry


def push_through_rule(fun: Any, args: tuple[Any, ...], wrt: tuple[int, ...], dots: tuple[Any, ...]) -> tuple[Any, Any]:
    """Return the result of a function with a rule, and its tangent."""
    args = registry.completed(fun, args)
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


def apply_rule(fun: Any, args: tuple[Any, ...], wrt: tuple[int, ...]) -> tuple[Any, Pullback]:
    """Return the result of a function with a rule, and its pullback."""
    args = registry.completed(fun, args)
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
