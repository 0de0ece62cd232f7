"""Items that are set to zero and added to, which may be set at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import grad
from diffcompile.passes.first_assignment import assign_first
from diffcompile.testing.compare import check_against_differences
from passes.rewriting import assert_becomes, assert_stays, in_reverse

X = np.array([1.0, -2.0, 4.0, 0.5, 8.0])
reverse = in_reverse(assign_first)


def test_neighbours_do_not_matter() -> None:
    def before(x: Any) -> Any:
        a = x * 2.0
        for k in range(1, len(x) - 1):
            t = a[k] / 4.0
            a[k] = 0.0
            a[k + 1] += t
            a[k] += t
            a[k - 1] += t
        return a

    def after(x: Any) -> Any:
        a = x * 2.0
        for k in range(1, len(x) - 1):
            t = a[k] / 4.0
            a[k + 1] += t
            a[k] = t
            a[k - 1] += t
        return a

    assert_becomes(before, after, reverse, X)


def test_kept() -> None:
    def the_item_before_the_first_is_the_last(x: Any) -> Any:
        a = x * 2.0
        for k in range(len(x)):
            t = a[k] / 4.0
            a[k] = 0.0
            a[k - 1] += t
            a[k] += t
        return a

    def another_name(x: Any) -> Any:
        a = x * 2.0
        b = a[::-1]
        for k in range(len(x)):
            t = a[k] / 4.0
            a[k] = 0.0
            b[k] += t
            a[k] += t
        return a

    def read_between(x: Any) -> Any:
        a = x * 2.0
        a[1] = 0.0
        t = a[:2].sum()
        a[1] += t
        return a

    for fun in (the_item_before_the_first_is_the_last, another_name, read_between):
        assert_stays(fun, reverse, X)


def wraps(x: Any) -> Any:
    for k in range(len(x)):
        x[k] = 0.5 * x[k - 1] + 2.0 * x[k]
    return np.sum(x * x)


def both_ways(x: Any) -> Any:
    y = x[::-1]
    for k in range(1, len(x) - 1):
        x[k] = 0.5 * x[k] + y[k] * 0.3 + x[k - 1]
    return np.sum(x * x)


def smoothed(x: Any) -> Any:
    for _ in range(2):
        x[1:-1] = (x[:-2] + x[1:-1] + x[2:]) / 3.0
        for k in range(1, len(x) - 1):
            x[k] = (x[k - 1] + x[k] + x[k + 1]) / 3.0
    return np.sum(x * x)


@pytest.mark.parametrize("fun", [wraps, both_ways, smoothed])
@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_gradients(fun: Any, size: int) -> None:
    x = np.random.default_rng(size).normal(size=size)
    found = grad(fun)(x.copy())
    check_against_differences(fun, (x,), {0: found}, names=("x",), title=fun.__name__, source="")
