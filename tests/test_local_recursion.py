"""Local functions that call each other, each of which sees one that is defined later."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.differences import differences

from diffcompile import grad, jvp

X = np.array([0.7, 0.4, 1.1])


def two_functions(x):
    def even(n, v):
        return v if n == 0 else odd(n - 1, v * x[n % len(x)])

    def odd(n, v):
        if n == 0:
            return v * x[0]
        return even(n - 1, math.sin(v) + x[1])

    return even(5, x[2]) * odd(5, x[1])


def three_functions_in_a_ring(x):
    def first(n, v):
        return v if n <= 0 else second(n - 1, v * x[0]) + third(n - 2, v)

    def second(n, v):
        return v * x[1] if n <= 0 else third(n - 1, v + x[2])

    def third(n, v):
        return v * v if n <= 0 else first(n - 1, v * x[2]) * x[1]

    return first(4, x[2]) * third(3, x[1])


@pytest.mark.parametrize("f", [two_functions, three_functions_in_a_ring])
def test_derivatives_are_right(f):
    expected = differences(f, X)
    np.testing.assert_allclose(grad(f)(X), expected, rtol=1e-7)
    _, tangent = jvp(f, (X,), (np.cos(X),))
    np.testing.assert_allclose(tangent, expected @ np.cos(X), rtol=1e-7)
