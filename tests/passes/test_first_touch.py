"""Updates of zeros that are stores."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile.passes.first_touch import store_first
from passes.rewriting import assert_becomes, assert_stays, in_reverse

X = np.array([1.0, -2.0, 4.0, 0.5, 8.0])
reverse = in_reverse(lambda function, types: store_first(function, types, {}))


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


def test_what_is_subtracted_is_stored_as_its_negative() -> None:
    def before(x: Any, w: float) -> Any:
        a = np.zeros_like(x)
        a[0] -= x[1] * w
        a[1:3] -= w * x[:2]
        a[3] -= 2.0
        a[4:] -= x[4:] * 3.0
        return a

    def after(x: Any, w: float) -> Any:
        a = np.zeros_like(x)
        a[0] = -(x[1] * w)
        a[1:3] = -w * x[:2]
        a[3] = -2.0
        a[4:] = x[4:] * -3.0
        return a

    assert_becomes(before, after, reverse, X, 0.7)


def test_kept() -> None:
    def product_of_arrays_is_subtracted(x: Any) -> Any:
        a = np.zeros_like(x)
        a[1:] -= x[1:] * x[:-1]
        return a

    def product_that_is_read_again(x: Any) -> Any:
        a = np.zeros_like(x)
        t = 2.0 * x[1:]
        a[1:] -= t
        return a * np.sum(t)

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

    for fun in (
        product_of_arrays_is_subtracted, product_that_is_read_again, touched_by_an_earlier_trip, same_item_each_trip,
        unknown_items, no_zeros, carried, counted,
    ):  # fmt: skip
        assert_stays(fun, reverse, X)
    assert_stays(read_before, reverse, X)
