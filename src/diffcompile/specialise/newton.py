"""Answers of solvers where a derivative is taken that is differentiated once more.

An answer is known to satisfy ``f(x, p) = 0``. Two steps of Newton's method from it, whose start is a constant, give it
again, and as a function of ``p`` they have its first three derivatives: a step makes an error of order ``k`` one of
order ``2 k``, and the start is right to order 1. The steps are ordinary code, so that they can be differentiated. An
integral is the sum over the nodes of a rule that is as good as the one that found it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile.analysis.types import Array, Scalar, plain
from diffcompile.errors import Span
from diffcompile.implicit import Argument, Panels, answer_of
from diffcompile.ir.core import Const
from diffcompile.rules import registry
from diffcompile.specialise import inlining, minima
from diffcompile.specialise.derivatives import push, register
from diffcompile.specialise.items import NONE, Item
from diffcompile.specialise.minima import gradient_of

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def moved_along(fun: Any, primals: Any, tangents: Any) -> Any:
    """Stand for ``jvp``, which is defined above this layer."""
    raise AssertionError("the compiler knows what it means")


register(moved_along, push)


def root_number(function: Any, found: Any, args: Any) -> Any:
    """Return the number at which ``function(x, *args)`` is zero."""
    x = found
    for _ in range(2):
        x = x - function(x, *args) / gradient_of(lambda u: function(u, *args))(x)
    return x


def root_array(function: Any, found: Any, args: Any) -> Any:
    """Return the array at which ``function(x, *args)``, of as many numbers, is zero."""
    x = found
    for _ in range(2):
        matrix = np.zeros((np.size(found), np.size(found)))
        for unit in np.eye(np.size(found)):
            along = np.reshape(unit, np.shape(found))
            _, moved = moved_along(lambda u: np.asarray(function(u, *args)), (x,), (along,))
            matrix = matrix + np.outer(moved, unit)
        values = np.ravel(np.asarray(function(x, *args)))
        x = x - np.reshape(np.linalg.solve(matrix, values), np.shape(found))
    return x


def fixed_number(function: Any, found: Any, args: Any) -> Any:
    """Return the number that ``function(x, *args)`` returns again."""
    return root_number(lambda u: function(u, *args) - u, found, ())


def fixed_point(function: Any, found: Any, args: Any) -> Any:
    """Return the array that ``function(x, *args)`` returns again."""
    return root_array(lambda u: np.asarray(function(u, *args)) - u, found, ())


def minimum(function: Any, found: Any, args: Any) -> Any:
    """Return the array at which ``function(x, *args)`` is least."""
    return root_array(gradient_of(lambda v: function(v, *args)), found, ())


def least_squares(function: Any, found: Any, args: Any) -> Any:
    """Return the array at which the squares of ``function(x, *args)`` are least."""

    def slope(u: Any) -> Any:
        total = np.zeros(np.shape(found))
        for unit in np.eye(np.size(found)):
            along = np.reshape(unit, np.shape(found))
            value, moved = moved_along(lambda v: np.asarray(function(v, *args)), (u,), (along,))
            total = total + along * np.sum(value * moved)
        return total

    return root_array(slope, found, ())


def least_number(function: Any, found: Any, args: Any) -> Any:
    """Return the number at which ``function(x, *args)`` is least."""
    return root_number(gradient_of(lambda v: minima.one_number(function(v, *args))), found, ())


def first_number(function: Any, found: Any, args: Any) -> Any:
    """Return the number at which the first of what ``function(x, *args)`` returns is zero."""
    return root_number(lambda u: function(u, *args)[0], found, ())


def first_array(function: Any, found: Any, args: Any) -> Any:
    """Return the array at which the first of what ``function(x, *args)`` returns is zero."""
    return root_array(lambda u: function(u, *args)[0], found, ())


def slopes(function: Any, x: Any, args: Any) -> Any:
    """Return the derivatives of the residuals ``function(x, *args)``, a row for each."""
    values = np.atleast_1d(np.asarray(function(x, *args)))
    matrix = np.zeros((np.size(values), np.size(x)))
    for unit in np.eye(np.size(x)):
        along = np.reshape(unit, np.shape(x))
        _, moved = moved_along(lambda u: np.atleast_1d(np.asarray(function(u, *args))), (x,), (along,))
        matrix = matrix + np.outer(moved, unit)
    return matrix


def given_root(fun: Any, x0: Any) -> Any:
    """Return ``x0``, at which ``fun`` is known to be zero: as a function of what ``fun`` sees it is the root."""
    return x0


registry.implicit(given_root, "fun", "root")


def complex_root(function: Any, found: Any, args: Any) -> Any:
    """Return the complex number, or numbers, at which ``function(z, *args)`` is zero: two real equations for each."""

    def parts(u: Any) -> Any:
        values = np.asarray(function(u[0] + 1j * u[1], *args))
        return np.stack((np.real(values), np.imag(values)))

    u = given_root(parts, np.stack((np.real(found), np.imag(found))))
    return (u[0] + 1j * u[1])[()]


def complex_fixed_point(function: Any, found: Any, args: Any) -> Any:
    """Return the complex number, or numbers, that ``function(z, *args)`` returns again."""
    return complex_root(lambda z: function(z, *args) - z, found, ())


def part(found: Any, number: int) -> Any:
    """Return one of what a solver returned."""
    return found[number]


def value_and_slope(function: Any, found: Any, args: Any) -> Any:
    """Return the array at which the second of what ``function(x, *args)`` returns is zero."""
    return root_array(lambda u: function(u, *args)[1], found, ())


def integral(function: Any, a: Any, b: Any, args: Any, panels: Any) -> Any:
    """Return the integral of ``function(t, *args)`` by a rule for the unit interval."""
    total = 0.0
    for k in range(len(panels)):
        total = total + panels[k, 1] * function(a + (b - a) * panels[k, 0], *args)
    return total * (b - a)


def integral_to_infinity(function: Any, end: Any, args: Any, panels: Any) -> Any:
    """Return the integral from or to ``end``, by nodes that are counted from there."""
    total = 0.0
    for k in range(len(panels)):
        total = total + panels[k, 1] * function(end + panels[k, 0], *args)
    return total


STEPS = {
    "number": root_number,
    "fixed number": fixed_number,
    "root": root_array,
    "fixed point": fixed_point,
    "minimum": minimum,
    "least squares": least_squares,
    "value and slope": value_and_slope,
    "least number": least_number,
    "first number": first_number,
    minima.FIRST: first_array,
}
"""By the kind of the equation."""
_OF_NUMBERS = {"root": "number", "fixed point": "fixed number", "minimum": "least number", minima.FIRST: "first number"}
"""From the kind of the equation to that of one for a number."""


def answer(
    spec: Specialiser,
    entry: registry.Implicit,
    kind: str,
    function: Item,
    given: dict[str, Item],
    found: Any,
    span: Span | None,
) -> Item:
    """Return the answer that a solver ``found``, as code that can be differentiated again and again."""
    args, begin = given.get("args", Const(())), given.get("x0", NONE)
    single = entry.scalar or (entry.like_start and isinstance(plain(spec.type(begin)), Scalar))
    if single:
        kind = _OF_NUMBERS[kind]
    t: Any = Scalar("f") if single else Array(np.dtype(float), None)
    start = spec.emit(answer_of, [found, Const(entry.answer), Const(single)], span, t=t)
    return inlining.call_python(spec, STEPS[kind], [function, start, args], {}, span)


def integrated(
    spec: Specialiser, argument: Argument, given: dict[str, Item], frozen: list[Item], span: Span | None
) -> Item:
    """Return the value of an integral, as code that can be differentiated again and again."""
    infinite = any(_is_infinite(given[name]) for name in ("a", "b"))
    rule = spec.emit(Panels(argument, infinite), frozen, span, t=Array(np.dtype(float), None))
    args = given.get("args", Const(()))
    ends = [end for end in (given["a"], given["b"]) if not _is_infinite(end)]
    if len(ends) == 2:  # noqa: PLR2004 - both
        return inlining.call_python(spec, integral, [given[argument.name], *ends, args, rule], {}, span)
    end = ends[0] if ends else Const(0.0)
    return inlining.call_python(spec, integral_to_infinity, [given[argument.name], end, args, rule], {}, span)


def _is_infinite(end: Item) -> bool:
    return isinstance(end, Const) and isinstance(end.value, float) and np.isinf(end.value).item()
