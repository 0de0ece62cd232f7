"""Loops that are swept forward and in reverse trip by trip, and loops that must not be."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcompile import grad, hvp, value_and_grad, vjp

X = np.array([0.3, -0.4, 1.2, 0.15, -0.9])
P = np.array([1.1, 0.6, -0.3])


def fit(p, x):
    total = 0.0
    for i in range(len(x)):
        r = p[0] * math.exp(-p[1] * x[i]) + p[2]
        total += r * r
    return total / len(x)


def rows(a, x):
    total = 0.0
    for i in range(a.shape[0]):
        r = np.tanh(a[i] * x[i])
        r *= x[0]
        total += np.sum(r * r)
    return total


def pairs_of_bodies(a, x):
    total = 0.0
    for i in range(len(a)):
        for j in range(i + 1, len(a)):
            d = a[i] - a[j]
            total += x[i] / math.sqrt(d * d + 0.01)
    return total


def far_ones(a, x):
    total = 0.0
    for i in range(len(a)):
        for j in range(len(x)):
            d = a[i] - x[j]
            if d * d > 0.1:
                total += x[j] * math.sqrt(d * d) * math.exp(-d)
    return total


def kinds(p, x):
    q = p * p
    total = 0.0
    for i in range(len(x)):
        if x[i] > 1.0:
            e = math.exp(-q[0] * x[i])
        elif x[i] > 0.0:
            e = math.sin(q[1] * x[i])
        else:
            e = q[2]
        total += e * e * q[1]
    return total


def inner_recurrence(p, x):
    total = 0.0
    for i in range(len(x)):
        y = p[0]
        for _ in range(3):
            y = math.sin(y * x[i])
        total += y * y * p[1]
    return total


def inner_while(p, x):
    total = 0.0
    for i in range(len(x)):
        e = p[0] * x[i]
        while abs(e) > 0.1:
            e = math.sin(e) * 0.5
        total += e * e
    return total


def arrays_of_a_trip(a, x):
    total = 0.0
    for i in range(len(a)):
        b = np.empty(2)
        b[0] = math.sin(a[i])
        b[1] = math.cos(b[0]) * x[i]
        b *= b[0]
        total += b[0] * b[1]
    return total


def lists_of_a_trip(a, x):
    total = 0.0
    for i in range(len(a)):
        b = []
        for j in range(3):
            b.append(math.sin(a[i] * j) * x[0])
        for v in b:
            total += v * v
    return total


def sums_in_an_array(a, x):
    g = np.zeros(3)
    for i in range(len(a)):
        s = np.sin(a[i] * x[:3])
        g += s * s
    return g.sum()


def two_sums(a, x):
    first = second = 0.0
    for v in a:
        e = math.exp(-v)
        first += e * e
        second += math.sin(e) * x[0]
    return first + 2 * second


def counted(a, x):
    n = 2 * len(x)
    total = 0.0
    for v in a:
        e = math.exp(-v)
        n -= 1
        total += e * e * n
    return total


def with_a_recurrence_that_nobody_needs(a, x):
    m = total = 0.0
    seen = []
    for v in a:
        e = math.exp(-v)
        m = 0.9 * m + 0.1 * e
        seen.append(m)
        total += e * e
    assert len(seen) == len(a)
    return total


def power(v, n):
    return 1.0 if n == 0 else v * power(v, n - 1)


def tail(b, n):
    return 0.0 if n == 0 else math.sin(b[n - 1]) * b[0] + tail(b, n - 1)


def fill(b, n):
    if n > 0:
        b[n - 1] = math.sin(b[n - 1]) * n
        fill(b, n - 1)


def recursive_calls(a, x):
    total = 0.0
    for v in a:
        e = power(v * x[0], 3)
        total += e * e
    return total


def recursive_calls_with_arrays(a, x):
    total = 0.0
    for v in a:
        e = tail(v * x, 3)
        total += e * e
    return total


def what_a_call_reads_is_written_later(a, x):
    b = a.copy()
    total = 0.0
    for i in range(len(a)):
        e = tail(b, 3)
        total += e * e
        b[0] = 0.5 * b[0] + x[i]
    return total


def written_by_calls(a, x):
    b = a.copy()
    total = 0.0
    for i in range(len(a)):
        fill(b, 3)
        total += b[0] * b[1] * x[i]
    return total


def set_that_is_asked(a, x):
    seen = set()
    total = 0.0
    for i in range(len(a)):
        seen.add(i)
        e = math.exp(a[i] * len(seen) * 0.1)
        total += e * e * len(seen)
    return total


FUSED = [
    fit, rows, pairs_of_bodies, far_ones, kinds, inner_recurrence, inner_while, arrays_of_a_trip, lists_of_a_trip,
    sums_in_an_array, two_sums, counted, with_a_recurrence_that_nobody_needs,
    recursive_calls, recursive_calls_with_arrays, set_that_is_asked,
]  # fmt: skip


def recurrence(a, x):
    y = 1.0
    for i in range(len(a)):
        y = math.sin(y * a[i]) * y
    return y


def seed_that_depends_on_the_sum(a, x):
    total = 0.0
    for v in a:
        e = math.exp(-v)
        total += e * e
    return total * total


def mean_over_a_count(a, x):
    n = 0
    total = 0.0
    for v in a:
        if v > 0.2:
            e = math.exp(-v)
            total += e * e
            n += 1
    return total / n


def written_for_the_next_trip(a, x):
    a = a.copy()
    total = 0.0
    for i in range(len(a) - 1):
        s = math.exp(a[i])
        total += s * s
        a[i + 1] += math.sin(s)
    return total


def one_place_in_all_trips(a, x):
    b = np.zeros(2)
    total = 0.0
    for i in range(len(a)):
        b[0] = math.exp(a[i]) + 0.5 * b[0]
        total += math.sin(b[0]) * b[0]
    return total


def kept_for_the_next_trip(a, x):
    keep = [np.ones(2)]
    total = 0.0
    for i in range(len(a)):
        b = np.exp(keep[-1] * a[i] * 0.1)
        b[0] = b[1] * b[0]
        keep.append(b)
        total += np.sum(b * b)
    return total


class Counter:
    def __init__(self, rate):
        self.rate = rate

    def step(self, v):
        self.rate = self.rate * 0.5 + v
        return math.exp(self.rate)


def state_of_an_object(a, x):
    counter = Counter(a[0])
    total = 0.0
    for v in a:
        e = counter.step(v)
        total += e * e
    return total


def read_behind(a, x):
    keep = []
    total = 0.0
    for v in a:
        s = math.exp(v)
        keep.append(s)
        total += s * s
    return total + keep[2] * keep[1]


def alternating(a, x):
    total = 1.0
    for v in a:
        s = math.exp(v)
        total = s * s - total
    return total


def stopping(a, x):
    total = 0.0
    for v in a:
        s = math.exp(v)
        total += s * s
        if total > 5.0:
            break
    return total


def factors(a, x):
    total = 1.0
    for v in a:
        s = math.exp(v)
        total *= s + s * s
    return total


def set_that_grows(a, x):
    seen = set()
    total = 0.0
    for i in range(len(a)):
        seen.add(i)
        e = math.exp(a[i])
        total += e * e
    return total * len(seen)


def heap_that_grows(a, x):
    heap = []
    total = 0.0
    for i in range(len(a)):
        heapq.heappush(heap, -i)
        e = math.exp(a[i])
        total += e * e
    return total * heap[0]


NOT_FUSED = [
    set_that_grows, heap_that_grows,
    recurrence, seed_that_depends_on_the_sum, mean_over_a_count, written_for_the_next_trip, one_place_in_all_trips,
    kept_for_the_next_trip, state_of_an_object, read_behind, alternating, stopping, factors,
    what_a_call_reads_is_written_later, written_by_calls,
]  # fmt: skip


def differences(fun: Callable[..., Any], args: list[Any], number: int, step: float = 1e-6) -> Any:
    """Return the derivative with respect to one argument by central differences."""
    found = np.zeros_like(args[number])
    for place in np.ndindex(found.shape):
        ends = []
        for sign in (1, -1):
            moved = [arg.copy() for arg in args]
            moved[number][place] += sign * step
            ends.append(fun(*moved))
        found[place] = (ends[0] - ends[1]) / (2 * step)
    return found


def arguments(fun: Callable[..., Any]) -> tuple[Any, ...]:
    if fun is rows:
        return np.outer(X, P), X
    return (P if fun.__code__.co_varnames[0] == "p" else X), X


@pytest.mark.parametrize("fun", FUSED + NOT_FUSED, ids=lambda fun: fun.__name__)
def test_gradients(fun: Callable[..., Any]) -> None:
    args = [arg.copy() for arg in arguments(fun)]
    value, found = value_and_grad(fun)(*args)
    assert value == fun(*arguments(fun))
    for number in (0, 1):
        expected = differences(fun, args, number)
        np.testing.assert_allclose(grad(fun, argnums=number)(*args), expected, rtol=2e-6, atol=1e-7)
        if number == 0:
            np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-7)
    assert all(np.array_equal(one, other) for one, other in zip(args, arguments(fun), strict=True))


@pytest.mark.parametrize("fun", FUSED, ids=lambda fun: fun.__name__)
def test_fused(fun: Callable[..., Any]) -> None:
    gradient = grad(fun)
    gradient(*arguments(fun))
    assert "        # reverse sweep" in gradient.source or "saved_" not in gradient.source
    outermost = [line for line in gradient.source.splitlines() if line.startswith("    saved_")]
    assert not outermost


@pytest.mark.parametrize("fun", NOT_FUSED, ids=lambda fun: fun.__name__)
def test_not_fused(fun: Callable[..., Any]) -> None:
    gradient = grad(fun)
    gradient(*arguments(fun))
    assert "        # reverse sweep" not in gradient.source


@pytest.mark.parametrize("fun", FUSED, ids=lambda fun: fun.__name__)
def test_no_trip(fun: Callable[..., Any]) -> None:
    if fun is fit:
        pytest.skip("it divides by the number of trips")
    args = [arg[:0] if arg.shape[0] == X.shape[0] else arg for arg in arguments(fun)]
    if fun is sums_in_an_array:
        args[1] = X
    gradient = grad(fun)
    if fun is rows:
        args[1] = X
    assert not np.any(gradient(*args))


@pytest.mark.parametrize("fun", FUSED, ids=lambda fun: fun.__name__)
def test_second_derivatives(fun: Callable[..., Any]) -> None:
    args = arguments(fun)
    v = np.cos(args[0])
    step = 1e-5
    gradient = grad(fun)
    expected = (gradient(args[0] + step * v, *args[1:]) - gradient(args[0] - step * v, *args[1:])) / (2 * step)
    np.testing.assert_allclose(hvp(fun)(*args, v), expected, rtol=1e-6, atol=1e-7)
    twice = grad(lambda x, *rest: np.sum(grad(fun)(x, *rest) * v))
    np.testing.assert_allclose(twice(*args), expected, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("fun", FUSED, ids=lambda fun: fun.__name__)
def test_pullbacks_keep_their_sweeps_apart(fun: Callable[..., Any]) -> None:
    args = arguments(fun)
    _, pullback = vjp(fun, *args)
    expected = grad(fun)(*args)
    for _ in range(2):
        np.testing.assert_allclose(pullback(1.0)[0], expected, rtol=1e-12)


def test_what_is_printed_comes_in_its_order(capsys: pytest.CaptureFixture[str]) -> None:
    def spoken(a):
        total = 0.0
        for i in range(len(a)):
            e = math.exp(a[i])
            print(i, round(e, 3))
            total += e * e
        return total

    spoken(X)
    expected = capsys.readouterr().out
    found = grad(spoken)(X)
    assert capsys.readouterr().out == expected
    np.testing.assert_allclose(found, 2 * np.exp(2 * X))


def test_an_error_of_a_trip_is_the_users() -> None:
    def checked(a):
        total = 0.0
        for v in a:
            e = math.exp(v)
            if e > 3.0:
                raise ValueError("too large")
            total += e * e
        return total

    with pytest.raises(ValueError, match="too large"):
        grad(checked)(X)
    np.testing.assert_allclose(grad(checked)(X[:2]), 2 * np.exp(2 * X[:2]))
