"""Derivatives by evaluating the function only: complex step where possible, else extrapolated differences."""

from __future__ import annotations

import dataclasses
import itertools
import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diffcompile.testing.structures import copy_leaf, leaves, rebuild

__tracebackhide__ = True  # pytest shows the code of its user

EPSILON = float(np.finfo(np.float64).eps)
FIRST_STEP = 0.1
STEPS = 16
DEPTH = 7
"""Columns of the extrapolation table; more only amplify rounding."""
COMPLEX_STEP = 1e-150
KINK = 1e-8
"""The jump of the derivative, relative to the function, from which on a point counts as a kink."""
NOISE_SPACINGS = (5e-4, 1e-4, 2e-5)
FROM_NOISE_TO_JUMP = 6.0
"""The fifth difference of ``abs`` across its kink, scaled as noise is, is a fifth of the jump times the spacing."""
CORROBORATION = 1e-3
"""Differences that are less exact than this cannot corroborate a complex step."""
SINGLE = 3e-7
"""Noise of this size, relative to the values, may come from float32."""
NOISY = 1e-9
"""Noise in the values, relative to their size, that no rounding of float64 explains."""
WILD = 0.01
"""Values that jump about by this part of all their differences say nothing: the steps are longer than a wave."""
FINER = (1e-2, 1e-4, 1e-6, 1e-8)
"""By what the steps are shortened where the values jump about."""
CONTRADICTION = 10.0
"""Estimates that are this many errors apart cannot both be right."""


@dataclass(frozen=True, slots=True)
class Derivative:
    """A numerical derivative, an estimate of its error, and the method that gave it."""

    value: float
    error: float
    method: str
    trouble: str = ""
    """What makes the function hard to differentiate here, in words; empty where nothing was noticed."""
    wild: bool = False
    """The values jump about from step to step."""


class Line:
    """The function ``t -> fun(args + t * direction)``, of a real or an imaginary ``t``.

    ``direction`` has one entry a leaf of ``args``: an array of the leaf's shape, or None where it does not
    move. Moving leaves are widened to float64, so that the differences are not lost in rounding. The function
    gets fresh copies each time, because it may write into its arguments.
    """

    def __init__(self, fun: Callable[..., Any], args: tuple[Any, ...], direction: Sequence[Any]) -> None:
        """Set the line through ``args``."""
        self.fun = fun
        self.args = args
        self.direction = direction
        self.start = [leaf.value for leaf in leaves(args)]

    def __call__(self, t: complex) -> Any:
        """Return the value at ``t``, as the function gives it."""
        moved = (_moved(value, d, t) for value, d in zip(self.start, self.direction, strict=True))
        return self.fun(*rebuild(self.args, moved))

    def real(self, t: float) -> float:
        """Return the value at a real ``t``; nan where the function fails or is not finite."""
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = self(t)
                if isinstance(result, complex):  # a root of a negative number
                    return math.nan
                value = float(result)
        except (ArithmeticError, ValueError, LookupError, np.linalg.LinAlgError):
            return math.nan
        return value if math.isfinite(value) else math.nan


def _moved(value: Any, d: Any, t: complex) -> Any:
    if d is None:
        return copy_leaf(value)
    if not isinstance(value, np.ndarray):
        # complex steps need NumPy's complex numbers: Python's cannot be compared, so branches would fail
        return float(value) + t * float(d) if isinstance(t, float) else np.complex128(value) + t * float(d)
    wide: np.ndarray[Any, Any] = value.astype(
        np.float64 if isinstance(t, float) else np.complex128, order="K"
    )
    wide += t * np.asarray(d)
    return wide


def directional_derivative(
    fun: Callable[..., Any], args: tuple[Any, ...], direction: Sequence[Any]
) -> Derivative:
    """Return the derivative of the scalar function ``fun`` along ``direction`` (see :class:`Line`).

    The complex step is used where the function accepts complex numbers *and* agrees with the differences:
    ``abs``, ``var`` or ``norm`` run on complex numbers, but mean something else there.
    """
    line = Line(fun, args, direction)
    differences = extrapolated_differences(line)
    if differences.wild:
        differences = _with_shorter_steps(fun, args, direction) or differences
    if differences.trouble:  # the complex step sees one side of a kink, and nothing of noise in real parts
        return differences
    step = complex_step(line)
    if step is None:
        return differences
    trusted = differences.error <= CORROBORATION * abs(step)  # at a kink the complex step sees one side only
    if trusted and abs(step - differences.value) <= 10.0 * differences.error + 1e-9 * abs(step):
        return Derivative(step, 4.0 * EPSILON * abs(step), "complex step")
    return differences


def _with_shorter_steps(
    fun: Callable[..., Any], args: tuple[Any, ...], direction: Sequence[Any]
) -> Derivative | None:
    """Return the derivative along a direction from steps short enough for a function that varies fast, or None."""
    settled: Derivative | None = None
    for part in FINER:
        shorter = [None if d is None else part * np.asarray(d) for d in direction]
        found = extrapolated_differences(Line(fun, args, shorter))
        if not found.wild and found.value != 0.0:
            settled = dataclasses.replace(found, value=found.value / part, error=found.error / part)
            if not found.trouble:
                break
    return settled


def complex_step(line: Line) -> float | None:
    """Return ``Im f(x + i h d) / h``; None if the function cannot run on complex numbers."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("error")
            value = line(complex(0.0, COMPLEX_STEP))
        if not isinstance(value, complex):
            return None
        derivative = float(value.imag) / COMPLEX_STEP
    except Exception:  # whatever a function does that was not written for complex numbers
        return None
    return derivative if math.isfinite(derivative) else None


def extrapolated_differences(line: Line) -> Derivative:
    """Return central differences with halved steps, extrapolated to step zero (Richardson, Ridders)."""
    centre = float(line(0.0))
    steps = [FIRST_STEP * 0.5**k for k in range(STEPS)]
    values = [(line.real(h), line.real(-h)) for h in steps]
    size = max([abs(centre)] + [abs(v) for pair in values[-4:] for v in pair if math.isfinite(v)])
    around = max([size] + [abs(v) for pair in values for v in pair if math.isfinite(v)])
    noise, certain, kink_nearby = _roughness(line, centre, around)
    best = _select(_extrapolations(steps, values, max(2.0 * EPSILON * size, noise)))
    rough = certain > NOISY * around
    known = [v for pair in values for v in pair if math.isfinite(v)]
    spread = max(known) - min(known) if known else 0.0
    if noise > WILD * spread > 0.0:
        trouble = f"noise of about {noise:.0e} in the values"
        return dataclasses.replace(best, error=max(best.error, spread / steps[-1]), trouble=trouble, wild=True)
    if rough and not kink_nearby:
        return dataclasses.replace(best, trouble=f"noise of about {noise:.0e} in the values")
    kink = _kink(centre, steps, values)
    if kink > KINK * max(size, abs(best.value)):
        before, after = best.value - kink, best.value + kink
        trouble = f"a kink: the one-sided derivatives are {before:.6g} and {after:.6g}, or the other way round"
        return dataclasses.replace(best, error=max(best.error, kink), trouble=trouble)
    if rough:
        return dataclasses.replace(best, error=max(best.error, kink_nearby), trouble="a kink close to the point")
    return best


def _extrapolations(
    steps: list[float], values: list[tuple[float, float]], noise: float
) -> Iterator[Derivative]:
    """Yield the best estimate of each row of the extrapolation table; a row begins with one step."""
    above: list[float] = []
    for h, (ahead, behind) in zip(steps, values, strict=True):
        row = [(ahead - behind) / (2.0 * h)]
        best = Derivative(math.nan, math.inf, "central differences")
        for j in range(min(len(above), DEPTH)):
            row.append(row[j] + (row[j] - above[j]) / (4.0 ** (j + 1) - 1.0))
            error = max(abs(row[j + 1] - row[j]), abs(row[j + 1] - above[j])) + noise / h
            if error < best.error:  # false for nan
                best = Derivative(row[j + 1], error, best.method)
        yield best
        above = row


def _select(rows: Iterable[Derivative]) -> Derivative:
    """Return the estimate with the smallest error that no estimate from smaller steps contradicts.

    Large steps may cross kinks or leave the domain, small ones drown in rounding. A step that jumps from one
    plateau to another looks perfect by itself; only the smaller steps know better.
    """
    smallest_first = [row for row in rows if math.isfinite(row.error)][::-1]
    best = Derivative(math.nan, math.inf, "central differences")
    for k, row in enumerate(smallest_first):
        contradicted = any(
            abs(row.value - other.value) > CONTRADICTION * (row.error + other.error)
            for other in smallest_first[:k]
        )
        if row.error < best.error and not contradicted:
            best = row
    return best


def _roughness(line: Line, centre: float, around: float) -> tuple[float, float, float]:
    """Return how noisy the values may be, how noisy they are, and the jump of the derivative at a kink close by.

    Noise stays when the spacing of the values changes, and what a kink does to them grows and shrinks with it. A kink
    farther off than the smallest spacing reaches is not in the way. What may be the rounding of float32 is noise:
    values on its grid may look smooth by chance.
    """
    wide, coarse, fine = (_noise(line, centre, spacing) for spacing in NOISE_SPACINGS)
    if fine > 0.5 * coarse or wide < 2.0 * coarse or coarse < SINGLE * around:
        return max(coarse, fine), min(coarse, fine), 0.0
    return fine, fine, FROM_NOISE_TO_JUMP * fine / NOISE_SPACINGS[2]


def _noise(line: Line, centre: float, s: float) -> float:
    """Return how noisy the values are, from high differences of values at a spacing ``s`` (Hamming).

    A function that rounds to float32 inside has a noise that its float64 result does not tell.
    """
    values = np.array([line.real(k * s) if k else centre for k in range(-3, 4)])
    fifth = np.diff(values, 5) / math.sqrt(252.0)  # the factor by which independent noise grows: C(10, 5)
    sixth = np.diff(values, 6) / math.sqrt(924.0)
    noise = float(np.max(np.abs(np.concatenate([fifth, sixth]))))
    return noise if math.isfinite(noise) else 0.0


def _kink(centre: float, steps: list[float], values: list[tuple[float, float]]) -> float:
    """Return half the jump of the one-sided derivatives, about zero where there is none.

    Central differences at a symmetric kink, ``abs`` at 0, look perfectly smooth. The second difference over
    2 h tends to zero with h where the function is smooth, and to half the jump where it is not. The
    smallest of all pairs of steps counts: large ones suffer from curvature, small ones from rounding, and a
    kink shows in all.
    """
    second = [
        (ahead + behind - 2.0 * centre) / (2.0 * h) for h, (ahead, behind) in zip(steps, values, strict=True)
    ]
    jumps = [abs(2.0 * half - whole) for whole, half in itertools.pairwise(second)]
    return min((jump for jump in jumps if math.isfinite(jump)), default=0.0)
