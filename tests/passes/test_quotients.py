"""Shares of quotients that have a division in common. The numbers are powers of two, so that nothing is rounded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import grad
from diffcompile.testing.compare import check_against_differences
from passes.rewriting import assert_becomes, assert_stays
from passes.test_factors import reverse

X = np.array([[1.0, -2.0, 4.0], [0.5, 8.0, -1.0]])


def test_the_quotient_comes_first() -> None:
    def before(x: Any) -> Any:
        y = np.abs(x)
        z = np.sign(x)
        t = x / y
        return t, x * (z / y)

    def after(x: Any) -> Any:
        y = np.abs(x)
        z = np.sign(x)
        t = x / y
        return t, t * z

    assert_becomes(before, after, reverse, X)


def test_of_numbers_with_a_sign() -> None:
    def before(x: Any) -> Any:
        y, z, ct = float(x[0, 0]), float(x[0, 1]), float(x[0, 2])
        t = ct / y
        return t, -(z / y) * ct

    def after(x: Any) -> Any:
        y, z, ct = float(x[0, 0]), float(x[0, 1]), float(x[0, 2])
        t = ct / y
        return t, -(t * z)

    assert_becomes(before, after, reverse, X)


def test_kept() -> None:
    def another_divisor(x: Any) -> Any:
        y = np.abs(x)
        t = x / y
        return t, x * (t / x)

    def the_ratio_is_needed(x: Any) -> Any:
        y = np.abs(x)
        z = np.sign(x)
        r = z / y
        t = x / y
        return t, x * r, r

    assert_stays(another_divisor, reverse, X)
    assert_stays(the_ratio_is_needed, reverse, X)


def ratio(x: Any, y: Any) -> Any:
    return np.sum(np.sin(x / y))


def written_between(x: Any, y: Any) -> Any:
    z = x / y
    other = y.copy()
    other[0] = z[1]
    w = z / other
    other[1] = w[2] * w[0]
    return np.sum(w / other * z)


def in_place(x: Any, y: Any) -> Any:
    total = 0.0
    a = x.copy()
    for i in range(len(a) - 1):
        a[i] = a[i + 1] / y[i]
        total += a[i] / a[i + 1]
        a[i + 1] /= a[i] + 1.0
    return total + np.sum(a)


@pytest.mark.parametrize("fun", [ratio, written_between, in_place])
def test_gradients(fun: Any) -> None:
    rng = np.random.default_rng(3)
    args = rng.uniform(0.5, 2.0, 5), rng.uniform(0.5, 2.0, 5)
    found = grad(fun, argnums=(0, 1))(*args)
    check_against_differences(fun, args, dict(enumerate(found)), names=("x", "y"), title=fun.__name__, source="")


def test_one_division_for_two() -> None:
    gradient = grad(ratio, argnums=(0, 1))
    gradient(np.ones(3), np.ones(3))
    assert "y_bar = -(x_bar * t)" in gradient.source
