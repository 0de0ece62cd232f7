"""``x.flat`` is an iterator: neither an array nor a view of one, and it is gone over once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcompile import UnsupportedError, check_grads, grad


def read_twice(a):
    f = a.flat
    a *= 2
    c = f * np.ones(6)
    return np.sum(c**2) + np.sum(np.sin(f)) * np.max(f)


def read_while_the_array_changes(a):
    f = a.flat
    s = 0.0
    for _ in range(3):
        a[0] *= 1.1
        s = s + np.sum(np.sin(f))
    return s * np.mean(a.T.flat)


def filled(out):
    out[1] = out[2] * out[3]
    return np.sum(np.sin(out)) + np.sum(out * np.ones(6))


def handed_to_a_helper(a):
    return filled(a.flat) * filled((2.0 * a).T.flat)


def stored_and_unpacked(a):
    m = np.zeros(6)
    m[:] = a.flat
    a.flat[a.flat < 0] = 0.5
    x, y, *z = a.flat
    return np.sum(m**2) * x + y * z[1] + sum(z)


def gone_over(a):
    s = 0.0
    a.flat[1] = a[1, 1] ** 2
    for x, y in zip(a.flat, a.T.flat, strict=True):
        s += x * y
    for i, x in enumerate(a.flat):
        s += x**2 * i
    return s + sum(a.flat) ** 2


def of_anything(arrays):
    s = 0.0
    for x in arrays:
        x.flat[1:] = x.flat[:-1] * 2.0
        s += np.sum(np.sin(x.flat)) + x.flat[2] ** 2
    return s


def column(a, b):
    b = b * a[0, 0]
    c = np.zeros((6, 1))
    c.flat = b
    a.flat = c * 2.0
    return np.sum(a**3) + np.sum(c**2)


def begun_anew_or_cut(a, b):
    """What is stored has fewer items than there are places, or more."""
    c, d, e = np.zeros((4, 4)), np.zeros(2), np.zeros((2, 4))
    c.flat = a
    d.flat = b
    e.flat[1:6] = b[0, :2]
    e.flat[:2] = [b[1, 0], b[1, 1], b[1, 2]]
    return np.sum(c**3 * np.arange(16.0).reshape(4, 4)) + d[0] ** 2 * d[1] + np.sum(e**2 * c[:2])


A = np.arange(6.0).reshape(2, 3) / 3.0 - 0.8
RIGHT = {
    read_twice: (A,),
    read_while_the_array_changes: (A,),
    handed_to_a_helper: (A,),
    stored_and_unpacked: (A,),
    gone_over: (A,),
    of_anything: ([A, A[0] + 1.0],),
    column: (A, A.reshape(6, 1) + 0.1),
    begun_anew_or_cut: (A, A + 0.3),
}


@pytest.mark.parametrize("f", RIGHT, ids=lambda f: f.__name__)
def test_derivatives(f: Callable[..., Any]) -> None:
    check_grads(f, RIGHT[f], modes=("rev", "fwd"))


@pytest.mark.parametrize("f", [gone_over, column, begun_anew_or_cut], ids=lambda f: f.__name__)
def test_second_derivatives(f: Callable[..., Any]) -> None:
    check_grads(f, RIGHT[f], modes=("rev", "fwd"), order=2)


def twice(a):
    f = a.flat
    return sum(f) * sum(f)


def in_a_loop(a):
    f = a.flat
    s = 0.0
    for i in range(3):
        for x in f:
            s += x
            if i == 0:
                break
    return s


def as_array(a):
    b = np.array(a.flat)  # in NumPy 2 a view
    b[0] = 2.0 * a[1, 1]
    return np.sum(a**2)


def chosen(a):
    f = a.flat if a[0, 0] > 0 else a.T.flat
    a *= 2.0
    return np.sum(np.sin(f)) + np.sum(np.cos(f))


def in_a_list(a):
    fs = [a.flat, a.T.flat]
    a *= 2.0
    s = 0.0
    for k in range(len(a)):
        s += np.sum(np.sin(fs[k])) + np.sum(np.cos(fs[k]))
    return s


@pytest.mark.parametrize("f", [twice, in_a_loop, as_array, chosen, in_a_list], ids=lambda f: f.__name__)
def test_refused(f: Callable[..., Any]) -> None:
    with pytest.raises(UnsupportedError, match="flat iterator"):
        grad(f)(A)
