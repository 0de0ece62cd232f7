"""Copies that are left out, arrays that are handed over, results in the memory of operands: nobody must notice."""

import numpy as np
import pytest

from diffcompile import grad, jvp, value_and_grad, vjp

RNG = np.random.default_rng(4)


def shared_parts(params, x):
    (a, b), c = params
    t = np.sin(a + b) * c
    return np.sum(t * t) + np.sum(c * x)


def doubled(params, x):
    (a, b), c = params
    s = a + b
    return np.sum(s * x) + np.sum(s) + np.sum(c)


def same_weight(params, x):
    (a, b), c = params
    return np.sum((a * x + b * x + c * x) ** 2)


def leaves(value):
    return [leaf for part in value for leaf in leaves(part)] if isinstance(value, tuple) else [value]


@pytest.mark.parametrize("fun", [shared_parts, doubled, same_weight])
def test_gradients_share_no_memory(fun):
    params = (RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4))), RNG.normal(size=(3, 4))
    x = RNG.normal(size=(3, 4))
    before = [leaf.copy() for leaf in (*leaves(params), x)]
    gradients, x_bar = grad(fun, argnums=(0, 1))(params, x)
    found = [*leaves(gradients), x_bar]
    for number, one in enumerate(found):
        assert one.flags.writeable
        assert not any(np.shares_memory(one, other) for other in found[number + 1 :])
        assert not any(np.shares_memory(one, given) for given in (*leaves(params), x))
    assert all(np.array_equal(a, b) for a, b in zip(before, (*leaves(params), x), strict=True))
    tangent = tuple(np.ones_like(leaf) for leaf in leaves(params))
    slope = jvp(lambda a, b, c: fun(((a, b), c), x), leaves(params), tangent)[1]
    assert sum(np.sum(leaf) for leaf in leaves(gradients)) == pytest.approx(slope, rel=1e-12)


def chain_of_temporaries(x, w):
    t = np.exp(x * w)
    s = np.sum(t, axis=0)
    q = t / s
    return np.sum(q * q * w) + np.sum(np.log(s)), t


def test_what_the_function_returns_is_not_written_over():
    x, w = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 3))
    (value, t), gradient = value_and_grad(chain_of_temporaries, has_aux=True)(x, w)
    expected, t_expected = chain_of_temporaries(x, w)
    assert value == pytest.approx(expected, rel=1e-14)
    assert np.array_equal(t, t_expected)
    slope = jvp(lambda x: chain_of_temporaries(x, w)[0], (x,), (np.ones_like(x),))[1]
    assert np.sum(gradient) == pytest.approx(slope, rel=1e-12)


def recursive(z, w, n):
    if n > 0:
        return recursive(z * 1.5, w, n - 1) + np.sum(np.exp(z))
    e = np.exp(z - np.max(z, axis=1, keepdims=True))
    s = np.sum(e, axis=1)
    q = e / s[:, None]
    return np.sum(np.log(s)) + np.sum(w @ q.T @ w) + np.sum(q * q * w)


def test_pullbacks_can_be_called_twice():
    z, w = RNG.normal(size=(4, 4)), RNG.normal(size=(4, 4))
    _, pullback = vjp(lambda z: recursive(z, w, 2), z)
    first, second = pullback(1.0)[0], pullback(1.0)[0]
    assert np.array_equal(first, second)
    slope = jvp(lambda z: recursive(z, w, 2), (z,), (np.ones_like(z),))[1]
    assert np.sum(first) == pytest.approx(slope, rel=1e-12)


def gated(c, forget, keep):
    total = 0.0
    for k in range(3):
        c = forget[k] * c + keep[k]
        total += np.sum(c * c)
    return total


def test_a_result_takes_the_memory_of_its_operand():
    gradient = grad(gated, argnums=(0, 1, 2))
    args = RNG.normal(size=5), RNG.normal(size=(3, 5)), RNG.normal(size=(3, 5))
    found = gradient(*args)
    assert " *= " in gradient.source
    slope = jvp(gated, args, tuple(map(np.ones_like, args)))[1]
    assert sum(map(np.sum, found)) == pytest.approx(slope, rel=1e-12)


def filled(x, weight):
    out = np.empty_like(x)
    for i in range(len(x)):
        out[i] = np.sin(x[i])
    return np.sum(out * weight)


def test_a_copy_that_nobody_changes_is_left_out():
    gradient = grad(filled)
    x, weight = RNG.normal(size=(4, 2)), RNG.normal(size=(4, 2))
    kept = weight.copy()
    assert np.allclose(gradient(x, weight), np.cos(x) * weight)
    assert np.array_equal(weight, kept)
    assert "copy" not in gradient.source


def weighted_parts(params, w):
    a, b = params
    return np.sum(a * w) + np.sum(b * w)


def scaled_after(params, c):
    a, b = params
    return np.sum((a + b) * c * c)


@pytest.mark.parametrize("fun", [weighted_parts, scaled_after])
def test_gradients_of_containers_are_nobody_elses(fun):
    params = RNG.normal(size=4), RNG.normal(size=4)
    w = RNG.normal(size=4)
    kept = w.copy()
    (a_bar, b_bar), w_bar = grad(fun, argnums=(0, 1))(params, w)
    expected = w if fun is weighted_parts else w * w
    assert np.allclose(a_bar, expected)
    assert np.allclose(b_bar, expected)
    other = (params[0] + params[1]) * (1.0 if fun is weighted_parts else 2.0 * w)
    assert np.allclose(w_bar, other)
    for one, two in ((a_bar, b_bar), (a_bar, w), (b_bar, w), (a_bar, w_bar), (b_bar, w_bar)):
        assert not np.shares_memory(one, two)
    assert np.array_equal(w, kept)
    assert all(np.allclose(bar, expected) for bar in grad(fun)(params, w))
    assert not any(np.shares_memory(bar, w) for bar in grad(fun)(params, w))


def test_chosen_shadows_may_be_broadcast() -> None:
    """Which of two cotangents a variable has is chosen at run time, and one of them cannot be written to."""

    def f(x, n):
        e = x**2
        x, e = (e, x) if 0 < n < 3 else (x, e)
        return np.sum(x) + e[2]

    x = np.array([0.5, 1.2, -0.7])
    gradient = grad(f)
    np.testing.assert_allclose(gradient(x, 1), [1.0, 2.4, -0.4])
    np.testing.assert_allclose(gradient(x, 5), [1.0, 1.0, -0.4])
