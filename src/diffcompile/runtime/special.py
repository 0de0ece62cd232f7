"""Slopes that need a series or a special function."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def sinc_slope(y: Any, x: Any) -> Any:
    """Return the derivative of ``y = np.sinc(x)``; by a Taylor series near 0, where the quotient cancels."""
    near = np.less(np.abs(x), 0.15)
    safe = np.where(near, np.ones_like(x), x)
    u = np.where(near, np.square(math.pi * np.asarray(x)), 0)
    series: Any = 0.0
    for k in range(8, 0, -1):  # sum of (-1)**k 2k u**(k-1) / (2k+1)!
        series = series * u + (-1.0) ** k * 2 * k / math.factorial(2 * k + 1)
    return np.where(near, math.pi**2 * x * series, (np.cos(math.pi * safe) - y) / safe)


# Chebyshev coefficients of exp(-x) i1(x) / x on [0, 8], in x / 4 - 1, and beyond of exp(-x) sqrt(x) i1(x), in
# 16 / x - 1
# fmt: off
_I1_NEAR = (
    0.12629359322181682, -0.17641651835783406, 0.1026436586898471, -0.05294598120809499,
    0.024726449030626516, -0.010564084894626197, 0.004156422944312888, -0.0015135724506312532,
    0.0005122859561685758, -0.00016176081582589674, 4.781565107550054e-05, -1.3273163656039436e-05,
    3.4702513081376785e-06, -8.568720264695455e-07, 2.0032947535521353e-07, -4.445059128796328e-08,
    9.381537386495773e-09, -1.8872497517228294e-09, 3.625590281552117e-10, -6.663489723502027e-11,
    1.1736186298890901e-11, -1.9839743977649436e-12, 3.223793365945575e-13, -5.042185504727912e-14,
    7.600684294735408e-15, -1.1055969477353862e-15, 1.5536319577362005e-16, -2.111421214358166e-17,
    2.7779141127610464e-18,
)
_I1_FAR = (
    0.38928811750914005, -0.009761097491361469, -0.00011058893876262371, -3.882564808877691e-06,
    -2.512236237870209e-07, -2.6314688468895196e-08, -3.835380385964237e-09, -5.589743462196584e-10,
    -1.8974958123505413e-11, 3.2526035830154884e-11, 1.4125807436613782e-11, 2.0356285441470896e-12,
    -7.198551776245908e-13, -4.0835511110921974e-13, -2.1015418427726643e-14, 4.272440016711951e-14,
    1.0420276984128802e-14, -3.8144030724370075e-15, -1.8803547755107825e-15, 3.3082023109209285e-16,
    2.96262899764595e-16, -3.209525921993424e-17, -4.6503053684893586e-17, 4.414348323071708e-18,
    7.517296310842105e-18, -9.314178867326884e-19, -1.242193275194891e-18,
)
# fmt: on


def i1(x: Any) -> Any:
    """Return the modified Bessel function of order one, the derivative of ``np.i0``."""
    size = np.abs(x)
    near = np.minimum(size, 8.0)
    far = np.maximum(size, 8.0)
    inner = np.maximum(np.minimum(x, 8.0), -8.0) * np.polynomial.chebyshev.chebval(near / 4.0 - 1.0, _I1_NEAR)
    outer = np.polynomial.chebyshev.chebval(16.0 / far - 1.0, _I1_FAR) / np.sqrt(far)
    value = np.exp(size) * np.where(np.less_equal(size, 8.0), inner, np.sign(x) * outer)
    return value.astype(np.result_type(x))


def digamma(x: float) -> float:
    """Return the derivative of ``math.lgamma``."""
    if x <= 0.0 and x == math.floor(x):
        return math.nan
    if x < 0.0:
        return digamma(1.0 - x) - math.pi / math.tan(math.pi * x)
    shift = 0.0
    while x < 10.0:
        shift -= 1.0 / x
        x += 1.0
    u = 1.0 / (x * x)
    tail = 1 / 12 - u * (1 / 120 - u * (1 / 252 - u * (1 / 240 - u * (1 / 132 - u * (691 / 32760 - u / 12)))))
    return shift + math.log(x) - 0.5 / x - u * tail


_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)


def polygamma(order: int, x: float) -> float:
    """Return the derivative of :func:`digamma` of the given order, from 1 on.

    ``(-1) ** (order + 1) * order! * zeta(order + 1, x)``, and the zeta function by the sum of Euler and Maclaurin.
    """
    if x <= 0.0 and x == math.floor(x):
        return math.nan
    power = order + 1
    total = 0.0
    while x < 12.0:
        total += x**-power
        x += 1.0
    total += x ** (1 - power) / order + 0.5 * x**-power
    term = power * x ** (-power - 1) / 2.0
    for k, number in enumerate(_BERNOULLI, start=1):
        total += number * term
        term *= (power + 2 * k - 1) * (power + 2 * k) / ((2 * k + 1) * (2 * k + 2) * x * x)
    return (-1.0) ** (order + 1) * math.factorial(order) * total
