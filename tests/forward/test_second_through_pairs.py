"""Second and third derivatives of programs with recursion and with callees that are found at run time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad, hessian, hvp, jvp, vjp

X = np.array([0.7, 0.9, 0.4])
V, W = np.array([0.3, -0.7, 1.1]), np.array([1.0, 0.5, -0.2])
SCALE = 1.5


def several(x: Any, n: int, s: Any = 1.0) -> Any:
    if n == 0:
        return x * SCALE, x * x, 3
    a, b, c = several(np.sin(x) * s, n - 1)
    return a * b, a + x, c


def one_of_three_results(x: Any) -> Any:
    return np.sum(several(x, 2)[0])


def arrays_and_numbers(x: Any) -> Any:
    a, b, _ = several(x, 2)
    return np.sum(a * b) + several(np.sum(x), 1)[1] * several(x[2], 2, x[0])[0]


def written(a: Any, b: Any, n: int) -> None:
    if n == 0:
        return
    a[n - 1] = a[n - 1] * b[n] + a[n] ** 2
    b[n] = a[n - 1]
    written(a, b, n - 1)


def two_arrays_are_written(x: Any) -> Any:
    a, b = x * 1.0, x * x
    written(a, b, 2)
    return np.sum(a * b)


def read_and_written(a: Any, n: int) -> Any:
    if n == 0:
        return 1.0
    a[n] = a[n] * a[n - 1]
    return a[n] * read_and_written(a, n - 1)


def result_and_array(x: Any) -> Any:
    a = x * 1.0
    return read_and_written(a, 2) * np.sum(a * a)


def captured_by_itself(x: Any) -> Any:
    def inner(n: int, y: Any) -> Any:
        return y * x[0] if n == 0 else inner(n - 1, y * y) + x[n]

    return np.sum(inner(2, x))


def product(a: Any, b: Any, c: Any = 1.0) -> Any:
    return a * b * c


def squares(a: Any) -> Any:
    return np.sum(a * a) * a


OPERATIONS = {"product": product, "squares": squares, "exp": np.exp, "hypot": np.hypot}


def found_in_a_dict(x: Any) -> Any:
    y = x
    for name in ("exp", "squares"):
        y = OPERATIONS[name](y * 0.3)
    y = OPERATIONS["product"](y, x, c=x[0])
    for name in ("hypot", "product"):
        y = OPERATIONS[name](y, x + 1.5)
    return np.sum(y)


def early(x: Any, n: int) -> Any:
    if n == 0 or x[0] > 1e9:
        return x
    y = early(x * 1.1, n - 1)
    return y * x if n % 2 else y


def returns_early(x: Any) -> Any:
    return np.sum(early(x, 3) ** 2)


def complex_inside(z: Any, n: int) -> Any:
    return z if n == 0 else complex_inside(z * z + 0.1j, n - 1)


def complex_recursion(x: Any) -> Any:
    z = complex_inside(x[0] + 1j * x[1], 2)
    return z.real * z.imag * x[2]


def gradient_inside(x: Any) -> Any:
    return sum(grad(lambda y: np.sum(early(y, 2) * y))(x))


def gradient_times_recursion(x: Any) -> Any:
    return gradient_inside(x * x) * one_of_three_results(x)


ALL = [
    one_of_three_results, arrays_and_numbers, two_arrays_are_written, result_and_array, captured_by_itself,
    found_in_a_dict, returns_early, complex_recursion, gradient_inside, gradient_times_recursion,
]  # fmt: skip


def differences(f: Any, h: float) -> Any:
    steps = h * np.eye(3)
    return np.array([(f(X + step) - f(X - step)) / (2 * h) for step in steps])


@pytest.mark.parametrize("f", ALL)
def test_all_ways_to_a_second_derivative(f: Any) -> None:
    slope = grad(f)
    matrix = differences(slope, 1e-5)
    np.testing.assert_allclose(slope(X.copy()), differences(f, 1e-6), rtol=1e-6, atol=1e-7)
    ways = {
        "hessian": (hessian(f)(X.copy()), matrix),
        "hvp": (hvp(f)(X.copy(), V), matrix @ V),
        "forward over reverse": (jvp(slope, (X.copy(),), (V,))[1], matrix @ V),
        "reverse over reverse": (vjp(slope, X.copy())[1](W)[0], W @ matrix),
        "forward over forward": (jvp(lambda y: jvp(f, (y,), (V,))[1], (X.copy(),), (W,))[1], W @ matrix @ V),
    }
    for way, (found, expected) in ways.items():
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6, err_msg=way)


@pytest.mark.parametrize("f", [one_of_three_results, returns_early, complex_recursion, found_in_a_dict])
def test_reverse_over_forward(f: Any) -> None:
    found = grad(lambda y: jvp(f, (y,), (V,))[1])(X.copy())
    np.testing.assert_allclose(found, differences(grad(f), 1e-5) @ V, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("f", [one_of_three_results, two_arrays_are_written, returns_early, found_in_a_dict])
def test_third_derivatives(f: Any) -> None:
    curved = grad(lambda y: np.sum(grad(f)(y) * W))
    found = grad(lambda y: np.sum(curved(y) * V))(X.copy())
    np.testing.assert_allclose(found, differences(lambda y: np.sum(curved(y) * V), 1e-5), rtol=1e-5, atol=1e-6)


def test_second_pullback_and_other_types() -> None:
    pullback = vjp(grad(two_arrays_are_written), X.copy())[1]
    np.testing.assert_array_equal(pullback(W)[0], pullback(W)[0])
    second = grad(grad(lambda t: several(t, 2)[0]))
    slope = grad(lambda t: several(t, 2)[0])
    for t in (0.7, np.float64(0.3), 0.2):
        assert second(t) == pytest.approx((slope(t + 1e-5) - slope(t - 1e-5)) / 2e-5, rel=1e-6)


def test_changed_global_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    before = hessian(one_of_three_results)(X.copy())
    monkeypatch.setattr(f"{__name__}.SCALE", 3.0)
    after = hessian(one_of_three_results)(X.copy())
    np.testing.assert_allclose(after, differences(grad(one_of_three_results), 1e-5), rtol=1e-5, atol=1e-6)
    assert not np.allclose(before, after)


def doubles(a: Any) -> Any:
    a *= 2.0
    return np.sum(a * a)


def handed_over(x: Any, functions: Any) -> Any:
    y = x * 1.0
    for f in functions:
        y = y * f(y)
    return np.sum(y)


def captures_what_is_active(x: Any, count: Any) -> Any:
    functions = [lambda t: t * x, np.sin, lambda t: t + x[0]]
    y = x
    for k in range(count):
        y = functions[k % 3](y) * y
    return np.sum(y)


def shared_and_written(x: Any, _: Any) -> Any:
    a = x * 1.0
    written(a, a, 2)
    return np.sum(a)


@pytest.mark.parametrize(
    ("f", "given", "message"),
    [
        (handed_over, [np.sin, doubles], "writes to its argument"),
        (shared_and_written, None, "two arguments that share memory"),
    ],
)
def test_what_is_refused(f: Any, given: Any, message: str) -> None:
    with pytest.raises(UnsupportedError, match=message):
        hessian(f)(X.copy(), given)
    with pytest.raises(UnsupportedError, match=message):
        vjp(grad(f), X.copy(), given)[1](W)


def test_functions_that_are_handed_over() -> None:
    functions = [np.sin, squares, np.tanh]
    found = hessian(handed_over)(X.copy(), functions)
    expected = differences(lambda x: grad(handed_over)(x, functions), 1e-5)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_functions_that_capture_what_is_active() -> None:
    found = hessian(captures_what_is_active)(X.copy(), 3)
    expected = differences(lambda x: grad(captures_what_is_active)(x, 3), 1e-5)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(vjp(lambda x: grad(captures_what_is_active)(x, 3), X.copy())[1](W)[0], found @ W)


def raises(x: Any, n: int) -> Any:
    if n == 0:
        raise ArithmeticError
    return raises(x * x, n - 1)


def test_errors_keep_their_type() -> None:
    with pytest.raises(ArithmeticError):
        hessian(lambda x: np.sum(raises(x, 3)))(X.copy())
