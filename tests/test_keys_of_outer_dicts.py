"""Keys of dicts that are found outside are those that they have, and not those that some branch would add."""

from __future__ import annotations

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad

TABLE = {"weights": np.array([1.0, 2.0])}
FULL = {"weights": np.array([1.0, 2.0]), "scale": 3.0}


def weighted(x, table):
    parts = {}
    total = 0.0
    for k in range(2):
        parts[k] = x[k] * table["weights"][k]
        total = total + parts[k]
    return total


def prepared(x, table):
    if "scale" not in table:
        table["scale"] = 2.0
    else:
        x = x * 5.0
    return x, table


def with_table(x):
    x, table = prepared(x, TABLE)
    return weighted(x, table)


def with_full_table(x):
    x, table = prepared(x, FULL)
    return weighted(x, table) * table["scale"]


def with_argument(x, table):
    x, table = prepared(x, table)
    return weighted(x, table) * table["scale"]


def test_a_branch_that_adds_a_key_is_not_taken_for_granted():
    with pytest.raises(UnsupportedError, match="writes to TABLE"):
        grad(with_table)(np.ones(2))
    assert "scale" not in TABLE


def test_a_key_that_is_there_decides():
    np.testing.assert_array_equal(grad(with_full_table)(np.ones(2)), [15.0, 30.0])
    np.testing.assert_array_equal(grad(with_argument)(np.ones(2), dict(FULL)), [15.0, 30.0])
    np.testing.assert_array_equal(grad(with_argument)(np.ones(2), dict(TABLE)), [2.0, 4.0])
