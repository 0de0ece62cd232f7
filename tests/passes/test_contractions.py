"""Sums of products as contractions."""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import grad, hessian
from diffcompile.passes.contractions import contract
from passes.rewriting import assert_becomes, assert_stays, in_reverse

X = np.array([[1.0, -2.0, 4.0], [0.5, 8.0, -1.0]])
ROW = np.array([2.0, 0.5, 4.0])
reverse = in_reverse(contract)


def test_dot() -> None:
    def before(x: Any) -> Any:
        return np.sum(x * np.abs(x))

    def after(x: Any) -> Any:
        return np.dot(x, np.abs(x))

    assert_becomes(before, after, reverse, ROW)


def test_rows() -> None:
    def before(x: Any) -> Any:
        return np.sum(x * np.abs(x), axis=0)

    def after(x: Any) -> Any:
        return np.einsum("ij,ij->j", x, np.abs(x))

    assert_becomes(before, after, reverse, X)


def test_broadcast_factor() -> None:
    def before(x: Any) -> Any:
        return np.sum(x * x[0], axis=(1,))

    def after(x: Any) -> Any:
        return np.einsum("ij,j->i", x, x[0])

    assert_becomes(before, after, reverse, X)


def test_everything() -> None:
    def before(x: Any) -> Any:
        return np.sum(x * np.abs(x))

    def after(x: Any) -> Any:
        return np.einsum("ij,ij->", x, np.abs(x))

    assert_becomes(before, after, reverse, X)


def test_kept() -> None:
    def used_twice(x: Any) -> Any:
        t = x * np.abs(x)
        return np.sum(t) + t[0]

    def keeps_axes(x: Any) -> Any:
        return np.sum(x[None] * np.abs(x)[None], axis=0, keepdims=True)

    def outer(x: Any) -> Any:
        return np.sum(x[:, None] * x, axis=0)

    def changes(x: Any) -> Any:
        a = x.copy()
        t = a * x
        a[0] = 3.0
        return np.sum(t) + a[1]

    for fun in (used_twice, keeps_axes, outer, changes):
        assert_stays(fun, reverse, ROW)


def test_precision_of_single_floats_stays() -> None:
    def fun(x: Any, s: Any) -> Any:
        return np.sum(np.sin(x * s))

    x = np.ones(1000, np.float32)
    gradient = grad(fun, argnums=1)
    gradient(x, 2.0)
    assert "np.dot" not in gradient.source


def test_derivatives_of_gradients() -> None:
    def fun(x: Any, s: Any) -> Any:
        t = x * s
        return np.sum(np.sin(t) * t)

    found = hessian(fun, argnums=1)(ROW, 0.3)
    np.testing.assert_allclose(found, np.sum(ROW**2 * (2 * np.cos(0.3 * ROW) - 0.3 * ROW * np.sin(0.3 * ROW))))
