"""Views that are taken once: before loops, and for updates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcompile import grad, jvp, pipeline, value_and_grad
from differences import differences

A = np.random.default_rng(7).uniform(0.3, 1.2, (5, 4))


def gram_schmidt(a):
    a = a.copy()
    n = a.shape[1]
    q = np.zeros_like(a)
    r = np.zeros((n, n))
    for k in range(n):
        r[k, k] = np.sqrt(np.dot(a[:, k], a[:, k]))
        q[:, k] = a[:, k] / r[k, k]
        for j in range(k + 1, n):
            r[k, j] = np.dot(q[:, k], a[:, j])
            a[:, j] -= q[:, k] * r[k, j]
    return np.sum(r * r * r) + np.sum(q[0])


def written_between(a):
    a = a.copy()
    total = 0.0
    for k in range(1, 4):
        for j in range(3):
            total += np.dot(a[k], a[j]) * np.sum(a[k])
            a[k] = 0.5 * a[k] + 0.1 * a[j]
            a[k] *= a[j]
        total += np.sum(a[k] ** 2)
    return total


def rebound(a):
    b = a.copy()
    total = 0.0
    for k in range(3):
        for _ in range(2):
            total += np.sum(b[k] * b[k + 1])
            b = 0.5 * b + 0.1
            b[k] *= 1.5
    return total * np.sum(b)


def of_slices(a):
    a = a.copy()
    for k in range(1, 4):
        for j in range(4):
            a[k:, j] += 0.2 * a[:-k, j] * a[0, j]
            a[:k] -= 0.1 * a[:k] * a[k, j]
    return np.sum(a * a)


def chosen(a):
    a = a.copy()
    total = 0.0
    for k in range(4):
        for j in range(3):
            if a[k, j] > 0.7:
                a[k] += 0.3 * a[j]
                total += np.dot(a[k], a[j])
            elif j:
                total -= np.sum(a[k]) * a[j, 0]
    return total


def masked(a):
    a = a.copy()
    for k in range(3):
        big = a[k] > 0.6
        for j in range(2):
            a[k, big] += 0.1 * a[k, big] * a[k + 1, j]
            a[k, [0, 1]] *= 1.1
            a[k] -= 0.05 * a[k + 1]
    return np.sum(a**2)


PROGRAMS = [gram_schmidt, written_between, rebound, of_slices, chosen, masked]


@pytest.mark.parametrize("fun", PROGRAMS, ids=lambda fun: fun.__name__)
def test_the_same_to_the_last_bit(fun: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    value, found = value_and_grad(fun)(A)
    assert value == fun(A)
    np.testing.assert_allclose(found, differences(fun, A), rtol=1e-6, atol=1e-8)
    _, tangent = jvp(fun, (A,), (np.cos(A),))
    np.testing.assert_allclose(tangent, np.vdot(found, np.cos(A)), rtol=1e-10)
    monkeypatch.setattr(pipeline, "take_views_once", lambda function, types: function)
    np.testing.assert_array_equal(found, grad(lambda a: fun(a))(A), strict=True)  # noqa: PLW0108 - compiled anew


def test_inner_loops_take_no_view_of_the_outer_column() -> None:
    gradient = grad(gram_schmidt)
    gradient(A)
    assert "        q_k = q[:, k]\n        for j in range(k + 1, n):" in gradient.source
    assert "            a_j -= q_k * r[k, j]" in gradient.source
    assert "            q_bar_k += " in gradient.source


def out_of_range(a, n):
    total = np.sum(a * a)
    for k in range(a.shape[0] + 2):
        for j in range(min(n, a.shape[0] - k)):
            total += np.sum(a[k] * a[j]) * np.sum(a[k])
    return total


def test_a_loop_without_trips_takes_no_view() -> None:
    found = grad(out_of_range)(A, 2)
    np.testing.assert_allclose(found, differences(lambda a: out_of_range(a, 2), A), rtol=1e-6)


def checked(a, limit):
    total = 0.0
    for k in range(limit):
        try:
            part = 0.0
            for j in range(2):
                if k >= a.shape[0]:
                    raise ValueError(k)
                part += np.sum(a[k] * a[j])
            part += np.sum(a[k])
        except ValueError:
            part = 10.0 * np.sum(a[0])
        total += part
    return total


def test_errors_are_those_of_the_program() -> None:
    found = grad(checked)(A, 7)
    np.testing.assert_allclose(found, differences(lambda a: checked(a, 7), A), rtol=1e-6)
