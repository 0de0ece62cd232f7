"""What the reverse sweep reads of a branch, and was known before it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import check_grads, grad

X = np.array([0.3, -0.5, 0.7])


def chain(x: Any, k: int) -> Any:
    n = np.linalg.norm(x)
    y = x / n
    if k == 0:
        a = np.arctan2(y[1], y[0])
        b = np.dot(x, y) / np.linalg.norm(x)
    elif k == 1:
        a = np.sin(y[2]) * y[0]
        b = np.exp(a) * np.linalg.norm(x)
    else:
        a = y[0] * y[1]
        b = np.cos(a) * np.linalg.norm(x) * y[2]
    return a * b


def nested(x: Any, k: int) -> Any:
    first = np.sin(x[0])
    total = first
    if k > 0:
        t = np.exp(x[1])
        if k > 1:
            u = t * np.sin(x[0])
            total = u * u
            if k > 2:
                v = np.cos(u) * t
                total += v * v * first
        else:
            total = t * x[2] * np.sin(x[0])
    elif k < 0:
        s = np.tanh(x[2])
        total = s * s * np.sin(x[0])
    return total * first


def changed(x: Any, k: int) -> Any:
    """What was known before the branch has another value in it."""
    a = x * x
    y = a[0] * x[1]
    if k:
        a[0] = x[2] * y
        y = np.sin(a[0]) * a[0]
    else:
        y = y * a[0]
        a[0] = 0.0
    return y * np.sum(a)


@pytest.mark.parametrize("function", [chain, nested, changed])
@pytest.mark.parametrize("k", [-1, 0, 1, 2, 3])
def test_gradients(function: Any, k: int) -> None:
    check_grads(lambda x: function(x, k), (X,))
    gradient = grad(function)
    for first in range(-1, 4):  # one code for all paths
        gradient(X, first)
    np.testing.assert_allclose(gradient(X, k), grad(lambda x: function(x, k))(X), rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("function", [chain, nested])
def test_nothing_is_handed_out_twice(function: Any) -> None:
    gradient = grad(function)
    gradient(X, 1)
    forward, _ = gradient.source.split("# reverse sweep")
    statements = [line.strip() for line in forward.splitlines()]
    assert not any(line.endswith(" = None") for line in statements)
    copies = [line for line in statements if len(parts := line.split(" = ")) == 2 and parts[1].isidentifier()]
    assert copies in ([], ["total = first"])
