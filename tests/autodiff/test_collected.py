"""Arrays made of displays: each part takes its piece of the cotangent, without a helper and without a saved list."""

import numpy as np
import pytest

from diffcompile import check_grads, grad

RNG = np.random.default_rng(11)


def rotated(angle, points):
    c, s = np.cos(angle), np.sin(angle)
    return np.sum((points @ np.array([[c, -s], [s, c]])) ** 3)


def written_as_tuples(angle, points):
    c, s = np.cos(angle), np.sin(angle)
    return np.sum((points @ np.array(((c, 2.0), (s, c)), dtype=float)) ** 3)


def right_hand_side(state, steps):
    for _ in range(steps):
        a, b = state
        state = state + 0.1 * np.array([a - a * b, a * b - b])
    return state @ state


def stacked_rows(x, y):
    return np.sum(np.stack([x, x * y, y]) ** 3)


def stacked_along_the_last_axis(x, y):
    return np.sum(np.stack([x, x * y, y], axis=-1) ** 3 * np.arange(3.0))


def rows_of_matrices(x, y):
    return np.sum(np.vstack([x, y * np.outer(x, x)]) ** 3)


def columns(x, y):
    m = np.column_stack([x, x * y, y])
    return np.sum(m[:, :2] * m[:, 1:] * m[:, :2])


def padded(x, y):
    for _ in range(3):
        x = np.concatenate([[0.5], x[1:-1] * y[1:-1], [x[0] * x[-1]]])
    return np.sum(x * x * y)


def joined(x, y):
    m = np.hstack([x, x * x, y, 3.0 * x[1:]])
    return np.sum(m * m * np.arange(len(m)))


def joined_of_sizes_that_are_known(x, y):
    m = np.concatenate([x[:2], [x[0] * y[0], 1.0], x[1:3] * y[1]])
    return np.sum(m * m * np.arange(6.0))


def one_part_twice(x, y):
    m = np.array([x[0], x[0], x[1] * y[0]])
    return m @ m


def a_list_that_is_used_again(x, y):
    parts = [x * y, x]
    m = np.array(parts)
    parts[0] = parts[1] * 2.0
    return np.sum(m**3) + np.sum(parts[0] * np.stack(parts)[0])


def a_list_that_grows(x, y):
    parts = [x]
    parts.append(x * y)
    return np.sum(np.array(parts) ** 3)


def the_array_is_written_to(x, y):
    m = np.array([x[0], x[1] * y[0]])
    m[0] = m[1] * 2.0
    m *= y[0]
    return m @ m


def parts_are_written_to_afterwards(x, y):
    a = x * y
    m = np.stack([a, x])
    a[0] = 3.0
    a *= x
    return np.sum(m**3) + np.sum(a * a)


def rows_of_a_matrix_that_changes(x, y):
    w = np.outer(x, y)
    for k in range(2):
        m = np.stack([w[0], w[k + 1]])
        w[k] = m[0] * m[1]
    return np.sum(w * w)


def in_a_branch(x, y):
    m = np.array([x[0], x[1]]) if x[0] * y[0] < 100.0 else np.array([x[1], x[0]])
    return m @ (m * m)


def from_outside_the_loop(x, y):
    a, b = x[0] * y[0], x[1]
    total = 0.0
    for k in range(3):
        m = np.array([a, b, k + 0.5])
        total += (m @ m) * a
    return total


TWO = [
    stacked_rows, stacked_along_the_last_axis, rows_of_matrices, columns, padded, joined,
    joined_of_sizes_that_are_known, one_part_twice, a_list_that_is_used_again, a_list_that_grows,
    the_array_is_written_to, parts_are_written_to_afterwards, rows_of_a_matrix_that_changes, in_a_branch,
    from_outside_the_loop,
]  # fmt: skip


@pytest.mark.parametrize("fun", TWO)
def test_to_second_order(fun):
    x, y = RNG.uniform(0.5, 1.5, 4), RNG.uniform(0.5, 1.5, 4)
    check_grads(fun, (x, y), order=2, modes=("rev", "fwd"), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("fun", [rotated, written_as_tuples])
def test_of_numbers(fun):
    check_grads(fun, (0.7, RNG.normal(size=(3, 2))), order=2, modes=("rev", "fwd"), rtol=1e-4, atol=1e-5)


def test_a_right_hand_side_keeps_no_list():
    gradient = grad(right_hand_side)
    state = np.array([1.2, 0.7])
    found = gradient(state, 5)
    step = 1e-6
    for k in range(2):
        shift = step * np.eye(2)[k]
        slope = (right_hand_side(state + shift, 5) - right_hand_side(state - shift, 5)) / (2 * step)
        assert found[k] == pytest.approx(slope, rel=1e-8)
    assert "as_cotangent" not in gradient.source
    assert "match" not in gradient.source
    assert "copy" not in gradient.source


@pytest.mark.parametrize("fun", [stacked_rows, columns, joined])
def test_no_helper_is_left(fun):
    gradient = grad(fun)
    gradient(RNG.normal(size=4), RNG.normal(size=4))
    assert "diffcompile" not in gradient.source


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_dtypes_stay(dtype):
    x = np.array([0.5, 1.5, 2.0], dtype)
    (found,) = grad(lambda x: np.sum(np.abs(np.stack([x, x * x])) ** 2), argnums=(0,))(x)
    assert found.dtype == dtype
    expected = 2 * x + 4 * x**3 if dtype is not np.complex128 else np.conj(2 * x + 4 * x * np.abs(x) ** 2)
    assert np.allclose(found, expected, rtol=1e-5) or np.allclose(found, np.conj(expected), rtol=1e-5)


def test_more_numbers_than_are_taken_apart():
    def fun(x):
        a, b = x
        return np.sum(np.array([a, b, a * b, a, b, a, b, a, b, a, b, a, b, a, b, a, b, a, b]) ** 2)

    check_grads(fun, (np.array([0.5, 1.5]),), order=2, modes=("rev", "fwd"), rtol=1e-4, atol=1e-5)


def rows_of_an_array_that_is_written_to(x, y):
    total = 0.0
    for k in range(2):
        m = np.stack([x, x * y])
        m[k] *= y
        m[1 - k, 1:] = m[k, :-1] * x[0]
        total += np.sum(m**3)
    return total


def ends_of_an_array_that_is_written_to(x, y):
    m = np.concatenate([x, y * x])
    m[2:6] *= m[:4]
    return np.sum(m**3)


@pytest.mark.parametrize("fun", [rows_of_an_array_that_is_written_to, ends_of_an_array_that_is_written_to])
def test_of_memory(fun):
    x, y = RNG.uniform(0.5, 1.5, 4), RNG.uniform(0.5, 1.5, 4)
    check_grads(fun, (x, y), order=2, modes=("rev", "fwd"), rtol=1e-4, atol=1e-5)
