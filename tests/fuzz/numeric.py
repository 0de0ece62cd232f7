"""Reference derivatives along a direction, and the judgement whether a program has a reliable one."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

Fun = Callable[..., Any]
Arguments = tuple[Any, ...]

STEP = 2e-3
LEVELS = 4
LARGEST = 1e4
COMPLEX_STEP = 1e-30


class UnsuitableError(Exception):
    """The program has no derivative here that differences can tell: it jumps, bends or is too steep."""


@dataclass(frozen=True)
class Derivative:
    """A derivative along a direction, with the error to be expected of it."""

    value: float
    error: float
    method: str


def call(fun: Fun, args: Arguments) -> Any:
    """Return ``fun(*args)``, which may write into its arguments, leaving ``args`` as they are."""
    return fun(*copy.deepcopy(args))


def directions(args: Arguments, argnums: Sequence[int], rng: np.random.Generator) -> dict[int, Any]:
    """Return a random direction of length about one for each differentiated argument."""
    return {index: rng.uniform(-1.0, 1.0, np.shape(args[index])) for index in argnums}


def moved(args: Arguments, direction: dict[int, Any], step: complex) -> Arguments:
    """Return ``args + step * direction``."""
    result = list(args)
    for index, change in direction.items():
        value = args[index] + step * change
        # a complex number of NumPy's, unlike one of Python's, can be compared with a float
        result[index] = value if np.ndim(value) or np.iscomplexobj(value) else value.item()
    return tuple(result)


def along(gradient: dict[int, Any], direction: dict[int, Any]) -> float:
    """Return the inner product of a gradient and a direction."""
    return float(sum(np.sum(np.asarray(gradient[index]) * change) for index, change in direction.items()))


def derivative(fun: Fun, args: Arguments, direction: dict[int, Any]) -> Derivative:
    """Return the derivative of ``fun`` along ``direction``: by complex step where the program supports it.

    The extrapolated differences are always taken. They must agree with themselves over several steps, and
    from the left with from the right: a program that bends or jumps within reach of the steps has no reliable
    derivative. The complex step is believed where it agrees with them.
    """
    with np.errstate(all="raise"):
        try:
            found = _by_differences(fun, args, direction)
        except FloatingPointError as error:
            raise UnsuitableError("floating point error in the program") from error
    exact = _by_complex_step(fun, args, direction)
    if exact is None:
        return found
    if abs(exact - found.value) > 1e-6 * max(1.0, abs(exact)) + 100 * found.error:
        return (
            found  # not analytic as it is written (abs, comparisons of complex numbers): the differences hold
        )
    return Derivative(exact, 1e-13 * max(1.0, abs(exact)), "complex step")


def _by_differences(fun: Fun, args: Arguments, direction: dict[int, Any]) -> Derivative:
    centre = float(call(fun, args))
    steps = [STEP / 2**level for level in range(LEVELS)]
    ahead = [float(call(fun, moved(args, direction, step))) for step in steps]
    behind = [float(call(fun, moved(args, direction, -step))) for step in steps]
    if (
        not np.all(np.isfinite([centre, *ahead, *behind]))
        or max(map(abs, [centre, *ahead, *behind])) > LARGEST
    ):
        raise UnsuitableError("values too large")
    pairs = list(zip(steps, ahead, behind, strict=True))
    value, error = _extrapolated([(a - b) / (2 * h) for h, a, b in pairs], order=2)
    right, right_error = _extrapolated([(a - centre) / h for h, a, _ in pairs], order=1)
    left, left_error = _extrapolated([(centre - b) / h for h, _, b in pairs], order=1)
    scale = max(1.0, abs(value))
    error += 1e-15 * max(abs(centre), 1.0) / steps[-1]
    if abs(value) > LARGEST:
        raise UnsuitableError("derivative too large")
    if error > 1e-7 * scale or max(right_error, left_error) > 1e-4 * scale:
        raise UnsuitableError("differences do not settle")
    if abs(right - left) > 1e-5 * scale:
        raise UnsuitableError("left and right derivative differ")
    return Derivative(value, error, "differences")


def _central(fun: Fun, args: Arguments, direction: dict[int, Any]) -> float:
    def slope(step: float) -> float:
        ahead, behind = call(fun, moved(args, direction, step)), call(fun, moved(args, direction, -step))
        return float(ahead - behind) / (2 * step)

    return _extrapolated([slope(STEP / 2**level) for level in range(LEVELS)], order=2)[0]


def _extrapolated(row: list[float], order: int) -> tuple[float, float]:
    """Return Richardson's limit of values at halved steps, and its error.

    The error of the values is a series in powers of the step that are multiples of ``order``.
    """
    power = order
    previous = row[-1]
    while len(row) > 1:
        previous = row[-1]
        row = [fine + (fine - coarse) / (2**power - 1) for coarse, fine in pairwise(row)]
        power += order
    return row[0], abs(row[0] - previous)


def _by_complex_step(fun: Fun, args: Arguments, direction: dict[int, Any]) -> float | None:
    """Return the derivative by complex step, or None where the program does not run on complex numbers."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("error")  # NumPy warns where it drops an imaginary part
            value = call(fun, moved(args, direction, 1j * COMPLEX_STEP))
    except Exception:  # whatever a program does with numbers that it was not written for
        return None
    return float(np.imag(value)) / COMPLEX_STEP if np.iscomplexobj(value) else None


def gradient_by_differences(
    fun: Fun, argnums: tuple[int, ...]
) -> Callable[..., tuple[float, tuple[Any, ...]]]:
    """Return a slow ``value_and_grad``: the harness is tested with it, and with it spoilt."""

    def value_and_grad(*args: Any) -> tuple[float, tuple[Any, ...]]:
        gradients = []
        for index in argnums:
            shape = np.shape(args[index])
            gradient = np.zeros(shape)
            for place in np.ndindex(*shape):
                unit = np.zeros(shape)
                unit[place] = 1.0
                gradient[place] = _central(fun, args, {index: unit})
            gradients.append(gradient if shape else float(gradient))
        return float(call(fun, args)), tuple(gradients)

    return value_and_grad
