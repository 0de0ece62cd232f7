"""Checkpointed loops that write to arrays: what is in these is part of the snapshots."""

import tracemalloc

import numpy as np
import pytest

from diffcompile import checkpoint, grad, jvp, value_and_grad, vjp
from diffcompile.errors import UnsupportedError


def stencil(u, k, n, trips):
    total = 0.0
    v = np.zeros_like(u)
    for t in trips(range(n)):
        u[1:-1] += k * np.sin(u[:-2] - 2.0 * u[1:-1] + u[2:])
        v[t % 3] += u[1] * u[2]
        total = total + u[1] * u[1]
    return total + np.sum(u * v)


def checkpointed_stencil(u, k, n, snapshots):
    total = 0.0
    v = np.zeros_like(u)
    for t in checkpoint(range(n), snapshots=snapshots):
        u[1:-1] += k * np.sin(u[:-2] - 2.0 * u[1:-1] + u[2:])
        v[t % 3] += u[1] * u[2]
        total = total + u[1] * u[1]
    return total + np.sum(u * v)


def plain_stencil(u, k, n):
    return stencil(u, k, n, lambda items: items)


@pytest.mark.parametrize("snapshots", [None, 1, 2, 4, 40])
@pytest.mark.parametrize("n", [0, 1, 2, 7, 20])
def test_gradient_is_that_of_the_plain_loop(n, snapshots):
    u = np.random.default_rng(n).uniform(size=6)
    before = u.copy()
    value, (u_bar, k_bar) = value_and_grad(checkpointed_stencil, argnums=(0, 1))(u, 0.3, n, snapshots)
    expected, (u_expected, k_expected) = value_and_grad(plain_stencil, argnums=(0, 1))(u, 0.3, n)
    assert value == pytest.approx(expected, rel=1e-13)
    np.testing.assert_allclose(u_bar, u_expected, rtol=1e-11, atol=1e-13)
    assert k_bar == pytest.approx(k_expected, rel=1e-11, abs=1e-13)
    assert np.array_equal(u, before)


def test_without_differentiation_and_forwards():
    u = np.linspace(0.1, 0.9, 6)
    mine, theirs = u.copy(), u.copy()
    assert checkpointed_stencil(mine, 0.3, 5, 2) == plain_stencil(theirs, 0.3, 5)
    assert np.array_equal(mine, theirs)
    ones = np.ones(6)
    _, found = jvp(lambda u: checkpointed_stencil(u, 0.3, 5, 2), (u,), (ones,))
    assert found == pytest.approx(grad(plain_stencil)(u, 0.3, 5) @ ones, rel=1e-12)


def test_the_array_is_used_and_overwritten_before_and_after():
    def run(x, n, trips):
        u = np.sin(x)
        u[0] *= x[1]
        head = np.sum(u * u)
        for t in trips(range(n)):
            u[1:] = u[1:] * u[:-1] + 0.1 * t
        middle = np.sum(np.exp(u))
        u *= u
        u[2] = 0.0
        return head * middle + np.sum(u * x)

    def with_checkpoints(x, n):
        u = np.sin(x)
        u[0] *= x[1]
        head = np.sum(u * u)
        for t in checkpoint(range(n)):
            u[1:] = u[1:] * u[:-1] + 0.1 * t
        middle = np.sum(np.exp(u))
        u *= u
        u[2] = 0.0
        return head * middle + np.sum(u * x)

    x = np.linspace(0.2, 1.0, 5)
    for n in (0, 1, 5, 9):
        expected = grad(lambda x, n: run(x, n, lambda items: items))(x, n)
        np.testing.assert_allclose(grad(with_checkpoints)(x, n), expected, rtol=1e-12)


def test_a_view_of_an_array_and_a_count():
    def run(x, n):
        u = x.copy()
        inner = u[1:-1]
        seen = np.zeros(3, int)
        for t in checkpoint(range(n), snapshots=2):
            inner[:] *= 0.9 + 0.01 * seen[0]
            seen[t % 3] += 1
        return np.sum(inner * inner) * seen[1]

    def plain(x, n):
        u = x.copy()
        seen = np.zeros(3, int)
        for t in range(n):
            u[1:-1] *= 0.9 + 0.01 * seen[0]
            seen[t % 3] += 1
        return np.sum(u[1:-1] ** 2) * seen[1]

    x = np.linspace(0.2, 1.0, 5)
    assert run(x, 7) == pytest.approx(plain(x, 7))
    np.testing.assert_allclose(grad(run)(x, 7), grad(plain)(x, 7), rtol=1e-12)


def test_arrays_that_share_memory_are_refused():
    def run(x, n):
        u = x.copy()
        tail = u[1:]
        for _ in checkpoint(range(n)):
            u[:-1] *= tail
        return np.sum(u)

    with pytest.raises(UnsupportedError, match="shares memory"):
        grad(run)(np.linspace(0.2, 1.0, 5), 4)


def test_a_variable_that_is_the_array_is_refused():
    def run(x, n):
        u = x.copy()
        old = u
        for _ in checkpoint(range(n)):
            u[:] = u * old
            old = old * 1.0
        return np.sum(u * old)

    with pytest.raises(UnsupportedError, match="shares memory"):
        grad(run)(np.linspace(0.2, 1.0, 5), 4)


def test_a_pullback_may_be_called_again():
    def run(u):
        for _ in checkpoint(range(9), snapshots=2):
            u[1:] *= u[:-1]
        return u * 1.0

    _, pull = vjp(run, np.linspace(0.5, 1.5, 4))
    first = pull(np.array([1.0, 2.0, 3.0, 4.0]))[0]
    np.testing.assert_array_equal(first, pull(np.array([1.0, 2.0, 3.0, 4.0]))[0])


def test_memory_grows_with_the_root_of_the_number_of_trips():
    def run(u, n):
        for _ in checkpoint(range(n)):
            u[1:-1] += 0.1 * np.sin(u[:-2] + u[2:])
        return np.sum(u * u)

    u = np.linspace(0.0, 1.0, 2000)
    gradient = grad(run)
    gradient(u, 4)
    peaks = []
    for n in (25, 400):
        tracemalloc.start()
        gradient(u, n)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 5.0 * peaks[0]  # a plain loop takes 16 times as much
    assert peaks[1] < 4.0 * 20 * u.nbytes
