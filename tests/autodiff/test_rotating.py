"""Buffers that loops exchange: gradients by differences, and which shadows the forward sweep makes."""

import numpy as np
import pytest

from diffcompile import grad, value_and_grad

RNG = np.random.default_rng(5)


def swapped(a, steps):
    b = a.copy()
    for _ in range(steps):
        b[1:-1] = 0.3 * (a[:-2] + a[2:]) + 0.1 * a[1:-1]
        a, b = b, a
    return np.sum(a * a) + 0.5 * np.sum(np.sin(b))


def not_linear(a, steps):
    b = np.zeros_like(a)
    for _ in range(steps):
        b[1:-1] = np.sin(a[:-2]) * a[2:] + a[1:-1] * b[1:-1]
        b[0] = a[-1] * a[0]
        a, b = b, a
    return np.sum(a * a) + np.sum(b)


def three(a, steps):
    b, c = np.sin(a), 0.5 * a
    for k in range(steps):
        c[1:] = a[:-1] * b[1:] + 0.1 * k * c[:-1]
        a[0] += b[0]
        a, b, c = b, c, a
    return np.sum(a) + 2.0 * np.sum(b * b) + 3.0 * np.sum(c)


def one_stays(a, steps):
    b, fixed = np.zeros_like(a), np.ones_like(a)
    for _ in range(steps):
        b[:] = a * fixed
        fixed[1] += 0.1 * a[0]
        a, b = b, a
    return np.sum(a * b) + np.sum(fixed)


def nested(a, steps):
    total = 0.0
    for k in range(steps):
        u, v = a * (k + 1.0), np.zeros_like(a)
        for _ in range(3):
            v[1:] = u[:-1] * u[1:]
            u, v = v, u
        total = total + np.sum(u) - np.sum(v * v)
    return total


def while_loop(a, steps):
    b = np.zeros_like(a)
    left = steps
    while left > 0 and np.sum(a) < 1e6:
        b[1:] = a[1:] * a[:-1]
        a, b = b, a
        left -= 1
    return np.sum(a) + np.sum(b * b)


def twice(a, steps):
    b = 0.5 * a
    for _ in range(steps):
        b[1:] = a[:-1]
        a, b = b, a
    for _ in range(steps + 1):
        a[0] = b[1] * b[2]
        a, b = b, a
    return np.sum(a * a) + np.sum(b)


def seen_before(a, steps):
    b = np.zeros(len(a))
    inner = b[1:-1]
    inner += a[1:-1] ** 2
    for k in range(len(a)):
        b[k] += a[k]
    for _ in range(steps):
        b[0] = a[1] * b[1]
        a, b = b, a
    return np.sum(a * b)


def kept_name(a, steps):
    b = np.zeros_like(a)
    first = a
    for _ in range(steps):
        b[:] = a * a
        a, b = b, a
    return np.sum(a) + np.sum(first * np.arange(len(a)))


def seen_after(a, steps):
    b = np.zeros_like(a)
    inner = b[1:-1]
    for _ in range(steps):
        b[:] = a * a
        a, b = b, a
    return np.sum(a) + np.sum(inner * inner)


def sometimes(a, steps):
    b = np.zeros_like(a)
    for k in range(steps):
        b[:] = a * a + b
        if k % 2:
            a, b = b, a
    return np.sum(a) + np.sum(b * b)


def the_same(a, steps):
    a = a.copy()
    b = a
    for _ in range(steps):
        b[0] += a[1] * a[1]
        a, b = b, a
    return np.sum(a * b)


def in_a_list(a, steps):
    b = np.zeros_like(a)
    kept = [a]
    for _ in range(steps):
        b[:] = a * a
        a, b = b, a
    return np.sum(a) + np.sum(kept[0] * kept[0] * a)


def never(a, steps):
    b = np.ones_like(a)
    for _ in range(0):
        b[:] = a * a
        a, b = b, a
    return np.sum(a * a) + np.sum(b) + steps


def stopping(a, steps):
    b = np.zeros_like(a)
    for k in range(steps + 5):
        b[:] = a * a
        a, b = b, a
        if k == steps:
            break
    return np.sum(a) + np.sum(b * b)


def views_of_parts(a, steps):
    whole = np.zeros(2 * len(a))
    u, v = whole[: len(a)], whole[len(a) :]
    u[:] = a
    for _ in range(steps):
        v[1:] = u[:-1] * u[1:]
        u, v = v, u
    return np.sum(u) + np.sum(whole * whole)


EXCHANGED = [swapped, not_linear, three, nested, while_loop, twice, seen_before]
OTHERS = [one_stays, kept_name, seen_after, sometimes, the_same, in_a_list, never, stopping, views_of_parts]


def differences(fun, a, steps, step=1e-6):
    found = np.zeros_like(a)
    for k in range(len(a)):
        up, down = a.copy(), a.copy()
        up[k] += step
        down[k] -= step
        found[k] = (fun(up, steps) - fun(down, steps)) / (2.0 * step)
    return found


@pytest.mark.parametrize("steps", [0, 1, 2, 5])
@pytest.mark.parametrize("fun", [*EXCHANGED, *OTHERS], ids=lambda fun: fun.__name__)
def test_gradient(fun, steps):
    a = RNG.uniform(0.3, 0.9, size=5)
    before = a.copy()
    value, found = value_and_grad(fun)(a, steps)
    assert np.array_equal(a, before)
    assert value == pytest.approx(fun(a.copy(), steps), rel=1e-12)
    assert np.allclose(found, differences(fun, a, steps), rtol=2e-6, atol=1e-8)


@pytest.mark.parametrize("fun", EXCHANGED, ids=lambda fun: fun.__name__)
def test_no_shadow_in_the_forward_sweep(fun):
    gradient = grad(fun)
    gradient(RNG.uniform(0.3, 0.9, size=5), 2)
    forward, _ = gradient.source.split("\n    # reverse sweep")
    assert "_bar" not in forward
