"""Programs that write to one of several arrays that meet in a container: which of them belong to the surroundings."""

from __future__ import annotations

import numpy as np
import pytest

from diffcompile import UnsupportedError, check_grads, grad

TABLE = np.array([1.0, 2.0, 3.0])
TABLES = [np.ones(3), np.array([2.0, 1.0, 0.5])]


def beside_what_is_written(x):
    """A global array is in a list with one that is written to."""
    out = np.zeros(3)
    out[0] = x[0] * x[1]
    total = 0.0
    for k in range(3):
        total += np.sum([TABLE, out, x][k] * x)
    return total


def views_beside_what_is_written(x):
    """Lists of views are joined."""
    parts = [TABLE[k : k + 2] for k in range(2)] + [x[:2]]
    x[0] = 3.0 * x[1]
    return sum(np.sum(part * x[1:]) for part in parts)


def carried_beside_what_is_written(x):
    """The name changes from trip to trip."""
    current = TABLE
    out = x * x
    for k in range(3):
        out[k] += np.sum(current) * x[k]
        current = current * 0.5
    return np.sum(out * current)


def in_a_dict_that_is_written(x):
    """A dict that may hold itself is written to, the array in it is not."""
    held = {"part": None}
    for _ in range(2):
        held["part"] = TABLE if held["part"] is None else held
    return np.sum(TABLE * x) * len(held)


def by_a_loop(x):
    """Write to each array of a list."""
    for part in [TABLE, x]:
        part *= 2.0  # noqa: PLW2901 - that is the point
    return np.sum(x)


def by_an_item(x):
    """Write to an array that a global list holds."""
    part = TABLES[1]
    part[0] = x[0]
    return np.sum(part)


def by_a_view(x):
    """Write to a view of what a tuple holds."""
    pair = (TABLE, x)
    part = pair[0][1:]
    for _ in range(2):
        part = part[::-1]
    part += x[1:]
    return np.sum(part)


def by_another_name(x):
    """Write to what was appended by another name of the list."""
    parts = []
    other = parts
    other.append(TABLE)
    parts[0][0] = x[0]
    return np.sum(parts[0])


@pytest.mark.parametrize(
    "function",
    [
        beside_what_is_written, views_beside_what_is_written, carried_beside_what_is_written,
        in_a_dict_that_is_written,
    ],
)
def test_read_only(function):
    before = TABLE.copy()
    check_grads(function, (np.array([0.3, 0.5, 0.7]),))
    np.testing.assert_array_equal(TABLE, before)


@pytest.mark.parametrize("function", [by_a_loop, by_an_item, by_a_view, by_another_name])
def test_written(function):
    with pytest.raises(UnsupportedError, match=r"writes to TABLES?, which belongs to its surroundings"):
        grad(function)(np.array([0.3, 0.5, 0.7]))
