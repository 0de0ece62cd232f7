"""Contributions that are added where they are made, and those that must wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcompile import grad
from differences import differences

X = np.random.default_rng(5).uniform(0.2, 1.0, 9)


def heat(u):
    u = u.copy()
    for _ in range(3):
        u[1:-1] += 0.1 * (u[:-2] - 2.0 * u[1:-1] + u[2:])
    return np.sum(u * u)


def unlike_parts(u):
    u = u.copy()
    for _ in range(3):
        u[1:-1] += 0.3 * u[1:-1] - 0.1 * u[:-2] + 0.2 * u[2:] - 0.5 * u[1:-1]
        u[::2] -= 0.2 * u[::2] * u[1:2]
    return np.sum(u * u)


def read_between(u):
    u = u.copy()
    v = np.zeros(len(u))
    for k in range(1, 4):
        v[k:] += u[: len(u) - k] * u[k:]
        u[:-k] -= 0.1 * u[k:] + 0.2 * v[k:]
        v[1:] = 0.5 * v[:-1] + u[1:] * 0.3
    return np.sum(v * u)


@pytest.mark.parametrize("fun", [heat, unlike_parts, read_between], ids=lambda fun: fun.__name__)
def test_gradients(fun: Callable[..., Any]) -> None:
    np.testing.assert_allclose(grad(fun)(X), differences(fun, X), rtol=1e-7, atol=1e-9)


def test_nothing_waits_in_memory() -> None:
    gradient = grad(heat)
    gradient(X)
    assert "u_bar[1:-1] -= 0.2 * u_bar[1:-1]\n" in gradient.source


def test_the_primal_adds_in_its_own_order() -> None:
    def ordered(u):
        v = np.zeros(3)
        a = 1.0 * u[:3]
        b = 1e-16 * u[3:6]
        v[:] += a
        v[:] += b
        v[:] += b
        return np.sum(v * v) * np.sum(u)

    u = np.array([1.0, 1.0, 1.0, 0.9, 0.8, 0.7])
    found = grad(ordered)(u)
    v = np.ones(3)  # what is added is lost to rounding, both times
    np.testing.assert_array_equal(found[:3], np.sum(v * v) + 2.0 * v * np.sum(u))
