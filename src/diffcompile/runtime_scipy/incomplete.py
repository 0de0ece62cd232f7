"""Derivatives of the incomplete gamma and beta functions with respect to their parameters.

Both are computed as SciPy's textbooks compute the functions themselves, with the derivative carried along term by
term: the gamma function by its power series or its continued fraction (DLMF 8.11.4 and 8.9.2), the beta function by
its continued fraction (DLMF 8.17.22).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

MOST_TERMS = 100_000
"""More than the square root of any parameter for which the result is not lost in rounding anyway."""
PRECISION = 2.0**-53
LARGE = 1e100

Pair = tuple[Any, Any]


def gammainc_slope(a: Any, x: Any) -> Any:
    """Return the derivative of ``scipy.special.gammainc(a, x)`` with respect to ``a``.

    ``a`` and ``x`` are numbers or arrays that broadcast; the result has their shape and dtype.
    """
    dtype = _precision(a, x)
    wide_a, wide_x = np.broadcast_arrays(np.asarray(a, float), np.asarray(x, float))
    slope = np.full(wide_a.shape, np.nan)
    valid = (wide_a > 0.0) & (wide_x >= 0.0) & np.isfinite(wide_a)
    slope[valid & ((wide_x == 0.0) | np.isinf(wide_x))] = 0.0
    inner = valid & (wide_x > 0.0) & np.isfinite(wide_x)
    low = inner & (wide_x <= wide_a + 1.0)
    high = inner & ~low
    slope[low] = _gamma_by_series(wide_a[low], wide_x[low])
    slope[high] = _gamma_by_fraction(wide_a[high], wide_x[high])
    return slope.astype(dtype)[()]


def _precision(*operands: Any) -> np.dtype[Any]:
    dtype = np.result_type(*operands)
    return dtype if dtype.kind == "f" else np.dtype(float)


def _gamma_by_series(a: Any, x: Any) -> Any:
    term, term_slope = np.ones_like(a), np.zeros_like(a)
    total, total_slope = np.ones_like(a), np.zeros_like(a)
    for n in range(1, MOST_TERMS):
        term_slope = (term_slope - term / (a + n)) * (x / (a + n))
        term = term * (x / (a + n))
        total, total_slope = total + term, total_slope + term_slope
        if not np.any(np.abs(term_slope) > PRECISION * np.abs(total_slope)):
            break
    scale = np.exp(a * np.log(x) - x - special.gammaln(a + 1.0))
    return scale * (total * (np.log(x) - special.digamma(a + 1.0)) + total_slope)


def _gamma_by_fraction(a: Any, x: Any) -> Any:
    def coefficients(n: int) -> tuple[Pair, Any]:
        if n == 1:
            return (np.ones_like(a), np.zeros_like(a)), x + 1.0 - a
        k = n - 1
        return (-k * (k - a), np.full_like(a, float(k))), x + 2.0 * k + 1.0 - a

    value, slope = _fraction(coefficients, a, slope_of_denominator=-1.0)
    scale = np.exp(a * np.log(x) - x - special.gammaln(a))
    return -scale * (value * (np.log(x) - special.digamma(a)) + slope)


def betainc_slope_a(a: Any, b: Any, x: Any) -> Any:
    """Return the derivative of ``scipy.special.betainc(a, b, x)`` with respect to ``a``; all three broadcast."""
    return _betainc_slopes(a, b, x)[0]


def betainc_slope_b(a: Any, b: Any, x: Any) -> Any:
    """Return the derivative of ``scipy.special.betainc(a, b, x)`` with respect to ``b``; all three broadcast."""
    return _betainc_slopes(a, b, x)[1]


def _betainc_slopes(a: Any, b: Any, x: Any) -> Pair:
    dtype = _precision(a, b, x)
    wide = np.broadcast_arrays(*(np.asarray(operand, float) for operand in (a, b, x)))
    a, b, x = wide
    slopes = np.full((2, *a.shape), np.nan)
    valid = (a > 0.0) & (b > 0.0) & (x >= 0.0) & (x <= 1.0)
    slopes[:, valid & ((x == 0.0) | (x == 1.0))] = 0.0
    inner = valid & (x > 0.0) & (x < 1.0)
    left = inner & (x <= (a + 1.0) / (a + b + 2.0))
    right = inner & ~left
    slopes[0, left], slopes[1, left] = _beta_by_fraction(a[left], b[left], x[left], 1.0 - x[left])
    # I(a, b, x) = 1 - I(b, a, 1 - x)
    of_b, of_a = _beta_by_fraction(b[right], a[right], 1.0 - x[right], x[right])
    slopes[0, right], slopes[1, right] = -of_a, -of_b
    return slopes[0].astype(dtype)[()], slopes[1].astype(dtype)[()]


def _beta_by_fraction(a: Any, b: Any, x: Any, rest: Any) -> Pair:
    def coefficients_of(which: int) -> Callable[[int], tuple[Pair, Any]]:
        def coefficients(n: int) -> tuple[Pair, Any]:
            if n == 1:
                return (np.ones_like(a), np.zeros_like(a)), 1.0
            m, odd = divmod(n - 1, 2)
            if odd:
                value = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
                of_a = value * (1.0 / (a + m) + 1.0 / (a + b + m) - 1.0 / (a + 2 * m) - 1.0 / (a + 2 * m + 1))
                of_b = value / (a + b + m)
            else:
                value = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
                of_a = -value * (1.0 / (a + 2 * m - 1) + 1.0 / (a + 2 * m))
                of_b = m * x / ((a + 2 * m - 1) * (a + 2 * m))
            return (value, (of_a, of_b)[which]), 1.0

        return coefficients

    scale = np.exp(special.xlogy(a, x) + special.xlogy(b, rest) - special.betaln(a, b)) / a
    both = special.digamma(a + b)
    value, slope = _fraction(coefficients_of(0), a)
    of_a = scale * (value * (np.log(x) - 1.0 / a - special.digamma(a) + both) + slope)
    value, slope = _fraction(coefficients_of(1), a)
    of_b = scale * (value * (np.log(rest) - special.digamma(b) + both) + slope)
    return of_a, of_b


def _fraction(
    coefficients: Callable[[int], tuple[Pair, Any]], like: Any, slope_of_denominator: float = 0.0
) -> Pair:
    """Return a continued fraction ``a1 / (b1 + a2 / (b2 + ...))`` and its derivative.

    ``coefficients(n)`` gives ``(a_n, its derivative), b_n``; each ``b_n`` has the derivative that is given.
    """
    above, below = np.ones_like(like), np.zeros_like(like)
    old_above, old_below = np.zeros_like(like), np.ones_like(like)
    d_above, d_below, d_old_above, d_old_below = (np.zeros_like(like) for _ in range(4))
    # the convergents before the first: A(-1) = 1, A(0) = 0, B(-1) = 0, B(0) = 1
    above, old_above = old_above, above
    below, old_below = old_below, below
    value, slope = np.zeros_like(like), np.zeros_like(like)
    for n in range(1, MOST_TERMS):
        (a, d_a), b = coefficients(n)
        d_b = slope_of_denominator
        above, old_above, d_above, d_old_above = (
            b * above + a * old_above,
            above,
            d_b * above + b * d_above + d_a * old_above + a * d_old_above,
            d_above,
        )
        below, old_below, d_below, d_old_below = (
            b * below + a * old_below,
            below,
            d_b * below + b * d_below + d_a * old_below + a * d_old_below,
            d_below,
        )
        size = np.where(np.abs(below) > LARGE, 1.0 / LARGE, np.where(np.abs(below) < 1.0 / LARGE, LARGE, 1.0))
        above, old_above, d_above, d_old_above = (
            part * size for part in (above, old_above, d_above, d_old_above)
        )
        below, old_below, d_below, d_old_below = (
            part * size for part in (below, old_below, d_below, d_old_below)
        )
        new = above / below
        new_slope = (d_above - new * d_below) / below
        done = n > 2 and not np.any(  # noqa: PLR2004
            (np.abs(new - value) > 4 * PRECISION * np.abs(new))
            | (np.abs(new_slope - slope) > 4 * PRECISION * (np.abs(new_slope) + np.abs(new)))
        )
        value, slope = new, new_slope
        if done:
            break
    return value, slope
