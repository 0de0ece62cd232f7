"""Calls through pairs: what they return may be written to if it is new; where that cannot be known it is refused."""

from __future__ import annotations

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad, jvp
from diffcompile.dynamic import separate_parts

X = np.array([0.7, 1.3, 0.4])


def handed_back(x, n):
    if n == 0:
        return x
    y = handed_back(x, n - 1)
    y[0] = y[1] * 2.0
    return y


def one_array_twice(x, n):
    if n == 0:
        y = np.exp(x)
        return [y, y]
    made = one_array_twice(x * 0.5, n - 1)
    made[0][0] = 3.0 * made[1][1]
    return [made[0] * 1.0, made[1] * 1.0]


def returns_its_argument(x):
    z = x * 1.0
    return np.sum(z * handed_back(z, 2))


def writes_to_one_of_two(x):
    made = one_array_twice(x, 2)
    return np.sum(made[0] * made[1])


@pytest.mark.parametrize("f", [returns_its_argument, writes_to_one_of_two])
def test_memory_that_is_not_alone_is_refused(f):
    with pytest.raises(UnsupportedError):
        grad(f)(X.copy())
    with pytest.raises(UnsupportedError):
        jvp(f, (X.copy(),), (np.ones(3),))


def test_parts_that_share_memory_are_found():
    a = np.arange(6.0)
    separate_parts((a[:3], [a[3:], 1.0], {"k": np.ones(2)}, None))
    for shared in ([a, a[5:]], [a[::2], a[1::2]], (a, (a,)), [[1.0]] * 2, {"a": a, "b": a}):
        with pytest.raises(UnsupportedError, match="returns one array or list twice"):
            separate_parts(shared)
