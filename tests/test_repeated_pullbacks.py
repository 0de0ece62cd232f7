"""The pullback of a pair may be called any number of times: it leaves what it takes as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import grad
from diffcompile.calling import hooks
from diffcompile.calling.callees import callee_of

X = np.array([0.7, 0.9, 1.1])


class Particle:
    def __init__(self, q, p):
        self.q = q
        self.p = p


def saves(x, n):
    for _ in range(n):
        x = np.sin(x) * x[::-1]
    return np.sum(x)


def swaps(x, n):
    a = x.copy()
    b = 2.0 * x
    for _ in range(n):
        b[:] = a * a * 0.3
        b[0] *= a[1]
        a, b = b, a
    return np.sum(a * np.sin(b))


def moves_objects(x, n):
    particles = [Particle(v, v * v) for v in x]
    for _ in range(n):
        for particle in particles:
            particle.p += 0.1 * np.sin(particle.q)
            particle.q += particle.p * 0.3 * particle.q
        particles = [particles[1], particles[0], *particles[2:]]
    return particles[0].p * particles[1].q * particles[2].q


def chooses_memory(x, n):
    u = x.copy()
    for k in range(n):
        u[1:-1] = u[:-2] * u[2:]
        if k % 2:
            w = u * u
            w[0] = w[1] * w[2]
            u = w
    return np.sum(u * u)


def fills_dict(x, n):
    d = {}
    for i in range(n):
        d[i] = x * i
        d[i][0] = x[1] * x[2]
        if i > 1:
            d[i] = d[i - 1] * d[i]
    s = 0.0
    for v in d.values():
        s = s + np.sum(v * v)
    return s


def writes_in_branches(x, n):
    x = x.copy()
    x[0] = x[1] * x[2]
    if n > 2:
        w = x * x
    x[1] *= x[0]
    if n > 2:
        w[1] = w[1] * w[0] * x[1]
        w[0] = w[1] * x[0]
        x = x + w
    return np.sum(x**3)


def stacks(x, n):
    pending = [x * 1.0]
    total = 0.0
    while len(pending) < n + 2:
        pending.append(pending[-1] * pending[0])
        pending[0] = pending[0] + 0.1
    while pending:
        v = pending.pop()
        v[0] *= v[1]
        total = total + np.sum(v * v)
    return total


def writes_rows(x, n):
    rows = np.zeros((n + 1, 3))
    for i in range(n):
        row = rows[i]
        row[:] += x * i
        row[0] += x[2] * x[1]
        rows[i + 1] = row * row
        row[1] *= row[0]
    return np.sum(np.tanh(rows))


def recurses(x, n):
    if n == 0:
        return np.sum(x * x)
    y = x
    for _ in range(2):
        y = np.tanh(y) * x[::-1]
    return np.sum(y) + recurses(y, n - 1)


def recurses_and_writes(x, n):
    if n == 0:
        x[0] *= x[1]
        return np.sum(x * x)
    x[1] = x[1] * x[2]
    t = recurses_and_writes(x, n - 1)
    x[2] *= np.tanh(x[1] * t)
    return np.tanh(t) * np.sum(x)


def calls_writer(x, n):
    return recurses_and_writes(x * 1.0, n)


def products(x, n):
    a = x.copy()
    for _ in range(n):
        a[1:] = a[1:] * a[:-1]
    return np.sum(a * a)


def takes_gradients(x, n):
    if n <= 1:
        return np.sum(x)
    g = grad(products)(x, n)
    return np.sum(g * x) + takes_gradients(x * 0.5, n - 1)


def tries(x, n):
    total = 0.0
    for i in range(n):
        try:
            y = x.copy()
            y[0] = y[1] * y[i]
        except IndexError:
            y = x * 2.0
        total = total + np.sum(y * y)
    return total


FUNCTIONS = [
    saves, swaps, moves_objects, chooses_memory, fills_dict, writes_in_branches, stacks, writes_rows, recurses,
    calls_writer, takes_gradients, tries,
]  # fmt: skip


def pair(fun: Any, x: Any, n: int) -> tuple[Any, Any]:
    return callee_of(hooks.code_of_function(fun)).run((0,), (x, n))


@pytest.mark.parametrize("fun", FUNCTIONS)
@pytest.mark.parametrize("n", [0, 1, 4])
def test_each_call_is_the_first(fun: Any, n: int) -> None:
    x = X.copy()
    value, pullback = pair(fun, x, n)
    assert value == pytest.approx(fun(X.copy(), n), rel=1e-14)
    first = pullback(1.0)[0]
    kept = np.copy(first)
    second = pullback(-2.0)[0]
    third = pullback(1.0)[0]
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(first, kept)
    np.testing.assert_array_equal(third, first)
    np.testing.assert_allclose(second, -2.0 * np.asarray(first), rtol=1e-13)
    expected = grad(fun)(X, n)
    np.testing.assert_allclose(first, expected, rtol=1e-12, atol=1e-14 * np.max(np.abs(expected)))


def test_an_undone_write_is_seen_again() -> None:
    """What the first call restores in the memory of the primal, the second finds as it was at the end."""

    def f(x):
        y = x * x
        y[0] = np.sin(y[0] * y[1])
        y[1] = y[0] * y[1] * y[2]
        return y * y

    _, pullback = callee_of(hooks.code_of_function(f)).run((0,), (X,))
    rows = [np.array(pullback(unit)[0]) for unit in np.eye(3)]
    again = [np.array(pullback(unit)[0]) for unit in np.eye(3)]
    np.testing.assert_array_equal(rows, again)
    step = 1e-6
    columns = [(f(X + step * unit) - f(X - step * unit)) / (2 * step) for unit in np.eye(3)]
    np.testing.assert_allclose(rows, np.transpose(columns), rtol=1e-7, atol=1e-9)
