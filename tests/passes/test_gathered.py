"""Outer products that a loop adds up: one product of matrices, wherever what it is made of is still there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcompile import checkpoint, grad, hessian, hvp, jacobian, vjp
from diffcompile.runtime import sum_of_outers
from diffcompile.testing import check_grads

W = np.array([[0.3, -0.2, 0.5], [0.1, 0.4, -0.6], [-0.7, 0.2, 0.3]])
X = np.array([[1.0, -0.5, 0.3], [0.2, 0.7, -1.1], [0.4, -0.9, 0.6], [1.3, 0.1, -0.2]])


def settle(w: Any, x: Any) -> Any:
    y = x[0]
    for _ in range(4):
        y = np.tanh(w @ y)
    return np.sum(y * y)


def of_rows(w: Any, x: Any) -> Any:
    s = 0.0
    for k in range(len(x)):
        s += np.sum(np.sin(w @ x[k]))
    return s


def overlapping(w: Any, x: Any) -> Any:
    flat, s = x.ravel(), 0.0
    for k in range(len(flat) - 3):
        s += np.sum(np.sin(w @ flat[k : k + 3]))
    return s


def subtracted(w: Any, x: Any) -> Any:
    y = x[0]
    for k in range(len(x)):
        y = np.tanh(x[k] - w @ y)
    return np.sum(y)


def both_ways(w: Any, x: Any) -> Any:
    y = x[0]
    for k in range(len(x)):
        y = np.tanh(w @ y) + np.sin(x[k] @ w)
    return np.sum(y)


def stopping(w: Any, x: Any) -> Any:
    y = x[0]
    for k in range(len(x)):
        y = np.tanh(w @ y + x[k])
        if y[0] > 0.2:
            break
    return np.sum(y)


def chosen(w: Any, x: Any) -> Any:
    y = x[0]
    for k in range(len(x)):
        y = np.tanh(w @ y) if k % 2 else np.sin(x[k] - w @ y)
    return np.sum(y)


def nested(w: Any, x: Any) -> Any:
    s = 0.0
    for k in range(len(x)):
        y = x[k]
        for _ in range(k):
            y = np.tanh(w @ y)
        s += np.sum(y)
    return s


def gates(w: Any, x: Any) -> Any:
    h = x[0, :1]
    for k in range(len(x)):
        z = w @ x[k]
        h = h * np.tanh(z[:1]) + np.sin(z[1:2]) * z[2:]
    return np.sum(h)


def checkpointed(w: Any, x: Any) -> Any:
    y = x[0]
    for k in checkpoint(range(len(x)), snapshots=2):
        y = np.tanh(w @ y + x[k])
    return np.sum(y)


def in_place(w: Any, x: Any) -> Any:
    y = x[0].copy()
    for k in range(len(x)):
        y += np.tanh(w @ y)
        y[0] *= x[k, 1]
    return np.sum(y * y)


def written_rows(w: Any, x: Any) -> Any:
    s = 0.0
    for k in range(1, len(x)):
        s += np.sum(np.sin(w @ x[k]))
        x[k - 1] = x[k] * 0.5
        x[k] *= 2.0
    return s + np.sum(x)


def ring(w: Any, x: Any) -> Any:
    a, b = x[0].copy(), x[1].copy()
    for _ in range(5):
        b[:] = np.tanh(w @ a)
        a, b = b, a
    return np.sum(a)


def changed_matrix(w: Any, x: Any) -> Any:
    y = x[0]
    for k in range(len(x)):
        y = np.tanh(w @ y)
        w = w * 0.9
        w[0, k % 3] = y[1]
    return np.sum(y) + np.sum(w)


def read_in_the_loop(w: Any, x: Any) -> Any:
    y = x[0]
    for k in range(len(x)):
        y = np.tanh(w @ y) * w[k % 3]
    return np.sum(y)


def constant_vector(w: Any, x: Any) -> Any:
    y, c = x[0], x[1] * 2.0
    for _ in range(5):
        y = np.tanh(w @ c) * y
    return np.sum(y)


GATHERED = [settle, of_rows, subtracted, stopping, nested, gates, both_ways]
KEPT = [in_place, changed_matrix]
OTHERS = [overlapping, chosen, checkpointed, written_rows, ring, read_in_the_loop, constant_vector]


@pytest.mark.parametrize("fun", [*GATHERED, *KEPT, *OTHERS], ids=lambda fun: fun.__name__)
def test_gradients(fun: Callable[..., Any]) -> None:
    x = X.copy()
    check_grads(fun, (W, x), argnums=(0, 1))
    assert np.array_equal(x, X)


@pytest.mark.parametrize("fun", GATHERED, ids=lambda fun: fun.__name__)
def test_products_are_gathered(fun: Callable[..., Any]) -> None:
    gradient = grad(fun)
    gradient(W, X)
    assert "sum_of_outers" in gradient.source
    assert "np.outer" not in gradient.source


@pytest.mark.parametrize("fun", [*GATHERED, *KEPT, *OTHERS], ids=lambda fun: fun.__name__)
def test_hessian_products(fun: Callable[..., Any]) -> None:
    if fun is checkpointed:
        pytest.skip("gradients of checkpointed loops have no derivative")
    v = np.cos(np.arange(9.0)).reshape(3, 3)
    step = 1e-5
    expected = (grad(fun)(W + step * v, X) - grad(fun)(W - step * v, X)) / (2 * step)
    np.testing.assert_allclose(hvp(fun)(W, X, v), expected, atol=1e-8)


@pytest.mark.parametrize("fun", [settle, of_rows, subtracted], ids=lambda fun: fun.__name__)
def test_products_are_gathered_in_tangents_of_gradients(fun: Callable[..., Any]) -> None:
    product = hvp(fun)
    product(W, X, W)
    assert "sum_of_outers" in product.source
    assert "np.outer" not in product.source


@pytest.mark.parametrize("fun", KEPT, ids=lambda fun: fun.__name__)
def test_products_of_what_changes_are_not(fun: Callable[..., Any]) -> None:
    gradient = grad(fun)
    gradient(W, X)
    assert "sum_of_outers" not in gradient.source


@pytest.mark.parametrize("fun", [*GATHERED, *KEPT, *OTHERS], ids=lambda fun: fun.__name__)
def test_single_precision(fun: Callable[..., Any]) -> None:
    w, x = W.astype(np.float32), X.astype(np.float32)
    found, expected = grad(fun, argnums=(0, 1))(w, x), grad(fun, argnums=(0, 1))(W, X)
    for single, double in zip(found, expected, strict=True):
        assert single.dtype == np.float32
        np.testing.assert_allclose(single, double, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_no_trips(dtype: Any) -> None:
    found = grad(of_rows)(W.astype(dtype), np.zeros((0, 3), dtype))
    assert found.dtype == dtype
    assert np.array_equal(found, np.zeros((3, 3)))


def test_empty_vectors() -> None:
    assert grad(of_rows)(np.zeros((0, 3)), X).shape == (0, 3)
    assert np.array_equal(grad(of_rows)(np.zeros((2, 0)), np.zeros((4, 0))), np.zeros((2, 0)))


def test_trips_differ_from_call_to_call() -> None:
    def fun(w, x, n):
        y = x
        for _ in range(n):
            y = np.tanh(w @ y)
        return np.sum(y)

    gradient = grad(fun)
    for n in (0, 1, 2, 7, 0):
        found = gradient(W, X[0], n)
        step = 1e-6
        for place in np.ndindex(3, 3):
            more, less = W.copy(), W.copy()
            more[place] += step
            less[place] -= step
            slope = (fun(more, X[0], n) - fun(less, X[0], n)) / (2 * step)
            assert found[place] == pytest.approx(slope, abs=1e-8)


def test_an_error_half_way_leaves_nothing_behind() -> None:
    def fun(w, x):
        y = x[0]
        for k in range(len(x)):
            if x[k, 0] > 10.0:
                raise ValueError("too large")
            y = np.tanh(w @ y + x[k])
        return np.sum(y)

    gradient = grad(fun)
    before = gradient(W, X)
    bad = X.copy()
    bad[2, 0] = 11.0
    with pytest.raises(ValueError, match="too large"):
        gradient(W, bad)
    assert np.array_equal(gradient(W, X), before)


def test_a_pullback_may_be_called_again() -> None:
    def fun(w, x):
        y = x[0]
        for k in range(len(x)):
            y = np.tanh(w @ y + x[k])
        return y

    _, pullback = vjp(fun, W, X)
    rows = [pullback(row)[0] for row in np.eye(3)]
    again = [pullback(row)[0] for row in np.eye(3)]
    assert all(map(np.array_equal, rows, again))
    found = jacobian(fun)(W, X)
    np.testing.assert_allclose(found, np.array(rows), rtol=1e-12)


def test_second_derivatives() -> None:
    found = hessian(settle)(W, X)
    np.testing.assert_allclose(found, found.transpose(2, 3, 0, 1), atol=1e-12)
    step = 1e-6
    more, less = W.copy(), W.copy()
    more[0, 1] += step
    less[0, 1] -= step
    slope = (grad(settle)(more, X) - grad(settle)(less, X)) / (2 * step)
    np.testing.assert_allclose(found[0, 1], slope, atol=1e-7)


def test_the_helper() -> None:
    assert sum_of_outers([], []) == 0.0
    a, b = list(X), [row[:2] for row in X]
    np.testing.assert_allclose(sum_of_outers(a, b), sum(map(np.outer, a, b)))
    uneven = sum_of_outers([X[0], X[1, :1]], [X[2], X[3]])
    np.testing.assert_allclose(uneven, np.outer(X[0], X[2]) + np.outer(X[1, :1], X[3]))


def test_products_for_one_matrix_go_to_one_sum() -> None:
    second = hvp(settle)
    check_grads(settle, (W, X), order=2)
    second(W, X, W.T)
    assert second.source.count("sum_of_outers(") == 1, second.source


def crossed(w: Any, u: Any, x: Any) -> Any:
    y = x[0]
    for k in range(len(x)):
        y = np.tanh(w @ y + u @ y + x[k])
    return np.sum(y)


def test_a_vector_of_two_sums_stays_apart() -> None:
    check_grads(crossed, (W, W.T, X), order=2)
