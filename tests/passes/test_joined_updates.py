"""Updates of the same items, joined."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import grad
from diffcompile.passes.joined_updates import join_updates
from passes.rewriting import assert_becomes, assert_stays, in_reverse

X = np.array([1.0, -2.0, 4.0, 0.5, 8.0])
reverse = in_reverse(join_updates)


def test_two_of_one_part() -> None:
    def before(x: Any) -> Any:
        a = x.copy()
        s, t, u = 2.0 * x[1:], 4.0 * x[1:], 0.5 * x[1:]
        a[1:] += s
        a[:-1] += u
        a[1:] -= t
        return a

    def after(x: Any) -> Any:
        a = x.copy()
        s, t, u = 2.0 * x[1:], 4.0 * x[1:], 0.5 * x[1:]
        a[:-1] += u
        a[1:] += s - t
        return a

    assert_becomes(before, after, reverse, X)


def test_same_contribution() -> None:
    def before(x: Any) -> Any:
        a = x.copy()
        s = x[1:] * x[:-1]
        a[1:] += s
        a[1:] += s
        return a * s[0]

    def after(x: Any) -> Any:
        a = x.copy()
        s = x[1:] * x[:-1]
        a[1:] += 2.0 * s
        return a * s[0]

    assert_becomes(before, after, reverse, X)


def test_contributions_that_cancel() -> None:
    def before(x: Any) -> Any:
        a = x.copy()
        s = x[1:] * x[:-1]
        a[1:] += s
        a[1:] -= s
        return a * s[0]

    def after(x: Any) -> Any:
        a = x.copy()
        s = x[1:] * x[:-1]
        return a * s[0]

    assert_becomes(before, after, reverse, X)


def test_negative() -> None:
    def before(x: Any, i: Any) -> Any:
        a = x.copy()
        s, t = 2.0 * x[0], 4.0 * x[1]
        a[i] -= s
        a[i] -= t
        return a

    def after(x: Any, i: Any) -> Any:
        a = x.copy()
        s, t = 2.0 * x[0], 4.0 * x[1]
        a[i] -= s + t
        return a

    assert_becomes(before, after, reverse, X, 3)


def test_kept() -> None:
    def read_in_between(x: Any) -> Any:
        a = x.copy()
        a[1:] += 2.0 * x[1:]
        s = a[0] + a[2]
        a[1:] += 4.0 * x[1:]
        return a * s

    def reads_itself(x: Any) -> Any:
        a = x.copy()
        a[1:] += 2.0 * x[1:]
        a[1:] += a[:-1]
        return a

    def overwritten_in_between(x: Any) -> Any:
        a = x.copy()
        a[1:] += 2.0 * x[1:]
        a[2] = 0.0
        a[1:] += 4.0 * x[1:]
        return a

    def broadcast(x: Any) -> Any:
        a = x.copy()
        a[1:] += 2.0 * x[1:]
        a[1:] += x[0]
        return a

    def in_a_loop(x: Any) -> Any:
        a = x.copy()
        a[1:] += 2.0 * x[1:]
        for k in range(2):
            a[k] *= 2.0
        a[1:] += 4.0 * x[1:]
        return a

    for fun in (read_in_between, reads_itself, overwritten_in_between, broadcast, in_a_loop):
        assert_stays(fun, reverse, X)


def test_a_factor_is_taken_out_of_what_stays_alone() -> None:
    def program(u: Any) -> Any:
        u = u.copy()
        u[1:-1] = 0.2 * (u[2:] + u[2:])
        return np.sum(u * u)

    u = np.array([0.3, 0.7, 0.2, 0.9, 0.5])
    steps = 1e-6 * np.eye(5)
    expected = [(program(u + step) - program(u - step)) / 2e-6 for step in steps]
    np.testing.assert_allclose(grad(program)(u), expected, rtol=1e-8)
