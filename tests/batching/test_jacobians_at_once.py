"""Jacobians and Hessians take many directions at once, in chunks; what cannot be taken so comes one by one."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest

from diffcompile import hessian, jacfwd, jacobian, jacrev, spaces


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def layers(x, ws):
    for k in range(len(ws)):
        x = np.tanh(ws[k] @ x)
    return x


def structured(p, s):
    return [p["w"] @ p["b"], (s * np.sum(p["b"]), p["b"] ** 2)]


def power(x, n):
    return x if n == 0 else x * power(x, n - 1)


def differences(fun: Any, x: Any) -> Any:
    """Return the Jacobian of ``fun`` by complex-free central differences."""
    columns = []
    for k in range(x.size):
        step = np.zeros(x.size)
        step[k] = 1e-6
        step = step.reshape(x.shape)
        columns.append((fun(x + step) - fun(x - step)) / 2e-6)
    return np.stack(columns, axis=-1).reshape(*np.shape(columns[0]), *x.shape)


@pytest.mark.parametrize("numbers", [1, 7, 40, 2**18])
@pytest.mark.parametrize("mode", [jacfwd, jacrev, jacobian])
def test_chunks(mode: Any, numbers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunk of one direction, chunks that do not divide the number of directions, and one for all."""
    monkeypatch.setattr(spaces, "AT_ONCE", numbers)
    rng = np.random.default_rng(0)
    x, ws = rng.normal(size=5), rng.normal(size=(3, 5, 5))
    found = mode(layers)(x, ws)
    np.testing.assert_allclose(found, differences(lambda z: layers(z, ws), x), rtol=1e-7, atol=1e-8)
    of_ws = mode(layers, argnums=1)(x, ws)
    assert of_ws.shape == (5, 3, 5, 5)
    np.testing.assert_allclose(of_ws, differences(lambda z: layers(x, z), ws), rtol=1e-7, atol=1e-8)


def test_hessian_in_one_sweep() -> None:
    x = np.random.default_rng(0).normal(size=6)
    h = hessian(rosenbrock)
    wanted = np.zeros((6, 6))
    for k in range(5):
        wanted[k, k] += 1200.0 * x[k] ** 2 - 400.0 * x[k + 1] + 2.0
        wanted[k + 1, k + 1] += 200.0
        wanted[k, k + 1] = wanted[k + 1, k] = -400.0 * x[k]
    np.testing.assert_allclose(h(x), wanted, rtol=1e-13, atol=1e-12)
    assert "directions = len(" in h.source


@pytest.mark.parametrize("numbers", [3, 2**18])
@pytest.mark.parametrize("mode", [jacfwd, jacrev])
def test_structures(mode: Any, numbers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spaces, "AT_ONCE", numbers)
    w, b = np.arange(6.0).reshape(2, 3), np.array([1.0, -2.0, 0.5])
    (first, (second, third)) = mode(structured, argnums=(0, 1))({"w": w, "b": b}, 3.0)
    np.testing.assert_allclose(first[0]["w"], np.einsum("ij,k->ijk", np.eye(2), b))
    np.testing.assert_allclose(first[0]["b"], w)
    assert not np.any(first[1])
    np.testing.assert_allclose(second[0]["b"], np.full(3, 3.0))
    np.testing.assert_allclose(second[1], -0.5)
    np.testing.assert_allclose(third[0]["b"], np.diag(2.0 * b))


def test_dtypes() -> None:
    x = np.arange(1.0, 4.0, dtype=np.float32)
    for mode in (jacfwd, jacrev):
        found = mode(lambda x: 2.0 * x * x)(x)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, np.diag(4.0 * x))
    z = np.array([1.0 + 2.0j, 3.0 - 1.0j])
    for mode in (jacfwd, jacrev):
        np.testing.assert_allclose(mode(lambda z: z * z * z, holomorphic=True)(z), np.diag(3.0 * z * z))


def test_no_numbers() -> None:
    assert jacfwd(lambda x: x * x)(np.zeros(0)).shape == (0, 0)
    assert jacrev(lambda x: np.concatenate([x, np.ones(2)]))(np.zeros(0)).shape == (2, 0)
    assert jacrev(lambda x: x[:0])(np.ones(2)).shape == (0, 2)
    assert jacfwd(lambda x: x[:0])(np.ones(2)).shape == (0, 2)
    assert np.shape(jacfwd(lambda x: x * x)(3.0)) == ()


@pytest.mark.parametrize("mode", [jacfwd, jacrev])
def test_one_by_one(mode: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Recursion takes one direction after another; that is found out once for each combination of types."""
    caplog.set_level(logging.INFO, logger="diffcompile")
    slope = mode(power)
    x = np.arange(1.0, 4.0)
    for _ in range(2):
        np.testing.assert_allclose(slope(x, 3), np.diag(4.0 * x**3))
    assert caplog.text.count("takes one direction after another") == 1
