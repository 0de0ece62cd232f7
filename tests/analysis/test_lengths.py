"""Square roots of sums of squares are found, others are not; their gradients at 0 are finite."""

from __future__ import annotations

import linecache
import math

import numpy as np
import pytest

from diffcompile import grad, hessian, jvp

POINTS = np.array([[0.3, -1.2], [1.1, 0.4], [-0.7, 0.9]])


def differences(x):
    return x[:, None, :] - x[None, :, :]


def distances(x):
    return np.sqrt(np.sum(differences(x) ** 2, axis=-1))


def read_in_a_loop(x):
    r = distances(x)
    total = 0.0
    for i in range(len(x)):
        for j in range(len(x)):
            if i != j:
                total += 1.0 / r[i, j]
    return total


def stored_at_a_mask(x):
    r = distances(x)
    forces = np.zeros_like(r)
    near = r > 0
    forces[near] = 1.0 / r[near] ** 2
    return np.sum(forces)


def flattened(x):
    r = distances(x).ravel()
    return np.sum(np.log(r[r > 0]))


def without_the_diagonal(x):
    r = distances(x)
    return np.sum((r.sum(axis=1) - np.diag(r)) ** 2)


def sorted_neighbours(x):
    return np.sum(np.sort(distances(x), axis=1)[:, 1])


def of_coordinates(x):
    dx, dy = (x[:, k] - x[:, k][:, None] for k in range(2))
    r = (dx * dx + dy**2) ** 0.5
    return np.sum(r[~np.eye(len(x), dtype=bool)] ** 3)


def of_a_product(x):
    total = 0.0
    for a in x:
        for b in x:
            d = a - b
            total += math.sqrt(d @ d)
    return total


def of_a_contraction(x):
    d = differences(x)
    return np.sum(np.sin(np.sqrt(np.einsum("ijk,ijk->ij", d, d))))


def summed_in_a_loop(x):
    total = 0.0
    for i in range(len(x)):
        for j in range(i + 1):
            squares = 0.0
            for k in range(x.shape[1]):
                squares += (x[i, k] - x[j, k]) ** 2
            total += math.sqrt(squares)
    return total


def summed_in_place(x):
    squares = np.zeros((len(x), len(x)))
    for k in range(x.shape[1]):
        squares += np.square(x[:, k, None] - x[:, k])
    r = np.sqrt(squares)
    return np.sum(r * r * r)


def stored_in_place(x):
    squares = np.empty((len(x), len(x)))
    for i in range(len(x)):
        for j in range(len(x)):
            squares[i, j] = np.sum((x[i] - x[j]) ** 2)
    return np.sum(np.sqrt(squares))


def of_a_list(x):
    total = 0.0
    for a in x:
        squares = [(p - q) ** 2 for p, q in zip(a, x[0], strict=True)]
        total += np.sqrt(sum(squares)) + math.sqrt(0.5 * squares[1] / 3.0)
    return total


def of_a_helper(x):
    def squared(a, b=0.0):
        return abs(a - b) ** 2

    return sum(math.sqrt(squared(x[i, 0], x[j, 0]) + squared(x[i, 1], x[j, 1])) for i in range(3) for j in range(3))


def scaled_apart(x):
    weights = np.array([2.0, 0.0])
    return np.sum(np.sqrt(np.mean(weights * differences(x) ** 2, axis=2)))


FUNCTIONS = [
    read_in_a_loop, stored_at_a_mask, flattened, without_the_diagonal, sorted_neighbours, of_coordinates, of_a_product,
    of_a_contraction, summed_in_a_loop, summed_in_place, stored_in_place, of_a_list, of_a_helper, scaled_apart,
]  # fmt: skip


@pytest.mark.parametrize("fun", FUNCTIONS, ids=lambda fun: fun.__name__)
def test_distances_of_points_from_themselves(fun):
    """The distance of a point from itself is 0 however the points move; both modes."""
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = np.empty_like(POINTS)
        for place in np.ndindex(POINTS.shape):
            step = np.zeros_like(POINTS)
            step[place] = 1e-6
            expected[place] = (fun(POINTS + step) - fun(POINTS - step)) / 2e-6
        found = grad(fun)(POINTS)
        assert np.allclose(found, expected, rtol=1e-6, atol=1e-7)
        direction = np.cos(np.arange(6.0)).reshape(3, 2)
        assert jvp(fun, (POINTS,), (direction,))[1] == pytest.approx(np.sum(found * direction), rel=1e-12)


def of_another_number(x):
    return np.sqrt(x[0] * x[1])


def of_what_was_changed(x):
    squares = x**2
    squares[0] = x[1]
    return np.sum(np.sqrt(squares))


def of_a_changed_list(x):
    squares = [x[0] ** 2, x[1] ** 2]
    squares[1] = x[1]
    return math.sqrt(squares[0]) + math.sqrt(squares[1])


def of_a_difference(x):
    return np.sum(np.sqrt(x**2 - x[0] ** 2))


def of_an_active_weight(x):
    return np.sum(np.sqrt(x[1] * np.array([1.0, 2.0]) ** 2))


def of_one_side(x):
    y = x[0] ** 2 if x[0] > 0 else x[1]
    return np.sqrt(y)


def of_a_sum_that_another_loop_leaves(x):
    total = x[1]
    for k in range(2):
        total = total + x[k] * 0.0 + x[0] ** 2
    return np.sqrt(total)


def of_a_root(x):
    return np.sqrt(np.sqrt(np.sum(x**2)))


OTHERS = [
    of_another_number, of_what_was_changed, of_a_changed_list, of_a_difference, of_an_active_weight, of_one_side,
    of_a_sum_that_another_loop_leaves, of_a_root,
]  # fmt: skip


@pytest.mark.parametrize("fun", OTHERS, ids=lambda fun: fun.__name__)
def test_other_roots_have_no_slope_at_zero(fun):
    """What grows as a square root does not seem to be flat."""
    with np.errstate(divide="ignore", invalid="ignore"):
        try:
            found = grad(fun)(np.zeros(2))
        except ZeroDivisionError:
            return
    assert not np.all(np.isfinite(found))


def test_complex_squares_are_no_squares():
    def f(z):
        return np.sqrt(z**2 + (1j * z) ** 2 + 0.0 * z).real

    with np.errstate(divide="ignore", invalid="ignore"):
        assert not np.isfinite(grad(f)(1.0 + 0.0j))


def test_single_precision_is_kept():
    found = grad(lambda x: np.sum(distances(x)))(POINTS.astype(np.float32))
    assert found.dtype == np.float32 and np.all(np.isfinite(found))


def test_second_derivatives():
    def f(x):
        r = distances(x)
        return np.sum(r**2) + np.sum(r[np.triu_indices(3, 1)])

    found = hessian(f)(POINTS).reshape(6, 6)
    assert np.allclose(found, found.T) and np.all(np.isfinite(found))
    step = 1e-6 * np.cos(np.arange(6.0)).reshape(3, 2)
    expected = (grad(f)(POINTS + step) - grad(f)(POINTS - step)).ravel() / 2
    assert np.allclose(found @ step.ravel(), expected, rtol=1e-6, atol=1e-13)


def test_long_sums_are_left_alone():
    """Whatever is too deep to be followed is no length, and no error."""
    lines = "\n".join(f"    s = s + (x * {k}.0) ** 2" for k in range(1, 400))
    scope = {}
    path = "long_sum.py"
    source = f"def f(x):\n    s = 0.0\n{lines}\n    return s ** 0.5\n"
    linecache.cache[path] = (len(source), None, source.splitlines(True), path)
    exec(compile(source, path, "exec"), scope)
    assert grad(scope["f"])(1.0) == pytest.approx(scope["f"](1.0))
