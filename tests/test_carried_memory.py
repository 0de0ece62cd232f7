"""What memory means where a number of an array is an array without axes: compared with differences of the program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcompile import value_and_grad
from duck import Duck, host

PROGRAMS: list[Callable[[Any], Any]] = []


def program(fun: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Add a function of an array of four items."""
    PROGRAMS.append(fun)
    return fun


@program
def number_in_a_list(x: Any) -> Any:
    s = np.sum(x)
    parts = [s, s * 2.0]
    s *= 3.0
    return parts[0] * parts[1]


@program
def item_is_a_view(x: Any) -> Any:
    t = x[0]
    u = x[1]
    t += u
    return t * x[0] * u


@program
def sum_of_items(x: Any) -> Any:
    acc = np.zeros_like(x[0])
    for i in range(len(x)):
        acc += x[i] ** 2
    return acc


@program
def largest_is_taken_off(x: Any) -> Any:
    m = np.max(x)
    x -= m
    return np.sum(np.exp(x))


@program
def norm_is_taken_out(x: Any) -> Any:
    n = np.sqrt(np.sum(x * x))
    x /= n
    return x[0] * x[1] + n


@program
def sum_from_a_number(x: Any, k: float = 2.0) -> Any:
    s = 0.0
    for i in range(3):
        s += k * x[i]
    return s * s


@program
def product_of_items(x: Any) -> Any:
    s = x[0]
    for i in range(1, 4):
        s = s * x[i]
    return s


@program
def view_of_a_view(x: Any) -> Any:
    y = x.copy()
    r = y[1:3]
    q = r[0]
    r *= 2.0
    return q * y[2]


@program
def best_is_a_view(x: Any) -> Any:
    best = x[0]
    for i in range(4):
        best = max(best, x[i])
    best *= 2.0
    return best * np.sum(x)


@program
def number_of_python(x: Any) -> Any:
    s = np.sum(x)
    f = float(s)
    s += 1.0
    return f * s


@program
def items_change_names(x: Any) -> Any:
    a, b = x[0], x[1]
    a, b = b, a
    a += b
    return a * b * x[1]


@program
def numbers_kept_in_a_list(x: Any) -> Any:
    h = []
    s = np.sum(x)
    for _ in range(3):
        h.append(s)
        s = np.sin(s)
    h[0] += 1.0
    return h[0] * h[1] * h[2]


@program
def mean_changes(x: Any) -> Any:
    s = np.mean(x)
    v = (x - s)
    s -= 1.0
    return np.sum(v * s)


@program
def item_that_is_overwritten(x: Any) -> Any:
    y = np.abs(x[2])
    x[2] = 0.5
    return y * np.sum(x)


@program
def copies_of_an_item(x: Any) -> Any:
    y = +x[2]
    z = x[2] * 1.0
    x[2] = 0.5
    return y * z * np.sum(x)


@program
def real_part_is_the_array(x: Any) -> Any:
    y = np.real(x)
    y[0] = 2.0
    return np.sum(x * x)


X = np.array([0.7, 1.3, 0.4, 0.9])
STEP = 1e-6


@pytest.mark.parametrize("fun", PROGRAMS, ids=lambda fun: fun.__name__)
def test_memory(fun: Callable[[Any], Any]) -> None:
    value, slope = value_and_grad(fun)(Duck(X.copy()))
    assert host(value) == pytest.approx(float(host(fun(Duck(X.copy())))), rel=1e-13)
    for place, found in enumerate(host(slope)):
        up, down = X.copy(), X.copy()
        up[place] += STEP
        down[place] -= STEP
        expected = (float(host(fun(Duck(up)))) - float(host(fun(Duck(down))))) / (2.0 * STEP)
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-7)
