"""What may be differentiated beside a Python function with fixed parameters: ufuncs, partials, ``*args``."""

from __future__ import annotations

import functools
import math
import pickle

import numpy as np
import pytest

import diffcompile
from diffcompile import (
    MissingRuleError,
    UnsupportedError,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    value_and_grad,
    vjp,
)

VECTOR = np.array([0.3, -0.7, 1.1])
MATRIX = np.array([[1.0, 0.2, -0.4], [0.5, 2.0, 0.1], [-0.3, 0.6, 1.5]])


def product(scale, *factors, shift=1.0, **more):
    """Take any number of arguments."""
    result = scale + shift
    for factor in factors:
        result = result * factor
    return result * more.get("times", 1.0)


def weighted(weights, x, power=2.0):
    """Return a number."""
    return np.sum(weights * x**power)


class Model:
    """Has a method that takes any number of arguments."""

    slope = 2.0

    def run(self, *xs):
        """Return a number."""
        return self.slope * xs[0] * xs[1]


def test_callables_with_rules():
    assert grad(math.sin)(0.3) == math.cos(0.3)
    np.testing.assert_array_equal(grad(np.sum)(MATRIX), np.ones((3, 3)))
    np.testing.assert_allclose(grad(np.linalg.norm)(VECTOR), VECTOR / np.linalg.norm(VECTOR))
    np.testing.assert_allclose(grad(np.vdot, argnums=(0, 1))(VECTOR, 2 * VECTOR), (2 * VECTOR, VECTOR))
    value, slope = value_and_grad(np.logaddexp, argnums=1)(1.0, 2.0)
    assert value == np.logaddexp(1.0, 2.0)
    assert slope == pytest.approx(1 / (1 + math.exp(-1.0)))
    np.testing.assert_allclose(np.diag(jacobian(np.tanh)(VECTOR)), 1 - np.tanh(VECTOR) ** 2)
    np.testing.assert_allclose(vjp(np.matmul, MATRIX, VECTOR)[1](VECTOR)[1], MATRIX.T @ VECTOR)
    np.testing.assert_allclose(jvp(np.cumsum, (VECTOR,), (VECTOR,))[1], np.cumsum(VECTOR))


def test_higher_derivatives_of_callables_with_rules():
    assert grad(grad(math.sin))(0.3) == pytest.approx(-math.sin(0.3))
    assert hvp(math.sin)(0.3, 2.0) == pytest.approx(-2 * math.sin(0.3))
    norm = np.linalg.norm(VECTOR)
    expected = np.eye(3) / norm - np.outer(VECTOR, VECTOR) / norm**3
    np.testing.assert_allclose(hessian(np.linalg.norm)(VECTOR), expected)

    def sum_of_slopes(x):
        return grad(math.sin)(x) + grad(product, argnums=1)(x, x)

    assert grad(sum_of_slopes)(0.3) == pytest.approx(-math.sin(0.3) + 1.0)


def test_partial():
    bound = functools.partial(weighted, VECTOR, power=3.0)
    np.testing.assert_allclose(grad(bound)(VECTOR), 3 * VECTOR**3)
    np.testing.assert_allclose(grad(bound, argnums="x")(VECTOR), 3 * VECTOR**3)
    by_power = grad(functools.partial(weighted, VECTOR**2), argnums="power")(np.abs(VECTOR), power=2.0)
    assert by_power == pytest.approx(np.sum(VECTOR**4 * np.log(np.abs(VECTOR))))
    diffcompile.check_grads(bound, (np.abs(VECTOR),), modes=("rev", "fwd"), order=2)


def test_positions_of_a_variadic_function_count_arguments():
    assert grad(product)(2.0, 3.0, 5.0) == 15.0
    assert grad(product, argnums=2)(2.0, 3.0, 5.0) == 9.0
    assert grad(product, argnums=-1)(2.0, 3.0, 5.0, times=2.0) == 18.0
    assert grad(product, argnums=(1, 0))(2.0, 3.0) == (3.0, 3.0)
    assert grad(product, argnums="shift")(2.0, 3.0) == 3.0
    assert grad(product, argnums="factors")(2.0, 3.0, 5.0) == (15.0, 9.0)
    assert grad(Model().run, argnums=1)(2.0, 3.0) == 4.0
    assert hvp(lambda *xs: xs[0] ** 3 * xs[1])(2.0, 3.0, 1.0) == 36.0
    assert vjp(product, 2.0, 3.0)[1](2.0) == (6.0, 6.0)
    assert jvp(product, (2.0, 3.0), (None, 1.0)) == (9.0, 3.0)


def test_calls_of_several_shapes_from_one_gradient():
    slope = grad(product)
    assert slope(2.0) == 1.0
    first = slope.source
    assert slope(2.0, 3.0) == 3.0
    assert slope.source != first
    assert slope(2.0, shift=4.0) == 1.0
    assert pickle.loads(pickle.dumps(grad(math.sin)))(0.3) == math.cos(0.3)


def test_pullbacks_share_their_code(monkeypatch):
    def square(x):
        return x * x

    vjp(square, 2.0)[1](1.0)
    monkeypatch.setattr("diffcompile.api.pullbacks.compile_gradient", None)
    assert vjp(square, 3.0)[1](1.0) == (6.0,)


def test_refusals():
    with pytest.raises(ValueError, match="sin has 1 parameters, so there is no number 3"):
        grad(np.sin, argnums=3)(0.1)
    with pytest.raises(ValueError, match="has no parameter 'y'"):
        grad(np.sum, argnums="y")
    with pytest.raises(MissingRuleError, match="print has neither"):
        grad(print)(1.0)
    with pytest.raises(TypeError, match="returned an int"):
        grad(np.argmax)(VECTOR)
    with pytest.raises(TypeError, match="it is int 3"):
        grad(np.sin)(3)
    with pytest.raises(UnsupportedError, match="'dict' is not a Python function"):
        grad(dict)


def doubled(function):
    @functools.wraps(function)
    def inner(x, **options):
        return 2.0 * function(x, **options)

    return inner


@doubled
def scaled(x, factor=None, power=3.0):
    return x**power if factor is None else factor * x**power


def weighed(x, *weights, scale, offset=0.5, **options):
    return x * x * weights[0] * scale * options["gain"] + offset


def test_derivatives_of_derivatives_of_what_a_decorator_made_with_other_parameters():
    assert grad(grad(scaled))(1.5) == 18.0
    assert hvp(scaled)(1.5, 1.0, power=2.0) == 4.0
    assert hessian(scaled)(1.5, factor=2.0) == 36.0
    assert jacobian(scaled)(1.5) == 13.5


def test_jacobians_of_functions_with_parameters_of_all_kinds():
    slopes = jacobian(weighed, argnums="x")(np.array([1.0, 2.0]), 2.0, scale=3.0, gain=0.5)
    np.testing.assert_array_equal(slopes, np.diag([6.0, 12.0]))
    assert hvp(weighed, argnums="x")(1.5, 2.0, 1.0, scale=3.0, gain=0.5) == 6.0
