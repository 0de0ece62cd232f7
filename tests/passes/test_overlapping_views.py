"""Views that have no shadow of their own are taken anew, of a copy, where they are read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad, stop_gradient
from diffcompile.ir.core import Function
from diffcompile.passes.overlapping_views import read_views_anew
from diffcompile.specialise import Program
from passes.rewriting import assert_becomes, assert_stays

X = np.array([1.0, -2.0, 4.0])


def anew(program: Program) -> Function:
    return read_views_anew(program.function, program.types)


def test_reads_before_and_after_a_store() -> None:
    def before(x: Any) -> Any:
        a = x.copy()
        wide = np.broadcast_to(a, (2, 3))
        s = np.sum(wide)
        a[0] = 5.0
        return s * np.sum(wide[1])

    def after(x: Any) -> Any:
        a = x.copy()
        wide = np.broadcast_to(a.copy(), (2, 3))
        s = np.sum(wide)
        a[0] = 5.0
        wide = np.broadcast_to(a.copy(), (2, 3))
        return s * np.sum(wide[1])

    assert_becomes(before, after, anew, X)


def test_views_of_what_nobody_writes_stay() -> None:
    def fun(x: Any) -> Any:
        wide = np.broadcast_to(x, (2, 3))
        return np.sum(wide * wide[0])

    assert_stays(fun, anew, X)


def test_sums_of_einsum_are_no_views() -> None:
    def fun(x: Any) -> Any:
        a = np.outer(x, x)
        rows = np.einsum("ij->i", a)
        a[0, 0] = 5.0
        return np.sum(rows) * a[0, 1]

    assert_stays(fun, anew, X)


def test_stopped_array_that_changes() -> None:
    """The derivative goes through one name only."""

    def fun(x: Any) -> Any:
        a = x.copy()
        b = stop_gradient(a)
        a[0] = a[1] * 2
        return np.sum(a * b)

    np.testing.assert_allclose(grad(fun)(X), [0.0, 2 * -4.0 - 2.0, 4.0])


def in_list(x: Any) -> Any:
    a = x.copy()
    wide = np.broadcast_to(a, (2, 3))
    kept = [wide]
    a[0] = 3.0 * a[1]
    return np.sum(kept[0])


def returned(x: Any) -> Any:
    a = x.copy()
    wide = np.broadcast_to(a, (2, 3)) if x[0] > 0 else x
    a[0] = 3.0 * a[1]
    return np.sum(wide)


def reshaped(x: Any) -> Any:
    """It is known at run time only that the reshaped array is a copy, which does not see the store."""
    a = x.copy()
    flat = np.broadcast_to(a, (2, 3)).reshape(-1)
    a[0] = 3.0 * a[1]
    return np.sum(flat)


@pytest.mark.parametrize("fun", [in_list, returned, reshaped])
def test_what_is_kept_or_may_be_a_copy_is_refused(fun: Any) -> None:
    with pytest.raises(UnsupportedError, match="broadcast view"):
        grad(fun)(X)
