"""Numerical derivatives against exact ones, and the honesty of their error estimates."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from diffcompile.testing.numerical import directional_derivative


@pytest.mark.parametrize(
    ("fun", "x", "exact", "method", "good"),
    [
        (lambda x: x**3, 1.3, 3 * 1.3**2, "complex step", 1e-9),
        (lambda x: np.exp(np.sin(x)), 0.4, math.cos(0.4) * math.exp(math.sin(0.4)), "complex step", 1e-9),
        (math.sin, 0.4, math.cos(0.4), "central differences", 1e-9),
        (math.log, 0.03, 1 / 0.03, "central differences", 1e-9),
        (np.sqrt, 1e-2, 5.0, "complex step", 1e-9),
        # these run on complex numbers, but mean something else there
        (np.abs, -1.0, -1.0, "central differences", 1e-9),
        (lambda x: np.var(np.array([x, 1.0, 3.0])), 0.5, (2 / 3) * (0.5 - 1.5), "central differences", 1e-9),
        (lambda x: np.real(x) ** 2, 2.0, 4.0, "central differences", 1e-9),
        # large steps leave the branch, or the domain, or cross a kink
        (lambda x: x * x if x < 0.31 else 100.0, 0.3, 0.6, "complex step", 1e-9),
        (lambda x: max(0.0, x - 0.29), 0.3, 1.0, "complex step", 1e-9),
        (
            lambda x: 0.0 if abs(x - 2.5) > 0.05 else math.exp(x),
            2.5,
            math.exp(2.5),
            "central differences",
            1e-9,
        ),
        (lambda x: 1e6 + math.sin(x), 0.4, math.cos(0.4), "central differences", 1e-7),
        (lambda x: float(np.float32(math.sin(x))), 0.4, math.cos(0.4), "central differences", 1e-4),
    ],
)
def test_scalar_derivatives(
    fun: Callable[..., Any], x: float, exact: float, method: str, good: float
) -> None:
    """The value is right within the estimated error, and the estimate is small."""
    got = directional_derivative(fun, (x,), [1.0])
    assert got.method == method
    assert abs(got.value - exact) <= got.error + 1e-15 * abs(exact)
    assert got.error <= good * abs(exact)


@pytest.mark.parametrize("fun", [np.abs, lambda x: max(x, 0.0), lambda x: abs(x) + math.sin(3.0 * x), lambda x: x > 0])
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_close_to_a_kink(fun: Callable[..., Any], side: float) -> None:
    """However far off a kink is: the derivative of the own side comes out, or it is said that there is a kink."""
    for distance in np.logspace(-8.0, -1.0, 150):
        x = float(side * distance)
        got = directional_derivative(fun, (x,), [1.0])
        h = 0.5 * distance
        own = (float(fun(x + h)) - float(fun(x - h))) / (2.0 * h)
        assert "a kink" in got.trouble or abs(got.value - own) <= 10.0 * got.error + h


@pytest.mark.parametrize(
    "fun",
    [
        lambda x: abs(x - 1.0),
        lambda x: max(x, 2.0 - x),
        lambda x: 2.0 * x if x > 1.0 else x,
        math.floor,
        lambda x: math.sqrt(abs(x - 1.0)),
        lambda x: 1.0 if x == 1.0 else math.nan,
        lambda x: math.sqrt(x - 1.0),
    ],
)
def test_where_there_is_no_derivative_the_error_says_so(fun: Callable[..., Any]) -> None:
    """At a kink, a jump or the border of the domain the estimated error is large."""
    assert not directional_derivative(fun, (1.0,), [1.0]).error < 0.1


def test_direction_moves_only_what_it_names() -> None:
    """None leaves a leaf alone; the leaves of nested arguments are counted in order."""

    def fun(params: Any, n: int) -> Any:
        return params["a"] * n + np.sum(params["b"][0] ** 2)

    args = ({"a": 2.0, "b": [np.array([1.0, 3.0])]}, 5)
    assert directional_derivative(fun, args, [1.0, None]).value == pytest.approx(5.0)
    assert directional_derivative(fun, args, [None, np.array([0.5, 1.0])]).value == pytest.approx(7.0)
    assert directional_derivative(fun, args, [2.0, np.array([0.5, 1.0])]).value == pytest.approx(17.0)


def test_function_that_writes_into_its_argument() -> None:
    """Each evaluation gets a fresh copy, the caller's array stays as it is."""

    def fun(x: Any) -> Any:
        x *= x
        return np.sum(x)

    x = np.array([1.0, 2.0])
    assert directional_derivative(fun, (x,), [np.ones(2)]).value == pytest.approx(6.0, rel=1e-12)
    assert x.tolist() == [1.0, 2.0]


def test_narrow_floats_are_widened() -> None:
    """The reference of a float32 argument has the accuracy of float64."""
    x = np.array([0.3, 0.7], dtype=np.float32)
    exact = float(np.sum(np.cos(x.astype(np.float64))))
    got = directional_derivative(lambda x: np.sum(np.sin(x)), (x,), [np.ones(2)])
    assert got.value == pytest.approx(exact, rel=1e-12)


def test_errors_at_the_point_itself_are_the_users() -> None:
    """A function that fails at its argument fails the check with its own exception."""
    with pytest.raises(ZeroDivisionError):
        directional_derivative(lambda x: 1.0 / x, (0.0,), [1.0])
