"""Single precision stays single, whatever carries a cotangent."""

from __future__ import annotations

import numpy as np
import pytest

from diffcompile import grad


def carried(w, h, n):
    for _ in range(n):
        h = np.tanh(w @ h)
    return np.sum(h)


def chosen(w, h, n):
    y = w @ h
    z = np.sin(y) if n > 1 else np.cos(y)
    if n > 2:
        z = z[::-1]
    return np.sum(z)


def outside(w, h, n):
    total = np.float32(0.0)
    for _ in range(n):
        total = total + np.sum(w) * np.sum(h)
    return total


def kept(w, h, n):
    rows = [w[k] * h for k in range(n - 2)]
    return np.sum(rows[0]) + np.sum(np.sum(rows[1]))


def averaged(w, h, n):
    for _ in range(n):
        h = w @ h
    return np.mean(h)


@pytest.mark.parametrize("f", [carried, chosen, outside, kept, averaged], ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_gradients_have_the_precision_of_their_arguments(f, dtype):
    rng = np.random.default_rng(0)
    w, h = rng.normal(size=(3, 3)), rng.normal(size=3)
    found = grad(f, argnums=(0, 1))(w.astype(dtype), h.astype(dtype), 4)
    for low, high in zip(found, grad(f, argnums=(0, 1))(w, h, 4), strict=True):
        assert low.dtype == dtype
        np.testing.assert_allclose(low, high, rtol=0.1, atol=0.05)


@pytest.mark.parametrize("x", [1.5, np.float32(1.5), 1.5 + 1.0j, np.complex64(1.5 + 1.0j)])
def test_the_gradient_of_a_number_that_does_not_matter_is_a_number_of_its_class(x):
    slope = grad(lambda x: np.real(np.round(x, 1)) + 2.0)(x)
    assert type(slope) is type(x)
    assert slope == 0.0
