"""Derivatives of derivatives: nested from outside, taken inside a function, mixed modes, and never confused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from diffcompile import DiffCompileError, grad, jvp, value_and_grad, vjp


def cube(x):
    return x**3


def wave(x):
    return math.sin(x) * math.exp(0.5 * x)


def settle(w, x, n):
    y = x
    for _ in range(n):
        y = np.tanh(w @ y)
    return np.sum(y * y)


def test_third_order():
    assert grad(grad(grad(cube)))(2.0) == pytest.approx(6.0)
    assert grad(grad(grad(grad(cube))))(2.0) == 0.0


def test_fifth_order_of_a_transcendental():
    # the n-th derivative is (5/4) ** (n / 2) * exp(x / 2) * sin(x + n * atan(2))
    derivative, x = wave, 0.7
    for n in range(1, 6):
        derivative = grad(derivative)
        expected = 1.25 ** (n / 2) * math.exp(x / 2) * math.sin(x + n * math.atan(2.0))
        assert derivative(x) == pytest.approx(expected, rel=1e-12)


def test_adjoint_of_an_adjoint_is_readable_code():
    second = grad(grad(wave))
    second(0.7)
    assert "def wave_grad_grad(x):" in second.source
    assert "derivative" not in second.source


@pytest.mark.parametrize("n", [0, 1, 5])
def test_hessian_vector_product_of_a_loop_both_ways(n):
    rng = np.random.default_rng(3)
    w, x, v, u = rng.normal(size=(3, 3)), rng.normal(size=3), rng.normal(size=(3, 3)), rng.normal(size=(3, 3))
    gradient = grad(settle)
    numerical = (gradient(w + 1e-6 * v, x, n) - gradient(w - 1e-6 * v, x, n)) / 2e-6
    _, forward = jvp(gradient, (w, x, n), (v, None, None))
    np.testing.assert_allclose(forward, numerical, atol=1e-8)
    _, pullback = vjp(gradient, w, x, n)
    reverse = pullback(u)[0]
    assert np.sum(reverse * v) == pytest.approx(np.sum(forward * u), abs=1e-12)
    # reverse over forward
    swept = grad(lambda weights: jvp(settle, (weights, x, n), (v, None, None))[1])
    np.testing.assert_allclose(swept(w), forward, atol=1e-12)


class TestPerturbationConfusion:
    """Each derivative moves its own variable only."""

    def test_inner_derivative_of_what_captures_the_outer_variable(self):
        def outer(x):
            def inner(y):
                return x * y

            return x * grad(inner)(1.0)

        assert grad(outer)(3.0) == pytest.approx(6.0)

    def test_lambda(self):
        def outer(x):
            return grad(lambda y: (x * y) ** 2)(2.0)

        assert grad(outer)(3.0) == pytest.approx(24.0)

    def test_forward_in_forward(self):
        def outer(x):
            return x * jvp(lambda y: x + y, (1.0,), (1.0,))[1]

        assert jvp(outer, (3.0,), (1.0,)) == (3.0, 1.0)

    def test_forward_in_reverse_and_reverse_in_forward(self):
        def outer(x):
            return jvp(lambda y: math.sin(x * y), (x,), (1.0,))[1]  # x cos(x * y) at y = x

        def other(x):
            return grad(lambda y: math.sin(x * y))(x)

        expected = math.cos(4.0) - 8.0 * math.sin(4.0)
        assert grad(outer)(2.0) == pytest.approx(expected)
        assert jvp(other, (2.0,), (1.0,))[1] == pytest.approx(expected)

    def test_same_function_at_both_levels(self):
        def outer(x):
            return cube(x) * grad(cube)(x)

        assert grad(outer)(2.0) == pytest.approx(3 * 5 * 2.0**4)

    def test_three_levels(self):
        def outer(x):
            def middle(y):
                def inner(z):
                    return x * y**2 * z**3

                return grad(inner)(y) * x  # 3 x**2 y**4

            return grad(middle)(x)  # 12 x**5

        assert grad(outer)(1.5) == pytest.approx(60 * 1.5**4)

    def test_arrays_in_a_loop(self):
        def outer(x):
            total = 0.0
            for k in range(3):
                total += np.sum(grad(lambda y, k=k: np.sum(x * y ** (k + 1)))(x))
            return total

        x = np.array([0.5, -1.5, 2.0])
        np.testing.assert_allclose(grad(outer)(x), 1.0 + 4.0 * x + 9.0 * x**2)


def test_unrolled_gradient_descent_differentiated_with_respect_to_its_rate():
    a = np.array([[2.0, 0.3], [0.3, 1.0]])
    b = np.array([1.0, -2.0])

    def loss(w):
        return 0.5 * w @ a @ w - b @ w

    def trained(rate, n):
        w = np.zeros(2)
        for _ in range(n):
            w = w - rate * grad(loss)(w)
        return loss(w)

    numerical = (trained(0.1 + 1e-6, 7) - trained(0.1 - 1e-6, 7)) / 2e-6
    assert grad(trained)(0.1, 7) == pytest.approx(numerical, rel=1e-7)
    assert jvp(trained, (0.1, 7), (1.0, None))[1] == pytest.approx(numerical, rel=1e-7)


def test_value_and_grad_with_auxiliary_and_names_inside():
    def f(x, y, flag):
        return x * y**2, {"flag": flag}

    def outer(x, y):
        pair = value_and_grad(f, argnums=("y", "x"), has_aux=True)
        (value, _), (by_y, by_x) = pair(x, y, True)
        return value * by_y * by_x

    # x y**2 * 2 x y * y**2 = 2 x**2 y**5
    assert grad(outer, argnums=(0, 1))(1.5, 0.5) == pytest.approx((4 * 1.5 * 0.5**5, 10 * 1.5**2 * 0.5**4))


def test_structured_arguments_inside():
    def loss(params, x):
        w, b = params
        return np.sum(np.tanh(w @ x + b) ** 2)

    def penalty(params, x):
        w_bar, b_bar = grad(loss)(params, x)
        return np.sum(w_bar**2) + np.sum(b_bar**2)

    rng = np.random.default_rng(5)
    params, x = (rng.normal(size=(2, 3)), rng.normal(size=2)), rng.normal(size=3)
    found = grad(penalty)(params, x)
    step = 1e-6
    for part in range(2):
        for place in np.ndindex(params[part].shape):
            moved = [[p.copy() for p in params] for _ in range(2)]
            moved[0][part][place] += step
            moved[1][part][place] -= step
            numerical = (penalty(tuple(moved[0]), x) - penalty(tuple(moved[1]), x)) / (2 * step)
            assert found[part][place] == pytest.approx(numerical, abs=1e-7)


def test_derivative_of_a_function_that_writes_to_its_argument():
    def inner(u):
        u[1:] *= u[:-1]
        return np.sum(u**2)

    def outer(x):
        y = x * 2.0
        g = grad(inner)(y)
        return np.sum(g * y)  # y is as it was

    x = np.array([0.5, 1.5, -0.7])
    numerical = [(outer(x + 1e-6 * e) - outer(x - 1e-6 * e)) / 2e-6 for e in np.eye(3)]
    np.testing.assert_allclose(grad(outer)(x), numerical, atol=1e-6)


def test_write_to_a_captured_array_is_refused():
    def outer(x):
        buffer = np.zeros(3)

        def inner(y):
            buffer[0] = y
            return np.sum(buffer * y)

        return grad(inner)(x)

    with pytest.raises(DiffCompileError, match="belongs to its surroundings"):
        grad(outer)(1.0)


def test_tangent_of_another_shape_is_an_error():
    def outer(x, v):
        return np.sum(jvp(lambda y: y * x, (x,), (v,))[1])

    with pytest.raises(ValueError, match="shape"):
        grad(outer)(np.ones(3), np.ones(2))


def test_a_decorated_gradient_is_a_function_like_any_other():
    @grad
    def slope(x):
        return x**4

    def outer(x: Any) -> Any:
        return slope(x) + slope(2.0 * x)

    assert grad(outer)(1.5) == pytest.approx(12 * 1.5**2 + 2 * 12 * 3.0**2)


def test_what_one_branch_does_not_assign():
    def f(x, y):
        if np.sum(x) > 0.0:
            d = x[::-1]
        else:
            y /= 1.4 + 0.3 * np.cos(x[0])
            d = x * 2.0
        return np.sum(x * x * y) + np.sum(d**3)

    rng = np.random.default_rng(8)
    for sign in (1.0, -1.0):
        x, y, v, u = sign * (1.0 + rng.random(3)), rng.normal(size=3), rng.normal(size=3), rng.normal(size=3)
        gradient = grad(f)
        numerical = (gradient(x + 1e-6 * v, y) - gradient(x - 1e-6 * v, y)) / 2e-6
        np.testing.assert_allclose(jvp(gradient, (x, y), (v, None))[1], numerical, atol=1e-7)
        assert vjp(gradient, x, y)[1](u)[0] @ v == pytest.approx(u @ numerical, abs=1e-6)


def test_a_writable_view_by_einsum():
    def f(x):
        np.einsum("ii->i", x)[:] = 0.5 * x[0, 1]
        return np.sum(x**2)

    x, v = np.arange(1.0, 10.0).reshape(3, 3), np.cos(np.arange(9.0)).reshape(3, 3)
    numerical = (f(x + 1e-6 * v) - f(x - 1e-6 * v)) / 2e-6
    assert jvp(f, (x.copy(),), (v,))[1] == pytest.approx(numerical, rel=1e-7)


def test_a_slice_made_by_its_name_starts_at_the_beginning() -> None:
    def f(x: Any, n: Any) -> Any:
        part = slice(n)
        return np.sum(x[part] ** 2) + np.sum(x[slice(n)] ** 3) + np.sum(x[slice(1, n)]) + np.sum(x[slice(0, n, 2)])

    x = np.arange(1.0, 6.0)
    expected = np.zeros(5)
    expected[:3] += 2 * x[:3] + 3 * x[:3] ** 2
    expected[1:3] += 1.0
    expected[0:3:2] += 1.0
    np.testing.assert_array_equal(grad(f)(x, 3), expected)
    cut = tuple(slice(n) for n in (2, 1))
    np.testing.assert_array_equal(grad(lambda x: np.sum(x[cut]))(np.ones((3, 2))), [[1, 0], [1, 0], [0, 0]])


def test_second_derivative_of_an_interpolation_at_a_number() -> None:
    def f(x: Any) -> Any:
        return np.interp(x[0], [0.0, 1.0, 3.0], [0.0, 2.0, 3.0]) ** 2 * x[0]

    x, v = np.array([0.4]), np.array([1.0])
    assert jvp(grad(f), (x,), (v,))[1] == pytest.approx(24.0 * x)
    assert vjp(grad(f), x)[1](v)[0] == pytest.approx(24.0 * x)


def test_numbers_in_lists_that_a_loop_puts_together() -> None:
    def f(x: Any, a: Any) -> Any:
        parts: list[Any] = []
        for k in range(3):
            parts = parts + [x[k] * a]  # noqa: RUF005 - with the star it would be another program
        return parts[0] * parts[1] ** 2 * parts[2]

    gradient = grad(f, argnums=(0, 1))
    x, v, u = np.array([0.7, 1.3, -0.4]), np.array([0.2, -0.5, 0.8]), np.array([1.1, 0.3, -0.6])
    above, below = gradient(x + 1e-6 * v, 0.9 + 2e-7), gradient(x - 1e-6 * v, 0.9 - 2e-7)
    numerical = [(a - b) / 2e-6 for a, b in zip(above, below, strict=True)]
    along = jvp(gradient, (x, 0.9), (v, 0.2))[1]
    np.testing.assert_allclose(along[0], numerical[0], atol=1e-7)
    assert along[1] == pytest.approx(numerical[1], abs=1e-7)
    backwards = vjp(gradient, x, 0.9)[1]((u, 0.5))
    assert backwards[0] @ v + backwards[1] * 0.2 == pytest.approx(u @ numerical[0] + 0.5 * numerical[1], abs=1e-7)
