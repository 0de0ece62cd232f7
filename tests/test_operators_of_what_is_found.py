"""Operators of objects whose class only shows at run time: what they do with a number is not what the rule says."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad, jvp
from diffcompile.testing import check_grads


class Odd:
    """Does with its operands what numbers do not."""

    def __init__(self, a, b=3.0):
        self.a, self.b = a, b

    def __sub__(self, k):
        return self.a * k**3

    def __mul__(self, k):
        return Odd(self.a * k * k, self.b * k)

    __rmul__ = __mul__

    def __neg__(self):
        return Odd(-self.a, self.b)

    def __iter__(self):
        yield self.a
        yield self.b


TABLE = {"v": Odd(2.0), "w": Odd(1.0)}
MIXED = [Odd(2.0), 3.0, Fraction(1, 3)]


def _from_a_table(x, y):
    return (TABLE["v" if x > 0.0 else "w"] - y) * x


def _from_a_list(x, y):
    return (MIXED[int(x < 0.0)] - y) * x


def _in_place(x, y):
    found = MIXED[int(x < 0.0)]
    found -= y
    return found * x


def _of_numpy(x, y):
    return np.multiply(MIXED[int(x < 0.0)], y).a * x


def _found_itself(x, y):
    function = [operator.sub, operator.add][int(x < 0.0)]
    return function(MIXED[int(x < 0.0)], y) * x


def _made(x, y):
    return {"v": Odd(x, y), "n": 3.0, "s": [1.0]}["v" if x > 0.0 else "n"]


def _scaled(x, y):
    result = _made(x, y) * y
    return result.a * result.b


def _negated(x, y):
    result = -_made(x, y)
    return result.a * result.b


def _summed(x, y):
    return sum(_made(x, y)) * y


@pytest.mark.parametrize(
    "function",
    [_from_a_table, _from_a_list, _in_place, _of_numpy, _found_itself, _scaled, _negated, _summed],
)
def test_refused_in_both_modes(function: Callable[..., Any]) -> None:
    with pytest.raises(UnsupportedError):
        grad(function, argnums=(0, 1))(0.7, 1.3)
    with pytest.raises(UnsupportedError):
        jvp(function, (0.7, 1.3), (1.0, 1.0))


def test_fractions_are_numbers() -> None:
    check_grads(lambda x, y: MIXED[2 if x > 0.0 else 1] * y * x, (0.7, 1.3))
