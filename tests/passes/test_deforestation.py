"""Lists that are read as they are made, and lists that must be made."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcompile import grad, hvp, jvp, value_and_grad

X = np.array([0.3, -0.4, 1.2, 0.15, -0.9])


def generator(a, x):
    return sum(math.exp(-a[0] * v) ** 2 for v in x)


def comprehension(a, x):
    return sum([math.exp(-a[0] * v) ** 2 for v in x])


def with_a_start(a, x):
    return sum((math.sin(a[1] * v) for v in x), a[0])


def chosen(a, x):
    return sum(math.sin(a[0] * v) * v for v in x if v * a[1] > 0.0)


def of_two(a, x):
    return sum(math.sin(v * w) * a[0] for v in a for w in x if v < 1.9 * w)


def nested(a, x):
    return sum(sum(math.cos(v * w) for w in x) ** 2 for v in a)


def of_arrays(a, x):
    return np.sum(sum(np.sin(v * x) for v in a))


def by_loops(a, x):
    items = []
    for v in a:
        if v > 0.0:
            items.append(math.exp(v))
        else:
            continue
    total = 0.0
    low = 10.0
    for item in items:
        total += item * item
        low = min(low, item)
    return total * low


def while_loop(a, x):
    items = []
    y = a[0]
    while abs(y) > 0.05:
        y = y * a[2] * 0.6
        items.append(y)
    total = 0.0
    for item in items:
        total = total * 0.5 + item
    return total


def stopped(a, x):
    items = []
    y = 1.0
    for v in a:
        y = y * math.cos(v)
        if y < 0.4:
            break
        items.append(y)
    total = 0.0
    for item in items:
        total += item * item
    return total


def two_generators(a, x):
    mean = sum(v for v in a) / len(a)
    return sum((v - mean) ** 2 for v in a) * mean


NOT_MADE = [
    generator, comprehension, with_a_start, chosen, of_two, nested, by_loops, while_loop, stopped,
    two_generators,
]  # fmt: skip


def read_again(a, x):
    items = [math.sin(v) for v in a]
    return sum(items) * items[1]


def read_twice(a, x):
    items = [math.sin(v) for v in a]
    return sum(items) + sum(v * v for v in items)


def changed_in_between(a, x):
    items = [math.sin(v) for v in a]
    items[0] = a[1]
    return sum(items)


def filled_in_two_places(a, x):
    items = [math.sin(v) for v in a]
    items.append(a[1])
    total = 0.0
    for item in items:
        total += item * item
    return total


def needs_what_comes_between(a, x):
    items = []
    largest = 0.0
    for v in a:
        items.append(v)
        largest = max(largest, v)
    total = 0.0
    for item in items:
        total += math.exp(item - largest)
    return total


def reads_what_is_written(a, x):
    b = a.copy()
    items = []
    for i in range(len(a)):
        items.append(b[i] * 2.0)
        b[0] += b[i]
    total = 0.0
    for item in items:
        total += item * b[0]
    return total


def numbered(a, x):
    items = [math.sin(v) for v in a if v > 0.0]
    total = 0.0
    for i, item in enumerate(items):
        total += item * (i + 1)
    return total


def reading_stops(a, x):
    items = [math.exp(v) for v in a]
    total = 0.0
    for item in items:
        total += item
        if total > 3.0:
            break
    return total


def handed_out(a, x):
    items = [math.sin(v) for v in a]
    total = 0.0
    for item in items:
        total += item * item
    return total + len(items) * a[0] + max(items)


def set_that_grows(a, x):
    seen = set()
    items = []
    for i in range(len(a)):
        seen.add(i)
        items.append(a[i] * a[i])
    total = 0.0
    for item in items:
        total += item * len(seen)
    return total


def bytes_that_grow(a, x):
    seen = bytearray()
    items = []
    for i in range(len(a)):
        seen.append(i)
        items.append(a[i] * a[i])
    total = 0.0
    for item in items:
        total += item * len(seen)
    return total


def shuffled_array(a, x):
    order, generator = np.arange(3.0), np.random.default_rng(3)
    items = []
    for v in a:
        generator.shuffle(order)
        items.append(v * v)
    total = 0.0
    for item in items:
        total += item * (order[0] + 0.5)
    return total


def heap_that_grows(a, x):
    heap = []
    items = []
    for i in range(len(a)):
        heapq.heappush(heap, -i)
        items.append(a[i] * a[i])
    total = 0.0
    for item in items:
        total += item * heap[0]
    return total


MADE = [
    set_that_grows, bytes_that_grow, shuffled_array, heap_that_grows,
    of_arrays, read_again, read_twice, changed_in_between, filled_in_two_places, needs_what_comes_between,
    reads_what_is_written, numbered, reading_stops, handed_out,
]  # fmt: skip


def differences(fun: Callable[..., Any], a: Any, step: float = 1e-6) -> Any:
    found = np.zeros_like(a)
    for k in range(len(a)):
        up, down = a.copy(), a.copy()
        up[k] += step
        down[k] -= step
        found[k] = (fun(up, X) - fun(down, X)) / (2 * step)
    return found


@pytest.mark.parametrize("fun", NOT_MADE + MADE, ids=lambda fun: fun.__name__)
def test_derivatives(fun: Callable[..., Any]) -> None:
    expected = differences(fun, X)
    value, found = value_and_grad(fun)(X, X)
    assert value == fun(X, X)
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-7)
    np.testing.assert_allclose(grad(fun)(X, X), found, rtol=1e-12)
    v = np.cos(X)
    value, tangent = jvp(fun, (X, X), (v, np.zeros_like(X)))
    assert value == fun(X, X)
    np.testing.assert_allclose(tangent, expected @ v, rtol=2e-6, atol=1e-7)
    gradient, step = grad(fun), 1e-5
    second = (gradient(X + step * v, X) - gradient(X - step * v, X)) / (2 * step)
    np.testing.assert_allclose(hvp(fun)(X, X, v), second, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("fun", NOT_MADE, ids=lambda fun: fun.__name__)
def test_no_list_is_made(fun: Callable[..., Any]) -> None:
    gradient = grad(fun)
    gradient(X, X)
    assert "zeros_like(t)" not in gradient.source
    assert "items = []" not in gradient.source


@pytest.mark.parametrize("fun", NOT_MADE, ids=lambda fun: fun.__name__)
def test_nothing_to_read(fun: Callable[..., Any]) -> None:
    if fun in (while_loop, two_generators):
        pytest.skip("it needs an item")
    a = X if fun in (generator, comprehension, with_a_start, chosen) else X[:0]
    found = grad(fun)(a, X[:0])
    expected = np.zeros_like(a)
    if fun is with_a_start:
        expected[0] = 1.0
    np.testing.assert_array_equal(found, expected)


def test_the_first_error_is_raised() -> None:
    def logarithms(a, x):
        return sum(math.log(v) for v in a)

    with pytest.raises(ValueError, match=r"math domain error|expected a positive input"):
        value_and_grad(logarithms)(X, X)
    np.testing.assert_allclose(grad(logarithms)(np.abs(X), X), 1 / np.abs(X))
