"""What the prices decide, and that every decision gives the same gradient."""

import math

import numpy as np
import pytest

from diffcompile import grad
from diffcompile.analysis import prices
from diffcompile.backend import releases
from diffcompile.passes import in_place

RNG = np.random.default_rng(11)


def bodies(position, mass, steps):
    for _ in range(steps):
        difference = position[None, :, :] - position[:, None, :]
        distance = np.sum(difference * difference, axis=2) + 0.1
        force = mass / (distance * np.sqrt(distance))
        position = position + 0.01 * np.sum(force[:, :, None] * difference, axis=1)
    return np.sum(position * position)


def softened(cost):
    n = len(cost)
    r = np.full(n + 1, 1e10)
    r[0] = 0.0
    for i in range(1, n + 1):
        a, b = r[i - 1], cost[i - 1]
        least = min(a, b)
        r[i] = cost[i - 1] + least - math.log(math.exp(least - a) + math.exp(least - b))
    return r[n]


def overwritten(u, steps):
    """An array is read, computed with and overwritten: what was read must not be read again later."""
    for _ in range(steps):
        t = u[1:] * u[:-1]
        s = t * t + u[1:]
        u[1:] = np.sin(s) * t
        u *= 1.1
    return np.sum(u * u)


def in_a_context(x):
    total = 0.0
    for k in range(3):
        with np.errstate(divide="raise"):
            t = x * (k + 1.0)
            total = total + np.sum(np.sin(1.0 / t) * t)
    return total


def only_its_shape(x, n):
    total = 0.0
    for k in range(n):
        padded = np.concatenate([x, x[: k + 1]])
        total = total + np.sum(np.zeros_like(padded) + np.sum(padded))
    return total


def chained(x, w):
    y = np.sin(x) * w
    z = np.cos(y) * y
    t = z * w + y
    return np.sum(np.exp(-t * t) * t)


PROGRAMS = {
    bodies: (RNG.normal(size=(9, 3)), RNG.uniform(size=9), 4),
    softened: (RNG.uniform(size=7),),
    overwritten: (RNG.normal(size=6), 4),
    in_a_context: (RNG.uniform(1.0, 2.0, size=4),),
    only_its_shape: (RNG.normal(size=4), 3),
    chained: (RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4))),
}


def differences(fun, args, step=1e-6):
    x = args[0]
    found = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        values = []
        for sign in (1.0, -1.0):
            moved = [arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args]
            moved[0][place] += sign * step
            values.append(fun(*moved))
        found[place] = (values[0] - values[1]) / (2.0 * step)
    return found


@pytest.mark.parametrize("fun", PROGRAMS, ids=lambda fun: fun.__name__)
@pytest.mark.parametrize("call", [0.0, 1e9], ids=["compute again", "save"])
def test_whatever_is_cheap_the_gradient_is_the_same(fun, call, monkeypatch):
    monkeypatch.setattr(prices, "ARRAY_CALL", call)
    monkeypatch.setattr(prices, "FUNCTION", call)
    monkeypatch.setattr(prices, "SAVED", 1e4)
    monkeypatch.setattr(in_place, "LARGE", 0)
    monkeypatch.setattr(releases, "LARGE", 0)
    args = PROGRAMS[fun]
    before = [arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args]
    found = grad(fun)(*args)
    assert np.allclose(found, differences(fun, args), rtol=1e-6, atol=1e-8)
    assert all(np.array_equal(a, b) for a, b in zip(args, before, strict=True))


def test_large_arrays_are_computed_again_and_small_ones_saved():
    few, many = grad(bodies), grad(bodies)
    few(RNG.normal(size=(3, 3)), RNG.uniform(size=3), 2)
    many(RNG.normal(size=(80, 3)), RNG.uniform(size=80), 2)
    assert "difference" in few.source.partition(" = saved.pop()")[0].rpartition("\n")[2]
    assert "difference" not in many.source.partition(".pop()")[0].rpartition("\n")[2]


def test_a_division_by_a_zero_of_numpy_stays_infinite():
    def quotients(x):
        total = 0.0
        for i in range(len(x)):
            x[i] = 1.0 / (x[i] * x[i])
            total = total + math.sqrt(x[i])
        return total

    gradient = grad(quotients)
    with np.errstate(divide="ignore", invalid="ignore"):
        assert not np.isfinite(gradient(np.array([1.0, 0.0])))[1]
        assert gradient(np.array([2.0, 1.0])) == pytest.approx([-0.25, -1.0])


def test_what_may_be_missing_is_saved_in_a_list():
    def guarded(x):
        total = 0.0
        for i in range(len(x)):
            y = 1.0
            try:
                y = math.log(float(x[i]))
            except ValueError:
                y = 0.5
            total = total + y * y * math.sin(y)
        return total

    x = np.array([0.5, -1.0, 2.0])
    found = grad(guarded)(x)
    assert np.allclose(found, differences(guarded, (x,)), rtol=1e-6)


def test_a_shadow_that_is_reshaped_does_not_take_the_order_of_an_argument():
    def flattened(x, n):
        total = 0.0
        for k in range(n):
            b = np.zeros((3, 4))
            v = b.reshape(-1)
            v[0] = x[0, 1] * (k + 1.0)
            v[5] = x[2, 3] ** 2
            total = total + np.sum(b * b) + np.sum(v)
        return total

    x = RNG.normal(size=(3, 4))
    assert np.allclose(grad(flattened)(np.asfortranarray(x), 3), differences(flattened, (x, 3)), rtol=1e-6, atol=1e-8)
