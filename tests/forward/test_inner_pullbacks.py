"""``vjp`` inside of functions that are differentiated themselves."""

from __future__ import annotations

import numpy as np
import pytest

from diffcompile import check_grads, grad, vjp

MATRIX = np.random.default_rng(0).normal(size=(3, 3))
POINT = np.array([0.3, 0.5, 0.7])


def layer(x, scale):
    return np.tanh(MATRIX @ x) * scale


def of_two_primals(x):
    y, pull = vjp(layer, x, 2.0)
    x_bar, scale_bar = pull(y)
    return np.sum(x_bar**2) * scale_bar


def gauss_newton(x):
    y, pull = vjp(lambda z: layer(z, 1.0), x)
    (u,) = pull(y * y)
    return u @ x


def of_structures(x):
    (total, parts), pull = vjp(lambda z, n: (np.sum(z) * n, {"q": z**2}), x, 3)
    x_bar, n_bar = pull((1.0, {"q": parts["q"]}))
    assert n_bar is None
    return np.sum(x_bar**2) * total


def of_a_dict(p):
    y, pull = vjp(lambda q: q["w"] @ q["v"] + q["b"][0], p)
    (slopes,) = pull(y)
    return np.sum(slopes["w"] ** 2) + slopes["b"][0] * slopes["v"][0]


def of_complex_numbers(x):
    y, pull = vjp(lambda z: z**2 * (1 + 2j), x * 1j)
    return np.sum(np.abs(pull(y)[0]))


def of_a_gradient(x):
    _, pull = vjp(grad(lambda z: np.sum(np.sin(z) ** 2)), x)
    return np.sum(pull(x)[0] ** 3)


def in_a_loop(x):
    total = 0.0
    for _ in range(3):
        y, pull = vjp(layer, x, 1.1)
        x = x - 0.1 * pull(y)[0]
        total += np.sum(x)
    return total


@pytest.mark.parametrize("mode", ["rev", "fwd"])
@pytest.mark.parametrize(
    "function",
    [of_two_primals, gauss_newton, of_structures, of_complex_numbers, of_a_gradient, in_a_loop],
)
def test_pullback(function, mode):
    check_grads(function, (POINT,), modes=(mode,))


def test_pullback_of_a_dict():
    check_grads(of_a_dict, ({"w": MATRIX, "v": POINT, "b": (1.0, 2.0)},), modes=("rev", "fwd"))


def test_pullback_alone():
    assert grad(of_two_primals)(POINT).shape == (3,)
    y, pull = vjp(layer, POINT, 2.0)
    np.testing.assert_allclose(of_two_primals(POINT), np.sum(pull(y)[0] ** 2) * pull(y)[1])
