"""Updates of zeros that are stores."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.passes.first_touch import store_first
from passes.rewriting import assert_becomes, assert_stays, in_reverse

X = np.array([1.0, -2.0, 4.0, 0.5, 8.0])
reverse = in_reverse(store_first)


def test_parts() -> None:
    def before(x: Any) -> Any:
        a = np.zeros_like(x)
        a[:2] += x[:2]
        a[2:] += x[2:]
        a[1:3] += x[1:3]
        return a

    def after(x: Any) -> Any:
        a = np.zeros_like(x)
        a[:2] = x[:2]
        a[2:] = x[2:]
        a[1:3] += x[1:3]
        return a

    assert_becomes(before, after, reverse, X)


def test_each_trip_another_item() -> None:
    def before(x: Any) -> Any:
        a = np.zeros_like(x)
        for k in range(len(x) - 1):
            a[k + 1] += x[k]
            a[k] += x[k + 1]
        return a

    def after(x: Any) -> Any:
        a = np.zeros_like(x)
        for k in range(len(x) - 1):
            a[k + 1] = x[k]
            a[k] += x[k + 1]
        return a

    assert_becomes(before, after, reverse, X)


def test_kept() -> None:
    def touched_by_an_earlier_trip(x: Any) -> Any:
        a = np.zeros_like(x)
        for k in range(1, len(x)):
            a[k - 1] *= 2.0
            a[k - 1] += x[k - 1]
            a[k] *= x[k]
        return a

    def same_item_each_trip(x: Any) -> Any:
        a = np.zeros_like(x)
        for k in range(3):
            a[0] += x[k]
        return a

    def unknown_items(x: Any) -> Any:
        a = np.zeros_like(x)
        for k in range(3):
            a[int(abs(x[k]))] += x[k]
        return a

    def no_zeros(x: Any) -> Any:
        a = x.copy()
        a[0] += x[1]
        return a

    def read_before(x: Any) -> Any:
        a = np.zeros_like(x)
        b = a[:3] + x[:3]
        a[0] += b[1]
        return a

    def carried(x: Any) -> Any:
        a, b = np.zeros_like(x), np.zeros_like(x)
        for k in range(3):
            a[k] += x[k]
            a, b = b, a
        return a - b

    def counted(x: Any) -> Any:
        a = np.zeros(3, dtype=np.int64)
        a[0] += 2
        return x * a[0]

    for fun in (touched_by_an_earlier_trip, same_item_each_trip, unknown_items, no_zeros, carried, counted):
        assert_stays(fun, reverse, X)
    assert_stays(read_before, reverse, X)
