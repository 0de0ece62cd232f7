"""Sums of products that are added to an accumulator."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import grad, hessian, hvp
from diffcompile.ir.core import Function
from diffcompile.passes.clean import clean
from diffcompile.passes.functionalise import functionalise
from diffcompile.passes.turns import add_in_turn
from diffcompile.specialise import Program
from passes.rewriting import rewritten, text

X = np.array([1.0, -2.0, 3.0])
W = np.arange(9.0).reshape(3, 3)


def plain(program: Program) -> Function:
    return clean(functionalise(program.function, program.types), program.types)


def in_turn(program: Program) -> Function:
    return clean(add_in_turn(functionalise(program.function, program.types), program.types), program.types)


def test_sum_of_products() -> None:
    def before(x: Any, w: Any) -> Any:
        for _ in range(3):
            b = np.outer(x, x)
            c = w.T @ w
            w += b + c
            x = 2.0 * x
        return np.sum(w)

    def after(x: Any, w: Any) -> Any:
        for _ in range(3):
            b = np.outer(x, x)
            c = w.T @ w
            w += b
            w += c
            x = 2.0 * x
        return np.sum(w)

    assert text(rewritten(before, in_turn, X, W)) == text(rewritten(after, plain, X, W))
    assert text(rewritten(before, plain, X, W)) != text(rewritten(after, plain, X, W))


def test_zeros_like_zeros() -> None:
    def before(x: Any) -> Any:
        return np.sum(np.zeros_like(np.zeros_like(x)) + x)

    def after(x: Any) -> Any:
        return np.sum(np.zeros_like(x) + x)

    assert text(rewritten(before, in_turn, X)) == text(rewritten(after, plain, X))


def test_kept() -> None:
    def views(x: Any, w: Any) -> Any:
        w = w.copy()
        for _ in range(2):
            w += w.T + np.outer(x, x)
        return np.sum(w)

    def used_again(x: Any, w: Any) -> Any:
        w, largest = w.copy(), 0.0
        for _ in range(2):
            total = np.outer(x, x) + w @ w
            w += total
            largest += np.max(total)
        return largest * np.sum(w)

    def product(x: Any, w: Any) -> Any:
        w = w.copy()
        for _ in range(2):
            w *= np.outer(x, x) + w @ w
        return np.sum(w)

    for fun in (views, used_again, product):
        assert text(rewritten(fun, in_turn, X, W)) == text(rewritten(fun, plain, X, W))


def rnn(w: Any, x: Any) -> Any:
    y = x
    for _ in range(5):
        y = np.tanh(w @ y)
    return np.sum(y * y)


def reads_what_it_adds_to(w: Any, x: Any) -> Any:
    a = np.outer(x, w[0])
    for _ in range(3):
        a += np.outer(a[0], w[1]) + a @ w
    return np.sum(a**2)


@pytest.mark.parametrize("fun", [rnn, reads_what_it_adds_to])
def test_product_with_a_hessian(fun: Any) -> None:
    w = np.random.default_rng(0).normal(size=(3, 3)) / 3
    v = np.random.default_rng(1).normal(size=(3, 3))
    found = hvp(fun)(w, X / 3, v)
    np.testing.assert_allclose(found, np.tensordot(hessian(fun)(w, X / 3), v, axes=2), rtol=1e-12)
    step = 1e-5
    sides = [grad(fun)(w + sign * step * v, X / 3) for sign in (1, -1)]
    np.testing.assert_allclose(found, (sides[0] - sides[1]) / (2 * step), rtol=1e-6, atol=1e-8)


def test_no_sum_of_outer_products_and_no_idle_accumulator() -> None:
    product = hvp(rnn)
    product(W, X, W)
    assert product.source.count("w_bar_dot += sum_of_outers(") == 1
    assert "w_bar = " not in product.source
