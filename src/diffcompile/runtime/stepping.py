"""Derivatives of one callee from its values alone: what ``numerical_rule`` puts into generated code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

FIRST_STEP = 0.05
"""The first step of the differences, relative to the size of the argument."""
STEPS = 10
COMPLEX_STEP = 1e-150
EXACT = 1e-6
"""What the error of an extrapolated difference may be, relative to derivative and value."""
AGREES = 1e-3
"""How far a complex step may be from a plain difference, relative to derivative and value."""

Line = Callable[[Any], Any]


def difference_adjoint(fun: Any, ct: Any, number: int, *args: Any) -> Any:
    """Return the cotangent of argument ``number`` of ``fun(*args)``, by extrapolated differences in each entry.

    Raises:
        TypeError: the argument or a result is no real number or array of real numbers.
        ArithmeticError: the differences do not settle.
    """
    return _adjoint(_extrapolated, fun, ct, number, args)


def complex_step_adjoint(fun: Any, ct: Any, number: int, *args: Any) -> Any:
    """Return the cotangent of argument ``number`` of ``fun(*args)``, by a complex step in each entry.

    Raises:
        TypeError: the argument is not real, or ``fun`` does not return complex numbers for complex ones.
        ArithmeticError: a difference contradicts the complex step, because ``fun`` uses ``abs`` or the like.
    """
    return _adjoint(_stepped, fun, ct, number, args)


def difference_tangent(fun: Any, number: int, dot: Any, *args: Any) -> Any:
    """Return the tangent of ``fun(*args)`` that the tangent ``dot`` of one argument causes, by differences."""
    return _tangent(_extrapolated, fun, number, dot, args)


def complex_step_tangent(fun: Any, number: int, dot: Any, *args: Any) -> Any:
    """Return the tangent of ``fun(*args)`` that the tangent ``dot`` of one argument causes, by a complex step."""
    return _tangent(_stepped, fun, number, dot, args)


def _adjoint(slope: Callable[[Line, float], Any], fun: Any, ct: Any, number: int, args: tuple[Any, ...]) -> Any:
    x = _real(args[number], f"argument number {number + 1}")
    found = np.zeros(x.shape)
    largest = float(np.max(np.abs(x))) if x.size else 0.0
    for index in np.ndindex(x.shape):
        unit = np.zeros(x.shape)
        unit[index] = 1.0
        size = abs(float(x[index])) or largest or 1.0
        found[index] = np.sum(ct * slope(_line(fun, args, number, x, unit), size))
    return found.astype(x.dtype) if isinstance(args[number], np.ndarray) else x.dtype.type(found[()])


def _tangent(slope: Callable[[Line, float], Any], fun: Any, number: int, dot: Any, args: tuple[Any, ...]) -> Any:
    x = _real(args[number], f"argument number {number + 1}")
    direction = np.broadcast_to(_real(dot, "a tangent"), x.shape).astype(float)
    length = float(np.max(np.abs(direction), initial=0.0))
    size = float(np.max(np.abs(x), initial=0.0)) or 1.0
    found = slope(_line(fun, args, number, x, direction), size / length if length else 1.0)
    return found if np.ndim(found) else found[()]


def _line(fun: Any, args: tuple[Any, ...], number: int, x: Any, direction: Any) -> Line:
    """Return ``t -> fun(..., x + t direction, ...)``; each call gets copies, which it may write to."""

    def at(t: Any) -> Any:
        moved = x.astype(complex if isinstance(t, complex) else float) + t * direction
        given = [arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args]
        given[number] = moved if isinstance(args[number], np.ndarray) else moved.item()
        return fun(*given)

    return at


def _real(value: Any, what: str) -> Any:
    array = np.asarray(value)
    if array.dtype.kind != "f":
        kind = type(value).__name__
        raise TypeError(f"a numerical rule is for real numbers and arrays of them, but {what} is {kind}")
    return array


def _extrapolated(line: Line, size: float) -> Any:
    """Return the derivative at 0: central differences of halved steps, extrapolated (Ridders 1982, Adv. Eng. Softw.).

    Of the table of extrapolations each entry of the result takes the one that differs least from its neighbours.
    """
    value = _real(line(0.0), "the result").astype(float)
    best, error = np.full(value.shape, np.nan), np.full(value.shape, np.inf)
    above: list[Any] = []
    for k in range(STEPS):
        h = FIRST_STEP * size * 0.5**k
        row = [_difference(line, h, value.shape)]
        for j, old in enumerate(above):
            row.append(row[j] + (row[j] - old) / (4.0 ** (j + 1) - 1.0))
            guess = np.maximum(np.abs(row[-1] - row[-2]), np.abs(row[-1] - old))
            better = guess < error
            best, error = np.where(better, row[-1], best), np.where(better, guess, error)
        above = row if np.all(np.isfinite(row[0])) else []
    allowed = EXACT * np.maximum(np.abs(best), np.abs(value) / size)
    if not np.all(error <= allowed):
        raise ArithmeticError(
            "the finite differences of a numerical rule do not settle: the function has a kink or a jump near here, "
            "or its values are not exact enough"
        )
    return best


def _difference(line: Line, h: float, shape: tuple[int, ...]) -> Any:
    """Return a central difference, nan where the step leaves the domain of the function."""
    try:
        with np.errstate(all="ignore"):
            ends = [_real(line(t), "the result").astype(float) for t in (h, -h)]
    except (ArithmeticError, ValueError):
        return np.full(shape, np.nan)
    return (ends[0] - ends[1]) / (2.0 * h) if ends[0].shape == ends[1].shape == shape else np.full(shape, np.nan)


def _stepped(line: Line, size: float) -> Any:
    """Return the derivative at 0 by a complex step (Squire and Trapp 1998, SIAM Review), held against a difference."""
    result = np.asarray(line(1j * COMPLEX_STEP * size))
    if result.dtype.kind != "c":
        raise TypeError("a complex step needs a function that returns complex numbers for complex arguments")
    found = result.imag / (COMPLEX_STEP * size)
    plain = _difference(line, 1e-5 * size, result.shape)
    allowed = AGREES * np.maximum(np.abs(plain), np.abs(result.real) / size)
    if np.any(np.abs(found - plain) > allowed):
        raise ArithmeticError(
            "the complex step of a numerical rule is not the derivative: the function means something else on complex "
            "numbers; use method='differences'"
        )
    return found
