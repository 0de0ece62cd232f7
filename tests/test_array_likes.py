"""Objects in place of arrays: classes with ``__array__``, polynomials, what ``np.vectorize`` returns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad, value_and_grad
from diffcompile.testing import check_grads

X = np.array([0.7, -1.3, 2.1])
Y = np.array([1.5, 0.4, -0.8])


class Scaled:
    """Numbers that are stored without their unit."""

    def __init__(self, values: Any, unit: Any) -> None:
        self.values, self.unit = values, unit

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.values * self.unit


class Own(Scaled):
    """Numbers that know what functions of NumPy do with them."""

    def __array_ufunc__(self, *args: Any, **kwargs: Any) -> Any:
        return 1.0


def lengths(x: Any, unit: Any) -> Any:
    a = Scaled(x, unit)
    return np.sum(np.sin(a)) + np.mean(a) * np.dot(a, x) + np.max(np.asarray(a))


def test_a_class_with_array_stands_for_an_array() -> None:
    check_grads(lengths, (X, 2.0), order=2)


def test_a_class_with_protocols_of_its_own_does_not() -> None:
    with pytest.raises(UnsupportedError, match="Own"):
        grad(lambda x: np.sum(np.sin(Own(x, 2.0))))(X)


def products(x: Any, y: Any) -> Any:
    p, q = np.poly1d(x), np.poly1d(y)
    r = (2.0 * p - q) * q + 1.0
    return r(0.3) + np.sum(r.deriv().c) + len(r.variable) * (p / q)[0](1.0)


def test_arithmetic_of_polynomials() -> None:
    value, gradients = value_and_grad(products, argnums=(0, 1))(X, Y)
    assert value == pytest.approx(products(X, Y))
    assert gradients[0].shape == gradients[1].shape == (3,)
    check_grads(products, (X, Y), order=2)


def test_a_copy_of_a_polynomial_keeps_its_variable() -> None:
    def named(x: Any) -> Any:
        p = np.poly1d(np.poly1d(x, variable="ab"))
        return p(2.0) * len(p.variable) * len(np.poly1d(p, variable="abc").variable)

    check_grads(named, (X,))


@np.vectorize
def bent(u: Any, v: Any) -> Any:
    return u * v if u > 0 else u * u * v


@np.vectorize
def both(u: Any, v: Any) -> Any:
    return u * v, u + v


def test_functions_that_were_vectorised_outside() -> None:
    def loss(x: Any, t: Any) -> Any:
        product, total = both(x[:, None], x)
        return np.sum(bent(x, t) ** 2) + np.sum(np.sin(product) * total)

    check_grads(loss, (X, 0.6))


def test_second_derivatives_where_a_number_is_spread_over_all_calls() -> None:
    mixed = np.vectorize(lambda u, v, w, k: u * v * w + w * k * k)
    check_grads(lambda x, y, t: np.sum(mixed(x, y, t, x)), (X, Y, 0.6), order=2)


def test_options_that_change_are_seen_by_the_next_call() -> None:
    line = np.vectorize(lambda p, v: np.sum(p) * v)
    gradient = grad(lambda x: np.sum(line(x, X)))
    np.testing.assert_allclose(gradient(Y), X)
    line.excluded.add(0)
    np.testing.assert_allclose(gradient(Y), np.full(3, np.sum(X)))
