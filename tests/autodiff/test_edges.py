"""Functions with infinite slopes at an edge, of numbers that a bound holds there; choices that leave infinities out."""

from __future__ import annotations

import contextlib
import math

import numpy as np
import pytest

from diffcompile import grad, jvp

X = np.array([-1.5, 0.5, 2.0])
SHARES = np.array([0.5, 0.0, 0.3, 0.2])


def root_of_a_maximum(x):
    return np.sum(np.sqrt(np.maximum(x, 0)) + np.fmax(0.0, x) ** 0.25)


def root_of_a_clipped_number(x):
    return np.sum(np.sqrt(np.clip(x, 0, None)) * x.clip(min=0.0) ** (1 / 3))


def root_of_a_masked_number(x):
    return np.sum(np.sqrt(3.0 * (x * (x > 0))))


def root_of_a_choice(x):
    return np.sum(np.sqrt(np.where(x > 0, x, 0.0)))


def root_of_sums_of_these(x):
    return np.sqrt(np.sum(np.maximum(x[:1], 0)) + np.maximum(1.0 - x[2], 0.0) + (x[0] + 1.5) ** 2)


def roots_of_numbers(x):
    total = 0.0
    for value in x:
        total += math.sqrt(max(value, 0.0)) + max(0.0, float(value)) ** 0.75
        held = value if value >= 0 else 0.0
        total += held**0.5
    return total


def arcs_of_clipped_numbers(x):
    return np.sum(np.arccos(np.clip(x, -1, 1)) + np.arcsin(np.maximum(np.minimum(x, 1.0), -1.0)))


def arcs_of_numbers(x):
    return sum(math.acos(max(-1.0, min(1.0, value))) + math.asin(min(1.0, abs(value))) for value in x)


def angle_between(x):
    other = 2.0 * x
    return np.arccos(np.clip(x @ other / np.sqrt((x @ x) * 4.0) / np.sqrt(x @ x) * 1.1, -1.0, 1.0)) + np.sum(x)


def variance_at_a_point(x):
    same = np.array([x[0], x[0], x[0]])
    return np.sqrt(np.var(same)) + np.sqrt(np.mean((same - same.mean()) ** 2)) + x[1]


def along_a_great_circle(x):
    a = np.sin((x[0] - x[0]) / 2) ** 2 + np.cos(x[0]) * np.cos(x[1]) * np.sin((x[2] - x[2]) / 2) ** 2
    return 2.0 * np.arcsin(np.sqrt(a)) + x[1]


HELD = [
    root_of_a_maximum, root_of_a_clipped_number, root_of_a_masked_number, root_of_a_choice, root_of_sums_of_these,
    roots_of_numbers, arcs_of_clipped_numbers, arcs_of_numbers, angle_between, variance_at_a_point,
    along_a_great_circle,
]  # fmt: skip


def agrees(fun, x, expected):
    with np.errstate(all="ignore"):
        found = grad(fun)(x)
        assert np.allclose(found, expected, rtol=1e-6, atol=1e-8)
        direction = np.cos(np.arange(float(x.size)))
        assert jvp(fun, (x,), (direction,))[1] == pytest.approx(np.sum(expected * direction), rel=1e-6)


@pytest.mark.parametrize("fun", HELD, ids=lambda fun: fun.__name__)
def test_what_a_bound_holds(fun):
    expected = np.array([(fun(X + step) - fun(X - step)) / 2e-6 for step in 1e-6 * np.eye(3)])
    agrees(fun, X, expected)


def no_bound(x):
    return np.sum(np.sqrt(x))


def another_bound(x):
    return np.sum(np.sqrt(np.maximum(x, -1.0)))


def another_condition(x):
    return sum(math.sqrt(value) if value < 3.0 else 0.0 for value in x)


def chosen_by_another_number(x):
    y = x[0] if x[1] > -1 else 0.0
    return np.sqrt(y)


def held_at_one_side(x):
    return np.arccos(np.minimum(x[0] - 1.0, 1.0))


@pytest.mark.parametrize(
    "fun", [no_bound, another_bound, another_condition, chosen_by_another_number, held_at_one_side]
)
def test_what_nothing_holds(fun):
    """The slope is infinite there, as it should be."""
    with np.errstate(all="ignore"), contextlib.suppress(ZeroDivisionError):
        assert not np.all(np.isfinite(grad(fun)(np.zeros(2))))


def without_the_undefined(p):
    terms = p * np.log(p)
    terms[np.isnan(terms)] = 0
    return -terms.sum()


def of_the_defined(p):
    terms = p * np.log(p)
    return -terms[~np.isnan(terms)].sum()


def of_the_positive(p):
    logs = np.log(p)
    return -np.sum(p[logs > -np.inf] * logs[logs > -np.inf])


def overwritten_by_out(p):
    logs = np.log(p)
    np.multiply(p, logs, out=logs, where=p > 0)
    return -np.sum(logs[p > 0])


def scaled_in_place(p):
    roots = np.sqrt(p)
    np.multiply(2.0, roots, out=roots)
    roots[p == 0] = 1.0
    return np.sum(roots * np.arange(4.0)) - 1.0


@pytest.mark.parametrize("fun", [without_the_undefined, of_the_defined, of_the_positive, overwritten_by_out])
def test_entropies_of_shares_that_are_zero(fun):
    agrees(fun, SHARES, np.where(SHARES > 0, -1.0 - np.log(np.where(SHARES > 0, SHARES, 1.0)), 0.0))


def test_whole_arrays_overwritten_by_out():
    agrees(scaled_in_place, SHARES, np.array([0.0, 0.0, 2.0 / np.sqrt(0.3), 3.0 / np.sqrt(0.2)]))


def test_shares_keep_single_precision():
    assert grad(root_of_a_maximum)(X.astype(np.float32)).dtype == np.float32
