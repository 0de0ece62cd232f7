"""Checkpointed loops and functions: the same gradients, little memory, as few repetitions as theory has."""

from __future__ import annotations

import functools
import math
import tracemalloc

import numpy as np
import pytest

import diffcompile
from diffcompile import check_grads, checkpoint, checkpointing, grad, hvp, value_and_grad, vjp
from diffcompile.calling import reversals
from diffcompile.errors import UnsupportedError


def oscillate(x, v, stiffness, n, limits):
    energy = 0.0
    count = 0
    for t in limits(range(n)):
        force = -stiffness * np.sin(x) * (1.0 + 0.01 * t)
        v = v + 0.01 * force
        x = x + 0.01 * v
        count += 1
        if count % 3 == 0:
            energy = energy + np.sum(v * v)
    return energy + np.sum(x * v) + count


def with_snapshots(x, v, stiffness, n, snapshots):
    energy = 0.0
    count = 0
    for t in checkpoint(range(n), snapshots=snapshots):
        force = -stiffness * np.sin(x) * (1.0 + 0.01 * t)
        v = v + 0.01 * force
        x = x + 0.01 * v
        count += 1
        if count % 3 == 0:
            energy = energy + np.sum(v * v)
    return energy + np.sum(x * v) + count


def plain(x, v, stiffness, n):
    return oscillate(x, v, stiffness, n, lambda items: items)


@pytest.mark.parametrize("snapshots", [None, 1, 2, 3, 5, 40])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 8, 33])
def test_gradient_of_a_loop_is_the_same(n, snapshots):
    rng = np.random.default_rng(n)
    args = rng.normal(size=4), rng.normal(size=4), rng.normal(size=4), n
    found = value_and_grad(with_snapshots, argnums=(0, 1, 2))(*args, snapshots)
    expected = value_and_grad(plain, argnums=(0, 1, 2))(*args)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-12)
    for mine, theirs in zip(found[1], expected[1], strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-10, atol=1e-13)


def test_checkpoint_changes_nothing_but_the_storage():
    items = [1, 2]
    assert checkpoint(items) is items
    args = np.ones(3), np.zeros(3), np.ones(3), 10
    assert with_snapshots(*args, 3) == plain(*args)
    assert checkpoint(np.sin)(0.5) == np.sin(0.5)


def recurrence(y, w, n, snapshots):
    for t in checkpoint(range(n), snapshots=snapshots):
        y = np.tanh(w * y) + 0.1 * t
    return np.sum(y)


@pytest.mark.parametrize("snapshots", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("n", [40, 57, 101])
def test_repetitions_are_those_of_theory(n, snapshots, monkeypatch):
    monkeypatch.setattr(reversals, "SMALL", 0)
    run = []
    advanced = reversals._Reversal.advanced

    def counted(self, state, first, last):
        run.append(last - first)
        return advanced(self, state, first, last)

    monkeypatch.setattr(reversals._Reversal, "advanced", counted)
    most = []
    keep = reversals._Reversal.keep

    def counted_keep(self, place, state):
        keep(self, place, state)
        most.append(len(self.kept))

    monkeypatch.setattr(reversals._Reversal, "keep", counted_keep)
    gradient = grad(recurrence)(np.ones(2), 0.9, n, snapshots)
    assert np.all(np.isfinite(gradient))
    assert max(most) == snapshots
    least = fewest(n, snapshots)
    assert checkpointing.fewest_trips(n, snapshots) == least
    last = sum(run[: snapshots - 1])
    assert sum(run) == least + n - last  # the value itself needs the trips behind the last snapshot


@functools.cache
def fewest(trips, snapshots):
    """The recursion that the closed form solves."""
    if trips <= 1:
        return 0
    if snapshots == 1:
        return trips * (trips - 1) // 2
    return min(m + fewest(m, snapshots) + fewest(trips - m, snapshots - 1) for m in range(1, trips))


def test_two_levels_run_each_trip_twice(monkeypatch):
    monkeypatch.setattr(reversals, "SMALL", 0)
    run = []
    advanced = reversals._Reversal.advanced

    def counted(self, state, first, last):
        run.append(last - first)
        return advanced(self, state, first, last)

    monkeypatch.setattr(reversals._Reversal, "advanced", counted)
    grad(recurrence)(np.ones(2), 0.9, 100, None)
    assert sum(run) == 100


def long_ode(y, rate, n):
    h = 1.0 / n
    for _ in checkpoint(range(n)):
        y = y + h * rate * y * (1.0 - y)
    return y


def test_memory_of_a_long_loop_is_bounded():
    gradient = grad(long_ode, argnums=(0, 1))
    n = 200_000
    peaks = []
    for _ in range(3):  # the first calls fill caches of the compiler
        tracemalloc.start()
        y_bar, rate_bar = gradient(0.1, 3.0, n)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert min(peaks) < 400 * math.sqrt(n)
    exact = 0.1 * math.exp(3.0) / (1.0 + 0.1 * (math.exp(3.0) - 1.0))
    assert rate_bar == pytest.approx(exact * (1.0 - exact), rel=1e-4)
    assert y_bar == pytest.approx(exact * (1.0 - exact) / (0.1 * 0.9), rel=1e-4)


def test_budget_in_bytes():
    def run(y, n):
        for _ in checkpoint(range(n), budget="1kB"):
            y = np.sin(y)
        return np.sum(y)

    def again(y, n):
        for _ in range(n):
            y = np.sin(y)
        return np.sum(y)

    y = np.linspace(0.0, 1.0, 50)
    np.testing.assert_allclose(grad(run)(y, 60), grad(again)(y, 60), rtol=1e-12)
    for wrong in ("many", "3 pounds", ""):
        with pytest.raises(ValueError, match="no number of bytes"):
            checkpoint(range(3), budget=wrong)
    with pytest.raises(ValueError, match="not both"):
        checkpoint(range(3), snapshots=1, budget=100)
    with pytest.raises(ValueError, match="at least one snapshot"):
        checkpoint(range(3), snapshots=0)


@checkpoint
def layer(x, w, scale=2.0):
    h = x
    for _ in range(3):
        h = np.tanh(h @ w) * scale
    return h


def test_checkpointed_function_keeps_its_arguments_alone():
    def stack(x, ws):
        for k in range(len(ws)):
            x = layer(x, ws[k])
        return np.sum(x * x)

    def written_out(x, ws):
        for k in range(len(ws)):
            for _ in range(3):
                x = np.tanh(x @ ws[k]) * 2.0
        return np.sum(x * x)

    rng = np.random.default_rng(2)
    x, ws = rng.normal(size=(5, 3)), rng.normal(size=(4, 3, 3))
    found, expected = grad(stack, argnums=(0, 1))(x, ws), grad(written_out, argnums=(0, 1))(x, ws)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-10)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-10)
    source = grad(stack)
    source(x, ws)
    assert "tanh" not in source.source


def test_inner_loops_with_exits_closures_and_names_of_before():
    def run(y, w, n):
        scale = 0.5
        t = 0
        for t in checkpoint(range(n), snapshots=2):
            for k in range(10):
                if k > t:
                    break
                y = y + 0.01 * scale * np.sin(w * y)
        return np.sum(y) * (t + 1)

    def again(y, w, n):
        t = 0
        for t in range(n):
            for k in range(10):
                if k > t:
                    break
                y = y + 0.01 * 0.5 * np.sin(w * y)
        return np.sum(y) * (t + 1)

    y, w = np.array([0.3, 0.7]), np.array([1.0, 2.0])
    for mine, theirs in zip(grad(run, argnums=(0, 1))(y, w, 7), grad(again, argnums=(0, 1))(y, w, 7), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12)


def test_state_that_is_written_after_the_loop():
    def run(y, n):
        y = y * 1.0
        y[0] = 2.0 * y[1]
        for _ in checkpoint(range(n), snapshots=2):
            y = y * np.cos(y)
        y[1] *= y[0]
        return np.sum(y * y)

    def again(y, n):
        y = y * 1.0
        y[0] = 2.0 * y[1]
        for _ in range(n):
            y = y * np.cos(y)
        y[1] *= y[0]
        return np.sum(y * y)

    y = np.array([0.4, 0.5, 0.6])
    np.testing.assert_allclose(grad(run)(y, 5), grad(again)(y, 5), rtol=1e-12)


def test_pullback_may_be_called_twice():
    def run(y):
        for _ in checkpoint(range(9), snapshots=2):
            y = np.sin(y) + 0.5 * y
        return y

    y = np.array([0.4, 0.5])
    _, pull = vjp(run, y)
    first, second = pull(np.array([1.0, 2.0]))[0], pull(np.array([1.0, 2.0]))[0]
    np.testing.assert_array_equal(first, second)


def test_what_is_not_supported_is_refused():
    def writes(u, n):
        for _ in checkpoint(range(n)):
            u[1:] += 0.1 * u[:-1]
            u = u * 1.1
        return np.sum(u)

    def fills(y, n):
        kept = [y]
        for _ in checkpoint(range(n)):
            kept.append(kept[-1] * y)
        return kept[-1]

    def stops(y, n):
        for t in checkpoint(range(n)):
            if t > 3:
                break
            y = y * y
        return y

    def active(xs):
        total = 0.0
        for x in checkpoint(xs):
            total = total + x * x
        return total

    def unassigned(y, n):
        for _ in checkpoint(range(n)):
            last = y * y
        return last

    with pytest.raises(UnsupportedError, match="to an array of a variable that it assigns"):
        grad(writes)(np.ones(4), 3)
    with pytest.raises(UnsupportedError, match="writes to its argument"):
        grad(fills)(0.5, 3)
    with pytest.raises(UnsupportedError, match="cannot stop early"):
        grad(stops)(0.5, 6)
    with pytest.raises(UnsupportedError, match="depend on what is differentiated"):
        grad(active)(np.ones(3))
    with pytest.raises((UnboundLocalError, TypeError)):
        grad(unassigned)(0.5, 3)


def test_public_name():
    assert diffcompile.checkpoint is checkpointing.checkpoint


def decayed(x, n):
    total = 0.0
    for i in checkpoint(range(len(x))[:n], snapshots=2):
        total = total * 0.5 + x[i] ** 2
    return total


def test_items_are_those_of_a_part_of_a_range():
    check_grads(decayed, (np.linspace(0.3, 1.2, 6), 4), order=1, modes=("rev", "fwd"))


@checkpoint
def bent(x):
    return np.sin(x) * x


def bent_twice(x):
    return np.sum(bent(bent(x)))


def attempted(x):
    try:
        y = np.linalg.cholesky(x)
    except np.linalg.LinAlgError:
        y = x * x
    return np.sum(y * y)


@pytest.mark.parametrize(
    ("fun", "args", "what"),
    [
        (decayed, (np.ones(6), 4), "a checkpointed loop"),
        (bent_twice, (np.ones(3),), "a function that is checkpointed"),
        (attempted, (np.eye(3),), "the block of a `try`"),
    ],
)
def test_second_derivatives_are_refused_in_words_of_the_program(fun, args, what):
    message = f"a second derivative through {what} is not supported"
    with pytest.raises(UnsupportedError, match=message):
        hvp(fun)(*args, args[0])
    with pytest.raises(UnsupportedError, match=r"a second derivative through .* is not supported"):
        grad(lambda x: np.sum(grad(fun)(x, *args[1:]) ** 2))(args[0])
