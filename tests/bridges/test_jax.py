"""NumPy functions inside JAX: under ``jit``, ``grad`` and ``vmap``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from diffcompile import to_jax

jax = pytest.importorskip("jax")
jnp = pytest.importorskip("jax.numpy")


@pytest.fixture(autouse=True)
def _double() -> Iterator[None]:
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def energy(x: Any, y: Any, scale: float = 2.0) -> Any:
    x[1:] *= y[:-1]
    return scale * np.sum(np.tanh(x) ** 2)


def energy_in_jax(x: Any, y: Any) -> Any:
    return 2.0 * jnp.sum(jnp.tanh(x.at[1:].multiply(y[:-1])) ** 2)


X, Y = np.linspace(0.1, 1.0, 5), np.linspace(-1.0, 1.0, 5)


def test_value_and_gradient_under_jit() -> None:
    f = jax.jit(jax.value_and_grad(to_jax(energy), argnums=(0, 1)))
    value, gradients = f(X, Y)
    expected, theirs = jax.value_and_grad(energy_in_jax, argnums=(0, 1))(jnp.array(X), jnp.array(Y))
    np.testing.assert_allclose(value, expected, rtol=1e-12)
    for ours, other in zip(gradients, theirs, strict=True):
        np.testing.assert_allclose(ours, other, rtol=1e-12)


def test_it_is_a_link_of_a_longer_chain() -> None:
    f = to_jax(lambda x, k: np.outer(np.sin(x), x) * k)

    def chain(x: Any) -> Any:
        return jnp.sum(jnp.exp(-f(x * x, 1.5)))

    def direct(x: Any) -> Any:
        return jnp.sum(jnp.exp(-jnp.outer(jnp.sin(x * x), x * x) * 1.5))

    x = jnp.linspace(-1.0, 1.0, 4)
    np.testing.assert_allclose(jax.jit(jax.grad(chain))(x), jax.grad(direct)(x), rtol=1e-10)


def test_structures_integers_and_batches() -> None:
    def net(params: Any, index: Any, x: Any) -> Any:
        return {"y": np.tanh(params["w"] @ x)[index], "n": np.sum(params["b"] * x)}

    f = to_jax(net)
    params = {"w": jnp.eye(3), "b": jnp.arange(3.0)}
    x, index = jnp.linspace(0.1, 0.3, 3), jnp.array([0, 2])

    def loss(params: Any, x: Any) -> Any:
        out = f(params, index, x)
        return jnp.sum(out["y"]) + out["n"]

    def direct(params: Any, x: Any) -> Any:
        return jnp.sum(jnp.tanh(params["w"] @ x)[index]) + jnp.sum(params["b"] * x)

    ours, theirs = jax.grad(loss)(params, x), jax.grad(direct)(params, x)
    for name in params:
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-12)
    batch = jnp.stack([x, 2.0 * x])
    many, expected = (
        jax.vmap(jax.grad(one, argnums=1), in_axes=(None, 0))(params, batch) for one in (loss, direct)
    )
    np.testing.assert_allclose(many, expected, rtol=1e-12)


def test_single_precision() -> None:
    jax.config.update("jax_enable_x64", False)
    gradient = jax.grad(to_jax(energy))(jnp.array(X), jnp.array(Y))
    assert gradient.dtype == jnp.float32
    np.testing.assert_allclose(gradient, jax.grad(energy_in_jax)(jnp.array(X), jnp.array(Y)), rtol=1e-4)


def test_the_shape_of_the_result_can_be_given() -> None:
    def picky(x: Any) -> Any:
        if np.all(x == 1.0):
            raise ValueError("ones are not allowed")
        return np.sin(x)

    x = jnp.array([0.1, 0.2])
    with pytest.raises(TypeError, match=r"fails on arrays of ones \(ones are not allowed\).*give out="):
        to_jax(picky)(x)
    f = to_jax(picky, out=lambda x: x)
    np.testing.assert_allclose(jax.grad(lambda x: jnp.sum(f(x)))(x), np.cos(x), rtol=1e-12)
