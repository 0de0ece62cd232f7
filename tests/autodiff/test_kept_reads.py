"""Copies of what the reverse sweep reads, in the place of what taking writes back would keep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcompile import grad
from diffcompile.autodiff import swept
from differences import differences

U = np.random.default_rng(3).uniform(0.2, 1.0, (5, 5))


def implicit(u):
    u = u.copy()
    n = len(u)
    q = np.zeros((n, n))
    for _ in range(3):
        for i in range(n - 2, 0, -1):
            u[i] = 0.3 * u[i + 1] + 0.5 * u[i]
        for j in range(1, n - 1):
            q[:, j] = 0.7 * (u[:, j] * u[:, j] + q[:, j - 1])
        for j in range(n - 2, 0, -1):
            u[:, j] = 0.4 * u[:, j + 1] + q[:, j]
    return np.sum(u * u)


def smoothed(u):
    u = u.copy()
    energy = 0.0
    for _ in range(4):
        u[1:-1] += 0.1 * (u[2:] - u[:-2])
        u[:, 1:-1] += 0.2 * (u[:, 2:] - u[:, :-2])
        u[0] = 0.5 * u[1]
        u[:, -1] = u[:, 0]
        u *= 0.9
        energy = energy + np.sum(np.sin(u))
    return energy * np.sum(u * u)


def before_and_after(u):
    u = u.copy()
    total = 0.0
    for k in range(1, len(u)):
        row = u[k]
        total = total + np.sum(row * row * row)
        u[k] = 0.5 * u[k] + u[k - 1]
        u[:, k] = 0.5 * u[:, k] - u[:, k - 1]
        total = total + np.sum(np.exp(row))
        u[k - 1] = 2.0 * row
    return total


def two_names(u):
    u = u.copy()
    v = u[1:]
    total = 0.0
    for k in range(3):
        v[k] = 0.3 * u[k] + v[k]
        v[k + 1] = v[k] - 0.1 * u[k + 1]
        u[k] = 0.2 * v[k]
        total = total + np.sum(v[k] * u[k + 1] ** 2)
    return total


def chosen(u):
    u = u.copy()
    total = 0.0
    for k in range(1, len(u) - 1):
        u[k] = 0.5 * (u[k] + u[k - 1])
        u[k + 1] = u[k + 1] - 0.3 * u[k]
        if np.sum(u[k]) > 1.2:
            total = total + np.sum(u[k] * u[k + 1])
        else:
            u[k - 1] = 0.1 * u[k]
            total = total - np.sum(np.cos(u[k - 1]))
    return total


def no_trips(u):
    u = u.copy()
    for k in range(0):
        u[k] = u[k] * 0.5 + u[k + 1]
        u[k + 1] = u[k] * 0.5
        u[:, k] = u[:, k] * u[:, k]
    return np.sum(u * u * u)


def until(u):
    u = u.copy()
    k = 0
    while np.sum(u) > 2.0 and k < 6:
        u[1:] -= 0.1 * u[:-1]
        u[:, 1:] -= 0.1 * u[:, :-1]
        u[0] *= 0.8
        u[1] = u[1] + 0.01 * np.sin(u[0])
        k += 1
    return np.sum(u * u)


def by_products(u):
    u = u.copy()
    w = np.zeros(len(u))
    for k in range(3):
        u[k] = u[k] + 0.3 * u[k + 1]
        u[:, k] = u[:, k] - 0.2 * u[:, k + 1]
        u[k + 1] *= 0.7
        w = w + u @ u[k]
    return np.dot(w, w)


PROGRAMS = [implicit, smoothed, before_and_after, two_names, chosen, no_trips, until, by_products]


@pytest.mark.parametrize("fun", PROGRAMS, ids=lambda fun: fun.__name__)
def test_gradients(fun: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    found = grad(fun)(U)
    np.testing.assert_allclose(found, differences(fun, U), rtol=1e-6, atol=1e-8)
    monkeypatch.setattr(swept, "reads_to_keep", lambda rev, undone: {})
    np.testing.assert_allclose(found, grad(lambda u: fun(u))(U), rtol=1e-12, atol=1e-12)  # noqa: PLW0108 - anew


@pytest.mark.parametrize("fun", [implicit, smoothed], ids=lambda fun: fun.__name__)
def test_nothing_is_written_back(fun: Callable[..., Any]) -> None:
    gradient = grad(fun)
    gradient(U)
    assert gradient.source.count("saved_u.append(") == 1
    assert "saved_u_1" not in gradient.source
    assert "] = saved_u.pop()" not in gradient.source


def one_write(u):
    u = u.copy()
    for k in range(1, len(u)):
        u[k] = u[k] * u[k - 1]
    return np.sum(u)


def test_one_write_for_one_read_is_taken_back() -> None:
    gradient = grad(one_write)
    gradient(U)
    assert "u[k] = saved_u.pop()" in gradient.source
