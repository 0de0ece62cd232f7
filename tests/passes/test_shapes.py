"""Shapes are asked of what is there already, where that surely has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcompile import grad
from diffcompile.testing import check_grads

U = np.array([0.3, -0.5, 0.8, 1.1, -0.2])
W = np.linspace(-0.6, 0.9, 25).reshape(5, 5)


def powers(u: Any, w: Any) -> Any:
    for _ in range(4):
        u = w @ u
    return np.sum(u)


def filtered(u: Any, w: Any) -> Any:
    out = np.zeros(len(u) - 2)
    for k in range(3):
        out += w[k, k] * u[k : k + len(u) - 2]
    return np.sum(out)


def until_small(u: Any, w: Any) -> Any:
    k = 0
    while k < 3:
        u = w @ u * 0.5
        k += 1
    return np.sum(u)


def stepped_twice(u: Any, w: Any) -> Any:
    for _ in range(2):
        for _ in range(2):
            u = w @ u
        u = 2.0 * u
    return np.sum(u)


LINEAR = [powers, filtered, until_small, stepped_twice]


def grows(u: Any, w: Any) -> Any:
    v = np.sum(u[:2], keepdims=True)
    for _ in range(3):
        v = v + w[0]
    return np.sum(v)


def stays_one(u: Any, w: Any) -> Any:
    v = u[:1]
    for k in range(3):
        v = v * w[k, 0] + u[k : k + 1]
    return np.sum(v * u)


def in_place(u: Any, w: Any) -> Any:
    v = u * 1.0
    for k in range(3):
        t = 2.0 * v
        v[k] = v[k + 1] * w[0, k]
        v += t[::-1]
    return np.sum(v)


def shrinks(u: Any, w: Any) -> Any:
    for k in range(3):
        u = u[1:] * w[0, k]
    return np.sum(u)


def broadcast(u: Any, w: Any) -> Any:
    total = u[:1] * 0.0
    for k in range(3):
        total = total + np.sin(w[k, k]) * u
    return np.sum(total)


def either(u: Any, w: Any) -> Any:
    v = u[:1] if u[0] > 5.0 else u
    for _ in range(2):
        v = 3.0 * v
    return np.sum(v) + np.sum(v * u)


OTHERS = [grows, stays_one, in_place, shrinks, broadcast, either]


@pytest.mark.parametrize("fun", [*LINEAR, *OTHERS], ids=lambda fun: fun.__name__)
def test_gradients(fun: Callable[..., Any]) -> None:
    check_grads(fun, (U, W), argnums=(0, 1))
    found = grad(fun)(U.astype(np.float32), W.astype(np.float32))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, grad(fun)(U, W), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("fun", LINEAR, ids=lambda fun: fun.__name__)
def test_the_forward_sweep_of_linear_programs_does_not_run(fun: Callable[..., Any]) -> None:
    gradient = grad(fun)
    gradient(U, W)
    forward, _ = gradient.source.split("# reverse sweep")
    assert "for " not in forward.partition('"""')[2].partition('"""')[2]
    assert "while " not in forward or fun is until_small
    assert "saved" not in forward


def test_mixed_precision() -> None:
    u, w = U.astype(np.float32), W
    found = grad(powers)(u, w)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, grad(powers)(U, W), rtol=1e-4, atol=1e-5)
    found = grad(filtered)(u, w)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, grad(filtered)(U, W), rtol=1e-4, atol=1e-5)


def test_no_trips_and_empty_arrays() -> None:
    def fun(u: Any, n: int, w: Any) -> Any:
        for _ in range(n):
            u = w @ u
        return np.sum(u)

    gradient = grad(fun)
    assert np.array_equal(gradient(U, 0, W), np.ones(5))
    np.testing.assert_allclose(gradient(U, 1, W), W.sum(0))
    assert gradient(np.zeros(0), 2, np.zeros((0, 0))).shape == (0,)
    assert np.array_equal(grad(filtered)(U[:2], W), np.zeros(2))


def test_errors_of_the_program_that_do_not_depend_on_the_loop() -> None:
    def fun(u: Any, w: Any) -> Any:
        for _ in range(3):
            u = w @ u
            if abs(u[0]) > 1e3:
                raise ValueError("too large")
        return np.sum(u)

    gradient = grad(fun)
    gradient(U, W)
    with pytest.raises(ValueError, match="too large"):
        gradient(U, W * 1e4)
