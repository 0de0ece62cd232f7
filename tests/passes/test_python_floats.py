"""Numbers that are read as Python's floats, and those that must stay NumPy's."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcompile import grad, jvp, pipeline, value_and_grad

X = np.array([0.3, -0.4, 1.2, 0.15, -0.9])
A = np.array([[0.3, -0.4, 1.2], [0.15, -0.9, 0.7], [0.2, 0.6, -0.1]])


def burgers(u):
    u = u.copy()
    for _ in range(3):
        for i in range(1, len(u) - 1):
            u[i] = u[i] - 0.1 * u[i] * (u[i + 1] - u[i - 1]) + 0.1 * (u[i - 1] - 2.0 * u[i] + u[i + 1])
    return np.sum(u * u)


def neighbours(a):
    a = a.copy()
    for i in range(1, 2):
        for j in range(1, 2):
            a[i, j] = 0.2 * (a[i - 1, j] + a[i + 1, j] + a[i, j - 1] + a[i, j + 1] + a[i, j])
    return np.sum(a * a)


def by_functions(x):
    total = 0.0
    for i in range(1, len(x)):
        low = x[i] if x[i] < x[i - 1] else x[i - 1]
        total += math.exp(low - x[i]) + math.exp(low - x[i - 1]) * math.sin(x[i] * x[i - 1] - low)
    return total


def carried(x):
    y = np.zeros(len(x))
    state = x[0]
    for i in range(len(x)):
        state = 0.5 * state + x[i] * x[i] - 0.1 * state * x[i]
        y[i] = state
    return np.sum(y * y)


def saved_in_branches(x):
    y = np.zeros(len(x))
    for i in range(1, len(x)):
        if x[i] - x[i - 1] > 0.0:
            s = x[i] * x[i - 1] - x[i]
            t = s * s + x[i - 1]
        else:
            s = x[i] + 2.0 * x[i - 1]
            t = s * x[i] * x[i - 1]
        y[i] = math.cos(s * t) * t
    return np.sum(y)


def from_the_end(x):
    x = x.copy()
    for _ in range(2):
        x[-2] = x[-1] * x[0] - x[-3] * x[1] + x[-2] * x[-2] * (x[-1] - x[0])
    return np.sum(x * x)


CONVERTED = [
    (burgers, X), (neighbours, A), (by_functions, X), (carried, X), (saved_in_branches, X), (from_the_end, X),
]  # fmt: skip


@pytest.mark.parametrize(("fun", "x"), CONVERTED, ids=lambda value: getattr(value, "__name__", ""))
def test_python_floats_give_the_same_to_the_last_bit(
    fun: Callable[..., Any], x: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    gradient = grad(fun)
    value, found = value_and_grad(fun)(x)
    _, tangent = jvp(fun, (x,), (np.cos(x),))
    gradient(x)
    assert ".item(" in gradient.source
    monkeypatch.setattr(pipeline, "read_floats", lambda function, types, saved: function)
    expected = grad(lambda x: fun(x))  # noqa: PLW0108 - compiled anew
    np.testing.assert_array_equal(found, expected(x), strict=True)
    assert ".item(" not in expected.source
    assert value == fun(x)
    np.testing.assert_allclose(np.vdot(found, np.cos(x)), tangent, rtol=1e-12)


def divided(x):
    y = np.zeros(len(x))
    for i in range(1, len(x)):
        t = x[i] - x[i - 1]
        y[i] = t * (x[i] + x[i - 1]) * 0.5 / (t * t * x[i] - x[i - 1] * t)
    return np.sum(np.where(np.isfinite(y), y, 0.0))


def test_a_division_by_zero_is_numpys() -> None:
    with np.errstate(all="ignore"):
        assert not np.isfinite(grad(divided)(np.ones(4))).any()
        assert value_and_grad(divided)(np.ones(4))[0] == divided(np.ones(4)) == 0.0
    np.testing.assert_allclose(divided(X), value_and_grad(divided)(X)[0])


def powers(x):
    y = np.zeros(len(x))
    for i in range(1, len(x)):
        t = x[i] - x[i - 1] + x[i] * x[i - 1] * 0.5
        y[i] = (t * t * 1e200) ** 2 + (t * x[i]) ** -1
    return np.sum(y)


def test_powers_are_numpys() -> None:
    x = np.array([0.3, 0.0, 0.0, 2.0])
    with np.errstate(all="ignore"):
        value, found = value_and_grad(powers)(x)
        np.testing.assert_equal(value, powers(x))
    assert not np.isfinite(found).all()


def overflowing(x):
    y = np.zeros(len(x))
    for i in range(1, len(x)):
        t = x[i] * 1e200 - x[i - 1]
        y[i] = t * t * x[i] + t * x[i - 1]
    return np.sum(y)


def test_overflow_is_infinite() -> None:
    with np.errstate(all="ignore"):
        assert overflowing(np.full(3, 1e3)) == value_and_grad(overflowing)(np.full(3, 1e3))[0] == math.inf


def raising(x):
    y = np.zeros(len(x))
    with np.errstate(over="raise"):
        for i in range(1, len(x)):
            t = x[i] * 1e200 - x[i - 1]
            y[i] = t * t * x[i] + t * x[i - 1]
    return np.sum(y)


def test_contexts_see_numpys_overflow() -> None:
    with pytest.raises(FloatingPointError):
        raising(np.full(3, 1e3))
    with pytest.raises(FloatingPointError):
        value_and_grad(raising)(np.full(3, 1e3))


def counted(x):
    y = np.zeros(len(x))
    for i in range(2, len(x)):
        up = (x[i] - x[i - 1] > 0.0) + (x[i - 1] * 2.0 - x[i - 2] > 0.0)
        y[i] = up * x[i] * x[i - 1] - x[i - 2]
    return np.sum(y)


def told_apart(x):
    total = 0.0
    for i in range(1, len(x)):
        t = x[i] - 2.0 * x[i - 1] + x[i] * x[i - 1]
        total = total + (t * t if isinstance(t, np.floating) else 100.0 * t)
    return total


def printed(x):
    total = 0.0
    for i in range(1, len(x)):
        t = x[i] - 2.0 * x[i - 1] + x[i] * x[i - 1]
        total = total + (2.0 if f"{t!r}".startswith("np") else 1.0) * t
    return total


def kept(x):
    found = []
    for i in range(1, len(x)):
        found.append(x[i] - 2.0 * x[i - 1] + x[i] * x[i - 1])
    return sum(v.dtype.itemsize * v for v in found)


def of_singles(x):
    y = x.astype(np.float32)
    scale = np.float32(0.1)
    total = np.float32(0.0)
    for i in range(1, len(x)):
        total = total + scale * (x[i] - 2.0 * x[i - 1]) * x[i] + y[i] * (x[i] - x[i - 1] + 1.0)
    return total * np.sum(y)


def of_complex(x):
    z = np.zeros(len(x), dtype=complex)
    for i in range(1, len(x)):
        z[i] = (x[i] - 2.0 * x[i - 1] + x[i] * x[i - 1]) * 1j + x[i]
    return np.sum(np.abs(z) ** 2)


def into_singles(x):
    y = np.zeros(len(x), dtype=np.float32)
    for i in range(1, len(x)):
        y[i] += (x[i] - 2.0 * x[i - 1] + x[i] * x[i - 1]) * x[i]
    return np.sum(y * x)


@pytest.mark.parametrize(
    "fun", [counted, told_apart, printed, kept, of_singles, of_complex, into_singles], ids=lambda fun: fun.__name__
)
def test_what_can_tell_floats_apart_sees_numpys(fun: Callable[..., Any]) -> None:
    value, found = value_and_grad(fun)(X)
    assert value == fun(X)
    steps = 1e-2 * np.eye(len(X)) if fun in (of_singles, into_singles) else 1e-5 * np.eye(len(X))
    expected = [(fun(X + step) - fun(X - step)) / (2.0 * step.sum()) for step in steps]
    np.testing.assert_allclose(found, expected, rtol=2e-2 if fun in (of_singles, into_singles) else 1e-6)


def returned(x):
    return x[0] * x[1] - x[2] * (x[3] + x[4] - x[0])


def test_the_value_is_a_number_of_numpy() -> None:
    value, _ = value_and_grad(returned)(X)
    assert type(value) is type(returned(X)) is np.float64


def of_an_iterator(x):
    total = 0.0
    for i in range(2, x.size):
        total += (x.flat[i] - 2.0 * x.flat[i - 1] + x.flat[i - 2] * x.flat[i]) * x.flat[0]
    return total


def test_iterators_have_no_items() -> None:
    np.testing.assert_allclose(value_and_grad(of_an_iterator)(A)[0], of_an_iterator(A))


def read_once(x, w):
    for i in range(len(x)):
        x[i] = w[i]
    return np.sum(x * x)


def test_one_read_stays_as_it_is() -> None:
    gradient = grad(read_once, argnums=1)
    gradient(X.copy(), X)
    assert ".item(" not in gradient.source


def test_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        grad(burgers)(X)
