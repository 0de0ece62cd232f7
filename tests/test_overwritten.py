"""What is overwritten is left out: its slope, however steep, does not reach the gradient."""

from __future__ import annotations

import numpy as np
import pytest

from diffcompile import grad, hvp, jvp

X = np.array([0.0, 1.5, 2.0, 0.0])
DRY = X == 0


@pytest.fixture(autouse=True)
def _quiet():
    with np.errstate(all="ignore"):
        yield


def reciprocal(x):
    y = 1.0 / x
    y[x == 0] = 0.0
    return np.sum(y**3)


def read_in_between(x):
    y = np.log(x)
    y[~np.isfinite(y)] = 0.0
    y[1] = y[2] * 0.5
    return np.sum(y**2)


def ends(x):
    y = np.sqrt(x)
    y[0] = 1.0
    y[-1] = y[1]
    return np.sum(y**3)


def smooth_on_steep(x):
    y = np.exp(np.log(x))
    y[[0, 3]] = 3.0
    return np.sum(y**3)


def masked(x):
    y = np.log(x)
    np.putmask(y, x == 0, 0.0)
    return np.sum(y**2)


def diagonal_and_rows(x):
    d = np.sqrt(np.outer(x, x))
    np.fill_diagonal(d, 1.0)
    d[x == 0] = 0.0
    d[:, x == 0] = 0.0
    return np.sum(d**3)


def each_trip(x):
    total = 0.0
    for k in range(1, 4):
        y = np.log(x * k)
        y[x == 0] = 0.0
        total = total + np.sum(y * y)
    return total


def upper_triangle(x):
    r = np.sqrt((x[:, None] - x[None, :]) ** 2)
    r[r > 0] = 1.0 / r[r > 0]
    return np.sum(np.triu(np.outer(x, x) * r, 1))


def beyond_the_diagonal(x):
    return np.sum(np.triu(np.log(x[None, :3]), 1) ** 2)


LEFT_OUT = [
    reciprocal, read_in_between, ends, smooth_on_steep, masked, diagonal_and_rows, each_trip, beyond_the_diagonal,
]  # fmt: skip


@pytest.mark.parametrize("f", LEFT_OUT, ids=lambda f: f.__name__)
def test_what_is_overwritten_gets_no_slope(f):
    found = grad(f)(X)
    assert found[DRY].tolist() == [0.0, 0.0]
    for k in np.flatnonzero(~DRY):
        e = np.zeros(4)
        e[k] = 1e-5
        assert found[k] == pytest.approx((f(X + e) - f(X - e)) / 2e-5, rel=1e-7, abs=1e-12)
        assert found[k] == pytest.approx(jvp(f, (X,), (e * 1e5,))[1], rel=1e-12)
    assert np.isfinite(hvp(f)(X, np.where(DRY, 0.0, 1.0))).all()


def test_energies_of_pairs_of_bodies():
    x = np.array([0.3, 1.5, -2.0])
    found = grad(upper_triangle)(x)
    steps = 1e-5 * np.eye(3)
    expected = [(upper_triangle(x + e) - upper_triangle(x - e)) / 2e-5 for e in steps]
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def added_to_afterwards(x):
    y = np.log(x)
    early = np.sum(y[1:3] ** 2) + y[0]
    y[0] = 0.0
    y[2] = y[1]
    return np.sum(y**2) + early


def mask_that_changes(x):
    m = x > 10.0
    y = np.log(x)
    m[:2] = True
    y[m] = 0.0
    m[:] = False
    return np.sum(y**2)


def mask_of_a_choice_that_changes(x):
    m = x > 10.0
    y = np.log(x)
    m[:] = x > 1.2
    z = np.where(m, y, 0.0)
    return np.sum(z * z)


def mask_of_a_sum_that_changes(x):
    m = x > 10.0
    y = np.sqrt(x)
    u = np.sum(y * m)
    m[:] = x > 1.2
    return np.sum(y, where=m) ** 2 + u


def choices_of_trips(x):
    m = x > 10.0
    total = 0.0
    for k in range(2):
        y = np.log(x) * (k + 1)
        m[k:] = x[k:] > 0
        total = total + np.sum(np.where(m, y, 0.0) ** 2)
    return total


def in_a_list(x):
    y = 1.0 / x
    kept = [y, x]
    y[0] = 2.0
    kept[0][1] = x[0]
    return sum(np.sum(part**2) for part in kept)


def through_a_view(x):
    y = np.sqrt(x)
    rest = y[1:]
    y[:] = 0.5
    rest *= x[:-1]
    return np.sum(y * y) + rest[0] * y[1]


CHANGING = [
    added_to_afterwards, mask_that_changes, mask_of_a_choice_that_changes, mask_of_a_sum_that_changes,
    choices_of_trips, in_a_list, through_a_view,
]  # fmt: skip


@pytest.mark.parametrize("f", CHANGING, ids=lambda f: f.__name__)
def test_what_counts_is_where_it_was_when_it_was_left_out(f):
    x = np.array([1.1, 1.5, 2.0, 0.7])
    steps = 1e-5 * np.eye(4)
    expected = [(f(x + e) - f(x - e)) / 2e-5 for e in steps]
    np.testing.assert_allclose(grad(f)(x), expected, rtol=1e-7, atol=1e-9)
    v = np.array([0.3, -1.0, 0.5, 0.2])
    curved = (grad(f)(x + 1e-5 * v) - grad(f)(x - 1e-5 * v)) / 2e-5
    np.testing.assert_allclose(hvp(f)(x, v), curved, rtol=1e-6, atol=1e-8)
