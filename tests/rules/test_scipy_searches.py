"""Minima along a line: what a search returns is an end of an interval, and the derivative is that of the minimum."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from diffcompile import check_grads, grad, hvp


def golden(a, b):
    return optimize.golden(lambda x, p: (x - p * a) ** 2 + 0.1 * x**4, args=(b,), brack=(0.0, 1.0)) * b


def brent(a, b):
    return optimize.brent(lambda x, p: (x - p * a) ** 2 + 0.1 * x**4, (b,))


def scalar(a, b):
    found = optimize.minimize_scalar(lambda x: (x - b * a) ** 2 + 0.1 * x**4)
    return found.x * found.fun if found.success else a


@pytest.mark.parametrize("search", [golden, brent, scalar])
def test_minima_along_a_line(search):
    check_grads(search, (0.7, 1.3), rtol=1e-5)
    step = 1e-3
    moved = [grad(search)(0.7 + k * step, 1.3) for k in (-2, -1, 1, 2)]
    second = (moved[0] - 8.0 * moved[1] + 8.0 * moved[2] - moved[3]) / (12.0 * step)
    np.testing.assert_allclose(hvp(search)(0.7, 1.3, 1.0), second, rtol=1e-5)


def test_bounds():
    def bounded(a):
        return optimize.minimize_scalar(lambda x: (x - a) ** 2, bounds=(0.0, 2.0), method="bounded").x

    gradient = grad(bounded)
    assert gradient(1.2) == pytest.approx(1.0)
    assert gradient(3.0) == 0.0  # the bound holds the answer
