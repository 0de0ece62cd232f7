"""The table of derivative rules and of what the compiler knows about callees.

Rules hold mathematics only. The driver in :mod:`diffcompile.autodiff` multiplies by the cotangent, sums over
broadcast axes, accumulates and skips inactive operands. The body of a rule is ordinary NumPy code; the compiler
lowers its *source* once and inlines it where it is used, so that it can be optimised, printed and differentiated.

    elementwise(np.sin, lambda y, x: np.cos(x))
    elementwise(np.multiply, lambda z, x, y: y, lambda z, x, y: x)

    @adjoint(np.sum)
    def sum_(ct, y, x, axis=None, keepdims=False):
        if axis is not None and not keepdims:
            ct = np.expand_dims(ct, axis)
        return (np.broadcast_to(ct, np.shape(x)),)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Sample:
    """Arguments on which a rule is tested."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)


def sample(*args: Any, **kwargs: Any) -> Sample:
    """Return the arguments of one test call of a rule."""
    return Sample(args, kwargs)


Samples = Callable[[], Iterable[Sample]]


@dataclass(frozen=True, slots=True)
class Elementwise:
    """``partials[k](result, *operands)`` is the derivative with respect to operand ``k``; None where there is none."""

    fun: Callable[..., Any]
    partials: tuple[Callable[..., Any] | None, ...]
    samples: Samples | None = None


@dataclass(frozen=True, slots=True)
class Adjoint:
    """``rule(ct, result, *args, **kwargs)`` returns the cotangents of the leading parameters of ``fun``.

    The parameters of ``rule`` after ``ct`` and ``result`` have the names, order and defaults of those of ``fun``, so
    that a call binds to them however it is spelled. Each returned cotangent has the shape of its argument, or is
    None for an argument without derivative. ``linear`` names parameters in which ``fun`` is linear.
    """

    fun: Callable[..., Any]
    rule: Callable[..., Any]
    samples: Samples | None = None


ELEMENTWISE: dict[Any, Elementwise] = {}
ADJOINT: dict[Any, Adjoint] = {}
NONDIFFERENTIABLE: dict[Any, str] = {}
"""Callees whose result carries no derivative, with the reason in a few words."""
VIEWS: set[Any] = set()
"""Callees whose result may share memory with their first argument."""
METHODS: dict[str, Any] = {}
"""Methods of ``ndarray`` that are the same as a function whose first parameter is the array."""


def elementwise(
    fun: Callable[..., Any], *partials: Callable[..., Any] | None, samples: Samples | None = None
) -> None:
    """Register the partial derivatives of an elementwise function (a ufunc, or one that broadcasts like one).

    ``partials[k](result, *operands)`` gives the derivative with respect to operand ``k``.
    """
    _CHANGES[0] += 1
    ELEMENTWISE[fun] = Elementwise(fun, partials, samples)


def adjoint(
    fun: Callable[..., Any], *, samples: Samples | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated function as the reverse rule of ``fun``; see :class:`Adjoint`."""

    def register(rule: Callable[..., Any]) -> Callable[..., Any]:
        _CHANGES[0] += 1
        ADJOINT[fun] = Adjoint(fun, rule, samples)
        return rule

    return register


def nondifferentiable(*funs: Any, reason: str = "its result is piecewise constant") -> None:
    """Declare that the results of these callees carry no derivative."""
    for fun in funs:
        NONDIFFERENTIABLE[fun] = reason


def views(*funs: Any) -> None:
    """Declare that the results of these callees may share memory with their first argument."""
    VIEWS.update(funs)


def methods(**names: Any) -> None:
    """Declare that ``x.name(...)`` on an array means ``fun(x, ...)``."""
    METHODS.update(names)


def version() -> int:
    """Return a number that changes when a rule is registered."""
    return len(ELEMENTWISE) + len(ADJOINT) + len(NONDIFFERENTIABLE) + _CHANGES[0]


_CHANGES = [0]


def has_rule(fun: Any) -> bool:
    """Tell whether ``fun`` can be called on active values without looking at its source."""
    try:
        return fun in ELEMENTWISE or fun in ADJOINT or fun in NONDIFFERENTIABLE
    except TypeError:  # unhashable callee
        return False


UFUNC = np.ufunc
_UFUNC_METHODS: dict[tuple[Any, str], Any] = {}


def ufunc_method(ufunc: np.ufunc, name: str) -> Any:
    """Return ``ufunc.name``, the same object each time, so that it can be a key."""
    return _UFUNC_METHODS.setdefault((ufunc, name), getattr(ufunc, name))
