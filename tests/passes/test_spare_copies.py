"""Copies of cotangents that reading in time can do without."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import grad
from diffcompile.passes.spare_copies import spare_copies
from passes.rewriting import assert_becomes, assert_stays, in_reverse

X = np.array([1.0, -2.0, 4.0, 0.5, 8.0])
reverse = in_reverse(spare_copies)


def test_cleared_later() -> None:
    def before(x: Any) -> Any:
        a, b = x.copy(), x.copy()
        v = a[1:3]
        t = v.copy()
        a[1:3] = 0.0
        b[:2] += t
        s = t * x[2:4]
        a[3:] += s
        return a * b

    def after(x: Any) -> Any:
        a, b = x.copy(), x.copy()
        v = a[1:3]
        b[:2] += v
        s = v * x[2:4]
        a[1:3] = 0.0
        a[3:] += s
        return a * b

    assert_becomes(before, after, reverse, X)


def test_cleared_and_given_back() -> None:
    def before(x: Any) -> Any:
        a = x.copy()
        v = a[1:3]
        t = v.copy()
        a[1:3] = 0.0
        v += t
        s = t * x[2:4]
        a[3:] += s
        return a

    def after(x: Any) -> Any:
        a = x.copy()
        v = a[1:3]
        s = v * x[2:4]
        a[3:] += s
        return a

    assert_becomes(before, after, reverse, X)


def test_computed_in_time() -> None:
    def before(x: Any) -> Any:
        a = x.copy()
        v = a[1:3]
        t = v.copy()
        s = 0.5 * t
        a[:2] += s
        a[3:] -= s
        a[1:3] += 2.0 * t
        return a

    def after(x: Any) -> Any:
        a = x.copy()
        v = a[1:3]
        s = 0.5 * v
        t = 2.0 * v
        a[:2] += s
        a[3:] -= s
        a[1:3] += t
        return a

    assert_becomes(before, after, reverse, X)


def test_cleared_after_another_copy() -> None:
    """The clearing does not move up: the second copy is of what was there before it."""

    def before(x: Any) -> Any:
        a = x.copy()
        v = a[...]
        t = v.copy()
        b = t * x
        s = a.copy()
        a[...] = 0.0
        r = 0.75 * s
        a += r
        return a * b

    def after(x: Any) -> Any:
        a = x.copy()
        v = a[...]
        b = v * x
        r = 0.75 * a
        a[...] = 0.0
        a += r
        return a * b

    assert_becomes(before, after, reverse, X)


def test_kept() -> None:
    def read_while_cleared(x: Any) -> Any:
        a = x.copy()
        v = a[1:3]
        t = v.copy()
        a[1:3] = 0.0
        s = np.sum(a)
        return t * s

    def cleared_elsewhere(x: Any) -> Any:
        a = x.copy()
        v = a[1:3]
        t = v.copy()
        a[2:4] = 0.0
        b = x.copy()
        b[:2] += t
        return a * b

    def written_itself(x: Any) -> Any:
        a = x.copy()
        v = a[1:3]
        t = v.copy()
        t[0] = 3.0
        return a[1:3] + t

    def used_in_a_loop(x: Any) -> Any:
        a = x.copy()
        v = a[1:3]
        t = v.copy()
        for k in range(2):
            a[1:3] += t * x[k]
        return a

    def held(x: Any) -> Any:
        a = x.copy()
        v = a[1:3]
        t = v.copy()
        kept = [t]
        a[1:3] = 0.0
        return a[1] + kept[0]

    def needs_what_comes_later(x: Any) -> Any:
        a, b = x.copy(), x.copy()
        v = a[1:3]
        t = v.copy()
        a[1] = b[0]
        b[2] = 2.0
        s = t * b[1:3]
        return a * b * s[0]

    for fun in (read_while_cleared, cleared_elsewhere, written_itself, used_in_a_loop, held, needs_what_comes_later):
        assert_stays(fun, reverse, X)


def refilled(x: Any) -> Any:
    s = np.zeros_like(x)
    v = s[...]
    for i in range(2):
        t = 0.75 * s
        s[...] = 0.0
        s += t
        v += x * (i + 1)
    return np.sum(s * s)


def test_a_view_that_is_cleared_through_the_whole() -> None:
    np.testing.assert_allclose(grad(refilled)(X), 2.0 * 2.75**2 * X)


def condition(x: Any) -> Any:
    s = np.zeros(3)
    s[..., -1] = np.sin(x[..., 0])
    s[..., 0] = x[1] * x[2]
    return s[..., 0] / s[..., -1]


def test_arrays_without_axes_are_views() -> None:
    x = np.array([0.4, 1.5, -2.0])
    expected = [3.0 * np.cos(0.4) / np.sin(0.4) ** 2, -2.0 / np.sin(0.4), 1.5 / np.sin(0.4)]
    np.testing.assert_allclose(grad(condition)(x), expected, rtol=1e-13)


def test_not_read_by_what_may_hand_it_on() -> None:
    def fun(x: Any) -> Any:
        a = x.copy()
        v = a[1:3]
        t = v.copy()
        s = np.ravel(t)
        a[1:3] = 0.0
        return a[1:3] + s

    assert_stays(fun, reverse, X)
