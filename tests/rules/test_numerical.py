"""Rules that evaluate their function only."""

from __future__ import annotations

import array
import math
import operator
from typing import Any

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad, jacfwd, jvp, numerical_rule, value_and_grad
from diffcompile.errors import DiffCompileError


def in_c(x: Any, n: Any = 3) -> Any:
    """Go through memory that no compiler sees."""
    data = array.array("d", np.ravel(x))
    return sum(math.sin(value) ** n for value in data)


def vector(x: Any, weight: Any, name: str) -> Any:
    """Return an array, from an array and a number, in a way that says nothing."""
    return np.array(list(map({"sine": math.sin}[name], x))) * weight


def complex_capable(x: Any) -> Any:
    return eval("x ** 3 * np.exp(-x)")


def with_abs(x: Any) -> Any:
    return eval("abs(x) ** 3 + 0 * x")


def near_edge(x: Any) -> Any:
    return eval("math.sqrt(x - 1.0)")


def jumping(x: Any) -> Any:
    return eval("float(x > 1.0)")


numerical_rule(in_c)
numerical_rule(vector)
numerical_rule(complex_capable, method="complex")
numerical_rule(with_abs, method="complex")
numerical_rule(near_edge)
numerical_rule(jumping)
X = np.array([0.3, -1.2, 2.5])


def test_differences_of_a_number_of_an_array() -> None:
    gradient = grad(lambda x: in_c(2.0 * x) ** 2)
    expected = 2.0 * in_c(2.0 * X) * 3.0 * np.sin(2.0 * X) ** 2 * np.cos(2.0 * X) * 2.0
    np.testing.assert_allclose(gradient(X), expected, rtol=1e-8)
    assert "difference_adjoint(in_c" in gradient.source
    _, tangent = jvp(lambda x: in_c(2.0 * x) ** 2, (X,), (np.ones(3),))
    np.testing.assert_allclose(tangent, np.sum(expected), rtol=1e-8)


def test_keywords_defaults_and_arguments_without_derivative() -> None:
    def loss(x: Any, weight: Any) -> Any:
        return np.sum(vector(x, name="sine", weight=weight) ** 2) + in_c(x, n=2)

    value, (x_bar, weight_bar) = value_and_grad(loss, argnums=(0, 1))(X, 1.5)
    np.testing.assert_allclose(value, np.sum(np.sin(X) ** 2) * 3.25, rtol=1e-12)
    np.testing.assert_allclose(x_bar, 3.25 * np.sin(2.0 * X), rtol=1e-8)
    np.testing.assert_allclose(weight_bar, 3.0 * np.sum(np.sin(X) ** 2), rtol=1e-8)
    assert type(weight_bar) is float
    _, tangent = jvp(loss, (X, 1.5), (2.0 * X, -1.0))
    np.testing.assert_allclose(tangent, x_bar @ (2.0 * X) - weight_bar, rtol=1e-8)


def test_complex_step_is_exact() -> None:
    gradient = grad(lambda x: complex_capable(x * x))
    z = 0.7 * 0.7
    np.testing.assert_allclose(gradient(0.7), (3 * z**2 - z**3) * math.exp(-z) * 1.4, rtol=1e-14)
    assert "complex_step_adjoint(complex_capable" in gradient.source
    assert "complex_step_tangent(complex_capable" in jvp_source()
    tangent = jvp(lambda x: complex_capable(x) + 0.0, (z,), (2.0,))[1]
    np.testing.assert_allclose(tangent, 2.0 * (3 * z**2 - z**3) * math.exp(-z))


def jvp_source() -> str:
    compiled = jacfwd(lambda x: complex_capable(x) + 0.0)
    compiled(0.7)
    return str(compiled.source)


def test_a_complex_step_that_means_something_else_is_noticed() -> None:
    with pytest.raises(ArithmeticError, match="complex step"):
        grad(lambda x: with_abs(x) + 0.0)(-0.7)
    with pytest.raises(ArithmeticError, match="complex step"):
        jvp(lambda x: with_abs(x) + 0.0, (-0.7,), (1.0,))


def test_steps_stay_in_the_domain() -> None:
    np.testing.assert_allclose(grad(lambda x: near_edge(x) + 0.0)(1.01), 5.0, rtol=1e-6)


def test_a_jump_has_no_derivative() -> None:
    with pytest.raises(ArithmeticError, match="do not settle"):
        grad(lambda x: jumping(x) + x)(1.0)


def test_found_at_run_time_and_in_a_loop() -> None:
    def loss(x: Any, functions: Any) -> Any:
        total = 0.0
        for function in functions:
            total = total + function(x)
        return total

    expected = 3.0 * np.sin(X) ** 2 * np.cos(X)
    np.testing.assert_allclose(grad(loss)(X, [in_c, in_c]), 2.0 * expected, rtol=1e-8)


def test_the_argument_keeps_dtype_and_content() -> None:
    x = X.astype(np.float32)
    found = grad(lambda x: in_c(x) + 0.0)(x)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(x, X.astype(np.float32))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: numerical_rule(in_c, method="magic"), "magic"),
        (lambda: numerical_rule(lambda *args: args[0]), "gathers"),
        (lambda: numerical_rule(operator.methodcaller("sum"), parameters=None), "gathers|cannot be read"),
    ],
)
def test_what_cannot_be_registered(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_results_that_are_not_real_are_refused() -> None:
    def complex_result(x: Any) -> Any:
        return eval("complex(x, x)")

    numerical_rule(complex_result)
    with pytest.raises(TypeError, match="real"):
        grad(lambda x: complex_result(x).real)(0.5)


def test_second_derivatives_are_refused() -> None:
    with pytest.raises((DiffCompileError, UnsupportedError)):
        grad(lambda x: np.sum(grad(lambda y: in_c(y) + 0.0)(x)))(X)
