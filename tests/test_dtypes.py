"""Arrays that hold something else than numbers: what depends on an argument does not go through them."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np
import pytest

from diffcompile import DiffCompileError, grad, jvp

X = np.array([0.5, 1.2, -0.7])
PAIR = [("u", float), ("v", float)]


def cast(x: Any) -> Any:
    return x.astype(object)[0] * 2


def sorted_objects(x: Any) -> Any:
    return np.sort(x.astype("O"))[0] * 2


def made_of_an_array(x: Any) -> Any:
    return np.array(x, dtype=object)[0] * 2


def asked_for(x: Any) -> Any:
    return np.asarray(x, object)[1] * x[0]


def filled(x: Any) -> Any:
    return np.full(3, x[0], dtype=object)[0] * 2


def of_rows(x: Any) -> Any:
    return np.array([x, x**2], dtype=object)[1].sum()


def stored_to(x: Any) -> Any:
    a = np.empty(3, dtype=object)
    a[0] = x[0] * 2
    return a[0] * 1.0


def product_of_objects(x: Any) -> Any:
    a = np.ones(3, dtype=object) * x[0]
    return a[0] * a[1]


def records(x: Any) -> Any:
    a = np.zeros(3, dtype=PAIR)
    a["u"] = x
    return a["u"].sum()


def records_of_tuples(x: Any) -> Any:
    return np.array([(x[0], x[1])], dtype=PAIR)["u"][0]


def something_among_objects(x: Any) -> Any:
    return np.array([x[0], None], dtype=object)[0] * 2


def literal(x: Any) -> Any:
    return ast.literal_eval(repr(float(x[0])))


def literal_in_a_product(x: Any) -> Any:
    return ast.literal_eval(repr(float(x[0]))) * x[1]


FUNCTIONS = [
    cast, sorted_objects, made_of_an_array, asked_for, filled, of_rows, stored_to, product_of_objects, records,
    records_of_tuples, something_among_objects, literal, literal_in_a_product,
]  # fmt: skip


@pytest.mark.parametrize("fun", FUNCTIONS, ids=lambda fun: fun.__name__)
def test_no_derivative_is_lost(fun: Any) -> None:
    """Each depends on its argument; without numbers there is an error, never a zero."""
    with pytest.raises((DiffCompileError, TypeError, AttributeError)):
        grad(fun)(X)


@pytest.mark.parametrize("fun", FUNCTIONS, ids=lambda fun: fun.__name__)
def test_no_tangent_is_lost(fun: Any) -> None:
    """A tangent may come through objects, which calculate."""
    expected = (fun(X + 1e-6) - fun(X - 1e-6)) / 2e-6
    try:
        _, found = jvp(fun, (X,), (np.ones(3),))
    except (DiffCompileError, TypeError, AttributeError, IndexError):
        return
    assert found == pytest.approx(expected, rel=1e-6)


def test_objects_that_depend_on_nothing() -> None:
    def fun(x: Any) -> Any:
        names = np.array(["a", None, 2], dtype=object)
        pairs = np.array([(1.0, 2.0)], dtype=PAIR)
        return x[0] * len(names) * pairs["v"][0]

    np.testing.assert_allclose(grad(fun)(X), [6.0, 0.0, 0.0])


def test_the_advice_names_the_line() -> None:
    with pytest.raises(DiffCompileError, match="an array of objects") as caught:
        grad(cast)(X)
    assert "use an array of floats" in str(caught.value)
    assert "test_dtypes.py" in str(caught.value)


def chosen_dtype(x: Any, n: int) -> Any:
    a = np.zeros(3, float if n > 2 else int)
    a[:] = x * 2
    return a.sum() * 1.0


def chosen_array(x: Any, n: int) -> Any:
    a = np.zeros(3) if n > 2 else np.zeros(3, int)
    a[1] = x[1] * 2
    return a.sum() * 1.0


def like_a_list(x: Any, n: int) -> Any:
    a = np.empty_like([n, 2.0 * n, 3] if n > 2 else [n, 2, 3])
    a[:] = x * 2
    return a.sum() * 1.0


@pytest.mark.parametrize("fun", [chosen_dtype, chosen_array, like_a_list], ids=lambda fun: fun.__name__)
def test_what_is_cut_off_has_no_derivative(fun: Any) -> None:
    """That an array holds integers shows when the program runs: its derivative is 0, or refused."""
    expected = (fun(X + 1e-6, 5) - fun(X - 1e-6, 5)) / 2e-6
    assert np.sum(grad(fun)(X, 5)) == pytest.approx(expected, rel=1e-6)
    assert jvp(fun, (X, 5), (np.ones(3), None))[1] == pytest.approx(expected, rel=1e-6)
    for derivative in (lambda: np.sum(grad(fun)(X, 1)), lambda: jvp(fun, (X, 1), (np.ones(3), None))[1]):
        try:
            found = derivative()
        except DiffCompileError as error:
            assert "dtype int64" in str(error)
        else:
            assert found == 0
