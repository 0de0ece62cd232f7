"""Extrema that cancel: no slope is passed on to them, and all others keep theirs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import grad, hessian, jvp
from diffcompile.ir.core import walk
from diffcompile.passes.functionalise import functionalise
from diffcompile.passes.shifts import mark_shifts
from diffcompile.testing.compare import check_against_differences
from passes.rewriting import program_of

X = np.array([[0.3, -1.2, 0.7], [2.0, 1.5, -0.4], [0.1, 0.2, 1.3]])


def marked(fun: Any, *args: Any) -> bool:
    """Tell whether all extrema of a function are found to cancel."""
    program = program_of(fun, *args)
    found = mark_shifts(functionalise(program.function, program.types), program.types)
    return all(op.attrs.get("constant") for op in walk(found.body) if op.callee in (np.max, np.min))


def softmax(x: Any) -> Any:
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    p = e / np.sum(e, axis=1, keepdims=True)
    return np.sum(p * p * np.arange(3.0))


def log_sum(x: Any) -> Any:
    m = np.max(x, axis=1)
    return np.sum((m + np.log(np.sum(np.exp(x - m[:, None]), axis=1))) ** 2)


def of_everything(x: Any) -> Any:
    m = np.max(x)
    return np.log(np.sum(np.exp(x - m))) + m


def cross_entropy(x: Any) -> Any:
    z = x - np.max(x, axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(z), axis=1)) - z[np.arange(len(x)), np.arange(len(x))])


def tempered(x: Any) -> Any:
    m = np.min(x, axis=0)
    e = np.exp(-2.0 * (x - m))
    return np.sum(np.log(np.sum(e, axis=0)) - 2.0 * m)


def in_a_loop(x: Any) -> Any:
    total = 0.0
    for row in x:
        e = np.exp(row - np.max(row))
        total += np.dot(e / np.sum(e), row)
    return total


def no_shift_of_its_own(x: Any) -> Any:
    m = np.max(x, axis=1)
    return np.sum(np.log(np.sum(np.exp(x - m[:, None]), axis=1)))


def along_the_other_axis(x: Any) -> Any:
    m = np.max(x, axis=1)
    return np.sum(m + np.log(np.sum(np.exp(x - m), axis=1)))


def summed_over_the_wrong_axis(x: Any) -> Any:
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return np.sum(e / np.sum(e, axis=0))


def wrong_rate(x: Any) -> Any:
    m = np.max(x, axis=1)
    return np.sum(m + np.log(np.sum(np.exp(2.0 * (x - m[:, None])), axis=1)))


def leaves_by_a_store(x: Any) -> Any:
    a = np.zeros(3)
    m = np.max(x, axis=1)
    a[:] = m
    return np.sum((m + np.log(np.sum(np.exp(x - m[:, None]), axis=1))) * a)


def used_in_a_loop(x: Any) -> Any:
    e = np.exp(x - np.max(x))
    total = np.sum(e / np.sum(e))
    for k in range(3):
        total = total * e[k, k]
    return total


CANCEL = [softmax, log_sum, of_everything, cross_entropy, tempered, in_a_loop]
DO_NOT = [
    no_shift_of_its_own, along_the_other_axis, summed_over_the_wrong_axis, wrong_rate, leaves_by_a_store,
    used_in_a_loop,
]  # fmt: skip


@pytest.mark.parametrize("fun", CANCEL)
def test_cancels(fun: Any) -> None:
    assert marked(fun, X)


@pytest.mark.parametrize("fun", DO_NOT)
def test_does_not_cancel(fun: Any) -> None:
    assert not marked(fun, X)


@pytest.mark.parametrize("fun", CANCEL + DO_NOT)
def test_derivatives(fun: Any) -> None:
    gradient = grad(fun)
    found = gradient(X)
    assert ("extremum_share" in gradient.source) is (fun in DO_NOT)
    check_against_differences(fun, (X,), {0: found}, names=("x",), title=fun.__name__, source=gradient.source)
    v = np.cos(X)
    assert jvp(fun, (X,), (v,))[1] == pytest.approx(np.sum(found * v), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("fun", [softmax, log_sum])
def test_second_derivatives(fun: Any) -> None:
    found = hessian(fun)(X)
    step = 1e-5
    for i, j in ((0, 1), (2, 2)):
        direction = np.zeros_like(X)
        direction[i, j] = step
        expected = (grad(fun)(X + direction) - grad(fun)(X - direction)) / (2 * step)
        np.testing.assert_allclose(found[..., i, j], expected, rtol=1e-5, atol=1e-8)
