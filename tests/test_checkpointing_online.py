"""Checkpointed ``while`` loops: their snapshots are placed before anybody knows how many trips there will be."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from diffcompile import checkpoint, checkpointing, grad, jvp, value_and_grad
from diffcompile.calling import reversals
from diffcompile.errors import UnsupportedError


def relaxed(y, w, tolerance, snapshots):
    error = 1.0
    count = 0
    while checkpoint(error > tolerance, snapshots=snapshots):
        new = np.tanh(w @ y) + 0.1 * y
        error = np.max(np.abs(new - y))
        y = new
        count += 1
    return np.sum(y * y) * count


def plainly_relaxed(y, w, tolerance):
    error = 1.0
    count = 0
    while error > tolerance:
        new = np.tanh(w @ y) + 0.1 * y
        error = np.max(np.abs(new - y))
        y = new
        count += 1
    return np.sum(y * y) * count


Y = np.random.default_rng(1).uniform(0.5, 1.0, 4)
W = np.random.default_rng(2).uniform(0.1, 0.5, (4, 4))


@pytest.mark.parametrize("snapshots", [None, 1, 2, 3, 5, 40])
@pytest.mark.parametrize("tolerance", [2.0, 0.3, 1e-2, 1e-5, 1e-12])
def test_gradient_of_a_loop_is_the_same(tolerance, snapshots):
    found = value_and_grad(relaxed, argnums=(0, 1))(Y, W, tolerance, snapshots)
    expected = value_and_grad(plainly_relaxed, argnums=(0, 1))(Y, W, tolerance)
    assert found[0] == expected[0] == relaxed(Y, W, tolerance, snapshots)
    for mine, theirs in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-10, atol=1e-13)


def steps(y, w, n, snapshots):
    t = 0
    while checkpoint(t < n, snapshots=snapshots):
        y = np.tanh(w * y) + 0.1 * t
        t += 1
    return np.sum(y)


class Counting:
    """What a reversal ran and kept."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reversals, "SMALL", 0)
        self.run: list[int] = []
        self.most = 0
        advanced, check = reversals._Reversal.advanced, reversals._Reversal.check

        def counted(reversal, state, first, last):
            self.run.append(last - first)
            return advanced(reversal, state, first, last)

        def kept(reversal, state, last):
            self.most = max(self.most, len(reversal.kept))
            check(reversal, state, last)

        monkeypatch.setattr(reversals._Reversal, "advanced", counted)
        monkeypatch.setattr(reversals._Reversal, "check", kept)


@pytest.mark.parametrize("snapshots", [1, 2, 3, 4, 7, 12])
@pytest.mark.parametrize("n", [0, 1, 2, 5, 16, 41, 130, 500])
def test_snapshots_are_few_and_repetitions_not_many(n, snapshots, monkeypatch):
    counting = Counting(monkeypatch)
    found = grad(steps)(np.ones(2), 0.9, n, snapshots)
    np.testing.assert_allclose(found, grad(lambda y, w: steps_of(y, w, n))(np.ones(2), 0.9), rtol=1e-10)
    assert counting.most <= snapshots + 1  # the one that makes them too many
    if n > 1 and snapshots > 2:
        assert sum(counting.run) <= 2.5 * (checkpointing.fewest_trips(n, snapshots) + n)


def steps_of(y, w, n):
    for t in range(n):
        y = np.tanh(w * y) + 0.1 * t
    return np.sum(y)


def test_by_default_each_trip_runs_twice(monkeypatch):
    counting = Counting(monkeypatch)
    grad(steps)(np.ones(2), 0.9, 1000, None)
    assert sum(counting.run) <= 2 * 1000 + 64
    assert counting.most <= 65


def long(y, rate, end):
    t = 0.0
    h = 1e-3
    while checkpoint(t < end):
        y = y + h * rate * y * (1.0 - y)
        t = t + h
    return np.sum(y)


def test_memory_grows_with_the_square_root():
    peaks = []
    gradient = grad(long)
    gradient(np.full(100, 0.1), 0.5, 0.01)
    for end in (1.0, 16.0):
        tracemalloc.start()
        gradient(np.full(100, 0.1), 0.5, end)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 6.0 * peaks[0]  # of 16 times as many trips


def with_budget(y, n):
    t = 0
    while checkpoint(t < n, budget=2000):
        y = y + 0.05 * np.sin(y)
        t += 1
    return np.sum(y)


def test_budget(monkeypatch):
    counting = Counting(monkeypatch)
    y = np.linspace(0.1, 0.9, 20)
    step = 1e-6 * np.cos(y)
    found = grad(with_budget)(y, 60)
    expected = (with_budget(y + step, 60) - with_budget(y - step, 60)) / 2e-6
    np.testing.assert_allclose(np.dot(found, np.cos(y)), expected, rtol=1e-6)
    assert counting.most <= 2000 // 160 + 1


def in_place(u, n, snapshots):
    t = 0
    while checkpoint(t < n, snapshots=snapshots):
        u[1:-1] += 0.1 * (u[2:] * u[1:-1] - u[:-2])
        u[0] = 0.5 * u[1]
        t += 1
    return np.sum(u * u)


@pytest.mark.parametrize("snapshots", [None, 1, 3])
def test_arrays_that_the_loop_writes_to(snapshots):
    u = np.linspace(0.2, 1.0, 7)
    before = u.copy()
    found = grad(in_place)(u, 23, snapshots)
    np.testing.assert_array_equal(u, before)
    steps = 1e-6 * np.eye(7)
    expected = [(in_place(u + s, 23, 1) - in_place(u - s, 23, 1)) / 2e-6 for s in steps]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


def skipping(x, n):
    t = 0
    total = 0.0
    while checkpoint((t := t + 1) < n):
        if t % 3 == 0:
            continue
        for k in range(t % 4):
            if k == 2:
                break
            total = total + np.sin(x * k)
        x = 0.9 * x + 0.01 * total
    return total * x


def test_statements_of_all_kinds_in_the_body():
    h = 1e-6
    found = grad(skipping)(0.7, 20)
    np.testing.assert_allclose(found, (skipping(0.7 + h, 20) - skipping(0.7 - h, 20)) / (2.0 * h), rtol=1e-7)


def test_forward_mode_stores_nothing():
    v = np.cos(Y)
    value, tangent = jvp(lambda y: relaxed(y, W, 1e-3, 3), (Y,), (v,))
    assert value == relaxed(Y, W, 1e-3, 3)
    np.testing.assert_allclose(tangent, np.dot(grad(relaxed)(Y, W, 1e-3, 3), v), rtol=1e-10)


def leaving(x):
    while checkpoint(x < 10.0):
        x = x * 1.5
        if x > 7.0:
            break
    return x


def test_a_loop_that_stops_inside_is_refused():
    with pytest.raises(UnsupportedError, match="cannot stop early"):
        grad(leaving)(1.0)


CALLS = [0]


def whimsical(x):
    while checkpoint(stays(x)):
        x = x * 1.5
    return x * x


def stays(x):
    CALLS[0] += 1
    return CALLS[0] < 12


def test_a_condition_that_changes_its_mind_is_told():
    CALLS[0] = 0
    with pytest.raises((RuntimeError, UnsupportedError)):
        grad(whimsical)(1.0)


def test_checkpoint_is_the_condition():
    assert checkpoint(True) is True
    assert checkpoint(np.bool(False)) == False  # noqa: E712 - NumPy's own
    with pytest.raises(TypeError, match="a truth value"):
        checkpoint(1.5)
