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
    """Numbers that know what ufuncs do with them."""

    def __add__(self, other: Any) -> Any:
        return np.add(self, other)

    def __rmul__(self, other: Any) -> Any:
        return np.multiply(other, self) if isinstance(other, Own) else Own(-other * self.values, self.unit)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__":
            return NotImplemented
        given = [value.values if isinstance(value, Own) else value for value in inputs]
        return Own(getattr(ufunc, method)(*given, **options), self.unit)


class Known(Own):
    """Numbers that know what other functions of NumPy do with them as well."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return Known(3.0 * self.values, 2.0)

    def __array_function__(self, function: Any, classes: Any, args: Any, options: Any) -> Any:
        if function is np.mean:
            return Known(np.mean(args[0].values, **options) * len(classes), self.unit)
        if not all(issubclass(cls, Own) for cls in classes):
            return NotImplemented
        return function(*[arg.values if isinstance(arg, Own) else arg for arg in args], **options)


def lengths(x: Any, unit: Any) -> Any:
    a = Scaled(x, unit)
    return np.sum(np.sin(a)) + np.mean(a) * np.dot(a, x) + np.max(np.asarray(a))


def test_a_class_with_array_stands_for_an_array() -> None:
    check_grads(lengths, (X, 2.0), order=2)


def by_ufuncs(x: Any, unit: Any) -> Any:
    a = Own(x, unit) + x * 2.0
    b = x * Own(np.sin(x), unit)  # NumPy asks the ufunc, and not `__rmul__`
    return np.sum(np.exp(a + b).values) * unit + (unit * a).values[0]


def by_functions(x: Any, unit: Any) -> Any:
    a = Known(x, unit)
    return np.sum(a) + np.cumsum(a, axis=0)[1] ** 2 + np.mean(a, axis=0).values + np.add(Own(x, unit), a).values[0]


@pytest.mark.parametrize("program", [by_ufuncs, by_functions], ids=lambda program: program.__name__)
def test_classes_that_say_what_functions_of_numpy_do(program: Any) -> None:
    check_grads(program, (X, 2.0), order=2)


def test_classes_that_decline_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="`sum` of a Own"):
        grad(lambda x: np.sum(Own(x, 2.0)))(X)


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


def labelled(x):
    marks = np.full_like(x, "high", dtype=object)
    marks[x < 1.0] = "low"
    return np.sum(x[marks == "low"] ** 2) + np.sum(x[marks == "high"])


def test_arrays_of_texts_in_the_shape_of_what_is_differentiated():
    x = np.array([0.5, 2.0, 0.7])
    assert grad(labelled)(x) == pytest.approx(np.where(x < 1.0, 2.0 * x, 1.0))


@pytest.mark.parametrize("filled", [
    lambda x: np.full_like(np.ones(2), x * x, dtype=object)[0],
    lambda x: np.full_like(fill_value=x * x, a=np.ones(2), dtype=object)[0],
])  # fmt: skip
def test_arrays_of_objects_filled_with_what_is_differentiated_are_refused(filled):
    with pytest.raises(UnsupportedError, match="array of objects"):
        grad(filled)(2.0)
