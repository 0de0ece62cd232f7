"""Jacobians, Hessians and their products: both modes, structures, inside functions, complex arguments."""

from __future__ import annotations

import numpy as np
import pytest

from diffcompile import grad, hessian, hvp, jacfwd, jacobian, jacrev

A = np.array([[0.5, -1.0, 0.3], [1.2, 0.4, -0.7], [-0.2, 0.9, 1.1], [0.8, -0.6, 0.1]])
X = np.array([0.3, -0.8, 1.2])


def field(x):
    return np.sin(A @ x) * x[0]


def energy(x):
    return np.sum(np.tanh(A @ x) ** 3)


def total(x):
    return np.sum(x)


def numerical_jacobian(f, x, step=1e-6):
    columns = []
    for place in np.ndindex(x.shape):
        moved = [x.copy(), x.copy()]
        moved[0][place] += step
        moved[1][place] -= step
        columns.append((f(moved[0]) - f(moved[1])) / (2 * step))
    return np.reshape(np.stack(columns, axis=-1), (*np.shape(columns[0]), *x.shape))


@pytest.mark.parametrize("make", [jacfwd, jacrev, jacobian])
def test_jacobian_of_a_vector_field(make):
    found = make(field)(X)
    assert found.shape == (4, 3)
    np.testing.assert_allclose(found, numerical_jacobian(field, X), atol=1e-9)


@pytest.mark.parametrize("make", [jacfwd, jacrev])
def test_shapes_of_matrices(make):
    def f(w, scale):
        return np.outer(w[0], w[1]) * scale

    w = np.arange(1.0, 7.0).reshape(2, 3)
    by_w, by_scale = make(f, argnums=("w", "scale"))(w, 0.5)
    assert by_w.shape == (3, 3, 2, 3)
    assert by_scale.shape == (3, 3)
    np.testing.assert_allclose(by_w, numerical_jacobian(lambda w: f(w, 0.5), w), atol=1e-8)
    np.testing.assert_allclose(by_scale, np.outer(w[0], w[1]))


@pytest.mark.parametrize("make", [jacfwd, jacrev])
def test_structures(make):
    def f(params):
        w, b = params["w"], params["b"]
        return {"y": w * b, "total": np.sum(w)}, [b**2]

    first, second = make(f)({"w": X, "b": 2.0})
    np.testing.assert_allclose(first["y"]["w"], 2.0 * np.eye(3))
    np.testing.assert_allclose(first["y"]["b"], X)
    np.testing.assert_allclose(first["total"]["w"], np.ones(3))
    assert first["total"]["b"] == 0.0
    assert second[0]["b"] == 4.0
    np.testing.assert_array_equal(second[0]["w"], np.zeros(3))


def test_the_cheaper_mode_is_chosen():
    wide, tall = jacobian(lambda x: np.sum(x) * x[:2]), jacobian(lambda x: np.outer(x, x))
    wide(X)
    tall(X)
    assert "Pullback" in wide.source
    assert "tangent" in tall.source


def test_single_precision_stays():
    assert jacfwd(lambda x: x * x)(X.astype(np.float32)).dtype == np.float32
    assert jacrev(lambda x: x * x)(X.astype(np.float32)).dtype == np.float32


def test_empty_arguments_and_constant_results():
    assert jacfwd(lambda x: x * 2.0)(np.zeros(0)).shape == (0, 0)
    assert jacrev(total)(np.zeros(0)).shape == (0,)
    np.testing.assert_array_equal(jacfwd(lambda x: np.ones(2))(X), np.zeros((2, 3)))


def test_hessian_is_symmetric_and_right():
    found = hessian(energy)(X)
    np.testing.assert_allclose(found, found.T, atol=1e-14)
    np.testing.assert_allclose(found, numerical_jacobian(grad(energy), X), atol=1e-8)
    np.testing.assert_allclose(jacrev(jacrev(energy))(X), found, atol=1e-13)
    np.testing.assert_allclose(jacfwd(jacfwd(energy))(X), found, atol=1e-13)
    np.testing.assert_allclose(jacrev(jacfwd(energy))(X), found, atol=1e-13)


def test_third_derivatives():
    third = jacfwd(hessian(energy))(X)
    assert third.shape == (3, 3, 3)
    np.testing.assert_allclose(third, numerical_jacobian(hessian(energy), X), atol=1e-7)
    np.testing.assert_allclose(third, np.transpose(third, (2, 0, 1)), atol=1e-13)


def test_hvp():
    v = np.array([1.0, -0.5, 2.0])
    np.testing.assert_allclose(hvp(energy)(X, v), hessian(energy)(X) @ v, atol=1e-14)
    by_both = hvp(lambda x, y: np.sum(x * y**2), argnums=(0, 1))(X, 2.0 * X, (v, v))
    np.testing.assert_allclose(by_both[0], 4.0 * X * v)
    np.testing.assert_allclose(by_both[1], 4.0 * X * v + 2.0 * X * v)
    with pytest.raises(ValueError, match="shape"):
        hvp(energy)(X, np.ones(2))


def test_hvp_of_a_loop_that_writes_in_place():
    def simulate(u, n):
        for _ in range(n):
            u[1:-1] += 0.1 * u[1:-1] * (u[2:] - u[:-2])
        return np.sum(u**2)

    u, v = np.linspace(-1.0, 1.0, 7) ** 3, np.cos(np.arange(7.0))
    numerical = (grad(simulate)(u + 1e-6 * v, 4) - grad(simulate)(u - 1e-6 * v, 4)) / 2e-6
    np.testing.assert_allclose(hvp(simulate)(u, 4, v), numerical, atol=1e-8)


@pytest.mark.parametrize("make", [jacfwd, jacrev])
def test_holomorphic(make):
    z = np.array([1.0 + 2.0j, 0.5j])
    np.testing.assert_allclose(make(lambda z: np.exp(z * z), holomorphic=True)(z), np.diag(2 * z * np.exp(z * z)))
    assert make(lambda z: z**3, holomorphic=True)(1 + 2j) == pytest.approx(3 * (1 + 2j) ** 2)
    with pytest.raises(TypeError, match="holomorphic=True"):
        make(lambda z: z**3)(1 + 2j)


@pytest.mark.parametrize("make", [jacfwd, jacrev, jacobian])
def test_inside_a_function_that_is_differentiated(make):
    def outer(x):
        return np.sum(make(field)(x) ** 2)

    np.testing.assert_allclose(grad(outer)(X), numerical_jacobian(outer, X), atol=1e-8)


def test_hessian_and_hvp_inside():
    def outer(x):
        return np.sum(hessian(energy)(x) ** 2) + np.sum(hvp(energy)(x, x * x))

    np.testing.assert_allclose(grad(outer)(X), numerical_jacobian(outer, X), atol=1e-7)


def test_what_has_no_hessian_is_called_by_its_name():
    """The gradient inside of the derivative is that of a function with a name."""

    def doubled(x):
        return x * 2.0

    with pytest.raises(TypeError, match="but doubled returned an array"):
        hessian(doubled)(np.ones(2))
